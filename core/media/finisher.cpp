// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/media/finisher.h"

#include "core/base/orient.h"
#include "core/image/reader.h"

extern "C" {
#include <libavutil/dovi_meta.h>
}

#include <cmath>

namespace dscope {

namespace {

/// Dolby Vision whose base layer no other decoder shows rightly (profile 5).
bool hasOwnColours(const AVStream &stream)
{
    const std::uint8_t *data = av_stream_get_side_data(&stream, AV_PKT_DATA_DOVI_CONF, nullptr);
    return data != nullptr && reinterpret_cast<const AVDOVIDecoderConfigurationRecord *>(data)->dv_bl_signal_compatibility_id == 0;
}

} // namespace

std::vector<std::string> FrameFinisher::begin(const AVStream &stream, const AVFrame &first, const VideoOptions &options, VideoInfo &info)
{
    m_containerShape = stream.sample_aspect_ratio;
    m_options = options;
    m_peak = peakOf(first);
    m_orientation = orientationOf(reinterpret_cast<const std::int32_t *>(av_stream_get_side_data(&stream, AV_PKT_DATA_DISPLAYMATRIX, nullptr)));
    const bool swapped = m_orientation >= 5;
    const SquareSize size = sizeOf(first);
    info.width = swapped ? size.height : size.width;
    info.height = swapped ? size.width : size.height;
    info.rotation = degreesOf(m_orientation);
    if (size.width != first.width || size.height != first.height) {
        const AVRational shape = pixelShape(first);
        av_reduce(&info.pixelWidth, &info.pixelHeight, shape.num, shape.den, 1 << 16);
    }
    const DynamicRange range = dynamicRangeOf(first);
    info.range = nameOf(range);
    std::vector<std::string> notices;
    if (range == DynamicRange::WideSdr)
        notices.emplace_back("The video is in BT.2020 colours: they are turned into BT.709's.");
    else if (range != DynamicRange::Sdr)
        notices.push_back("The video is " + info.range + " with a peak of " + std::to_string(std::lround(m_peak)) + " cd/m2: tone-mapped to SDR by BT.2390.");
    if (hasOwnColours(stream))
        notices.emplace_back(
            "The video is Dolby Vision of a profile that stores colours in its own way: they come out wrong. Bring an HDR10, HLG or SDR copy.");
    return notices;
}

/// By the container, else by the coded picture.
AVRational FrameFinisher::pixelShape(const AVFrame &frame) const
{
    return m_containerShape.num > 0 && m_containerShape.den > 0 ? m_containerShape : frame.sample_aspect_ratio;
}

SquareSize FrameFinisher::sizeOf(const AVFrame &frame) const
{
    const SquareSize size = squareSize(frame.width, frame.height, pixelShape(frame), m_options.maxSide);
    return std::int64_t{size.width} * size.height <= m_options.maxPixels ? size : SquareSize{frame.width, frame.height};
}

bool FrameFinisher::isPlain(const AVFrame &frame) const
{
    const SquareSize size = sizeOf(frame);
    return size.width == frame.width && size.height == frame.height && dynamicRangeOf(frame) == DynamicRange::Sdr;
}

Picture FrameFinisher::convert(const AVFrame &frame)
{
    if (isPlain(frame))
        return oriented(m_converter.convert(frame), m_orientation);
    const DynamicRange range = dynamicRangeOf(frame);
    if (range != DynamicRange::Sdr && (!m_toneMapper || m_range != range)) {
        m_toneMapper = std::make_unique<ToneMapper>(range, m_peak);
        m_range = range;
    }
    const SquareSize size = sizeOf(frame);
    const Picture stored = range == DynamicRange::Sdr ? m_converter.convert(frame) : m_toneMapper->convert(frame);
    return oriented(resized(stored, size.width, size.height), m_orientation);
}

} // namespace dscope
