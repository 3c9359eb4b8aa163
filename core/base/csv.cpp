// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/csv.h"

#include "core/base/encoding.h"
#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/progress.h"
#include "core/base/text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <utility>

namespace dscope {

namespace {

std::string joined(const std::vector<std::string> &names)
{
    std::string text;
    for (const std::string &name : names)
        text += (text.empty() ? "" : ", ") + name;
    return text;
}

template<typename T>
std::string shortest(T value)
{
    if (std::isnan(value))
        return "nan";
    if (std::isinf(value))
        return value > 0 ? "inf" : "-inf";
    char buffer[64];
    const auto result = std::to_chars(buffer, buffer + sizeof buffer, value);
    return std::string(buffer, result.ptr);
}

} // namespace

std::optional<std::size_t> CsvTable::column(std::initializer_list<std::string_view> names) const
{
    for (const std::string_view name : names) {
        const auto found = std::find_if(header.begin(), header.end(), [&](const std::string &cell) { return columnKey(cell) == columnKey(name); });
        if (found != header.end())
            return static_cast<std::size_t>(found - header.begin());
    }
    return std::nullopt;
}

std::size_t CsvTable::requireColumn(std::initializer_list<std::string_view> names) const
{
    if (const auto found = column(names))
        return *found;
    std::string wanted;
    for (const std::string_view name : names)
        wanted += (wanted.empty() ? "'" : "' or '") + std::string(name);
    throw FileError(path, 1, "has no column " + wanted + "'; its columns are: " + joined(header) + ".");
}

std::optional<std::size_t> CsvTable::column(const ColumnNames &names) const
{
    for (const auto *some : {&names.sure, &names.perhaps})
        for (const std::string_view name : *some)
            if (const auto found = column({name}))
                return found;
    return std::nullopt;
}

std::size_t CsvTable::requireColumn(const ColumnNames &names) const
{
    if (const auto found = column(names))
        return *found;
    throw FileError(path, 1, "has no column for the " + std::string(names.what) + " (" + names.listed() + "); its columns are: " + joined(header) + ".");
}

namespace {

std::string_view withoutBlanks(std::string_view text)
{
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t'))
        text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t'))
        text.remove_suffix(1);
    return text;
}

/// What a line `sep=;` says, in quotes or not.
std::optional<char> saidSeparator(std::string_view line)
{
    if (line.size() > 2 && line.front() == '"' && line.back() == '"')
        line = line.substr(1, line.size() - 2);
    if (line.size() != 5 || lowerCase(line.substr(0, 4)) != "sep=")
        return std::nullopt;
    return line[4];
}

} // namespace

char csvSeparator(std::string_view firstLine)
{
    if (const auto said = saidSeparator(firstLine))
        return *said;
    std::array<std::size_t, 4> counts{};
    static constexpr std::string_view candidates = ",;\t|";
    bool quoted = false;
    for (const char c : firstLine) {
        quoted = c == '"' ? !quoted : quoted;
        if (const std::size_t at = candidates.find(c); !quoted && at != std::string_view::npos)
            ++counts[at];
    }
    return candidates[static_cast<std::size_t>(std::max_element(counts.begin(), counts.end()) - counts.begin())];
}

CsvBeginning csvBeginning(std::string_view text)
{
    CsvBeginning beginning;
    std::optional<char> said;
    std::string_view line;
    while (beginning.at < text.size()) {
        std::size_t end = std::min(text.find_first_of("\r\n", beginning.at), text.size());
        const std::string_view whole = text.substr(beginning.at, end - beginning.at);
        line = withoutBlanks(whole);
        const std::optional<char> says = saidSeparator(whole);
        if (!line.empty() && !says && !line.starts_with('#') && !line.starts_with("\"#"))
            break;
        if (line.starts_with('#')) {
            // "#path,person" is a header, "# made by hand" is none; "#,path,person" has a column of that name.
            const std::string_view named = withoutBlanks(line.substr(1));
            const char separator = said.value_or(csvSeparator(named));
            if (named.starts_with(separator))
                break;
            if (const std::size_t cell = named.find(separator); cell != std::string_view::npos && isColumnName(named.substr(0, cell))) {
                beginning.at += static_cast<std::size_t>(named.data() - whole.data());
                line = named;
                break;
            }
        }
        said = says ? says : said;
        end += end < text.size() && text[end] == '\r' ? 1 : 0;
        end += end < text.size() && text[end] == '\n' ? 1 : 0;
        ++beginning.lines;
        beginning.at = end;
        line = {};
    }
    beginning.separator = said.value_or(csvSeparator(line));
    return beginning;
}

namespace {

constexpr std::size_t s_mostCells = 65536;

} // namespace

/// Reads cell after cell. A quoted cell is put in its place in the text without its quotes: what is left of it is never longer.
class CsvParser {
public:
    CsvParser(std::string text, const std::filesystem::path &path, const CsvOptions &options) : m_path(path), m_options(options), m_line(options.firstLine)
    {
        m_table.path = path;
        CsvRows &rows = m_table.rows;
        rows.m_text = utf8Text(std::move(text));
        if (rows.m_text.size() > std::numeric_limits<std::uint32_t>::max())
            throw FileError(path, "has more than 4 GiB; this is no table.");
        const std::string_view whole = rows.m_text;
        m_separator = options.separator;
        if (m_separator == anySeparator) {
            const CsvBeginning beginning = csvBeginning(whole);
            m_separator = beginning.separator;
            m_at = beginning.at;
            m_line += beginning.lines;
        }
        if (options.cut != CsvOptions::Cut::Separators)
            m_separator = ' ';
        m_table.header = options.columns;
        rows.m_columns = options.columns.size();
        // Room for all at once: a vector that grows holds what it has twice. What is not used costs nothing.
        const auto lines = static_cast<std::size_t>(std::count(whole.begin(), whole.end(), '\n'));
        rows.m_lines.reserve(lines + 1);
        rows.m_cells.reserve(lines + static_cast<std::size_t>(std::count(whole.begin(), whole.end(), m_separator)) + 1);
    }

    CsvTable parse()
    {
        CsvRows &rows = m_table.rows;
        std::size_t look = 0;
        bool first = m_options.columns.empty();
        while (!atEnd()) {
            if (m_options.progress != nullptr && m_at >= look) {
                m_options.progress->checkpoint(static_cast<std::int64_t>(m_at), static_cast<std::int64_t>(rows.m_text.size()));
                look = m_at + (std::size_t{1} << 20);
            }
            const std::int64_t line = m_line;
            const std::size_t before = rows.m_cells.size();
            const std::size_t count = m_options.cut == CsvOptions::Cut::Separators ? row() : wordRow();
            const bool blankRow = count == 1 && rows.m_cells.back().size == 0;
            if (blankRow || first || !fits(count, line)) {
                if (!blankRow && first) {
                    for (std::size_t i = before; i < rows.m_cells.size(); ++i)
                        m_table.header.emplace_back(std::string_view(rows.m_text).substr(rows.m_cells[i].begin, rows.m_cells[i].size));
                    rows.m_columns = count;
                    first = false;
                }
                rows.m_cells.resize(before);
                continue;
            }
            rows.m_cells.resize(before + rows.m_columns, {0, 0});
            if (rows.m_cells.size() > rows.m_text.size())
                throw FileError(m_path, line, "is one of very many with far fewer cells than the header; this is no table.");
            rows.m_lines.push_back(static_cast<std::uint32_t>(line));
        }
        if (first)
            throw FileError(m_path, "is empty; a csv with a header row is needed.");
        return std::move(m_table);
    }

private:
    bool atEnd() const { return m_at >= m_table.rows.m_text.size(); }
    char now() const { return m_table.rows.m_text[m_at]; }
    bool blank() const { return !atEnd() && (now() == ' ' || (now() == '\t' && m_separator != '\t')); }

    /// Whether a row has the header's number of cells, or may have another one.
    bool fits(std::size_t count, std::int64_t line)
    {
        const std::size_t columns = m_table.rows.m_columns;
        if (count == columns || m_options.ragged)
            return true;
        const auto &cells = m_table.rows.m_cells;
        const std::vector<std::string> &header = m_table.header;
        if (count > columns
            && std::all_of(cells.end() - static_cast<std::ptrdiff_t>(count - columns), cells.end(), [](const auto &cell) { return cell.size == 0; }))
            return true;
        if (count < columns
            && std::all_of(header.begin() + static_cast<std::ptrdiff_t>(count), header.end(), [](const std::string &name) { return name.empty(); }))
            return true;
        const FileError error(m_path, line,
                              "has " + std::to_string(count) + (count == 1 ? " cell, " : " cells, ")
                                  + (m_options.columns.empty() ? "the header has " : "the first line has ") + std::to_string(columns) + ".");
        if (m_options.badRows == nullptr)
            throw error;
        m_options.badRows->add(std::string(error.what()) + " The line was left out.");
        return false;
    }

    /// Appends the cells of the next row. @return how many
    std::size_t row()
    {
        const std::int64_t line = m_line;
        for (std::size_t count = 1;; ++count) {
            if (count > s_mostCells)
                throw FileError(m_path, line, "has more than " + std::to_string(s_mostCells) + " cells; this is no table.");
            cell();
            if (!atEnd() && now() == m_separator) {
                ++m_at;
                continue;
            }
            if (!atEnd() && now() == '\r')
                ++m_at;
            if (!atEnd() && now() == '\n')
                ++m_at;
            ++m_line;
            return count;
        }
    }

    /// The same of a line of which one word stands apart.
    std::size_t wordRow()
    {
        CsvRows &rows = m_table.rows;
        const std::string_view text = rows.m_text;
        const std::size_t end = std::min(text.find_first_of("\r\n", m_at), text.size());
        const std::string_view line = withoutBlanks(text.substr(m_at, end - m_at));
        m_at = end;
        m_at += !atEnd() && now() == '\r' ? 1 : 0;
        m_at += !atEnd() && now() == '\n' ? 1 : 0;
        ++m_line;
        const auto add = [&](std::string_view cell) {
            rows.m_cells.push_back({static_cast<std::uint32_t>(cell.data() - text.data()), static_cast<std::uint32_t>(cell.size())});
        };
        const std::size_t blank = m_options.cut == CsvOptions::Cut::LastWord ? line.find_last_of(" \t") : line.find_first_of(" \t");
        add(withoutBlanks(line.substr(0, blank)));
        if (blank == std::string_view::npos)
            return 1;
        add(withoutBlanks(line.substr(blank)));
        return 2;
    }

    void cell()
    {
        std::string &text = m_table.rows.m_text;
        while (blank())
            ++m_at;
        const std::size_t begin = m_at;
        std::size_t end = begin;
        if (!atEnd() && now() == '"')
            end = quoted(begin);
        const std::size_t kept = end; // blanks that were quoted stay
        for (; !atEnd() && now() != m_separator && now() != '\n' && now() != '\r'; ++m_at)
            text[end++] = now();
        while (end > kept && (text[end - 1] == ' ' || text[end - 1] == '\t'))
            --end;
        m_table.rows.m_cells.push_back({static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end - begin)});
    }

    /// Goes past a quoted part and puts what it holds to `to` and behind. @return its end there
    std::size_t quoted(std::size_t to)
    {
        std::string &text = m_table.rows.m_text;
        const std::int64_t opened = m_line;
        for (++m_at;; ++m_at) {
            if (atEnd())
                throw FileError(m_path, opened, "a quoted cell is never closed.");
            if (now() == '"') {
                if (m_at + 1 >= text.size() || text[m_at + 1] != '"')
                    break;
                ++m_at;
            }
            m_line += now() == '\n' ? 1 : 0;
            text[to++] = now();
        }
        ++m_at;
        return to;
    }

    const std::filesystem::path &m_path;
    const CsvOptions &m_options;
    CsvTable m_table;
    char m_separator = ',';
    std::size_t m_at = 0;
    std::int64_t m_line;
};

CsvTable parseCsv(std::string text, const std::filesystem::path &path, const CsvOptions &options)
{
    return CsvParser(std::move(text), path, options).parse();
}

CsvTable readCsv(const std::filesystem::path &path, const CsvOptions &options)
{
    return parseCsv(readText(path), path, options);
}

std::string csvText(std::string_view cell)
{
    std::string safe(cell);
    if (!safe.empty() && std::string_view("=+-@\t\r").find(safe.front()) != std::string_view::npos)
        safe.insert(safe.begin(), '\'');
    const auto blank = [](char c) { return c == ' ' || c == '\t'; };
    if (safe.find_first_of(",\"\r\n;") == std::string::npos && (safe.empty() || (!blank(safe.front()) && !blank(safe.back()))))
        return safe;
    std::string quoted = "\"";
    for (const char c : safe) {
        if (c == '"')
            quoted += '"';
        quoted += c;
    }
    return quoted + '"';
}

std::string csvNumber(double value)
{
    return shortest(value);
}
std::string csvNumber(float value)
{
    return shortest(value);
}

std::optional<double> parseNumber(std::string_view cell)
{
    while (!cell.empty() && (cell.front() == ' ' || cell.front() == '\t'))
        cell.remove_prefix(1);
    while (!cell.empty() && (cell.back() == ' ' || cell.back() == '\t' || cell.back() == '\r'))
        cell.remove_suffix(1);
    if (cell.size() > 1 && cell[0] == '+' && cell[1] != '-')
        cell.remove_prefix(1);
    double value = 0;
    const auto result = std::from_chars(cell.data(), cell.data() + cell.size(), value);
    if (cell.empty() || result.ec != std::errc() || result.ptr != cell.data() + cell.size())
        return std::nullopt;
    return value;
}

} // namespace dscope
