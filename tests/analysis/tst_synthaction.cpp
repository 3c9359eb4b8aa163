// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/says.h"
#include "tests/support/support.h"

#include "core/analysis/example.h"
#include "core/analysis/madevideos.h"
#include "core/analysis/synthaction.h"
#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/hash.h"
#include "core/base/motionenergy.h"
#include "core/datasets/benchmark.h"
#include "core/datasets/labelledvideos.h"
#include "core/media/framesource.h"

#include <QTemporaryDir>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <map>
#include <numeric>
#include <set>
#include <vector>

using namespace dscope;
using namespace dscope::test;
namespace fs = std::filesystem;

namespace {

std::vector<Picture> painted(std::uint64_t seed, const ActionVideo &video, std::size_t shot)
{
    std::vector<Picture> frames;
    paintActionShot(seed, video, shot, [&](const Picture &frame) { frames.push_back(frame); });
    return frames;
}

/// The first `count` of many drawn videos.
std::vector<ActionVideo> drawn(int count)
{
    std::vector<ActionVideo> videos;
    for (int i = 0; i < count; ++i)
        videos.push_back(drawActionVideo(1, actionVideoNumber(i % 2 == 0, i), actionMotions.entries[static_cast<std::size_t>(i) % 12].value));
    return videos;
}

} // namespace

/// Synthetic actions.
class TestSynthaction : public QObject {
    Q_OBJECT

    QTemporaryDir m_dir;
    fs::path path(const char *name) const { return fs::path(m_dir.path().toStdString()) / name; }

private Q_SLOTS:
    /// What is trained on them must stay the same set: the frames before any encoder, and everything that was drawn, of six videos.
    void frozen()
    {
        Sha256 pixels;
        Sha256 plan;
        for (int i = 0; i < 6; ++i) {
            const std::int64_t place = 2 * i + 1;
            const ActionVideo video = drawActionVideo(1, actionVideoNumber(i < 4, place), static_cast<ActionMotion>(place));
            plan.add(std::to_string(video.width) + ' ' + std::to_string(video.height) + ' ' + std::to_string(video.rate) + ' ' + std::to_string(video.crf) + ' '
                     + std::to_string(video.gop) + '\n');
            for (std::size_t s = 0; s < video.shots.size(); ++s) {
                const ActionShot &shot = video.shots[s];
                plan.add(std::to_string(shot.first) + ' ' + std::to_string(shot.frames) + (shot.telling ? " tells" : "") + '\n');
                if (shot.confuser)
                    plan.add(actionMotions.wordOf(shot.confuser->motion) + ' ' + std::to_string(shot.confuser->first) + ' '
                             + std::to_string(shot.confuser->frames) + '\n');
                if (shot.telling || shot.confuser || s == 0)
                    paintActionShot(1, video, s, [&](const Picture &frame) { pixels.add(frame.rgb.data(), frame.rgb.size()); });
            }
        }
        QCOMPARE(QString::fromStdString(plan.hex()), QStringLiteral("684cd0731d71d128e41f5a6dfac5af26e08710e6b29a9722f043758177d802ab"));
        QCOMPARE(QString::fromStdString(pixels.hex()), QStringLiteral("709ac882bf21e6b8c41016d0da01bc8fe20af2a44cfd0f536d77fc3f2f192dc8"));
    }

    /// Counts that the documents state.
    void asStated()
    {
        QCOMPARE(syntheticActionCounts(1).training, std::int64_t{30});
        QCOMPARE(syntheticActionCounts(1).validation, std::int64_t{10});
        QCOMPARE(syntheticActionCounts(0.01).training, std::int64_t{1});
        QVERIFY_THROWS_EXCEPTION(UsageError, syntheticActionCounts(0));
        std::map<int, int> rates;
        std::map<int, int> widths;
        int confused = 0;
        double tells = 0;
        for (const ActionVideo &video : drawn(400)) {
            const double seconds = static_cast<double>(video.frames()) / video.rate;
            QVERIFY(seconds >= 11.9 && seconds <= 20.1);
            QVERIFY(video.crf >= 20 && video.crf <= 32);
            QCOMPARE(4 * video.height, 3 * video.width);
            ++rates[video.rate];
            ++widths[video.width];
            std::int64_t at = 0;
            std::int64_t telling = 0;
            bool confuses = false;
            for (const ActionShot &shot : video.shots) {
                QCOMPARE(shot.first, at);
                at += shot.frames;
                telling += shot.telling ? shot.frames : 0;
                const double length = static_cast<double>(shot.frames) / video.rate;
                QVERIFY2(shot.telling ? length > 0.7 && length < 2 : length > 0.7 && length < 3.5, std::to_string(length).c_str());
                if (!shot.confuser)
                    continue;
                confuses = true;
                QVERIFY(!shot.telling && shot.confuser->motion != video.motion);
                QVERIFY(shot.confuser->first >= 0 && shot.confuser->first + shot.confuser->frames <= shot.frames);
                QVERIFY(static_cast<double>(shot.confuser->frames) / video.rate < 0.43); // less than a clip of 16 frames at 30 a second
            }
            const double share = static_cast<double>(telling) / static_cast<double>(video.frames());
            QVERIFY2(share > 0.09 && share < 0.26, std::to_string(share).c_str());
            tells += share / 400;
            confused += confuses ? 1 : 0;
        }
        QCOMPARE(rates.size(), std::size_t{3});
        QCOMPARE(widths.size(), std::size_t{5});
        QVERIFY(std::abs(tells - 0.175) < 0.01);
        QVERIFY(confused > 240 && confused < 320); // 70 %
    }

    /// Nothing outside of the telling shots knows the class, but for what confusers show.
    void distractorsKnowNothing()
    {
        std::size_t same = 0;
        std::size_t telling = 0;
        std::size_t confusers = 0;
        for (const std::int64_t number : {std::int64_t{7}, actionVideoNumber(false, 3)}) {
            const ActionVideo one = drawActionVideo(5, number, ActionMotion::Left);
            const ActionVideo other = drawActionVideo(5, number, ActionMotion::OrbitClockwise);
            QCOMPARE(one.shots.size(), other.shots.size());
            QCOMPARE(one.crf, other.crf);
            for (std::size_t s = 0; s < one.shots.size(); ++s) {
                QCOMPARE(one.shots[s].first, other.shots[s].first);
                QCOMPARE(one.shots[s].telling, other.shots[s].telling);
                const bool equal = painted(5, one, s) == painted(5, other, s);
                QVERIFY(equal == !(one.shots[s].telling || one.shots[s].confuser));
                same += equal ? 1 : 0;
                telling += one.shots[s].telling ? 1 : 0;
                confusers += one.shots[s].confuser ? 1 : 0;
            }
        }
        QVERIFY(same > 4 && telling > 1);
        QVERIFY2(confusers > 0, "choose numbers that have some");
    }

    /// How much moves says something of what tells, and not enough: by it a telling clip wins against another one more often than a coin would, and far from
    /// always.
    void motionEnergyIsNoOracle()
    {
        std::vector<double> telling;
        std::vector<double> others;
        for (const ActionVideo &video : drawn(24))
            for (std::size_t s = 0; s < video.shots.size(); ++s) {
                const std::vector<Picture> frames = painted(1, video, s);
                for (std::size_t from = 0; from + 14 <= frames.size(); from += 14)
                    (video.shots[s].telling ? telling : others)
                        .push_back(motionEnergy(Clip(std::vector<Picture>(frames.begin() + static_cast<std::ptrdiff_t>(from),
                                                                          frames.begin() + static_cast<std::ptrdiff_t>(from) + 14))));
            }
        double wins = 0;
        for (const double a : telling)
            for (const double b : others)
                wins += a > b ? 1 : 0;
        wins /= static_cast<double>(telling.size() * others.size());
        QVERIFY2(wins > 0.5 && wins < 0.75, std::to_string(wins).c_str());
    }

    /// A set that is read as ActivityNet is.
    void readBack()
    {
        Progress progress;
        SynthOptions options;
        options.scale = 0.01;
        options.seed = 4;
        const fs::path root = path("actions");
        writeSyntheticSet("action", root, options, progress);
        QVERIFY(isSynthetic(root));
        VERIFY_SAYS(readText(root / "SYNTHETIC.txt"), "12 rendered ways of moving");
        const LabelledVideos training = readLabelledVideos(root, {.subset = "training"}, progress);
        const LabelledVideos test = readLabelledVideos(root, {}, progress);
        QCOMPARE(test.name, std::string("ActivityNet 1.2, synthetic actions, validation"));
        for (const LabelledVideos *set : {&training, &test}) {
            QCOMPARE(set->videos.size(), std::size_t{12});
            QCOMPARE(set->missing, std::int64_t{0});
            QVERIFY(set->warnings.empty());
            std::set<std::string> classes;
            for (const auto &entry : actionMotions.entries)
                classes.emplace(entry.word);
            QVERIFY(std::set<std::string>(set->classes.begin(), set->classes.end()) == classes);
            std::set<std::int32_t> labels;
            for (const LabelledVideo &video : set->videos)
                labels.insert(video.label);
            QCOMPARE(labels.size(), std::size_t{12});
        }
        // The file holds what was drawn.
        const ActionVideo video = drawActionVideo(4, actionVideoNumber(false, 5), static_cast<ActionMotion>(5));
        const LabelledVideo &read = test.videos[5];
        QCOMPARE(test.classes[static_cast<std::size_t>(read.label)], std::string("turns counter-clockwise"));
        const auto source = openFrames(read.file, {30, 1}, progress);
        QCOMPARE(source->count(), video.frames());
        std::vector<LabelledSegment> segments;
        for (const ActionShot &shot : video.shots)
            if (shot.telling)
                segments.push_back({read.label, static_cast<double>(shot.first) / video.rate, static_cast<double>(shot.first + shot.frames) / video.rate});
        QCOMPARE(read.segments.size(), segments.size());
        for (std::size_t i = 0; i < segments.size(); ++i)
            QVERIFY(read.segments[i].fromS == segments[i].fromS && read.segments[i].toS == segments[i].toS);
        const Picture first = source->decodedAt(0)->pixels->whole();
        const Picture before = painted(4, video, 0).front();
        QCOMPARE(first.width, video.width);
        double difference = 0;
        for (std::size_t i = 0; i < first.rgb.size(); ++i)
            difference += std::abs(static_cast<int>(first.rgb[i]) - static_cast<int>(before.rgb[i]));
        QVERIFY2(difference / static_cast<double>(first.rgb.size()) < 12, std::to_string(difference / static_cast<double>(first.rgb.size())).c_str());
        // The same bytes of the same seed, others of another.
        const std::string list = readText(root / madeListName);
        const std::string bytes = readText(madeVideoFile(root, "v00005"));
        writeSyntheticSet("action", path("again"), options, progress);
        QVERIFY(readText(path("again") / madeListName) == list);
        QVERIFY(readText(madeVideoFile(path("again"), "v00005")) == bytes);
        QVERIFY(painted(5, drawActionVideo(5, video.number, video.motion), 0).front() != before);
    }

    /// The example is drawn once, with the list that has its segments, and is the same everywhere.
    void theExample()
    {
        const QByteArray cache = qgetenv("DSCOPE_CACHE");
        const QByteArray samples = qgetenv("DSCOPE_SAMPLES");
        qputenv("DSCOPE_CACHE", QByteArray::fromStdString(path("cache").string()));
        qunsetenv("DSCOPE_SAMPLES");
        Progress progress;
        const fs::path video = exampleVideo(taskOf(Protocol::Classification), progress);
        QCOMPARE(video, path("cache") / "samples" / "actions" / "videos" / "v_example.mp4");
        const fs::file_time_type made = fs::last_write_time(video);
        QCOMPARE(exampleVideo(taskOf(Protocol::Classification), progress), video);
        QVERIFY(fs::last_write_time(video) == made);
        QVERIFY(exampleVideo(taskOf(Protocol::Verification), progress).empty());
        const fs::path root = video.parent_path().parent_path();
        const LabelledVideos set = readLabelledVideos(root, {}, progress);
        QCOMPARE(set.videos.size(), std::size_t{1});
        QCOMPARE(set.videos.front().file, video);
        QCOMPARE(set.classes.at(static_cast<std::size_t>(set.videos.front().label)), std::string("bounces"));
        QVERIFY(!set.videos.front().segments.empty());
        QVERIFY(isSynthetic(root));
        // One that lies among the samples comes first.
        fs::create_directories(path("samples") / "actions" / "videos");
        fs::copy_file(video, path("samples") / "actions" / "videos" / "v_example.mp4");
        qputenv("DSCOPE_SAMPLES", QByteArray::fromStdString(path("samples").string()));
        QCOMPARE(exampleVideo(taskOf(Protocol::Classification), progress), path("samples") / "actions" / "videos" / "v_example.mp4");
        samples.isNull() ? qunsetenv("DSCOPE_SAMPLES") : qputenv("DSCOPE_SAMPLES", samples);
        cache.isNull() ? qunsetenv("DSCOPE_CACHE") : qputenv("DSCOPE_CACHE", cache);
    }

    void refusals()
    {
        Progress progress;
        SynthOptions options;
        options.from = {path("x")};
        VERIFY_SAYS(refusal<UsageError>([&] { writeSyntheticSet("action", path("no"), options, progress); }), "--from is not for 'action', which is drawn.");
        options.from.clear();
        options.dim = 8;
        VERIFY_SAYS(refusal<UsageError>([&] { writeSyntheticSet("action", path("no"), options, progress); }), "has no faces");
        options.dim = 0;
        options.background = "x";
        VERIFY_SAYS(refusal<UsageError>([&] { writeSyntheticSet("action", path("no"), options, progress); }), "--background is for 'telling' alone.");
        QVERIFY(!fs::exists(path("no")));
        options.background.clear();
        progress.cancel();
        QVERIFY_THROWS_EXCEPTION(Cancelled, writeSyntheticSet("action", path("no"), options, progress));
        QVERIFY(!fs::exists(path("no") / madeListName));
    }
};

DSCOPE_TEST(TestSynthaction)
#include "tst_synthaction.moc"
