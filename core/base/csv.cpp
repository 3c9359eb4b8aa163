#include "core/base/csv.h"

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/task.h"

#include <algorithm>
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
        const auto found = std::find(header.begin(), header.end(), name);
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

CsvTable parseCsv(std::string_view text, const std::filesystem::path &path, char separator, std::vector<std::string> *badRows, Task *task)
{
    CsvTable table;
    table.path = path;
    if (text.substr(0, 3) == "\xEF\xBB\xBF")
        text.remove_prefix(3);
    std::int64_t line = 1;
    std::size_t at = 0;
    bool first = true;
    std::size_t look = 0;
    while (at < text.size()) {
        if (task != nullptr && at >= look) {
            task->checkpoint(static_cast<std::int64_t>(at), static_cast<std::int64_t>(text.size()));
            look = at + (std::size_t{1} << 20);
        }
        CsvTable::Row row;
        row.line = line;
        bool ended = false;
        while (!ended) {
            std::string cell;
            if (at < text.size() && text[at] == '"') {
                const std::int64_t opened = line;
                ++at;
                for (;;) {
                    if (at >= text.size())
                        throw FileError(path, opened, "a quoted cell is never closed.");
                    if (text[at] == '"') {
                        if (at + 1 < text.size() && text[at + 1] == '"') {
                            cell += '"';
                            at += 2;
                            continue;
                        }
                        ++at;
                        break;
                    }
                    line += text[at] == '\n' ? 1 : 0;
                    cell += text[at++];
                }
            }
            while (at < text.size() && text[at] != separator && text[at] != '\n' && text[at] != '\r')
                cell += text[at++];
            row.cells.push_back(std::move(cell));
            if (at < text.size() && text[at] == separator) {
                ++at;
                continue;
            }
            if (at < text.size() && text[at] == '\r')
                ++at;
            if (at < text.size() && text[at] == '\n')
                ++at;
            ++line;
            ended = true;
        }
        if (row.cells.size() == 1 && row.cells.front().empty())
            continue;
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
            badRows->emplace_back(error.what());
            continue;
        }
        table.rows.push_back(std::move(row));
    }
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
