#include "core/media/ffmpeg.h"

#include <cstdarg>
#include <cstdio>
#include <mutex>
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

std::string ffmpegError(int code)
{
    char text[AV_ERROR_MAX_STRING_SIZE] = {};
    av_strerror(code, text, sizeof text);
    return text;
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
    static std::once_flag installed;
    std::call_once(installed, [] { av_log_set_callback(onLog); });
    t_sink = &sink;
}

LogScope::~LogScope()
{
    t_sink = m_before;
}

} // namespace dscope
