// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/media/tonemap.h"

#include "core/base/error.h"
#include "core/media/converter.h"

extern "C" {
#include <libavutil/mastering_display_metadata.h>
}

#include <algorithm>
#include <bit>
#include <cmath>

namespace dscope {

namespace {

constexpr double sdrWhite = 203;     // cd/m2, BT.2408
constexpr double hlgPeak = 1000;     // cd/m2, the nominal display of BT.2100
constexpr double hlgGamma = 1.2;     // BT.2100, for that display
constexpr double sdrGamma = 2.4;     // BT.1886
constexpr double pqPeak = 10000;     // cd/m2
constexpr std::size_t codes = 65536; // of 16 bits

// BT.2100, table 4.
constexpr double m1 = 2610.0 / 16384;
constexpr double m2 = 2523.0 / 4096 * 128;
constexpr double c1 = 3424.0 / 4096;
constexpr double c2 = 2413.0 / 4096 * 32;
constexpr double c3 = 2392.0 / 4096 * 32;

double lightOfPq(double code)
{
    const double p = std::pow(std::clamp(code, 0.0, 1.0), 1 / m2);
    return pqPeak * std::pow(std::max(p - c1, 0.0) / (c2 - c3 * p), 1 / m1);
}

double pqOfLight(double light)
{
    const double y = std::pow(std::clamp(light / pqPeak, 0.0, 1.0), m1);
    return std::pow((c1 + c2 * y) / (1 + c3 * y), m2);
}

/// BT.2100, table 5: the inverse OETF.
double sceneOfHlg(double code)
{
    constexpr double a = 0.17883277;
    constexpr double b = 1 - 4 * a;
    const double c = 0.5 - a * std::log(4 * a);
    return code <= 0.5 ? code * code / 3 : (std::exp((code - c) / a) + b) / 12;
}

std::vector<float> lights(DynamicRange range)
{
    std::vector<float> table(codes);
    for (std::size_t i = 0; i < codes; ++i) {
        const double code = static_cast<double>(i) / (codes - 1);
        double light = std::pow(code, sdrGamma);
        if (range == DynamicRange::Pq)
            light = lightOfPq(code) / sdrWhite;
        else if (range == DynamicRange::Hlg)
            light = sceneOfHlg(code);
        table[i] = static_cast<float>(light);
    }
    return table;
}

int matrixFor(const AVFrame &frame)
{
    switch (frame.colorspace) {
    case AVCOL_SPC_BT709: return SWS_CS_ITU709;
    case AVCOL_SPC_BT470BG:
    case AVCOL_SPC_SMPTE170M: return SWS_CS_ITU601;
    default: return SWS_CS_BT2020;
    }
}

} // namespace

LightTable::LightTable(const std::function<double(double)> &f)
{
    constexpr int perOctave = 1 << fractionBits;
    m_values.reserve(static_cast<std::size_t>(highest - lowest) * perOctave + 1);
    for (int octave = lowest; octave < highest; ++octave)
        for (int step = 0; step < perOctave; ++step)
            m_values.push_back(static_cast<float>(f(std::ldexp(1 + static_cast<double>(step) / perOctave, octave))));
    m_values.push_back(static_cast<float>(f(std::ldexp(1.0, highest))));
}

float LightTable::at(float value) const
{
    constexpr int below = 23 - fractionBits;
    constexpr std::uint32_t first = static_cast<std::uint32_t>(lowest + 127) << fractionBits;
    const auto bits = std::bit_cast<std::uint32_t>(value);
    const std::uint32_t place = bits >> below;
    if (!(value > 0) || place <= first)
        return m_values.front();
    const std::size_t at = place - first;
    if (at + 1 >= m_values.size())
        return m_values.back();
    const float share = static_cast<float>(bits & ((1U << below) - 1)) / static_cast<float>(1U << below);
    return m_values[at] + share * (m_values[at + 1] - m_values[at]);
}

DynamicRange dynamicRangeOf(const AVFrame &frame)
{
    if (frame.color_trc == AVCOL_TRC_SMPTE2084)
        return DynamicRange::Pq;
    if (frame.color_trc == AVCOL_TRC_ARIB_STD_B67)
        return DynamicRange::Hlg;
    return frame.color_primaries == AVCOL_PRI_BT2020 ? DynamicRange::WideSdr : DynamicRange::Sdr;
}

const char *nameOf(DynamicRange range)
{
    switch (range) {
    case DynamicRange::Sdr: break;
    case DynamicRange::WideSdr: return "SDR in BT.2020 colours";
    case DynamicRange::Pq: return "HDR (PQ)";
    case DynamicRange::Hlg: return "HDR (HLG)";
    }
    return "SDR";
}

double peakOf(const AVFrame &frame)
{
    if (frame.color_trc == AVCOL_TRC_ARIB_STD_B67)
        return hlgPeak;
    double peak = 0;
    if (const AVFrameSideData *data = av_frame_get_side_data(&frame, AV_FRAME_DATA_CONTENT_LIGHT_LEVEL))
        peak = reinterpret_cast<const AVContentLightMetadata *>(data->data)->MaxCLL;
    if (const AVFrameSideData *data = av_frame_get_side_data(&frame, AV_FRAME_DATA_MASTERING_DISPLAY_METADATA); data != nullptr && peak <= 0) {
        const auto &display = *reinterpret_cast<const AVMasteringDisplayMetadata *>(data->data);
        if (display.has_luminance != 0 && display.max_luminance.den > 0)
            peak = av_q2d(display.max_luminance);
    }
    return peak > 0 ? std::clamp(peak, sdrWhite, pqPeak) : hlgPeak;
}

double toneCurve(double light, double peak)
{
    if (peak <= sdrWhite)
        return std::clamp(light, 0.0, sdrWhite);
    const double whole = pqOfLight(peak);
    const double most = pqOfLight(sdrWhite) / whole;
    const double knee = 1.5 * most - 0.5;
    const double code = std::clamp(pqOfLight(light) / whole, 0.0, 1.0);
    if (code < knee)
        return light;
    const double t = (code - knee) / (1 - knee);
    const double t2 = t * t;
    const double t3 = t2 * t;
    const double bent = (2 * t3 - 3 * t2 + 1) * knee + (t3 - 2 * t2 + t) * (1 - knee) + (-2 * t3 + 3 * t2) * most;
    return std::min(lightOfPq(bent * whole), sdrWhite);
}

ToneMapper::ToneMapper(DynamicRange range, double peak)
    : m_range(range), m_light(lights(range)),
      // BT.2100: F = peak * Ys^(gamma - 1) * E
      m_ootf([](double scene) { return hlgPeak / sdrWhite * std::pow(scene, hlgGamma - 1); }),
      m_gain([&](double light) { return range == DynamicRange::WideSdr ? std::min(1.0, 1 / light) : toneCurve(light * sdrWhite, peak) / (light * sdrWhite); }),
      m_code([](double light) { return 255 * std::pow(std::min(light, 1.0), 1 / sdrGamma); })
{
}

Picture ToneMapper::convert(const AVFrame &frame)
{
    Picture picture(frame.width, frame.height);
    // swscale's vector code may write past the end of a row that is not aligned, so it gets rows of its own.
    const std::size_t stride = (static_cast<std::size_t>(3) * picture.width + 63) / 32 * 32;
    m_rows.resize(stride * picture.height + 64);
    m_scaler.convert(frame, matrixFor(frame), reinterpret_cast<std::uint8_t *>(m_rows.data()), static_cast<int>(2 * stride));
    for (int y = 0; y < picture.height; ++y) {
        const std::uint16_t *in = m_rows.data() + stride * y;
        std::uint8_t *out = picture.row(y);
        for (int x = 0; x < picture.width; ++x, in += 3, out += 3) {
            float r = m_light[in[0]];
            float g = m_light[in[1]];
            float b = m_light[in[2]];
            if (m_range == DynamicRange::Hlg) {
                const float factor = m_ootf.at(0.2627F * r + 0.6780F * g + 0.0593F * b);
                r *= factor;
                g *= factor;
                b *= factor;
            }
            // BT.2087: from BT.2020's primaries to BT.709's, the colours outside cut off.
            const float red = std::max(0.F, 1.660491F * r - 0.587641F * g - 0.072850F * b);
            const float green = std::max(0.F, -0.124550F * r + 1.132900F * g - 0.008349F * b);
            const float blue = std::max(0.F, -0.018151F * r - 0.100579F * g + 1.118730F * b);
            const float gain = m_gain.at(std::max({red, green, blue}));
            // Never below 0, so the cast rounds; lround would be a call for every value of every pixel. NOLINTBEGIN(bugprone-incorrect-roundings)
            out[0] = static_cast<std::uint8_t>(m_code.at(red * gain) + 0.5F);
            out[1] = static_cast<std::uint8_t>(m_code.at(green * gain) + 0.5F);
            out[2] = static_cast<std::uint8_t>(m_code.at(blue * gain) + 0.5F);
            // NOLINTEND(bugprone-incorrect-roundings)
        }
    }
    return picture;
}

} // namespace dscope
