// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/nets/model.h"
#include "core/tasks/task.h"

#include <string>

namespace dscope {

/// The task that was named must be that of the networks named. @throws UsageError
void checkTask(const Task &task, const ModelSpec &spec);

/// The detector that looks for a task's elements in frames, for a task whose elements are parts of frames as they are (Task::stretched).
/// @param wanted a name or a file; empty: the first of the store's that is there, else the one that needs no file, whose path is empty
/// @throws Error where there is none of that name, UsageError for one of another task
ModelSpec finderModel(const ModelStore &store, const Task &task, const std::string &wanted);

} // namespace dscope
