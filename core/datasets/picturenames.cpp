// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/datasets/picturenames.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <limits>
#include <stdexcept>
#include <utility>

namespace dscope {

namespace {

using Length = std::uint32_t;

char *write(char *at, std::string_view name)
{
    const auto length = static_cast<Length>(name.size());
    std::memcpy(at, &length, sizeof length);
    name.copy(at + sizeof length, name.size());
    return at;
}

std::size_t roomOf(std::string_view name)
{
    if (name.size() > std::numeric_limits<Length>::max())
        throw std::length_error("a name of more than 4 GiB");
    return sizeof(Length) + name.size();
}

} // namespace

PooledName NamePool::add(std::string_view name)
{
    const std::size_t room = roomOf(name);
    if (static_cast<std::size_t>(m_end - m_free) < room) {
        constexpr std::size_t largest = std::size_t{1} << 20;
        const std::size_t size = std::max(room, m_next);
        m_blocks.push_back(std::make_unique_for_overwrite<char[]>(size));
        m_free = m_blocks.back().get();
        m_end = m_free + size;
        m_next = std::min(2 * m_next, largest);
    }
    m_last = write(m_free, name);
    m_free += room;
    return {m_last};
}

void NamePool::takeBackLast()
{
    if (m_last != nullptr)
        m_free = std::exchange(m_last, nullptr);
}

std::string_view NamePool::text(PooledName name)
{
    if (name.at == nullptr)
        return {};
    Length length = 0;
    std::memcpy(&length, name.at, sizeof length);
    return {name.at + sizeof length, length};
}

PooledName NamePool::alone(std::string_view name)
{
    return {write(new char[roomOf(name)], name)};
}

} // namespace dscope
