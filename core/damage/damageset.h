// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/damage/families.h"

#include <string>
#include <string_view>
#include <vector>

namespace dscope {

/// The families that random damage is drawn from. By default "paper": the five kinds of randomlyDegraded(), as before there were families.
class DamageSet {
public:
    DamageSet() = default;
    /// "paper"; or names of families and groups, or "all", between commas, one with a minus in front taken away from what stands before it (from all of them
    /// where it comes first): "all,-compression", "-occlusion,-mask", "focus,motion". @throws UsageError for an unknown name, or where nothing is left
    static DamageSet named(std::string_view list);

    /// What named() makes the same set of, by families alone: a later version's "all" may hold more. "paper" for the default.
    std::string text() const;
    bool isPaper() const { return m_families.empty(); }
    /// In the order of damageFamilies(); empty for "paper".
    const std::vector<const DamageFamily *> &families() const { return m_families; }

    /// A damaged copy: a group, then a family of it, each as likely as the others, at a severity uniform in [0, 1]; with probability 0.3 a second one, of
    /// another group where there is one. For "paper" randomlyDegraded(). Draws only from `random`.
    /// @param drawn where not null: the families that were drawn, in their order, are appended ("paper" has none)
    Picture damage(const Picture &picture, Random &random, std::vector<const DamageFamily *> *drawn = nullptr) const;
    bool contains(const DamageFamily &family) const;

private:
    const DamageFamily &draw(Random &random, std::string_view otherThan) const;
    std::vector<const DamageFamily *> m_families;
};

} // namespace dscope
