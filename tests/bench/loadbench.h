// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>

namespace dscope {

/// Pictures a second that data loading gives alone, without a network: from a folder of JPEGs, a record file and a pack of the same faces, only
/// decoded and also made worse as in training, with one and two workers. Prints a Markdown table.
/// @param faces a folder of people; empty: faces made up for it
void loadBench(const std::filesystem::path &faces);

} // namespace dscope
