// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/media/ffmpeg.h"

#include "core/base/inputfile.h"
#include "core/base/text.h"

#include <algorithm>
#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <initializer_list>
#include <new>

namespace dscope {

namespace {

thread_local std::vector<std::string> *t_sink = nullptr;

/// More than this many messages between two looks at the sink say nothing new.
constexpr std::size_t maxHeld = 64;

void onLog(void *, int level, const char *format, va_list arguments)
{
    if (level > AV_LOG_ERROR || t_sink == nullptr || t_sink->size() >= maxHeld)
        return;
    char text[512];
    if (std::vsnprintf(text, sizeof text, format, arguments) <= 0)
        return;
    std::string message(text);
    while (!message.empty() && (message.back() == '\n' || message.back() == '\r' || message.back() == ' '))
        message.pop_back();
    if (!message.empty())
        t_sink->push_back(std::move(message));
}

/// Runs when the program starts: FFmpeg never prints.
[[maybe_unused]] const bool s_installed = (av_log_set_callback(onLog), true);

} // namespace

FramePtr newFrame()
{
    FramePtr frame(av_frame_alloc());
    if (!frame)
        throw std::bad_alloc();
    return frame;
}

PacketPtr newPacket()
{
    PacketPtr packet(av_packet_alloc());
    if (!packet)
        throw std::bad_alloc();
    return packet;
}

std::string ffmpegReason(int code)
{
    switch (code) {
    case AVERROR_INVALIDDATA: return "its data contradict themselves";
    case AVERROR_EOF: return "it ends too early";
    case AVERROR(EINVAL): return "its parameters contradict themselves";
    case AVERROR_PATCHWELCOME:
    case AVERROR(ENOSYS): return "it uses what this FFmpeg does not read";
    case AVERROR_DECODER_NOT_FOUND:
    case AVERROR_DEMUXER_NOT_FOUND: return "this FFmpeg has no decoder for it";
    case AVERROR_BUG:
    case AVERROR_BUG2:
    case AVERROR_EXTERNAL:
    case AVERROR_UNKNOWN: return "the decoder gave up";
    default: return AVUNERROR(code) > 0 && AVUNERROR(code) < 4096 ? systemReason(AVUNERROR(code)) : "the decoder gave up";
    }
}

std::string plainReason(std::string_view message)
{
    const std::string text = lowerCase(std::string(message));
    const auto says = [&](std::initializer_list<const char *> words) {
        return std::any_of(words.begin(), words.end(), [&](const char *word) { return text.find(word) != std::string::npos; });
    };
    if (says({"truncat", "too short", "too small", "end of", "eof", "partial", "incomplete", "cut short", "missing picture", "packet too", "not enough data",
              "overread"}))
        return "data are missing";
    if (says({"crc", "checksum", "md5", "mismatch"}))
        return "a checksum or a count does not match";
    if (says({"ref", "no frame"}))
        return "a picture that it refers to is missing";
    if (says({"pps", "sps", "vps", "parameter set", "extradata"}))
        return "the stream's parameters are damaged or missing";
    if (says({"not implemented", "not supported", "unsupported", "patch"}))
        return "it uses what this FFmpeg does not read";
    if (says({"picture size", "dimension", "max_pixels"}))
        return "it claims a size that is refused";
    if (says({"allocat", "memory"}))
        return "there is not enough memory";
    return "its data are damaged";
}

std::pair<AVPixelFormat, bool> plainFormat(int format)
{
    switch (format) {
    case AV_PIX_FMT_YUVJ420P: return {AV_PIX_FMT_YUV420P, true};
    case AV_PIX_FMT_YUVJ422P: return {AV_PIX_FMT_YUV422P, true};
    case AV_PIX_FMT_YUVJ444P: return {AV_PIX_FMT_YUV444P, true};
    case AV_PIX_FMT_YUVJ440P: return {AV_PIX_FMT_YUV440P, true};
    case AV_PIX_FMT_YUVJ411P: return {AV_PIX_FMT_YUV411P, true};
    default: return {static_cast<AVPixelFormat>(format), false};
    }
}

LogScope::LogScope(std::vector<std::string> &sink) : m_before(t_sink)
{
    t_sink = &sink;
}

LogScope::~LogScope()
{
    t_sink = m_before;
}

} // namespace dscope
