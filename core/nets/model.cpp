// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/nets/model.h"

#include "core/base/csv.h"
#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/jsonfields.h"
#include "core/base/text.h"
#include "core/base/words.h"
#include "core/nets/library.h"
#include "core/nets/recognise.h"
#include "core/nets/tensorlist.h"
#include "core/tasks/task.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <utility>

namespace dscope {

namespace fs = std::filesystem;

namespace {

constexpr Words<Role, 3> s_roles{"no role of a network", {{Role::Base, "base"}, {Role::DdNet, "ddnet"}, {Role::Detector, "detector"}}};
constexpr Words<InputSource, 5> s_inputSources{"nothing that says how pictures are prepared",
                                               {{InputSource::Default, "default"},
                                                {InputSource::Manifest, "manifest"},
                                                {InputSource::Sidecar, "sidecar"},
                                                {InputSource::File, "file"},
                                                {InputSource::Network, "network"}}};

/// models/ of the installed program (../share/dscope/models from the binary) and of the source tree it was built in.
std::vector<fs::path> programFolders()
{
    std::vector<fs::path> folders;
    std::error_code problem;
    const fs::path binary = fs::read_symlink("/proc/self/exe", problem);
    if (!problem)
        folders.push_back(binary.parent_path().parent_path() / "share" / "dscope" / "models");
#ifdef DSCOPE_MODELS_DIR
    folders.emplace_back(DSCOPE_MODELS_DIR);
#endif
    return folders;
}

std::string listed(const std::vector<fs::path> &folders)
{
    std::string text;
    for (const fs::path &folder : folders)
        text += (text.empty() ? "" : ", ") + folder.string();
    return text;
}

constexpr std::int64_t s_largestInput = std::int64_t{4096} * 4096; ///< pixels of all frames

int preference(const ModelSpec &spec)
{
    static const std::vector<std::string> order{"retinaface", "centerface-onnx", "mobilefacenet-prelu", "mobilefacenet-relu6", "dlib-resnet", "compact"};
    return static_cast<int>(std::find(order.begin(), order.end(), spec.architecture) - order.begin());
}

/// Those that the user names: by option, then in DSCOPE_MODELS.
std::vector<fs::path> namedFolders(const std::vector<fs::path> &extra)
{
    std::vector<fs::path> folders = extra;
    if (const char *value = std::getenv("DSCOPE_MODELS"); value != nullptr) {
        const std::string text(value);
        for (std::size_t begin = 0; begin < text.size();) {
            const std::size_t end = std::min(text.find(':', begin), text.size());
            if (end > begin)
                folders.emplace_back(text.substr(begin, end - begin));
            begin = end + 1;
        }
    }
    return folders;
}

/// The folders of the search path, each once, in order.
std::vector<fs::path> searchPath(const std::vector<fs::path> &extra)
{
    std::vector<fs::path> folders = namedFolders(extra);
    for (const fs::path &folder : programFolders())
        folders.push_back(folder);
    folders.push_back(dataDir() / "models");
    folders.push_back(cacheDir() / "models");
    std::vector<fs::path> once;
    for (const fs::path &folder : folders) {
        std::error_code problem;
        const fs::path plain = fs::weakly_canonical(folder, problem);
        const fs::path &chosen = problem ? folder : plain;
        if (std::find(once.begin(), once.end(), chosen) == once.end())
            once.push_back(chosen);
    }
    return once;
}

} // namespace

std::string roleName(Role role)
{
    return s_roles.wordOf(role);
}

std::string inputSourceName(InputSource source)
{
    return s_inputSources.wordOf(source);
}

std::string inputText(const ModelSpec &spec)
{
    const auto numbers = [](const std::array<float, 3> &values) {
        const bool same = values[0] == values[1] && values[1] == values[2];
        return same ? csvNumber(values[0]) : csvNumber(values[0]) + " " + csvNumber(values[1]) + " " + csvNumber(values[2]);
    };
    std::string text = "(pixel - " + numbers(spec.mean) + ") x " + numbers(spec.scale);
    if (spec.mean == std::array<float, 3>{0, 0, 0})
        text = spec.scale == std::array<float, 3>{1, 1, 1} ? "pixels of 0 to 255 as they are" : "pixel x " + numbers(spec.scale);
    text += spec.rgb ? ", RGB" : ", BGR";
    if (!spec.inputReason.empty())
        return text + "; " + spec.inputReason;
    switch (spec.inputSource) {
    case InputSource::Default: return text + "; nothing says how: the usual for networks on " + std::string(taskNamed(spec.task).elements);
    case InputSource::Manifest: return text + "; its manifest says so";
    case InputSource::Sidecar: return text + "; the description beside it says so";
    case InputSource::File: return text + "; the file says so itself";
    case InputSource::Network: return text + "; its first layers normalise";
    }
    return text;
}

Json toJson(const ModelSpec &spec)
{
    Json entry{
        {"name", spec.name},
        {"role", roleName(spec.role)},
        {"architecture", spec.architecture},
        {"file", spec.file},
        {"sha256", spec.sha256},
        {"input", {{"width", spec.inputWidth}, {"height", spec.inputHeight}, {"colour", spec.rgb ? "rgb" : "bgr"}, {"mean", spec.mean}, {"scale", spec.scale}}},
        {"output", spec.outputSize}};
    if (spec.inputFrames > 1)
        entry["input"]["frames"] = spec.inputFrames;
    if (spec.inputRate > 0)
        entry["input"]["rate"] = spec.inputRate;
    if (spec.inputStride > 0)
        entry["input"]["stride"] = spec.inputStride;
    if (spec.role == Role::DdNet)
        entry["target"] = {{"base", spec.base}, {"mu", spec.mu}, {"sigma", spec.sigma}};
    if (spec.impostorCosine != 0)
        entry["impostor_cosine"] = spec.impostorCosine;
    if (!spec.second.empty())
        entry["second"] = spec.second;
    if (!spec.rule.empty())
        entry["rule"] = spec.rule;
    if (!spec.output.empty())
        entry["output_name"] = spec.output;
    if (!spec.weights.empty())
        entry["weights_name"] = spec.weights;
    if (!spec.classes.empty())
        entry["classes"] = spec.classes;
    if (spec.task != tasks().front().name)
        entry["task"] = spec.task;
    entry["licence"] = spec.licence;
    entry["origin"] = spec.origin;
    return entry;
}

namespace {

std::array<float, 3> threeNumbers(const JsonFields &input, const char *name)
{
    constexpr double largest = 1e6;
    const std::vector<double> numbers = input.numbers(name, 3, -largest, largest);
    if (numbers.size() != 3)
        input.wrong(name, "a list of three numbers");
    return {static_cast<float>(numbers[0]), static_cast<float>(numbers[1]), static_cast<float>(numbers[2])};
}

/// Every complaint names the entry as well as the field.
ModelSpec modelFrom(const JsonFields &entry)
{
    constexpr std::int64_t mostValues = std::int64_t{1} << 20;
    ModelSpec spec;
    spec.name = entry.text("name");
    const std::string role = entry.text("role");
    const std::optional<Role> known = s_roles.find(role);
    if (!known)
        throw Error("The model entry '" + spec.name + "' has the unknown role '" + role + "' (base, ddnet or detector).");
    spec.role = *known;
    spec.architecture = entry.text("architecture");
    spec.file = entry.text("file");
    spec.sha256 = lowerCase(entry.text("sha256", {})); // certutil and PowerShell write it large
    const JsonFields input = entry.object("input");
    spec.inputWidth = static_cast<int>(input.whole("width", 0, 4096));
    spec.inputHeight = static_cast<int>(input.whole("height", 0, 4096));
    spec.inputFrames = static_cast<int>(input.whole("frames", 1, 1024, 1));
    if (std::int64_t{spec.inputFrames} * spec.inputHeight * spec.inputWidth > s_largestInput)
        throw Error("The model entry '" + spec.name + "' has an input of more than " + std::to_string(s_largestInput) + " pixels.");
    spec.inputRate = input.number("rate", 0, 1000, 0);
    spec.inputStride = static_cast<int>(input.whole("stride", 0, 4096, 0));
    const std::string colour = input.text("colour");
    if (colour != "rgb" && colour != "bgr")
        throw Error("The model entry '" + spec.name + "' has the unknown colour order '" + colour + "' (rgb or bgr).");
    spec.rgb = colour == "rgb";
    spec.mean = threeNumbers(input, "mean");
    spec.scale = threeNumbers(input, "scale");
    if (std::any_of(spec.scale.begin(), spec.scale.end(), [](float value) { return value == 0; }))
        throw Error("The model entry '" + spec.name + "' has a scale of 0, which makes all pictures the same.");
    spec.outputSize = entry.whole("output", 0, mostValues, 0);
    if (entry.has("classes"))
        spec.classes = entry.texts("classes", static_cast<std::size_t>(mostValues));
    if (!spec.classes.empty() && std::cmp_not_equal(spec.classes.size(), spec.outputSize))
        throw Error("The model entry '" + spec.name + "' names " + std::to_string(spec.classes.size()) + " classes for an output of "
                    + std::to_string(spec.outputSize) + " values.");
    if (spec.role == Role::DdNet) {
        const JsonFields target = entry.object("target");
        spec.base = target.text("base");
        spec.mu = target.number("mu");
        spec.sigma = target.number("sigma");
        if (!(spec.sigma > 0))
            throw Error("The model entry '" + spec.name + "' has a sigma that is not positive.");
    }
    spec.impostorCosine = entry.number("impostor_cosine", -1, 0.999, 0);
    spec.task = entry.text("task", std::string(tasks().front().name));
    if (std::none_of(tasks().begin(), tasks().end(), [&](const Task &task) { return task.name == spec.task; })) {
        std::string words;
        for (const Task &task : tasks())
            words += (words.empty() ? "" : " or ") + std::string(task.name);
        throw Error("The model entry '" + spec.name + "' has the unknown task '" + spec.task + "' (" + words + ").");
    }
    spec.second = entry.text("second", {});
    spec.rule = entry.text("rule", {});
    spec.output = entry.text("output_name", {});
    spec.weights = entry.text("weights_name", {});
    spec.licence = entry.text("licence", {});
    spec.origin = entry.text("origin", {});
    return spec;
}

} // namespace

ModelSpec modelFromJson(const Json &entry)
{
    const bool named = entry.is_object() && entry.contains("name") && entry["name"].is_string();
    try {
        return modelFrom(JsonFields(entry, {}));
    } catch (const Error &error) {
        const std::string text = error.what();
        if (text.starts_with("The model entry"))
            throw;
        // "lacks the field 'x'." or "'x' is not a text."
        const std::size_t open = text.find('\'');
        const std::size_t close = text.find('\'', open + 1);
        const std::string entryName = named ? entry["name"].get<std::string>() : std::string("?");
        if (open == std::string::npos || close == std::string::npos)
            throw Error("The model entry '" + entryName + "' is no JSON object.");
        throw Error("The model entry '" + entryName + "' lacks a valid " + text.substr(open, close + 1 - open)
                    + (open == 0 ? ": it" + text.substr(close + 1) : "."));
    }
}

namespace {

/// Of folders that the user names and that have no manifest, the weights that describe themselves, as training writes them.
void takeDescribed(const std::vector<fs::path> &folders, std::vector<ModelSpec> &models, std::vector<std::string> &problems)
{
    constexpr std::size_t most = 1000; // files of a folder that are looked into
    for (const fs::path &folder : folders) {
        std::error_code problem;
        if (fs::exists(folder / "manifest.json", problem))
            continue;
        std::vector<fs::path> files;
        std::size_t seen = 0;
        for (fs::directory_iterator entry(folder, problem), end; !problem && entry != end && files.size() < most && ++seen < 100 * most;
             entry.increment(problem)) {
            const fs::path extension = entry->path().extension();
            if ((extension == ".safetensors" || extension.empty()) && entry->is_regular_file(problem) && isWeightsFile(entry->path()))
                files.push_back(entry->path());
        }
        std::sort(files.begin(), files.end());
        for (const fs::path &file : files) {
            try {
                if (!readWeightsInfo(file).metadata.contains("dscope.model"))
                    continue;
                ModelSpec spec = describeFile(file);
                spec.path = file;
                if (std::none_of(models.begin(), models.end(), [&](const ModelSpec &other) { return other.name == spec.name; }))
                    models.push_back(std::move(spec));
            } catch (const std::exception &error) {
                problems.emplace_back(error.what());
            }
        }
    }
}

} // namespace

ModelStore::ModelStore(const std::vector<fs::path> &extra) : m_folders(searchPath(extra))
{
    for (const fs::path &folder : m_folders) {
        const fs::path manifest = folder / "manifest.json";
        std::error_code problem;
        if (!fs::exists(manifest, problem))
            continue;
        try {
            const Json content = readJson(manifest);
            constexpr std::size_t most = 100'000;
            std::size_t number = 0;
            const std::size_t before = m_models.size();
            for (const Json &entry : JsonFields(content, manifest).list("models", most)) {
                ++number;
                if (!entry.is_object())
                    throw FileError(manifest, "entry " + std::to_string(number) + " of 'models' is no JSON object.");
                ModelSpec spec = modelFromJson(entry);
                spec.inputSource = InputSource::Manifest;
                spec.inputReason = "its entry in " + manifest.string() + " says so";
                const auto known = std::find_if(m_models.begin(), m_models.end(), [&](const ModelSpec &other) { return other.name == spec.name; });
                if (known == m_models.end())
                    m_models.push_back(std::move(spec));
                else if (static_cast<std::size_t>(known - m_models.begin()) >= before) // one of another folder hides it, as it should
                    m_problems.push_back(manifest.string() + ": two entries are called '" + shown(spec.name) + "'; the second, entry " + std::to_string(number)
                                         + ", is not used.");
            }
        } catch (const FileError &error) {
            m_problems.emplace_back(error.what());
        } catch (const std::exception &error) {
            m_problems.push_back(manifest.string() + ": " + error.what());
        }
    }
    for (ModelSpec &spec : m_models)
        for (const fs::path &folder : m_folders) {
            std::error_code problem;
            if (!spec.file.empty() && fs::is_regular_file(folder / spec.file, problem)) {
                spec.path = folder / spec.file;
                break;
            }
        }
    takeSidecars();
    takeDescribed(namedFolders(extra), m_models, m_problems);
    takeAdded();
}

void ModelStore::takeSidecars()
{
    // What the user has changed of the input, and what was found for the network; all else is the manifest's.
    for (ModelSpec &spec : m_models) {
        if (!spec.available())
            continue;
        try {
            if (const std::optional<ModelSpec> changed = readSidecar(spec.path, &spec)) {
                spec.inputWidth = changed->inputWidth;
                spec.inputHeight = changed->inputHeight;
                spec.rgb = changed->rgb;
                spec.mean = changed->mean;
                spec.scale = changed->scale;
                spec.inputSource = changed->inputSource;
                spec.inputReason = changed->inputReason;
                if (!changed->second.empty())
                    spec.second = changed->second;
                if (!changed->rule.empty())
                    spec.rule = changed->rule;
                if (!changed->output.empty())
                    spec.output = changed->output;
                if (!changed->weights.empty())
                    spec.weights = changed->weights;
            }
        } catch (const std::exception &error) {
            m_problems.emplace_back(error.what());
        }
    }
}

void ModelStore::takeAdded()
{
    try {
        for (const AddedModel &added : addedModels()) {
            try {
                ModelSpec spec = describeFile(added.path);
                const bool known = std::any_of(m_models.begin(), m_models.end(), [&](const ModelSpec &other) { return other.name == spec.name; });
                if (known) // a name stands for one model
                    spec.name = added.path.filename().string();
                m_models.push_back(std::move(spec));
            } catch (const std::exception &error) {
                m_problems.emplace_back(error.what());
            }
        }
    } catch (const std::exception &error) {
        m_problems.emplace_back(error.what());
    }
}

ModelSpec ModelStore::find(const std::string &nameOrPath, Role role) const
{
    std::string names;
    for (const ModelSpec &spec : m_models) {
        if (spec.role != role)
            continue;
        names += (names.empty() ? "" : ", ") + spec.name;
        if (spec.name != nameOrPath)
            continue;
        if (!spec.available())
            throw Error("The weights of the model '" + spec.name + "' (" + spec.file + ") were not found. Searched: " + listed(m_folders)
                        + ". Put the file into one of these folders, or name its folder in DSCOPE_MODELS.");
        return spec;
    }
    std::error_code problem;
    const fs::path path(nameOrPath);
    if (!fs::is_regular_file(path, problem))
        throw Error("There is no " + roleName(role) + " model '" + nameOrPath + "' and no such file. Known: " + (names.empty() ? "none" : names)
                    + ". Searched: " + listed(m_folders) + ".");
    if (const std::optional<ModelSpec> beside = readSidecar(path)) {
        if (beside->role != role)
            throw FileError(path, "is a " + roleName(beside->role) + " model, a " + roleName(role) + " is needed.");
        return *beside;
    }
    const auto described = [&]() {
        ModelSpec spec = describeFile(path);
        if (spec.role != role)
            throw FileError(path, "is a " + roleName(spec.role) + " model, a " + roleName(role) + " is needed.");
        return spec;
    };
    if (path.extension() == ".safetensors" && readWeightsInfo(path).metadata.contains("dscope.model"))
        return described();
    // A file of the same name as a known model's is that model, wherever it lies.
    for (const ModelSpec &spec : m_models)
        if (spec.role == role && spec.file == path.filename().string()) {
            ModelSpec found = spec;
            found.path = path;
            return found;
        }
    if (role != Role::Detector)
        return described();
    throw FileError(path, "says nothing of its architecture. Describe it in a manifest.json beside it (see models/README.md).");
}

ModelSpec ModelStore::best(Role role, const std::string &base, std::string_view task) const
{
    const auto hasDdNet = [this](const ModelSpec &spec) {
        return std::any_of(m_models.begin(), m_models.end(),
                           [&](const ModelSpec &other) { return other.role == Role::DdNet && other.base == spec.name && other.available(); });
    };
    const ModelSpec *chosen = nullptr;
    bool chosenHas = false;
    for (const ModelSpec &spec : m_models) {
        const bool ofBase = role == Role::DdNet && !base.empty(); // whose task it has
        if (spec.role != role || !spec.available() || (!ofBase && spec.task != task) || (role == Role::DdNet && !base.empty() && spec.base != base))
            continue;
        // A base with a DDNet taught for it comes before one without.
        const bool has = role == Role::Base && hasDdNet(spec);
        if (chosen == nullptr || (has && !chosenHas) || (has == chosenHas && preference(spec) < preference(*chosen))) {
            chosen = &spec;
            chosenHas = has;
        }
    }
    if (chosen != nullptr)
        return *chosen;
    if (role == Role::DdNet && !base.empty())
        throw Error("D-scores are needed, and no DDNet for the base '" + base
                    + "' was found. Name one (--ddnet MODEL), teach one with 'dscope label' and 'dscope train "
                      "ddnet', or choose a method that needs none, such as the plain average without a threshold. Searched: "
                    + listed(m_folders) + ".");
    if (task != tasks().front().name)
        throw Error("No " + roleName(role) + " model for " + std::string(taskNamed(task).elements) + " (\"task\": \"" + std::string(task)
                    + "\" in its description) was found. Searched: " + listed(m_folders) + ". Name a file, or a folder with weights in DSCOPE_MODELS.");
    throw Error("No " + roleName(role) + " model was found. Searched: " + listed(m_folders)
                + ". Run ./run.sh once, which obtains the public ones, or name a folder with weights in DSCOPE_MODELS.");
}

} // namespace dscope
