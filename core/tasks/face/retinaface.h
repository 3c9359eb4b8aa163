// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/tasks/face/face.h"

#include <torch/nn/module.h>

#include <memory>
#include <vector>

namespace dscope {

/// The three outputs of RetinaFace before decoding, one tensor a level (strides 8, 16, 32), two anchors a cell.
struct RetinaFaceOutput {
    std::vector<at::Tensor> classes;   ///< [N, 4, H/s, W/s]: for each anchor background and face, before the softmax
    std::vector<at::Tensor> boxes;     ///< [N, 8, H/s, W/s]: for each anchor dx, dy, dw, dh
    std::vector<at::Tensor> landmarks; ///< [N, 20, H/s, W/s]: for each anchor five times dx, dy
};

/// RetinaFace (Deng et al., CVPR 2020) on MobileNet 0.25, with the submodule names of the public checkpoint: `body.stage1..3`, `fpn`,
/// `ssh1..3`, `ClassHead`, `BboxHead`, `LandmarkHead`. Example:
/// @code
/// RetinaFace net;
/// loadStateDict(net, readStateDict(path), path);
/// net.eval();
/// RetinaFaceOutput out = net.forward(torch::zeros({1, 3, 384, 640}));
/// @endcode
class RetinaFace : public torch::nn::Module {
public:
    RetinaFace();
    /// @param pictures [N, 3, H, W], BGR minus (104, 117, 123); H and W multiples of 32.
    RetinaFaceOutput forward(const at::Tensor &pictures);
};

/// What the detector runs: batch-norm folded, convolutions joined, activations fused on the CPU. The same numbers as module.forward()
/// up to rounding; here so that a test can say so.
RetinaFaceOutput foldedForward(const RetinaFace &module, const at::Tensor &pictures);

/// Loads the network and makes a detector of it: batch-norm folded into the convolutions, channels-last, fused activations on the CPU.
/// @throws FileError that names a missing, unexpected, misshapen or non-finite tensor, or says that the SHA-256 differs.
std::unique_ptr<FaceDetector> loadRetinaFace(const ModelSpec &spec, const Device &device, const DetectorOptions &options);

} // namespace dscope
