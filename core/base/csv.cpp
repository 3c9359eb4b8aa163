#include "core/base/csv.h"

#include "core/base/encoding.h"
#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/task.h"
#include "core/base/text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

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
        const auto found = std::find_if(header.begin(), header.end(), [&](const std::string &cell) { return lowerCase(cell) == lowerCase(name); });
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

char csvSeparator(std::string_view firstLine)
{
    if (firstLine.size() >= 5 && lowerCase(firstLine.substr(0, 4)) == "sep=")
        return firstLine[4];
    std::array<std::size_t, 3> counts{};
    static constexpr std::string_view candidates = ",;\t";
    bool quoted = false;
    for (const char c : firstLine) {
        quoted = c == '"' ? !quoted : quoted;
        if (const std::size_t at = candidates.find(c); !quoted && at != std::string_view::npos)
            ++counts[at];
    }
    return candidates[static_cast<std::size_t>(std::max_element(counts.begin(), counts.end()) - counts.begin())];
}

namespace {

constexpr std::size_t s_mostCells = 65536;
constexpr std::size_t s_mostBadRows = 100;

/// What a row takes in memory: a line of one letter takes fifty times its bytes.
std::uint64_t memoryOf(const CsvTable::Row &row)
{
    constexpr std::size_t inPlace = 15; // letters that a string holds without memory of its own
    std::uint64_t bytes = sizeof row + row.cells.capacity() * sizeof(std::string) + 16;
    for (const std::string &cell : row.cells)
        bytes += cell.capacity() > inPlace ? cell.capacity() + 17 : 0;
    return bytes;
}

/// Reads cell after cell, and knows where it stands.
class CsvScanner {
public:
    CsvScanner(std::string_view text, const std::filesystem::path &path, char separator) : m_text(text), m_path(path), m_separator(separator) {}

    bool atEnd() const { return m_at >= m_text.size(); }
    std::size_t at() const { return m_at; }

    CsvTable::Row row()
    {
        CsvTable::Row row;
        row.line = m_line;
        for (;;) {
            if (row.cells.size() >= s_mostCells)
                throw FileError(m_path, row.line, "has more than " + std::to_string(s_mostCells) + " cells; this is no table.");
            row.cells.push_back(cell());
            if (!atEnd() && m_text[m_at] == m_separator) {
                ++m_at;
                continue;
            }
            if (!atEnd() && m_text[m_at] == '\r')
                ++m_at;
            if (!atEnd() && m_text[m_at] == '\n')
                ++m_at;
            ++m_line;
            return row;
        }
    }

private:
    bool blank() const { return !atEnd() && (m_text[m_at] == ' ' || (m_text[m_at] == '\t' && m_separator != '\t')); }

    std::string cell()
    {
        while (blank())
            ++m_at;
        std::string cell;
        if (!atEnd() && m_text[m_at] == '"')
            cell = quoted();
        const std::size_t kept = cell.size(); // blanks that were quoted stay
        const std::size_t begin = m_at;
        while (!atEnd() && m_text[m_at] != m_separator && m_text[m_at] != '\n' && m_text[m_at] != '\r')
            ++m_at;
        cell += m_text.substr(begin, m_at - begin);
        while (cell.size() > kept && (cell.back() == ' ' || cell.back() == '\t'))
            cell.pop_back();
        return cell;
    }

    std::string quoted()
    {
        const std::int64_t opened = m_line;
        std::string cell;
        for (++m_at;; ++m_at) {
            if (atEnd())
                throw FileError(m_path, opened, "a quoted cell is never closed.");
            if (m_text[m_at] == '"') {
                if (m_at + 1 >= m_text.size() || m_text[m_at + 1] != '"')
                    break;
                ++m_at;
            }
            m_line += m_text[m_at] == '\n' ? 1 : 0;
            cell += m_text[m_at];
        }
        ++m_at;
        return cell;
    }

    std::string_view m_text;
    const std::filesystem::path &m_path;
    char m_separator;
    std::size_t m_at = 0;
    std::int64_t m_line = 1;
};

} // namespace

CsvTable parseCsv(std::string_view text, const std::filesystem::path &path, char separator, std::vector<std::string> *badRows, Task *task)
{
    std::string converted;
    if (const TextMark mark = textMark(text); mark.utf16) {
        converted = utf8Text(std::string(text));
        text = converted;
    } else {
        text.remove_prefix(mark.bytes);
    }
    const std::size_t begin = std::min(text.find_first_not_of("\r\n"), text.size());
    const std::string_view firstLine = text.substr(begin, text.find_first_of("\r\n", begin) - begin);
    const bool says = firstLine.size() == 5 && lowerCase(firstLine.substr(0, 4)) == "sep=";
    CsvTable table;
    table.path = path;
    CsvScanner scanner(text, path, separator == anySeparator ? csvSeparator(firstLine) : separator);
    // Room for all rows at once: a vector that grows holds its rows twice. What is not used costs nothing.
    table.rows.reserve(static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')));
    const std::uint64_t budget = (std::uint64_t{128} << 20) + 12 * std::uint64_t{text.size()};
    std::uint64_t spent = 0;
    std::size_t look = 0;
    std::size_t bad = 0;
    bool first = true;
    bool told = !says; // "sep=;" is no row
    while (!scanner.atEnd()) {
        if (task != nullptr && scanner.at() >= look) {
            task->checkpoint(static_cast<std::int64_t>(scanner.at()), static_cast<std::int64_t>(text.size()));
            look = scanner.at() + (std::size_t{1} << 20);
        }
        CsvTable::Row row = scanner.row();
        if (row.cells.size() == 1 && row.cells.front().empty())
            continue;
        if (!told) {
            told = true;
            continue;
        }
        if (first) {
            table.header = std::move(row.cells);
            first = false;
            continue;
        }
        if (row.cells.size() != table.header.size()) {
            const FileError error(path, row.line,
                                  "has " + std::to_string(row.cells.size()) + " cells, the header has " + std::to_string(table.header.size()) + ".");
            if (badRows == nullptr)
                throw error;
            if (++bad <= s_mostBadRows)
                badRows->emplace_back(error.what());
            continue;
        }
        spent += memoryOf(row);
        if (spent > budget)
            throw FileError(path, row.line, "is one of millions of rows of a few letters each, which would take far more memory than the file's size; this is no table.");
        table.rows.push_back(std::move(row));
    }
    if (bad > s_mostBadRows)
        badRows->push_back(path.string() + ": and " + std::to_string(bad - s_mostBadRows) + " more lines with another number of cells than the header.");
    if (first)
        throw FileError(path, "is empty; a csv with a header row is needed.");
    return table;
}

CsvTable readCsv(const std::filesystem::path &path, char separator)
{
    return parseCsv(readText(path), path, separator);
}

std::string csvText(std::string_view cell)
{
    std::string safe(cell);
    if (!safe.empty() && std::string_view("=+-@\t\r").find(safe.front()) != std::string_view::npos)
        safe.insert(safe.begin(), '\'');
    if (safe.find_first_of(",\"\r\n;") == std::string::npos)
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
