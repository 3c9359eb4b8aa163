// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/nets/facenet.h"

#include <torch/nn/modules/linear.h>

#include <array>

namespace dscope {

/// PolyNet (Zhang et al. 2017, "PolyNet: A Pursuit of Structural Diversity in Very Deep Networks"), the base network of the best row of the paper's
/// Table 2. Inception-ResNet-v2's stem, then ten 2-way modules (stage A), ten times poly-3 and 2-way (stage B), five times poly-3 and 2-way (stage C),
/// with F, G the residual blocks of a module, s its scale and relu after each sum:
///
///   2-way:  relu(x + s F x + s G x)
///   poly-3: relu(x + s F1 x + s F2 relu(F1 x) + s F3 relu(F2 relu(F1 x))), where F1, F2, F3 share their inner convolutions but neither their
///           batch-norms nor the last convolution
///
/// The scales fall linearly from 1 to 0.7 over the 40 modules. Two heads:
/// - Head::Classifier, "polynet331": as published, for 331 x 331 pictures: the mean over the last 9 x 9, a linear layer to 1000 classes;
///   95,366,600 parameters. Tensor names are those of the public state dict.
/// - Head::Face, "polynet": ours, for aligned faces of 112 x 112. The published stem would leave 2 x 2 places of such a picture, so the first
///   convolution has stride 1 here, which leaves 25, 12 and 5 places a side for the stages A, B and C. Behind them what ArcFace's networks end with:
///   batch-norm, a linear layer from all 5 x 5 x 2048 values to 512, batch-norm (its weight stays 1). A public state dict's tensors up to stage C fit.
class PolyNet : public FaceNet {
public:
    enum class Head { Classifier, Face };
    explicit PolyNet(Head head);
    /// [N, 3, 331, 331] -> [N, 1000], or [N, 3, 112, 112] -> [N, 512]
    at::Tensor forward(at::Tensor x) override;

private:
    struct Unit {
        torch::nn::Conv2d conv{nullptr};
        torch::nn::BatchNorm2d norm{nullptr};
    };
    /// One after the other.
    using Path = std::vector<Unit>;
    /// Paths side by side, joined, then the block's last convolution without an activation.
    struct Block {
        std::vector<Path> paths;
        Unit last;
    };
    /// A convolution that several residual blocks share, with a batch-norm for each.
    struct Shared {
        torch::nn::Conv2d conv{nullptr};
        std::vector<torch::nn::BatchNorm2d> norms;
    };
    struct Module {
        double scale = 1;
        std::vector<Block> blocks;               ///< of a 2-way module
        std::vector<std::vector<Shared>> shared; ///< the paths of a poly module
        std::vector<Unit> last;                  ///< of a poly module, one a block
    };
    struct PathShape;
    Unit addUnit(torch::nn::Module &parent, std::int64_t in, std::int64_t out, std::array<std::int64_t, 2> kernel, std::int64_t stride, bool padded);
    Path addPath(torch::nn::Module &parent, const std::string &name, std::int64_t in, const PathShape &shape);
    Module addTwoWay(torch::nn::Module &parent, double scale, std::int64_t channels, const std::vector<PathShape> &paths);
    Module addPoly(torch::nn::Module &parent, double scale, std::int64_t channels, const std::vector<PathShape> &paths);
    at::Tensor run(const Unit &unit, const at::Tensor &x, bool activate = true) const;
    at::Tensor run(const Path &path, at::Tensor x) const;
    at::Tensor run(const Module &module, const at::Tensor &x) const;

    Head m_head;
    Path m_stem1, m_short, m_long;
    Unit m_branch1, m_branch2;
    std::vector<Module> m_stageA, m_stageB, m_stageC;
    std::vector<Path> m_reductionA, m_reductionB;
    torch::nn::Linear m_linear{nullptr};
    torch::nn::BatchNorm2d m_norm{nullptr};
    torch::nn::BatchNorm1d m_features{nullptr};
};

} // namespace dscope
