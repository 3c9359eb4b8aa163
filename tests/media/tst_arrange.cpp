// SPDX-License-Identifier: GPL-3.0-or-later

#include "tests/media/madebenchmarks.h"
#include "tests/support/says.h"
#include "tests/support/support.h"

#include "core/analysis/extract.h"
#include "core/base/error.h"
#include "core/base/npy.h"
#include "core/datasets/benchmark.h"
#include "core/evaluation/paperfigures.h"
#include "core/evaluation/run.h"

#include <cmath>
#include <filesystem>

using namespace dscope;
using namespace dscope::test;
namespace fs = std::filesystem;

/// Features put beside a benchmark: embeddings from elsewhere, and stores.
class TestArrange : public QObject, private MadeBenchmarks {
    Q_OBJECT

private Q_SLOTS:
    void arrangesEmbeddings()
    {
        Progress progress;
        const fs::path root = ijbc();
        const Benchmark set = readBenchmark("ijbc", root, {}, progress);
        writeNpy(root / "e.npy", {4, 2}, {1, 2, 3, 4, 5, 6, 7, 8});
        put(root / "d.txt", "2.jpg 5 101 0.25\n1.jpg 5 100 0.5\nloose_crop/3.jpg 2 102 0.75\n4.jpg 9 103 x\n6.jpg 9 103 0.5\n");
        std::vector<std::string> warnings;
        const TemplateFeatures arranged = arrangeEmbeddings(set, root / "e.npy", root / "d.txt", warnings, progress);
        QCOMPARE(arranged.features, (std::vector<float>{5, 6, 1, 2, 3, 4})); // by template; 4.jpg has no score
        QCOMPARE(arranged.dScores, (std::vector<float>{0.75F, 0.5F, 0.25F}));
        QCOMPARE(arranged.begin, (std::vector<std::int64_t>{0, 1, 3, 3, 3, 3}));
        QCOMPARE(arranged.names[0].substr(arranged.names[0].size() - 5), std::string("3.jpg"));
        QVERIFY(arranged.detector.empty()); // one picture has none
        QVERIFY(contains(warnings, "1 of 4 pictures has no score"));
        QVERIFY(contains(warnings, "1 lines name a picture"));
        QVERIFY(contains(warnings, "d.txt:4:"));
        warnings.clear();
        const TemplateFeatures bare = arrangeEmbeddings(set, root / "e.npy", {}, warnings, progress);
        QVERIFY(contains(warnings, "stand in for them"));
        QCOMPARE(bare.dScores, (std::vector<float>{0.9F, 0.8F, 0.7F}));
        // Rows that are no numbers are named.
        warnings.clear();
        writeNpy(root / "e.npy", {4, 2}, {1, NAN, 3, 4, 5, INFINITY, 7, 8});
        arrangeEmbeddings(set, root / "e.npy", {}, warnings, progress);
        QVERIFY2(contains(warnings, "row 0 (1.jpg)"), joined(warnings).c_str());
        warnings.clear();
        writeNpy(root / "e.npy", {4, 2}, {1, 2, 0, 0, 5, 6, 7, 8});
        QCOMPARE(arrangeEmbeddings(set, root / "e.npy", {}, warnings, progress).features, (std::vector<float>{1, 2, 7, 8}));
        QVERIFY2(contains(warnings, "all zeros") && contains(warnings, "row 1 (2.jpg)"), joined(warnings).c_str());
        warnings.clear();
        writeNpy(root / "e.npy", {4, 1, 2}, {1, 2, 3, 4, 5, 6, 7, 8});
        QCOMPARE(arrangeEmbeddings(set, root / "e.npy", {}, warnings, progress).features, bare.features);
        QVERIFY2(contains(warnings, "shape (4, 1, 2)"), joined(warnings).c_str());
        writeNpy(root / "e.npy", {4, 1}, {1, 2, 3, 4});
        QVERIFY(refusal([&] { arrangeEmbeddings(set, root / "e.npy", {}, warnings, progress); }).find("one value") != std::string::npos);
        writeNpy(root / "e.npy", {3, 2}, {1, 2, 3, 4, 5, 6});
        QVERIFY_EXCEPTION_THROWN(arrangeEmbeddings(set, root / "e.npy", {}, warnings, progress), FileError);
    }

    /// A tracklet keeps its camera, whatever becomes of its elements.
    void carriesCameras()
    {
        Progress progress;
        const fs::path root = ijbc();
        Benchmark set = readBenchmark("ijbc", root, {}, progress);
        for (std::int32_t t = 0; t < set.templates(); ++t)
            set.cameras.push_back(10 + t);
        writeNpy(root / "e.npy", {4, 2}, {1, NAN, 3, 4, 5, 6, 7, 8});
        std::vector<std::string> warnings;
        const TemplateFeatures arranged = arrangeEmbeddings(set, root / "e.npy", {}, warnings, progress);
        QCOMPARE(arranged.cameras, set.cameras);
        takeEveryNth(set, 2, progress);
        QCOMPARE(set.cameras, arranged.cameras);
        QCOMPARE(std::ssize(set.cameras), set.templates());
        TemplateFeatures wrong = arranged;
        wrong.cameras.pop_back();
        QVERIFY_EXCEPTION_THROWN(wrong.check(), Error);
    }

    /// Numbers of float64 that float32 cannot hold keep their directions and the ratios of their lengths.
    void arrangesEmbeddingsBeyondFloat32()
    {
        Progress progress;
        const fs::path root = ijbc();
        const Benchmark set = readBenchmark("ijbc", root, {}, progress);
        const auto write = [&](const std::vector<double> &values) {
            std::string header = "{'descr': '<f8', 'fortran_order': False, 'shape': (4, 2), }\n";
            put(root / "e.npy",
                std::string("\x93NUMPY\x01\0", 8) + static_cast<char>(header.size()) + '\0' + header
                    + std::string(reinterpret_cast<const char *>(values.data()), values.size() * sizeof(double)));
        };
        std::vector<std::string> warnings;
        const auto read = [&] {
            warnings.clear();
            return arrangeEmbeddings(set, root / "e.npy", {}, warnings, progress).features;
        };
        const std::vector<double> plain{1, 2, 3, 4, 5, 6, 7, 8};
        write(plain);
        const std::vector<float> right = read(); // one picture has no detector's score, so that its row is not there
        QVERIFY(!contains(warnings, "multiplied"));
        for (const double factor : {1e60, 1e-60, 1e-300, 1e300, 2e38}) {
            std::vector<double> scaled = plain;
            for (double &value : scaled)
                value *= factor;
            write(scaled);
            const std::vector<float> found = read();
            QVERIFY2(contains(warnings, "e.npy: its numbers (up to ") && contains(warnings, "do not fit into float32"), joined(warnings).c_str());
            QCOMPARE(found.size(), right.size());
            for (std::size_t i = 0; i < found.size(); ++i)
                QVERIFY(std::abs(found[i] / found[0] - right[i] / right[0]) < 1e-6);
        }
        // Too far apart for one power of two: what float32 cannot hold is left out and named.
        write({1, 2, 3e60, 4e60, 5, 6, 7e-60, 8e-60});
        QCOMPARE(read(), (std::vector<float>{1, 2}));
        QVERIFY2(contains(warnings, "1 of 4 embeddings holds NaN or infinity, or numbers that float32 cannot hold (up to 4e+60),"), joined(warnings).c_str());
        QVERIFY(contains(warnings, "row 1 (2.jpg)"));
        QVERIFY2(contains(warnings, "1 of 4 embeddings is all zeros or too small for float32 (down to 8e-60; make all rows unit vectors first)"),
                 joined(warnings).c_str());
        // Not one that can be used: the file, how many, and why.
        write({NAN, 2, NAN, 4, INFINITY, 6, NAN, 8});
        const std::string none = refusal([&] { read(); });
        QVERIFY2(none.find("Not one embedding of ") == 0 && none.find("e.npy: 3 of 4 embeddings hold NaN or infinity") != std::string::npos, none.c_str());
        write({0, 0, 0, 0, 0, 0, 0, 0});
        QVERIFY(refusal([&] { read(); }).find("3 of 4 embeddings are all zeros") != std::string::npos);
    }

    /// `picture score` lines in order, in another one, with names from elsewhere, and wrong ones; rows that are too few; no scores at all.
    void arrangesEmbeddingsOfVideos()
    {
        Progress progress;
        const fs::path root = fresh();
        put(root / "splits.txt", "1, 1, Ann/0, Ann/2, 1\n1, 2, Ann/0, Bob/0, 0\n");
        put(root / "filelist.txt", "Ann/0/0.1.jpg\nBob/0/0.1.jpg\nAnn/0/0.2.jpg\nAnn/2/0.1.jpg\n");
        const Benchmark set = readBenchmark("ytf", root, {}, progress);
        writeNpy(root / "e.npy", {4, 2}, {1, 2, 3, 4, 5, 6, 7, 8});
        std::vector<std::string> warnings;
        const auto arranged = [&](const char *scores) {
            warnings.clear();
            put(root / "d.txt", scores);
            return arrangeEmbeddings(set, root / "e.npy", root / "d.txt", warnings, progress);
        };
        const std::vector<float> features{1, 2, 5, 6, 3, 4, 7, 8}; // Ann/0, Bob/0, Ann/2
        const std::vector<float> wanted{0.1F, 0.3F, 0.2F, 0.4F};
        TemplateFeatures all = arranged("Ann/0/0.1.jpg 0.1\nBob/0/0.1.jpg 0.2\nAnn/0/0.2.jpg 0.3\nAnn/2/0.1.jpg 0.4\n");
        QCOMPARE(all.features, features);
        QCOMPARE(all.dScores, wanted);
        QCOMPARE(all.begin, (std::vector<std::int64_t>{0, 2, 3, 4}));
        QVERIFY(warnings.empty());
        all = arranged("Ann/2/0.1.jpg 0.4\nBob/0/0.1.jpg 0.2\n./Ann/0/0.2.jpg 0.3\nAnn/0/0.1.jpg 0.1");
        QCOMPARE(all.dScores, wanted);
        QVERIFY(warnings.empty());
        all = arranged("path,score\n/there/Ann/2/0.1.jpg,0.4\n/there/Bob/0/0.1.jpg,0.2\n/there/Ann/0/0.2.jpg,0.3\n/there/Ann/0/0.1.jpg,0.1\n");
        QCOMPARE(all.dScores, wanted);
        // A failure, one that is not there and one that nobody knows: left out and counted.
        all = arranged("Ann/0/0.1.jpg 0.1\nBob/0/0.1.jpg -1\nAnn/2/0.1.jpg 0.4\nCid/7/0.1.jpg 0.4\n");
        QCOMPARE(all.dScores, (std::vector<float>{0.1F, 0.4F}));
        QCOMPARE(all.begin, (std::vector<std::int64_t>{0, 1, 1, 2}));
        QVERIFY(contains(warnings, "1 failed; 1 are not there (first: Ann/0/0.2.jpg); 1 of its pictures are not of this set"));
        QVERIFY(contains(warnings, "2 of 4 pictures have no score"));
        QVERIFY(refusal([&] { arranged("Ann/0/0.1.jpg 0.1\nBob/0/0.1.jpg much\n"); }).find("d.txt:2: gives 'much'") != std::string::npos);
        QVERIFY(refusal([&] { arranged("Ann/0/0.1.jpg 0.1\nBob/0/0.1.jpg\n"); }).find("d.txt:2: has 1 words") != std::string::npos);
        QVERIFY(refusal([&] { arranged("Ann/0/0.1.jpg 0.1\nAnn/0/0.1.jpg 0.2\n"); }).find("d.txt:2: gives the picture") != std::string::npos);
        QVERIFY(!refusal([&] { arranged("Cid/0/0.7.jpg 0.1\n"); }).empty());
        QVERIFY(!refusal([&] { arranged(""); }).empty());
        // Without scores every picture counts alike.
        warnings.clear();
        all = arrangeEmbeddings(set, root / "e.npy", {}, warnings, progress);
        QCOMPARE(all.dScores, std::vector<float>(4, 1));
        QVERIFY(contains(warnings, "every picture counts as 1"));
        // Rows that do not fit: the file, both counts, and which order is meant.
        writeNpy(root / "e.npy", {3, 2}, {1, 2, 3, 4, 5, 6});
        const std::string fewer = refusal([&] { arrangeEmbeddings(set, root / "e.npy", {}, warnings, progress); });
        QVERIFY2(fewer.find("e.npy: has 3 rows; YTF lists 4 pictures") != std::string::npos, fewer.c_str());
        QVERIFY(fewer.find("the lines of " + (root / "filelist.txt").string()) != std::string::npos);
        put(root / "filelist.txt", "Ann/0/0.1.jpg\nBob\nAnn/0/0.2.jpg\n");
        const Benchmark malformed = readBenchmark("ytf", root, {}, progress);
        QVERIFY(refusal([&] { arrangeEmbeddings(malformed, root / "e.npy", {}, warnings, progress); }).find("filelist.txt:2: is no frame")
                != std::string::npos);
        // Only a set of dscope synth brings features along.
        put(root / "embeddings.npy");
        QVERIFY(madeFeatures(set, root).embeddings.empty());
        // LFW, too: one row a picture in the order in which pairs.txt names them.
        const Benchmark faces = readBenchmark("lfw", lfw(), {}, progress);
        const std::vector<float> rows{1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
        writeNpy(root / "e.npy", {5, 2}, rows);
        QCOMPARE(arrangeEmbeddings(faces, root / "e.npy", {}, warnings, progress).features, rows);
    }

    void arrangesAStore()
    {
        Progress progress;
        const fs::path root = ijba();
        const Benchmark set = readBenchmark("ijba", root, {}, progress);
        FeatureStoreInfo info;
        info.dim = 2;
        info.pictures = static_cast<std::int64_t>(set.pictures.size());
        FeatureBlock block;
        for (std::size_t i = 0; i < set.pictures.size(); ++i) {
            block.outcomes.push_back(i == 1 ? Extracted::NoFace : Extracted::Scored);
            block.dScores.push_back(i == 1 ? 0 : 0.1F * static_cast<float>(i));
            block.detector.push_back(0.9F);
            block.features.insert(block.features.end(), {i == 1 ? 0 : static_cast<float>(i), 1});
        }
        {
            FeatureStoreWriter writer(root / "s.dfeat", info);
            writer.add(block);
            writer.finish();
        }
        std::vector<std::string> warnings;
        const TemplateFeatures arranged = arrange(set, FeatureStore(root / "s.dfeat"), warnings, progress);
        // Template 10 keeps 1.jpg; the frame had no face.
        const std::uint32_t ten = set.splits.front().pairs.a[0];
        QCOMPARE(arranged.size(ten), std::int64_t{1});
        QCOMPARE(arranged.featuresOf(ten)[0], 0.0F);
        QCOMPARE(arranged.featuresOf(set.splits.front().pairs.b[0])[0], 2.0F);
        QVERIFY(contains(warnings, "1 of 5 pictures: each shows no face"));
        QVERIFY(contains(warnings, "2_3.png: shows no face"));
        // All splits in one run: means, deviations, and the search of every split.
        VerificationOptions options;
        options.fars = set.fars;
        options.resamples = 10;
        const EvaluationRun run = evaluateBenchmark(set, arranged, {methodNamed("average")}, options, {}, warnings, progress).front();
        QCOMPARE(run.benchmark, std::string("IJB-A"));
        QCOMPARE(run.splits.size(), std::size_t{2});
        QCOMPARE(run.genuine, std::int64_t{2});
        QCOMPARE(run.strictDeviation.size(), std::size_t{3});
        QCOMPARE(run.search->galleries.size(), std::size_t{2});
        QVERIFY(evaluationTable({run}).find("paper, Table 3: DDL | 98.44 ± 0.3") != std::string::npos);
        // Probes of which none is non-mated cannot be searched; the 1:1 figures stay.
        Benchmark unsearchable = set;
        unsearchable.splits[1].search.probes.pop_back();
        const EvaluationRun left = evaluateBenchmark(unsearchable, arranged, {methodNamed("average")}, options, {}, {}, progress).front();
        QVERIFY(!left.search.has_value());
        QVERIFY(contains(left.warnings, "split 2: There is no search: "));
        QCOMPARE(left.strict[0].tar, run.strict[0].tar);
        Benchmark other = set;
        other.pictures.pop_back();
        QVERIFY_EXCEPTION_THROWN(arrange(other, FeatureStore(root / "s.dfeat"), warnings, progress), Error);
    }
};

DSCOPE_TEST(TestArrange)
#include "tst_arrange.moc"
