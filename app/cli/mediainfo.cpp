// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/info.h"
#include "app/cli/onnxinfo.h"
#include "app/cli/projectfile.h"

#include "core/datasets/imageset.h"
#include "core/image/reader.h"
#include "core/media/video.h"
#include "core/nets/recognise.h"

#include <algorithm>
#include <set>

namespace dscope::cli {

namespace fs = std::filesystem;

namespace {

Json videoInfo(const fs::path &path, Progress &progress)
{
    progress.stage("Reading the index");
    VideoReader reader(path, {}, &progress);
    const VideoInfo info = reader.info();
    Json json{{"kind", "video"},     {"width", info.width}, {"height", info.height},        {"rotation", info.rotation}, {"container", info.container},
              {"codec", info.codec}, {"fps", info.fps},     {"duration_s", info.durationS}, {"frames", info.frames}};
    // Players and other tools name the stored size; ours is the one of the pictures that are analysed.
    json["pixels"] = info.pixelWidth == info.pixelHeight ? "square" : "stretched until they are square";
    json["pixel_aspect"] = std::to_string(info.pixelWidth) + ':' + std::to_string(info.pixelHeight);
    json["dynamic_range"] = info.range;
    if (!reader.warnings().empty())
        json["warnings"] = reader.warnings();
    return json;
}

Json setInfo(const fs::path &path, Progress &progress)
{
    const ImageSet set = readImageSet(path, progress);
    std::size_t pictures = 0;
    std::size_t least = set.groups.empty() ? 0 : set.groups.front().items.size();
    std::size_t most = 0;
    std::size_t landmarks = 0;
    std::set<std::string> labels;
    for (const ImageGroup &group : set.groups) {
        pictures += group.items.size();
        least = std::min(least, group.items.size());
        most = std::max(most, group.items.size());
        if (!group.label.empty())
            labels.insert(group.label);
        for (const ImageItem &item : group.items)
            landmarks += item.landmarks ? 1 : 0;
    }
    Json json{{"kind", set.kind},        {"groups", set.groups.size()},         {"pictures", pictures}, {"smallest_group", least}, {"largest_group", most},
              {"labels", labels.size()}, {"pictures_with_landmarks", landmarks}};
    if (!set.warnings.empty())
        json["warnings"] = set.warnings;
    return json;
}

Json mediaInfo(const fs::path &path, Progress &progress)
{
    if (fs::is_regular_file(path) && isOnnxFile(path))
        return onnxInfo(path, progress);
    if (isProject(path))
        return projectInfo(path);
    switch (sourceKind(path)) {
    case SourceKind::Video: return videoInfo(path, progress);
    case SourceKind::Picture: {
        std::vector<std::string> warnings;
        const Picture picture = readPicture(path, &warnings);
        Json json{{"kind", "picture"}, {"width", picture.width}, {"height", picture.height}};
        if (!warnings.empty())
            json["warnings"] = warnings;
        return json;
    }
    default: return setInfo(path, progress);
    }
}

} // namespace

Command infoCommand()
{
    return infoCommandWith("Tells about a video, a picture, a set of pictures, a project, a weights file or a JSON of scores", mediaInfo);
}

} // namespace dscope::cli
