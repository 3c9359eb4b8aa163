// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/onnxinfo.h"

#include "core/base/error.h"
#include "core/nets/costjson.h"
#include "core/nets/library.h"
#include "core/nets/network.h"
#include "core/onnx/outputs.h"
#include "core/onnx/pictureinput.h"
#include "core/tasks/elements.h"

#include <map>

namespace dscope::cli {

namespace fs = std::filesystem;

namespace {

Json valueInfo(const OnnxValue &value)
{
    Json shape = Json::array();
    for (const std::int64_t dim : value.dims)
        shape.push_back(dim > 0 ? Json(dim) : Json("any"));
    return {{"name", value.name}, {"type", nameOf(value.type)}, {"shape", shape}};
}

/// How the network is used: as a base, else as a quality network; and what it costs.
Json useInfo(const ModelSpec &spec, Progress &progress)
{
    Json json;
    const auto network = Network::load(spec, Device{}, {.use = Use::Any, .progress = &progress});
    const ModelSpec &used = network->spec();
    json["use"] = used.role == Role::DdNet ? "ddnet" : network->outputSize() == 1 ? "quality score (--scorer)" : "base";
    json["input_width"] = used.inputWidth;
    json["input_height"] = used.inputHeight;
    json["normalisation"] = inputText(used);
    json["normalisation_from"] = inputSourceName(used.inputSource);
    json["mean"] = used.mean;
    json["scale"] = used.scale;
    json["output"] = used.output;
    json["values"] = network->outputSize();
    json["parameters"] = network->parameters();
    json["mac"] = costJson(network->cost().mac);
    json["flop"] = costJson(network->cost().flop);
    if (!network->notices().empty())
        json["notes"] = network->notices();
    return json;
}

/// What a detector finds, by the first task that takes the file for one: "faces". Nothing for another network.
std::string foundBy(const ModelSpec &spec)
{
    for (const Task &task : tasks()) {
        try {
            elementSource(task).finder(spec, Device{}, {});
            return std::string(task.shows);
        } catch (const Cancelled &) {
            throw;
        } catch (const std::exception &) {
            // It is none of this task's.
        }
    }
    return {};
}

} // namespace

Json onnxInfo(const fs::path &path, Progress &progress)
{
    progress.stage("Reading the network");
    std::string hash;
    const OnnxGraph graph = readOnnx(path, &hash);
    Json json{{"kind", "ONNX network"}, {"sha256", hash}, {"operator_set", graph.opset}};
    if (!graph.producer.empty())
        json["producer"] = graph.producer;
    if (!graph.externalFiles.empty())
        json["weights_beside"] = graph.externalFiles;
    json["inputs"] = Json::array();
    for (const OnnxValue &input : graph.inputs)
        json["inputs"].push_back(valueInfo(input));
    json["outputs"] = Json::array();
    for (const OnnxValue &output : graph.outputs)
        json["outputs"].push_back(valueInfo(output));
    std::map<std::string, std::int64_t> counts;
    for (const OnnxNode &node : graph.nodes)
        ++counts[node.type];
    json["operators"] = counts;
    try {
        const onnx::PictureInput input = onnx::pictureInput(graph, path);
        json["channels"] = input.channelsFirst ? "first (N x 3 x height x width)" : "last (N x height x width x 3)";
        ModelSpec detector;
        detector.role = Role::Detector;
        detector.architecture = "onnx";
        detector.name = path.stem().string();
        detector.path = path;
        if (const std::string found = foundBy(detector); !found.empty()) {
            json["model"] = {{"use", "detector (--detector)"}, {"finds", found}};
            return json;
        }
        ModelSpec spec = describeFile(path);
        spec.path = path;
        json["model"] = useInfo(spec, progress);
    } catch (const Error &error) {
        // What it holds is told all the same.
        json["problem"] = error.what();
    }
    return json;
}

} // namespace dscope::cli
