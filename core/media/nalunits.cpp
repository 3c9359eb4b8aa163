// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/media/nalunits.h"

#include <algorithm>
#include <cstdint>
#include <vector>

namespace dscope {

namespace {

struct Unit {
    const std::uint8_t *data;
    std::size_t size;
};

/// The NAL units of a packet, whether separated by start codes or preceded by their length. Stops at the first that does not fit.
std::vector<Unit> unitsOf(const AVPacket &packet, int lengthBytes)
{
    std::vector<Unit> units;
    const std::uint8_t *at = packet.data;
    const std::uint8_t *const end = packet.data + packet.size;
    constexpr std::size_t enough = 256; // parameter sets and messages stand in front; slices of one picture all have the same type
    if (lengthBytes > 0) {
        while (end - at > lengthBytes && units.size() < enough) {
            std::size_t length = 0;
            for (int i = 0; i < lengthBytes; ++i)
                length = length << 8 | *at++;
            if (length > static_cast<std::size_t>(end - at))
                break;
            if (length > 0)
                units.push_back({at, length});
            at += length;
        }
        return units;
    }
    static constexpr std::uint8_t code[3] = {0, 0, 1};
    at = std::search(at, end, code, code + 3);
    while (end - at > 3 && units.size() < enough) {
        at += 3;
        const std::uint8_t *const next = std::search(at, end, code, code + 3);
        if (next > at)
            units.push_back({at, static_cast<std::size_t>(next - at)});
        at = next;
    }
    return units;
}

/// True for an H.264 SEI unit with a recovery point whose recovery_frame_cnt is 0 (ITU-T H.264, D.1.8).
bool recoversAtOnce(const Unit &unit)
{
    std::vector<std::uint8_t> payload; // without the emulation prevention bytes
    constexpr std::size_t most = 8192;
    for (std::size_t i = 1; i < std::min(unit.size, most); ++i) {
        const bool escape = unit.data[i] == 3 && payload.size() >= 2 && payload[payload.size() - 1] == 0 && payload[payload.size() - 2] == 0;
        if (!escape)
            payload.push_back(unit.data[i]);
    }
    std::size_t at = 0;
    const auto number = [&] {
        std::size_t value = 0;
        while (at < payload.size() && payload[at] == 0xFF)
            value += payload[at++];
        return at < payload.size() ? value + payload[at++] : value;
    };
    while (at + 2 < payload.size()) {
        const std::size_t type = number();
        const std::size_t size = number();
        if (at >= payload.size())
            return false;
        constexpr std::size_t recoveryPoint = 6;
        if (type == recoveryPoint)
            return (payload[at] & 0x80) != 0; // the Exp-Golomb code of 0 is a single 1
        at += size;
    }
    return false;
}

} // namespace

Entry entryOf(const AVCodecParameters &codec, const AVPacket &packet)
{
    const bool hevc = codec.codec_id == AV_CODEC_ID_HEVC;
    int lengthBytes = 0;
    const int lengthAt = hevc ? 21 : 4;
    if (codec.extradata_size > lengthAt && codec.extradata[0] == 1)
        lengthBytes = (codec.extradata[lengthAt] & 3) + 1;
    Entry entry = Entry::None;
    for (const Unit &unit : unitsOf(packet, lengthBytes)) {
        if (hevc) {
            const int type = unit.data[0] >> 1 & 0x3F;
            if (type >= 16 && type <= 21) // BLA, IDR, CRA
                return Entry::Clean;
        } else {
            const int type = unit.data[0] & 0x1F;
            if (type == 5)
                return Entry::Clean;
            if (type == 6 && recoversAtOnce(unit))
                entry = Entry::Soft;
        }
    }
    return entry;
}

} // namespace dscope
