// SPDX-License-Identifier: GPL-3.0-or-later

#include "tests/media/madebenchmarks.h"
#include "tests/support/support.h"

#include "core/base/error.h"
#include "core/datasets/benchmark.h"

#include <filesystem>

using namespace dscope;
using namespace dscope::test;
namespace fs = std::filesystem;

/// iQIYI-VID-FACE.
class TestBenchmarkIqiyi : public QObject, private MadeBenchmarks {
    Q_OBJECT

private Q_SLOTS:
    void readsIqiyi()
    {
        Progress progress;
        const fs::path root = iqiyi();
        QVERIFY_EXCEPTION_THROWN(readBenchmark("iqiyi", root, {}, progress), UsageError);
        BenchmarkOptions options;
        options.identities = root / "my.csv";
        const Benchmark set = readBenchmark("iqiyi", root, options, progress);
        QCOMPARE(set.templates(), std::int64_t{4});
        QCOMPARE(set.splits.front().pairs.size(), std::int64_t{6}); // all of them
        QCOMPARE(set.splits.front().pairs.genuineCount(), std::int64_t{2});
        QVERIFY(contains(set.warnings, "filelist.txt:5: names something outside"));
        QVERIFY(contains(set.warnings, "1 clips are there more than once"));
        QVERIFY(contains(set.warnings, "clip4: holds no frame"));
        QVERIFY(contains(set.warnings, "names 1 clips that"));
        QVERIFY(contains(set.warnings, "my.csv:7:"));
        options = {};
        options.pairs = root / "my.txt";
        const Benchmark paired = readBenchmark("iqiyi", root, options, progress);
        QCOMPARE(paired.splits.front().pairs.size(), std::int64_t{3});
        QCOMPARE(paired.templates(), std::int64_t{5}); // the unknown one has no face
        QVERIFY(contains(paired.warnings, "names the clip clip7"));
        QVERIFY(contains(paired.warnings, "my.txt:4:"));
    }

    /// Frames of several clips in turn: pictures in the order of the lines, clips in that of their first ones.
    void readsIqiyiByFrames()
    {
        Progress progress;
        const fs::path root = iqiyi();
        put(root / "filelist.txt", "clip3/2.png\na/clip1/9.jpg\na/clip2\nclip3/1.png\na/clip1\na/clip1/8.jpg\n1.jpg\n");
        BenchmarkOptions options;
        options.identities = root / "my.csv";
        const Benchmark set = readBenchmark("iqiyi", root, options, progress);
        QCOMPARE(set.templates(), std::int64_t{3});
        std::vector<std::string> order;
        for (std::size_t i = 0; i < set.pictures.size(); ++i)
            order.push_back(pictureName(set, i));
        // Of a/clip1 frames are named, so its folder stands for nothing more; a/clip2 is looked into.
        QCOMPARE(order, (std::vector<std::string>{"clip3/2.png", "a/clip1/9.jpg", "a/clip2/1.jpg", "clip3/1.png", "a/clip1/8.jpg"}));
        QCOMPARE(namesOf(set, 0), (std::vector<std::string>{"2.png", "1.png"}));
        QCOMPARE(namesOf(set, 1), (std::vector<std::string>{"9.jpg", "8.jpg"}));
        QVERIFY(contains(set.warnings, "filelist.txt:7: names a frame that lies in no clip's folder"));
    }
};

DSCOPE_TEST(TestBenchmarkIqiyi)
#include "tst_benchmarkiqiyi.moc"
