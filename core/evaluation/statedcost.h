// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/nets/network.h"

#include <optional>
#include <string>

namespace dscope {

/// What the user says of the cost of a face, in million multiply-accumulates (a multiply-accumulate counts as two operations then).
struct StatedCosts {
    std::optional<double> base;
    std::optional<double> ddnet;

    bool operator==(const StatedCosts &) const = default;
};

/// Fills in what features do not say of their cost, and what the user says otherwise. Bare embeddings say nothing: there the shipped DDNet stands in, or
/// every price would be too low by what DDNet costs on each face; the base has no price unless one is stated.
/// @param bareEmbeddings whether the features come without the networks that made them
/// @return what must be said of it wherever a cost appears, in a few words; empty: nothing
/// @throws UsageError where a stated cost does not lie between 0 (none) and 1e9
std::string takeStatedCosts(const StatedCosts &stated, bool bareEmbeddings, Cost &base, Cost &ddnet);

} // namespace dscope
