// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/pictureheader.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace dscope {

/// What can be said of a picture's file without its decoder. Decoders of PNG, BMP, TIFF and PNM leave what is missing black, or grey, and say nothing.
struct PictureWholeness {
    bool cutShort = false; ///< bytes end before the picture does
    bool noEnd = false;    ///< the end marker is missing, though nothing of the picture (PNG)
    std::size_t end = 0;   ///< where `noEnd`: behind the last part that is whole
    bool damaged = false;  ///< a checksum does not match (PNG)
};

/// Looks at lengths and checksums; true for nothing in formats whose decoders say it themselves.
PictureWholeness wholenessOf(std::span<const std::uint8_t> bytes, const PictureHeader &header);

} // namespace dscope
