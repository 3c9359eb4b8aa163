// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/picture.h"
#include "core/base/random.h"

#include <span>
#include <string_view>

namespace dscope {

/// A kind of damage as it is named, drawn and left out.
struct DamageFamily {
    std::string_view name;  ///< "motion-blur"
    std::string_view group; ///< of kinds that are much alike, which are left out together: "motion"
    std::string_view range; ///< what severity 0 and 1 mean, for people
    Picture (*apply)(const Picture &in, double severity, Random &random);
};

/// All of them, group by group (docs/damage.md shows them).
std::span<const DamageFamily> damageFamilies();
/// Null for an unknown name.
const DamageFamily *damageFamily(std::string_view name);

/// A worse copy of a picture of any size, of the same size. The same bits for the same picture, severity and state of `random`, up to the last digits of what
/// the C library's pow, exp, sin, cos and log and the JPEG library give. @throws Error for a severity outside [0, 1] or an empty picture
Picture damaged(const Picture &picture, const DamageFamily &family, double severity, Random &random);

} // namespace dscope
