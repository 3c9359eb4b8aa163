// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/media/demuxer.h"

#include "core/base/error.h"
#include "core/base/inputfile.h"
#include "core/base/picturememory.h"
#include "core/base/text.h"
#include "core/media/framememory.h"
#include "core/media/nalunits.h"

#include <algorithm>
#include <array>
#include <cinttypes>
#include <cstring>
#include <new>
#include <utility>

namespace dscope {

namespace fs = std::filesystem;

namespace {

/// Containers and raw streams that hold their pictures themselves. No playlist is among them (hls, dash, concat, image sequences): those
/// open further files that the user never named.
constexpr const char *formats = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpegtsraw,mpeg,mpegvideo,flv,live_flv,ogg,asf,asf_o,mjpeg,h264,"
                                "hevc,m4v,h263,vc1,gif,ivf,obu,av1,nut,rm,wtv,mxf,dv,yuv4mpegpipe";
constexpr std::int64_t probeBytes = 16 << 20;
constexpr std::int64_t analyzeMicroseconds = 10'000'000;
/// So many failed reads in a row, and there is nothing left to be had.
constexpr int maxFailures = 100;
constexpr std::size_t maxProblems = 20;
/// A container whose seeking failed so often is read from its start instead.
constexpr int maxSeekFailures = 3;

class Options {
public:
    Options() = default;
    ~Options() { av_dict_free(&m_dictionary); }
    Options(const Options &) = delete;
    Options &operator=(const Options &) = delete;
    void set(const char *key, const char *value) { av_dict_set(&m_dictionary, key, value, 0); }
    void set(const char *key, std::int64_t value) { av_dict_set_int(&m_dictionary, key, value, 0); }
    AVDictionary **get() { return &m_dictionary; }

private:
    AVDictionary *m_dictionary = nullptr;
};

bool nameIsIn(const AVFormatContext &format, const char *name)
{
    return av_match_name(name, format.iformat->name) != 0;
}

/// Codecs whose packets marked as key packets reset the decoder altogether.
bool keysAreStarts(AVCodecID codec)
{
    switch (codec) {
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

/// In words of our own.
std::string whyNotOpened(const std::vector<std::string> &log, int error)
{
    const auto says = [&](const char *text) {
        return std::any_of(log.begin(), log.end(), [&](const std::string &line) { return line.find(text) != std::string::npos; });
    };
    if (says("moov atom not found"))
        return "is an MP4 or MOV file without its index (the 'moov' box): the recording was broken off, or the file's end is missing.";
    if (says("whitelist"))
        return "is no video, or of a format that is refused: playlists and formats that point to other files are.";
    if (error == AVERROR(ENOMEM))
        return "there is not enough memory to open it.";
    return "is no video: it begins as none of the formats known here, or its header is damaged.";
}

} // namespace

Demuxer::Demuxer(fs::path path, const VideoOptions &options) : m_path(std::move(path)), m_options(options), m_held(newPacket())
{
    std::error_code problem;
    if (!fs::exists(m_path, problem))
        throw FileError(m_path, "does not exist.");
    if (!fs::is_regular_file(m_path, problem))
        throw FileError(m_path, "is not a file; a video file is needed.");
    const std::uintmax_t bytes = fs::file_size(m_path, problem);
    if (bytes == 0 || problem)
        throw FileError(m_path, "is empty.");
    m_bytes = bytes;
    open();
}

void Demuxer::open()
{
    m_log.clear();
    const LogScope scope(m_log);
    m_stream = nullptr;
    m_format.reset();
    Options options;
    options.set("protocol_whitelist", "file");
    options.set("format_whitelist", formats);
    options.set("probesize", probeBytes);
    options.set("analyzeduration", analyzeMicroseconds);
    // The prefix keeps a name such as "http:a" from being taken for an address.
    const std::string url = "file:" + fs::absolute(m_path).string();
    // FFmpeg takes JPEGs without a container for a single picture.
    const std::vector<std::uint8_t> first = firstBytes(m_path, 3);
    const bool pictures = first == std::vector<std::uint8_t>{0xFF, 0xD8, 0xFF};
    AVFormatContext *context = nullptr;
    const int opened = avformat_open_input(&context, url.c_str(), pictures ? av_find_input_format("mjpeg") : nullptr, options.get());
    if (opened < 0)
        throw FileError(m_path, whyNotOpened(m_log, opened));
    m_format.reset(context);

    std::vector<AVDictionary *> perStream(context->nb_streams, nullptr);
    for (unsigned i = 0; i < context->nb_streams; ++i) {
        const AVCodecParameters &codec = *context->streams[i]->codecpar;
        av_dict_set_int(&perStream[i], "max_pixels", std::min(m_options.maxPixels, dscope::mostPixels(codec.codec_id, codec.format, m_bytes)), 0);
    }
    const int found = avformat_find_stream_info(context, perStream.empty() ? nullptr : perStream.data());
    for (AVDictionary *&entry : perStream)
        av_dict_free(&entry);
    if (found < 0)
        throw FileError(m_path, "its streams cannot be read: " + ffmpegReason(found) + ".");
    chooseStream();
    checkSize();
    av_packet_unref(m_held.get());
    m_holds = false;
    m_lost = false;
    m_next = 0;
}

void Demuxer::checkSize()
{
    const AVCodecParameters &codec = *m_stream->codecpar;
    const std::int64_t width = codec.width;
    const std::int64_t height = codec.height;
    if (width > m_options.maxSide || height > m_options.maxSide || width * height > m_options.maxPixels)
        throw FileError(m_path,
                        "its frames of " + std::to_string(width) + " x " + std::to_string(height) + " pixels are larger than is allowed ("
                            + std::to_string(m_options.maxSide) + " a side, " + std::to_string(m_options.maxPixels) + " in all).");
    const std::int64_t most = dscope::mostPixels(codec.codec_id, codec.format, m_bytes);
    if (width * height > most) {
        const double bytes = bytesPerPixel(codec.codec_id, codec.format) * static_cast<double>(width) * static_cast<double>(height);
        const PictureMemory memory{width, height, static_cast<std::uint64_t>(bytes), m_bytes, "make its frames smaller"};
        throw FileError(m_path, tooMuchMemory(memory) + ".");
    }
    m_mostPixels = std::min(m_options.maxPixels, most);
}

/// The stream that the file marks as the default one, else the first; pictures of a cover are none. Others are not read.
void Demuxer::chooseStream()
{
    std::vector<AVStream *> videos;
    for (unsigned i = 0; i < m_format->nb_streams; ++i) {
        AVStream *stream = m_format->streams[i];
        const bool cover = (stream->disposition & (AV_DISPOSITION_ATTACHED_PIC | AV_DISPOSITION_TIMED_THUMBNAILS)) != 0;
        if (stream->codecpar->codec_type == AVMEDIA_TYPE_VIDEO && !cover)
            videos.push_back(stream);
        stream->discard = AVDISCARD_ALL;
    }
    if (videos.empty())
        throw FileError(m_path, "holds no video stream.");
    const auto marked = std::find_if(videos.begin(), videos.end(), [](const AVStream *stream) { return (stream->disposition & AV_DISPOSITION_DEFAULT) != 0; });
    m_stream = marked != videos.end() ? *marked : videos.front();
    m_stream->discard = AVDISCARD_DEFAULT;
    if (videos.size() < 2)
        return;
    const auto named = [](const AVStream *stream) {
        return std::to_string(stream->index) + " (" + avcodec_get_name(stream->codecpar->codec_id) + ", " + std::to_string(stream->codecpar->width) + " x "
            + std::to_string(stream->codecpar->height) + ")";
    };
    constexpr std::size_t most = 5;
    std::string others;
    std::size_t count = 0;
    for (const AVStream *stream : videos)
        if (stream != m_stream && ++count <= most)
            others += (others.empty() ? "" : ", ") + named(stream);
    if (count > most)
        others += " and " + std::to_string(count - most) + " more";
    m_choice = "The file holds " + std::to_string(videos.size()) + " video streams. Stream " + named(m_stream)
        + (marked != videos.end() ? ", marked as the default, is read" : ", the first, is read") + "; left out: stream " + others + ".";
}

bool Demuxer::readRaw(AVPacket *packet)
{
    int failures = 0;
    for (;;) {
        av_packet_unref(packet);
        const int result = av_read_frame(m_format.get(), packet);
        if (result == AVERROR_EOF)
            return false;
        if (result < 0) {
            if (++failures >= maxFailures || (m_format->pb != nullptr && m_format->pb->eof_reached != 0 && failures > 1))
                return false;
            continue;
        }
        if (packet->stream_index == m_stream->index)
            return true;
    }
}

void Demuxer::describe(PacketInfo &info, const AVPacket &packet) const
{
    const AVCodecParameters &codec = *m_stream->codecpar;
    info.pts = packet.pts;
    info.dts = packet.dts;
    info.duration = std::max<std::int64_t>(0, packet.duration);
    info.pos = packet.pos;
    info.size = packet.size;
    info.discard = (packet.flags & AV_PKT_FLAG_DISCARD) != 0;
    info.corrupt = (packet.flags & AV_PKT_FLAG_CORRUPT) != 0;
    // RFC 6386, 9.1: bit 4 of the frame tag is show_frame.
    info.hidden = codec.codec_id == AV_CODEC_ID_VP8 && packet.size > 0 && (packet.data[0] & 0x10) == 0;
    if ((packet.flags & AV_PKT_FLAG_KEY) != 0 && !info.corrupt) {
        if (codec.codec_id == AV_CODEC_ID_H264 || codec.codec_id == AV_CODEC_ID_HEVC) {
            const Entry entry = entryOf(codec, packet);
            info.start = entry != Entry::None;
            info.soft = entry == Entry::Soft;
        } else {
            info.start = keysAreStarts(codec.codec_id);
        }
    }
}

/// Broadcasts mark scrambled packets one by one (ISO/IEC 13818-1, transport_scrambling_control).
bool Demuxer::isScrambled() const
{
    if (!nameIsIn(*m_format, "mpegts"))
        return false;
    constexpr std::size_t enough = std::size_t{4} << 20;
    const std::vector<std::uint8_t> bytes = firstBytes(m_path, enough);
    const std::size_t step = bytes.size() > 4 && bytes[4] == 0x47 && bytes[0] != 0x47 ? 192 : 188; // discs put a time before each packet
    std::int64_t marked = 0;
    std::int64_t all = 0;
    for (std::size_t at = step - 188; at + 4 <= bytes.size(); at += step) {
        if (bytes[at] != 0x47 || ((bytes[at + 1] & 0x1F) << 8 | bytes[at + 2]) != m_stream->id)
            continue;
        ++all;
        marked += (bytes[at + 3] & 0xC0) != 0 ? 1 : 0;
    }
    return 2 * marked > all;
}

void Demuxer::checkEncryption(const AVPacket &packet) const
{
    std::size_t size = 0;
    const bool stated = av_packet_get_side_data(&packet, AV_PKT_DATA_ENCRYPTION_INFO, &size) != nullptr;
    const bool marked = m_stream->codecpar->codec_tag == MKTAG('e', 'n', 'c', 'v') || m_stream->codecpar->codec_tag == MKTAG('d', 'r', 'm', 'i')
        || av_dict_get(m_stream->metadata, "enc_key_id", nullptr, 0) != nullptr
        || av_dict_get(m_format->metadata, "ASF_Protection_Type", nullptr, 0) != nullptr;
    if (stated || marked || (m_packets.empty() && isScrambled()))
        throw FileError(m_path, "is encrypted: its pictures cannot be read without the key. Bring a copy that is not protected.");
}

void Demuxer::addProblem(const std::string &text)
{
    if (m_problems.size() < maxProblems)
        m_problems.push_back(text);
    else if (m_problems.size() == maxProblems)
        m_problems.push_back("Further problems of the container are not listed.");
}

void Demuxer::scan(Progress *progress)
{
    constexpr const char *cutShort = "the packet is damaged or cut short";
    const LogScope scope(m_log);
    m_log.clear();
    const PacketPtr packet = newPacket();
    PictureOrder order(*m_stream->codecpar);
    std::string last;
    bool more = true;
    const std::int64_t size = progress != nullptr && m_format->pb != nullptr ? avio_size(m_format->pb) : 0;
    while (more) {
        // A packet of a large file is a read of the disk at worst, so a look every so often is soon enough.
        if (progress != nullptr && m_packets.size() % 64 == 0)
            progress->checkpoint(m_format->pb != nullptr ? std::min(avio_tell(m_format->pb), std::max<std::int64_t>(0, size)) : 0,
                                 std::max<std::int64_t>(0, size));
        more = readRaw(packet.get());
        const bool corrupt = more && (packet->flags & AV_PKT_FLAG_CORRUPT) != 0;
        if (corrupt && m_log.empty())
            m_log.emplace_back(cutShort);
        for (const std::string &line : m_log) {
            const std::string message = line == cutShort ? line : plainReason(line);
            if (message == last)
                continue;
            last = message;
            const std::int64_t byte = m_format->pb != nullptr ? avio_tell(m_format->pb) : -1;
            addProblem("The container is damaged "
                       + (m_packets.empty() ? std::string("at its beginning") : "after the frame " + place(static_cast<std::int64_t>(m_packets.size()) - 1))
                       + (byte >= 0 ? ", read up to byte " + std::to_string(byte) : std::string()) + ": " + message + ".");
        }
        m_log.clear();
        if (!more)
            break;
        if (static_cast<std::int64_t>(m_packets.size()) >= m_options.maxFrames) {
            addProblem("Only the first " + std::to_string(m_options.maxFrames) + " frames are read; the file holds more.");
            break;
        }
        checkEncryption(*packet);
        m_sideData.keep(*packet, static_cast<std::int64_t>(m_packets.size()));
        PacketInfo info;
        describe(info, *packet);
        order.look(*packet, info);
        m_log.clear(); // what the parser says of a damaged picture the decoder says as well
        m_byPosition.emplace(info.pos, static_cast<std::int64_t>(m_packets.size()));
        m_packets.push_back(info);
    }
    if (m_packets.empty())
        throw FileError(m_path, "its video stream holds no frame" + (m_problems.empty() ? std::string(".") : ". " + m_problems.front()));
    m_next = static_cast<std::int64_t>(m_packets.size());
    checkEnd();
}

/// Says so when the file's header promises more than its body holds.
void Demuxer::checkEnd()
{
    const auto count = static_cast<std::int64_t>(m_packets.size());
    if (count >= m_options.maxFrames)
        return;
    if (nameIsIn(*m_format, "avi")) {
        checkRiffEnd(); // its header counts empty chunks, which stand for a repeated picture, as frames
        return;
    }
    if (m_stream->nb_frames > count) {
        addProblem("The file ends early: its header promises " + std::to_string(m_stream->nb_frames) + " frames, " + std::to_string(count)
                   + " are there; the last is " + place(count - 1) + ".");
        return;
    }
    // Only Matroska's duration is written in the header and not derived from what was read.
    if (!nameIsIn(*m_format, "matroska") || m_format->duration <= 0)
        return;
    double last = 0;
    for (const PacketInfo &info : m_packets)
        if (info.pts != AV_NOPTS_VALUE)
            last = std::max(last, static_cast<double>(info.pts) * av_q2d(m_stream->time_base));
    const double promised = static_cast<double>(m_format->duration) / AV_TIME_BASE;
    const double frame = m_stream->avg_frame_rate.num > 0 ? av_q2d(av_inv_q(m_stream->avg_frame_rate)) : 0.04;
    bool onlyVideo = true;
    for (unsigned i = 0; i < m_format->nb_streams; ++i)
        onlyVideo = onlyVideo && (m_format->streams[i] == m_stream || m_format->streams[i]->codecpar->codec_type != AVMEDIA_TYPE_AUDIO);
    // A sound track may outlast the pictures by a little.
    if (last + std::max(frame * 3, onlyVideo ? 0.0 : 2.0) < promised)
        addProblem("The file ends early: its header promises " + printed("%.3f", promised) + " s; the last frame is " + place(count - 1) + ".");
}

/// An AVI is a chain of RIFF chunks, each with its length; one that a recorder never closed has the length 0.
void Demuxer::checkRiffEnd()
{
    const InputFile in(m_path);
    const std::uint64_t size = in.size();
    std::uint64_t at = 0;
    std::array<unsigned char, 8> head{};
    while (at + head.size() <= size && in.readSome(at, head.data(), head.size()) == head.size() && std::memcmp(head.data(), "RIFF", 4) == 0) {
        const std::uint64_t length = head[4] | std::uint64_t{head[5]} << 8 | std::uint64_t{head[6]} << 16 | std::uint64_t{head[7]} << 24;
        const std::uint64_t end = at + head.size() + length;
        if (length == 0)
            return;
        if (end > size) {
            addProblem("The file ends early: its header promises " + std::to_string(end) + " bytes, " + std::to_string(size) + " are there; the last frame is "
                       + place(static_cast<std::int64_t>(m_packets.size()) - 1) + ".");
            return;
        }
        at = end + (length & 1);
    }
}

std::int64_t Demuxer::identify(const AVPacket &packet) const
{
    if (packet.pos < 0)
        return -1;
    std::int64_t found = -1;
    const auto [begin, end] = m_byPosition.equal_range(packet.pos);
    for (auto entry = begin; entry != end; ++entry) {
        const PacketInfo &info = m_packets[static_cast<std::size_t>(entry->second)];
        if (info.size != packet.size || (info.pts != packet.pts && info.pts != AV_NOPTS_VALUE && packet.pts != AV_NOPTS_VALUE))
            continue;
        if (found >= 0)
            return -1; // two packets look alike: no identity
        found = entry->second;
    }
    return found;
}

std::int64_t Demuxer::read(AVPacket *packet)
{
    if (m_next >= static_cast<std::int64_t>(m_packets.size()))
        return -1;
    const LogScope scope(m_log);
    if (m_holds) {
        av_packet_unref(packet);
        av_packet_move_ref(packet, m_held.get());
        m_holds = false;
        m_sideData.give(packet, m_next, std::exchange(m_jumped, false));
        return m_next++;
    }
    if (!readRaw(packet)) {
        m_lost = true; // the table says there is more
        return -1;
    }
    const PacketInfo &expected = m_packets[static_cast<std::size_t>(m_next)];
    if (expected.pos != packet->pos || expected.size != packet->size) {
        m_lost = true;
        if (const std::int64_t known = identify(*packet); known >= 0)
            m_next = known;
    }
    m_log.clear();
    m_sideData.give(packet, m_next, std::exchange(m_jumped, false));
    return m_next++;
}

bool Demuxer::seekTo(std::int64_t ordinal)
{
    const PacketInfo &wanted = m_packets[static_cast<std::size_t>(ordinal)];
    const LogScope scope(m_log);
    av_packet_unref(m_held.get());
    m_holds = false;
    int result = -1;
    const bool transport = nameIsIn(*m_format, "mpegts") || nameIsIn(*m_format, "mpeg");
    if (transport) {
        if (wanted.pos >= 0)
            result = av_seek_frame(m_format.get(), m_stream->index, wanted.pos, AVSEEK_FLAG_BYTE);
    } else {
        const bool byPts = nameIsIn(*m_format, "matroska") || wanted.dts == AV_NOPTS_VALUE;
        const std::int64_t time = byPts ? wanted.pts : wanted.dts;
        if (time != AV_NOPTS_VALUE)
            result = av_seek_frame(m_format.get(), m_stream->index, time, AVSEEK_FLAG_BACKWARD);
    }
    if (result < 0)
        return false;
    // After a jump into the middle of a stream the first packet may be a rest of the one before.
    constexpr int tries = 4;
    for (int i = 0; i < tries; ++i) {
        if (!readRaw(m_held.get()))
            return false;
        const std::int64_t known = identify(*m_held);
        if (known < 0)
            continue;
        if (known > ordinal)
            return false;
        m_next = known;
        m_holds = true;
        m_lost = false;
        return true;
    }
    return false;
}

void Demuxer::startAt(std::int64_t ordinal)
{
    // Reading on is cheaper than any seek over a short way.
    constexpr std::int64_t near = 8;
    const bool ahead = !m_lost && ordinal >= m_next && ordinal - m_next <= near;
    if (!ahead && !(m_seekFailures < maxSeekFailures && !m_lost && seekTo(ordinal))) {
        ++m_seekFailures;
        open();
    }
    const PacketPtr packet = newPacket();
    while (m_next < ordinal) {
        if (read(packet.get()) < 0)
            throw FileError(m_path, "could not be read again up to the frame " + place(ordinal) + "; was it changed meanwhile?");
    }
    m_jumped = true;
    m_log.clear();
}

void Demuxer::forget()
{
    m_lost = true;
    m_seekFailures = maxSeekFailures;
}

std::string Demuxer::place(std::int64_t ordinal) const
{
    const PacketInfo &info = m_packets[static_cast<std::size_t>(ordinal)];
    const std::int64_t time = info.pts != AV_NOPTS_VALUE ? info.pts : info.dts;
    if (time == AV_NOPTS_VALUE)
        return printed("%" PRId64 " (byte %" PRId64 ")", ordinal, info.pos);
    return printed("at %.3f s (byte %" PRId64 ")", static_cast<double>(time) * av_q2d(m_stream->time_base), info.pos);
}

} // namespace dscope
