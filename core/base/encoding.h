#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace dscope {

/// Turns UTF-16 into UTF-8 piece by piece; a lone half of a pair becomes U+FFFD.
class Utf16Decoder {
public:
    explicit Utf16Decoder(bool bigEndian) : m_big(bigEndian) {}
    /// Appends to `out` what the bytes give; an odd byte or half a pair waits for the next call.
    void feed(std::string_view bytes, std::string &out);

private:
    void unit(std::uint32_t value, std::string &out);

    bool m_big;
    bool m_odd = false; ///< a byte waits
    std::uint8_t m_byte = 0;
    std::uint32_t m_high = 0; ///< the first half of a pair waits; 0: none
};

/// How a text file begins: the length of its byte-order mark, and whether it is UTF-16.
struct TextMark {
    std::size_t bytes = 0;
    bool utf16 = false;
    bool bigEndian = false;
};
TextMark textMark(std::string_view beginning);

/// A text as UTF-8 without a byte-order mark, whatever it comes in: UTF-8 with or without one, or UTF-16 with one.
std::string utf8Text(std::string text);

/// A file's name as UTF-8, for JSON and the screen: bytes that are none become \xHH. Undone by nameFromUtf8(): a backslash before an x becomes \x5C.
std::string utf8Name(std::string_view name);
std::string nameFromUtf8(std::string_view text);

} // namespace dscope
