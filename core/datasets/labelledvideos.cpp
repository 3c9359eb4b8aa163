// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/datasets/labelledvideos.h"

#include "core/base/csv.h"
#include "core/base/entries.h"
#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/jsonfields.h"
#include "core/base/jsonlimits.h"
#include "core/base/leftout.h"
#include "core/base/lines.h"
#include "core/base/text.h"
#include "core/datasets/folders.h"
#include "core/media/video.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <utility>

namespace dscope {

namespace fs = std::filesystem;

namespace {

constexpr int s_deepest = 6; ///< levels of folders that are looked into
constexpr std::uint64_t s_longestList = std::uint64_t{1} << 30;
constexpr std::size_t s_mostSegments = 100'000; ///< of a video
constexpr double s_longest = 1e7;               ///< seconds of a video
constexpr const char *s_layouts =
    "Labelled videos are read from ActivityNet's JSON (activity_net.v1-2.json) with the videos by their ids, from Kinetics' csv (label, "
    "youtube_id, time_start, time_end, split), from a folder per class, and from a csv with the columns path and label.";

/// Classes by the order of their names.
class ClassNames {
public:
    /// The place of a name, which is not yet its label.
    std::int32_t add(const std::string &name) { return m_places.try_emplace(name, static_cast<std::int32_t>(m_places.size())).first->second; }
    /// Makes labels of places.
    void finish(LabelledVideos &set)
    {
        std::vector<std::int32_t> labels(m_places.size());
        for (const auto &[name, place] : m_places) { // by name
            labels[static_cast<std::size_t>(place)] = static_cast<std::int32_t>(set.classes.size());
            set.classes.push_back(name);
        }
        const auto label = [&](std::int32_t place) { return place < 0 ? place : labels[static_cast<std::size_t>(place)]; };
        for (LabelledVideo &video : set.videos) {
            video.label = label(video.label);
            for (LabelledSegment &segment : video.segments)
                segment.label = label(segment.label);
        }
    }

private:
    std::map<std::string, std::int32_t> m_places;
};

/// What is not there.
class MissingVideos {
public:
    void add(const std::string &id)
    {
        ++m_count;
        m_left.add(id);
    }
    void tell(LabelledVideos &set, const fs::path &list) const
    {
        set.missing = m_count;
        if (m_count > 0)
            set.warnings.push_back(list.string() + ": "
                                   + m_left.sentence("video that is listed is not there and was", "videos that are listed are not there and were"));
        if (set.videos.empty() && m_count > 0)
            throw FileError(list, "none of its " + std::to_string(m_count) + " videos is there; they are looked for by their names below the set's folder.");
    }

private:
    std::int64_t m_count = 0;
    LeftOut m_left;
};

/// The label whose segments are the longest together.
std::int32_t mainLabel(const std::vector<LabelledSegment> &segments)
{
    std::map<std::int32_t, double> seconds;
    for (const LabelledSegment &segment : segments)
        seconds[segment.label] += segment.toS - segment.fromS;
    std::int32_t best = -1;
    for (const auto &[label, length] : seconds)
        if (best < 0 || length > seconds.at(best))
            best = label;
    return best;
}

[[noreturn]] void noSuchSubset(const fs::path &name, const std::string &subset, const std::set<std::string> &there)
{
    std::string words;
    for (const std::string &word : there)
        words += (words.empty() ? "'" : ", '") + shownName(word) + "'";
    throw FileError(name, "has no video of the subset '" + shownName(subset) + "'; there are " + (words.empty() ? "none" : words) + ".");
}

/// Videos below a folder by their names without endings; folders of frames by theirs.
class VideosBelow {
public:
    VideosBelow(const fs::path &root, Progress &progress) { look(root, 0, progress); }

    std::optional<fs::path> find(const std::string &stem) const
    {
        const auto found = m_files.find(stem);
        return found == m_files.end() ? std::nullopt : std::optional(found->second);
    }
    bool empty() const { return m_files.empty(); }

private:
    void look(const fs::path &folder, int depth, Progress &progress)
    {
        progress.throwIfCancelled();
        std::error_code unknown;
        if (depth > s_deepest || !m_seen.insert(fs::weakly_canonical(folder, unknown)).second)
            return;
        for (const fs::directory_entry &entry : sortedEntries(folder)) {
            const std::string name = entry.path().filename().string();
            if (name.front() == '.')
                continue;
            if (entry.is_directory(unknown)) {
                look(entry.path(), depth + 1, progress);
                if (holdsPictures(entry.path()))
                    m_files.try_emplace(name, entry.path());
            } else if (entry.is_regular_file(unknown) && looksLikeVideo(entry.path())) {
                m_files.try_emplace(entry.path().stem().string(), entry.path());
            }
        }
    }

    std::map<std::string, fs::path> m_files;
    std::set<fs::path> m_seen; // a link may lead back up
};

/// ActivityNet's own words for its subsets.
std::string activityNetSubset(const std::string &wanted)
{
    if (wanted == "train")
        return "training";
    if (wanted == "val" || wanted == "validate" || wanted.empty())
        return "validation";
    return wanted == "test" ? "testing" : wanted;
}

/// Kinetics' csv files name them so, or so.
bool isSplit(std::string_view cell, const std::string &wanted)
{
    constexpr std::array<std::array<std::string_view, 3>, 3> same{
        {{"validate", "validation", "val"}, {"train", "training", "train"}, {"test", "testing", "test"}}};
    for (const auto &words : same)
        if (std::find(words.begin(), words.end(), wanted) != words.end())
            return std::find(words.begin(), words.end(), cell) != words.end();
    return cell == wanted;
}

/// The list of a layout in the root: a file that is called as they are.
fs::path listIn(const fs::path &root, VideoLayout layout)
{
    std::vector<fs::path> found;
    for (const fs::directory_entry &entry : sortedEntries(root)) {
        const std::string name = lowerCase(entry.path().filename().string());
        const bool json = name.ends_with(".json") && name.find("activity") != std::string::npos;
        const bool csv = name.ends_with(".csv");
        if (layout == VideoLayout::ActivityNet ? json : csv)
            found.push_back(entry.path());
    }
    if (found.size() == 1)
        return found.front();
    if (found.empty())
        return {};
    std::string names;
    for (const fs::path &file : found)
        names += (names.empty() ? "" : ", ") + shownName(file.filename().string());
    throw FileError(root, "has several lists: " + names + ". Say which.");
}

LabelledVideos readClasses(const fs::path &root, Progress &progress)
{
    LabelledVideos set;
    set.name = root.filename().empty() ? root.parent_path().filename().string() : root.filename().string();
    ClassNames classes;
    LeftOut others;
    std::error_code unknown;
    for (const fs::directory_entry &folder : sortedEntries(root)) {
        const std::string name = folder.path().filename().string();
        if (name.front() == '.' || !folder.is_directory(unknown))
            continue;
        for (const fs::directory_entry &entry : sortedEntries(folder.path())) {
            progress.throwIfCancelled();
            const std::string file = entry.path().filename().string();
            if (file.front() == '.')
                continue;
            const bool frames = entry.is_directory(unknown) && holdsPictures(entry.path());
            if (!frames && !(entry.is_regular_file(unknown) && looksLikeVideo(entry.path()))) {
                others.add(name + '/' + file);
                continue;
            }
            LabelledVideo video;
            video.file = entry.path();
            video.id = name + '/' + (frames ? file : entry.path().stem().string());
            video.label = classes.add(name);
            set.videos.push_back(std::move(video));
        }
    }
    if (set.videos.empty())
        throw FileError(root, std::string("holds no folder with videos. ") + s_layouts);
    if (others.count() > 0)
        set.warnings.push_back(others.sentence("file is no video and was", "files are no videos and were"));
    classes.finish(set);
    return set;
}

/// Start and end of a row, in seconds; nothing for a row in which they make no sense.
std::optional<std::pair<double, std::optional<double>>> stretchOf(std::string_view start, std::string_view end)
{
    const std::optional<double> from = start.empty() ? std::optional(0.0) : parseNumber(start);
    const std::optional<double> to = end.empty() ? std::nullopt : parseNumber(end);
    if (!from || *from < 0 || *from > s_longest || (!end.empty() && (!to || *to <= *from || *to > s_longest)))
        return std::nullopt;
    return std::pair(*from, to);
}

LabelledVideos readList(const fs::path &list, const std::string &subset, Progress &progress)
{
    WarningList bad(5);
    const CsvTable table = readCsv(list, {.badRows = &bad, .progress = &progress});
    const std::size_t path = table.requireColumn({"path", "file", "video", "filename"});
    const std::size_t label = table.requireColumn({"label", "class", "action"});
    const auto from = table.column({"start", "start_s", "from", "time_start"});
    const auto to = table.column({"end", "end_s", "to", "time_end"});
    const auto split = table.column({"split", "subset", "part"});
    LabelledVideos set;
    set.name = list.stem().string();
    ClassNames classes;
    MissingVideos missing;
    std::set<std::string> splits;
    std::error_code unknown;
    for (const CsvTable::Row row : table.rows) {
        progress.throwIfCancelled();
        if (split && !subset.empty() && !isSplit(row.cells[*split], subset)) {
            splits.emplace(row.cells[*split]);
            continue;
        }
        const auto stretch = stretchOf(from ? row.cells[*from] : std::string_view(), to ? row.cells[*to] : std::string_view());
        const std::string name(row.cells[path]);
        if (name.empty() || row.cells[label].empty() || name.find('\0') != std::string::npos || !stretch) {
            bad.add(FileError(list, row.line, "needs a video, a label and, where there are any, a start before its end. The line was left out.").what());
            continue;
        }
        LabelledVideo video;
        video.file = fs::path(name).is_absolute() ? fs::path(name) : list.parent_path() / name;
        video.id = name;
        if (!fs::exists(video.file, unknown)) {
            missing.add(name);
            continue;
        }
        video.label = classes.add(std::string(row.cells[label]));
        std::tie(video.fromS, video.toS) = *stretch;
        set.videos.push_back(std::move(video));
    }
    if (!subset.empty() && !split)
        throw FileError(list, "has no column 'split' to choose '" + shownName(subset) + "' by.");
    missing.tell(set, list);
    bad.appendTo(set.warnings, "lines of no use in " + list.string());
    if (set.videos.empty() && !splits.empty())
        noSuchSubset(list, subset, splits);
    if (set.videos.empty())
        throw FileError(list, "has no line that can be used." + (bad.count() > 0 ? " " + bad.first() : std::string()));
    classes.finish(set);
    return set;
}

} // namespace

VideoLayout videoLayoutOf(const fs::path &root, const LabelledVideosOptions &options)
{
    if (options.layout)
        return *options.layout;
    std::error_code problem;
    if (fs::is_regular_file(root, problem) || !options.list.empty()) {
        const fs::path list = options.list.empty() ? root : options.list;
        if (lowerCase(list.extension().string()) == ".json")
            return VideoLayout::ActivityNet;
        const CsvTable table = readCsv(list, {.ragged = true});
        return table.column({"youtube_id"}) ? VideoLayout::Kinetics : VideoLayout::List;
    }
    if (!listIn(root, VideoLayout::ActivityNet).empty())
        return VideoLayout::ActivityNet;
    if (const fs::path csv = listIn(root, VideoLayout::List); !csv.empty())
        return readCsv(csv, {.ragged = true}).column({"youtube_id"}) ? VideoLayout::Kinetics : VideoLayout::List;
    return VideoLayout::Classes;
}

LabelledVideos parseActivityNet(const std::string &text, const fs::path &name, const std::string &wanted, const FindVideo &find, Progress &progress)
{
    const Json json = parseJson(text, name, {}, progress);
    const JsonFields fields(json, name);
    const std::string subset = activityNetSubset(wanted);
    LabelledVideos set;
    const Json *version = fields.has("version") ? &fields.at("version") : nullptr;
    set.name = "ActivityNet" + (version != nullptr && version->is_string() ? " " + shownName(version->get<std::string>()) : std::string()) + ", " + subset;
    ClassNames classes;
    MissingVideos missing;
    std::set<std::string> subsets;
    const JsonFields database = fields.object("database");
    for (const auto &[id, entry] : database.json().items()) {
        progress.throwIfCancelled();
        const JsonFields one(entry, name, database.way(id));
        if (const std::string its = one.text("subset"); its != subset) {
            subsets.insert(its);
            continue;
        }
        LabelledVideo video;
        video.id = id;
        video.untrimmed = true;
        for (const JsonFields &annotation : one.objects("annotations", s_mostSegments)) {
            const std::vector<double> segment = annotation.numbers("segment", 2, 0, s_longest);
            if (segment.size() != 2 || !(segment[0] <= segment[1]))
                annotation.wrong("segment", "a beginning and an end in seconds");
            video.segments.push_back({classes.add(annotation.text("label")), segment[0], segment[1]});
        }
        std::stable_sort(video.segments.begin(), video.segments.end(), [](const auto &a, const auto &b) { return a.fromS < b.fromS; });
        video.label = mainLabel(video.segments);
        std::optional<fs::path> file = find("v_" + id);
        if (!file)
            file = find(id);
        if (!file) {
            missing.add(id);
            continue;
        }
        video.file = std::move(*file);
        set.videos.push_back(std::move(video));
    }
    missing.tell(set, name);
    if (set.videos.empty())
        noSuchSubset(name, subset, subsets);
    classes.finish(set);
    return set;
}

LabelledVideos parseKinetics(std::string text, const fs::path &name, const std::string &wanted, const FindVideo &find, Progress &progress)
{
    WarningList bad(5);
    const CsvTable table = parseCsv(std::move(text), name, {.badRows = &bad, .progress = &progress});
    const std::size_t id = table.requireColumn({"youtube_id"});
    const auto label = table.column({"label"}); // the test split has none
    const std::size_t start = table.requireColumn({"time_start"});
    const std::size_t end = table.requireColumn({"time_end"});
    const auto split = table.column({"split"});
    const std::string subset = wanted.empty() ? "validate" : wanted;
    LabelledVideos set;
    set.name = "Kinetics, " + (isSplit("validate", subset) ? std::string("validation") : subset);
    ClassNames classes;
    MissingVideos missing;
    std::set<std::string> splits;
    for (const CsvTable::Row row : table.rows) {
        progress.throwIfCancelled();
        if (split && !isSplit(row.cells[*split], subset)) {
            splits.emplace(row.cells[*split]);
            continue;
        }
        LabelledVideo video;
        video.id = row.cells[id];
        const auto stretch = stretchOf(row.cells[start], row.cells[end]);
        if (video.id.empty() || video.id.find('\0') != std::string::npos || !stretch || !stretch->second) {
            bad.add(FileError(name, row.line, "needs a youtube_id, and a time_start before a time_end. The line was left out.").what());
            continue;
        }
        if (label && !row.cells[*label].empty())
            video.label = classes.add(std::string(row.cells[*label]));
        const auto from = static_cast<long long>(stretch->first);
        const auto to = static_cast<long long>(*stretch->second);
        if (std::optional<fs::path> cut = find(printed("%s_%06lld_%06lld", video.id.c_str(), from, to))) {
            video.file = std::move(*cut);
        } else if (std::optional<fs::path> whole = find(video.id)) { // not cut out of its video
            video.file = std::move(*whole);
            video.fromS = stretch->first;
            video.toS = stretch->second;
        } else {
            missing.add(video.id);
            continue;
        }
        set.videos.push_back(std::move(video));
    }
    missing.tell(set, name);
    bad.appendTo(set.warnings, "lines of no use in " + name.string());
    if (set.videos.empty())
        noSuchSubset(name, subset, splits);
    classes.finish(set);
    return set;
}

LabelledVideos readLabelledVideos(const fs::path &root, const LabelledVideosOptions &options, Progress &progress)
{
    std::error_code problem;
    if (!fs::exists(root, problem))
        throw FileError(root, std::string("does not exist. ") + s_layouts);
    const VideoLayout layout = videoLayoutOf(root, options);
    const bool file = fs::is_regular_file(root, problem);
    if (layout == VideoLayout::Classes) {
        if (file)
            throw FileError(root, std::string("is no folder. ") + s_layouts);
        if (!options.subset.empty())
            throw Error("A folder of classes has no subsets; name the folder of the one that is wanted.");
        return readClasses(root, progress);
    }
    const fs::path list = !options.list.empty() ? options.list : file ? root : listIn(root, layout);
    if (list.empty())
        throw FileError(root, std::string("has no list of its videos. ") + s_layouts);
    if (layout == VideoLayout::List)
        return readList(list, options.subset, progress);
    const VideosBelow videos(file ? root.parent_path() : root, progress);
    const FindVideo find = [&](const std::string &stem) { return videos.find(stem); };
    std::string text = readText(list, s_longestList);
    return layout == VideoLayout::ActivityNet ? parseActivityNet(text, list, options.subset, find, progress)
                                              : parseKinetics(std::move(text), list, options.subset, find, progress);
}

std::int32_t clipLabel(const LabelledVideo &video, double fromS, double toS)
{
    if (!video.untrimmed)
        return video.label;
    std::map<std::int32_t, double> inside;
    std::map<std::int32_t, double> until; // what two segments of one label share counts once
    for (const LabelledSegment &segment : video.segments) {
        double &end = until.try_emplace(segment.label, fromS).first->second;
        inside[segment.label] += std::max(0.0, std::min(toS, segment.toS) - std::max(end, segment.fromS));
        end = std::max(end, segment.toS);
    }
    std::int32_t best = -1;
    for (const auto &[label, seconds] : inside)
        if (seconds > 0 && 2 * seconds >= toS - fromS && (best < 0 || seconds > inside.at(best)))
            best = label;
    return best;
}

} // namespace dscope
