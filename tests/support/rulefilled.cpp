// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/rulefilled.h"

#include "core/base/npy.h"

#include <ATen/ATen.h>
#include <torch/nn/module.h>

#include <algorithm>
#include <cmath>

namespace dscope::test {

namespace {

std::string shapeOf(const at::Tensor &tensor)
{
    return Json(tensor.sizes().vec()).dump();
}

void collect(const torch::nn::Module &module, const std::string &prefix, std::vector<std::pair<std::string, at::Tensor>> &tensors)
{
    for (const auto &item : module.named_parameters(/*recurse=*/false))
        tensors.emplace_back(prefix + item.key(), item.value());
    for (const auto &item : module.named_buffers(/*recurse=*/false))
        tensors.emplace_back(prefix + item.key(), item.value());
    for (const auto &item : module.named_children())
        collect(*item.value(), prefix + item.key() + '.', tensors);
}

} // namespace

std::uint64_t fnv1a(std::string_view text)
{
    std::uint64_t hash = 0xcbf29ce484222325ULL;
    for (const char c : text)
        hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
    return hash;
}

double ruleNumber(std::uint64_t hash, std::int64_t i)
{
    std::uint64_t z = hash + (static_cast<std::uint64_t>(i) + 1) * 0x9E3779B97F4A7C15ULL;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
    z ^= z >> 31;
    return static_cast<double>(z >> 11) * 0x1.0p-53;
}

void fillByRule(const std::string &name, at::Tensor tensor)
{
    const at::NoGradGuard guard;
    const std::string last = name.substr(name.rfind('.') + 1);
    if (last == "num_batches_tracked") {
        tensor.zero_();
        return;
    }
    double base = 0;
    double reach = 0; // value = base + reach u
    if (last == "running_mean" || last.starts_with("bias")) {
        base = -0.1;
        reach = 0.2;
    } else if (last == "running_var") {
        base = 0.5;
        reach = 1;
    } else if (tensor.dim() == 1) {
        base = 0.75;
        reach = 0.5;
    } else {
        const double most = std::sqrt(3.0 / static_cast<double>(tensor.numel() / tensor.size(0)));
        base = -most;
        reach = 2 * most;
    }
    at::Tensor made = at::empty(tensor.sizes(), at::kFloat);
    float *values = made.data_ptr<float>();
    const std::uint64_t hash = fnv1a(name);
    for (std::int64_t i = 0; i < made.numel(); ++i)
        values[i] = static_cast<float>(base + reach * ruleNumber(hash, i));
    tensor.copy_(made);
}

void fillByRule(torch::nn::Module &module)
{
    for (const auto &[name, tensor] : orderedTensors(module))
        fillByRule(name, tensor);
}

at::Tensor ruleInput(const std::vector<std::int64_t> &sizes)
{
    at::Tensor made = at::empty(sizes, at::kFloat);
    float *values = made.data_ptr<float>();
    const std::uint64_t hash = fnv1a("input");
    for (std::int64_t i = 0; i < made.numel(); ++i)
        values[i] = static_cast<float>(2 * (2 * ruleNumber(hash, i) - 1));
    return made;
}

std::vector<std::pair<std::string, at::Tensor>> orderedTensors(const torch::nn::Module &module)
{
    std::vector<std::pair<std::string, at::Tensor>> tensors;
    collect(module, {}, tensors);
    return tensors;
}

std::string namesDiffer(const std::vector<std::pair<std::string, at::Tensor>> &tensors, const Json &stateDict)
{
    for (std::size_t i = 0; i < std::min(tensors.size(), stateDict.size()); ++i) {
        const std::string is = tensors[i].first + ' ' + shapeOf(tensors[i].second);
        const std::string wanted = stateDict[i][0].get<std::string>() + ' ' + stateDict[i][1].dump();
        if (is != wanted)
            return "tensor " + std::to_string(i) + " is " + is + ", should be " + wanted;
    }
    if (tensors.size() != stateDict.size())
        return std::to_string(tensors.size()) + " tensors, should be " + std::to_string(stateDict.size());
    return {};
}

std::string stageDiffers(const at::Tensor &output, const Json &stage, double tolerance)
{
    if (shapeOf(output) != stage.at("shape").dump())
        return "the shape is " + shapeOf(output) + ", should be " + stage.at("shape").dump();
    const at::Tensor values = output.detach().contiguous().reshape({-1}).to(at::kDouble);
    const double largest = stage.at("absmax").get<double>();
    std::vector<std::pair<double, double>> pairs{{values.abs().max().item<double>(), largest}, {values.mean().item<double>(), stage.at("mean").get<double>()}};
    for (std::size_t i = 0; i < stage.at("first8").size(); ++i)
        pairs.emplace_back(values[static_cast<std::int64_t>(i)].item<double>(), stage.at("first8")[i].get<double>());
    for (std::size_t i = 0; i < pairs.size(); ++i)
        if (!(std::abs(pairs[i].first - pairs[i].second) <= tolerance * largest))
            return "figure " + std::to_string(i) + " is " + std::to_string(pairs[i].first) + ", should be " + std::to_string(pairs[i].second);
    return {};
}

std::string outputDiffers(const at::Tensor &output, const std::filesystem::path &npy, double tolerance)
{
    const NpyArray wanted = readNpy(npy);
    if (output.sizes().vec() != wanted.shape)
        return "the shape is " + shapeOf(output) + ", should be " + Json(wanted.shape).dump();
    const at::Tensor values = output.detach().contiguous().reshape({-1}).to(at::kDouble);
    const at::Tensor expected = at::tensor(wanted.values, at::kDouble);
    const double largest = expected.abs().max().item<double>();
    const double apart = (values - expected).abs().max().item<double>();
    if (!(largest > 0 && apart <= tolerance * largest))
        return "the values are " + std::to_string(apart) + " apart, the largest is " + std::to_string(largest);
    return {};
}

} // namespace dscope::test
