// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/datasets/nametable.h"

#include <functional>

namespace dscope {

NameTable::NameTable()
    : m_places([this](std::uint32_t place) { return std::hash<std::string_view>()((*this)[place]); },
               [this](std::uint32_t a, std::uint32_t b) { return (*this)[a] == (*this)[b]; })
{
}

std::uint32_t NameTable::add(std::string_view name)
{
    const auto next = static_cast<std::uint32_t>(m_names.size());
    m_names.push_back(m_pool.add(name));
    const std::uint32_t place = m_places.insert(next);
    if (place != next) {
        m_names.pop_back();
        m_pool.takeBackLast();
    }
    return place;
}

std::optional<std::uint32_t> NameTable::find(std::string_view name) const
{
    return m_places.find(std::hash<std::string_view>()(name), [&](std::uint32_t place) { return (*this)[place] == name; });
}

} // namespace dscope
