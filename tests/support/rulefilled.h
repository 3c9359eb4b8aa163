// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/json.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace torch::nn {
class Module;
}

namespace dscope::test {

/// FNV-1a, 64 bits.
std::uint64_t fnv1a(std::string_view text);
/// The numbers in [0, 1) that belong to a name: splitmix64 from its hash, number i.
double ruleNumber(std::uint64_t hash, std::int64_t i);
/// A parameter's or buffer's values by the rule of the networks' fixtures, which their makers and these tests share instead of files of weights: what the last
/// part of its name says, see rulefilled.cpp. Made in double, then rounded to float32.
void fillByRule(const std::string &name, at::Tensor tensor);
/// The same for everything in a module.
void fillByRule(torch::nn::Module &module);
/// The input of a fixture: 2(2u - 1).
at::Tensor ruleInput(const std::vector<std::int64_t> &sizes);

/// A module's tensors in the order of a state dict: of each module its parameters, its buffers, then its children.
std::vector<std::pair<std::string, at::Tensor>> orderedTensors(const torch::nn::Module &module);
/// What of a module's tensors is otherwise than a fixture's "state_dict" says: name, shape, order; empty: nothing.
std::string namesDiffer(const std::vector<std::pair<std::string, at::Tensor>> &tensors, const Json &stateDict);
/// What of a stage's output is otherwise than a fixture's entry of "stages" says: shape, mean, largest absolute value, the first eight values; empty: nothing.
std::string stageDiffers(const at::Tensor &output, const Json &stage, double tolerance = 1e-4);
/// The same for a fixture's .npy, by the largest absolute value there.
std::string outputDiffers(const at::Tensor &output, const std::filesystem::path &npy, double tolerance = 1e-4);

} // namespace dscope::test
