// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/leftout.h"

namespace dscope {

namespace {
constexpr std::size_t s_named = 5;
}

void LeftOut::add(std::string_view name)
{
    if (++m_count <= s_named)
        m_names.emplace_back(name);
}

void LeftOut::add(const LeftOut &other)
{
    for (const std::string &name : other.m_names)
        if (m_names.size() < s_named)
            m_names.push_back(name);
    m_count += other.m_count;
}

std::string LeftOut::names() const
{
    std::string names;
    for (const std::string &name : m_names)
        names += (names.empty() ? "" : ", ") + name;
    if (m_count > m_names.size())
        names += " and " + std::to_string(m_count - m_names.size()) + " more";
    return names;
}

std::string LeftOut::sentence(const std::string &one, const std::string &many) const
{
    return std::to_string(m_count) + ' ' + (m_count == 1 ? one : many) + " left out: " + names() + ".";
}

std::string LeftOut::listed(const std::string &one, const std::string &many) const
{
    return std::to_string(m_count) + ' ' + (m_count == 1 ? one : many) + ": " + names() + ".";
}

} // namespace dscope
