// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/jobs/modelwork.h"

#include "core/base/error.h"
#include "core/base/hash.h"
#include "core/image/reader.h"
#include "core/nets/inputside.h"
#include "core/nets/recognise.h"
#include "core/nets/tensorlist.h"
#include "core/onnx/graph.h"
#include "core/tasks/elements.h"
#include "ui/convert.h"

#include <algorithm>
#include <cmath>

namespace dscope {

ModelInsight inspectModel(const ModelSpec &spec, Progress &progress)
{
    ModelInsight insight;
    insight.name = spec.name;
    if (!spec.available()) {
        insight.problem = toQString("The file " + spec.file + " was not found.");
        return insight;
    }
    progress.stage("Looking into " + spec.file);
    std::error_code ignored;
    insight.fileBytes = static_cast<std::int64_t>(std::filesystem::file_size(spec.path, ignored));
    try {
        if (spec.role != Role::Detector) {
            insight.network = Network::load(spec, Device{}, {.use = Use::Any});
            insight.hash = insight.network->hash();
            insight.parameters = insight.network->parameters();
            for (const LayerInfo &layer : insight.network->layers())
                insight.rows.push_back({toQString(layer.name), toQString(layer.type), layer.output, layer.parameters, layer.mac});
        }
    } catch (const std::exception &error) {
        insight.problem = toQString(describe(error));
    }
    progress.throwIfCancelled();
    try {
        if (isOnnxFile(spec.path) && spec.role != Role::Detector) {
            const OnnxGraph graph = readOnnx(spec.path);
            for (const OnnxValue &output : graph.outputs)
                if (graph.outputs.size() > 1)
                    insight.outputs.push_back(output.name);
        }
        if (insight.hash.empty())
            insight.hash = sha256File(spec.path);
        if (spec.role != Role::Detector && !isOnnxFile(spec.path) && !isTorchScript(spec.path))
            insight.weights = readWeightsReport(spec.path).sets;
        if (insight.rows.empty() && !isOnnxFile(spec.path) && !isTorchScript(spec.path)) {
            const WeightsInfo info = readWeightsInfo(spec.path);
            insight.tensors = true;
            for (const TensorInfo &tensor : info.tensors) {
                std::int64_t values = 1;
                for (const std::int64_t size : tensor.shape)
                    values *= size;
                insight.rows.push_back({toQString(tensor.name), toQString(tensor.type), tensor.shape, values, 0});
            }
            if (!insight.network)
                insight.parameters = info.values;
        }
    } catch (const Cancelled &) {
        throw;
    } catch (const std::exception &error) {
        if (insight.problem.isEmpty())
            insight.problem = toQString(describe(error));
    }
    return insight;
}

ModelTrial tryModel(const ModelSpec &spec, const ModelStore &store, const std::filesystem::path &file, Progress &progress)
{
    ModelTrial trial;
    progress.stage("Trying " + spec.name + " on " + file.filename().string());
    const Picture picture = readPicture(file);
    const Task &task = taskNamed(spec.task);
    const ElementSource &source = elementSource(task);
    const ElementShape shape = elementShape(spec);
    FoundElement element;
    trial.aligned = source.isElement(picture.width, picture.height, shape);
    trial.faces = 1;
    if (!trial.aligned) {
        const std::vector<FoundElement> found = source.finder(source.detector({}, store), Device{}, {})->find(PicturePixels(picture), progress);
        if (found.empty())
            throw FileError(file, "no " + std::string(task.element) + " was found in it.");
        trial.faces = static_cast<int>(found.size());
        element = found.front();
    }
    CutElement cut = source.cut(PicturePixels(picture), element, {.base = shape});
    trial.crop = std::move(cut.shown);
    // A network with a larger input gets the element at that size.
    const Picture &seen = cut.base.empty() ? trial.crop : cut.base.frame(0);
    progress.throwIfCancelled();
    const int width = spec.inputWidth > 0 ? spec.inputWidth : task.shape.width;
    const int height = spec.inputHeight > 0 ? spec.inputHeight : task.shape.height;
    trial.prepared = PicturePixels(seen).region({(seen.width - width) / 2, (seen.height - height) / 2, width, height});
    const std::vector<Picture> one{trial.crop};
    const std::vector<Picture> own{seen};
    const auto scoreBy = [&](const ModelSpec &ddnet) {
        const auto network = Network::load(ddnet, Device{});
        trial.dScore = static_cast<double>(network->run(elementShape(network->spec()) == shape ? own : one, progress).at(0));
        trial.ddnet = ddnet.name;
    };
    if (spec.role == Role::DdNet) {
        scoreBy(spec);
    } else if (spec.role == Role::Base) {
        double sum = 0;
        for (const float value : Network::load(spec, Device{}, {.use = Use::Any})->run(own, progress))
            sum += static_cast<double>(value) * static_cast<double>(value);
        trial.norm = std::sqrt(sum);
        std::optional<ModelSpec> ddnet;
        try {
            ddnet = store.best(Role::DdNet, spec.name);
        } catch (const Error &) {
            // No DDNet was taught for this base.
        }
        if (ddnet)
            scoreBy(*ddnet);
    }
    return trial;
}

} // namespace dscope
