// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace dscope {

/// A positive fraction, such as 30000/1001 frames per second.
struct Ratio {
    std::int64_t num = 0;
    std::int64_t den = 1;

    bool operator==(const Ratio &) const = default;
    double value() const { return static_cast<double>(num) / static_cast<double>(den); }
};
/// "30", "29.97" (read as 2997/100), "30000/1001". @throws UsageError for anything that is no rate above 0 up to 1000
Ratio frameRate(std::string_view text);

/// When the frames of a video are shown, exactly: in ticks of the stream's clock, from where the file begins (whose first picture may come later).
struct FrameTicks {
    Ratio second{1, 1};              ///< seconds per tick
    std::vector<std::int64_t> shown; ///< by frame, ascending
    std::int64_t end = 0;            ///< where the last one ends
};

/// Which frame of a video is shown as which at another, constant rate: frame n of the result is result[n] of the video. It is FFmpeg's filter `fps` with its
/// usual rounding (near): a frame's time in periods of the rate is rounded, halves upwards; the result begins with the first frame's and shows in each period
/// the last frame whose rounded time has come, up to the rounded end of the last. So frames are repeated or left out, never mixed.
/// @param most frames of the result @throws Error for times that do not ascend, a rate that is none, or a longer result
std::vector<std::int64_t> framesAtRate(const FrameTicks &ticks, const Ratio &rate, std::int64_t most = 10'000'000);

} // namespace dscope
