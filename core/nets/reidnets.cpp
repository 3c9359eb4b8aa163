// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/nets/reidnets.h"

#include "core/base/error.h"
#include "core/base/words.h"
#include "core/nets/names.h"
#include "core/nets/resnet.h"
#include "core/nets/resnet3d.h"
#include "core/nets/weightfit.h"

#include <ATen/ATen.h>
#include <torch/nn/modules/rnn.h>

#include <algorithm>
#include <map>
#include <tuple>

namespace dscope {

namespace nn = torch::nn;

namespace {

constexpr std::int64_t s_width = ResNet50::featureSize;
constexpr std::int64_t s_attention = 256; ///< channels between the two convolutions of the attention
constexpr std::int64_t s_hidden = 512;    ///< of the LSTM
constexpr int s_reduction = 32;           ///< sides of a picture and its map

constexpr Words<ReidModel, 4> s_reidModels{"no model of re-identification",
                                           {{ReidModel::Average, "tp"}, {ReidModel::Attention, "ta"}, {ReidModel::Rnn, "rnn"}, {ReidModel::Conv3d, "3d"}}};

void checkClips(const at::Tensor &clips)
{
    if (clips.dim() != 5 || clips.size(2) != 3 || clips.size(1) < 1)
        throw Error("A network of re-identification takes clips [N, T, 3, H, W], not " + shapeText(clips.sizes()) + ".");
}

/// Copies all that two modules of the same layers have, in their order.
void copyAll(nn::Module &from, nn::Module &to)
{
    const at::NoGradGuard guard;
    const auto copy = [](const std::vector<at::Tensor> &source, const std::vector<at::Tensor> &target) {
        for (std::size_t i = 0; i < target.size(); ++i)
            target[i].copy_(source.at(i));
    };
    copy(from.parameters(), to.parameters());
    copy(from.buffers(), to.buffers());
}

/// The models on single frames: ResNet-50's maps, and what makes one vector of a clip's.
class FrameReid : public ReidNet, public nn::Module {
public:
    FrameReid(std::int64_t classes, std::int64_t featureSize)
    {
        m_base = register_module("base", std::make_shared<ResNet50>(ResNetNames::Numbered));
        m_classifier = register_module("classifier", nn::Linear(featureSize, classes));
    }
    nn::Module &module() override { return *this; }
    at::Tensor features(const at::Tensor &clips) override
    {
        checkClips(clips);
        const at::Tensor maps = m_base->map(clips.flatten(0, 1).contiguous(at::MemoryFormat::ChannelsLast));
        const at::Tensor frames = maps.mean({2, 3}).reshape({clips.size(0), clips.size(1), s_width});
        return joined(maps, frames).to(at::kFloat);
    }
    at::Tensor scores(const at::Tensor &features) override { return m_classifier.ptr()->forward(features.to(m_classifier->weight.scalar_type())); }
    void foldBatchNorm() override { m_base->foldBatchNorm(); }
    std::vector<std::string> takeBase(const std::filesystem::path &weights) override
    {
        ResNet50 given;
        const WeightFit fit = loadWeights(given, weights, s_width);
        copyAll(given, *m_base);
        return fit.notes;
    }

protected:
    /// @param maps of all frames [N T, 2048, h, w] @param frames their means [N, T, 2048]
    virtual at::Tensor joined(const at::Tensor &maps, const at::Tensor &frames) = 0;

private:
    std::shared_ptr<ResNet50> m_base;
    nn::Linear m_classifier{nullptr};
};

class AverageReid final : public FrameReid {
public:
    explicit AverageReid(std::int64_t classes) : FrameReid(classes, s_width) {}

protected:
    at::Tensor joined(const at::Tensor &, const at::Tensor &frames) override { return frames.mean(1); }
};

class AttentionReid final : public FrameReid {
public:
    AttentionReid(std::int64_t classes, std::int64_t height, std::int64_t width) : FrameReid(classes, s_width)
    {
        m_space = register_module("attention_conv", nn::Conv2d(nn::Conv2dOptions(s_width, s_attention, {height, width})));
        m_time = register_module("attention_tconv", nn::Conv1d(nn::Conv1dOptions(s_attention, 1, 3).padding(1)));
    }

protected:
    at::Tensor joined(const at::Tensor &maps, const at::Tensor &frames) override
    {
        const auto &kernel = m_space->options.kernel_size();
        if (maps.size(2) != kernel->at(0) || maps.size(3) != kernel->at(1))
            throw Error("The attention looks at maps of " + shapeText({kernel->data(), 2}) + ", those of this input are " + shapeText(maps.sizes().slice(2))
                        + ": the frames have another size than the network was made for.");
        const at::Tensor seen = at::relu(m_space.ptr()->forward(maps)).reshape({frames.size(0), frames.size(1), s_attention});
        const at::Tensor weights = at::relu(m_time.ptr()->forward(seen.transpose(1, 2))).squeeze(1).softmax(1);
        return (frames * weights.unsqueeze(2)).sum(1);
    }

private:
    nn::Conv2d m_space{nullptr};
    nn::Conv1d m_time{nullptr};
};

class RnnReid final : public FrameReid {
public:
    explicit RnnReid(std::int64_t classes) : FrameReid(classes, s_hidden)
    {
        m_lstm = register_module("lstm", nn::LSTM(nn::LSTMOptions(s_width, s_hidden).batch_first(true)));
    }
    std::int64_t featureSize() const override { return s_hidden; }

protected:
    at::Tensor joined(const at::Tensor &, const at::Tensor &frames) override { return std::get<0>(m_lstm->forward(frames)).mean(1); }

private:
    nn::LSTM m_lstm{nullptr};
};

class Conv3dReid final : public ReidNet {
public:
    explicit Conv3dReid(std::int64_t classes) : m_net(std::make_shared<ResNet3d>(ResNet3dShape{.classes = classes})) {}
    nn::Module &module() override { return *m_net; }
    at::Tensor features(const at::Tensor &clips) override
    {
        checkClips(clips);
        return m_net->features(clips.transpose(1, 2).contiguous());
    }
    at::Tensor scores(const at::Tensor &features) override { return m_net->scores(features); }
    void foldBatchNorm() override { m_net->foldBatchNorm(); }
    std::vector<std::string> takeBase(const std::filesystem::path &weights) override
    {
        Checkpoint file = readCheckpoint(weights);
        // Its classes are others: the layer to them stays as it is here.
        constexpr std::string_view layer = "fc.";
        std::erase_if(file.tensors, [&](const auto &entry) {
            const std::size_t at = entry.first.rfind(layer);
            return at != std::string::npos && (at == 0 || entry.first[at - 1] == '.') && entry.second.dim() <= 2;
        });
        const auto &own = m_net->named_parameters();
        for (const char *name : {"fc.weight", "fc.bias"})
            file.tensors[prefixOf(file.tensors) + name] = own[name].detach().clone();
        return fitWeights(*m_net, file, s_width, weights).notes;
    }

private:
    /// What stands before the stem's weights.
    static std::string prefixOf(const StateDict &tensors)
    {
        constexpr std::string_view stem = "conv1.weight";
        for (const auto &[name, tensor] : tensors)
            if (name.ends_with(stem) && tensor.dim() == 5 && tensor.size(1) == 3)
                return name.substr(0, name.size() - stem.size());
        return {};
    }

    std::shared_ptr<ResNet3d> m_net;
};

std::shared_ptr<ReidNet> made(ReidModel model, std::int64_t classes, std::int64_t mapHeight, std::int64_t mapWidth)
{
    switch (model) {
    case ReidModel::Average: return std::make_shared<AverageReid>(classes);
    case ReidModel::Attention: return std::make_shared<AttentionReid>(classes, mapHeight, mapWidth);
    case ReidModel::Rnn: return std::make_shared<RnnReid>(classes);
    case ReidModel::Conv3d: break;
    }
    return std::make_shared<Conv3dReid>(classes);
}

} // namespace

ReidModel reidModelNamed(const std::string &name)
{
    return s_reidModels.fromWord(name);
}

std::string reidModelName(ReidModel model)
{
    return s_reidModels.wordOf(model);
}

std::shared_ptr<ReidNet> createReidNet(ReidModel model, std::int64_t classes, const ElementShape &shape)
{
    if (shape.height < s_reduction || shape.width < s_reduction || shape.frames < 1)
        throw UsageError("A network of re-identification takes frames of " + std::to_string(s_reduction) + " x " + std::to_string(s_reduction)
                         + " pixels at the least.");
    if (classes < 1)
        throw UsageError("A network of re-identification is trained on one person at the least.");
    const auto side = [](int pixels) { return (pixels + s_reduction - 1) / s_reduction; };
    return made(model, classes, side(shape.height), side(shape.width));
}

ReidWeights describeReid(const StateDict &tensors, const std::filesystem::path &file)
{
    const auto shapeOf = [&](const std::string &name) {
        for (const char *prefix : {"", "module."})
            if (const auto found = tensors.find(prefix + name); found != tensors.end())
                return found->second.sizes().vec();
        return std::vector<std::int64_t>();
    };
    constexpr std::int64_t most = 1 << 20; // people; a side of a map is far below
    ReidWeights found;
    const std::vector<std::int64_t> kernel = shapeOf("attention_conv.weight");
    const bool solid = shapeOf("conv1.weight").size() == 5;
    const std::vector<std::int64_t> classes = shapeOf(solid ? "fc.weight" : "classifier.weight");
    if ((!solid && shapeOf("base.0.weight").size() != 4) || classes.size() != 2 || classes[0] < 1 || classes[0] > most)
        throw FileError(file, "does not hold a model of re-identification: one with base.0.weight and classifier.weight, or a 3D-ResNet-50 with fc.weight.");
    found.classes = classes[0];
    if (solid) {
        found.model = ReidModel::Conv3d;
    } else if (!shapeOf("lstm.weight_ih_l0").empty()) {
        found.model = ReidModel::Rnn;
    } else if (!kernel.empty()) {
        constexpr std::int64_t largest = 64;
        if (kernel.size() != 4 || kernel[2] < 1 || kernel[3] < 1 || kernel[2] > largest || kernel[3] > largest)
            throw FileError(file, "holds an attention_conv.weight of shape " + shapeText(kernel) + ", which is none of a model of re-identification.");
        found.model = ReidModel::Attention;
        found.mapHeight = static_cast<int>(kernel[2]);
        found.mapWidth = static_cast<int>(kernel[3]);
    }
    return found;
}

std::shared_ptr<ReidNet> loadReidNet(const std::filesystem::path &file)
{
    const StateDict tensors = readStateDict(file);
    const ReidWeights weights = describeReid(tensors, file);
    const std::shared_ptr<ReidNet> net = made(weights.model, weights.classes, weights.mapHeight, weights.mapWidth);
    loadStateDict(net->module(), tensors, file);
    net->module().eval();
    return net;
}

Counted countClip(ReidNet &net, const ElementShape &shape)
{
    const at::NoGradGuard guard;
    std::map<std::string, at::Tensor> parameters;
    for (const auto &item : net.module().named_parameters())
        parameters[item.key()] = item.value();
    const at::Tensor clip = at::zeros({1, shape.frames, 3, shape.height, shape.width}, parameters.begin()->second.options().requires_grad(false));
    const bool training = net.module().is_training();
    net.module().eval();
    const auto restore = [&] { net.module().train(training); };
    try {
        Counted counted = countOperators(parameters, [&] { net.features(clip); });
        restore();
        return counted;
    } catch (...) {
        restore();
        throw;
    }
}

} // namespace dscope
