// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/support.h"

#include "core/analysis/extract.h"
#include "core/analysis/scorer.h"
#include "core/analysis/synth.h"
#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/json.h"
#include "core/base/random.h"
#include "core/image/reader.h"
#include "core/nets/network.h"
#include "core/training/augment.h"
#include "tests/face/lfw.h"
#include "tests/support/madenets.h"

#include <QTemporaryDir>

#include <algorithm>
#include <cmath>

using namespace dscope;
using namespace dscope::test;
namespace fs = std::filesystem;

namespace {

/// Cancels itself after so many pictures.
class StoppingTask : public Progress {
public:
    explicit StoppingTask(std::int64_t after) : m_after(after) {}

protected:
    void onProgress(std::int64_t done, std::int64_t total) override
    {
        if (total == s_total && done >= m_after)
            cancel();
    }

private:
    static constexpr std::int64_t s_total = 601;
    std::int64_t m_after;
};

} // namespace

class TestExtract : public QObject {
    Q_OBJECT

private:
    QTemporaryDir m_dir;
    fs::path path(const std::string &name) const { return fs::path(m_dir.path().toStdString()) / name; }
    ModelStore store() const { return ModelStore({path("models")}); }

    ExtractOptions options(const std::string &folder) const
    {
        ExtractOptions options;
        options.analysis.base = "made-base";
        options.analysis.ddnet = "made-ddnet";
        options.analysis.device = "cpu";
        options.folder = path(folder);
        return options;
    }

private Q_SLOTS:
    void initTestCase()
    {
        writeMadeNets(path("models"));
        // 601 files of 20 people with templates of pictures: one is no picture, one is cut off.
        int written = 0;
        for (int p = 0; p < 20; ++p)
            for (int t = 0; t < 3; ++t)
                for (int i = 0; i < 10 + (p == 0 && t == 0 ? 1 : 0); ++i, ++written) {
                    const fs::path file = path("set") / ("p" + std::to_string(p)) / ("t" + std::to_string(t)) / (std::to_string(i) + ".jpg");
                    if (written == 7) {
                        writeAtomically(file, "this is no picture");
                        continue;
                    }
                    Random random(static_cast<std::uint64_t>(p), static_cast<std::uint64_t>(100 * t + i));
                    Picture picture(112, 112);
                    for (std::size_t k = 0; k < picture.rgb.size(); ++k)
                        picture.rgb[k] = static_cast<std::uint8_t>((k / 500 * static_cast<std::size_t>(p + 3) + random.below(60)) % 256);
                    writePicture(file, picture);
                }
        QCOMPARE(written, 601);
    }

    void goesOnWithTheSameBytes()
    {
        Progress progress;
        const Benchmark set = readBenchmark("templates", path("set"), {}, progress);
        QCOMPARE(set.pictures.size(), std::size_t{601});
        const fs::path whole = extractFeatures(set, options("whole"), store(), progress);
        const FeatureStore read(whole);
        QCOMPARE(read.info().pictures, std::int64_t{601});
        QVERIFY(read.info().baseCost.mac > read.info().ddnetCost.mac);
        fs::path resumed;
        for (const std::int64_t stop : {30, 300, 530}) {
            StoppingTask stopping(stop);
            QVERIFY_EXCEPTION_THROWN(extractFeatures(set, options("cut"), store(), stopping), Cancelled);
            QVERIFY(fs::is_empty(path("cut")) == false);
        }
        Progress last;
        resumed = extractFeatures(set, options("cut"), store(), last);
        const std::vector<std::string> notices = last.notices();
        QVERIFY(
            std::any_of(notices.begin(), notices.end(), [](const std::string &text) { return text.find("512 of 601 pictures were extracted before") == 0; }));
        QCOMPARE(resumed.filename(), whole.filename());
        QVERIFY(readText(resumed) == readText(whole));
        // A finished store is used as it is.
        const auto time = fs::last_write_time(whole);
        QCOMPARE(extractFeatures(set, options("whole"), store(), last), whole);
        QVERIFY(fs::last_write_time(whole) == time);
    }

    /// A damaged store is made anew in the cache, with a notice; in a folder that the user named nothing is thrown away without being asked.
    void aDamagedStoreOfTheCacheIsMadeAnew()
    {
        const Benchmark set = [&] {
            Progress progress;
            return readBenchmark("templates", path("set"), {}, progress);
        }();
        const auto damage = [](const fs::path &file) {
            std::string bytes = readText(file);
            bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
            writeAtomically(file, bytes);
        };
        const QByteArray before = qgetenv("DSCOPE_CACHE");
        qputenv("DSCOPE_CACHE", path("cache").c_str());
        Progress progress;
        ExtractOptions cached = options("unused");
        cached.folder.clear();
        const fs::path file = extractFeatures(set, cached, store(), progress);
        QCOMPARE(file.parent_path(), path("cache") / "features");
        const std::string whole = readText(file);
        damage(file);
        Progress told;
        QCOMPARE(extractFeatures(set, cached, store(), told), file);
        QVERIFY(readText(file) == whole);
        const std::vector<std::string> notices = told.notices();
        QVERIFY(std::any_of(notices.begin(), notices.end(), [](const std::string &text) {
            return text.find("is damaged (its digest does not fit). The features are extracted again.") != std::string::npos;
        }));
        if (before.isNull())
            qunsetenv("DSCOPE_CACHE");
        else
            qputenv("DSCOPE_CACHE", before);

        const fs::path named = extractFeatures(set, options("named"), store(), progress);
        damage(named);
        QCOMPARE(extractFeatures(set, options("named"), store(), progress), named);
        std::vector<std::string> warnings;
        QVERIFY_EXCEPTION_THROWN(arrange(set, FeatureStore(named), warnings, progress), FileError);
    }

    /// Average, max and the like look at no D-score: a base without a DDNet is enough for them.
    void withoutADdnet()
    {
        writeMadeNets(path("bare"));
        Json manifest = readJson(path("bare/manifest.json"));
        manifest["models"].erase(1);
        writeJson(path("bare/manifest.json"), manifest);
        fs::remove(path("bare/made-ddnet.safetensors"));
        const ModelStore bare({path("bare")});
        Progress progress;
        const Benchmark set = readBenchmark("templates", path("set"), {}, progress);
        ExtractOptions without = options("bare-store");
        without.analysis.ddnet.clear();
        QVERIFY_EXCEPTION_THROWN(extractFeatures(set, without, bare, progress), Error);
        for (const char *name : {"average", "max", "norm", "random-k:3"})
            QVERIFY2(!looksAtDScores(methodNamed(name)), name);
        for (const char *name : {"ddl", "ddl+", "top-1", "top-k:3", "ddl-no-rescale"})
            QVERIFY2(looksAtDScores(methodNamed(name)), name);
        without.dScores = false;
        Progress told;
        const FeatureStore store(extractFeatures(set, without, bare, told));
        QCOMPARE(store.info().ddnet, std::string("none"));
        const std::vector<std::string> notices = told.notices();
        QVERIFY(std::any_of(notices.begin(), notices.end(),
                            [](const std::string &text) { return text.find("no DDNet for the base network made-base") != text.npos; }));
        std::vector<std::string> warnings;
        const TemplateFeatures features = arrange(set, store, warnings, progress);
        QVERIFY(std::all_of(features.dScores.begin(), features.dScores.end(), [](float score) { return score == 1; }));
        // The embeddings are those of a run with a DDNet.
        const TemplateFeatures both = arrange(set, FeatureStore(extractFeatures(set, options("whole"), this->store(), progress)), warnings, progress);
        QVERIFY(features.features == both.features);
    }

    void featuresAreTheNetworks()
    {
        Progress progress;
        const Benchmark set = readBenchmark("templates", path("set"), {}, progress);
        ExtractOptions flipped = options("flip");
        flipped.analysis.flip = true;
        std::vector<std::string> warnings;
        const TemplateFeatures plain = arrange(set, FeatureStore(extractFeatures(set, options("whole"), store(), progress)), warnings, progress);
        QCOMPARE(plain.faces(), std::int64_t{600});
        QVERIFY(!warnings.empty());
        QVERIFY(std::any_of(warnings.begin(), warnings.end(), [](const std::string &text) { return text.find("7.jpg: cannot be read") != std::string::npos; }));
        const FeatureStore both(extractFeatures(set, flipped, store(), progress));
        QCOMPARE(both.info().baseCost.mac, 2 * FeatureStore(extractFeatures(set, options("whole"), store(), progress)).info().baseCost.mac);
        const TemplateFeatures turned = arrange(set, both, warnings, progress);
        const auto base = Network::load(store().find("made-base", Role::Base), Device{});
        const auto ddnet = Network::load(store().find("made-ddnet", Role::DdNet), Device{});
        for (const std::size_t f : {std::size_t{0}, std::size_t{333}, std::size_t{599}}) {
            const Picture picture = readPicture(plain.names[f]);
            const std::vector<float> one = base->run({&picture, 1}, progress);
            const Picture other = mirrored(picture);
            const std::vector<float> two = base->run({&other, 1}, progress);
            QVERIFY(std::abs(ddnet->run({&picture, 1}, progress).front() - plain.dScores[f]) < 1e-4F);
            for (std::size_t k = 0; k < one.size(); ++k) {
                QVERIFY(std::abs(plain.features[f * one.size() + k] - one[k]) < 1e-3F * (1 + std::abs(one[k])));
                QVERIFY(std::abs(turned.features[f * one.size() + k] - one[k] - two[k]) < 2e-3F * (1 + std::abs(one[k])));
            }
        }
    }

    /// A network that gives one value a picture, as a quality: the DDNet itself gives the D-scores again, to the last bit; the same faces, resumable.
    void scoresOfAnotherNetwork()
    {
        Progress progress;
        const Benchmark set = readBenchmark("templates", path("set"), {}, progress);
        std::vector<std::string> warnings;
        TemplateFeatures features = arrange(set, FeatureStore(extractFeatures(set, options("whole"), store(), progress)), warnings, progress);
        ExtractOptions flipped = options("scores");
        flipped.analysis.flip = true; // of no meaning for a score
        warnings.clear();
        addQuality(features, set, "mine", "made-ddnet", flipped, store(), warnings, progress);
        QVERIFY(features.quality["mine"] == features.dScores);
        QCOMPARE(warnings.size(), std::size_t{1});
        QVERIFY2(warnings.front().find("600 of 600 faces have a score of made-ddnet") != std::string::npos, warnings.front().c_str());
        QVERIFY2(warnings.front().find("M MAC per face are in the cost of every method that asks it") != std::string::npos, warnings.front().c_str());
        QCOMPARE(features.qualityCost.at("mine").mac, FeatureStore(extractFeatures(set, options("whole"), store(), progress)).info().ddnetCost.mac);
        QVERIFY(features.qualityCost.at("mine").mac > 0);
        // By its file, which no name in the store says to be a scorer.
        QVERIFY(isScorer(store().find("made-ddnet", Role::DdNet).path));
        addQuality(features, set, "file", store().find("made-ddnet", Role::DdNet).path, options("scores"), store(), warnings, progress);
        QVERIFY(features.quality["file"] == features.dScores);
        // Stopped and gone on with.
        const fs::path whole = extractScores(set, "made-ddnet", options("scores"), store(), progress);
        StoppingTask stopping(300);
        QVERIFY_EXCEPTION_THROWN(extractScores(set, "made-ddnet", options("scores-cut"), store(), stopping), Cancelled);
        QVERIFY(readText(extractScores(set, "made-ddnet", options("scores-cut"), store(), progress)) == readText(whole));
        QVERIFY(whole.filename() != extractFeatures(set, options("whole"), store(), progress).filename());
        // A base gives more than a score; a text is still read as one; what is neither is named.
        QVERIFY_EXCEPTION_THROWN(addQuality(features, set, "base", "made-base", options("scores"), store(), warnings, progress), Error);
        writeAtomically(path("q.csv"), "path,score\n" + features.names[5] + ",0.25\n");
        addQuality(features, set, "text", path("q.csv"), options("scores"), store(), warnings, progress);
        QCOMPARE(features.quality["text"][5], 0.25F);
        QVERIFY(!features.qualityCost.contains("text"));
        QVERIFY2(warnings.back().find("No cost contains them") != std::string::npos, warnings.back().c_str());
        QVERIFY(std::isnan(features.quality["text"][6]));
        QVERIFY_EXCEPTION_THROWN(addQuality(features, set, "none", path("none.csv"), options("scores"), store(), warnings, progress), FileError);
    }

    void switches()
    {
        TemplateFeatures set;
        set.benchmark = "made";
        set.dim = 2;
        set.features = {3, 4, 0, 2};
        set.dScores = {0.5F, 0.5F};
        set.detector = {0.5F, 1};
        set.begin = {0, 2};
        set.ids = {1};
        set.subjects = {-1};
        TemplateFeatures both = set;
        Progress progress;
        applySwitches(both, {true, true, false, false}, progress);
        QCOMPARE(both.features, (std::vector<float>{0.3F, 0.4F, 0, 1}));
        TemplateFeatures detector = set;
        applySwitches(detector, {false, true, false, false}, progress);
        QCOMPARE(detector.features, (std::vector<float>{1.5F, 2, 0, 2}));
        set.detector.clear();
        QVERIFY_EXCEPTION_THROWN(applySwitches(set, {false, true, false, false}, progress), Error);
        QVERIFY(describe(TemplateSwitches{true, false, false, true}).find("flip (f + f of the mirrored picture): yes; features made unit vectors first: yes")
                == 0);
    }

    /// Two people in one picture: the box says which of them is meant, and what is embedded is that face.
    void boxesSayWhichFace()
    {
        const fs::path shared = sharedDir();
        DSCOPE_NEED(shared / "data" / "lfw_raw");
        DSCOPE_NEED(shared / "data" / "lfw_112.csv");
        DSCOPE_NEED(shared / "weights" / "retinaface_mnet025_biubug6.pt");
        DSCOPE_NEED(shared / "weights" / "mobilefacenet_casia_068_xiaoccer.pt");
        const std::vector<LfwFace> faces = lfwFaces();
        const ModelStore models({path("models"), shared / "weights"});
        const auto base = Network::load(models.find("mobilefacenet-casia", Role::Base), Device{});
        Progress progress;
        Benchmark set;
        set.name = "made";
        BenchmarkBuilder builder(set);
        std::vector<std::vector<float>> wanted;
        for (std::size_t i = 0; i < 4; ++i) {
            const LfwFace sides[2] = {faces[10 * i], faces[10 * i + 100]};
            const Picture left = readPicture(sides[0].original);
            const Picture right = readPicture(sides[1].original);
            Picture both(left.width + right.width, left.height);
            for (int y = 0; y < both.height; ++y) {
                std::copy_n(left.row(y), 3 * left.width, both.row(y));
                std::copy_n(right.row(y), 3 * right.width, both.row(y) + std::ptrdiff_t{3} * left.width);
            }
            const fs::path file = path("both") / (std::to_string(i) + ".png");
            writePicture(file, both);
            for (const int side : {0, 1}) {
                const Landmarks &points = sides[side].landmarks;
                const float eyes = points[1].x - points[0].x;
                ImageItem item;
                item.file = file;
                item.box =
                    Box{points[2].x - 1.2F * eyes + (side == 0 ? 0 : static_cast<float>(left.width)), points[2].y - 1.4F * eyes, 2.4F * eyes, 2.8F * eyes};
                builder.addTemplate(static_cast<std::int64_t>(2 * i) + side, -1);
                builder.addFace(builder.picture(item));
                const Picture aligned = readPicture(sides[side].aligned);
                wanted.push_back(base->run({&aligned, 1}, progress));
            }
        }
        // A box beside the picture shows nobody.
        ImageItem outside = set.pictures.front();
        outside.box = Box{5000, 5000, 50, 50};
        builder.addTemplate(99, -1);
        builder.addFace(builder.picture(outside));
        ExtractOptions extract = options("boxes");
        extract.analysis.base = "mobilefacenet-casia";
        extract.analysis.detector = "retinaface";
        std::vector<std::string> warnings;
        const TemplateFeatures found = arrange(set, FeatureStore(extractFeatures(set, extract, models, progress)), warnings, progress);
        QCOMPARE(found.size(8), std::int64_t{0});
        QCOMPARE(found.faces(), std::int64_t{8});
        QCOMPARE(found.detector.size(), std::size_t{8});
        for (std::size_t i = 0; i < 8; ++i) {
            double dots[2] = {0, 0};
            double squares[3] = {0, 0, 0};
            for (std::size_t k = 0; k < wanted[i].size(); ++k) {
                const auto is = static_cast<double>(found.features[i * wanted[i].size() + k]);
                for (const std::size_t which : {std::size_t{0}, std::size_t{1}}) {
                    const auto other = static_cast<double>(wanted[i ^ which][k]);
                    dots[which] += is * other;
                    squares[which] += other * other;
                }
                squares[2] += is * is;
            }
            const double own = dots[0] / std::sqrt(squares[0] * squares[2]);
            const double others = dots[1] / std::sqrt(squares[1] * squares[2]);
            QVERIFY2(own > 0.85 && own > others + 0.3, (std::to_string(own) + " " + std::to_string(others)).c_str());
        }
    }

    /// LFW through the whole of it, on the pairs of two folds: within a point of the accuracy of all ten (98.9 %).
    void lfw()
    {
        const fs::path shared = sharedDir();
        DSCOPE_NEED(shared / "data" / "pairs.txt");
        DSCOPE_NEED(shared / "weights" / "mobilefacenet_casia_068_xiaoccer.pt");
        const std::string all = readText(shared / "data" / "pairs.txt");
        std::size_t end = 0;
        for (int line = 0; line < 1 + 600; ++line)
            end = all.find('\n', end) + 1;
        writeAtomically(path("pairs.txt"), "1 300\n" + all.substr(all.find('\n') + 1, end - all.find('\n') - 1));
        Progress progress;
        BenchmarkOptions reading;
        reading.pairs = path("pairs.txt");
        const Benchmark set = readBenchmark("lfw", shared / "data", reading, progress);
        QVERIFY(set.warnings.empty());
        QCOMPARE(set.splits.front().pairs.size(), std::int64_t{600});
        ExtractOptions extract = options("lfw");
        extract.analysis.base = "mobilefacenet-casia";
        std::vector<std::string> warnings;
        const FeatureStore features(extractFeatures(set, extract, ModelStore({path("models"), shared / "weights"}), progress));
        const TemplateFeatures arranged = arrange(set, features, warnings, progress);
        QVERIFY(warnings.empty());
        VerificationOptions verification;
        verification.fars = {1e-2};
        verification.resamples = 0;
        const EvaluationRun run = evaluateBenchmark(set, arranged, {methodNamed("average")}, verification, {}, warnings, progress).front();
        QVERIFY2(run.tenFold->mean > 0.979, std::to_string(run.tenFold->mean).c_str());
    }
};

DSCOPE_TEST(TestExtract)
#include "tst_extract.moc"
