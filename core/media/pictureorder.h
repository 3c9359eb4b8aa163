// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/media/ffmpeg.h"

#include <cstdint>
#include <vector>

namespace dscope {

struct PacketInfo;

struct ParserCloser {
    void operator()(AVCodecParserContext *parser) const { av_parser_close(parser); }
};

/// Reads from the coded pictures themselves in which order they are shown: the picture order count of H.264 and HEVC, the picture types of
/// MPEG-1, -2 and -4. Containers are written with wrong timestamps often enough (PTS = DTS in spite of B-frames) that theirs need checking.
class PictureOrder {
public:
    explicit PictureOrder(const AVCodecParameters &codec);

    /// Looks at the next packet of the stream and keeps what it says in `info`.
    void look(const AVPacket &packet, PacketInfo &info);

private:
    std::unique_ptr<AVCodecParserContext, ParserCloser> m_parser; ///< null where the codec does not reorder, or its order is not understood
    CodecPtr m_codec;
};

/// The packets' ordinals in the order in which their pictures are shown by the coded pictures; empty where that is not known of every packet.
std::vector<std::int64_t> codedOrder(const AVCodecParameters &codec, const std::vector<PacketInfo> &packets);

/// Whether the presentation times do not ascend in the coded order: then one of the two is wrong, and decoding has to tell which.
bool timesContradict(const AVCodecParameters &codec, const std::vector<PacketInfo> &packets);

/// The largest number of packets by which a picture is shown later than it is stored, at most 16 (the decoder's reordering delay), when the
/// pictures are shown in this order.
int reorderDepth(const std::vector<std::int64_t> &order);

} // namespace dscope
