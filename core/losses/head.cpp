// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/losses/head.h"

#include "core/base/csv.h"
#include "core/base/error.h"

#include <ATen/ATen.h>
#include <ATen/autocast_mode.h>

#include <cmath>

namespace dscope {

namespace {

at::Tensor wide(const at::Tensor &x)
{
    return x.scalar_type() == at::kDouble ? x : x.to(at::kFloat);
}

/// Rows over their lengths.
at::Tensor unit(const at::Tensor &rows)
{
    return rows / rows.norm(2, 1, true).clamp_min(1e-6);
}

/// Full precision inside a scope: an angle's margin of .5 is worth some thousandths of a cosine, bfloat16 knows steps of four thousandths.
class FullPrecision {
public:
    explicit FullPrecision(at::DeviceType device) : m_device(device), m_before(at::autocast::is_autocast_enabled(device))
    {
        at::autocast::set_autocast_enabled(device, false);
    }
    ~FullPrecision() { at::autocast::set_autocast_enabled(m_device, m_before); }
    FullPrecision(const FullPrecision &) = delete;
    FullPrecision &operator=(const FullPrecision &) = delete;

private:
    at::DeviceType m_device;
    bool m_before;
};

} // namespace

ClassHead::ClassHead(LossOptions options, std::int64_t classes, std::int64_t dim) : m_options(options)
{
    if (classes < 2 || dim < 1)
        throw UsageError("A loss over classes needs at least two people.");
    const double margin = options.effectiveMargin();
    const bool sphere = options.kind == LossKind::SphereFace;
    if (sphere && margin != 1 && margin != 2 && margin != 3 && margin != 4)
        throw UsageError("SphereFace's margin is a factor of 1, 2, 3 or 4.");
    if (!sphere && !(margin >= 0 && margin < 2))
        throw UsageError("A margin of " + csvNumber(margin) + " is outside of 0 to 2.");
    if (!(options.scale > 0 && options.scale <= 1000))
        throw UsageError("The loss's scale must be above 0 and at most 1000.");
    if (options.kind == LossKind::Triplet)
        return;
    // Random directions; softmax's need to be short besides, or its first logits are far apart.
    weight =
        register_parameter("weight", at::randn({classes, dim}) * (options.kind == LossKind::Softmax || options.kind == LossKind::TripletSoftmax ? 0.01 : 1));
    if (options.kind == LossKind::Softmax || options.kind == LossKind::TripletSoftmax)
        bias = register_parameter("bias", at::zeros({classes}));
}

at::Tensor ClassHead::loss(const at::Tensor &x, const at::Tensor &labels, std::int64_t step)
{
    const FullPrecision guard(x.device().type());
    const at::Tensor rows = wide(x);
    const double margin = m_options.effectiveMargin();
    if (needsGroups(m_options.kind)) {
        // Unit embeddings, as they are compared at use; the margin then means the same for every network.
        const at::Tensor triplets = batchHardTriplet(unit(rows), labels, margin, &m_share);
        if (m_options.kind == LossKind::Triplet)
            return triplets;
        return softmaxCrossEntropy(rows.matmul(weight.t()) + bias, labels) + m_options.tripletWeight * triplets;
    }
    if (m_options.kind == LossKind::Softmax)
        return softmaxCrossEntropy(rows.matmul(weight.t()) + bias, labels);
    const at::Tensor cosines = unit(rows).matmul(unit(weight).t()).clamp(-1, 1);
    if (m_options.kind == LossKind::ArcFace)
        return softmaxCrossEntropy(m_options.scale * arcFaceCosines(cosines, labels, margin), labels);
    if (m_options.kind == LossKind::CosFace)
        return softmaxCrossEntropy(m_options.scale * cosFaceCosines(cosines, labels, margin), labels);
    const at::Tensor length = rows.norm(2, 1, true);
    return softmaxCrossEntropy(length * sphereFaceCosines(cosines, labels, static_cast<int>(margin), sphereFaceLambda(step)), labels);
}

} // namespace dscope
