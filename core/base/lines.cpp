// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/lines.h"

#include "core/base/error.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstring>
#include <utility>

namespace dscope {

namespace {
constexpr std::size_t bufferBytes = 1 << 20;
constexpr std::size_t maxLine = 1 << 16;
} // namespace

LineReader::LineReader(std::filesystem::path path) : m_path(std::move(path)), m_file(openToRead(m_path)), m_buffer(bufferBytes)
{
    begin();
}

LineReader::LineReader(std::string_view text, std::filesystem::path path)
    : m_path(std::move(path)), m_text(text), m_buffer(std::min(bufferBytes, text.size() + maxLine + 2))
{
    begin();
}

void LineReader::begin()
{
    fill();
    const TextMark mark = textMark({m_buffer.data(), m_end});
    m_begin = mark.bytes;
    if (mark.unit > 1) {
        m_decoder.emplace(mark);
        m_decoder->feed({m_buffer.data() + m_begin, m_end - m_begin}, m_decoded);
        m_begin = m_end = 0;
    }
    const std::string_view beginning = m_decoder ? std::string_view(m_decoded) : std::string_view(m_buffer.data() + m_begin, m_end - m_begin);
    if (beginning.find('\n') == std::string_view::npos && beginning.find('\r') != std::string_view::npos && beginning.find('\r') + 1 < beginning.size())
        m_lineEnd = '\r';
}

std::size_t LineReader::readInto(char *to, std::size_t room)
{
    const auto fromFile = [this](char *at, std::size_t size) {
        if (!m_file) {
            size = m_text.copy(at, size);
            m_text.remove_prefix(size);
            return size;
        }
        const std::size_t got = std::fread(at, 1, size, m_file.get());
        if (got == 0 && std::ferror(m_file.get()) != 0)
            throw FileError(m_path, "could not be read to its end: " + systemReason(errno) + ".");
        return got;
    };
    if (!m_decoder)
        return fromFile(to, room);
    std::vector<char> bytes;
    while (m_decoded.empty()) {
        bytes.resize(bufferBytes);
        const std::size_t got = fromFile(bytes.data(), bytes.size());
        if (got == 0)
            return 0;
        m_decoder->feed({bytes.data(), got}, m_decoded);
    }
    const std::size_t count = std::min(room, m_decoded.size());
    std::memcpy(to, m_decoded.data(), count);
    m_decoded.erase(0, count);
    return count;
}

bool LineReader::fill()
{
    std::memmove(m_buffer.data(), m_buffer.data() + m_begin, m_end - m_begin);
    m_end -= m_begin;
    m_begin = 0;
    const std::size_t got = readInto(m_buffer.data() + m_end, m_buffer.size() - m_end);
    m_end += got;
    return got > 0;
}

std::optional<std::string_view> LineReader::next()
{
    m_tooLong = false;
    std::size_t searched = 0;
    for (;;) {
        const char *const begin = m_buffer.data() + m_begin;
        const std::size_t held = m_end - m_begin;
        const auto *const end = static_cast<const char *>(std::memchr(begin + searched, m_lineEnd, held - searched));
        if (end == nullptr && held <= maxLine) {
            searched = held;
            if (fill())
                continue;
            if (m_begin == m_end)
                return std::nullopt;
        } else if (end == nullptr) {
            // Too long: drop what is held and look on for its end.
            m_tooLong = true;
            m_begin = m_end;
            searched = 0;
            if (fill())
                continue;
        }
        const std::size_t length = end != nullptr ? static_cast<std::size_t>(end - begin) : m_end - m_begin;
        std::string_view line(m_buffer.data() + m_begin, length);
        m_begin += length + (end != nullptr ? 1 : 0);
        ++m_line;
        if (!line.empty() && line.back() == '\r')
            line.remove_suffix(1);
        m_tooLong = m_tooLong || length > maxLine;
        return m_tooLong ? std::string_view() : line;
    }
}

std::string_view nextWord(std::string_view &rest)
{
    std::size_t begin = 0;
    while (begin < rest.size() && (rest[begin] == ' ' || rest[begin] == '\t'))
        ++begin;
    std::size_t end = begin;
    while (end < rest.size() && rest[end] != ' ' && rest[end] != '\t')
        ++end;
    const std::string_view word = rest.substr(begin, end - begin);
    rest.remove_prefix(end);
    return word;
}

std::optional<std::int64_t> wordAsInteger(std::string_view word)
{
    if (word.size() > 1 && word[0] == '+' && word[1] != '-')
        word.remove_prefix(1);
    const char *const end = word.data() + word.size();
    std::int64_t value = 0;
    const auto result = std::from_chars(word.data(), end, value);
    if (word.empty() || result.ec == std::errc::result_out_of_range)
        return std::nullopt;
    if (result.ec == std::errc() && result.ptr == end)
        return value;
    double number = 0;
    const auto whole = std::from_chars(word.data(), end, number);
    constexpr double exact = 9007199254740992; // 2^53
    if (whole.ec != std::errc() || whole.ptr != end || !(std::abs(number) <= exact) || number != std::floor(number))
        return std::nullopt;
    return static_cast<std::int64_t>(number);
}

std::optional<float> wordAsNumber(std::string_view word)
{
    float value = 0;
    const auto result = std::from_chars(word.data(), word.data() + word.size(), value);
    if (word.empty() || result.ec != std::errc() || result.ptr != word.data() + word.size() || !std::isfinite(value))
        return std::nullopt;
    return value;
}

std::string_view idText(std::string_view text)
{
    const std::size_t point = text.find('.');
    if (point == std::string_view::npos || point == 0 || text.find_first_not_of('0', point + 1) != std::string_view::npos)
        return text;
    const std::size_t first = text.front() == '-' && point > 1 ? 1 : 0;
    return text.find_first_not_of("0123456789", first) == point ? text.substr(0, point) : text;
}

bool isSafeName(std::string_view name)
{
    if (name.empty() || name.front() == '/' || name.find('\0') != std::string_view::npos)
        return false;
    for (std::size_t at = 0; at <= name.size();) {
        const std::size_t end = std::min(name.find('/', at), name.size());
        if (name.substr(at, end - at) == "..")
            return false;
        at = end + 1;
    }
    return true;
}

void WarningList::appendTo(std::vector<std::string> &warnings, const std::string &what) const
{
    warnings.insert(warnings.end(), m_texts.begin(), m_texts.end());
    if (m_count > m_texts.size())
        warnings.push_back("... and " + std::to_string(m_count - m_texts.size()) + " more " + what + ", not listed.");
}

} // namespace dscope
