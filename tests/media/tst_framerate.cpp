// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/support.h"

#include "core/base/error.h"
#include "core/base/random.h"
#include "core/media/framerate.h"
#include "core/media/video.h"

#include <QDirIterator>
#include <QProcess>
#include <QStandardPaths>

#include <algorithm>

using namespace dscope;
using namespace dscope::test;

namespace fs = std::filesystem;

namespace {

using Frames = std::vector<std::int64_t>;

/// Frames of one duration from 0.
FrameTicks even(std::int64_t frames, const Ratio &second, std::int64_t each = 1)
{
    FrameTicks ticks;
    ticks.second = second;
    for (std::int64_t i = 0; i < frames; ++i)
        ticks.shown.push_back(i * each);
    ticks.end = frames * each;
    return ticks;
}

/// The hashes of what ffmpeg makes of a file's pictures, in its own colours.
QList<QByteArray> hashes(const QString &ffmpeg, const QString &file, const QStringList &how)
{
    QProcess process;
    process.start(ffmpeg,
                  QStringList{QStringLiteral("-v"), QStringLiteral("error"), QStringLiteral("-i"), file, QStringLiteral("-map"), QStringLiteral("0:v:0")} + how
                      + QStringList{QStringLiteral("-f"), QStringLiteral("framehash"), QStringLiteral("-hash"), QStringLiteral("md5"), QStringLiteral("-")});
    if (!process.waitForFinished(300'000))
        return {};
    QList<QByteArray> found;
    for (const QByteArray &line : process.readAllStandardOutput().split('\n'))
        if (!line.startsWith('#') && line.contains(','))
            found << line.mid(line.lastIndexOf(',') + 1).trimmed();
    return found;
}

} // namespace

/// Frames at another rate.
class TestFramerate : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void byHand()
    {
        // 25 to 30 in periods of 1/30 s: frames' times 0, 1.2, 2.4, 3.6, 4.8 are 0, 1, 2, 4, 5; the end is 6.
        QCOMPARE(framesAtRate(even(5, {1, 25}), {30, 1}), (Frames{0, 1, 2, 2, 3, 4}));
        // 60 to 30: .5 and 1.5 are rounded upwards, to where the frames behind them are, which are later and win.
        QCOMPARE(framesAtRate(even(6, {1, 60}), {30, 1}), (Frames{0, 2, 4}));
        QCOMPARE(framesAtRate(even(4, {1, 30}), {30, 1}), (Frames{0, 1, 2, 3}));
        // 10 to 30: each three times.
        QCOMPARE(framesAtRate(even(2, {1, 10}), {30, 1}), (Frames{0, 0, 0, 1, 1, 1}));
        // NTSC's rate, exactly: after 500 frames at 30 frames per second it is half a frame behind.
        const Frames ntsc = framesAtRate(even(1000, {1, 30}), {30'000, 1001});
        QCOMPARE(ntsc.size(), std::size_t{999});
        QCOMPARE(ntsc[499], 499);
        QCOMPARE(ntsc[501], 502);
        QCOMPARE(framesAtRate({}, {30, 1}), Frames{});
    }

    /// A gap is filled by the frame before it; what falls on one place gives way to the later one; what comes first is the first, whenever it is shown.
    void unevenTimes()
    {
        FrameTicks ticks{{1, 1000}, {0, 100, 103, 400}, 433};
        const Frames frames = framesAtRate(ticks, {30, 1}); // in periods: 0, 3, 3.09, 12, 12.99
        QCOMPARE(frames, (Frames{0, 0, 0, 2, 2, 2, 2, 2, 2, 2, 2, 2, 3}));
        ticks.shown = {1017, 1050};
        ticks.end = 1083;
        QCOMPARE(framesAtRate(ticks, {30, 1}), (Frames{0})); // 30.51, 31.5 and 32.49: 31, 32, 32
    }

    void refuses()
    {
        QVERIFY_THROWS_EXCEPTION(Error, framesAtRate({{1, 1000}, {5, 4}, 6}, {30, 1}));
        QVERIFY_THROWS_EXCEPTION(Error, framesAtRate(even(2, {1, 30}), {0, 1}));
        QVERIFY_THROWS_EXCEPTION(Error, framesAtRate(even(2, {0, 30}), {30, 1}));
        QVERIFY_THROWS_EXCEPTION(Error, framesAtRate({{1, 1000}, {0, std::int64_t{1} << 60}, std::int64_t{1} << 61}, {30, 1}));
        QVERIFY_THROWS_EXCEPTION(Error, framesAtRate({{1'000'000, 1}, {-(std::int64_t{1} << 62), 0}, 1}, {1000, 1}));
        QVERIFY_THROWS_EXCEPTION(Error, framesAtRate({{1'000'000, 1}, {0, 1}, std::int64_t{1} << 62}, {1000, 1}));
        QCOMPARE(framesAtRate({{1, 1}, {0, 100}, 101}, {1, 1}, 101).size(), std::size_t{101});
        QVERIFY_THROWS_EXCEPTION(Error, framesAtRate({{1, 1}, {0, 100}, 101}, {1, 1}, 100));
    }

    void rates()
    {
        QCOMPARE(frameRate("30"), (Ratio{30, 1}));
        QCOMPARE(frameRate("12.5"), (Ratio{25, 2}));
        QCOMPARE(frameRate("29.97"), (Ratio{2997, 100}));
        QCOMPARE(frameRate("30000/1001"), (Ratio{30'000, 1001}));
        for (const char *wrong : {"", "0", "-1", "1001", "1/0", "0/1", "a", "30/", "nan", "9999999999/1", "30 fps"})
            QVERIFY_THROWS_EXCEPTION(UsageError, frameRate(wrong));
    }

    /// Whatever the times: as many frames as periods, in ascending order, and every one the last whose time has come.
    void property()
    {
        Random random(7);
        for (int round = 0; round < 200; ++round) {
            FrameTicks ticks;
            ticks.second = {1, static_cast<std::int64_t>(1 + random.below(90'000))};
            std::int64_t now = static_cast<std::int64_t>(random.below(1000));
            for (std::size_t i = 0; i < 1 + random.below(50); ++i) {
                ticks.shown.push_back(now);
                now += static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(ticks.second.den)));
            }
            ticks.end = now;
            const Ratio rate{static_cast<std::int64_t>(1 + random.below(120)), static_cast<std::int64_t>(1 + random.below(3))};
            const auto period = [&](std::int64_t at) {
                const std::int64_t below = 2 * at * rate.num + rate.den * ticks.second.den; // floor(x + 1/2), all whole numbers
                return below / (2 * rate.den * ticks.second.den);
            };
            const Frames frames = framesAtRate(ticks, rate);
            QCOMPARE(static_cast<std::int64_t>(frames.size()), period(ticks.end) - period(ticks.shown.front()));
            QVERIFY(std::is_sorted(frames.begin(), frames.end()));
            for (std::size_t n = 0; n < frames.size(); ++n) {
                const std::int64_t at = period(ticks.shown.front()) + static_cast<std::int64_t>(n);
                QVERIFY(period(ticks.shown[static_cast<std::size_t>(frames[n])]) <= at);
                if (const auto after = static_cast<std::size_t>(frames[n]) + 1; after < ticks.shown.size())
                    QVERIFY(period(ticks.shown[after]) > at);
            }
        }
    }

    /// Against the filter itself, by the hashes of its pictures.
    void asFfmpeg_data()
    {
        QTest::addColumn<QString>("file");
        QTest::addColumn<QString>("rate");
        const fs::path shared = sharedDir();
        if (shared.empty())
            QSKIP("needs the videos of ../shared");
        const auto add = [](const QFileInfo &file, const char *rate) {
            QTest::newRow((file.fileName() + QLatin1String(", ") + QLatin1String(rate)).toUtf8().constData()) << file.filePath() << QString::fromLatin1(rate);
        };
        QDirIterator videos(QString::fromStdString((shared / "video").string()), {QStringLiteral("*.mp4"), QStringLiteral("*.mkv")}, QDir::Files,
                            QDirIterator::Subdirectories);
        while (videos.hasNext())
            add(QFileInfo(videos.next()), "30");
        QDirIterator fights(QString::fromStdString((shared / "data" / "action").string()),
                            {QStringLiteral("*.mp4"), QStringLiteral("*.avi"), QStringLiteral("*.mpg")}, QDir::Files, QDirIterator::Subdirectories);
        for (int i = 0; fights.hasNext(); ++i)
            if (const QString file = fights.next(); i % 8 == 0)
                add(QFileInfo(file), "30");
        for (const char *rate : {"25", "12.5", "30000/1001", "7"})
            add(QFileInfo(QString::fromStdString((shared / "video" / "asl" / "bird.mkv").string())), rate);
    }

    void asFfmpeg()
    {
        QFETCH(QString, file);
        QFETCH(QString, rate);
        const QString ffmpeg = QStandardPaths::findExecutable(QStringLiteral("ffmpeg"));
        if (ffmpeg.isEmpty())
            QSKIP("needs the program ffmpeg");
        const VideoReader reader(fs::path(file.toStdString()));
        const Frames frames = framesAtRate(reader.ticks(), frameRate(rate.toStdString()));
        const QList<QByteArray> own = hashes(ffmpeg, file, {QStringLiteral("-fps_mode"), QStringLiteral("passthrough")});
        const QList<QByteArray> filtered =
            hashes(ffmpeg, file, {QStringLiteral("-vf"), QStringLiteral("fps=") + rate, QStringLiteral("-fps_mode"), QStringLiteral("passthrough")});
        QCOMPARE(static_cast<qsizetype>(reader.info().frames), own.size());
        QCOMPARE(static_cast<qsizetype>(frames.size()), filtered.size());
        for (qsizetype n = 0; n < filtered.size(); ++n)
            if (own[static_cast<qsizetype>(frames[static_cast<std::size_t>(n)])] != filtered[n])
                QFAIL(("frame " + std::to_string(n) + " is another").c_str());
    }
};

DSCOPE_TEST(TestFramerate)
#include "tst_framerate.moc"
