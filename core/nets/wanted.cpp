// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/nets/wanted.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace dscope {

void WantedNames::set(std::vector<std::string> names)
{
    const std::lock_guard lock(m_mutex);
    m_names = std::move(names);
    m_taken.clear();
    m_asked = false;
}

std::vector<std::string> WantedNames::names() const
{
    const std::lock_guard lock(m_mutex);
    return m_names;
}

void WantedNames::asked(const std::string &taken)
{
    const std::lock_guard lock(m_mutex);
    m_asked = true;
    if (!taken.empty())
        m_taken.insert(taken);
}

std::vector<std::string> WantedNames::untaken() const
{
    const std::lock_guard lock(m_mutex);
    std::vector<std::string> left;
    if (m_asked)
        std::copy_if(m_names.begin(), m_names.end(), std::back_inserter(left), [this](const std::string &name) { return m_taken.count(name) == 0; });
    return left;
}

WantedNames &wantedOutputs()
{
    static WantedNames all;
    return all;
}

WantedNames &wantedWeights()
{
    static WantedNames all;
    return all;
}

} // namespace dscope
