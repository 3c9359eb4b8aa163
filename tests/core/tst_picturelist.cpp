// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/columns.h"
#include "core/base/encoding.h"
#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/picturelist.h"
#include "tests/support/says.h"
#include "tests/support/support.h"

#include <QTemporaryDir>

#include <algorithm>

using namespace dscope;
using namespace dscope::test;
namespace fs = std::filesystem;

namespace {

/// "file group person", a line a picture, of a list of which every picture is there but those called none.
std::string pictures(const std::string &text, ListFor use, std::vector<std::string> *told = nullptr)
{
    Progress progress;
    std::string found;
    const std::vector<std::string> said = parsePictureList(
        text, "l.csv", {.use = use},
        [](const std::string &name) {
            return name.find("none") == std::string::npos && name.find("/") != std::string::npos ? std::optional(name) : std::nullopt;
        },
        progress, [&](ListedPicture &&picture) { found += picture.file + ' ' + picture.group + ' ' + picture.person + '\n'; });
    if (told != nullptr)
        *told = said;
    return found;
}

} // namespace

/// Lists of pictures and people in the forms in which they are handed around: one reader for every command.
class TestPicturelist : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void tracklets()
    {
        // Without a group, a person's pictures of one track of one camera are together; what names groups goes before, and people stay people.
        const std::string list = "path,person,camera,track\nx/1.jpg,a,2,1\nx/2.jpg,a,3,1\nx/3.jpg,,3,4\nx/4.jpg,b,2,\nx/5.jpg,,2,\n";
        std::vector<std::string> told;
        QCOMPARE(pictures(list, ListFor::Groups, &told), std::string("x/1.jpg a/2/1 a\nx/2.jpg a/3/1 a\nx/3.jpg ?/3/4 \nx/4.jpg b b\n"));
        QCOMPARE(told.size(), 1U);
        QVERIFY2(told[0].find("l.csv:6: names no track. The line was left out.") != std::string::npos, told[0].c_str());
        QCOMPARE(pictures(list, ListFor::People), std::string("x/1.jpg a a\nx/2.jpg a a\nx/4.jpg b b\n"));
        QCOMPARE(pictures("path,Tracklet-ID\nx/1.jpg,7\n", ListFor::Groups), std::string("x/1.jpg 7 \n"));
        QCOMPARE(pictures("path,group,track\nx/1.jpg,g,7\n", ListFor::Groups), std::string("x/1.jpg g \n"));
        QCOMPARE(pictures("path,person,camera\nx/1.jpg,a,7\n", ListFor::Groups), std::string("x/1.jpg a a\n"));
    }

    void forms_data()
    {
        QTest::addColumn<QByteArray>("text");
        for (const char *name : {"path", "file", "File Name", "filepath", "image", "image_path", "img", "IMG-PATH", "images", "picture", "name"})
            QTest::newRow(name) << QByteArray(name) + ",label\nx/1.jpg,a\nx/2.jpg,a\ny/3.jpg,b\n";
        for (const char *name :
             {"person", "identity", "subject", "class", "person_id", "subject_id", "identity_name", "ClassName", "id", "name", "group", "template_id"})
            QTest::newRow((std::string("path, ") + name).c_str()) << "path," + QByteArray(name) + "\nx/1.jpg,a\nx/2.jpg,a\ny/3.jpg,b\n";
        QTest::newRow("person first") << QByteArray("identity;path\na;x/1.jpg\na;x/2.jpg\nb;y/3.jpg\n");
        QTest::newRow("an index before them") << QByteArray(",path,label\n0,x/1.jpg,a\n1,x/2.jpg,a\n2,y/3.jpg,b\n");
        QTest::newRow("an index called id") << QByteArray("id,path,label\n0,x/1.jpg,a\n1,x/2.jpg,a\n2,y/3.jpg,b\n");
        QTest::newRow("commas at the ends of rows") << QByteArray("path,label\nx/1.jpg,a,\nx/2.jpg,a,\ny/3.jpg,b,\n");
        QTest::newRow("commas at every end") << QByteArray("path,label,\nx/1.jpg,a,\nx/2.jpg,a,\ny/3.jpg,b,\n");
        QTest::newRow("no header") << QByteArray("x/1.jpg,a\nx/2.jpg,a\ny/3.jpg,b\n");
        QTest::newRow("no header, person first, tabs") << QByteArray("a\tx/1.jpg\na\tx/2.jpg\nb\ty/3.jpg\n");
        QTest::newRow("path label") << QByteArray("x/1.jpg a\nx/2.jpg a\ny/3.jpg b\n");
        QTest::newRow("a header of words") << QByteArray("path person\nx/1.jpg a\nx/2.jpg a\ny/3.jpg b\n");
        QTest::newRow("missing and bad lines") << QByteArray("path,label\nx/1.jpg,a\nx/none.jpg,a\nx/2.jpg,a\nx/4.jpg\n,a\ny/3.jpg,b\ny/5.jpg,\ny/6.jpg,a,b\n");
    }

    void forms()
    {
        QFETCH(QByteArray, text);
        for (const ListFor use : {ListFor::People, ListFor::Groups}) {
            const std::string found = pictures(text.toStdString(), use);
            std::string groups; // without the person, which a list of groups alone does not know
            for (const std::string_view line : {"x/1.jpg a", "x/2.jpg a", "y/3.jpg b"})
                groups += std::string(found.find(line) != std::string::npos ? line : "-") + '\n';
            QCOMPARE(QByteArray::fromStdString(groups), QByteArray("x/1.jpg a\nx/2.jpg a\ny/3.jpg b\n"));
            QCOMPARE(std::count(found.begin(), found.end(), '\n'), std::ptrdiff_t{3});
        }
    }

    /// Labels that are numbers, in lists without a header.
    void numbers_data()
    {
        QTest::addColumn<QByteArray>("text");
        QTest::newRow("CASIA") << QByteArray("x/1.jpg 0\nx/a 2.jpg 0\ny/3.jpg 1\n");
        QTest::newRow("label first") << QByteArray("0 x/1.jpg\n0 x/a 2.jpg\n1 y/3.jpg\n");
        QTest::newRow("MXNet") << QByteArray("0\t0.000000\tx/1.jpg\n1\t0.000000\tx/a 2.jpg\n2\t1.000000\ty/3.jpg\n");
        QTest::newRow("MXNet, more labels") << QByteArray("0\t0\t7\t8\tx/1.jpg\n1\t0\t7\t8\tx/a 2.jpg\n2\t1\t7\t9\ty/3.jpg\n");
        QTest::newRow("insightface") << QByteArray("1\tx/1.jpg\t0\n1\tx/a 2.jpg\t0\n1\ty/3.jpg\t1\n");
        QTest::newRow("pandas with a missing number") << QByteArray("path,label\nx/1.jpg,0.0\nx/a 2.jpg,0\ny/3.jpg,1.0\n");
    }

    void numbers()
    {
        QFETCH(QByteArray, text);
        QCOMPARE(QByteArray::fromStdString(pictures(text.toStdString(), ListFor::People)), QByteArray("x/1.jpg 0 0\nx/a 2.jpg 0 0\ny/3.jpg 1 1\n"));
        QVERIFY(listForm(text.toStdString(), [](const std::string &) { return false; }).sure);
    }

    /// Names without an ending are pictures where the disk has them.
    /// Lines are chosen by what a column says, letter by letter.
    void rules()
    {
        const std::string list = "path,person,Doubt,source\nx/1.jpg,a,0,web\nx/2.jpg,a,1,web\ny/3.jpg,b,0,\ny/4.jpg,b,00,film\ny/none.jpg,b,1,web\n";
        const auto chosen = [&](std::vector<std::string> rules, std::string *told = nullptr) {
            PictureListOptions options{.use = ListFor::People};
            for (const std::string &rule : rules)
                options.where.push_back(cellRule(rule));
            Progress progress;
            std::string found;
            const std::vector<std::string> said = parsePictureList(
                list, "l.csv", options, [](const std::string &name) { return name.find("none") == std::string::npos ? std::optional(name) : std::nullopt; },
                progress, [&](ListedPicture &&picture) { found += picture.file.substr(2, 1); });
            if (told != nullptr)
                *told = joined(said);
            return found;
        };
        std::string told;
        QCOMPARE(chosen({"doubt=0"}, &told), std::string("13"));
        VERIFY_SAYS(told, "3 of 5 lines were left out as asked for.");
        QVERIFY2(told.find("missing") == std::string::npos, told.c_str()); // it was not asked for
        QCOMPARE(chosen({"doubt!=1"}), std::string("134"));
        QCOMPARE(chosen({"doubt!=1", "source=web"}), std::string("1"));
        QCOMPARE(chosen({"source="}), std::string("3"));
        QCOMPARE(chosen({"source!="}), std::string("124"));
        VERIFY_SAYS(refusal([&] { chosen({"quality=1"}); }),
                    "l.csv:1: has no column 'quality' to choose lines by; its columns are: path, person, Doubt, source.");
        VERIFY_SAYS(refusal([&] { chosen({"doubt=7"}); }), "has no line for which all that was asked for holds.");
        for (const char *wrong : {"doubt", "=0", "!=0", ""})
            VERIFY_SAYS(refusal<UsageError>([&] { cellRule(wrong); }), "COLUMN=VALUE");
        QCOMPARE(cellRule("a=b=c").value, std::string("b=c"));
    }

    void namesWithoutEnding()
    {
        const auto there = [](const std::string &name) { return name == "x/1"; };
        QVERIFY(listForm("x/1 0\n", there).sure);
        QVERIFY(listForm("x/1,ann\n", there).sure);
        QVERIFY(!listForm("x/1 0\n", [](const std::string &) { return false; }).sure);
        for (const char *text :
             {"", "hello\n", "10 300\n", "path1,path2,label\n", "a.jpg b.jpg 1\n", "1 a.jpg b.jpg\n", "a.jpg,b.jpg,1\n", "name,imagenum1,imagenum2,\n",
              "1.jpg 1 69544\n", "a.jpg 0.75\n", "a.jpg,0.75\n", "id image returnCode quality\n", "Filename;UnifiedQualityScore\n", "a.jpg\n"})
            QVERIFY2(!listForm(text, there).sure, text);
    }

    void complains_data()
    {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<QByteArray>("said");
        QTest::newRow("a header alone") << QByteArray("path,label\n") << QByteArray("l.csv: has a header and no line below it");
        QTest::newRow("no picture") << QByteArray("photo,label\nx/1.jpg,a\n") << QByteArray("no column for the picture ('path', 'file', ");
        QTest::newRow("no picture, hint") << QByteArray("photo,label\nx/1.jpg,a\n") << QByteArray("its columns are: photo, label. 'photo' could be meant");
        QTest::newRow("no person") << QByteArray("path,celebrity\nx/1.jpg,Ann\n") << QByteArray("no column for the person ('person', ");
        QTest::newRow("no person, hint") << QByteArray("path,celebrity\nx/1.jpg,Ann\n")
                                         << QByteArray("'celebrity' could be meant, where the first line below has 'Ann'");
        QTest::newRow("pairs") << QByteArray("x/1.jpg x/2.jpg 1\n") << QByteArray("names two pictures a line");
        QTest::newRow("scores") << QByteArray("x/1.jpg 0.5\n") << QByteArray("a score where a person would be");
        QTest::newRow("three columns without a header") << QByteArray("x/1.jpg,a,b\n") << QByteArray("cannot be told");
        QTest::newRow("pictures alone") << QByteArray("x/1.jpg\n") << QByteArray("names pictures alone");
        QTest::newRow("zero bytes") << QByteArray("p\0ath,label\nx/1.jpg,a\n", 21) << QByteArray("l.csv: has zero bytes in its first line");
        QTest::newRow("all too short") << QByteArray("path,label\nx/1.jpg\n")
                                       << QByteArray("l.csv: has no line that can be used. l.csv:2: has 1 cell, the header has 2.");
        QTest::newRow("all missing") << QByteArray("path,label\nx/none.jpg,a\n") << QByteArray("none of its pictures can be found");
        QTest::newRow("all missing, where") << QByteArray("path,label\nx/none.jpg,a\n") << QByteArray("l.csv:2: the picture x/none.jpg does not exist");
    }

    void complains()
    {
        QFETCH(QByteArray, text);
        QFETCH(QByteArray, said);
        const std::string message = refusal([&] { pictures(text.toStdString(), ListFor::People); });
        QVERIFY2(message.find(said.toStdString()) != std::string::npos, message.c_str());
    }

    /// The first five lines that are left out, with the reason, then a count.
    void namesWhatIsLeftOut()
    {
        std::string text = "path,label\nx/1.jpg,a\n";
        text += std::string("x/2.jpg\0y,a\n", 12);
        text += "x/3.jpg\nx/4.jpg,a,b\n,a\nx/5.jpg,\n";
        for (int i = 0; i < 10; ++i)
            text += "x/6.jpg\n";
        for (int i = 0; i < 7; ++i)
            text += "x/none.jpg,a\n";
        std::vector<std::string> told;
        QCOMPARE(pictures(text, ListFor::People, &told), std::string("x/1.jpg a a\n"));
        const std::string said = joined(told);
        for (const char *part :
             {"l.csv:4: has 1 cell, the header has 2. The line was left out.", "l.csv:5: has 3 cells", "and 10 more malformed lines in l.csv",
              "l.csv:18: the picture x/none.jpg does not exist", "and 2 more missing pictures", "7 of 11 pictures are missing."})
            QVERIFY2(said.find(part) != std::string::npos, said.c_str());
        std::vector<std::string> few;
        pictures(std::string("path,label\nx/1.jpg,a\nx/2.jpg\0y,a\n,a\nx/5.jpg,\n", 45), ListFor::People, &few);
        for (const char *part : {"l.csv:3: has a zero byte in a name.", "l.csv:4: names no picture.", "l.csv:5: names no person."})
            QVERIFY2(joined(few).find(part) != std::string::npos, joined(few).c_str());
        pictures("path,name\nx/1.jpg,a\n", ListFor::People, &few);
        QVERIFY2(joined(few).find("has no column 'person'; 'name' is taken for the person") != std::string::npos, joined(few).c_str());
        pictures("x/1.jpg,a\n", ListFor::People, &few);
        QVERIFY2(joined(few).find("has no header") != std::string::npos, joined(few).c_str());
    }

    /// docs/formats.md has the names that are read.
    void documentedNames()
    {
        const std::string text = readText(dscope::test::sourceDir() / "docs" / "formats.md");
        for (const ColumnNames *column : {&pictureColumn(), &personColumn(), &groupColumn()})
            for (const auto *names : {&column->sure, &column->perhaps})
                for (const std::string_view name : *names)
                    QVERIFY2(text.find('`' + std::string(name) + '`') != std::string::npos, std::string(name).c_str());
    }

    /// On a disk: escaped names, other endings, none, backslashes, and the current folder.
    void finds()
    {
        QTemporaryDir dir;
        const fs::path root = fs::canonical(dir.path().toStdString());
        const std::string odd = "x\xEB.jpg";
        for (const char *name : {"list/x/1.jpg", "list/x/2.PNG", "list/-3.jpg", "here/4.jpg"})
            writeAtomically(root / name, std::string_view("x"));
        writeAtomically(root / "list" / odd, std::string_view("x"));
        const fs::path before = fs::current_path();
        fs::current_path(root / "here");
        PictureFinder finder(root / "list");
        const auto found = [&](const std::string &name) { return finder.find(name).value_or("-"); };
        QCOMPARE(found("x/1.jpg"), std::string("x/1.jpg"));
        QCOMPARE(found("x\\1.jpg"), std::string("x/1.jpg"));
        QCOMPARE(found("x/1.jpeg"), std::string("x/1.jpg"));
        QCOMPARE(found("x/1"), std::string("x/1.jpg"));
        QCOMPARE(found("x/2.jpg"), std::string("x/2.PNG"));
        QCOMPARE(found(utf8Name(odd)), odd);
        QCOMPARE(found("'-3.jpg"), std::string("-3.jpg"));
        QCOMPARE(found("file://" + (root / "list/x/1.jpg").string()), (root / "list/x/1.jpg").string());
        QCOMPARE(found("x/5.jpg"), std::string("-"));
        QCOMPARE(finder.fromCurrent(), std::size_t{0});
        QCOMPARE(found("4.jpg"), (root / "here/4.jpg").string());
        QCOMPARE(found("4"), (root / "here/4.jpg").string());
        QCOMPARE(finder.fromCurrent(), std::size_t{2});
        fs::current_path(before);
        QVERIFY(!PictureFinder(root / "list").find("4.jpg"));
        fs::remove(root / "list" / odd); // which QTemporaryDir cannot name
    }

    /// Lists from systems that do not tell capitals apart.
    void otherCapitals()
    {
        QTemporaryDir dir;
        const fs::path root = fs::canonical(dir.path().toStdString());
        for (const char *name : {"Ann/Ann_0001.tiff", "Bob/b.jpg", "Bob/B.jpg", "bob/B.JPG", "Cid/c.jpg"})
            writeAtomically(root / name, std::string_view("x"));
        writeAtomically(root / "l.csv",
                        std::string_view("path,person\nann/ann_0001.TIFF,1\nANN/Ann_0001.tiff,1\nBob/b.jpg,2\nBOB/b.JPG,2\nCid/c.jpg,3\ncid/D.jpg,3\n"));
        Progress progress;
        std::vector<std::string> files;
        const std::vector<std::string> told =
            readPictureList(root / "l.csv", {.use = ListFor::People}, progress, [&](ListedPicture &&picture) { files.push_back(picture.file); });
        QCOMPARE(files, (std::vector<std::string>{"Ann/Ann_0001.tiff", "Ann/Ann_0001.tiff", "Bob/b.jpg", "Cid/c.jpg"}));
        VERIFY_SAYS(joined(told), "l.csv: 2 listed pictures differ in capitals from their files, which are read: Ann/Ann_0001.tiff, Ann/Ann_0001.tiff.");
        // Which of several is meant is not guessed.
        VERIFY_SAYS(joined(told),
                    "l.csv:5: the picture " + (root / "BOB/b.JPG").string()
                        + " is not there, and Bob/B.jpg and Bob/b.jpg both differ from it in capitals alone");
        VERIFY_SAYS(joined(told), "l.csv:7: the picture " + (root / "cid/D.jpg").string() + " does not exist.");
    }

    /// A link to a picture is that picture.
    void links()
    {
        QTemporaryDir dir;
        const fs::path root = dir.path().toStdString();
        writeAtomically(root / "a.jpg", std::string_view("x"));
        writeAtomically(root / "b.jpg", std::string_view("x")); // as large and of the same content, and another
        fs::create_symlink("a.jpg", root / "symbolic.jpg");
        fs::create_hard_link(root / "a.jpg", root / "hard.jpg");
        Progress progress;
        const std::vector<std::string> files{"a.jpg", "b.jpg", "symbolic.jpg", "hard.jpg"};
        const RepeatedPictures found = repeatedPictures(
            files.size(), root, [&](std::size_t i) { return files[i]; }, [](std::size_t) { return std::size_t{0}; },
            [](std::size_t) { return std::string_view("x"); }, progress);
        QCOMPARE(found.out, (std::vector<std::uint8_t>{0, 0, 1, 1}));
    }

    void repeated()
    {
        Progress progress;
        const std::vector<std::string> files{"a.jpg", "b.jpg", "./a.jpg", "c.jpg", "c.jpg", "/set/b.jpg", "d.jpg", "d.jpg"};
        const std::vector<std::size_t> groups{0, 0, 0, 1, 2, 3, 4, 5};
        const std::vector<std::string> people{"x", "x", "x", "x", "y", "", "z", "z"};
        const RepeatedPictures found = repeatedPictures(
            files.size(), "/set", [&](std::size_t i) { return files[i]; }, [&](std::size_t i) { return groups[i]; },
            [&](std::size_t i) { return std::string_view(people[i]); }, progress);
        // In two templates of one person, or of nobody that is known, a picture may be.
        QCOMPARE(found.out, (std::vector<std::uint8_t>{0, 0, 1, 1, 1, 0, 0, 0}));
        const std::string said = joined(found.told("l.csv", "group"));
        QVERIFY2(said.find("1 line that names a picture of the same group again was left out: ./a.jpg") != std::string::npos, said.c_str());
        QVERIFY2(said.find("2 lines of pictures that are listed for several people were left out: c.jpg, c.jpg") != std::string::npos, said.c_str());
    }
};

DSCOPE_TEST(TestPicturelist)
#include "tst_picturelist.moc"
