#include "core/datasets/lines.h"

#include "core/base/error.h"

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

LineReader::LineReader(std::filesystem::path path) : m_path(std::move(path)), m_file(openToRead(m_path)), m_buffer(bufferBytes) {}

bool LineReader::fill()
{
    std::memmove(m_buffer.data(), m_buffer.data() + m_begin, m_end - m_begin);
    m_end -= m_begin;
    m_begin = 0;
    const std::size_t got = std::fread(m_buffer.data() + m_end, 1, m_buffer.size() - m_end, m_file.get());
    if (got == 0 && std::ferror(m_file.get()) != 0)
        throw FileError(m_path, "could not be read to its end: " + systemReason(errno) + ".");
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
        const auto *const end = static_cast<const char *>(std::memchr(begin + searched, '\n', held - searched));
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
    std::int64_t value = 0;
    const auto result = std::from_chars(word.data(), word.data() + word.size(), value);
    if (word.empty() || result.ec != std::errc() || result.ptr != word.data() + word.size())
        return std::nullopt;
    return value;
}

std::optional<float> wordAsNumber(std::string_view word)
{
    float value = 0;
    const auto result = std::from_chars(word.data(), word.data() + word.size(), value);
    if (word.empty() || result.ec != std::errc() || result.ptr != word.data() + word.size() || !std::isfinite(value))
        return std::nullopt;
    return value;
}

void WarningList::appendTo(std::vector<std::string> &warnings, const std::string &what) const
{
    warnings.insert(warnings.end(), m_texts.begin(), m_texts.end());
    if (m_count > m_texts.size())
        warnings.push_back("... and " + std::to_string(m_count - m_texts.size()) + " more " + what + ", not listed.");
}

} // namespace dscope
