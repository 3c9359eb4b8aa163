// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/media/timeindex.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace dscope {

namespace {

/// H.264 and HEVC reorder over at most 16 frames; larger jumps are timestamps that begin anew.
constexpr std::int64_t maxDisplacement = 64;

double fallbackInterval(const AVStream &stream)
{
    if (stream.avg_frame_rate.num > 0 && stream.avg_frame_rate.den > 0)
        return av_q2d(av_inv_q(stream.avg_frame_rate));
    if (stream.r_frame_rate.num > 0 && stream.r_frame_rate.den > 0)
        return av_q2d(av_inv_q(stream.r_frame_rate));
    return 0.04;
}

/// Codecs whose packets give exactly one frame each in every container.
bool oneFrameAPacket(AVCodecID codec)
{
    switch (codec) {
    case AV_CODEC_ID_H264:
    case AV_CODEC_ID_HEVC:
    case AV_CODEC_ID_VP8:
    case AV_CODEC_ID_VP9:
    case AV_CODEC_ID_AV1:
    case AV_CODEC_ID_MPEG1VIDEO:
    case AV_CODEC_ID_MPEG2VIDEO:
    case AV_CODEC_ID_MPEG4:
    case AV_CODEC_ID_H263:
    case AV_CODEC_ID_FLV1: return true;
    default: {
        const AVCodecDescriptor *descriptor = avcodec_descriptor_get(codec);
        return descriptor != nullptr && (descriptor->props & AV_CODEC_PROP_INTRA_ONLY) != 0;
    }
    }
}

/// The frames' times from one timestamp of their packets, in seconds; empty if any lacks it.
std::vector<double> timesFrom(const Demuxer &demuxer, const std::vector<std::int64_t> &ordinals, std::int64_t PacketInfo::*stamp)
{
    std::vector<double> times;
    times.reserve(ordinals.size());
    for (const std::int64_t ordinal : ordinals) {
        if (ordinal < 0 || demuxer.packets()[static_cast<std::size_t>(ordinal)].*stamp == AV_NOPTS_VALUE)
            return {};
        times.push_back(static_cast<double>(demuxer.packets()[static_cast<std::size_t>(ordinal)].*stamp) * av_q2d(demuxer.stream()->time_base));
    }
    return times;
}

void startAtZero(std::vector<double> &times)
{
    if (times.empty())
        return;
    const double first = times.front();
    for (double &time : times)
        time -= first;
}

} // namespace

bool timestampsSuffice(const Demuxer &demuxer)
{
    const AVCodecParameters &codec = *demuxer.stream()->codecpar;
    if (!oneFrameAPacket(codec.codec_id))
        return false;
    // The two fields of an interlaced H.264 frame may come in one packet or in two.
    if (codec.codec_id == AV_CODEC_ID_H264 && codec.field_order != AV_FIELD_UNKNOWN && codec.field_order != AV_FIELD_PROGRESSIVE)
        return false;
    // "Packed" MPEG-4 puts two frames into one packet and an empty one after it.
    constexpr int emptyMpeg4 = 10;
    std::vector<std::pair<std::int64_t, std::int64_t>> shown; // (time, place in storage order)
    for (const PacketInfo &info : demuxer.packets()) {
        if (info.discard || info.hidden)
            continue;
        if (info.pts == AV_NOPTS_VALUE || (codec.codec_id == AV_CODEC_ID_MPEG4 && info.size < emptyMpeg4))
            return false;
        shown.emplace_back(info.pts, static_cast<std::int64_t>(shown.size()));
    }
    std::sort(shown.begin(), shown.end());
    for (std::size_t i = 0; i < shown.size(); ++i) {
        if (i > 0 && shown[i].first == shown[i - 1].first)
            return false;
        if (std::abs(shown[i].second - static_cast<std::int64_t>(i)) > maxDisplacement)
            return false;
    }
    return !shown.empty();
}

TimeIndex indexByTimestamps(const Demuxer &demuxer)
{
    const std::vector<PacketInfo> &packets = demuxer.packets();
    TimeIndex index;
    index.frameOf.assign(packets.size(), -1);
    for (std::size_t i = 0; i < packets.size(); ++i)
        if (!packets[i].discard && !packets[i].hidden)
            index.ordinalOf.push_back(static_cast<std::int64_t>(i));
    std::sort(index.ordinalOf.begin(), index.ordinalOf.end(),
              [&](std::int64_t a, std::int64_t b) { return packets[static_cast<std::size_t>(a)].pts < packets[static_cast<std::size_t>(b)].pts; });
    for (std::size_t frame = 0; frame < index.ordinalOf.size(); ++frame)
        index.frameOf[static_cast<std::size_t>(index.ordinalOf[frame])] = static_cast<std::int64_t>(frame);
    index.times = timesFrom(demuxer, index.ordinalOf, &PacketInfo::pts);
    startAtZero(index.times);
    return index;
}

TimeIndex indexByDecoding(const Demuxer &demuxer, const std::vector<std::int64_t> &decoded)
{
    TimeIndex index;
    index.frameOf.assign(demuxer.packets().size(), -1);
    index.ordinalOf = decoded;
    for (std::size_t frame = 0; frame < decoded.size(); ++frame) {
        if (decoded[frame] < 0 || index.frameOf[static_cast<std::size_t>(decoded[frame])] >= 0)
            index.byCounting = true;
        else
            index.frameOf[static_cast<std::size_t>(decoded[frame])] = static_cast<std::int64_t>(frame);
    }
    index.times = timesFrom(demuxer, decoded, &PacketInfo::pts);
    if (!std::is_sorted(index.times.begin(), index.times.end()) || index.times.empty()) {
        // Decoding times are those of presentation but for the order; so are presentation times that were copied from them.
        index.times.clear();
        for (const auto stamp : {&PacketInfo::dts, &PacketInfo::pts}) {
            std::vector<double> times = timesFrom(demuxer, decoded, stamp);
            std::sort(times.begin(), times.end());
            const bool distinct = std::adjacent_find(times.begin(), times.end()) == times.end();
            if (index.times.empty() && distinct)
                index.times = std::move(times);
        }
    }
    if (index.times.empty()) {
        const double interval = fallbackInterval(*demuxer.stream());
        for (std::size_t frame = 0; frame < decoded.size(); ++frame)
            index.times.push_back(interval * static_cast<double>(frame));
    }
    startAtZero(index.times);
    return index;
}

FrameTicks ticksOf(const Demuxer &demuxer, const TimeIndex &index, double durationS)
{
    const AVRational base = demuxer.stream()->time_base;
    FrameTicks ticks;
    ticks.second = {base.num, base.den};
    // Hostile files have any times; what is beyond all videos stays there without overflow (framesAtRate() refuses it).
    constexpr std::int64_t most = std::int64_t{1} << 60;
    const auto within = [&](std::int64_t value) { return std::clamp(value, -most, most); };
    const auto inTicks = [&](double seconds) {
        const double exact = seconds / av_q2d(base);
        return std::abs(exact) < static_cast<double>(most) ? static_cast<std::int64_t>(std::llround(exact)) : exact > 0 ? most : -most;
    };
    const auto packetOf = [&](std::int64_t ordinal) { return ordinal >= 0 ? &demuxer.packets()[static_cast<std::size_t>(ordinal)] : nullptr; };
    std::int64_t first = 0;
    const std::int64_t start = demuxer.format()->start_time;
    if (const PacketInfo *packet = packetOf(index.ordinalOf.front()); packet != nullptr && packet->pts != AV_NOPTS_VALUE && start != AV_NOPTS_VALUE)
        first = within(within(packet->pts) - within(av_rescale_q(start, AV_TIME_BASE_Q, base)));
    for (const double time : index.times)
        ticks.shown.push_back(within(first + inTicks(time)));
    const PacketInfo *last = packetOf(index.ordinalOf.back());
    ticks.end = within(ticks.shown.back() + within(last != nullptr && last->duration > 0 ? last->duration : inTicks(durationS - index.times.back())));
    return ticks;
}

void dropFirst(TimeIndex &index, std::int64_t count)
{
    for (std::int64_t &frame : index.frameOf)
        frame = frame < count ? -1 : frame - count;
    index.ordinalOf.erase(index.ordinalOf.begin(), index.ordinalOf.begin() + count);
    index.times.erase(index.times.begin(), index.times.begin() + count);
    startAtZero(index.times);
}

std::vector<std::int64_t> timeOrder(const std::vector<PacketInfo> &packets)
{
    std::vector<std::int64_t> times(packets.size());
    std::vector<std::int64_t> order(packets.size());
    for (std::size_t i = 0; i < packets.size(); ++i) {
        times[i] = packets[i].pts != AV_NOPTS_VALUE ? packets[i].pts : i > 0 ? times[i - 1] : std::numeric_limits<std::int64_t>::min();
        order[i] = static_cast<std::int64_t>(i);
    }
    std::stable_sort(order.begin(), order.end(),
                     [&](std::int64_t a, std::int64_t b) { return times[static_cast<std::size_t>(a)] < times[static_cast<std::size_t>(b)]; });
    return order;
}

} // namespace dscope
