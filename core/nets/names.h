// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace dscope {

/// A tensor's name without what wrappers put into it anywhere: "_orig_mod." (torch.compile), "_fsdp_wrapped_module.", "_checkpoint_wrapped_module.".
std::string plainName(std::string_view name);

/// All that names begin with before a dot, and nothing: "" , "module.", "module.backbone." of "module.backbone.conv1.weight"; sorted, each once.
/// At most eight parts deep. They point into the names.
std::vector<std::string_view> prefixesOf(const std::vector<std::string_view> &names);

/// What a way to tensors says of them: 0 nothing, 1 that they are an average or another network's beside the one that is trained ("model_ema",
/// "teacher.backbone."), 2 that they are an optimiser's ("optimizer.momentum").
int rankOfWay(std::string_view way);

/// Whether a way to tensors is what a user calls so, or lies inside it: "ema.module" is under "ema".
bool isUnder(std::string_view way, std::string_view name);

/// A set of weights that a user asked for.
struct AskedWay {
    std::string name; ///< as the user calls it; empty: there is none
    std::string way;  ///< by what isUnder() finds it: the same, or what is called after it
};
/// The first of the names that a way is under. Where none is, one with the name as a word of its own in it: "ema" stands for "model_ema" and
/// "ema_model.module".
AskedWay askedAmong(const std::vector<std::string> &names, const std::vector<std::string> &ways);

/// Whether it is batch-norm's count of batches, which no network needs to run: "num_batches_tracked", alone or behind a dot.
bool isCounter(std::string_view name);

/// " --weights NAME takes another, such as --weights ema." for a set of weights that was not taken; nothing where it has no name.
std::string howToTake(std::string_view set);

/// "[64, 3, 3, 3]"
std::string shapeText(std::span<const std::int64_t> sizes);

/// "a, b, c and 5 more"
std::string listedNames(const std::vector<std::string> &names, std::size_t most = 8);

} // namespace dscope
