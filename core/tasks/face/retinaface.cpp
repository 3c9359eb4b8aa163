// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tasks/face/retinaface.h"

#include "core/base/error.h"
#include "core/base/torchdevice.h"
#include "core/nets/batches.h"
#include "core/nets/checkpoint.h"
#include "core/nets/fusedconv.h"
#include "core/tasks/face/boxes.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <c10/core/GradMode.h>
#include <c10/core/InferenceMode.h>
#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/conv.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <memory>
#include <optional>
#include <string>

namespace dscope {

namespace nn = torch::nn;

namespace {

constexpr double kSlope = 0.1; ///< of every leaky ReLU in the network
constexpr std::array<float, 3> kMeanBgr{104, 117, 123};
constexpr std::array<int, 3> kStrides{8, 16, 32};
constexpr std::array<std::array<float, 2>, 3> kAnchors{{{16, 32}, {64, 128}, {256, 512}}};
/// Measured on LFW (docs/detection.md). The largest anchor is 512 pixels, but what the network sees of the picture at once is less: from 400 on boxes are
/// wrong.
constexpr DetectorReach kReach{20, 112, 384, 0.8F};
constexpr float kCentreVariance = 0.1F;
constexpr float kSizeVariance = 0.2F;

nn::Conv2d conv(int in, int out, int size, int stride = 1, int groups = 1)
{
    return nn::Conv2d(nn::Conv2dOptions(in, out, size).stride(stride).padding(size / 2).groups(groups).bias(false));
}

/// A module that only holds others under the checkpoint's names (torch::nn::Sequential cannot hold another one).
class Holder : public nn::Module {
public:
    Holder &add(const std::string &name, std::shared_ptr<nn::Module> child)
    {
        register_module(name, std::move(child));
        return *this;
    }
    /// Convolution `first` and its batch-norm at the next number. The activation has no parameters and stands in features().
    Holder &addConv(int first, int in, int out, int size = 3, int stride = 1, int groups = 1)
    {
        register_module(std::to_string(first), conv(in, out, size, stride, groups));
        register_module(std::to_string(first + 1), nn::BatchNorm2d(out));
        return *this;
    }
};

std::shared_ptr<Holder> convBn(int in, int out, int size = 3, int stride = 1)
{
    auto block = std::make_shared<Holder>();
    block->addConv(0, in, out, size, stride);
    return block;
}

/// One entry of MobileNet: depthwise at 0 and 1, pointwise at 3 and 4 (2 and 5 are the activations).
std::shared_ptr<Holder> separable(int in, int out, int stride)
{
    auto block = std::make_shared<Holder>();
    block->addConv(0, in, in, 3, stride, in).addConv(3, in, out, 1);
    return block;
}

std::shared_ptr<Holder> list(const std::vector<std::shared_ptr<Holder>> &entries)
{
    auto holder = std::make_shared<Holder>();
    for (std::size_t i = 0; i < entries.size(); ++i)
        holder->add(std::to_string(i), entries[i]);
    return holder;
}

std::shared_ptr<Holder> body()
{
    auto holder = std::make_shared<Holder>();
    holder->add("stage1",
                list({convBn(3, 8, 3, 2), separable(8, 16, 1), separable(16, 32, 2), separable(32, 32, 1), separable(32, 64, 2), separable(64, 64, 1)}));
    holder->add(
        "stage2",
        list({separable(64, 128, 2), separable(128, 128, 1), separable(128, 128, 1), separable(128, 128, 1), separable(128, 128, 1), separable(128, 128, 1)}));
    holder->add("stage3", list({separable(128, 256, 2), separable(256, 256, 1)}));
    return holder;
}

std::shared_ptr<Holder> fpn()
{
    auto holder = std::make_shared<Holder>();
    holder->add("output1", convBn(64, 64, 1)).add("output2", convBn(128, 64, 1)).add("output3", convBn(256, 64, 1));
    holder->add("merge1", convBn(64, 64)).add("merge2", convBn(64, 64));
    return holder;
}

std::shared_ptr<Holder> ssh()
{
    auto holder = std::make_shared<Holder>();
    holder->add("conv3X3", convBn(64, 32)).add("conv5X5_1", convBn(64, 16)).add("conv5X5_2", convBn(16, 16));
    holder->add("conv7X7_2", convBn(16, 16)).add("conv7x7_3", convBn(16, 16));
    return holder;
}

std::shared_ptr<Holder> heads(int outputs)
{
    std::vector<std::shared_ptr<Holder>> levels;
    for (int level = 0; level < 3; ++level) {
        levels.push_back(std::make_shared<Holder>());
        levels.back()->add("conv1x1", nn::Conv2d(nn::Conv2dOptions(64, outputs, 1)).ptr());
    }
    return list(levels);
}

/// The name of the batch-norm that follows a convolution: "fpn.merge1.0" -> "fpn.merge1.1".
std::string normOf(const std::string &convolution)
{
    const std::size_t dot = convolution.rfind('.') + 1;
    return convolution.substr(0, dot) + std::to_string(std::stoi(convolution.substr(dot)) + 1);
}

/// The network's flow, written once for the plain module and for the folded one. `Net` offers conv(name, input, slope) with slope
/// nothing, 0 (ReLU) or kSlope.
template<typename Net>
std::array<at::Tensor, 3> features(Net &net, const at::Tensor &pictures)
{
    at::Tensor x = net.conv("body.stage1.0.0", pictures, kSlope);
    std::array<at::Tensor, 3> levels;
    const std::array<int, 3> blocks{6, 6, 2};
    for (int stage = 0; stage < 3; ++stage) {
        for (int block = stage == 0 ? 1 : 0; block < blocks[stage]; ++block) {
            const std::string name = "body.stage" + std::to_string(stage + 1) + "." + std::to_string(block);
            x = net.conv(name + ".0", x, kSlope);
            x = net.conv(name + ".3", x, kSlope);
        }
        levels[stage] = x;
    }
    for (int level = 0; level < 3; ++level)
        levels[level] = net.conv("fpn.output" + std::to_string(level + 1) + ".0", levels[level], kSlope);
    const auto merge = [&](int level) {
        const at::Tensor &fine = levels[level];
        const at::Tensor sum = at::upsample_nearest2d(levels[level + 1], {fine.size(2), fine.size(3)}).add_(fine);
        levels[level] = net.conv("fpn.merge" + std::to_string(level + 1) + ".0", sum, kSlope);
    };
    merge(1);
    merge(0);
    for (int level = 0; level < 3; ++level)
        levels[level] = net.context("ssh" + std::to_string(level + 1), levels[level]);
    return levels;
}

/// Runs the module as it was loaded, batch-norm in its place.
struct PlainNet {
    explicit PlainNet(const nn::Module &module) : modules(module.named_modules({}, false)) {}

    torch::OrderedDict<std::string, std::shared_ptr<nn::Module>> modules;

    at::Tensor conv(const std::string &name, const at::Tensor &x, std::optional<double> slope)
    {
        const at::Tensor y = modules[normOf(name)]->as<nn::BatchNorm2dImpl>()->forward(modules[name]->as<nn::Conv2dImpl>()->forward(x));
        return slope ? at::leaky_relu(y, *slope) : y;
    }
    at::Tensor context(const std::string &name, const at::Tensor &x)
    {
        const at::Tensor a = conv(name + ".conv3X3.0", x, {});
        const at::Tensor b = conv(name + ".conv5X5_1.0", x, kSlope);
        const at::Tensor c = conv(name + ".conv7X7_2.0", b, kSlope);
        return at::relu(at::cat({a, conv(name + ".conv5X5_2.0", b, {}), conv(name + ".conv7x7_3.0", c, {})}, 1));
    }
};

} // namespace

RetinaFace::RetinaFace()
{
    register_module("body", dscope::body());
    register_module("fpn", dscope::fpn());
    for (int level = 1; level <= 3; ++level)
        register_module("ssh" + std::to_string(level), dscope::ssh());
    register_module("ClassHead", heads(4));
    register_module("BboxHead", heads(8));
    register_module("LandmarkHead", heads(20));
}

RetinaFaceOutput RetinaFace::forward(const at::Tensor &pictures)
{
    PlainNet net{*this};
    const std::array<at::Tensor, 3> levels = features(net, pictures);
    RetinaFaceOutput out;
    for (int level = 0; level < 3; ++level) {
        const auto head = [&](const char *name) {
            return net.modules[std::string(name) + "." + std::to_string(level) + ".conv1x1"]->as<nn::Conv2dImpl>()->forward(levels[level]);
        };
        out.classes.push_back(head("ClassHead"));
        out.boxes.push_back(head("BboxHead"));
        out.landmarks.push_back(head("LandmarkHead"));
    }
    return out;
}

namespace {

/// A convolution with the batch-norm folded in, ready for one device.
struct FoldedConv {
    at::Tensor weight;
    at::Tensor bias;
    at::Tensor packed;                        ///< the weight as oneDNN likes it; undefined on a GPU
    std::shared_ptr<const Winograd> winograd; ///< in its place for 3x3 convolutions of stride 1, where the processor has what it needs
    int stride = 1;
    int padding = 0;
    int groups = 1;

    at::Tensor run(const at::Tensor &x, std::optional<double> slope) const;
    void pack();
};

at::Tensor FoldedConv::run(const at::Tensor &x, std::optional<double> slope) const
{
    if (winograd)
        return winogradConv(*winograd, x, slope ? at::full({weight.size(0)}, *slope, weight.options()) : at::Tensor());
    if (packed.defined())
        return fusedConv(x, packed, bias, {stride, padding, groups}, slope);
    at::Tensor y = at::conv2d(x, weight, bias, {stride, stride}, {padding, padding}, {1, 1}, groups);
    return slope ? at::leaky_relu_(y, *slope) : y;
}

void FoldedConv::pack()
{
    packed = weight.is_cpu() && haveFusedConv() ? weight : at::Tensor();
    const int in = static_cast<int>(weight.size(1));
    const int out = static_cast<int>(weight.size(0));
    const bool fits = weight.is_cpu() && weight.size(2) == 3 && stride == 1 && groups == 1 && padding == 1 && Winograd::fits(in, out);
    winograd = fits ? std::make_shared<Winograd>(in, out, weight.data_ptr<float>(), bias.data_ptr<float>()) : nullptr;
}

/// weight' = weight * gamma / sqrt(var + eps), bias' = beta - mean * gamma / sqrt(var + eps), computed in double.
FoldedConv fold(const nn::Conv2dImpl &from, const nn::BatchNorm2dImpl *norm)
{
    FoldedConv result;
    result.stride = static_cast<int>(from.options.stride()->at(0));
    result.padding = static_cast<int>(std::get<torch::ExpandingArray<2>>(from.options.padding())->at(0));
    result.groups = static_cast<int>(from.options.groups());
    at::Tensor weight = from.weight.detach().to(at::kDouble);
    at::Tensor bias = from.bias.defined() ? from.bias.detach().to(at::kDouble) : at::zeros({weight.size(0)}, at::kDouble);
    if (norm != nullptr) {
        const at::Tensor factor = norm->weight.detach().to(at::kDouble) / at::sqrt(norm->running_var.to(at::kDouble) + norm->options.eps());
        weight = weight * factor.view({-1, 1, 1, 1});
        bias = norm->bias.detach().to(at::kDouble) + (bias - norm->running_mean.to(at::kDouble)) * factor;
    }
    result.weight = weight.to(at::kFloat).contiguous(at::MemoryFormat::ChannelsLast);
    result.bias = bias.to(at::kFloat).contiguous();
    return result;
}

FoldedConv joined(const std::vector<FoldedConv> &parts)
{
    FoldedConv result = parts.front();
    std::vector<at::Tensor> weights, biases;
    for (const FoldedConv &part : parts) {
        weights.push_back(part.weight);
        biases.push_back(part.bias);
    }
    result.weight = at::cat(weights).contiguous(at::MemoryFormat::ChannelsLast);
    result.bias = at::cat(biases);
    return result;
}

/// The same network with batch-norm folded, and with convolutions that share their input joined: the two first ones of each context
/// module, and the three heads of each level.
class FoldedNet {
public:
    explicit FoldedNet(const RetinaFace &module)
    {
        const auto modules = module.named_modules({}, false);
        for (const auto &item : modules) {
            const auto *from = item.value()->as<nn::Conv2dImpl>();
            if (from == nullptr)
                continue;
            const bool head = item.key().ends_with(".conv1x1");
            m_convs[item.key()] = fold(*from, head ? nullptr : modules[normOf(item.key())]->as<nn::BatchNorm2dImpl>());
        }
        for (int level = 0; level < 3; ++level) {
            const std::string ssh = "ssh" + std::to_string(level + 1);
            m_convs[ssh] = joined({m_convs.at(ssh + ".conv5X5_1.0"), m_convs.at(ssh + ".conv3X3.0")});
            std::vector<FoldedConv> parts;
            for (const char *head : {"ClassHead.", "BboxHead.", "LandmarkHead."})
                parts.push_back(m_convs.at(head + std::to_string(level) + ".conv1x1"));
            m_convs["heads" + std::to_string(level)] = joined(parts);
        }
        moveTo(at::kCPU);
    }

    void moveTo(const at::Device &device)
    {
        for (auto &[name, conv] : m_convs) {
            conv.weight = conv.weight.to(device);
            conv.bias = conv.bias.to(device);
            conv.pack();
        }
        m_device = device;
    }

    const at::Device &device() const { return m_device; }

    /// @param pictures [1, 3, H, W] channels-last @return for each level [H/s, W/s, 32] on the CPU: 4 class, 8 box, 20 landmark values
    std::array<at::Tensor, 3> run(const at::Tensor &pictures)
    {
        const std::array<at::Tensor, 3> levels = features(*this, pictures.to(m_device));
        std::array<at::Tensor, 3> out;
        for (int level = 0; level < 3; ++level)
            out[level] = m_convs.at("heads" + std::to_string(level)).run(levels[level], {})[0].permute({1, 2, 0}).to(at::kCPU).contiguous();
        return out;
    }

    at::Tensor conv(const std::string &name, const at::Tensor &x, std::optional<double> slope) const { return m_convs.at(name).run(x, slope); }

    at::Tensor context(const std::string &name, const at::Tensor &x) const
    {
        // The first 16 channels go on through a leaky ReLU, the other 32 are a part of the result.
        const at::Tensor both = m_convs.at(name).run(x, {});
        const at::Tensor b = at::leaky_relu(both.narrow(1, 0, 16), kSlope).contiguous(at::MemoryFormat::ChannelsLast);
        const at::Tensor c = conv(name + ".conv7X7_2.0", b, kSlope);
        return at::cat({both.narrow(1, 16, 32), conv(name + ".conv5X5_2.0", b, {}), conv(name + ".conv7x7_3.0", c, {})}, 1).relu_();
    }

private:
    std::map<std::string, FoldedConv> m_convs;
    at::Device m_device = at::kCPU;
};

/// Channels-last BGR floats minus the mean, zero (the mean's grey) beyond the picture.
at::Tensor prepare(const Picture &picture, const InputSize &size)
{
    at::Tensor input = at::zeros({1, size.paddedHeight, size.paddedWidth, 3}, at::kFloat);
    float *to = input.data_ptr<float>();
    for (int y = 0; y < picture.height; ++y) {
        const std::uint8_t *from = picture.row(y);
        float *row = to + static_cast<std::size_t>(3) * size.paddedWidth * y;
        for (int x = 0; x < 3 * picture.width; x += 3) {
            row[x] = static_cast<float>(from[x + 2]) - kMeanBgr[0];
            row[x + 1] = static_cast<float>(from[x + 1]) - kMeanBgr[1];
            row[x + 2] = static_cast<float>(from[x]) - kMeanBgr[2];
        }
    }
    return input.permute({0, 3, 1, 2});
}

class RetinaFaceDetector : public FaceDetector {
public:
    RetinaFaceDetector(const RetinaFace &module, std::string hash, const Device &device, const DetectorOptions &options)
        : FaceDetector(options, kReach), m_net(module), m_key("retinaface/1:" + hash + ":" + optionsKey(options))
    {
        if (device.isCuda()) {
            loadCuda();
            try {
                m_net.moveTo(torchDevice(device));
            } catch (const c10::Error &error) {
                if (!isOutOfMemory(error))
                    throw;
                fallBack();
            }
        }
    }

    std::unique_ptr<FaceDetector> sharing() const override
    {
        // On a GPU each keeps its own: one that falls back to the CPU leaves the other where it is.
        return m_net.device().is_cpu() ? std::unique_ptr<FaceDetector>(new RetinaFaceDetector(*this)) : nullptr;
    }

    std::string key() const override { return m_key; }

protected:
    std::vector<Face> look(const Picture &picture) override
    {
        const c10::InferenceMode inference;
        const std::array<at::Tensor, 3> levels = run(prepare(picture, inputSize(picture)));
        std::vector<Face> faces;
        for (int level = 0; level < 3; ++level)
            decode(levels[level], level, faces);
        return faces;
    }

private:
    RetinaFaceDetector(const RetinaFaceDetector &) = default;

    std::array<at::Tensor, 3> run(const at::Tensor &input)
    {
        try {
            return m_net.run(input);
        } catch (const c10::Error &error) {
            if (!isOutOfMemory(error))
                throw;
            if (m_net.device().is_cpu())
                throw Error("There is not enough memory to look for faces at " + std::to_string(input.size(3)) + "x" + std::to_string(input.size(2))
                            + " pixels; choose a smaller maxSide.");
        }
        fallBack();
        return m_net.run(input);
    }

    void fallBack()
    {
        m_net.moveTo(at::kCPU);
        addNotice("The GPU's memory is full: faces are detected on the CPU from here on.");
    }

    /// Adds the faces above minScore of one level of the network.
    void decode(const at::Tensor &values, int level, std::vector<Face> &faces) const
    {
        const int rows = static_cast<int>(values.size(0));
        const int columns = static_cast<int>(values.size(1));
        const float *cell = values.data_ptr<float>();
        const auto stride = static_cast<float>(kStrides[level]);
        // softmax(background, face) > s is face - background > ln(s / (1 - s)), which needs no exp for the many cells without a face.
        const double bounded = std::min<double>(options().minScore, 1 - 1e-7);
        const auto least = static_cast<float>(std::log(bounded / (1 - bounded)));
        for (int row = 0; row < rows; ++row) {
            for (int column = 0; column < columns; ++column, cell += 32) {
                for (int anchor = 0; anchor < 2; ++anchor) {
                    const float difference = cell[2 * anchor + 1] - cell[2 * anchor];
                    if (!(difference >= least))
                        continue;
                    const float side = kAnchors[level][anchor];
                    const float priorX = (static_cast<float>(column) + 0.5F) * stride;
                    const float priorY = (static_cast<float>(row) + 0.5F) * stride;
                    const float *box = cell + 4 + 4 * anchor;
                    const float *marks = cell + 12 + 10 * anchor;
                    const float x = priorX + box[0] * kCentreVariance * side;
                    const float y = priorY + box[1] * kCentreVariance * side;
                    const float w = side * std::exp(box[2] * kSizeVariance);
                    const float h = side * std::exp(box[3] * kSizeVariance);
                    Face face;
                    face.score = 1 / (1 + std::exp(-difference));
                    face.box = {x - w / 2, y - h / 2, w, h};
                    for (int i = 0; i < 5; ++i)
                        face.landmarks[i] = {priorX + marks[2 * i] * kCentreVariance * side, priorY + marks[2 * i + 1] * kCentreVariance * side};
                    faces.push_back(face);
                }
            }
        }
    }

    FoldedNet m_net;
    std::string m_key;
};

} // namespace

RetinaFaceOutput foldedForward(const RetinaFace &module, const at::Tensor &pictures)
{
    RetinaFaceOutput out;
    for (const at::Tensor &level : FoldedNet(module).run(pictures.contiguous(at::MemoryFormat::ChannelsLast))) {
        const at::Tensor values = level.permute({2, 0, 1}).unsqueeze(0);
        out.classes.push_back(values.narrow(1, 0, 4));
        out.boxes.push_back(values.narrow(1, 4, 8));
        out.landmarks.push_back(values.narrow(1, 12, 20));
    }
    return out;
}

std::unique_ptr<FaceDetector> loadRetinaFace(const ModelSpec &spec, const Device &device, const DetectorOptions &options)
{
    checkOptions(options);
    const c10::InferenceMode inference(false);
    const at::NoGradGuard noGrad;
    const std::string hash = checkedHash(spec);
    const StateDict tensors = readStateDict(spec.path);
    for (const auto &[name, tensor] : tensors)
        if (tensor.is_floating_point() && !at::isfinite(tensor).all().item<bool>())
            throw FileError(spec.path, "the tensor '" + name + "' holds numbers that are not finite; the file is damaged.");
    RetinaFace net;
    loadStateDict(net, tensors, spec.path);
    net.eval();
    return std::make_unique<RetinaFaceDetector>(net, hash, device, options);
}

} // namespace dscope
