// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/gifdata.h"

#include "core/base/picturebytes.h"

#include <algorithm>
#include <array>

namespace dscope {

namespace {

/// Counts the pixels that LZW's codes stand for, fed block by block. GIF's codes begin with the low bits and grow when the table is full for their width.
class LzwCount {
public:
    /// @param bits of a pixel, 1 to 11
    explicit LzwCount(unsigned bits) : m_clear(1U << bits), m_least(bits + 1), m_width(bits + 1), m_next(m_clear + 2) {}

    void feed(const std::uint8_t *data, std::size_t size)
    {
        for (std::size_t i = 0; i < size && !m_ended && !m_bad; ++i) {
            m_bits |= std::uint32_t{data[i]} << m_count;
            m_count += 8;
            while (m_count >= m_width && !m_ended && !m_bad) {
                const std::uint32_t code = m_bits & ((1U << m_width) - 1);
                m_bits >>= m_width;
                m_count -= m_width;
                take(code);
            }
        }
    }
    bool bad() const { return m_bad; }     ///< a code was none
    bool ended() const { return m_ended; } ///< the end code was there
    std::uint64_t pixels() const { return m_pixels; }

private:
    static constexpr std::uint32_t s_codes = 4096;
    static constexpr unsigned s_widest = 12;

    void take(std::uint32_t code)
    {
        if (code == m_clear) {
            m_next = m_clear + 2;
            m_width = m_least;
            m_before = 0;
            return;
        }
        if (code == m_clear + 1) {
            m_ended = true;
            return;
        }
        if (m_before == 0 ? code > m_clear : code > m_next || (code == m_next && m_next == s_codes)) {
            m_bad = true;
            return;
        }
        const std::uint32_t length = code < m_clear ? 1 : code == m_next ? m_before + 1 : m_lengths[code];
        if (m_before > 0 && m_next < s_codes) {
            m_lengths[m_next++] = m_before + 1;
            if (m_next == (1U << m_width) && m_width < s_widest)
                ++m_width;
        }
        m_before = length;
        m_pixels += length;
    }

    std::uint32_t m_clear;
    unsigned m_least;
    unsigned m_width;
    std::uint32_t m_next;
    std::uint32_t m_before = 0; ///< pixels of the code before; 0: none since the table was cleared
    std::uint64_t m_pixels = 0;
    std::uint32_t m_bits = 0;
    unsigned m_count = 0;
    bool m_bad = false;
    bool m_ended = false;
    std::array<std::uint32_t, s_codes> m_lengths{};
};

class Walk {
public:
    explicit Walk(std::span<const std::uint8_t> bytes) : m_bytes(bytes.data(), bytes.size()) {}

    GifDamage damage()
    {
        constexpr std::size_t head = 13;
        if (!m_bytes.says(0, "GIF8") || !m_bytes.has(0, head)) {
            m_found.cut = true;
            return m_found;
        }
        m_at = head + colours(byte(10));
        while (step())
            continue;
        m_found.noEnd = m_found.noEnd && !m_found.any();
        return m_found;
    }

private:
    unsigned byte(std::size_t at) const { return m_bytes.has(at, 1) ? m_bytes.data()[at] : 0U; }
    static std::size_t colours(unsigned flags) { return (flags & 0x80U) != 0 ? std::size_t{3} << ((flags & 7U) + 1) : 0; }

    /// One block. @return whether another may follow
    bool step()
    {
        constexpr unsigned extension = 0x21;
        constexpr unsigned picture = 0x2C;
        constexpr unsigned trailer = 0x3B;
        if (!m_bytes.has(m_at, 1)) {
            m_found.noEnd = true;
            return false;
        }
        const unsigned kind = byte(m_at);
        if (kind == extension) {
            m_at += 2;
            return blocks(nullptr);
        }
        if (kind == picture)
            return readPicture();
        // Behind the trailer, and in zeros where it should be, nothing more is looked for.
        m_found.lost = kind != trailer && !onlyZeros();
        m_found.noEnd = m_found.noEnd || kind != trailer;
        return false;
    }

    bool onlyZeros() const
    {
        return std::all_of(m_bytes.data() + m_at, m_bytes.data() + m_bytes.size(), [](std::uint8_t value) { return value == 0; });
    }

    bool readPicture()
    {
        constexpr std::size_t head = 10;
        ++m_found.pictures;
        if (!m_bytes.has(m_at, head + 1)) {
            m_found.cut = true;
            return false;
        }
        const std::uint64_t pixels = std::uint64_t{m_bytes.little(m_at + 5, 2)} * m_bytes.little(m_at + 7, 2);
        m_at += head + colours(byte(m_at + 9));
        const unsigned bits = byte(m_at++);
        constexpr unsigned most = 11;
        LzwCount count(std::clamp(bits, 1U, most));
        const bool more = blocks(&count);
        const bool wrong = bits < 1 || bits > most || count.bad() || count.pixels() != pixels;
        m_found.damaged += wrong ? 1 : 0;
        if (!more && !wrong)
            m_found.cut = false; // what is missing belongs to no picture
        m_found.noEnd = m_found.noEnd || !more || !count.ended();
        return more;
    }

    /// Blocks of at most 255 bytes up to an empty one. @return whether that was there
    bool blocks(LzwCount *count)
    {
        while (m_bytes.has(m_at, 1)) {
            const std::size_t length = byte(m_at++);
            if (length == 0)
                return true;
            const std::size_t there = std::min(length, m_bytes.size() - m_at);
            if (count != nullptr)
                count->feed(m_bytes.data() + m_at, there);
            m_at += there;
            if (there < length)
                break;
        }
        m_found.cut = true;
        return false;
    }

    PictureBytes m_bytes;
    GifDamage m_found;
    std::size_t m_at = 0;
};

} // namespace

std::string GifDamage::what() const
{
    if (damaged > 0)
        return pictures == 1 ? "wrong codes" : "wrong codes in " + std::to_string(damaged) + " of its " + std::to_string(pictures) + " pictures";
    if (lost)
        return "bytes that belong to nothing";
    return cut ? "it ends within a block" : "";
}

GifDamage gifDamage(std::span<const std::uint8_t> bytes)
{
    return Walk(bytes).damage();
}

} // namespace dscope
