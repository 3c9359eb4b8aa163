#pragma once

#include "core/datasets/lines.h"

#include <filesystem>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace dscope {

/// A csv of many rows, read a line at a time in constant memory: benchmarks' metadata. The separator is csvSeparator() of the first line. Quoted cells may hold commas and doubled quotes, but no line
/// ends. The first line is the header; names of columns are compared without regard to case.
class CsvLines {
public:
    /// @throws FileError if it cannot be opened or is empty
    explicit CsvLines(const std::filesystem::path &path);

    std::optional<std::size_t> column(std::initializer_list<std::string_view> names) const;
    /// @throws FileError that lists the columns there are
    std::size_t requireColumn(std::initializer_list<std::string_view> names) const;
    /// Goes to the next row that is not blank; false at the end. A row that is too short for a column asked for is not skipped: cell() gives "".
    bool next();
    std::string_view cell(std::size_t column) const { return column < m_cells.size() ? std::string_view(m_cells[column]) : std::string_view(); }
    std::int64_t line() const { return m_reader.line(); }
    const std::filesystem::path &path() const { return m_path; }

private:
    void split(std::string_view line);

    std::filesystem::path m_path;
    LineReader m_reader;
    char m_separator = ',';
    std::vector<std::string> m_header; // in lower case
    std::vector<std::string> m_cells;
};

} // namespace dscope
