// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/media/planes.h"

#include "core/base/error.h"
#include "core/base/orient.h"
#include "core/image/planescale.h"
#include "core/image/reader.h"

#include <libyuv/convert_argb.h>
#include <libyuv/planar_functions.h>
#include <libyuv/row.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <new>
#include <vector>

namespace dscope {

namespace {

/// How the chroma of a format lies beside its luma: how often it is halved, and whether U and V alternate in one plane.
struct Layout {
    bool known = false;
    int halvedX = 0;
    int halvedY = 0;
    bool interleaved = false;
    bool full = false; ///< the old "J" formats mean full range
};

Layout layoutOf(int format)
{
    switch (format) {
    case AV_PIX_FMT_YUV420P: return {true, 1, 1, false, false};
    case AV_PIX_FMT_YUVJ420P: return {true, 1, 1, false, true};
    case AV_PIX_FMT_NV12: return {true, 1, 1, true, false};
    case AV_PIX_FMT_YUV422P: return {true, 1, 0, false, false};
    case AV_PIX_FMT_YUVJ422P: return {true, 1, 0, false, true};
    case AV_PIX_FMT_YUV444P: return {true, 0, 0, false, false};
    case AV_PIX_FMT_YUVJ444P: return {true, 0, 0, false, true};
    default: return {};
    }
}

/// The share of red and of blue in luma; 0 for a matrix that is not done here.
struct Matrix {
    double red = 0;
    double blue = 0;
};

Matrix matrixOf(AVColorSpace space)
{
    switch (space) {
    case AVCOL_SPC_BT709: return {0.2126, 0.0722};
    case AVCOL_SPC_BT2020_NCL: return {0.2627, 0.0593};
    case AVCOL_SPC_UNSPECIFIED:
    case AVCOL_SPC_BT470BG:
    case AVCOL_SPC_SMPTE170M: return {0.299, 0.114};
    default: return {};
    }
}

bool isFull(const AVFrame &frame)
{
    return layoutOf(frame.format).full || frame.color_range == AVCOL_RANGE_JPEG;
}

/// libyuv reads its coefficients by vectors.
struct alignas(64) Constants {
    libyuv::YuvConstants values{};
};

#if defined(__x86_64__)
/// libyuv's arithmetic with coefficients of our own. Those it brings hold the one of blue at 2.0, which for the limited range of BT.709 (2.11) makes
/// saturated yellows and blues up to 15 levels too weak; its code takes the right ones too. U and V change places, for bytes in the order R, G, B.
Constants constantsOf(const Matrix &matrix, bool full)
{
    const double chroma = full ? 1 : 255.0 / 224;
    const double luma = full ? 1 : 255.0 / 219;
    const double green = 1 - matrix.red - matrix.blue;
    const auto coefficient = [&](double value) { return static_cast<std::uint8_t>(std::lround(64 * chroma * value)); };
    Constants constants;
    libyuv::YuvConstants &result = constants.values;
    for (std::size_t i = 0; i < 32; i += 2) {
        result.kUVToB[i] = coefficient(2 * (1 - matrix.red));
        result.kUVToG[i] = coefficient(2 * (1 - matrix.red) * matrix.red / green);
        result.kUVToG[i + 1] = coefficient(2 * (1 - matrix.blue) * matrix.blue / green);
        result.kUVToR[i + 1] = coefficient(2 * (1 - matrix.blue));
    }
    for (std::size_t i = 0; i < 16; ++i) {
        result.kYToRgb[i] = static_cast<std::int16_t>(std::lround(64 * luma * 65536 / 257));
        result.kYBiasToRgb[i] = static_cast<std::int16_t>(std::lround((full ? 0 : -16 * 64 * luma) + 32));
    }
    return constants;
}
constexpr bool kHaveConstants = true;
#else
Constants constantsOf(const Matrix &, bool)
{
    return {};
}
constexpr bool kHaveConstants = false;
#endif

/// The same arithmetic in floating point: red, green and blue each as luma * y + u * U + v * V + shift.
struct Coefficients {
    float luma;
    float redV, greenU, greenV, blueU;
    float red, green, blue; ///< the shifts, with a half for rounding
};

Coefficients coefficientsOf(const Matrix &matrix, bool full)
{
    const double chroma = full ? 1 : 255.0 / 224;
    const double luma = full ? 1 : 255.0 / 219;
    const double green = 1 - matrix.red - matrix.blue;
    const double redV = 2 * (1 - matrix.red) * chroma;
    const double blueU = 2 * (1 - matrix.blue) * chroma;
    const double greenV = -redV * matrix.red / green;
    const double greenU = -blueU * matrix.blue / green;
    const double shift = (full ? 0 : -16 * luma) + 0.5;
    const auto single = [](double value) { return static_cast<float>(value); };
    return {single(luma),
            single(redV),
            single(greenU),
            single(greenV),
            single(blueU),
            single(shift - 128 * redV),
            single(shift - 128 * (greenU + greenV)),
            single(shift - 128 * blueU)};
}

/// Eight rows' values of one column.
using Lanes = float __attribute__((vector_size(4 * PlaneScaler::kRows), aligned(4), may_alias));
using Whole = std::int32_t __attribute__((vector_size(4 * PlaneScaler::kRows)));
using Bytes = std::uint8_t __attribute__((vector_size(PlaneScaler::kRows), aligned(1), may_alias));

// As in core/image/planescale.cpp.
#if defined(__x86_64__) && defined(__gnu_linux__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
__attribute__((target_clones("avx2", "default")))
#endif
/// What scaled rows, sample by sample, are as red, green and blue: out[3 * kRows * x + kRows * channel + row].
void toLevels(const float *luma, const float *u, const float *v, std::size_t count, const Coefficients &coefficients, std::uint8_t *out)
{
    const Coefficients by = coefficients; // a copy that writing bytes cannot change
    const Lanes none = {};
    const Lanes full = none + 255.F;
    for (std::size_t x = 0; x < count; ++x) {
        const Lanes y = by.luma * reinterpret_cast<const Lanes *>(luma)[x];
        const Lanes blueness = reinterpret_cast<const Lanes *>(u)[x];
        const Lanes redness = reinterpret_cast<const Lanes *>(v)[x];
        const Lanes colours[3]{y + by.redV * redness + by.red, y + by.greenU * blueness + by.greenV * redness + by.green, y + by.blueU * blueness + by.blue};
        for (const Lanes &colour : colours) {
            const Lanes above = colour > none ? colour : none;
            const Lanes level = above < full ? above : full;
            *reinterpret_cast<Bytes *>(out) = __builtin_convertvector(__builtin_convertvector(level, Whole), Bytes);
            out += PlaneScaler::kRows;
        }
    }
}

#if defined(__x86_64__) && defined(__gnu_linux__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
__attribute__((target_clones("avx2", "default")))
#endif
/// The same for one row: all reds, then all greens, then all blues.
void rowToLevels(const float *__restrict luma, const float *__restrict u, const float *__restrict v, std::size_t width, const Coefficients &by,
                 std::uint8_t *__restrict out)
{
    const auto level = [](float value) { return static_cast<std::uint8_t>(static_cast<int>(std::min(std::max(value, 0.F), 255.F))); };
    for (std::size_t x = 0; x < width; ++x) {
        const float y = by.luma * luma[x];
        out[x] = level(y + by.redV * v[x] + by.red);
        out[width + x] = level(y + by.greenU * u[x] + by.greenV * v[x] + by.green);
        out[2 * width + x] = level(y + by.blueU * u[x] + by.blue);
    }
}

/// Three planes and how they lie to each other.
struct Planes {
    PlaneView y, u, v;
    Layout layout;
};

PlaneView part(const std::uint8_t *data, int stride, const Area &area)
{
    return {data + static_cast<std::ptrdiff_t>(stride) * area.y + area.x, stride, area.width, area.height};
}

/// The chroma samples that cover an area of the frame. Its left and upper edge lie on whole samples.
Area chromaOf(const Area &area, const Layout &layout)
{
    const auto up = [](int value, int halved) { return (value + (1 << halved) - 1) >> halved; };
    return {area.x >> layout.halvedX, area.y >> layout.halvedY, up(area.width, layout.halvedX), up(area.height, layout.halvedY)};
}

/// @param split holds U and V where the frame has them in one plane
Planes planesOf(const AVFrame &frame, const Area &area, std::vector<std::uint8_t> &split)
{
    Planes planes;
    planes.layout = layoutOf(frame.format);
    planes.y = part(frame.data[0], frame.linesize[0], area);
    const Area chroma = chromaOf(area, planes.layout);
    if (!planes.layout.interleaved) {
        planes.u = part(frame.data[1], frame.linesize[1], chroma);
        planes.v = part(frame.data[2], frame.linesize[2], chroma);
        return planes;
    }
    const std::size_t size = static_cast<std::size_t>(chroma.width) * chroma.height;
    split.resize(2 * size);
    const std::uint8_t *from = frame.data[1] + static_cast<std::ptrdiff_t>(frame.linesize[1]) * chroma.y + 2 * chroma.x;
    libyuv::SplitUVPlane(from, frame.linesize[1], split.data(), chroma.width, split.data() + size, chroma.width, chroma.width, chroma.height);
    planes.u = {split.data(), chroma.width, chroma.width, chroma.height};
    planes.v = {split.data() + size, chroma.width, chroma.width, chroma.height};
    return planes;
}

void convert(const Planes &planes, const Constants &constants, Picture &out)
{
    const auto stride = [](const PlaneView &plane) { return static_cast<int>(plane.stride); };
    const auto with = [&](auto function, auto... filter) {
        return function(planes.y.data, stride(planes.y), planes.v.data, stride(planes.v), planes.u.data, stride(planes.u), out.rgb.data(), 3 * out.width,
                        &constants.values, out.width, out.height, filter...);
    };
    int result = 0;
    if (planes.layout.halvedY > 0)
        result = with(libyuv::I420ToRGB24MatrixFilter, libyuv::kFilterBilinear);
    else if (planes.layout.halvedX > 0)
        result = with(libyuv::I422ToRGB24MatrixFilter, libyuv::kFilterBilinear);
    else
        result = with(libyuv::I444ToRGB24Matrix);
    if (result != 0)
        throw std::bad_alloc(); // the sizes are right, so it is the memory for a row
}

/// Where a part of the upright picture lies in the stored one of this size.
Area storedArea(const Area &area, int orientation, int width, int height)
{
    Area stored = orientation >= 5 ? Area{area.y, area.x, area.height, area.width} : area;
    if (orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8)
        stored.x = width - stored.x - stored.width;
    if (orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7)
        stored.y = height - stored.y - stored.height;
    return stored;
}

class FramePixels final : public PixelSource {
public:
    FramePixels(const AVFrame &frame, int orientation) : m_frame(av_frame_clone(&frame)), m_orientation(orientation)
    {
        if (!m_frame)
            throw std::bad_alloc();
    }

    int width() const override { return m_orientation >= 5 ? m_frame->height : m_frame->width; }
    int height() const override { return m_orientation >= 5 ? m_frame->width : m_frame->height; }

    Picture region(const Area &area) const override
    {
        check(area);
        return oriented(planesToRgb(*m_frame, storedArea(area, m_orientation, m_frame->width, m_frame->height)), m_orientation);
    }

    Picture scaled(int width, int height) const override
    {
        if (width > this->width() || height > this->height())
            return resized(whole(), width, height);
        const bool swapped = m_orientation >= 5;
        return oriented(shrunkToRgb(*m_frame, swapped ? height : width, swapped ? width : height), m_orientation);
    }

private:
    FramePtr m_frame;
    int m_orientation;
};

} // namespace

bool hasFastPath(const AVFrame &frame)
{
    const Matrix matrix = matrixOf(frame.colorspace);
    const bool hdr = frame.color_trc == AVCOL_TRC_SMPTE2084 || frame.color_trc == AVCOL_TRC_ARIB_STD_B67;
    // With 6 bits below the point, both of green's coefficients for BT.2020 in full range are rounded by nearly half of the last one: 2.3 levels.
    const bool coarse = frame.colorspace == AVCOL_SPC_BT2020_NCL && isFull(frame);
    return kHaveConstants && layoutOf(frame.format).known && matrix.red > 0 && !hdr && !coarse;
}

Picture planesToRgb(const AVFrame &frame, const Area &area)
{
    // Two pixels more on every side, from an even one on: then each chroma sample has the neighbours that it has in the whole frame.
    const int left = std::max(0, (area.x & ~1) - 2);
    const int top = std::max(0, (area.y & ~1) - 2);
    const int right = std::min(frame.width, area.x + area.width + 3);
    const int bottom = std::min(frame.height, area.y + area.height + 3);
    const Area wide{left, top, right - left, bottom - top};
    std::vector<std::uint8_t> split;
    Picture out(wide.width, wide.height);
    convert(planesOf(frame, wide, split), constantsOf(matrixOf(frame.colorspace), isFull(frame)), out);
    if (wide == area)
        return out;
    return PicturePixels(out).region({area.x - left, area.y - top, area.width, area.height});
}

namespace {

Picture preciseRgb(const Planes &planes, const PlaneShare &chroma, const Coefficients &by)
{
    const int width = planes.y.width;
    const std::size_t columns = static_cast<std::size_t>(width);
    PlaneRows y(planes.y), u(planes.u, chroma), v(planes.v, chroma);
    std::vector<float> levels(3 * (columns + 1));
    float *const luma = levels.data();
    float *const blueness = luma + columns + 1;
    float *const redness = blueness + columns + 1;
    std::vector<std::uint8_t> row(3 * columns);
    Picture out(width, planes.y.height);
    for (int at = 0; at < out.height; ++at) {
        y.row(at, luma);
        u.row(at, blueness);
        v.row(at, redness);
        rowToLevels(luma, blueness, redness, columns, by, row.data());
        libyuv::MergeRGBPlane(row.data(), width, row.data() + columns, width, row.data() + 2 * columns, width, out.row(at), 3 * width, width, 1);
    }
    return out;
}

} // namespace

Picture shrunkToRgb(const AVFrame &frame, int width, int height)
{
    std::vector<std::uint8_t> split;
    const Planes planes = planesOf(frame, {0, 0, frame.width, frame.height}, split);
    const PlaneShare chroma{1 << planes.layout.halvedX, 1 << planes.layout.halvedY, frame.width, frame.height};
    if (width == frame.width && height == frame.height)
        return preciseRgb(planes, chroma, coefficientsOf(matrixOf(frame.colorspace), isFull(frame)));
    PlaneScaler scalers[3]{{planes.y, width, height, {}}, {planes.u, width, height, chroma}, {planes.v, width, height, chroma}};
    const Coefficients by = coefficientsOf(matrixOf(frame.colorspace), isFull(frame));
    constexpr std::size_t rows = PlaneScaler::kRows;
    const std::size_t some = rows * static_cast<std::size_t>(width);
    std::vector<float> scaled(3 * some);
    std::vector<std::uint8_t> levels(3 * some);
    Picture out(width, height);
    for (int y = 0; y < height; y += PlaneScaler::kRows) {
        for (std::size_t i = 0; i < 3; ++i)
            scalers[i].rows(y, scaled.data() + i * some);
        toLevels(scaled.data(), scaled.data() + some, scaled.data() + 2 * some, static_cast<std::size_t>(width), by, levels.data());
        for (int row = 0; row < std::min(PlaneScaler::kRows, height - y); ++row) {
            std::uint8_t *to = out.row(y + row);
            const std::uint8_t *from = levels.data() + row;
            for (int x = 0; x < width; ++x, to += 3, from += 3 * rows) {
                to[0] = from[0];
                to[1] = from[rows];
                to[2] = from[2 * rows];
            }
        }
    }
    return out;
}

std::shared_ptr<const PixelSource> framePixels(const AVFrame &frame, int orientation)
{
    return std::make_shared<FramePixels>(frame, orientation);
}

} // namespace dscope
