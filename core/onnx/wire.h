// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

namespace dscope::onnx {

/// Reads protobuf's wire format field by field, in place: what is not asked for costs nothing, whatever it holds.
///
///     WireReader in(bytes);
///     while (in.next())
///         switch (in.field()) { case 1: use(in.bytes()); break; case 2: use(in.number()); break; }
///     if (!in.sound()) ...
class WireReader {
public:
    explicit WireReader(std::string_view message) : m_rest(message) {}

    /// Goes to the next field. @return false at the end, and where the bytes are damaged (see sound())
    bool next()
    {
        m_number = 0;
        m_bytes = {};
        if (m_rest.empty() || !m_sound)
            return false;
        std::uint64_t key = 0;
        m_sound = varint(key) && (key >> 3U) > 0 && (key >> 3U) < (1U << 29U);
        m_field = static_cast<int>(key >> 3U);
        m_wire = static_cast<int>(key & 7U);
        std::uint64_t length = 0;
        switch (m_wire) {
        case 0: return m_sound = m_sound && varint(m_number);
        case 1: length = 8; break;
        case 5: length = 4; break;
        case 2: m_sound = m_sound && varint(length); break;
        default: m_sound = false;
        }
        m_sound = m_sound && length <= m_rest.size();
        if (!m_sound)
            return false;
        m_bytes = m_rest.substr(0, static_cast<std::size_t>(length));
        m_rest.remove_prefix(static_cast<std::size_t>(length));
        if (m_wire != 2)
            std::memcpy(&m_number, m_bytes.data(), m_bytes.size());
        return true;
    }

    int field() const { return m_field; }
    /// A number's value, or the bits of one of fixed width.
    std::uint64_t number() const { return m_number; }
    std::int64_t integer() const { return static_cast<std::int64_t>(m_number); }
    float real() const
    {
        const auto bits = static_cast<std::uint32_t>(m_number);
        float value = 0;
        std::memcpy(&value, &bits, sizeof value);
        return value;
    }
    /// A text, a message inside, or packed numbers.
    std::string_view bytes() const { return m_wire == 2 ? m_bytes : std::string_view(); }
    bool isBytes() const { return m_wire == 2; }
    bool sound() const { return m_sound; }

    /// Calls `use(number)` for what this field holds of a list of numbers, packed or single. @param width bytes of each; 0: varints
    template<typename Use>
    void numbers(std::size_t width, const Use &use)
    {
        if (m_wire != 2)
            return use(m_number);
        WireReader packed(m_bytes);
        while (packed.m_sound && !packed.m_rest.empty()) {
            std::uint64_t value = 0;
            if (width == 0) {
                packed.m_sound = packed.varint(value);
            } else if (packed.m_rest.size() >= width) {
                std::memcpy(&value, packed.m_rest.data(), width);
                packed.m_rest.remove_prefix(width);
            } else {
                packed.m_sound = false;
            }
            if (packed.m_sound)
                use(value);
        }
        m_sound = m_sound && packed.m_sound;
    }

private:
    bool varint(std::uint64_t &value)
    {
        value = 0;
        for (unsigned shift = 0; shift < 70 && !m_rest.empty(); shift += 7) {
            const auto byte = static_cast<std::uint8_t>(m_rest.front());
            m_rest.remove_prefix(1);
            if (shift < 64)
                value |= static_cast<std::uint64_t>(byte & 127U) << shift;
            if (byte < 128)
                return true;
        }
        return false;
    }

    std::string_view m_rest;
    std::string_view m_bytes;
    std::uint64_t m_number = 0;
    int m_field = 0;
    int m_wire = 0;
    bool m_sound = true;
};

} // namespace dscope::onnx
