// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/media/framememory.h"

#include "core/base/picturememory.h"

#include <algorithm>

namespace dscope {

namespace {

/// Frames that the decoder holds, the one given out among them.
double framesHeld(AVCodecID codec)
{
    constexpr double alone = 3;
    constexpr double two = 4;
    constexpr double several = 10;
    switch (codec) {
    case AV_CODEC_ID_GIF: // one canvas, whatever their pictures refer to
    case AV_CODEC_ID_APNG:
    case AV_CODEC_ID_FFV1: return alone;
    case AV_CODEC_ID_MPEG1VIDEO:
    case AV_CODEC_ID_MPEG2VIDEO:
    case AV_CODEC_ID_MPEG4:
    case AV_CODEC_ID_H263:
    case AV_CODEC_ID_FLV1: return two;
    default: {
        const AVCodecDescriptor *descriptor = avcodec_descriptor_get(codec);
        return descriptor != nullptr && (descriptor->props & AV_CODEC_PROP_INTRA_ONLY) != 0 ? alone : several;
    }
    }
}

/// Bytes of a pixel as it is decoded.
double stored(AVCodecID codec, int format)
{
    constexpr double gif = 4; // as FFmpeg's decoder gives it
    constexpr double least = 1.5;
    if (codec == AV_CODEC_ID_GIF)
        return gif;
    const AVPixFmtDescriptor *descriptor = av_pix_fmt_desc_get(static_cast<AVPixelFormat>(format));
    constexpr double bits = 8;
    return descriptor == nullptr ? least : std::max(1.0, av_get_padded_bits_per_pixel(descriptor) / bits);
}

} // namespace

double bytesPerPixel(AVCodecID codec, int format)
{
    constexpr double rgb = 3;
    return stored(codec, format) * framesHeld(codec) + rgb;
}

std::int64_t mostPixels(AVCodecID codec, int format, std::uint64_t fileBytes)
{
    constexpr std::int64_t always = std::int64_t{4096} * 2304;
    const auto most = static_cast<std::int64_t>(static_cast<double>(memoryFor(fileBytes)) / bytesPerPixel(codec, format));
    constexpr double few = 4;
    return framesHeld(codec) > few ? std::max(always, most) : most;
}

} // namespace dscope
