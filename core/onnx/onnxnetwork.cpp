// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/onnx/onnxnetwork.h"

#include "core/base/error.h"
#include "core/base/hash.h"
#include "core/base/jsonlimits.h"
#include "core/base/torchdevice.h"
#include "core/nets/batches.h"
#include "core/nets/facenet.h"
#include "core/nets/inputside.h"
#include "core/nets/library.h"
#include "core/onnx/executor.h"
#include "core/onnx/normalisation.h"
#include "core/onnx/operators.h"
#include "core/onnx/outputs.h"
#include "core/onnx/pictureinput.h"
#include "core/onnx/rawonnx.h"
#include "core/onnx/tensors.h"
#include "core/tasks/task.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <array>
#include <mutex>

namespace dscope {

using onnx::PictureInput;
using onnx::Preparation;

namespace {

/// Whole numbers of a type as the network gets them: bytes with a sign begin at -128.
at::Tensor wholeNumbers(const at::Tensor &pixels, OnnxType type)
{
    return (type == OnnxType::Int8 ? pixels - 128 : pixels).to(onnx::typeOf(type));
}

class OnnxNetwork final : public Network {
public:
    OnnxNetwork(const ModelSpec &spec, const Device &device, const LoadOptions &options)
    {
        m_spec = spec;
        OnnxGraph graph = readOnnx(spec.path, &m_hash);
        checkHash(spec, graph);
        m_input = onnx::pictureInput(graph, spec.path);
        takeInput(graph);
        const Use use = spec.role == Role::DdNet ? Use::Score : options.use;
        const bool other = chooseOutput(graph, use, options);
        const std::int64_t promised = other ? 0 : spec.outputSize;
        OnnxOptions wanted;
        wanted.output = m_spec.output;
        wanted.progress = options.progress;
        m_executor = std::make_unique<OnnxExecutor>(std::move(graph), spec.path, wanted);
        m_parameters = m_executor->parameters();
        if (m_executor->quantised())
            m_notices.push_back(spec.path.string() + ": is quantised; its whole-number layers are calculated in float32, with the roundings of the file.");
        // Counted first: it also says how much memory a picture takes.
        m_layers = m_executor->trace({blank()}, m_cost);
        m_executor->tryBatch({shape()});
        const at::Tensor one = m_executor->run({blank()}, options.progress).front();
        if (!one.is_floating_point())
            throw FileError(spec.path, "its output '" + wanted.output + "' is not of floating-point numbers.");
        if (promised > 0 && promised != one.numel())
            throw FileError(spec.path, "gives " + std::to_string(one.numel()) + " values per picture, its description says " + std::to_string(promised) + ".");
        m_spec.outputSize = one.numel();
        if (m_spec.outputSize < 1)
            throw FileError(spec.path, "its output '" + wanted.output + "' is empty.");
        if (use == Use::Embedding && m_spec.outputSize == 1)
            throw FileError(spec.path,
                            "its output '" + wanted.output
                                + "' has one value a picture: that is a score, no embedding. Use it as a quality network: --scorer NAME="
                                + spec.path.filename().string());
        m_device = device;
        if (device.isCuda() || options.half)
            m_executor->moveTo(device, options.half);
    }

    std::vector<LayerInfo> layers() override { return m_layers; }

    std::vector<float> run(std::span<const Picture> faces, Progress &progress, int batch) override
    {
        const std::lock_guard lock(m_mutex);
        const at::NoGradGuard guard;
        tellNotices(progress);
        m_enlarging.say(m_spec, faces, progress);
        std::vector<float> out;
        const std::size_t elements = elementsOf(faces.size());
        const auto frames = static_cast<std::size_t>(m_spec.inputFrames);
        out.reserve(elements * static_cast<std::size_t>(m_spec.outputSize));
        const auto some = [&](std::size_t begin, std::size_t count) {
            at::Tensor x = prepareBatch(faces.subspan(frames * begin, frames * count), m_spec, m_device);
            if (m_input.frames != 0 && x.dim() == 4) // clips of one frame
                x = x.unsqueeze(2);
            if (!isFloating(m_input.type))
                x = wholeNumbers(x, m_input.type);
            const at::Tensor result = m_executor->run({m_input.channelsFirst ? x : x.permute({0, 2, 3, 1})}, &progress).front().to(at::kCPU).contiguous();
            if (result.numel() != static_cast<std::int64_t>(count) * m_spec.outputSize)
                throw FileError(m_spec.path, "gives another number of values for several pictures than for one.");
            const float *values = result.data_ptr<float>();
            out.insert(out.end(), values, values + result.numel());
        };
        runInBatches(elements, stepFor(batch), m_device.isCuda(), progress, some, [&] {
            m_device = Device{};
            m_executor->moveTo(m_device);
            return stepFor(batch);
        });
        return out;
    }

private:
    /// On the CPU a few pictures at a time keep the layers' outputs in the cache.
    std::size_t stepFor(int batch) const
    {
        const auto wanted = static_cast<std::size_t>(std::max(1, batch));
        return m_device.isCuda() ? wanted : std::min({wanted, std::size_t{8}, m_executor->picturesAtATime()});
    }

    void checkHash(const ModelSpec &spec, const OnnxGraph &graph) const
    {
        if (spec.sha256.empty() || spec.sha256 == m_hash || (!graph.externalFiles.empty() && spec.sha256 == sha256File(spec.path)))
            return;
        throw FileError(spec.path, "is not the file that the manifest describes (its SHA-256 is " + m_hash + ", " + spec.sha256 + " was expected).");
    }

    /// Size and preparation of the input.
    void takeInput(const OnnxGraph &graph)
    {
        const int height = static_cast<int>(m_input.height > 0 ? m_input.height : m_spec.inputHeight);
        const int width = static_cast<int>(m_input.width > 0 ? m_input.width : m_spec.inputWidth);
        const bool said = m_spec.inputSource == InputSource::Sidecar || m_spec.inputSource == InputSource::Manifest;
        if (said && (height != m_spec.inputHeight || width != m_spec.inputWidth))
            m_notices.push_back(m_spec.path.string() + ": takes pictures of " + std::to_string(width) + " x " + std::to_string(height)
                                + " only; the width and height of its description (" + std::to_string(m_spec.inputWidth) + " x "
                                + std::to_string(m_spec.inputHeight) + ") are not used.");
        const int frames = static_cast<int>(m_input.frames > 0 ? m_input.frames : m_input.frames == 0 ? 1 : m_spec.inputFrames);
        if (said && frames != m_spec.inputFrames)
            m_notices.push_back(m_spec.path.string() + ": takes " + (m_input.frames == 0 ? "pictures" : "clips of " + std::to_string(frames) + " frames")
                                + " only; the " + std::to_string(m_spec.inputFrames) + " frames of its description are not used.");
        m_spec.inputHeight = height;
        m_spec.inputWidth = width;
        m_spec.inputFrames = frames;
        if (m_spec.inputHeight < 1 || m_spec.inputWidth < 1)
            throw FileError(m_spec.path, "does not say the size of its input; its description has to.");
        if (std::int64_t{3} * frames * m_spec.inputHeight * m_spec.inputWidth > onnx::Bounds::elementsFor(graph.bytes))
            throw FileError(m_spec.path,
                            "takes pictures of " + std::to_string(m_spec.inputHeight) + " x " + std::to_string(m_spec.inputWidth)
                                + " pixels, far more than a network of its size is made for.");
        const Preparation::Takes takes = onnx::preparationOf(graph, m_input).takes;
        const bool raw = m_spec.mean == std::array<float, 3>{0, 0, 0} && m_spec.scale == std::array<float, 3>{1, 1, 1};
        if (!isFloating(m_input.type) && !raw) {
            m_notices.push_back(m_spec.path.string() + ": takes whole numbers (" + nameOf(m_input.type)
                                + "): it gets the pixels as they are, without the mean and scale of its description.");
            m_spec.mean.fill(0);
            m_spec.scale.fill(1);
        } else if (m_spec.inputSource == InputSource::Network) {
            m_notices.push_back(m_spec.path.string() + ": " + inputText(m_spec) + ".");
        } else if (m_spec.inputSource == InputSource::Default && (takes == Preparation::Takes::Normalised || takes == Preparation::Takes::Unclear)) {
            m_notices.push_back(m_spec.path.string() + ": " + inputText(m_spec) + ".");
        }
    }

    /// @return whether it is another one than the description names
    bool chooseOutput(const OnnxGraph &graph, Use use, const LoadOptions &options)
    {
        std::vector<std::int64_t> values = onnx::declaredValues(graph);
        std::vector<std::vector<std::int64_t>> shapes;
        for (const OnnxValue &output : graph.outputs)
            shapes.push_back(output.dims);
        const auto refuseDetector = [&] {
            if (shapes.size() > 1 && onnx::looksLikeDetector(shapes))
                throw FileError(m_spec.path,
                                "is a detector of faces: its outputs " + onnx::listOfOutputs(graph, values)
                                    + " are boxes, scores and landmarks at many places. A base network or a scorer takes one aligned face.");
        };
        refuseDetector(); // before it runs: a detector may not run on an aligned face
        if (graph.outputs.size() > 1 && std::find(values.begin(), values.end(), -1) != values.end()) {
            // What the file does not say, running it tells.
            OnnxOptions all;
            all.progress = options.progress;
            const std::vector<at::Tensor> outputs = OnnxExecutor(graph, m_spec.path, all).run({blank()}, options.progress);
            for (std::size_t i = 0; i < outputs.size(); ++i) {
                values[i] = outputs[i].numel();
                shapes[i] = outputs[i].sizes().vec();
            }
        }
        refuseDetector();
        onnx::ChosenOutput chosen = onnx::chooseOutput(graph, values, m_spec.output, use, m_spec.path);
        if (!chosen.notice.empty())
            m_notices.push_back(std::move(chosen.notice));
        const bool other = graph.outputs.size() > 1 && !m_spec.output.empty() && chosen.name != m_spec.output;
        m_spec.output = std::move(chosen.name);
        return other;
    }

    std::vector<std::int64_t> shape() const
    {
        if (m_input.frames != 0)
            return {1, 3, m_spec.inputFrames, m_spec.inputHeight, m_spec.inputWidth};
        return m_input.channelsFirst ? std::vector<std::int64_t>{1, 3, m_spec.inputHeight, m_spec.inputWidth}
                                     : std::vector<std::int64_t>{1, m_spec.inputHeight, m_spec.inputWidth, 3};
    }

    at::Tensor blank() const { return at::zeros(shape(), onnx::typeOf(isFloating(m_input.type) ? OnnxType::Float : m_input.type)); }

    std::unique_ptr<OnnxExecutor> m_executor;
    std::vector<LayerInfo> m_layers;
    PictureInput m_input;
    EnlargingNotice m_enlarging;
    std::mutex m_mutex;
};

/// What a file written by Dscope says (see exportOnnx), and what any file says.
void describeOnnx(const std::filesystem::path &weights, ModelSpec &spec)
{
    const OnnxGraph graph = readOnnx(weights);
    const auto described = graph.metadata.find("dscope.model");
    if (described != graph.metadata.end()) {
        try {
            spec = modelFromJson(parseJson(described->second, weights));
        } catch (const std::exception &error) {
            throw FileError(weights, std::string("its own description cannot be used: ") + error.what());
        }
        spec.architecture = "onnx";
        spec.sha256.clear();
        spec.inputSource = InputSource::File;
    }
    const PictureInput input = onnx::pictureInput(graph, weights);
    if (input.height > 0)
        spec.inputHeight = static_cast<int>(input.height);
    if (input.width > 0)
        spec.inputWidth = static_cast<int>(input.width);
    if (input.frames > 0)
        spec.inputFrames = static_cast<int>(input.frames);
    if (described != graph.metadata.end())
        return;
    const Task &likely = likelyTask(static_cast<int>(input.width), static_cast<int>(input.height));
    const bool clips = input.frames > 1 && !likely.stretched;
    const Task &task = clips ? taskOf(Protocol::Classification) : likely;
    if (clips || (spec.role == Role::Base && task.stretched)) { // several frames, or an input as upright as a person
        spec.task = task.name;
        spec.mean = task.mean;
        spec.scale = task.scale;
        spec.inputReason = "nothing says how: the usual for networks on " + std::string(task.elements);
    }
    onnx::describeInput(onnx::preparationOf(graph, input), input, spec);
    const std::vector<std::int64_t> values = onnx::declaredValues(graph);
    const bool known = std::find(values.begin(), values.end(), -1) == values.end();
    spec.outputSize = graph.outputs.size() == 1 && known ? values.front() : 0; // of several the one that fits the use
}

} // namespace

void registerOnnx()
{
    registerNetworkLoader("onnx", [](const ModelSpec &spec, const Device &device, const LoadOptions &options) -> std::shared_ptr<Network> {
        return std::make_shared<OnnxNetwork>(spec, device, options);
    });
    registerRawLoader(onnx::loadRaw);
    registerFileDescriber(".onnx", describeOnnx, [](const std::filesystem::path &weights) {
        std::string hash;
        readOnnx(weights, &hash);
        return hash;
    });
}

} // namespace dscope
