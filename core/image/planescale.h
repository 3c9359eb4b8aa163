// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace dscope {

/// One channel of 8-bit samples in somebody else's memory; rows begin `stride` bytes apart (negative when they run upwards).
struct PlaneView {
    const std::uint8_t *data = nullptr;
    std::ptrdiff_t stride = 0;
    int width = 0;
    int height = 0;
};

/// What one sample of a plane stands for along an axis: a pixel, or two of them that share their chroma.
struct PlaneShare {
    int across = 1; ///< pixels a sample, 1 or 2
    int down = 1;
    int pictureWidth = 0; ///< pixels; 0: as many as samples. An odd side's last pixel has a sample for itself
    int pictureHeight = 0;
};

/// Brings a plane to width x height: along an axis that shrinks by the area filter (the mean of what falls onto the sample, parts of samples
/// by their share), along one that grows by linear interpolation between sample centres. Where two pixels share a sample, the result is that of a
/// bicubic interpolation (B = 0, C = 0.6, swscale's) to one sample a pixel, brought to width x height. Nothing is rounded or clipped.
/// @param out rows of `width` levels, packed @throws Error if a side is not positive
void scalePlane(const PlaneView &from, int width, int height, float *out, const PlaneShare &share = {});

/// The same a few rows at a time, so that what is made of them finds them in the processor's cache.
class PlaneScaler {
public:
    static constexpr int kRows = 8;

    /// @throws Error as scalePlane()
    PlaneScaler(const PlaneView &from, int width, int height, const PlaneShare &share = {});
    ~PlaneScaler();
    PlaneScaler(const PlaneScaler &) = delete;
    PlaneScaler &operator=(const PlaneScaler &) = delete;

    /// Rows y to y + 7 (behind the last one: its repetition), sample by sample: out[kRows * x + row].
    void rows(int y, float *out);

private:
    struct Private;
    std::unique_ptr<Private> d;
};

/// A plane at its picture's own size, row by row: what scalePlane() gives there, in a shorter way.
class PlaneRows {
public:
    /// @throws Error as scalePlane()
    explicit PlaneRows(const PlaneView &from, const PlaneShare &share = {});
    /// @param out as many levels as the picture is wide, and one more
    void row(int y, float *out);

private:
    PlaneView m_from;
    PlaneShare m_share;
    std::vector<float> m_column; ///< one row of samples, two more at either end
};

} // namespace dscope
