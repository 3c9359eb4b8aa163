// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/damage/paper.h"

#include "core/base/error.h"
#include "core/base/words.h"
#include "core/damage/kernels.h"
#include "core/tasks/alignedface.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

namespace dscope {

namespace {

constexpr Words<Degradation, 7> s_degradations{"no kind of damage",
                                               {{Degradation::LowResolution, "low resolution"},
                                                {Degradation::Blur, "blur"},
                                                {Degradation::Occlusion, "occlusion"},
                                                {Degradation::Darkness, "darkness"},
                                                {Degradation::Noise, "noise"},
                                                {Degradation::Jpeg, "JPEG"},
                                                {Degradation::MotionBlur, "motion blur"}}};

Picture lowResolution(const Picture &in, double severity)
{
    const double side = 32 - 22 * severity;
    const int width = std::max(1, static_cast<int>(std::lround(side * in.width / alignedSide)));
    const int height = std::max(1, static_cast<int>(std::lround(side * in.height / alignedSide)));
    return resampled(resampled(in, width, height), in.width, in.height);
}

/// Sum of four bytes has the bell shape that is needed at a tenth of the price of a true normal draw.
void addNoise(Picture &picture, double gain, double deviation, Random &random)
{
    // The sum of four uniform bytes has deviation sqrt(4 (256^2 - 1) / 12).
    const float scale = static_cast<float>(deviation / std::sqrt(4 * (65536.0 - 1) / 12));
    const float mean = 4 * 127.5F;
    const float factor = static_cast<float>(gain);
    std::size_t i = 0;
    while (i < picture.rgb.size()) {
        std::uint64_t bits = random.next();
        for (int half = 0; half < 2 && i < picture.rgb.size(); ++half, ++i) {
            const float sum = static_cast<float>((bits & 255) + (bits >> 8 & 255) + (bits >> 16 & 255) + (bits >> 24 & 255));
            picture.rgb[i] = toByte(factor * picture.rgb[i] + (sum - mean) * scale);
            bits >>= 32;
        }
    }
}

Picture occluded(const Picture &in, double severity, Random &random)
{
    const double side = (30 + 60 * severity) / alignedSide;
    const int w = std::clamp(static_cast<int>(std::lround(side * random.uniform(0.8, 1.2) * in.width)), 1, in.width);
    const int h = std::clamp(static_cast<int>(std::lround(side * random.uniform(0.8, 1.2) * in.height)), 1, in.height);
    const int left = static_cast<int>(random.below(static_cast<std::uint64_t>(in.width - w + 1)));
    const int top = static_cast<int>(random.below(static_cast<std::uint64_t>(in.height - h + 1)));
    Picture out = in;
    const bool noise = random.chance(0.3);
    std::array<std::uint8_t, 3> colour;
    for (std::uint8_t &c : colour)
        c = static_cast<std::uint8_t>(random.below(256));
    for (int y = top; y < top + h; ++y)
        for (int x = left; x < left + w; ++x)
            for (int c = 0; c < 3; ++c)
                out.row(y)[3 * x + c] = noise ? static_cast<std::uint8_t>(random.next() >> 56) : colour[static_cast<std::size_t>(c)];
    return out;
}

Picture motionBlurred(const Picture &in, double severity, Random &random)
{
    const double length = (7 + 24 * severity) * in.width / alignedSide;
    const double angle = random.uniform(0, std::numbers::pi);
    const double dx = std::cos(angle);
    const double dy = std::sin(angle);
    const int steps = std::max(2, static_cast<int>(std::lround(length)));
    Picture out(in.width, in.height);
    for (int y = 0; y < in.height; ++y)
        for (int x = 0; x < in.width; ++x) {
            std::array<float, 3> sum{};
            for (int s = 0; s < steps; ++s) {
                const double t = (s - (steps - 1) / 2.0) * length / steps;
                const int sx = std::clamp(static_cast<int>(std::lround(x + t * dx)), 0, in.width - 1);
                const int sy = std::clamp(static_cast<int>(std::lround(y + t * dy)), 0, in.height - 1);
                for (std::size_t c = 0; c < 3; ++c)
                    sum[c] += in.row(sy)[3 * sx + static_cast<int>(c)];
            }
            for (std::size_t c = 0; c < 3; ++c)
                out.row(y)[3 * x + static_cast<int>(c)] = toByte(sum[c] / static_cast<float>(steps));
        }
    return out;
}

} // namespace

std::string degradationName(Degradation kind)
{
    return s_degradations.wordOf(kind);
}

const std::vector<Degradation> &trainedDegradations()
{
    static const std::vector<Degradation> kinds{Degradation::LowResolution, Degradation::Blur, Degradation::Occlusion, Degradation::Darkness,
                                                Degradation::Noise};
    return kinds;
}

Picture degraded(const Picture &picture, Degradation kind, double severity, Random &random)
{
    if (!(severity >= 0 && severity <= 1))
        throw Error("The severity of a degradation must lie between 0 and 1.");
    switch (kind) {
    case Degradation::LowResolution: return lowResolution(picture, severity);
    case Degradation::Blur: {
        const double sigma = (1.5 + 4.5 * severity) * picture.width / alignedSide;
        return filtered(picture, gaussianTaps(picture.width, sigma), gaussianTaps(picture.height, sigma));
    }
    case Degradation::Occlusion: return occluded(picture, severity, random);
    case Degradation::Darkness: {
        Picture out = picture;
        addNoise(out, 0.5 * std::pow(0.16, severity), 4 + 8 * severity, random);
        return out;
    }
    case Degradation::Noise: {
        Picture out = picture;
        addNoise(out, 1, 15 + 45 * severity, random);
        return out;
    }
    case Degradation::Jpeg: return decodeJpeg(encodeJpeg(picture, static_cast<int>(std::lround(25 - 22 * severity))));
    case Degradation::MotionBlur: return motionBlurred(picture, severity, random);
    }
    throw Error("An unknown degradation was asked for.");
}

Picture randomlyDegraded(const Picture &picture, Random &random)
{
    const auto &kinds = trainedDegradations();
    const auto one = [&](const Picture &of) {
        const double severity = random.uniform(); // before the kind, as it always was
        return degraded(of, kinds[random.below(kinds.size())], severity, random);
    };
    Picture out = one(picture);
    if (random.chance(0.3))
        out = one(out);
    return out;
}

} // namespace dscope
