// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/random.h"
#include "core/image/reader.h"
#include "core/media/video.h"
#include "tests/media/clips.h"
#include "tests/support/says.h"
#include "tests/support/support.h"

#include <QTemporaryDir>

#include <algorithm>
#include <cmath>
#include <map>

using namespace dscope;
using namespace dscope::test;
namespace fs = std::filesystem;

#define NEED_FFMPEG()                                                                                                                                          \
    do {                                                                                                                                                       \
        if (!hasFfmpeg())                                                                                                                                      \
            QSKIP("needs the ffmpeg and ffprobe programs (Debian package ffmpeg)");                                                                            \
    } while (false)

/// Makes a clip or fails the test with ffmpeg's words.
#define MAKE(arguments)                                                                                                                                        \
    do {                                                                                                                                                       \
        const QString failure_ = runFfmpeg(arguments);                                                                                                         \
        QVERIFY2(failure_.isEmpty(), qPrintable(failure_));                                                                                                    \
    } while (false)

namespace {

QString text(const char *latin)
{
    return QString::fromLatin1(latin);
}

QStringList words(const char *latin)
{
    return text(latin).split(QLatin1Char(' '), Qt::SkipEmptyParts);
}

/// A moving test picture in which no two frames are alike.
QStringList source(const char *size = "192x144", double seconds = 4, int rate = 25)
{
    return {text("-f"), text("lavfi"), text("-i"), QStringLiteral("testsrc2=size=%1:rate=%2:duration=%3").arg(text(size)).arg(rate).arg(seconds)};
}

/// How many frames the ffprobe program decodes.
int countByFfprobe(const fs::path &file)
{
    const QByteArray out = outputOf(text("ffprobe"),
                                    words("-v quiet -select_streams v:0 -count_frames -show_entries stream=nb_read_frames -of csv=p=0")
                                        + QStringList{QString::fromStdString(file.string())});
    return out.split('\n').value(0).trimmed().split(',').value(0).toInt();
}

/// Presentation times by the ffprobe program, from the first.
std::vector<double> timesByFfprobe(const fs::path &file)
{
    const QByteArray out = outputOf(text("ffprobe"),
                                    words("-v quiet -select_streams v:0 -show_entries frame=best_effort_timestamp_time -of csv=p=0")
                                        + QStringList{QString::fromStdString(file.string())});
    std::vector<double> times;
    for (const QByteArray &line : out.split('\n'))
        if (!line.trimmed().isEmpty())
            times.push_back(line.trimmed().split(',').value(0).toDouble());
    for (std::size_t i = times.size(); i-- > 0;)
        times[i] -= times[0];
    return times;
}

/// Every frame decoded to packed RGB by the ffmpeg program, precisely.
QByteArray pixelsByFfmpeg(const fs::path &file)
{
    return outputOf(
        text("ffmpeg"),
        QStringList{text("-v"), text("quiet"), text("-nostdin"), text("-i"), QString::fromStdString(file.string())}
            + words("-vf scale=flags=bicubic+accurate_rnd+full_chroma_int+full_chroma_inp+bitexact,format=rgb24 -fps_mode passthrough -f rawvideo -"));
}

/// Largest and mean absolute difference.
std::pair<int, double> difference(const Picture &picture, const char *other)
{
    int largest = 0;
    double sum = 0;
    for (std::size_t i = 0; i < picture.rgb.size(); ++i) {
        const int d = std::abs(int{picture.rgb[i]} - int{static_cast<unsigned char>(other[i])});
        largest = std::max(largest, d);
        sum += d;
    }
    return {largest, sum / static_cast<double>(picture.rgb.size())};
}

/// Checks that random access gives the pictures of sequential reading: `samples` frames in random order (all of them when there are
/// fewer), the borders of the file among them, and what next() gives after each jump. @return what differed, empty if nothing
QString compareAccess(const fs::path &file, const std::vector<Seen> &seen, std::size_t samples, std::uint64_t seed = 1)
{
    VideoReader reader(file);
    std::map<std::int64_t, std::uint64_t> expected;
    for (const Seen &one : seen)
        expected[one.index] = one.hash;
    std::vector<std::int64_t> order;
    for (std::int64_t i = 0; i < reader.info().frames; ++i)
        order.push_back(i);
    Random random(seed);
    random.shuffle(order);
    if (order.size() > samples) {
        order.resize(samples);
        for (const std::int64_t i : {std::int64_t{0}, std::int64_t{1}, reader.info().frames / 2, reader.info().frames - 2, reader.info().frames - 1})
            order.push_back(i);
    }
    for (const std::int64_t n : order) {
        const auto frame = reader.frameAt(n);
        const auto known = expected.find(n);
        if (frame.has_value() != (known != expected.end()))
            return QStringLiteral("frame %1: %2 by random access only").arg(n).arg(frame ? text("there") : text("missing"));
        if (!frame)
            continue;
        if (frame->index != n || fingerprint(frame->picture) != known->second)
            return QStringLiteral("frame %1: another picture by random access (index %2)").arg(n).arg(frame->index);
        const auto following = expected.upper_bound(n);
        const auto after = reader.next();
        if (after.has_value() != (following != expected.end()))
            return QStringLiteral("after frame %1: next() %2").arg(n).arg(after ? text("gave a frame too many") : text("gave nothing"));
        if (after && (after->index != following->first || fingerprint(after->picture) != following->second))
            return QStringLiteral("after frame %1: next() gave frame %2 with another picture").arg(n).arg(after->index);
    }
    return {};
}

} // namespace

class TestVideo : public QObject {
    Q_OBJECT

private:
    QTemporaryDir m_dir;
    fs::path path(const QString &name) const { return fs::path(m_dir.filePath(name).toStdString()); }
    QString name(const fs::path &file) const { return QString::fromStdString(file.string()); }

private Q_SLOTS:
    void initTestCase() { QVERIFY(m_dir.isValid()); }

    void codecs_data()
    {
        QTest::addColumn<QString>("encoder");
        QTest::addColumn<QString>("arguments");
        QTest::addColumn<QString>("file");
        QTest::addColumn<QString>("codec");
        const auto row = [](const char *title, const char *encoder, const char *arguments, const char *file, const char *codec) {
            QTest::newRow(title) << text(encoder) << text(arguments) << text(file) << text(codec);
        };
        row("h264 mp4", "libx264", "-g 12 -bf 3", "a.mp4", "h264");
        row("h264 mkv, open gop", "libx264", "-g 12 -bf 3 -x264-params open-gop=1:keyint=12:bframes=3:b-pyramid=normal", "b.mkv", "h264");
        row("h264 mp4, intra refresh", "libx264", "-g 25 -x264-params intra-refresh=1", "c.mp4", "h264");
        row("h264 ts", "libx264", "-g 12 -bf 2", "d.ts", "h264");
        row("h264 avi", "libx264", "-g 12 -bf 2", "e.avi", "h264");
        row("h264 raw", "libx264", "-g 12 -bf 2", "f.h264", "h264");
        row("h264 flv", "libx264", "-g 12 -bf 2", "g.flv", "h264");
        row("h264 mp4, interlaced", "libx264", "-g 12 -bf 2 -flags +ilme+ildct -x264-params tff=1", "h.mp4", "h264");
        row("h264 mp4, one keyframe, pyramid", "libx264", "-g 1000 -bf 8 -x264-params b-pyramid=normal:ref=6", "i.mp4", "h264");
        row("h264 mp4, 4:4:4 10 bit", "libx264", "-g 12 -pix_fmt yuv444p10le", "j.mp4", "h264");
        row("hevc mp4", "libx265", "-g 12 -x265-params log-level=none:keyint=12:no-open-gop=1", "k.mp4", "hevc");
        row("hevc mkv, open gop", "libx265", "-x265-params log-level=none:keyint=12:open-gop=1:bframes=4", "l.mkv", "hevc");
        row("hevc ts", "libx265", "-x265-params log-level=none:keyint=12", "m.ts", "hevc");
        row("vp8 webm, hidden frames", "libvpx", "-g 20 -auto-alt-ref 1 -lag-in-frames 16 -b:v 300k", "n.webm", "vp8");
        row("vp9 webm", "libvpx-vp9", "-g 20 -auto-alt-ref 1 -lag-in-frames 16 -cpu-used 8 -b:v 300k", "o.webm", "vp9");
        row("av1 mkv", "libaom-av1", "-g 20 -cpu-used 8 -lag-in-frames 16 -b:v 300k", "p.mkv", "av1");
        row("av1 mp4", "libsvtav1", "-g 20 -preset 12", "q.mp4", "av1");
        row("mpeg4 avi", "mpeg4", "-g 12 -bf 2 -q:v 4", "r.avi", "mpeg4");
        row("mpeg4 mp4", "mpeg4", "-g 12 -bf 2 -q:v 4", "s.mp4", "mpeg4");
        row("mpeg2 ts", "mpeg2video", "-g 12 -bf 2 -q:v 4", "t.ts", "mpeg2video");
        row("mpeg2 program stream", "mpeg2video", "-g 12 -bf 2 -q:v 4", "u.mpg", "mpeg2video");
        row("mjpeg avi", "mjpeg", "-q:v 4 -pix_fmt yuvj422p", "v.avi", "mjpeg");
        row("mjpeg mov", "mjpeg", "-q:v 4 -pix_fmt yuvj420p", "w.mov", "mjpeg");
        row("theora ogg", "libtheora", "-g 12 -q:v 6", "x.ogv", "theora");
        row("gif", "gif", "", "y.gif", "gif");
        row("ffv1 mkv", "ffv1", "-g 10", "z.mkv", "ffv1");
        row("wmv2 asf", "wmv2", "-g 12 -q:v 4", "aa.wmv", "wmv2");
    }

    /// The number of frames agrees with ffprobe's, the index is ascending, and every frame is the same by random access.
    void codecs()
    {
        NEED_FFMPEG();
        QFETCH(QString, encoder);
        QFETCH(QString, arguments);
        QFETCH(QString, file);
        QFETCH(QString, codec);
        if (!hasEncoder(encoder))
            QSKIP(qPrintable(QStringLiteral("this ffmpeg has no encoder %1").arg(encoder)));
        const fs::path clip = path(file);
        QStringList all = source("192x144", 3) + QStringList{text("-c:v"), encoder};
        all += arguments.split(QLatin1Char(' '), Qt::SkipEmptyParts);
        if (!arguments.contains(text("pix_fmt")) && encoder != text("gif"))
            all += words("-pix_fmt yuv420p");
        MAKE(all + QStringList{name(clip)});

        VideoReader reader(clip);
        QCOMPARE(QString::fromStdString(reader.info().codec), codec);
        QCOMPARE(reader.info().width, 192);
        QCOMPARE(reader.info().height, 144);
        QCOMPARE(reader.info().rotation, 0);
        const std::vector<Seen> seen = readAll(clip);
        QCOMPARE(static_cast<std::int64_t>(seen.size()), reader.info().frames);
        QCOMPARE(static_cast<int>(seen.size()), countByFfprobe(clip));
        for (std::size_t i = 0; i < seen.size(); ++i) {
            QCOMPARE(seen[i].index, static_cast<std::int64_t>(i));
            QVERIFY(i == 0 ? seen[i].timeS == 0 : seen[i].timeS > seen[i - 1].timeS);
            QCOMPARE(seen[i].timeS, reader.times()[i]);
            QVERIFY(std::abs(seen[i].timeS - static_cast<double>(i) / 25) < 0.011); // gif counts in hundredths
        }
        const QString problem = compareAccess(clip, seen, seen.size());
        QVERIFY2(problem.isEmpty(), qPrintable(problem));
        QVERIFY2(reader.warnings().empty(), joined(reader.warnings()).c_str());
    }

    void sameFramesOnSeveralThreads()
    {
        NEED_FFMPEG();
        const fs::path clip = path(text("threads.mp4"));
        MAKE(source() + words("-c:v libx264 -g 25 -bf 3") + QStringList{name(clip)});
        VideoOptions many;
        many.threads = 4;
        const std::vector<Seen> one = readAll(clip);
        const std::vector<Seen> four = readAll(clip, many);
        QCOMPARE(four.size(), one.size());
        for (std::size_t i = 0; i < one.size(); ++i)
            QCOMPARE(four[i].hash, one[i].hash);
        VideoReader reader(clip, many);
        for (const std::int64_t n : {70, 3, 99, 0, 50, 51, 49})
            QCOMPARE(fingerprint(reader.frameAt(n)->picture), one[static_cast<std::size_t>(n)].hash);
    }

    void pixels_data()
    {
        QTest::addColumn<QString>("arguments");
        QTest::addColumn<QString>("file");
        QTest::addColumn<bool>("fast"); // by libyuv, whose chroma is linear where ffmpeg's is bicubic
        QTest::newRow("h264") << text("-c:v libx264 -pix_fmt yuv420p") << text("pa.mp4") << true;
        QTest::newRow("h264 bt709") << text("-c:v libx264 -pix_fmt yuv420p -vf scale=out_color_matrix=bt709 -colorspace bt709") << text("pb.mp4") << true;
        QTest::newRow("h264 full range") << text("-c:v libx264 -pix_fmt yuvj420p -vf scale=out_range=full -color_range pc") << text("pc.mp4") << true;
        QTest::newRow("hevc 10 bit") << text("-c:v libx265 -x265-params log-level=none -pix_fmt yuv420p10le") << text("pd.mkv") << false;
        QTest::newRow("vp9") << text("-c:v libvpx-vp9 -cpu-used 8 -pix_fmt yuv420p") << text("pe.webm") << true;
        QTest::newRow("mjpeg") << text("-c:v mjpeg -q:v 3 -pix_fmt yuvj444p") << text("pf.avi") << true;
        QTest::newRow("lossless rgb") << text("-c:v libx264rgb -qp 0") << text("pg.mkv") << false;
    }

    /// Pixels against the ffmpeg program, frame by frame: a size that is no multiple of 16, so that cropping and padding show. The picture is
    /// blurred, because across hard colour edges linear and bicubic chroma differ by tens of levels.
    void pixels()
    {
        NEED_FFMPEG();
        QFETCH(QString, arguments);
        QFETCH(QString, file);
        const fs::path clip = path(file);
        QStringList blurred = source("198x146", 1);
        blurred.last() += text(",gblur=sigma=8");
        MAKE(blurred + arguments.split(QLatin1Char(' ')) + QStringList{name(clip)});
        QFETCH(bool, fast);
        const QByteArray expected = pixelsByFfmpeg(clip);
        VideoReader reader(clip);
        const qsizetype bytes = qsizetype{3} * 198 * 146;
        QCOMPARE(expected.size(), bytes * reader.info().frames);
        while (const auto frame = reader.next()) {
            QCOMPARE(frame->picture.width, 198);
            const auto [largest, mean] = difference(frame->picture, expected.constData() + bytes * frame->index);
            QVERIFY2(largest <= (fast ? 6 : 1) && mean < (fast ? 0.5 : 0.05),
                     qPrintable(QStringLiteral("frame %1: largest %2, mean %3").arg(frame->index).arg(largest).arg(mean)));
        }
    }

    void rotation_data()
    {
        QTest::addColumn<int>("stored"); // the metadata counts clockwise
        QTest::newRow("90") << 90;
        QTest::newRow("180") << 180;
        QTest::newRow("270") << 270;
    }

    /// Frames are turned as the ffmpeg program turns them.
    void rotation()
    {
        NEED_FFMPEG();
        QFETCH(int, stored);
        const fs::path plain = path(text("plain.mp4"));
        const fs::path turned = path(QStringLiteral("turned%1.mp4").arg(stored));
        MAKE(source("192x144", 1) + words("-c:v libx264 -pix_fmt yuv420p") + QStringList{name(plain)});
        MAKE((QStringList{text("-i"), name(plain), text("-c"), text("copy"), text("-metadata:s:v"), QStringLiteral("rotate=%1").arg(stored), name(turned)}));
        VideoReader reader(turned);
        QVERIFY(reader.info().rotation == 90 || reader.info().rotation == 180 || reader.info().rotation == 270);
        QCOMPARE(reader.info().width, stored == 180 ? 192 : 144);
        QCOMPARE(reader.info().height, stored == 180 ? 144 : 192);
        const QByteArray expected = pixelsByFfmpeg(turned);
        const qsizetype bytes = qsizetype{3} * 192 * 144;
        QCOMPARE(expected.size(), bytes * reader.info().frames);
        const auto frame = reader.frameAt(10);
        QVERIFY(frame.has_value());
        QCOMPARE(frame->picture.width, reader.info().width);
        // ffmpeg turns the subsampled planes before they become RGB, so colour edges differ; a wrong turn differs by tens of levels.
        const auto [largest, mean] = difference(frame->picture, expected.constData() + bytes * 10);
        QVERIFY2(mean < 4, qPrintable(QStringLiteral("mean difference %1, largest %2").arg(mean).arg(largest)));
        VideoReader flat(plain);
        QVERIFY(fingerprint(flat.frameAt(10)->picture) != fingerprint(frame->picture));
    }

    void variableFrameRate_data()
    {
        QTest::addColumn<QString>("file");
        QTest::newRow("mp4") << text("vfr.mp4");
        QTest::newRow("mkv") << text("vfr.mkv");
    }

    void variableFrameRate()
    {
        NEED_FFMPEG();
        QFETCH(QString, file);
        const fs::path clip = path(file);
        MAKE(source() + words("-vf select='lt(n\\,20)+not(mod(n\\,7))' -fps_mode vfr -c:v libx264 -g 10 -bf 2 -pix_fmt yuv420p") + QStringList{name(clip)});
        VideoReader reader(clip);
        const std::vector<double> expected = timesByFfprobe(clip);
        QCOMPARE(reader.times().size(), expected.size());
        QVERIFY(reader.info().frames > 25 && reader.info().frames < 50);
        for (std::size_t i = 0; i < expected.size(); ++i)
            QVERIFY(std::abs(reader.times()[i] - expected[i]) < 0.0011);
        QVERIFY(reader.times()[1] < 0.05);
        QVERIFY(reader.times().back() - reader.times()[reader.times().size() - 2] > 0.2);
        const QString problem = compareAccess(clip, readAll(clip), 100);
        QVERIFY2(problem.isEmpty(), qPrintable(problem));
    }

    /// A raw stream tells no times, so opening decodes it: with progress, and cancelled at the next frame.
    void openingCanBeFollowedAndCancelled()
    {
        NEED_FFMPEG();
        struct Watch : Progress {
            std::int64_t last = 0;
            std::int64_t cancelAt = -1;
            std::int64_t fileSize = 0;
            void onProgress(std::int64_t done, std::int64_t total) override
            {
                if (total == fileSize)
                    return; // bytes of the first reading; frames follow
                last = done;
                if (cancelAt >= 0 && done >= cancelAt)
                    cancel();
            }
        };
        const fs::path clip = path(text("watched.h264"));
        MAKE(source() + words("-c:v libx264 -g 12 -bf 2 -pix_fmt yuv420p") + QStringList{name(clip)});
        Watch whole;
        whole.fileSize = static_cast<std::int64_t>(fs::file_size(clip));
        const std::int64_t frames = VideoReader(clip, {}, &whole).info().frames;
        QVERIFY(frames > 20);
        QVERIFY2(whole.last >= frames - 1, qPrintable(QStringLiteral("%1 of %2").arg(whole.last).arg(frames)));
        Watch stopped;
        stopped.fileSize = whole.fileSize;
        stopped.cancelAt = 5;
        QVERIFY_THROWS_EXCEPTION(Cancelled, VideoReader(clip, {}, &stopped));
        QCOMPARE(stopped.last, std::int64_t{5});
        Progress before;
        before.cancel();
        QVERIFY_THROWS_EXCEPTION(Cancelled, VideoReader(clip, {}, &before));
    }

    /// A cut without new coding leaves frames in the file that its edit list hides.
    void editList()
    {
        NEED_FFMPEG();
        const fs::path whole = path(text("whole.mp4"));
        const fs::path cut = path(text("cut.mp4"));
        MAKE(source() + words("-c:v libx264 -g 50 -bf 3 -pix_fmt yuv420p") + QStringList{name(whole)});
        MAKE((QStringList{text("-ss"), text("1.3"), text("-i"), name(whole), text("-c"), text("copy"), name(cut)}));
        const std::vector<Seen> seen = readAll(cut);
        QCOMPARE(static_cast<int>(seen.size()), countByFfprobe(cut));
        const std::vector<Seen> all = readAll(whole);
        QVERIFY(seen.size() < all.size() - 25);
        QCOMPARE(seen.back().hash, all.back().hash);
        QCOMPARE(seen.front().hash, all[all.size() - seen.size()].hash);
        QCOMPARE(VideoReader(cut).info().frames, static_cast<std::int64_t>(seen.size()));
        const QString problem = compareAccess(cut, seen, 100);
        QVERIFY2(problem.isEmpty(), qPrintable(problem));
    }

    /// A recording that begins amid a group of pictures: what cannot be decoded is left out, numbers begin at the first that can.
    void beginsInTheMiddle()
    {
        NEED_FFMPEG();
        const fs::path whole = path(text("middle.ts"));
        MAKE(source() + words("-c:v libx264 -g 30 -bf 2 -pix_fmt yuv420p") + QStringList{name(whole)});
        std::vector<std::uint8_t> bytes = readBytes(whole, 1 << 28);
        const std::size_t cut = bytes.size() / 2 / 188 * 188;
        const fs::path rest = path(text("rest.ts"));
        // The tables at the front tell the streams; the pictures begin half way.
        std::string kept(bytes.begin(), bytes.begin() + 3 * 188);
        kept.append(bytes.begin() + static_cast<std::ptrdiff_t>(cut), bytes.end());
        writeAtomically(rest, kept);
        const std::vector<Seen> seen = readAll(rest);
        QVERIFY(seen.size() > 20);
        QCOMPARE(seen.front().index, std::int64_t{0});
        QCOMPARE(seen.front().timeS, 0.0);
        QCOMPARE(seen.back().hash, readAll(whole).back().hash);
        const QString problem = compareAccess(rest, seen, 100);
        QVERIFY2(problem.isEmpty(), qPrintable(problem));
    }

    void truncated_data()
    {
        QTest::addColumn<QString>("file");
        QTest::addColumn<QString>("arguments");
        QTest::newRow("mp4") << text("ta.mp4") << text("-c:v libx264 -g 20 -bf 2 -movflags +faststart");
        QTest::newRow("mkv") << text("tb.mkv") << text("-c:v libx264 -g 20 -bf 2");
        QTest::newRow("avi") << text("tc.avi") << text("-c:v mpeg4 -g 20 -q:v 4");
        QTest::newRow("ts") << text("td.ts") << text("-c:v libx264 -g 20 -bf 2");
        QTest::newRow("webm") << text("te.webm") << text("-c:v libvpx-vp9 -g 20 -cpu-used 8");
    }

    /// Half a file gives the frames it still has, the same as in the whole file, and a warning that names the place.
    void truncated()
    {
        NEED_FFMPEG();
        QFETCH(QString, file);
        QFETCH(QString, arguments);
        const fs::path whole = path(file);
        MAKE(source() + arguments.split(QLatin1Char(' ')) + words("-pix_fmt yuv420p") + QStringList{name(whole)});
        const std::vector<Seen> all = readAll(whole);
        const std::vector<std::uint8_t> bytes = readBytes(whole, 1 << 28);
        const fs::path half = path(text("half-") + file);
        writeAtomically(half, std::string(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(bytes.size() * 6 / 10)));
        VideoReader reader(half);
        std::vector<Seen> seen;
        while (const auto frame = reader.next())
            seen.push_back({frame->index, frame->timeS, fingerprint(frame->picture)});
        QVERIFY2(seen.size() > all.size() / 3 && seen.size() < all.size(), qPrintable(QString::number(seen.size())));
        std::size_t same = 0;
        for (const Seen &one : seen)
            same += one.hash == all[static_cast<std::size_t>(one.index)].hash ? 1 : 0;
        QVERIFY2(same + 4 >= seen.size(), qPrintable(QStringLiteral("%1 of %2 frames are those of the whole file").arg(same).arg(seen.size())));
        const std::string warnings = joined(reader.warnings());
        QVERIFY2(warnings.find("byte ") != std::string::npos && warnings.find(" s (byte") != std::string::npos, warnings.c_str());
        const QString problem = compareAccess(half, seen, 40);
        QVERIFY2(problem.isEmpty(), qPrintable(problem));
    }

    void flipped_data()
    {
        QTest::addColumn<QString>("file");
        QTest::addColumn<QString>("arguments");
        QTest::newRow("h264 mp4") << text("fa.mp4") << text("-c:v libx264 -g 20 -bf 2");
        QTest::newRow("h264 mkv") << text("fb.mkv") << text("-c:v libx264 -g 20 -bf 2");
        QTest::newRow("hevc mp4") << text("fc.mp4")
                                  << text("-c:v libx265 -x265-params log-level=none:keyint=20:hash=1"); // checksums: HEVC's coding hides damage well
        QTest::newRow("mpeg4 avi") << text("fd.avi") << text("-c:v mpeg4 -g 20 -q:v 4");
        QTest::newRow("mjpeg mov") << text("fe.mov") << text("-c:v mjpeg -q:v 4");
        QTest::newRow("h264 ts") << text("ff.ts") << text("-c:v libx264 -g 20 -bf 2");
    }

    /// Damage in the middle: most frames come, a warning names time and byte, and random access still gives what reading in order gives.
    void flipped()
    {
        NEED_FFMPEG();
        QFETCH(QString, file);
        QFETCH(QString, arguments);
        const fs::path whole = path(file);
        MAKE(source() + arguments.split(QLatin1Char(' ')) + words("-pix_fmt yuv420p") + QStringList{name(whole)});
        const std::size_t frames = readAll(whole).size();
        std::vector<std::uint8_t> bytes = readBytes(whole, 1 << 28);
        Random random(7);
        // Between a third and a half of the file, where there are only pictures.
        for (int i = 0; i < 60; ++i)
            bytes[bytes.size() / 3 + random.below(bytes.size() / 6)] ^= static_cast<std::uint8_t>(1U << random.below(8));
        const fs::path damaged = path(text("damaged-") + file);
        writeAtomically(damaged, std::string(bytes.begin(), bytes.end()));
        VideoReader reader(damaged);
        std::vector<Seen> seen;
        while (const auto frame = reader.next())
            seen.push_back({frame->index, frame->timeS, fingerprint(frame->picture)});
        QVERIFY2(seen.size() > frames / 2, qPrintable(QString::number(seen.size())));
        const std::string warnings = joined(reader.warnings());
        QVERIFY2(warnings.find(" s (byte ") != std::string::npos, warnings.c_str());
        const QString problem = compareAccess(damaged, seen, 60);
        QVERIFY2(problem.isEmpty(), qPrintable(problem));
    }

    /// Bits flipped anywhere, headers included: an error or frames, never a crash.
    void flippedAnywhere()
    {
        NEED_FFMPEG();
        for (const char *file : {"xa.mp4", "xb.mkv", "xc.avi", "xd.ts"}) {
            const fs::path whole = path(text(file));
            MAKE(source("96x80", 1) + words("-c:v libx264 -g 10 -bf 2 -pix_fmt yuv420p") + QStringList{name(whole)});
            const std::vector<std::uint8_t> sound = readBytes(whole, 1 << 28);
            int opened = 0;
            for (std::uint64_t seed = 0; seed < 40; ++seed) {
                std::vector<std::uint8_t> bytes = sound;
                Random random(seed);
                const std::size_t reach = seed % 2 == 0 ? bytes.size() : std::min<std::size_t>(bytes.size(), 1500);
                for (int i = 0; i < 12; ++i)
                    bytes[random.below(reach)] ^= static_cast<std::uint8_t>(1U << random.below(8));
                const fs::path damaged = path(text("anywhere-") + text(file));
                writeAtomically(damaged, std::string(bytes.begin(), bytes.end()));
                try {
                    VideoReader reader(damaged);
                    ++opened;
                    std::int64_t count = 0;
                    while (reader.next())
                        ++count;
                    QVERIFY(count <= reader.info().frames);
                    for (std::int64_t n = reader.info().frames - 1; n >= 0; n -= 5)
                        if (const auto frame = reader.frameAt(n))
                            QCOMPARE(frame->index, n);
                } catch (const FileError &) {
                    // refused with a reason, which is fine
                }
            }
            QVERIFY2(opened > 10, file);
        }
    }

    void refused_data()
    {
        QTest::addColumn<QString>("file");
        QTest::addColumn<QByteArray>("content");
        QTest::newRow("hls playlist") << text("list.m3u8") << QByteArray("#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\nplain.ts\n#EXT-X-ENDLIST\n");
        QTest::newRow("hls playlist by another name") << text("list.mp4")
                                                      << QByteArray("#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\nplain.ts\n#EXT-X-ENDLIST\n");
        QTest::newRow("concat") << text("list.ffconcat") << QByteArray("ffconcat version 1.0\nfile plain.ts\n");
        QTest::newRow("concat by another name") << text("list.mkv") << QByteArray("ffconcat version 1.0\nfile plain.ts\n");
        QTest::newRow("dash") << text("list.mpd")
                              << QByteArray("<?xml version=\"1.0\"?><MPD "
                                            "xmlns=\"urn:mpeg:dash:schema:mpd:2011\"><Period><AdaptationSet><Representation><BaseURL>plain.ts</BaseURL></"
                                            "Representation></AdaptationSet></Period></MPD>");
        QTest::newRow("text") << text("story.mp4") << QByteArray("Once upon a time there was a file that was no video.\n").repeated(50);
        QTest::newRow("empty") << text("empty.mp4") << QByteArray();
        QTest::newRow("zeros") << text("zeros.mkv") << QByteArray(100000, '\0');
    }

    void refused()
    {
        QFETCH(QString, file);
        QFETCH(QByteArray, content);
        if (hasFfmpeg() && !fs::exists(path(text("plain.ts"))))
            MAKE(source("64x64", 1) + words("-c:v mpeg2video") + QStringList{name(path(text("plain.ts")))});
        const fs::path bad = path(file);
        writeAtomically(bad, std::string_view(content.constData(), static_cast<std::size_t>(content.size())));
        try {
            VideoReader reader(bad);
            QFAIL("it was opened");
        } catch (const FileError &error) {
            QVERIFY2(std::string(error.what()).find(bad.string()) == 0, error.what());
        }
    }

    void refusesOtherThings()
    {
        QVERIFY_EXCEPTION_THROWN(VideoReader(path(text("absent.mp4"))), FileError);
        QVERIFY_EXCEPTION_THROWN(VideoReader{fs::path(m_dir.path().toStdString())}, FileError);
        QVERIFY_EXCEPTION_THROWN(VideoReader{fs::path("http://localhost/a.mp4")}, FileError);
        NEED_FFMPEG();
        const fs::path sound = path(text("sound.ogg"));
        MAKE(words("-f lavfi -i sine=duration=1 -c:a libvorbis") + QStringList{name(sound)});
        QVERIFY_EXCEPTION_THROWN(VideoReader{sound}, FileError);
    }

    void limits()
    {
        NEED_FFMPEG();
        const fs::path clip = path(text("limits.mp4"));
        MAKE(source("320x240", 1) + words("-c:v libx264 -pix_fmt yuv420p") + QStringList{name(clip)});
        VideoOptions options;
        options.maxSide = 300;
        QVERIFY_EXCEPTION_THROWN(VideoReader(clip, options), FileError);
        options = {};
        options.maxPixels = 320 * 240 - 1;
        QVERIFY_EXCEPTION_THROWN(VideoReader(clip, options), FileError);
        options = {};
        options.maxFrames = 10;
        VideoReader reader(clip, options);
        QCOMPARE(reader.info().frames, std::int64_t{10});
        QVERIFY(!reader.warnings().empty());
        QVERIFY(!reader.frameAt(-1));
        QVERIFY(!reader.frameAt(10));
    }

    void looks()
    {
        NEED_FFMPEG();
        const fs::path clip = path(text("looks.mp4"));
        MAKE(source("64x64", 1) + words("-c:v libx264 -pix_fmt yuv420p") + QStringList{name(clip)});
        const fs::path nameless = path(text("looks-without-ending"));
        fs::copy_file(clip, nameless, fs::copy_options::overwrite_existing);
        QVERIFY(looksLikeVideo(clip));
        QVERIFY(looksLikeVideo(nameless));
        QVERIFY(looksLikeVideo(path(text("absent.mkv"))));
        const fs::path picture = path(text("still.png"));
        writePicture(picture, Picture(8, 8));
        QVERIFY(!looksLikeVideo(picture));
        const fs::path disguised = path(text("still.mp4"));
        fs::copy_file(picture, disguised, fs::copy_options::overwrite_existing);
        QVERIFY(!looksLikeVideo(disguised));
        QVERIFY(!looksLikeVideo(path(text("notes.txt"))));
    }

    void shared_data()
    {
        QTest::addColumn<QString>("file");
        const fs::path folder = sharedDir() / "video";
        if (sharedDir().empty() || !fs::is_directory(folder)) {
            QTest::newRow("none") << QString();
            return;
        }
        std::vector<fs::path> files;
        for (const auto &entry : fs::recursive_directory_iterator(folder))
            if (entry.is_regular_file())
                files.push_back(entry.path());
        std::sort(files.begin(), files.end());
        for (const fs::path &file : files)
            QTest::newRow(file.filename().c_str()) << QString::fromStdString(file.string());
    }

    /// Real clips: frame n by random access is frame n of sequential reading.
    void shared()
    {
        QFETCH(QString, file);
        DSCOPE_NEED(fs::path(file.toStdString()));
        const fs::path clip(file.toStdString());
        const std::vector<Seen> seen = readAll(clip);
        VideoReader reader(clip);
        QCOMPARE(static_cast<std::int64_t>(seen.size()), reader.info().frames);
        if (hasFfmpeg())
            QCOMPARE(static_cast<int>(seen.size()), countByFfprobe(clip));
        const QString problem = compareAccess(clip, seen, 12);
        QVERIFY2(problem.isEmpty(), qPrintable(problem));
        QVERIFY2(reader.warnings().empty(), joined(reader.warnings()).c_str());
    }
};

DSCOPE_TEST(TestVideo)
#include "tst_video.moc"
