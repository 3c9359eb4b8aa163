// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/text.h"

#include <locale.h>

#include <algorithm>
#include <cstdarg>
#include <cstdint>
#include <cstdio>

namespace dscope {

namespace {

/// The C locale for this thread, while it lives.
class PlainLocale {
public:
    PlainLocale()
    {
        static const locale_t plain = ::newlocale(LC_ALL_MASK, "C", nullptr);
        if (plain != nullptr)
            m_before = ::uselocale(plain);
    }
    ~PlainLocale()
    {
        if (m_before != nullptr)
            ::uselocale(m_before);
    }
    PlainLocale(const PlainLocale &) = delete;
    PlainLocale &operator=(const PlainLocale &) = delete;

private:
    locale_t m_before = nullptr;
};

/// One character of UTF-8.
struct Character {
    std::uint32_t code = 0;
    std::size_t bytes = 0; ///< 0: the byte here begins none
};

Character characterAt(std::string_view text, std::size_t at)
{
    const auto byte = [&](std::size_t i) -> std::uint32_t { return at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0; };
    const std::uint32_t first = byte(0);
    if (first < 0x80)
        return {first, 1};
    const std::size_t bytes = first >= 0xF0 && first < 0xF5 ? 4 : first >= 0xE0 && first < 0xF0 ? 3 : first >= 0xC2 && first < 0xE0 ? 2 : 0;
    if (bytes == 0)
        return {};
    std::uint32_t code = first & (0x7FU >> bytes);
    for (std::size_t i = 1; i < bytes; ++i) {
        if ((byte(i) & 0xC0) != 0x80)
            return {};
        code = code << 6 | (byte(i) & 0x3F);
    }
    const std::uint32_t least = bytes == 4 ? 0x10000 : bytes == 3 ? 0x800 : 0x80;
    if (code < least || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000))
        return {};
    return {code, bytes};
}

bool isHarmful(std::uint32_t code)
{
    const auto in = [code](std::uint32_t low, std::uint32_t high) { return code >= low && code <= high; };
    return code < 0x20 || in(0x7F, 0x9F)                                                                                       // control characters
        || code == 0x61C || code == 0x200B || in(0x200E, 0x200F) || in(0x202A, 0x202E) || in(0x2060, 0x206F) || code == 0xFEFF // direction and what is not seen
        || in(0x2028, 0x2029) || in(0xFFF9, 0xFFFB) || in(0xE0000, 0xE007F); // further ends of lines, annotations, tags
}

std::string escaped(std::string_view text, bool linesStay)
{
    std::string out;
    out.reserve(text.size());
    for (std::size_t at = 0; at < text.size();) {
        const Character character = characterAt(text, at);
        if (character.bytes == 0) {
            out += printed("\\x%02x", static_cast<unsigned>(static_cast<unsigned char>(text[at])));
            ++at;
            continue;
        }
        const bool stays = linesStay && (character.code == '\n' || character.code == '\t');
        if (!isHarmful(character.code) || stays)
            out += text.substr(at, character.bytes);
        else if (character.code == '\n' || character.code == '\t' || character.code == '\r')
            out += character.code == '\n' ? "\\n" : character.code == '\t' ? "\\t" : "\\r";
        else
            out += printed(character.code < 0x80 ? "\\x%02x" : "\\u%04x", static_cast<unsigned>(character.code));
        at += character.bytes;
    }
    return out;
}

} // namespace

std::string printed(const char *format, ...)
{
    const PlainLocale plain;
    std::string text(256, '\0');
    for (;;) {
        va_list arguments;
        va_start(arguments, format);
        const int length = std::vsnprintf(text.data(), text.size(), format, arguments);
        va_end(arguments);
        if (length < 0)
            return {};
        const bool whole = static_cast<std::size_t>(length) < text.size();
        text.resize(static_cast<std::size_t>(length) + (whole ? 0 : 1));
        if (whole)
            return text;
    }
}

std::string lowerCase(std::string_view text)
{
    std::string small(text);
    std::transform(small.begin(), small.end(), small.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    return small;
}

std::string extensionOf(const std::filesystem::path &path)
{
    return lowerCase(path.extension().native());
}

bool isDigit(char c)
{
    return c >= '0' && c <= '9';
}

bool isLetterOrDigit(char c)
{
    return isDigit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool isBlank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

std::vector<std::string> split(std::string_view text, char separator)
{
    std::vector<std::string> parts;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find(separator), text.size());
        parts.emplace_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return parts;
}

std::string shown(std::string_view text)
{
    return escaped(text, true);
}

std::string shownName(std::string_view name)
{
    return escaped(name, false);
}

} // namespace dscope
