// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

namespace dscope {

/// Places in a list by what stands there, which is not kept again: 8 to 16 bytes an entry, where a set of nodes takes 40 and one of names 100.
class PlaceSet {
public:
    /// @param hash of the entry at a place @param same whether two places hold the same
    PlaceSet(std::function<std::size_t(std::uint32_t)> hash, std::function<bool(std::uint32_t, std::uint32_t)> same)
        : m_hash(std::move(hash)), m_same(std::move(same))
    {
    }

    /// The place that holds what stands at this one: an earlier one, or this, which is remembered.
    std::uint32_t insert(std::uint32_t place)
    {
        if (2 * (m_size + 1) > m_slots.size())
            grow();
        std::uint32_t &slot = slotOf(place);
        if (slot == s_none) {
            slot = place;
            ++m_size;
        }
        return slot;
    }
    /// A place by what stands there. @param hash what the hash of such a place is @param holds whether a place has it
    template<typename Holds>
    std::optional<std::uint32_t> find(std::size_t hash, const Holds &holds) const
    {
        if (m_slots.empty())
            return std::nullopt;
        const std::size_t mask = m_slots.size() - 1;
        for (std::size_t at = mixed(hash) & mask; m_slots[at] != s_none; at = (at + 1) & mask)
            if (holds(m_slots[at]))
                return m_slots[at];
        return std::nullopt;
    }
    void reserve(std::size_t entries)
    {
        while (m_slots.size() < 2 * entries)
            grow();
    }
    void clear()
    {
        std::vector<std::uint32_t>().swap(m_slots);
        m_size = 0;
    }

private:
    static constexpr std::uint32_t s_none = static_cast<std::uint32_t>(-1);

    /// The upper half mixed in, as the table looks at the lower bits alone.
    static std::size_t mixed(std::size_t hash)
    {
        const std::uint64_t spread = hash * std::uint64_t{0x9e3779b97f4a7c15};
        return static_cast<std::size_t>(spread ^ spread >> 32);
    }
    std::uint32_t &slotOf(std::uint32_t place)
    {
        const std::size_t mask = m_slots.size() - 1;
        for (std::size_t at = mixed(m_hash(place)) & mask;; at = (at + 1) & mask)
            if (m_slots[at] == s_none || m_slots[at] == place || m_same(m_slots[at], place))
                return m_slots[at];
    }
    void grow()
    {
        std::vector<std::uint32_t> old(m_slots.empty() ? 16 : 2 * m_slots.size(), s_none);
        old.swap(m_slots);
        for (const std::uint32_t place : old)
            if (place != s_none)
                slotOf(place) = place;
    }

    std::function<std::size_t(std::uint32_t)> m_hash;
    std::function<bool(std::uint32_t, std::uint32_t)> m_same;
    std::vector<std::uint32_t> m_slots;
    std::size_t m_size = 0;
};

} // namespace dscope
