// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/picture.h"
#include "core/media/aspect.h"
#include "core/media/converter.h"
#include "core/media/tonemap.h"
#include "core/media/video.h"

#include <memory>
#include <string>
#include <vector>

namespace dscope {

/// Makes of decoded frames what is looked at: SDR in BT.709's colours, with square pixels, upright.
class FrameFinisher {
public:
    /// Fills what `info` has to say of it, from the stream and its first frame. @return what is shown otherwise than it is stored, for the user
    std::vector<std::string> begin(const AVStream &stream, const AVFrame &first, const VideoOptions &options, VideoInfo &info);

    int orientation() const { return m_orientation; }
    /// Whether a frame needs neither stretching nor tone-mapping.
    bool isPlain(const AVFrame &frame) const;
    /// @throws Error if the format cannot be converted
    Picture convert(const AVFrame &frame);

private:
    AVRational pixelShape(const AVFrame &frame) const;
    SquareSize sizeOf(const AVFrame &frame) const;

    AVRational m_containerShape{0, 1}; ///< of a pixel; num 0 where only the coded picture tells it
    VideoOptions m_options;
    FrameConverter m_converter;
    std::unique_ptr<ToneMapper> m_toneMapper; ///< for frames of m_range, made when the first one comes
    DynamicRange m_range = DynamicRange::Sdr;
    double m_peak = 0; ///< of the first frame, so that each frame looks the same however it was reached
    int m_orientation = 1;
};

} // namespace dscope
