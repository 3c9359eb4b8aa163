#include "core/datasets/csvlines.h"

#include "core/base/csv.h"
#include "core/base/error.h"
#include "core/base/text.h"

#include <algorithm>

namespace dscope {

CsvLines::CsvLines(const std::filesystem::path &path) : m_path(path), m_reader(path)
{
    const auto line = m_reader.next();
    if (!line || line->empty())
        throw FileError(path, 1, "has no header row.");
    m_separator = csvSeparator(*line);
    if (line->size() == 5 && lowerCase(line->substr(0, 4)) == "sep=") {
        const auto header = m_reader.next();
        if (!header)
            throw FileError(path, 2, "has no header row.");
        split(*header);
    } else {
        split(*line);
    }
    for (const std::string &cell : m_cells)
        m_header.push_back(lowerCase(cell));
}

void CsvLines::split(std::string_view line)
{
    m_cells.clear();
    std::size_t at = 0;
    for (;;) {
        std::string cell;
        while (at < line.size() && (line[at] == ' ' || (line[at] == '\t' && m_separator != '\t')))
            ++at;
        if (at < line.size() && line[at] == '"') {
            for (++at; at < line.size(); ++at) {
                if (line[at] == '"' && (at + 1 >= line.size() || line[at + 1] != '"'))
                    break;
                at += line[at] == '"' ? 1 : 0;
                cell += line[at];
            }
            at = std::min(at + 1, line.size());
        }
        while (at < line.size() && line[at] != m_separator)
            cell += line[at++];
        while (!cell.empty() && (cell.back() == ' ' || cell.back() == '\t'))
            cell.pop_back();
        m_cells.push_back(std::move(cell));
        if (at >= line.size())
            return;
        ++at;
    }
}

std::optional<std::size_t> CsvLines::column(std::initializer_list<std::string_view> names) const
{
    for (const std::string_view name : names) {
        const auto found = std::find(m_header.begin(), m_header.end(), lowerCase(name));
        if (found != m_header.end())
            return static_cast<std::size_t>(found - m_header.begin());
    }
    return std::nullopt;
}

std::size_t CsvLines::requireColumn(std::initializer_list<std::string_view> names) const
{
    if (const auto found = column(names))
        return *found;
    std::string wanted;
    for (const std::string_view name : names)
        wanted += (wanted.empty() ? "'" : "' or '") + std::string(name);
    std::string there;
    for (const std::string &name : m_header)
        there += (there.empty() ? "" : ", ") + name.substr(0, 40);
    throw FileError(m_path, 1, "has no column " + wanted + "'; its columns are: " + there.substr(0, 400) + ".");
}

bool CsvLines::next()
{
    while (const auto line = m_reader.next()) {
        std::string_view blank = *line;
        if (nextWord(blank).empty() && !m_reader.tooLong())
            continue;
        split(*line);
        return true;
    }
    return false;
}

} // namespace dscope
