#include "core/base/csv.h"
#include "core/base/error.h"
#include "core/base/lines.h"
#include "core/datasets/benchmark.h"
#include "core/datasets/ijbfiles.h"
#include "core/evaluation/paperfigures.h"

#include <algorithm>
#include <map>
#include <set>

namespace dscope {

namespace fs = std::filesystem;

namespace {

constexpr int s_splits = 10;

/// A template as one csv has it.
struct Listed {
    std::string subject;
    std::vector<std::pair<std::uint32_t, std::int64_t>> faces; ///< picture, media
};

class Reader {
public:
    Reader(Benchmark &benchmark, fs::path root, fs::path pictures, Task &task)
        : m_benchmark(benchmark), m_builder(benchmark), m_root(std::move(root)), m_pictures(std::move(pictures)), m_task(task)
    {
    }

    /// The templates of a csv by their numbers, put into the benchmark; one that is there with the same pictures is not put in again.
    std::map<std::int64_t, std::uint32_t> templatesOf(const fs::path &file)
    {
        std::map<std::int64_t, Listed> listed;
        const CsvTable table = readCsv(file, {.ragged = true});
        const std::size_t idColumn = table.requireColumn({"TEMPLATE_ID"});
        const std::size_t subjectColumn = table.requireColumn({"SUBJECT_ID"});
        const std::size_t fileColumn = table.requireColumn({"FILE", "FILENAME"});
        const auto mediaColumn = table.column({"MEDIA_ID", "SIGHTING_ID"});
        const auto x = table.column({"FACE_X"});
        const auto y = table.column({"FACE_Y"});
        const auto w = table.column({"FACE_WIDTH"});
        const auto h = table.column({"FACE_HEIGHT"});
        const bool boxed = x && y && w && h;
        WarningList bad;
        for (const CsvTable::Row &row : table.rows) {
            m_task.throwIfCancelled();
            const auto id = wordAsInteger(row.cells[idColumn]);
            const std::string_view subject = idText(row.cells[subjectColumn]);
            const std::string name(row.cells[fileColumn]);
            if (!id || subject.empty() || !isSafeName(name)) {
                bad.add(FileError(file, row.line, "names no template, no subject or no picture of the set. The line was left out.").what());
                continue;
            }
            Listed &entry = listed[*id];
            if (entry.subject.empty())
                entry.subject = subject;
            else if (entry.subject != subject)
                bad.add(
                    FileError(file, row.line, "gives the template " + std::to_string(*id) + " another subject than before; the first one stays.").what());
            ImageItem item;
            item.file = pictureAt(name);
            if (boxed) {
                const auto left = wordAsNumber(row.cells[*x]);
                const auto top = wordAsNumber(row.cells[*y]);
                const auto width = wordAsNumber(row.cells[*w]);
                const auto height = wordAsNumber(row.cells[*h]);
                if (left && top && width && height && *width > 0 && *height > 0)
                    item.box = Box{*left, *top, *width, *height};
            }
            entry.faces.emplace_back(m_builder.picture(std::move(item)), mediaOf(mediaColumn ? row.cells[*mediaColumn] : std::string_view()));
        }
        bad.appendTo(m_benchmark.warnings, "such lines in " + file.string());
        std::map<std::int64_t, std::uint32_t> places;
        for (auto &[id, entry] : listed) {
            const auto [known, fresh] = m_known.try_emplace({id, entry.faces}, 0U);
            if (fresh) {
                known->second = m_builder.addTemplate(id, m_builder.subject(entry.subject));
                for (const auto &[picture, media] : entry.faces)
                    m_builder.addFace(picture, media);
            }
            places.emplace(id, known->second);
        }
        if (places.empty())
            throw FileError(file, "lists no template.");
        return places;
    }

    /// Where the pictures are; known once the first one is.
    const fs::path &pictures() const { return m_pictures; }
    /// A template that a pair names and no list knows: without a face.
    std::uint32_t unknown(std::int64_t id) { return m_builder.addTemplate(id, -1); }

private:
    /// The name is relative to one of a few folders; the first picture tells which.
    PicturePath pictureAt(const std::string &name)
    {
        if (m_pictures.empty()) {
            std::error_code problem;
            m_pictures = m_root;
            for (const char *inner : {"", "images", "IJB-A", "IJB-A/images", "IJB-A_images"})
                if (fs::exists(m_root / inner / name, problem)) {
                    m_pictures = m_root / inner;
                    break;
                }
        }
        if (!m_shared)
            m_shared = PicturePath::folder(m_pictures);
        return {m_shared, name};
    }
    std::int64_t mediaOf(std::string_view text) { return m_media.try_emplace(std::string(idText(text)), static_cast<std::int64_t>(m_media.size())).first->second; }

    Benchmark &m_benchmark;
    BenchmarkBuilder m_builder;
    fs::path m_root;
    fs::path m_pictures;
    PicturePath::Folder m_shared;
    Task &m_task;
    std::unordered_map<std::string, std::int64_t> m_media;
    std::map<std::pair<std::int64_t, std::vector<std::pair<std::uint32_t, std::int64_t>>>, std::uint32_t> m_known;
};

fs::path splitFile(const fs::path &root, const char *sets, int split, const std::string &name)
{
    const std::string number = std::to_string(split);
    std::error_code problem;
    for (const fs::path &folder : {root / sets / ("split" + number), root / ("split" + number), root / "protocols" / sets / ("split" + number)})
        if (fs::is_regular_file(folder / (name + "_" + number + ".csv"), problem))
            return folder / (name + "_" + number + ".csv");
    return {};
}

/// "split 3", "splits 3 to 7, 10". @param numbers ascending, not empty
std::string rangesText(const std::vector<int> &numbers)
{
    std::string text;
    for (std::size_t i = 0; i < numbers.size();) {
        std::size_t last = i;
        while (last + 1 < numbers.size() && numbers[last + 1] == numbers[last] + 1)
            ++last;
        text += (text.empty() ? "" : ", ") + std::to_string(numbers[i]) + (last > i ? " to " + std::to_string(numbers[last]) : "");
        i = last + 1;
    }
    return (numbers.size() == 1 ? "split " : "splits ") + text;
}

} // namespace

Benchmark readIjba(const fs::path &root, const BenchmarkOptions &options, Task &task)
{
    Benchmark benchmark;
    benchmark.name = ijbaName;
    benchmark.synthetic = isSynthetic(root);
    benchmark.fars = {1e-3, 1e-2, 1e-1};
    Reader reader(benchmark, root, options.pictures, task);
    std::vector<int> missing;
    for (int number = 1; number <= s_splits; ++number) {
        task.checkpoint(number - 1, s_splits);
        const fs::path meta = splitFile(root, "IJB-A_11_sets", number, "verify_metadata");
        const fs::path comparisons = splitFile(root, "IJB-A_11_sets", number, "verify_comparisons");
        if (meta.empty() || comparisons.empty()) {
            missing.push_back(number);
            continue;
        }
        BenchmarkSplit split;
        split.name = "split " + std::to_string(number);
        std::map<std::int64_t, std::uint32_t> places = reader.templatesOf(meta);
        WarningList unknown;
        std::int64_t line = 0;
        readMetaLines(comparisons, "'template,template'", benchmark.warnings, task, [&](std::string_view text) -> const char * {
            ++line;
            const std::size_t comma = text.find(',');
            std::string_view left = text.substr(0, comma);
            std::string_view right = comma == std::string_view::npos ? std::string_view() : text.substr(comma + 1);
            const auto a = wordAsInteger(nextWord(left));
            const auto b = wordAsInteger(nextWord(right));
            if (!a && !b && line == 1)
                return nullptr; // a header
            if (!a || !b || !nextWord(right).empty())
                return "is not two templates' numbers";
            std::uint32_t sides[2];
            for (const int side : {0, 1}) {
                const std::int64_t id = side == 0 ? *a : *b;
                auto found = places.find(id);
                if (found == places.end()) {
                    unknown.add(comparisons.string() + ": names the template " + std::to_string(id) + ", which " + meta.filename().string()
                                + " does not; it scores lowest against all.");
                    found = places.emplace(id, reader.unknown(id)).first;
                }
                sides[side] = found->second;
            }
            split.pairs.a.push_back(sides[0]);
            split.pairs.b.push_back(sides[1]);
            const std::int32_t subject = benchmark.subjects[sides[0]];
            split.pairs.genuine.push_back(subject >= 0 && subject == benchmark.subjects[sides[1]] ? 1 : 0);
            return nullptr;
        });
        unknown.appendTo(benchmark.warnings, "unknown templates");
        if (split.pairs.a.empty())
            throw FileError(comparisons, "names no pair.");
        const fs::path gallery = splitFile(root, "IJB-A_1N_sets", number, "search_gallery");
        const fs::path probes = splitFile(root, "IJB-A_1N_sets", number, "search_probe");
        if (!gallery.empty() && !probes.empty()) {
            split.search.fpirs = {1e-2, 1e-1};
            split.search.ranks = {1, 5, 10};
            split.search.galleries.emplace_back();
            std::set<std::int32_t> enrolled;
            for (const auto &[id, place] : reader.templatesOf(gallery)) {
                if (enrolled.insert(benchmark.subjects[place]).second)
                    split.search.galleries.back().push_back(place);
                else
                    benchmark.warnings.push_back(gallery.string() + ": the subject of template " + std::to_string(id)
                                                 + " has another one before it; only that is enrolled.");
            }
            for (const auto &[id, place] : reader.templatesOf(probes))
                split.search.probes.push_back(place);
        }
        benchmark.splits.push_back(std::move(split));
    }
    if (benchmark.splits.empty())
        throw FileError(root, "holds no IJB-A split: IJB-A_11_sets/split1/verify_metadata_1.csv and verify_comparisons_1.csv are needed (or split1/ itself).");
    if (!missing.empty())
        benchmark.warnings.push_back(root.string() + ": " + rangesText(missing) + (missing.size() == 1 ? " is missing." : " are missing."));
    benchmark.pictureFolder = reader.pictures();
    benchmark.pictureOrder = "that in which the splits' csvs first name them; a picture with two faces is there twice";
    return benchmark;
}

} // namespace dscope
