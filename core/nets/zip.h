// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/nets/bytesource.h"

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace dscope::detail {

/// Where an entry's content lies in a zip file.
struct ZipEntry {
    std::uint64_t offset = 0;
    std::uint64_t size = 0;
    bool stored = true;       ///< or compressed by deflate
    std::uint64_t packed = 0; ///< bytes that it takes in the file
};

/// Names and places of a zip's entries, by its directory. Two entries that share bytes of the file are refused: such a file unfolds to any size.
/// For the same reason the contents of compressed entries together may have at most eight times the file's size and 16 MiB.
/// @throws FileError
std::map<std::string, ZipEntry> readZip(ByteSource &file);

/// The content of an entry, unpacked where it is compressed. @throws FileError
std::vector<std::uint8_t> readEntry(ByteSource &file, const ZipEntry &entry);
/// Unpacks a deflated part of a file into as many bytes as it promises. @throws FileError where it is damaged, or of another size
void inflateInto(ByteSource &file, std::uint64_t offset, std::uint64_t packed, std::span<std::uint8_t> to);

} // namespace dscope::detail
