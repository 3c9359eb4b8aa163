// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/media/ffmpeg.h"

#include <cstdint>

namespace dscope {

/// What a decoder takes for a pixel of this codec and format: the frames that it holds, and ours in RGB. Measured on clips of 7680 x 4320; where the format is
/// not known yet (AV_PIX_FMT_NONE), the least.
double bytesPerPixel(AVCodecID codec, int format);
/// How many pixels a frame may have for what a file of this size may make the program take (core/base/picturememory.h). Decoders of H.264 and
/// its like hold up to sixteen frames: those of up to 4096 x 2304 are read whatever the file's size.
std::int64_t mostPixels(AVCodecID codec, int format, std::uint64_t fileBytes);

} // namespace dscope
