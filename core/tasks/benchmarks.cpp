// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tasks/benchmarks.h"

#include "core/tasks/reid/mars.h"
#include "core/tasks/reid/synthmars.h"
#include "core/tasks/reid/tracklets.h"

namespace dscope {

const std::vector<TaskBenchmark> &taskBenchmarks()
{
    static const std::vector<TaskBenchmark> all{
        {"mars", readMars, {"bbox_test", "info/query_IDX.mat"}, writeSyntheticMars},
        {"tracklets", readTracklets, {}, nullptr},
    };
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
    return taskBenchmark(word) != nullptr ? taskNamed("reid") : tasks().front(); // so far all that a task brings are of people
}

} // namespace dscope
