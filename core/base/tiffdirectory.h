// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/picturebytes.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

namespace dscope {

/// Reads a TIFF's integers in the byte order that its first byte tells.
class TiffNumbers {
public:
    explicit TiffNumbers(const PictureBytes &bytes) : m_bytes(bytes), m_big(bytes.big(0, 1) == 'M') {}

    const PictureBytes &bytes() const { return m_bytes; }
    std::uint32_t number(std::size_t at, std::size_t count) const { return m_big ? m_bytes.big(at, count) : m_bytes.little(at, count); }

private:
    PictureBytes m_bytes;
    bool m_big;
};

/// Values of an entry: where they are, how long each is and how many there are.
struct TiffField {
    std::size_t at = 0;
    std::size_t size = 0; ///< 0: the entry is missing or holds no integers
    std::uint32_t count = 0;
};

/// What one directory of a TIFF says of the picture that it describes.
struct TiffDirectory {
    std::size_t at = 0;
    std::size_t next = 0; ///< where the following directory begins; 0: none
    std::int64_t width = 0;
    std::int64_t height = 0;
    std::uint32_t samples = 1;
    std::uint32_t bits = 1;         ///< a value; of several the first
    std::uint32_t sampleFormat = 1; ///< 1 unsigned, 2 signed, 3 floating-point
    std::uint32_t rowsInStrip = std::numeric_limits<std::uint32_t>::max();
    std::array<std::uint32_t, 2> tile{};
    std::uint32_t photometric = 0;
    std::uint32_t planar = 1;
    std::uint32_t compression = 1;
    std::uint32_t fillOrder = 1; ///< 2: the bits of each byte stand the other way round
    std::optional<int> orientation;
    bool reduced = false;    ///< a smaller copy of another picture
    bool mask = false;       ///< says what of another picture shows
    bool rawVersion = false; ///< holds the number of DNG's version
    TiffField offsets;       ///< of strips or tiles
    TiffField counts;
    TiffField jpegTables; ///< what is common to all parts that are JPEGs
    TiffField children;   ///< directories that belong to this one (SubIFDs)

    bool tiled() const { return tile[0] != 0 && tile[1] != 0; }
    /// Bytes of a row of a strip or tile, unpacked.
    std::uint64_t rowBytes() const;
    /// How many strips or tiles the picture's size takes.
    std::uint64_t pieces() const;
    /// As a camera's sensor has it (CFA, LinearRaw), before any program made a picture of it.
    bool cameraRaw() const;
};

/// The integers that an entry of a directory holds. @param at where its 12 bytes begin
TiffField tiffField(const TiffNumbers &tiff, std::size_t at);
/// A directory; nothing where its entries run beyond the end.
std::optional<TiffDirectory> tiffDirectory(const TiffNumbers &tiff, std::size_t at);

/// Which of a TIFF's pictures is to be read.
struct TiffChoice {
    TiffDirectory directory;
    std::uint32_t pages = 0; ///< one behind the other, reduced copies and masks not counted
    bool first = true;       ///< it is the first page, or one of that page's own
    bool cameraRaw = false;  ///< one of them is a camera's raw picture
};

/// The first page or, where a larger picture belongs to it (SubIFDs), that; where the first is a reduced copy, as cameras and scanners write it, the largest
/// that is none. A reduced one is only chosen where there is nothing else. Nothing where the first directory cannot be read.
std::optional<TiffChoice> chooseTiffDirectory(const TiffNumbers &tiff);

} // namespace dscope
