// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/madenets.h"
#include "tests/support/says.h"
#include "tests/support/support.h"

#include "core/analysis/analysis.h"
#include "core/analysis/classify.h"
#include "core/analysis/evaluation.h"
#include "core/analysis/extractclips.h"
#include "core/analysis/videoclips.h"
#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/motionenergy.h"
#include "core/base/random.h"
#include "core/image/reader.h"
#include "core/nets/network.h"
#include "core/report/export.h"

#include <QTemporaryDir>

#include <algorithm>
#include <cmath>
#include <numeric>

using namespace dscope;
using namespace dscope::test;
namespace fs = std::filesystem;

namespace {

/// Frame `t` of video `v`: stripes that wander.
Picture madeFrame(int v, int t)
{
    Picture picture(64, 52);
    for (int y = 0; y < picture.height; ++y)
        for (int x = 0; x < picture.width; ++x)
            for (int c = 0; c < 3; ++c)
                picture.row(y)[3 * x + c] = static_cast<std::uint8_t>((x * (3 + v) + y * (1 + c) + t * (5 + 2 * v)) % 256);
    return picture;
}

void writeFrames(const fs::path &folder, int video, int frames)
{
    for (int t = 0; t < frames; ++t) {
        std::string name = std::to_string(t + 1);
        name = "img_" + std::string(5 - name.size(), '0') + name + ".png";
        fs::create_directories(folder);
        writePicture(folder / name, madeFrame(video, t));
    }
}

/// Cancels itself after so many videos.
class StopsAfterVideos final : public Progress {
public:
    StopsAfterVideos(std::int64_t after, std::int64_t total) : m_after(after), m_total(total) {}

protected:
    void onProgress(std::int64_t done, std::int64_t total) override
    {
        if (total == m_total && done >= m_after)
            cancel();
    }

private:
    std::int64_t m_after;
    std::int64_t m_total;
};

} // namespace

/// Videos scored by their clips.
class TestClips : public QObject {
    Q_OBJECT

    QTemporaryDir m_dir;
    fs::path path(const std::string &name) const { return fs::path(m_dir.path().toStdString()) / name; }
    ModelStore store() const { return ModelStore({path("models")}); }

    AnalysisOptions options() const
    {
        AnalysisOptions options;
        options.task = "action";
        options.base = "made-clips";
        options.ddnet = "made-ddnet-3d";
        options.device = "cpu";
        options.useCache = false;
        return options;
    }

private Q_SLOTS:
    void initTestCase()
    {
        writeMadeClipNets(path("models"));
        writeFrames(path("set/run/a"), 0, 40);
        writeFrames(path("set/run/b"), 1, 33);
        writeFrames(path("set/walk/c"), 2, 5); // shorter than a clip
        writeFrames(path("set/sit/d"), 3, 24);
        writeAtomically(path("set/sit/broken.mp4"), "this is no video");
    }

    void planFollowsTheNetworks()
    {
        ModelSpec base = store().find("made-clips", Role::Base);
        const ModelSpec ddnet = store().find("made-ddnet-3d", Role::DdNet);
        ClipPlan plan = clipPlan(&ddnet, &base, {});
        QCOMPARE(plan.division.frames, 8);
        QCOMPARE(plan.division.stride, 1);
        QVERIFY(plan.division.rate == (Ratio{30, 1}));
        QCOMPARE(plan.base->cut.shortSide, 48);
        // The base says how long a clip is; whoever takes fewer frames gets some of them, the first to the last.
        base.inputFrames = 32;
        base.inputStride = 2;
        base.inputRate = 25;
        plan = clipPlan(&ddnet, &base, {});
        QCOMPARE(plan.division.span(), std::int64_t{63});
        QVERIFY(plan.division.rate == (Ratio{25, 1}));
        QCOMPARE(spreadOver(32, 8), (std::vector<int>{0, 4, 8, 13, 17, 22, 26, 31}));
        QCOMPARE(spreadOver(32, 1), (std::vector<int>{15}));
        ClipChoice choice;
        choice.count = 10;
        choice.stride = 3;
        choice.rate = Ratio{15, 1};
        plan = clipPlan(&ddnet, nullptr, choice);
        QCOMPARE(plan.division.stride, 3);
        QCOMPARE(plan.division.count, 10);
        VERIFY_SAYS(plan.words(), "8 frames, one in 3 at 15 a second, 10 clips evenly over a video");
        QVERIFY(plan.key() != clipPlan(&ddnet, &base, choice).key());
        base.inputFrames = 1;
        QVERIFY_THROWS_EXCEPTION(UsageError, clipPlan(&ddnet, &base, {}));
    }

    /// D-score, class scores and motion energy of every clip are those of its very frames.
    void scoresAreThoseOfTheFrames()
    {
        Progress progress;
        const Analysis analysis = analyse({path("set/run/a")}, options(), store(), progress);
        QCOMPARE(analysis.sources.size(), std::size_t{1});
        const Source &source = analysis.sources.front();
        QCOMPARE(source.frames, std::int64_t{40});
        QCOMPARE(source.groups.size(), std::size_t{1});
        const Group &group = source.groups.front();
        QCOMPARE(group.id, std::string("a"));
        QCOMPARE(group.label, std::string("run")); // its folder is called like a class
        QCOMPARE(group.elements.size(), std::size_t{5});
        QCOMPARE(analysis.classes, (std::vector<std::string>{"run", "sit", "walk"}));
        const auto base = Network::load(store().find("made-clips", Role::Base), {}, {.clips = true});
        const auto ddnet = Network::load(store().find("made-ddnet-3d", Role::DdNet), {}, {.use = Use::Score, .clips = true});
        const ClipCut cut{48, 48, 48};
        for (std::size_t i = 0; i < 5; ++i) {
            std::vector<Picture> frames;
            for (int t = 0; t < 8; ++t) {
                const Picture picture = madeFrame(0, static_cast<int>(8 * i) + t);
                frames.push_back(clipFrame(PicturePixels(picture), cut));
            }
            const std::vector<Clip> clip{Clip(frames)};
            const Element &element = group.elements[i];
            QCOMPARE(element.frame, static_cast<std::int64_t>(8 * i));
            QVERIFY(std::abs(element.timeS - 8.0 * static_cast<double>(i) / 30) < 1e-9);
            QVERIFY(std::abs(element.toS - 8.0 * static_cast<double>(i + 1) / 30) < 1e-9);
            QCOMPARE(element.dScore, ddnet->runClips(clip, progress).front());
            QVERIFY(std::abs(static_cast<double>(element.motion) - motionEnergy(clip.front())) < 1e-4);
            const std::vector<float> logits = base->runClips(clip, progress);
            double sum = 0;
            for (const float value : logits)
                sum += std::exp(static_cast<double>(value));
            for (std::size_t k = 0; k < 3; ++k)
                QVERIFY(std::abs(static_cast<double>(group.embeddings[3 * i + k]) - std::exp(static_cast<double>(logits[k])) / sum) < 1e-6);
        }
        // What is fused is Eq. 8: with one clip kept its own scores.
        const auto best = static_cast<std::size_t>(
            std::max_element(group.elements.begin(), group.elements.end(), [](const Element &a, const Element &b) { return a.dScore < b.dScore; })
            - group.elements.begin());
        const std::vector<double> fused = fusedScores(group, 3, Keep::best(1));
        for (std::size_t k = 0; k < 3; ++k)
            QVERIFY(std::abs(fused[k] - static_cast<double>(group.embeddings[3 * best + k])) < 1e-6);
        const Json json = scoresJson(analysis, Keep::best(2));
        const Json &one = json.at("sources")[0].at("groups")[0];
        QCOMPARE(json.at("task").get<std::string>(), std::string("action"));
        QCOMPARE(one.at("prediction").size(), std::size_t{3});
        QVERIFY(one.at("prediction")[0].at("score") >= one.at("prediction")[1].at("score"));
        QVERIFY(one.at("elements")[1].at("end_s").get<double>() > one.at("elements")[1].at("time_s").get<double>());
    }

    /// In two stages the base sees only what is kept, and says the same as where it saw everything.
    void classifiedInTwoStages()
    {
        Progress progress;
        const Analysis analysis = analyse({path("set/run/a"), path("set/run/b")}, options(), store(), progress);
        for (const Keep &keep : {Keep::best(2), Keep::best(1), Keep(0.5), Keep::best(1000)}) {
            const Classification result = classify({path("set/run/a"), path("set/run/b"), path("set/sit/broken.mp4")}, options(), keep, store(), progress);
            QCOMPARE(result.videos.size(), std::size_t{3});
            QCOMPARE(result.classes, analysis.classes);
            for (std::size_t v = 0; v < 2; ++v) {
                const Group &group = analysis.sources[v].groups.front();
                const ClassifiedVideo &video = result.videos[v];
                const std::vector<double> wanted = fusedScores(group, 3, keep);
                const KeptFaces kept = keptFaces(group, keep);
                QCOMPARE(video.clips.size(), group.elements.size());
                QCOMPARE(video.keptCount(), kept.count);
                for (std::size_t i = 0; i < video.clips.size(); ++i) {
                    QCOMPARE(video.clips[i].kept, static_cast<bool>(kept.kept[i]));
                    QCOMPARE(video.clips[i].dScore, group.elements[i].dScore);
                }
                for (std::size_t k = 0; k < 3; ++k)
                    QVERIFY(std::abs(video.scores[k] - wanted[k]) < 1e-6);
                // Both networks take the same frames here, and clips share none.
                QCOMPARE(video.framesRead, static_cast<std::int64_t>(8 * video.clips.size()) + 8 * kept.count);
            }
            QVERIFY(result.videos[2].clips.empty());
            QVERIFY(!result.videos[2].warnings.empty());
            const Json json = toJson(result);
            QCOMPARE(json.at("videos")[0].at("prediction").size(), std::size_t{3});
            QCOMPARE(json.at("videos")[0].at("mac").get<std::int64_t>(),
                     static_cast<std::int64_t>(result.videos[0].clips.size()) * result.ddnet.cost.mac + result.videos[0].keptCount() * result.base.cost.mac);
        }
        QVERIFY_THROWS_EXCEPTION(Error, classify({path("set/sit/broken.mp4")}, options(), Keep::best(1), store(), progress));
        AnalysisOptions without = options();
        without.ddnet = "none";
        QVERIFY_THROWS_EXCEPTION(UsageError, classify({path("set/run/a")}, without, Keep::best(1), store(), progress));
    }

    /// A list by ActivityNet's schema beside the videos says what they show when.
    void annotationsBesideTheVideos()
    {
        writeFrames(path("net/v_abc"), 2, 30);
        writeFrames(path("net/other"), 2, 30);
        writeAtomically(path("net/activity_net.v1-2.json"),
                        R"({"database": {"abc": {"subset": "training", "duration": 1.0, "annotations": [{"label": "Running", "segment": [0.5, 0.9]},
                           {"label": "Sitting", "segment": [0.1, 0.2]}]},
                           "def": {"subset": "validation", "duration": 1.0, "annotations": [{"label": "Running", "segment": [0.5, 0.9]}]}}})");
        Progress progress;
        const Analysis analysis = analyse({path("net/v_abc"), path("net/other")}, options(), store(), progress);
        QCOMPARE(analysis.sources[0].actions.size(), std::size_t{2});
        QVERIFY((analysis.sources[0].actions[0] == ShownAction{"Sitting", 0.1, 0.2}));
        QVERIFY((analysis.sources[0].actions[1] == ShownAction{"Running", 0.5, 0.9}));
        QCOMPARE(analysis.sources[0].groups.front().label, std::string("Running"));
        QVERIFY(analysis.sources[1].actions.empty());
        QVERIFY(analysis.sources[1].groups.front().label.empty());
        writeAtomically(path("net/activity_net.v1-2.json"), "{");
        const Analysis broken = analyse({path("net/v_abc"), path("net/other")}, options(), store(), progress);
        QVERIFY(!broken.sources[0].warnings.empty());
        QVERIFY(broken.sources[1].warnings.empty()); // said once
    }

    void isKept()
    {
        AnalysisOptions kept = options();
        kept.useCache = true;
        Progress progress;
        const Analysis first = analyse({path("set/run/b")}, kept, store(), progress);
        const Analysis again = analyse({path("set/run/b")}, kept, store(), progress);
        QVERIFY(!first.sources.front().fromCache);
        QVERIFY(again.sources.front().fromCache);
        const Group &a = first.sources.front().groups.front();
        const Group &b = again.sources.front().groups.front();
        QVERIFY(a.embeddings == b.embeddings);
        QCOMPARE(a.elements[3].toS, b.elements[3].toS);
        QCOMPARE(a.elements[3].motion, b.elements[3].motion);
        kept.clips.step = 3; // other clips
        QVERIFY(!analyse({path("set/run/b")}, kept, store(), progress).sources.front().fromCache);
    }

    void shortAndBrokenOnes()
    {
        Progress progress;
        const Analysis analysis = analyse({path("set/walk/c"), path("set/sit/broken.mp4"), path("set")}, options(), store(), progress);
        QCOMPARE(analysis.sources.size(), std::size_t{3});
        QCOMPARE(analysis.sources[0].groups.front().elements.size(), std::size_t{1});
        VERIFY_SAYS(joined(analysis.sources[0].warnings), "shorter than a clip");
        QVERIFY(analysis.sources[1].groups.empty());
        QVERIFY(!analysis.sources[1].warnings.empty());
        VERIFY_SAYS(joined(analysis.sources[2].warnings), "holds neither videos nor the frames of one");
        QVERIFY_THROWS_EXCEPTION(UsageError,
                                 analyse(
                                     {path("set/run/a")},
                                     [&] {
                                         AnalysisOptions wrong = options();
                                         wrong.task = "face";
                                         return wrong;
                                     }(),
                                     store(), progress));
    }

    /// A benchmark of videos: what is interrupted ends with the same bytes.
    void extractionResumes()
    {
        Progress progress;
        const Benchmark set = readBenchmark("classes", path("set"), {}, progress);
        QCOMPARE(set.videos.size(), std::size_t{5});
        QCOMPARE(set.subjectNames, (std::vector<std::string>{"run", "sit", "walk"}));
        ExtractOptions how;
        how.analysis = options();
        how.folder = path("whole");
        const fs::path whole = extractClips(set, how, store(), progress);
        how.folder = path("cut");
        StopsAfterVideos stops(2, 5);
        QVERIFY_THROWS_EXCEPTION(Cancelled, extractClips(set, how, store(), stops));
        const fs::path resumed = extractClips(set, how, store(), progress);
        QVERIFY(readText(whole) == readText(resumed));
        const auto written = fs::last_write_time(resumed);
        QCOMPARE(extractClips(set, how, store(), progress), resumed);
        QVERIFY(fs::last_write_time(resumed) == written); // used as it is

        std::vector<std::string> warnings;
        const TemplateFeatures features = arrangeClips(set, ClipStore(whole), warnings, progress);
        QCOMPARE(features.templates(), std::int64_t{5});
        QCOMPARE(features.dim, std::int64_t{3});
        std::int64_t clips = 0;
        for (std::int64_t t = 0; t < 5; ++t) {
            const LabelledVideo &video = set.videos[static_cast<std::size_t>(t)];
            const bool broken = video.file.extension() == ".mp4";
            QCOMPARE(features.size(t) == 0, broken);
            QCOMPARE(features.subjectNames[static_cast<std::size_t>(features.subjects[static_cast<std::size_t>(t)])],
                     video.file.parent_path().filename().string());
            clips += features.size(t);
        }
        QCOMPARE(clips, features.faces());
        QCOMPARE(features.spans.size(), static_cast<std::size_t>(clips));
        QCOMPARE(features.quality.at(motionName).size(), static_cast<std::size_t>(clips));
        VERIFY_SAYS(joined(warnings), "cannot be read");
        VERIFY_SAYS(joined(warnings), "shorter than a clip");
        for (std::int64_t i = 0; i < clips; ++i) {
            const auto row = std::span<const float>(features.features).subspan(static_cast<std::size_t>(3 * i), 3);
            QVERIFY(std::abs(std::accumulate(row.begin(), row.end(), 0.0) - 1) < 1e-5);
        }
    }

    /// Classes go by their names, not by their order; a class that the base was not taught stops everything.
    void classesGoByTheirNames()
    {
        Progress progress;
        Benchmark set = readBenchmark("classes", path("set"), {}, progress);
        ExtractOptions how;
        how.analysis = options();
        how.folder = path("whole");
        const ClipStore scored(extractClips(set, how, store(), progress));
        std::vector<std::string> warnings;
        const std::vector<std::int32_t> before = arrangeClips(set, scored, warnings, progress).subjects;
        set.subjectNames = {"walk", "Run", "sit"}; // 0 is now walk
        for (std::int32_t &label : set.subjects)
            label = (label + 1) % 3;
        QCOMPARE(arrangeClips(set, scored, warnings, progress).subjects, before);
        set.subjectNames = {"walk", "swim", "sit"};
        VERIFY_SAYS(refusal([&] { arrangeClips(set, scored, warnings, progress); }), "swim");
        set.videos.pop_back();
        QVERIFY_THROWS_EXCEPTION(Error, arrangeClips(set, scored, warnings, progress));
    }

    /// Three crops of each clip are three elements at the same time; the one in the middle is the usual one.
    void threeCrops()
    {
        AnalysisOptions three = options();
        three.clips.crops = 3;
        three.clips.count = 2;
        AnalysisOptions one = options();
        one.clips.count = 2;
        Progress progress;
        const Group some = analyse({path("set/run/a")}, three, store(), progress).sources.front().groups.front();
        const Group middle = analyse({path("set/run/a")}, one, store(), progress).sources.front().groups.front();
        QCOMPARE(some.elements.size(), std::size_t{6});
        for (std::size_t i = 0; i < 2; ++i) {
            QCOMPARE(some.elements[3 * i + 1].dScore, middle.elements[i].dScore);
            QVERIFY(some.elements[3 * i].dScore != middle.elements[i].dScore);
            QCOMPARE(some.elements[3 * i + 2].timeS, middle.elements[i].timeS);
        }
        three.clips.crops = 2;
        QVERIFY_THROWS_EXCEPTION(Error, analyse({path("set/run/a")}, three, store(), progress));
    }

    /// Only a part of a video is meant.
    void aPartOfAVideo()
    {
        Progress progress;
        const DividedVideo part = divide(path("set/run/a"), ClipOptions{.frames = 4}, progress, 10.0 / 30, 20.0 / 30);
        QCOMPARE(part.places.places.size(), std::size_t{2});
        QCOMPARE(part.places.places[1].frames, (std::vector<std::int64_t>{14, 15, 16, 17}));
        QVERIFY(std::abs(part.places.places[1].fromS - 14.0 / 30) < 1e-9);
        QVERIFY(std::abs(part.places.places[1].toS - 18.0 / 30) < 1e-9);
        VERIFY_SAYS(refusal([&] { divide(path("set/run/a"), ClipOptions{.frames = 4}, progress, 7); }), "no frame from 7.000 s on");
    }
};

DSCOPE_TEST(TestClips)
#include "tst_clips.moc"
