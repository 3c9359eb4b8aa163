// SPDX-License-Identifier: GPL-3.0-or-later

#include "tests/media/madebenchmarks.h"
#include "tests/support/says.h"
#include "tests/support/support.h"

#include "core/datasets/benchmark.h"

#include <algorithm>
#include <filesystem>

using namespace dscope;
using namespace dscope::test;
namespace fs = std::filesystem;

/// YouTube Faces.
class TestBenchmarkYtf : public QObject, private MadeBenchmarks {
    Q_OBJECT

private Q_SLOTS:
    void readsYtf()
    {
        Progress progress;
        const fs::path root = ytf();
        const Benchmark set = readBenchmark("ytf", root, {}, progress);
        QCOMPARE(set.templates(), std::int64_t{4});
        QCOMPARE(namesOf(set, 0), (std::vector<std::string>{"0.1.jpg", "0.2.jpg", "0.10.jpg"}));
        QCOMPARE(set.splits.front().pairs.b, (std::vector<std::uint32_t>{1, 2, 3}));
        QVERIFY(set.pictures.front().box.has_value());
        QVERIFY(*set.pictures.front().box == (Box{80, 70, 40, 20})); // the list gives the centre
        QVERIFY(!set.pictures[1].box.has_value());
        QVERIFY(contains(set.warnings, "Ann_A.labeled_faces.txt:2: has no box"));
        QVERIFY(contains(set.warnings, "1 of 4 videos have no frame"));
        BenchmarkOptions options;
        options.everyNth = 2;
        QCOMPARE(namesOf(readBenchmark("ytf", root, options, progress), 0), (std::vector<std::string>{"0.1.jpg", "0.10.jpg"}));
        put(root / "splits.txt", "1, 1, Ann_A/0, Ann_A/2, 1\n1, 1, Ann_A/0/../.., Ann_A/2, 1\n");
        QVERIFY(refusal([&] { readBenchmark("ytf", root, {}, progress); }).find("splits.txt:2:") != std::string::npos);
    }

    /// A list of frames says which there are and in what order; nothing is looked for on the disk.
    void readsYtfByAList()
    {
        Progress progress;
        const fs::path root = fresh();
        put(root / "splits.txt", "1, 1, Ann/0, Ann/2, 1\n1, 2, Ann/0, Bob/1, 0\n2, 3, Bob/1, Bob/5, 1\n");
        put(root / "filelist.txt",
            "Bob/1/1.1.jpg\nAnn/0/0.2.jpg\n  Bob/1/1.2.jpg\r\nAnn/0/0 1.jpg\nCid/0/0.1.jpg\nAnn/2/2.7.jpg\nBob/1\n../Bob/1/1.3.jpg\nBob/1/2/3.jpg\n"
            "Bob//1.4.jpg\nAnn/0/0.2.jpg\nBob/1/notes.txt\n");
        const Benchmark set = readBenchmark("ytf", root, {}, progress);
        QCOMPARE(set.templates(), std::int64_t{5}); // Cid, whom no pair names, and Bob/5, of which there is nothing
        QCOMPARE(namesOf(set, 0), (std::vector<std::string>{"1.1.jpg", "1.2.jpg"}));
        QCOMPARE(namesOf(set, 1), (std::vector<std::string>{"0.2.jpg", "0 1.jpg"}));
        QCOMPARE(set.splits.front().pairs.a, (std::vector<std::uint32_t>{1, 1, 0}));
        QCOMPARE(set.splits.front().pairs.b, (std::vector<std::uint32_t>{3, 0, 4}));
        QCOMPARE(namesOf(set, 4), std::vector<std::string>{});
        std::vector<std::string> order;
        for (std::size_t i = 0; i < set.pictures.size(); ++i)
            order.push_back(pictureName(set, i));
        QCOMPARE(order, (std::vector<std::string>{"Bob/1/1.1.jpg", "Ann/0/0.2.jpg", "Bob/1/1.2.jpg", "Ann/0/0 1.jpg", "Cid/0/0.1.jpg", "Ann/2/2.7.jpg"}));
        for (const char *line : {":7: is no frame", ":8: names something outside", ":9: is no frame", ":10: is no frame", ":12: is no frame"})
            QVERIFY2(contains(set.warnings, "filelist.txt" + std::string(line)), line);
        QVERIFY(contains(set.warnings, "1 lines name a frame again"));
        QVERIFY(contains(set.warnings, "splits.txt:3: names the video Bob/5, of which " + (root / "filelist.txt").string() + " has no frame"));
        QVERIFY(contains(set.warnings, "1 of 5 videos have no frame"));
        // Boxes are found all the same, of people in any order.
        put(root / "frame_images_DB" / "Ann.labeled_faces.txt", "Ann\\0\\0.2.jpg,0,100,80,40,20,0,0\nAnn\\0\\0.3.jpg,0,x,80,40,20,0,0\n");
        const Benchmark boxed = readBenchmark("ytf", root, {}, progress);
        QVERIFY(*boxed.pictures[1].box == (Box{80, 70, 40, 20}));
        QVERIFY(!boxed.pictures[0].box.has_value());
        QCOMPARE(boxed.pictures[1].file, root / "frame_images_DB" / "Ann" / "0" / "0.2.jpg");
        QCOMPARE(std::count_if(boxed.warnings.begin(), boxed.warnings.end(), [](const std::string &line) { return line.find("has no box") != line.npos; }),
                 std::ptrdiff_t{1});
        BenchmarkOptions options;
        options.everyNth = 2;
        QCOMPARE(namesOf(readBenchmark("ytf", root, options, progress), 1), (std::vector<std::string>{"0.2.jpg"}));
        put(root / "filelist.txt", "Bob\n");
        QVERIFY(refusal([&] { readBenchmark("ytf", root, {}, progress); }).find("filelist.txt: names no frame.") != std::string::npos);
    }

    /// The published list: 5,000 pairs of 250 + 250 a split, of videos whose folders we do not have.
    void readsThePublishedSplits()
    {
        DSCOPE_NEED(sharedDir() / "meta" / "ytf" / "splits.txt");
        const fs::path root = fresh();
        put(root / "aligned_images_DB" / "Sadie_Frost" / "1" / "a.jpg");
        BenchmarkOptions options;
        options.pairs = sharedDir() / "meta" / "ytf" / "splits.txt";
        Progress progress;
        const Benchmark set = readBenchmark("ytf", root, options, progress);
        const TemplatePairs &pairs = set.splits.front().pairs;
        QCOMPARE(pairs.size(), std::int64_t{5000});
        for (std::ptrdiff_t fold = 0; fold < 10; ++fold)
            QCOMPARE(std::count(pairs.genuine.begin() + fold * 500, pairs.genuine.begin() + (fold + 1) * 500, 1), std::ptrdiff_t{250});
        QVERIFY(set.subjectNames.size() <= 1595);
        QVERIFY(set.templates() <= 3425);
        qInfo("%lld videos of %zu people", static_cast<long long>(set.templates()), set.subjectNames.size());
        for (std::size_t i = 0; i < pairs.a.size(); ++i)
            QCOMPARE(set.subjects[pairs.a[i]] == set.subjects[pairs.b[i]], pairs.genuine[i] != 0);
    }
};

DSCOPE_TEST(TestBenchmarkYtf)
#include "tst_benchmarkytf.moc"
