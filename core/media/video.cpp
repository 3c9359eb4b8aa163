// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/media/video.h"

#include "core/base/error.h"
#include "core/base/text.h"
#include "core/media/converter.h"
#include "core/media/demuxer.h"
#include "core/media/finisher.h"
#include "core/media/planes.h"
#include "core/media/timeindex.h"
#include "core/media/videonotes.h"

#include <algorithm>
#include <new>
#include <thread>
#include <utility>

namespace dscope {

namespace fs = std::filesystem;

/// Every packet goes to the decoder with its ordinal in place of its timestamp. Decoders hand that number through to the frame that the
/// packet became, so each frame is known by its packet, however damaged or missing the file's own timestamps are.
struct VideoReader::Private {
    fs::path path;
    VideoOptions options;
    VideoInfo info;
    Demuxer demuxer;
    TimeIndex index;
    FrameTicks ticks;
    VideoNotes notes{demuxer, index};

    CodecPtr codec;
    FramePtr frame = newFrame();
    PacketPtr packet = newPacket();
    FrameFinisher finisher;

    bool showHidden = false; ///< an edit list that rests on wrong times hides nothing
    bool draining = false;
    std::int64_t lastOrdinal = 0;  ///< of the packet sent last
    std::int64_t startOrdinal = 0; ///< where decoding began
    std::int64_t counted = 0;      ///< frames out of the decoder since then
    std::int64_t decoded = -1;     ///< the frame out of the decoder last
    std::int64_t given = -1;       ///< the frame asked for or returned last
    bool waiting = false;          ///< `frame` holds frame `decoded`, which is still to be given out
    bool warnedOrder = false;
    std::vector<std::string> log;

    Private(const fs::path &file, const VideoOptions &chosen) : path(file), options(chosen), demuxer(file, chosen) { options.maxPixels = demuxer.mostPixels(); }

    void open(Progress *progress);
    void openDecoder();
    std::vector<std::int64_t> decodeAll(Progress *progress);
    void makeIndex(Progress *progress);
    void begin(std::int64_t ordinal);
    std::optional<std::int64_t> decode();
    void feed();
    void takeLog();
    std::int64_t startFor(std::int64_t wanted) const;
    std::int64_t startBefore(std::int64_t ordinal, std::int64_t steps) const;
    bool isTrusted(std::optional<std::int64_t> number, std::int64_t wanted) const;
    std::optional<std::int64_t> decodeUpTo(std::int64_t wanted);
    std::optional<std::int64_t> seekUpTo(std::int64_t wanted);
    void describe();
    std::optional<std::int64_t> advance();
    void taken();
    VideoFrame take();
    DecodedFrame takeDecoded(bool wanted);
    bool reach(std::int64_t wanted);
    /// A frame that is in hand, as `give` makes it of its number; nothing for one that cannot be converted.
    template<typename Frame, typename Give>
    std::optional<Frame> made(std::int64_t number, const Give &give)
    {
        try {
            return give(number);
        } catch (const Error &error) {
            notes.warn("Frame " + std::to_string(number) + " is left out: " + error.what());
            return std::nullopt;
        }
    }
    /// The next one that can be.
    template<typename Frame, typename Give>
    std::optional<Frame> following(const Give &give)
    {
        while (const std::optional<std::int64_t> number = advance())
            if (std::optional<Frame> found = made<Frame>(*number, give))
                return found;
        return std::nullopt;
    }
    std::int64_t frames() const { return static_cast<std::int64_t>(index.times.size()); }
};

void VideoReader::Private::openDecoder()
{
    const AVCodecParameters &parameters = *demuxer.stream()->codecpar;
    const AVCodec *decoder = avcodec_find_decoder(parameters.codec_id);
    if (decoder == nullptr)
        throw FileError(path, std::string("its codec (") + avcodec_get_name(parameters.codec_id) + ") is not known to this FFmpeg.");
    codec.reset(avcodec_alloc_context3(decoder));
    if (!codec)
        throw std::bad_alloc();
    const LogScope scope(log);
    int result = avcodec_parameters_to_context(codec.get(), &parameters);
    if (result >= 0) {
        codec->pkt_timebase = demuxer.stream()->time_base;
        codec->max_pixels = options.maxPixels;
        // Unaligned cropping is exact, whatever the processor's vectors.
        codec->flags |= AV_CODEC_FLAG_UNALIGNED;
        codec->err_recognition |= AV_EF_CRCCHECK; // some streams carry checksums of their pictures
        codec->thread_count = options.threads > 0 ? options.threads : static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
        codec->thread_type = FF_THREAD_FRAME;
        if (parameters.codec_id == AV_CODEC_ID_H264)
            // Else guessed, at times too low.
            codec->has_b_frames =
                std::max({codec->has_b_frames, reorderDepth(timeOrder(demuxer.packets())), reorderDepth(codedOrder(parameters, demuxer.packets()))});
        result = avcodec_open2(codec.get(), decoder, nullptr);
    }
    if (result < 0)
        throw FileError(path, std::string("the decoder for ") + avcodec_get_name(parameters.codec_id) + " cannot be opened: " + ffmpegReason(result) + ".");
    log.clear();
}

/// Makes the decoder ready to go on from this packet.
void VideoReader::Private::begin(std::int64_t ordinal)
{
    demuxer.startAt(ordinal);
    avcodec_flush_buffers(codec.get());
    av_frame_unref(frame.get());
    draining = false;
    waiting = false;
    lastOrdinal = ordinal;
    startOrdinal = ordinal;
    counted = 0;
    decoded = -1;
    notes.begin(ordinal);
}

void VideoReader::Private::takeLog()
{
    if (!log.empty())
        notes.damage(lastOrdinal, plainReason(log.front()));
    log.clear();
}

void VideoReader::Private::feed()
{
    const std::int64_t ordinal = demuxer.read(packet.get());
    int result = 0;
    if (ordinal < 0) {
        draining = true;
        result = avcodec_send_packet(codec.get(), nullptr);
    } else {
        lastOrdinal = ordinal;
        packet->pts = ordinal;
        packet->dts = AV_NOPTS_VALUE;
        if (showHidden)
            packet->flags &= ~AV_PKT_FLAG_DISCARD;
        result = avcodec_send_packet(codec.get(), packet.get());
        av_packet_unref(packet.get());
    }
    takeLog();
    if (result < 0 && result != AVERROR_EOF)
        notes.damage(lastOrdinal, ffmpegReason(result));
}

/// Decodes the next frame into `frame`. @return its number, or nothing at the end
std::optional<std::int64_t> VideoReader::Private::decode()
{
    const LogScope scope(log);
    log.clear();
    waiting = false;
    int drainFailures = 0;
    for (;;) {
        av_frame_unref(frame.get());
        const int result = avcodec_receive_frame(codec.get(), frame.get());
        takeLog();
        if (result == 0) {
            const std::int64_t ordinal = frame->pts;
            const bool known = ordinal >= 0 && ordinal < static_cast<std::int64_t>(demuxer.packets().size());
            if (known && ((frame->flags & AV_FRAME_FLAG_CORRUPT) != 0 || frame->decode_error_flags != 0))
                notes.damage(ordinal, "the decoder could not restore the whole picture");
            const std::int64_t number = index.byCounting ? counted : known ? index.frameOf[static_cast<std::size_t>(ordinal)] : -1;
            ++counted;
            if (number < 0 || number >= frames())
                continue;
            if (frame->width > options.maxSide || frame->height > options.maxSide || std::int64_t{frame->width} * frame->height > options.maxPixels) {
                notes.warn("Frame " + std::to_string(number) + " is larger than is allowed and is left out.");
                continue;
            }
            decoded = number;
            return number;
        }
        if (result == AVERROR_EOF)
            return std::nullopt;
        if (result != AVERROR(EAGAIN)) {
            notes.damage(lastOrdinal, ffmpegReason(result));
            constexpr int most = 1000;
            if (draining && ++drainFailures > most)
                return std::nullopt;
        } else if (draining) {
            return std::nullopt;
        }
        if (!draining)
            feed();
    }
}

/// Decodes the file once and takes note of the packets whose pictures come out; -1 stands for an unknown one.
std::vector<std::int64_t> VideoReader::Private::decodeAll(Progress *progress)
{
    const std::size_t count = demuxer.packets().size();
    // Until the order is known any frame counts.
    index.frameOf.assign(count, 0);
    index.times.assign(1, 0);
    index.ordinalOf.assign(1, 0);
    begin(0);
    std::vector<std::int64_t> order;
    while (decode() && static_cast<std::int64_t>(order.size()) < options.maxFrames) {
        if (progress != nullptr)
            progress->checkpoint(static_cast<std::int64_t>(order.size()), static_cast<std::int64_t>(std::max(count, order.size())));
        order.push_back(frame->pts >= 0 && frame->pts < static_cast<std::int64_t>(count) ? frame->pts : -1);
    }
    return order;
}

/// By the timestamps where they say enough and do not contradict the pictures, else by what decoding gives.
void VideoReader::Private::makeIndex(Progress *progress)
{
    const std::vector<PacketInfo> &packets = demuxer.packets();
    const bool enough = timestampsSuffice(demuxer);
    const bool doubtful = enough && timesContradict(*demuxer.stream()->codecpar, packets);
    if (enough && !doubtful) {
        index = indexByTimestamps(demuxer);
        begin(0);
        return;
    }
    showHidden = doubtful;
    const std::vector<std::int64_t> order = decodeAll(progress);
    const bool ascending = std::adjacent_find(order.begin(), order.end(),
                                              [&](std::int64_t a, std::int64_t b) {
                                                  return a < 0 || b < 0 || packets[static_cast<std::size_t>(a)].pts >= packets[static_cast<std::size_t>(b)].pts;
                                              })
        == order.end();
    showHidden = doubtful && !ascending;
    index = doubtful && ascending ? indexByTimestamps(demuxer) : indexByDecoding(demuxer, order);
    if (showHidden)
        notes.warn("The file's timestamps contradict the order of its pictures: all were decoded once, and the decoder's order is used.");
    begin(0);
}

void VideoReader::Private::open(Progress *progress)
{
    if (!demuxer.choice().empty())
        notes.warn(demuxer.choice());
    demuxer.scan(progress);
    for (const std::string &problem : demuxer.problems())
        notes.warn(problem);
    openDecoder();

    makeIndex(progress);
    const std::optional<std::int64_t> first = decode();
    if (!first)
        throw FileError(path, "holds no frame that can be decoded." + (notes.warnings().empty() ? std::string() : " " + notes.warnings().front()));
    if (*first > 0) {
        notes.warn("The first " + std::to_string(*first) + " frames, up to " + demuxer.place(index.ordinalOf[static_cast<std::size_t>(*first)])
                   + ", cannot be decoded and are left out.");
        dropFirst(index, *first);
        decoded = 0;
    }
    waiting = true;

    if (demuxer.stream()->codecpar->codec_id == AV_CODEC_ID_GIF)
        notes.checkGif(path);
    describe();
}

/// Fills `info` from the first frame, which is in hand, and says what is shown otherwise than it is stored.
void VideoReader::Private::describe()
{
    const AVStream &stream = *demuxer.stream();
    for (const std::string &notice : finisher.begin(stream, *frame, options, info))
        notes.warn(notice);
    info.codec = avcodec_get_name(stream.codecpar->codec_id);
    // A demuxer has several names, such as "mov,mp4,m4a": the file's own ending chooses among them.
    const std::string names = demuxer.format()->iformat->name;
    const std::string extension = extensionOf(path);
    const std::string ending = extension.empty() ? extension : extension.substr(1);
    info.container = !ending.empty() && av_match_name(ending.c_str(), names.c_str()) != 0 ? ending : names.substr(0, names.find(','));
    info.frames = frames();
    const double span = index.times.back();
    if (frames() > 1 && span > 0)
        info.fps = static_cast<double>(frames() - 1) / span;
    else if (stream.avg_frame_rate.num > 0 && stream.avg_frame_rate.den > 0)
        info.fps = av_q2d(stream.avg_frame_rate);
    info.durationS = span + (info.fps > 0 ? 1 / info.fps : 0);
    ticks = ticksOf(demuxer, index, info.durationS);
}

/// The last packet from which decoding gives frame `wanted` exactly.
std::int64_t VideoReader::Private::startFor(std::int64_t wanted) const
{
    if (index.byCounting)
        return 0;
    for (std::int64_t ordinal = index.ordinalOf[static_cast<std::size_t>(wanted)]; ordinal > 0; --ordinal) {
        const std::int64_t shown = index.frameOf[static_cast<std::size_t>(ordinal)];
        if (demuxer.packets()[static_cast<std::size_t>(ordinal)].start && shown >= 0 && shown <= wanted)
            return ordinal;
    }
    return 0;
}

std::int64_t VideoReader::Private::startBefore(std::int64_t ordinal, std::int64_t steps) const
{
    while (ordinal > 0 && steps > 0) {
        --ordinal;
        if (demuxer.packets()[static_cast<std::size_t>(ordinal)].start && index.frameOf[static_cast<std::size_t>(ordinal)] >= 0)
            --steps;
    }
    return ordinal;
}

/// Whether what decoding gave for frame `wanted` is what decoding from the start gives. Damaged pictures are mended, or dropped, by
/// what the decoder saw before; it has seen the same as in sequential reading if it began a whole sound stretch earlier.
bool VideoReader::Private::isTrusted(std::optional<std::int64_t> number, std::int64_t wanted) const
{
    if (startOrdinal == 0)
        return true;
    const std::int64_t own = startFor(wanted);
    if (number == wanted && !notes.isDamagedFrom(own))
        return true;
    return startOrdinal < own && !notes.isDamagedBefore(own);
}

/// Decodes on until frame `wanted` or the first one after it.
std::optional<std::int64_t> VideoReader::Private::decodeUpTo(std::int64_t wanted)
{
    if (waiting && decoded >= wanted)
        return decoded;
    std::optional<std::int64_t> number;
    do
        number = decode();
    while (number && *number < wanted);
    return number;
}

/// Gets to frame `wanted`, or the first one after it, from wherever decoding stands.
std::optional<std::int64_t> VideoReader::Private::seekUpTo(std::int64_t wanted)
{
    const std::int64_t own = startFor(wanted);
    std::int64_t start = demuxer.packets()[static_cast<std::size_t>(own)].soft ? startBefore(own, 1) : own;
    // What is on the way anyway needs no jump.
    const bool onTheWay =
        !demuxer.lost() && demuxer.position() >= start && startOrdinal <= start && decoded >= 0 && (waiting ? decoded <= wanted : decoded < wanted);
    bool begun = onTheWay;
    for (std::int64_t steps = 1;; steps *= 2) {
        if (!begun)
            begin(start);
        begun = false;
        std::optional<std::int64_t> number = decodeUpTo(wanted);
        if (demuxer.lost()) {
            // The container gave other packets after the jump: read it from its start, decode from the same packet.
            demuxer.forget();
            begin(start);
            number = decodeUpTo(wanted);
        }
        if (isTrusted(number, wanted)) {
            notes.tellDamages(own);
            return number;
        }
        start = startBefore(std::min(start, startOrdinal), steps);
    }
}

void VideoReader::Private::taken()
{
    waiting = false;
    given = decoded;
}

/// The frame in hand, converted and given out.
VideoFrame VideoReader::Private::take()
{
    taken();
    VideoFrame result;
    result.index = decoded;
    result.timeS = index.times[static_cast<std::size_t>(decoded)];
    result.picture = finisher.convert(*frame);
    return result;
}

/// The frame in hand, given out as it is if it can be turned into RGB piece by piece.
DecodedFrame VideoReader::Private::takeDecoded(bool wanted)
{
    if (wanted && !(finisher.isPlain(*frame) && hasFastPath(*frame))) {
        VideoFrame whole = take();
        return {whole.index, whole.timeS, std::make_shared<OwnedPixels>(std::move(whole.picture))};
    }
    taken();
    return {decoded, index.times[static_cast<std::size_t>(decoded)], wanted ? framePixels(*frame, finisher.orientation()) : nullptr};
}

VideoReader::VideoReader(const fs::path &path, const VideoOptions &options, Progress *progress) : d(std::make_unique<Private>(path, options))
{
    d->open(progress);
}

VideoReader::~VideoReader() = default;

const VideoInfo &VideoReader::info() const
{
    return d->info;
}

const std::vector<double> &VideoReader::times() const
{
    return d->index.times;
}

const FrameTicks &VideoReader::ticks() const
{
    return d->ticks;
}

const std::vector<std::string> &VideoReader::warnings() const
{
    return d->notes.warnings();
}

/// Gets to the frame after the one given out last. @return its number, or nothing at the end
std::optional<std::int64_t> VideoReader::Private::advance()
{
    for (;;) {
        const std::int64_t before = given;
        std::optional<std::int64_t> number = waiting ? std::optional(decoded) : decode();
        // Behind a jump, damage or a gap may be the jump's own doing: then come from further back.
        const bool behind = number && *number <= before;
        if (!behind && before + 1 < frames() && !isTrusted(number, before + 1))
            number = seekUpTo(before + 1);
        else if (!behind && startOrdinal > 0 && before + 1 < frames())
            notes.tellDamages(startFor(before + 1));
        if (!number) {
            if (before + 1 < frames())
                notes.missing(before + 1, frames() - 1);
            given = frames() - 1;
            return std::nullopt;
        }
        if (*number <= before) {
            // Behind a jump these are frames from before the one asked for.
            if (startOrdinal == 0 && !warnedOrder) {
                warnedOrder = true;
                notes.warn("Frames come out of order: frame " + std::to_string(*number) + " is only reached by random access.");
            }
            waiting = false;
            continue;
        }
        if (*number > before + 1)
            notes.missing(before + 1, *number - 1);
        return number;
    }
}

std::optional<VideoFrame> VideoReader::next()
{
    return d->following<VideoFrame>([this](std::int64_t) { return d->take(); });
}

std::optional<DecodedFrame> VideoReader::nextDecoded(std::int64_t every)
{
    return d->following<DecodedFrame>([&](std::int64_t number) { return d->takeDecoded(number % every == 0); });
}

/// Gets to frame `wanted` itself. @return whether it is in hand
bool VideoReader::Private::reach(std::int64_t wanted)
{
    if (wanted < 0 || wanted >= frames())
        return false;
    // What lies between the frame given last and the one in hand has not come out of the decoder, and will not.
    const bool between = waiting && given < wanted && wanted < decoded;
    const std::optional<std::int64_t> number = between ? std::optional(decoded) : seekUpTo(wanted);
    given = wanted;
    if (number == wanted)
        return true;
    waiting = number.has_value();
    notes.missing(wanted, wanted);
    return false;
}

std::optional<VideoFrame> VideoReader::frameAt(std::int64_t wanted)
{
    return d->reach(wanted) ? d->made<VideoFrame>(wanted, [this](std::int64_t) { return d->take(); }) : std::nullopt;
}

std::optional<DecodedFrame> VideoReader::decodedAt(std::int64_t wanted)
{
    return d->reach(wanted) ? d->made<DecodedFrame>(wanted, [this](std::int64_t) { return d->takeDecoded(true); }) : std::nullopt;
}

} // namespace dscope
