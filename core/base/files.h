// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

namespace dscope {

/// The whole file. @throws FileError if it cannot be read or is larger than `limit` bytes.
std::vector<std::uint8_t> readBytes(const std::filesystem::path &path, std::uint64_t limit);
/// The whole file as text. @throws FileError
std::string readText(const std::filesystem::path &path, std::uint64_t limit = std::uint64_t{1} << 28);

/// Writes a file so that it is there whole or not at all: a temporary file in the same folder (made when missing) is flushed to disk and renamed over `path`.
/// Links are followed; mode and owner of a file that is replaced stay, its other hard links keep the old content; a pipe or a device is written into.
/// @throws FileError with the system's reason, such as a full disk. If `write` throws, nothing is left behind. SIGPIPE must be ignored.
void writeAtomically(const std::filesystem::path &path, const std::function<void(std::ostream &)> &write);
/// The same for bytes in hand.
void writeAtomically(const std::filesystem::path &path, std::string_view bytes);

/// The folder for caches: $DSCOPE_CACHE, else $XDG_CACHE_HOME/dscope, else ~/.cache/dscope.
std::filesystem::path cacheDir();
/// The user's data folder: $XDG_DATA_HOME/dscope, else ~/.local/share/dscope.
std::filesystem::path dataDir();

} // namespace dscope
