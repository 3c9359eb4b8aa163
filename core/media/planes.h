// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/image/pixels.h"
#include "core/media/ffmpeg.h"

#include <memory>

namespace dscope {

/// Whether libyuv turns frames of this kind into RGB within two levels of exact arithmetic: 8 bits, 4:2:0, 4:2:2, 4:4:4 or NV12, BT.601 or BT.709 of
/// either range or BT.2020 of limited range, no HDR curve. All others are swscale's. Chroma between its samples is interpolated linearly, each
/// sample taken to lie in the middle of its pixels, as swscale takes it.
bool hasFastPath(const AVFrame &frame);

/// A part of such a frame as RGB; the same pixels whatever the part. `area` lies within the frame.
Picture planesToRgb(const AVFrame &frame, const Area &area);
/// Such a frame shrunk before it is turned into RGB; neither side may grow. Within rounding what the precise conversion (bicubic chroma) gives, shrunk,
/// or at its own size: what a detector looks at, whose faint faces come and go with less.
Picture shrunkToRgb(const AVFrame &frame, int width, int height);

/// The pixels of such a frame, upright. Keeps a reference to the frame's planes and turns into RGB only what is asked for. scaled() is shrunkToRgb(),
/// also at the frame's own size.
/// @throws std::bad_alloc
std::shared_ptr<const PixelSource> framePixels(const AVFrame &frame, int orientation);

} // namespace dscope
