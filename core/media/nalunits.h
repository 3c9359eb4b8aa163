#pragma once

#include "core/media/ffmpeg.h"

namespace dscope {

/// Whether decoding H.264 or HEVC can begin at this packet and give, from its own picture on, exactly what decoding from the start
/// gives: an IDR picture, a recovery point that needs no further pictures (H.264), or any IRAP picture (HEVC).
bool beginsCleanly(const AVCodecParameters &codec, const AVPacket &packet);

} // namespace dscope
