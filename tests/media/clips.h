// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/media/video.h"

#include <QString>
#include <QStringList>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace dscope::test {

/// Whether Debian's `ffmpeg` and `ffprobe` programs are on this machine.
bool hasFfmpeg();
/// Runs ffmpeg with these arguments. @return empty on success, else its messages
QString runFfmpeg(const QStringList &arguments);
/// What ffmpeg or ffprobe writes to stdout.
QByteArray outputOf(const QString &program, const QStringList &arguments);
/// Whether this ffmpeg has an encoder.
bool hasEncoder(const QString &name);

/// A fingerprint of the pixels.
inline std::uint64_t fingerprint(const Picture &picture)
{
    const std::string_view bytes(reinterpret_cast<const char *>(picture.rgb.data()), picture.rgb.size());
    return std::hash<std::string_view>()(bytes) ^ (static_cast<std::uint64_t>(picture.width) << 40) ^ static_cast<std::uint64_t>(picture.height);
}

/// One frame of a sequential pass.
struct Seen {
    std::int64_t index;
    double timeS;
    std::uint64_t hash;
};
/// Reads the file from its first frame to its last.
std::vector<Seen> readAll(const std::filesystem::path &file, const VideoOptions &options = {});

} // namespace dscope::test
