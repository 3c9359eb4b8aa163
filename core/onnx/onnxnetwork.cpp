#include "core/onnx/onnxnetwork.h"

#include "core/base/error.h"
#include "core/base/hash.h"
#include "core/base/torchdevice.h"
#include "core/nets/batches.h"
#include "core/nets/facenet.h"
#include "core/nets/inputside.h"
#include "core/nets/library.h"
#include "core/onnx/executor.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <mutex>

namespace dscope {

namespace {

constexpr std::int64_t s_largestSide = 4096;

std::string shapeText(const std::vector<std::int64_t> &dims)
{
    std::string text;
    for (const std::int64_t dim : dims)
        text += (text.empty() ? "" : " x ") + (dim > 0 ? std::to_string(dim) : std::string("any"));
    return text.empty() ? "no" : text;
}

/// How the graph takes pictures.
struct PictureInput {
    bool channelsFirst = true;
    std::int64_t height = -1; ///< -1: free
    std::int64_t width = -1;
};

PictureInput pictureInput(const OnnxGraph &graph, const std::filesystem::path &path)
{
    if (graph.inputs.size() != 1)
        throw FileError(path, "takes " + std::to_string(graph.inputs.size()) + " inputs; a network on pictures takes one.");
    const OnnxValue &input = graph.inputs.front();
    const auto side = [](std::int64_t dim) { return dim == -1 || (dim > 0 && dim <= s_largestSide); };
    const std::vector<std::int64_t> &dims = input.dims;
    const bool floats = input.type == OnnxType::Float || input.type == OnnxType::Half || input.type == OnnxType::Double;
    if (floats && dims.size() == 4) {
        if ((dims[1] == 3 || dims[1] == -1) && side(dims[2]) && side(dims[3]))
            return {true, dims[2], dims[3]};
        if (dims[3] == 3 && side(dims[1]) && side(dims[2]))
            return {false, dims[1], dims[2]};
    }
    throw FileError(path,
                    "takes an input '" + input.name + "' of " + shapeText(dims) + (floats ? "" : " whole numbers")
                        + "; a network on pictures takes N x 3 x height x width.");
}

/// The output wanted: by name, else the first that has two dimensions, else the first.
const OnnxValue &chosenOutput(const OnnxGraph &graph, const std::string &name, const std::filesystem::path &path)
{
    for (const OnnxValue &output : graph.outputs)
        if (name.empty() ? output.dims.size() == 2 : output.name == name)
            return output;
    if (name.empty())
        return graph.outputs.front();
    std::string known;
    for (const OnnxValue &output : graph.outputs)
        known += (known.empty() ? "" : ", ") + output.name;
    throw FileError(path, "has no output '" + name + "'; it has " + known + ".");
}

class OnnxNetwork final : public Network {
public:
    OnnxNetwork(const ModelSpec &spec, const Device &device, const LoadOptions &options)
    {
        m_spec = spec;
        m_hash = sha256File(spec.path);
        if (!spec.sha256.empty() && spec.sha256 != m_hash)
            throw FileError(spec.path, "is not the file that the manifest describes (its SHA-256 is " + m_hash + ", " + spec.sha256 + " was expected).");
        OnnxGraph graph = readOnnx(spec.path);
        const PictureInput input = pictureInput(graph, spec.path);
        m_channelsFirst = input.channelsFirst;
        m_spec.inputHeight = static_cast<int>(input.height > 0 ? input.height : spec.inputHeight);
        m_spec.inputWidth = static_cast<int>(input.width > 0 ? input.width : spec.inputWidth);
        if (m_spec.inputHeight < 1 || m_spec.inputWidth < 1)
            throw FileError(spec.path, "does not say the size of its input; its description has to.");
        OnnxOptions wanted;
        wanted.device = Device{};
        wanted.output = chosenOutput(graph, spec.output, spec.path).name;
        m_executor = std::make_unique<OnnxExecutor>(std::move(graph), spec.path, wanted);
        m_parameters = m_executor->parameters();
        const std::vector<std::int64_t> shape = m_channelsFirst ? std::vector<std::int64_t>{1, 3, m_spec.inputHeight, m_spec.inputWidth}
                                                                : std::vector<std::int64_t>{1, m_spec.inputHeight, m_spec.inputWidth, 3};
        m_executor->tryBatch({shape});
        m_layers = m_executor->trace({at::zeros(shape)}, m_cost);
        const at::Tensor one = m_executor->run({at::zeros(shape)}).front();
        if (!one.is_floating_point())
            throw FileError(spec.path, "its output '" + wanted.output + "' is not of floating-point numbers.");
        if (spec.outputSize > 0 && spec.outputSize != one.numel())
            throw FileError(spec.path,
                            "gives " + std::to_string(one.numel()) + " values a picture, its description says " + std::to_string(spec.outputSize) + ".");
        m_spec.outputSize = one.numel();
        if (m_spec.outputSize < 1)
            throw FileError(spec.path, "its output '" + wanted.output + "' is empty.");
        m_device = device;
        if (device.isCuda() || options.half)
            m_executor->moveTo(device, options.half);
    }

    std::vector<LayerInfo> layers() override { return m_layers; }

    std::vector<float> run(std::span<const Picture> faces, Task &task, int batch) override
    {
        const std::lock_guard lock(m_mutex);
        const at::NoGradGuard guard;
        m_enlarging.say(m_spec, faces, task);
        std::vector<float> out;
        out.reserve(faces.size() * static_cast<std::size_t>(m_spec.outputSize));
        const auto some = [&](std::size_t begin, std::size_t count) {
            const at::Tensor x = prepareBatch(faces.subspan(begin, count), m_spec, m_device);
            const at::Tensor result = m_executor->run({m_channelsFirst ? x : x.permute({0, 2, 3, 1})}).front().to(at::kCPU).contiguous();
            if (result.numel() != static_cast<std::int64_t>(count) * m_spec.outputSize)
                throw FileError(m_spec.path, "gives another number of values for several pictures than for one.");
            const float *values = result.data_ptr<float>();
            out.insert(out.end(), values, values + result.numel());
        };
        runInBatches(faces.size(), stepFor(batch), m_device.isCuda(), task, some, [&] {
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
        return m_device.isCuda() ? wanted : std::min<std::size_t>(wanted, 8);
    }

    std::unique_ptr<OnnxExecutor> m_executor;
    std::vector<LayerInfo> m_layers;
    bool m_channelsFirst = true;
    EnlargingNotice m_enlarging;
    std::mutex m_mutex;
};

/// What a file written by Dscope says (see exportOnnx), and the sizes that any file says.
void describeOnnx(const std::filesystem::path &weights, ModelSpec &spec)
{
    const OnnxGraph graph = readOnnx(weights);
    const auto described = graph.metadata.find("dscope.model");
    if (described != graph.metadata.end()) {
        try {
            spec = modelFromJson(Json::parse(described->second));
        } catch (const std::exception &error) {
            throw FileError(weights, std::string("its own description cannot be used: ") + error.what());
        }
        spec.architecture = "onnx";
        spec.sha256.clear();
    }
    const PictureInput input = pictureInput(graph, weights);
    if (input.height > 0)
        spec.inputHeight = static_cast<int>(input.height);
    if (input.width > 0)
        spec.inputWidth = static_cast<int>(input.width);
    const OnnxValue &output = chosenOutput(graph, spec.output, weights);
    std::int64_t values = 1;
    for (std::size_t i = 1; i < output.dims.size(); ++i)
        values = output.dims[i] > 0 && output.dims[i] < (1 << 24) && values > 0 && values < (1 << 24) ? values * output.dims[i] : 0;
    if (described == graph.metadata.end())
        spec.outputSize = output.dims.size() > 1 ? values : 0;
}

} // namespace

void registerOnnx()
{
    registerNetworkLoader("onnx", [](const ModelSpec &spec, const Device &device, const LoadOptions &options) -> std::shared_ptr<Network> {
        return std::make_shared<OnnxNetwork>(spec, device, options);
    });
    registerFileDescriber(".onnx", describeOnnx);
}

} // namespace dscope
