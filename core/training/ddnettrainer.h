// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/scores/labeler.h"
#include "core/training/options.h"

namespace dscope {

/// What a DDNet is taught by.
enum class DdNetLoss {
    Mse,     ///< Eq. 6, the paper's
    MseRank, ///< Eq. 6 + rankWeight times the order within a person (rankWithinPeople()); batches then hold several samples of each person
};
/// "mse" or "mse+rank". @throws UsageError for another name
DdNetLoss ddnetLossNamed(const std::string &name);
std::string ddnetLossName(DdNetLoss loss);

/// What `dscope train ddnet` needs beside the loop's own settings.
struct DdNetTraining {
    TrainOptions loop;
    std::string name = "ddnet";         ///< of the resulting model
    std::string architecture = "ddnet"; ///< one of faceNetArchitectures() that is for DDNets
    double heldOut = 0.05;              ///< share of the people kept out of training, for the correlation after every epoch
    std::filesystem::path facesRoot;    ///< where the faces lie now; empty: where the targets say
    DamageSet without;                  ///< families of damage whose copies it is not shown; "paper", the default, stands for none
    DdNetLoss loss = DdNetLoss::Mse;
    double rankWeight = 1;  ///< of the order, in DdNetLoss::MseRank
    double cleanWeight = 1; ///< of a face as it is in Eq. 6, beside 1 of a copy; scaled so that the mean weight of the training set is 1
    int inputWidth = 0;     ///< of the DDNet, for a task whose elements fill any input (Task::stretched); 0: the base's
    int inputHeight = 0;
    int perPerson = 4; ///< samples of a person in a row, where their order counts
};

/// How well predicted and true D-scores agree on the people held out.
struct DdNetResult {
    std::vector<EpochReport> epochs;
    double spearman = 0;
    double meanSquaredError = 0;
    std::int64_t trained = 0; ///< pictures (copies) trained on
    std::int64_t heldOut = 0;
};

/// Teaches a DDNet the targets by Eq. 6, L = 1/(2N) sum (predicted - target)^2, or by what `options.loss` adds to it, and writes it as safetensors with its
/// description, mu and sigma to `out`. A checkpoint lies beside it (`out` + ".checkpoint") until the end. Copies of one-sample classes take no part.
/// @throws Cancelled, Error
DdNetResult trainDdNet(const Targets &targets, const DdNetTraining &options, const std::filesystem::path &out, Progress &progress);

} // namespace dscope
