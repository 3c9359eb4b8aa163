#pragma once

#include "core/nets/bytesource.h"

#include <cstdint>
#include <map>
#include <string>

namespace dscope::detail {

/// Where an entry's content lies in a zip file.
struct ZipEntry {
    std::uint64_t offset = 0;
    std::uint64_t size = 0;
    bool stored = true; ///< or compressed: then the content is not usable here
};

/// Names and places of a zip's entries, by its directory. Two entries that share bytes of the file are refused: such a file unfolds to any size.
/// @throws FileError
std::map<std::string, ZipEntry> readZip(ByteSource &file);

} // namespace dscope::detail
