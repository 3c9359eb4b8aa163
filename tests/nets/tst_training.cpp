// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/says.h"
#include "tests/support/support.h"

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/outputlock.h"
#include "core/base/random.h"
#include "core/base/resample.h"
#include "core/nets/checkpoint.h"
#include "core/nets/ddnet.h"
#include "core/nets/facenet.h"
#include "core/scores/features.h"
#include "core/training/basetrainer.h"
#include "core/training/ddnettrainer.h"
#include "core/training/distiller.h"
#include "core/training/facestore.h"
#include "core/training/packedset.h"

#include <ATen/ATen.h>

#include <QTemporaryDir>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

using namespace dscope;

namespace {

/// Embeds crops by their mean colours on a grid of 6 x 11 places: 198 values.
class ColourTeacher : public Network {
public:
    ColourTeacher()
    {
        m_spec.name = "colours";
        m_spec.task = "reid";
        m_spec.inputHeight = 66;
        m_spec.inputWidth = 36;
        m_spec.outputSize = 198;
    }
    std::vector<float> run(std::span<const Picture> pictures, Progress &, int) override
    {
        std::vector<float> values;
        for (const Picture &picture : pictures) {
            const Picture small = resampled(picture, 6, 11);
            for (const std::uint8_t value : small.rgb)
                values.push_back(static_cast<float>(value) - 127.F);
        }
        return values;
    }
};

/// A few made-up people: smooth colour fields with a hue of their own, several pictures each.
void writePeople(const std::filesystem::path &root, int people, int pictures)
{
    for (int p = 0; p < people; ++p)
        for (int i = 0; i < pictures; ++i) {
            Picture picture(112, 112);
            Random random(static_cast<std::uint64_t>(p), static_cast<std::uint64_t>(i));
            const double shift = random.uniform(-3, 3);
            for (int y = 0; y < 112; ++y)
                for (int x = 0; x < 112; ++x)
                    for (int c = 0; c < 3; ++c)
                        picture.row(y)[3 * x + c] =
                            static_cast<std::uint8_t>(127 + 100 * std::sin((x + shift) * (0.05 + 0.02 * p) + c * p) * std::cos(y * (0.03 + 0.015 * p) - c));
            const std::vector<std::uint8_t> jpeg = encodeJpeg(picture, 95);
            const std::string person = "person" + std::to_string(p);
            writeAtomically(root / person / (std::to_string(i) + ".jpg"), std::string(jpeg.begin(), jpeg.end()));
        }
}

bool sameWeights(const std::filesystem::path &a, const std::filesystem::path &b)
{
    const StateDict x = readStateDict(a);
    const StateDict y = readStateDict(b);
    if (x.size() != y.size())
        return false;
    for (const auto &[name, tensor] : x)
        if (!y.contains(name) || !at::equal(tensor, y.at(name)))
            return false;
    return true;
}

} // namespace

class TestTraining : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        setThreads(0);
        m_root = m_dir.path().toStdString();
        writePeople(m_root / "faces", 6, 5);
        // Any base will do for the mechanics: one with fresh weights.
        at::manual_seed(1);
        const auto net = createFaceNet("compact");
        ModelSpec spec;
        spec.name = "fresh";
        spec.architecture = "compact";
        spec.file = "fresh.safetensors";
        spec.outputSize = 128;
        writeSafetensors(m_root / "fresh.safetensors", stateDict(*net), {{"dscope.model", toJson(spec).dump()}});
        m_base = Network::load(ModelStore().find((m_root / "fresh.safetensors").string(), Role::Base), {});
    }

    void labelsAreRepeatableAndSurviveTheFile()
    {
        Progress progress;
        FaceList list = readFaceList(m_root / "faces");
        QCOMPARE(list.size(), std::size_t{30});
        QCOMPARE(list.people.size(), std::size_t{6});
        const Targets targets = labelFaces(list, *m_base, {}, {}, m_root / "work", progress, m_root / "features.safetensors");
        std::filesystem::remove_all(m_root / "work");
        const Targets again = labelFaces(list, *m_base, {}, {}, m_root / "work", progress);
        // In memory, by the definition's own way: the same.
        const std::vector<Picture> pictures = readFaces(list, progress);
        std::vector<Picture> copies;
        std::vector<std::int32_t> labels;
        for (std::size_t i = 0; i < pictures.size(); ++i)
            for (int c = 0; c < 3; ++c) {
                copies.push_back(faceCopy(pictures[i], i, c, {}));
                labels.push_back(list.labels[i]);
            }
        const std::vector<float> features = m_base->run(copies, progress, 64);
        const DScores direct = computeDScores(features, 128, labels, {}, progress);
        for (std::size_t i = 0; i < direct.raw.size(); ++i)
            QVERIFY(std::abs(direct.raw[i] - targets.scores.raw[i]) < 1e-4 * std::abs(direct.raw[i]));
        const auto kept = openFeatures(m_root / "features.safetensors");
        QCOMPARE(kept->count(), std::int64_t{90});
        QCOMPARE(targets.scores.raw, again.scores.raw);
        QCOMPARE(targets.scores.raw.size(), std::size_t{90});
        writeTargets(m_root / "targets", targets);
        const Targets read = readTargets(m_root / "targets");
        QCOMPARE(read.scores.normalised, targets.scores.normalised);
        QCOMPARE(read.scores.hardestClass, targets.scores.hardestClass);
        QCOMPARE(read.scores.mu, targets.scores.mu);
        QCOMPARE(read.faces.files, targets.faces.files);
        QCOMPARE(read.base.name, std::string("fresh"));
        for (std::size_t i = 0; i < read.scores.raw.size(); ++i) {
            const double z = (read.scores.raw[i] - read.scores.mu) / read.scores.sigma;
            QVERIFY(std::abs(read.scores.normalised[i] - 1 / (1 + std::exp(-z))) < 1e-12);
        }
        QVERIFY_THROWS_EXCEPTION(FileError, readTargets(m_root / "fresh.safetensors"));
    }

    /// Clean centroids without the picture itself: by the definition's own way, told in the file, and resumed to the same bits. What an older file does not say
    /// is what there was then.
    void labelsWithoutThePicture()
    {
        Progress progress;
        const FaceList list = readFaceList(m_root / "faces");
        LabelOptions options;
        options.copies = 2;
        options.dscore = suitedTo(list.labels, options.dscore); // people of five pictures
        QCOMPARE(options.dscore.leaveOut, DScoreOptions::LeaveOut::Picture);
        const Targets targets = labelFaces(list, *m_base, options, {}, m_root / "apart", progress, m_root / "apart.features");
        const auto rows = openFeatures(m_root / "apart.features");
        std::vector<float> features(static_cast<std::size_t>(rows->count() * rows->dim()));
        rows->read(0, features);
        std::vector<std::int32_t> labels;
        for (const std::int32_t label : list.labels)
            labels.insert(labels.end(), 2, label);
        DScoreOptions direct = options.dscore;
        direct.copies = 2;
        const DScores expected = computeDScores(features, rows->dim(), labels, direct, progress);
        for (std::size_t i = 0; i < expected.raw.size(); ++i)
            QVERIFY(std::abs(expected.own[i] - targets.scores.own[i]) < 1e-11 && std::abs(expected.raw[i] - targets.scores.raw[i]) < 1e-9 * expected.raw[i]);
        QVERIFY(targets.scores.bias.inside > targets.scores.bias.outside);
        QVERIFY(targets.scores.warnings.empty() || targets.scores.warnings.front().find("Most classes") == std::string::npos);

        const std::filesystem::path file = m_root / "apart.targets";
        writeTargets(file, targets);
        const Targets read = readTargets(file);
        QCOMPARE(read.options.dscore.leaveOut, DScoreOptions::LeaveOut::Picture);
        QCOMPARE(read.options.dscore.centroids, DScoreOptions::Centroids::Clean);
        QCOMPARE(read.options.dscore.target, DScoreOptions::Target::Ratio);
        QCOMPARE(read.options.dscore.atLeastOthers, usualOthers());
        QCOMPARE(read.options.dscore.copies, std::int64_t{2});
        QCOMPARE(read.scores.bias.pictures, std::int64_t{30});
        QCOMPARE(read.scores.bias.outside, targets.scores.bias.outside);
        QCOMPARE(read.scores.bias.correlation, targets.scores.bias.correlation);

        // As the paper has it, which is warned of: with what it does here as the reason.
        options.dscore = {};
        Progress told;
        const Targets inside = labelFaces(list, *m_base, options, {}, m_root / "apart", told);
        QVERIFY(!inside.scores.warnings.empty());
        VERIFY_SAYS(inside.scores.warnings.back(), "Most classes have fewer than " + std::to_string(smallClass()) + " pictures");
        VERIFY_SAYS(inside.scores.warnings.back(), QString::asprintf("%.2f (Spearman)", inside.scores.bias.correlation).toStdString());
        QVERIFY(std::find(told.notices().begin(), told.notices().end(), inside.scores.warnings.back()) != told.notices().end());

        Checkpoint old = readCheckpoint(file);
        Json about = Json::parse(old.metadata.at("dscope.targets"));
        for (const char *field : {"leave_out", "centroids", "target", "at_least_others", "self_bias"})
            QCOMPARE(about.erase(field), std::size_t{1});
        writeSafetensors(m_root / "old.targets", old.tensors, {{"dscope.targets", about.dump()}});
        const Targets older = readTargets(m_root / "old.targets");
        QCOMPARE(older.options.dscore.leaveOut, DScoreOptions::LeaveOut::Sample); // its leave_one_out
        QCOMPARE(older.options.dscore.centroids, DScoreOptions::Centroids::All);
        QCOMPARE(older.options.dscore.atLeastOthers, std::int64_t{0});
        QCOMPARE(older.scores.bias.pictures, std::int64_t{0});
        QCOMPARE(older.scores.raw, targets.scores.raw);
        about["centroids"] = "some";
        writeSafetensors(m_root / "old.targets", old.tensors, {{"dscope.targets", about.dump()}});
        VERIFY_SAYS(test::refusal([&] { readTargets(m_root / "old.targets"); }), "'centroids'");
    }

    /// Targets are used from any folder, and from another place where the faces lie beside them.
    void targetsFindTheirFaces()
    {
        namespace fs = std::filesystem;
        struct Here {
            fs::path before = fs::current_path();
            ~Here() { fs::current_path(before); }
        } here;
        Targets targets = readTargets(m_root / "targets");
        QCOMPARE(targets.faces.root, fs::path(m_root / "faces"));
        fs::create_directories(m_root / "study" / "out");
        writePeople(m_root / "study" / "people", 6, 5);
        fs::current_path(m_root / "study" / "out");
        targets.faces.root = "../people";
        writeTargets("T", targets);
        fs::current_path(m_root);
        QCOMPARE(readTargets("study/out/T").faces.root, fs::path(m_root / "study" / "people"));
        fs::rename(m_root / "study", m_root / "moved");
        QCOMPARE(readTargets("moved/out/T").faces.root, fs::path("moved/people"));
        const Targets moved = readTargets(m_root / "moved" / "out" / "T");
        QCOMPARE(moved.faces.root, fs::path(m_root / "moved" / "people"));
        // Gone: the message says what is missing and what to do, and the folder that the user names stands for it.
        fs::rename(m_root / "moved" / "people", m_root / "elsewhere");
        const Targets lost = readTargets(m_root / "moved" / "out" / "T");
        Progress progress;
        DdNetTraining options;
        options.loop.epochs = 1;
        options.loop.batch = 8;
        const auto said = [&] {
            try {
                trainDdNet(lost, options, m_root / "lost", progress);
            } catch (const Error &error) {
                return std::string(error.what());
            }
            return std::string();
        };
        QCOMPARE(said(), "The targets name the faces " + (m_root / "study" / "people").string() + ", which is not there; name them with --faces.");
        options.facesRoot = m_root / "nowhere";
        QVERIFY(said().find("nowhere: does not exist.") != std::string::npos);
        options.facesRoot = m_root / "elsewhere";
        QCOMPARE(said(), std::string());
    }

    /// Two runs that write the same would write over each other; the second says so, the first is not disturbed.
    void whatIsWrittenIsLocked()
    {
        Progress progress;
        const auto busy = [](const auto &work) {
            try {
                work();
            } catch (const FileError &error) {
                return std::string(error.what()).find("is being written by another process; wait for it or choose another name.") != std::string::npos;
            }
            return false;
        };
        const Targets targets = readTargets(m_root / "targets");
        DdNetTraining options;
        options.loop.epochs = 1;
        options.loop.batch = 8;
        const auto train = [&] { trainDdNet(targets, options, m_root / "locked.safetensors", progress); };
        const FaceList list = readFaceList(m_root / "faces");
        const auto label = [&] { labelFaces(list, *m_base, {}, {}, m_root / "locked.work", progress); };
        const auto packed = [&] { packFaces(list, m_root / "locked.pack", progress); };
        {
            const OutputLock training(m_root / "locked.safetensors.checkpoint");
            const OutputLock labelling(m_root / "locked.work");
            PackWriter packing(m_root / "locked.pack", 112, 112, "other");
            QVERIFY(busy(train));
            QVERIFY(busy(label));
            QVERIFY(busy(packed));
        }
        QVERIFY(!busy(train));
        QVERIFY(!busy(label));
        QVERIFY(!busy(packed));
        for (const char *name : {"locked.safetensors.checkpoint.lock", "locked.work.lock"})
            QVERIFY2(!std::filesystem::exists(m_root / name), name);
    }

    /// Stopped while embedding and called again: the same targets to the last bit. A face that cannot be read moves no other one's copies.
    void labellingResumes()
    {
        writePeople(m_root / "many", 12, 40);
        Progress progress;
        const FaceList list = readFaceList(m_root / "many");
        const Targets whole = labelFaces(list, *m_base, {}, {}, m_root / "whole", progress);
        class StopsLater final : public Progress {
            int m_left = 2;
            void onProgress(std::int64_t done, std::int64_t) override
            {
                if (done > 0 && --m_left < 0)
                    cancel();
            }
        } stopped;
        QVERIFY_THROWS_EXCEPTION(Cancelled, labelFaces(list, *m_base, {}, {}, m_root / "stopped", stopped));
        QVERIFY(!std::filesystem::is_empty(m_root / "stopped"));
        const Targets resumed = labelFaces(list, *m_base, {}, {}, m_root / "stopped", progress);
        QCOMPARE(resumed.scores.raw, whole.scores.raw);
        QCOMPARE(resumed.scores.hardestClass, whole.scores.hardestClass);
        QVERIFY(resumed.places.empty());

        writeAtomically(m_root / "many" / list.files[3], "no picture any more");
        Progress told;
        const Targets less = labelFaces(list, *m_base, {}, {}, m_root / "less", told);
        QCOMPARE(told.notices().size(), std::size_t{1});
        QCOMPARE(less.faces.size(), list.size() - 1);
        QCOMPARE(less.place(2), std::size_t{2});
        QCOMPARE(less.place(3), std::size_t{4});
        writeTargets(m_root / "less.targets", less);
        QCOMPARE(readTargets(m_root / "less.targets").places, less.places);
    }

    /// A run that is stopped at any step and resumed gives the same weights as one that was not, bit for bit.
    void resumeIsExact_data()
    {
        QTest::addColumn<int>("stopAfter");
        QTest::addColumn<bool>("bf16");
        QTest::addColumn<bool>("adamw");
        QTest::addColumn<int>("batch");
        QTest::newRow("in the first epoch") << 2 << false << false << 8;
        QTest::newRow("at its end") << 9 << false << false << 8;
        QTest::newRow("later") << 13 << false << false << 8;
        QTest::newRow("mixed precision") << 11 << true << false << 8;
        QTest::newRow("AdamW") << 11 << false << true << 8;
        QTest::newRow("in parts at once") << 3 << false << false << 32; // where there are two cores, see Replicas
    }
    void resumeIsExact()
    {
        QFETCH(int, stopAfter);
        QFETCH(bool, bf16);
        QFETCH(bool, adamw);
        QFETCH(int, batch);
        Progress progress;
        const Targets targets = readTargets(m_root / "targets");
        DdNetTraining options;
        options.loop.epochs = 2;
        options.loop.batch = batch;
        options.loop.precision = bf16 ? Precision::Bf16 : Precision::Fp32;
        if (adamw) {
            options.loop.optimiser = Optimiser::AdamW;
            options.loop.learningRate = 0.002;
        }
        options.heldOut = 0.2;
        const auto whole = m_root / "whole.safetensors";
        const auto parts = m_root / "parts.safetensors";
        const DdNetResult result = trainDdNet(targets, options, whole, progress);
        QCOMPARE(result.epochs.size(), std::size_t{2});
        QVERIFY(result.heldOut > 0);
        QVERIFY(std::isfinite(result.epochs.back().loss));

        DdNetTraining first = options;
        first.loop.stopAfter = stopAfter;
        QVERIFY_THROWS_EXCEPTION(Cancelled, trainDdNet(targets, first, parts, progress));
        QVERIFY(std::filesystem::exists(m_root / "parts.safetensors.checkpoint"));
        DdNetTraining second = options;
        second.loop.resume = true;
        trainDdNet(targets, second, parts, progress);
        QVERIFY(sameWeights(whole, parts));
        QVERIFY2(!std::filesystem::exists(m_root / "parts.safetensors.checkpoint"), "the checkpoint goes when the run has ended");

        // The test could fail: another seed gives other weights.
        DdNetTraining other = options;
        other.loop.seed = 2;
        trainDdNet(targets, other, parts, progress);
        QVERIFY(!sameWeights(whole, parts));
    }

    /// Copies by families: the set stands in the targets and makes the same copies again; wedges are filled in every copy, with the same damage.
    void familiesMakeTheCopies()
    {
        Progress progress;
        const FaceList list = readFaceList(m_root / "faces");
        LabelOptions options;
        options.families = DamageSet::named("solarise,tones,glare");
        options.degradedShare = 1;
        const Targets targets = labelFaces(list, *m_base, options, {}, m_root / "families.work", progress);
        std::filesystem::remove_all(m_root / "families.work");
        writeTargets(m_root / "families", targets);
        const Targets read = readTargets(m_root / "families");
        QCOMPARE(read.options.families.text(), std::string("posterise,solarise,glare"));
        QVERIFY(!read.options.fillWedges);
        QVERIFY(readTargets(m_root / "targets").options.families.isPaper());
        Picture face = alignedPicture(list.root / list.files[0]);
        QVERIFY(faceCopy(face, 3, 2, read.options) == faceCopy(face, 3, 2, options));
        QVERIFY(!(faceCopy(face, 3, 2, options) == faceCopy(face, 3, 2, {})));
        Random random(options.seed, 3 * 1000 + 2);
        random.uniform();
        QVERIFY(faceCopy(face, 3, 2, options) == options.families.damage(face, random));
        // Other families are other embeddings: what is left of a run with them is not gone on with.
        options.families = DamageSet::named("jpeg");
        QVERIFY(labelFaces(list, *m_base, options, {}, m_root / "families.work", progress).scores.raw != targets.scores.raw);

        for (int y = 0; y < 112; ++y)
            std::fill_n(face.row(y), 3 * 30, std::uint8_t{0});
        options.fillWedges = true;
        int filled = 0;
        for (std::size_t index = 0; index < 20; ++index) {
            const Picture copy = faceCopy(face, index, 0, options);
            // Where black is drawn it covers the pixels mixed with the wedge as well, so the picture is not quite as it was.
            filled += std::any_of(copy.row(50), copy.row(50) + 3 * 20, [](std::uint8_t value) { return value != 0; }) ? 1 : 0;
            QVERIFY(std::equal(copy.row(50) + 3 * 40, copy.row(50) + 336, face.row(50) + 3 * 40));
            QVERIFY(faceCopy(face, index, 0, options) == copy);
        }
        QVERIFY2(filled > 8 && filled < 20, std::to_string(filled).c_str()); // a fifth stays black
    }

    /// The order within people, and clean faces that count more, are other losses: other weights, the same for the same settings, resumed too.
    void ddnetLosses()
    {
        Progress progress;
        const Targets targets = readTargets(m_root / "targets");
        DdNetTraining options;
        options.loop.epochs = 1;
        options.loop.batch = 8;
        const auto file = [this](const char *name) { return m_root / (std::string(name) + ".safetensors"); };
        trainDdNet(targets, options, file("plain"), progress);
        options.loss = DdNetLoss::MseRank;
        const DdNetResult ranked = trainDdNet(targets, options, file("ranked"), progress);
        QVERIFY(std::isfinite(ranked.epochs.back().loss));
        QVERIFY(!sameWeights(file("plain"), file("ranked")));
        options.loop.stopAfter = 3;
        QVERIFY_THROWS_EXCEPTION(Cancelled, trainDdNet(targets, options, file("again"), progress));
        options.loop.stopAfter = 0;
        options.loop.resume = true;
        trainDdNet(targets, options, file("again"), progress);
        QVERIFY(sameWeights(file("ranked"), file("again")));
        options.loop.resume = false;
        options.perPerson = 3;
        QVERIFY_THROWS_EXCEPTION(UsageError, trainDdNet(targets, options, file("again"), progress));
        options.loss = DdNetLoss::Mse;
        options.cleanWeight = 3;
        trainDdNet(targets, options, file("clean"), progress);
        QVERIFY(!sameWeights(file("plain"), file("clean")));
        options.cleanWeight = -1;
        QVERIFY_THROWS_EXCEPTION(UsageError, trainDdNet(targets, options, file("clean"), progress));
        QVERIFY(ddnetLossNamed("mse+rank") == DdNetLoss::MseRank && ddnetLossNamed(ddnetLossName(DdNetLoss::Mse)) == DdNetLoss::Mse);
        QVERIFY_THROWS_EXCEPTION(UsageError, ddnetLossNamed("rank"));
    }

    void checkpointOfAnotherRunIsRefused()
    {
        Progress progress;
        const Targets targets = readTargets(m_root / "targets");
        DdNetTraining options;
        options.loop.epochs = 2;
        options.loop.batch = 8;
        options.loop.stopAfter = 1;
        QVERIFY_THROWS_EXCEPTION(Cancelled, trainDdNet(targets, options, m_root / "x.safetensors", progress));
        options.loop.stopAfter = 0;
        options.loop.resume = true;
        options.loop.batch = 4;
        QVERIFY_THROWS_EXCEPTION(FileError, trainDdNet(targets, options, m_root / "x.safetensors", progress));
    }

    void divergenceIsAnErrorThatNamesTheStep()
    {
        Progress progress;
        const Targets targets = readTargets(m_root / "targets");
        DdNetTraining options;
        options.loop.epochs = 3;
        options.loop.batch = 8;
        options.loop.learningRate = 1e30;
        options.loop.warmup = 0;
        try {
            trainDdNet(targets, options, m_root / "nan.safetensors", progress);
            QFAIL("nothing was thrown");
        } catch (const Error &error) {
            QVERIFY2(QString::fromUtf8(error.what()).contains(QStringLiteral("at step")), error.what());
        }
        QVERIFY(!std::filesystem::exists(m_root / "nan.safetensors"));
    }

    /// The loss falls and the result loads as a model and scores.
    void ddnetLearns()
    {
        Progress progress;
        const Targets targets = readTargets(m_root / "targets");
        DdNetTraining options;
        options.loop.epochs = 12;
        options.loop.batch = 8;
        options.heldOut = 0;
        options.name = "learned";
        const DdNetResult result = trainDdNet(targets, options, m_root / "learned.safetensors", progress);
        QVERIFY2(result.epochs.back().loss < 0.8 * result.epochs.front().loss,
                 qPrintable(QStringLiteral("%1 to %2").arg(result.epochs.front().loss).arg(result.epochs.back().loss)));
        const ModelSpec spec = ModelStore().find((m_root / "learned.safetensors").string(), Role::DdNet);
        QCOMPARE(spec.base, std::string("fresh"));
        QCOMPARE(spec.sigma, targets.scores.sigma);
        QCOMPARE(Network::load(spec, {})->outputSize(), std::int64_t{1});
    }

    void distillationLearns()
    {
        Progress progress;
        Distillation options;
        options.loop.epochs = 6;
        options.loop.batch = 10;
        options.blended = 10;
        options.heldOut = 0.1;
        const std::vector<EpochReport> epochs = distil(readFaceList(m_root / "faces"), {m_base, m_base}, options, m_root / "student.safetensors", progress);
        QCOMPARE(epochs.size(), std::size_t{6});
        QVERIFY(epochs.back().loss < epochs.front().loss);
        const auto student = Network::load(ModelStore().find((m_root / "student.safetensors").string(), Role::Base), {});
        QCOMPARE(student->outputSize(), std::int64_t{128});
        QVERIFY(std::filesystem::file_size(m_root / "student.safetensors") < 5'000'000);
    }

    /// Without the first teacher's stages; and with a teacher that looks at a narrower crop, whose columns lie between the student's.
    void distillationWithOtherTeachers()
    {
        Progress progress;
        Distillation options;
        options.loop.epochs = 1;
        options.loop.batch = 10;
        options.blended = 4;
        options.hintWeight = 0;
        options.degradedShare = 0;
        const auto out = m_root / "other.safetensors";
        const std::vector<EpochReport> plain = distil(readFaceList(m_root / "faces"), {m_base}, options, out, progress);

        at::manual_seed(2);
        ModelSpec spec;
        spec.name = "narrow";
        spec.architecture = "mobilefacenet-prelu";
        spec.file = "narrow.safetensors";
        spec.inputWidth = 96;
        spec.outputSize = 128;
        writeSafetensors(m_root / "narrow.safetensors", stateDict(*createFaceNet(spec.architecture)), {{"dscope.model", toJson(spec).dump()}});
        options.hintWeight = 1;
        const auto narrow = Network::load(ModelStore().find((m_root / "narrow.safetensors").string(), Role::Base), {});
        const std::vector<EpochReport> hinted = distil(readFaceList(m_root / "faces"), {narrow}, options, out, progress);
        QVERIFY(std::isfinite(hinted.front().loss));
        // The hints are a part of the loss: standardised channels cannot be met at once.
        QVERIFY2(hinted.front().loss > plain.front().loss, qPrintable(QStringLiteral("%1, %2 without").arg(hinted.front().loss).arg(plain.front().loss)));
    }

    /// A teacher of people with more values than the student has: the student is the one for people, and comes near to the teacher's cosines.
    void distillationOfPeople()
    {
        Progress progress;
        Distillation options;
        options.loop.epochs = 12;
        options.loop.batch = 10;
        options.blended = 20;
        options.hintWeight = 0;
        options.degradedShare = 0;
        options.heldOut = 0.2;
        const auto out = m_root / "people.safetensors";
        const auto teacher = std::make_shared<ColourTeacher>();
        const std::vector<EpochReport> epochs = distil(readFaceList(m_root / "faces"), {teacher}, options, out, progress);
        QVERIFY2(epochs.back().loss < 0.8 * epochs.front().loss, qPrintable(QStringLiteral("%1 to %2").arg(epochs.front().loss).arg(epochs.back().loss)));
        const ModelSpec spec = ModelStore().find(out.string(), Role::Base);
        QCOMPARE(spec.architecture, std::string("compact-person"));
        QCOMPARE(spec.task, std::string("reid"));
        QCOMPARE(spec.inputHeight, 128);
        QCOMPARE(Network::load(spec, {})->outputSize(), std::int64_t{128});
        QVERIFY_EXCEPTION_THROWN(distil(readFaceList(m_root / "faces"), {teacher, m_base}, options, out, progress), Error); // two tasks
    }

    /// Each loss teaches a base network from scratch; the result loads as a model and knows people it has not seen better than chance.
    void basesLearn_data()
    {
        QTest::addColumn<QString>("loss");
        for (const char *name : {"softmax", "arcface", "cosface", "sphereface", "triplet", "triplet+softmax"})
            QTest::newRow(name) << QString::fromLatin1(name);
    }
    void basesLearn()
    {
        QFETCH(QString, loss);
        Progress progress;
        BaseTraining options;
        options.loop.epochs = 8;
        options.loop.batch = 8;
        options.loop.learningRate = 0.02;
        options.loss.kind = lossNamed(loss.toStdString());
        options.loss.scale = 16;
        options.heldOut = 0.34;
        options.pairs = 20;
        const auto out = m_root / "base.safetensors";
        const BaseResult result = trainBase(readFaceList(m_root / "faces"), options, out, progress);
        QCOMPARE(result.people, std::int64_t{4});
        QCOMPARE(result.trained, std::int64_t{20});
        QCOMPARE(result.heldOut, std::int64_t{10});
        QVERIFY2(result.epochs.back().loss < 0.8 * result.epochs.front().loss,
                 qPrintable(QStringLiteral("%1 to %2").arg(result.epochs.front().loss).arg(result.epochs.back().loss)));
        QVERIFY2(result.pairAccuracy > 0.6, qPrintable(QString::number(result.pairAccuracy)));
        const ModelSpec spec = ModelStore().find(out.string(), Role::Base);
        QCOMPARE(spec.architecture, std::string("compact"));
        QCOMPARE(Network::load(spec, {})->outputSize(), std::int64_t{128});
        QVERIFY(!std::filesystem::exists(out.string() + ".checkpoint"));
        QVERIFY(!std::filesystem::exists(out.string() + ".checkpoint.best"));
    }

    void baseResumesExactly()
    {
        Progress progress;
        BaseTraining options;
        options.loop.epochs = 3;
        options.loop.batch = 8;
        options.loop.learningRate = 0.02;
        options.loss.kind = LossKind::TripletSoftmax;
        options.heldOut = 0.34;
        options.pairs = 20;
        options.degradedShare = 0.5;
        const FaceList faces = readFaceList(m_root / "faces");
        trainBase(faces, options, m_root / "bwhole.safetensors", progress);
        options.loop.stopAfter = 4;
        QVERIFY_THROWS_EXCEPTION(Cancelled, trainBase(faces, options, m_root / "bparts.safetensors", progress));
        options.loop.stopAfter = 0;
        options.loop.resume = true;
        // Another loss is another run.
        BaseTraining other = options;
        other.loss.kind = LossKind::Triplet;
        QVERIFY_THROWS_EXCEPTION(FileError, trainBase(faces, other, m_root / "bparts.safetensors", progress));
        trainBase(faces, options, m_root / "bparts.safetensors", progress);
        QVERIFY(sameWeights(m_root / "bwhole.safetensors", m_root / "bparts.safetensors"));
        // And weights can be gone on from.
        options.loop.resume = false;
        options.from = m_root / "bwhole.safetensors";
        trainBase(faces, options, m_root / "more.safetensors", progress);
        QVERIFY(!sameWeights(m_root / "bwhole.safetensors", m_root / "more.safetensors"));
        options.architecture = "ddnet";
        QVERIFY_THROWS_EXCEPTION(Error, trainBase(faces, options, m_root / "more.safetensors", progress));
    }

    /// Whole runs of a person, everybody's pictures, always as many, another order every epoch.
    void groupedOrders()
    {
        const std::vector<std::int64_t> labels{0, 0, 0, 0, 0, 1, 1, 2, 3, 3, 3, 3};
        std::set<std::vector<std::int64_t>> seen;
        for (std::int64_t epoch = 0; epoch < 20; ++epoch) {
            const std::vector<std::int64_t> order = groupedOrder(labels, 4, 1, epoch);
            QCOMPARE(order.size(), std::size_t{16}); // two runs of 0, one of 1, none of 2, one of 3
            std::map<std::int64_t, int> shown;
            for (std::size_t i = 0; i < order.size(); ++i) {
                QCOMPARE(labels[static_cast<std::size_t>(order[i])], labels[static_cast<std::size_t>(order[i / 4 * 4])]);
                ++shown[order[i]];
            }
            QCOMPARE(shown.size(), std::size_t{11});
            QVERIFY(!shown.contains(7));
            seen.insert(order);
        }
        QCOMPARE(seen.size(), std::size_t{20});
        QCOMPARE(groupedOrder(labels, 4, 1, 3), groupedOrder(labels, 4, 1, 3));
    }

    /// More pictures than may be kept: read when they are needed, the same pixels.
    void storesReadWhatTheyCannotKeep()
    {
        Progress progress;
        FaceList list = readFaceList(m_root / "faces");
        const FaceStore whole(list, progress);
        const FaceStore lean(list, progress, 1000);
        QVERIFY(whole.kept() && !lean.kept());
        for (std::size_t i = 0; i < list.size(); ++i)
            QVERIFY(whole.at(i).rgb == lean.at(i).rgb);
        list.files[2] = "person0/none.jpg";
        QVERIFY_THROWS_EXCEPTION(FileError, lean.at(2));
    }

    void splitChoosesPeople()
    {
        writeAtomically(m_root / "split.csv", "identity,pictures,part\nperson0,5,train\nperson1,5,test\nperson2,5,train\nnobody,1,train\n");
        QCOMPARE(readFaceList(m_root / "faces", {m_root / "split.csv", {"train"}}).people, (std::vector<std::string>{"person0", "person2"}));
        QCOMPARE(readFaceList(m_root / "faces", {m_root / "split.csv", {}}).people.size(), std::size_t{3});
        QVERIFY_THROWS_EXCEPTION(FileError, readFaceList(m_root / "faces", {m_root / "split.csv", {"none"}}));
        QVERIFY_THROWS_EXCEPTION(FileError, readFaceList(m_root / "nothing"));
    }

    void unreadableFacesAreListed()
    {
        const auto root = m_root / "broken";
        writePeople(root, 2, 2);
        writeAtomically(root / "person0" / "bad.jpg", "this is no JPEG");
        Progress progress;
        FaceList list = readFaceList(root);
        QCOMPARE(list.size(), std::size_t{5});
        QCOMPARE(readFaces(list, progress).size(), std::size_t{4});
        QCOMPARE(list.size(), std::size_t{4});
        QCOMPARE(progress.notices().size(), std::size_t{1});
        QVERIFY(QString::fromStdString(progress.notices().front()).contains(QStringLiteral("bad.jpg")));
    }

private:
    QTemporaryDir m_dir;
    std::filesystem::path m_root;
    std::shared_ptr<Network> m_base;
};

DSCOPE_TEST(TestTraining)
#include "tst_training.moc"
