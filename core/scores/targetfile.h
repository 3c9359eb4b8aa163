// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"
#include "core/base/jsonfields.h"
#include "core/nets/checkpoint.h"
#include "core/nets/model.h"
#include "core/scores/dscore.h"

#include <ATen/ATen.h>

#include <cstdint>
#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

/// What the target files of pictures and those of clips have in common.
namespace dscope::detail {

/// A tensor of one dimension with these values.
template<typename T>
at::Tensor columnOf(const std::vector<T> &values, at::ScalarType type)
{
    at::Tensor tensor = at::empty({static_cast<std::int64_t>(values.size())}, type);
    if (!values.empty())
        std::memcpy(tensor.data_ptr(), values.data(), values.size() * sizeof(T));
    return tensor;
}

/// The values of such a tensor. @param size that it must have; below 0: any @throws FileError
template<typename T>
std::vector<T> columnIn(const StateDict &tensors, const char *name, at::ScalarType type, std::int64_t size, const std::filesystem::path &path)
{
    const auto found = tensors.find(name);
    if (found == tensors.end() || found->second.scalar_type() != type || found->second.dim() != 1 || (size >= 0 && found->second.numel() != size))
        throw FileError(path,
                        std::string("holds no '") + name + "'" + (size >= 0 ? " of " + std::to_string(size) + " values" : std::string())
                            + ": it is not a complete target file.");
    const at::Tensor column = found->second.contiguous();
    std::vector<T> values(static_cast<std::size_t>(column.numel()));
    if (!values.empty())
        std::memcpy(values.data(), column.data_ptr(), values.size() * sizeof(T));
    return values;
}

/// JSON holds UTF-8 alone; file names are any bytes.
std::vector<std::string> utf8Names(const std::vector<std::string> &names);

/// Where elements lie, as `root`, and as `root_beside` the way there from the target file: whoever trains from another folder finds them, and so does who
/// moves them together with the targets.
void describeRoot(Json &about, const std::filesystem::path &root, const std::filesystem::path &targets);
/// The same read: where they lay when the targets were made, else the same way from the targets as then.
std::filesystem::path rootIn(const JsonFields &about, const std::filesystem::path &targets);

/// How D-scores were made, and by which base.
void describeDScores(Json &about, const DScoreOptions &dscore, const DScores &scores, const ModelSpec &base, const std::string &baseHash);
/// The same read. What older files do not say is what there was then. @throws FileError
void readDScores(const JsonFields &about, const std::filesystem::path &path, DScoreOptions &dscore, DScores &scores, ModelSpec &base, std::string &baseHash);

/// D-scores of elements, and what they come from: raw, normalised, own, hardest (float64), hardest_class (int32), target (uint8).
StateDict scoreColumns(const DScores &scores);
/// The same read. @throws FileError
void readScoreColumns(const StateDict &tensors, std::int64_t count, const std::filesystem::path &path, DScores &scores);

} // namespace dscope::detail
