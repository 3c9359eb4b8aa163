#include "tests/support/support.h"

#include "core/analysis/extract.h"
#include "core/analysis/synth.h"
#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/random.h"
#include "core/image/reader.h"

#include <QTemporaryDir>

#include <algorithm>
#include <set>

using namespace dscope;
using namespace dscope::test;
namespace fs = std::filesystem;

class TestSynth : public QObject {
    Q_OBJECT

private:
    QTemporaryDir m_dir;
    fs::path path(const char *name) const { return fs::path(m_dir.path().toStdString()) / name; }

    /// Eight people with eight faces each, of noise.
    fs::path faces()
    {
        const fs::path folder = path("faces");
        if (!fs::exists(folder))
            for (int p = 0; p < 12; ++p)
                for (int i = 0; i < 8; ++i) {
                    Random random(static_cast<std::uint64_t>(p), static_cast<std::uint64_t>(i));
                    Picture picture(112, 112);
                    for (std::uint8_t &value : picture.rgb)
                        value = static_cast<std::uint8_t>(random.below(256));
                    writePicture(folder / ("p" + std::to_string(p)) / (std::to_string(i) + ".jpg"), picture);
                }
        return folder;
    }

private Q_SLOTS:
    /// Full size, counted without writing a thing.
    void countsOfTheRealOne()
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
    }

    void ijbcWithoutPictures()
    {
        SynthOptions options;
        options.scale = 0.02;
        options.dim = 96;
        Task task;
        writeSyntheticSet("ijbc", path("ijbc"), options, task);
        const Benchmark set = readBenchmark("ijbc", path("ijbc"), {}, task);
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
        const TemplateFeatures arranged = arrangeEmbeddings(set, path("ijbc") / "embeddings.npy", path("ijbc") / "d_scores.txt", warnings, task);
        QVERIFY(arranged.synthetic && warnings.empty());
        QCOMPARE(arranged.dim, std::int64_t{96});
        QCOMPARE(arranged.faces(), counts.faces);
        // The model is one on which D-scores are worth something, and a synthetic set is named so in the table.
        VerificationOptions verification;
        verification.fars = {1e-3};
        verification.resamples = 0;
        const auto runs = evaluateBenchmark(set, arranged, {methodNamed("average"), methodNamed("ddl")}, verification, {}, warnings, task);
        QVERIFY(runs[1].strict[0].tar > runs[0].strict[0].tar);
        QVERIFY(runs[0].strict[0].tar > 0.2 && runs[1].strict[0].tar < 1);
        QCOMPARE(runs[0].search->galleries.size(), std::size_t{2});
        QVERIFY(evaluationTable(runs).find("## IJB-C (synthetic set)") != std::string::npos);
        // The same bytes from the same seed, others from another.
        writeSyntheticSet("ijbc", path("again"), options, task);
        QVERIFY(readText(path("again") / "embeddings.npy") == readText(path("ijbc") / "embeddings.npy"));
        options.seed = 2;
        writeSyntheticSet("ijbc", path("again"), options, task);
        QVERIFY(readText(path("again") / "embeddings.npy") != readText(path("ijbc") / "embeddings.npy"));
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
        Task task;
        const fs::path root = path(("set-" + word.toStdString()).c_str());
        writeSyntheticSet(word.toStdString(), root, options, task);
        const Benchmark set = readBenchmark(word.toStdString(), root, {}, task);
        QVERIFY(set.synthetic);
        for (const std::string &warning : set.warnings)
            qInfo("%s", warning.c_str());
        QVERIFY(set.warnings.empty());
        QVERIFY(set.subjectNames.size() >= 10);
        for (const ImageItem &item : set.pictures)
            QVERIFY2(fs::exists(item.file), item.file.c_str());
        QCOMPARE(readPicture(set.pictures.front().file).width, 112);
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
        Task task;
        QVERIFY_EXCEPTION_THROWN(writeSyntheticSet("ytf", path("no"), options, task), UsageError);
        QVERIFY_EXCEPTION_THROWN(writeSyntheticSet("mars", path("no"), options, task), UsageError);
        options.pictures = faces();
        options.scale = 0.5;
        QVERIFY_EXCEPTION_THROWN(writeSyntheticSet("ytf", path("no"), options, task), Error);
        // Never into a folder with something else in it.
        options = {};
        options.scale = 0.003;
        writeAtomically(path("mine") / "thesis.txt", "years");
        QVERIFY_EXCEPTION_THROWN(writeSyntheticSet("ijbc", path("mine"), options, task), FileError);
        task.cancel();
        QVERIFY_EXCEPTION_THROWN(writeSyntheticSet("ijbc", path("never"), options, task), Cancelled);
    }
};

DSCOPE_TEST(TestSynth)
#include "tst_synth.moc"
