// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/scores/labelset.h"

#include "core/base/csv.h"
#include "core/base/error.h"
#include "core/base/files.h"
#include "core/training/recordio.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <ostream>
#include <unordered_map>
#include <utility>

namespace dscope {

LabelSet::LabelSet(Targets targets, std::filesystem::path file) : m_targets(std::move(targets)), m_file(std::move(file))
{
    const FaceList &faces = m_targets.faces;
    const DScores &scores = m_targets.scores;
    // A file keeps the number of a class among those that have pictures, not its label.
    std::vector<bool> used(faces.people.size());
    for (const std::int32_t label : faces.labels)
        used[static_cast<std::size_t>(label)] = true;
    for (std::size_t label = 0; label < used.size(); ++label)
        if (used[label])
            m_classes.push_back(static_cast<std::int32_t>(label));

    m_count.resize(faces.people.size());
    m_representative.resize(faces.people.size(), -1);
    m_second.resize(faces.people.size(), -1);
    for (int i = 0; i < size(); ++i) {
        const std::int32_t other = scores.hardestClass[at(i)];
        if (other < 0 || static_cast<std::size_t>(other) >= m_classes.size())
            throw FileError(m_file,
                            "names class " + std::to_string(other) + " as the closest one of '" + name(i) + "', but has " + std::to_string(m_classes.size())
                                + " classes. The file is damaged; label the set again.");
        if (!std::isfinite(own(i)) || !std::isfinite(hardest(i)) || !std::isfinite(raw(i)) || !std::isfinite(normalised(i)))
            throw FileError(m_file, "holds a score of '" + name(i) + "' that is no number. The file is damaged; label the set again.");
        m_alone += alone(i) ? 1 : 0;
        const auto label = static_cast<std::size_t>(this->label(i));
        ++m_count[label];
        int &best = m_representative[label];
        int &second = m_second[label];
        const auto closer = [this](int a, int b) { return b < 0 || (cosine() ? own(a) > own(b) : own(a) < own(b)); };
        if (closer(i, best))
            second = std::exchange(best, i);
        else if (closer(i, second))
            second = i;
    }
    m_order.resize(static_cast<std::size_t>(size()));
    std::iota(m_order.begin(), m_order.end(), 0);
    std::stable_sort(m_order.begin(), m_order.end(), [this](int a, int b) { return raw(a) < raw(b); });
}

int LabelSet::confusedWith(int picture) const
{
    return m_classes[static_cast<std::size_t>(m_targets.scores.hardestClass[at(picture)])];
}

int LabelSet::companion(int picture) const
{
    const auto label = static_cast<std::size_t>(this->label(picture));
    if (m_representative[label] != picture)
        return m_representative[label];
    return m_second[label] >= 0 ? m_second[label] : picture;
}

std::filesystem::path LabelSet::path(int picture) const
{
    return looksLikeRecords(faces().root) ? faces().root : faces().root / name(picture);
}

std::shared_ptr<const LabelSet> readLabelSet(const std::filesystem::path &file, Progress &progress)
{
    progress.stage("Reading " + file.filename().string());
    Targets targets = readTargets(file);
    progress.throwIfCancelled();
    return std::make_shared<const LabelSet>(std::move(targets), file);
}

void writePictures(const std::filesystem::path &csv, const LabelSet &set, const std::vector<int> &pictures)
{
    writeAtomically(csv, [&](std::ostream &out) {
        out << "file,person,own,hardest,confused_with,d_raw,d_score\n";
        for (const int i : pictures)
            out << csvText(set.name(i)) << ',' << csvText(set.person(set.label(i))) << ',' << csvNumber(set.own(i)) << ',' << csvNumber(set.hardest(i)) << ','
                << csvText(set.person(set.confusedWith(i))) << ',' << csvNumber(set.raw(i)) << ',' << csvNumber(set.normalised(i)) << '\n';
    });
}

std::vector<int> readPictures(const std::filesystem::path &csv, const LabelSet &set)
{
    const CsvTable table = readCsv(csv);
    const std::size_t column = table.requireColumn(pictureColumn());
    // csvText may have put an apostrophe before a name, so that a spreadsheet does not run it.
    std::unordered_map<std::string, int> places;
    for (int i = 0; i < set.size(); ++i)
        places.emplace(set.name(i), i);
    std::vector<int> pictures;
    for (const CsvTable::Row &row : table.rows) {
        const std::string name(row.cells[column]);
        auto found = places.find(name);
        if (found == places.end() && name.starts_with('\''))
            found = places.find(name.substr(1));
        if (found == places.end())
            throw FileError(csv, row.line, "'" + name + "' is no picture of this set (" + set.faces().root.string() + ").");
        pictures.push_back(found->second);
    }
    std::sort(pictures.begin(), pictures.end());
    pictures.erase(std::unique(pictures.begin(), pictures.end()), pictures.end());
    return pictures;
}

void writeCleanedList(const std::filesystem::path &csv, const LabelSet &set, const std::vector<bool> &excluded)
{
    if (looksLikeRecords(set.faces().root))
        throw Error("The pictures of " + set.faces().root.string() + " are records, not files, so a csv cannot list them. Save the exclusions instead.");
    writeAtomically(csv, [&](std::ostream &out) {
        out << "path,person\n";
        for (int i = 0; i < set.size(); ++i)
            if (static_cast<std::size_t>(i) >= excluded.size() || !excluded[static_cast<std::size_t>(i)])
                out << csvText(std::filesystem::absolute(set.path(i)).lexically_normal().string()) << ',' << csvText(set.person(set.label(i))) << '\n';
    });
}

} // namespace dscope
