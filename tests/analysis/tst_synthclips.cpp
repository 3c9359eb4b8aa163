// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/says.h"
#include "tests/support/support.h"

#include "core/analysis/madevideos.h"
#include "core/analysis/synthclips.h"
#include "core/base/error.h"
#include "core/base/files.h"
#include "core/datasets/labelledvideos.h"
#include "core/datasets/sourcedvideos.h"
#include "core/media/framesource.h"
#include "core/media/videowriter.h"

#include <QTemporaryDir>

#include <algorithm>
#include <map>
#include <set>
#include <vector>

using namespace dscope;
using namespace dscope::test;
namespace fs = std::filesystem;

namespace {

/// A video in which frame t is a bar at t of a ground whose grey is `shade`.
void writeBars(const fs::path &file, int frames, int shade)
{
    VideoWriter writer(file, 160, 128, {.crf = 12});
    for (int t = 0; t < frames; ++t) {
        Picture frame(160, 128);
        for (int y = 0; y < frame.height; ++y)
            for (int x = 0; x < frame.width; ++x) {
                const bool bar = (x - 16) / 2 == t % 64;
                std::fill_n(frame.row(y) + 3 * x, 3, static_cast<std::uint8_t>(bar ? 255 : shade));
            }
        writer.add(frame);
    }
    writer.finish();
}

std::vector<Picture> framesIn(const fs::path &file)
{
    VideoReader reader(file);
    std::vector<Picture> frames;
    while (auto frame = reader.next())
        frames.push_back(std::move(frame->picture));
    return frames;
}

/// Mean of a picture's values in rows of its upper left corner.
int shadeOf(const Picture &picture)
{
    int sum = 0;
    for (int y = 100; y < 104; ++y)
        for (int x = 100; x < 112; ++x)
            sum += picture.row(y)[3 * x];
    return sum / 48;
}

} // namespace

/// Sets that are made of videos that one has.
class TestSynthclips : public QObject {
    Q_OBJECT

    QTemporaryDir m_dir;
    fs::path path(const char *name) const { return fs::path(m_dir.path().toStdString()) / name; }

    /// Six sources with two clips of either label each; a clip's shade is its own.
    fs::path clips()
    {
        const fs::path root = path("clips");
        if (fs::exists(root))
            return root;
        std::string list = "class,clip,source\n";
        for (int source = 0; source < 6; ++source)
            for (int clip = 0; clip < 4; ++clip) {
                const std::string label = clip < 2 ? "jump" : "none";
                const std::string name = "c" + std::to_string(10 * source + clip);
                writeBars(root / label / (name + ".mp4"), 20, 20 + 8 * (4 * source + clip));
                list += label + ',' + name + ",s" + std::to_string(source) + '\n';
            }
        writeAtomically(root / "sources.csv", list);
        return root;
    }

private Q_SLOTS:
    void orders()
    {
        Random random(1);
        const std::vector<int> plain = paceOrder(Pace::AsItIs, random);
        QCOMPARE(plain.size(), std::size_t{24});
        QCOMPARE(plain.front(), 12);
        QCOMPARE(plain.back(), 35);
        const std::vector<int> fast = paceOrder(Pace::Fast, random);
        QCOMPARE(fast.front(), 0);
        QCOMPARE(fast[1], 2);
        QCOMPARE(fast.back(), 46);
        QVERIFY(paceOrder(Pace::Reversed, random) == std::vector<int>(plain.rbegin(), plain.rend()));
        const std::vector<int> frozen = paceOrder(Pace::Frozen, random);
        QVERIFY(frozen == std::vector<int>(24, frozen.front()) && frozen.front() >= 12 && frozen.front() <= 35);
        for (int i = 0; i < 50; ++i) {
            std::vector<int> shuffled = paceOrder(Pace::Shuffled, random);
            for (std::size_t from = 0; from < 24; from += 8) {
                QVERIFY(!std::equal(plain.begin() + static_cast<std::ptrdiff_t>(from), plain.begin() + static_cast<std::ptrdiff_t>(from) + 8,
                                    shuffled.begin() + static_cast<std::ptrdiff_t>(from)));
                std::sort(shuffled.begin() + static_cast<std::ptrdiff_t>(from), shuffled.begin() + static_cast<std::ptrdiff_t>(from) + 8);
            }
            QVERIFY(shuffled == plain); // each stays in its window
        }
    }

    void splits()
    {
        for (std::uint64_t seed = 0; seed < 50; ++seed) {
            const std::vector<std::int64_t> pieces{3, 0, 10, 1, 4, 6};
            const std::vector<bool> training = splitSources(pieces, Random(seed));
            std::int64_t taught = 0;
            for (std::size_t i = 0; i < pieces.size(); ++i)
                taught += training[i] ? pieces[i] : 0;
            QVERIFY(taught > 0 && 3 * taught <= 2 * 24);
            QVERIFY(!training[1]);
        }
        QVERIFY(splitSources({1, 50}, Random(1)) == (std::vector<bool>{true, false}));
        VERIFY_SAYS(refusal([] { splitSources({5, 0}, Random(1)); }), "two sources or more");
    }

    void sources()
    {
        Progress progress;
        const SourcedVideos listed = readSourcedVideos(clips(), progress);
        QCOMPARE(listed.videos.size(), std::size_t{24});
        QCOMPARE(listed.videos[5].file, clips() / "jump" / "c11.mp4");
        QCOMPARE(listed.videos[5].label, std::string("jump"));
        QCOMPARE(listed.videos[5].source, std::string("s1"));
        // Each its own source where nothing says.
        const SourcedVideos folder = readSourcedVideos(clips() / "none", progress);
        QCOMPARE(folder.videos.size(), std::size_t{12});
        QVERIFY(folder.videos[0].source != folder.videos[1].source && folder.videos[0].label.empty());
        const SourcedVideos one = readSourcedVideos(clips() / "none" / "c2.mp4", progress);
        QCOMPARE(one.videos.size(), std::size_t{1});
        // Paths; what is not there.
        writeAtomically(path("list.csv"), "source,path,label\na,clips/none/c2.mp4,x\nb,gone.mp4,y\n");
        const SourcedVideos paths = readSourcedVideos(path("list.csv"), progress);
        QCOMPARE(paths.videos.size(), std::size_t{1});
        QCOMPARE(paths.videos[0].label, std::string("x"));
        VERIFY_SAYS(paths.warnings.front(), "1 video that is listed is not there and was left out: gone.mp4.");
        writeAtomically(path("list.csv"), "source,path\na,gone.mp4\n");
        VERIFY_SAYS(refusal<FileError>([&] { readSourcedVideos(path("list.csv"), progress); }), "none of its videos is there");
        writeAtomically(path("list.csv"), "source,clip\na,gone\n");
        VERIFY_SAYS(refusal<FileError>([&] { readSourcedVideos(path("list.csv"), progress); }), "needs a column 'path', or 'class' and 'clip'");
        VERIFY_SAYS(refusal<FileError>([&] { readSourcedVideos(path("nowhere"), progress); }), "does not exist");
        fs::create_directories(path("empty"));
        VERIFY_SAYS(refusal<FileError>([&] { readSourcedVideos(path("empty"), progress); }), "holds no videos");
    }

    /// Five of every piece, with the same frames but in another order, which compression must not give away.
    void paceSet()
    {
        Progress progress;
        const fs::path from = path("long");
        writeBars(from / "a.mp4", 100, 40);
        writeBars(from / "b.mp4", 50, 90);
        writeBars(from / "c.mp4", 47, 140); // too short by one
        writeBars(from / "d.mp4", 60, 190);
        SynthOptions options;
        options.from = {from};
        writeSyntheticSet("pace", path("pace"), options, progress);
        VERIFY_SAYS(progress.notices().front(), "1 video is shorter than 1.6 s and was left out: c.mp4.");
        const LabelledVideos training = readLabelledVideos(path("pace"), {.subset = "training"}, progress);
        const LabelledVideos test = readLabelledVideos(path("pace"), {}, progress);
        QCOMPARE(training.videos.size() + test.videos.size(), std::size_t{20}); // a has two pieces
        QCOMPARE(test.classes.size(), std::size_t{5});
        std::map<bool, std::set<int>> shades;
        std::map<std::string, std::vector<Picture>> first; // of the test's first piece
        for (const LabelledVideos *set : {&training, &test})
            for (const LabelledVideo &video : set->videos) {
                std::vector<Picture> frames = framesIn(video.file);
                QCOMPARE(frames.size(), std::size_t{24});
                QCOMPARE(frames.front().width, 128);
                QCOMPARE(frames.front().height, 128);
                shades[set == &training].insert(shadeOf(frames.front()) / 10);
                const std::string name = set->classes[static_cast<std::size_t>(video.label)];
                if (set == &test && !first.contains(name))
                    first[name] = std::move(frames);
            }
        for (const int shade : shades[true])
            QVERIFY(!shades[false].contains(shade)); // no source on both sides
        QCOMPARE(shades[true].size() + shades[false].size(), std::size_t{3});
        const std::vector<Picture> &plain = first.at("as it is");
        QVERIFY(first.at("reversed") == std::vector<Picture>(plain.rbegin(), plain.rend()));
        const std::vector<Picture> &still = first.at("frozen");
        QVERIFY(still == std::vector<Picture>(24, still.front()));
        QVERIFY(std::find(plain.begin(), plain.end(), still.front()) != plain.end());
        QVERIFY(std::is_permutation(plain.begin(), plain.end(), first.at("shuffled").begin()));
        QVERIFY(first.at("shuffled") != plain);
        QVERIFY(first.at("twice as fast")[6] == plain[0] && first.at("twice as fast")[17] == plain[22]);
        // The same bytes again.
        writeSyntheticSet("pace", path("pace2"), options, progress);
        QVERIFY(readText(path("pace2") / madeListName) == readText(path("pace") / madeListName));
        QVERIFY(readText(madeVideoFile(path("pace2"), "p00013")) == readText(madeVideoFile(path("pace"), "p00013")));
    }

    /// One clip among others: where the list says it is, and of no source of the others.
    void tellingSet()
    {
        Progress progress;
        SynthOptions options;
        options.from = {clips()};
        options.background = "none";
        options.scale = 0.1; // one video of each clip
        options.seed = 3;
        writeSyntheticSet("telling", path("telling"), options, progress);
        const LabelledVideos training = readLabelledVideos(path("telling"), {.subset = "training"}, progress);
        const LabelledVideos test = readLabelledVideos(path("telling"), {}, progress);
        QCOMPARE(training.videos.size(), std::size_t{16});
        QCOMPARE(test.videos.size(), std::size_t{8});
        std::map<bool, std::set<int>> sourcesOf;
        for (const LabelledVideos *set : {&training, &test})
            for (const LabelledVideo &video : set->videos) {
                const std::vector<Picture> frames = framesIn(video.file);
                QVERIFY(frames.size() % 20 == 0 && frames.size() >= 200 && frames.size() <= 1200);
                QCOMPARE(video.segments.size(), std::size_t{1});
                const auto at = static_cast<std::size_t>(std::llround(video.segments[0].fromS * 30));
                QCOMPARE(static_cast<std::size_t>(std::llround(video.segments[0].toS * 30)), at + 20);
                QCOMPARE(at % 20, std::size_t{0});
                const auto clipAt = [&](std::size_t frame) { return (shadeOf(frames[frame + 1]) - 20 + 4) / 8; };
                const bool jumps = set->classes[static_cast<std::size_t>(video.label)] == "jump";
                QCOMPARE(clipAt(at) % 4 < 2, jumps);
                for (std::size_t other = 0; other < frames.size(); other += 20) {
                    sourcesOf[set == &training].insert(clipAt(other) / 4);
                    if (other == at)
                        continue;
                    QVERIFY(clipAt(other) % 4 >= 2);              // background
                    QVERIFY(clipAt(other) / 4 != clipAt(at) / 4); // of another source
                }
            }
        QCOMPARE(sourcesOf[true].size(), std::size_t{4});
        QCOMPARE(sourcesOf[false].size(), std::size_t{2});
        for (const int source : sourcesOf[true])
            QVERIFY(!sourcesOf[false].contains(source));
        writeSyntheticSet("telling", path("telling2"), options, progress);
        QVERIFY(readText(madeVideoFile(path("telling2"), "c00003")) == readText(madeVideoFile(path("telling"), "c00003")));
    }

    void refusals()
    {
        Progress progress;
        SynthOptions options;
        const auto said = [&](const char *word) { return refusal([&] { writeSyntheticSet(word, path("no"), options, progress); }); };
        VERIFY_SAYS(said("pace"), "say where they lie with --from");
        options.from = {clips()};
        VERIFY_SAYS(said("telling"), "Say with --background which label's clips are what the others are put among. There are jump (12), none (12).");
        options.background = "no";
        VERIFY_SAYS(said("telling"), "Say with --background");
        VERIFY_SAYS(said("pace"), "--background is for 'telling' alone.");
        options.background.clear();
        VERIFY_SAYS(said("pace"), "two sources or more"); // 20 frames are too few for a piece
        options.scale = 0.5;
        VERIFY_SAYS(said("pace"), "--scale is not for it");
        options.scale = 1;
        // Background of one source cannot be on both sides.
        std::string list = "path,label,source\n";
        for (int i = 0; i < 3; ++i)
            list += "clips/jump/c" + std::to_string(10 * i) + ".mp4,jump,s" + std::to_string(i) + '\n';
        list += "clips/none/c2.mp4,none,s0\nclips/none/c12.mp4,none,s1\n";
        writeAtomically(path("few.csv"), list);
        options.from = {path("few.csv")};
        options.background = "none";
        VERIFY_SAYS(said("telling"), "More sources are needed.");
    }
};

DSCOPE_TEST(TestSynthclips)
#include "tst_synthclips.moc"
