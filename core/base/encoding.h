// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace dscope {

/// How a text file begins: the length of its byte-order mark, and what its characters are made of.
struct TextMark {
    std::size_t bytes = 0;
    int unit = 1; ///< bytes: 1 in UTF-8, 2 in UTF-16, 4 in UTF-32
    bool bigEndian = false;
};
/// UTF-16 and UTF-32 are known without a mark too where the text begins with two (one) of ASCII's characters, by the zeros beside them.
TextMark textMark(std::string_view beginning);

/// Turns UTF-16 or UTF-32 into UTF-8 piece by piece; a lone half of a pair, or what is no character, becomes U+FFFD.
class WideDecoder {
public:
    explicit WideDecoder(const TextMark &mark) : m_size(mark.unit), m_big(mark.bigEndian) {}
    /// Appends to `out` what the bytes give; bytes that make no whole unit, or half a pair, wait for the next call.
    void feed(std::string_view bytes, std::string &out);

private:
    void unit(std::uint32_t value, std::string &out);

    int m_size;
    bool m_big;
    int m_waiting = 0; ///< bytes
    std::uint32_t m_unit = 0;
    std::uint32_t m_high = 0; ///< the first half of a pair waits; 0: none
};

/// A text as UTF-8 without a byte-order mark, whatever it comes in: UTF-8, UTF-16 or UTF-32, with or without one.
std::string utf8Text(std::string text);

/// A file's name as UTF-8, for JSON and the screen: bytes that are none become \xHH. Undone by nameFromUtf8(): a backslash before an x becomes \x5C.
std::string utf8Name(std::string_view name);
std::string nameFromUtf8(std::string_view text);

} // namespace dscope
