// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace dscope {

/// What the coded data of a JPEG show of damage that libjpeg passes over, in words; empty where they show none. Of a baseline JPEG all codes are walked, of a
/// progressive one those of its first scan of DC values. Looked for are codes that no table has, more coefficients in a block than it has room for, data left
/// over behind the last block or missing before it, and DC values that no picture has: with each block's taken from the one before, a wrong code shifts all
/// that follow. Data that by chance are in step again, with values that could be, show nothing.
std::string jpegContradiction(std::span<const std::uint8_t> bytes);

} // namespace dscope
