// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tasks/reid/tracklets.h"

#include "core/base/csv.h"
#include "core/base/error.h"
#include "core/base/inputfile.h"
#include "core/base/leftout.h"
#include "core/base/lines.h"
#include "core/base/naturalorder.h"
#include "core/base/picturefile.h"
#include "core/base/picturefinder.h"
#include "core/base/picturelist.h"
#include "core/base/text.h"
#include "core/datasets/folders.h"
#include "core/datasets/nametable.h"
#include "core/tasks/reid/framename.h"
#include "core/tasks/reid/matches.h"

#include <algorithm>
#include <array>
#include <functional>
#include <numeric>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace dscope {

namespace fs = std::filesystem;

namespace {

constexpr int s_deepest = 6; ///< levels of folders that are looked into
constexpr const char *s_layouts = "Tracklets are read from folders person/camera/track/frame.jpg, person/camera/frame.jpg or cam1/person/frame.jpg, with "
                                  "cameras called c1, cam_a, camera2 or "
                                  "1; from frames called as in MARS (0001C1T0001F001.jpg) or as in DukeMTMC and Market-1501 (0001_c2_f0000001.jpg); and from a "
                                  "csv with columns path, person, "
                                  "camera and track.";

/// Tracklets as they come together from frames in any order.
class TrackletCollector {
public:
    TrackletCollector(Benchmark &benchmark, const fs::path &folder) : m_benchmark(benchmark), m_builder(benchmark), m_folder(PicturePath::folder(folder)) {}

    /// @param person empty: junk @param distractor of no query
    /// @return false for a frame that is there already
    bool add(std::string_view name, const std::string &person, const std::string &camera, const std::string &track, bool distractor = false)
    {
        ImageItem item;
        item.file = PicturePath(m_folder, name);
        const std::size_t before = m_benchmark.pictures.size();
        const std::uint32_t picture = m_builder.picture(std::move(item));
        if (m_benchmark.pictures.size() == before)
            return false;
        std::string key = person;
        key += '\0';
        key += camera;
        key += '\0';
        key += track;
        const std::uint32_t place = m_keys.add(key);
        if (place == m_tracks.size()) {
            m_tracks.emplace_back();
            m_tracks.back().subject = m_builder.subject(person);
            m_tracks.back().camera = m_cameras.add(camera);
            m_tracks.back().query = !person.empty() && !distractor;
        }
        m_tracks[place].pictures.push_back(picture);
        return true;
    }
    std::size_t size() const { return m_tracks.size(); }

    /// Puts the tracklets into the benchmark, in the order of their first frames.
    RetrievalLists finish()
    {
        const std::vector<std::int32_t> cameras = cameraNumbers();
        RetrievalLists lists;
        for (std::size_t t = 0; t < m_tracks.size(); ++t) {
            const Track &track = m_tracks[t];
            m_builder.addTemplate(static_cast<std::int64_t>(t) + 1, track.subject);
            m_benchmark.cameras.push_back(cameras[track.camera]);
            for (const std::uint32_t picture : track.pictures)
                m_builder.addFace(picture);
            if (track.query)
                lists.queries.push_back(static_cast<std::uint32_t>(t));
        }
        lists.gallery = everyTemplate(m_benchmark);
        return lists;
    }

private:
    struct Track {
        std::int32_t subject = -1;
        std::uint32_t camera = 0;
        bool query = false;
        std::vector<std::uint32_t> pictures;
    };

    /// By the numbers that the cameras' names end in, where each has one of its own; else counted in the order of the names.
    std::vector<std::int32_t> cameraNumbers() const
    {
        std::vector<std::int32_t> numbers;
        std::set<std::int32_t> different;
        for (std::size_t c = 0; c < m_cameras.size(); ++c) {
            const std::string_view name = m_cameras[c];
            std::size_t digits = 0;
            while (digits < name.size() && isDigit(name[name.size() - 1 - digits]))
                ++digits;
            const std::optional<std::int64_t> number = digits <= 6 ? wordAsInteger(name.substr(name.size() - digits)) : std::nullopt;
            numbers.push_back(static_cast<std::int32_t>(number.value_or(-1)));
            if (number)
                different.insert(numbers.back());
        }
        if (different.size() == m_cameras.size())
            return numbers;
        std::vector<std::uint32_t> order(m_cameras.size());
        std::iota(order.begin(), order.end(), 0U);
        std::sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) { return naturalLess(m_cameras[a], m_cameras[b]); });
        for (std::size_t i = 0; i < order.size(); ++i)
            numbers[order[i]] = static_cast<std::int32_t>(i) + 1;
        return numbers;
    }

    Benchmark &m_benchmark;
    BenchmarkBuilder m_builder;
    PicturePath::Folder m_folder;
    NameTable m_keys;
    NameTable m_cameras;
    std::vector<Track> m_tracks;
};

/// A folder with pictures, by its way down from the root.
struct FrameFolder {
    std::vector<std::string> way;
    std::vector<std::string> frames;

    /// With a slash at its end; empty for the root itself.
    std::string prefix() const
    {
        std::string text;
        for (const std::string &part : way)
            text += part + '/';
        return text;
    }
};

/// What lies below a root.
struct Below {
    std::vector<FrameFolder> folders; ///< in the order of their names, digits as numbers
    std::size_t frames = 0;
    LeftOut others; ///< files that are no pictures
    WarningList problems;
};

Below lookThrough(const fs::path &root, Progress &progress)
{
    Below below;
    std::error_code unknown;
    std::set<fs::path> seen; // a link may lead back up
    const std::function<void(const fs::path &, const std::vector<std::string> &)> look = [&](const fs::path &folder, const std::vector<std::string> &way) {
        progress.throwIfCancelled();
        if (!seen.insert(fs::weakly_canonical(folder, unknown)).second)
            return;
        FrameFolder found{way, {}};
        std::vector<std::string> inner;
        std::error_code problem;
        for (fs::directory_iterator entry(folder, problem); !problem && entry != fs::directory_iterator(); entry.increment(problem)) {
            std::string name = entry->path().filename().string();
            if (name.front() == '.')
                continue;
            if (entry->is_directory(unknown))
                inner.push_back(std::move(name));
            else if (looksLikePicture(entry->path()))
                found.frames.push_back(std::move(name));
            else
                below.others.add(found.prefix() + name);
        }
        if (problem)
            below.problems.add(FileError(folder, "the folder cannot be listed: " + systemReason(problem.value()) + ". It was left out.").what());
        std::sort(found.frames.begin(), found.frames.end(), naturalLess);
        std::sort(inner.begin(), inner.end(), naturalLess);
        if (!found.frames.empty()) {
            below.frames += found.frames.size();
            below.folders.push_back(std::move(found));
        }
        if (static_cast<int>(way.size()) == s_deepest && !inner.empty())
            below.problems.add(FileError(folder, "folders more than " + std::to_string(s_deepest) + " levels down were not looked into.").what());
        else
            for (const std::string &name : inner) {
                std::vector<std::string> further = way;
                further.push_back(name);
                look(folder / name, further);
            }
    };
    look(root, {});
    return below;
}

/// What follows a camera's word in a folder's name: `1`, `_a`, `-12`; nothing more than three letters or digits.
bool isCameraMark(std::string_view text, bool digitsAlone)
{
    if (!text.empty() && (text.front() == '_' || text.front() == '-'))
        text.remove_prefix(1);
    return !text.empty() && text.size() <= 3 && std::all_of(text.begin(), text.end(), [&](char c) { return digitsAlone ? isDigit(c) : isLetterOrDigit(c); });
}

/// cam1, cam_a, camera-2.
bool isCameraFolder(const std::string &name)
{
    const std::string small = lowerCase(name);
    for (const std::string_view word : {"camera", "cam"})
        if (small.starts_with(word))
            return isCameraMark(std::string_view(small).substr(word.size()), false);
    return false;
}

/// These, c1 and 1.
bool maybeCameraFolder(const std::string &name)
{
    return isCameraFolder(name) || isCameraMark(name, true) || ((name.front() == 'c' || name.front() == 'C') && isCameraMark(name.substr(1), true));
}

std::optional<FrameName> frameName(const std::string &name)
{
    const std::optional<FrameName> frame = marsFrameName(name);
    return frame ? frame : marketFrameName(name);
}

/// Refuses a folder that holds the parts of a set.
void refuseParts(const fs::path &root, const Below &below)
{
    constexpr std::array words{"train", "test", "val", "query", "gallery", "bounding_box_train", "bounding_box_test", "bbox_train", "bbox_test"};
    std::set<std::string> parts;
    bool mars = false;
    for (const FrameFolder &folder : below.folders)
        if (!folder.way.empty() && std::find(words.begin(), words.end(), lowerCase(folder.way.front())) != words.end()) {
            parts.insert(folder.way.front());
            mars = mars || lowerCase(folder.way.front()).starts_with("bbox_");
        }
    if (parts.size() < 2)
        return;
    std::string names;
    for (const std::string &part : parts)
        names += (names.empty() ? "" : ", ") + shownName(part);
    throw FileError(root,
                    "holds the parts of a set (" + names + "). Give one of them, such as " + (root / *parts.begin()).string()
                        + (mars ? "; or evaluate it as the benchmark 'mars'." : "."));
}

/// Frames whose names say whose they are.
void addByNames(const Below &below, TrackletCollector &tracks, WarningList &odd, Progress &progress)
{
    for (const FrameFolder &folder : below.folders) {
        progress.throwIfCancelled();
        const std::string prefix = folder.prefix();
        for (const std::string &name : folder.frames) {
            const std::optional<FrameName> frame = frameName(name);
            if (!frame) {
                odd.add(prefix + name + ": does not say its person and camera, as the others' names do.");
                continue;
            }
            const std::string track = frame->track >= 0 ? std::to_string(frame->track) : prefix;
            tracks.add(prefix + name, frame->person == junkPerson ? std::string() : std::to_string(frame->person), std::to_string(frame->camera), track,
                       frame->person == distractorPerson);
        }
    }
}

/// Frames whose folders say it.
void addByFolders(const Below &below, TrackletCollector &tracks, WarningList &odd, Progress &progress)
{
    const bool cameraFirst = std::all_of(below.folders.begin(), below.folders.end(),
                                         [](const FrameFolder &folder) { return folder.way.size() < 2 || isCameraFolder(folder.way.front()); });
    for (const FrameFolder &folder : below.folders) {
        progress.throwIfCancelled();
        const std::string prefix = folder.prefix();
        const std::size_t depth = folder.way.size();
        if (depth < 2 || depth > 3 || !(cameraFirst || maybeCameraFolder(folder.way[1]))) {
            odd.add((prefix.empty() ? "./" : prefix) + ": its " + std::to_string(folder.frames.size()) + " pictures lie in no person's camera.");
            continue;
        }
        const std::string track = depth == 3 ? folder.way[2] : std::string();
        for (const std::string &name : folder.frames)
            tracks.add(prefix + name, folder.way[cameraFirst ? 1 : 0], folder.way[cameraFirst ? 0 : 1], track);
    }
}

/// The folder within a set's root in which PRID-2011 and iLIDS-VID have their tracklets.
fs::path innerRoot(fs::path root)
{
    std::error_code problem;
    for (const char *name : {"prid_2011", "i-LIDS-VID", "multi_shot", "sequences"})
        if (fs::is_directory(root / name, problem))
            root /= name;
    return root;
}

void readFolders(const fs::path &root, Benchmark &benchmark, TrackletCollector &tracks, Progress &progress)
{
    Below below = lookThrough(root, progress);
    if (below.folders.empty())
        throw FileError(root, std::string("holds no pictures. ") + s_layouts);
    std::size_t named = 0;
    for (const FrameFolder &folder : below.folders)
        named += static_cast<std::size_t>(
            std::count_if(folder.frames.begin(), folder.frames.end(), [](const std::string &name) { return frameName(name).has_value(); }));
    const bool byNames = 2 * named >= below.frames;
    if (byNames)
        refuseParts(root, below);
    WarningList odd;
    if (byNames)
        addByNames(below, tracks, odd, progress);
    else
        addByFolders(below, tracks, odd, progress);
    if (tracks.size() == 0)
        throw FileError(root, "its pictures are laid out in no known way: " + odd.first() + " " + s_layouts);
    benchmark.pictureOrder = "by name, folder by folder";
    odd.appendTo(benchmark.warnings, byNames ? "such pictures" : "such folders");
    if (odd.count() > 0)
        benchmark.warnings.push_back(root.string() + ": " + std::to_string(odd.count())
                                     + (byNames ? " of " + std::to_string(below.frames) + " pictures" : " folders of pictures") + " were left out.");
    below.problems.appendTo(benchmark.warnings, "such folders");
    if (below.others.count() > 0)
        benchmark.warnings.push_back(root.string() + ": " + below.others.sentence("file is no picture and was", "files are no pictures and were"));
}

void readList(const fs::path &file, const fs::path &folder, Benchmark &benchmark, TrackletCollector &tracks, Progress &progress)
{
    const CsvTable table = readCsv(file, {.ragged = true, .progress = &progress});
    const std::size_t pathColumn = table.requireColumn(pictureColumn());
    const std::size_t personCells = table.requireColumn(personColumn());
    const std::size_t cameraCells = table.requireColumn(cameraColumn());
    const std::optional<std::size_t> trackCells = table.column(trackColumn());
    PictureFinder finder(folder);
    WarningList bad;
    for (const CsvTable::Row &row : table.rows) {
        progress.throwIfCancelled();
        const auto leaveOut = [&](const std::string &why) { bad.add(FileError(file, row.line, why + " The line was left out.").what()); };
        const std::string name(row.cells[pathColumn]);
        const std::string_view person = idText(row.cells[personCells]);
        const std::string_view camera = idText(row.cells[cameraCells]);
        if (name.empty() || person.empty() || camera.empty()) {
            leaveOut("names no picture, no person or no camera.");
            continue;
        }
        const std::optional<std::string> found = finder.find(name);
        if (!found) {
            leaveOut("its picture '" + shownName(name) + "' is not there." + (finder.whyNot().empty() ? "" : " " + finder.whyNot()));
            continue;
        }
        const std::string track(trackCells ? idText(row.cells[*trackCells]) : std::string_view());
        if (!tracks.add(*found, person == "-1" ? std::string() : std::string(person), std::string(camera), track))
            leaveOut("names the picture '" + shownName(name) + "' again.");
    }
    bad.appendTo(benchmark.warnings, "such lines in " + file.string());
    if (!finder.otherCapitals().empty())
        benchmark.warnings.push_back(finder.otherCapitals());
    if (tracks.size() == 0)
        throw FileError(file, "names no tracklet that can be read." + (bad.count() > 0 ? " " + bad.first() : std::string()));
    if (bad.count() > 0)
        benchmark.warnings.push_back(file.string() + ": " + std::to_string(bad.count()) + " of " + std::to_string(table.rows.size()) + " lines were left out.");
    benchmark.pictureOrder = "that of the lines of " + file.string();
}

} // namespace

Benchmark readTracklets(const fs::path &root, const BenchmarkOptions &options, Progress &progress)
{
    std::error_code problem;
    const bool folder = fs::is_directory(root, problem);
    Benchmark benchmark;
    benchmark.name = "tracklets";
    benchmark.task = "reid";
    benchmark.protocols.assign(retrievalProtocols.begin(), retrievalProtocols.end());
    benchmark.synthetic = isSynthetic(root);
    benchmark.pictureFolder = !options.pictures.empty() ? options.pictures : folder ? innerRoot(root) : root.parent_path();
    TrackletCollector tracks(benchmark, benchmark.pictureFolder);
    if (folder)
        readFolders(benchmark.pictureFolder, benchmark, tracks, progress);
    else if (extensionOf(root) == ".csv" || extensionOf(root) == ".tsv" || extensionOf(root) == ".txt" || looksLikePictureList(root))
        readList(root, benchmark.pictureFolder, benchmark, tracks, progress);
    else
        throw FileError(root, std::string("is neither a folder nor a csv. ") + s_layouts);
    BenchmarkSplit split;
    split.retrieval = tracks.finish();
    if (!anyMatch(benchmark, split.retrieval))
        throw FileError(root,
                        "nobody of its " + std::to_string(benchmark.subjectNames.size()) + " people is seen by two cameras, so that no query has a match.");
    benchmark.splits.push_back(std::move(split));
    takeEveryNth(benchmark, options.everyNth, progress);
    return benchmark;
}

} // namespace dscope
