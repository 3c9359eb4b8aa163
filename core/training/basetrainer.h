// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/damage/damageset.h"
#include "core/losses/lossoptions.h"
#include "core/training/facelist.h"
#include "core/training/options.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace dscope {

/// What `dscope train base` needs beside the loop's own settings.
struct BaseTraining {
    BaseTraining() { loop.epochs = 20; }

    TrainOptions loop;
    std::string name = "base"; ///< of the resulting model
    std::string architecture = "compact";
    LossOptions loss;
    int perPerson = 4;        ///< pictures of a person in a row, for losses with triplets
    double degradedShare = 0; ///< of the pictures shown, degraded at random
    DamageSet families;       ///< by what
    bool fillWedges = false;  ///< black wedges of alignment are filled at random, each time a picture is shown (wedgeFilled())
    double heldOut = 0.05;    ///< share of the people kept out of training, for the accuracy after every epoch
    int pairs = 300;          ///< genuine ones of the people held out, and as many impostor ones
    /// Weights to begin with, of the same architecture; empty: random ones.
    std::filesystem::path from;
};

struct BaseResult {
    std::vector<EpochReport> epochs;
    double pairAccuracy = 0; ///< of the weights written
    std::int64_t people = 0;
    std::int64_t trained = 0; ///< pictures
    std::int64_t heldOut = 0;
};

/// The architectures that can be a base network.
std::vector<std::string> baseArchitectures();

/// Trains a base network to tell the people of `faces` apart and writes it as safetensors with its description to `out`; the layer of the loss is
/// thrown away. Pictures are mirrored with chance 1/2 and relit. After every epoch pairs of the people held out are compared by cosine:
/// `pair_accuracy` is the share decided rightly at the threshold that is best for these very pairs (so a little flattering; for following a run,
/// `dscope evaluate-pairs` gives the ten-fold figure), `pair_auc` the chance that a genuine pair is more alike than an impostor one.
/// A checkpoint lies beside `out` until the end. @throws Cancelled, Error
BaseResult trainBase(FaceList faces, const BaseTraining &options, const std::filesystem::path &out, Progress &progress);

/// The order of an epoch for losses that compare pictures of one person: every person's pictures are shuffled and cut into runs of `perPerson`, the
/// last filled up from the first; the runs are shuffled. People with one picture take no part. Always as many. @param labels of the samples
std::vector<std::int64_t> groupedOrder(const std::vector<std::int64_t> &labels, int perPerson, std::uint64_t seed, std::int64_t epoch);

} // namespace dscope
