// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/says.h"
#include "tests/support/support.h"

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/random.h"
#include "core/sets/clipstore.h"

#include <QTemporaryDir>

#include <filesystem>
#include <fstream>
#include <limits>
#include <string>

using namespace dscope;
using namespace dscope::test;

namespace {

ClipStoreInfo clipInfo(std::int64_t videos)
{
    ClipStoreInfo info;
    info.benchmark = "made";
    info.base = "base";
    info.ddnet = "ddnet-3d";
    info.device = "cpu";
    info.clips = "16 frames";
    info.identity = "one";
    info.classes = {"run", "walk", "sit"};
    info.dim = 3;
    info.videos = videos;
    info.baseCost = {5, 11};
    info.ddnetCost = {2, 4};
    return info;
}

/// Video `i` as it must always come out: of any length, each seventh one missing.
VideoClips videoOf(std::int64_t i)
{
    VideoClips video;
    if (i % 7 == 3) {
        video.outcome = Extracted::Missing;
        return video;
    }
    Random random(11, static_cast<std::uint64_t>(i));
    video.repeated = i % 5 == 0;
    for (std::int64_t clip = 0; clip <= i % 4; ++clip) {
        video.spans.push_back({static_cast<float>(clip), static_cast<float>(clip) + 0.5F});
        video.dScores.push_back(static_cast<float>(random.uniform()));
        video.motion.push_back(static_cast<float>(10 * random.uniform()));
        for (int k = 0; k < 3; ++k)
            video.features.push_back(static_cast<float>(random.uniform()));
    }
    return video;
}

void writeVideos(ClipStoreWriter &writer, std::int64_t until)
{
    while (writer.count() < until)
        writer.add(videoOf(writer.count()));
}

} // namespace

class TestClipstore : public QObject {
    Q_OBJECT

    QTemporaryDir m_dir;
    std::filesystem::path path(const char *name) const { return std::filesystem::path(m_dir.path().toStdString()) / name; }

private Q_SLOTS:
    void bothWays()
    {
        ClipStoreWriter writer(path("a.dclips"), clipInfo(30));
        writeVideos(writer, 29);
        QVERIFY_THROWS_EXCEPTION(Error, writer.finish());
        writeVideos(writer, 30);
        QVERIFY(!isClipStore(path("a.dclips")));
        writer.finish();
        QVERIFY(isClipStore(path("a.dclips")));
        const ClipStore store(path("a.dclips"));
        QCOMPARE(store.info().classes, clipInfo(30).classes);
        QCOMPARE(store.info().dim, std::int64_t{3});
        QCOMPARE(store.info().baseCost.flop, std::int64_t{11});
        QCOMPARE(store.info().clips, std::string("16 frames"));
        std::int64_t seen = 0;
        Progress progress;
        store.read(
            [&](std::int64_t video, const VideoClips &clips) {
                QCOMPARE(video, seen++);
                QVERIFY(clips == videoOf(video));
            },
            progress);
        QCOMPARE(seen, std::int64_t{30});
        Progress cancelled;
        cancelled.cancel();
        QVERIFY_THROWS_EXCEPTION(Cancelled, store.read([](std::int64_t, const VideoClips &) {}, cancelled));
    }

    /// Cut at any byte, or with bytes behind the last whole video: the same bytes in the end.
    void resumesWithTheSameBytes()
    {
        ClipStoreWriter whole(path("whole.dclips"), clipInfo(12));
        writeVideos(whole, 12);
        whole.finish();
        const std::string bytes = readText(path("whole.dclips"));
        const std::filesystem::path part = path("cut.dclips.part");
        for (std::size_t cut = 0; cut < bytes.size(); cut += 7) {
            std::ofstream(part, std::ios::binary) << bytes.substr(0, cut);
            ClipStoreWriter writer(path("cut.dclips"), clipInfo(12));
            QVERIFY(writer.count() < 12);
            writeVideos(writer, 12);
            writer.finish();
            QVERIFY2(readText(path("cut.dclips")) == bytes, std::to_string(cut).c_str());
            std::filesystem::remove(path("cut.dclips"));
        }
        // One that was damaged since does not come into the store, nor does another store's beginning.
        std::string damaged = bytes.substr(0, bytes.size() - 10);
        damaged[damaged.size() / 2] ^= 1;
        std::ofstream(part, std::ios::binary) << damaged;
        ClipStoreWriter writer(path("cut.dclips"), clipInfo(12));
        QVERIFY(writer.count() < 11);
        writeVideos(writer, 12);
        writer.finish();
        QVERIFY(readText(path("cut.dclips")) == bytes);
        std::ofstream(part, std::ios::binary) << bytes.substr(0, 1000);
        ClipStoreInfo other = clipInfo(12);
        other.identity = "two";
        QCOMPARE(ClipStoreWriter(path("cut.dclips"), other).count(), std::int64_t{0});
    }

    void isRefused()
    {
        ClipStoreWriter writer(path("b.dclips"), clipInfo(4));
        VideoClips video = videoOf(2);
        video.motion.pop_back();
        QVERIFY_THROWS_EXCEPTION(Error, writer.add(video));
        video = videoOf(2);
        video.dScores.front() = std::numeric_limits<float>::quiet_NaN();
        QVERIFY_THROWS_EXCEPTION(Error, writer.add(video));
        video = videoOf(2);
        video.outcome = Extracted::Missing; // and yet with clips
        QVERIFY_THROWS_EXCEPTION(Error, writer.add(video));
        writeVideos(writer, 4);
        writer.finish();
        QVERIFY_THROWS_EXCEPTION(Error, writer.add(videoOf(4)));

        const std::string bytes = readText(path("b.dclips"));
        const auto reads = [&](const std::string &content) {
            const std::filesystem::path file = path("bad.dclips");
            std::ofstream(file, std::ios::binary) << content;
            return refusal([&] {
                Progress progress;
                ClipStore(file).read([](std::int64_t, const VideoClips &) {}, progress);
            });
        };
        QCOMPARE(reads(bytes), std::string());
        VERIFY_SAYS(reads("DSFEATS1" + bytes.substr(8)), "is no store of features");
        VERIFY_SAYS(reads(bytes.substr(0, bytes.size() - 1)), "video 4 of 4 is damaged");
        VERIFY_SAYS(reads(bytes + "x"), "goes on behind its last video");
        std::string damaged = bytes;
        damaged[bytes.size() - 40] ^= 4;
        VERIFY_SAYS(reads(damaged), "video 4 of 4 is damaged");
        QVERIFY_THROWS_EXCEPTION(Error, ClipStoreWriter(path("c.dclips"), [] {
                                     ClipStoreInfo info = clipInfo(1);
                                     info.dim = 0;
                                     return info;
                                 }()));
    }
};

DSCOPE_TEST(TestClipstore)
#include "tst_clipstore.moc"
