// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/core/Tensor.h>
#include <torch/nn/modules/activation.h>
#include <torch/nn/modules/batchnorm.h>

namespace dscope {

/// Batch-norm in training, then PReLU, then an addition, in one: y = PReLU(g (x - mean) / sqrt(variance + e) + b) + added, where mean and variance are the
/// batch's (biased), a channel at a time; the running ones move on by the module's momentum (the unbiased variance), as torch::nn::BatchNorm2d does.
///
/// Layer by layer, ATen goes through the activations 15 times for a batch-norm with PReLU (statistics, normalising, activation, and back: the gradient of
/// the slopes is written out in full before it is added up). At 8 to 48 channels that, not the convolutions, is what training waits for. Here it is
/// 8 times: what lies between batch-norm and PReLU is computed again in place of being kept.
///
/// @param act, added may be empty @param x [N, C, H, W] @param added as x. The result and its gradients are those of the layers one by one to rounding;
/// sums are made over fixed parts in a fixed order, so that the same input gives the same bits with any number of threads.
/// The layers one by one are run where this does not apply: in evaluation, on a GPU, for another type than float32 and bfloat16, for tensors that
/// do not lie channels last, and for a batch-norm without weights, statistics or a fixed momentum.
at::Tensor normalised(const torch::nn::BatchNorm2d &norm, const torch::nn::PReLU &act, const at::Tensor &x, const at::Tensor &added = {});

/// PReLU of pictures or clips for inference, by the kernel of the training where the channels lie last, which is vectorised over them; by libtorch elsewhere.
/// @param y [N, C, H, W] or [N, C, T, H, W]
at::Tensor activatedFast(const torch::nn::PReLU &act, const at::Tensor &y);

} // namespace dscope
