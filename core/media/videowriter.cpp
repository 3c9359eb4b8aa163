// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/media/videowriter.h"

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/media/ffmpeg.h"

extern "C" {
#include <libavutil/opt.h>
}

#include <algorithm>
#include <cmath>
#include <new>
#include <string_view>
#include <vector>

namespace dscope {

namespace fs = std::filesystem;

namespace {

constexpr int s_leastSide = 16;
constexpr int s_mostSide = 8192;
constexpr int s_coarsest = 51; ///< x264's largest quantiser
constexpr int s_longestGop = 600;
constexpr int s_alignment = 32; ///< bytes, of a frame's rows

const AVCodec *encoderOf(VideoCodec codec)
{
    return codec == VideoCodec::H264 ? avcodec_find_encoder_by_name("libx264") : avcodec_find_encoder(AV_CODEC_ID_MPEG4);
}

VideoCodec chosen(VideoCodec codec)
{
    if (codec != VideoCodec::Best)
        return codec;
    return encoderOf(VideoCodec::H264) != nullptr ? VideoCodec::H264 : VideoCodec::Mpeg4;
}

/// MPEG-4's quantiser, 1 to 31: it doubles with every six steps of x264's, and is about 3 at 23.
int mpeg4Quantiser(int crf)
{
    return std::clamp(static_cast<int>(std::lround(3 * std::exp2((crf - 23) / 6.0))), 1, 31);
}

/// A muxer that writes into memory.
class MemoryFile {
public:
    explicit MemoryFile(const fs::path &path)
    {
        AVFormatContext *context = nullptr;
        if (avformat_alloc_output_context2(&context, nullptr, "mp4", nullptr) < 0 || context == nullptr)
            throw FileError(path, "cannot be written: this FFmpeg writes no MP4 files.");
        m_context = context;
        if (avio_open_dyn_buf(&m_context->pb) < 0) {
            avformat_free_context(m_context);
            throw std::bad_alloc();
        }
        m_context->flags |= AVFMT_FLAG_BITEXACT;
    }
    ~MemoryFile()
    {
        take();
        avformat_free_context(m_context);
    }
    MemoryFile(const MemoryFile &) = delete;
    MemoryFile &operator=(const MemoryFile &) = delete;

    AVFormatContext *context() const { return m_context; }
    /// What was written; nothing the second time.
    std::string take()
    {
        if (m_context->pb == nullptr)
            return {};
        std::uint8_t *bytes = nullptr;
        const int size = avio_close_dyn_buf(m_context->pb, &bytes);
        m_context->pb = nullptr;
        std::string text(reinterpret_cast<const char *>(bytes), static_cast<std::size_t>(std::max(size, 0)));
        av_free(bytes);
        return text;
    }

private:
    AVFormatContext *m_context = nullptr;
};

} // namespace

void VideoWriterOptions::check() const
{
    if (rate.num < 1 || rate.den < 1 || rate.value() > 1000 || rate.num > 1'000'000 || rate.den > 1'000'000)
        throw UsageError("A video has a rate above 0 and up to 1000 frames per second.");
    if (crf < 0 || crf > s_coarsest)
        throw UsageError("The rate factor of a video lies between 0 and 51.");
    if (gop < 1 || gop > s_longestGop)
        throw UsageError("From one key frame to the next there are 1 to 600 frames.");
}

struct VideoWriter::Private {
    Private(fs::path file, int width, int height, const VideoWriterOptions &options) : path(std::move(file)), muxer(path), kind(chosen(options.codec))
    {
        const AVCodec *encoder = encoderOf(kind);
        if (encoder == nullptr)
            throw FileError(path,
                            kind == VideoCodec::H264 ? "cannot be written: this FFmpeg has no libx264, by which H.264 is written."
                                                     : "cannot be written: this FFmpeg has no encoder for H.264 or MPEG-4 video.");
        codec.reset(avcodec_alloc_context3(encoder));
        if (!codec)
            throw std::bad_alloc();
        codec->width = width;
        codec->height = height;
        codec->pix_fmt = AV_PIX_FMT_YUV420P;
        codec->colorspace = AVCOL_SPC_SMPTE170M;
        codec->color_range = AVCOL_RANGE_MPEG;
        codec->time_base = {static_cast<int>(options.rate.den), static_cast<int>(options.rate.num)};
        codec->framerate = {static_cast<int>(options.rate.num), static_cast<int>(options.rate.den)};
        codec->gop_size = options.framesAlone ? 1 : options.gop;
        codec->max_b_frames = 0;
        codec->thread_count = 1;
        codec->flags |= AV_CODEC_FLAG_BITEXACT;
        if ((muxer.context()->oformat->flags & AVFMT_GLOBALHEADER) != 0)
            codec->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
        kind == VideoCodec::H264 ? setH264(options) : setMpeg4(options);
        openBoth(encoder);
        frame->width = width;
        frame->height = height;
        frame->format = codec->pix_fmt;
        frame->quality = codec->global_quality; // of MPEG-4, which asks each frame
        frame->colorspace = codec->colorspace;
        frame->color_range = codec->color_range;
        if (av_frame_get_buffer(frame.get(), s_alignment) < 0)
            throw std::bad_alloc();
        constexpr int flags = SWS_BICUBIC | SWS_ACCURATE_RND | SWS_FULL_CHR_H_INP | SWS_BITEXACT;
        scaler.reset(sws_getContext(width, height, AV_PIX_FMT_RGB24, width, height, codec->pix_fmt, flags, nullptr, nullptr, nullptr));
        if (!scaler)
            throw FileError(path, "cannot be written: this FFmpeg does not turn RGB into the colours of a video.");
        sws_setColorspaceDetails(scaler.get(), sws_getCoefficients(SWS_CS_DEFAULT), 1, sws_getCoefficients(SWS_CS_SMPTE170M), 0, 0, 1 << 16, 1 << 16);
    }

    void setH264(const VideoWriterOptions &options)
    {
        set("preset", "veryfast");
        if (options.framesAlone) {
            // No look ahead, and no quantiser that moves between or within frames: what a frame comes out as depends on itself.
            set("qp", std::to_string(options.crf).c_str());
            set("x264-params", "scenecut=0:rc-lookahead=0:mbtree=0:aq-mode=0:ipratio=1");
        } else {
            set("crf", std::to_string(options.crf).c_str());
        }
    }

    void setMpeg4(const VideoWriterOptions &options)
    {
        codec->flags |= AV_CODEC_FLAG_QSCALE;
        codec->global_quality = FF_QP2LAMBDA * mpeg4Quantiser(options.crf);
    }

    void set(const char *name, const char *value) const
    {
        if (av_opt_set(codec->priv_data, name, value, 0) < 0)
            throw FileError(path, std::string("cannot be written: this FFmpeg's libx264 does not know '") + name + "'.");
    }

    void openBoth(const AVCodec *encoder)
    {
        std::vector<std::string> said;
        const LogScope log(said);
        check(avcodec_open2(codec.get(), encoder, nullptr), said);
        stream = avformat_new_stream(muxer.context(), nullptr);
        if (stream == nullptr)
            throw std::bad_alloc();
        stream->time_base = codec->time_base;
        stream->avg_frame_rate = codec->framerate;
        check(avcodec_parameters_from_context(stream->codecpar, codec.get()), said);
        check(avformat_write_header(muxer.context(), nullptr), said);
    }

    void check(int code, const std::vector<std::string> &said) const
    {
        if (code < 0)
            throw FileError(path, "cannot be written as a video: " + (said.empty() ? std::string("the encoder gave up") : plainReason(said.front())) + ".");
    }

    /// @param given nothing more: what is still on its way comes out
    void encode(const AVFrame *given)
    {
        std::vector<std::string> said;
        const LogScope log(said);
        check(avcodec_send_frame(codec.get(), given), said);
        for (;;) {
            const int code = avcodec_receive_packet(codec.get(), packet.get());
            if (code == AVERROR(EAGAIN) || code == AVERROR_EOF)
                return;
            check(code, said);
            if (packet->duration == 0)
                packet->duration = 1;
            av_packet_rescale_ts(packet.get(), codec->time_base, stream->time_base);
            packet->stream_index = stream->index;
            check(av_interleaved_write_frame(muxer.context(), packet.get()), said);
        }
    }

    fs::path path;
    MemoryFile muxer;
    VideoCodec kind;
    CodecPtr codec;
    ScalerPtr scaler;
    FramePtr frame = newFrame();
    PacketPtr packet = newPacket();
    AVStream *stream = nullptr;
    std::int64_t count = 0;
};

VideoWriter::VideoWriter(fs::path path, int width, int height, const VideoWriterOptions &options)
{
    options.check();
    for (const int side : {width, height})
        if (side < s_leastSide || side > s_mostSide || side % 2 != 0)
            throw UsageError("A video of " + std::to_string(width) + " x " + std::to_string(height)
                             + " cannot be written; its sides are even numbers from 16 to 8192.");
    d = std::make_unique<Private>(std::move(path), width, height, options);
}

VideoWriter::~VideoWriter() = default;

void VideoWriter::add(const Picture &picture)
{
    if (picture.width != d->codec->width || picture.height != d->codec->height)
        throw Error("A picture of " + std::to_string(picture.width) + " x " + std::to_string(picture.height) + " is no frame of a video of "
                    + std::to_string(d->codec->width) + " x " + std::to_string(d->codec->height) + ".");
    if (av_frame_make_writable(d->frame.get()) < 0)
        throw std::bad_alloc();
    const std::uint8_t *const rows[4] = {picture.rgb.data(), nullptr, nullptr, nullptr};
    const int strides[4] = {3 * picture.width, 0, 0, 0};
    if (sws_scale(d->scaler.get(), rows, strides, 0, picture.height, d->frame->data, d->frame->linesize) != picture.height)
        throw FileError(d->path, "cannot be written: a frame could not be turned into the colours of a video.");
    d->frame->pts = d->count++;
    d->encode(d->frame.get());
}

void VideoWriter::finish()
{
    if (d->count == 0)
        throw FileError(d->path, "cannot be written: a video needs a frame.");
    d->encode(nullptr);
    std::vector<std::string> said;
    const LogScope log(said);
    d->check(av_write_trailer(d->muxer.context()), said);
    writeAtomically(d->path, d->muxer.take());
}

VideoCodec VideoWriter::codec() const
{
    return d->kind;
}

std::string videoCodecNotice()
{
    return chosen(VideoCodec::Best) == VideoCodec::H264
        ? std::string()
        : "This FFmpeg has no libx264, so videos are written as MPEG-4; what is made so differs from what is made elsewhere.";
}

} // namespace dscope
