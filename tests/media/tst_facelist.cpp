// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/base/files.h"
#include "core/datasets/imageset.h"
#include "core/image/reader.h"
#include "core/training/facestore.h"
#include "core/training/packedset.h"
#include "core/training/recordio.h"
#include "tests/support/says.h"
#include "tests/support/support.h"

#include <QTemporaryDir>

#include <opencv2/imgcodecs.hpp>

#include <algorithm>

using namespace dscope;
using namespace dscope::test;
namespace fs = std::filesystem;

namespace {

std::string_view view(const std::vector<std::uint8_t> &bytes)
{
    return {reinterpret_cast<const char *>(bytes.data()), bytes.size()};
}

/// 112 x 112 with enough in it that half of its JPEG is not the whole.
Picture textured(int number)
{
    Picture picture(112, 112);
    for (std::size_t i = 0; i < picture.rgb.size(); ++i)
        picture.rgb[i] = static_cast<std::uint8_t>((i * 13 + i * i / 7 + static_cast<std::size_t>(number) * 31) % 253);
    return picture;
}

std::vector<std::uint8_t> encoded(const std::string &ending, int number)
{
    const Picture picture = textured(number);
    cv::Mat bgr(112, 112, CV_8UC3);
    for (std::size_t i = 0; i < picture.rgb.size(); ++i)
        bgr.data[i - i % 3 + 2 - i % 3] = picture.rgb[i];
    std::vector<std::uint8_t> bytes;
    return cv::imencode(ending, bgr, bytes) ? bytes : std::vector<std::uint8_t>();
}

bool anySays(const std::vector<std::string> &texts, std::initializer_list<const char *> words)
{
    return std::any_of(texts.begin(), texts.end(), [&](const std::string &text) {
        return std::all_of(words.begin(), words.end(), [&](const char *word) { return text.find(word) != std::string::npos; });
    });
}

} // namespace

/// Labelled sets of faces in every form that pictures come in.
class TestFacelist : public QObject {
    Q_OBJECT

private:
    QTemporaryDir m_dir;
    fs::path path(const std::string &name) const { return fs::path(m_dir.path().toStdString()) / name; }
    void write(const std::string &name, const std::vector<std::uint8_t> &bytes) const { writeAtomically(path(name), view(bytes)); }

private Q_SLOTS:
    void initTestCase() { QVERIFY(m_dir.isValid()); }
    void cleanup() { refuseDamagedPictures(false); }

    /// Content decides, not the name; what is left out is named.
    void everyFormat()
    {
        const std::string root = "formats/";
        write(root + "a/1.jpg", encoded(".jpg", 1));
        write(root + "a/2.png", encoded(".png", 2));
        write(root + "a/3.webp", encoded(".webp", 3));
        write(root + "a/4.bmp", encoded(".bmp", 4));
        write(root + "b/noending", encoded(".png", 5));
        write(root + "b/wrong.jpg", encoded(".png", 6));
        write(root + "b/x.jfif", encoded(".jpg", 7));
        write(root + "b/UPPER.PNG", encoded(".png", 8));
        write(root + "loose.jpg", encoded(".jpg", 9));
        writeAtomically(path(root + "b/.hidden.jpg"), std::string_view("x"));
        for (const char *name : {"1.txt", "2.txt", "3.txt", "4.txt", "5.txt", "6.txt", "7.txt"})
            writeAtomically(path(root + "a/" + name), std::string_view("BMW is no picture"));
        write(root + "b/deeper/1.jpg", encoded(".jpg", 10));

        Progress progress;
        FaceList list = readFaceList(path("formats"), {}, progress);
        QCOMPARE(list.files, (std::vector<std::string>{"a/1.jpg", "a/2.png", "a/3.webp", "a/4.bmp", "b/UPPER.PNG", "b/noending", "b/wrong.jpg", "b/x.jfif"}));
        const std::string told = joined(progress.notices());
        QVERIFY2(anySays(progress.notices(), {"7 files are no pictures and were left out: a/1.txt, a/2.txt, a/3.txt, a/4.txt, a/5.txt and 2 more."}),
                 told.c_str());
        QVERIFY2(anySays(progress.notices(), {"loose.jpg", "belongs to nobody"}), told.c_str());
        QVERIFY2(anySays(progress.notices(), {"b/deeper"}), told.c_str());
        QVERIFY2(told.find("hidden") == std::string::npos, told.c_str());
        const std::vector<Picture> pictures = readFaces(list, progress);
        QCOMPARE(pictures.size(), std::size_t{8});
        QVERIFY(pictures[1] == textured(2)); // without loss
        QVERIFY(pictures[3] == textured(4));
        QVERIFY(pictures[6] == textured(6));
    }

    /// One rule for damaged pictures: cut short is out; damaged within or without an end marker is in, with a word, or with `strict` out.
    void damaged()
    {
        const std::vector<std::uint8_t> good = encodeJpeg(textured(1), 90);
        std::vector<std::uint8_t> half(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(good.size() / 2));
        std::vector<std::uint8_t> halfWithEnd = half;
        halfWithEnd.insert(halfWithEnd.end(), {0xff, 0xd9});
        std::vector<std::uint8_t> hole = good;
        hole.erase(hole.begin() + static_cast<std::ptrdiff_t>(good.size() / 2), hole.begin() + static_cast<std::ptrdiff_t>(good.size() / 2 + 600));
        const std::vector<std::uint8_t> noEnd(good.begin(), good.end() - 2);
        write("damaged/a/1-good.jpg", good);
        write("damaged/a/2-half.jpg", half);
        write("damaged/a/3-halfwithend.jpg", halfWithEnd);
        write("damaged/b/1-hole.jpg", hole);
        write("damaged/b/2-noend.jpg", noEnd);
        {
            Progress progress;
            FaceList list = readFaceList(path("damaged"), {}, progress);
            const std::vector<Picture> pictures = readFaces(list, progress);
            QCOMPARE(list.files, (std::vector<std::string>{"a/1-good.jpg", "a/3-halfwithend.jpg", "b/1-hole.jpg", "b/2-noend.jpg"}));
            QVERIFY(pictures[0] == pictures[3]);
            const std::string told = joined(progress.notices());
            QVERIFY2(anySays(progress.notices(), {"2-half.jpg", "cut short"}), told.c_str());
            QVERIFY2(anySays(progress.notices(), {"3-halfwithend.jpg", "damaged"}), told.c_str());
            QVERIFY2(anySays(progress.notices(), {"1-hole.jpg", "damaged"}), told.c_str());
            QVERIFY2(anySays(progress.notices(), {"2-noend.jpg", "end marker"}), told.c_str());
            QVERIFY2(told.find("1-good") == std::string::npos, told.c_str());
        }
        {
            refuseDamagedPictures(true);
            Progress progress;
            FaceList list = readFaceList(path("damaged"), {}, progress);
            QCOMPARE(readFaces(list, progress).size(), std::size_t{1});
            QVERIFY2(anySays(progress.notices(), {"2-noend.jpg", "end marker"}), joined(progress.notices()).c_str());
            refuseDamagedPictures(false);
        }
        {
            // The same by the reader of `score`.
            std::vector<std::string> warnings;
            readPicture(path("damaged/b/1-hole.jpg"), &warnings);
            QCOMPARE(warnings.size(), std::size_t{1});
            readPicture(path("damaged/a/1-good.jpg"), &warnings);
            QCOMPARE(warnings.size(), std::size_t{1});
            QVERIFY_THROWS_EXCEPTION(FileError, readPicture(path("damaged/a/2-half.jpg")));
        }
        {
            // A store that reads again and again says it once.
            Progress progress;
            FaceList list = readFaceList(path("damaged"), {}, progress);
            list.files.erase(list.files.begin() + 1);
            list.labels.erase(list.labels.begin() + 1);
            {
                const FaceStore store(list, progress, 1000);
                QVERIFY(!store.kept());
                for (int again = 0; again < 3; ++again)
                    for (std::size_t i = 0; i < list.size(); ++i)
                        store.at(i);
            }
            QCOMPARE(progress.notices().size(), std::size_t{3});
        }
        {
            Progress progress;
            const PackSummary summary = packFaces(readFaceList(path("damaged"), {}, progress), path("damaged.pack"), progress);
            QCOMPARE(summary.pictures, std::int64_t{4});
            QVERIFY2(anySays(progress.notices(), {"1-hole.jpg", "damaged"}), joined(progress.notices()).c_str());
            refuseDamagedPictures(true);
            const PackSummary strict = packFaces(readFaceList(path("damaged"), {}, progress), path("strict.pack"), progress);
            refuseDamagedPictures(false);
            QCOMPARE(strict.pictures, std::int64_t{1});
        }
    }

    /// A picture that a csv names twice is its own nearest neighbour.
    void repeatedLines()
    {
        for (const char *name : {"again/1.jpg", "again/2.jpg", "again/3.jpg", "again/4.jpg"})
            write(name, encoded(".jpg", 1));
        writeAtomically(path("again/list.csv"), std::string_view("path,person\n1.jpg,x\n2.jpg,x\n./1.jpg,x\n3.jpg,y\n4.jpg,z\n3.jpg,x\n2.jpg,x\n"));
        Progress progress;
        const FaceList list = readFaceList(path("again/list.csv"), {}, progress);
        QCOMPARE(list.files, (std::vector<std::string>{"1.jpg", "2.jpg", "4.jpg"}));
        QCOMPARE(list.labels, (std::vector<std::int32_t>{0, 0, 1}));
        QCOMPARE(list.people, (std::vector<std::string>{"x", "z"}));
        QVERIFY2(anySays(progress.notices(), {"2 lines that name a picture of the same person again were left out", "2.jpg"}),
                 joined(progress.notices()).c_str());
        QVERIFY2(anySays(progress.notices(), {"2 lines of pictures that are listed for several people were left out: 3.jpg, 3.jpg"}),
                 joined(progress.notices()).c_str());
    }

    /// Aligned faces of another size: told what to do, and done.
    void otherSizes()
    {
        for (const int side : {160, 224}) {
            cv::Mat picture(side, side, CV_8UC3, cv::Scalar(10, 20, 200));
            picture.colRange(0, side / 2).setTo(cv::Scalar(200, 20, 10));
            std::vector<std::uint8_t> bytes;
            QVERIFY(cv::imencode(".png", picture, bytes));
            write("sizes/a/" + std::to_string(side) + ".png", bytes);
        }
        std::vector<std::uint8_t> oblong;
        QVERIFY(cv::imencode(".png", cv::Mat(218, 178, CV_8UC3, cv::Scalar(1, 2, 3)), oblong));
        write("sizes/a/oblong.png", oblong);
        write("sizes/b/112.png", encoded(".png", 3));
        Progress progress;
        const FaceList list = readFaceList(path("sizes"), {}, progress);
        QCOMPARE(list.size(), std::size_t{4});
        const FaceReader strict(list, progress);
        try {
            strict.read(0);
            QFAIL("nothing was thrown");
        } catch (const FileError &error) {
            const std::string text = error.what();
            QVERIFY2(text.find("160 x 160") != std::string::npos && text.find("dscope pack") != std::string::npos && text.find("--resize") != std::string::npos,
                     text.c_str());
        }
        Progress packing;
        const PackSummary summary = packFaces(list, path("sizes.pack"), packing, true);
        QCOMPARE(summary.pictures, std::int64_t{3});
        QVERIFY2(anySays(packing.notices(), {"oblong.png", "178 x 218", "not square"}), joined(packing.notices()).c_str());
        const FaceList packed = readFaceList(path("sizes.pack"), {}, progress);
        const FaceReader reader(packed, progress);
        for (const std::size_t i : {std::size_t{0}, std::size_t{1}}) {
            const Picture face = reader.read(i);
            QCOMPARE(face.width, 112);
            QCOMPARE(face.height, 112);
            QVERIFY(face.row(50)[0] == 10 && face.row(50)[2] == 200 && face.row(50)[3 * 111] == 200 && face.row(50)[3 * 111 + 2] == 10);
        }
        QVERIFY(reader.read(2) == textured(3)); // untouched
    }

    /// Every form of csv that people have, and the other columns' names.
    void csvForms()
    {
        for (const char *name : {"csv/x/1.jpg", "csv/x/2.jpg", "csv/y/3.JPG"})
            write(name, encoded(".jpg", 1));
        const std::vector<std::string> files{"x/1.jpg", "x/2.jpg", "y/3.JPG"};
        for (const char *text :
             {"path,label\nx/1.jpg,a\nx/2.jpg,a\ny/3.JPG,b\n", "path;group\nx/1.jpg;a\nx/2.jpg;a\ny/3.JPG;b\n",
              "Image\tSubject\r\nx/1.jpg\ta\r\nx/2.jpg\ta\r\ny/3.JPG\tb\r\n",
              "\"FILE\", \"Class\"\n\"x/1.jpg\", \"a\"\n\"x/2.jpg\", \"a\"\n\"y/3.jpg\", \"b\"\n", "filename,identity\nx\\1.jpg,a\nx\\2.jpg,a\ny\\3.jpg,b\n"}) {
            writeAtomically(path("csv/list.CSV"), std::string_view(text));
            Progress progress;
            FaceList list = readFaceList(path("csv/list.CSV"), {}, progress);
            QCOMPARE(list.files, files);
            QCOMPARE(list.people, (std::vector<std::string>{"a", "b"}));
            QCOMPARE(readFaces(list, progress).size(), std::size_t{3});
            // The same by the reader of `score`.
            const ImageSet set = readImageSet(path("csv/list.CSV"), progress);
            QCOMPARE(set.groups.size(), std::size_t{2});
            QCOMPARE(set.groups[0].items.size(), std::size_t{2});
            QCOMPARE(set.groups[1].items.size(), std::size_t{1});
        }
    }

    /// Lists by any name, one rule for bad lines, and messages that name the list.
    void lists()
    {
        for (const char *name : {"lists/x/1.jpg", "lists/x/2.jpg", "lists/y/3.jpg"})
            write(name, encoded(".jpg", 1));
        const std::vector<std::string> files{"x/1.jpg", "x/2.jpg", "y/3.jpg"};
        for (const auto &[name, text] :
             {std::pair("lists/casia.txt", "x/1.jpg 0\nx/2.jpg 0\ny/3.jpg 1\n"), std::pair("lists/set", "image_path|subject_id\nx/1.jpg|0\nx/2|0\ny/3.jpg|1\n"),
              std::pair("lists/train.lst", "1\tx/1.jpg\t0\n1\tx/2.jpg\t0\n1\ty/3.jpg\t1\n"),
              std::pair("lists/bad.csv", "path,person\nx/1.jpg,0.0,\nx/2.jpg,0\nx/2.jpg\ny/3.jpg,1,z\ny/3.jpg,1\ny/none.jpg,1\n")}) {
            writeAtomically(path(name), std::string_view(text));
            Progress progress;
            const FaceList list = readFaceList(path(name), {}, progress);
            QCOMPARE(list.files, files);
            QCOMPARE(list.people, (std::vector<std::string>{"0", "1"}));
            // The same by the reader of `score`, and the same said.
            Progress other;
            const ImageSet set = readImageSet(path(name), other);
            QCOMPARE(set.groups.size(), std::size_t{2});
            QCOMPARE(set.groups[0].items.size(), std::size_t{2});
            QCOMPARE(progress.notices(), set.warnings);
        }
        Progress progress;
        QVERIFY2(refusal([&] { readFaceList(path("lists/x/1.jpg"), {}, progress); }).find("is a picture") != std::string::npos, "a picture");
        fs::copy_file(path("lists/x/1.jpg"), path("lists/1.csv"));
        QVERIFY2(refusal([&] { readFaceList(path("lists/1.csv"), {}, progress); }).find("is a picture") != std::string::npos, "a picture that is called .csv");
        writeAtomically(path("lists/broken/x.jpg"), std::string_view("\xFF\xD8\xFF is cut"));
        writeAtomically(path("lists/broken.csv"), std::string_view("path,person\nbroken/x.jpg,a\n"));
        FaceList broken = readFaceList(path("lists/broken.csv"), {}, progress);
        const std::string said = refusal([&] { readFaces(broken, progress); });
        QVERIFY2(said.find("broken.csv: none of its pictures can be used") != std::string::npos, said.c_str());
        // A split that writes numbers otherwise.
        writeAtomically(path("lists/split.csv"), std::string_view("identity,part\n0.0,train\n1.0,test\n"));
        QCOMPARE(readFaceList(path("lists/casia.txt"), {path("lists/split.csv"), {"train"}}, progress).files, (std::vector<std::string>{"x/1.jpg", "x/2.jpg"}));
    }

    /// The folder of a public training set, as it is unpacked.
    void folderOfRecords()
    {
        {
            RecordWriter writer(path("emore/train.rec"));
            writer.add(0, encoded(".jpg", 2));
            writer.add(1, encoded(".jpg", 3));
            writer.finish();
        }
        writeAtomically(path("emore/property"), std::string_view("2,112,112"));
        writeAtomically(path("emore/lfw.bin"), std::string_view("x"));
        Progress progress;
        FaceList list = readFaceList(path("emore"), {}, progress);
        QCOMPARE(list.size(), std::size_t{2});
        QVERIFY2(anySays(progress.notices(), {"train.rec", "is used"}), joined(progress.notices()).c_str());
        QCOMPARE(readFaces(list, progress).size(), std::size_t{2});
        write("emore/someone/1.jpg", encoded(".jpg", 4));
        Progress again;
        QCOMPARE(readFaceList(path("emore"), {}, again).size(), std::size_t{1});
        QVERIFY2(anySays(again.notices(), {"train.rec", "not used"}), joined(again.notices()).c_str());
    }

    void pngRecords()
    {
        {
            RecordWriter writer(path("png.rec"));
            writer.add(0, encoded(".png", 1));
            writer.add(0, encoded(".jpg", 2));
            writer.add(1, encoded(".png", 3));
            writer.finish();
        }
        Progress progress;
        FaceList list = readFaceList(path("png.rec"), {}, progress);
        const std::vector<Picture> pictures = readFaces(list, progress);
        QCOMPARE(pictures.size(), std::size_t{3});
        QVERIFY(pictures[0] == textured(1));
        QVERIFY(pictures[2] == textured(3));
        QVERIFY2(progress.notices().empty(), joined(progress.notices()).c_str());
    }
};

DSCOPE_TEST(TestFacelist)
#include "tst_facelist.moc"
