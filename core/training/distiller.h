#pragma once

#include "core/nets/network.h"
#include "core/training/facelist.h"
#include "core/training/options.h"

#include <memory>
#include <vector>

namespace dscope {

/// What `dscope train embedding` needs beside the loop's own settings.
struct Distillation {
    TrainOptions loop;
    std::string name = "compact";
    int blended = 8000;          ///< further faces made by blending two training faces of different people
    double degradedShare = 0.5;  ///< of the student's pictures
    double similarityWeight = 16; ///< of the second part of the loss
    double secondWeight = 0.5;   ///< of the teachers after the first
    double heldOut = 0.03;       ///< share of the faces kept out, for the cosine to the teacher after every epoch
    bool half = true;            ///< write the weights as float16
};

/// Teaches the compact network to embed degraded faces as the teachers embed the clean ones: for teacher 1,
/// 1 - cos(student, teacher); for each further one the same through a linear map that is thrown away at the end; plus
/// `similarityWeight` times the mean squared difference between the batch's matrices of cosines, student's and the teachers' mean.
/// Writes safetensors with its description to `out`; a checkpoint lies beside it until the end. @throws Cancelled, Error
std::vector<EpochReport> distil(FaceList faces, const std::vector<std::shared_ptr<Network>> &teachers, const Distillation &options, const std::filesystem::path &out, Task &task);

} // namespace dscope
