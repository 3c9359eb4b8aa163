// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/damage/damageset.h"
#include "core/nets/network.h"
#include "core/training/facelist.h"
#include "core/training/options.h"

#include <memory>
#include <vector>

namespace dscope {

/// What `dscope train embedding` needs beside the loop's own settings.
struct Distillation {
    Distillation()
    {
        loop.epochs = 20;
        loop.optimiser = Optimiser::AdamW;
        loop.learningRate = 0.002;
        loop.weightDecay = 0.05;
    }

    TrainOptions loop;
    std::string name = "compact";
    int blended = 4000;           ///< further faces made by blending two training faces of different people
    double degradedShare = 0.5;   ///< of the student's pictures, below 1
    DamageSet families;           ///< by what they are degraded
    double similarityWeight = 16; ///< of the second part of the loss
    double secondWeight = 0.5;    ///< of the teachers after the first
    double hintWeight = 1;        ///< of the third part: the first teacher's stages (about 170 KB of memory per face); 0: none
    double heldOut = 0.03;        ///< share of the faces kept out, for the cosine to the teacher after every epoch
    bool half = true;             ///< write the weights as float16
};

/// Teaches the compact network of the teachers' task to embed degraded pictures as the teachers embed the clean ones: for teacher 1,
/// 1 - cos(student, teacher), where the embedding of a teacher of more than 128 values is projected onto their 128 strongest directions; for each further one
/// the same through a linear map that is thrown away at the end; plus `similarityWeight` times the mean squared difference between the batch's matrices of
/// cosines, student's and the teachers' mean; plus, on clean pictures, `hintWeight` times the mean over three stages of the squared difference between the
/// first teacher's standardised channels and a 1x1 convolution of the student's (thrown away at the end; hints as in Romero et al., "FitNets", 2015, here at
/// every size). An epoch shows every picture, its mirror image and the blends once clean, and as many degraded copies as `degradedShare` asks for. Writes
/// safetensors with its description to `out`; a checkpoint lies beside it until the end. @throws Cancelled, Error
std::vector<EpochReport> distil(FaceList faces, const std::vector<std::shared_ptr<Network>> &teachers, const Distillation &options,
                                const std::filesystem::path &out, Progress &progress);

} // namespace dscope
