// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/picture.h"
#include "core/base/random.h"

#include <array>
#include <cstdint>
#include <vector>

namespace dscope {

/// What synthetic actions are painted with (docs/synthetic.md states the model). All in whole numbers from positions on, so that the same draws give the same
/// pixels on every machine.
///
/// A patterned ground without end: it repeats itself every 256 pixels.
class ActionGround {
public:
    explicit ActionGround(Random &random);
    /// Fills the picture; its left upper corner is at (x, y) of the ground, in pixels.
    void paint(Picture &picture, double x, double y) const;

private:
    std::vector<std::uint8_t> m_rgb; ///< [256, 256, 3]
};

/// Where an object is and how it lies.
struct ActionPose {
    double x = 0; ///< of its middle, pixels
    double y = 0;
    double angle = 0; ///< radians, clockwise as seen
    double scale = 1;
    bool operator==(const ActionPose &) const = default;
};

/// An irregular patterned blob with a soft edge, which looks different from every side.
class ActionObject {
public:
    /// @param radius its mean one at scale 1, pixels @param opacity 0 to 1
    ActionObject(double radius, double opacity, Random &random);
    void paint(Picture &picture, const ActionPose &pose) const;

private:
    double m_radius;
    std::vector<std::uint8_t> m_rgba; ///< [64, 64, 4]
};

/// A camera's gain and noise: every value becomes round(gain v + sigma n) within 0 to 255, n standard normal.
class ActionSensor {
public:
    ActionSensor(double gain, double sigma);
    void expose(Picture &picture, Random &random) const;

private:
    std::array<std::uint8_t, 256> m_gained{};
    std::vector<std::int8_t> m_noise; ///< sigma times the quantiles of a normal distribution
};

} // namespace dscope
