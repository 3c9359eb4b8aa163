// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/columns.h"
#include "core/base/lines.h"

#include <cstddef>
#include <cstdint>
#include <iterator>

namespace dscope {

class Progress;

/// The rows of a csv: its text once, and where in it each cell lies. A string a cell would take fifty times the bytes of a short row.
class CsvRows {
    template<typename Items, typename Item>
    class Iterator {
    public:
        using iterator_category = std::input_iterator_tag;
        using value_type = Item;
        using difference_type = std::ptrdiff_t;
        using pointer = void;
        using reference = Item;
        Iterator(Items items, std::size_t at) : m_items(items), m_at(at) {}
        Item operator*() const { return m_items[m_at]; }
        Iterator &operator++() { return ++m_at, *this; }
        bool operator==(const Iterator &other) const { return m_at == other.m_at; }

    private:
        Items m_items;
        std::size_t m_at;
    };

public:
    /// The cells of one row, as long as the table is there.
    class Cells {
    public:
        Cells(const CsvRows &rows, std::size_t row) : m_rows(&rows), m_row(row) {}
        std::size_t size() const { return m_rows->m_columns; }
        std::string_view operator[](std::size_t column) const { return m_rows->cell(m_row, column); }
        Iterator<Cells, std::string_view> begin() const { return {*this, 0}; }
        Iterator<Cells, std::string_view> end() const { return {*this, size()}; }

    private:
        const CsvRows *m_rows;
        std::size_t m_row;
    };
    struct Row {
        std::int64_t line = 0; ///< where the row begins in the file
        Cells cells;
    };

    std::size_t size() const { return m_lines.size(); }
    bool empty() const { return m_lines.empty(); }
    Row operator[](std::size_t row) const { return {m_lines[row], Cells(*this, row)}; }
    Row front() const { return (*this)[0]; }
    Row back() const { return (*this)[size() - 1]; }

private:
    friend class CsvParser;
    /// A row by its place, for Iterator to hold.
    struct Places {
        const CsvRows *rows;
        Row operator[](std::size_t row) const { return (*rows)[row]; }
    };
    struct Place {
        std::uint32_t begin;
        std::uint32_t size;
    };
    std::string_view cell(std::size_t row, std::size_t column) const
    {
        const Place place = m_cells[row * m_columns + column];
        return std::string_view(m_text).substr(place.begin, place.size);
    }

    std::string m_text; ///< cells that were quoted stand there without their quotes
    std::size_t m_columns = 0;
    std::vector<Place> m_cells; ///< [rows, columns]
    std::vector<std::uint32_t> m_lines;

public:
    Iterator<Places, Row> begin() const { return {Places{this}, 0}; }
    Iterator<Places, Row> end() const { return {Places{this}, size()}; }
};

/// A csv file after RFC 4180: quoted cells may hold separators, quotes (doubled) and line ends. Lines count from 1.
struct CsvTable {
    using Row = CsvRows::Row;
    std::filesystem::path path;
    std::vector<std::string> header;
    CsvRows rows;

    /// The place of a column, by the first of the names that is there (compared by columnKey()), or nothing.
    std::optional<std::size_t> column(std::initializer_list<std::string_view> names) const;
    /// The same, but its absence is a FileError that lists the columns there are.
    std::size_t requireColumn(std::initializer_list<std::string_view> names) const;
    /// The same for names that several kinds of file share.
    std::optional<std::size_t> column(const ColumnNames &names) const;
    std::size_t requireColumn(const ColumnNames &names) const;
};

/// What stands between the cells of a csv whose first line this is: comma, semicolon, tab or `|`, whichever is there most often outside of quotes, or by
/// "sep=;".
char csvSeparator(std::string_view firstLine);

/// Where a csv's header, or its first row, is.
struct CsvBeginning {
    std::size_t at = 0;     ///< in the text
    std::int64_t lines = 0; ///< that stand above it: blank ones, "# ..." and "sep=;"
    char separator = ',';
};
/// Looks past what stands above the header. A `#` before the name of a column belongs to the header. @param text in UTF-8
CsvBeginning csvBeginning(std::string_view text);

constexpr char anySeparator = '\0'; ///< csvSeparator() of the header's line

/// How a csv is read.
struct CsvOptions {
    char separator = anySeparator;
    /// Where not null: rows with another number of cells than the header are left out and described there instead of ending the reading. In either case
    /// cells do not count that are empty and have no column, or whose column has no name.
    WarningList *badRows = nullptr;
    bool ragged = false; ///< such rows are filled up with empty cells, or lose the cells that have no column
    /// Where not empty: the text has no header, and these are its columns.
    std::vector<std::string> columns = {};
    /// How a row is cut: by separators and quotes or, as `path label` is, into its last (first) word and what stands before (behind) it.
    enum class Cut { Separators, LastWord, FirstWord } cut = Cut::Separators;
    std::int64_t firstLine = 1;   ///< the number of the text's first line in errors
    Progress *progress = nullptr; ///< where not null: told how much is read, and asked whether to stop
};

/// Reads a csv with a header row, in UTF-8, UTF-16 or UTF-32. Lines above the header that begin with # are skipped, blank lines too, and blanks around cells,
/// unless they are quoted.
/// @throws FileError with the line of an unclosed quote, of a row with another number of cells than the header, or of one with more than 65,536 cells.
CsvTable readCsv(const std::filesystem::path &path, const CsvOptions &options = {});
/// The same for text in hand; `path` only names it in errors.
CsvTable parseCsv(std::string text, const std::filesystem::path &path, const CsvOptions &options = {});

/// One string cell for writing: quoted where needed; a cell that begins with = + - @ TAB or CR gets a leading ' so that a spreadsheet
/// does not run it (protocols.md, section 9). Never use it for numbers.
std::string csvText(std::string_view cell);
/// A number with `.` as the decimal point whatever the locale, in the fewest digits that read back the same.
std::string csvNumber(double value);
std::string csvNumber(float value);
/// Parses a whole cell as a number, `.` as the decimal point whatever the locale; nothing if it is not one.
std::optional<double> parseNumber(std::string_view cell);

} // namespace dscope
