// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/nets/facenet.h"

#include <torch/nn/modules/linear.h>

#include <vector>

namespace dscope {

/// The face embedding of the dlib models (Davis King, public domain): a ResNet of 29 convolutions on 150 x 150 pixels, 128 dimensions, trained with a
/// metric loss so that people lie apart by Euclidean distance; 5.6 M parameters. A 7x7 convolution of stride 2 and a max-pooling, both without padding, then
/// five stages of 32, 64, 128, 256 and 256 channels with 3, 4, 3, 3 and 1 blocks; all but the first halve the picture. The mean over what is left and a linear
/// layer without a bias.
///
///   block:            relu(x + N conv3x3(relu(N conv3x3(x))))
///   one that halves:  relu(pad(mean2x2(x)) + pad(N conv3x3(relu(N conv3x3/2(x)))))
///
/// N is an affine layer (a batch-norm for inference). The strided convolutions have no padding either, so that the two summands may differ by a row, and they
/// always do by channels: what is missing of either is zeros, as dlib's add_prev has it.
///
/// dlib cuts a face out of its picture otherwise than the alignment that all networks here share: it is turned and scaled alike where that alignment is brought
/// to `side` pixels, of which the network takes the middle 150 columns, and 150 rows from `top` on. Those end below the picture; its last row is repeated
/// there. Both numbers were chosen on training people of LFW (docs in models/README.md); dlib's own mean face has 165 and 30.
class DlibResNet : public FaceNet {
public:
    static constexpr int side = 173;
    static constexpr int top = 36;
    DlibResNet();
    /// [N, 3, 173, 173] -> [N, 128]
    at::Tensor forward(at::Tensor x) override;

private:
    struct Block {
        torch::nn::Conv2d conv1{nullptr}, conv2{nullptr};
        torch::nn::BatchNorm2d norm1{nullptr}, norm2{nullptr};
        bool halves = false;
    };
    at::Tensor pass(const Block &block, const at::Tensor &x) const;

    torch::nn::Conv2d m_conv1{nullptr};
    torch::nn::BatchNorm2d m_norm1{nullptr};
    std::vector<Block> m_blocks;
    torch::nn::Linear m_fc{nullptr};
};

} // namespace dscope
