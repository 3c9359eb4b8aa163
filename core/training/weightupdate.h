// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/nets/checkpoint.h"
#include "core/training/options.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace dscope {

/// The optimiser's step over a set of weights, and what it keeps between steps. Uses libtorch's fused kernels: one pass over a weight's memory.
class WeightUpdate {
public:
    /// @param parameters with their names in a checkpoint
    WeightUpdate(std::vector<std::pair<std::string, at::Tensor>> parameters, const TrainOptions &options);

    /// Where the gradients of the last step are taken from and what they came to: loss scaling undone, all their Euclidean length, overflow.
    struct Gradients {
        at::Tensor norm;    ///< [], before clipping
        at::Tensor skipped; ///< [] 1 where float16's gradients overflowed; 0 otherwise
    };
    /// Changes the weights by one step at the rate `rate` and forgets the gradients. Gradients that overflowed in float16 change nothing but
    /// halve the loss scale; 2,000 good steps double it.
    Gradients step(double rate);
    /// What the loss is to be multiplied by before backward(): 1 but for float16.
    const at::Tensor &lossScale() const { return m_scale; }
    /// Forgets the gradients.
    void clear();
    /// After the weights have moved to another device.
    void follow();

    void save(StateDict &tensors) const;
    /// @throws FileError for a part that is missing or misshapen
    void restore(const StateDict &tensors, const std::filesystem::path &file);

private:
    struct Group {
        std::vector<at::Tensor> weights;
        std::vector<at::Tensor> means;   ///< v, or a
        std::vector<at::Tensor> squares; ///< b
        std::vector<at::Tensor> counts;  ///< steps taken, for Adam's correction
        std::vector<std::string> names;
        double decay = 0;
    };
    bool scaled() const { return m_options.precision == Precision::Fp16; }

    TrainOptions m_options;
    std::vector<Group> m_groups; ///< with and without decay
    at::Tensor m_scale;
    at::Tensor m_goodSteps;
};

} // namespace dscope
