// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace dscope {

/// A video of a made set, as ActivityNet's list has it.
struct MadeVideo {
    struct Segment {
        double fromS = 0;
        double toS = 0;
    };

    std::string id;
    bool training = false; ///< else of the subset "validation"
    double durationS = 0;
    int width = 0;
    int height = 0;
    std::string label;
    std::vector<Segment> segments;
};

/// Where the video of an id lies in a made set: videos/v_ID.mp4.
std::filesystem::path madeVideoFile(const std::filesystem::path &root, const std::string &id);
/// What the list is called.
inline constexpr const char *madeListName = "activity_net.v1-2.json";
/// Writes the list. @param version of the list, which readers name @throws FileError
void writeMadeList(const std::filesystem::path &root, const std::string &version, const std::vector<MadeVideo> &videos);

} // namespace dscope
