// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <vector>

namespace dscope {

/// What lies in a folder, by name, so that what is said of it is the same everywhere. @throws FileError where it cannot be listed
std::vector<std::filesystem::directory_entry> sortedEntries(const std::filesystem::path &folder);

} // namespace dscope
