#pragma once

#include "core/base/task.h"
#include "core/datasets/benchmark.h"

namespace dscope {

/// Takes out of the listed pairs of every split what would move a figure without telling anything about the faces, and says so in the benchmark's
/// warnings, by count and by the first five:
/// - a template compared with itself, whose cosine is 1 whatever the network is;
/// - a pair that is listed again, in either order: it counts once, where it stands first;
/// - a pair that is listed as genuine and as impostor: neither counts.
/// Pairs whose label disagrees with the subjects that the lists name stay, and are told of. The order of what is left stays. @throws Cancelled
void tidyPairs(Benchmark &benchmark, Task &task);

} // namespace dscope
