// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/evaluation/statedcost.h"

#include "core/base/csv.h"
#include "core/base/error.h"
#include "core/threshold/livethreshold.h"

#include <cmath>

namespace dscope {

namespace {
Cost costOfMillions(double millions)
{
    if (!(millions >= 0) || millions > 1e9)
        throw UsageError("A cost of " + csvNumber(millions) + " M MAC per face is not between 0 and 1e9.");
    const auto mac = static_cast<std::int64_t>(std::llround(1e6 * millions));
    return {mac, 2 * mac};
}

std::string sentence(const char *network, double millions)
{
    return std::string(network) + " at the stated " + csvNumber(millions) + " M MAC per face";
}
} // namespace

std::string takeStatedCosts(const StatedCosts &stated, bool bareEmbeddings, Cost &base, Cost &ddnet)
{
    std::string note;
    if (stated.base) {
        base = costOfMillions(*stated.base);
        note = sentence("the base", *stated.base);
    }
    if (stated.ddnet)
        ddnet = costOfMillions(*stated.ddnet);
    else if (bareEmbeddings)
        ddnet = {shippedDdnetMac, shippedDdnetFlop};
    if (stated.ddnet || bareEmbeddings)
        note += (note.empty() ? "" : ", ") + (stated.ddnet ? sentence("DDNet", *stated.ddnet) : shippedDdnetNote());
    return note;
}

} // namespace dscope
