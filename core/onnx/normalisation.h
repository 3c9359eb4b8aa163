// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/onnx/pictureinput.h"

#include <string>

namespace dscope::onnx {

/// What the first nodes of a graph say of the pixels that it takes.
struct Preparation {
    enum class Takes {
        Unsaid,    ///< they say nothing
        Pixels,    ///< 0 to 255
        Shares,    ///< 0 to 1
        Unclear,   ///< they calculate with large constants, in a way that cannot be judged
        Normalised ///< about -1 to 1, as the usual mean and scale make it: what the nodes do is no first normalisation
    };
    Takes takes = Takes::Unsaid;
    std::string steps; ///< such as "Sub 127.5, Mul 0.0078125"
};

/// Follows the input through the nodes that calculate with one constant a channel (Sub, Add, Mul, Div, Neg, BatchNormalization, a diagonal 1 x 1
/// convolution), and those that change nothing of that (Identity, Cast, Transpose, a change of the colours' order, a quantisation, Pad, Resize,
/// pooling, clamps), the channels apart and joined again, and each branch where it is taken several times, and judges by the constants; of a mean picture
/// by each channel's mean. y = a x + b is 0 at m = -b/a and 1 further at m + s, s = 1/|a|; of a batch-norm m and s are its own mean and deviation:
///
/// - s >= 16 or m >= 8 (mean 127.5, /255, x 1/128, 123.7 and 58.4): 0 to 255;
/// - m in .15 to .85 and s to 1.05 (.485 and .229, .5 and .5; of a batch-norm m from .3 and s to .4), or a factor of 64 and more: 0 to 1;
/// - everything else (a batch-norm of mean -.1 and deviation .5): normalised already.
Preparation preparationOf(const OnnxGraph &graph, const PictureInput &input);

/// Puts that into a description, with the reason.
void describeInput(const Preparation &preparation, const PictureInput &input, ModelSpec &spec);

} // namespace dscope::onnx
