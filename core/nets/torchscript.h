// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/nets/network.h"

namespace dscope {

/// Loads a TorchScript file, which can run code while it is loaded and when it runs: only after the user has said that it is trusted, by
/// LoadOptions::trustCode, trustModelCode() or addModel(). What is loaded are the very bytes that were checked.
///
/// The network takes [N, 3, H, W] and gives [N, values], or a tuple with that first. The number of values is found out where the model's
/// description leaves it at 0. A network that was traced for one picture only is run on one at a time. MAC and layers are counted by watching
/// the operators it runs; those that no count is known for are not in it.
/// @throws FileError for a file that is not trusted (it says how to), of another content than the description's hash, damaged, or that gives
/// something else; for a DDNet also where a score lies outside [0, 1]
std::shared_ptr<Network> loadTorchScript(const ModelSpec &spec, const Device &device, const LoadOptions &options);

} // namespace dscope
