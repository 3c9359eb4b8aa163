// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/progress.h"
#include "core/training/clipset.h"
#include "core/training/options.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace dscope {

/// What the training of a network on clips needs beside the loop's own settings. The defaults are those of SlowFast (Feichtenhofer et al. 2019, section 4):
/// momentum .9, decay 1e-4, the rate up linearly over 34 of 196 epochs and down by half a cosine.
struct ClipTraining {
    ClipTraining();

    TrainOptions loop;           ///< batch counts clips; a learning rate of 0 stands for usualClipRate()
    std::string name = "action"; ///< of the resulting model
    std::string architecture = "resnet3d18";
    double smoothing = 0;       ///< of the labels in the cross-entropy
    double heldOut = 0.1;       ///< share of the videos (of their groups) kept out of training, which are classified after every epoch
    std::filesystem::path from; ///< weights to begin with, of the same architecture; all but the last layer where classes differ; empty: random ones
};
/// 0.1 for a batch of 64, in proportion to the batch: SlowFast's.
double usualClipRate(int batch);

/// The architectures that are for classes of clips.
std::vector<std::string> clipBaseArchitectures();

struct ClipTrainingResult {
    std::vector<EpochReport> epochs;
    std::int64_t classes = 0;
    std::int64_t trained = 0;    ///< clips
    std::int64_t heldOut = 0;    ///< clips
    std::int64_t heldVideos = 0; ///< their videos
    double top1 = 0;             ///< share of the clips held out that are classified rightly, by the weights written
    double videoTop1 = 0;        ///< of their videos, by the mean of their clips' class scores after softmax
};

/// Teaches a network the classes of clips by cross-entropy and writes it as safetensors with its description (input, frames, rate, stride, names of the
/// classes) to `out`; Network::load reads it. The best epoch is that of the best top-1 on the clips held out. A checkpoint lies beside `out` until the end;
/// with loop.resume a run goes on from it and ends with the same bits.
/// @throws UsageError, Error for fewer than two classes or an architecture that is no base on clips, FileError, Cancelled
ClipTrainingResult trainClips(const ClipSet &set, const ClipTraining &options, const std::filesystem::path &out, Progress &progress);

/// The frames of a clip as one picture, one below the other, as they lie in memory: what the training loop takes for a sample.
Picture stackedClip(const Clip &clip);

} // namespace dscope
