// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/aggregation/nan.h"
#include "core/base/progress.h"
#include "core/sets/templates.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace dscope {

/// What an aggregation network is taught by; r is its vector of a template at unit length.
enum class NanLoss {
    Softmax,    ///< cross-entropy over the training people: a linear layer on r, learned along and thrown away
    Contrastive ///< |r_a - r_b|^2 for two templates of one person, max(0, margin - |r_a - r_b|^2) for two of different people
};
/// softmax or contrastive
std::string name(NanLoss loss);
/// The inverse of name(). @throws UsageError
NanLoss nanLoss(const std::string &name);

struct NanTraining {
    NanLoss loss = NanLoss::Softmax;
    int epochs = 40;
    int batch = 32;             ///< templates per step, or pairs of them
    double learningRate = 1e-3; ///< of RMSprop; falls to 0 along half a cosine
    double decay = 0.9;         ///< of RMSprop's mean of squared gradients
    double margin = 1.5;        ///< of the contrastive loss; squared distances of unit vectors run from 0 to 4
    double scale = 24;          ///< length of the softmax layer's rows as training begins; each is its person's mean
    std::uint64_t seed = 1;
};

struct NanEpoch {
    int epoch = 0;
    std::int64_t templates = 0;
    double loss = 0; ///< mean over the epoch
};

/// Trains on templates of known people. `draw` gives the templates of an epoch (the same set each time is fine; other templates of the same people
/// teach more); features and subjects count. One thread, and the same parameters for the same seed on every machine with the same arithmetic.
/// @throws Error where templates have no subject, an epoch has another length of features or number of subjects than the first, or fewer than two
/// people; where the loss stops being a number; Cancelled
std::shared_ptr<const Nan> trainNan(const std::function<TemplateFeatures(int epoch)> &draw, const NanTraining &options, Progress &progress,
                                    std::vector<NanEpoch> *history = nullptr);

namespace detail {
/// Adds the gradient of some loss by the parameters of `net`, given that of the loss by r (not scaled to unit length).
/// @param features of one template, raw @param byVector [dim] @param gradient as parameters()
void addGradient(const Nan &net, std::span<const float> features, std::span<const double> byVector, std::span<double> gradient);
} // namespace detail

} // namespace dscope
