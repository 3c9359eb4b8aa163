#include "core/nets/network.h"

#include "core/base/error.h"
#include "core/base/hash.h"
#include "core/base/torchdevice.h"
#include "core/nets/batches.h"
#include "core/nets/checkpoint.h"
#include "core/nets/counting.h"
#include "core/nets/facenet.h"
#include "core/nets/torchscript.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>

namespace dscope {

namespace {

class FaceNetwork final : public Network {
public:
    FaceNetwork(const ModelSpec &spec, const Device &device)
    {
        m_spec = spec;
        m_hash = sha256File(spec.path);
        if (!spec.sha256.empty() && spec.sha256 != m_hash)
            throw FileError(spec.path, "is not the file that the manifest describes (its SHA-256 is " + m_hash + ", " + spec.sha256 + " was expected).");
        m_net = createFaceNet(spec.architecture);
        loadStateDict(*m_net, readStateDict(spec.path), spec.path);
        m_net->eval();
        Counted counted = countNetwork(*m_net, spec.inputHeight, spec.inputWidth);
        m_cost = counted.cost;
        m_layers = std::move(counted.layers);
        for (const at::Tensor &parameter : m_net->parameters())
            m_parameters += parameter.numel();
        m_net->foldBatchNorm();
        for (at::Tensor &parameter : m_net->parameters())
            parameter.set_requires_grad(false);
        moveTo(device);
    }

    std::vector<LayerInfo> layers() override { return m_layers; }

    std::shared_ptr<Network> sharing() const override
    {
        // On a GPU a network may have to move to the CPU, which would move the other one's tensors too.
        return m_device.isCuda() ? nullptr : std::shared_ptr<Network>(new FaceNetwork(*this));
    }

    std::vector<float> run(std::span<const Picture> faces, Task &task, int batch) override
    {
        const std::lock_guard lock(m_mutex);
        const at::NoGradGuard guard;
        std::vector<float> out;
        out.reserve(faces.size() * static_cast<std::size_t>(m_spec.outputSize));
        const auto take = [&](const at::Tensor &given) {
            const at::Tensor result = given.to(at::kCPU, at::kFloat).contiguous();
            const float *values = result.data_ptr<float>();
            out.insert(out.end(), values, values + result.numel());
        };
        at::Tensor before; // a GPU works on the next batch while the last one's answers are fetched
        const auto some = [&](std::size_t begin, std::size_t count) {
            at::Tensor result = m_net->forward(prepareBatch(faces.subspan(begin, count), m_spec, m_device));
            if (result.numel() != static_cast<std::int64_t>(count) * m_spec.outputSize)
                throw Error("The network " + m_spec.name + " gives " + std::to_string(result.numel() / static_cast<std::int64_t>(count))
                            + " values a picture, its manifest says " + std::to_string(m_spec.outputSize) + ".");
            if (before.defined())
                take(before);
            before = std::move(result);
        };
        runInBatches(faces.size(), stepFor(batch), m_device.isCuda(), task, some, [&] {
            moveTo(Device{});
            return stepFor(batch);
        });
        if (before.defined())
            take(before);
        return out;
    }

private:
    FaceNetwork(const FaceNetwork &other) : Network(other), m_net(other.m_net), m_layers(other.m_layers) {}

    /// On the CPU a few pictures at a time keep the layers' outputs in the cache: measured faster than a large batch.
    std::size_t stepFor(int batch) const
    {
        const auto wanted = static_cast<std::size_t>(std::max(1, batch));
        return m_device.isCuda() ? wanted : std::min<std::size_t>(wanted, 8);
    }

    void moveTo(const Device &device)
    {
        m_device = device;
        m_net->to(torchDevice(device));
        for (at::Tensor &parameter : m_net->parameters())
            if (parameter.dim() == 4)
                parameter.set_data(parameter.contiguous(at::MemoryFormat::ChannelsLast));
    }

    std::shared_ptr<FaceNet> m_net;
    std::vector<LayerInfo> m_layers;
    std::mutex m_mutex;
};

struct Loaders {
    std::mutex mutex;
    std::map<std::string, NetworkLoader> byArchitecture;
};

Loaders &loaders()
{
    // Those of this library are named here: an initialiser of theirs in a static library would not be linked.
    static Loaders all{{}, {{"torchscript", loadTorchScript}}};
    return all;
}

std::atomic<bool> s_codeTrusted{false};

} // namespace

void trustModelCode(bool trusted)
{
    s_codeTrusted = trusted;
}

bool modelCodeTrusted()
{
    return s_codeTrusted;
}

void registerNetworkLoader(const std::string &architecture, NetworkLoader loader)
{
    const std::lock_guard lock(loaders().mutex);
    loaders().byArchitecture[architecture] = std::move(loader);
}

std::shared_ptr<Network> Network::load(const ModelSpec &spec, const Device &device, const LoadOptions &options)
{
    if (!spec.available())
        throw Error("The weights of the model '" + spec.name + "' (" + spec.file + ") were not found.");
    if (spec.role == Role::Detector)
        throw Error("The model '" + spec.name + "' is a detector, not a network on aligned faces.");
    NetworkLoader loader;
    {
        const std::lock_guard lock(loaders().mutex);
        const auto found = loaders().byArchitecture.find(spec.architecture);
        if (found != loaders().byArchitecture.end())
            loader = found->second;
    }
    if (loader)
        return loader(spec, device, options);
    if (spec.architecture == "onnx")
        throw FileError(spec.path, "is an ONNX network, which needs the program with OpenCV and libonnx; this one was built of what needs libtorch alone.");
    return std::make_shared<FaceNetwork>(spec, device);
}

} // namespace dscope
