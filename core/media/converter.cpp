// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/media/converter.h"

#include "core/base/error.h"
#include "core/media/planes.h"

#include <cstdlib>
#include <cstring>

namespace dscope {

namespace {

int matrixOf(AVColorSpace space)
{
    switch (space) {
    case AVCOL_SPC_BT709: return SWS_CS_ITU709;
    case AVCOL_SPC_FCC: return SWS_CS_FCC;
    case AVCOL_SPC_SMPTE240M: return SWS_CS_SMPTE240M;
    case AVCOL_SPC_BT2020_NCL:
    case AVCOL_SPC_BT2020_CL: return SWS_CS_BT2020;
    default: return SWS_CS_ITU601;
    }
}

} // namespace

Picture FrameConverter::convert(const AVFrame &frame)
{
    return hasFastPath(frame) ? planesToRgb(frame, {0, 0, frame.width, frame.height}) : convertPrecisely(frame);
}

Picture FrameConverter::convertPrecisely(const AVFrame &frame)
{
    Picture picture(frame.width, frame.height);
    // swscale's vector code may write past the end of a row that is not aligned, so it gets rows of its own.
    const std::size_t packed = static_cast<std::size_t>(3) * picture.width;
    const std::size_t stride = (packed + 127) / 64 * 64;
    m_rows.resize(stride * picture.height + 64);
    m_scaler.convert(frame, matrixOf(frame.colorspace), m_rows.data(), static_cast<int>(stride));
    for (int y = 0; y < picture.height; ++y)
        std::memcpy(picture.row(y), m_rows.data() + stride * y, packed);
    return picture;
}

int orientationOf(const std::int32_t *m)
{
    if (m == nullptr)
        return 1;
    // The stored x axis points to (m[0], m[1]) on the screen, the stored y axis to (m[3], m[4]).
    const std::int64_t a = m[0];
    const std::int64_t b = m[1];
    const std::int64_t c = m[3];
    const std::int64_t d = m[4];
    if (std::llabs(a) >= std::llabs(b)) {
        if (a >= 0)
            return d >= 0 ? 1 : 4;
        return d >= 0 ? 2 : 3;
    }
    if (b > 0)
        return c < 0 ? 6 : 5;
    return c > 0 ? 8 : 7;
}

int degreesOf(int orientation)
{
    switch (orientation) {
    case 3: return 180;
    case 5:
    case 6: return 90;
    case 7:
    case 8: return 270;
    default: return 0;
    }
}

} // namespace dscope
