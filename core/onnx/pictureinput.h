#pragma once

#include "core/nets/model.h"
#include "core/onnx/graph.h"

#include <filesystem>

namespace dscope::onnx {

/// How a graph takes pictures.
struct PictureInput {
    bool channelsFirst = true; ///< [N, 3, H, W], else [N, H, W, 3]
    std::int64_t height = -1;  ///< -1: free
    std::int64_t width = -1;
    OnnxType type = OnnxType::Float; ///< whole numbers take the pixels as they are
};

/// Reads it off the only input. Where the dimensions do not tell which are the channels ([?, ?, ?, ?], [?, 3, ?, 3]), the first convolution behind the
/// input does, through whatever turns the axes before it; [?, ?, ?, 3] is channels last. @throws FileError for a network that takes no pictures
PictureInput pictureInput(const OnnxGraph &graph, const std::filesystem::path &path);

/// What the first nodes of a graph say of the pixels that it takes.
struct Preparation {
    enum class Takes {
        Unsaid,    ///< they say nothing
        Pixels,    ///< 0 to 255
        Shares,    ///< 0 to 1
        Normalised ///< about -1 to 1, as the usual mean and scale make it: what the nodes do is no first normalisation
    };
    Takes takes = Takes::Unsaid;
    std::string steps; ///< such as "Sub 127.5, Mul 0.0078125"
};

/// Follows the input through the nodes that calculate with one constant a channel (Sub, Add, Mul, Div, Neg, BatchNormalization, a diagonal 1 x 1
/// convolution), and those that change nothing of that (Identity, Cast, Transpose, a change of the colours' order, a quantisation), and judges by the
/// constants. y = a x + b is 0 at m = -b/a and 1 further at m + s, s = 1/|a|; of a batch-norm m and s are its own mean and deviation:
///
/// - s >= 16 or m >= 8 (mean 127.5, /255, x 1/128, 123.7 and 58.4): 0 to 255;
/// - m in .15 to .85 and s to 1.05 (.485 and .229, .5 and .5; of a batch-norm m from .3 and s to .4), or a factor of 64 and more: 0 to 1;
/// - everything else (a batch-norm of mean -.1 and deviation .5): normalised already.
Preparation preparationOf(const OnnxGraph &graph, const PictureInput &input);

/// Puts that into a description, with the reason.
void describeInput(const Preparation &preparation, const PictureInput &input, ModelSpec &spec);

} // namespace dscope::onnx
