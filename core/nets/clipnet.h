// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/nets/facenet.h"
#include "core/nets/fusedconv.h"

#include <torch/nn/modules/activation.h>
#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/conv.h>

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace dscope {

/// A convolution in time, height and width. It is padded by half its kernel and so keeps the clip's sides but for the stride.
struct SolidShape {
    std::int64_t in = 0;
    std::int64_t out = 0;
    std::array<std::int64_t, 3> kernel{1, 1, 1};
    std::array<std::int64_t, 3> stride{1, 1, 1};
};

/// A convolution without a bias, and the batch-norm that follows it.
struct SolidUnit {
    torch::nn::Conv3d conv{nullptr};
    torch::nn::BatchNorm3d norm{nullptr};
    /// The stride of a 1x1x1 convolution, which is taken apart from it as subsampled() does, for the same reason.
    std::array<std::int64_t, 3> taken{1, 1, 1};

    bool exists() const { return !conv.is_empty(); }
};

/// A residual block: y = ReLU(u_n(... ReLU(u_1(x))) + s(x)), where s is the shortcut's unit or, without one, x itself.
struct SolidBlock {
    std::vector<SolidUnit> units;
    SolidUnit shortcut;
};

/// A network on clips: float [N, 3, T, H, W] in, normalised as its description says, [N, outputSize] out. For inference its batch-norms are folded as those of
/// FaceNet are, and on the CPU its convolutions go through oneDNN with weights in its own order, what follows them in the same pass.
class ClipNet : public FaceNet {
public:
    /// What parts of the network put out, by the parts' names.
    using Outputs = std::vector<std::pair<std::string, at::Tensor>>;

    at::Tensor forward(at::Tensor x) final { return pass(std::move(x), nullptr); }
    /// The outputs of the stages on the way to forward(), as the public code calls them.
    Outputs outputs(const at::Tensor &x) const;

    /// What the last layer makes class scores of: [N, 3, T, H, W] -> [N, featureSize()], float32; the embedding of a clip. @throws Error for a network that
    /// tells no classes apart (featureSize() is 0)
    virtual at::Tensor features(const at::Tensor &clips) const;
    virtual std::int64_t featureSize() const { return 0; }
    /// The last layer: features -> [N, outputSize], float32; scores(features(x)) is forward(x). @throws as features()
    virtual at::Tensor scores(const at::Tensor &features) const;
    /// Its name among the network's tensors; empty where there are no classes.
    virtual std::string lastLayer() const { return {}; }

protected:
    /// Like forward(). @param outputs takes what the stages put out; null: nobody asks
    virtual at::Tensor pass(at::Tensor x, Outputs *outputs) const = 0;

    /// Registers a convolution as `name` of a module and its batch-norm as `normName` of another or the same.
    SolidUnit addUnit(torch::nn::Module &parent, const std::string &name, torch::nn::Module &normParent, const std::string &normName, const SolidShape &shape);

    /// A unit on [N, C, T, H, W].
    at::Tensor unit(const SolidUnit &unit, const at::Tensor &x) const { return run(unit, x, false, {}); }
    /// The same, then a ReLU.
    at::Tensor unitRelu(const SolidUnit &unit, const at::Tensor &x) const { return run(unit, x, true, {}); }
    /// The same, then a PReLU.
    at::Tensor unitPRelu(const SolidUnit &unit, const torch::nn::PReLU &act, const at::Tensor &x) const;
    /// The same plus `added`, then a ReLU if that is wanted.
    at::Tensor unitPlus(const SolidUnit &unit, const at::Tensor &x, const at::Tensor &added, bool relu) const { return run(unit, x, relu, added); }
    at::Tensor block(const SolidBlock &block, const at::Tensor &x) const;

    void foldFurther() override;
    void prepareFurther(const at::Tensor &example) override;

private:
    at::Tensor run(const SolidUnit &unit, const at::Tensor &x, bool relu, const at::Tensor &added) const;

    std::vector<SolidUnit> m_units;
    mutable std::map<const torch::nn::Conv3dImpl *, at::Tensor> m_packed; ///< weights in oneDNN's order; filled by prepareFurther() and never after
    bool m_preparing = false;
};

/// A kernel, or a stride, of the same length in height and width.
inline std::array<std::int64_t, 3> solid(std::int64_t time, std::int64_t side)
{
    return {time, side, side};
}

} // namespace dscope
