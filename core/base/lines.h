// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/encoding.h"
#include "core/base/inputfile.h"

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace dscope {

/// Reads a text file line by line in constant memory, fast enough for lists of millions of lines. A byte-order mark is skipped; UTF-16 and UTF-32 become
/// UTF-8. Lines end in LF, CRLF or CR.
class LineReader {
public:
    /// @throws FileError if the file cannot be opened
    explicit LineReader(std::filesystem::path path);
    /// The same for text in hand, which must stay; `path` only names it in errors.
    LineReader(std::string_view text, std::filesystem::path path);

    /// The next line without its end, valid until the next call; nothing at the end. A line of more than 64 KiB is given
    /// as an empty one with tooLong() set. @throws FileError if reading fails
    std::optional<std::string_view> next();
    /// The number of the line given last, from 1.
    std::int64_t line() const { return m_line; }
    bool tooLong() const { return m_tooLong; }

private:
    void begin();
    bool fill();
    std::size_t readInto(char *to, std::size_t room);

    std::filesystem::path m_path;
    std::unique_ptr<std::FILE, FileCloser> m_file; ///< none: of text in hand
    std::string_view m_text;                       ///< what of that is still to come
    std::vector<char> m_buffer;
    std::optional<WideDecoder> m_decoder; ///< of a UTF-16 or UTF-32 file
    std::string m_decoded;                ///< and what of it waits for room
    std::size_t m_begin = 0;
    std::size_t m_end = 0;
    std::int64_t m_line = 0;
    bool m_tooLong = false;
    char m_lineEnd = '\n'; ///< CR where the text has no LF
};

/// Cuts the next word, separated by blanks or tabs, off the front of `rest`; empty when there is none.
std::string_view nextWord(std::string_view &rest);
/// A whole word as an integer (also written as 1.0 or 1e0, as programs write them that know only floating point) or a finite number.
std::optional<std::int64_t> wordAsInteger(std::string_view word);
std::optional<float> wordAsNumber(std::string_view word);
/// A number or name that something goes by, as it is compared: `12.0`, as programs write a whole number in a column where one is missing, is `12`; all
/// else stays as it stands there.
std::string_view idText(std::string_view text);

/// A name that comes from a file that anyone may have written must stay inside its folder: relative, without "..".
bool isSafeName(std::string_view name);

/// Warnings of one kind: the first few in full, the rest counted.
class WarningList {
public:
    explicit WarningList(std::size_t most = 20) : m_most(most) {}
    void add(std::string text)
    {
        if (++m_count <= m_most)
            m_texts.push_back(std::move(text));
    }
    std::size_t count() const { return m_count; }
    const std::string &first() const { return m_texts.front(); }
    /// Appends the warnings, and "... and N more <what>" if some were only counted.
    void appendTo(std::vector<std::string> &warnings, const std::string &what) const;

private:
    std::size_t m_most;
    std::size_t m_count = 0;
    std::vector<std::string> m_texts;
};

} // namespace dscope
