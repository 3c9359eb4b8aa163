// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/media/ffmpeg.h"

#include <cstdint>
#include <map>
#include <vector>

namespace dscope {

/// Palettes and new headers: demuxers give them out once, with the packet from which on they hold. Kept here so that decoding can begin behind it.
class SideData {
public:
    /// Takes note of what comes with a packet. In the order of packets.
    void keep(const AVPacket &packet, std::int64_t ordinal);
    /// Gives a packet what came with it when it was read first, and where decoding begins with it what was given out last before it.
    void give(AVPacket *packet, std::int64_t ordinal, bool begins) const;

private:
    std::map<AVPacketSideDataType, std::map<std::int64_t, std::vector<std::uint8_t>>> m_known; ///< type -> (ordinal -> bytes)
};

} // namespace dscope
