// SPDX-License-Identifier: GPL-3.0-or-later

#include "tests/media/madebenchmarks.h"
#include "tests/support/support.h"

#include "core/datasets/benchmark.h"

#include <filesystem>

using namespace dscope;
using namespace dscope::test;
namespace fs = std::filesystem;

/// IJB-A, -B and -C.
class TestBenchmarkIjb : public QObject, private MadeBenchmarks {
    Q_OBJECT

private Q_SLOTS:
    void readsIjba()
    {
        Progress progress;
        const fs::path root = ijba();
        const Benchmark set = readBenchmark("ijba", root, {}, progress);
        QCOMPARE(set.splits.size(), std::size_t{2});
        QVERIFY(contains(set.warnings, "splits 3 to 10 are missing"));
        const BenchmarkSplit &first = set.splits.front();
        QCOMPARE(first.pairs.genuine, (std::vector<std::uint8_t>{1, 0, 0}));
        QCOMPARE(set.pictures.front().file, root / "images" / "img" / "1.jpg");
        QVERIFY(*set.pictures.front().box == (Box{10, 20, 30, 40}));
        QCOMPARE(set.pictures.size(), std::size_t{5}); // 3.jpg shows two faces, each a picture of its own
        QCOMPARE(namesOf(set, first.pairs.a[0]), (std::vector<std::string>{"1.jpg", "2_3.png"}));
        // Both splits have the same templates; the unknown ones are each split's own.
        QCOMPARE(set.splits[1].pairs.a[0], first.pairs.a[0]);
        QCOMPARE(set.begin[first.pairs.b[2] + 1] - set.begin[first.pairs.b[2]], std::int64_t{0});
        QVERIFY(contains(set.warnings, "verify_comparisons_1.csv:4:"));
        QVERIFY(contains(set.warnings, "verify_metadata_1.csv:6:"));
        QCOMPARE(first.search.galleries.front().size(), std::size_t{1}); // subject 7 once
        QCOMPARE(first.search.probes.size(), std::size_t{2});
        QCOMPARE(set.media.size(), set.faces.size());
    }

    void readsIjbc()
    {
        Progress progress;
        const fs::path root = ijbc();
        const Benchmark set = readBenchmark("ijbc", root, {}, progress);
        QCOMPARE(set.name, std::string("IJB-C"));
        QCOMPARE(set.pictures.size(), std::size_t{4});
        QCOMPARE(set.ids, (std::vector<std::int64_t>{2, 5, 9, 88, 77}));
        QCOMPARE(set.begin, (std::vector<std::int64_t>{0, 1, 3, 4, 4, 4}));
        QCOMPARE(set.splits.front().pairs.genuine, (std::vector<std::uint8_t>{1, 0, 0}));
        QVERIFY(set.pictures[0].landmarks.has_value());
        QVERIFY(!set.pictures[2].landmarks.has_value());
        QCOMPARE(*set.pictures[3].detectorScore, 0.7F); // found by name
        QVERIFY(contains(set.warnings, "ijbc_face_tid_mid.txt:5:"));
        QVERIFY(contains(set.warnings, "ijbc_face_tid_mid.txt:6:"));
        QVERIFY(contains(set.warnings, "ijbc_template_pair_label.txt:4:"));
        QVERIFY(contains(set.warnings, "template 77, of which there is no picture"));
        QVERIFY(contains(set.warnings, "1N_probe_mixed.csv:4:"));
        const SearchProtocol &search = set.splits.front().search;
        QCOMPARE(search.galleries.size(), std::size_t{2});
        QCOMPARE(search.probes, (std::vector<std::uint32_t>{0, 3}));
        QCOMPARE(set.subjects[0], set.subjects[1]);
        QCOMPARE(set.subjects[2], set.subjects[3]);
        QCOMPARE(set.subjects[4], -1);
        // People that only pairs know.
        for (const char *file : {"ijbc_1N_gallery_G1.csv", "ijbc_1N_gallery_G2.csv", "ijbc_1N_probe_mixed.csv"})
            fs::remove(root / "meta" / file);
        const Benchmark bare = readBenchmark("ijbc", root, {}, progress);
        QCOMPARE(bare.subjects, (std::vector<std::int32_t>{0, 0, -1, -1}));
        QCOMPARE(bare.subjectNames.front(), std::string("subject-of-2"));
    }
};

DSCOPE_TEST(TestBenchmarkIjb)
#include "tst_benchmarkijb.moc"
