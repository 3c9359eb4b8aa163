// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/info.h"

#include "core/base/csv.h"
#include "core/base/error.h"
#include "core/base/filebytes.h"
#include "core/base/hash.h"
#include "core/base/json.h"
#include "core/base/jsonfields.h"
#include "core/base/text.h"
#include "core/nets/costjson.h"
#include "core/nets/library.h"
#include "core/nets/network.h"
#include "core/nets/recognise.h"
#include "core/scores/labeler.h"
#include "core/scores/secondlook.h"
#include "core/sets/poolfile.h"
#include "core/training/packedset.h"
#include "core/training/recordio.h"

#include <algorithm>
#include <cmath>
#include <iostream>
#include <map>
#include <set>

namespace dscope::cli {

namespace fs = std::filesystem;

namespace {

Json scoresInfo(const fs::path &path)
{
    constexpr std::size_t most = 20'000'000;
    const Json scores = readJson(path);
    if (!scores.is_object() || !scores.contains("schema") || scores["schema"] != "dscope.scores/1")
        throw FileError(path, "is JSON, but not of the schema dscope.scores/1.");
    const JsonFields fields(scores, path);
    std::size_t groups = 0;
    std::size_t faces = 0;
    std::size_t kept = 0;
    double sum = 0;
    const std::vector<JsonFields> sources = fields.objects("sources", most);
    for (const JsonFields &source : sources)
        for (const JsonFields &group : source.objects("groups", most)) {
            ++groups;
            for (const JsonFields &element : group.objects("elements", most)) {
                ++faces;
                kept += element.flag("kept") ? 1 : 0;
                sum += element.number("d_score");
            }
        }
    Json json{{"kind", "scores"}, {"schema", "dscope.scores/1"}, {"sources", sources.size()}, {"groups", groups}, {"faces", faces}, {"kept", kept}};
    json["mean_d_score"] = faces > 0 ? Json(sum / static_cast<double>(faces)) : Json(nullptr);
    json["models"] = fields.at("models");
    return json;
}

/// The model that a weights file is, if it is one: loaded and counted. Why it cannot be used stands in "problem".
void addModelInfo(Json &json, const fs::path &path)
{
    const ModelStore store;
    std::string problem;
    for (const Role role : {Role::Base, Role::DdNet}) {
        try {
            ModelSpec spec = store.find(path.string(), role);
            const auto network = Network::load(spec, Device{}, {.use = Use::Any});
            json["model"] = {{"name", spec.name},
                             {"role", roleName(role)},
                             {"architecture", spec.architecture},
                             {"parameters", network->parameters()},
                             {"mac", costJson(network->cost().mac)},
                             {"flop", costJson(network->cost().flop)}};
            for (const std::string &note : network->notices())
                json["notes"].push_back(note);
            if (useQualityHead(spec))
                json["model"]["quality_head"] = spec.output;
            return;
        } catch (const Error &error) {
            // Not a known model of this role: its tensors are listed all the same.
            if (problem.empty())
                problem = error.what();
        }
    }
    json["problem"] = problem;
}

/// What `dscope train second` wrote.
Json secondLookInfo(const fs::path &path)
{
    const std::shared_ptr<const SecondLook> look = SecondLook::load(path);
    const SecondLookOrigin &origin = look->origin();
    const auto known = [](double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); };
    Json json{{"kind", "second look"},
              {"sha256", fileHash(path)},
              {"base", origin.base},
              {"base_sha256", origin.baseHash},
              {"dim", look->dim()},
              {"ridge", origin.ridge},
              {"target", secondTargetWords.wordOf(origin.target)},
              {"set", origin.set},
              {"people", origin.people},
              {"pictures", origin.pictures},
              {"left_out", origin.leftOut},
              {"spearman_in_sample", known(origin.inSample)},
              {"spearman_held_out", known(origin.heldOut)},
              {"mac", costJson(look->cost().mac)},
              {"flop", costJson(look->cost().flop)}};
    json["rule"] = origin.rule.empty() ? Json(nullptr) : Json(origin.rule);
    if (!origin.without.empty())
        json["without"] = origin.without;
    return json;
}

/// What `dscope label` wrote.
Json targetsInfo(const fs::path &path)
{
    const Targets targets = readTargets(path);
    return {{"kind", "targets"},
            {"sha256", fileHash(path)},
            {"base", targets.base.name},
            {"base_sha256", targets.baseHash},
            {"faces_folder", targets.faces.root.string()},
            {"faces", targets.faces.size()},
            {"people", targets.faces.people.size()},
            {"copies", targets.options.copies},
            {"targets", std::count(targets.scores.target.begin(), targets.scores.target.end(), 1)},
            {"families", targets.options.families.text()},
            {"target", targetWords.wordOf(targets.options.dscore.target)},
            {"centroids", centroidWords.wordOf(targets.options.dscore.centroids)},
            {"leave_out", leaveOutWords.wordOf(targets.options.dscore.leaveOut)},
            {"mu", targets.scores.mu},
            {"sigma", targets.scores.sigma}};
}

/// What `--keep` of compare and tune-rule wrote.
Json poolInfo(const fs::path &path)
{
    std::map<std::string, std::string> about;
    const FacePool pool = loadPool(path, &about);
    std::vector<std::string> scores{"d_score"};
    if (!pool.detector.empty())
        scores.emplace_back("detector");
    for (const auto &quality : pool.quality)
        scores.push_back(quality.first);
    Json json{{"kind", "pool"},
              {"sha256", fileHash(path)},
              {"name", pool.name},
              {"elements", pool.faces()},
              {"people", pool.people.size()},
              {"versions", pool.versions},
              {"dim", pool.dim},
              {"scores", scores}};
    if (!pool.cameras.empty())
        json["cameras"] = std::set(pool.cameras.begin(), pool.cameras.end()).size();
    for (const auto &[key, value] : about)
        json["about"][key] = value;
    return json;
}

Json weightsInfo(const fs::path &path)
{
    const WeightsReport info = readWeightsReport(path);
    if (info.metadata.contains("dscope.second"))
        return secondLookInfo(path);
    if (info.metadata.contains("dscope.targets"))
        return targetsInfo(path);
    Json json{{"kind", "weights"}, {"format", info.kind}, {"sha256", fileHash(path)}, {"tensors", info.tensors.size()}, {"values", info.values}};
    addModelInfo(json, path);
    if (!info.chosen.empty())
        json["state_dict"] = info.chosen;
    if (!info.notes.empty() && !json.contains("notes"))
        json["notes"] = info.notes;
    if (!info.sets.empty())
        json["weights_sets"] = info.sets;
    if (!info.skipped.empty())
        json["skipped"] = info.skipped;
    if (!info.metadata.empty())
        json["metadata"] = info.metadata;
    json["list"] = Json::array();
    for (const TensorInfo &tensor : info.tensors)
        json["list"].push_back({{"name", tensor.name}, {"type", tensor.type}, {"shape", tensor.shape}});
    return json;
}

bool isTensor(const Json &entry)
{
    return entry.is_object() && entry.contains("name") && entry["name"].is_string() && entry.contains("type") && entry["type"].is_string()
        && entry.contains("shape") && entry["shape"].is_array();
}

/// For people, without what could command their terminal: "name input, type float32, shape any 3 112 112"
std::string oneLine(const Json &entry)
{
    if (!entry.is_structured())
        return shownName(entry.is_string() ? entry.get<std::string>() : entry.dump(-1, ' ', false, Json::error_handler_t::replace));
    std::string text;
    for (const auto &[key, value] : entry.items())
        text += (text.empty() ? "" : entry.is_object() ? ", " : " ") + (entry.is_object() ? shownName(key) + ' ' : std::string()) + oneLine(value);
    return text;
}

void print(const Json &json, const std::string &indent)
{
    for (const auto &[key, value] : json.items()) {
        std::string name = shownName(key);
        std::replace(name.begin(), name.end(), '_', ' ');
        if (value.is_object()) {
            std::cout << indent << name << ":\n";
            print(value, indent + "  ");
        } else if (key == "list" && value.is_array() && std::all_of(value.begin(), value.end(), isTensor)) {
            for (const Json &tensor : value) {
                std::string shape;
                for (const Json &side : tensor["shape"])
                    shape += (shape.empty() ? "" : ", ") + side.dump();
                std::cout << indent << "  " << shown(tensor["name"].get<std::string>()) << "  " << shown(tensor["type"].get<std::string>()) << " [" << shape
                          << "]\n";
            }
        } else if (value.is_array()) {
            std::cout << indent << name << ":\n";
            for (const Json &entry : value)
                std::cout << indent << "  " << oneLine(entry) << '\n';
        } else if (value.is_number_float()) {
            std::cout << indent << name << ": " << printed("%.6g", value.get<double>()) << '\n';
        } else {
            std::cout << indent << name << ": " << oneLine(value) << '\n';
        }
    }
}

/// State dicts go by many endings, and by what they begin with where that is plain.
bool isWeights(const fs::path &path, const std::string &extension)
{
    for (const char *known : {".pt", ".pth", ".safetensors", ".tar", ".ckpt", ".pkl", ".bin", ".pt2", ".ts"})
        if (extension == known)
            return fs::is_regular_file(path);
    return fs::is_regular_file(path) && isWeightsFile(path);
}

int run(const Arguments &arguments, const OtherInfo &other, Progress &progress)
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
        else if (fs::is_regular_file(path) && looksLikePool(path))
            json = poolInfo(path);
        else if (isWeights(path, extension))
            json = weightsInfo(path);
        else if (looksLikePack(path) || looksLikeRecords(path))
            json = faceListInfo(path, progress);
        else
            json = other(path, progress);
        Json named{{"path", path.string()}};
        for (auto &[key, value] : json.items())
            named[key] = std::move(value); // the list of tensors may be long
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

Json faceListInfo(const fs::path &path, Progress &progress)
{
    const FaceList list = readFaceList(path, {}, progress);
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
        if (set.frames() > 1)
            json["frames"] = set.frames();
        json["source"] = set.source();
        json["skipped"] = set.skipped();
    }
    return json;
}

Command infoCommandWith(const std::string &summary, const OtherInfo &other)
{
    return {"info",
            "FILE... [--json]",
            summary,
            "",
            std::vector<Option>{{"json", "", "as JSON"}} + choiceOptions(),
            [other](const Arguments &arguments, Progress &progress) { return run(arguments, other, progress); },
            true};
}

Command coreInfoCommand()
{
    return infoCommandWith("Tells about a set of aligned faces, a weights file or a JSON of scores", faceListInfo);
}

} // namespace dscope::cli
