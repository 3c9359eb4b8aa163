// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/cli/command.h"

namespace dscope::cli {

/// `dscope compare BENCHMARK ROOT`: methods side by side on the templates and pairs of a benchmark, from its feature store or given embeddings.
int compareOnBenchmark(const Arguments &arguments, Progress &progress);

} // namespace dscope::cli
