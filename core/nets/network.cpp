// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/nets/network.h"

#include "core/base/error.h"
#include "core/base/filebytes.h"
#include "core/base/sharedloads.h"
#include "core/base/torchdevice.h"
#include "core/nets/batches.h"
#include "core/nets/checkpoint.h"
#include "core/nets/clipfeatures.h"
#include "core/nets/clipnet.h"
#include "core/nets/counting.h"
#include "core/nets/facenet.h"
#include "core/nets/inputside.h"
#include "core/nets/recognise.h"
#include "core/nets/torchscript.h"
#include "core/nets/wanted.h"
#include "core/nets/weightfit.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>
#include <optional>

namespace dscope {

namespace {

constexpr std::uint64_t s_largestFile = std::uint64_t{1} << 34;

/// A network with its weights on one device, ready and never changed again: all who load the same unchanged file share one.
struct LoadedNet {
    FileIdentity identity;
    bool steady = false; ///< whether a file of that identity surely has these weights
    std::string hash;    ///< of the very bytes that the weights are from
    std::shared_ptr<FaceNet> net;
    at::Tensor headWeight, headBias; ///< of a layer to one value behind the embedding, where that is asked for
    std::int64_t outputSize = 0;
    std::int64_t parameters = 0;
    Cost cost;
    std::vector<LayerInfo> layers;
    std::vector<std::string> notes;
    const ClipNet *features = nullptr; ///< where its features are asked for
    bool withScores = false;           ///< and its class scores before them

    at::Tensor run(const at::Tensor &x) const
    {
        if (features == nullptr)
            return net->forward(x);
        const at::Tensor given = features->features(x);
        return withScores ? at::cat({features->scores(given), given}, 1) : given;
    }
};

/// Whether features of a clip are asked for (core/nets/clipfeatures.h), and then takes them.
bool takeClipFeatures(LoadedNet &made, const ModelSpec &spec)
{
    const auto *net = dynamic_cast<const ClipNet *>(made.net.get());
    if (net == nullptr || net->featureSize() == 0 || (spec.output != clipFeatures && spec.output != clipScoresAndFeatures))
        return false;
    made.features = net;
    made.withScores = spec.output == clipScoresAndFeatures;
    made.outputSize = net->featureSize() + (made.withScores ? made.outputSize : 0);
    return true;
}

/// The layer that a description names as its output: a quality head beside the network's tensors.
void takeHead(LoadedNet &made, const WeightFit &fit, const ModelSpec &spec, std::int64_t embedding)
{
    if (spec.output.empty())
        return;
    const auto weight = fit.left.find(spec.output + ".weight");
    const auto bias = fit.left.find(spec.output + ".bias");
    if (weight == fit.left.end() || weight->second.dim() != 2 || weight->second.size(1) != embedding
        || (bias != fit.left.end() && bias->second.sizes() != at::IntArrayRef({weight->second.size(0)})))
        throw FileError(spec.path,
                        "has no layer '" + spec.output + "' behind the embedding of " + std::to_string(embedding)
                            + " values, which its description names as the output.");
    made.headWeight = weight->second.to(at::kFloat).clone();
    if (bias != fit.left.end())
        made.headBias = bias->second.to(at::kFloat).clone();
    made.outputSize = made.headWeight.size(0);
    made.cost.mac += made.headWeight.numel();
    made.cost.flop += 2 * made.headWeight.numel();
    made.parameters += made.headWeight.numel() + (made.headBias.defined() ? made.headBias.numel() : 0);
    // Of what stands behind the embedding this layer is not left out.
    const bool alone = std::all_of(fit.left.begin(), fit.left.end(), [&](const auto &entry) { return entry.first.starts_with(spec.output + "."); });
    if (alone)
        std::erase_if(made.notes, [](const std::string &note) { return note.starts_with("What stands behind the embedding"); });
    made.notes.push_back("The value of a picture is what the layer '" + spec.output + "' makes of the embedding.");
    made.layers.push_back(
        {spec.output, "Linear", {made.outputSize}, made.headWeight.numel() + (made.headBias.defined() ? made.headBias.numel() : 0), made.headWeight.numel()});
}

/// See classesIn().
std::int64_t classesOf(const Checkpoint &checkpoint, const std::string &architecture)
{
    WeightsInfo info;
    for (const auto &[name, tensor] : checkpoint.tensors)
        info.tensors.push_back({name, {}, tensor.sizes().vec()});
    return classesIn(info, architecture);
}

std::shared_ptr<LoadedNet> loadNet(const ModelSpec &spec, const Device &device)
{
    auto made = std::make_shared<LoadedNet>();
    std::shared_ptr<const FileBytes> file = FileBytes::read(spec.path, s_largestFile);
    made->identity = file->identity();
    made->steady = file->steady();
    made->hash = file->sha256();
    const Checkpoint checkpoint = parseCheckpoint(std::move(file), spec.path, spec.weights);
    made->net = createFaceNet(spec.architecture, classesOf(checkpoint, spec.architecture));
    const std::int64_t usual = usualSpec(spec.architecture).outputSize;
    const WeightFit fit = fitWeights(*made->net, checkpoint, usual, spec.path, spec.weights);
    made->notes = fit.notes;
    FaceNet &net = *made->net;
    net.eval();
    at::Tensor given;
    try {
        const at::NoGradGuard guard;
        std::map<std::string, at::Tensor> parameters;
        for (const auto &item : net.named_parameters())
            parameters[item.key()] = item.value();
        const at::Tensor one = blankElement(elementInput(spec));
        Counted counted = countOperators(parameters, [&] { given = net.forward(one); });
        made->cost = counted.cost;
        made->layers = std::move(counted.layers);
    } catch (const c10::Error &) {
        throw FileError(spec.path,
                        "is a network (" + spec.architecture + ") that takes no "
                            + (spec.inputFrames > 1 ? std::to_string(spec.inputFrames) + " " : std::string()) + "pictures of " + std::to_string(spec.inputWidth)
                            + " x " + std::to_string(spec.inputHeight) + ", as its description says.");
    }
    made->outputSize = given.numel();
    for (const at::Tensor &parameter : net.parameters())
        made->parameters += parameter.numel();
    if (!takeClipFeatures(*made, spec))
        takeHead(*made, fit, spec, made->outputSize);
    net.foldBatchNorm();
    for (at::Tensor &parameter : net.parameters())
        parameter.set_requires_grad(false);
    net.to(torchDevice(device));
    for (at::Tensor &parameter : net.parameters())
        if (parameter.dim() == 4)
            parameter.set_data(parameter.contiguous(at::MemoryFormat::ChannelsLast));
    net.prepareConvolutions(blankElement(elementInput(spec)));
    for (at::Tensor *tensor : {&made->headWeight, &made->headBias})
        if (tensor->defined())
            *tensor = tensor->to(torchDevice(device));
    return made;
}

std::shared_ptr<const LoadedNet> sharedNet(const ModelSpec &spec, const Device &device)
{
    static SharedLoads<LoadedNet> all;
    const std::optional<FileIdentity> identity = FileIdentity::of(spec.path);
    std::shared_ptr<LoadedNet> made;
    if (!identity) {
        made = loadNet(spec, device);
    } else {
        std::string key = spec.architecture + '\n' + spec.output + '\n' + spec.weights + '\n' + device.name() + '\n' + std::to_string(spec.inputWidth) + ' '
            + std::to_string(spec.inputHeight) + ' ' + std::to_string(spec.inputFrames);
        for (const std::uint64_t part :
             {identity->device, identity->inode, identity->size, static_cast<std::uint64_t>(identity->modified), static_cast<std::uint64_t>(identity->changed)})
            key += ' ' + std::to_string(part);
        for (const std::string &name : wantedWeights().names())
            key += '\n' + name;
        bool fresh = false;
        made = all.get(key, [&] {
            fresh = true;
            return loadNet(spec, device);
        });
        if (!fresh && (!made->steady || made->identity != *identity))
            made = loadNet(spec, device);
    }
    if (!spec.sha256.empty() && spec.sha256 != made->hash)
        throw FileError(spec.path, "is not the file that the manifest describes (its SHA-256 is " + made->hash + ", " + spec.sha256 + " was expected).");
    return made;
}

class FaceNetwork final : public Network {
public:
    FaceNetwork(const ModelSpec &spec, const Device &device) : m_loaded(sharedNet(spec, device))
    {
        m_spec = spec;
        m_device = device;
        m_hash = m_loaded->hash;
        m_cost = m_loaded->cost;
        m_parameters = m_loaded->parameters;
        for (const std::string &note : m_loaded->notes)
            m_notices.push_back(spec.path.filename().string() + ": " + note);
        if (m_spec.outputSize == 0)
            m_spec.outputSize = m_loaded->outputSize;
        if (m_spec.outputSize != m_loaded->outputSize)
            throw FileError(spec.path,
                            "gives " + std::to_string(m_loaded->outputSize) + " values per picture, its description says " + std::to_string(m_spec.outputSize)
                                + ".");
    }

    std::vector<LayerInfo> layers() override { return m_loaded->layers; }

    std::vector<float> run(std::span<const Picture> faces, Progress &progress, int batch) override
    {
        const std::lock_guard lock(m_mutex);
        tellNotices(progress);
        const at::NoGradGuard guard;
        m_enlarging.say(m_spec, faces, progress);
        std::vector<float> out;
        const std::size_t elements = elementsOf(faces.size());
        const auto frames = static_cast<std::size_t>(m_spec.inputFrames);
        out.reserve(elements * static_cast<std::size_t>(m_spec.outputSize));
        const auto take = [&](const at::Tensor &given) {
            const at::Tensor result = given.to(at::kCPU, at::kFloat).contiguous();
            const float *values = result.data_ptr<float>();
            out.insert(out.end(), values, values + result.numel());
        };
        at::Tensor before; // a GPU works on the next batch while the last one's answers are fetched
        const auto some = [&](std::size_t begin, std::size_t count) {
            at::Tensor result = m_loaded->run(prepareBatch(faces.subspan(frames * begin, frames * count), m_spec, m_device));
            if (m_loaded->headWeight.defined())
                result = at::linear(result.to(at::kFloat), m_loaded->headWeight, m_loaded->headBias);
            if (before.defined())
                take(before);
            before = std::move(result);
        };
        runInBatches(elements, stepFor(batch), m_device.isCuda(), progress, some, [&] {
            moveToCpu();
            return stepFor(batch);
        });
        if (before.defined())
            take(before);
        return out;
    }

private:
    /// On the CPU a few pictures at a time keep the layers' outputs in the cache: measured faster than a large batch.
    std::size_t stepFor(int batch) const
    {
        const auto wanted = static_cast<std::size_t>(std::max(1, batch));
        return m_device.isCuda() ? wanted : std::min<std::size_t>(wanted, 8);
    }

    /// Others may be at work on the one that is shared: this one gets another, which must be the same.
    void moveToCpu()
    {
        std::shared_ptr<const LoadedNet> other = sharedNet(m_spec, Device{});
        if (other->hash != m_hash)
            throw FileError(m_spec.path, "was changed while it was in use; begin again.");
        m_loaded = std::move(other);
        m_device = Device{};
    }

    std::shared_ptr<const LoadedNet> m_loaded;
    EnlargingNotice m_enlarging;
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

void Network::tellNotices(Progress &progress) const
{
    static std::mutex mutex; // of two workers with the same network one tells
    const std::lock_guard lock(mutex);
    const std::vector<std::string> told = m_notices.empty() ? std::vector<std::string>() : progress.notices();
    for (const std::string &notice : m_notices)
        if (std::find(told.begin(), told.end(), notice) == told.end())
            progress.notice(notice);
}

std::size_t Network::elementsOf(std::size_t pictures) const
{
    const auto frames = static_cast<std::size_t>(m_spec.inputFrames);
    if (pictures % frames != 0)
        throw Error("The network " + m_spec.name + " takes clips of " + std::to_string(frames) + " frames; " + std::to_string(pictures)
                    + " pictures are no whole number of them.");
    return pictures / frames;
}

std::vector<float> Network::runClips(std::span<const Clip> clips, Progress &progress, int batch)
{
    std::vector<Picture> frames;
    frames.reserve(clips.size() * static_cast<std::size_t>(m_spec.inputFrames));
    for (const Clip &clip : clips) {
        if (clip.frames() != m_spec.inputFrames)
            throw Error("A clip has " + std::to_string(clip.frames()) + (clip.frames() == 1 ? " frame" : " frames") + "; the network " + m_spec.name + " takes "
                        + std::to_string(m_spec.inputFrames) + ".");
        frames.insert(frames.end(), clip.begin(), clip.end());
    }
    return run(frames, progress, batch);
}

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
    const auto refuseClips = [&](const ModelSpec &described) {
        if (described.inputFrames > 1 && !options.clips && options.use != Use::Any)
            throw FileError(described.path,
                            "takes clips of " + std::to_string(described.inputFrames) + " frames; a network that takes pictures is needed here.");
    };
    refuseClips(spec);
    if (loader) {
        std::shared_ptr<Network> net = loader(spec, device, options);
        refuseClips(net->spec()); // a graph says it by itself
        if (options.use == Use::Embedding && spec.role == Role::Base && net->outputSize() == 1)
            throw FileError(spec.path,
                            "gives one value a picture: that is a score, no embedding. Use it as a quality network: --scorer NAME="
                                + spec.path.filename().string());
        return net;
    }
    if (spec.architecture == "onnx")
        throw FileError(spec.path, "is an ONNX network, which needs the program with OpenCV and libonnx; this one was built of what needs libtorch alone.");
    return std::make_shared<FaceNetwork>(spec, device);
}

} // namespace dscope
