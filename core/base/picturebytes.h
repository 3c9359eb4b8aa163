// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace dscope {

/// The bytes with every access checked: outside them reads as nothing.
class PictureBytes {
public:
    PictureBytes(const std::uint8_t *data, std::size_t size) : m_data(data), m_size(size) {}

    std::size_t size() const { return m_size; }
    const std::uint8_t *data() const { return m_data; }
    bool has(std::size_t at, std::size_t count) const { return at <= m_size && count <= m_size - at; }
    bool says(std::size_t at, const char *text) const
    {
        const std::size_t length = std::strlen(text);
        return has(at, length) && std::memcmp(m_data + at, text, length) == 0;
    }
    /// `count` bytes (at most 4) as a number; 0 beyond the end.
    std::uint32_t big(std::size_t at, std::size_t count) const
    {
        std::uint32_t value = 0;
        for (std::size_t i = 0; has(at, count) && i < count; ++i)
            value = value << 8 | m_data[at + i];
        return value;
    }
    std::uint32_t little(std::size_t at, std::size_t count) const
    {
        std::uint32_t value = 0;
        for (std::size_t i = 0; has(at, count) && i < count; ++i)
            value |= std::uint32_t{m_data[at + i]} << (8 * i);
        return value;
    }

private:
    const std::uint8_t *m_data;
    std::size_t m_size;
};

} // namespace dscope
