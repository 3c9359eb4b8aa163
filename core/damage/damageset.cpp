// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/damage/damageset.h"

#include "core/base/error.h"
#include "core/base/text.h"
#include "core/damage/paper.h"

#include <algorithm>
#include <set>

namespace dscope {

namespace {

std::string knownNames()
{
    std::string groups;
    std::string names;
    std::string_view last;
    for (const DamageFamily &family : damageFamilies()) {
        if (family.group != last)
            groups += (groups.empty() ? "" : ", ") + std::string(family.group);
        last = family.group;
        names += (names.empty() ? "" : ", ") + std::string(family.name);
    }
    return "Known are paper, all, the groups " + groups + ", and the families " + names + ".";
}

} // namespace

DamageSet DamageSet::named(std::string_view list)
{
    if (list == "paper")
        return {};
    std::set<std::string_view> taken;
    bool first = true;
    for (std::size_t begin = 0; begin <= list.size(); first = false) {
        const std::size_t end = std::min(list.find(',', begin), list.size());
        std::string_view name = list.substr(begin, end - begin);
        begin = end + 1;
        const bool less = name.starts_with('-');
        if (less)
            name.remove_prefix(1);
        if (name == "paper")
            throw UsageError("'paper' stands for the five old kinds of damage and cannot be mixed with families.");
        bool known = false;
        for (const DamageFamily &family : damageFamilies()) {
            if (first && less)
                taken.insert(family.name);
            if (name != "all" && name != family.name && name != family.group)
                continue;
            known = true;
            if (less)
                taken.erase(family.name);
            else
                taken.insert(family.name);
        }
        if (!known)
            throw UsageError("'" + shown(std::string(name)) + "' is no family of damage. " + knownNames());
    }
    if (taken.empty())
        throw UsageError("Of the families of damage '" + shown(std::string(list)) + "' leaves none.");
    DamageSet set;
    for (const DamageFamily &family : damageFamilies())
        if (taken.contains(family.name))
            set.m_families.push_back(&family);
    return set;
}

std::string DamageSet::text() const
{
    if (isPaper())
        return "paper";
    std::string all;
    for (const DamageFamily *family : m_families)
        all += (all.empty() ? "" : ",") + std::string(family->name);
    return all;
}

const DamageFamily &DamageSet::draw(Random &random, std::string_view otherThan) const
{
    std::vector<std::size_t> begins; // of groups, in the order of the families
    for (std::size_t i = 0; i < m_families.size(); ++i)
        if ((i == 0 || m_families[i]->group != m_families[i - 1]->group) && m_families[i]->group != otherThan)
            begins.push_back(i);
    if (begins.empty())
        return draw(random, {});
    const std::size_t begin = begins[random.below(begins.size())];
    std::size_t count = 1;
    while (begin + count < m_families.size() && m_families[begin + count]->group == m_families[begin]->group)
        ++count;
    return *m_families[begin + random.below(count)];
}

Picture DamageSet::damage(const Picture &picture, Random &random, std::vector<const DamageFamily *> *drawn) const
{
    if (isPaper())
        return randomlyDegraded(picture, random);
    const DamageFamily &first = draw(random, {});
    if (drawn != nullptr)
        drawn->push_back(&first);
    Picture out = damaged(picture, first, random.uniform(), random);
    if (random.chance(0.3)) {
        const DamageFamily &second = draw(random, first.group);
        if (drawn != nullptr)
            drawn->push_back(&second);
        out = damaged(out, second, random.uniform(), random);
    }
    return out;
}

bool DamageSet::contains(const DamageFamily &family) const
{
    return std::find(m_families.begin(), m_families.end(), &family) != m_families.end();
}

} // namespace dscope
