// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/nets/checkpoint.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace dscope {

/// What of a weights file went into a network, and what did not.
struct WeightFit {
    std::string prefix;             ///< that the network's names have in the file: "module.", "features.module."
    StateDict left;                 ///< tensors that the network has no place for, by their names in the file, without `prefix` where they have it
    std::vector<std::string> notes; ///< what was left out, in sentences
};

/// Puts the weights of a network, as trainers leave them, into a module: whatever stands in front of all its names is taken off; tensors of other
/// parts of the training (class layers, quality heads, a teacher) are left out, with a note. Strict in what matters: every tensor of the module must be
/// there with its shape, and a tensor among the network's own, or a further layer with convolutions in front of the embedding, is refused, since the
/// network would not compute the same without it.
/// @param embedding values that the network gives: a head is told by a matrix with such a side
/// @param weights the set of weights that the file's description asks for, beside wantedWeights(); empty: none
/// @throws FileError that names what is missing, of another shape, unexpected or not finite, and where the set that is asked for is none of several
WeightFit fitWeights(torch::nn::Module &module, const Checkpoint &checkpoint, std::int64_t embedding, const std::filesystem::path &path,
                     const std::string &weights = {});

/// The same for a file. Notes are not reported.
WeightFit loadWeights(torch::nn::Module &module, const std::filesystem::path &path, std::int64_t embedding);

} // namespace dscope
