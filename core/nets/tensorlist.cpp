// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/nets/tensorlist.h"

#include "core/nets/checkpoint.h"
#include "core/nets/recognise.h"

#include <ATen/ATen.h>

#include <algorithm>

namespace dscope {

namespace {

std::string typeName(at::ScalarType type)
{
    switch (type) {
    case at::kFloat: return "float32";
    case at::kDouble: return "float64";
    case at::kHalf: return "float16";
    case at::kBFloat16: return "bfloat16";
    case at::kLong: return "int64";
    case at::kInt: return "int32";
    case at::kShort: return "int16";
    case at::kChar: return "int8";
    case at::kByte: return "uint8";
    case at::kBool: return "bool";
    default: return c10::toString(type);
    }
}

} // namespace

WeightsInfo readWeightsInfo(const std::filesystem::path &path)
{
    return readWeightsReport(path);
}

WeightsReport readWeightsReport(const std::filesystem::path &path)
{
    Checkpoint checkpoint = readCheckpointHeader(path);
    WeightsReport info;
    info.metadata = std::move(checkpoint.metadata);
    info.kind = std::move(checkpoint.kind);
    info.chosen = std::move(checkpoint.chosen);
    info.notes = std::move(checkpoint.notes);
    info.skipped = std::move(checkpoint.skipped);
    for (const auto &[name, tensor] : checkpoint.tensors) {
        info.tensors.push_back({name, typeName(tensor.scalar_type()), tensor.sizes().vec()});
        info.values += tensor.numel();
    }
    info.sets = std::move(checkpoint.sets);
    if (info.sets.empty())
        if (const std::optional<RecognisedWeights> found = recogniseWeights(info))
            for (const std::string &prefix : found->prefixes)
                info.sets.push_back(prefix.ends_with('.') ? prefix.substr(0, prefix.size() - 1) : prefix);
    std::erase(info.sets, std::string()); // the outermost has no name
    return info;
}

} // namespace dscope
