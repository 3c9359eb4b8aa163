// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/orient.h"
#include "core/image/reader.h"
#include "tests/support/support.h"

#include <QTemporaryDir>

#include <opencv2/imgcodecs.hpp>

#include <cmath>

using namespace dscope;
namespace fs = std::filesystem;

namespace {

std::string asText(const std::vector<std::uint8_t> &bytes)
{
    return std::string(bytes.begin(), bytes.end());
}

/// 48 x 32 in four plain quarters: red and green above, blue and white below.
Picture quarters()
{
    Picture picture(48, 32);
    for (int y = 0; y < 32; ++y)
        for (int x = 0; x < 48; ++x) {
            std::uint8_t *pixel = picture.row(y) + 3 * x;
            const int place = (y >= 16 ? 2 : 0) + (x >= 24 ? 1 : 0);
            pixel[0] = place == 0 || place == 3 ? 255 : 0;
            pixel[1] = place == 1 || place == 3 ? 255 : 0;
            pixel[2] = place == 2 || place == 3 ? 255 : 0;
        }
    return picture;
}

/// A TIFF header with one entry: the orientation.
std::string exifBlock(int orientation, bool big)
{
    if (big)
        return std::string("MM\0\x2A\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0", 19) + static_cast<char>(orientation) + std::string("\0\0\0\0\0\0", 6);
    return std::string("II\x2A\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0", 18) + static_cast<char>(orientation) + std::string("\0\0\0\0\0\0\0", 7);
}

/// The JPEG with an EXIF segment put behind its first marker.
std::string withExif(const std::vector<std::uint8_t> &jpeg, int orientation, bool big)
{
    const std::string body = std::string("Exif\0\0", 6) + exifBlock(orientation, big);
    const std::size_t length = body.size() + 2;
    std::string segment("\xFF\xE1");
    segment += static_cast<char>(length >> 8);
    segment += static_cast<char>(length & 0xFF);
    const std::string whole = asText(jpeg);
    return whole.substr(0, 2) + segment + body + whole.substr(2);
}

/// The colour letter (r, g, b, w, or ? for anything else) at a place given in eighths of the sides.
char colourAt(const Picture &picture, int x8, int y8)
{
    const std::uint8_t *p = picture.row(picture.height * y8 / 8) + 3 * (picture.width * x8 / 8);
    const auto is = [&](int r, int g, int b) { return std::abs(p[0] - r) < 30 && std::abs(p[1] - g) < 30 && std::abs(p[2] - b) < 30; };
    return is(255, 0, 0) ? 'r' : is(0, 255, 0) ? 'g' : is(0, 0, 255) ? 'b' : is(255, 255, 255) ? 'w' : '?';
}

/// The four quarters in reading order.
std::string layout(const Picture &picture)
{
    return {colourAt(picture, 2, 2), colourAt(picture, 6, 2), colourAt(picture, 2, 6), colourAt(picture, 6, 6)};
}

std::uint32_t crc32(const std::string &bytes)
{
    std::uint32_t crc = 0xFFFFFFFF;
    for (const char c : bytes) {
        crc ^= static_cast<unsigned char>(c);
        for (int i = 0; i < 8; ++i)
            crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320 : 0);
    }
    return ~crc;
}

std::string big32(std::uint32_t value)
{
    return {static_cast<char>(value >> 24), static_cast<char>(value >> 16), static_cast<char>(value >> 8), static_cast<char>(value)};
}

std::string pngChunk(const std::string &type, const std::string &body)
{
    return big32(static_cast<std::uint32_t>(body.size())) + type + body + big32(crc32(type + body));
}

} // namespace

class TestReader : public QObject {
    Q_OBJECT

private:
    QTemporaryDir m_dir;
    fs::path path(const char *name) const { return fs::path(m_dir.path().toStdString()) / name; }
    /// Writes an OpenCV picture by the file's ending.
    fs::path save(const char *name, const cv::Mat &mat) const
    {
        const fs::path file = path(name);
        return cv::imwrite(file.string(), mat) ? file : fs::path();
    }
    /// The reason a file is refused for; empty if it is not.
    static std::string refusal(const fs::path &file)
    {
        try {
            readPicture(file);
            return {};
        } catch (const FileError &error) {
            return error.what();
        }
    }

private Q_SLOTS:
    void initTestCase() { QVERIFY(m_dir.isValid()); }

    void exif_data()
    {
        QTest::addColumn<int>("orientation");
        QTest::addColumn<bool>("big");
        QTest::addColumn<QByteArray>("expected");
        // Upright quarters of "rg/bw" stored as it stands, by what each value says of row 0 and column 0 (EXIF 2.3, tag 0x112).
        const char *layouts[] = {"rgbw", "grwb", "wbgr", "bwrg", "rbgw", "brwg", "wgbr", "gwrb"};
        for (int i = 1; i <= 8; ++i)
            for (const bool big : {false, true})
                QTest::addRow("%d %s", i, big ? "MM" : "II") << i << big << QByteArray(layouts[i - 1]);
    }

    void exif()
    {
        QFETCH(int, orientation);
        QFETCH(bool, big);
        QFETCH(QByteArray, expected);
        const fs::path jpeg = path("exif.jpg");
        writeAtomically(jpeg, withExif(encodeJpeg(quarters(), 95), orientation, big));
        const Picture picture = readPicture(jpeg);
        QCOMPARE(picture.width, orientation >= 5 ? 32 : 48);
        QCOMPARE(picture.height, orientation >= 5 ? 48 : 32);
        QCOMPARE(QByteArray::fromStdString(layout(picture)), expected);

        // The same in PNG's eXIf chunk, put behind IHDR; no loss, so every pixel must be right.
        const fs::path png = path("exif.png");
        writePicture(png, quarters());
        const std::string whole = readText(png);
        constexpr std::size_t behindHeader = 8 + 25;
        writeAtomically(png, whole.substr(0, behindHeader) + pngChunk("eXIf", exifBlock(orientation, big)) + whole.substr(behindHeader));
        QVERIFY(readPicture(png) == oriented(quarters(), orientation));
    }

    /// OpenCV's own EXIF rotation, on a picture without symmetry.
    void exifAsOpenCv()
    {
        Picture noisy(37, 23);
        for (std::size_t i = 0; i < noisy.rgb.size(); ++i)
            noisy.rgb[i] = static_cast<std::uint8_t>((i * 7 + i * i / 5) % 251);
        for (int orientation = 1; orientation <= 8; ++orientation) {
            const fs::path file = path("noisy.jpg");
            writeAtomically(file, withExif(encodeJpeg(noisy, 100), orientation, false));
            const Picture ours = readPicture(file);
            const cv::Mat theirs = cv::imread(file.string(), cv::IMREAD_COLOR);
            QCOMPARE(ours.width, theirs.cols);
            QCOMPARE(ours.height, theirs.rows);
            int largest = 0;
            for (int y = 0; y < ours.height; ++y)
                for (int x = 0; x < ours.width; ++x)
                    for (int c = 0; c < 3; ++c)
                        largest = std::max(largest, std::abs(ours.row(y)[3 * x + c] - theirs.at<cv::Vec3b>(y, x)[2 - c]));
            QVERIFY2(largest <= 1, qPrintable(QString::number(largest)));
        }
    }

    void damagedExif()
    {
        // A directory that points outside, and one that claims more entries than there are bytes: the picture is read as it is stored.
        std::string far = exifBlock(6, false);
        far[4] = '\x7F';
        far[5] = '\x7F';
        QCOMPARE(exifOrientation(reinterpret_cast<const std::uint8_t *>(far.data()), far.size()), 1);
        std::string many = exifBlock(6, false);
        many[8] = '\xFF';
        many[10] = '\x13';
        QCOMPARE(exifOrientation(reinterpret_cast<const std::uint8_t *>(many.data()), many.size()), 1);
        const std::string good = exifBlock(6, true);
        QCOMPARE(exifOrientation(reinterpret_cast<const std::uint8_t *>(good.data()), good.size()), 6);
        for (std::size_t size = 0; size < 18; ++size)
            QCOMPARE(exifOrientation(reinterpret_cast<const std::uint8_t *>(good.data()), size), 1);
        const std::string nine = exifBlock(9, false);
        QCOMPARE(exifOrientation(reinterpret_cast<const std::uint8_t *>(nine.data()), nine.size()), 1);
    }

    void kinds_data()
    {
        QTest::addColumn<QByteArray>("file");
        for (const char *name : {"kind.png", "kind.bmp", "kind.tif", "kind.ppm", "kind.webp", "kind.jpg"})
            QTest::newRow(name) << QByteArray(name);
    }

    void kinds()
    {
        QFETCH(QByteArray, file);
        cv::Mat bgr(32, 48, CV_8UC3);
        const Picture expected = quarters();
        for (int y = 0; y < 32; ++y)
            for (int x = 0; x < 48; ++x)
                for (int c = 0; c < 3; ++c)
                    bgr.at<cv::Vec3b>(y, x)[2 - c] = expected.row(y)[3 * x + c];
        const fs::path saved = save(file.constData(), bgr);
        QVERIFY(!saved.empty());
        QVERIFY(looksLikePicture(saved));
        const Picture picture = readPicture(saved);
        QCOMPARE(picture.width, 48);
        QCOMPARE(picture.height, 32);
        QCOMPARE(QByteArray::fromStdString(layout(picture)), QByteArray("rgbw"));
        if (file != "kind.jpg" && file != "kind.webp")
            QVERIFY(picture == expected);
    }

    void grey()
    {
        cv::Mat mat(10, 12, CV_8UC1);
        for (int i = 0; i < 120; ++i)
            mat.data[i] = static_cast<std::uint8_t>(2 * i);
        for (const char *name : {"grey.png", "grey.pgm", "grey.tif", "grey.bmp"}) {
            const Picture picture = readPicture(save(name, mat));
            QCOMPARE(picture.rgb.size(), std::size_t{360});
            for (int i = 0; i < 120; ++i)
                for (int c = 0; c < 3; ++c)
                    QCOMPARE(int{picture.rgb[static_cast<std::size_t>(3 * i + c)]}, 2 * i);
        }
        const Picture jpeg = readPicture(save("grey.jpg", mat));
        QVERIFY(std::abs(jpeg.rgb[300] - 200) < 12 && jpeg.rgb[300] == jpeg.rgb[301] && jpeg.rgb[300] == jpeg.rgb[302]);
    }

    void alpha()
    {
        cv::Mat mat(4, 5, CV_8UC4, cv::Scalar(10, 20, 30, 40));
        const Picture picture = readPicture(save("alpha.png", mat));
        for (std::size_t i = 0; i < picture.rgb.size(); i += 3) {
            QCOMPARE(int{picture.rgb[i]}, 30);
            QCOMPARE(int{picture.rgb[i + 1]}, 20);
            QCOMPARE(int{picture.rgb[i + 2]}, 10);
        }
    }

    void sixteenBit()
    {
        const cv::Mat mat(4, 5, CV_16UC3, cv::Scalar(0x1234, 0x8000, 0xFF00));
        for (const char *name : {"deep.png", "deep.tif"}) {
            const Picture picture = readPicture(save(name, mat));
            for (std::size_t i = 0; i < picture.rgb.size(); i += 3) {
                QVERIFY(std::abs(picture.rgb[i] - 0xFF) <= 1);
                QVERIFY(std::abs(picture.rgb[i + 1] - 0x80) <= 1);
                QVERIFY(std::abs(picture.rgb[i + 2] - 0x12) <= 1);
            }
        }
    }

    void truncated()
    {
        Picture noisy(200, 150);
        for (std::size_t i = 0; i < noisy.rgb.size(); ++i)
            noisy.rgb[i] = static_cast<std::uint8_t>((i * 7919 + i * i / 3) % 251);
        for (const char *name : {"whole.jpg", "whole.png"}) {
            writePicture(path(name), noisy);
            const std::string bytes = readText(path(name));
            QVERIFY(refusal(path(name)).empty());
            const fs::path cut = path((std::string("cut-") + name).c_str());
            for (const double share : {0.001, 0.02, 0.5, 0.95}) {
                writeAtomically(cut, bytes.substr(0, static_cast<std::size_t>(share * static_cast<double>(bytes.size()))));
                QVERIFY2(refusal(cut).find(cut.string()) == 0, name);
            }
        }
    }

    /// A header that claims gigapixels is refused before any memory is taken for them.
    void bombs()
    {
        const std::string side = big32(100000);
        const std::string png =
            "\x89PNG\r\n\x1A\n" + pngChunk("IHDR", side + side + std::string("\x08\x02\0\0\0", 5)) + pngChunk("IDAT", "x") + pngChunk("IEND", "");
        writeAtomically(path("bomb.png"), png);
        QVERIFY2(refusal(path("bomb.png")).find("100000 x 100000") != std::string::npos, refusal(path("bomb.png")).c_str());

        std::string jpeg = asText(encodeJpeg(Picture(16, 16), 90));
        const std::size_t frame = jpeg.find("\xFF\xC0");
        QVERIFY(frame != std::string::npos);
        jpeg.replace(frame + 5, 4, "\xFF\xFF\xFF\xFF");
        writeAtomically(path("bomb.jpg"), jpeg);
        QVERIFY2(refusal(path("bomb.jpg")).find("65535 x 65535") != std::string::npos, refusal(path("bomb.jpg")).c_str());

        writeAtomically(path("bomb.ppm"), std::string_view("P6 99999999999999999999 99999999999999999999 255\nabc"));
        QVERIFY(refusal(path("bomb.ppm")).find("are refused") != std::string::npos);

        std::string bmp = "BM" + std::string(60, '\0');
        bmp[14] = 40;
        bmp.replace(18, 8, "\0\0\0\x10\0\0\0\x10", 8);
        writeAtomically(path("bomb.bmp"), bmp);
        QVERIFY(refusal(path("bomb.bmp")).find("are refused") != std::string::npos);

        std::string tiff("II\x2A\0\x08\0\0\0\x02\0\0\x01\x04\0\x01\0\0\0\0\0\0\x10\x01\x01\x04\0\x01\0\0\0\0\0\0\x10\0\0\0\0", 38);
        writeAtomically(path("bomb.tif"), tiff);
        QVERIFY2(refusal(path("bomb.tif")).find("are refused") != std::string::npos, refusal(path("bomb.tif")).c_str());
    }

    void noPictures()
    {
        writeAtomically(path("text.jpg"), std::string_view("this is no picture"));
        QVERIFY(refusal(path("text.jpg")).find("is not a JPEG") != std::string::npos);
        writeAtomically(path("empty.png"), std::string_view());
        QVERIFY(refusal(path("empty.png")).find("is empty") != std::string::npos);
        QVERIFY(!refusal(path("absent.png")).empty());
        QVERIFY(!refusal(fs::path(m_dir.path().toStdString())).empty());
        QVERIFY(!looksLikePicture("a.mp4"));
        QVERIFY(looksLikePicture("a.JPEG"));
    }

    void writing()
    {
        const Picture picture = quarters();
        const fs::path png = path("new/folder/out.png");
        writePicture(png, picture);
        QVERIFY(readPicture(png) == picture);
        const fs::path jpeg = path("out.JPG");
        writePicture(jpeg, picture, 95);
        QCOMPARE(QByteArray::fromStdString(layout(readPicture(jpeg))), QByteArray("rgbw"));
        QVERIFY_EXCEPTION_THROWN(writePicture(path("out.gif"), picture), FileError);
        QVERIFY_EXCEPTION_THROWN(writePicture(path("none.png"), Picture()), FileError);
        for (const auto &entry : fs::directory_iterator(path("new/folder")))
            QCOMPARE(entry.path().filename().string(), std::string("out.png"));
    }

    void resizing()
    {
        // The area filter gives the mean of the pixels that fall together: 2 x 2 of 0, 100, 200, 40 become 85.
        Picture small(2, 2);
        const int values[] = {0, 100, 200, 40};
        for (int i = 0; i < 4; ++i)
            for (int c = 0; c < 3; ++c)
                small.rgb[static_cast<std::size_t>(3 * i + c)] = static_cast<std::uint8_t>(values[i]);
        const Picture one = resized(small, 1, 1);
        QCOMPARE(int{one.rgb[0]}, 85);
        const Picture large = resized(small, 4, 4);
        QCOMPARE(large.width, 4);
        QCOMPARE(int{large.rgb[0]}, 0);
        QVERIFY(resized(small, 2, 2) == small);
        const Picture mixed = resized(quarters(), 24, 64);
        QCOMPARE(QByteArray::fromStdString(layout(mixed)), QByteArray("rgbw"));
        QVERIFY_EXCEPTION_THROWN(resized(Picture(), 3, 3), Error);
        QVERIFY_EXCEPTION_THROWN(resized(small, 0, 3), Error);
    }
};

DSCOPE_TEST(TestReader)
#include "tst_reader.moc"
