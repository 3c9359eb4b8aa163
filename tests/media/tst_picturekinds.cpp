// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/progress.h"
#include "core/datasets/imageset.h"
#include "core/image/reader.h"
#include "tests/support/says.h"
#include "tests/support/support.h"

#include <QTemporaryDir>

#include <opencv2/imgcodecs.hpp>

#include <algorithm>
#include <cstdlib>
#include <iterator>

using namespace dscope;
using namespace dscope::test;
namespace fs = std::filesystem;

/// What the bytes of a file decide: damage that a checksum or a number shows, and formats that are named because they are not read.
class TestPictureKinds : public QObject {
    Q_OBJECT

    QTemporaryDir m_dir;
    fs::path path(const char *file) const { return fs::path(m_dir.filePath(QString::fromLatin1(file)).toStdString()); }

private Q_SLOTS:
    void initTestCase() { QVERIFY(m_dir.isValid()); }

    /// Any part of a PNG, since EXIF's turn stands beside the picture.
    void checksums()
    {
        cv::Mat made(40, 60, CV_8UC3, cv::Scalar(9, 8, 7));
        std::vector<std::uint8_t> bytes;
        QVERIFY(cv::imencode(".png", made, bytes));
        const std::string chunk("\0\0\0\x03tEXta\0b????", 15);
        bytes.insert(bytes.begin() + 33, chunk.begin(), chunk.end());
        std::vector<std::string> warnings;
        QCOMPARE(decodePicture(bytes, "a", &warnings).width, 60);
        QCOMPARE(joined(warnings), std::string("the picture's data are damaged (a checksum does not match); parts of it may be wrong.\n"));
    }

    void pnm_data()
    {
        QTest::addColumn<QByteArray>("file");
        QTest::addColumn<QByteArray>("pixels"); ///< the red of three pixels, or what is said
        QTest::newRow("text without an end") << QByteArray("P2 3 1 255\n0 51 255") << QByteArray("\x00\x33\xFF", 3);
        QTest::newRow("text with comments") << QByteArray("P2#a\n3 # b\n1 255 # c\n0 51#d\n255\n") << QByteArray("\x00\x33\xFF", 3);
        QTest::newRow("colour as text") << QByteArray("P3 3 1 10 0 9 9 2 9 9 10 9 9") << QByteArray("\x00\x33\xFF", 3);
        QTest::newRow("bits as text") << QByteArray("P1 3 1 101") << QByteArray("\x00\xFF\x00", 3);
        QTest::newRow("bits") << QByteArray("P4 3 1 \xA0") << QByteArray("\x00\xFF\x00", 3);
        QTest::newRow("small values") << QByteArray("P5 3 1 100 \x00\x14\x64", 14) << QByteArray("\x00\x33\xFF", 3);
        QTest::newRow("ten bits") << QByteArray("P5 3 1 1000\n\x00\x00\x00\xC8\x03\xE8", 18) << QByteArray("\x00\x33\xFF", 3);
        QTest::newRow("16 bits") << QByteArray("P5 3 1 65535\n\x00\x00\x33\x33\xFF\xFF", 19) << QByteArray("\x00\x33\xFF", 3);
        QTest::newRow("above the largest") << QByteArray("P5 3 1 100\n\x00\x14\x65", 14)
                                           << QByteArray("1 of its values are above the largest that its header names, 100");
        QTest::newRow("text above the largest") << QByteArray("P2 3 1 100\n0 20 400") << QByteArray("1 of its values are above the largest");
        QTest::newRow("text cut short") << QByteArray("P2 3 1 255\n0 51") << QByteArray("was cut short");
        QTest::newRow("no numbers") << QByteArray("P2 3 1 255\n0 51 x") << QByteArray("is no number");
        QTest::newRow("no largest value") << QByteArray("P2 3 1 0\n0 51 5") << QByteArray("is a damaged PNM picture");
    }

    void pnm()
    {
        QFETCH(QByteArray, file);
        QFETCH(QByteArray, pixels);
        std::vector<std::string> said;
        try {
            const Picture picture = decodePicture(std::vector<std::uint8_t>(file.begin(), file.end()), "a", &said);
            QCOMPARE(picture.width, 3);
            if (said.empty())
                for (int x = 0; x < 3; ++x)
                    QCOMPARE(int{picture.rgb[3 * static_cast<std::size_t>(x)]}, int{static_cast<std::uint8_t>(pixels[x])});
        } catch (const FileError &error) {
            said.emplace_back(error.what());
        }
        QVERIFY2(said.empty() == (pixels.size() == 3) && (said.empty() || joined(said).find(pixels.toStdString()) != std::string::npos), joined(said).c_str());
    }

    void unread_data()
    {
        QTest::addColumn<QByteArray>("file");
        QTest::addColumn<QString>("what");
        const QByteArray zeros(200, '\0');
        QTest::newRow("JP2") << QByteArray("\0\0\0\x0CjP  \r\n\x87\n\0\0\0\x14"
                                           "ftypjp2 ",
                                           24)
                + zeros << "a JPEG 2000 picture";
        QTest::newRow("J2K") << QByteArray("\xFF\x4F\xFF\x51") + zeros << "a JPEG 2000 picture";
        QTest::newRow("TGA by its end") << QByteArray("????") + zeros + QByteArray("TRUEVISION-XFILE.", 18) << "a TGA picture";
        QTest::newRow("TGA by its header") << QByteArray("\0\0\x02\0\0\0\0\0\0\0\0\0\x03\0\x02\0\x18\0", 18) + zeros << "a TGA picture";
        QTest::newRow("ICO") << QByteArray("\0\0\1\0\1\0\x10\x10\0\0\1\0\x20\0\x10\0\0\0\x16\0\0\0", 22) + zeros << "an icon (ICO)";
        QTest::newRow("PCX") << QByteArray("\x0A\5\1\x08\0\0\0\0\2\0\1\0", 12) + zeros << "a PCX picture";
        QTest::newRow("PSD") << QByteArray("8BPS\0\1", 6) + zeros << "a Photoshop document";
        QTest::newRow("QOI") << QByteArray("qoif") + zeros << "a QOI picture";
        QTest::newRow("PAM") << QByteArray("P7\nWIDTH 3") << "a PAM picture";
        QTest::newRow("PFM") << QByteArray("PF\n3 1\n-1.0\n") << "a PFM picture";
        QTest::newRow("DDS") << QByteArray("DDS |\0\0\0", 8) + zeros << "a DDS picture";
        QTest::newRow("PDF") << QByteArray("%PDF-1.4\n") << "a PDF document";
        QTest::newRow("EPS") << QByteArray("%!PS-Adobe-3.0 EPSF-3.0\n") << "a PostScript document";
        QTest::newRow("CR2") << QByteArray("II*\0\x10\0\0\0CR\2\0\0\0\0\0\2\0\0\1\4\0\1\0\0\0\3\0\0\0\1\1\4\0\1\0\0\0\2\0\0\0", 42) + zeros
                             << "a camera's raw picture";
        QTest::newRow("CR3") << QByteArray("\0\0\0\x18"
                                           "ftypcrx ",
                                           12)
                + zeros << "a camera's raw picture";
        QTest::newRow("RAF") << QByteArray("FUJIFILMCCD-RAW 0201") + zeros << "a camera's raw picture";
        QTest::newRow("ORF") << QByteArray("IIRO\x08\0\0\0", 8) + zeros << "a camera's raw picture";
        QTest::newRow("RW2") << QByteArray("IIU\0\x18\0\0\0", 8) + zeros << "a camera's raw picture";
    }

    /// What is not read is named, by itself and in a list of sources.
    void unread()
    {
        QFETCH(QByteArray, file);
        QFETCH(QString, what);
        const fs::path stored = path("unread");
        writeAtomically(stored, file.toStdString());
        const QString expected = QStringLiteral("is %1, which is not read. Convert it to ").arg(what);
        std::string why = "it was read";
        try {
            readPicture(stored);
        } catch (const FileError &error) {
            why = error.what();
        }
        QVERIFY2(what.startsWith(QLatin1String("a camera")) ? why.find("is a camera's raw picture") != std::string::npos
                                                            : QString::fromStdString(why).contains(expected),
                 why.c_str());
        try {
            Progress progress;
            const ImageSet set = readImageSet(stored, progress);
            QVERIFY(set.kind == "pictures" && what.startsWith(QLatin1String("a camera"))); // CR2 is a TIFF, which says so when it is read
        } catch (const FileError &error) {
            QVERIFY2(QString::fromUtf8(error.what()).contains(expected), error.what());
        }
    }

    /// WebP has no checksum, but what is decoded from wrong bytes takes another number of them.
    void webp()
    {
        cv::Mat made(120, 160, CV_8UC3);
        for (int y = 0; y < made.rows; ++y)
            for (int x = 0; x < made.cols; ++x)
                made.at<cv::Vec3b>(y, x) = cv::Vec3b(static_cast<uchar>(x), static_cast<uchar>(2 * y), static_cast<uchar>(x * y % 199));
        for (const int quality : {20, 80, 101}) { // 101: lossless
            std::vector<std::uint8_t> good;
            QVERIFY(cv::imencode(".webp", made, good, {cv::IMWRITE_WEBP_QUALITY, quality}));
            const cv::Mat expected = cv::imdecode(good, cv::IMREAD_COLOR);
            std::vector<std::string> warnings;
            const Picture picture = decodePicture(good, "a", &warnings);
            QVERIFY2(warnings.empty(), joined(warnings).c_str());
            for (int y = 0; y < picture.height; ++y)
                for (int x = 0; x < picture.width; ++x)
                    for (int c = 0; c < 3; ++c)
                        QCOMPARE(picture.row(y)[3 * x + c], expected.at<cv::Vec3b>(y, x)[2 - c]);
            int told = 0;
            for (std::size_t i = 1; i <= 10; ++i) {
                std::vector<std::uint8_t> bytes = good;
                std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(bytes.size() * i / 12), 8, std::uint8_t{0x55});
                warnings.clear();
                try {
                    (void)decodePicture(bytes, "a", &warnings);
                } catch (const FileError &) {
                    warnings.emplace_back("refused");
                }
                told += warnings.empty() ? 0 : 1;
            }
            QVERIFY2(quality == 101 || told >= 7, qPrintable(QStringLiteral("quality %1: %2 of 10").arg(quality).arg(told)));
        }
    }

    void bmpFields_data()
    {
        QTest::addColumn<int>("header");
        QTest::addColumn<int>("compression");
        QTest::addColumn<QByteArray>("pixel");
        QTest::addColumn<QList<quint32>>("masks");
        QTest::newRow("BGRX") << 40 << 3 << QByteArray("\x32\x64\xC8\0", 4) << QList<quint32>{0xFF0000, 0xFF00, 0xFF};
        QTest::newRow("RGBX") << 40 << 3 << QByteArray("\xC8\x64\x32\0", 4) << QList<quint32>{0xFF, 0xFF00, 0xFF0000};
        QTest::newRow("RGBA, a long header") << 124 << 3 << QByteArray("\xC8\x64\x32\x01") << QList<quint32>{0xFF, 0xFF00, 0xFF0000};
        QTest::newRow("ABGR, alpha told") << 108 << 6 << QByteArray("\x01\x32\x64\xC8") << QList<quint32>{0xFF000000, 0xFF0000, 0xFF00};
        QTest::newRow("ten bits each") << 40 << 3 << QByteArray("\xC9\x44\x26\x32") << QList<quint32>{0x3FF00000, 0xFFC00, 0x3FF};
        QTest::newRow("5-6-5") << 40 << 3 << QByteArray("\x26\xCB") << QList<quint32>{0xF800, 0x7E0, 0x1F};
        QTest::newRow("5-6-5, a long header") << 124 << 3 << QByteArray("\x26\xCB") << QList<quint32>{0xF800, 0x7E0, 0x1F};
        QTest::newRow("4-4-4") << 40 << 3 << QByteArray("\x63\x0C") << QList<quint32>{0xF00, 0xF0, 0xF};
    }

    /// Colours lie where the header says.
    void bmpFields()
    {
        QFETCH(int, header);
        QFETCH(int, compression);
        QFETCH(QByteArray, pixel);
        QFETCH(QList<quint32>, masks);
        for (const bool fromTop : {false, true}) {
            QByteArray file("BM");
            const auto put = [&](qint64 value, int size) {
                for (int i = 0; i < size; ++i)
                    file += static_cast<char>(i < 8 ? value >> (8 * i) & 0xFF : 0);
            };
            const int behind = header == 40 ? 12 : 0;
            put(0, 8);
            put(14 + header + behind, 4);
            put(header, 4);
            put(3, 4);
            put(fromTop ? -2 : 2, 4);
            put(1, 2);
            put(8 * pixel.size(), 2);
            put(compression, 4);
            put(0, 20);
            for (const quint32 mask : masks)
                put(mask, 4);
            put(0, header + 14 + behind - static_cast<int>(file.size()));
            const QByteArray empty(pixel.size() == 2 ? 8 : 12, '\0');
            const QByteArray row = pixel.repeated(3) + (pixel.size() == 2 ? QByteArray(2, '\0') : QByteArray());
            file += fromTop ? row + empty : empty + row; // the upper row has the colour
            const Picture picture = decodePicture(std::vector<std::uint8_t>(file.begin(), file.end()), "a.bmp");
            QCOMPARE(picture.width, 3);
            const int levels = pixel.size() == 2 ? 9 : 1; // how coarse the colours are stored
            for (int c = 0; c < 3; ++c) {
                const int expected = c == 0 ? 200 : c == 1 ? 100 : 50;
                QVERIFY2(std::abs(int{picture.rgb[static_cast<std::size_t>(c)]} - expected) <= levels,
                         qPrintable(QString::number(picture.rgb[static_cast<std::size_t>(c)])));
                QCOMPARE(int{picture.row(1)[c]}, 0);
            }
        }
    }

    /// Headers alone are no picture.
    void withoutPixels()
    {
        std::vector<std::uint8_t> bytes = encodeJpeg(Picture(64, 48), 90);
        constexpr std::uint8_t scan[] = {0xff, 0xda};
        const auto at = std::search(bytes.begin(), bytes.end(), std::begin(scan), std::end(scan));
        QVERIFY(at != bytes.end());
        bytes.erase(at + 14, bytes.end() - 2);
        const std::vector<std::uint8_t> png{0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n', 0, 0, 0, 13, 'I', 'H', 'D', 'R', 0,    0,    0,    2,   0, 0, 0, 2, 8,
                                            2,    0,   0,   0,   0xfd, 0xd4, 0x9a, 0x73, 0, 0, 0, 0,  'I', 'E', 'N', 'D', 0xae, 0x42, 0x60, 0x82};
        const std::string riff("RIFF\x16\0\0\0WEBPVP8X\x0A\0\0\0\0\0\0\0\x01\0\0\x01\0\0", 30);
        const std::string bmp("BM\x36\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0\2\0\0\0\2\0\0\0\1\0\x18\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 54);
        for (const std::vector<std::uint8_t> &empty :
             {bytes, png, {riff.begin(), riff.end()}, {bmp.begin(), bmp.end()}, std::vector<std::uint8_t>{'P', '5', ' ', '2', ' ', '2', ' ', '9', '\n'}})
            try {
                (void)decodePicture(empty, "a");
                QFAIL("a picture of nothing was read");
            } catch (const FileError &error) {
                const std::string why = error.what();
                QVERIFY2(why.find("damaged") != std::string::npos || why.find("was cut short") != std::string::npos, why.c_str());
            }
    }

    /// Beside pictures they are told of by what they are.
    void unreadInAFolder()
    {
        const fs::path folder = path("folder");
        fs::create_directory(folder);
        writeAtomically(folder / "a.png", "");
        writeAtomically(folder / "b.psd", std::string("8BPS\0\1", 6) + std::string(40, '\0'));
        writeAtomically(folder / "c.txt", "words");
        Progress progress;
        const ImageSet set = readImageSet(folder, progress);
        QVERIFY2(joined(set.warnings).find("1 picture is of a format that is not read and was left out: b.psd.") != std::string::npos,
                 joined(set.warnings).c_str());
        QVERIFY2(joined(set.warnings).find("1 file is no picture and was left out: c.txt.") != std::string::npos, joined(set.warnings).c_str());
    }

    /// The content decides, whatever the name.
    void pictureNamedCsv()
    {
        const std::vector<std::uint8_t> jpeg = encodeJpeg(Picture(20, 10), 90);
        writeAtomically(path("named.csv"), std::string(jpeg.begin(), jpeg.end()));
        Progress progress;
        QCOMPARE(readImageSet(path("named.csv"), progress).kind, std::string("pictures"));
    }
};

DSCOPE_TEST(TestPictureKinds)
#include "tst_picturekinds.moc"
