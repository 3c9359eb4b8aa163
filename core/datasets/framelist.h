// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/picturefile.h"
#include "core/datasets/benchmark.h"
#include "core/datasets/listsource.h"
#include "core/datasets/nametable.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace dscope {

/// Clips and their frames as a text names them, a line each, in the order of the lines.
struct FrameList {
    struct Entry {
        std::uint32_t clip = 0; ///< its place in `clips`
        PooledName frame;       ///< the file's name; empty: whatever the clip's folder holds
    };
    NameTable clips; ///< each once, in the order of their first lines
    NamePool frames; ///< names of the entries' frames
    std::vector<Entry> entries;
};

/// What a line of such a text is.
enum class FrameLine {
    Clip, ///< its first word: a clip's folder, or `clip/frame.jpg`; frames that are named go before whatever else the folder holds (iQIYI-VID-FACE)
    Video ///< the whole line: `name/video/frame.jpg` (YouTube Faces)
};
/// Malformed lines and clips that are there twice are listed among the warnings. @throws FileError when the file names nothing; Cancelled
std::unique_ptr<FrameList> parseFrameList(const ListSource &list, FrameLine line, std::vector<std::string> &warnings, Progress &progress);

/// Puts a list into a benchmark: pictures in the order of its lines (a folder's by name), a template a clip in the order of `clips`. No named frame is
/// looked for on the disk. A frame that is there twice counts once, which a warning says.
/// @param addTemplate begins the template of a clip, by its place
/// @param complete adds what else is known of a frame
void addClips(const FrameList &list, const std::filesystem::path &folder, Benchmark &benchmark, BenchmarkBuilder &builder,
              const std::function<void(std::size_t clip)> &addTemplate,
              const std::function<void(const std::string &clip, const std::string &frame, ImageItem &item)> &complete, Progress &progress);

} // namespace dscope
