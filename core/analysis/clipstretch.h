// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/picture.h"
#include "core/base/progress.h"
#include "core/media/framerate.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <vector>

namespace dscope {

class FrameSource;

/// A video as made sets take it: at 30 frames per second, its middle square at 128 x 128.
class ClipStretch {
public:
    static constexpr int size = 128; ///< pixels
    static constexpr Ratio rate{30, 1};

    /// @throws FileError for what is no video, Cancelled
    ClipStretch(const std::filesystem::path &file, Progress &progress);
    ~ClipStretch();

    /// At the rate.
    std::int64_t frames() const { return static_cast<std::int64_t>(m_places.size()); }
    /// Frames `begin` to `begin + count`. One that cannot be decoded is the one before it, the first ones the one behind. @throws FileError where none can
    std::vector<Picture> read(std::int64_t begin, std::int64_t count, Progress &progress);

private:
    std::filesystem::path m_file;
    std::unique_ptr<FrameSource> m_source;
    std::vector<std::int64_t> m_places; ///< of the video's frames, by those at the rate
};

} // namespace dscope
