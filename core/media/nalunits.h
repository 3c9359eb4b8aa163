// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/media/ffmpeg.h"

namespace dscope {

/// How decoding can begin at a packet.
enum class Entry {
    None, ///< not at all, or not exactly
    Soft, ///< an H.264 recovery point that needs no further pictures: the decoder still misses the list of earlier ones
    Clean ///< an IDR picture, or any IRAP picture of HEVC
};

/// Whether decoding H.264 or HEVC can begin at this packet and give, from its own picture on, exactly what decoding from the start gives.
Entry entryOf(const AVCodecParameters &codec, const AVPacket &packet);

} // namespace dscope
