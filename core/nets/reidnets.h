// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/nets/checkpoint.h"
#include "core/nets/counting.h"
#include "core/tasks/task.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace torch::nn {
class Module;
}

namespace dscope {

/// How a clip of a person becomes one vector: the models of the paper's Table 7, as Gao and Nevatia built them ("Revisiting Temporal Modeling for Video-based
/// Person ReID", 2018). x_t is the mean of ResNet-50's map of frame t, 2,048 values.
enum class ReidModel {
    Average,   ///< "tp": the mean of x_t
    Attention, ///< "ta": sum of a_t x_t; a = softmax over the frames of ReLU(a convolution in time of ReLU(a convolution of the whole map))
    Rnn,       ///< "rnn": the mean of the outputs of an LSTM of 512 values over x_t
    Conv3d,    ///< "3d": the 3D-ResNet-50
};
/// "tp", "ta", "rnn", "3d". @throws UsageError for another name, listing these
ReidModel reidModelNamed(const std::string &name);
std::string reidModelName(ReidModel model);

/// A network from clips of a person to a vector, and in training to scores of the training people.
class ReidNet {
public:
    virtual ~ReidNet() = default;
    /// Its parameters, with the public names: base.0, base.1, base.4 to base.7 (ResNetNames::Numbered), classifier, and attention_conv and attention_tconv or
    /// lstm; those of the 3D-ResNet are ResNet3d's.
    virtual torch::nn::Module &module() = 0;
    /// [N, T, 3, H, W], normalised by ImageNet's mean and deviation -> [N, featureSize()]; not of unit length. @throws Error for another shape
    virtual at::Tensor features(const at::Tensor &clips) = 0;
    /// Features -> [N, classes]
    virtual at::Tensor scores(const at::Tensor &features) = 0;
    virtual std::int64_t featureSize() const { return 2048; }
    /// Folds batch-norm into convolutions, where the model can; for inference alone, see FaceNet::foldBatchNorm().
    virtual void foldBatchNorm() {}
    /// Takes the weights of a network that was trained on something else, as a training begins: ResNet-50 of ImageNet, or for "3d" the 3D-ResNet-50 of
    /// Kinetics. The layers behind it stay as they are. @return what was left out, in sentences @throws FileError
    virtual std::vector<std::string> takeBase(const std::filesystem::path &weights) = 0;
};

/// A network with fresh weights. @param classes people of the training set, at least 1 @param shape of a clip: the attention looks at maps of that size alone
/// @throws UsageError for a shape below 32 x 32
std::shared_ptr<ReidNet> createReidNet(ReidModel model, std::int64_t classes, const ElementShape &shape);

/// Which model a state dict holds, of how many people; the size of the map that attention looks at, 0 elsewhere.
struct ReidWeights {
    ReidModel model = ReidModel::Average;
    std::int64_t classes = 0;
    int mapHeight = 0;
    int mapWidth = 0;
};
/// Tells by names and shapes, behind a "module." where there is one. @param file for the message @throws FileError where it is none of the models
ReidWeights describeReid(const StateDict &tensors, const std::filesystem::path &file);
/// The network of a weights file, in evaluation mode, strictly. @throws FileError
std::shared_ptr<ReidNet> loadReidNet(const std::filesystem::path &file);

/// What one clip costs until its features, in evaluation mode; see countOperators().
Counted countClip(ReidNet &net, const ElementShape &shape);

} // namespace dscope
