#include "app/cli/info.h"

#include "core/base/csv.h"
#include "core/base/error.h"
#include "core/base/hash.h"
#include "core/base/json.h"
#include "core/nets/network.h"
#include "core/nets/tensorlist.h"
#include "core/training/packedset.h"
#include "core/training/recordio.h"

#include <algorithm>
#include <iostream>

namespace dscope::cli {

namespace fs = std::filesystem;

namespace {

Json scoresInfo(const fs::path &path)
{
    const Json scores = readJson(path);
    if (!scores.is_object() || !scores.contains("schema") || scores["schema"] != "dscope.scores/1")
        throw FileError(path, "is JSON, but not of the schema dscope.scores/1.");
    try {
        std::size_t groups = 0;
        std::size_t faces = 0;
        std::size_t kept = 0;
        double sum = 0;
        for (const Json &source : scores.at("sources"))
            for (const Json &group : source.at("groups")) {
                ++groups;
                for (const Json &element : group.at("elements")) {
                    ++faces;
                    kept += element.at("kept").get<bool>() ? 1 : 0;
                    sum += element.at("d_score").get<double>();
                }
            }
        Json json{{"kind", "scores"}, {"schema", "dscope.scores/1"}, {"sources", scores.at("sources").size()}, {"groups", groups}, {"faces", faces},
                  {"kept", kept}};
        json["mean_d_score"] = faces > 0 ? Json(sum / static_cast<double>(faces)) : Json(nullptr);
        json["models"] = scores.at("models");
        return json;
    } catch (const nlohmann::json::exception &error) {
        throw FileError(path, std::string("does not follow the schema dscope.scores/1: ") + error.what());
    }
}

Json weightsInfo(const fs::path &path)
{
    const WeightsInfo info = readWeightsInfo(path);
    Json json{{"kind", "weights"}, {"sha256", sha256File(path)}, {"tensors", info.tensors.size()}, {"values", info.values}};
    const ModelStore store;
    for (const Role role : {Role::Base, Role::DdNet}) {
        try {
            const ModelSpec spec = store.find(path.string(), role);
            const auto network = Network::load(spec, Device{}, {.use = Use::Any});
            json["model"] = {
                {"name", spec.name},          {"role", roleName(role)},      {"architecture", spec.architecture}, {"parameters", network->parameters()},
                {"mac", network->cost().mac}, {"flop", network->cost().flop}};
            break;
        } catch (const Error &) {
            // Not a known model of this role: its tensors are listed all the same.
        }
    }
    if (!info.metadata.empty())
        json["metadata"] = info.metadata;
    json["list"] = Json::array();
    for (const TensorInfo &tensor : info.tensors)
        json["list"].push_back({{"name", tensor.name}, {"type", tensor.type}, {"shape", tensor.shape}});
    return json;
}

/// "name input, type float32, shape any 3 112 112"
std::string oneLine(const Json &entry)
{
    if (!entry.is_structured())
        return entry.is_string() ? entry.get<std::string>() : entry.dump();
    std::string text;
    for (const auto &[key, value] : entry.items())
        text += (text.empty() ? "" : entry.is_object() ? ", " : " ") + (entry.is_object() ? key + ' ' : std::string()) + oneLine(value);
    return text;
}

void print(const Json &json, const std::string &indent)
{
    for (const auto &[key, value] : json.items()) {
        std::string name = key;
        std::replace(name.begin(), name.end(), '_', ' ');
        if (value.is_object()) {
            std::cout << indent << name << ":\n";
            print(value, indent + "  ");
        } else if (key == "list") {
            for (const Json &tensor : value) {
                std::string shape;
                for (const Json &side : tensor["shape"])
                    shape += (shape.empty() ? "" : ", ") + std::to_string(side.get<std::int64_t>());
                std::cout << indent << "  " << tensor["name"].get<std::string>() << "  " << tensor["type"].get<std::string>() << " [" << shape << "]\n";
            }
        } else if (value.is_array()) {
            std::cout << indent << name << ":\n";
            for (const Json &entry : value)
                std::cout << indent << "  " << oneLine(entry) << '\n';
        } else if (value.is_number_float()) {
            std::cout << indent << name << ": " << csvNumber(value.get<double>()) << '\n';
        } else {
            std::cout << indent << name << ": " << (value.is_string() ? value.get<std::string>() : value.dump()) << '\n';
        }
    }
}

int run(const Arguments &arguments, const OtherInfo &other, Task &task)
{
    if (arguments.words().empty())
        throw UsageError("A file is needed. See: dscope info --help");
    Json all = Json::array();
    for (const fs::path &path : arguments.paths()) {
        std::error_code problem;
        if (!fs::exists(path, problem))
            throw FileError(path, "there is no such file or folder.");
        const std::string extension = path.extension().string();
        Json json;
        if (extension == ".json")
            json = scoresInfo(path);
        else if (extension == ".pt" || extension == ".pth" || extension == ".safetensors")
            json = weightsInfo(path);
        else if (looksLikePack(path) || looksLikeRecords(path))
            json = faceListInfo(path, task);
        else
            json = other(path, task);
        Json named{{"path", path.string()}};
        named.update(json);
        all.push_back(std::move(named));
    }
    if (arguments.has("json")) {
        std::cout << jsonText(all.size() == 1 ? all.front() : all);
        return Succeeded;
    }
    for (const Json &json : all)
        print(json, "");
    return Succeeded;
}

} // namespace

Json faceListInfo(const fs::path &path, Task &task)
{
    const FaceList list = readFaceList(path, {}, task);
    std::vector<std::size_t> counts(list.people.size(), 0);
    for (const std::int32_t label : list.labels)
        ++counts[static_cast<std::size_t>(label)];
    Json json{{"kind", looksLikePack(path) ? "packed faces" : "aligned faces"},
              {"pictures", list.size()},
              {"people", list.people.size()},
              {"smallest_group", *std::min_element(counts.begin(), counts.end())},
              {"largest_group", *std::max_element(counts.begin(), counts.end())}};
    if (looksLikePack(path)) {
        const PackedSet set = PackedSet::open(path);
        json["width"] = set.width();
        json["height"] = set.height();
        json["source"] = set.source();
        json["skipped"] = set.skipped();
    }
    return json;
}

Command infoCommandWith(const std::string &summary, const OtherInfo &other)
{
    return {"info", "FILE... [--json]",        summary,
            "",     {{"json", "", "as JSON"}}, [other](const Arguments &arguments, Task &task) { return run(arguments, other, task); }};
}

Command coreInfoCommand()
{
    return infoCommandWith("Tells about a set of aligned faces, a weights file or a JSON of scores", faceListInfo);
}

} // namespace dscope::cli
