// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tasks/benchmarks.h"
#include "core/tasks/reid/mars.h"
#include "core/tasks/reid/synthmars.h"
#include "core/tasks/reid/tracklets.h"

namespace dscope {

std::vector<TaskBenchmark> reidBenchmarks()
{
    return {
        {"mars", readMars, {"bbox_test", "info/query_IDX.mat"}, writeSyntheticMars},
        {"tracklets", readTracklets, {}, nullptr},
    };
}

} // namespace dscope
