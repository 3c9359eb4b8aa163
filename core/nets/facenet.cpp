// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/nets/facenet.h"

#include "core/base/error.h"
#include "core/base/resample.h"
#include "core/base/torchdevice.h"
#include "core/nets/clipnets.h"
#include "core/nets/compact.h"
#include "core/nets/ddnet.h"
#include "core/nets/dlibresnet.h"
#include "core/nets/fusedconv.h"
#include "core/nets/inputside.h"
#include "core/nets/iresnet.h"
#include "core/nets/mobilefacenet.h"
#include "core/nets/normact.h"
#include "core/nets/polynet.h"
#include "core/nets/resnet.h"
#include "core/tasks/task.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <variant>
#include <vector>

namespace dscope {

namespace {

/// Whether a convolution has the same stride and padding both ways and nothing else out of the ordinary.
const torch::ExpandingArray<2> *evenPadding(const torch::nn::Conv2d &conv)
{
    const auto &options = conv->options;
    const auto *padding = std::get_if<torch::ExpandingArray<2>>(&options.padding());
    const auto same = [](const torch::ExpandingArray<2> &sides) { return sides->at(0) == sides->at(1); };
    const bool even = padding != nullptr && same(*padding) && same(options.stride()) && options.dilation()->at(0) == 1 && options.dilation()->at(1) == 1
        && std::holds_alternative<torch::enumtype::kZeros>(options.padding_mode());
    return even ? padding : nullptr;
}

/// Whether inference on such an input may leave libtorch's own operators.
bool mayBypass(const at::Tensor &x)
{
    return x.is_cpu() && x.scalar_type() == at::kFloat && x.dim() == 4 && !at::GradMode::is_enabled() && !PlainOperators::wanted();
}

} // namespace

at::Tensor FaceNet::foldedConv(const torch::nn::Conv2d &conv, const at::Tensor &x) const
{
    if (const Winograd *fast = prepared(conv, x))
        return winogradConv(*fast, x);
    const torch::ExpandingArray<2> *padding = evenPadding(conv);
    if (padding == nullptr || !mayBypass(x) || conv->weight.scalar_type() != at::kFloat || !haveFusedConv())
        return conv.ptr()->forward(x);
    return fusedConv(x, conv->weight, conv->bias, {conv->options.stride()->at(0), (*padding)->at(0), conv->options.groups()});
}

const Winograd *FaceNet::prepared(const torch::nn::Conv2d &conv, const at::Tensor &x) const
{
    const auto found = m_prepared.find(conv.get());
    return found != m_prepared.end() && mayBypass(x) && x.size(1) == found->second.in() ? &found->second : nullptr;
}

at::Tensor FaceNet::unit(const torch::nn::Conv2d &conv, const torch::nn::BatchNorm2d &norm, const at::Tensor &x) const
{
    return m_folded ? foldedConv(conv, x) : norm.ptr()->forward(conv.ptr()->forward(x));
}

at::Tensor FaceNet::unit(const torch::nn::Conv2d &conv, const torch::nn::BatchNorm2d &norm, const torch::nn::PReLU &act, const at::Tensor &x) const
{
    if (!m_folded)
        return normalised(norm, act, conv.ptr()->forward(x));
    const Winograd *fast = prepared(conv, x);
    if (fast != nullptr && act->weight.numel() == fast->out())
        return winogradConv(*fast, x, act->weight);
    return activatedFast(act, foldedConv(conv, x));
}

at::Tensor FaceNet::unitPlus(const torch::nn::Conv2d &conv, const torch::nn::BatchNorm2d &norm, const at::Tensor &x,
                             const std::function<at::Tensor()> &added) const
{
    if (m_folded) {
        if (const Winograd *fast = prepared(conv, x))
            return winogradConv(*fast, x, {}, added());
        const at::Tensor y = foldedConv(conv, x);
        return PlainOperators::wanted() ? y + added() : y.add_(added());
    }
    const at::Tensor y = conv.ptr()->forward(x);
    if (norm->is_training())
        return normalised(norm, torch::nn::PReLU(nullptr), y, added());
    // The layers in the order in which a listing has them.
    const at::Tensor z = norm.ptr()->forward(y);
    return z + added();
}

void FaceNet::foldBatchNorm()
{
    if (m_folded)
        return;
    const at::NoGradGuard guard;
    for (auto &[conv, norm] : m_pairs) {
        const at::Tensor scale = norm->weight / at::sqrt(norm->running_var + norm->options.eps());
        const at::Tensor shift = norm->bias - norm->running_mean * scale;
        conv->weight.mul_(scale.reshape({-1, 1, 1, 1}));
        if (conv->bias.defined())
            conv->bias.mul_(scale).add_(shift);
        else
            // A parameter, so that it goes along to another device; "bias" itself is taken, by one that is not there.
            conv->bias = conv->register_parameter("folded_bias", shift.clone(), /*requires_grad=*/false);
    }
    foldFurther();
    m_folded = true;
}

void FaceNet::prepareConvolutions(const at::Tensor &example)
{
    const at::NoGradGuard guard;
    for (const auto &[conv, norm] : m_pairs) {
        const auto &options = conv->options;
        const torch::ExpandingArray<2> *padding = evenPadding(conv);
        const at::Tensor &weight = conv->weight;
        const bool fits = m_folded && padding != nullptr && (*padding)->at(0) == 1 && options.kernel_size()->at(0) == 3 && options.kernel_size()->at(1) == 3
            && options.stride()->at(0) == 1 && options.groups() == 1 && weight.is_cpu() && weight.scalar_type() == at::kFloat && conv->bias.defined()
            && Winograd::fits(static_cast<int>(weight.size(1)), static_cast<int>(weight.size(0)));
        if (!fits)
            continue;
        const at::Tensor rows = weight.detach().permute({0, 2, 3, 1}).contiguous();
        const at::Tensor bias = conv->bias.detach().contiguous();
        m_prepared.try_emplace(conv.get(), static_cast<int>(weight.size(1)), static_cast<int>(weight.size(0)), rows.const_data_ptr<float>(),
                               bias.const_data_ptr<float>());
    }
    prepareFurther(example);
}

torch::nn::Conv2d plainConv(std::int64_t in, std::int64_t out, std::int64_t kernel, std::int64_t stride)
{
    return torch::nn::Conv2d(torch::nn::Conv2dOptions(in, out, kernel).stride(stride).padding(kernel / 2).bias(false));
}

at::Tensor subsampled(const at::Tensor &x, std::int64_t stride)
{
    if (stride == 1)
        return x;
    return x.slice(2, 0, x.size(2), stride).slice(3, 0, x.size(3), stride).contiguous(x.suggest_memory_format());
}

std::shared_ptr<FaceNet> createFaceNet(const std::string &architecture, std::int64_t classes)
{
    if (std::shared_ptr<FaceNet> clips = createClipNet(architecture, classes))
        return clips;
    if (architecture == "mobilefacenet-prelu")
        return std::make_shared<MobileFaceNetPRelu>();
    if (architecture == "mobilefacenet-relu6")
        return std::make_shared<MobileFaceNetRelu6>();
    if (architecture == "compact")
        return std::make_shared<CompactNet>();
    if (architecture == "compact-person")
        return std::make_shared<CompactNet>(CompactShape::people());
    if (architecture == "ddnet")
        return std::make_shared<DdNet>();
    if (architecture == "ddnet-resnet34cd")
        return std::make_shared<DdNet>(std::array<std::int64_t, 4>{8, 16, 32, 48}, std::array<int, 4>{3, 4, 6, 3});
    if (architecture == "ddnet-resnet18")
        return std::make_shared<DdNet>(std::array<std::int64_t, 4>{64, 128, 256, 512});
    if (architecture == "iresnet18")
        return std::make_shared<IResNet>(std::array<int, 4>{2, 2, 2, 2});
    if (architecture == "iresnet18cd")
        return std::make_shared<IResNet>(std::array<int, 4>{2, 2, 2, 2}, std::array<std::int64_t, 4>{8, 16, 32, 48}, 128);
    if (architecture == "iresnet34")
        return std::make_shared<IResNet>(std::array<int, 4>{3, 4, 6, 3});
    if (architecture == "iresnet50")
        return std::make_shared<IResNet>(std::array<int, 4>{3, 4, 14, 3});
    if (architecture == "iresnet100")
        return std::make_shared<IResNet>(std::array<int, 4>{3, 13, 30, 3});
    if (architecture == "polynet")
        return std::make_shared<PolyNet>(PolyNet::Head::Face);
    if (architecture == "polynet331")
        return std::make_shared<PolyNet>(PolyNet::Head::Classifier);
    if (architecture == "dlib-resnet")
        return std::make_shared<DlibResNet>();
    if (architecture == "resnet50")
        return std::make_shared<ResNet50>();
    std::string known;
    for (const std::vector<std::string> &names : {faceNetArchitectures(), clipNetArchitectures()})
        for (const std::string &name : names)
            known += (known.empty() ? "" : ", ") + name;
    throw Error("The network architecture '" + architecture + "' is unknown; known are " + known + ".");
}

namespace {

/// Where the network's input begins in a picture: in its middle.
const std::uint8_t *cropped(const Picture &face, const ModelSpec &spec, int y)
{
    return face.row((face.height - spec.inputHeight) / 2 + y) + std::ptrdiff_t{3} * ((face.width - spec.inputWidth) / 2);
}

/// A square face for a network with an input above the task's size is brought to the size of that input's longer side; all others stay. Elements of a task that
/// fill the input are brought to its size, whatever theirs is.
const Picture &fitted(const Picture &face, const ModelSpec &spec, Picture &room)
{
    if (taskNamed(spec.task).stretched) {
        if ((face.width == spec.inputWidth && face.height == spec.inputHeight) || face.empty())
            return face;
        room = resampled(face, spec.inputWidth, spec.inputHeight);
        return room;
    }
    const int side = inputSide(spec);
    const bool fits = face.width >= spec.inputWidth && face.height >= spec.inputHeight;
    if (side == tasks().front().shape.width || fits || face.width != face.height || face.empty())
        return face;
    room = resampled(face, side, side);
    return room;
}

void checkSize(const Picture &face, const ModelSpec &spec)
{
    if (face.width < spec.inputWidth || face.height < spec.inputHeight)
        throw Error("A face of " + std::to_string(face.width) + " x " + std::to_string(face.height) + " pixels is smaller than the "
                    + std::to_string(spec.inputWidth) + " x " + std::to_string(spec.inputHeight) + " that the network " + spec.name + " takes.");
}

/// @throws Error where the last clip is not whole
std::int64_t clipsIn(std::span<const Picture> frames, const ModelSpec &spec)
{
    const std::int64_t count = std::ssize(frames) / spec.inputFrames;
    if (count * spec.inputFrames != std::ssize(frames))
        throw Error("A batch of " + std::to_string(frames.size()) + " pictures is no whole number of clips of " + std::to_string(spec.inputFrames)
                    + " frames, which the network " + spec.name + " takes.");
    return count;
}

} // namespace

at::Tensor prepareBatch(std::span<const Picture> faces, const ModelSpec &spec)
{
    const std::int64_t count = clipsIn(faces, spec);
    const int height = spec.inputHeight;
    const int width = spec.inputWidth;
    // Channels last is how the pixels lie already, frame after frame, and what the convolutions like best.
    at::Tensor batch = spec.inputFrames > 1
        ? at::empty({count, 3, spec.inputFrames, height, width}, at::TensorOptions().dtype(at::kFloat).memory_format(at::MemoryFormat::ChannelsLast3d))
        : at::empty({count, 3, height, width}, at::TensorOptions().dtype(at::kFloat).memory_format(at::MemoryFormat::ChannelsLast));
    float *out = batch.data_ptr<float>();
    std::array<std::array<float, 256>, 3> table;
    for (std::size_t c = 0; c < 3; ++c)
        for (std::size_t v = 0; v < 256; ++v)
            table[c][v] = (static_cast<float>(v) - spec.mean[c]) * spec.scale[c];
    const std::size_t first = spec.rgb ? 0 : 2;
    const std::size_t third = spec.rgb ? 2 : 0;
    Picture room;
    for (const Picture &given : faces) {
        const Picture &face = fitted(given, spec, room);
        checkSize(face, spec);
        for (int y = 0; y < height; ++y) {
            const std::uint8_t *in = cropped(face, spec, y);
            for (int x = 0; x < width; ++x, in += 3, out += 3) {
                out[0] = table[0][in[first]];
                out[1] = table[1][in[1]];
                out[2] = table[2][in[third]];
            }
        }
    }
    return batch;
}

at::Tensor batchBytes(std::span<const Picture> faces, const ModelSpec &spec, bool pinned)
{
    clipsIn(faces, spec);
    const auto options = at::TensorOptions(at::kByte).pinned_memory(pinned);
    const at::Tensor bytes = at::empty({static_cast<std::int64_t>(faces.size()), spec.inputHeight, spec.inputWidth, 3}, options);
    std::uint8_t *out = bytes.data_ptr<std::uint8_t>();
    const std::ptrdiff_t line = std::ptrdiff_t{3} * spec.inputWidth;
    Picture room;
    for (const Picture &given : faces) {
        const Picture &face = fitted(given, spec, room);
        checkSize(face, spec);
        for (int y = 0; y < spec.inputHeight; ++y, out += line)
            std::copy_n(cropped(face, spec, y), line, out);
    }
    return bytes;
}

at::Tensor batchOfBytes(const at::Tensor &bytes, const ModelSpec &spec)
{
    // Plain numbers, no tensors: to bring those to a GPU would wait until it has done everything before.
    at::Tensor numbers = (spec.rgb ? bytes : bytes.flip(3)).to(at::kFloat);
    const auto same = [](const auto &values) { return values[0] == values[1] && values[1] == values[2]; };
    if (same(spec.mean) && same(spec.scale)) {
        numbers.sub_(spec.mean[0]).mul_(spec.scale[0]);
    } else {
        for (std::size_t c = 0; c < 3; ++c)
            numbers.select(3, static_cast<std::int64_t>(c)).sub_(spec.mean[c]).mul_(spec.scale[c]);
    }
    if (spec.inputFrames > 1)
        return numbers.view({-1, spec.inputFrames, numbers.size(1), numbers.size(2), 3}).permute({0, 4, 1, 2, 3});
    return numbers.permute({0, 3, 1, 2}); // which is channels last
}

at::Tensor prepareBatch(std::span<const Picture> faces, const ModelSpec &spec, const Device &device)
{
    if (!device.isCuda())
        return prepareBatch(faces, spec);
    return batchOfBytes(batchBytes(faces, spec, true).to(torchDevice(device), /*non_blocking=*/true), spec);
}

} // namespace dscope
