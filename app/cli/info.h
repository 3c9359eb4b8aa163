// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/cli/command.h"
#include "core/base/json.h"

#include <filesystem>
#include <functional>
#include <string>

namespace dscope::cli {

/// What `info` tells about a file that is neither weights, nor scores, nor a record file or pack.
using OtherInfo = std::function<Json(const std::filesystem::path &path, Progress &progress)>;

/// The command `info`, with what tells about other files.
Command infoCommandWith(const std::string &summary, const OtherInfo &other);
/// Pictures and people of a set of aligned faces. @throws FileError
Json faceListInfo(const std::filesystem::path &path, Progress &progress);

} // namespace dscope::cli
