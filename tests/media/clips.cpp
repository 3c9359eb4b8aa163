// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/media/clips.h"

#include <QProcess>
#include <QStandardPaths>

namespace dscope::test {

namespace {
constexpr int processTimeoutMs = 120'000;
}

bool hasFfmpeg()
{
    static const bool found =
        !QStandardPaths::findExecutable(QStringLiteral("ffmpeg")).isEmpty() && !QStandardPaths::findExecutable(QStringLiteral("ffprobe")).isEmpty();
    return found;
}

QString runFfmpeg(const QStringList &arguments)
{
    QProcess process;
    process.setProcessChannelMode(QProcess::MergedChannels);
    process.start(QStringLiteral("ffmpeg"),
                  QStringList{QStringLiteral("-hide_banner"), QStringLiteral("-nostdin"), QStringLiteral("-y"), QStringLiteral("-v"), QStringLiteral("error")}
                      + arguments);
    if (!process.waitForFinished(processTimeoutMs))
        return QStringLiteral("ffmpeg did not finish: ") + process.errorString();
    if (process.exitStatus() == QProcess::NormalExit && process.exitCode() == 0)
        return {};
    return QStringLiteral("ffmpeg failed: ") + QString::fromLocal8Bit(process.readAll());
}

QByteArray outputOf(const QString &program, const QStringList &arguments)
{
    QProcess process;
    process.start(program, arguments);
    process.waitForFinished(processTimeoutMs);
    return process.readAllStandardOutput();
}

bool hasEncoder(const QString &name)
{
    static const QByteArray all = outputOf(QStringLiteral("ffmpeg"), {QStringLiteral("-hide_banner"), QStringLiteral("-encoders")});
    return all.contains(" " + name.toLatin1() + " ");
}

std::vector<Seen> readAll(const std::filesystem::path &file, const VideoOptions &options)
{
    VideoReader reader(file, options);
    std::vector<Seen> seen;
    while (const auto frame = reader.next())
        seen.push_back({frame->index, frame->timeS, fingerprint(frame->picture)});
    return seen;
}

} // namespace dscope::test
