// SPDX-License-Identifier: GPL-3.0-or-later

#include "tests/media/madebenchmarks.h"
#include "tests/support/says.h"
#include "tests/support/support.h"

#include "core/base/error.h"
#include "core/datasets/benchmark.h"

#include <algorithm>
#include <filesystem>

using namespace dscope;
using namespace dscope::test;
namespace fs = std::filesystem;

/// LFW, and lists of pairs of pictures.
class TestBenchmarkLfw : public QObject, private MadeBenchmarks {
    Q_OBJECT

private Q_SLOTS:
    void readsLfw()
    {
        Progress progress;
        const fs::path root = lfw();
        const Benchmark set = readBenchmark("lfw", root, {}, progress);
        QCOMPARE(set.name, std::string("LFW"));
        QVERIFY(set.tenFold && !set.synthetic);
        QCOMPARE(set.templates(), std::int64_t{5});
        QCOMPARE(set.pictures.front().file, root / "lfw" / "Ann" / "Ann_0001.jpg");
        QCOMPARE(set.splits.front().pairs.genuine, (std::vector<std::uint8_t>{1, 0, 1, 0}));
        QCOMPARE(set.splits.front().pairs.a, (std::vector<std::uint32_t>{0, 0, 2, 1}));
        QCOMPARE(set.splits.front().pairs.b, (std::vector<std::uint32_t>{1, 2, 3, 4})); // Bob_0003 is listed, whether it is there or not
        QCOMPARE(set.subjects, (std::vector<std::int32_t>{0, 0, 1, 1, 2}));
        QVERIFY(set.warnings.empty());
        // The count is checked, lines are named.
        put(root / "pairs.txt", "10 300\nAnn 1 2\nAnn 1 Bob 1\n");
        QVERIFY(contains(readBenchmark("lfw", root, {}, progress).warnings, "announces 10 folds"));
        put(root / "pairs.txt", "10 300\nAnn 1 2\nAnn 1 2 3 4\n");
        QVERIFY(refusal([&] { readBenchmark("lfw", root, {}, progress); }).find("pairs.txt:3: has 5 words") != std::string::npos);
        put(root / "pairs.txt", "10 300\nAnn 1 2\n../Ann 1 2\n");
        QVERIFY(refusal([&] { readBenchmark("lfw", root, {}, progress); }).find("pairs.txt:3:") != std::string::npos);
        put(root / "pairs.txt", "10 300\nAnn 1 99999999999999999999\n");
        QVERIFY(refusal([&] { readBenchmark("lfw", root, {}, progress); }).find("no picture number") != std::string::npos);
        put(root / syntheticMark);
        put(root / "pairs.txt", "Ann 1 2\nAnn 1 Bob 1\n");
        QVERIFY(readBenchmark("lfw", root, {}, progress).synthetic);
        QVERIFY_EXCEPTION_THROWN(readBenchmark("mnist", root, {}, progress), UsageError);
        QVERIFY_EXCEPTION_THROWN(readBenchmark("lfw", root / "absent", {}, progress), FileError);
    }

    /// The lists that come with the csv of Kaggle's LFW, and its folder within a folder.
    void readsLfwOfKaggle()
    {
        Progress progress;
        const fs::path plain = lfw();
        const Benchmark wanted = readBenchmark("lfw", plain, {}, progress);
        const fs::path root = fresh();
        for (const char *file : {"Ann/Ann_0001.jpg", "Ann/Ann_0002.jpg", "Bob/Bob_0001.jpg", "Cid/Cid_0001.jpg"})
            put(root / "lfw-deepfunneled" / "lfw-deepfunneled" / file);
        put(root / "pairs.csv", "name,imagenum1,imagenum2,\nAnn,1,2,\nAnn,1,Bob,1\nBob,1,3,\nAnn,2,Cid,1\n");
        const Benchmark set = readBenchmark("lfw", root, {}, progress);
        QCOMPARE(set.splits.front().pairs.a, wanted.splits.front().pairs.a);
        QCOMPARE(set.splits.front().pairs.b, wanted.splits.front().pairs.b);
        QCOMPARE(set.splits.front().pairs.genuine, wanted.splits.front().pairs.genuine);
        QCOMPARE(set.subjects, wanted.subjects);
        QCOMPARE(set.pictures.front().file, root / "lfw-deepfunneled" / "lfw-deepfunneled" / "Ann" / "Ann_0001.jpg");
        QVERIFY2(set.warnings.empty(), joined(set.warnings).c_str());
        // Either of the two lists of a development set brings the other; a tenth of both makes a fold.
        fs::remove(root / "pairs.csv");
        std::string matches = "name,imagenum1,imagenum2\n";
        std::string others = "name,imagenum1,name,imagenum2\n";
        for (int i = 0; i < 20; ++i) {
            matches += "Ann,1," + std::to_string(i + 2) + "\n";
            others += "Bob," + std::to_string(i + 1) + ",Cid,1\n";
        }
        put(root / "matchpairsDevTest.csv", matches);
        QVERIFY(refusal([&] { readBenchmark("lfw", root, {}, progress); }).find("20 genuine pairs and 0 impostor pairs") != std::string::npos);
        put(root / "mismatchpairsDevTest.csv", others);
        for (const char *list : {"", "matchpairsDevTest.csv", "mismatchpairsDevTest.csv"}) {
            BenchmarkOptions options;
            options.pairs = *list == '\0' ? fs::path() : root / list;
            const Benchmark both = readBenchmark("lfw", root, options, progress);
            const std::vector<std::uint8_t> &genuine = both.splits.front().pairs.genuine;
            QCOMPARE(genuine.size(), std::size_t{40});
            for (std::size_t i = 0; i < genuine.size(); ++i)
                QCOMPARE(genuine[i], static_cast<std::uint8_t>(i % 4 < 2 ? 1 : 0));
            QVERIFY2(contains(both.warnings, "are read from"), joined(both.warnings).c_str());
        }
    }

    /// Lists of paths name pictures from the root, from the folder of pictures, wholly, and without an ending; one picture by two names is one.
    void findsListedPaths()
    {
        Progress progress;
        const fs::path root = lfw();
        put(root / "lfw" / "Bob" / "Bob_0003.jpg");
        const auto list = [&](const std::string &before, const std::string &ending) {
            std::string text;
            for (const char *line :
                 {"Ann/Ann_0001 Ann/Ann_0002 1", "Ann/Ann_0001 Bob/Bob_0001 0", "Bob/Bob_0001 Bob/Bob_0003 1", "Ann/Ann_0002 Cid/Cid_0001 0"}) {
                const QStringList words = QString::fromLatin1(line).split(QLatin1Char(' '));
                text += before + words[0].toStdString() + ending + ' ' + before + words[1].toStdString() + ending + ' ' + words[2].toStdString() + '\n';
            }
            return text;
        };
        put(root / "pairs.txt", list("lfw/", ".jpg"));
        const Benchmark plain = readBenchmark("lfw", root, {}, progress);
        QCOMPARE(plain.pictures.size(), std::size_t{5});
        QCOMPARE(plain.pictures.front().file, root / "lfw/Ann/Ann_0001.jpg");
        for (const std::string &text : {list("", ".jpg"), list("", ".png"), list("lfw/", ""), list(root.string() + "/lfw/", ".jpg"),
                                        list("../" + root.filename().string() + "/lfw/", ".jpg"), list(root.filename().string() + "/lfw/", ".jpg")}) {
            put(root / "pairs.txt", text);
            const Benchmark other = readBenchmark("lfw", root, {}, progress);
            QCOMPARE(other.splits.front().pairs.a, plain.splits.front().pairs.a);
            QCOMPARE(other.splits.front().pairs.b, plain.splits.front().pairs.b);
            QCOMPARE(other.splits.front().pairs.genuine, plain.splits.front().pairs.genuine);
            for (std::size_t i = 0; i < other.pictures.size(); ++i)
                QVERIFY2(fs::equivalent(other.pictures[i].file, plain.pictures[i].file), other.pictures[i].file.string().c_str());
        }
        // From where the list lies.
        put(root / "lists" / "pairs.txt", list("../lfw/", ".jpg"));
        BenchmarkOptions beside;
        beside.pairs = root / "lists" / "pairs.txt";
        QVERIFY(fs::equivalent(readBenchmark("lfw", root, beside, progress).pictures.back().file, plain.pictures.back().file));
        // Given the folder of pictures.
        BenchmarkOptions options;
        options.pictures = root / "lfw";
        put(root / "pairs.txt", list("", ".jpg"));
        QVERIFY(fs::equivalent(readBenchmark("lfw", root, options, progress).pictures.back().file, plain.pictures.back().file));
        // Again by other names: the same pairs, and a picture with itself.
        put(root / "pairs.txt", list("lfw/", ".jpg") + list("./lfw//", ".jpg") + list("", ".png") + "lfw/Ann/Ann_0001.jpg ./lfw/Ann/Ann_0001 1\n");
        const Benchmark again = readBenchmark("lfw", root, {}, progress);
        QCOMPARE(again.splits.front().pairs.genuine, plain.splits.front().pairs.genuine);
        QVERIFY2(contains(again.warnings, "8 pairs that were listed before were left out"), joined(again.warnings).c_str());
        QVERIFY2(contains(again.warnings, "1 pair of a template with itself was left out"), joined(again.warnings).c_str());
    }

    /// Files' names alone, where there is a folder a person.
    void findsFileNames()
    {
        Progress progress;
        const fs::path root = lfw();
        put(root / "pairs.txt", "Ann_0001.jpg Ann_0002.jpg 1\nAnn_0001.jpg Bob_0001.png 0\nAnn_0002.jpg cid_0001.JPG 0\n");
        put(root / "lfw" / "Cid" / "notes.txt");
        std::string why = refusal([&] { readBenchmark("lfw", root, {}, progress); });
        QVERIFY2(why.empty(), why.c_str());
        put(root / "pairs.txt", "Ann_0001.jpg Ann_0002.jpg 1\nAnn_0001.jpg Bob_0001.png 0\nAnn_0002.jpg Cid_0001 0\n");
        const Benchmark set = readBenchmark("lfw", root, {}, progress);
        QCOMPARE(set.pictures.size(), std::size_t{4});
        QCOMPARE(set.pictures[0].file, root / "lfw" / "Ann" / "Ann_0001.jpg");
        QCOMPARE(set.pictures[2].file, root / "lfw" / "Bob" / "Bob_0001.jpg");
        QCOMPARE(set.pictures[3].file, root / "lfw" / "Cid" / "Cid_0001.jpg");
        QVERIFY2(contains(set.warnings, "names pictures by their files alone; 6 were found in the folder that holds a file of that name"),
                 joined(set.warnings).c_str());
        // One that two people have is not guessed.
        put(root / "lfw" / "Dan" / "Bob_0001.jpg");
        why = refusal([&] { readBenchmark("lfw", root, {}, progress); });
        VERIFY_SAYS(why, "pairs.txt:2: names the picture Bob_0001.png, which is the name of several pictures (Bob/Bob_0001.jpg, Dan/Bob_0001.jpg ...)");
    }

    /// Names that differ in capitals alone, in each form of list.
    void findsOtherCapitals()
    {
        Progress progress;
        const fs::path root = lfw();
        const Benchmark plain = readBenchmark("lfw", root, {}, progress);
        for (const char *text : {"lfw/ann/ann_0001.jpg LFW/Ann/Ann_0002.jpg 1\nAnn/ann_0001.jpg Bob/Bob_0001.jpg 0\n", "Ann 1 2\nann 1 Bob 1\n"}) {
            put(root / "pairs.txt", text);
            const Benchmark set = readBenchmark("lfw", root, {}, progress);
            QCOMPARE(set.pictures.size(), std::size_t{3});
            for (std::size_t i = 0; i < 3; ++i)
                QVERIFY2(fs::equivalent(set.pictures[i].file, plain.pictures[i].file), set.pictures[i].file.string().c_str());
            QVERIFY2(contains(set.warnings, "differ in capitals from") || contains(set.warnings, "differs in capitals from"), joined(set.warnings).c_str());
        }
        put(root / "lfw" / "Bob" / "bob_0001.jpg");
        put(root / "pairs.txt", "Ann/Ann_0001.jpg Ann/Ann_0002.jpg 1\nAnn/Ann_0001.jpg Bob/BOB_0001.jpg 0\n");
        const std::string why = refusal([&] { readBenchmark("lfw", root, {}, progress); });
        VERIFY_SAYS(why,
                    "pairs.txt:2: names the picture Bob/BOB_0001.jpg, which is not there, and Bob/Bob_0001.jpg and Bob/bob_0001.jpg both differ from it in "
                    "capitals alone");
    }

    /// A picture and a link to it are one.
    void knowsLinks()
    {
        Progress progress;
        const fs::path root = lfw();
        fs::create_symlink("Ann_0001.jpg", root / "lfw" / "Ann" / "Ann_0003.jpg");
        fs::create_hard_link(root / "lfw" / "Bob" / "Bob_0001.jpg", root / "lfw" / "Bob" / "Bob_0007.jpg");
        put(root / "pairs.txt", "Ann 1 2\nAnn 3 2\nAnn 1 3\nAnn 1 Bob 1\nAnn 3 Bob 7\n");
        const Benchmark set = readBenchmark("lfw", root, {}, progress);
        QCOMPARE(set.pictures.size(), std::size_t{3});
        QCOMPARE(set.splits.front().pairs.genuine, (std::vector<std::uint8_t>{1, 0}));
        QVERIFY2(contains(set.warnings, "2 pairs that were listed before were left out"), joined(set.warnings).c_str());
        QVERIFY2(contains(set.warnings, "1 pair of a template with itself was left out"), joined(set.warnings).c_str());
    }
};

DSCOPE_TEST(TestBenchmarkLfw)
#include "tst_benchmarklfw.moc"
