// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/jobs/modelwork.h"

#include "core/base/error.h"
#include "core/base/hash.h"
#include "core/face/face.h"
#include "core/image/reader.h"
#include "core/nets/inputside.h"
#include "core/nets/recognise.h"
#include "core/nets/tensorlist.h"
#include "core/onnx/graph.h"
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
    // A network with an input above 112 gets the face at that size.
    const int side = inputSide(spec);
    Picture seen;
    if (picture.width == picture.height && (picture.width == alignedSide || picture.width == side)) {
        trial.crop = resized(picture, alignedSide, alignedSide);
        seen = resized(picture, side, side);
        trial.aligned = true;
        trial.faces = 1;
    } else {
        const std::unique_ptr<FaceDetector> detector = FaceDetector::load(store.best(Role::Detector), Device{});
        const std::vector<Face> faces = detector->detect(picture, &progress);
        if (faces.empty())
            throw FileError(file, "no face was found in it.");
        trial.faces = static_cast<int>(faces.size());
        trial.crop = alignFace(picture, faces.front().landmarks);
        seen = alignFace(picture, faces.front().landmarks, side);
    }
    progress.throwIfCancelled();
    const int width = spec.inputWidth > 0 ? spec.inputWidth : alignedSide;
    const int height = spec.inputHeight > 0 ? spec.inputHeight : alignedSide;
    trial.prepared = PicturePixels(seen).region({(side - width) / 2, (side - height) / 2, width, height});
    const std::vector<Picture> one{trial.crop};
    const std::vector<Picture> own{seen};
    const auto scoreBy = [&](const ModelSpec &ddnet) {
        const auto network = Network::load(ddnet, Device{});
        trial.dScore = static_cast<double>(network->run(inputSide(network->spec()) == side ? own : one, progress).at(0));
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
