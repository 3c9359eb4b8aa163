// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/datasets/sourcedvideos.h"

#include "core/base/csv.h"
#include "core/base/entries.h"
#include "core/base/error.h"
#include "core/base/leftout.h"
#include "core/base/text.h"
#include "core/media/video.h"

#include <optional>

namespace dscope {

namespace fs = std::filesystem;

namespace {

constexpr int s_deepestFolder = 6; ///< levels of folders that are looked into

/// The video LABEL/CLIP with whatever ending.
fs::path clipNamed(const fs::path &root, const std::string &label, const std::string &clip)
{
    std::error_code problem;
    const fs::path folder = root / label;
    if (fs::is_directory(folder, problem))
        for (const fs::directory_entry &entry : sortedEntries(folder))
            if (entry.path().stem() == clip && entry.is_regular_file(problem) && looksLikeVideo(entry.path()))
                return entry.path();
    return {};
}

/// A name that stays below the folder of its list, or is given in full.
bool isName(std::string_view cell)
{
    return !cell.empty() && cell.find('\0') == std::string_view::npos;
}

SourcedVideos readSourceList(const fs::path &list, Progress &progress)
{
    const CsvTable table = readCsv(list, {.progress = &progress});
    const std::size_t source = table.requireColumn({"source", "group"});
    const auto label = table.column({"label", "class", "action"});
    const auto path = table.column({"path", "file", "video", "filename"});
    const auto clip = path ? std::nullopt : table.column({"clip"});
    if (!path && (!clip || !label))
        throw FileError(list, "needs a column 'path', or 'class' and 'clip'.");
    SourcedVideos set;
    LeftOut missing;
    std::error_code problem;
    for (const CsvTable::Row row : table.rows) {
        progress.throwIfCancelled();
        const std::string name(row.cells[path ? *path : *clip]);
        SourcedVideo video;
        video.source = row.cells[source];
        if (label)
            video.label = row.cells[*label];
        if (!isName(name) || !isName(video.source) || (clip && !isName(video.label)))
            throw FileError(list, row.line, "needs a video and its source.");
        video.file = clip ? clipNamed(list.parent_path(), video.label, name) : list.parent_path() / name;
        if (video.file.empty() || !fs::exists(video.file, problem)) {
            missing.add(name);
            continue;
        }
        set.videos.push_back(std::move(video));
    }
    if (missing.count() > 0)
        set.warnings.push_back(list.string() + ": "
                               + missing.sentence("video that is listed is not there and was", "videos that are listed are not there and were"));
    if (set.videos.empty())
        throw FileError(list, "none of its videos is there.");
    return set;
}

void addFolder(SourcedVideos &set, const fs::path &folder, const std::string &label, int depth, Progress &progress)
{
    std::error_code problem;
    if (depth > s_deepestFolder)
        return;
    for (const fs::directory_entry &entry : sortedEntries(folder)) {
        progress.throwIfCancelled();
        const std::string name = entry.path().filename().string();
        if (name.front() == '.')
            continue;
        if (entry.is_directory(problem))
            addFolder(set, entry.path(), name, depth + 1, progress);
        else if (entry.is_regular_file(problem) && looksLikeVideo(entry.path()))
            set.videos.push_back({entry.path(), label, entry.path().string()});
    }
}

} // namespace

SourcedVideos readSourcedVideos(const fs::path &from, Progress &progress)
{
    std::error_code problem;
    if (!fs::exists(from, problem))
        throw FileError(from, "does not exist; videos are needed, or a csv with their sources.");
    if (fs::is_regular_file(from, problem)) {
        if (lowerCase(from.extension().string()) == ".csv")
            return readSourceList(from, progress);
        if (looksLikeVideo(from))
            return {{{from, {}, from.string()}}, {}};
        throw FileError(from, "is neither a video nor a csv with videos and their sources.");
    }
    if (!fs::is_directory(from, problem))
        throw FileError(from, "is neither a folder of videos, a video nor a csv.");
    std::optional<fs::path> list;
    for (const fs::directory_entry &entry : sortedEntries(from)) {
        if (lowerCase(entry.path().extension().string()) != ".csv")
            continue;
        if (list)
            throw FileError(from, "has several csv files; name the one with the videos' sources.");
        list = entry.path();
    }
    if (list)
        return readSourceList(*list, progress);
    SourcedVideos set;
    addFolder(set, from, {}, 0, progress);
    if (set.videos.empty())
        throw FileError(from, "holds no videos.");
    return set;
}

} // namespace dscope
