// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/picture.h"
#include "core/media/rgbscaler.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace dscope {

/// What the code values of a frame mean.
enum class DynamicRange {
    Sdr,     ///< BT.709 or BT.601: used as they are
    WideSdr, ///< SDR in the colours of BT.2020
    Pq,      ///< SMPTE ST 2084 (BT.2100): absolute light
    Hlg      ///< ARIB STD-B67 (BT.2100): light of the scene
};

DynamicRange dynamicRangeOf(const AVFrame &frame);
/// "SDR", "SDR in BT.2020 colours", "HDR (PQ)", "HDR (HLG)".
const char *nameOf(DynamicRange range);
/// The brightest light of a frame in cd/m2, by its content light level, else its mastering display, else 1000; never below the 203 of SDR white.
double peakOf(const AVFrame &frame);

/// The tone curve of ITU-R BT.2390 (its Hermite spline over PQ codes), from a source with this peak to SDR white: identity for dark and middle tones.
/// @param light in cd/m2 @return in cd/m2, at most 203
double toneCurve(double light, double peak);

/// A non-negative function by a table over the exponent and the first bits of the fraction: as exact in the shadows as in the highlights.
class LightTable {
public:
    explicit LightTable(const std::function<double(double)> &f);
    float at(float value) const;

private:
    static constexpr int fractionBits = 8;
    static constexpr int lowest = -30;
    static constexpr int highest = 10;
    std::vector<float> m_values;
};

/// Turns HDR frames and those in BT.2020 colours into 8-bit RGB of BT.709. Code values become light (BT.2100; HLG for a display of 1000 cd/m2, wide SDR by
/// BT.1886), light is brought to BT.709's colours, the strongest component follows toneCurve() and the others keep their ratio to it, and the result is coded
/// by BT.1886 with 203 cd/m2 (BT.2408's reference white) as white.
class ToneMapper {
public:
    ToneMapper(DynamicRange range, double peak);

    /// @throws Error if the format cannot be converted
    Picture convert(const AVFrame &frame);

private:
    RgbScaler m_scaler{AV_PIX_FMT_RGB48};
    DynamicRange m_range;
    std::vector<float> m_light; ///< of each 16-bit code; 1 is SDR white, for HLG the light of the scene
    LightTable m_ootf;          ///< HLG: what the luminance of the scene multiplies all components by
    LightTable m_gain;          ///< what the strongest component multiplies all by
    LightTable m_code;          ///< 0 to 255
    std::vector<std::uint16_t> m_rows;
};

} // namespace dscope
