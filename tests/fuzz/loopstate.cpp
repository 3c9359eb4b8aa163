// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/training/loop.h"
#include "tests/fuzz/target.h"

#include <ATen/ATen.h>
#include <torch/nn/module.h>

// The checkpoint of a training run.

namespace dscope::fuzz {

namespace {

class Line : public torch::nn::Module {
public:
    Line() { register_parameter("w", at::full({1, 3}, 0.5F)); }
};

} // namespace

DSCOPE_FUZZ_TARGET(loopstate)
{
    const auto file = fileWith("run.checkpoint", textOf(bytes));
    Line line;
    refusable([&] {
        TrainOptions options;
        options.epochs = 1;
        options.batch = 2;
        TrainingLoop loop({{"net", &line}}, options, file);
        (void)loop.restore();
    });
}

} // namespace dscope::fuzz
