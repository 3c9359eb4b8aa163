// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/base/files.h"
#include "core/sets/pairlist.h"
#include "core/sets/tidypairs.h"
#include "tests/support/says.h"
#include "tests/support/support.h"

#include <QTemporaryDir>

using namespace dscope;
using namespace dscope::test;
namespace fs = std::filesystem;

namespace {

/// "Ann/Ann_0001.jpg Ann/Ann_0002.jpg 1", a line a pair.
std::string pairsOf(const std::string &text, std::vector<std::string> *warnings = nullptr)
{
    Progress progress;
    std::string found;
    std::vector<std::string> told;
    parsePairList(text, "pairs.txt", {"/sets/lfw", "/disk/lfw"}, warnings != nullptr ? *warnings : told, progress,
                  [&](const ListedPair &pair) { found += pair.a + ' ' + pair.b + (pair.genuine ? " 1\n" : " 0\n"); });
    return found;
}

std::string wide(const std::string &text)
{
    std::string bytes = "\xFF\xFE";
    for (const char c : text)
        bytes += {c, '\0'};
    return bytes;
}

} // namespace

/// Lists of pairs of pictures in the forms in which they are handed around, and what is asked of the pairs.
class TestPairlist : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void forms_data()
    {
        QTest::addColumn<QByteArray>("text");
        const QByteArray plain = "1\t1\nAnn\t1\t2\nAnn\t1\tBob\t3\n";
        QTest::newRow("LFW's pairs.txt") << plain;
        QTest::newRow("development set") << QByteArray("1\r\nAnn 1 2\r\nAnn 1 Bob 3\r\n");
        QTest::newRow("no count") << QByteArray("Ann 1 2\nAnn 1 Bob 3");
        QTest::newRow("byte-order mark, blank lines") << QByteArray("\xEF\xBB\xBF\n1 1\n\nAnn 1.0 2.0\n   \nAnn 1 Bob 3\n\n");
        QTest::newRow("UTF-16") << QByteArray::fromStdString(wide(plain.toStdString()));
        QTest::newRow("pairs.csv") << QByteArray("name,imagenum1,imagenum2,\nAnn,1,2,\nAnn,1,Bob,3\n");
        QTest::newRow("pairs.csv by pandas") << QByteArray(",name,imagenum1,imagenum2,Unnamed: 3\n0,Ann,1,2,\n1,Ann,1,Bob,3.0\n");
        QTest::newRow("pandas, nan") << QByteArray("Unnamed: 0,name,imagenum1,imagenum2,Unnamed: 3\n0,Ann,1,2,nan\n1,Ann,1,Bob,3.0\n");
        QTest::newRow("mismatch's header") << QByteArray("name,imagenum1,name,imagenum2\r\nAnn,1,2\r\nAnn,1,Bob,3\r\n");
        QTest::newRow("pandas' second name") << QByteArray("name,imagenum1,name.1,imagenum2\nAnn,1,2,\nAnn,1,Bob,3\n");
        QTest::newRow("semicolons") << QByteArray("name;imagenum1;imagenum2;\nAnn;1;2;\nAnn;1;Bob;3\n");
        QTest::newRow("sep=") << QByteArray("sep=;\nname;imagenum1;imagenum2;\nAnn;1;2;\nAnn;1;Bob;3\n");
        QTest::newRow("quoted, blanks") << QByteArray("\"name\", \"imagenum1\", \"imagenum2\",\n\"Ann\", \"1\", 2,\n\"Ann\", 1, \"Bob\", 3\n");
        QTest::newRow("tabs and a header") << QByteArray("name\timagenum1\timagenum2\t\nAnn\t1\t2\nAnn\t1\tBob\t3\n");
        QTest::newRow("no header") << QByteArray("Ann,1,2,\nAnn,1,Bob,3\n");
        QTest::newRow("paths") << QByteArray("Ann/Ann_0001.jpg Ann/Ann_0002.jpg 1\nAnn/Ann_0001.jpg Bob/Bob_0003.jpg 0\n");
        QTest::newRow("paths, backslashes, ./") << QByteArray("Ann\\Ann_0001.jpg\t.\\Ann\\Ann_0002.jpg\t1\r\n./Ann/Ann_0001.jpg\tBob\\Bob_0003.jpg\t0\r\n");
        QTest::newRow("paths in a csv") << QByteArray("path1,path2,label\nAnn/Ann_0001.jpg,Ann/Ann_0002.jpg,1\n\"Ann/Ann_0001.jpg\", Bob/Bob_0003.jpg, 0.0\n");
        const auto paths = [](const QByteArray &genuine, const QByteArray &impostor) {
            return "Ann/Ann_0001.jpg Ann/Ann_0002.jpg " + genuine + "\nAnn/Ann_0001.jpg Bob/Bob_0003.jpg " + impostor + '\n';
        };
        QTest::newRow("1 and -1") << paths("1", "-1");
        QTest::newRow("True and False") << paths("True", "False");
        QTest::newRow("same and different") << paths("same", "different");
        QTest::newRow("label first") << QByteArray("1 Ann/Ann_0001.jpg Ann/Ann_0002.jpg\n0\tAnn/Ann_0001.jpg\tBob/Bob_0003.jpg\n");
        QTest::newRow("commas, no header") << paths("1", "0").replace(' ', ',');
        QTest::newRow("bars") << paths("1", "0").replace(' ', '|');
        QTest::newRow("columns in another order") << QByteArray(
            "id;is_same;image_1;image_2;note\n7;yes;Ann/Ann_0001.jpg;Ann/Ann_0002.jpg;x\n8;no;Ann/Ann_0001.jpg;Bob/Bob_0003.jpg;\n");
        QTest::newRow("an index before paths") << QByteArray(
            ",path1,path2,label\n0,Ann/Ann_0001.jpg,Ann/Ann_0002.jpg,1\n1,Ann/Ann_0001.jpg,Bob/Bob_0003.jpg,0\n");
        QTest::newRow("CR alone") << QByteArray("1\t1\rAnn\t1\t2\rAnn\t1\tBob\t3\r");
        QTest::newRow("counts with a comma") << QByteArray("1,1\nAnn,1,2\nAnn,1,Bob,3\n");
        QTest::newRow("paths among names") << QByteArray("Ann 1 2\nAnn/Ann_0001.jpg Bob/Bob_0003.jpg 0\n");
        QTest::newRow("comments") << QByteArray("# pairs of LFW\n1 1\n#\nAnn 1 2\nAnn 1 Bob 3\n");
        QTest::newRow("UTF-16 without a mark") << QByteArray::fromStdString(wide(plain.toStdString()).substr(2));
        QTest::newRow("Kaggle's third number") << QByteArray("name,imagenum1,imagenum2,imagenum3\nAnn,1,2,\nAnn,1,Bob,3\n");
        QTest::newRow("absolute, below the folder") << paths("1", "0").replace("Bob/", "/sets/lfw/Bob/").replace("\nAnn", "\n/disk/lfw/Ann");
        QTest::newRow("up and down again") << paths("1", "0").replace("Bob/", "../lfw/Bob/").replace("\nAnn", "\nBob/../Ann");
        QTest::newRow("the same by other spellings") << paths("1", "0").replace("Bob/", ".//Bob//").replace("\nAnn/", "\nAnn/./");
    }

    void forms()
    {
        QFETCH(QByteArray, text);
        std::vector<std::string> warnings;
        QCOMPARE(QByteArray::fromStdString(pairsOf(text.toStdString(), &warnings)),
                 QByteArray("Ann/Ann_0001.jpg Ann/Ann_0002.jpg 1\nAnn/Ann_0001.jpg Bob/Bob_0003.jpg 0\n"));
        QVERIFY2(warnings.empty(), joined(warnings).c_str());
    }

    /// Names with blanks, commas and quotes where the form can hold them.
    void names()
    {
        QCOMPARE(pairsOf("\"a b/1.jpg\",\"c, d/2.jpg\",1\n"), std::string("a b/1.jpg c, d/2.jpg 1\n"));
        QCOMPARE(pairsOf("a,b.jpg c.jpg 1\n"), std::string("a,b.jpg c.jpg 1\n"));
        QCOMPARE(pairsOf("a b.jpg\tc d.jpg\t1\n"), std::string("a b.jpg c d.jpg 1\n"));
        QCOMPARE(pairsOf("x/a_0001 y/b 1\n"), std::string("x/a_0001 y/b 1\n")); // their folders tell that they are paths
        QCOMPARE(pairsOf("img1,img2,label\na,b,1\n"), std::string("a b 1\n"));
        QCOMPARE(pairsOf("\"A \"\"x\"\" B\",1,2,\n"), std::string("A \"x\" B/A \"x\" B_0001.jpg A \"x\" B/A \"x\" B_0002.jpg 1\n"));
        QCOMPARE(pairsOf("1 1 2\n2 1 3 1\n"), std::string("1/1_0001.jpg 1/1_0002.jpg 1\n2/2_0001.jpg 3/3_0001.jpg 0\n")); // people may be numbers
        std::vector<std::string> warnings;
        pairsOf("10 300\nAnn 1 2\n", &warnings);
        QVERIFY2(joined(warnings).find("announces 10 folds of 300") != std::string::npos, joined(warnings).c_str());
        warnings.clear();
        QCOMPARE(pairsOf("Ann 1 2\n#Ann 1 3\nAnn 1 Bob 3\n", &warnings),
                 std::string("Ann/Ann_0001.jpg Ann/Ann_0002.jpg 1\nAnn/Ann_0001.jpg Bob/Bob_0003.jpg 0\n"));
        QVERIFY2(joined(warnings).find("1 line among the pairs begins with # and was left out: 2.") != std::string::npos, joined(warnings).c_str());
    }

    void refusals_data()
    {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<QByteArray>("said");
        QTest::newRow("empty") << QByteArray("") << QByteArray("pairs.txt: names no pair");
        QTest::newRow("a header alone") << QByteArray("name,imagenum1,imagenum2,\n") << QByteArray("names no pair");
        QTest::newRow("no pair") << QByteArray("hello\n") << QByteArray("pairs.txt:1: is neither a pair nor a count");
        QTest::newRow("two words") << QByteArray("1 1\na b\n") << QByteArray("pairs.txt:2: has 2 words");
        QTest::newRow("five words") << QByteArray("Ann 1 2\nAnn 1 2 3 4\n") << QByteArray("pairs.txt:2: has 5 words");
        QTest::newRow("no number") << QByteArray("Ann 1 2\nAnn x 2\n") << QByteArray("pairs.txt:2: 'x' is no picture number");
        QTest::newRow("too large a number") << QByteArray("Ann 1 99999999999999999999\n") << QByteArray("pairs.txt:1: ");
        QTest::newRow("outside") << QByteArray("../a.jpg b.jpg 1\n") << QByteArray("outside of the set");
        QTest::newRow("absolute") << QByteArray("/etc/a.jpg b.jpg 1\n") << QByteArray("outside of the set");
        QTest::newRow("outside, a person") << QByteArray("../Ann 1 2\n") << QByteArray("no person's name");
        QTest::newRow("another label") << QByteArray("a.jpg b.jpg 2\n") << QByteArray("pairs.txt:1: '2' is no label that is known");
        QTest::newRow("yes, to no question") << QByteArray("a.jpg b.jpg yes\n") << QByteArray("'yes' is no label");
        QTest::newRow("0 and -1") << QByteArray("a.jpg b.jpg 0\na.jpg c.jpg -1\n") << QByteArray("pairs.txt:2: has the label -1, where lines before have 0");
        QTest::newRow("outside, up") << QByteArray("a/../../b.jpg c.jpg 1\n") << QByteArray("outside of the set");
        QTest::newRow("outside, beside") << QByteArray("/sets/lfw2/b.jpg c.jpg 1\n") << QByteArray("'/sets/lfw2/b.jpg' names something outside");
        QTest::newRow("too few for the header") << QByteArray("path1,path2,label\na.jpg,b.jpg\n") << QByteArray("pairs.txt:2: has 2 cells, too few");
        QTest::newRow("a name whole") << QByteArray("Ann lfw/Aaron_Peirsol/Aaron_Peirsol_0001.jpg 2\n")
                                      << QByteArray("'lfw/Aaron_Peirsol/Aaron_Peirsol_0001.jpg' is no picture number");
        QTest::newRow("a header later") << QByteArray("Ann,1,2,\nname,imagenum1,imagenum2,\n") << QByteArray("pairs.txt:2: ");
        QTest::newRow("an open quote") << QByteArray("Ann,1,2,\n\"Ann,1,2,\n") << QByteArray("pairs.txt:2: a quoted cell is never closed");
        QTest::newRow("a long line") << QByteArray(100'000, 'x') << QByteArray("longer than");
    }

    void refusals()
    {
        QFETCH(QByteArray, text);
        QFETCH(QByteArray, said);
        const std::string message = refusal([&] { pairsOf(text.toStdString()); });
        QVERIFY2(message.find(said.toStdString()) != std::string::npos, message.c_str());
    }

    /// The two files of the development sets as csv.
    void otherKind()
    {
        QTemporaryDir dir;
        const fs::path root = dir.path().toStdString();
        for (const char *name : {"matchpairsDevTest.csv", "mismatchpairsDevTest.csv", "MatchX.txt", "MismatchX.txt", "pairs.txt", "match-alone.csv"})
            writeAtomically(root / name, std::string_view("x"));
        QCOMPARE(otherKindOf(root / "matchpairsDevTest.csv"), root / "mismatchpairsDevTest.csv");
        QCOMPARE(otherKindOf(root / "mismatchpairsDevTest.csv"), root / "matchpairsDevTest.csv");
        QCOMPARE(otherKindOf(root / "MatchX.txt"), root / "MismatchX.txt");
        QVERIFY(otherKindOf(root / "pairs.txt").empty());
        QVERIFY(otherKindOf(root / "match-alone.csv").empty());
        Progress progress;
        std::vector<std::string> warnings;
        writeAtomically(root / "m.csv", std::string_view("Ann,1,2\n"));
        QVERIFY(readPairList(root / "m.csv", {root}, warnings, progress, [](const ListedPair &) {}).oneKind());
    }

    void tidy()
    {
        TemplatePairs pairs{{0, 1, 0, 1, 2, 3, 2, 3, 0}, {1, 1, 2, 0, 3, 2, 4, 4, 4}, {1, 1, 0, 1, 1, 0, 0, 0, 0}};
        const std::vector<std::int32_t> people{0, 0, 1, 1, 0};
        Progress progress;
        std::vector<std::string> warnings;
        tidyPairs(
            pairs, people, "x: ", [](std::uint32_t a, std::uint32_t b) { return std::to_string(a) + "-" + std::to_string(b); }, warnings, progress);
        QCOMPARE(pairs.a, (std::vector<std::uint32_t>{0, 0, 2, 3, 0}));
        QCOMPARE(pairs.b, (std::vector<std::uint32_t>{1, 2, 4, 4, 4}));
        QCOMPARE(pairs.genuine, (std::vector<std::uint8_t>{1, 0, 0, 0, 0}));
        QCOMPARE(warnings.size(), std::size_t{4});
        QVERIFY2(warnings[0].find("x: 1 pair of a template with itself was left out: 1-1") == 0, warnings[0].c_str());
        QVERIFY2(warnings[1].find("1-0") != std::string::npos, warnings[1].c_str());
        QVERIFY2(warnings[2].find("2 lines of pairs") != std::string::npos && warnings[2].find("2-3, 3-2") != std::string::npos, warnings[2].c_str());
        QVERIFY2(warnings[3].find("0-4") != std::string::npos, warnings[3].c_str());
        QVERIFY(lackingKind(pairs).empty());
        pairs.genuine = {0, 0, 0, 0, 0};
        QCOMPARE(lackingKind(pairs), std::string("has 0 genuine pairs and 5 impostor pairs; verification needs both kinds."));
        QCOMPARE(lackingKind({{0}, {1}, {1}}), std::string("has 1 genuine pair and 0 impostor pairs; verification needs both kinds."));
        QVERIFY(!lackingKind({}).empty());
    }
};

DSCOPE_TEST(TestPairlist)
#include "tst_pairlist.moc"
