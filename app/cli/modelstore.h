// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/cli/arguments.h"
#include "core/nets/library.h"

#include <filesystem>
#include <vector>

namespace dscope::cli {

/// The folders given by --models.
std::vector<std::filesystem::path> modelFolders(const Arguments &arguments);
/// The models there and along the search path.
ModelStore modelStore(const Arguments &arguments);

} // namespace dscope::cli
