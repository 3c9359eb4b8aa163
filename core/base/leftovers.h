// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>

namespace dscope {

/// Removes what writeAtomically() left of `path` in a process that was killed: files of the name with ".partPID-N" behind it whose process is gone.
/// @return how many @throws nothing: what cannot be removed stays
int removeLeftOvers(const std::filesystem::path &path);

} // namespace dscope
