// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/picture.h"
#include "core/media/rgbscaler.h"

#include <vector>

namespace dscope {

/// Turns decoded frames of any pixel format into RGB: the common ones by libyuv (core/media/planes.h), all others by swscale, with flags under which
/// the result does not depend on the processor. Matrix and range are those of the frame; where it names no matrix, ITU-R BT.601 is taken as FFmpeg
/// and OpenCV do.
class FrameConverter {
public:
    /// @throws Error if the format cannot be converted
    Picture convert(const AVFrame &frame);
    /// By swscale whatever the format, about twenty times slower: chroma by a bicubic filter, arithmetic to within one level.
    Picture convertPrecisely(const AVFrame &frame);

private:
    RgbScaler m_scaler{AV_PIX_FMT_RGB24};
    std::vector<std::uint8_t> m_rows;
};

/// The EXIF-style orientation (core/base/orient.h) of a display matrix; 1 for none. Angles between are rounded to a quarter turn.
int orientationOf(const std::int32_t *displayMatrix);
/// Degrees clockwise of an orientation, its mirroring left aside.
int degreesOf(int orientation);

} // namespace dscope
