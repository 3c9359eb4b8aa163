// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/datasets/ijb.h"

#include "core/base/csv.h"
#include "core/base/error.h"
#include "core/base/lines.h"
#include "core/base/picturefinder.h"
#include "core/datasets/folders.h"
#include "core/datasets/ijbfiles.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace dscope {

namespace fs = std::filesystem;

namespace {

constexpr std::int64_t linesBetweenChecks = 1 << 14;

/// The group of a template, by its number: those that there are, ascending.
class GroupOf {
public:
    explicit GroupOf(const std::vector<IjbRow> &rows)
    {
        m_tids.reserve(rows.size());
        for (const IjbRow &row : rows)
            m_tids.push_back(row.tid);
        std::sort(m_tids.begin(), m_tids.end());
        m_tids.erase(std::unique(m_tids.begin(), m_tids.end()), m_tids.end());
    }
    const std::vector<std::int64_t> &tids() const { return m_tids; }
    std::optional<std::size_t> find(std::int64_t tid) const
    {
        const auto found = std::lower_bound(m_tids.begin(), m_tids.end(), tid);
        return found == m_tids.end() || *found != tid ? std::nullopt : std::optional(static_cast<std::size_t>(found - m_tids.begin()));
    }

private:
    std::vector<std::int64_t> m_tids;
};

void labelFromCsv(const ListSource &list, const GroupOf &groupOf, ImageSet &set)
{
    const fs::path &file = list.name();
    CsvTable table;
    try {
        table = list.table();
    } catch (const Error &error) {
        set.warnings.push_back(std::string(error.what()) + " It is not used for labels.");
        return;
    }
    const auto tidColumn = table.column({"TEMPLATE_ID", "template_id"});
    const auto subjectColumn = table.column({"SUBJECT_ID", "subject_id"});
    if (!tidColumn || !subjectColumn)
        return;
    WarningList bad;
    for (const CsvTable::Row &row : table.rows) {
        const auto tid = wordAsInteger(row.cells[*tidColumn]);
        const std::string subject(idText(row.cells[*subjectColumn]));
        if (!tid || subject.empty()) {
            bad.add(FileError(file, row.line, "has no whole number for a template, or no subject. The line was left out.").what());
            continue;
        }
        const std::optional<std::size_t> group = groupOf.find(*tid);
        if (!group)
            continue;
        std::string &label = set.groups[*group].label;
        if (!label.empty() && label != subject)
            bad.add(FileError(file, row.line, "gives the template " + std::to_string(*tid) + " the subject " + subject + ", but it was " + label + " before.")
                        .what());
        else
            label = subject;
    }
    bad.appendTo(set.warnings, "such lines in " + file.string());
}

void labelFromPairs(const ListSource &list, const GroupOf &groupOf, ImageSet &set, Progress &progress)
{
    // Templates are numbered below 2^20 in both sets: a table is ten times as fast as a hash for millions of pairs.
    constexpr std::int64_t tableSize = 1 << 20;
    constexpr std::size_t none = std::numeric_limits<std::size_t>::max();
    std::vector<std::size_t> table(tableSize, none);
    for (std::size_t group = 0; group < groupOf.tids().size(); ++group)
        if (const std::int64_t tid = groupOf.tids()[group]; tid >= 0 && tid < tableSize)
            table[static_cast<std::size_t>(tid)] = group;
    const auto groupFor = [&](std::int64_t tid) {
        if (tid >= 0 && tid < tableSize)
            return table[static_cast<std::size_t>(tid)];
        return groupOf.find(tid).value_or(none);
    };
    UnionFind classes(set.groups.size());
    readMetaLines(list, "'template template 0|1'", set.warnings, progress, [&](std::string_view rest) -> const char * {
        const auto first = wordAsInteger(nextWord(rest));
        const auto second = wordAsInteger(nextWord(rest));
        const auto label = wordAsInteger(nextWord(rest));
        if (!first || !second || !label || *label < 0 || *label > 1 || !nextWord(rest).empty())
            return "is not two whole numbers and a 0 or 1";
        if (*label == 1) {
            const std::size_t a = groupFor(*first);
            const std::size_t b = groupFor(*second);
            if (a != none && b != none)
                classes.join(a, b);
        }
        return nullptr;
    });
    // A subject that a csv gave to one template of a class holds for all of it.
    std::vector<std::string> names(set.groups.size());
    for (std::size_t i = 0; i < set.groups.size(); ++i)
        if (!set.groups[i].label.empty() && names[classes.root(i)].empty())
            names[classes.root(i)] = set.groups[i].label;
    for (std::size_t i = 0; i < set.groups.size(); ++i) {
        if (!set.groups[i].label.empty() || !classes.joined(i))
            continue;
        const std::size_t root = classes.root(i);
        set.groups[i].label = names[root].empty() ? "subject-of-" + set.groups[root].id : names[root];
    }
}

} // namespace

std::optional<std::string> ijbPrefix(const fs::path &root)
{
    std::error_code problem;
    for (const char *prefix : {"ijbc_", "ijbb_"})
        if (fs::is_regular_file(root / "meta" / (std::string(prefix) + "face_tid_mid.txt"), problem))
            return prefix;
    return std::nullopt;
}

ImageSet parseIjbSet(const IjbSetLists &lists, const fs::path &crops, Progress &progress)
{
    ImageSet set;
    set.kind = "ijb";
    constexpr std::int64_t steps = 5;
    progress.checkpoint(0, steps);
    const fs::path &templateFile = lists.templates.name();
    const PicturePath::Folder shared = PicturePath::folder(crops);
    const std::vector<IjbRow> rows = parseIjbTemplates(lists.templates, *shared, set.warnings, progress);
    if (rows.empty())
        throw FileError(templateFile,
                        "names no picture. Its lines should read 'image template media'."
                            + (set.warnings.empty() ? std::string() : " " + set.warnings.front()));
    progress.checkpoint(1, steps);
    const fs::path &pointFile = lists.points.name();
    std::vector<IjbPoints> points;
    if (lists.points.isThere())
        points = parseIjbPoints(lists.points, set.warnings, progress);
    else
        set.warnings.push_back(pointFile.string() + ": is missing; faces have to be detected.");
    progress.checkpoint(2, steps);

    const GroupOf groupOf(rows);
    set.groups.reserve(groupOf.tids().size());
    for (const std::int64_t tid : groupOf.tids())
        set.groups.push_back(ImageGroup{std::to_string(tid), {}, {}});

    const std::vector<const IjbPoints *> match = matchIjbPoints(rows, points);
    FileLookup lookup;
    WarningList missing;
    std::size_t bare = 0;
    const std::string folder = crops.string();
    for (std::size_t i = 0; i < rows.size(); ++i) {
        if (i % linesBetweenChecks == 0)
            progress.throwIfCancelled();
        const IjbRow &row = rows[i];
        const std::string_view name = NamePool::text(row.name);
        const std::size_t slash = name.rfind('/');
        const bool there =
            slash == std::string::npos ? lookup.exists(folder, name) : lookup.exists(folder + "/" + std::string(name.substr(0, slash)), name.substr(slash + 1));
        if (!there) {
            missing.add(folder + "/" + std::string(name) + ": is missing (template " + std::to_string(row.tid) + ").");
            continue;
        }
        ImageItem item;
        item.file = PicturePath(shared, row.name);
        item.media = row.mid;
        if (!match.empty() && match[i] != nullptr) {
            item.landmarks = match[i]->landmarks;
            item.detectorScore = match[i]->score;
        } else {
            ++bare;
        }
        set.groups[groupOf.find(row.tid).value()].items.push_back(std::move(item));
    }
    missing.appendTo(set.warnings, "missing pictures");
    if (missing.count() == rows.size())
        throw FileError(crops, "holds none of the " + std::to_string(rows.size()) + " pictures that " + templateFile.string() + " names.");
    if (missing.count() > 0)
        set.warnings.push_back(std::to_string(missing.count()) + " of " + std::to_string(rows.size()) + " pictures are missing in " + folder + ".");
    if (bare > 0 && !points.empty())
        set.warnings.push_back(std::to_string(bare) + (bare == 1 ? " picture has" : " pictures have") + " no landmarks in " + pointFile.string()
                               + (bare == 1 ? "; its face has" : "; their faces have") + " to be detected.");
    progress.checkpoint(3, steps);

    for (const ListSource &table : lists.tables)
        labelFromCsv(table, groupOf, set);
    progress.checkpoint(4, steps);
    if (lists.pairs.isThere())
        labelFromPairs(lists.pairs, groupOf, set, progress);
    const std::size_t before = set.groups.size();
    std::erase_if(set.groups, [](const ImageGroup &group) { return group.items.empty(); });
    if (set.groups.size() < before)
        set.warnings.push_back(std::to_string(before - set.groups.size()) + " templates have no picture left and were left out.");
    progress.checkpoint(steps, steps);
    return set;
}

ImageSet readIjb(const fs::path &root, const std::string &prefix, Progress &progress)
{
    const fs::path meta = root / "meta";
    const fs::path crops = root / "loose_crop";
    std::error_code problem;
    if (!fs::is_directory(crops, problem))
        throw FileError(crops, "the folder of pictures is missing; an IJB root holds meta/ and loose_crop/.");
    IjbSetLists lists;
    lists.templates = ListSource::file(meta / (prefix + "face_tid_mid.txt"));
    lists.points = ListSource::anything(meta / (prefix + "name_5pts_score.txt"));
    lists.pairs = ListSource::anything(meta / (prefix + "template_pair_label.txt"));
    std::vector<fs::path> tables;
    for (fs::directory_iterator entry(meta, problem); !problem && entry != fs::directory_iterator(); entry.increment(problem))
        if (entry->path().extension() == ".csv" && entry->path().filename().string().rfind(prefix, 0) == 0)
            tables.push_back(entry->path());
    std::sort(tables.begin(), tables.end());
    for (const fs::path &table : tables)
        lists.tables.push_back(ListSource::file(table));
    return parseIjbSet(lists, crops, progress);
}

} // namespace dscope
