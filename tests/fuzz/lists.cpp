#include "core/base/lines.h"
#include "core/base/picturelist.h"
#include "core/datasets/benchmark.h"
#include "core/datasets/framelist.h"
#include "core/datasets/ijbfiles.h"
#include "core/datasets/imageset.h"
#include "core/evaluation/pairlist.h"
#include "core/training/facelist.h"
#include "tests/fuzz/target.h"

// Lists of pictures, pairs and templates as benchmarks and training sets bring them. Made folders hold what the seeds name.

namespace dscope::fuzz {

namespace {

namespace fs = std::filesystem;

void readAs(const char *word, const fs::path &root, BenchmarkOptions options = {})
{
    refusable([&] {
        Task task;
        options.impostorPairs = 1000;
        const Benchmark benchmark = readBenchmark(word, root, options, task);
        require(benchmark.begin.size() == benchmark.ids.size() + 1 && benchmark.begin.back() == static_cast<std::int64_t>(benchmark.faces.size()),
                "templates and faces of a benchmark do not fit");
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

void picture(const fs::path &name)
{
    if (!fs::exists(scratch() / name))
        fileWith(name, "");
}

} // namespace

DSCOPE_FUZZ_TARGET(pairlist)
{
    refusable([&] {
        Task task;
        std::vector<std::string> warnings;
        std::int64_t pairs = 0;
        const PairListSummary summary = parsePairList(textOf(bytes), "pairs.txt", {"/set"}, warnings, task, [&](const ListedPair &pair) {
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
            Task task;
            std::int64_t line = 0;
            const auto find = [](const std::string &name) { return name.find('x') == std::string::npos ? std::optional(name) : std::nullopt; };
            const std::vector<std::string> told =
                parsePictureList(std::string(textOf(bytes)), "list.csv", {.use = use}, find, task, [&](ListedPicture &&picture) {
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

/// The lists of millions of lines, without a disk.
DSCOPE_FUZZ_TARGET(metalines)
{
    const auto each = [&](const auto &parse) {
        refusable([&] {
            Task task;
            std::vector<std::string> warnings;
            parse(warnings, task);
            for (const std::string &warning : warnings)
                requireOwnWords(warning);
        });
    };
    each([&](std::vector<std::string> &warnings, Task &task) {
        const std::vector<IjbRow> rows = parseIjbTemplates(textOf(bytes), "a.txt", warnings, task);
        for (const IjbRow &row : rows)
            require(isSafeName(row.name), "a row names a picture outside of its set");
        (void)matchIjbPoints(rows, parseIjbPoints(textOf(bytes), "b.txt", warnings, task));
    });
    for (const FrameLine kind : {FrameLine::Clip, FrameLine::Video})
        each([&](std::vector<std::string> &warnings, Task &task) {
            const FrameList list = parseFrameList(textOf(bytes), "c.txt", kind, warnings, task);
            for (const FrameList::Entry &entry : list.entries)
                require(entry.clip < list.clips.size(), "a frame is of no clip");
        });
}

DSCOPE_FUZZ_TARGET(lfw)
{
    picture("lfw/A/A_0001.jpg");
    readAs("lfw", fileWith("lfw/pairs.txt", textOf(bytes)).parent_path());
}

DSCOPE_FUZZ_TARGET(ytf)
{
    picture("ytf/frame_images_DB/A/1/1.jpg");
    const auto parts = sections(bytes, 3);
    fileWith("ytf/splits.txt", parts[0]);
    fileWith("ytf/frame_images_DB/A.labeled_faces.txt", parts[1]);
    if (parts[2].empty())
        fs::remove(scratch() / "ytf/filelist.txt");
    else
        fileWith("ytf/filelist.txt", parts[2]);
    readAs("ytf", scratch() / "ytf");
}

DSCOPE_FUZZ_TARGET(iqiyi)
{
    picture("iqiyi/A/1.jpg");
    const auto parts = sections(bytes, 3);
    fileWith("iqiyi/filelist.txt", parts[0]);
    BenchmarkOptions options;
    options.pairs = fileWith("iqiyi-pairs.txt", parts[1]);
    readAs("iqiyi", scratch() / "iqiyi", options);
    options.pairs.clear();
    options.identities = fileWith("iqiyi-identities.csv", parts[2]);
    readAs("iqiyi", scratch() / "iqiyi", options);
}

DSCOPE_FUZZ_TARGET(ijba)
{
    picture("ijba/images/1.jpg");
    const auto parts = sections(bytes, 4);
    fileWith("ijba/IJB-A_11_sets/split1/verify_metadata_1.csv", parts[0]);
    fileWith("ijba/IJB-A_11_sets/split1/verify_comparisons_1.csv", parts[1]);
    fileWith("ijba/IJB-A_1N_sets/split1/search_gallery_1.csv", parts[2]);
    fileWith("ijba/IJB-A_1N_sets/split1/search_probe_1.csv", parts[3]);
    readAs("ijba", scratch() / "ijba");
}

DSCOPE_FUZZ_TARGET(ijbc)
{
    picture("ijbc/loose_crop/1.jpg");
    const auto parts = sections(bytes, 5);
    fileWith("ijbc/meta/ijbc_face_tid_mid.txt", parts[0]);
    fileWith("ijbc/meta/ijbc_name_5pts_score.txt", parts[1]);
    fileWith("ijbc/meta/ijbc_template_pair_label.txt", parts[2]);
    fileWith("ijbc/meta/ijbc_1N_gallery_G1.csv", parts[3]);
    fileWith("ijbc/meta/ijbc_1N_probe_mixed.csv", parts[4]);
    readAs("ijbc", scratch() / "ijbc");
    refusable([&] {
        Task task;
        (void)readImageSet(scratch() / "ijbc", task);
    });
}

DSCOPE_FUZZ_TARGET(imageset)
{
    picture("set/a.jpg");
    const auto file = fileWith("set/list.csv", textOf(bytes));
    refusable([&] {
        Task task;
        const ImageSet set = readImageSet(file, task);
        for (const std::string &warning : set.warnings)
            requireOwnWords(warning);
    });
    readAs("templates", file);
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
