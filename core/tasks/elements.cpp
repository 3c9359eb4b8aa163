// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tasks/elements.h"

#include "core/base/error.h"

namespace dscope {

// Each in core/tasks/NAME/elements.cpp.
#define DSCOPE_TASK(name) const ElementSource &name##Elements();
#include "core/tasks/list.inc"
#undef DSCOPE_TASK

const ElementSource &elementSource(const Task &task)
{
#define DSCOPE_TASK(known)                                                                                                                                     \
    if (task.name == #known)                                                                                                                                   \
        return known##Elements();
#include "core/tasks/list.inc"
#undef DSCOPE_TASK
    throw Error("The task '" + std::string(task.name) + "' has no elements.");
}

bool seenAtOnce(std::span<const std::int64_t> left, std::span<const std::int64_t> right)
{
    for (std::size_t i = 0, j = 0; i < left.size() && j < right.size();) {
        if (left[i] == right[j])
            return true;
        ++(left[i] < right[j] ? i : j);
    }
    return false;
}

std::string countedElements(const Task &task, std::int64_t count)
{
    return std::to_string(count) + ' ' + std::string(count == 1 ? task.element : task.elements);
}

void checkTask(const Task &task, const ModelSpec &network)
{
    if (network.task != task.name)
        throw UsageError("The network " + network.name + " is for " + std::string(taskNamed(network.task).elements) + ", not for " + std::string(task.elements)
                         + " (--task " + std::string(task.name) + ").");
}

} // namespace dscope
