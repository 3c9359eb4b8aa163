// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

namespace dscope {

/// Single edits (insert, remove, replace, swap of neighbours) between two words.
int editDistance(const std::string &left, const std::string &right);
/// The candidate nearest to `word`, or an empty string when none is near.
std::string nearest(const std::string &word, const std::vector<std::string> &candidates);
/// "a, b or c".
std::string listed(const std::vector<std::string> &words, const std::string &last = "or");

} // namespace dscope
