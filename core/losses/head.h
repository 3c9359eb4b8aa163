// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/losses/losses.h"
#include "core/losses/lossoptions.h"

#include <torch/nn/module.h>

#include <cstdint>

namespace dscope {

/// The layer above a base network that is thrown away after training: a class vector for each person, and the loss of a batch of embeddings.
/// A module, so that its weights are trained and kept in checkpoints. Random beginnings come from libtorch's generator, as the networks' do.
class ClassHead : public torch::nn::Module {
public:
    /// @param classes K @param dim D of the embeddings @throws UsageError for a margin or scale that the loss cannot have
    ClassHead(LossOptions options, std::int64_t classes, std::int64_t dim);

    /// @param x embeddings [N, D], not normalised @param labels int64 [N] on the same device @param step for SphereFace's annealing
    at::Tensor loss(const at::Tensor &x, const at::Tensor &labels, std::int64_t step);
    /// What the last loss() with triplets found.
    const TripletShare &tripletShare() const { return m_share; }

    at::Tensor weight; ///< [K, D]
    at::Tensor bias;   ///< [K], softmax only

private:
    LossOptions m_options;
    TripletShare m_share;
};

} // namespace dscope
