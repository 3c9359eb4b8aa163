// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/media/rgbscaler.h"

#include "core/base/error.h"

#include <string>

namespace dscope {

void RgbScaler::convert(const AVFrame &frame, int matrix, std::uint8_t *rows, int stride)
{
    const auto [format, full] = plainFormat(frame.format);
    const bool fullRange = full || frame.color_range == AVCOL_RANGE_JPEG;
    if (!m_scaler || m_width != frame.width || m_height != frame.height || m_format != format || m_matrix != matrix || m_full != fullRange) {
        constexpr int flags = SWS_BICUBIC | SWS_ACCURATE_RND | SWS_FULL_CHR_H_INT | SWS_FULL_CHR_H_INP | SWS_BITEXACT;
        m_scaler.reset(sws_getContext(frame.width, frame.height, format, frame.width, frame.height, m_to, flags, nullptr, nullptr, nullptr));
        if (!m_scaler) {
            const char *name = av_get_pix_fmt_name(format);
            throw Error(std::string("frames of the pixel format ") + (name != nullptr ? name : "unknown") + " cannot be turned into RGB.");
        }
        // Fails harmlessly for formats that are RGB already.
        sws_setColorspaceDetails(m_scaler.get(), sws_getCoefficients(matrix), fullRange ? 1 : 0, sws_getCoefficients(SWS_CS_DEFAULT), 1, 0, 1 << 16, 1 << 16);
        m_width = frame.width;
        m_height = frame.height;
        m_format = format;
        m_matrix = matrix;
        m_full = fullRange;
    }
    std::uint8_t *const planes[4] = {rows, nullptr, nullptr, nullptr};
    const int strides[4] = {stride, 0, 0, 0};
    if (sws_scale(m_scaler.get(), frame.data, frame.linesize, 0, frame.height, planes, strides) != frame.height)
        throw Error("the frame could not be turned into RGB.");
}

} // namespace dscope
