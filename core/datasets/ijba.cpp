// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/csv.h"
#include "core/base/error.h"
#include "core/base/lines.h"
#include "core/datasets/benchmarklists.h"
#include "core/datasets/ijbfiles.h"
#include "core/datasets/nametable.h"
#include "core/evaluation/paperfigures.h"

#include <algorithm>
#include <functional>
#include <optional>
#include <set>
#include <unordered_map>

namespace dscope {

namespace fs = std::filesystem;

namespace {

constexpr int s_splits = 10;

/// Templates by their numbers: those that a csv lists, ascending, and those that pairs alone know.
class Templates {
public:
    struct Place {
        std::int64_t id;
        std::uint32_t place;
    };
    std::vector<Place> listed;

    std::optional<std::uint32_t> find(std::int64_t id) const
    {
        const auto found = std::lower_bound(listed.begin(), listed.end(), id, [](const Place &entry, std::int64_t wanted) { return entry.id < wanted; });
        if (found != listed.end() && found->id == id)
            return found->place;
        const auto other = m_others.find(id);
        return other == m_others.end() ? std::nullopt : std::optional(other->second);
    }
    void add(std::int64_t id, std::uint32_t place) { m_others.emplace(id, place); }

private:
    std::unordered_map<std::int64_t, std::uint32_t> m_others;
};

class Reader {
public:
    Reader(Benchmark &benchmark, fs::path root, fs::path pictures, Progress &progress)
        : m_benchmark(benchmark), m_builder(benchmark), m_root(std::move(root)), m_pictures(std::move(pictures)), m_task(progress),
          m_known([this](std::uint32_t t) { return hashOf(t); }, [this](std::uint32_t a, std::uint32_t b) { return isSame(a, b); })
    {
    }

    /// The templates of a csv by their numbers, put into the benchmark; one that is there with the same pictures is not put in again.
    Templates templatesOf(const ListSource &list)
    {
        NameTable subjects;
        std::vector<Row> rows = rowsOf(list, subjects);
        std::stable_sort(rows.begin(), rows.end(), [](const Row &a, const Row &b) { return a.id < b.id; });
        Templates templates;
        for (std::size_t first = 0, last = 0; first < rows.size(); first = last) {
            const std::uint32_t next = m_builder.addTemplate(rows[first].id, -1);
            for (last = first; last < rows.size() && rows[last].id == rows[first].id; ++last)
                m_builder.addFace(rows[last].picture, rows[last].media);
            const std::uint32_t place = m_known.insert(next);
            if (place == next)
                m_benchmark.subjects[next] = m_builder.subject(subjects[rows[first].subject]);
            else
                m_builder.dropLastTemplate();
            templates.listed.push_back({rows[first].id, place});
        }
        if (templates.listed.empty())
            throw FileError(list.name(), "lists no template.");
        return templates;
    }

    /// Where the pictures are; known once the first one is.
    const fs::path &pictures() const { return m_pictures; }
    /// A template that a pair names and no list knows: without a face.
    std::uint32_t unknown(std::int64_t id) { return m_builder.addTemplate(id, -1); }

private:
    /// A face of a template.
    struct Row {
        std::int64_t id;
        std::uint32_t subject; ///< of the template
        std::uint32_t picture;
        std::int32_t media;
    };

    /// @param subjects those that the csv names
    std::vector<Row> rowsOf(const ListSource &list, NameTable &subjects)
    {
        const fs::path &file = list.name();
        const CsvTable table = list.table({.ragged = true});
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
        std::vector<Row> rows;
        std::unordered_map<std::int64_t, std::uint32_t> subjectOf;
        for (const CsvTable::Row &row : table.rows) {
            m_task.throwIfCancelled();
            const auto id = wordAsInteger(row.cells[idColumn]);
            const std::string_view subject = idText(row.cells[subjectColumn]);
            const std::string name(row.cells[fileColumn]);
            if (!id || subject.empty() || !isSafeName(name)) {
                bad.add(FileError(file, row.line, "names no template, no subject or no picture of the set. The line was left out.").what());
                continue;
            }
            const std::uint32_t number = subjects.add(subject);
            const std::uint32_t first = subjectOf.try_emplace(*id, number).first->second;
            if (first != number)
                bad.add(FileError(file, row.line, "gives the template " + std::to_string(*id) + " another subject than before; the first one stays.").what());
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
            const std::size_t before = m_benchmark.pictures.size();
            const std::uint32_t picture = m_builder.picture(std::move(item));
            if (m_benchmark.pictures.size() == before)
                m_shared->takeBackLast();
            rows.push_back({*id, first, picture, static_cast<std::int32_t>(m_media.add(idText(mediaColumn ? row.cells[*mediaColumn] : std::string_view())))});
        }
        bad.appendTo(m_benchmark.warnings, "such lines in " + file.string());
        return rows;
    }

    std::size_t hashOf(std::uint32_t t) const
    {
        std::size_t hash = std::hash<std::int64_t>()(m_benchmark.ids[t]);
        for (auto f = static_cast<std::size_t>(m_benchmark.begin[t]); f < static_cast<std::size_t>(m_benchmark.begin[t + 1]); ++f)
            hash = hash * 1099511628211U ^ m_benchmark.faces[f];
        return hash;
    }
    /// Whether two templates have the same number and the same faces.
    bool isSame(std::uint32_t a, std::uint32_t b) const
    {
        const auto at = [&](const auto &values, std::uint32_t t) { return values.begin() + static_cast<std::ptrdiff_t>(m_benchmark.begin[t]); };
        const auto same = [&](const auto &values) { return std::equal(at(values, a), at(values, a + 1), at(values, b), at(values, b + 1)); };
        return m_benchmark.ids[a] == m_benchmark.ids[b] && same(m_benchmark.faces) && same(m_benchmark.media);
    }

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
    Benchmark &m_benchmark;
    BenchmarkBuilder m_builder;
    fs::path m_root;
    fs::path m_pictures;
    PicturePath::Folder m_shared;
    Progress &m_task;
    NameTable m_media;
    PlaceSet m_known; ///< templates
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

Benchmark readIjba(const fs::path &root, const BenchmarkOptions &options, Progress &progress)
{
    std::vector<IjbaLists> splits;
    std::vector<int> missing;
    for (int number = 1; number <= s_splits; ++number) {
        const auto list = [&](const char *sets, const char *name) { return ListSource::file(splitFile(root, sets, number, name)); };
        IjbaLists split;
        split.number = number;
        split.metadata = list("IJB-A_11_sets", "verify_metadata");
        split.comparisons = list("IJB-A_11_sets", "verify_comparisons");
        split.gallery = list("IJB-A_1N_sets", "search_gallery");
        split.probes = list("IJB-A_1N_sets", "search_probe");
        if (split.metadata.isThere() && split.comparisons.isThere())
            splits.push_back(std::move(split));
        else
            missing.push_back(number);
    }
    if (splits.empty())
        throw FileError(root, "holds no IJB-A split: IJB-A_11_sets/split1/verify_metadata_1.csv and verify_comparisons_1.csv are needed (or split1/ itself).");
    Benchmark benchmark = parseIjba(splits, root, options, progress);
    if (!missing.empty())
        benchmark.warnings.push_back(root.string() + ": " + rangesText(missing) + (missing.size() == 1 ? " is missing." : " are missing."));
    return benchmark;
}

Benchmark parseIjba(const std::vector<IjbaLists> &splits, const fs::path &root, const BenchmarkOptions &options, Progress &progress)
{
    Benchmark benchmark;
    benchmark.name = ijbaName;
    benchmark.synthetic = isSynthetic(root);
    benchmark.fars = {1e-3, 1e-2, 1e-1};
    Reader reader(benchmark, root, options.pictures, progress);
    for (const IjbaLists &lists : splits) {
        progress.checkpoint(lists.number - 1, s_splits);
        BenchmarkSplit split;
        split.name = "split " + std::to_string(lists.number);
        Templates places = reader.templatesOf(lists.metadata);
        const fs::path &comparisons = lists.comparisons.name();
        WarningList unknown;
        std::int64_t line = 0;
        readMetaLines(lists.comparisons, "'template,template'", benchmark.warnings, progress, [&](std::string_view text) -> const char * {
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
                std::optional<std::uint32_t> place = places.find(id);
                if (!place) {
                    unknown.add(comparisons.string() + ": names the template " + std::to_string(id) + ", which " + lists.metadata.name().filename().string()
                                + " does not; it scores lowest against all.");
                    place = reader.unknown(id);
                    places.add(id, *place);
                }
                sides[side] = *place;
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
        if (lists.gallery.isThere() && lists.probes.isThere()) {
            split.search.fpirs = {1e-2, 1e-1};
            split.search.ranks = {1, 5, 10};
            split.search.galleries.emplace_back();
            std::set<std::int32_t> enrolled;
            for (const auto &[id, place] : reader.templatesOf(lists.gallery).listed) {
                if (enrolled.insert(benchmark.subjects[place]).second)
                    split.search.galleries.back().push_back(place);
                else
                    benchmark.warnings.push_back(lists.gallery.name().string() + ": the subject of template " + std::to_string(id)
                                                 + " has another one before it; only that is enrolled.");
            }
            for (const auto &[id, place] : reader.templatesOf(lists.probes).listed)
                split.search.probes.push_back(place);
        }
        benchmark.splits.push_back(std::move(split));
    }
    benchmark.pictureFolder = reader.pictures();
    benchmark.pictureOrder = "that in which the splits' csvs first name them; a picture with two faces is there twice";
    return benchmark;
}

} // namespace dscope
