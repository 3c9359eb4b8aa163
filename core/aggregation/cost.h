// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/nets/network.h"

#include <cstdint>

namespace dscope {

/// What a group costs at a threshold: DDNet on all its elements + base on the kept ones, beside the base on all without DDNet.
/// MAC and FLOP stay apart (protocols.md, section 0).
struct GroupCost {
    double mac = 0;
    double flop = 0;
    double macBaseOnAll = 0;
    double flopBaseOnAll = 0;
};
/// @throws Error unless 0 <= kept <= all
GroupCost groupCost(std::int64_t all, std::int64_t kept, const Cost &ddnet, const Cost &base);

/// 1 / (cost_ddnet / cost_base + kept share): the real speed-up of a set; below 1 DDNet costs more than it saves. Any unit, the same for
/// both (MAC, FLOP or milliseconds). @throws Error unless both costs are not negative, the base's is above 0, and the share is 0 to 1
double speedUp(double ddnet, double base, double keptShare);

/// The kept share at which DDNet on all + base on the kept costs as much as the base on all: 1 - cost_ddnet / cost_base. Keeping less
/// saves; at or below 0 DDNet can only cost. @throws Error as speedUp() does
double breakEvenShare(double ddnet, double base);

} // namespace dscope
