// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/support.h"

#include "core/analysis/extract.h"
#include "core/analysis/synth.h"
#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/npy.h"
#include "core/base/random.h"
#include "core/image/reader.h"
#include "core/scores/features.h"

#include <QRegularExpression>
#include <QTemporaryDir>

#include <algorithm>
#include <cmath>
#include <set>

using namespace dscope;
using namespace dscope::test;
namespace fs = std::filesystem;

class TestSynth : public QObject {
    Q_OBJECT

private:
    QTemporaryDir m_dir;
    fs::path path(const char *name) const { return fs::path(m_dir.path().toStdString()) / name; }

    /// 24 people with eight faces each, of noise.
    fs::path faces()
    {
        const fs::path folder = path("faces");
        if (!fs::exists(folder))
            for (int p = 0; p < 24; ++p)
                for (int i = 0; i < 8; ++i) {
                    Random random(static_cast<std::uint64_t>(p), static_cast<std::uint64_t>(i));
                    Picture picture(112, 112);
                    for (std::uint8_t &value : picture.rgb)
                        value = static_cast<std::uint8_t>(random.below(256));
                    writePicture(folder / ("p" + std::to_string(p)) / (std::to_string(i) + ".jpg"), picture);
                }
        return folder;
    }

    /// Ten folds of as many genuine as impostor pairs, the genuine ones first, no pair twice, and nobody in two folds.
    static void foldsApart(const Benchmark &set)
    {
        const TemplatePairs &pairs = set.splits.front().pairs;
        QCOMPARE(pairs.size() % 20, std::int64_t{0});
        const auto half = static_cast<std::size_t>(pairs.size() / 20);
        std::vector<std::int64_t> foldOf(set.subjectNames.size(), -1);
        std::set<std::pair<std::uint32_t, std::uint32_t>> once;
        for (std::size_t i = 0; i < pairs.a.size(); ++i) {
            const auto fold = static_cast<std::int64_t>(i / (2 * half));
            QCOMPARE(pairs.genuine[i] != 0, i % (2 * half) < half);
            QCOMPARE(set.subjects[pairs.a[i]] == set.subjects[pairs.b[i]], pairs.genuine[i] != 0);
            QVERIFY(once.emplace(std::min(pairs.a[i], pairs.b[i]), std::max(pairs.a[i], pairs.b[i])).second);
            for (const std::uint32_t t : {pairs.a[i], pairs.b[i]}) {
                std::int64_t &known = foldOf[static_cast<std::size_t>(set.subjects[t])];
                QVERIFY(known == -1 || known == fold);
                known = fold;
            }
        }
    }

private Q_SLOTS:
    /// Full size, counted without writing a thing.
    void countsOfTheRealOnes()
    {
        const SynthCounts counts = syntheticIjbcCounts(1);
        QCOMPARE(counts.people, std::int64_t{3531});
        QCOMPARE(counts.first, std::int64_t{1772});
        QCOMPARE(counts.probes, std::int64_t{19593});
        QCOMPARE(counts.templates(), std::int64_t{23124});
        QCOMPARE(counts.faces, std::int64_t{469375});
        QCOMPARE(counts.genuine, std::int64_t{19557});
        QCOMPARE(counts.impostor, std::int64_t{15638932});
        QVERIFY_EXCEPTION_THROWN(syntheticIjbcCounts(0), UsageError);
        QVERIFY_EXCEPTION_THROWN(syntheticIjbcCounts(1.5), UsageError);
        const SynthVideoCounts ytf = syntheticYtfCounts(1);
        QCOMPARE(ytf.people, std::int64_t{1595});
        QCOMPARE(ytf.videos, std::int64_t{3425});
        QCOMPARE(ytf.frames, std::int64_t{621126});
        QCOMPARE(ytf.genuine, std::int64_t{2500});
        QCOMPARE(ytf.impostor, std::int64_t{2500});
        const SynthVideoCounts iqiyi = syntheticIqiyiCounts(1);
        QCOMPARE(iqiyi.people, std::int64_t{10034});
        QCOMPARE(iqiyi.videos, std::int64_t{643816});
        // 1,640 people with 65 clips, the others with 64.
        QCOMPARE(iqiyi.genuine, std::int64_t{1640 * (65 * 64 / 2) + (10034 - 1640) * (64 * 63 / 2)});
        QCOMPARE(iqiyi.genuine + iqiyi.impostor, std::int64_t{643816} * 643815 / 2);
        QVERIFY_EXCEPTION_THROWN(syntheticYtfCounts(0), UsageError);
        QVERIFY_EXCEPTION_THROWN(syntheticIqiyiCounts(2), UsageError);
        // The least that ten folds can be made of.
        QCOMPARE(syntheticYtfCounts(1e-9).people, std::int64_t{20});
        QCOMPARE(syntheticYtfCounts(1e-9).genuine, std::int64_t{10});
    }

    void ijbcWithoutPictures()
    {
        SynthOptions options;
        options.scale = 0.02;
        options.dim = 96;
        Progress progress;
        writeSyntheticSet("ijbc", path("ijbc"), options, progress);
        const Benchmark set = readBenchmark("ijbc", path("ijbc"), {}, progress);
        const SynthCounts counts = syntheticIjbcCounts(0.02);
        QVERIFY(set.synthetic);
        QVERIFY(set.warnings.empty());
        QCOMPARE(static_cast<std::int64_t>(set.pictures.size()), counts.faces);
        QCOMPARE(set.templates(), counts.templates());
        const TemplatePairs &pairs = set.splits.front().pairs;
        QCOMPARE(pairs.genuineCount(), counts.genuine);
        QCOMPARE(pairs.size(), counts.genuine + counts.impostor);
        for (std::size_t i = 0; i < pairs.a.size(); ++i)
            QCOMPARE(set.subjects[pairs.a[i]] == set.subjects[pairs.b[i]], pairs.genuine[i] != 0);
        std::vector<std::pair<std::uint32_t, std::uint32_t>> once;
        for (std::size_t i = 0; i < pairs.a.size(); ++i)
            once.emplace_back(pairs.a[i], pairs.b[i]);
        std::sort(once.begin(), once.end());
        QVERIFY(std::adjacent_find(once.begin(), once.end()) == once.end());
        const SearchProtocol &search = set.splits.front().search;
        QCOMPARE(static_cast<std::int64_t>(search.galleries[0].size()), counts.first);
        QCOMPARE(static_cast<std::int64_t>(search.probes.size()), counts.probes);
        std::vector<std::string> warnings;
        const TemplateFeatures arranged = arrangeEmbeddings(set, path("ijbc") / "embeddings.npy", path("ijbc") / "d_scores.txt", warnings, progress);
        QVERIFY(arranged.synthetic && warnings.empty());
        QCOMPARE(arranged.dim, std::int64_t{96});
        QCOMPARE(arranged.faces(), counts.faces);
        // The model is one on which D-scores are worth something, and a synthetic set is named so in the table.
        VerificationOptions verification;
        verification.fars = {1e-3};
        verification.resamples = 0;
        const auto runs = evaluateBenchmark(set, arranged, {methodNamed("average"), methodNamed("ddl")}, verification, {}, warnings, progress);
        QVERIFY(runs[1].strict[0].tar > runs[0].strict[0].tar);
        QVERIFY(runs[0].strict[0].tar > 0.2 && runs[1].strict[0].tar < 1);
        QCOMPARE(runs[0].search->galleries.size(), std::size_t{2});
        QVERIFY(evaluationTable(runs).find("## IJB-C (synthetic set)") != std::string::npos);
        // The same bytes from the same seed, others from another.
        writeSyntheticSet("ijbc", path("again"), options, progress);
        QVERIFY(readText(path("again") / "embeddings.npy") == readText(path("ijbc") / "embeddings.npy"));
        options.seed = 2;
        writeSyntheticSet("ijbc", path("again"), options, progress);
        QVERIFY(readText(path("again") / "embeddings.npy") != readText(path("ijbc") / "embeddings.npy"));
    }

    /// Lists, folds and features of a made YTF at a fiftieth of its size, read back as the real one is.
    void ytfWithoutPictures()
    {
        SynthOptions options;
        options.scale = 0.02;
        options.dim = 96;
        Progress progress;
        const fs::path root = path("ytf");
        writeSyntheticSet("ytf", root, options, progress);
        QVERIFY(!fs::exists(root / "person_0001")); // no picture, no folder of one
        const Benchmark set = readBenchmark("ytf", root, {}, progress);
        const SynthVideoCounts counts = syntheticYtfCounts(0.02);
        QVERIFY(set.synthetic && set.tenFold);
        QVERIFY2(set.warnings.empty(), set.warnings.empty() ? "" : set.warnings.front().c_str());
        QCOMPARE(static_cast<std::int64_t>(set.pictures.size()), counts.frames);
        QCOMPARE(set.templates(), counts.videos);
        QCOMPARE(static_cast<std::int64_t>(set.subjectNames.size()), counts.people);
        std::int64_t longest = 0;
        for (std::size_t t = 0; t + 1 < set.begin.size(); ++t) {
            const std::int64_t size = set.begin[t + 1] - set.begin[t];
            QVERIFY(size >= 48 && size <= 6070);
            longest = std::max(longest, size);
        }
        QVERIFY(longest > 2 * counts.frames / counts.videos); // skewed
        foldsApart(set);
        QCOMPARE(set.splits.front().pairs.genuineCount(), counts.genuine);
        // What is picked up by itself.
        const GivenFeatures made = madeFeatures(set, root);
        QCOMPARE(made.embeddings, root / "embeddings.npy");
        QCOMPARE(made.dScores, root / "d_scores.txt");
        std::vector<std::string> warnings;
        const TemplateFeatures arranged = arrangeEmbeddings(set, made.embeddings, made.dScores, warnings, progress);
        QVERIFY(arranged.synthetic && warnings.empty());
        QCOMPARE(arranged.dim, std::int64_t{96});
        QCOMPARE(arranged.faces(), counts.frames);
        QVERIFY(arranged.detector.empty());
        VerificationOptions verification;
        verification.fars = set.fars;
        verification.resamples = 0;
        const auto runs =
            evaluateBenchmark(set, arranged, {methodNamed("average"), methodNamed("ddl"), methodNamed("random-k:1")}, verification, {}, {}, progress);
        for (const EvaluationRun &run : runs) {
            QVERIFY(run.tenFold.has_value());
            QCOMPARE(run.tenFold->accuracy.size(), std::size_t{10});
        }
        // A video tells more than one of its frames, and what D-scores say is worth something.
        QVERIFY(runs[0].tenFold->mean > runs[2].tenFold->mean);
        QVERIFY2(runs[0].tenFold->mean > 0.7 && runs[0].eer.value < 0.25, std::to_string(runs[0].tenFold->mean).c_str());
        QVERIFY2(runs[1].eer.value <= runs[0].eer.value, std::to_string(runs[1].eer.value).c_str());
        QVERIFY(evaluationTable(runs).find("## YTF (synthetic set)") != std::string::npos);
        // The list of pictures is the list that was read.
        writePictureList(set, path("ytf-list.txt"), progress);
        QVERIFY(readText(path("ytf-list.txt")) == readText(root / "filelist.txt"));
        // The same bytes from the same seed, others from another.
        for (const std::uint64_t seed : {1, 2}) {
            options.seed = seed;
            writeSyntheticSet("ytf", path("ytf-again"), options, progress);
            for (const char *file : {"splits.txt", "filelist.txt", "d_scores.txt", "embeddings.npy"})
                QCOMPARE(readText(path("ytf-again") / file) == readText(root / file), seed == 1);
        }
        everyThird(set, arranged, made, root);
    }

    /// With --every N a row of every picture of the whole list does, or one of each that is taken; nothing else.
    void everyThird(const Benchmark &whole, const TemplateFeatures &all, const GivenFeatures &made, const fs::path &root)
    {
        Progress progress;
        BenchmarkOptions options;
        options.everyNth = 3;
        const Benchmark set = readBenchmark("ytf", root, options, progress);
        QCOMPARE(set.listed, std::ssize(whole.pictures));
        QCOMPARE(set.listPlaces.size(), set.pictures.size());
        for (std::size_t i = 0; i < set.pictures.size(); ++i)
            QCOMPARE(set.pictures[i].file, whole.pictures[set.listPlaces[i]].file);
        std::vector<std::string> warnings;
        const TemplateFeatures some = arrangeEmbeddings(set, made.embeddings, made.dScores, warnings, progress);
        QVERIFY2(warnings.empty(), warnings.empty() ? "" : warnings.front().c_str());
        std::vector<float> rows;
        for (std::int64_t t = 0; t < all.templates(); ++t) {
            QCOMPARE(some.size(t), (all.size(t) + 2) / 3);
            for (std::int64_t f = 0; f < some.size(t); ++f) {
                const auto at = static_cast<std::size_t>(some.begin[static_cast<std::size_t>(t)] + f);
                const auto from = static_cast<std::size_t>(all.begin[static_cast<std::size_t>(t)] + 3 * f);
                QCOMPARE(some.dScores[at], all.dScores[from]);
                QVERIFY(std::equal(some.features.begin() + static_cast<std::ptrdiff_t>(at) * all.dim,
                                   some.features.begin() + static_cast<std::ptrdiff_t>(at + 1) * all.dim,
                                   all.features.begin() + static_cast<std::ptrdiff_t>(from) * all.dim));
            }
        }
        // The same from rows of these pictures alone, in the order of their list; D-scores in any order.
        const std::unique_ptr<FeatureRows> every = openFeatures(made.embeddings);
        std::vector<float> row(static_cast<std::size_t>(all.dim));
        for (const std::uint32_t place : set.listPlaces) {
            every->read(place, row);
            rows.insert(rows.end(), row.begin(), row.end());
        }
        writeNpy(path("third.npy"), {std::ssize(set.pictures), all.dim}, rows);
        const std::string given = readText(made.dScores);
        const std::size_t second = given.find('\n') + 1;
        writeAtomically(path("turned.txt"), given.substr(second) + given.substr(0, second));
        const TemplateFeatures same = arrangeEmbeddings(set, path("third.npy"), path("turned.txt"), warnings, progress);
        QVERIFY2(warnings.empty(), warnings.empty() ? "" : warnings.front().c_str());
        QVERIFY(same.features == some.features && same.dScores == some.dScores);
        // Any other number of rows names both.
        rows.resize(rows.size() - row.size());
        writeNpy(path("short.npy"), {std::ssize(set.pictures) - 1, all.dim}, rows);
        try {
            arrangeEmbeddings(set, path("short.npy"), made.dScores, warnings, progress);
            QFAIL("the wrong number of rows was taken");
        } catch (const FileError &error) {
            const std::string text = error.what();
            for (const std::int64_t number : {std::ssize(set.pictures) - 1, std::ssize(set.pictures), std::ssize(whole.pictures)})
                QVERIFY2(text.find(std::to_string(number)) != std::string::npos, text.c_str());
        }
    }

    void iqiyiWithoutPictures()
    {
        SynthOptions options;
        options.scale = 0.002;
        Progress progress;
        const fs::path root = path("iqiyi");
        writeSyntheticSet("iqiyi", root, options, progress);
        const Benchmark set = readBenchmark("iqiyi", root, {}, progress);
        const SynthVideoCounts counts = syntheticIqiyiCounts(0.002);
        QVERIFY(set.synthetic && set.warnings.empty());
        QCOMPARE(set.templates(), counts.videos);
        QCOMPARE(counts.people, std::int64_t{20});
        QCOMPARE(static_cast<std::int64_t>(set.subjectNames.size()), counts.people);
        const TemplatePairs &pairs = set.splits.front().pairs;
        QCOMPARE(pairs.genuineCount(), counts.genuine);
        QCOMPARE(pairs.size(), counts.genuine + counts.impostor);
        std::vector<std::int64_t> sizes(6, 0);
        for (std::size_t t = 0; t + 1 < set.begin.size(); ++t) {
            const std::int64_t size = set.begin[t + 1] - set.begin[t];
            QVERIFY(size >= 1 && size <= 5);
            ++sizes[static_cast<std::size_t>(size)];
        }
        for (std::size_t size = 1; size <= 5; ++size) // a fifth each
            QVERIFY(std::abs(static_cast<double>(sizes[size]) / static_cast<double>(counts.videos) - 0.2) < 0.05);
        const GivenFeatures made = madeFeatures(set, root);
        std::vector<std::string> warnings;
        const TemplateFeatures arranged = arrangeEmbeddings(set, made.embeddings, made.dScores, warnings, progress);
        QVERIFY(warnings.empty());
        QCOMPARE(arranged.dim, std::int64_t{128});
        VerificationOptions verification;
        verification.fars = {1e-3};
        verification.resamples = 0;
        verification.e0s.clear();
        const auto runs = evaluateBenchmark(set, arranged, {methodNamed("average"), methodNamed("ddl-no-rescale")}, verification, {}, {}, progress);
        QVERIFY(runs[0].strict[0].tar > 0.2 && runs[1].strict[0].tar < 1);
        QVERIFY(runs[1].strict[0].tar > runs[0].strict[0].tar);
    }

    /// A set made over another one leaves nothing of it that would be taken for its own.
    void madeAgainWithPictures()
    {
        SynthOptions options;
        options.scale = 0.001;
        options.dim = 8;
        Progress progress;
        const fs::path root = path("twice");
        writeSyntheticSet("ytf", root, options, progress);
        options.pictures = faces();
        writeSyntheticSet("ytf", root, options, progress);
        const Benchmark set = readBenchmark("ytf", root, {}, progress);
        QVERIFY(madeFeatures(set, root).embeddings.empty());
        QVERIFY(!fs::exists(root / "filelist.txt"));
        QVERIFY(fs::exists(set.pictures.front().file));
    }

    void setsOfPictures_data()
    {
        QTest::addColumn<QString>("word");
        QTest::addColumn<double>("scale");
        QTest::newRow("ijbc") << QStringLiteral("ijbc") << 0.003;
        QTest::newRow("ytf") << QStringLiteral("ytf") << 0.0063;
        QTest::newRow("iqiyi") << QStringLiteral("iqiyi") << 0.001;
    }

    void setsOfPictures()
    {
        QFETCH(QString, word);
        QFETCH(double, scale);
        SynthOptions options;
        options.scale = scale;
        options.pictures = faces();
        Progress progress;
        const fs::path root = path(("set-" + word.toStdString()).c_str());
        writeSyntheticSet(word.toStdString(), root, options, progress);
        const Benchmark set = readBenchmark(word.toStdString(), root, {}, progress);
        QVERIFY(set.synthetic);
        for (const std::string &warning : set.warnings)
            qInfo("%s", warning.c_str());
        QVERIFY(set.warnings.empty());
        QVERIFY(set.subjectNames.size() >= 10);
        for (const ImageItem &item : set.pictures)
            QVERIFY2(fs::exists(item.file), item.file.string().c_str());
        QCOMPARE(readPicture(set.pictures.front().file).width, 112);
        if (set.tenFold)
            foldsApart(set);
        for (const BenchmarkSplit &split : set.splits) {
            QVERIFY(split.pairs.genuineCount() > 0 && split.pairs.genuineCount() < split.pairs.size());
            std::set<std::pair<std::uint32_t, std::uint32_t>> once;
            for (std::size_t i = 0; i < split.pairs.a.size(); ++i)
                QVERIFY(once.emplace(std::min(split.pairs.a[i], split.pairs.b[i]), std::max(split.pairs.a[i], split.pairs.b[i])).second);
            for (std::size_t i = 0; i < split.pairs.a.size(); ++i)
                QCOMPARE(set.subjects[split.pairs.a[i]] == set.subjects[split.pairs.b[i]], split.pairs.genuine[i] != 0);
        }
    }

    void refuses()
    {
        SynthOptions options;
        options.scale = 0.01;
        Progress progress;
        QVERIFY_EXCEPTION_THROWN(writeSyntheticSet("mars", path("no"), options, progress), UsageError);
        options.pictures = faces();
        options.scale = 0.5;
        QVERIFY_EXCEPTION_THROWN(writeSyntheticSet("ytf", path("no"), options, progress), Error);
        // Never into a folder with something else in it.
        options = {};
        options.scale = 0.003;
        writeAtomically(path("mine") / "thesis.txt", "years");
        QVERIFY_EXCEPTION_THROWN(writeSyntheticSet("ijbc", path("mine"), options, progress), FileError);
        options.dim = 1;
        QVERIFY_EXCEPTION_THROWN(writeSyntheticSet("ytf", path("no"), options, progress), UsageError);
        options.dim = 0;
        progress.cancel();
        for (const char *word : {"ijbc", "ytf", "iqiyi"}) {
            QVERIFY_EXCEPTION_THROWN(writeSyntheticSet(word, path("never"), options, progress), Cancelled);
            QVERIFY(!fs::exists(path("never") / "embeddings.npy"));
        }
    }

    /// Of too few people, the error says at which scale they are enough; there they are.
    void tooFewPeople()
    {
        SynthOptions options;
        options.pictures = faces();
        options.scale = 0.5;
        Progress progress;
        QString said;
        try {
            writeSyntheticSet("ijbc", path("too-large"), options, progress);
        } catch (const Error &error) {
            said = QString::fromStdString(error.what());
        }
        const QRegularExpressionMatch scale = QRegularExpression(QStringLiteral("a --scale of ([0-9.e-]+) or less")).match(said);
        QVERIFY2(scale.hasMatch(), qPrintable(said));
        options.scale = scale.captured(1).toDouble();
        QVERIFY(options.scale > 0.003 && options.scale < 0.01);
        writeSyntheticSet("ijbc", path("large-enough"), options, progress);
        QVERIFY(readBenchmark("ijbc", path("large-enough"), {}, progress).splits.front().pairs.size() > 0);
    }
};

DSCOPE_TEST(TestSynth)
#include "tst_synth.moc"
