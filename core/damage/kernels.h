// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/resample.h"
#include "core/damage/canvas.h"

namespace dscope {

/// Taps of a Gaussian for each of `size` pixels, to three sigma, cut at the border.
std::vector<Tap> gaussianTaps(int size, double sigma);
/// Of `from` pixels the one in which each new pixel's middle lies.
std::vector<Tap> nearestTaps(int from, int to);
/// A straight line between the two pixels beside each new pixel's middle, whatever the ratio: shrinking by it skips pixels, as fast scalers do.
std::vector<Tap> twoPointTaps(int from, int to);
/// Keys' cubic (a = -1/2) over four pixels, widened by the ratio where it shrinks.
std::vector<Tap> cubicTaps(int from, int to);

/// A small picture of weights, which add up to 1, around its middle.
class Kernel {
public:
    /// All zero, of 2 `radius` + 1 pixels a side.
    explicit Kernel(int radius);
    /// A disc, with soft borders. @param radius in pixels, at least 0.5
    static Kernel disc(double radius);
    /// Adds weight at (x, y) from the middle, shared by the four pixels around it. Beyond the radius it is ignored.
    void add(double x, double y, float weight);
    /// Scales the weights to a sum of 1.
    void normalise();

    int radius() const { return m_radius; }
    float at(int x, int y) const { return m_weights[static_cast<std::size_t>((y + m_radius) * side() + x + m_radius)]; }

private:
    int side() const { return 2 * m_radius + 1; }
    int m_radius;
    std::vector<float> m_weights;
};

/// Every pixel as the sum of those around it by the kernel's weights; beyond the border the outermost pixels go on.
Canvas convolved(const Canvas &canvas, const Kernel &kernel);

} // namespace dscope
