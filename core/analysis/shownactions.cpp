// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/shownactions.h"

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/datasets/labelledvideos.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <utility>

namespace dscope {

namespace fs = std::filesystem;

namespace {

/// What a list says, by the videos' ids.
struct ActionList {
    std::vector<std::string> classes;
    std::map<std::string, LabelledVideo> videos;
};

/// The list that lies in a folder; empty: none.
fs::path listIn(const fs::path &folder)
{
    std::error_code problem;
    std::vector<fs::path> found;
    for (fs::directory_iterator entry(folder, problem); !problem && entry != fs::directory_iterator(); entry.increment(problem))
        if (entry->path().extension() == ".json" && entry->path().filename().string().starts_with("activity_net"))
            found.push_back(entry->path());
    return found.empty() ? fs::path() : *std::min_element(found.begin(), found.end());
}

std::vector<std::pair<std::string, ActionList>> read(const fs::path &file, Progress &progress)
{
    constexpr std::uint64_t longest = std::uint64_t{256} << 20;
    const std::string text = readText(file, longest);
    std::vector<std::pair<std::string, ActionList>> subsets;
    std::optional<FileError> problem;
    for (const char *subset : {"training", "validation", "testing"}) {
        try {
            LabelledVideos set = parseActivityNet(
                text, file, subset, [](const std::string &stem) { return std::optional<fs::path>(stem); }, progress);
            ActionList list{std::move(set.classes), {}};
            for (LabelledVideo &video : set.videos) {
                const std::string id = video.id;
                list.videos.emplace(id, std::move(video));
            }
            subsets.emplace_back(subset, std::move(list));
        } catch (const FileError &error) {
            problem = error; // it has no such subset, or is no list at all
        }
    }
    if (subsets.empty())
        throw FileError(*problem);
    return subsets;
}

} // namespace

void addShownActions(Analysis &analysis, Progress &progress)
{
    std::map<fs::path, std::vector<std::pair<std::string, ActionList>>> lists;
    for (Source &source : analysis.sources) {
        const fs::path folder = fs::absolute(source.path).lexically_normal().parent_path();
        fs::path file = listIn(folder);
        if (file.empty())
            file = listIn(folder.parent_path());
        if (file.empty() || source.groups.empty())
            continue;
        const bool fresh = !lists.contains(file);
        try {
            if (fresh)
                lists[file] = read(file, progress);
        } catch (const FileError &error) {
            source.warnings.emplace_back(error.what());
        }
        std::string id = source.path.stem().string();
        for (const auto &[subset, list] : lists[file]) {
            auto video = list.videos.find(id);
            if (video == list.videos.end() && id.starts_with("v_"))
                video = list.videos.find(id.substr(2));
            if (video == list.videos.end())
                continue;
            for (const LabelledSegment &segment : video->second.segments)
                source.actions.push_back({list.classes[static_cast<std::size_t>(segment.label)], segment.fromS, segment.toS});
            if (Group &group = source.groups.front(); group.label.empty() && video->second.label >= 0)
                group.label = list.classes[static_cast<std::size_t>(video->second.label)];
            break;
        }
    }
}

} // namespace dscope
