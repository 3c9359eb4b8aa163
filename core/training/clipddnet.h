// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/training/cliptargets.h"
#include "core/training/ddnettrainer.h"
#include "core/training/options.h"

#include <cstdint>
#include <filesystem>
#include <string>

namespace dscope {

/// What a DDNet on clips is taught by.
enum class ClipDdNetLoss {
    Mse,    ///< Eq. 6, the paper's
    Ranking ///< the order of the base's losses within a video, the rival SCSampler's (saliencyRanking())
};
/// "mse" or "ranking". @throws UsageError for another name
ClipDdNetLoss clipDdNetLossNamed(const std::string &name);
std::string clipDdNetLossName(ClipDdNetLoss loss);

/// What `dscope train ddnet` needs for targets of clips beside the loop's own settings.
struct ClipDdNetTraining {
    TrainOptions loop;          ///< batch counts clips
    std::string name = "ddnet"; ///< of the resulting model
    std::string architecture = "ddnet-3d";
    double heldOut = 0.05; ///< share of the videos (of their groups) kept out of training, for the validation after every epoch
    ClipDdNetLoss loss = ClipDdNetLoss::Mse;
    double margin = 1; ///< of ClipDdNetLoss::Ranking, of D-scores before their sigmoid
    int perVideo = 4;  ///< clips of a video in a row, where their order counts
    int frames = 0;    ///< of a clip that it takes, spread over those there are; 0: all
};

struct ClipDdNetResult {
    std::vector<EpochReport> epochs;
    double spearman = 0;     ///< of predicted and true D-scores of the clips held out; in ClipDdNetLoss::Ranking of what it puts out and minus the base's loss
    double withinVideos = 0; ///< share of the pairs of clips of one video held out whose order is right, ties half
    double meanSquaredError = 0; ///< of D-scores; 0 in ClipDdNetLoss::Ranking
    std::int64_t trained = 0;    ///< clips
    std::int64_t heldOut = 0;
};

/// Teaches a DDNet on clips the targets (Eq. 6) or, as SCSampler does, the order of the clips of each video, and writes it as safetensors with its description
/// to `out`. Clips that are no targets take no part. @param set the clips of the targets in their order, at the size that the DDNet takes
/// @throws UsageError, Error where ranking has nothing to rank, FileError, Cancelled
ClipDdNetResult trainClipDdNet(const ClipTargets &targets, const ClipSet &set, const ClipDdNetTraining &options, const std::filesystem::path &out,
                               Progress &progress);

} // namespace dscope
