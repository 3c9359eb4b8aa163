// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/onnx/outputs.h"

#include "core/base/error.h"
#include "core/nets/wanted.h"

#include <algorithm>

namespace dscope::onnx {

namespace {

constexpr std::int64_t s_mostValues = 1 << 24;

/// Nothing but the batch and one more axis of some length: no map of places.
bool isFlat(const OnnxValue &output)
{
    std::int64_t longer = 0;
    for (std::size_t i = 1; i < output.dims.size(); ++i)
        longer += output.dims[i] != 1 ? 1 : 0;
    return longer <= 1;
}

bool fits(std::int64_t values, Use use)
{
    return use == Use::Score ? values == 1 : values > 1;
}

/// The outputs that can be meant, by their places.
std::vector<std::size_t> fitting(const OnnxGraph &graph, const std::vector<std::int64_t> &values, Use use)
{
    std::vector<std::size_t> found;
    for (std::size_t i = 0; i < graph.outputs.size(); ++i)
        if (isFloating(graph.outputs[i].type) && fits(values[i], use))
            found.push_back(i);
    std::vector<std::size_t> flat;
    std::copy_if(found.begin(), found.end(), std::back_inserter(flat), [&](std::size_t i) { return isFlat(graph.outputs[i]); });
    return flat.empty() ? found : flat;
}

std::string howToName(const std::filesystem::path &path)
{
    return " Name the one with --output NAME, or as output_name in " + path.filename().string() + ".json beside it (the Models page writes it).";
}

} // namespace

std::vector<std::int64_t> declaredValues(const OnnxGraph &graph)
{
    std::vector<std::int64_t> all;
    for (const OnnxValue &output : graph.outputs) {
        std::int64_t values = output.dims.empty() ? -1 : 1;
        for (std::size_t i = 1; i < output.dims.size(); ++i)
            values = output.dims[i] > 0 && output.dims[i] <= s_mostValues && values > 0 && values <= s_mostValues ? values * output.dims[i] : -1;
        all.push_back(values);
    }
    return all;
}

bool looksLikeDetector(const std::vector<std::vector<std::int64_t>> &shapes)
{
    // [N, places, k], [places, k] without a batch, or a map [N, k, height, width]; k numbers at each place.
    constexpr std::int64_t fewest = 16;
    const auto numbersAtPlaces = [](const std::vector<std::int64_t> &shape) -> std::int64_t {
        const auto many = [](std::int64_t places) { return places == -1 || places >= fewest; }; // -1: the file leaves it open
        if (shape.size() == 4 && (shape[2] < 0 || shape[3] < 0 || many(shape[2] * shape[3])))
            return shape[1];
        if (shape.size() == 3 && many(shape[1]))
            return shape[2];
        return shape.size() == 2 && shape[0] >= fewest ? shape[1] : 0;
    };
    int boxes = 0;
    int landmarks = 0;
    int others = 0;
    for (const std::vector<std::int64_t> &shape : shapes) {
        const std::int64_t k = numbersAtPlaces(shape);
        boxes += k == 4 || k == 8 ? 1 : 0;
        landmarks += k == 10 || k == 20 ? 1 : 0;
        others += k == 1 || k == 2 ? 1 : 0;
    }
    // CenterFace's boxes are two maps of two: size and offset.
    return static_cast<std::size_t>(boxes + landmarks + others) == shapes.size() && (boxes > 0 || others > 2) && (landmarks > 0 || (boxes > 0 && others > 0));
}

std::string listOfOutputs(const OnnxGraph &graph, const std::vector<std::int64_t> &values)
{
    std::string text;
    for (std::size_t i = 0; i < graph.outputs.size(); ++i) {
        text += (i == 0 ? "'" : ", '") + graph.outputs[i].name + "'";
        if (values[i] > 0)
            text += " (" + std::to_string(values[i]) + (values[i] == 1 ? " value" : " values") + (isFlat(graph.outputs[i]) ? "" : ", a map")
                + (isFloating(graph.outputs[i].type) ? ")" : " of " + nameOf(graph.outputs[i].type) + ")");
    }
    return text;
}

namespace {

[[noreturn]] void throwUnfit(const OnnxGraph &graph, const std::vector<std::int64_t> &values, const std::string &name, Use use,
                             const std::filesystem::path &path)
{
    std::string fit;
    for (const std::size_t i : fitting(graph, values, use))
        fit += (fit.empty() ? "'" : ", '") + graph.outputs[i].name + "'";
    throw FileError(path,
                    "its output '" + name + "', which --output names, has " + (use == Use::Score ? "more than one value" : "one value")
                        + " a picture, so it is no " + (use == Use::Score ? "score" : "embedding") + ". "
                        + (fit.empty() ? "None of its outputs is one" : "Of its outputs " + fit + " can be that") + ".");
}

} // namespace

ChosenOutput chooseOutput(const OnnxGraph &graph, const std::vector<std::int64_t> &values, const std::string &named, Use use, const std::filesystem::path &path)
{
    const auto place = [&](const std::string &name) -> std::ptrdiff_t {
        const auto found = std::find_if(graph.outputs.begin(), graph.outputs.end(), [&](const OnnxValue &output) { return output.name == name; });
        return found != graph.outputs.end() ? found - graph.outputs.begin() : -1;
    };
    if (!named.empty() && place(named) < 0)
        throw FileError(path, "has no output '" + named + "'; it has " + listOfOutputs(graph, values) + ".");
    const std::vector<std::string> preferred = wantedOutputs().names();
    if (graph.outputs.size() == 1) {
        const std::string &only = graph.outputs.front().name;
        wantedOutputs().asked(std::find(preferred.begin(), preferred.end(), only) != preferred.end() ? only : std::string());
        return {only, {}};
    }
    wantedOutputs().asked();
    std::string unfit; // one that is there, for another use than this
    for (const std::string &name : preferred) {
        if (place(name) < 0)
            continue;
        wantedOutputs().asked(name);
        if (use == Use::Any || fits(values[static_cast<std::size_t>(place(name))], use))
            return {name, {}};
        unfit = name;
    }
    if (!unfit.empty()) // what was asked for by name is never replaced by another
        throwUnfit(graph, values, unfit, use, path);
    const bool none = std::none_of(preferred.begin(), preferred.end(), [&](const std::string &name) { return place(name) >= 0; });
    if (!preferred.empty() && none && named.empty())
        throw FileError(path, "has no output '" + preferred.front() + "', which --output names; it has " + listOfOutputs(graph, values) + ".");
    std::vector<std::size_t> found = fitting(graph, values, use);
    if (use == Use::Any && found.empty())
        found = fitting(graph, values, Use::Score);
    if (!named.empty()) {
        // A file that is a base and a quality network at once is described for one of both.
        if (use != Use::Score || fits(values[static_cast<std::size_t>(place(named))], use) || found.size() != 1)
            return {named, {}};
        return {graph.outputs[found.front()].name, {}};
    }
    const std::string wanted = use == Use::Score ? "the score" : "the embedding";
    if (found.empty())
        throw FileError(path, "has " + listOfOutputs(graph, values) + ": none of them can be " + wanted + " of a picture.");
    if (found.size() > 1) {
        std::string several;
        for (const std::size_t i : found)
            several += (several.empty() ? "'" : ", '") + graph.outputs[i].name + "'";
        throw FileError(path, "has " + listOfOutputs(graph, values) + ": any of " + several + " can be " + wanted + "." + howToName(path));
    }
    const std::string &name = graph.outputs[found.front()].name;
    return {name, path.string() + ": of its outputs " + listOfOutputs(graph, values) + " '" + name + "' is taken as " + wanted + "."};
}

} // namespace dscope::onnx
