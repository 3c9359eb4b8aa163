// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/losses/losses.h"

#include "core/base/error.h"
#include "core/base/words.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <utility>

namespace dscope {

namespace {

constexpr Words<LossKind, 6> s_losses{"no loss of a base network",
                                      {{LossKind::Softmax, "softmax"},
                                       {LossKind::ArcFace, "arcface"},
                                       {LossKind::CosFace, "cosface"},
                                       {LossKind::SphereFace, "sphereface"},
                                       {LossKind::Triplet, "triplet"},
                                       {LossKind::TripletSoftmax, "triplet+softmax"}}};

/// The cosines at the labels, [N, 1].
at::Tensor atLabels(const at::Tensor &cosines, const at::Tensor &labels)
{
    if (cosines.dim() != 2 || labels.dim() != 1 || labels.size(0) != cosines.size(0))
        throw Error("A loss needs cosines [N, K] and N labels.");
    return cosines.gather(1, labels.unsqueeze(1));
}

at::Tensor withLabels(const at::Tensor &cosines, const at::Tensor &labels, const at::Tensor &values)
{
    return cosines.scatter(1, labels.unsqueeze(1), values.to(cosines.scalar_type()));
}

/// In float32 at least: under mixed precision a scale of 64 leaves a half-precision sum nothing to tell classes apart with.
at::Tensor logSoftmax(const at::Tensor &logits)
{
    return (logits.scalar_type() == at::kDouble ? logits : logits.to(at::kFloat)).log_softmax(1);
}

} // namespace

LossKind lossNamed(const std::string &name)
{
    return s_losses.fromWord(name);
}

std::string lossName(LossKind kind)
{
    return s_losses.wordOf(kind);
}

double usualMargin(LossKind kind)
{
    switch (kind) {
    case LossKind::ArcFace: return 0.5;
    case LossKind::CosFace: return 0.35;
    case LossKind::SphereFace: return 4;
    case LossKind::Triplet:
    case LossKind::TripletSoftmax: return 0.3;
    case LossKind::Softmax: break;
    }
    return 0;
}

bool needsGroups(LossKind kind)
{
    return kind == LossKind::Triplet || kind == LossKind::TripletSoftmax;
}

at::Tensor softmaxCrossEntropy(const at::Tensor &logits, const at::Tensor &labels)
{
    return at::nll_loss(logSoftmax(logits), labels);
}

at::Tensor smoothedCrossEntropy(const at::Tensor &logits, const at::Tensor &labels, double smoothing)
{
    if (!(smoothing >= 0 && smoothing <= 1))
        throw UsageError("Labels are smoothed by 0 to 1.");
    const at::Tensor logs = logSoftmax(logits);
    return (1 - smoothing) * at::nll_loss(logs, labels) - smoothing * logs.mean();
}

at::Tensor arcFaceCosines(const at::Tensor &cosines, const at::Tensor &labels, double margin)
{
    const at::Tensor c = atLabels(cosines, labels);
    const at::Tensor sine = (1 - c.square()).clamp_min(1e-6).sqrt();
    const at::Tensor moved = c * std::cos(margin) - sine * std::sin(margin);
    return withLabels(cosines, labels, at::where(c > std::cos(std::numbers::pi - margin), moved, c - margin * std::sin(margin)));
}

at::Tensor cosFaceCosines(const at::Tensor &cosines, const at::Tensor &labels, double margin)
{
    return withLabels(cosines, labels, atLabels(cosines, labels) - margin);
}

at::Tensor sphereFaceCosines(const at::Tensor &cosines, const at::Tensor &labels, int margin, double lambda)
{
    if (margin < 1 || margin > 4)
        throw UsageError("SphereFace's margin is a factor of 1, 2, 3 or 4.");
    const at::Tensor c = atLabels(cosines, labels);
    at::Tensor before = at::ones_like(c);
    at::Tensor multiple = c;
    for (int i = 1; i < margin; ++i)
        before = std::exchange(multiple, 2 * c * multiple - before);
    // k counts the borders cos(i pi / m) that the cosine is at or below.
    at::Tensor k = at::zeros_like(c);
    for (int i = 1; i < margin; ++i)
        k = k + (c.detach() <= std::cos(i * std::numbers::pi / margin)).to(c.scalar_type());
    const at::Tensor psi = (1 - 2 * k.remainder(2)) * multiple - 2 * k;
    return withLabels(cosines, labels, (lambda * c + psi) / (1 + lambda));
}

double sphereFaceLambda(std::int64_t step)
{
    return std::max(5.0, 1000.0 / (1 + 0.12 * static_cast<double>(step)));
}

at::Tensor batchHardTriplet(const at::Tensor &x, const at::Tensor &labels, double margin, TripletShare *share)
{
    if (x.dim() != 2 || labels.dim() != 1 || labels.size(0) != x.size(0))
        throw Error("A loss needs embeddings [N, D] and N labels.");
    const at::Tensor rows = x.scalar_type() == at::kDouble ? x : x.to(at::kFloat);
    // The hardest are chosen without a gradient, and only the chosen distances are computed from differences: |a|^2 + |b|^2 - 2ab loses
    // half of the digits where two embeddings are near each other, which is where the loss looks.
    at::Tensor farthest;
    at::Tensor nearest;
    at::Tensor use;
    {
        const at::NoGradGuard guard;
        const at::Tensor fixed = rows.detach();
        const at::Tensor squares = fixed.square().sum(1);
        const at::Tensor distances = (squares.unsqueeze(1) + squares.unsqueeze(0) - 2 * fixed.matmul(fixed.t())).clamp_min(0);
        const at::Tensor same = labels.unsqueeze(1).eq(labels.unsqueeze(0));
        const at::Tensor itself = at::eye(rows.size(0), same.options()).to(at::kBool);
        const at::Tensor positive = same.logical_and(itself.logical_not());
        farthest = distances.masked_fill(positive.logical_not(), -1).argmax(1);
        nearest = distances.masked_fill(same, std::numeric_limits<float>::infinity()).argmin(1);
        use = positive.any(1).logical_and(same.logical_not().any(1)).nonzero().squeeze(1);
    }
    if (use.size(0) == 0) {
        if (share)
            *share = {};
        return rows.sum() * 0;
    }
    const auto distance = [&](const at::Tensor &other) {
        const at::Tensor chosen = rows.index_select(0, other.index_select(0, use));
        return (rows.index_select(0, use) - chosen).square().sum(1).clamp_min(1e-12).sqrt();
    };
    const at::Tensor positive = distance(farthest);
    const at::Tensor negative = distance(nearest);
    const at::Tensor losses = (margin + positive - negative).clamp_min(0);
    if (share)
        *share = {losses.gt(0).to(at::kFloat).mean().item<double>(), positive.mean().item<double>(), negative.mean().item<double>()};
    return losses.mean();
}

at::Tensor halfSquaredError(const at::Tensor &predicted, const at::Tensor &target)
{
    if (predicted.sizes() != target.sizes())
        throw Error("Predicted and target D-scores differ in shape.");
    return (predicted - target).square().mean() / 2;
}

at::Tensor halfSquaredError(const at::Tensor &predicted, const at::Tensor &target, const at::Tensor &weights)
{
    if (predicted.sizes() != target.sizes() || weights.sizes() != target.sizes())
        throw Error("Predicted and target D-scores and their weights differ in shape.");
    return (weights * (predicted - target).square()).mean() / 2;
}

at::Tensor rankWithinPeople(const at::Tensor &predicted, const at::Tensor &target, const at::Tensor &people)
{
    if (predicted.sizes() != target.sizes() || people.dim() != 1 || people.size(0) != target.numel())
        throw Error("Predicted and target D-scores and the people they are of differ in shape.");
    const at::Tensor p = predicted.reshape({-1});
    const at::Tensor t = target.reshape({-1});
    const at::Tensor wanted = t.unsqueeze(1) - t.unsqueeze(0);
    const at::Tensor pairs = people.unsqueeze(1).eq(people.unsqueeze(0)).logical_and(wanted.gt(0)).to(p.scalar_type());
    const at::Tensor lacking = (wanted - (p.unsqueeze(1) - p.unsqueeze(0))).clamp_min(0);
    return (pairs * lacking).sum() / pairs.sum().clamp_min(1);
}

at::Tensor saliencyRanking(const at::Tensor &scores, const at::Tensor &saliency, const at::Tensor &videos, double margin)
{
    if (scores.sizes() != saliency.sizes() || videos.dim() != 1 || videos.size(0) != scores.numel())
        throw Error("Scores and saliency and the videos they are of differ in shape.");
    const at::Tensor s = scores.reshape({-1});
    const at::Tensor truth = saliency.reshape({-1});
    // Every pair once: with i the more salient of the two l is 1.
    const at::Tensor pairs = videos.unsqueeze(1).eq(videos.unsqueeze(0)).logical_and(truth.unsqueeze(1).gt(truth.unsqueeze(0))).to(s.scalar_type());
    const at::Tensor lacking = (margin - (s.unsqueeze(1) - s.unsqueeze(0))).clamp_min(0);
    return (pairs * lacking).sum() / pairs.sum().clamp_min(1);
}

} // namespace dscope
