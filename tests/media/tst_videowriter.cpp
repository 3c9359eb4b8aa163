// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/media/clips.h"
#include "tests/support/says.h"
#include "tests/support/support.h"

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/media/framesource.h"
#include "core/media/videowriter.h"

#include <QTemporaryDir>

#include <cmath>
#include <utility>
#include <vector>

using namespace dscope;
using namespace dscope::test;
namespace fs = std::filesystem;

namespace {

/// A smooth pattern that moves to the right, two pixels a frame.
std::vector<Picture> movingPattern(int width, int height, int count)
{
    std::vector<Picture> frames;
    for (int t = 0; t < count; ++t) {
        Picture frame(width, height);
        for (int y = 0; y < height; ++y)
            for (int x = 0; x < width; ++x) {
                std::uint8_t *pixel = frame.row(y) + 3 * x;
                const double at = x - 2.0 * t;
                pixel[0] = static_cast<std::uint8_t>(std::lround(127 + 100 * std::sin(at / 9)));
                pixel[1] = static_cast<std::uint8_t>(std::lround(127 + 100 * std::sin(y / 7.0)));
                pixel[2] = static_cast<std::uint8_t>(std::lround(127 + 60 * std::sin((at + y) / 11)));
            }
        frames.push_back(std::move(frame));
    }
    return frames;
}

double psnr(const Picture &a, const Picture &b)
{
    double squares = 0;
    for (std::size_t i = 0; i < a.rgb.size(); ++i)
        squares += std::pow(static_cast<double>(a.rgb[i]) - static_cast<double>(b.rgb[i]), 2);
    return squares == 0 ? 100 : 10 * std::log10(255.0 * 255.0 * static_cast<double>(a.rgb.size()) / squares);
}

void write(const fs::path &file, const std::vector<Picture> &frames, const VideoWriterOptions &options)
{
    VideoWriter writer(file, frames.front().width, frames.front().height, options);
    for (const Picture &frame : frames)
        writer.add(frame);
    writer.finish();
}

std::vector<Picture> read(const fs::path &file)
{
    VideoReader reader(file);
    std::vector<Picture> frames;
    while (auto frame = reader.next())
        frames.push_back(std::move(frame->picture));
    return frames;
}

} // namespace

/// Videos that are written and read back.
class TestVideowriter : public QObject {
    Q_OBJECT

    QTemporaryDir m_dir;
    fs::path path(const char *name) const { return fs::path(m_dir.path().toStdString()) / name; }

private Q_SLOTS:
    void readBack_data()
    {
        QTest::addColumn<int>("codec");
        QTest::addColumn<double>("least");
        QTest::newRow("H.264") << static_cast<int>(VideoCodec::H264) << 34.0;
        QTest::newRow("MPEG-4") << static_cast<int>(VideoCodec::Mpeg4) << 32.0;
    }
    void readBack()
    {
        QFETCH(int, codec);
        QFETCH(double, least);
        VideoWriterOptions options;
        options.codec = static_cast<VideoCodec>(codec);
        options.rate = {24, 1};
        options.gop = 12;
        options.crf = 18;
        const std::vector<Picture> frames = movingPattern(130, 98, 50);
        try {
            write(path("a.mp4"), frames, options);
        } catch (const FileError &error) {
            QSKIP(error.what());
        }
        const std::vector<Picture> back = read(path("a.mp4"));
        QCOMPARE(back.size(), frames.size());
        for (std::size_t i = 0; i < frames.size(); ++i)
            QVERIFY2(psnr(frames[i], back[i]) > least, std::to_string(psnr(frames[i], back[i])).c_str());
        VideoReader reader(path("a.mp4"));
        QCOMPARE(reader.info().width, 130);
        QCOMPARE(reader.info().height, 98);
        QCOMPARE(reader.info().fps, 24.0);
        QVERIFY(reader.warnings().empty());
        for (std::size_t i = 0; i < frames.size(); ++i)
            QVERIFY(std::abs(reader.times()[i] - static_cast<double>(i) / 24) < 1e-9);
        // The same bytes of the same pictures, fewer of a coarser one.
        write(path("b.mp4"), frames, options);
        QVERIFY(readText(path("a.mp4")) == readText(path("b.mp4")));
        options.crf = 40;
        write(path("b.mp4"), frames, options);
        QVERIFY(fs::file_size(path("b.mp4")) < fs::file_size(path("a.mp4")));
    }

    /// Frames of an odd rate come when they should.
    void rates()
    {
        VideoWriterOptions options;
        options.rate = {30000, 1001};
        write(path("ntsc.mp4"), movingPattern(64, 48, 31), options);
        Progress progress;
        const auto source = openFrames(path("ntsc.mp4"), {30, 1}, progress);
        QCOMPARE(source->count(), std::int64_t{31});
        const FrameTicks &ticks = source->ticks();
        for (std::size_t i = 0; i < 31; ++i)
            QCOMPARE((ticks.shown[i] - ticks.shown[0]) * ticks.second.num * 30000, static_cast<std::int64_t>(i) * 1001 * ticks.second.den);
        QCOMPARE(framesAtRate(ticks, options.rate).size(), std::size_t{31});
    }

    /// A frame that is written for itself looks the same whatever comes before and behind it.
    void framesAlone()
    {
        for (const VideoCodec codec : {VideoCodec::Best, VideoCodec::Mpeg4}) {
            VideoWriterOptions options;
            options.codec = codec;
            options.framesAlone = true;
            options.crf = 28;
            std::vector<Picture> frames = movingPattern(96, 64, 24);
            write(path("forwards.mp4"), frames, options);
            const std::vector<Picture> forwards = read(path("forwards.mp4"));
            std::vector<Picture> turned(frames.rbegin(), frames.rend());
            write(path("backwards.mp4"), turned, options);
            std::vector<Picture> backwards = read(path("backwards.mp4"));
            QCOMPARE(backwards.size(), frames.size());
            for (std::size_t i = 0; i < frames.size(); ++i)
                QVERIFY(backwards[i] == forwards[frames.size() - 1 - i]);
            write(path("still.mp4"), std::vector<Picture>(24, frames[7]), options);
            for (const Picture &frame : read(path("still.mp4")))
                QVERIFY(frame == forwards[7]);
        }
    }

    void refusals()
    {
        const auto made = [&](int width, int height, VideoWriterOptions options) {
            return refusal<UsageError>([&] { VideoWriter(path("no.mp4"), width, height, options); });
        };
        VERIFY_SAYS(made(97, 64, {}), "97 x 64 cannot be written; its sides are even numbers from 16 to 8192.");
        VERIFY_SAYS(made(64, 8, {}), "64 x 8 cannot be written");
        VERIFY_SAYS(made(64, 64, {.rate = {0, 1}}), "a rate above 0 and up to 1000");
        VERIFY_SAYS(made(64, 64, {.crf = 52}), "between 0 and 51");
        VERIFY_SAYS(made(64, 64, {.gop = 0}), "1 to 600 frames");
        VideoWriter writer(path("no.mp4"), 64, 48);
        VERIFY_SAYS(refusal([&] { writer.add(Picture(48, 64)); }), "A picture of 48 x 64 is no frame of a video of 64 x 48.");
        VERIFY_SAYS(refusal<FileError>([&] { writer.finish(); }), "a video needs a frame");
        QVERIFY(!fs::exists(path("no.mp4")));
        VideoWriter nowhere(path("folder"), 64, 48);
        fs::create_directories(path("folder"));
        nowhere.add(Picture(64, 48));
        VERIFY_SAYS(refusal<FileError>([&] { nowhere.finish(); }), "folder");
    }
};

DSCOPE_TEST(TestVideowriter)
#include "tst_videowriter.moc"
