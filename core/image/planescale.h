#pragma once

#include <cstddef>
#include <cstdint>

namespace dscope {

/// One channel of 8-bit samples in somebody else's memory; rows begin `stride` bytes apart (negative when they run upwards).
struct PlaneView {
    const std::uint8_t *data = nullptr;
    std::ptrdiff_t stride = 0;
    int width = 0;
    int height = 0;
};

/// Brings a plane to width x height: along an axis that shrinks by the area filter (the mean of what falls onto the sample, parts of samples
/// by their share), along one that grows by linear interpolation between sample centres. Rounded once, to within one level of exact arithmetic.
/// @param out rows of `width` samples, packed @throws Error if a side is not positive
void scalePlane(const PlaneView &from, int width, int height, std::uint8_t *out);

} // namespace dscope
