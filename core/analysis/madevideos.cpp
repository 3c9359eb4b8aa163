// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/madevideos.h"

#include "core/base/json.h"

namespace dscope {

namespace fs = std::filesystem;

fs::path madeVideoFile(const fs::path &root, const std::string &id)
{
    return root / "videos" / ("v_" + id + ".mp4");
}

void writeMadeList(const fs::path &root, const std::string &version, const std::vector<MadeVideo> &videos)
{
    Json database = Json::object();
    for (const MadeVideo &video : videos) {
        Json annotations = Json::array();
        for (const MadeVideo::Segment &segment : video.segments)
            annotations.push_back({{"segment", {segment.fromS, segment.toS}}, {"label", video.label}});
        database[video.id] = {{"duration", video.durationS},
                              {"subset", video.training ? "training" : "validation"},
                              {"resolution", std::to_string(video.width) + "x" + std::to_string(video.height)},
                              {"url", ""},
                              {"annotations", std::move(annotations)}};
    }
    const Json list = {{"version", version}, {"taxonomy", Json::array()}, {"database", std::move(database)}};
    writeJson(root / madeListName, list);
}

} // namespace dscope
