// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/media/pictureorder.h"

#include "core/media/demuxer.h"

#include <algorithm>
#include <limits>
#include <new>

namespace dscope {

namespace {

bool countsPictures(AVCodecID codec)
{
    return codec == AV_CODEC_ID_H264 || codec == AV_CODEC_ID_HEVC;
}

bool typesPictures(AVCodecID codec)
{
    return codec == AV_CODEC_ID_MPEG1VIDEO || codec == AV_CODEC_ID_MPEG2VIDEO || codec == AV_CODEC_ID_MPEG4;
}

/// Counts begin anew at each picture that resets the decoder.
std::vector<std::int64_t> orderByCount(const std::vector<PacketInfo> &packets)
{
    std::vector<std::int64_t> order;
    std::size_t begin = 0;
    const auto close = [&] {
        std::stable_sort(order.begin() + static_cast<std::ptrdiff_t>(begin), order.end(), [&](std::int64_t a, std::int64_t b) {
            return packets[static_cast<std::size_t>(a)].order < packets[static_cast<std::size_t>(b)].order;
        });
        begin = order.size();
    };
    for (std::size_t i = 0; i < packets.size(); ++i) {
        if (packets[i].order == PacketInfo::unknownOrder)
            return {};
        if (packets[i].order == 0 && packets[i].start)
            close();
        order.push_back(static_cast<std::int64_t>(i));
    }
    close();
    return order;
}

/// A picture that others may refer to waits until the next such one comes; B-pictures do not wait.
std::vector<std::int64_t> orderByType(const std::vector<PacketInfo> &packets)
{
    std::vector<std::int64_t> order;
    std::int64_t waiting = -1;
    for (std::size_t i = 0; i < packets.size(); ++i) {
        if (packets[i].order == PacketInfo::unknownOrder)
            return {};
        const auto ordinal = static_cast<std::int64_t>(i);
        if (packets[i].order == AV_PICTURE_TYPE_B) {
            order.push_back(ordinal);
            continue;
        }
        if (waiting >= 0)
            order.push_back(waiting);
        waiting = ordinal;
    }
    if (waiting >= 0)
        order.push_back(waiting);
    return order;
}

} // namespace

PictureOrder::PictureOrder(const AVCodecParameters &codec)
{
    if (!countsPictures(codec.codec_id) && !typesPictures(codec.codec_id))
        return;
    m_parser.reset(av_parser_init(codec.codec_id));
    m_codec.reset(avcodec_alloc_context3(nullptr));
    if (!m_codec)
        throw std::bad_alloc();
    if (!m_parser || avcodec_parameters_to_context(m_codec.get(), &codec) < 0) {
        m_parser.reset();
        return;
    }
    m_parser->flags |= PARSER_FLAG_COMPLETE_FRAMES;
}

void PictureOrder::look(const AVPacket &packet, PacketInfo &info)
{
    info.order = PacketInfo::unknownOrder;
    if (!m_parser || packet.size <= 0)
        return;
    constexpr int none = std::numeric_limits<int>::min();
    m_parser->output_picture_number = none;
    m_parser->pict_type = AV_PICTURE_TYPE_NONE;
    std::uint8_t *out = nullptr;
    int size = 0;
    av_parser_parse2(m_parser.get(), m_codec.get(), &out, &size, packet.data, packet.size, AV_NOPTS_VALUE, AV_NOPTS_VALUE, packet.pos);
    if (countsPictures(m_codec->codec_id)) {
        if (m_parser->output_picture_number != none)
            info.order = m_parser->output_picture_number;
    } else if (m_parser->pict_type != AV_PICTURE_TYPE_NONE) {
        info.order = m_parser->pict_type;
    }
}

std::vector<std::int64_t> codedOrder(const AVCodecParameters &codec, const std::vector<PacketInfo> &packets)
{
    if (countsPictures(codec.codec_id))
        return orderByCount(packets);
    if (typesPictures(codec.codec_id))
        return orderByType(packets);
    return {};
}

bool timesContradict(const AVCodecParameters &codec, const std::vector<PacketInfo> &packets)
{
    std::int64_t last = AV_NOPTS_VALUE;
    for (const std::int64_t ordinal : codedOrder(codec, packets)) {
        const std::int64_t time = packets[static_cast<std::size_t>(ordinal)].pts;
        if (time == AV_NOPTS_VALUE)
            continue;
        if (last != AV_NOPTS_VALUE && time <= last)
            return true;
        last = time;
    }
    return false;
}

int reorderDepth(const std::vector<std::int64_t> &order)
{
    constexpr std::int64_t window = 32;
    constexpr int most = 16;
    std::vector<std::int64_t> place(order.size(), 0);
    for (std::size_t i = 0; i < order.size(); ++i)
        place[static_cast<std::size_t>(order[i])] = static_cast<std::int64_t>(i);
    int depth = 0;
    for (std::int64_t i = 0; i < static_cast<std::int64_t>(place.size()); ++i) {
        int later = 0;
        for (std::int64_t j = std::max<std::int64_t>(0, i - window); j < i; ++j)
            later += place[static_cast<std::size_t>(j)] > place[static_cast<std::size_t>(i)] ? 1 : 0;
        depth = std::max(depth, later);
    }
    return std::min(depth, most);
}

} // namespace dscope
