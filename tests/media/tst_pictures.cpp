// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/orient.h"
#include "core/base/picturememory.h"
#include "core/base/text.h"
#include "core/image/reader.h"
#include "core/media/framememory.h"
#include "tests/media/clips.h"
#include "tests/support/says.h"
#include "tests/support/support.h"

#include <QTemporaryDir>

#include <opencv2/imgcodecs.hpp>

#if __has_include(<libheif/heif.h>)
#include <libheif/heif.h>
#endif

#include <zlib.h>

#include <cmath>

using namespace dscope;
using namespace dscope::test;
namespace fs = std::filesystem;

namespace {

/// Four fields of different colours, so that turning and mirroring show: red, green above blue, white.
Picture fields(int width = 64, int height = 48)
{
    Picture picture(width, height);
    for (int y = 0; y < height; ++y)
        for (int x = 0; x < width; ++x) {
            const bool right = x >= width / 2;
            const bool low = y >= height / 2;
            picture.row(y)[3 * x] = !right && low ? 0 : right && !low ? 0 : 230;
            picture.row(y)[3 * x + 1] = right ? 230 : 0;
            picture.row(y)[3 * x + 2] = low ? 230 : 0;
        }
    return picture;
}

double meanDifference(const Picture &a, const Picture &b)
{
    if (a.width != b.width || a.height != b.height)
        return 255;
    double sum = 0;
    for (std::size_t i = 0; i < a.rgb.size(); ++i)
        sum += std::abs(int{a.rgb[i]} - int{b.rgb[i]});
    return sum / static_cast<double>(a.rgb.size());
}

std::string text(const std::vector<std::uint8_t> &bytes)
{
    return {bytes.begin(), bytes.end()};
}

/// A TIFF header with one directory of an orientation, of a type such as SHORT (3) or LONG (4).
std::string exif(int orientation, int type, bool big = false, char count = 1)
{
    const char value = static_cast<char>(orientation);
    const char kind = static_cast<char>(type);
    if (!big)
        return std::string("II*\0\x08\0\0\0\x01\0\x12\x01", 12) + std::string{kind, 0, count, 0, 0, 0, value, 0, 0, 0, 0, 0, 0, 0};
    const bool one = type == 1 || type == 6;
    const bool two = type == 3 || type == 8;
    return std::string("MM\0*\0\0\0\x08\0\x01\x01\x12", 12)
        + std::string{0, kind, 0, 0, 0, count, one ? value : '\0', two ? value : '\0', 0, one || two ? '\0' : value, 0, 0, 0, 0};
}

/// A JPEG with an APP1 segment behind its first two bytes.
std::string withSegment(const std::string &jpeg, const std::string &body)
{
    const std::size_t length = body.size() + 2;
    return jpeg.substr(0, 2) + "\xFF\xE1" + static_cast<char>(length >> 8) + static_cast<char>(length & 0xFF) + body + jpeg.substr(2);
}

std::string xmp(const char *orientation)
{
    return std::string("<x:xmpmeta><rdf:Description tiff:Orientation=\"") + orientation + "\"/></x:xmpmeta>";
}

} // namespace

/// Pictures as phones, editors and the web leave them: the content decides, and what is not read is said.
class TestPictures : public QObject {
    Q_OBJECT

    QTemporaryDir m_dir;
    fs::path path(const char *file) const { return fs::path(m_dir.filePath(QString::fromLatin1(file)).toStdString()); }
    std::string refusal(const fs::path &file) const
    {
        try {
            readPicture(file);
        } catch (const FileError &error) {
            return error.what();
        }
        return "it was read";
    }

private Q_SLOTS:
    void initTestCase() { QVERIFY(m_dir.isValid()); }

    void orientations_data()
    {
        QTest::addColumn<QByteArray>("segment");
        QTest::addColumn<int>("orientation");
        const auto bytes = [](const std::string &body) { return QByteArray(body.data(), static_cast<qsizetype>(body.size())); };
        const std::string exifMark("Exif\0\0", 6);
        const std::string xmpMark("http://ns.adobe.com/xap/1.0/\0", 29);
        for (const int turn : {1, 3, 6, 8}) {
            QTest::addRow("EXIF SHORT %d", turn) << bytes(exifMark + exif(turn, 3)) << turn;
            QTest::addRow("EXIF LONG %d", turn) << bytes(exifMark + exif(turn, 4)) << turn;
        }
        for (const int type : {1, 3, 4, 6, 8, 9})
            for (const bool big : {false, true})
                QTest::addRow("EXIF of type %d, %s", type, big ? "MM" : "II") << bytes(exifMark + exif(6, type, big)) << 6;
        QTest::newRow("EXIF of several values") << bytes(exifMark + exif(6, 1, false, 2)) << 1;
        QTest::newRow("XMP attribute") << bytes(xmpMark + xmp("6")) << 6;
        QTest::newRow("XMP element") << bytes(xmpMark + "<tiff:Orientation>8</tiff:Orientation>") << 8;
        QTest::newRow("XMP of no meaning") << bytes(xmpMark + xmp("12")) << 1;
        QTest::newRow("EXIF of another type") << bytes(exifMark + exif(6, 2)) << 1;
    }

    void orientations()
    {
        QFETCH(QByteArray, segment);
        QFETCH(int, orientation);
        const std::vector<std::uint8_t> jpeg = encodeJpeg(fields(), 95);
        const fs::path file = path("turned.jpg");
        writeAtomically(file, withSegment(text(jpeg), segment.toStdString()));
        QVERIFY(readPicture(file) == oriented(decodeJpeg(jpeg), orientation));
    }

    /// The same in the other formats that hold EXIF as it is.
    void orientationOfAnyInteger()
    {
        cv::Mat made(40, 60, CV_8UC3);
        cv::randu(made, 0, 255);
        for (const char *ending : {".png", ".webp"}) {
            std::vector<std::uint8_t> bytes;
            QVERIFY(cv::imencode(ending, made, bytes, {cv::IMWRITE_WEBP_QUALITY, 101}));
            const Picture plain = decodePicture(bytes, "a");
            for (const int type : {1, 3, 4, 6, 8, 9}) {
                const std::string block = exif(6, type, true);
                std::string file = text(bytes);
                const auto number = [](std::size_t value, bool big) {
                    std::string four;
                    for (std::size_t i = 0; i < 4; ++i)
                        four += static_cast<char>(value >> 8 * (big ? 3 - i : i) & 0xFF);
                    return four;
                };
                if (ending[1] == 'p') {
                    const std::string chunk = "eXIf" + block;
                    file.insert(33,
                                number(block.size(), true) + chunk
                                    + number(crc32(0, reinterpret_cast<const Bytef *>(chunk.data()), static_cast<uInt>(chunk.size())), true));
                } else {
                    file += "EXIF" + number(block.size(), false) + block;
                    file.replace(4, 4, number(file.size() - 8, false));
                }
                std::vector<std::string> warnings;
                QVERIFY2(decodePicture(std::vector<std::uint8_t>(file.begin(), file.end()), "a", &warnings) == oriented(plain, 6),
                         qPrintable(QStringLiteral("%1, type %2").arg(QLatin1String(ending)).arg(type)));
                QVERIFY2(warnings.empty(), joined(warnings).c_str());
            }
        }
    }

    void exifGoesBeforeXmp()
    {
        const std::string jpeg = text(encodeJpeg(fields(), 95));
        const fs::path file = path("both.jpg");
        writeAtomically(file,
                        withSegment(withSegment(jpeg, std::string("http://ns.adobe.com/xap/1.0/\0", 29) + xmp("6")), std::string("Exif\0\0", 6) + exif(3, 3)));
        QVERIFY(readPicture(file) == oriented(decodeJpeg(encodeJpeg(fields(), 95)), 3));
    }

    /// Formats whose decoders fill what is missing and say nothing: cut files are refused by their lengths, changed ones named by their checksums.
    void cutFiles_data()
    {
        QTest::addColumn<QString>("name");
        for (const char *name : {"cut.png", "cut.bmp", "cut.ppm", "cut.tiff"})
            QTest::newRow(name) << QString::fromLatin1(name);
    }

    void cutFiles()
    {
        QFETCH(QString, name);
        cv::Mat picture(60, 80, CV_8UC3);
        cv::randu(picture, 0, 255);
        std::vector<std::uint8_t> bytes;
        QVERIFY(cv::imencode(extensionOf(name.toStdString()), picture, bytes, {cv::IMWRITE_TIFF_COMPRESSION, 1}));
        std::vector<std::string> warnings;
        const Picture whole = decodePicture(bytes, name.toStdString(), &warnings);
        QCOMPARE(whole.height, 60);
        QVERIFY(warnings.empty());
        // OpenCV writes a TIFF's directory behind its pixels: without it nothing is known of the picture, and what says so is another sentence.
        const bool tiff = name.endsWith(QLatin1String("tiff"));
        for (const std::size_t left : {bytes.size() / 3, bytes.size() * 9 / 10})
            try {
                (void)decodePicture(std::span(bytes).first(left), name.toStdString());
                QFAIL("a cut picture was read");
            } catch (const FileError &error) {
                QVERIFY2(tiff || QString::fromUtf8(error.what()).contains(QLatin1String("was cut short")), error.what());
            }
        if (!name.endsWith(QLatin1String("png")))
            return;
        QCOMPARE(decodePicture(std::span(bytes).first(bytes.size() - 12), name.toStdString(), &warnings), whole);
        QCOMPARE(QString::fromStdString(warnings.at(0)), QStringLiteral("the end marker of the PNG is missing; the picture itself is whole."));
    }

    /// The memory rule refuses before anything is decoded, and lets photographs pass.
    void memoryRule()
    {
        PictureMemory photograph{12'000, 8'500, std::uint64_t{3} * 12'000 * 8'500, 20'000'000};
        QCOMPARE(tooMuchMemory(photograph), std::string());
        photograph.fileBytes = 500'000;
        QCOMPARE(tooMuchMemory(photograph),
                 std::string("its 12000 x 8500 pixels take 306 MB to decode, and a file of 0.5 MB may take 192 MB; make it smaller"));
        QVERIFY(mostPixels(AV_CODEC_ID_H264, AV_PIX_FMT_YUV420P, 100'000) >= std::int64_t{3840} * 2160);
        QVERIFY(mostPixels(AV_CODEC_ID_H264, AV_PIX_FMT_YUV420P, 40'000'000) >= std::int64_t{7680} * 4320);
        QVERIFY(mostPixels(AV_CODEC_ID_GIF, AV_PIX_FMT_BGRA, 100'000) < 20'000'000);
    }

    void tiffs()
    {
        const cv::Mat one(40, 50, CV_8UC3, cv::Scalar(10, 200, 30));
        const fs::path pages = path("pages.tif");
        QVERIFY(cv::imwritemulti(pages.string(), std::vector<cv::Mat>{one, one, one}));
        std::vector<std::string> notes;
        QCOMPARE(readPicture(pages, &notes).width, 50);
        QVERIFY2(joined(notes).find("3 pages") != std::string::npos, joined(notes).c_str());
        const fs::path single = path("single.tif");
        QVERIFY(cv::imwrite(single.string(), one));
        notes.clear();
        readPicture(single, &notes);
        QVERIFY2(notes.empty(), joined(notes).c_str());
        const fs::path deep = path("deep.tif");
        QVERIFY(cv::imwrite(deep.string(), cv::Mat(40, 50, CV_16UC3, cv::Scalar(2570, 51400, 7710))));
        QVERIFY(std::abs(int{readPicture(deep).rgb[1]} - 200) <= 1);
        const fs::path floating = path("floating.tif");
        QVERIFY(cv::imwrite(floating.string(), cv::Mat(40, 50, CV_32FC3, cv::Scalar(0.1, 0.2, 0.3)), {cv::IMWRITE_TIFF_COMPRESSION, 1}));
        const std::string why = refusal(floating);
        QVERIFY2(why.find("floating-point") != std::string::npos || why.find("32 bits") != std::string::npos, why.c_str());
        const fs::path big = path("big.tif");
        writeAtomically(big, std::string("II+\0\x08\0\0\0\x10\0\0\0\0\0\0\0", 16) + std::string(100, '\0'));
        QVERIFY2(refusal(big).find("BigTIFF") != std::string::npos, refusal(big).c_str());
    }

    void endings()
    {
        const std::string jpeg = text(encodeJpeg(fields(), 95));
        for (const char *file : {"a.jfif", "b.JPE", "noending", "c.mpo", "film.mp4", "d.txt"}) {
            writeAtomically(path(file), jpeg);
            QVERIFY2(isPicture(path(file)), file);
            QCOMPARE(readPicture(path(file)).width, 64);
        }
        writeAtomically(path("page.html"), "<html>not a picture</html>");
        QVERIFY(!isPicture(path("page.html")));
        writeAtomically(path("page.jpg"), "<html>not a picture</html>");
        QVERIFY2(refusal(path("page.jpg")).find("is not a JPEG") != std::string::npos, refusal(path("page.jpg")).c_str());
        writeAtomically(path("zero.heic"), "");
        QVERIFY2(refusal(path("zero.heic")).find("is empty") != std::string::npos, refusal(path("zero.heic")).c_str());
    }

    void byFfmpeg_data()
    {
        QTest::addColumn<QString>("arguments");
        QTest::addColumn<QString>("file");
        QTest::addColumn<QString>("note");
        QTest::newRow("AVIF") << "-frames:v 1 -c:v libaom-av1 -still-picture 1 -cpu-used 8 -crf 5 -pix_fmt yuv444p -f avif"
                              << "one.avif"
                              << "";
        QTest::newRow("AVIF without its ending") << "-frames:v 1 -c:v libaom-av1 -still-picture 1 -cpu-used 8 -crf 5 -pix_fmt yuv444p -f avif"
                                                 << "avif"
                                                 << "";
        QTest::newRow("AVIF of 10 bits") << "-frames:v 1 -c:v libaom-av1 -still-picture 1 -cpu-used 8 -crf 5 -pix_fmt yuv444p10le -f avif"
                                         << "ten.avif"
                                         << "";
        QTest::newRow("JPEG XL") << "-frames:v 1 -c:v libjxl -distance 0.5 -f image2"
                                 << "one.jxl"
                                 << "";
        QTest::newRow("JPEG XL, lossless") << "-frames:v 1 -c:v libjxl -distance 0 -f image2"
                                           << "lossless.jxl"
                                           << "";
        QTest::newRow("animated PNG") << "-c:v apng -f apng"
                                      << "moving.apng"
                                      << "3 pictures of an animation";
        QTest::newRow("animated WebP") << "-c:v libwebp_anim -lossless 1 -f webp"
                                       << "moving.webp"
                                       << "3 pictures of an animation";
        QTest::newRow("WebP") << "-frames:v 1 -c:v libwebp -lossless 1 -f webp"
                              << "still.webp"
                              << "";
    }

    void byFfmpeg()
    {
        QFETCH(QString, arguments);
        QFETCH(QString, file);
        QFETCH(QString, note);
        const QStringList words = arguments.split(QLatin1Char(' '));
        const QString encoder = words[words.indexOf(QStringLiteral("-c:v")) + 1];
        if (!hasFfmpeg() || !hasEncoder(encoder))
            QSKIP(qPrintable(QStringLiteral("needs ffmpeg with the encoder %1").arg(encoder)));
        const fs::path plain = path("plain.png");
        const fs::path made = fs::path(m_dir.filePath(file).toStdString());
        const QStringList source = QStringLiteral("-f lavfi -i testsrc=size=128x96:rate=5:duration=0.6").split(QLatin1Char(' '));
        QString failure = runFfmpeg(source + QStringList{QStringLiteral("-frames:v"), QStringLiteral("1"), QString::fromStdString(plain.string())});
        QVERIFY2(failure.isEmpty(), qPrintable(failure));
        failure = runFfmpeg(source + words + QStringList{QString::fromStdString(made.string())});
        QVERIFY2(failure.isEmpty(), qPrintable(failure));
        QVERIFY(isPicture(made));
        std::vector<std::string> notes;
        Picture picture;
        try {
            picture = readPicture(made, &notes);
        } catch (const FileError &error) {
            if (std::string(error.what()).find("this build does not support") != std::string::npos)
                QSKIP(error.what());
            throw;
        }
        const double difference = meanDifference(picture, readPicture(plain));
        QVERIFY2(difference < 4, qPrintable(QString::number(difference)));
        if (note.isEmpty())
            QVERIFY2(notes.empty(), joined(notes).c_str());
        else
            QVERIFY2(joined(notes).find(note.toStdString()) != std::string::npos, joined(notes).c_str());
        // AV1 says where its data end: damage within is seen.
        if (encoder == QLatin1String("libaom-av1") || encoder == QLatin1String("libjxl")) {
            std::string changed = text(readBytes(made, 1 << 26));
            std::fill_n(changed.begin() + static_cast<std::ptrdiff_t>(changed.size() / 2), 8, 0x55);
            writeAtomically(path("changed"), changed);
            QVERIFY2(refusal(path("changed")).find("is a damaged ") != std::string::npos, refusal(path("changed")).c_str());
        }
        // Half of it is refused with a sentence, or read as far as it goes; nothing falls.
        const std::vector<std::uint8_t> bytes = readBytes(made, 1 << 26);
        const fs::path half = path("half");
        writeAtomically(half, std::string(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(bytes.size() / 2)));
        const std::string said = refusal(half);
        QVERIFY2(said == "it was read" || said.rfind(half.string() + ": is ", 0) == 0, said.c_str());
    }

    /// HEIC, which ffmpeg does not write, by libheif: turned by its own property, with alpha.
    void heic()
    {
#if __has_include(<libheif/heif.h>)
        heif_context *context = heif_context_alloc();
        heif_encoder *encoder = nullptr;
        if (heif_context_get_encoder_for_format(context, heif_compression_HEVC, &encoder).code != heif_error_Ok) {
            heif_context_free(context);
            QSKIP("this libheif has no HEVC encoder");
        }
        const Picture source = fields(128, 96);
        heif_image *image = nullptr;
        QCOMPARE(heif_image_create(128, 96, heif_colorspace_RGB, heif_chroma_interleaved_RGBA, &image).code, heif_error_Ok);
        heif_image_add_plane(image, heif_channel_interleaved, 128, 96, 32);
        int stride = 0;
        std::uint8_t *rows = heif_image_get_plane(image, heif_channel_interleaved, &stride);
        for (int y = 0; y < 96; ++y)
            for (int x = 0; x < 128; ++x) {
                std::copy_n(source.row(y) + std::ptrdiff_t{3} * x, 3, rows + static_cast<std::ptrdiff_t>(stride) * y + std::ptrdiff_t{4} * x);
                rows[static_cast<std::ptrdiff_t>(stride) * y + std::ptrdiff_t{4} * x + 3] = 255;
            }
        heif_encoder_set_lossy_quality(encoder, 90);
        heif_encoding_options *options = heif_encoding_options_alloc();
        options->image_orientation = heif_orientation_rotate_90_cw;
        const bool encoded = heif_context_encode_image(context, image, encoder, options, nullptr).code == heif_error_Ok;
        const fs::path file = path("phone.heic");
        const bool written = encoded && heif_context_write_to_file(context, file.c_str()).code == heif_error_Ok;
        heif_encoding_options_free(options);
        heif_image_release(image);
        heif_encoder_release(encoder);
        heif_context_free(context);
        QVERIFY(written);
        QVERIFY(isPicture(file));
        QVERIFY(refusal(file) == "it was read" || refusal(file).find("does not support") != std::string::npos);
        if (refusal(file) != "it was read")
            QSKIP("this build reads no HEIC");
        const double difference = meanDifference(readPicture(file), oriented(source, 6));
        QVERIFY2(difference < 6, qPrintable(QString::number(difference)));
#else
        QSKIP("needs libheif's headers");
#endif
    }
};

DSCOPE_TEST(TestPictures)
#include "tst_pictures.moc"
