// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/says.h"
#include "tests/support/support.h"

#include "core/analysis/labelledclips.h"
#include "core/base/error.h"
#include "core/base/files.h"
#include "core/media/clipplaces.h"
#include "core/media/clipreader.h"
#include "core/media/framesource.h"
#include "core/training/cliptargets.h"

#include <QTemporaryDir>

#include <map>
#include <set>

using namespace dscope;
using namespace dscope::test;

namespace fs = std::filesystem;

namespace {

fs::path fights()
{
    return sharedDir() / "data" / "action" / "fight";
}

/// Small frames, so that all of the set is read in a moment.
ClipSetOptions smallClips()
{
    ClipSetOptions options;
    options.layout = "classes";
    options.frames = 8;
    options.stride = 2;
    options.rate = "15";
    options.height = options.width = 32;
    return options;
}

/// The division that these options mean.
ClipOptions smallDivision()
{
    ClipOptions options;
    options.frames = 8;
    options.stride = 2;
    options.rate = {15, 1};
    return options;
}

} // namespace

/// Clips to learn from, out of real videos.
class TestLabelledclips : public QObject {
    Q_OBJECT

    QTemporaryDir m_dir;

    fs::path at(const std::string &name) const { return fs::path(m_dir.path().toStdString()) / name; }
    /// A copy of one of the videos. @return the copy
    fs::path copied(const std::string &from, const std::string &to) const
    {
        fs::create_directories(at(to).parent_path());
        fs::copy_file(fights() / from, at(to), fs::copy_options::overwrite_existing);
        return at(to);
    }

private Q_SLOTS:
    /// All 80 videos, as many clips as their frames give, and each clip pixel for pixel what scoring a video reads.
    void theClipsAreThoseThatScoringReads()
    {
        DSCOPE_NEED(fights());
        Progress progress;
        LabelledClipsReport report;
        const auto set = readLabelledClips(fights(), smallClips(), progress, &report);
        QCOMPARE(report.videos, std::int64_t{80});
        QCOMPARE(report.broken, std::int64_t{0});
        QCOMPARE(report.unlabelled, std::int64_t{0});
        QCOMPARE(report.kept, std::int64_t{80});
        QCOMPARE(set->classes(), (std::vector<std::string>{"fight", "noFight"}));
        QCOMPARE(std::cmp_equal(set->size(), report.labelled), true);
        ClipCut cut;
        cut.shortSide = cut.height = cut.width = 32;
        std::size_t clip = 0;
        std::int64_t compared = 0;
        for (std::size_t video = 0; video < set->videos().size(); ++video) {
            const auto source = openFrames(fights() / set->videos()[video], {15, 1}, progress);
            const ClipPlaces places = clipPlaces(source->ticks(), smallDivision());
            if (video % 16 == 0)
                readClips(
                    *source, places.places, cut,
                    [&](std::size_t place, Clip &&read) {
                        QVERIFY(set->clip(clip + place) == read);
                        ++compared;
                    },
                    progress);
            for (const ClipPlace &place : places.places) {
                QVERIFY(std::cmp_equal(set->where(clip).video, video));
                QCOMPARE(set->where(clip).begin, place.begin);
                QCOMPARE(set->where(clip).fromS, place.fromS);
                QCOMPARE(set->where(clip).toS, place.toS);
                QCOMPARE(set->classes()[static_cast<std::size_t>(set->label(clip))], fs::path(set->videos()[video]).parent_path().string());
                ++clip;
            }
        }
        QCOMPARE(clip, set->size());
        QVERIFY(compared >= 5);
    }

    /// Videos whose frames are not kept give the same clips, shown or not, and a clip that is shown depends on its random numbers alone.
    void memoryChangesNothing()
    {
        DSCOPE_NEED(fights());
        copied("fight/fi075.mp4", "few/fight/a.mp4");
        copied("noFight/" + fs::directory_iterator(fights() / "noFight")->path().filename().string(), "few/noFight/b.mp4");
        Progress progress;
        LabelledClipsReport report;
        ClipSetOptions options = smallClips();
        options.mirror = true;
        const auto kept = readLabelledClips(at("few"), options, progress, &report);
        QCOMPARE(report.kept, std::int64_t{2});
        options.memory = 1;
        const auto again = readLabelledClips(at("few"), options, progress, &report);
        QCOMPARE(report.kept, std::int64_t{0});
        VERIFY_SAYS(joined(progress.notices()), "2 videos do not fit into the memory");
        QCOMPARE(again->identity(), kept->identity());
        std::set<bool> differ;
        for (std::size_t i = 0; i < kept->size(); ++i) {
            QVERIFY(kept->clip(i) == again->clip(i));
            Random a(3, i);
            Random b(3, i);
            const Clip shown = kept->shown(i, a);
            QVERIFY(shown == again->shown(i, b));
            QCOMPARE(shown.frames(), 8);
            QCOMPARE(shown.width(), 32);
            Random c(4, i);
            differ.insert(kept->shown(i, c) == shown);
        }
        QVERIFY(differ.contains(false));
        // Nothing is random where nothing may move.
        options.mirror = false;
        options.jitter = 0;
        options.cropScale = 1;
        const auto still = readLabelledClips(at("few"), options, progress);
        QVERIFY(still->identity() != kept->identity());
        Random random(1);
        const Clip shown = still->shown(0, random);
        QCOMPARE(shown.frame(0).height, 32);
    }

    /// What is missing or broken is counted and listed, and the rest is read.
    void missingAndBrokenVideos()
    {
        DSCOPE_NEED(fights());
        copied("fight/fi075.mp4", "odd/a.mp4");
        copied("fight/fi076.mp4", "odd/b.mp4");
        writeAtomically(at("odd/broken.mp4"), std::string_view("this is no video"));
        writeAtomically(at("odd/list.csv"), std::string_view("path,label\na.mp4,one\nb.mp4,two\nbroken.mp4,one\ngone.mp4,two\n"));
        ClipSetOptions options = smallClips();
        options.layout.clear();
        Progress progress;
        LabelledClipsReport report;
        const auto set = readLabelledClips(at("odd/list.csv"), options, progress, &report);
        QCOMPARE(report.videos, std::int64_t{2});
        QCOMPARE(report.broken, std::int64_t{1});
        QCOMPARE(report.missing, std::int64_t{1});
        QCOMPARE(set->videos(), (std::vector<std::string>{"a.mp4", "b.mp4"}));
        const std::string said = joined(progress.notices());
        VERIFY_SAYS(said, "1 video cannot be read and was left out: broken.mp4");
        VERIFY_SAYS(said, "gone.mp4");
        writeAtomically(at("odd/list.csv"), std::string_view("path,label\nbroken.mp4,one\n"));
        VERIFY_SAYS(refusal<FileError>([&] { readLabelledClips(at("odd/list.csv"), options, progress); }), "no clip with a label");
    }

    /// Of an untrimmed video clips in segments take part, and they stay in them when they are shown; both counts are told.
    void clipsOutsideOfSegments()
    {
        DSCOPE_NEED(fights());
        copied("fight/fi075.mp4", "net/v_abc.mp4"); // 94 frames at 30 a second: 47 at 15
        copied("fight/fi076.mp4", "net/v_none.mp4");
        writeAtomically(at("net/activity_net.v1-2.json"), std::string_view(R"({"database": {
            "abc": {"subset": "training", "annotations": [{"label": "Fight", "segment": [1.0, 2.1]}]},
            "none": {"subset": "training", "annotations": [{"label": "Fight", "segment": [90, 99]}]},
            "other": {"subset": "validation", "annotations": [{"label": "Fight", "segment": [0, 1]}]}}})"));
        ClipSetOptions options = smallClips();
        options.layout.clear();
        options.jitter = 1;
        Progress progress;
        LabelledClipsReport report;
        const auto set = readLabelledClips(at("net"), options, progress, &report);
        QCOMPARE(set->options().subset, std::string("training"));
        QCOMPARE(set->options().layout, std::string("activitynet"));
        QCOMPARE(report.videos, std::int64_t{1});
        // Clips of 15 frames at 15 a second begin at frames 0, 16 and 32: 0 to 1 s, 1.07 to 2.07 s, 2.13 to 3.13 s.
        QCOMPARE(report.labelled, std::int64_t{1});
        QCOMPARE(set->where(0).begin, std::int64_t{16});
        QVERIFY(report.unlabelled >= 2);
        const std::string said = joined(progress.notices());
        VERIFY_SAYS(said, "1 clip of 1 video has a label; " + std::to_string(report.unlabelled) + " lie outside of the segments");
        VERIFY_SAYS(said, "1 video has no clip with a label and was left out: none");
        // Where they are wanted, all clips of both have their video's label.
        options.outside = true;
        LabelledClipsReport all;
        const auto whole = readLabelledClips(at("net"), options, progress, &all);
        QCOMPARE(all.videos, std::int64_t{2});
        QCOMPARE(all.labelled, std::int64_t{1});
        QCOMPARE(all.outside, report.unlabelled);
        QCOMPARE(all.unlabelled, std::int64_t{0});
        QCOMPARE(whole->size(), static_cast<std::size_t>(1 + all.outside));
        for (std::size_t i = 0; i < whole->size(); ++i) {
            QCOMPARE(whole->label(i), 0);
            QCOMPARE(whole->isInside(i), whole->videos()[static_cast<std::size_t>(whole->where(i).video)] == "v_abc.mp4" && whole->where(i).begin == 16);
        }
        QVERIFY(whole->identity() != set->identity());
        VERIFY_SAYS(joined(progress.notices()), "lie outside of the segments and are scored by the label of the video");
    }

    /// Groups of a csv are held out together.
    void groupsOfVideos()
    {
        DSCOPE_NEED(fights());
        ClipSetOptions options = smallClips();
        options.groups = fights() / "sources.csv";
        Progress progress;
        const auto set = readLabelledClips(fights(), options, progress);
        std::set<std::int64_t> groups;
        for (std::size_t i = 0; i < set->videos().size(); ++i)
            groups.insert(set->group(static_cast<std::int64_t>(i)));
        QCOMPARE(groups.size(), std::size_t{19});
    }

    /// Targets give the same clips again, wherever the videos lie; a video that is another one is refused.
    void clipsOfTargets()
    {
        DSCOPE_NEED(fights());
        copied("fight/fi075.mp4", "first/fight/a.mp4");
        copied("fight/fi076.mp4", "first/noFight/b.mp4");
        Progress progress;
        const auto set = readLabelledClips(at("first"), smallClips(), progress);
        ClipTargets targets;
        targets.root = set->root();
        targets.videos = set->videos();
        targets.parts.resize(targets.videos.size());
        targets.groups = {"0", "1"};
        targets.classes = set->classes();
        targets.clips = set->options();
        for (std::size_t i = 0; i < set->size(); ++i) {
            targets.places.push_back(set->where(i));
            targets.labels.push_back(set->label(i));
        }
        fs::rename(at("first"), at("second"));
        VERIFY_SAYS(refusal<FileError>([&] { readTargetClips({}, smallClips(), targets, progress); }), "--videos");
        const auto again = readTargetClips(at("second"), smallClips(), targets, progress);
        QCOMPARE(again->size(), set->size());
        for (std::size_t i = 0; i < set->size(); ++i) {
            QVERIFY(again->clip(i) == set->clip(i));
            QCOMPARE(again->where(i).video, set->where(i).video);
        }
        ClipTargets longer = targets;
        longer.places.back().begin = 5000;
        VERIFY_SAYS(refusal<FileError>([&] { readTargetClips(at("second"), smallClips(), longer, progress); }), "is shorter than it was");
        ClipTargets mixed = targets;
        std::swap(mixed.places.front(), mixed.places.back());
        QVERIFY(!refusal([&] { readTargetClips(at("second"), smallClips(), mixed, progress); }).empty());
    }

    void refusals()
    {
        Progress progress;
        ClipSetOptions options = smallClips();
        options.rate = "fast";
        QVERIFY(!refusal<UsageError>([&] { readLabelledClips(at("."), options, progress); }).empty());
        VERIFY_SAYS(refusal([&] { readLabelledClips(at("nowhere"), smallClips(), progress); }), "does not exist");
    }
};

DSCOPE_TEST(TestLabelledclips)
#include "tst_labelledclips.moc"
