// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "core/datasets/picturenames.h"
#include "core/datasets/places.h"

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace dscope {

/// Names, each once, by the place at which it came first: 20 to 28 bytes beside the name's own, where a map of strings takes 100.
class NameTable {
public:
    NameTable();
    NameTable(const NameTable &) = delete;
    NameTable &operator=(const NameTable &) = delete;

    std::size_t size() const { return m_names.size(); }
    std::string_view operator[](std::size_t place) const { return NamePool::text(m_names[place]); }
    /// The place of a name, which is put behind the others where it is not among them.
    std::uint32_t add(std::string_view name);
    std::optional<std::uint32_t> find(std::string_view name) const;
    bool contains(std::string_view name) const { return find(name).has_value(); }

private:
    NamePool m_pool;
    std::vector<PooledName> m_names;
    PlaceSet m_places;
};

} // namespace dscope
