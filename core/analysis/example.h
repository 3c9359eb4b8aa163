// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/progress.h"
#include "core/tasks/task.h"

#include <filesystem>

namespace dscope {

/// The video to try a task on: in the folder that DSCOPE_SAMPLES names, else in the cache's, where the set-up puts it. One that the program draws itself is
/// made in the cache where it is missing. @return empty where it is not on this machine @throws FileError, Cancelled where it is made
std::filesystem::path exampleVideo(const Task &task, Progress &progress);

} // namespace dscope
