// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/media/ffmpeg.h"

#include <cstdint>

namespace dscope {

/// swscale from any pixel format to one of RGB at the same size, with flags under which the result does not depend on the processor. What it sets up is
/// kept while frames stay alike.
class RgbScaler {
public:
    /// @param to AV_PIX_FMT_RGB24 or AV_PIX_FMT_RGB48
    explicit RgbScaler(AVPixelFormat to) : m_to(to) {}

    /// @param matrix one of swscale's SWS_CS_... @param rows the first row; swscale's vector code may write up to `stride` bytes of each, so each row
    /// needs some room beyond its pixels @param stride in bytes @throws Error if the format cannot be converted
    void convert(const AVFrame &frame, int matrix, std::uint8_t *rows, int stride);

private:
    AVPixelFormat m_to;
    ScalerPtr m_scaler;
    int m_width = 0;
    int m_height = 0;
    int m_format = -1;
    int m_matrix = -1;
    bool m_full = false;
};

} // namespace dscope
