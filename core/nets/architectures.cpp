#include "core/nets/architectures.h"

#include "core/base/error.h"
#include "core/nets/facenet.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <array>
#include <map>

namespace dscope {

namespace {

using Shape = std::vector<std::int64_t>;

/// Shapes by name, without a common "module.".
std::map<std::string, Shape> shapesOf(const WeightsInfo &weights)
{
    const std::string prefix = "module.";
    const bool prefixed =
        std::all_of(weights.tensors.begin(), weights.tensors.end(), [&](const TensorInfo &tensor) { return tensor.name.starts_with(prefix); });
    std::map<std::string, Shape> shapes;
    for (const TensorInfo &tensor : weights.tensors)
        shapes[prefixed ? tensor.name.substr(prefix.size()) : tensor.name] = tensor.shape;
    return shapes;
}

/// How many blocks layer1 to layer4 of a ResNet have.
std::array<int, 4> blocksOf(const std::map<std::string, Shape> &shapes)
{
    std::array<int, 4> blocks{};
    for (std::size_t stage = 0; stage < blocks.size(); ++stage)
        while (shapes.contains("layer" + std::to_string(stage + 1) + '.' + std::to_string(blocks[stage]) + ".conv1.weight"))
            ++blocks[stage];
    return blocks;
}

/// ImageNet's mean and deviation, of values from 0 to 1.
void useImageNet(ModelSpec &spec)
{
    constexpr std::array<double, 3> mean{0.485, 0.456, 0.406};
    constexpr std::array<double, 3> deviation{0.229, 0.224, 0.225};
    for (std::size_t c = 0; c < 3; ++c) {
        spec.mean[c] = static_cast<float>(255 * mean[c]);
        spec.scale[c] = static_cast<float>(1 / (255 * deviation[c]));
    }
}

} // namespace

const std::vector<std::string> &faceNetArchitectures()
{
    static const std::vector<std::string> names{"mobilefacenet-prelu", "mobilefacenet-relu6", "compact", "iresnet18cd", "iresnet18", "iresnet34",
                                                "iresnet50",           "iresnet100",          "polynet", "polynet331",  "ddnet",     "ddnet-resnet34cd",
                                                "ddnet-resnet18"};
    return names;
}

ModelSpec usualSpec(const std::string &architecture)
{
    const std::vector<std::string> &known = faceNetArchitectures();
    if (std::find(known.begin(), known.end(), architecture) == known.end())
        throw Error("The network architecture '" + architecture + "' is unknown.");
    ModelSpec spec;
    spec.architecture = architecture;
    spec.role = architecture.starts_with("ddnet") ? Role::DdNet : Role::Base;
    spec.outputSize = spec.role == Role::DdNet ? 1 : 128;
    if (architecture == "mobilefacenet-prelu") {
        spec.inputWidth = 96;
    } else if (architecture == "mobilefacenet-relu6") {
        useImageNet(spec);
    } else if (architecture == "polynet331") {
        spec.inputWidth = spec.inputHeight = 331;
        spec.outputSize = 1000;
        useImageNet(spec);
    } else if (architecture.starts_with("iresnet") || architecture == "polynet") {
        spec.scale.fill(1 / 127.5F);
        if (architecture != "iresnet18cd")
            spec.outputSize = 512;
    }
    return spec;
}

std::optional<std::string> recogniseArchitecture(const WeightsInfo &weights)
{
    const std::map<std::string, Shape> shapes = shapesOf(weights);
    const auto is = [&shapes](const std::string &name, const Shape &shape) {
        const auto found = shapes.find(name);
        return found != shapes.end() && found->second == shape;
    };
    if (is("linear7.conv.weight", {512, 1, 7, 6}) && is("linear1.conv.weight", {128, 512, 1, 1}) && is("blocks.0.conv.0.weight", {128, 64, 1, 1}))
        return "mobilefacenet-prelu";
    if (is("gdconv.depthwise.weight", {512, 1, 7, 7}) && is("conv3.weight", {128, 512, 1, 1}) && is("features.0.conv.0.0.weight", {128, 64, 1, 1}))
        return "mobilefacenet-relu6";
    if (is("head.weight", {160, 1, 7, 7}) && is("out.weight", {128, 160, 1, 1}) && is("conv1.weight", {24, 3, 3, 3}))
        return "compact";
    if (is("stem.conv1.0.conv.weight", {32, 3, 3, 3}) && is("stage_a.9.blocks.1.conv2d.conv.weight", {384, 128, 1, 1})
        && is("stage_b.18.conv2d_blocks.2.conv.weight", {1152, 384, 1, 1}) && is("stage_c.9.blocks.1.conv2d.conv.weight", {2048, 448, 1, 1})
        && !shapes.contains("stage_c.10.conv2d_blocks.0.conv.weight")) {
        if (is("last_linear.weight", {1000, 2048}))
            return "polynet331";
        if (is("fc.weight", {512, 51200}) && is("features.running_var", {512}))
            return "polynet";
        return std::nullopt;
    }
    const std::array<int, 4> blocks = blocksOf(shapes);
    constexpr std::array<int, 4> eighteen{2, 2, 2, 2};
    constexpr std::array<int, 4> thirtyFour{3, 4, 6, 3};
    if (is("conv1.weight", {64, 3, 3, 3}) && is("fc.weight", {512, 25088}) && is("features.running_var", {512}) && is("layer1.0.bn1.weight", {64})
        && is("layer1.0.bn3.weight", {64})) {
        if (blocks == eighteen)
            return "iresnet18";
        if (blocks == thirtyFour)
            return "iresnet34";
        if (blocks == std::array<int, 4>{3, 4, 14, 3})
            return "iresnet50";
        if (blocks == std::array<int, 4>{3, 13, 30, 3})
            return "iresnet100";
        return std::nullopt;
    }
    if (is("conv1.weight", {8, 3, 3, 3}) && is("fc.weight", {128, 2352}) && is("features.running_var", {128}) && blocks == eighteen)
        return "iresnet18cd";
    if (!shapes.contains("layer1.0.prelu.weight") || shapes.contains("layer1.0.bn3.weight"))
        return std::nullopt;
    if (is("conv1.weight", {8, 3, 3, 3}) && is("fc.weight", {1, 48}) && blocks == eighteen)
        return "ddnet";
    if (is("conv1.weight", {8, 3, 3, 3}) && is("fc.weight", {1, 48}) && blocks == thirtyFour)
        return "ddnet-resnet34cd";
    if (is("conv1.weight", {64, 3, 3, 3}) && is("fc.weight", {1, 512}) && blocks == eighteen)
        return "ddnet-resnet18";
    return std::nullopt;
}

ArchitectureCost costOfArchitecture(const std::string &architecture)
{
    const ModelSpec spec = usualSpec(architecture);
    const auto net = createFaceNet(architecture);
    ArchitectureCost made;
    for (const at::Tensor &parameter : net->parameters())
        made.parameters += parameter.numel();
    made.cost = countCost(*net, spec.inputHeight, spec.inputWidth);
    return made;
}

} // namespace dscope
