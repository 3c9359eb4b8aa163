// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/losses/lossoptions.h"

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace dscope {

/// Cross-entropy, mean over the batch: -log softmax(logits)[label]. @param logits [N, K] @param labels int64 [N]
at::Tensor softmaxCrossEntropy(const at::Tensor &logits, const at::Tensor &labels);

/// Cross-entropy against smoothed labels (Szegedy et al. 2016), mean over the batch: -sum_k q_k log softmax(logits)_k with q = 1 - e + e / K at the label and e
/// / K elsewhere. @param smoothing e in [0, 1]; 0 is softmaxCrossEntropy() @param logits [N, K] @param labels int64 [N]
at::Tensor smoothedCrossEntropy(const at::Tensor &logits, const at::Tensor &labels, double smoothing);

/// ArcFace's cosines: cos(theta + m) at the label, the rest as they are. Where theta + m passes pi (cos theta < -cos m) the target would rise
/// again; there it goes on as cos(theta) - m sin(m), which falls with theta everywhere, as the authors' own code does. The gradient holds
/// sin(theta) at .001 or more, so it is finite at cos = -1 and 1. @param cosines [N, K] in [-1, 1] @param labels int64 [N] @return [N, K], without the scale
at::Tensor arcFaceCosines(const at::Tensor &cosines, const at::Tensor &labels, double margin);

/// CosFace's cosines: cos(theta) - m at the label. Shapes as arcFaceCosines.
at::Tensor cosFaceCosines(const at::Tensor &cosines, const at::Tensor &labels, double margin);

/// SphereFace's cosines: at the label (lambda cos(theta) + psi(theta)) / (1 + lambda) with psi(theta) = (-1)^k cos(m theta) - 2k for theta in
/// [k pi/m, (k+1) pi/m]; cos(m theta) is Chebyshev's polynomial of cos(theta), so its gradient is finite everywhere. To be multiplied by |x|.
/// @param margin m, 1 to 4 @param lambda annealed by sphereFaceLambda
at::Tensor sphereFaceCosines(const at::Tensor &cosines, const at::Tensor &labels, int margin, double lambda);
/// SphereFace's annealing, max(5, 1000 / (1 + 0.12 step)): without it the loss does not begin to fall.
double sphereFaceLambda(std::int64_t step);

/// What the mining found, for the curves.
struct TripletShare {
    double active = 0;   ///< share of the anchors whose loss is above 0
    double positive = 0; ///< mean distance to the hardest picture of the same person
    double negative = 0; ///< and to the nearest of another
};

/// Batch-hard triplets (Hermans et al. 2017, Eq. 5): mean over the anchors of max(0, m + max distance to the same person - min distance to
/// another), Euclidean. An anchor without another picture of its person, or without another person, is left out; when none is left the loss is 0
/// (with a gradient of 0). Distances under 1e-6 have no gradient, where the root's would be infinite. Of x as it is: embeddings of unit length for faces,
/// features of any length for re-identification.
/// @param x [N, D] @param labels int64 [N] @param share receives what was found; may be null
at::Tensor batchHardTriplet(const at::Tensor &x, const at::Tensor &labels, double margin, TripletShare *share = nullptr);

/// Eq. 6: 1/(2N) sum (predicted - target)^2. Shapes [N] or [N, 1], the same.
at::Tensor halfSquaredError(const at::Tensor &predicted, const at::Tensor &target);
/// The same with a weight per sample: 1/(2N) sum w (predicted - target)^2. Not divided by the weights' sum, so that the parts of a batch add up to the whole;
/// weights whose mean over the training set is 1 keep the scale. All three of one shape.
at::Tensor halfSquaredError(const at::Tensor &predicted, const at::Tensor &target, const at::Tensor &weights);

/// Order within a person: the mean, over all pairs of samples of one person whose targets differ, of max(0, (t - u) - (p - q)), where t > u are the targets and
/// p, q what was predicted. Nothing where the better one is predicted better by at least as much as it is; where there is no such pair 0, with a gradient of 0.
/// Of people it asks nothing beside each other: what every picture of somebody has in common cannot be seen in a single one.
/// @param predicted, target [N] or [N, 1], the same @param people int64 [N]
at::Tensor rankWithinPeople(const at::Tensor &predicted, const at::Tensor &target, const at::Tensor &people);

/// SCSampler's loss of saliency (Korbar et al. 2019, section 3.2): the mean, over all pairs (i, j) of clips of one video whose targets differ, of
/// max(0, margin - l (s_i - s_j)), where l is 1 if clip i is the more salient one, else -1: how well a clip is classified says which is. Where there is no such
/// pair 0, with a gradient of 0. @param scores s, [N] or [N, 1] @param saliency of the same shape; minus the classifier's loss @param videos int64 [N]
at::Tensor saliencyRanking(const at::Tensor &scores, const at::Tensor &saliency, const at::Tensor &videos, double margin);

} // namespace dscope
