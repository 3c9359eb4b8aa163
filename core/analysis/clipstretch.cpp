// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/clipstretch.h"

#include "core/base/error.h"
#include "core/media/clipreader.h"
#include "core/media/framesource.h"

#include <utility>

namespace dscope {

ClipStretch::ClipStretch(const std::filesystem::path &file, Progress &progress)
    : m_file(file), m_source(openFrames(file, rate, progress)), m_places(framesAtRate(m_source->ticks(), rate))
{
}

ClipStretch::~ClipStretch() = default;

std::vector<Picture> ClipStretch::read(std::int64_t begin, std::int64_t count, Progress &progress)
{
    ClipPlace place;
    place.frames.assign(m_places.begin() + begin, m_places.begin() + begin + count);
    std::vector<Picture> frames;
    try {
        readClips(
            *m_source, std::span<const ClipPlace>(&place, 1), {size, size, size}, [&](std::size_t, Clip &&clip) { frames.assign(clip.begin(), clip.end()); },
            progress);
    } catch (const FileError &) {
        throw;
    } catch (const Error &error) {
        throw FileError(m_file, error.what());
    }
    return frames;
}

} // namespace dscope
