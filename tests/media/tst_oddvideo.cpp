// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/base/files.h"
#include "core/image/reader.h"
#include "core/media/aspect.h"
#include "core/media/tonemap.h"
#include "core/media/video.h"
#include "tests/media/clips.h"
#include "tests/support/support.h"

#include <QTemporaryDir>

#include <sys/stat.h>

#include <algorithm>
#include <cmath>

using namespace dscope;
using namespace dscope::test;
namespace fs = std::filesystem;

#define NEED(condition, what)                                                                                                                                  \
    do {                                                                                                                                                       \
        if (!(condition))                                                                                                                                      \
            QSKIP("needs the ffmpeg and ffprobe programs (Debian package ffmpeg)" what);                                                                       \
    } while (false)

/// Makes a clip or fails the test with ffmpeg's words.
#define MAKE(arguments, file)                                                                                                                                  \
    do {                                                                                                                                                       \
        const QString failure_ = runFfmpeg(QStringLiteral(arguments).split(QLatin1Char(' '), Qt::SkipEmptyParts) + QStringList{name(file)});                   \
        QVERIFY2(failure_.isEmpty(), qPrintable(failure_));                                                                                                    \
    } while (false)

namespace {

QString name(const fs::path &file)
{
    return QString::fromStdString(file.string());
}

bool hasFilter(const char *filter)
{
    static const QByteArray all = outputOf(QStringLiteral("ffmpeg"), {QStringLiteral("-hide_banner"), QStringLiteral("-filters")});
    return all.contains(QByteArray(" ") + filter + " ");
}

std::string warningsOf(const VideoReader &reader)
{
    std::string all;
    for (const std::string &line : reader.warnings())
        all += line + "\n";
    return all;
}

std::vector<Picture> picturesOf(const fs::path &file)
{
    VideoReader reader(file);
    std::vector<Picture> pictures;
    while (auto frame = reader.next())
        pictures.push_back(std::move(frame->picture));
    return pictures;
}

double meanDifference(const Picture &a, const Picture &b)
{
    double sum = 0;
    for (std::size_t i = 0; i < a.rgb.size(); ++i)
        sum += std::abs(int{a.rgb[i]} - int{b.rgb[i]});
    return sum / static_cast<double>(a.rgb.size());
}

/// Every frame by random access, from the last to the first. @return the first that differs from reading in order, or -1
int differsByAccess(const fs::path &file, const std::vector<Picture> &inOrder)
{
    VideoReader reader(file);
    for (auto n = static_cast<int>(inOrder.size()) - 1; n >= 0; --n) {
        const auto frame = reader.frameAt(n);
        if (!frame || frame->picture != inOrder[static_cast<std::size_t>(n)])
            return n;
    }
    return -1;
}

} // namespace

/// Videos that are right but for what their container says of them, or stored in a way that must not be taken as it stands.
class TestOddVideo : public QObject {
    Q_OBJECT

    QTemporaryDir m_dir;
    fs::path path(const char *file) const { return fs::path(m_dir.filePath(QString::fromLatin1(file)).toStdString()); }

private Q_SLOTS:
    void initTestCase() { QVERIFY(m_dir.isValid()); }

    void copiedTimes_data()
    {
        QTest::addColumn<QString>("coding");
        QTest::addColumn<QString>("ending");
        QTest::newRow("h264 mp4") << "-c:v libx264 -g 12 -bf 3"
                                  << "mp4";
        QTest::newRow("h264 mkv") << "-c:v libx264 -g 12 -bf 3"
                                  << "mkv";
        QTest::newRow("h264 mp4, one group") << "-c:v libx264 -g 1000 -bf 8 -x264-params b-pyramid=normal:ref=6"
                                             << "mp4";
        QTest::newRow("hevc mp4") << "-c:v libx265 -x265-params log-level=none:keyint=12:bframes=4"
                                  << "mp4";
        QTest::newRow("mpeg4 mp4") << "-c:v mpeg4 -g 12 -bf 2 -q:v 4"
                                   << "mp4";
        QTest::newRow("mpeg2 mkv") << "-c:v mpeg2video -g 12 -bf 2 -q:v 4"
                                   << "mkv";
    }

    /// B-frames whose presentation times are copies of their decoding times: every frame is there, in its right place.
    void copiedTimes()
    {
        NEED(hasFfmpeg(), "");
        QFETCH(QString, coding);
        QFETCH(QString, ending);
        const fs::path right = path("right.") += ending.toStdString();
        const fs::path wrong = path("wrong.") += ending.toStdString();
        const QString failure = runFfmpeg(QStringLiteral("-f lavfi -i testsrc2=size=192x144:rate=25:duration=2").split(QLatin1Char(' '))
                                          + coding.split(QLatin1Char(' ')) + QStringList{QStringLiteral("-pix_fmt"), QStringLiteral("yuv420p"), name(right)});
        QVERIFY2(failure.isEmpty(), qPrintable(failure));
        const QString copied = runFfmpeg({QStringLiteral("-i"), name(right), QStringLiteral("-c"), QStringLiteral("copy"), QStringLiteral("-bsf:v"),
                                          QStringLiteral("setts=pts=DTS"), name(wrong)});
        QVERIFY2(copied.isEmpty(), qPrintable(copied));
        const std::vector<Picture> expected = picturesOf(right);
        QCOMPARE(expected.size(), std::size_t{50});
        VideoReader reader(wrong);
        QCOMPARE(reader.info().frames, std::int64_t{50});
        for (std::size_t i = 0; i < expected.size(); ++i) {
            const auto frame = reader.next();
            QVERIFY(frame.has_value());
            QCOMPARE(frame->index, static_cast<std::int64_t>(i));
            QVERIFY(std::abs(frame->timeS - static_cast<double>(i) / 25) < 0.002);
            QVERIFY2(frame->picture == expected[i], qPrintable(QString::number(i)));
        }
        QVERIFY2(warningsOf(reader).find("timestamps contradict") != std::string::npos, warningsOf(reader).c_str());
        QCOMPARE(differsByAccess(wrong, expected), -1);
        QVERIFY(VideoReader(right).warnings().empty());
    }

    /// A palette comes once, or changes on the way: it is there wherever decoding begins.
    void palette_data()
    {
        QTest::addColumn<QString>("filter");
        QTest::newRow("one palette") << "[0:v]split[a][b];[a]palettegen[p];[b][p]paletteuse";
        QTest::newRow("one a frame") << "[0:v]split[a][b];[a]palettegen=stats_mode=single[p];[b][p]paletteuse=new=1";
    }

    void palette()
    {
        NEED(hasFfmpeg(), "");
        QFETCH(QString, filter);
        const fs::path clip = path("palette.avi");
        const fs::path plain = path("palette.nut");
        const QStringList source = QStringLiteral("-f lavfi -i testsrc2=size=96x64:rate=10:duration=1").split(QLatin1Char(' '));
        const QString failure =
            runFfmpeg(source + QStringList{QStringLiteral("-filter_complex"), filter, QStringLiteral("-c:v"), QStringLiteral("rawvideo"), name(clip)});
        QVERIFY2(failure.isEmpty(), qPrintable(failure));
        const QByteArray expected = outputOf(QStringLiteral("ffmpeg"),
                                             {QStringLiteral("-v"), QStringLiteral("quiet"), QStringLiteral("-i"), name(clip), QStringLiteral("-f"),
                                              QStringLiteral("rawvideo"), QStringLiteral("-pix_fmt"), QStringLiteral("rgb24"), QStringLiteral("-")});
        const std::vector<Picture> seen = picturesOf(clip);
        const std::size_t bytes = std::size_t{3} * 96 * 64;
        QCOMPARE(static_cast<std::size_t>(expected.size()), bytes * seen.size());
        for (std::size_t i = 0; i < seen.size(); ++i)
            QVERIFY2(std::equal(seen[i].rgb.begin(), seen[i].rgb.end(), reinterpret_cast<const std::uint8_t *>(expected.constData()) + bytes * i),
                     qPrintable(QString::number(i)));
        QVERIFY(*std::max_element(seen[0].rgb.begin(), seen[0].rgb.end()) > 200);
        QCOMPARE(differsByAccess(clip, seen), -1);
    }

    /// An AVI's header counts the empty chunks that stand for a repeated picture; that is no missing frame. Missing bytes are.
    void emptyChunks()
    {
        NEED(hasFfmpeg(), "");
        const fs::path clip = path("empty.avi");
        MAKE("-f lavfi -i testsrc2=size=96x64:rate=25:duration=2 -vf select=not(mod(n\\,3)) -fps_mode vfr -c:v mjpeg -q:v 4", clip);
        VideoReader reader(clip);
        QCOMPARE(reader.info().frames, std::int64_t{17});
        QVERIFY2(reader.warnings().empty(), warningsOf(reader).c_str());
        const std::vector<std::uint8_t> bytes = readBytes(clip, 1 << 28);
        const fs::path cut = path("cut.avi");
        writeAtomically(cut, std::string(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(bytes.size() * 6 / 10)));
        VideoReader rest(cut);
        QVERIFY2(warningsOf(rest).find("ends early") != std::string::npos, warningsOf(rest).c_str());
    }

    void squareSizes()
    {
        const auto size = [](int w, int h, int num, int den, int most = 16384) {
            const SquareSize s = squareSize(w, h, {num, den}, most);
            return std::pair(s.width, s.height);
        };
        QCOMPARE(size(720, 576, 64, 45), std::pair(1024, 576));
        QCOMPARE(size(720, 480, 8, 9), std::pair(720, 540));
        QCOMPARE(size(640, 480, 0, 1), std::pair(640, 480));
        QCOMPARE(size(640, 480, 1, 1), std::pair(640, 480));
        QCOMPARE(size(1920, 1080, 136, 135), std::pair(1920, 1080)); // less than anyone sees
        QCOMPARE(size(640, 480, 1000, 1), std::pair(640, 480));      // no camera's
        QCOMPARE(size(640, 480, -4, 3), std::pair(640, 480));
        QCOMPARE(size(600, 480, 2, 1, 1000), std::pair(600, 240)); // shrinks where it must not grow
    }

    void anamorphic_data()
    {
        QTest::addColumn<QString>("stored");
        QTest::addColumn<QString>("shape");
        QTest::addColumn<QString>("ending");
        QTest::newRow("narrow mp4") << "160:240"
                                    << "2/1"
                                    << "mp4";
        QTest::newRow("low mp4") << "320:120"
                                 << "1/2"
                                 << "mp4";
        QTest::newRow("narrow mkv") << "240:240"
                                    << "4/3"
                                    << "mkv";
        QTest::newRow("by the coded picture alone") << "160:240"
                                                    << "2/1"
                                                    << "ts";
    }

    void anamorphic()
    {
        NEED(hasFfmpeg(), "");
        QFETCH(QString, stored);
        QFETCH(QString, shape);
        QFETCH(QString, ending);
        const fs::path square = path("square.mp4");
        const fs::path clip = path("squeezed.") += ending.toStdString();
        MAKE("-f lavfi -i testsrc2=size=320x240:rate=25:duration=0.4 -c:v libx264 -qp 10 -pix_fmt yuv420p", square);
        const QString failure =
            runFfmpeg({QStringLiteral("-i"), name(square), QStringLiteral("-vf"), QStringLiteral("scale=%1:flags=area,setsar=%2").arg(stored, shape),
                       QStringLiteral("-c:v"), QStringLiteral("libx264"), QStringLiteral("-qp"), QStringLiteral("10"), name(clip)});
        QVERIFY2(failure.isEmpty(), qPrintable(failure));
        VideoReader reader(clip);
        QCOMPARE(reader.info().width, 320);
        QCOMPARE(reader.info().height, 240);
        QCOMPARE(QStringLiteral("%1/%2").arg(reader.info().pixelWidth).arg(reader.info().pixelHeight), shape);
        const std::vector<Picture> expected = picturesOf(square);
        const std::vector<Picture> seen = picturesOf(clip);
        QCOMPARE(seen.size(), expected.size());
        for (std::size_t i = 0; i < seen.size(); ++i) {
            QCOMPARE(seen[i].width, 320);
            QCOMPARE(seen[i].height, 240);
            QVERIFY2(meanDifference(seen[i], expected[i]) < 6, qPrintable(QString::number(meanDifference(seen[i], expected[i]))));
        }
        QCOMPARE(differsByAccess(clip, seen), -1);
        QCOMPARE(VideoReader(square).info().pixelWidth, 1);
    }

    /// BT.2390: shadows and middle tones as they are, ever less contrast above, the peak becomes white.
    void toneCurves()
    {
        for (const double light : {0.0, 0.1, 5.0, 50.0, 80.0})
            QVERIFY(std::abs(toneCurve(light, 1000) - light) < 1e-9 * (1 + light));
        QVERIFY(std::abs(toneCurve(1000, 1000) - 203) < 0.01);
        QVERIFY(std::abs(toneCurve(4000, 4000) - 203) < 0.01);
        QVERIFY(std::abs(toneCurve(5000, 1000) - 203) < 0.01);
        QCOMPARE(toneCurve(150, 203), 150.0);
        QCOMPARE(toneCurve(300, 203), 203.0);
        for (const double peak : {300.0, 1000.0, 4000.0, 10000.0}) {
            double last = -1;
            for (double light = 0; light <= peak; light += peak / 200) {
                const double now = toneCurve(light, peak);
                QVERIFY(now > last && now <= light + 1e-9 && now <= 203);
                last = now;
            }
        }
    }

    void hdr_data()
    {
        QTest::addColumn<QString>("zscale");
        QTest::addColumn<QString>("transfer");
        QTest::addColumn<QString>("range");
        QTest::addColumn<QString>("before");
        QTest::newRow("PQ") << "smpte2084"
                            << "smpte2084"
                            << "HDR (PQ)"
                            << "";
        // Without colours: zscale takes HLG's system gamma of each component by itself, BT.2100 (and we) of the luminance.
        QTest::newRow("HLG") << "arib-std-b67"
                             << "arib-std-b67"
                             << "HDR (HLG)"
                             << ",hue=s=0";
        QTest::newRow("SDR in BT.2020") << "2020_10"
                                        << "bt2020-10"
                                        << "SDR in BT.2020 colours"
                                        << "";
    }

    /// Beside FFmpeg's zscale and tonemap: where the tone curve leaves the light as it is, both give the same picture.
    void hdr()
    {
        NEED(hasFfmpeg() && hasFilter("zscale") && hasFilter("tonemap"), " with zscale");
        QFETCH(QString, zscale);
        QFETCH(QString, transfer);
        QFETCH(QString, range);
        QFETCH(QString, before);
        const fs::path clip = path("hdr.mkv");
        // White at 90 cd/m2 lies below the knee of the curve for a peak of 1000.
        const QString make = range.startsWith(QStringLiteral("HDR")) ? QStringLiteral(":npl=90") : QString();
        QString failure =
            runFfmpeg({QStringLiteral("-f"), QStringLiteral("lavfi"), QStringLiteral("-i"), QStringLiteral("testsrc2=size=320x240:rate=5:duration=0.4"),
                       QStringLiteral("-vf"),
                       QStringLiteral("format=yuv444p%3,setparams=color_primaries=bt709:color_trc=bt709:colorspace=bt709:range=tv,zscale=t=linear%2,"
                                      "format=gbrpf32le,zscale=p=2020,zscale=t=%1:m=2020_ncl:r=tv%2,format=yuv444p10le")
                           .arg(zscale, make, before),
                       QStringLiteral("-c:v"), QStringLiteral("ffv1"), QStringLiteral("-color_trc"), transfer, QStringLiteral("-color_primaries"),
                       QStringLiteral("bt2020"), QStringLiteral("-colorspace"), QStringLiteral("bt2020nc"), QStringLiteral("-color_range"),
                       QStringLiteral("tv"), name(clip)});
        QVERIFY2(failure.isEmpty(), qPrintable(failure));
        VideoReader reader(clip);
        QCOMPARE(QString::fromStdString(reader.info().range), range);
        QCOMPARE(reader.warnings().size(), std::size_t{1});
        const QString npl = range.startsWith(QStringLiteral("HDR")) ? QStringLiteral(":npl=203") : QString();
        const QByteArray expected =
            outputOf(QStringLiteral("ffmpeg"),
                     {QStringLiteral("-v"), QStringLiteral("quiet"), QStringLiteral("-i"), name(clip), QStringLiteral("-vf"),
                      QStringLiteral("zscale=t=linear%1,format=gbrpf32le,zscale=p=bt709,tonemap=clip:desat=0,zscale=t=bt709:m=gbr:r=pc,format=gbrp").arg(npl),
                      QStringLiteral("-f"), QStringLiteral("rawvideo"), QStringLiteral("-pix_fmt"), QStringLiteral("rgb24"), QStringLiteral("-")});
        const Picture seen = reader.next()->picture;
        QVERIFY(expected.size() >= static_cast<qsizetype>(seen.rgb.size()));
        double sum = 0;
        int largest = 0;
        int brightest = 0;
        std::size_t far = 0;
        for (std::size_t i = 0; i < seen.rgb.size(); ++i) {
            const int other = static_cast<unsigned char>(expected[static_cast<qsizetype>(i)]);
            const int d = std::abs(int{seen.rgb[i]} - other);
            sum += d;
            largest = std::max(largest, d);
            far += d > 8 ? 1 : 0;
            brightest = std::max(brightest, other);
        }
        const double mean = sum / static_cast<double>(seen.rgb.size());
        QVERIFY2(brightest > 120, qPrintable(QString::number(brightest)));
        QVERIFY2(mean < 2 && static_cast<double>(far) < 0.01 * static_cast<double>(seen.rgb.size()),
                 qPrintable(QStringLiteral("mean %1, largest %2, far %3").arg(mean).arg(largest).arg(far)));
        QCOMPARE(differsByAccess(clip, picturesOf(clip)), -1);
    }

    /// Of several streams the one marked as the default; the user is told.
    void severalStreams()
    {
        NEED(hasFfmpeg(), "");
        const fs::path clip = path("several.mkv");
        MAKE("-f lavfi -i testsrc2=size=96x64:rate=5:duration=1 -f lavfi -i testsrc2=size=128x96:rate=5:duration=2 -map 0:v -map 1:v -c:v mpeg4 "
             "-disposition:v:0 0 -disposition:v:1 default",
             clip);
        VideoReader reader(clip);
        QCOMPARE(reader.info().width, 128);
        QCOMPARE(reader.info().frames, std::int64_t{10});
        const std::string warnings = warningsOf(reader);
        QVERIFY2(warnings.find("2 video streams") != std::string::npos && warnings.find("left out: stream 0 (mpeg4, 96 x 64)") != std::string::npos,
                 warnings.c_str());
        const fs::path unmarked = path("unmarked.mkv");
        MAKE("-f lavfi -i testsrc2=size=96x64:rate=5:duration=1 -f lavfi -i testsrc2=size=128x96:rate=5:duration=2 -map 0:v -map 1:v -c:v mpeg4 "
             "-disposition:v:0 0 -disposition:v:1 0",
             unmarked);
        QCOMPARE(VideoReader(unmarked).info().width, 96);
    }

    void byContent_data()
    {
        QTest::addColumn<QString>("arguments");
        QTest::addColumn<QString>("file");
        QTest::addColumn<int>("frames");
        QTest::newRow("motion JPEG") << "-c:v mjpeg -q:v 4 -f mjpeg"
                                     << "stream.mjpeg" << 10;
        QTest::newRow("motion JPEG without a name") << "-c:v mjpeg -q:v 4 -f mjpeg"
                                                    << "stream" << 10;
        QTest::newRow("MXF") << "-c:v mpeg2video -q:v 4 -f mxf"
                             << "tape" << 10;
        QTest::newRow("MXF by name") << "-c:v mpeg2video -q:v 4"
                                     << "tape.mxf" << 10;
        QTest::newRow("DV") << "-s 720x576 -pix_fmt yuv420p -c:v dvvideo -f dv"
                            << "cassette.bin" << 10;
        QTest::newRow("NUT") << "-c:v ffv1 -f nut"
                             << "nut.dat" << 10;
        QTest::newRow("MP4 named as a picture") << "-c:v libx264 -pix_fmt yuv420p -f mp4"
                                                << "film.jpg" << 10;
    }

    void byContent()
    {
        NEED(hasFfmpeg(), "");
        QFETCH(QString, arguments);
        QFETCH(QString, file);
        QFETCH(int, frames);
        const fs::path clip = fs::path(m_dir.filePath(file).toStdString());
        const QString failure = runFfmpeg(QStringLiteral("-f lavfi -i testsrc2=size=192x144:rate=25:duration=0.4").split(QLatin1Char(' '))
                                          + arguments.split(QLatin1Char(' ')) + QStringList{name(clip)});
        QVERIFY2(failure.isEmpty(), qPrintable(failure));
        QVERIFY(looksLikeVideo(clip));
        const std::vector<Picture> seen = picturesOf(clip);
        QCOMPARE(static_cast<int>(seen.size()), frames);
        QCOMPARE(differsByAccess(clip, seen), -1);
    }

    /// Pictures under the names of videos, and nothing that waits for the other end of a pipe.
    void noVideos()
    {
        const fs::path picture = path("picture.mp4");
        const std::vector<std::uint8_t> jpeg = encodeJpeg(Picture(64, 64), 90);
        writeAtomically(picture, std::string(jpeg.begin(), jpeg.end()));
        QVERIFY(!looksLikeVideo(picture));
        QVERIFY(isPicture(picture));
        // A picture with a preview behind it is no film.
        const fs::path twice = path("preview.jpeg");
        writeAtomically(twice, std::string(jpeg.begin(), jpeg.end()) + std::string(jpeg.begin(), jpeg.end()));
        QVERIFY(!looksLikeVideo(twice));
        const fs::path pipe = path("pipe.mkv");
        QCOMPARE(::mkfifo(pipe.c_str(), 0600), 0);
        QVERIFY(!isPicture(pipe));
        QVERIFY_EXCEPTION_THROWN(VideoReader{pipe}, FileError);
        looksLikeVideo(pipe); // returns, whatever it says
        const fs::path empty = path("nothing.mp4");
        writeAtomically(empty, "");
        try {
            VideoReader reader(empty);
            QFAIL("it was opened");
        } catch (const FileError &error) {
            QCOMPARE(std::string(error.what()), empty.string() + ": is empty.");
        }
    }

    void encrypted()
    {
        NEED(hasFfmpeg(), "");
        const fs::path clip = path("encrypted.mp4");
        MAKE("-f lavfi -i testsrc2=size=192x144:rate=25:duration=1 -c:v libx264 -pix_fmt yuv420p -encryption_scheme cenc-aes-ctr -encryption_key "
             "00112233445566778899aabbccddeeff -encryption_kid ffeeddccbbaa99887766554433221100",
             clip);
        try {
            VideoReader reader(clip);
            QFAIL("it was opened");
        } catch (const FileError &error) {
            QVERIFY2(std::string(error.what()).find("is encrypted") != std::string::npos, error.what());
        }
    }

    /// A transport stream whose pictures are scrambled: marked packets with a payload that means nothing.
    void scrambled()
    {
        NEED(hasFfmpeg(), "");
        const fs::path clip = path("broadcast.ts");
        MAKE("-f lavfi -i testsrc2=size=192x144:rate=25:duration=1 -c:v libx264 -pix_fmt yuv420p", clip);
        std::vector<std::uint8_t> bytes = readBytes(clip, 1 << 28);
        QVERIFY(!picturesOf(clip).empty());
        constexpr int videoId = 256; // what ffmpeg gives the first stream
        int marked = 0;
        for (std::size_t at = 0; at + 188 <= bytes.size(); at += 188)
            if (((bytes[at + 1] & 0x1F) << 8 | bytes[at + 2]) == videoId && ++marked > 8) // the headers in the clear, so that the stream is known
                bytes[at + 3] |= 0x80;
        QVERIFY(marked > 30);
        writeAtomically(clip, std::string(bytes.begin(), bytes.end()));
        QVERIFY_EXCEPTION_THROWN(VideoReader{clip}, FileError);
    }
};

DSCOPE_TEST(TestOddVideo)
#include "tst_oddvideo.moc"
