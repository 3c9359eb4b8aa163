// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Only the sources of core/media include this: FFmpeg's headers stay out of everything else.
extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/avstring.h>
#include <libavutil/pixdesc.h>
#include <libswscale/swscale.h>
}

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace dscope {

struct FormatCloser {
    void operator()(AVFormatContext *context) const { avformat_close_input(&context); }
};
struct CodecCloser {
    void operator()(AVCodecContext *context) const { avcodec_free_context(&context); }
};
struct FrameFreer {
    void operator()(AVFrame *frame) const { av_frame_free(&frame); }
};
struct PacketFreer {
    void operator()(AVPacket *packet) const { av_packet_free(&packet); }
};
struct ScalerFreer {
    void operator()(SwsContext *context) const { sws_freeContext(context); }
};
using FormatPtr = std::unique_ptr<AVFormatContext, FormatCloser>;
using CodecPtr = std::unique_ptr<AVCodecContext, CodecCloser>;
using FramePtr = std::unique_ptr<AVFrame, FrameFreer>;
using PacketPtr = std::unique_ptr<AVPacket, PacketFreer>;
using ScalerPtr = std::unique_ptr<SwsContext, ScalerFreer>;

/// An empty frame and an empty packet. @throws std::bad_alloc
FramePtr newFrame();
PacketPtr newPacket();

/// What one of FFmpeg's error numbers means, in words of our own, as the end of a sentence.
std::string ffmpegReason(int code);
/// The same of a line of FFmpeg's log.
std::string plainReason(std::string_view message);

/// The old "J" formats mean full range, which is the second part; swscale warns about them unless they are named by their plain twin.
std::pair<AVPixelFormat, bool> plainFormat(int format);

/// While one lives, FFmpeg's error messages of this thread go to `sink`. Otherwise FFmpeg's log is silent.
class LogScope {
public:
    explicit LogScope(std::vector<std::string> &sink);
    ~LogScope();
    LogScope(const LogScope &) = delete;
    LogScope &operator=(const LogScope &) = delete;

private:
    std::vector<std::string> *m_before;
};

} // namespace dscope
