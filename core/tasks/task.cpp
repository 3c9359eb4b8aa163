// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tasks/task.h"

#include "core/base/error.h"

#include <algorithm>

namespace dscope {

// Each in core/tasks/NAME/task.cpp.
#define DSCOPE_TASK(name) Task name##Task();
#include "core/tasks/list.inc"
#undef DSCOPE_TASK

const std::vector<Task> &tasks()
{
    static const std::vector<Task> all{
#define DSCOPE_TASK(name) name##Task(),
#include "core/tasks/list.inc"
#undef DSCOPE_TASK
    };
    return all;
}

const Task &taskNamed(std::string_view name)
{
    if (name.empty())
        return tasks().front();
    std::string known;
    for (const Task &task : tasks()) {
        if (task.name == name)
            return task;
        known += (known.empty() ? "" : ", ") + std::string(task.name);
    }
    throw UsageError("There is no task '" + std::string(name) + "'; known are " + known + ".");
}

const Task &taskOf(Protocol protocol)
{
    const auto found = std::find_if(tasks().begin(), tasks().end(), [&](const Task &task) { return task.protocol == protocol; });
    return found != tasks().end() ? *found : tasks().front();
}

const Task &likelyTask(int width, int height)
{
    const auto found = std::find_if(tasks().begin(), tasks().end(), [&](const Task &task) { return task.likely != nullptr && task.likely(width, height); });
    return found != tasks().end() ? *found : tasks().front();
}

} // namespace dscope
