// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/aggregation/cost.h"

#include "core/base/error.h"

namespace dscope {

namespace {
void check(double ddnet, double base)
{
    if (!(ddnet >= 0) || !(base > 0))
        throw Error("A speed-up needs the cost of the base (above 0) and of DDNet.");
}
} // namespace

GroupCost groupCost(std::int64_t all, std::int64_t kept, const Cost &ddnet, const Cost &base)
{
    if (kept < 0 || kept > all)
        throw Error("A group of " + std::to_string(all) + " elements cannot keep " + std::to_string(kept) + ".");
    const auto n = static_cast<double>(all);
    const auto m = static_cast<double>(kept);
    GroupCost cost;
    cost.macBaseOnAll = n * static_cast<double>(base.mac);
    cost.flopBaseOnAll = n * static_cast<double>(base.flop);
    cost.mac = n * static_cast<double>(ddnet.mac) + m * static_cast<double>(base.mac);
    cost.flop = n * static_cast<double>(ddnet.flop) + m * static_cast<double>(base.flop);
    return cost;
}

double speedUp(double ddnet, double base, double keptShare)
{
    check(ddnet, base);
    if (!(keptShare >= 0 && keptShare <= 1))
        throw Error("A kept share lies between 0 and 1.");
    return 1.0 / (ddnet / base + keptShare);
}

double breakEvenShare(double ddnet, double base)
{
    check(ddnet, base);
    return 1.0 - ddnet / base;
}

} // namespace dscope
