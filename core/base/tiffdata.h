// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/tiffdirectory.h"

#include <cstdint>

namespace dscope {

/// How many strips or tiles hold damage that shows in their compressed data although they may be decoded: deflate whose checksum does not match, LZW that gives
/// another number of bytes than the part has, JPEG as core/base/jpegentropy.h looks for it. libtiff stops at the last pixel and says nothing of these. 0 for
/// other compressions, and where the bits of each byte stand the other way round.
std::uint64_t damagedTiffParts(const TiffNumbers &tiff, const TiffDirectory &directory);

} // namespace dscope
