// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/media/clips.h"
#include "tests/support/support.h"

#include "core/base/error.h"
#include "core/media/clipreader.h"

#include <QTemporaryDir>

#include <algorithm>
#include <map>
#include <set>

using namespace dscope;
using namespace dscope::test;

namespace {

using Frames = std::vector<std::int64_t>;

FrameTicks video(std::int64_t frames)
{
    FrameTicks ticks;
    ticks.second = {1, 30};
    for (std::int64_t i = 0; i < frames; ++i)
        ticks.shown.push_back(i);
    ticks.end = frames;
    return ticks;
}

Frames begins(std::int64_t frames, const ClipOptions &options)
{
    Frames at;
    for (const ClipPlace &place : clipPlaces(video(frames), options).places)
        at.push_back(place.begin);
    return at;
}

/// 200 frames that all differ, a key frame every 25.
QString movingVideo(const QString &folder)
{
    const QString file = folder + QStringLiteral("/moving.mp4");
    const QString said =
        runFfmpeg({QStringLiteral("-f"), QStringLiteral("lavfi"), QStringLiteral("-i"), QStringLiteral("testsrc=size=96x64:rate=30:duration=6.7"),
                   QStringLiteral("-frames:v"), QStringLiteral("200"), QStringLiteral("-c:v"), QStringLiteral("libx264"), QStringLiteral("-g"),
                   QStringLiteral("25"), QStringLiteral("-pix_fmt"), QStringLiteral("yuv420p"), file});
    return said.isEmpty() ? file : QString();
}

} // namespace

/// Videos in clips.
class TestClipreader : public QObject {
    Q_OBJECT

    QTemporaryDir m_dir;

private Q_SLOTS:
    void places()
    {
        ClipOptions options;
        options.frames = 4;
        QCOMPARE(begins(12, options), (Frames{0, 4, 8}));
        QCOMPARE(begins(13, options), (Frames{0, 4, 8})); // the last one is of no clip
        options.step = 3;
        QCOMPARE(begins(12, options), (Frames{0, 3, 6}));
        options.step = 0;
        options.stride = 2; // 7 frames from end to end, a step of 8
        QCOMPARE(begins(15, options), (Frames{0, 8}));
        QCOMPARE(begins(14, options), (Frames{0}));
        QCOMPARE(clipPlaces(video(15), options).places[1].frames, (Frames{8, 10, 12, 14}));
        options.count = 3;
        QCOMPARE(begins(15, options), (Frames{0, 4, 8}));
        options.count = 1; // in the middle
        QCOMPARE(begins(15, options), (Frames{4}));
        options.count = 5; // where there are fewer places each comes once
        QCOMPARE(begins(7, options), (Frames{0}));
        QCOMPARE(begins(9, options), (Frames{0, 1, 2}));
    }

    void times()
    {
        ClipOptions options;
        options.frames = 3;
        options.stride = 2;
        const ClipPlaces cut = clipPlaces(video(30), options);
        QCOMPARE(cut.frames, std::int64_t{30});
        QCOMPARE(cut.places.size(), std::size_t{5});
        QCOMPARE(cut.places[1].fromS, 0.2);
        QCOMPARE(cut.places[1].toS, 11.0 / 30);
        // At half the rate every other frame is there.
        options.rate = {15, 1};
        QCOMPARE(clipPlaces(video(30), options).places[1].frames, (Frames{12, 16, 20}));
    }

    /// A video shorter than a clip begins anew where it ends.
    void shortVideos()
    {
        ClipOptions options;
        options.frames = 5;
        const ClipPlaces cut = clipPlaces(video(3), options);
        QVERIFY(cut.repeated);
        QCOMPARE(cut.places.size(), std::size_t{1});
        QCOMPARE(cut.places[0].frames, (Frames{0, 1, 2, 0, 1}));
        QCOMPARE(cut.places[0].toS, 0.1);
        QVERIFY(!clipPlaces(video(5), options).repeated);
        QVERIFY_THROWS_EXCEPTION(Error, clipPlaces({}, options));
    }

    void refuses()
    {
        for (const ClipOptions &wrong : {ClipOptions{.frames = 0}, ClipOptions{.frames = 5000}, ClipOptions{.stride = 0}, ClipOptions{.step = -1},
                                         ClipOptions{.count = -1}, ClipOptions{.frames = 4000, .stride = 6}})
            QVERIFY_THROWS_EXCEPTION(UsageError, clipPlaces(video(30), wrong));
        QVERIFY_THROWS_EXCEPTION(Error, clipPlaces(video(30'000), {.frames = 4000, .count = 1'000'000}));
    }

    /// The short side is brought to its length, then the part is cut out: of columns that say where they are.
    void cuts()
    {
        Picture wide(60, 20);
        for (int y = 0; y < 20; ++y)
            for (int x = 0; x < 60; ++x)
                for (int c = 0; c < 3; ++c)
                    wide.row(y)[3 * x + c] = static_cast<std::uint8_t>(c == 0 ? 4 * x : c == 1 ? 10 * y : 7);
        const auto corner = [&](ClipCut::Part part) {
            const Picture frame = clipFrame(PicturePixels(wide), {20, 16, 10, part});
            return std::pair(frame.row(0)[0] / 4, frame.row(0)[1] / 10);
        };
        QCOMPARE(corner(ClipCut::Part::First), std::pair(0, 2));
        QCOMPARE(corner(ClipCut::Part::Middle), std::pair(25, 2));
        QCOMPARE(corner(ClipCut::Part::Last), std::pair(50, 2));
        const Picture half = clipFrame(PicturePixels(wide), {10, 10, 10, ClipCut::Part::Middle}); // 30 x 10, of which columns 10 to 19: of the whole 20 to 39
        QCOMPARE(half.width, 10);
        QVERIFY(std::abs(half.row(0)[0] - 4 * 20.5) <= 1);
        Picture tall(20, 60);
        for (int y = 0; y < 60; ++y)
            std::fill(tall.row(y), tall.row(y) + 60, static_cast<std::uint8_t>(4 * y));
        QCOMPARE(clipFrame(PicturePixels(tall), {20, 20, 20, ClipCut::Part::Last}).row(0)[0], std::uint8_t{160});
        QVERIFY_THROWS_EXCEPTION(Error, clipFrame(PicturePixels(wide), {20, 21, 20}));
        QVERIFY_THROWS_EXCEPTION(Error, clipFrame(PicturePixels(Picture()), {20, 20, 20}));
    }

    /// Chosen clips are those that reading every frame gives; frames that clips share are converted once, others not at all.
    void onlyWhatIsNeeded()
    {
        if (!hasFfmpeg())
            QSKIP("needs the program ffmpeg");
        const QString file = movingVideo(m_dir.path());
        QVERIFY(!file.isEmpty());
        const std::filesystem::path path(file.toStdString());
        const ClipCut cut{40, 32, 32};
        std::vector<Picture> all;
        VideoReader whole(path);
        while (const auto frame = whole.nextDecoded())
            all.push_back(clipFrame(*frame->pixels, cut));
        QCOMPARE(all.size(), std::size_t{200});

        ClipOptions options;
        options.frames = 8;
        options.stride = 3;
        options.step = 11; // so that clips overlap, with other frames
        const ClipPlaces places = clipPlaces(whole.ticks(), options);
        const std::vector<ClipPlace> chosen{places.places[15], places.places[2], places.places[3]};
        std::set<std::int64_t> needed;
        for (const ClipPlace &place : chosen)
            needed.insert(place.frames.begin(), place.frames.end());
        Progress progress;
        const auto reader = openFrames(path, {30, 1}, progress);
        std::map<std::size_t, Clip> got;
        const ClipWork work = readClips(
            *reader, chosen, cut, [&](std::size_t i, Clip &&clip) { QVERIFY(got.emplace(i, std::move(clip)).second); }, progress);
        QCOMPARE(work.converted, static_cast<std::int64_t>(needed.size()));
        QCOMPARE(work.replaced, std::int64_t{0});
        QCOMPARE(got.size(), std::size_t{3});
        for (std::size_t i = 0; i < chosen.size(); ++i)
            for (int t = 0; t < 8; ++t)
                QVERIFY(got.at(i).frame(t) == all[static_cast<std::size_t>(chosen[i].frames[static_cast<std::size_t>(t)])]);

        // The whole video shorter than a clip: each frame once, however often it is shown.
        options = {};
        options.frames = 450;
        const ClipPlaces once = clipPlaces(reader->ticks(), options);
        QVERIFY(once.repeated);
        int clips = 0;
        const ClipWork repeated = readClips(
            *reader, once.places, cut,
            [&](std::size_t, Clip &&clip) {
                ++clips;
                QVERIFY(clip.frame(449) == all[49]);
            },
            progress);
        QCOMPARE(clips, 1);
        QCOMPARE(repeated.converted, std::int64_t{200});
    }

    void isCancelled()
    {
        if (!hasFfmpeg())
            QSKIP("needs the program ffmpeg");
        const QString file = movingVideo(m_dir.path() + QStringLiteral("/"));
        Progress progress;
        const auto reader = openFrames((m_dir.path() + QStringLiteral("/moving.mp4")).toStdString(), {30, 1}, progress);
        const ClipPlaces places = clipPlaces(reader->ticks(), {});
        int clips = 0;
        QVERIFY_THROWS_EXCEPTION(Cancelled,
                                 readClips(
                                     *reader, places.places, {32, 32, 32},
                                     [&](std::size_t, Clip &&) {
                                         if (++clips == 2)
                                             progress.cancel();
                                     },
                                     progress));
        QCOMPARE(clips, 2);
    }
};

DSCOPE_TEST(TestClipreader)
#include "tst_clipreader.moc"
