// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/media/framerate.h"

#include "core/base/csv.h"
#include "core/base/error.h"
#include "core/base/lines.h"
#include "core/base/text.h"

extern "C" {
#include <libavutil/mathematics.h>
}

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

namespace dscope {

namespace {

constexpr std::int64_t s_fastest = 1000; ///< frames per second

/// A time in periods of the rate, halves away from zero; exact. @throws Error for one that is beyond all videos
std::int64_t periods(std::int64_t ticks, const FrameTicks &of, const Ratio &rate)
{
    const AVRational from{static_cast<int>(of.second.num), static_cast<int>(of.second.den)};
    const AVRational to{static_cast<int>(rate.den), static_cast<int>(rate.num)};
    constexpr std::int64_t most = std::int64_t{1} << 60;
    const std::int64_t result = av_rescale_q_rnd(ticks, from, to, AV_ROUND_NEAR_INF); // the least number where it does not fit
    if (result < -most || result > most)
        throw Error("The times of its frames are beyond what a video can have.");
    return result;
}

bool isSmall(const Ratio &ratio)
{
    constexpr std::int64_t most = std::numeric_limits<int>::max();
    return ratio.num > 0 && ratio.den > 0 && ratio.num <= most && ratio.den <= most;
}

std::optional<Ratio> ratioOf(std::string_view text)
{
    if (const std::size_t slash = text.find('/'); slash != std::string_view::npos) {
        const auto num = wordAsInteger(text.substr(0, slash));
        const auto den = wordAsInteger(text.substr(slash + 1));
        return num && den ? std::optional(Ratio{*num, *den}) : std::nullopt;
    }
    const auto number = parseNumber(text);
    if (!number || !(*number > 0) || *number > s_fastest)
        return std::nullopt;
    constexpr std::int64_t parts = 1'000'000; // of a frame: more digits than anybody writes
    const auto num = static_cast<std::int64_t>(std::llround(*number * static_cast<double>(parts)));
    const std::int64_t common = std::max<std::int64_t>(1, av_gcd(num, parts));
    return Ratio{num / common, parts / common};
}

} // namespace

Ratio frameRate(std::string_view text)
{
    const std::optional<Ratio> ratio = ratioOf(text);
    if (!ratio || !isSmall(*ratio) || ratio->num > s_fastest * ratio->den)
        throw UsageError("'" + shownName(std::string(text)) + "' is no frame rate; say a number above 0 up to 1000, or a fraction such as 30000/1001.");
    return *ratio;
}

std::vector<std::int64_t> framesAtRate(const FrameTicks &ticks, const Ratio &rate, std::int64_t most)
{
    if (!isSmall(rate) || !isSmall(ticks.second))
        throw Error("A frame rate and a clock's tick are fractions of positive whole numbers.");
    std::vector<std::int64_t> frames;
    if (ticks.shown.empty())
        return frames;
    std::int64_t next = periods(ticks.shown.front(), ticks, rate);
    const auto count = static_cast<std::int64_t>(ticks.shown.size());
    for (std::int64_t frame = 0; frame < count; ++frame) {
        const bool last = frame + 1 == count;
        const std::int64_t until = last ? ticks.end : ticks.shown[static_cast<std::size_t>(frame) + 1];
        if (until < ticks.shown[static_cast<std::size_t>(frame)])
            throw Error("The times of frames must ascend; those of frame " + std::to_string(frame) + " and the next do not.");
        const std::int64_t gone = periods(until, ticks, rate);
        if (gone - next > most - static_cast<std::int64_t>(frames.size()))
            throw Error("At this rate the video has more than " + std::to_string(most) + " frames: its times leave a gap behind frame " + std::to_string(frame)
                        + ".");
        for (; next < gone; ++next)
            frames.push_back(frame);
    }
    return frames;
}

} // namespace dscope
