// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/media/madebenchmarks.h"
#include "tests/support/says.h"
#include "tests/support/support.h"

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/lines.h"
#include "core/base/random.h"
#include "core/datasets/benchmark.h"

#include <algorithm>
#include <filesystem>
#include <set>

using namespace dscope;
using namespace dscope::test;
namespace fs = std::filesystem;

/// What holds for the benchmarks alike.
class TestBenchmark : public QObject, private MadeBenchmarks {
    Q_OBJECT

private Q_SLOTS:
    /// What would make a table of zeros or of a hundred per cent is refused before any picture is looked at.
    void refusesPairsOfOneKind()
    {
        Progress progress;
        const auto refused = [&](const char *word, const fs::path &root, const std::string &said) {
            const std::string message = refusal([&] { readBenchmark(word, root, {}, progress); });
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
        Progress progress;
        const fs::path root = lfw();
        const Benchmark plain = readBenchmark("lfw", root, {}, progress);
        const auto same = [&](const Benchmark &other) {
            return other.splits.front().pairs.a == plain.splits.front().pairs.a && other.splits.front().pairs.b == plain.splits.front().pairs.b
                && other.splits.front().pairs.genuine == plain.splits.front().pairs.genuine;
        };
        put(root / "pairs.txt",
            "\xEF\xBB\xBF"
            "2 1\r\n\r\nAnn 1.0 2.0\r\nAnn 1 Bob 1\r\n  \r\nBob\t1\t3\r\nAnn 2 Cid 1");
        QVERIFY(same(readBenchmark("lfw", root, {}, progress)));
        fs::rename(root / "lfw" / "Ann" / "Ann_0001.jpg", root / "lfw" / "Ann" / "Ann_0001.JPG");
        fs::rename(root / "lfw" / "Cid" / "Cid_0001.jpg", root / "lfw" / "Cid" / "Cid_0001.png");
        const Benchmark other = readBenchmark("lfw", root, {}, progress);
        QVERIFY(same(other));
        QCOMPARE(other.pictures.front().file, root / "lfw" / "Ann" / "Ann_0001.JPG");
        QCOMPARE(other.pictures.back().file, root / "lfw" / "Cid" / "Cid_0001.png");
        // "path path label" with either kind of slash.
        put(root / "pairs.txt", "lfw/Ann/Ann_0001.jpg lfw/Ann/Ann_0002.jpg 1\nlfw\\Ann\\Ann_0001.jpg lfw\\Bob\\Bob_0001.jpg 0\n");
        const Benchmark paths = readBenchmark("lfw", root, {}, progress);
        QCOMPARE(paths.splits.front().pairs.genuine, (std::vector<std::uint8_t>{1, 0}));
        QCOMPARE(paths.splits.front().pairs.a, (std::vector<std::uint32_t>{0, 0}));
        QCOMPARE(paths.pictures.front().file, root / "lfw/Ann/Ann_0001.JPG");
        put(root / "pairs.txt", "../x.jpg lfw/Ann/Ann_0002.jpg 1\n");
        QVERIFY(refusal([&] { readBenchmark("lfw", root, {}, progress); }).find("outside") != std::string::npos);
        put(root / "pairs.txt", "lfw/Ann/Ann_0001.jpg lfw/Ann/Ann_0002.jpg 2\n");
        QVERIFY(refusal([&] { readBenchmark("lfw", root, {}, progress); }).find("'2' is no label") != std::string::npos);

        const fs::path videos = ytf();
        const Benchmark first = readBenchmark("ytf", videos, {}, progress);
        put(videos / "splits.txt", "Ann_A\\0 Ann_A\\2 1\nAnn_A/0\tBob/1\t0\nBob/1 Bob/5 1.0\n");
        const Benchmark second = readBenchmark("ytf", videos, {}, progress);
        QCOMPARE(second.splits.front().pairs.genuine, first.splits.front().pairs.genuine);
        QCOMPARE(second.splits.front().pairs.b, first.splits.front().pairs.b);

        const fs::path ijb = ijbc();
        const Benchmark whole = readBenchmark("ijbc", ijb, {}, progress);
        put(ijb / "meta" / "ijbc_template_pair_label.txt", "5.0 2.0 1.0\n2.000e+00 9.000e+00 0.000e+00\n9.0\t77.0\t0.0\n");
        const Benchmark floating = readBenchmark("ijbc", ijb, {}, progress);
        QCOMPARE(floating.splits.front().pairs.genuine, whole.splits.front().pairs.genuine);
        QCOMPARE(floating.splits.front().pairs.a, whole.splits.front().pairs.a);
        // A list of which nothing can be read is no benchmark with zeros.
        put(ijb / "meta" / "ijbc_template_pair_label.txt", "5;2;1\n");
        QVERIFY(refusal([&] { readBenchmark("ijbc", ijb, {}, progress); }).find("names no pair") != std::string::npos);
    }

    /// Subjects, templates and media written as programs do that know floating point alone.
    void readsIdsOfFloats()
    {
        Progress progress;
        const fs::path root = ijbc();
        fs::remove(root / "meta" / "ijbc_1N_gallery_G2.csv");
        const fs::path probes = root / "meta" / "ijbc_1N_probe_mixed.csv";
        const fs::path gallery = root / "meta" / "ijbc_1N_gallery_G1.csv";
        put(probes, "TEMPLATE_ID,SUBJECT_ID\n2,1\n9,2\n");
        put(gallery, "TEMPLATE_ID,SUBJECT_ID\n5.0,1.0\n88.0,2.0\n");
        const Benchmark set = readBenchmark("ijbc", root, {}, progress);
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
        const Benchmark videos = readBenchmark("iqiyi", clips, options, progress);
        QCOMPARE(videos.subjects, (std::vector<std::int32_t>{0, 0, 1}));

        const fs::path splits = ijba();
        const Benchmark plain = readBenchmark("ijba", splits, {}, progress);
        // One list of the four in floats: it names the same templates, subjects and media as the others.
        const fs::path list = splits / "IJB-A_1N_sets" / "split1" / "search_probe_1.csv";
        QByteArray text = QByteArray::fromStdString(readText(list));
        text.replace("11,7,", "11.0,7.0,").replace("12,8,", "12.0,8.0,").replace(",52,", ",52.0,");
        QVERIFY(text.contains("11.0,7.0,img/3.jpg,52.0,"));
        put(list, text.toStdString());
        const Benchmark floats = readBenchmark("ijba", splits, {}, progress);
        QCOMPARE(floats.ids, plain.ids);
        QCOMPARE(floats.media, plain.media);
        QCOMPARE(floats.subjectNames, plain.subjectNames);
    }

    /// Pairs that would move a figure without telling anything about the faces are left out, and named.
    void tidiesPairs()
    {
        Progress progress;
        const fs::path root = lfw();
        put(root / "pairs.txt", "Ann 1 2\nAnn 1 Bob 1\nAnn 1 1\nAnn 2 1\nBob 1 Ann 1\nAnn 2 Cid 1\nBob 1 3\n");
        const Benchmark set = readBenchmark("lfw", root, {}, progress);
        QCOMPARE(set.splits.front().pairs.genuine, (std::vector<std::uint8_t>{1, 0, 0, 1}));
        QVERIFY2(contains(set.warnings, "1 pair of a template with itself was left out: Ann/Ann_0001.jpg and"), joined(set.warnings).c_str());
        QVERIFY2(contains(set.warnings, "2 pairs that were listed before were left out"), joined(set.warnings).c_str());

        const fs::path ijb = ijbc();
        put(ijb / "meta" / "ijbc_template_pair_label.txt", "5 2 1\n2 9 0\n9 2 1\n9 77 0\n5 5 1\n88 9 0\n");
        const Benchmark other = readBenchmark("ijbc", ijb, {}, progress);
        QCOMPARE(other.splits.front().pairs.genuine, (std::vector<std::uint8_t>{1, 0, 0}));
        QVERIFY2(contains(other.warnings, "2 lines of pairs that are listed as genuine and as impostors were left out"), joined(other.warnings).c_str());
        QVERIFY2(contains(other.warnings, "template with itself"), joined(other.warnings).c_str());
        QVERIFY2(contains(other.warnings, "1 pair is labelled otherwise than the subjects"), joined(other.warnings).c_str()); // 88 and 9 are s2
    }

    /// What is written is what a list must look like to give the same pictures in the same order.
    void listsPictures()
    {
        Progress progress;
        const fs::path root = ytf();
        const Benchmark found = readBenchmark("ytf", root, {}, progress);
        const fs::path list = root / "filelist.txt";
        writePictureList(found, list, progress);
        QCOMPARE(readText(list), std::string("Ann_A/0/0.1.jpg\nAnn_A/0/0.2.jpg\nAnn_A/0/0.10.jpg\nAnn_A/2/2.7.jpg\nBob/1/1.1.jpg\n"));
        const Benchmark listed = readBenchmark("ytf", root, {}, progress);
        QCOMPARE(listed.begin, found.begin);
        QCOMPARE(listed.subjects, found.subjects);
        QCOMPARE(listed.splits.front().pairs.a, found.splits.front().pairs.a);
        for (std::size_t i = 0; i < found.pictures.size(); ++i) {
            QCOMPARE(listed.pictures[i].file, found.pictures[i].file);
            QCOMPARE(listed.pictures[i].box.has_value(), found.pictures[i].box.has_value());
        }
        const fs::path out = fresh();
        writePictureList(readBenchmark("lfw", lfw(), {}, progress), out, progress);
        QCOMPARE(readText(out), std::string("Ann/Ann_0001.jpg\nAnn/Ann_0002.jpg\nBob/Bob_0001.jpg\nBob/Bob_0003.jpg\nCid/Cid_0001.jpg\n"));
        writePictureList(readBenchmark("ijbc", ijbc(), {}, progress), out, progress);
        QCOMPARE(readText(out), std::string("1.jpg\n2.jpg\n3.jpg\n4.jpg\n"));
        writePictureList(readBenchmark("ijba", ijba(), {}, progress), out, progress);
        QCOMPARE(readText(out), std::string("img/1.jpg\nframe/2_3.png\nimg/3.jpg\nimg/3.jpg\nimg/9.jpg\n"));
        BenchmarkOptions options;
        const fs::path clips = iqiyi();
        options.identities = clips / "my.csv";
        writePictureList(readBenchmark("iqiyi", clips, options, progress), out, progress);
        QCOMPARE(readText(out), std::string("a/clip1/1.jpg\na/clip1/2.jpg\na/clip2/1.jpg\nclip3/9.png\n"));
        Benchmark odd = found;
        odd.pictures[1].file = root / "frame_images_DB" / "two\nlines.jpg";
        QVERIFY(refusal([&] { writePictureList(odd, out, progress); }).find("line break") != std::string::npos);
        progress.cancel();
        QVERIFY_EXCEPTION_THROWN(writePictureList(found, out, progress), Cancelled);
    }

    void drawsPairs()
    {
        Benchmark set;
        BenchmarkBuilder builder(set);
        for (int p = 0; p < 30; ++p)
            for (int t = 0; t < 3; ++t)
                builder.addTemplate(p * 3 + t, builder.subject("p" + std::to_string(p)));
        builder.addTemplate(1000, -1);
        Progress progress;
        const TemplatePairs all = pairsOfSubjects(set, 1'000'000, 1, progress);
        QCOMPARE(all.size(), std::int64_t{90 * 89 / 2});
        QCOMPARE(all.genuineCount(), std::int64_t{90});
        const TemplatePairs some = pairsOfSubjects(set, 500, 1, progress);
        QCOMPARE(some.genuineCount(), std::int64_t{90});
        QCOMPARE(some.size(), std::int64_t{590});
        std::set<std::pair<std::uint32_t, std::uint32_t>> once;
        for (std::size_t i = 0; i < some.a.size(); ++i) {
            QVERIFY(some.a[i] < some.b[i] && some.b[i] < 90);
            QVERIFY(once.emplace(some.a[i], some.b[i]).second);
        }
        QCOMPARE(pairsOfSubjects(set, 500, 1, progress).a, some.a);
        QVERIFY(pairsOfSubjects(set, 500, 2, progress).a != some.a);
    }

    void readsLabelledTemplates()
    {
        const fs::path root = fresh();
        for (const char *file : {"ann/t1/1.jpg", "ann/t1/2.jpg", "ann/t2/1.jpg", "bob/t1/1.jpg"})
            put(root / file);
        Progress progress;
        const Benchmark set = readBenchmark("templates", root, {}, progress);
        QCOMPARE(set.templates(), std::int64_t{3});
        QCOMPARE(set.splits.front().pairs.size(), std::int64_t{3});
        QCOMPARE(set.splits.front().pairs.genuineCount(), std::int64_t{1});
        const fs::path flat = fresh();
        put(flat / "ann" / "1.jpg");
        put(flat / "bob" / "1.jpg");
        QVERIFY(refusal([&] { readBenchmark("templates", flat, {}, progress); }).find("person/template/picture.jpg") != std::string::npos);
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
                    Progress progress;
                    try {
                        const Benchmark set = readBenchmark(one.word, one.root, {}, progress);
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
