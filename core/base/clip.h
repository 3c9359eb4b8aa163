// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/picture.h"

#include <utility>
#include <vector>

namespace dscope {

/// Pictures of one size in the order of time: one element of a task whose elements move. A still is a clip of one frame, and converts by itself.
class Clip {
public:
    Clip() = default;
    Clip(Picture still); // NOLINT(google-explicit-constructor)
    /// @throws Error for pictures of several sizes, or an empty one
    explicit Clip(std::vector<Picture> frames);

    bool empty() const noexcept { return m_frames.empty(); }
    int frames() const noexcept { return static_cast<int>(m_frames.size()); }
    /// Of every frame; 0 without one.
    int width() const noexcept { return empty() ? 0 : m_frames.front().width; }
    int height() const noexcept { return empty() ? 0 : m_frames.front().height; }
    const Picture &frame(int t) const { return m_frames[static_cast<std::size_t>(t)]; }
    std::vector<Picture>::const_iterator begin() const { return m_frames.begin(); }
    std::vector<Picture>::const_iterator end() const { return m_frames.end(); }
    /// All frames, to be kept.
    std::vector<Picture> takeFrames() && { return std::move(m_frames); }
    bool operator==(const Clip &) const = default;

private:
    std::vector<Picture> m_frames;
};

} // namespace dscope
