// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/image/decoders.h"

#include "core/base/error.h"
#include "core/base/picturebytes.h"
#include "core/base/text.h"

#include <algorithm>
#include <optional>

namespace dscope {

namespace {

/// The numbers of a PNM's header and of one that is written as text.
class PnmText {
public:
    PnmText(const PictureBytes &bytes, std::size_t at) : m_bytes(bytes), m_at(at) {}

    std::size_t at() const { return m_at; }
    /// The next number, which blanks, comments or the end follow; nothing at the end or at anything else.
    std::optional<std::uint32_t> number()
    {
        skipBlanks();
        constexpr std::uint32_t most = 1U << 27;
        std::uint32_t value = 0;
        const std::size_t begin = m_at;
        for (; isDigit(here()); ++m_at)
            value = std::min(most, 10 * value + static_cast<std::uint32_t>(here() - '0'));
        if (m_at == begin || (m_bytes.has(m_at, 1) && !isBlank(here()) && here() != '#'))
            return std::nullopt;
        return value;
    }
    /// The next 0 or 1: of bitmaps they may stand without blanks.
    std::optional<std::uint32_t> bit()
    {
        skipBlanks();
        if (here() != '0' && here() != '1')
            return std::nullopt;
        return static_cast<std::uint32_t>(m_bytes.data()[m_at++] - '0');
    }
    bool ended()
    {
        skipBlanks();
        return !m_bytes.has(m_at, 1);
    }

private:
    char here() const { return m_bytes.has(m_at, 1) ? static_cast<char>(m_bytes.data()[m_at]) : '\0'; }
    void skipBlanks()
    {
        for (bool comment = false; m_bytes.has(m_at, 1) && (comment || isBlank(here()) || here() == '#'); ++m_at)
            comment = here() == '#' || (comment && here() != '\n');
    }

    PictureBytes m_bytes;
    std::size_t m_at;
};

/// The values of the pixels, one behind the other, as numbers up to the largest.
class PnmValues {
public:
    PnmValues(const PictureBytes &bytes, std::size_t at, char kind, std::uint32_t most)
        : m_bytes(bytes), m_text(bytes, at), m_at(at), m_kind(kind), m_most(most)
    {
    }

    /// A row's padding is left out before it is read.
    void beginRow() { m_bits = 0; }
    std::optional<std::uint32_t> next()
    {
        constexpr std::uint32_t oneByte = 255;
        switch (m_kind) {
        case '1': return m_text.bit();
        case '2':
        case '3': return m_text.number();
        case '4':
            if (m_bits == 0) {
                if (!m_bytes.has(m_at, 1))
                    return std::nullopt;
                m_byte = m_bytes.data()[m_at++];
                m_bits = 8;
            }
            return m_byte >> --m_bits & 1U;
        default: break;
        }
        const std::size_t size = m_most > oneByte ? 2 : 1;
        if (!m_bytes.has(m_at, size))
            return std::nullopt;
        m_at += size;
        return m_bytes.big(m_at - size, size);
    }
    bool ended() { return m_kind > '3' || m_text.ended(); }

private:
    PictureBytes m_bytes;
    PnmText m_text;
    std::size_t m_at;
    char m_kind;
    std::uint32_t m_most;
    std::uint32_t m_byte = 0;
    int m_bits = 0;
};

} // namespace

Picture decodePnm(std::span<const std::uint8_t> data, const PictureHeader &header, const std::filesystem::path &name, PictureRemarks &remarks)
{
    const PictureBytes bytes(data.data(), data.size());
    const char kind = static_cast<char>(bytes.big(1, 1));
    const bool bits = kind == '1' || kind == '4';
    PnmText text(bytes, 2);
    const std::optional<std::uint32_t> width = text.number();
    const std::optional<std::uint32_t> height = text.number();
    const std::optional<std::uint32_t> most = bits ? 1 : text.number();
    constexpr std::uint32_t twoBytes = 65535;
    if (!width || !height || !most || *most < 1 || *most > twoBytes || *width != header.width || *height != header.height)
        throw FileError(name, "is a damaged PNM picture: its header is no row of numbers.");
    Picture picture(static_cast<int>(header.width), static_cast<int>(header.height));
    PnmValues values(bytes, text.at() + 1, kind, *most); // one blank, and then the pixels
    const int colours = kind == '3' || kind == '6' ? 3 : 1;
    std::uint64_t tooLarge = 0;
    for (int y = 0; y < picture.height; ++y) {
        values.beginRow();
        std::uint8_t *to = picture.row(y);
        for (int i = 0; i < picture.width * colours; ++i) {
            const std::optional<std::uint32_t> value = values.next();
            if (!value)
                throw FileError(name,
                                values.ended() ? "is a PNM that was cut short: its numbers end before the picture does."
                                               : "is a damaged PNM picture: what stands in row " + std::to_string(y + 1) + " is no number.");
            tooLarge += *value > *most ? 1 : 0;
            const std::uint32_t level = (255 * std::min(*value, *most) + *most / 2) / *most;
            // In bitmaps 1 is black.
            const auto shade = static_cast<std::uint8_t>(bits ? 255 - level : level);
            for (int c = 0; c < 3 / colours; ++c)
                *to++ = shade;
        }
    }
    if (tooLarge > 0)
        remarks.damage.push_back(std::to_string(tooLarge) + " of its values are above the largest that its header names, " + std::to_string(*most));
    return picture;
}

} // namespace dscope
