// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/nets/architectures.h"
#include "core/nets/network.h"
#include "core/nets/winograd.h"

#include <torch/nn/module.h>
#include <torch/nn/modules/activation.h>
#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/conv.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace dscope {

/// A network on aligned pictures: [N, 3, H, W] in, [N, outputSize] out. Convolutions that a batch-norm follows are registered as pairs, so
/// that for inference the normalisation can be folded into the weights: w' = w g / sqrt(v + e), b' = b - m g / sqrt(v + e).
class FaceNet : public torch::nn::Module {
public:
    /// @param x float [N, 3, H, W], already normalised as the model's manifest says
    virtual at::Tensor forward(at::Tensor x) = 0;
    /// What the stages of 1/4, 1/8 and 1/16 of the input's size put out, each [N, C, H, W], and forward(x) as the last: for distilling
    /// more than the embedding. Empty for an architecture without such stages.
    virtual std::vector<at::Tensor> stages(const at::Tensor &) { return {}; }

    /// Folds every pair. Only for inference: afterwards the state dict no longer fits a checkpoint.
    void foldBatchNorm();
    bool folded() const { return m_folded; }
    /// Prepares what makes a folded network faster on the CPU. Once its weights are there for good: they are transformed, and not looked at again.
    /// @param example an input of the usual size, for networks whose preparation depends on it (ClipNet); without one those stay as they are
    void prepareConvolutions(const at::Tensor &example = {});

protected:
    /// conv, then its batch-norm unless folded.
    at::Tensor unit(const torch::nn::Conv2d &conv, const torch::nn::BatchNorm2d &norm, const at::Tensor &x) const;
    /// The same, then `act`; or plus what `added` gives when its turn comes. In training what follows the convolution is done in one, see normalised().
    at::Tensor unit(const torch::nn::Conv2d &conv, const torch::nn::BatchNorm2d &norm, const torch::nn::PReLU &act, const at::Tensor &x) const;
    at::Tensor unitPlus(const torch::nn::Conv2d &conv, const torch::nn::BatchNorm2d &norm, const at::Tensor &x, const std::function<at::Tensor()> &added) const;
    /// Declares that `norm` directly follows `conv`.
    void pair(const torch::nn::Conv2d &conv, const torch::nn::BatchNorm2d &norm) { m_pairs.emplace_back(conv, norm); }
    /// Folds what is no such pair. Called once, without gradients.
    virtual void foldFurther() {}
    /// Prepares what is no such pair. Called without gradients.
    virtual void prepareFurther(const at::Tensor &) {}

private:
    friend class FaceNetBlock;
    at::Tensor foldedConv(const torch::nn::Conv2d &conv, const at::Tensor &x) const;
    /// The prepared form of a convolution, where there is one and it may be used in this thread on such an input; else null.
    const Winograd *prepared(const torch::nn::Conv2d &conv, const at::Tensor &x) const;

    std::map<const torch::nn::Conv2dImpl *, Winograd> m_prepared;
    std::vector<std::pair<torch::nn::Conv2d, torch::nn::BatchNorm2d>> m_pairs;
    bool m_folded = false;
};

/// A square convolution without a bias that keeps the picture's size but for the stride.
torch::nn::Conv2d plainConv(std::int64_t in, std::int64_t out, std::int64_t kernel, std::int64_t stride);

/// Every `stride`-th pixel of [N, C, H, W]: what a strided 1x1 convolution reads. Taken apart from the convolution because the backward pass
/// of a strided 1x1 convolution on channels-last input crashes inside oneDNN, in libtorch 1.13 and, on processors with AVX-512, in 2.11 too
/// (jit_avx512_common_1x1_convolution_bwd_weights). The result and the count are the same.
at::Tensor subsampled(const at::Tensor &x, std::int64_t stride);

/// The network of an architecture, with fresh weights. Known are faceNetArchitectures() and clipNetArchitectures(). @throws Error that lists them for another
/// name @param classes of a network on clips that gives the scores of classes; 0: as many as usual. The others do not ask.
std::shared_ptr<FaceNet> createFaceNet(const std::string &architecture, std::int64_t classes = 0);

/// Batch of pictures as the model wants it: float [N, 3, H, W], colour order, mean and scale of `spec`, channels last. For a model that takes clips
/// (ModelSpec::inputFrames) the pictures are their frames, one clip after the other, and the batch is [N, 3, T, H, W].
/// An aligned face is cropped in the middle for a smaller input and enlarged for a larger one; where the model's task says so (Task::stretched) a picture of
/// any size is brought to the input's. @throws Error for another size that is too small, and for a last clip that is not whole
at::Tensor prepareBatch(std::span<const Picture> faces, const ModelSpec &spec);

/// The same on a device. To a GPU the bytes travel, a quarter of the values, out of page-locked memory; they become numbers there, by the same operations and
/// so with the same bits. @throws as the other, c10::Error when there is no room
at::Tensor prepareBatch(std::span<const Picture> faces, const ModelSpec &spec, const Device &device);

/// The two halves of that: the pixels, [pictures, H, W, 3] as they are, in page-locked memory if that is wanted; and the batch that they make, where they are.
at::Tensor batchBytes(std::span<const Picture> faces, const ModelSpec &spec, bool pinned);
at::Tensor batchOfBytes(const at::Tensor &bytes, const ModelSpec &spec);

/// Zeros as one element of that shape: [1, 3, H, W], or of several frames [1, 3, T, H, W].
at::Tensor blankElement(const ElementShape &shape, const at::TensorOptions &options = {});

/// Counts one forward pass of `net` for one picture of this size, by watching the operators it runs.
Cost countCost(FaceNet &net, int height, int width);

} // namespace dscope
