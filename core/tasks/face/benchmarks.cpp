// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tasks/benchmarks.h"

namespace dscope {

/// None: those of faces are read by core/datasets, which opens their lists as sources too.
std::vector<TaskBenchmark> faceBenchmarks()
{
    return {};
}

} // namespace dscope
