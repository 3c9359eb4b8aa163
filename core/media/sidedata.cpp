// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/media/sidedata.h"

#include <algorithm>
#include <array>
#include <new>

namespace dscope {

void SideData::keep(const AVPacket &packet, std::int64_t ordinal)
{
    // What the decoder keeps for the packets after the one that it came with.
    constexpr std::array<AVPacketSideDataType, 2> lasting{AV_PKT_DATA_PALETTE, AV_PKT_DATA_NEW_EXTRADATA};
    for (const AVPacketSideDataType type : lasting) {
        std::size_t size = 0;
        const std::uint8_t *bytes = av_packet_get_side_data(&packet, type, &size);
        if (bytes == nullptr || size == 0)
            continue;
        auto &known = m_known[type];
        if (known.empty() || !std::equal(bytes, bytes + size, known.rbegin()->second.begin(), known.rbegin()->second.end()))
            known.emplace(ordinal, std::vector<std::uint8_t>(bytes, bytes + size));
    }
}

void SideData::give(AVPacket *packet, std::int64_t ordinal, bool begins) const
{
    for (const auto &[type, known] : m_known) {
        auto entry = known.upper_bound(ordinal);
        if (entry == known.begin())
            continue;
        --entry;
        std::size_t size = 0;
        if ((entry->first != ordinal && !begins) || av_packet_get_side_data(packet, type, &size) != nullptr)
            continue;
        std::uint8_t *bytes = av_packet_new_side_data(packet, type, entry->second.size());
        if (bytes == nullptr)
            throw std::bad_alloc();
        std::copy(entry->second.begin(), entry->second.end(), bytes);
    }
}

} // namespace dscope
