// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/csv.h"
#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/grow.h"
#include "core/datasets/benchmarklists.h"
#include "core/datasets/ijbfiles.h"
#include "core/evaluation/paperfigures.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <set>

namespace dscope {

namespace fs = std::filesystem;

namespace {

/// Templates by their number: a table for the numbers that occur, a map for absurd ones.
class Places {
public:
    std::uint32_t find(std::int64_t tid) const
    {
        if (tid >= 0 && tid < static_cast<std::int64_t>(m_table.size()))
            return m_table[static_cast<std::size_t>(tid)];
        if (tid >= 0 && tid < s_tabled)
            return none;
        const auto found = m_others.find(tid);
        return found == m_others.end() ? none : found->second;
    }
    void add(std::int64_t tid, std::uint32_t place)
    {
        if (tid < 0 || tid >= s_tabled) {
            m_others.emplace(tid, place);
            return;
        }
        if (static_cast<std::size_t>(tid) >= m_table.size())
            m_table.resize(static_cast<std::size_t>(tid) + 1, none);
        m_table[static_cast<std::size_t>(tid)] = place;
    }
    static constexpr std::uint32_t none = std::numeric_limits<std::uint32_t>::max();

private:
    static constexpr std::int64_t s_tabled = 1 << 20;
    std::vector<std::uint32_t> m_table;
    std::unordered_map<std::int64_t, std::uint32_t> m_others;
};

/// A template and its subject a row of a 1N csv, each template once, in the order of its first row.
struct SearchList {
    std::vector<std::pair<std::int64_t, std::string>> templates;
};

SearchList searchListOf(const ListSource &source, std::vector<std::string> &warnings, Progress &progress)
{
    const fs::path &file = source.name();
    SearchList list;
    const CsvTable table = source.table({.ragged = true});
    const std::size_t idColumn = table.requireColumn({"TEMPLATE_ID"});
    const std::size_t subjectColumn = table.requireColumn({"SUBJECT_ID"});
    std::unordered_map<std::int64_t, std::size_t> seen;
    WarningList bad;
    for (const CsvTable::Row &row : table.rows) {
        progress.throwIfCancelled();
        const auto id = wordAsInteger(row.cells[idColumn]);
        const std::string_view subject = idText(row.cells[subjectColumn]);
        if (!id || subject.empty()) {
            bad.add(FileError(file, row.line, "has no whole number for a template, or no subject. The line was left out.").what());
            continue;
        }
        const auto [entry, fresh] = seen.try_emplace(*id, list.templates.size());
        if (fresh)
            list.templates.emplace_back(*id, subject);
        else if (list.templates[entry->second].second != subject)
            bad.add(FileError(file, row.line, "gives the template " + std::to_string(*id) + " another subject than before; the first one stays.").what());
    }
    bad.appendTo(warnings, "such lines in " + file.string());
    return list;
}

/// People that only pairs know: the classes that genuine pairs join, named by a subject that a csv gave to one of them, else by their lowest template.
void nameSubjects(Benchmark &benchmark, const TemplatePairs &pairs, BenchmarkBuilder &builder, Progress &progress)
{
    UnionFind classes(benchmark.ids.size());
    constexpr std::size_t block = std::size_t{1} << 18;
    for (std::size_t i = 0; i < pairs.a.size(); ++i) {
        if (i % block == 0)
            progress.throwIfCancelled();
        if (pairs.genuine[i] != 0)
            classes.join(pairs.a[i], pairs.b[i]);
    }
    std::vector<std::int32_t> known(benchmark.ids.size(), -1);
    for (std::size_t t = 0; t < benchmark.ids.size(); ++t)
        if (benchmark.subjects[t] >= 0 && known[classes.root(t)] < 0)
            known[classes.root(t)] = benchmark.subjects[t];
    for (std::size_t t = 0; t < benchmark.ids.size(); ++t) {
        if (benchmark.subjects[t] >= 0 || !classes.joined(t))
            continue;
        std::int32_t &subject = known[classes.root(t)];
        if (subject < 0)
            subject = builder.subject("subject-of-" + std::to_string(benchmark.ids[classes.root(t)]));
        benchmark.subjects[t] = subject;
    }
}

} // namespace

namespace {

/// The set's own folder: the one given, the one above meta/, or one in it that is called as the set is. @throws FileError that says what is there instead
fs::path ijbRoot(const fs::path &given, const std::string &prefix)
{
    const std::string list = prefix + "face_tid_mid.txt";
    const bool b = prefix == "ijbb_";
    std::error_code problem;
    for (const fs::path &root : {given, given / (b ? "IJBB" : "IJBC"), given / (b ? "IJB-B" : "IJB-C"), given / (b ? "ijbb" : "ijbc"), given / ".."})
        if (fs::is_regular_file(root / "meta" / list, problem))
            return root;
    const std::string other = b ? "ijbc" : "ijbb";
    std::string hint;
    if (fs::is_regular_file(given / "meta" / (other + "_face_tid_mid.txt"), problem))
        hint = " This is the other set: say `" + other + "`.";
    else if (fs::is_regular_file(given / list, problem))
        hint = " The list lies in the folder itself, beside which meta/ and loose_crop/ should be.";
    throw FileError(given / "meta" / list, "is missing; an IJB root holds meta/ and loose_crop/." + hint);
}

} // namespace

Benchmark readIjbBenchmark(const fs::path &given, const std::string &prefix, const BenchmarkOptions &options, Progress &progress)
{
    const fs::path root = ijbRoot(given, prefix);
    const auto list = [&](const char *name) { return ListSource::file(root / "meta" / (prefix + name)); };
    IjbLists lists;
    lists.templates = list("face_tid_mid.txt");
    lists.points = list("name_5pts_score.txt");
    lists.pairs = options.pairs.empty() ? list("template_pair_label.txt") : ListSource::file(options.pairs);
    lists.probes = list("1N_probe_mixed.csv");
    for (const char *gallery : {"1N_gallery_G1.csv", "1N_gallery_G2.csv", "1N_gallery_S1.csv", "1N_gallery_S2.csv"})
        lists.galleries.push_back(list(gallery));
    return parseIjb(lists, prefix == "ijbb_" ? ijbbName : ijbcName, root, options, progress);
}

Benchmark parseIjb(const IjbLists &lists, const std::string &name, const fs::path &root, const BenchmarkOptions &options, Progress &progress)
{
    Benchmark benchmark;
    benchmark.name = name;
    benchmark.synthetic = isSynthetic(root);
    benchmark.fars = {1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1};
    const fs::path crops = options.pictures.empty() ? root / "loose_crop" : options.pictures;
    const PicturePath::Folder folder = PicturePath::folder(crops);
    const fs::path &templateFile = lists.templates.name();
    constexpr std::int64_t steps = 5;
    progress.checkpoint(0, steps);
    std::vector<IjbRow> rows = parseIjbTemplates(lists.templates, *folder, benchmark.warnings, progress);
    if (rows.empty())
        throw FileError(templateFile,
                        "names no picture. Its lines should read 'image template media'."
                            + (benchmark.warnings.empty() ? std::string() : " " + benchmark.warnings.front()));
    progress.checkpoint(1, steps);
    const fs::path &pointFile = lists.points.name();
    std::vector<IjbPoints> points;
    if (lists.points.isThere())
        points = parseIjbPoints(lists.points, benchmark.warnings, progress);
    else
        benchmark.warnings.push_back(pointFile.string() + ": is missing; faces have to be detected.");
    std::vector<const IjbPoints *> match = matchIjbPoints(rows, points);
    progress.checkpoint(2, steps);

    // Pictures in the list's order (embeddings come in it), templates in ascending order of their number.
    benchmark.pictureFolder = crops;
    benchmark.pictureOrder = "that of the lines of " + templateFile.string();
    std::size_t bare = 0;
    std::unordered_map<std::int64_t, std::int32_t> mediaOf;
    constexpr std::size_t between = 1 << 14;
    benchmark.pictures.reserve(rows.size());
    benchmark.pictureTemplate.reserve(rows.size());
    benchmark.faces.reserve(rows.size());
    benchmark.media.reserve(rows.size());
    for (std::size_t i = 0; i < rows.size(); ++i) {
        if (i % between == 0)
            progress.throwIfCancelled();
        ImageItem item;
        item.file = PicturePath(folder, rows[i].name);
        item.media = rows[i].mid;
        if (!match.empty() && match[i] != nullptr) {
            item.landmarks = match[i]->landmarks;
            item.detectorScore = match[i]->score;
        } else {
            ++bare;
        }
        benchmark.pictures.push_back(std::move(item));
        benchmark.pictureTemplate.push_back(rows[i].tid);
    }
    release(match);
    if (bare > 0 && !points.empty())
        benchmark.warnings.push_back(std::to_string(bare) + (bare == 1 ? " picture has" : " pictures have") + " no landmarks in " + pointFile.string()
                                     + (bare == 1 ? "; its face has" : "; their faces have") + " to be detected.");
    std::vector<std::uint32_t> order(rows.size());
    std::iota(order.begin(), order.end(), 0U);
    std::stable_sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) { return rows[a].tid < rows[b].tid; });
    BenchmarkBuilder builder(benchmark);
    Places places;
    for (std::size_t i = 0; i < order.size(); ++i) {
        if (i % between == 0)
            progress.throwIfCancelled();
        const IjbRow &row = rows[order[i]];
        if (i == 0 || row.tid != benchmark.ids.back())
            places.add(row.tid, builder.addTemplate(row.tid, -1));
        builder.addFace(order[i], mediaOf.try_emplace(row.mid, static_cast<std::int32_t>(mediaOf.size())).first->second);
    }
    release(rows);
    release(order);
    release(mediaOf);
    WarningList unknown;
    const auto placeOf = [&](std::int64_t tid, const fs::path &file) {
        std::uint32_t place = places.find(tid);
        if (place == Places::none) {
            unknown.add(file.string() + ": names the template " + std::to_string(tid) + ", of which there is no picture; it scores lowest against all.");
            place = builder.addTemplate(tid, -1);
            places.add(tid, place);
        }
        return place;
    };

    BenchmarkSplit split;
    const auto search = [&](const ListSource &list, std::vector<std::uint32_t> &into) {
        const fs::path &file = list.name();
        for (const auto &[tid, subject] : searchListOf(list, benchmark.warnings, progress).templates) {
            const std::uint32_t place = placeOf(tid, file);
            const std::int32_t number = builder.subject(subject);
            if (benchmark.subjects[place] >= 0 && benchmark.subjects[place] != number)
                benchmark.warnings.push_back(file.string() + ": gives the template " + std::to_string(tid) + " another subject than a list before it.");
            else
                benchmark.subjects[place] = number;
            into.push_back(place);
        }
    };
    if (lists.probes.isThere()) {
        for (const ListSource &gallery : lists.galleries) {
            const fs::path &file = gallery.name();
            if (!gallery.isThere())
                continue;
            std::vector<std::uint32_t> listed;
            search(gallery, listed);
            std::vector<std::uint32_t> once;
            std::set<std::int32_t> enrolled;
            for (const std::uint32_t place : listed)
                if (enrolled.insert(benchmark.subjects[place]).second)
                    once.push_back(place);
            if (once.size() < listed.size())
                benchmark.warnings.push_back(file.string() + ": " + std::to_string(listed.size() - once.size())
                                             + " subjects have more than one template; the first of each is enrolled.");
            split.search.galleries.push_back(std::move(once));
        }
        if (!split.search.empty())
            search(lists.probes, split.search.probes);
    }
    progress.checkpoint(3, steps);

    const fs::path &pairFile = lists.pairs.name();
    if (lists.pairs.isThere()) {
        readMetaLines(lists.pairs, "'template template 0|1'", benchmark.warnings, progress, [&](std::string_view rest) -> const char * {
            const auto first = wordAsInteger(nextWord(rest));
            const auto second = wordAsInteger(nextWord(rest));
            const auto label = wordAsInteger(nextWord(rest));
            if (!first || !second || !label || *label < 0 || *label > 1 || !nextWord(rest).empty())
                return "is not two whole numbers and a 0 or 1";
            split.pairs.a.push_back(placeOf(*first, pairFile));
            split.pairs.b.push_back(placeOf(*second, pairFile));
            split.pairs.genuine.push_back(*label == 1 ? 1 : 0);
            return nullptr;
        });
        if (split.pairs.a.empty()) // else a table of zeros would follow
            throw FileError(pairFile,
                            "names no pair. Its lines should read 'template template 0|1'."
                                + (benchmark.warnings.empty() ? std::string() : " " + benchmark.warnings.back()));
        nameSubjects(benchmark, split.pairs, builder, progress);
    } else if (split.search.empty()) {
        throw FileError(pairFile, "is missing, and so are the 1N lists: there is nothing to compare.");
    } else {
        benchmark.warnings.push_back(pairFile.string() + ": is missing; there is no 1:1 comparison.");
    }
    unknown.appendTo(benchmark.warnings, "unknown templates");
    if (unknown.count() > 0)
        benchmark.warnings.push_back(std::to_string(unknown.count()) + " templates are compared but have no picture.");
    progress.checkpoint(steps, steps);
    benchmark.splits.push_back(std::move(split));
    return benchmark;
}

} // namespace dscope
