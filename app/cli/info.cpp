#include "app/cli/command.h"

#include "core/base/csv.h"
#include "core/base/error.h"
#include "core/base/hash.h"
#include "core/base/json.h"
#include "core/datasets/imageset.h"
#include "core/image/reader.h"
#include "core/media/video.h"
#include "core/nets/network.h"
#include "core/nets/tensorlist.h"

#include <algorithm>
#include <iostream>
#include <set>

namespace dscope::cli {

namespace fs = std::filesystem;

namespace {

Json videoInfo(const fs::path &path, Task &task)
{
    task.stage("Reading the index");
    VideoReader reader(path, {}, &task);
    const VideoInfo info = reader.info();
    Json json{{"kind", "video"},     {"width", info.width}, {"height", info.height},        {"rotation", info.rotation}, {"container", info.container},
              {"codec", info.codec}, {"fps", info.fps},     {"duration_s", info.durationS}, {"frames", info.frames}};
    if (!reader.warnings().empty())
        json["warnings"] = reader.warnings();
    return json;
}

Json setInfo(const fs::path &path, Task &task)
{
    const ImageSet set = readImageSet(path, task);
    std::size_t pictures = 0;
    std::size_t least = set.groups.empty() ? 0 : set.groups.front().items.size();
    std::size_t most = 0;
    std::size_t landmarks = 0;
    std::set<std::string> labels;
    for (const ImageGroup &group : set.groups) {
        pictures += group.items.size();
        least = std::min(least, group.items.size());
        most = std::max(most, group.items.size());
        if (!group.label.empty())
            labels.insert(group.label);
        for (const ImageItem &item : group.items)
            landmarks += item.landmarks ? 1 : 0;
    }
    Json json{{"kind", set.kind},        {"groups", set.groups.size()},         {"pictures", pictures}, {"smallest_group", least}, {"largest_group", most},
              {"labels", labels.size()}, {"pictures_with_landmarks", landmarks}};
    if (!set.warnings.empty())
        json["warnings"] = set.warnings;
    return json;
}

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
            const auto network = Network::load(spec, Device{});
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
                std::cout << indent << "  " << (entry.is_string() ? entry.get<std::string>() : entry.dump()) << '\n';
        } else if (value.is_number_float()) {
            std::cout << indent << name << ": " << csvNumber(value.get<double>()) << '\n';
        } else {
            std::cout << indent << name << ": " << (value.is_string() ? value.get<std::string>() : value.dump()) << '\n';
        }
    }
}

int run(const Arguments &arguments, Task &task)
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
        else if (sourceKind(path) == SourceKind::Video)
            json = videoInfo(path, task);
        else if (sourceKind(path) == SourceKind::Picture) {
            const Picture picture = readPicture(path);
            json = {{"kind", "picture"}, {"width", picture.width}, {"height", picture.height}};
        } else
            json = setInfo(path, task);
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

Command infoCommand()
{
    return {"info", "FILE... [--json]",        "Tells about a video, a picture, a set of pictures, a weights file or a JSON of scores",
            "",     {{"json", "", "as JSON"}}, run};
}

} // namespace dscope::cli
