// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/lines.h"
#include "core/base/picturelist.h"
#include "core/datasets/benchmarklists.h"
#include "core/datasets/framelist.h"
#include "core/datasets/ijb.h"
#include "core/datasets/ijbfiles.h"
#include "core/datasets/imageset.h"
#include "core/datasets/labelledvideos.h"
#include "core/sets/pairlist.h"
#include "core/tasks/reid/framename.h"
#include "core/training/facelist.h"
#include "tests/fuzz/target.h"

// Lists of pictures, pairs and templates as benchmarks and training sets bring them. Made folders hold what the seeds name.

namespace dscope::fuzz {

namespace {

namespace fs = std::filesystem;

/// @param read gives a benchmark
template<typename Read>
void check(const Read &read)
{
    refusable([&] {
        Progress progress;
        BenchmarkOptions options;
        options.impostorPairs = 1000;
        const Benchmark benchmark = read(options, progress);
        require(benchmark.begin.size() == benchmark.ids.size() + 1 && benchmark.begin.back() == static_cast<std::int64_t>(benchmark.faces.size()),
                "templates and faces of a benchmark do not fit");
        require(benchmark.subjects.size() == benchmark.ids.size() && (benchmark.media.empty() || benchmark.media.size() == benchmark.faces.size()),
                "subjects or media of a benchmark do not fit");
        for (const std::uint32_t face : benchmark.faces)
            require(face < benchmark.pictures.size(), "a face is of no picture");
        for (const BenchmarkSplit &split : benchmark.splits) {
            for (const std::uint32_t place : split.pairs.a)
                require(place < benchmark.ids.size(), "a pair is of no template");
            for (const std::uint32_t place : split.pairs.b)
                require(place < benchmark.ids.size(), "a pair is of no template");
        }
        for (std::size_t i = 0; i < std::min<std::size_t>(benchmark.pictures.size(), 4); ++i)
            (void)pictureName(benchmark, i);
        for (const std::string &warning : benchmark.warnings)
            requireOwnWords(warning);
    });
}

/// @param parse gives a benchmark out of its lists
template<typename Parse>
void parseAs(const fs::path &root, const Parse &parse)
{
    check([&](const BenchmarkOptions &options, Progress &progress) {
        Benchmark benchmark = parse(options, progress);
        tidyBenchmark(benchmark, root, progress);
        return benchmark;
    });
}

/// A list that is there where it holds anything.
ListSource listOf(std::string_view text, const char *name)
{
    return text.empty() ? ListSource::file(scratch() / "none" / name) : ListSource::text(text, name);
}

void picture(const fs::path &name)
{
    if (!fs::exists(scratch() / name))
        fileWith(name, "");
}

} // namespace

DSCOPE_FUZZ_TARGET(pairlist)
{
    refusable([&] {
        Progress progress;
        std::vector<std::string> warnings;
        std::int64_t pairs = 0;
        const PairListSummary summary = parsePairList(textOf(bytes), "pairs.txt", {"/set"}, warnings, progress, [&](const ListedPair &pair) {
            ++pairs;
            for (const std::string *name : {&pair.a, &pair.b})
                require(isSafeName(*name), "a pair names something outside of its set");
        });
        require(summary.genuine + summary.impostor == pairs && pairs > 0, "pairs are counted wrongly");
        for (const std::string &warning : warnings)
            requireOwnWords(warning);
    });
}

/// Every name ends in something the disk has, but for those with an x.
DSCOPE_FUZZ_TARGET(picturelist)
{
    for (const ListFor use : {ListFor::People, ListFor::Groups})
        refusable([&] {
            Progress progress;
            std::int64_t line = 0;
            const auto find = [](const std::string &name) { return name.find('x') == std::string::npos ? std::optional(name) : std::nullopt; };
            const std::vector<std::string> told =
                parsePictureList(std::string(textOf(bytes)), "list.csv", {.use = use}, find, progress, [&](ListedPicture &&picture) {
                    require(!picture.file.empty() && !picture.group.empty(), "a line without a picture or a group is used");
                    require(picture.line > line, "lines come out of order");
                    require(picture.file.find('\0') == std::string::npos && picture.group.find('\0') == std::string::npos, "a name holds a zero byte");
                    line = picture.line;
                });
            require(line > 0, "a list without a usable line is read");
            for (const std::string &sentence : told)
                requireOwnWords(sentence);
        });
}

/// Both kinds of list of videos; those with an x are not there.
DSCOPE_FUZZ_TARGET(labelledvideos)
{
    const FindVideo find = [](const std::string &stem) {
        return stem.find('x') == std::string::npos ? std::optional<fs::path>("/videos/found.mp4") : std::nullopt;
    };
    const auto each = [&](const auto &parse) {
        refusable([&] {
            Progress progress;
            const LabelledVideos set = parse(progress);
            require(!set.videos.empty(), "a list without videos is read");
            const auto known = [&](std::int32_t label) { return label >= -1 && label < static_cast<std::int32_t>(set.classes.size()); };
            for (const LabelledVideo &video : set.videos) {
                require(known(video.label), "a video is of no class");
                require(video.fromS >= 0 && (!video.toS || *video.toS > video.fromS), "a video ends before it begins");
                for (const LabelledSegment &segment : video.segments)
                    require(known(segment.label) && segment.label >= 0 && segment.fromS <= segment.toS, "a segment is of no class, or ends before it begins");
                require(known(clipLabel(video, 1, 2)), "a clip is of no class");
            }
            for (const std::string &warning : set.warnings)
                requireOwnWords(warning);
        });
    };
    each([&](Progress &progress) { return parseActivityNet(std::string(textOf(bytes)), "a.json", "", find, progress); });
    each([&](Progress &progress) { return parseKinetics(std::string(textOf(bytes)), "k.csv", "", find, progress); });
}

/// The lists of millions of lines, without a disk.
DSCOPE_FUZZ_TARGET(metalines)
{
    const auto each = [&](const auto &parse) {
        refusable([&] {
            Progress progress;
            std::vector<std::string> warnings;
            parse(warnings, progress);
            for (const std::string &warning : warnings)
                requireOwnWords(warning);
        });
    };
    each([&](std::vector<std::string> &warnings, Progress &progress) {
        NamePool names;
        const std::vector<IjbRow> rows = parseIjbTemplates(ListSource::text(textOf(bytes), "a.txt"), names, warnings, progress);
        for (const IjbRow &row : rows)
            require(isSafeName(NamePool::text(row.name)), "a row names a picture outside of its set");
        (void)matchIjbPoints(rows, parseIjbPoints(ListSource::text(textOf(bytes), "b.txt"), warnings, progress));
    });
    for (const FrameLine kind : {FrameLine::Clip, FrameLine::Video})
        each([&](std::vector<std::string> &warnings, Progress &progress) {
            const std::unique_ptr<FrameList> list = parseFrameList(ListSource::text(textOf(bytes), "c.txt"), kind, warnings, progress);
            for (const FrameList::Entry &entry : list->entries)
                require(entry.clip < list->clips.size(), "a frame is of no clip");
        });
}

DSCOPE_FUZZ_TARGET(lfw)
{
    picture("lfw/A/A_0001.jpg");
    const fs::path root = scratch() / "lfw";
    parseAs(root, [&](const BenchmarkOptions &options, Progress &progress) {
        return parseLfw({ListSource::text(textOf(bytes), "pairs.txt"), [] { return ListSource(); }}, root, options, progress);
    });
}

DSCOPE_FUZZ_TARGET(ytf)
{
    picture("ytf/frame_images_DB/A/1/1.jpg");
    const auto parts = sections(bytes, 3);
    const fs::path root = scratch() / "ytf";
    YtfLists lists{ListSource::text(parts[0], "splits.txt"), listOf(parts[2], "filelist.txt"),
                   [&](const std::string &person) { return person == "A" ? ListSource::text(parts[1], "A.labeled_faces.txt") : ListSource(); }};
    parseAs(root, [&](const BenchmarkOptions &options, Progress &progress) { return parseYtf(lists, root / "frame_images_DB", options, progress); });
}

DSCOPE_FUZZ_TARGET(iqiyi)
{
    picture("iqiyi/A/1.jpg");
    const auto parts = sections(bytes, 3);
    const fs::path root = scratch() / "iqiyi";
    const ListSource clips = ListSource::text(parts[0], "filelist.txt");
    for (const IqiyiLists &lists :
         {IqiyiLists{clips, ListSource::text(parts[1], "pairs.txt"), {}}, IqiyiLists{clips, {}, ListSource::text(parts[2], "identities.csv")}})
        parseAs(root, [&](const BenchmarkOptions &options, Progress &progress) { return parseIqiyi(lists, root, options, progress); });
}

DSCOPE_FUZZ_TARGET(ijba)
{
    picture("ijba/images/1.jpg");
    const auto parts = sections(bytes, 4);
    const fs::path root = scratch() / "ijba";
    // Twice, as the splits of the public set share templates.
    std::vector<IjbaLists> splits;
    for (const int number : {1, 2})
        splits.push_back({number, ListSource::text(parts[0], "verify_metadata.csv"), ListSource::text(parts[1], "verify_comparisons.csv"),
                          listOf(parts[2], "search_gallery.csv"), listOf(parts[3], "search_probe.csv")});
    parseAs(root, [&](const BenchmarkOptions &options, Progress &progress) { return parseIjba(splits, root, options, progress); });
}

DSCOPE_FUZZ_TARGET(ijbc)
{
    picture("ijbc/loose_crop/1.jpg");
    const auto parts = sections(bytes, 5);
    const fs::path root = scratch() / "ijbc";
    const ListSource templates = ListSource::text(parts[0], "face_tid_mid.txt");
    const ListSource points = listOf(parts[1], "name_5pts_score.txt");
    const ListSource pairs = listOf(parts[2], "template_pair_label.txt");
    const ListSource gallery = listOf(parts[3], "1N_gallery_G1.csv");
    const ListSource probes = listOf(parts[4], "1N_probe_mixed.csv");
    parseAs(root, [&](const BenchmarkOptions &options, Progress &progress) {
        return parseIjb({templates, points, pairs, probes, {gallery}}, "IJB-C", root, options, progress);
    });
    refusable([&] {
        Progress progress;
        std::vector<ListSource> tables;
        for (const ListSource &table : {gallery, probes})
            if (table.isThere())
                tables.push_back(table);
        (void)parseIjbSet({templates, points, pairs, tables}, root / "loose_crop", progress);
    });
}

DSCOPE_FUZZ_TARGET(imageset)
{
    picture("set/a.jpg");
    const auto file = fileWith("set/list.csv", textOf(bytes));
    refusable([&] {
        Progress progress;
        const ImageSet set = readImageSet(file, progress);
        for (const std::string &warning : set.warnings)
            requireOwnWords(warning);
    });
    check([&](const BenchmarkOptions &options, Progress &progress) { return readBenchmark("templates", file, options, progress); });
}

DSCOPE_FUZZ_TARGET(tracklets)
{
    for (const char *name : {"a.jpg", "b.jpg", "c/0002C1T0001F001.jpg"})
        picture(fs::path("tracklets") / name);
    const auto file = fileWith("tracklets/list.csv", textOf(bytes));
    check([&](const BenchmarkOptions &options, Progress &progress) {
        const Benchmark benchmark = readBenchmark("tracklets", file, options, progress);
        require(benchmark.cameras.size() == benchmark.ids.size(), "cameras of a benchmark do not fit");
        for (const std::uint32_t query : benchmark.splits.front().retrieval.queries)
            require(query < benchmark.ids.size(), "a query is of no tracklet");
        return benchmark;
    });
    if (const auto frame = marsFrameName(textOf(bytes)))
        require(frame->person >= -1 && frame->camera >= 0 && frame->track >= 0, "a frame's name says what it cannot");
    if (const auto frame = marketFrameName(textOf(bytes)))
        require(frame->person >= -1 && frame->camera >= 0, "a frame's name says what it cannot");
}

DSCOPE_FUZZ_TARGET(facelist)
{
    picture("faces/A/1.jpg");
    const auto parts = sections(bytes, 2);
    const auto file = fileWith("faces/list.csv", parts[0]);
    SplitFilter split;
    if (!parts[1].empty())
        split.csv = fileWith("faces/split.csv", parts[1]);
    refusable([&] {
        const FaceList list = readFaceList(file, split);
        require(list.files.size() == list.labels.size(), "faces and labels differ in number");
        for (const std::int32_t label : list.labels)
            require(label >= 0 && static_cast<std::size_t>(label) < list.people.size(), "a face is of no person");
    });
}

} // namespace dscope::fuzz
