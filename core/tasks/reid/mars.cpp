// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tasks/reid/mars.h"

#include "core/base/csv.h"
#include "core/base/error.h"
#include "core/base/lines.h"
#include "core/base/text.h"
#include "core/tasks/reid/framename.h"
#include "core/tasks/reid/matches.h"

#include <cmath>
#include <string>
#include <utility>
#include <vector>

namespace dscope {

namespace fs = std::filesystem;

namespace {

constexpr std::int64_t s_linesBetweenChecks = std::int64_t{1} << 14;

FileError wrongRow(const fs::path &file, std::int64_t row, const std::string &what)
{
    return FileError(file, "row " + std::to_string(row + 1) + " " + what);
}

/// A file of info/.
fs::path listOf(const fs::path &root, const char *name)
{
    const fs::path file = root / "info" / name;
    std::error_code problem;
    if (!fs::exists(file, problem))
        throw FileError(file,
                        "is missing; MARS's lists (tracks_train_info.mat, tracks_test_info.mat, query_IDX.mat, train_name.txt, test_name.txt) are to lie in "
                        "ROOT/info.");
    return file;
}

/// A whole number of a row. @param what it is, for errors
std::int64_t wholeNumber(double value, const fs::path &file, std::int64_t row, const std::string &what)
{
    constexpr double most = 1e9;
    if (!(std::abs(value) < most) || value != std::floor(value))
        throw wrongRow(file, row, "gives " + csvNumber(value) + " for " + what + ", which is no whole number of at most 9 digits.");
    return static_cast<std::int64_t>(value);
}

/// Reads the frames' names into the benchmark, each once.
void readNames(const fs::path &list, const fs::path &folder, Benchmark &benchmark, BenchmarkBuilder &builder, Progress &progress)
{
    benchmark.pictureFolder = folder;
    benchmark.pictureOrder = "that of the lines of " + list.string();
    const PicturePath::Folder shared = PicturePath::folder(folder);
    LineReader reader(list);
    std::int64_t blank = 0;
    while (const auto line = reader.next()) {
        if (reader.line() % s_linesBetweenChecks == 0)
            progress.throwIfCancelled();
        std::string_view rest = *line;
        const std::string_view name = nextWord(rest);
        if (reader.tooLong() || !nextWord(rest).empty())
            throw FileError(list, reader.line(), "is not one frame's name, such as 0001C1T0001F001.jpg.");
        if (name.empty()) {
            blank = blank > 0 ? blank : reader.line();
            continue;
        }
        if (blank > 0)
            throw FileError(list, blank, "is blank, with names after it: tracklets name frames by their line.");
        constexpr std::size_t folderLetters = 4;
        if (!isSafeName(name) || name.size() <= folderLetters)
            throw FileError(list, reader.line(), "'" + shownName(name.substr(0, 80)) + "' is no frame's name, such as 0001C1T0001F001.jpg.");
        ImageItem item;
        item.file = name.find('/') != std::string_view::npos ? PicturePath(shared, name)
                                                             : PicturePath(shared, std::string(name.substr(0, folderLetters)) + '/' + std::string(name));
        if (builder.picture(std::move(item)) + 1 != static_cast<std::size_t>(reader.line()))
            throw FileError(list, reader.line(), "names the frame " + shownName(name) + " again.");
    }
    if (benchmark.pictures.empty())
        throw FileError(list, "names no frame.");
}

/// Reads the tracklets into the benchmark, whose pictures are there. @param list of the frames, for errors
void readTracks(const fs::path &file, const fs::path &list, Benchmark &benchmark, BenchmarkBuilder &builder, Progress &progress)
{
    const MatMatrix table = readMat(FileOrBytes(file));
    if (table.columns != 4)
        throw FileError(file,
                        "its array '" + shownName(table.name) + "' has " + std::to_string(table.columns)
                            + " columns; a tracklet has four: its first and last frame, its person and its camera.");
    if (table.rows == 0)
        throw FileError(file, "names no tracklet.");
    const std::int64_t frames = std::ssize(benchmark.pictures);
    // Tracklets may share frames; a few rows must not name billions of them.
    const std::int64_t mostFaces = 4 * frames + 1000;
    WarningList otherwise;
    for (std::int64_t row = 0; row < table.rows; ++row) {
        if (row % 256 == 0)
            progress.checkpoint(row, table.rows);
        const std::int64_t first = wholeNumber(table.at(row, 0), file, row, "its first frame");
        const std::int64_t last = wholeNumber(table.at(row, 1), file, row, "its last frame");
        const std::int64_t person = wholeNumber(table.at(row, 2), file, row, "its person");
        const std::int64_t camera = wholeNumber(table.at(row, 3), file, row, "its camera");
        const std::string range = "goes from frame " + std::to_string(first) + " to " + std::to_string(last);
        if (first < 1 || last < first)
            throw wrongRow(file, row, range + "; frames count from 1, and the last one is not before the first.");
        if (last > frames)
            throw wrongRow(file, row, range + ", but " + list.string() + " names " + std::to_string(frames) + (frames == 1 ? " frame." : " frames."));
        if (person < junkPerson)
            throw wrongRow(file, row, "is of person " + std::to_string(person) + "; people count from 1, with 0 for distractors and -1 for junk.");
        if (camera < 1)
            throw wrongRow(file, row, "is of camera " + std::to_string(camera) + "; cameras count from 1.");
        if (std::ssize(benchmark.faces) + last - first + 1 > mostFaces)
            throw wrongRow(file, row, "and those before it name more than four times as many frames as " + list.string() + " does.");
        builder.addTemplate(row + 1, person == junkPerson ? -1 : builder.subject(std::to_string(person)));
        benchmark.cameras.push_back(static_cast<std::int32_t>(camera));
        for (std::int64_t frame = first; frame <= last; ++frame)
            builder.addFace(static_cast<std::uint32_t>(frame - 1));
        const std::string name = benchmark.pictures[static_cast<std::size_t>(first - 1)].file.filename().string();
        if (const std::optional<FrameName> said = marsFrameName(name); said && (said->person != person || said->camera != camera))
            otherwise.add(wrongRow(file, row,
                                   "is of person " + std::to_string(person) + " and camera " + std::to_string(camera) + ", its first frame is called "
                                       + shownName(name) + "; the row counts.")
                              .what());
    }
    otherwise.appendTo(benchmark.warnings, "such rows");
}

/// @param part "test" or "train"
Benchmark readPart(const fs::path &root, const std::string &part, const BenchmarkOptions &options, Progress &progress)
{
    const fs::path list = listOf(root, (part + "_name.txt").c_str());
    const fs::path tracks = listOf(root, ("tracks_" + part + "_info.mat").c_str());
    Benchmark benchmark;
    benchmark.name = marsName;
    benchmark.task = "reid";
    benchmark.synthetic = isSynthetic(root);
    BenchmarkBuilder builder(benchmark);
    readNames(list, options.pictures.empty() ? root / ("bbox_" + part) : options.pictures, benchmark, builder, progress);
    readTracks(tracks, list, benchmark, builder, progress);
    return benchmark;
}

/// The queries' rows. @param tracks where the rows are
RetrievalLists readQueries(const fs::path &file, const fs::path &tracks, Benchmark &benchmark)
{
    const MatMatrix table = readMat(FileOrBytes(file));
    if (table.rows > 1 && table.columns > 1)
        throw FileError(file,
                        "its array '" + shownName(table.name) + "' is " + std::to_string(table.rows) + " x " + std::to_string(table.columns)
                            + "; a query a row is to be in it.");
    RetrievalLists lists;
    std::vector<std::uint8_t> taken(benchmark.subjects.size(), 0);
    WarningList twice;
    for (std::int64_t row = 0; row < std::ssize(table.values); ++row) {
        const std::int64_t query = wholeNumber(table.values[static_cast<std::size_t>(row)], file, row, "a query");
        if (query < 1 || query > benchmark.templates())
            throw wrongRow(file, row,
                           "asks for tracklet " + std::to_string(query) + "; " + tracks.string() + " has 1 to " + std::to_string(benchmark.templates()) + ".");
        const auto t = static_cast<std::size_t>(query - 1);
        const std::int32_t subject = benchmark.subjects[t];
        if (subject < 0 || benchmark.subjectNames[static_cast<std::size_t>(subject)] == std::to_string(distractorPerson))
            throw wrongRow(file, row,
                           "asks for tracklet " + std::to_string(query) + ", which is " + (subject < 0 ? "junk" : "a distractor") + " and no person.");
        if (std::exchange(taken[t], std::uint8_t{1}) != 0) {
            twice.add(wrongRow(file, row, "asks for tracklet " + std::to_string(query) + " again; it counts once.").what());
            continue;
        }
        lists.queries.push_back(static_cast<std::uint32_t>(t));
    }
    if (lists.empty())
        throw FileError(file, "names no query.");
    twice.appendTo(benchmark.warnings, "such rows");
    return lists;
}

} // namespace

Benchmark readMars(const fs::path &root, const BenchmarkOptions &options, Progress &progress)
{
    const fs::path queries = listOf(root, "query_IDX.mat");
    Benchmark benchmark = readPart(root, "test", options, progress);
    BenchmarkSplit split;
    split.retrieval = readQueries(queries, root / "info" / "tracks_test_info.mat", benchmark);
    split.retrieval.gallery = everyTemplate(benchmark);
    if (!anyMatch(benchmark, split.retrieval))
        throw FileError(queries, "no query's person is seen by another camera, so that none has a match.");
    benchmark.splits.push_back(std::move(split));
    takeEveryNth(benchmark, options.everyNth, progress);
    return benchmark;
}

Benchmark readMarsTrain(const fs::path &root, const BenchmarkOptions &options, Progress &progress)
{
    Benchmark benchmark = readPart(root, "train", options, progress);
    takeEveryNth(benchmark, options.everyNth, progress);
    return benchmark;
}

void writeMarsTracks(const fs::path &file, const std::string &variable, const std::vector<MarsTrack> &tracks)
{
    MatMatrix table;
    table.name = variable;
    table.rows = std::ssize(tracks);
    table.columns = 4;
    for (std::int64_t MarsTrack::*column : {&MarsTrack::first, &MarsTrack::last, &MarsTrack::person})
        for (const MarsTrack &track : tracks)
            table.values.push_back(static_cast<double>(track.*column));
    for (const MarsTrack &track : tracks)
        table.values.push_back(track.camera);
    writeMat(file, table);
}

} // namespace dscope
