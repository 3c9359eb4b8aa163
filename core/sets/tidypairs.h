// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/progress.h"
#include "core/sets/templates.h"

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace dscope {

/// What two compared templates (or pictures) are called, "x and y".
using PairNames = std::function<std::string(std::uint32_t a, std::uint32_t b)>;

/// Takes out of listed pairs what would move a figure without telling anything about the faces, and says so in the warnings, by count and by the first
/// five:
/// - a template compared with itself, whose cosine is 1 whatever the network is;
/// - a pair that is listed again, in either order: it counts once, where it stands first;
/// - a pair that is listed as genuine and as impostor: neither counts.
/// Pairs whose label disagrees with the subjects that the lists name stay, and are told of. The order of what is left stays. @throws Cancelled
/// @param people who each template is of; -1: not known
/// @param where what each warning begins with
void tidyPairs(TemplatePairs &pairs, std::span<const std::int32_t> people, const std::string &where, const PairNames &names, std::vector<std::string> &warnings,
               Progress &progress);

/// What is wrong with pairs of which there are none of one kind, as the end of a sentence that names their list; empty where there are some of both.
std::string lackingKind(const TemplatePairs &pairs);

} // namespace dscope
