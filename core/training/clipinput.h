// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/picture.h"
#include "core/nets/model.h"
#include "core/training/clipset.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

namespace torch::nn {
class Module;
}

namespace dscope {

class FaceNet;

/// Stacked clips (stackedClip()) as a network on clips wants them: float [N, 3, T, H, W], by the colours, mean and scale of `spec`.
at::Tensor clipBatch(std::span<const Picture> stacked, const ModelSpec &spec);

/// Whether a network of that architecture draws random numbers in training (dropout), which copies of it at work at the same time cannot do.
bool drawsRandomNumbers(const std::string &architecture);

/// What the network gives for some clips of a set as they are, row after row, in double, on the CPU. The network is in evaluation mode. @param take gets a
/// clip's place among `indices` and its outputs @throws Cancelled, FileError
void runOnClips(FaceNet &net, const ClipSet &set, std::span<const std::size_t> indices, const ModelSpec &spec, Progress &progress,
                const std::function<void(std::size_t, std::span<const double>)> &take, const std::function<Clip(Clip)> &seen = {});

} // namespace dscope
