// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"
#include "core/base/lines.h"
#include "core/base/picture.h"
#include "core/base/progress.h"
#include "core/datasets/listsource.h"
#include "core/datasets/picturenames.h"

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <numeric>
#include <string>
#include <string_view>
#include <vector>

namespace dscope {

/// A line of face_tid_mid.txt.
struct IjbRow {
    PooledName name;
    std::int64_t tid = 0;
    std::int64_t mid = 0;
};

/// A line of name_5pts_score.txt.
struct IjbPoints {
    std::string name;
    Landmarks landmarks{};
    float score = 0;
};

/// Sets of templates that are known to show one person.
class UnionFind {
public:
    explicit UnionFind(std::size_t count) : m_parent(count), m_joined(count, false) { std::iota(m_parent.begin(), m_parent.end(), std::size_t{0}); }
    std::size_t root(std::size_t i)
    {
        while (m_parent[i] != i) {
            m_parent[i] = m_parent[m_parent[i]];
            i = m_parent[i];
        }
        return i;
    }
    /// The lower index stays the root, so that a class is named by its lowest template.
    void join(std::size_t a, std::size_t b)
    {
        m_joined[a] = m_joined[b] = true;
        a = root(a);
        b = root(b);
        m_parent[std::max(a, b)] = std::min(a, b);
    }
    bool joined(std::size_t i) const { return m_joined[i]; }

private:
    std::vector<std::size_t> m_parent;
    std::vector<bool> m_joined;
};

/// Reads every line of a meta file by `parse`, which returns what is wrong with the line or nullptr. Blank lines are skipped, wrong ones listed.
template<typename F>
void readMetaLines(LineReader &reader, const std::filesystem::path &file, const std::string &what, std::vector<std::string> &warnings, Progress &progress,
                   F parse)
{
    constexpr std::int64_t linesBetweenChecks = 1 << 14;
    WarningList bad;
    while (const auto line = reader.next()) {
        if (reader.line() % linesBetweenChecks == 0)
            progress.throwIfCancelled();
        const std::string_view rest = *line;
        const char *problem = reader.tooLong() ? "the line is longer than 65536 bytes" : nullptr;
        if (problem == nullptr) {
            std::string_view blank = rest;
            if (nextWord(blank).empty())
                continue;
            problem = parse(rest);
        }
        if (problem != nullptr)
            bad.add(FileError(file, reader.line(), std::string(problem) + "; expected " + what + ". The line was left out.").what());
    }
    bad.appendTo(warnings, "malformed lines in " + file.string());
}

template<typename F>
void readMetaLines(const ListSource &list, const std::string &what, std::vector<std::string> &warnings, Progress &progress, F parse)
{
    LineReader reader = list.lines();
    readMetaLines(reader, list.name(), what, warnings, progress, parse);
}

template<typename F>
void readMetaLines(const std::filesystem::path &file, const std::string &what, std::vector<std::string> &warnings, Progress &progress, F parse)
{
    LineReader reader(file);
    readMetaLines(reader, file, what, warnings, progress, parse);
}

/// The lines of face_tid_mid.txt. @param names gets theirs
std::vector<IjbRow> parseIjbTemplates(const ListSource &list, NamePool &names, std::vector<std::string> &warnings, Progress &progress);
/// Those of name_5pts_score.txt.
std::vector<IjbPoints> parseIjbPoints(const ListSource &list, std::vector<std::string> &warnings, Progress &progress);

/// The landmarks of each row, or null: line i of both files names the same image in the public sets; where it does not, by name. Empty where there are no
/// points.
std::vector<const IjbPoints *> matchIjbPoints(const std::vector<IjbRow> &rows, const std::vector<IjbPoints> &points);

} // namespace dscope
