// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/picture.h"
#include "core/base/progress.h"
#include "core/nets/reidnets.h"
#include "core/training/options.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace dscope {

/// A row of pictures of one person, by one camera.
struct TrainingTracklet {
    std::vector<std::filesystem::path> frames; ///< in their order
    std::int64_t person = 0;                   ///< any number, the same for the same person
    int camera = 0;
};
/// Gives a frame's picture, of any size. Called from several threads. @throws FileError
using FrameReader = std::function<Picture(const std::filesystem::path &frame)>;

/// What the training of a network of re-identification needs beside the loop's own settings; the defaults are Gao and Nevatia's: Adam, 800 epochs of batches of
/// 8 people x 4 tracklets, a tenth of the rate every 200 epochs.
struct ReidTraining {
    ReidTraining();

    TrainOptions loop;           ///< batch counts tracklets; a learning rate of 0 stands for usualReidRate()
    std::string name = "person"; ///< of the resulting model
    ReidModel model = ReidModel::Average;
    ElementShape shape{4, 224, 112}; ///< of a clip
    int perPerson = 4;               ///< tracklets of a person in a batch
    double smoothing = 0.1;          ///< of the labels in the cross-entropy
    double margin = 0.3;             ///< of the triplets
    double heldOut = 0;              ///< share of the people kept out of training, who are looked for after every epoch (ReidValidation)
    std::filesystem::path from;      ///< weights to begin with, see ReidNet::takeBase(); empty: random ones
};
/// 3e-4 for tp and ta, 1e-4 for rnn and 3d.
double usualReidRate(ReidModel model);

struct ReidResult {
    std::vector<EpochReport> epochs;
    std::int64_t people = 0;    ///< trained on
    std::int64_t tracklets = 0; ///< theirs
    std::int64_t heldOut = 0;   ///< people
    double map = 0;             ///< of those held out, by the weights written
};

/// Trains a network of re-identification on the people of `tracklets` but those held out and writes it as safetensors with a description (loadReidNet() reads
/// it). A batch is made by identityOrder(), a clip by trainingClip(), each of its frames by personShown(); the loss is smoothedCrossEntropy() of the scores
/// plus batchHardTriplet() of the features. With people held out the best epoch is that of the best mAP. A checkpoint lies beside `out` until the end; with
/// loop.resume a run goes on from it and ends with the same bits.
/// @throws UsageError for a batch that is no multiple of perPerson, Error for too few people, FileError, Cancelled
ReidResult trainReid(std::vector<TrainingTracklet> tracklets, const ReidTraining &options, const FrameReader &reader, const std::filesystem::path &out,
                     Progress &progress);

/// The vector of a tracklet as such networks are tested: the mean of the features of testClips(), not of unit length. The network is in evaluation mode and
/// runs where its parameters are. @param frames of any size, each brought to the shape's @return row-major [featureSize()] @throws Error for no frames,
/// Cancelled
std::vector<float> trackletFeatures(ReidNet &net, std::span<const Picture> frames, const ElementShape &shape, Progress &progress);

/// The clips of a batch in which each picture holds the frames of a clip, one below the other: [N, 3, T H, W] -> [N, T, 3, H, W].
at::Tensor clipsOf(const at::Tensor &pictures, std::int64_t frames);

} // namespace dscope
