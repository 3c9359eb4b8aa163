// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/fileorbytes.h"
#include "core/base/json.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

// What the stores of features have in common: a head that names what they are of, then blocks that each end with a digest.

namespace dscope {

/// The head of a store: eight letters, the header's length (u64, little-endian), the header as JSON, padded with blanks to a multiple of 64 bytes with what
/// stands before.
std::string storeHead(std::string_view magic, const Json &header);
/// The same out of a file. @param magic eight letters @throws FileError for a file that does not begin so
std::string readStoreHead(const FileOrBytes &file, std::string_view magic);
/// The header in a head. @throws FileError for no JSON, or one of another schema
Json storeHeader(const std::string &head, std::string_view schema, const std::filesystem::path &name);

using BlockDigest = std::array<std::uint8_t, 32>;
/// SHA-256 over a store's head, the block's number and its bytes, so that no block stands in for another.
BlockDigest blockDigest(const std::string &head, std::int64_t block, const char *bytes, std::size_t count);

} // namespace dscope
