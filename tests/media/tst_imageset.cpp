// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/naturalorder.h"
#include "core/datasets/folders.h"
#include "core/datasets/imageset.h"
#include "core/image/reader.h"
#include "tests/support/says.h"
#include "tests/support/support.h"

#include <QTemporaryDir>

#include <algorithm>
#include <ctime>
#include <fstream>
#include <sstream>

using namespace dscope;
using namespace dscope::test;
namespace fs = std::filesystem;

namespace {

std::vector<std::string> namesOf(const ImageGroup &group)
{
    std::vector<std::string> names;
    for (const ImageItem &item : group.items)
        names.push_back(item.file.filename().string());
    return names;
}

/// The error a path is refused with; empty if it is read.
std::string refusal(const fs::path &path)
{
    try {
        Progress progress;
        readImageSet(path, progress);
        return {};
    } catch (const FileError &error) {
        return error.what();
    }
}

} // namespace

class TestImageset : public QObject {
    Q_OBJECT

private:
    QTemporaryDir m_dir;
    fs::path path(const std::string &name) const { return fs::path(m_dir.path().toStdString()) / name; }
    fs::path picture(const std::string &name) const
    {
        const fs::path file = path(name);
        writePicture(file, Picture(4, 4));
        return file;
    }
    fs::path text(const std::string &name, const std::string &content) const
    {
        const fs::path file = path(name);
        writeAtomically(file, content);
        return file;
    }

private Q_SLOTS:
    void initTestCase() { QVERIFY(m_dir.isValid()); }

    void naturalOrder()
    {
        std::vector<std::string> names{"b1", "a10", "a2", "a02", "a1", "a", "a2b", "a10b", "A1", "00099999999999999999999998", "99999999999999999999999"};
        std::sort(names.begin(), names.end(), naturalLess);
        const std::vector<std::string> expected{
            "00099999999999999999999998", "99999999999999999999999", "A1", "a", "a1", "a02", "a2", "a2b", "a10", "a10b", "b1"};
        QVERIFY2(names == expected, joined(names).c_str());
    }

    void folder()
    {
        for (const char *name : {"one/f10.png", "one/f9.png", "one/f1.jpg"})
            picture(name);
        text("one/notes.txt", "not a picture");
        text("one/.hidden.png", "");
        QVERIFY(sourceKind(path("one")) == SourceKind::Folder);
        Progress progress;
        const ImageSet set = readImageSet(path("one"), progress);
        QCOMPARE(set.kind, std::string("folder"));
        QCOMPARE(set.groups.size(), std::size_t{1});
        QCOMPARE(set.groups[0].id, std::string("one"));
        QVERIFY((namesOf(set.groups[0]) == std::vector<std::string>{"f1.jpg", "f9.png", "f10.png"}));
        QVERIFY2(joined(set.warnings).find("1 file is no picture") != std::string::npos, joined(set.warnings).c_str());
        // A slash at the end changes nothing.
        QCOMPARE(readImageSet(fs::path(path("one").string() + "/"), progress).groups[0].id, std::string("one"));
    }

    void folderOfFolders()
    {
        for (const char *name : {"two/p10/a.png", "two/p2/b.png", "two/p2/a.png", "two/loose.png"})
            picture(name);
        fs::create_directories(path("two/empty"));
        QVERIFY(sourceKind(path("two")) == SourceKind::FolderOfFolders);
        Progress progress;
        const ImageSet set = readImageSet(path("two"), progress);
        QCOMPARE(set.kind, std::string("folder of folders"));
        QCOMPARE(set.groups.size(), std::size_t{3});
        QCOMPARE(set.groups[0].label, std::string());
        QCOMPARE(set.groups[1].id, std::string("p2"));
        QCOMPARE(set.groups[1].label, std::string("p2"));
        QCOMPARE(set.groups[1].items.size(), std::size_t{2});
        QCOMPARE(set.groups[2].id, std::string("p10"));
        QVERIFY(joined(set.warnings).find("1 folder holds no picture") != std::string::npos);
    }

    /// person/clip/frame.jpg, as face video sets come: a group a clip, labelled by the person.
    void foldersDeeper()
    {
        for (const char *name : {"deep/Ann/0/a.png", "deep/Ann/1/b.png", "deep/Ann/1/a.png", "deep/Bob/x/y/z.png", "deep/Bob/own.png"})
            picture(name);
        fs::create_directories(path("deep/Cid/0"));
        std::error_code problem;
        fs::create_directory_symlink(path("deep"), path("deep/Bob/back"), problem); // a way back up must not lead round and round
        QVERIFY(sourceKind(path("deep")) == SourceKind::FolderOfFolders);
        Progress progress;
        const ImageSet set = readImageSet(path("deep"), progress);
        std::vector<std::string> ids;
        std::vector<std::string> labels;
        std::size_t pictures = 0;
        for (const ImageGroup &group : set.groups) {
            ids.push_back(group.id);
            labels.push_back(group.label);
            pictures += group.items.size();
        }
        QCOMPARE(ids, (std::vector<std::string>{"Ann/0", "Ann/1", "Bob", "Bob/x/y"}));
        QCOMPARE(labels, (std::vector<std::string>{"Ann", "Ann", "Bob", "Bob"}));
        QCOMPARE(pictures, std::size_t{5});
        QVERIFY2(joined(set.warnings).find("1 folder holds no picture") != std::string::npos, joined(set.warnings).c_str());
        // Six levels are looked into, the seventh is named.
        picture("chain/1/2/3/4/5/6/a.png");
        QCOMPARE(readImageSet(path("chain"), progress).groups[0].id, std::string("1/2/3/4/5/6"));
        picture("chain/1/2/3/4/5/6/7/a.png");
        QVERIFY(joined(readImageSet(path("chain"), progress).warnings).find("more than 6 levels") != std::string::npos);
        QVERIFY(sourceKind(path("chain")) == SourceKind::FolderOfFolders);
    }

    void foldersOfVideos()
    {
        for (const char *name : {"clips/v10.mp4", "clips/v2.avi", "clips/notes.txt", "clips/more/w.mkv", "both/a.png", "both/v.mp4"})
            name[0] == 'b' && name[5] == 'a' ? static_cast<void>(picture(name)) : static_cast<void>(text(name, "x"));
        fs::create_directories(path("nothing"));
        Progress progress;
        const std::vector<fs::path> given{path("clips"), path("both"), path("clips/v2.avi"), path("nothing"), path("not there")};
        const std::vector<fs::path> expected{path("clips/v2.avi"), path("clips/v10.mp4"), path("clips/more/w.mkv"),
                                             path("both"),         path("nothing"),       path("not there")};
        QVERIFY(expandFolders(given, progress) == expected);
        QCOMPARE(progress.notices().size(), std::size_t{1});
        QVERIFY2(progress.notices()[0].find("1 file beside the videos") != std::string::npos, progress.notices()[0].c_str());
    }

    void singlePicture()
    {
        const fs::path file = picture("single.png");
        QVERIFY(sourceKind(file) == SourceKind::Picture);
        Progress progress;
        const ImageSet set = readImageSet(file, progress);
        QCOMPARE(set.kind, std::string("pictures"));
        QCOMPARE(set.groups.size(), std::size_t{1});
        QCOMPARE(set.groups[0].items.size(), std::size_t{1});
    }

    void csv()
    {
        picture("list/a, \"b\".png");
        picture("list/x.png");
        const fs::path absolute = picture("elsewhere/y.png");
        const fs::path file = text("list/list.csv",
                                   "\xEF\xBB\xBFpath,group,label\r\n"
                                   "\"a, \"\"b\"\".png\",g1,Ann\r\n"
                                   "x.png,g2,\r\n"
                                   "x.png\r\n"           // line 4: one cell
                                   ",g2,Bob\r\n"         // line 5: no picture
                                   "gone.png,g2,Bob\r\n" // line 6: missing
                                   "x.png,g1,Carl\r\n"   // line 7: another label
                                       + absolute.string() + ",g1,Ann\r\n");
        QVERIFY(sourceKind(file) == SourceKind::Csv);
        Progress progress;
        const ImageSet set = readImageSet(file, progress);
        QCOMPARE(set.kind, std::string("csv"));
        QCOMPARE(set.groups.size(), std::size_t{2});
        QCOMPARE(set.groups[0].id, std::string("g1"));
        QCOMPARE(set.groups[0].label, std::string("Ann"));
        QVERIFY((namesOf(set.groups[0]) == std::vector<std::string>{"a, \"b\".png", "x.png", "y.png"}));
        QCOMPARE(set.groups[1].label, std::string());
        QCOMPARE(set.groups[1].items.size(), std::size_t{1});
        const std::string warnings = joined(set.warnings);
        for (const char *place : {"list.csv:4:", "list.csv:5:", "list.csv:6:", "list.csv:7:"})
            QVERIFY2(warnings.find(place) != std::string::npos, warnings.c_str());
        QVERIFY(warnings.find("gone.png") != std::string::npos);
    }

    void badCsv()
    {
        QVERIFY(refusal(text("bad/a.csv", "photo,group\nx.png,1\n")).find("'photo' could be meant") != std::string::npos);
        QVERIFY(refusal(text("bad/b.csv", "path,group\n\"x.png,1\n")).find("b.csv:2:") != std::string::npos);
        QVERIFY(!refusal(text("bad/c.csv", "")).empty());
        QVERIFY(refusal(text("bad/d.csv", "path,group\nx.png,1\n")).find("none of its pictures") != std::string::npos);
        // Many missing pictures are counted, a few are listed.
        picture("bad/here.png");
        std::string many = "path,group\nhere.png,1\n";
        for (int i = 0; i < 500; ++i)
            many += "gone" + std::to_string(i) + ".png,1\n";
        Progress progress;
        const ImageSet set = readImageSet(text("bad/e.csv", many), progress);
        QVERIFY(set.warnings.size() < 30);
        QVERIFY2(joined(set.warnings).find("500 of 501 pictures are missing") != std::string::npos, joined(set.warnings).c_str());
    }

    /// The content decides what a file is, whatever it is called.
    void content()
    {
        const fs::path file = picture("content/1.png");
        picture("content/x/2.png");
        fs::copy_file(file, path("content/picture.csv"));
        QVERIFY(sourceKind(path("content/picture.csv")) == SourceKind::Picture);
        Progress progress;
        QCOMPARE(readImageSet(path("content/picture.csv"), progress).kind, std::string("pictures"));
        for (const char *name : {"content/list.txt", "content/list", "content/list.lst", "content/list.jpgs"}) {
            const fs::path list = text(name, "path,person\n1.png,a\nx/2.png,b\n");
            QVERIFY2(sourceKind(list) == SourceKind::Csv, name);
            QCOMPARE(readImageSet(list, progress).groups.size(), std::size_t{2});
        }
        QCOMPARE(readImageSet(text("content/casia.txt", "1 0\nx/2.png 1\n"), progress).groups[1].id, std::string("1")); // 1 is 1.png
        QCOMPARE(readImageSet(text("content/train.lst", "0\t0.000\t1.png\n1\t1.000\tx/2.png\n"), progress).groups[0].label, std::string("0"));
        QVERIFY(sourceKind(text("content/pairs.txt", "1.png x/2.png 1\n")) == SourceKind::Unknown);
    }

    /// A picture twice in a group counts once; under two people, not at all; in two groups of one person, or of nobody that is known, it may be.
    void repeated()
    {
        for (const char *name : {"twice/1.png", "twice/2.png", "twice/3.png"})
            picture(name);
        Progress progress;
        const ImageSet people = readImageSet(text("twice/people.csv", "path,person\n1.png,a\n2.png,a\n./1.png,a\n3.png,b\n2.png,b\n"), progress);
        QCOMPARE(people.groups.size(), std::size_t{2});
        QCOMPARE(namesOf(people.groups[0]), (std::vector<std::string>{"1.png"}));
        QCOMPARE(namesOf(people.groups[1]), (std::vector<std::string>{"3.png"}));
        const std::string said = joined(people.warnings);
        QVERIFY2(said.find("1 line that names a picture of the same group again was left out") != std::string::npos, said.c_str());
        QVERIFY2(said.find("2 lines of pictures that are listed for several people were left out") != std::string::npos, said.c_str());
        const ImageSet groups = readImageSet(text("twice/groups.csv", "path,group,person\n1.png,g,a\n1.png,h,a\n2.png,i,\n2.png,j,\n"), progress);
        QCOMPARE(groups.groups.size(), std::size_t{4});
        QVERIFY2(groups.warnings.empty(), joined(groups.warnings).c_str());
        QVERIFY(refusal(text("twice/none.csv", "path,person\n1.png,a\n1.png,b\n")).find("under one person alone") != std::string::npos);
    }

    /// What Dscope writes names files from the current folder, and is read back from anywhere.
    void foundFromTheCurrentFolder()
    {
        picture("current/pictures/1.png");
        const fs::path before = fs::current_path();
        fs::current_path(path("current"));
        fs::create_directories("elsewhere");
        const fs::path list = text("current/elsewhere/s.csv", "source,group,label,file\npictures,g,,pictures/1.png\n");
        Progress progress;
        const ImageSet set = readImageSet(list, progress);
        fs::current_path(before);
        QCOMPARE(set.groups.front().items.size(), std::size_t{1});
        QVERIFY(fs::equivalent(set.groups.front().items.front().file, path("current/pictures/1.png")));
        QVERIFY2(joined(set.warnings).find("found from the current folder") != std::string::npos, joined(set.warnings).c_str());
    }

    void refused()
    {
        QVERIFY(refusal(path("absent")).find("does not exist") != std::string::npos);
        fs::create_directories(path("hollow/inner"));
        QVERIFY(refusal(path("hollow")).find("holds no pictures") != std::string::npos);
        QVERIFY(!refusal(text("plain.txt", "hello")).empty());
        QVERIFY(sourceKind(path("plain.txt")) == SourceKind::Unknown);
        QVERIFY(sourceKind(text("clip.mp4", "")) == SourceKind::Video);
        QVERIFY(refusal(path("clip.mp4")).find("is a video") != std::string::npos);
    }

    void ijb_data()
    {
        QTest::addColumn<QString>("prefix");
        QTest::newRow("IJB-B") << QStringLiteral("ijbb_");
        QTest::newRow("IJB-C") << QStringLiteral("ijbc_");
    }

    /// A small set in the layout of IJB from LFW's aligned pictures: two people with two templates each and one alone.
    void ijb()
    {
        QFETCH(QString, prefix);
        const fs::path lfw = sharedDir() / "data" / "lfw_112";
        DSCOPE_NEED(lfw);
        const std::string p = prefix.toStdString();
        const fs::path root = path(p + "root");
        fs::create_directories(root / "loose_crop");
        std::vector<fs::path> people;
        for (const auto &entry : fs::directory_iterator(lfw)) {
            std::size_t count = 0;
            for ([[maybe_unused]] const auto &file : fs::directory_iterator(entry.path()))
                ++count;
            if (count >= 4)
                people.push_back(entry.path());
        }
        std::sort(people.begin(), people.end());
        QVERIFY(people.size() > 3);
        std::string tidMid;
        std::string points;
        int image = 0;
        // Person k has templates 10 k + 2 and 10 k + 1 (descending, to see the sorting) of two pictures; person 2 has only one.
        for (int person = 0; person < 3; ++person) {
            std::vector<fs::path> files;
            for (const auto &entry : fs::directory_iterator(people[static_cast<std::size_t>(person)]))
                files.push_back(entry.path());
            std::sort(files.begin(), files.end());
            for (int k = 0; k < (person == 2 ? 2 : 4); ++k) {
                const std::string name = std::to_string(++image) + ".jpg";
                fs::copy_file(files[static_cast<std::size_t>(k)], root / "loose_crop" / name);
                tidMid += name + " " + std::to_string(10 * person + (k < 2 ? 2 : 1)) + " " + std::to_string(100 + k) + "\n";
                points += name + " 38.2946 51.6963 73.5318 51.5014 56.0252 71.7366 41.5493 92.3655 70.7299 92.2041 0." + std::to_string(90 + image) + "\n";
            }
        }
        const fs::path meta = root / "meta";
        writeAtomically(meta / (p + "face_tid_mid.txt"), tidMid + "broken line here\n77.jpg 2 5\n../escape.jpg 2 5\n");
        writeAtomically(meta / (p + "name_5pts_score.txt"), points + "3.jpg 1 2 3\n");
        writeAtomically(meta / (p + "template_pair_label.txt"), std::string("1 2 1\n11 12 1\n1 11 0\n2 22 0\n1 12\n"));
        QVERIFY(sourceKind(root) == SourceKind::Ijb);
        Progress progress;
        ImageSet set = readImageSet(root, progress);
        QCOMPARE(set.kind, std::string("ijb"));
        QCOMPARE(set.groups.size(), std::size_t{5});
        std::vector<std::string> ids;
        std::vector<std::string> labels;
        for (const ImageGroup &group : set.groups) {
            ids.push_back(group.id);
            labels.push_back(group.label);
            QCOMPARE(group.items.size(), std::size_t{2});
        }
        QVERIFY((ids == std::vector<std::string>{"1", "2", "11", "12", "22"}));
        QVERIFY2((labels == std::vector<std::string>{"subject-of-1", "subject-of-1", "subject-of-11", "subject-of-11", ""}), joined(labels).c_str());
        const ImageItem &first = set.groups[1].items[0];
        QCOMPARE(first.media, std::int64_t{100});
        QVERIFY(first.landmarks.has_value());
        QCOMPARE((*first.landmarks)[2].x, 56.0252F);
        QCOMPARE((*first.landmarks)[4].y, 92.2041F);
        QCOMPARE(*first.detectorScore, 0.91F);
        QCOMPARE(readPicture(first.file).width, 112);
        const std::string warnings = joined(set.warnings);
        for (const char *word : {"face_tid_mid.txt:11:", "face_tid_mid.txt:13:", "77.jpg",
                                 "name_5pts_score.txt:11:", "template_pair_label.txt:5:", "1 of 11 pictures are missing"})
            QVERIFY2(warnings.find(word) != std::string::npos, warnings.c_str());

        // A table of subjects goes before the pairs, and names their classes.
        writeAtomically(meta / (p + "1N_gallery_G1.csv"), std::string("TEMPLATE_ID,SUBJECT_ID,FILENAME\n1,501,a\n22,777,b\nx,9,c\n"));
        set = readImageSet(root, progress);
        labels.clear();
        for (const ImageGroup &group : set.groups)
            labels.push_back(group.label);
        QVERIFY2((labels == std::vector<std::string>{"501", "501", "subject-of-11", "subject-of-11", "777"}), joined(labels).c_str());
        QVERIFY(joined(set.warnings).find("1N_gallery_G1.csv:4:") != std::string::npos);

        // Landmarks in another order are matched by name.
        std::string reversed;
        std::istringstream lines(points);
        for (std::string line; std::getline(lines, line);)
            reversed = line + "\n" + reversed;
        writeAtomically(meta / (p + "name_5pts_score.txt"), reversed);
        set = readImageSet(root, progress);
        QCOMPARE(*set.groups[1].items[0].detectorScore, 0.91F);
        fs::remove(meta / (p + "name_5pts_score.txt"));
        set = readImageSet(root, progress);
        QVERIFY(!set.groups[1].items[0].landmarks.has_value());
        fs::remove_all(root / "loose_crop");
        QVERIFY(refusal(root).find("loose_crop") != std::string::npos);
    }

    /// As many lines as IJB-C has are read in a few seconds; the pictures are empty files, for nothing here opens them.
    void largeIjb()
    {
        constexpr int images = 469'375;
        constexpr int templates = 23'124;
        const fs::path root = path("large");
        fs::create_directories(root / "loose_crop");
        fs::create_directories(root / "meta");
        std::string tidMid;
        std::string points;
        for (int i = 1; i <= images; ++i) {
            const std::string name = std::to_string(i) + ".jpg";
            tidMid += name + " " + std::to_string(1 + i % templates) + " " + std::to_string(i / 3) + "\n";
            points += name + " 38.2946 51.6963 73.5318 51.5014 56.0252 71.7366 41.5493 92.3655 70.7299 92.2041 0.998\n";
        }
        // One in twenty of the pictures is there: making all of them would take longer than the test.
        for (int i = 1; i <= images; i += 20)
            std::ofstream(root / "loose_crop" / (std::to_string(i) + ".jpg"));
        std::string pairs;
        for (int i = 1; i + 1 <= templates; i += 2)
            pairs += std::to_string(i) + " " + std::to_string(i + 1) + " 1\n";
        for (int i = 0; i < 1'000'000; ++i)
            pairs += std::to_string(1 + i % templates) + " " + std::to_string(1 + i * 7LL % templates) + " 0\n";
        writeAtomically(root / "meta" / "ijbc_face_tid_mid.txt", tidMid);
        writeAtomically(root / "meta" / "ijbc_name_5pts_score.txt", points);
        writeAtomically(root / "meta" / "ijbc_template_pair_label.txt", pairs);
        // Processor time: the clock on the wall says little on a busy machine.
        const std::clock_t begin = std::clock();
        Progress progress;
        const ImageSet set = readImageSet(root, progress);
        const double seconds = static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
        qInfo("%d lines of templates and landmarks, 1,011,562 pairs: %.2f s of processor time", images, seconds);
        QVERIFY(set.warnings.size() < 30);
        std::size_t items = 0;
        for (const ImageGroup &group : set.groups)
            items += group.items.size();
        QCOMPARE(items, static_cast<std::size_t>((images + 19) / 20));
        for (const ImageGroup &group : set.groups)
            QVERIFY(!group.label.empty() && !group.items.empty());
        // Generous, for slow machines and sanitizers: quadratic behaviour would take minutes.
        QVERIFY2(seconds < 20, qPrintable(QString::number(seconds)));
    }

    void cancelling()
    {
        picture("many/a/1.png");
        picture("many/b/1.png");
        Progress progress;
        progress.cancel();
        QVERIFY_EXCEPTION_THROWN(readImageSet(path("many"), progress), Cancelled);
    }
};

DSCOPE_TEST(TestImageset)
#include "tst_imageset.moc"
