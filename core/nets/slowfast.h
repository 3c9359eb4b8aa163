// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/nets/clipnet.h"

#include <torch/nn/modules/linear.h>

#include <array>
#include <cstdint>
#include <vector>

namespace dscope {

/// Which of the SlowFast networks of 50 layers.
struct SlowFastShape {
    std::int64_t alpha = 4;     ///< the fast pathway has so many frames for one of the slow: 4 in "8x8", 8 in "4x16", both of 32 frames
    std::int64_t fusion = 7;    ///< kernel in time of the connections from fast to slow: 7 in "8x8", 5 in "4x16"
    std::int64_t classes = 400; ///< those of Kinetics-400
};

/// SlowFast-50 without non-local blocks (Feichtenhofer et al., "SlowFast Networks for Video Recognition", 2019, Table 1) on the fast pathway's clips
/// [N, 3, T, H, W]. The slow pathway takes T / alpha of its frames, those of slowFrames(). Stems 1x7x7 (64 channels) and 5x7x7 (8), stride (1, 2, 2), then a
/// max-pooling 1x3x3; bottlenecks t x 1 x 1, 1x3x3, 1 of 3, 4, 6 and 3 blocks with t = 1, 1, 3, 3 in the slow pathway and 3 in the fast; time is never halved.
/// Behind the stem and the first three stages the fast pathway's map goes over to the slow one, by a convolution in time of stride alpha to twice its channels.
///
/// The two last maps are averaged over all of their time and space and joined (2,048 + 256), and a linear layer makes scores of the classes. So it is for
/// every size of the crop: the public code's pooling has the size of a 224 x 224 crop's map and gives several predictions for another, each through a softmax,
/// and averages them. Here there is no softmax.
///
/// Names are those of facebookresearch/SlowFast: s1.pathway0_stem.{conv, bn}, s1_fuse.{conv_f2s, bn}, s2.pathway0_res0.{branch1, branch1_bn, branch2.{a, a_bn,
/// b, b_bn, c, c_bn}}, head.projection.
class SlowFast : public ClipNet {
public:
    explicit SlowFast(const SlowFastShape &shape);
    std::int64_t featureSize() const override { return m_projection->options.in_features(); }
    at::Tensor features(const at::Tensor &clips) const override;
    at::Tensor scores(const at::Tensor &features) const override;
    std::string lastLayer() const override { return "head.projection"; }

protected:
    /// @throws Error for clips of fewer frames than alpha
    at::Tensor pass(at::Tensor x, Outputs *outputs) const override;

private:
    static constexpr std::size_t s_pathways = 2;

    at::Tensor joined(const at::Tensor &x, Outputs *outputs) const;
    std::vector<SolidBlock> addStage(torch::nn::Module &stage, std::size_t pathway, std::size_t number, std::int64_t in, std::int64_t out);

    SlowFastShape m_shape;
    std::array<SolidUnit, s_pathways> m_stems;
    std::vector<SolidUnit> m_fusions;                                      ///< behind the stem and stages 2 to 4
    std::vector<std::array<std::vector<SolidBlock>, s_pathways>> m_stages; ///< 2 to 5
    torch::nn::Linear m_projection{nullptr};
};

/// Which of the fast pathway's frames the slow one takes: int((T - 1) i / (T / alpha - 1)) for i below T / alpha, in float32 as the public code counts. Of 32
/// frames and alpha 4: 0 4 8 13 17 22 26 31.
std::vector<std::int64_t> slowFrames(std::int64_t frames, std::int64_t alpha);

} // namespace dscope
