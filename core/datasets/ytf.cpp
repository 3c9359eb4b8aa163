// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/base/lines.h"
#include "core/base/text.h"
#include "core/datasets/benchmarklists.h"
#include "core/datasets/framelist.h"
#include "core/datasets/ijbfiles.h"
#include "core/evaluation/paperfigures.h"

#include <algorithm>
#include <optional>

namespace dscope {

namespace fs = std::filesystem;

namespace {

/// Cells of a line separated by commas, without the blanks around them.
std::vector<std::string_view> cellsOf(std::string_view line)
{
    std::vector<std::string_view> cells;
    for (std::size_t at = 0; at <= line.size();) {
        const std::size_t end = std::min(line.find_first_of(",;", at), line.size());
        std::string_view cell = line.substr(at, end - at);
        while (!cell.empty() && (cell.front() == ' ' || cell.front() == '\t'))
            cell.remove_prefix(1);
        while (!cell.empty() && (cell.back() == ' ' || cell.back() == '\t'))
            cell.remove_suffix(1);
        cells.push_back(cell);
        at = end + 1;
    }
    return cells;
}

/// Boxes of a person's frames, "video/frame.jpg" to box, from name.labeled_faces.txt: `name\video\frame.jpg,?,x,y,width,height,?,?` with the box's centre.
std::unordered_map<std::string, Box> boxesOf(const ListSource &list, std::vector<std::string> &warnings, Progress &progress)
{
    std::unordered_map<std::string, Box> boxes;
    if (!list.isThere())
        return boxes;
    readMetaLines(list, "'name\\video\\frame.jpg,?,x,y,width,height,...'", warnings, progress, [&](std::string_view line) -> const char * {
        const std::vector<std::string_view> cells = cellsOf(line);
        if (cells.size() < 6)
            return "has fewer than six cells";
        std::string name(cells[0]);
        std::replace(name.begin(), name.end(), '\\', '/');
        const std::size_t slash = name.find('/');
        const auto x = wordAsNumber(cells[2]);
        const auto y = wordAsNumber(cells[3]);
        const auto w = wordAsNumber(cells[4]);
        const auto h = wordAsNumber(cells[5]);
        if (slash == std::string::npos || !x || !y || !w || !h || *w <= 0 || *h <= 0)
            return "has no box of a frame";
        boxes[name.substr(slash + 1)] = Box{*x - *w / 2, *y - *h / 2, *w, *h};
        return nullptr;
    });
    return boxes;
}

} // namespace

Benchmark readYtf(const fs::path &root, const BenchmarkOptions &options, Progress &progress)
{
    std::error_code problem;
    fs::path faces = options.pictures;
    for (const char *inner : {"aligned_images_DB", "frame_images_DB"})
        if (faces.empty() && fs::is_directory(root / inner, problem))
            faces = root / inner;
    if (faces.empty())
        faces = root;
    fs::path list = options.pairs;
    for (const fs::path &place : {root / "splits.txt", root / "meta_data" / "splits.txt", root / ".." / "splits.txt"})
        if (list.empty() && fs::is_regular_file(place, problem))
            list = place;
    if (list.empty() || !fs::is_regular_file(list, problem)) {
        std::string matlab;
        for (const fs::path &place : {root / "meta_data" / "meta_and_splits.mat", root / "meta_and_splits.mat"})
            if (fs::is_regular_file(place, problem))
                matlab = " " + place.string() + " is, but Matlab's files are not read: the same list is published as splits.txt.";
        throw FileError(list.empty() ? root / "splits.txt" : list, "YTF's list of pairs is not there; say where with --pairs." + matlab);
    }
    if (extensionOf(list) == ".mat")
        throw FileError(list, "is one of Matlab's files, which are not read; the same list is published as splits.txt.");
    YtfLists lists;
    lists.splits = ListSource::file(list);
    lists.frames = ListSource::file(root / "filelist.txt");
    lists.boxes = [&](const std::string &person) { return ListSource::file(faces / (person + ".labeled_faces.txt")); };
    Benchmark benchmark = parseYtf(lists, faces, options, progress);
    benchmark.synthetic = isSynthetic(root);
    return benchmark;
}

Benchmark parseYtf(const YtfLists &lists, const fs::path &faces, const BenchmarkOptions &options, Progress &progress)
{
    Benchmark benchmark;
    benchmark.name = ytfName;
    benchmark.tenFold = true;
    benchmark.fars = {1e-3, 1e-2, 1e-1};
    const fs::path &list = lists.splits.name();
    BenchmarkBuilder builder(benchmark);
    NameTable videos;                                                            // in the order of the templates
    std::unordered_map<std::string, std::unordered_map<std::string, Box>> boxes; // by person
    const auto complete = [&](const std::string &video, const std::string &frame, ImageItem &item) {
        const std::size_t slash = video.find('/');
        const auto [person, fresh] = boxes.try_emplace(video.substr(0, slash));
        if (fresh)
            person->second = boxesOf(lists.boxes(person->first), benchmark.warnings, progress);
        if (const auto box = person->second.find(video.substr(slash + 1) + '/' + frame); box != person->second.end())
            item.box = box->second;
    };
    const auto addVideo = [&](std::string_view video) {
        builder.addTemplate(static_cast<std::int64_t>(videos.size()) + 1, builder.subject(video.substr(0, video.find('/'))));
        return videos.add(video);
    };
    benchmark.pictureFolder = faces;
    const fs::path &frameFile = lists.frames.name();
    const bool listed = lists.frames.isThere();
    if (listed) {
        benchmark.pictureOrder = "that of the lines of " + frameFile.string();
        const std::unique_ptr<FrameList> frames = parseFrameList(lists.frames, FrameLine::Video, benchmark.warnings, progress);
        addClips(
            *frames, faces, benchmark, builder, [&](std::size_t clip) { addVideo(frames->clips[clip]); }, complete, progress);
    } else {
        benchmark.pictureOrder = "videos as " + list.string() + " first names them, each one's frames by name";
    }
    WarningList empty;
    PicturePath::Folder shared;
    LineReader reader = lists.splits.lines();
    const auto videoOf = [&](std::string_view name) {
        const std::size_t slash = name.find('/');
        if (!isSafeName(name) || slash == std::string_view::npos || slash == 0 || name.find('/', slash + 1) != std::string_view::npos
            || slash + 1 == name.size())
            throw FileError(list, reader.line(), "'" + std::string(name.substr(0, 80)) + "' is no video (name/number).");
        if (const std::optional<std::uint32_t> known = videos.find(name))
            return *known;
        progress.throwIfCancelled();
        const std::uint32_t place = addVideo(name);
        const std::string video(name);
        if (listed) {
            empty.add(
                FileError(list, reader.line(), "names the video " + video + ", of which " + frameFile.string() + " has no frame; it scores lowest against all.")
                    .what());
            return place;
        }
        const fs::path folder = faces / video;
        if (!shared)
            shared = PicturePath::folder(faces);
        const std::vector<std::string> frames = framesOf(folder);
        if (frames.empty())
            empty.add(folder.string() + ": holds no frame; the video scores lowest against all.");
        for (const std::string &frame : frames) {
            ImageItem item;
            item.file = PicturePath(shared, video + '/' + frame);
            complete(video, frame, item);
            builder.addFace(builder.picture(std::move(item)));
        }
        return place;
    };
    BenchmarkSplit split;
    std::int64_t lastFold = 0;
    bool ordered = true;
    while (const auto line = reader.next()) {
        if (reader.tooLong())
            throw FileError(list, reader.line(), "is longer than 65536 bytes.");
        std::string text(*line);
        std::replace(text.begin(), text.end(), '\\', '/');
        std::vector<std::string_view> cells = cellsOf(text);
        if (cells.size() == 1 && cells.front().empty())
            continue;
        if (cells.size() == 1) { // words: the same five, or "name/video name/video 1"
            cells.clear();
            std::string_view rest = text;
            for (std::string_view word = nextWord(rest); !word.empty() && cells.size() < 6; word = nextWord(rest))
                cells.push_back(word);
            if (cells.size() == 3)
                cells.insert(cells.begin(), {"0", "0"});
        }
        const auto fold = wordAsInteger(cells.front());
        if (!fold && reader.line() == 1)
            continue; // a header
        const auto same = cells.size() == 5 ? wordAsInteger(cells[4]) : std::nullopt;
        if (cells.size() != 5 || !fold || !same || *same < 0 || *same > 1)
            throw FileError(list, reader.line(), "is not 'split, pair, name/video, name/video, 0 or 1'.");
        ordered = ordered && *fold >= lastFold;
        lastFold = *fold;
        const std::uint32_t a = videoOf(cells[2]);
        const std::uint32_t b = videoOf(cells[3]);
        split.pairs.a.push_back(a);
        split.pairs.b.push_back(b);
        split.pairs.genuine.push_back(*same == 1 ? 1 : 0);
    }
    if (split.pairs.a.empty())
        throw FileError(list, "names no pair.");
    if (!ordered)
        benchmark.warnings.push_back(list.string() + ": its splits are not in order; the folds are tenths in file order all the same.");
    if (empty.count() == videos.size())
        throw FileError(faces, "holds none of the " + std::to_string(videos.size()) + " videos that " + list.string() + " names.");
    empty.appendTo(benchmark.warnings, "videos without a frame");
    if (empty.count() > 0)
        benchmark.warnings.push_back(std::to_string(empty.count()) + " of " + std::to_string(videos.size()) + " videos have no frame.");
    benchmark.splits.push_back(std::move(split));
    takeEveryNth(benchmark, options.everyNth, progress);
    return benchmark;
}

} // namespace dscope
