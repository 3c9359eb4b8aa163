// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/encoding.h"

namespace dscope {

namespace {

void append(std::uint32_t code, std::string &out)
{
    if (code < 0x80) {
        out += static_cast<char>(code);
    } else if (code < 0x800) {
        out += static_cast<char>(0xC0 | code >> 6);
        out += static_cast<char>(0x80 | (code & 0x3F));
    } else if (code < 0x10000) {
        out += static_cast<char>(0xE0 | code >> 12);
        out += static_cast<char>(0x80 | (code >> 6 & 0x3F));
        out += static_cast<char>(0x80 | (code & 0x3F));
    } else {
        out += static_cast<char>(0xF0 | code >> 18);
        out += static_cast<char>(0x80 | (code >> 12 & 0x3F));
        out += static_cast<char>(0x80 | (code >> 6 & 0x3F));
        out += static_cast<char>(0x80 | (code & 0x3F));
    }
}

constexpr std::uint32_t s_replacement = 0xFFFD;

/// The length of the UTF-8 character at the beginning; 0 where there is none (RFC 3629: nothing overlong, no halves of pairs).
std::size_t characterLength(std::string_view text)
{
    const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
    const auto follows = [&](std::size_t i) { return (byte(i) & 0xC0U) == 0x80U; };
    const unsigned first = byte(0);
    if (first < 0x80)
        return 1;
    if (first >= 0xC2 && first <= 0xDF)
        return follows(1) ? 2 : 0;
    if (first >= 0xE0 && first <= 0xEF) {
        const bool wrong = (first == 0xE0 && byte(1) < 0xA0) || (first == 0xED && byte(1) > 0x9F);
        return follows(1) && follows(2) && !wrong ? 3 : 0;
    }
    if (first >= 0xF0 && first <= 0xF4) {
        const bool wrong = (first == 0xF0 && byte(1) < 0x90) || (first == 0xF4 && byte(1) > 0x8F);
        return follows(1) && follows(2) && follows(3) && !wrong ? 4 : 0;
    }
    return 0;
}

int hexDigit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

} // namespace

void WideDecoder::unit(std::uint32_t value, std::string &out)
{
    if (m_size == 4) {
        append(value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF) ? s_replacement : value, out);
        return;
    }
    if (m_high != 0) {
        if (value >= 0xDC00 && value <= 0xDFFF) {
            append(0x10000 + ((m_high - 0xD800) << 10) + (value - 0xDC00), out);
            m_high = 0;
            return;
        }
        append(s_replacement, out);
        m_high = 0;
    }
    if (value >= 0xD800 && value <= 0xDBFF)
        m_high = value;
    else
        append(value >= 0xDC00 && value <= 0xDFFF ? s_replacement : value, out);
}

void WideDecoder::feed(std::string_view bytes, std::string &out)
{
    for (const char c : bytes) {
        const auto byte = static_cast<std::uint8_t>(c);
        m_unit |= std::uint32_t{byte} << 8 * (m_big ? m_size - 1 - m_waiting : m_waiting);
        if (++m_waiting < m_size)
            continue;
        unit(m_unit, out);
        m_waiting = 0;
        m_unit = 0;
    }
}

TextMark textMark(std::string_view beginning)
{
    if (beginning.starts_with("\xEF\xBB\xBF"))
        return {3, 1, false};
    using namespace std::string_view_literals;
    if (beginning.starts_with("\xFF\xFE\0\0"sv))
        return {4, 4, false};
    if (beginning.starts_with("\0\0\xFE\xFF"sv))
        return {4, 4, true};
    if (beginning.starts_with("\xFF\xFE"))
        return {2, 2, false};
    if (beginning.starts_with("\xFE\xFF"))
        return {2, 2, true};
    if (beginning.size() < 4)
        return {};
    int zeros = 0; // a bit a byte
    for (int i = 0; i < 4; ++i)
        zeros |= beginning[static_cast<std::size_t>(i)] == '\0' ? 1 << i : 0;
    switch (zeros) {
    case 0b1010: return {0, 2, false};
    case 0b0101: return {0, 2, true};
    case 0b1110: return {0, 4, false};
    case 0b0111: return {0, 4, true};
    default: return {};
    }
}

std::string utf8Text(std::string text)
{
    const TextMark mark = textMark(text);
    if (mark.unit == 1) {
        text.erase(0, mark.bytes);
        return text;
    }
    std::string out;
    out.reserve(text.size() / static_cast<std::size_t>(mark.unit));
    WideDecoder decoder(mark);
    decoder.feed(std::string_view(text).substr(mark.bytes), out);
    return out;
}

std::string utf8Name(std::string_view name)
{
    static constexpr char digits[] = "0123456789ABCDEF";
    std::string out;
    while (!name.empty()) {
        std::size_t length = characterLength(name);
        if (name.starts_with("\\x"))
            length = 0;
        if (length > 0) {
            out += name.substr(0, length);
        } else {
            const auto byte = static_cast<unsigned char>(name.front());
            out += "\\x";
            out += digits[byte >> 4];
            out += digits[byte & 15];
            length = 1;
        }
        name.remove_prefix(length);
    }
    return out;
}

std::string nameFromUtf8(std::string_view text)
{
    std::string out;
    while (!text.empty()) {
        if (text.size() >= 4 && text.starts_with("\\x") && hexDigit(text[2]) >= 0 && hexDigit(text[3]) >= 0) {
            out += static_cast<char>(hexDigit(text[2]) * 16 + hexDigit(text[3]));
            text.remove_prefix(4);
        } else {
            out += text.front();
            text.remove_prefix(1);
        }
    }
    return out;
}

} // namespace dscope
