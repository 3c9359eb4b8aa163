// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/nets/library.h"

#include "core/base/error.h"
#include "core/base/filebytes.h"
#include "core/base/files.h"
#include "core/base/folders.h"
#include "core/base/hash.h"
#include "core/base/inputfile.h"
#include "core/base/jsonfields.h"
#include "core/base/jsonlimits.h"
#include "core/base/random.h"
#include "core/nets/architectures.h"
#include "core/nets/inputside.h"
#include "core/nets/network.h"
#include "core/nets/recognise.h"
#include "core/nets/tensorlist.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <mutex>
#include <set>
#include <string_view>

namespace dscope {

namespace fs = std::filesystem;

namespace {

constexpr int s_warmUp = 2;
constexpr int s_fewestRuns = 5;
constexpr int s_mostRuns = 1000;

fs::path listFile()
{
    return dataDir() / "models" / "added.json";
}

fs::path plain(const fs::path &path)
{
    std::error_code problem;
    const fs::path whole = fs::weakly_canonical(fs::absolute(path), problem);
    return problem ? fs::absolute(path).lexically_normal() : whole;
}

void writeList(const std::vector<AddedModel> &models)
{
    Json list{{"schema", "dscope.added/1"}, {"models", Json::array()}};
    for (const AddedModel &model : models)
        list["models"].push_back({{"path", model.path.string()}, {"trusted", model.trusted}});
    writeJson(listFile(), list);
}

/// What a weights file says of itself, or what its tensors' names and shapes tell. @throws FileError where they tell nothing
ModelSpec describedInside(const fs::path &weights)
{
    const WeightsReport info = readWeightsReport(weights);
    const auto described = info.metadata.find("dscope.model");
    if (described == info.metadata.end()) {
        const std::optional<RecognisedWeights> found = recogniseWeights(info);
        if (info.metadata.contains("dscope.reid") && (!found || usualSpec(found->architecture).inputFrames > 1))
            throw FileError(weights,
                            "is a network on clips of people by `dscope train reid` (rnn or 3d). No command takes one as its base yet: tracklets are "
                            "evaluated by a base on single crops, such as tp.");
        if (!found)
            throw FileError(weights,
                            (info.kind == "safetensors" ? std::string("says nothing of its architecture, and its tensors are of no network that is known. ")
                                                        : std::string("is a state dict, but of no network that is known. "))
                                + whyNotRecognised(info) + " Describe it in " + sidecarOf(weights).filename().string()
                                + " beside it, with the fields of an entry of models/manifest.json.");
        ModelSpec spec = usualSpec(found->architecture);
        if (found->classes > 0)
            spec.outputSize = found->classes;
        spec.name = weights.stem().string();
        spec.inputReason = "nothing says how: the usual for the architecture " + found->architecture;
        return spec;
    }
    try {
        ModelSpec spec = modelFromJson(parseJson(described->second, weights));
        spec.inputSource = InputSource::File;
        return spec;
    } catch (const FileError &) {
        throw;
    } catch (const Error &error) {
        throw FileError(weights, std::string("its own description cannot be used: ") + error.what());
    }
}

bool startsLikeZip(const fs::path &file)
{
    const std::vector<std::uint8_t> start = firstBytes(file, 2);
    return start.size() == 2 && start[0] == 'P' && start[1] == 'K';
}

/// The kinds of weights that are told by how a file begins.
bool looksLikeWeights(const fs::path &file)
{
    std::vector<std::uint8_t> start = firstBytes(file, 9);
    start.resize(9);
    return startsLikeZip(file) || start[0] == 0x80 || start[8] == '{';
}

struct Describers {
    std::mutex mutex;
    std::map<std::string, FileDescriber> byExtension;
    std::map<std::string, FileHasher> hashers;
};

Describers &describers()
{
    static Describers all;
    return all;
}

std::vector<Picture> noise(int count, int width, int height)
{
    Random random(1, 0);
    std::vector<Picture> pictures;
    for (int i = 0; i < count; ++i) {
        Picture &picture = pictures.emplace_back(width, height);
        for (std::uint8_t &value : picture.rgb)
            value = static_cast<std::uint8_t>(random.next() & 255U);
    }
    return pictures;
}

double medianMsOf(std::vector<double> ms)
{
    std::sort(ms.begin(), ms.end());
    const std::size_t middle = ms.size() / 2;
    return ms.size() % 2 == 1 ? ms[middle] : (ms[middle - 1] + ms[middle]) / 2;
}

} // namespace

namespace {

/// A description with what another one says of it.
Json completed(Json whole, const Json &part)
{
    for (const auto &[key, value] : part.items()) {
        if (key == "input" && value.is_object())
            for (const auto &[field, of] : value.items())
                whole["input"][field] = of;
        else
            whole[key] = value;
    }
    return whole;
}

ModelSpec describedAlone(const fs::path &weights);

} // namespace

fs::path sidecarOf(const fs::path &weights)
{
    return weights.string() + ".json";
}

std::optional<ModelSpec> readSidecar(const fs::path &weights, const ModelSpec *known)
{
    const fs::path file = sidecarOf(weights);
    std::error_code problem;
    if (!fs::exists(file, problem))
        return std::nullopt;
    const Json entry = readJson(file);
    if (!entry.is_object())
        throw FileError(file, "is no JSON object; it describes the network, such as {\"output_name\": \"embedding\"}.");
    const bool whole = entry.contains("name") && entry.contains("role") && entry.contains("architecture") && entry.contains("input");
    try {
        const ModelSpec base = whole ? ModelSpec() : known != nullptr ? *known : describedAlone(weights);
        ModelSpec spec = modelFromJson(whole ? entry : completed(toJson(base), entry));
        spec.path = weights;
        spec.file = weights.filename().string();
        if (!whole && !entry.contains("input")) {
            spec.inputSource = base.inputSource;
            spec.inputReason = base.inputReason;
            return spec;
        }
        spec.inputSource = InputSource::Sidecar;
        spec.inputReason = "the description beside it, " + file.filename().string() + ", says so";
        return spec;
    } catch (const FileError &) {
        throw;
    } catch (const Error &error) {
        throw FileError(file, error.what());
    }
}

void writeSidecar(const ModelSpec &spec)
{
    writeJson(sidecarOf(spec.path), toJson(spec));
}

ModelSpec describeFile(const fs::path &weights)
{
    checkReadable(weights);
    if (std::optional<ModelSpec> described = readSidecar(weights))
        return *described;
    return describedAlone(weights);
}

namespace {

ModelSpec describedAlone(const fs::path &weights)
{
    checkReadable(weights);
    ModelSpec spec;
    spec.name = weights.stem().string();
    const bool named = weights.extension() == ".safetensors"; // it is read as what it says it is
    if (!named && isOnnxFile(weights)) {
        spec.architecture = "onnx";
        FileDescriber describer;
        {
            const std::lock_guard lock(describers().mutex);
            const auto found = describers().byExtension.find(".onnx");
            if (found != describers().byExtension.end())
                describer = found->second;
        }
        if (describer)
            describer(weights, spec);
    } else if (!named && isTorchScript(weights)) {
        spec.architecture = "torchscript";
    } else if (!named && !looksLikeWeights(weights)) {
        throw FileError(weights, "is neither safetensors nor ONNX, TorchScript or a PyTorch state dict.");
    } else {
        spec = describedInside(weights);
        spec.sha256.clear(); // no file holds its own
    }
    spec.path = weights;
    spec.file = weights.filename().string();
    return spec;
}

} // namespace

void registerFileDescriber(const std::string &extension, FileDescriber describer, FileHasher hasher)
{
    const std::lock_guard lock(describers().mutex);
    describers().byExtension[extension] = std::move(describer);
    if (hasher)
        describers().hashers[extension] = std::move(hasher);
}

std::string modelHash(const fs::path &weights)
{
    FileHasher hasher;
    {
        const std::lock_guard lock(describers().mutex);
        const auto found = describers().hashers.find(isOnnxFile(weights) ? std::string(".onnx") : weights.extension().string());
        if (found != describers().hashers.end())
            hasher = found->second;
    }
    return hasher ? hasher(weights) : fileHash(weights);
}

bool isOnnxFile(const fs::path &file)
{
    if (file.extension() == ".onnx")
        return true;
    static const std::set<std::string> others{".pt", ".pth", ".safetensors", ".tar", ".ckpt", ".pkl", ".pt2", ".ts"};
    if (others.count(file.extension().string()) > 0)
        return false;
    // A version of the format, small, then who made it or the graph.
    const std::vector<std::uint8_t> start = firstBytes(file, 3);
    constexpr std::uint8_t newest = 20;
    return start.size() == 3 && start[0] == 0x08 && start[1] > 0 && start[1] <= newest && (start[2] == 0x12 || start[2] == 0x3a || start[2] == 0x42);
}

bool isWeightsFile(const fs::path &file)
{
    constexpr std::size_t some = 4096;
    const std::vector<std::uint8_t> start = firstBytes(file, some);
    if (start.size() < 10)
        return false;
    std::uint64_t length = 0;
    for (int i = 7; i >= 0; --i)
        length = length << 8U | start[static_cast<std::size_t>(i)];
    std::error_code problem;
    if (start[8] == '{' && (start[9] == '"' || start[9] == '}' || start[9] == ' '))
        return length >= 2 && length <= fs::file_size(file, problem);
    const std::string_view text(reinterpret_cast<const char *>(start.data()), start.size());
    return text.starts_with("PK\3\4") && text.find("data.pkl") != std::string_view::npos;
}

bool isTorchScript(const fs::path &file)
{
    // A zip archive ends with the list of its files; TorchScript's has a folder code/.
    if (const std::vector<std::uint8_t> start = firstBytes(file, 2); start.size() != 2 || start[0] != 'P' || start[1] != 'K')
        return false;
    const InputFile in(file);
    constexpr std::uint64_t most = std::uint64_t{4} << 20;
    std::string end(static_cast<std::size_t>(std::min(in.size(), most)), '\0');
    in.read(in.size() - end.size(), end.data(), end.size());
    // Of the entries "PK\1\2" alone: the name is at 46, its length at 28.
    for (std::size_t at = end.find("PK\1\2"); at != std::string::npos; at = end.find("PK\1\2", at + 1)) {
        if (at + 46 > end.size())
            break;
        const auto length = static_cast<std::size_t>(static_cast<unsigned char>(end[at + 28]) + 256 * static_cast<unsigned char>(end[at + 29]));
        if (end.substr(at + 46, length).find("/code/") != std::string::npos)
            return true;
    }
    return false;
}

std::vector<AddedModel> addedModels()
{
    const fs::path file = listFile();
    std::error_code problem;
    std::vector<AddedModel> models;
    if (!fs::exists(file, problem))
        return models;
    constexpr std::size_t most = 100'000;
    const Json list = readJson(file);
    const JsonFields fields(list, file);
    if (fields.text("schema") != "dscope.added/1")
        throw FileError(file, "has the unknown schema '" + fields.text("schema") + "'.");
    // A list that others could have written says what there is, but nobody's trust.
    const bool ours = !othersCanWrite(file);
    for (const JsonFields &entry : fields.objects("models", most))
        models.push_back({entry.text("path"), ours ? entry.text("trusted") : std::string()});
    return models;
}

ModelSpec addModel(const fs::path &weights, bool trusted)
{
    const fs::path path = plain(weights);
    ModelSpec spec = describeFile(path);
    AddedModel model{path, {}};
    if (isTorchScript(path)) {
        if (!trusted)
            throw FileError(path, "is TorchScript, which can run code on this machine. It is only taken when the user says that it is trusted.");
        if (othersCanWrite(listFile()))
            throw FileError(listFile(),
                            "lies where others can write, so that they could say what you trust: no trust is kept there. Take the right to write from others "
                            "(chmod go-w), or set XDG_DATA_HOME to a folder of your own.");
        model.trusted = fileHash(path);
    }
    std::vector<AddedModel> models = addedModels();
    std::erase_if(models, [&](const AddedModel &other) { return other.path == path; });
    models.push_back(std::move(model));
    writeList(models);
    return spec;
}

bool removeModel(const fs::path &weights)
{
    const fs::path path = plain(weights);
    std::vector<AddedModel> models = addedModels();
    if (std::erase_if(models, [&](const AddedModel &other) { return other.path == path; }) == 0)
        return false;
    writeList(models);
    return true;
}

std::vector<ModelTiming> timeModel(const ModelSpec &spec, const std::vector<DeviceInfo> &devices, double seconds, Progress &progress)
{
    using Clock = std::chrono::steady_clock;
    std::vector<ModelTiming> timings;
    std::int64_t done = 0;
    const std::vector<int> batches{1, 32};
    const auto total = static_cast<std::int64_t>(devices.size() * batches.size());
    for (const DeviceInfo &device : devices) {
        progress.stage("Timing " + spec.name + " on " + device.label);
        std::shared_ptr<Network> network;
        std::string problem;
        try {
            network = Network::load(spec, device.device, {.use = Use::Any});
        } catch (const std::exception &error) {
            problem = describe(error);
        }
        for (const int batch : batches) {
            progress.checkpoint(done++, total);
            ModelTiming timing{device, batch, 0, 0, problem};
            if (network) {
                const ElementShape shape = elementShape(network->spec());
                const std::vector<Picture> pictures = noise(batch * shape.frames, shape.width, shape.height);
                std::vector<double> ms;
                try {
                    for (int i = 0; i < s_warmUp; ++i)
                        network->run(pictures, progress, batch);
                    const auto begin = Clock::now();
                    while (static_cast<int>(ms.size()) < s_fewestRuns
                           || (static_cast<int>(ms.size()) < s_mostRuns && std::chrono::duration<double>(Clock::now() - begin).count() < seconds)) {
                        progress.throwIfCancelled();
                        const auto start = Clock::now();
                        network->run(pictures, progress, batch);
                        ms.push_back(std::chrono::duration<double, std::milli>(Clock::now() - start).count());
                    }
                    timing.runs = static_cast<int>(ms.size());
                    timing.medianMs = medianMsOf(std::move(ms));
                    // A GPU out of memory would have moved it to the CPU: that is no time of the GPU's.
                    if (network->device() != device.device)
                        timing.problem = "It did not fit into the device's memory.";
                } catch (const Cancelled &) {
                    throw;
                } catch (const std::exception &error) {
                    timing.problem = describe(error);
                }
            }
            timings.push_back(std::move(timing));
        }
    }
    progress.checkpoint(total, total);
    return timings;
}

} // namespace dscope
