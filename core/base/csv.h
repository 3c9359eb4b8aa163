#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace dscope {

class Task;

/// A csv file after RFC 4180: quoted cells may hold separators, quotes (doubled) and line ends. Lines count from 1.
struct CsvTable {
    struct Row {
        std::int64_t line = 0; ///< where the row begins in the file
        std::vector<std::string> cells;
    };
    std::filesystem::path path;
    std::vector<std::string> header;
    std::vector<Row> rows;

    /// The place of a column, by any of the names given (first that is there) in capitals or not, or nothing.
    std::optional<std::size_t> column(std::initializer_list<std::string_view> names) const;
    /// The same, but its absence is a FileError that lists the columns there are.
    std::size_t requireColumn(std::initializer_list<std::string_view> names) const;
};

/// What stands between the cells of a csv whose first line this is: a comma, semicolon or tab, whichever stands there most often outside of quotes; a
/// line "sep=;", as spreadsheets write it, says so itself.
char csvSeparator(std::string_view firstLine);

constexpr char anySeparator = '\0'; ///< csvSeparator() of the header's line

/// Reads a csv with a header row, in UTF-8 or (with a byte-order mark) UTF-16. Blank lines are skipped, and blanks around cells, unless they are quoted.
/// @throws FileError with the line of an unclosed quote, of a row with another number of cells than the header, or of one with more than 65,536 cells.
CsvTable readCsv(const std::filesystem::path &path, char separator = anySeparator);
/// The same for text in hand (`path` only names it in errors). With `badRows`, rows with another number of cells than the header are
/// left out and described there (the first hundred, then how many more) instead of ending the reading.
/// @param task where not null: told how much is read, and asked whether to stop
CsvTable parseCsv(std::string_view text, const std::filesystem::path &path, char separator = anySeparator, std::vector<std::string> *badRows = nullptr,
                  Task *task = nullptr);

/// One string cell for writing: quoted where needed; a cell that begins with = + - @ TAB or CR gets a leading ' so that a spreadsheet
/// does not run it (protocols.md, section 9). Never use it for numbers.
std::string csvText(std::string_view cell);
/// A number with `.` as the decimal point whatever the locale, in the fewest digits that read back the same.
std::string csvNumber(double value);
std::string csvNumber(float value);
/// Parses a whole cell as a number, `.` as the decimal point whatever the locale; nothing if it is not one.
std::optional<double> parseNumber(std::string_view cell);

} // namespace dscope
