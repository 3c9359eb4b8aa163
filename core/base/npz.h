// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <limits>
#include <span>
#include <string>
#include <vector>

namespace dscope {

/// A member of a zip archive such as numpy.savez writes.
struct ZipEntry {
    std::string name;
    std::uint64_t header = 0; ///< where its local header begins
    std::uint64_t packed = 0; ///< bytes in the archive
    std::uint64_t size = 0;   ///< bytes of the file itself
    bool deflated = false;    ///< else stored as it is
};

/// Reads `size` bytes from `offset` on; false where there are not so many.
using ReadBytes = std::function<bool(std::uint64_t offset, void *to, std::size_t size)>;

/// True for bytes that begin as a zip archive does.
bool beginsLikeZip(std::span<const std::uint8_t> bytes);
/// The members of an archive by its central directory (zip64 as well). @throws FileError for an archive that is cut off, encrypted, or packed in any
/// way but deflate
std::vector<ZipEntry> zipEntries(const ReadBytes &read, std::uint64_t fileSize, const std::filesystem::path &name);
/// Where the bytes of a member begin. @throws FileError
std::uint64_t zipData(const ReadBytes &read, const ZipEntry &entry, std::uint64_t fileSize, const std::filesystem::path &name);
/// The bytes of a deflated member, the first `most` of them. @throws FileError for damage, and for one that would grow to more than 64 MiB and sixteen times
/// its packed size
std::vector<std::uint8_t> zipInflated(const ReadBytes &read, const ZipEntry &entry, std::uint64_t fileSize, const std::filesystem::path &name,
                                      std::uint64_t most = std::numeric_limits<std::uint64_t>::max());

} // namespace dscope
