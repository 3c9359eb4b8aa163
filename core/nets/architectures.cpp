// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/nets/architectures.h"

#include "core/base/error.h"
#include "core/nets/clipnets.h"
#include "core/nets/dlibresnet.h"
#include "core/nets/facenet.h"
#include "core/nets/resnet.h"
#include "core/tasks/task.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <array>

namespace dscope {

namespace {

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
    static const std::vector<std::string> names{
        "mobilefacenet-prelu", "mobilefacenet-relu6", "compact",     "iresnet18cd", "iresnet18", "iresnet34",        "iresnet50",     "iresnet100", "polynet",
        "polynet331",          "compact-person",      "dlib-resnet", "resnet50",    "ddnet",     "ddnet-resnet34cd", "ddnet-resnet18"};
    return names;
}

ModelSpec usualSpec(const std::string &architecture)
{
    ModelSpec spec;
    spec.architecture = architecture;
    spec.role = architecture.starts_with("ddnet") ? Role::DdNet : Role::Base;
    if (describeClipNet(spec))
        return spec;
    const std::vector<std::string> &known = faceNetArchitectures();
    if (std::find(known.begin(), known.end(), architecture) == known.end())
        throw Error("The network architecture '" + architecture + "' is unknown.");
    spec.outputSize = spec.role == Role::DdNet ? 1 : 128;
    if (architecture == "mobilefacenet-prelu") {
        spec.inputWidth = 96;
    } else if (architecture == "mobilefacenet-relu6") {
        useImageNet(spec);
    } else if (architecture == "polynet331") {
        spec.inputWidth = spec.inputHeight = 331;
        spec.outputSize = 1000;
        useImageNet(spec);
    } else if (architecture == "resnet50") {
        const Task &task = taskNamed("reid");
        spec.task = task.name;
        spec.inputHeight = task.shape.height;
        spec.inputWidth = task.shape.width;
        spec.outputSize = ResNet50::featureSize;
        useImageNet(spec);
    } else if (architecture == "compact-person") {
        spec.task = taskNamed("reid").name;
        spec.inputHeight = 128;
        spec.inputWidth = 64;
    } else if (architecture == "dlib-resnet") {
        spec.inputWidth = spec.inputHeight = DlibResNet::side;
        spec.mean = {122.782F, 117.001F, 104.298F};
        spec.scale.fill(1 / 256.F);
    } else if (architecture.starts_with("iresnet") || architecture == "polynet") {
        spec.scale.fill(1 / 127.5F);
        if (architecture != "iresnet18cd")
            spec.outputSize = 512;
    }
    return spec;
}

ArchitectureCost costOfArchitecture(const std::string &architecture)
{
    if (const std::optional<ArchitectureCost> known = costOfClipNet(architecture))
        return *known;
    const ModelSpec spec = usualSpec(architecture);
    const auto net = createFaceNet(architecture);
    ArchitectureCost made;
    for (const at::Tensor &parameter : net->parameters())
        made.parameters += parameter.numel();
    made.cost = countCost(*net, spec.inputHeight, spec.inputWidth);
    return made;
}

} // namespace dscope
