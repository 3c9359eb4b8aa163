// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/media/demuxer.h"
#include "core/media/framerate.h"

#include <cstdint>
#include <vector>

namespace dscope {

/// Which packet shows as which frame, and when.
struct TimeIndex {
    std::vector<std::int64_t> frameOf;   ///< per packet ordinal: its frame's number in presentation order, -1 for none
    std::vector<std::int64_t> ordinalOf; ///< per frame: its packet
    std::vector<double> times;           ///< per frame: seconds from the first
    bool byCounting = false;             ///< frames cannot be told apart by their packets: frame n is the n-th that decoding from the start gives
};

/// Whether the packets' own timestamps are enough for an index: each packet is one frame with a time of its own, and the order is
/// plausible. Where not, the file is decoded once to learn its frames.
bool timestampsSuffice(const Demuxer &demuxer);
/// The index from the packets' timestamps alone.
TimeIndex indexByTimestamps(const Demuxer &demuxer);
/// The index from the ordinals of the frames that decoding really gave, in that order; -1 stands for an unknown packet.
TimeIndex indexByDecoding(const Demuxer &demuxer, const std::vector<std::int64_t> &decoded);
/// The times of the index in whole ticks, from where the file begins by its container (FFmpeg's start_time).
FrameTicks ticksOf(const Demuxer &demuxer, const TimeIndex &index, double durationS);
/// Leaves out the first `count` frames.
void dropFirst(TimeIndex &index, std::int64_t count);
/// The ordinals of all packets by their presentation times; packets without one keep their place behind the one before.
std::vector<std::int64_t> timeOrder(const std::vector<PacketInfo> &packets);

} // namespace dscope
