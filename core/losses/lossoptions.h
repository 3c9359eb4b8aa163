// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

namespace dscope {

/// What a base network is taught with.
enum class LossKind {
    Softmax,        ///< cross-entropy of a linear layer
    ArcFace,        ///< Deng et al. 2019: cos(theta + m), the paper's
    CosFace,        ///< Wang et al. 2018: cos(theta) - m
    SphereFace,     ///< Liu et al. 2017: |x| psi(theta), psi built from cos(m theta)
    Triplet,        ///< Hermans et al. 2017: batch-hard
    TripletSoftmax, ///< the sum of Triplet and Softmax
};

/// "softmax", "arcface", "cosface", "sphereface", "triplet", "triplet+softmax". @throws UsageError for another name, listing these
LossKind lossNamed(const std::string &name);
std::string lossName(LossKind kind);
/// The margin of the loss's own paper: ArcFace 0.5 (radians), CosFace 0.35, SphereFace 4 (a factor), triplets 0.3 (of unit embeddings' distance);
/// 0 for softmax.
double usualMargin(LossKind kind);
/// Whether a batch must hold several pictures of a person.
bool needsGroups(LossKind kind);

/// Which loss, and how strong.
struct LossOptions {
    LossKind kind = LossKind::ArcFace;
    double margin = -1;       ///< below 0: usualMargin(kind)
    double scale = 64;        ///< s of ArcFace and CosFace; SphereFace's is the embedding's own length
    double tripletWeight = 1; ///< of the triplets in TripletSoftmax

    double effectiveMargin() const { return margin < 0 ? usualMargin(kind) : margin; }
};

} // namespace dscope
