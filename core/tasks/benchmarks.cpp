// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tasks/benchmarks.h"

namespace dscope {

// Each in core/tasks/NAME/benchmarks.cpp.
#define DSCOPE_TASK(name) std::vector<TaskBenchmark> name##Benchmarks();
#include "core/tasks/list.inc"
#undef DSCOPE_TASK

const std::vector<TaskBenchmark> &taskBenchmarks()
{
    static const std::vector<TaskBenchmark> all = [] {
        std::vector<TaskBenchmark> found;
        const auto add = [&](std::string_view task, const std::vector<TaskBenchmark> &own) {
            for (TaskBenchmark benchmark : own) {
                benchmark.task = &taskNamed(task);
                found.push_back(std::move(benchmark));
            }
        };
#define DSCOPE_TASK(name) add(#name, name##Benchmarks());
#include "core/tasks/list.inc"
#undef DSCOPE_TASK
        return found;
    }();
    return all;
}

const TaskBenchmark *taskBenchmark(std::string_view word)
{
    for (const TaskBenchmark &benchmark : taskBenchmarks())
        if (benchmark.word == word)
            return &benchmark;
    return nullptr;
}

const Task &taskOfBenchmark(std::string_view word)
{
    const TaskBenchmark *found = taskBenchmark(word);
    return found != nullptr ? *found->task : tasks().front();
}

} // namespace dscope
