#include "tests/support/says.h"
#include "tests/support/support.h"

#include "core/analysis/extract.h"
#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/lines.h"
#include "core/base/npy.h"
#include "core/base/random.h"
#include "core/datasets/benchmark.h"
#include "core/evaluation/paperfigures.h"

#include <QTemporaryDir>

#include <algorithm>
#include <fstream>
#include <set>

using namespace dscope;
using namespace dscope::test;
namespace fs = std::filesystem;

namespace {

bool contains(const std::vector<std::string> &lines, const std::string &text)
{
    return joined(lines).find(text) != std::string::npos;
}

std::vector<std::string> namesOf(const Benchmark &benchmark, std::uint32_t t)
{
    std::vector<std::string> names;
    for (auto f = benchmark.begin[t]; f < benchmark.begin[t + 1]; ++f)
        names.push_back(benchmark.pictures[benchmark.faces[static_cast<std::size_t>(f)]].file.filename().string());
    return names;
}

} // namespace

class TestBenchmark : public QObject {
    Q_OBJECT

private:
    QTemporaryDir m_dir;
    int m_count = 0;
    fs::path fresh() { return fs::path(m_dir.path().toStdString()) / ("set" + std::to_string(m_count++)); }
    static void put(const fs::path &path, const std::string &text = "x") { writeAtomically(path, text); }

    fs::path lfw()
    {
        const fs::path root = fresh();
        put(root / "pairs.txt", "2\t1\nAnn\t1\t2\nAnn\t1\tBob\t1\nBob\t1\t3\nAnn\t2\tCid\t1\n");
        for (const char *file : {"Ann/Ann_0001.jpg", "Ann/Ann_0002.jpg", "Bob/Bob_0001.jpg", "Cid/Cid_0001.jpg"})
            put(root / "lfw" / file);
        return root;
    }
    fs::path ytf()
    {
        const fs::path root = fresh();
        put(root / "splits.txt",
            "split number, pair number, first name, second name, is same\n1, 1, Ann_A/0, Ann_A/2, 1\n1, 2, Ann_A/0, Bob/1, 0\n2, 3, Bob/1, Bob/5, 1\n");
        for (const char *file : {"Ann_A/0/0.2.jpg", "Ann_A/0/0.10.jpg", "Ann_A/0/0.1.jpg", "Ann_A/2/2.7.jpg", "Bob/1/1.1.jpg", "Bob/1/notes.txt"})
            put(root / "frame_images_DB" / file);
        put(root / "frame_images_DB" / "Ann_A.labeled_faces.txt", "Ann_A\\0\\0.1.jpg,0,100,80,40,20,0,0\nAnn_A\\0\\0.2.jpg,0,x,80,40,20,0,0\n");
        return root;
    }
    fs::path iqiyi()
    {
        const fs::path root = fresh();
        put(root / "filelist.txt", "a/clip1\na/clip2\nclip3/\nclip4\n../outside\na/clip1\n");
        for (const char *file : {"a/clip1/1.jpg", "a/clip1/2.jpg", "a/clip2/1.jpg", "clip3/9.png"})
            put(root / file);
        put(root / "my.csv", "clip,identity\na/clip1,ann\na/clip2,ann\nclip3,bob\nclip4,bob\nclip9,bob\n,bob\n");
        put(root / "my.txt", "a/clip1 a/clip2 1\na/clip1 clip3 0\nclip3 clip7 0\nclip3 clip7 2\n");
        return root;
    }
    fs::path ijba()
    {
        const fs::path root = fresh();
        const std::string head = "TEMPLATE_ID,SUBJECT_ID,FILE,MEDIA_ID,SIGHTING_ID,FRAME,FACE_X,FACE_Y,FACE_WIDTH,FACE_HEIGHT\n";
        for (const int n : {1, 2}) {
            const std::string number = std::to_string(n);
            const fs::path pairs = root / "IJB-A_11_sets" / ("split" + number);
            put(pairs / ("verify_metadata_" + number + ".csv"),
                head
                    + "10,7,img/1.jpg,50,1,,10,20,30,40\n10,7,\"frame/2_3.png\",51,2,3,5,6,7,8\n11,7,img/3.jpg,52,3,,1,1,9,9\n12,8,img/"
                      "3.jpg,52,4,,90,1,9,9\n,8,img/4.jpg,1,1,,1,1,1,1\n");
            put(pairs / ("verify_comparisons_" + number + ".csv"), "10,11\n11,12\n12,99\n1x,2\n");
            const fs::path search = root / "IJB-A_1N_sets" / ("split" + number);
            put(search / ("search_gallery_" + number + ".csv"),
                head + "10,7,img/1.jpg,50,1,,10,20,30,40\n10,7,\"frame/2_3.png\",51,2,3,5,6,7,8\n20,7,img/9.jpg,50,1,,1,1,1,1\n");
            put(search / ("search_probe_" + number + ".csv"), head + "11,7,img/3.jpg,52,3,,1,1,9,9\n12,8,img/3.jpg,52,4,,90,1,9,9\n");
        }
        put(root / "images" / "img" / "1.jpg");
        return root;
    }
    fs::path ijbc()
    {
        const fs::path root = fresh();
        put(root / "meta" / "ijbc_face_tid_mid.txt", "1.jpg 5 100\n2.jpg 5 101\n3.jpg 2 102\n4.jpg 9 103\n../x.jpg 9 103\n5.jpg 9\n");
        put(root / "meta" / "ijbc_name_5pts_score.txt", "1.jpg 1 2 3 4 5 6 7 8 9 10 0.9\n2.jpg 1 2 3 4 5 6 7 8 9 10 0.8\n4.jpg 1 2 3 4 5 6 7 8 9 10 0.7\n");
        put(root / "meta" / "ijbc_template_pair_label.txt", "5 2 1\n2 9 0\n9 77 0\n9 5 3\n");
        put(root / "meta" / "ijbc_1N_gallery_G1.csv", "TEMPLATE_ID,SUBJECT_ID,FILENAME\n5,s1,1.jpg\n5,s1,2.jpg\n");
        put(root / "meta" / "ijbc_1N_gallery_G2.csv", "TEMPLATE_ID,SUBJECT_ID,FILENAME\n9,s2,1.jpg\n");
        put(root / "meta" / "ijbc_1N_probe_mixed.csv", "TEMPLATE_ID,SUBJECT_ID,FILENAME\n2,s1,1.jpg\n88,s2,1.jpg\nx,s2,1.jpg\n");
        return root;
    }

private Q_SLOTS:
    void readsLfw()
    {
        Task task;
        const fs::path root = lfw();
        const Benchmark set = readBenchmark("lfw", root, {}, task);
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
        QVERIFY(contains(readBenchmark("lfw", root, {}, task).warnings, "announces 10 folds"));
        put(root / "pairs.txt", "10 300\nAnn 1 2\nAnn 1 2 3 4\n");
        QVERIFY(refusal([&] { readBenchmark("lfw", root, {}, task); }).find("pairs.txt:3: has 5 words") != std::string::npos);
        put(root / "pairs.txt", "10 300\nAnn 1 2\n../Ann 1 2\n");
        QVERIFY(refusal([&] { readBenchmark("lfw", root, {}, task); }).find("pairs.txt:3:") != std::string::npos);
        put(root / "pairs.txt", "10 300\nAnn 1 99999999999999999999\n");
        QVERIFY(refusal([&] { readBenchmark("lfw", root, {}, task); }).find("no picture number") != std::string::npos);
        put(root / syntheticMark);
        put(root / "pairs.txt", "Ann 1 2\nAnn 1 Bob 1\n");
        QVERIFY(readBenchmark("lfw", root, {}, task).synthetic);
        QVERIFY_EXCEPTION_THROWN(readBenchmark("mnist", root, {}, task), UsageError);
        QVERIFY_EXCEPTION_THROWN(readBenchmark("lfw", root / "absent", {}, task), FileError);
    }

    /// The lists that come with the csv of Kaggle's LFW, and its folder within a folder.
    void readsLfwOfKaggle()
    {
        Task task;
        const fs::path plain = lfw();
        const Benchmark wanted = readBenchmark("lfw", plain, {}, task);
        const fs::path root = fresh();
        for (const char *file : {"Ann/Ann_0001.jpg", "Ann/Ann_0002.jpg", "Bob/Bob_0001.jpg", "Cid/Cid_0001.jpg"})
            put(root / "lfw-deepfunneled" / "lfw-deepfunneled" / file);
        put(root / "pairs.csv", "name,imagenum1,imagenum2,\nAnn,1,2,\nAnn,1,Bob,1\nBob,1,3,\nAnn,2,Cid,1\n");
        const Benchmark set = readBenchmark("lfw", root, {}, task);
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
        QVERIFY(refusal([&] { readBenchmark("lfw", root, {}, task); }).find("20 genuine pairs and 0 impostor pairs") != std::string::npos);
        put(root / "mismatchpairsDevTest.csv", others);
        for (const char *list : {"", "matchpairsDevTest.csv", "mismatchpairsDevTest.csv"}) {
            BenchmarkOptions options;
            options.pairs = *list == '\0' ? fs::path() : root / list;
            const Benchmark both = readBenchmark("lfw", root, options, task);
            const std::vector<std::uint8_t> &genuine = both.splits.front().pairs.genuine;
            QCOMPARE(genuine.size(), std::size_t{40});
            for (std::size_t i = 0; i < genuine.size(); ++i)
                QCOMPARE(genuine[i], static_cast<std::uint8_t>(i % 4 < 2 ? 1 : 0));
            QVERIFY2(contains(both.warnings, "are read from"), joined(both.warnings).c_str());
        }
    }

    /// What would make a table of zeros or of a hundred per cent is refused before any picture is looked at.
    void refusesPairsOfOneKind()
    {
        Task task;
        const auto refused = [&](const char *word, const fs::path &root, const std::string &said) {
            const std::string message = refusal([&] { readBenchmark(word, root, {}, task); });
            QVERIFY2(message.find(said) != std::string::npos, message.c_str());
        };
        const fs::path faces = lfw();
        put(faces / "pairs.txt", "Ann 1 2\nBob 1 3\n");
        refused("lfw", faces, "2 genuine pairs and 0 impostor pairs");
        put(faces / "pairs.txt", "Ann 1 Bob 1\n");
        refused("lfw", faces, "0 genuine pairs and 1 impostor pair;");
        put(faces / "pairs.txt", "Ann 1 1\nAnn 1 Bob 1\nBob 1 Ann 1\n"); // with itself, and listed again
        refused("lfw", faces, "0 genuine pairs and 1 impostor pair;");
        const fs::path videos = ytf();
        put(videos / "splits.txt", "1, 1, Ann_A/0, Ann_A/2, 1\n2, 3, Bob/1, Bob/5, 1\n");
        refused("ytf", videos, "2 genuine pairs and 0 impostor pairs");
        const fs::path ijb = ijbc();
        put(ijb / "meta" / "ijbc_template_pair_label.txt", "5 2 0\n2 9 0\n5 9 1\n9 5 0\n"); // genuine and impostor: neither counts
        refused("ijbc", ijb, "0 genuine pairs and 2 impostor pairs");
        const fs::path clips = iqiyi();
        put(clips / "pairs.txt", "a/clip1 clip3 0\n");
        refused("iqiyi", clips, "0 genuine pairs and 1 impostor pair;");
        const fs::path splits = ijba();
        put(splits / "IJB-A_11_sets" / "split2" / "verify_comparisons_2.csv", "10,11\n");
        refused("ijba", splits, "split 2 has 1 genuine pair and 0 impostor pairs");
    }

    /// Lists as other programs leave them, and pictures whose names end otherwise.
    void readsListsOfOtherForms()
    {
        Task task;
        const fs::path root = lfw();
        const Benchmark plain = readBenchmark("lfw", root, {}, task);
        const auto same = [&](const Benchmark &other) {
            return other.splits.front().pairs.a == plain.splits.front().pairs.a && other.splits.front().pairs.b == plain.splits.front().pairs.b
                && other.splits.front().pairs.genuine == plain.splits.front().pairs.genuine;
        };
        put(root / "pairs.txt", "\xEF\xBB\xBF" "2 1\r\n\r\nAnn 1.0 2.0\r\nAnn 1 Bob 1\r\n  \r\nBob\t1\t3\r\nAnn 2 Cid 1");
        QVERIFY(same(readBenchmark("lfw", root, {}, task)));
        fs::rename(root / "lfw" / "Ann" / "Ann_0001.jpg", root / "lfw" / "Ann" / "Ann_0001.JPG");
        fs::rename(root / "lfw" / "Cid" / "Cid_0001.jpg", root / "lfw" / "Cid" / "Cid_0001.png");
        const Benchmark other = readBenchmark("lfw", root, {}, task);
        QVERIFY(same(other));
        QCOMPARE(other.pictures.front().file, root / "lfw" / "Ann" / "Ann_0001.JPG");
        QCOMPARE(other.pictures.back().file, root / "lfw" / "Cid" / "Cid_0001.png");
        // "path path label" with either kind of slash.
        put(root / "pairs.txt", "lfw/Ann/Ann_0001.jpg lfw/Ann/Ann_0002.jpg 1\nlfw\\Ann\\Ann_0001.jpg lfw\\Bob\\Bob_0001.jpg 0\n");
        const Benchmark paths = readBenchmark("lfw", root, {}, task);
        QCOMPARE(paths.splits.front().pairs.genuine, (std::vector<std::uint8_t>{1, 0}));
        QCOMPARE(paths.splits.front().pairs.a, (std::vector<std::uint32_t>{0, 0}));
        QCOMPARE(paths.pictures.front().file, root / "lfw/Ann/Ann_0001.JPG");
        put(root / "pairs.txt", "../x.jpg lfw/Ann/Ann_0002.jpg 1\n");
        QVERIFY(refusal([&] { readBenchmark("lfw", root, {}, task); }).find("outside") != std::string::npos);
        put(root / "pairs.txt", "lfw/Ann/Ann_0001.jpg lfw/Ann/Ann_0002.jpg 2\n");
        QVERIFY(refusal([&] { readBenchmark("lfw", root, {}, task); }).find("'2' is no label") != std::string::npos);

        const fs::path videos = ytf();
        const Benchmark first = readBenchmark("ytf", videos, {}, task);
        put(videos / "splits.txt", "Ann_A\\0 Ann_A\\2 1\nAnn_A/0\tBob/1\t0\nBob/1 Bob/5 1.0\n");
        const Benchmark second = readBenchmark("ytf", videos, {}, task);
        QCOMPARE(second.splits.front().pairs.genuine, first.splits.front().pairs.genuine);
        QCOMPARE(second.splits.front().pairs.b, first.splits.front().pairs.b);

        const fs::path ijb = ijbc();
        const Benchmark whole = readBenchmark("ijbc", ijb, {}, task);
        put(ijb / "meta" / "ijbc_template_pair_label.txt", "5.0 2.0 1.0\n2.000e+00 9.000e+00 0.000e+00\n9.0\t77.0\t0.0\n");
        const Benchmark floating = readBenchmark("ijbc", ijb, {}, task);
        QCOMPARE(floating.splits.front().pairs.genuine, whole.splits.front().pairs.genuine);
        QCOMPARE(floating.splits.front().pairs.a, whole.splits.front().pairs.a);
        // A list of which nothing can be read is no benchmark with zeros.
        put(ijb / "meta" / "ijbc_template_pair_label.txt", "5;2;1\n");
        QVERIFY(refusal([&] { readBenchmark("ijbc", ijb, {}, task); }).find("names no pair") != std::string::npos);
    }

    /// Lists of paths name pictures from the root, from the folder of pictures, wholly, and without an ending; one picture by two names is one.
    void findsListedPaths()
    {
        Task task;
        const fs::path root = lfw();
        put(root / "lfw" / "Bob" / "Bob_0003.jpg");
        const auto list = [&](const std::string &before, const std::string &ending) {
            std::string text;
            for (const char *line : {"Ann/Ann_0001 Ann/Ann_0002 1", "Ann/Ann_0001 Bob/Bob_0001 0", "Bob/Bob_0001 Bob/Bob_0003 1", "Ann/Ann_0002 Cid/Cid_0001 0"}) {
                const QStringList words = QString::fromLatin1(line).split(QLatin1Char(' '));
                text += before + words[0].toStdString() + ending + ' ' + before + words[1].toStdString() + ending + ' ' + words[2].toStdString() + '\n';
            }
            return text;
        };
        put(root / "pairs.txt", list("lfw/", ".jpg"));
        const Benchmark plain = readBenchmark("lfw", root, {}, task);
        QCOMPARE(plain.pictures.size(), std::size_t{5});
        QCOMPARE(plain.pictures.front().file, root / "lfw/Ann/Ann_0001.jpg");
        for (const std::string &text : {list("", ".jpg"), list("", ".png"), list("lfw/", ""), list(root.string() + "/lfw/", ".jpg"), list("../" + root.filename().string() + "/lfw/", ".jpg"),
                                        list(root.filename().string() + "/lfw/", ".jpg")}) {
            put(root / "pairs.txt", text);
            const Benchmark other = readBenchmark("lfw", root, {}, task);
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
        QVERIFY(fs::equivalent(readBenchmark("lfw", root, beside, task).pictures.back().file, plain.pictures.back().file));
        // Given the folder of pictures.
        BenchmarkOptions options;
        options.pictures = root / "lfw";
        put(root / "pairs.txt", list("", ".jpg"));
        QVERIFY(fs::equivalent(readBenchmark("lfw", root, options, task).pictures.back().file, plain.pictures.back().file));
        // Again by other names: the same pairs, and a picture with itself.
        put(root / "pairs.txt", list("lfw/", ".jpg") + list("./lfw//", ".jpg") + list("", ".png") + "lfw/Ann/Ann_0001.jpg ./lfw/Ann/Ann_0001 1\n");
        const Benchmark again = readBenchmark("lfw", root, {}, task);
        QCOMPARE(again.splits.front().pairs.genuine, plain.splits.front().pairs.genuine);
        QVERIFY2(contains(again.warnings, "8 pairs that were listed before were left out"), joined(again.warnings).c_str());
        QVERIFY2(contains(again.warnings, "1 pair of a template with itself was left out"), joined(again.warnings).c_str());
    }

    /// Files' names alone, where there is a folder a person.
    void findsFileNames()
    {
        Task task;
        const fs::path root = lfw();
        put(root / "pairs.txt", "Ann_0001.jpg Ann_0002.jpg 1\nAnn_0001.jpg Bob_0001.png 0\nAnn_0002.jpg cid_0001.JPG 0\n");
        put(root / "lfw" / "Cid" / "notes.txt");
        std::string why = refusal([&] { readBenchmark("lfw", root, {}, task); });
        QVERIFY2(why.empty(), why.c_str());
        put(root / "pairs.txt", "Ann_0001.jpg Ann_0002.jpg 1\nAnn_0001.jpg Bob_0001.png 0\nAnn_0002.jpg Cid_0001 0\n");
        const Benchmark set = readBenchmark("lfw", root, {}, task);
        QCOMPARE(set.pictures.size(), std::size_t{4});
        QCOMPARE(set.pictures[0].file, root / "lfw" / "Ann" / "Ann_0001.jpg");
        QCOMPARE(set.pictures[2].file, root / "lfw" / "Bob" / "Bob_0001.jpg");
        QCOMPARE(set.pictures[3].file, root / "lfw" / "Cid" / "Cid_0001.jpg");
        QVERIFY2(contains(set.warnings, "names pictures by their files alone; 6 were found in the folder that holds a file of that name"), joined(set.warnings).c_str());
        // One that two people have is not guessed.
        put(root / "lfw" / "Dan" / "Bob_0001.jpg");
        why = refusal([&] { readBenchmark("lfw", root, {}, task); });
        VERIFY_SAYS(why, "pairs.txt:2: names the picture Bob_0001.png, which is the name of several pictures (Bob/Bob_0001.jpg, Dan/Bob_0001.jpg ...)");
    }

    /// Names that differ in capitals alone, in each form of list.
    void findsOtherCapitals()
    {
        Task task;
        const fs::path root = lfw();
        const Benchmark plain = readBenchmark("lfw", root, {}, task);
        for (const char *text : {"lfw/ann/ann_0001.jpg LFW/Ann/Ann_0002.jpg 1\nAnn/ann_0001.jpg Bob/Bob_0001.jpg 0\n", "Ann 1 2\nann 1 Bob 1\n"}) {
            put(root / "pairs.txt", text);
            const Benchmark set = readBenchmark("lfw", root, {}, task);
            QCOMPARE(set.pictures.size(), std::size_t{3});
            for (std::size_t i = 0; i < 3; ++i)
                QVERIFY2(fs::equivalent(set.pictures[i].file, plain.pictures[i].file), set.pictures[i].file.string().c_str());
            QVERIFY2(contains(set.warnings, "differ in capitals from") || contains(set.warnings, "differs in capitals from"), joined(set.warnings).c_str());
        }
        put(root / "lfw" / "Bob" / "bob_0001.jpg");
        put(root / "pairs.txt", "Ann/Ann_0001.jpg Ann/Ann_0002.jpg 1\nAnn/Ann_0001.jpg Bob/BOB_0001.jpg 0\n");
        const std::string why = refusal([&] { readBenchmark("lfw", root, {}, task); });
        VERIFY_SAYS(why, "pairs.txt:2: names the picture Bob/BOB_0001.jpg, which is not there, and Bob/Bob_0001.jpg and Bob/bob_0001.jpg both differ from it in capitals alone");
    }

    /// A picture and a link to it are one.
    void knowsLinks()
    {
        Task task;
        const fs::path root = lfw();
        fs::create_symlink("Ann_0001.jpg", root / "lfw" / "Ann" / "Ann_0003.jpg");
        fs::create_hard_link(root / "lfw" / "Bob" / "Bob_0001.jpg", root / "lfw" / "Bob" / "Bob_0007.jpg");
        put(root / "pairs.txt", "Ann 1 2\nAnn 3 2\nAnn 1 3\nAnn 1 Bob 1\nAnn 3 Bob 7\n");
        const Benchmark set = readBenchmark("lfw", root, {}, task);
        QCOMPARE(set.pictures.size(), std::size_t{3});
        QCOMPARE(set.splits.front().pairs.genuine, (std::vector<std::uint8_t>{1, 0}));
        QVERIFY2(contains(set.warnings, "2 pairs that were listed before were left out"), joined(set.warnings).c_str());
        QVERIFY2(contains(set.warnings, "1 pair of a template with itself was left out"), joined(set.warnings).c_str());
    }

    /// Subjects, templates and media written as programs do that know floating point alone.
    void readsIdsOfFloats()
    {
        Task task;
        const fs::path root = ijbc();
        fs::remove(root / "meta" / "ijbc_1N_gallery_G2.csv");
        const fs::path probes = root / "meta" / "ijbc_1N_probe_mixed.csv";
        const fs::path gallery = root / "meta" / "ijbc_1N_gallery_G1.csv";
        put(probes, "TEMPLATE_ID,SUBJECT_ID\n2,1\n9,2\n");
        put(gallery, "TEMPLATE_ID,SUBJECT_ID\n5.0,1.0\n88.0,2.0\n");
        const Benchmark set = readBenchmark("ijbc", root, {}, task);
        QCOMPARE(std::set<std::string>(set.subjectNames.begin(), set.subjectNames.end()), (std::set<std::string>{"1", "2"}));
        QCOMPARE(idText("12.0"), std::string_view("12"));
        QCOMPARE(idText("-3.00"), std::string_view("-3"));
        for (const char *other : {"", ".0", "-.0", "1.5", "a1.0", "1e5", "1.0.0", "007", "1.0 "})
            QCOMPARE(idText(other), std::string_view(other));
        QCOMPARE(idText("007.0"), std::string_view("007"));

        const fs::path clips = iqiyi();
        BenchmarkOptions options;
        options.identities = clips / "ids.csv";
        put(clips / "filelist.txt", "7\n8\n9\n");
        for (const char *file : {"7/1.jpg", "8/1.jpg", "9/1.jpg"})
            put(clips / file);
        put(clips / "ids.csv", "clip,identity\n7.0,1.0\n8.0,1\n9,2.0\n");
        const Benchmark videos = readBenchmark("iqiyi", clips, options, task);
        QCOMPARE(videos.subjects, (std::vector<std::int32_t>{0, 0, 1}));

        const fs::path splits = ijba();
        const Benchmark plain = readBenchmark("ijba", splits, {}, task);
        // One list of the four in floats: it names the same templates, subjects and media as the others.
        const fs::path list = splits / "IJB-A_1N_sets" / "split1" / "search_probe_1.csv";
        QByteArray text = QByteArray::fromStdString(readText(list));
        text.replace("11,7,", "11.0,7.0,").replace("12,8,", "12.0,8.0,").replace(",52,", ",52.0,");
        QVERIFY(text.contains("11.0,7.0,img/3.jpg,52.0,"));
        put(list, text.toStdString());
        const Benchmark floats = readBenchmark("ijba", splits, {}, task);
        QCOMPARE(floats.ids, plain.ids);
        QCOMPARE(floats.media, plain.media);
        QCOMPARE(floats.subjectNames, plain.subjectNames);
    }

    /// Pairs that would move a figure without telling anything about the faces are left out, and named.
    void tidiesPairs()
    {
        Task task;
        const fs::path root = lfw();
        put(root / "pairs.txt", "Ann 1 2\nAnn 1 Bob 1\nAnn 1 1\nAnn 2 1\nBob 1 Ann 1\nAnn 2 Cid 1\nBob 1 3\n");
        const Benchmark set = readBenchmark("lfw", root, {}, task);
        QCOMPARE(set.splits.front().pairs.genuine, (std::vector<std::uint8_t>{1, 0, 0, 1}));
        QVERIFY2(contains(set.warnings, "1 pair of a template with itself was left out: Ann/Ann_0001.jpg and"), joined(set.warnings).c_str());
        QVERIFY2(contains(set.warnings, "2 pairs that were listed before were left out"), joined(set.warnings).c_str());

        const fs::path ijb = ijbc();
        put(ijb / "meta" / "ijbc_template_pair_label.txt", "5 2 1\n2 9 0\n9 2 1\n9 77 0\n5 5 1\n88 9 0\n");
        const Benchmark other = readBenchmark("ijbc", ijb, {}, task);
        QCOMPARE(other.splits.front().pairs.genuine, (std::vector<std::uint8_t>{1, 0, 0}));
        QVERIFY2(contains(other.warnings, "2 lines of pairs that are listed as genuine and as impostors were left out"), joined(other.warnings).c_str());
        QVERIFY2(contains(other.warnings, "template with itself"), joined(other.warnings).c_str());
        QVERIFY2(contains(other.warnings, "1 pair is labelled otherwise than the subjects"), joined(other.warnings).c_str()); // 88 and 9 are s2
    }

    void readsYtf()
    {
        Task task;
        const fs::path root = ytf();
        const Benchmark set = readBenchmark("ytf", root, {}, task);
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
        QCOMPARE(namesOf(readBenchmark("ytf", root, options, task), 0), (std::vector<std::string>{"0.1.jpg", "0.10.jpg"}));
        put(root / "splits.txt", "1, 1, Ann_A/0, Ann_A/2, 1\n1, 1, Ann_A/0/../.., Ann_A/2, 1\n");
        QVERIFY(refusal([&] { readBenchmark("ytf", root, {}, task); }).find("splits.txt:2:") != std::string::npos);
    }

    /// A list of frames says which there are and in what order; nothing is looked for on the disk.
    void readsYtfByAList()
    {
        Task task;
        const fs::path root = fresh();
        put(root / "splits.txt", "1, 1, Ann/0, Ann/2, 1\n1, 2, Ann/0, Bob/1, 0\n2, 3, Bob/1, Bob/5, 1\n");
        put(root / "filelist.txt",
            "Bob/1/1.1.jpg\nAnn/0/0.2.jpg\n  Bob/1/1.2.jpg\r\nAnn/0/0 1.jpg\nCid/0/0.1.jpg\nAnn/2/2.7.jpg\nBob/1\n../Bob/1/1.3.jpg\nBob/1/2/3.jpg\n"
            "Bob//1.4.jpg\nAnn/0/0.2.jpg\nBob/1/notes.txt\n");
        const Benchmark set = readBenchmark("ytf", root, {}, task);
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
        const Benchmark boxed = readBenchmark("ytf", root, {}, task);
        QVERIFY(*boxed.pictures[1].box == (Box{80, 70, 40, 20}));
        QVERIFY(!boxed.pictures[0].box.has_value());
        QCOMPARE(boxed.pictures[1].file, root / "frame_images_DB" / "Ann" / "0" / "0.2.jpg");
        QCOMPARE(std::count_if(boxed.warnings.begin(), boxed.warnings.end(), [](const std::string &line) { return line.find("has no box") != line.npos; }),
                 std::ptrdiff_t{1});
        BenchmarkOptions options;
        options.everyNth = 2;
        QCOMPARE(namesOf(readBenchmark("ytf", root, options, task), 1), (std::vector<std::string>{"0.2.jpg"}));
        put(root / "filelist.txt", "Bob\n");
        QVERIFY(refusal([&] { readBenchmark("ytf", root, {}, task); }).find("filelist.txt: names no frame.") != std::string::npos);
    }

    /// What is written is what a list must look like to give the same pictures in the same order.
    void listsPictures()
    {
        Task task;
        const fs::path root = ytf();
        const Benchmark found = readBenchmark("ytf", root, {}, task);
        const fs::path list = root / "filelist.txt";
        writePictureList(found, list, task);
        QCOMPARE(readText(list), std::string("Ann_A/0/0.1.jpg\nAnn_A/0/0.2.jpg\nAnn_A/0/0.10.jpg\nAnn_A/2/2.7.jpg\nBob/1/1.1.jpg\n"));
        const Benchmark listed = readBenchmark("ytf", root, {}, task);
        QCOMPARE(listed.begin, found.begin);
        QCOMPARE(listed.subjects, found.subjects);
        QCOMPARE(listed.splits.front().pairs.a, found.splits.front().pairs.a);
        for (std::size_t i = 0; i < found.pictures.size(); ++i) {
            QCOMPARE(listed.pictures[i].file, found.pictures[i].file);
            QCOMPARE(listed.pictures[i].box.has_value(), found.pictures[i].box.has_value());
        }
        const fs::path out = fresh();
        writePictureList(readBenchmark("lfw", lfw(), {}, task), out, task);
        QCOMPARE(readText(out), std::string("Ann/Ann_0001.jpg\nAnn/Ann_0002.jpg\nBob/Bob_0001.jpg\nBob/Bob_0003.jpg\nCid/Cid_0001.jpg\n"));
        writePictureList(readBenchmark("ijbc", ijbc(), {}, task), out, task);
        QCOMPARE(readText(out), std::string("1.jpg\n2.jpg\n3.jpg\n4.jpg\n"));
        writePictureList(readBenchmark("ijba", ijba(), {}, task), out, task);
        QCOMPARE(readText(out), std::string("img/1.jpg\nframe/2_3.png\nimg/3.jpg\nimg/3.jpg\nimg/9.jpg\n"));
        BenchmarkOptions options;
        const fs::path clips = iqiyi();
        options.identities = clips / "my.csv";
        writePictureList(readBenchmark("iqiyi", clips, options, task), out, task);
        QCOMPARE(readText(out), std::string("a/clip1/1.jpg\na/clip1/2.jpg\na/clip2/1.jpg\nclip3/9.png\n"));
        Benchmark odd = found;
        odd.pictures[1].file = root / "frame_images_DB" / "two\nlines.jpg";
        QVERIFY(refusal([&] { writePictureList(odd, out, task); }).find("line break") != std::string::npos);
        task.cancel();
        QVERIFY_EXCEPTION_THROWN(writePictureList(found, out, task), Cancelled);
    }

    /// The published list: 5,000 pairs of 250 + 250 a split, of videos whose folders we do not have.
    void readsThePublishedSplits()
    {
        DSCOPE_NEED(sharedDir() / "meta" / "ytf" / "splits.txt");
        const fs::path root = fresh();
        put(root / "aligned_images_DB" / "Sadie_Frost" / "1" / "a.jpg");
        BenchmarkOptions options;
        options.pairs = sharedDir() / "meta" / "ytf" / "splits.txt";
        Task task;
        const Benchmark set = readBenchmark("ytf", root, options, task);
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

    void readsIqiyi()
    {
        Task task;
        const fs::path root = iqiyi();
        QVERIFY_EXCEPTION_THROWN(readBenchmark("iqiyi", root, {}, task), UsageError);
        BenchmarkOptions options;
        options.identities = root / "my.csv";
        const Benchmark set = readBenchmark("iqiyi", root, options, task);
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
        const Benchmark paired = readBenchmark("iqiyi", root, options, task);
        QCOMPARE(paired.splits.front().pairs.size(), std::int64_t{3});
        QCOMPARE(paired.templates(), std::int64_t{5}); // the unknown one has no face
        QVERIFY(contains(paired.warnings, "names the clip clip7"));
        QVERIFY(contains(paired.warnings, "my.txt:4:"));
    }

    /// Frames of several clips in turn: pictures in the order of the lines, clips in that of their first ones.
    void readsIqiyiByFrames()
    {
        Task task;
        const fs::path root = iqiyi();
        put(root / "filelist.txt", "clip3/2.png\na/clip1/9.jpg\na/clip2\nclip3/1.png\na/clip1\na/clip1/8.jpg\n1.jpg\n");
        BenchmarkOptions options;
        options.identities = root / "my.csv";
        const Benchmark set = readBenchmark("iqiyi", root, options, task);
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

    void readsIjba()
    {
        Task task;
        const fs::path root = ijba();
        const Benchmark set = readBenchmark("ijba", root, {}, task);
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
        Task task;
        const fs::path root = ijbc();
        const Benchmark set = readBenchmark("ijbc", root, {}, task);
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
        const Benchmark bare = readBenchmark("ijbc", root, {}, task);
        QCOMPARE(bare.subjects, (std::vector<std::int32_t>{0, 0, -1, -1}));
        QCOMPARE(bare.subjectNames.front(), std::string("subject-of-2"));
    }

    void arrangesEmbeddings()
    {
        Task task;
        const fs::path root = ijbc();
        const Benchmark set = readBenchmark("ijbc", root, {}, task);
        writeNpy(root / "e.npy", {4, 2}, {1, 2, 3, 4, 5, 6, 7, 8});
        put(root / "d.txt", "2.jpg 5 101 0.25\n1.jpg 5 100 0.5\nloose_crop/3.jpg 2 102 0.75\n4.jpg 9 103 x\n6.jpg 9 103 0.5\n");
        std::vector<std::string> warnings;
        const TemplateFeatures arranged = arrangeEmbeddings(set, root / "e.npy", root / "d.txt", warnings, task);
        QCOMPARE(arranged.features, (std::vector<float>{5, 6, 1, 2, 3, 4})); // by template; 4.jpg has no score
        QCOMPARE(arranged.dScores, (std::vector<float>{0.75F, 0.5F, 0.25F}));
        QCOMPARE(arranged.begin, (std::vector<std::int64_t>{0, 1, 3, 3, 3, 3}));
        QCOMPARE(arranged.names[0].substr(arranged.names[0].size() - 5), std::string("3.jpg"));
        QVERIFY(arranged.detector.empty()); // one picture has none
        QVERIFY(contains(warnings, "1 of 4 pictures has no score"));
        QVERIFY(contains(warnings, "1 lines name a picture"));
        QVERIFY(contains(warnings, "d.txt:4:"));
        warnings.clear();
        const TemplateFeatures bare = arrangeEmbeddings(set, root / "e.npy", {}, warnings, task);
        QVERIFY(contains(warnings, "stand in for them"));
        QCOMPARE(bare.dScores, (std::vector<float>{0.9F, 0.8F, 0.7F}));
        // Rows that are no numbers are named.
        warnings.clear();
        writeNpy(root / "e.npy", {4, 2}, {1, NAN, 3, 4, 5, INFINITY, 7, 8});
        arrangeEmbeddings(set, root / "e.npy", {}, warnings, task);
        QVERIFY2(contains(warnings, "row 0 (1.jpg)"), joined(warnings).c_str());
        warnings.clear();
        writeNpy(root / "e.npy", {4, 2}, {1, 2, 0, 0, 5, 6, 7, 8});
        QCOMPARE(arrangeEmbeddings(set, root / "e.npy", {}, warnings, task).features, (std::vector<float>{1, 2, 7, 8}));
        QVERIFY2(contains(warnings, "all zeros") && contains(warnings, "row 1 (2.jpg)"), joined(warnings).c_str());
        warnings.clear();
        writeNpy(root / "e.npy", {4, 1, 2}, {1, 2, 3, 4, 5, 6, 7, 8});
        QCOMPARE(arrangeEmbeddings(set, root / "e.npy", {}, warnings, task).features, bare.features);
        QVERIFY2(contains(warnings, "shape (4, 1, 2)"), joined(warnings).c_str());
        writeNpy(root / "e.npy", {4, 1}, {1, 2, 3, 4});
        QVERIFY(refusal([&] { arrangeEmbeddings(set, root / "e.npy", {}, warnings, task); }).find("one value") != std::string::npos);
        writeNpy(root / "e.npy", {3, 2}, {1, 2, 3, 4, 5, 6});
        QVERIFY_EXCEPTION_THROWN(arrangeEmbeddings(set, root / "e.npy", {}, warnings, task), FileError);
    }

    /// Numbers of float64 that float32 cannot hold keep their directions and the ratios of their lengths.
    void arrangesEmbeddingsBeyondFloat32()
    {
        Task task;
        const fs::path root = ijbc();
        const Benchmark set = readBenchmark("ijbc", root, {}, task);
        const auto write = [&](const std::vector<double> &values) {
            std::string header = "{'descr': '<f8', 'fortran_order': False, 'shape': (4, 2), }\n";
            put(root / "e.npy", std::string("\x93NUMPY\x01\0", 8) + static_cast<char>(header.size()) + '\0' + header
                    + std::string(reinterpret_cast<const char *>(values.data()), values.size() * sizeof(double)));
        };
        std::vector<std::string> warnings;
        const auto read = [&] {
            warnings.clear();
            return arrangeEmbeddings(set, root / "e.npy", {}, warnings, task).features;
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
        QVERIFY2(contains(warnings, "1 of 4 embeddings is all zeros or too small for float32 (down to 8e-60; make all rows unit vectors first)"), joined(warnings).c_str());
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
        Task task;
        const fs::path root = fresh();
        put(root / "splits.txt", "1, 1, Ann/0, Ann/2, 1\n1, 2, Ann/0, Bob/0, 0\n");
        put(root / "filelist.txt", "Ann/0/0.1.jpg\nBob/0/0.1.jpg\nAnn/0/0.2.jpg\nAnn/2/0.1.jpg\n");
        const Benchmark set = readBenchmark("ytf", root, {}, task);
        writeNpy(root / "e.npy", {4, 2}, {1, 2, 3, 4, 5, 6, 7, 8});
        std::vector<std::string> warnings;
        const auto arranged = [&](const char *scores) {
            warnings.clear();
            put(root / "d.txt", scores);
            return arrangeEmbeddings(set, root / "e.npy", root / "d.txt", warnings, task);
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
        all = arrangeEmbeddings(set, root / "e.npy", {}, warnings, task);
        QCOMPARE(all.dScores, std::vector<float>(4, 1));
        QVERIFY(contains(warnings, "every picture counts as 1"));
        // Rows that do not fit: the file, both counts, and which order is meant.
        writeNpy(root / "e.npy", {3, 2}, {1, 2, 3, 4, 5, 6});
        const std::string fewer = refusal([&] { arrangeEmbeddings(set, root / "e.npy", {}, warnings, task); });
        QVERIFY2(fewer.find("e.npy: has 3 rows; YTF lists 4 pictures") != std::string::npos, fewer.c_str());
        QVERIFY(fewer.find("the lines of " + (root / "filelist.txt").string()) != std::string::npos);
        put(root / "filelist.txt", "Ann/0/0.1.jpg\nBob\nAnn/0/0.2.jpg\n");
        const Benchmark malformed = readBenchmark("ytf", root, {}, task);
        QVERIFY(refusal([&] { arrangeEmbeddings(malformed, root / "e.npy", {}, warnings, task); }).find("filelist.txt:2: is no frame") != std::string::npos);
        // Only a set of dscope synth brings features along.
        put(root / "embeddings.npy");
        QVERIFY(madeFeatures(set, root).embeddings.empty());
        // LFW, too: one row a picture in the order in which pairs.txt names them.
        const Benchmark faces = readBenchmark("lfw", lfw(), {}, task);
        const std::vector<float> rows{1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
        writeNpy(root / "e.npy", {5, 2}, rows);
        QCOMPARE(arrangeEmbeddings(faces, root / "e.npy", {}, warnings, task).features, rows);
    }

    void arrangesAStore()
    {
        Task task;
        const fs::path root = ijba();
        const Benchmark set = readBenchmark("ijba", root, {}, task);
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
        const TemplateFeatures arranged = arrange(set, FeatureStore(root / "s.dfeat"), warnings, task);
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
        const EvaluationRun run = evaluateBenchmark(set, arranged, {methodNamed("average")}, options, {}, warnings, task).front();
        QCOMPARE(run.benchmark, std::string("IJB-A"));
        QCOMPARE(run.splits.size(), std::size_t{2});
        QCOMPARE(run.genuine, std::int64_t{2});
        QCOMPARE(run.strictDeviation.size(), std::size_t{3});
        QCOMPARE(run.search->galleries.size(), std::size_t{2});
        QVERIFY(evaluationTable({run}).find("paper, Table 3: DDL | 98.44 ± 0.3") != std::string::npos);
        // Probes of which none is non-mated cannot be searched; the 1:1 figures stay.
        Benchmark unsearchable = set;
        unsearchable.splits[1].search.probes.pop_back();
        const EvaluationRun left = evaluateBenchmark(unsearchable, arranged, {methodNamed("average")}, options, {}, {}, task).front();
        QVERIFY(!left.search.has_value());
        QVERIFY(contains(left.warnings, "split 2: There is no search: "));
        QCOMPARE(left.strict[0].tar, run.strict[0].tar);
        Benchmark other = set;
        other.pictures.pop_back();
        QVERIFY_EXCEPTION_THROWN(arrange(other, FeatureStore(root / "s.dfeat"), warnings, task), Error);
    }

    void drawsPairs()
    {
        Benchmark set;
        BenchmarkBuilder builder(set);
        for (int p = 0; p < 30; ++p)
            for (int t = 0; t < 3; ++t)
                builder.addTemplate(p * 3 + t, builder.subject("p" + std::to_string(p)));
        builder.addTemplate(1000, -1);
        Task task;
        const TemplatePairs all = pairsOfSubjects(set, 1'000'000, 1, task);
        QCOMPARE(all.size(), std::int64_t{90 * 89 / 2});
        QCOMPARE(all.genuineCount(), std::int64_t{90});
        const TemplatePairs some = pairsOfSubjects(set, 500, 1, task);
        QCOMPARE(some.genuineCount(), std::int64_t{90});
        QCOMPARE(some.size(), std::int64_t{590});
        std::set<std::pair<std::uint32_t, std::uint32_t>> once;
        for (std::size_t i = 0; i < some.a.size(); ++i) {
            QVERIFY(some.a[i] < some.b[i] && some.b[i] < 90);
            QVERIFY(once.emplace(some.a[i], some.b[i]).second);
        }
        QCOMPARE(pairsOfSubjects(set, 500, 1, task).a, some.a);
        QVERIFY(pairsOfSubjects(set, 500, 2, task).a != some.a);
    }

    void readsLabelledTemplates()
    {
        const fs::path root = fresh();
        for (const char *file : {"ann/t1/1.jpg", "ann/t1/2.jpg", "ann/t2/1.jpg", "bob/t1/1.jpg"})
            put(root / file);
        Task task;
        const Benchmark set = readBenchmark("templates", root, {}, task);
        QCOMPARE(set.templates(), std::int64_t{3});
        QCOMPARE(set.splits.front().pairs.size(), std::int64_t{3});
        QCOMPARE(set.splits.front().pairs.genuineCount(), std::int64_t{1});
        const fs::path flat = fresh();
        put(flat / "ann" / "1.jpg");
        put(flat / "bob" / "1.jpg");
        QVERIFY(refusal([&] { readBenchmark("templates", flat, {}, task); }).find("person/template/picture.jpg") != std::string::npos);
    }

    /// Meta files with bytes changed, cut, or put in: an answer or an Error, never anything else.
    void survivesHostileFiles()
    {
        struct Case {
            const char *word;
            fs::path root;
            std::vector<fs::path> files;
        };
        const fs::path i = iqiyi();
        put(i / "identities.csv", readText(i / "my.csv"));
        const fs::path y = ytf();
        put(y / "filelist.txt", "Ann_A/0/0.1.jpg\nAnn_A/2/2.7.jpg\nBob/1/1.1.jpg\n");
        const std::vector<Case> cases{{"lfw", lfw(), {"pairs.txt"}},
                                      {"ytf", ytf(), {"splits.txt", "frame_images_DB/Ann_A.labeled_faces.txt"}},
                                      {"ytf", y, {"filelist.txt", "splits.txt"}},
                                      {"iqiyi", i, {"filelist.txt", "identities.csv"}},
                                      {"ijba", ijba(), {"IJB-A_11_sets/split1/verify_metadata_1.csv", "IJB-A_11_sets/split1/verify_comparisons_1.csv"}},
                                      {"ijbc", ijbc(), {"meta/ijbc_face_tid_mid.txt", "meta/ijbc_template_pair_label.txt", "meta/ijbc_1N_probe_mixed.csv"}}};
        Random random(17);
        int refused = 0;
        int read = 0;
        for (const Case &one : cases)
            for (const fs::path &file : one.files) {
                const std::string good = readText(one.root / file);
                for (int round = 0; round < 100; ++round) {
                    std::string bad = good;
                    for (std::uint64_t n = 0; n <= random.below(6); ++n) {
                        const std::size_t at = random.below(bad.size() + 1);
                        switch (random.below(4)) {
                        case 0: bad.insert(at, 1, static_cast<char>(random.below(256))); break;
                        case 1: bad.insert(at, std::string(random.below(3) == 0 ? 70000 : 20, "9,-\"\n \t/"[random.below(8)])); break;
                        case 2: bad.resize(std::max<std::size_t>(1, at)); break;
                        default: bad[std::min(at, bad.size() - 1)] = static_cast<char>(random.below(256)); break;
                        }
                    }
                    put(one.root / file, bad);
                    Task task;
                    try {
                        const Benchmark set = readBenchmark(one.word, one.root, {}, task);
                        ++read;
                        QCOMPARE(set.begin.back(), static_cast<std::int64_t>(set.faces.size()));
                        QCOMPARE(set.ids.size(), set.subjects.size());
                        for (const std::uint32_t picture : set.faces)
                            QVERIFY(picture < set.pictures.size());
                        for (const BenchmarkSplit &split : set.splits)
                            for (std::size_t p = 0; p < split.pairs.a.size(); ++p)
                                QVERIFY(split.pairs.a[p] < set.ids.size() && split.pairs.b[p] < set.ids.size());
                        for (const ImageItem &item : set.pictures)
                            QVERIFY(item.file.string().find("/../") == std::string::npos);
                    } catch (const Error &) {
                        ++refused;
                    }
                }
                put(one.root / file, good);
            }
        QVERIFY(read > 100 && refused > 100);
    }
};

DSCOPE_TEST(TestBenchmark)
#include "tst_benchmark.moc"
