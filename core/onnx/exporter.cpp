// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/onnx/exporter.h"

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/hash.h"
#include "core/base/random.h"
#include "core/base/text.h"
#include "core/nets/checkpoint.h"
#include "core/nets/facenet.h"
#include "core/nets/library.h"
#include "core/nets/recognise.h"
#include "core/nets/weightfit.h"
#include "core/onnx/executor.h"
#include "core/onnx/recorder.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <opencv2/dnn.hpp>

#include <algorithm>
#include <array>

namespace dscope {

namespace {

/// Pictures tried at once.
constexpr int s_pictures = 3;

/// The network with its weights, or the reason why there is none to write.
std::shared_ptr<FaceNet> networkOf(const ModelSpec &model)
{
    const auto has = [&](const std::vector<std::string> &known) { return std::find(known.begin(), known.end(), model.architecture) != known.end(); };
    if (!has(faceNetArchitectures()) && !has(clipNetArchitectures()))
        throw Error("'" + model.name + "' is a network of the kind '" + model.architecture
                    + "', of which Dscope has the file alone. It can write only networks that it builds itself; see: dscope models --all");
    if (!model.available())
        throw Error("The weights of '" + model.name + "' (" + model.file + ") are not there.");
    if (!model.sha256.empty() && sha256File(model.path) != model.sha256)
        throw FileError(model.path, "is not the file that the manifest describes.");
    const std::int64_t classes = model.inputFrames > 1 ? classesIn(readWeightsInfo(model.path), model.architecture) : 0;
    std::shared_ptr<FaceNet> net = createFaceNet(model.architecture, classes);
    loadWeights(*net, model.path, model.outputSize);
    net->eval();
    for (at::Tensor &parameter : net->parameters())
        parameter.set_requires_grad(false);
    return net;
}

at::Tensor noisePictures(const ModelSpec &model)
{
    std::vector<Picture> pictures;
    for (int i = 0; i < s_pictures; ++i) {
        Picture picture(model.inputWidth, model.inputHeight);
        Random random(11, static_cast<std::uint64_t>(i));
        for (std::uint8_t &value : picture.rgb)
            value = static_cast<std::uint8_t>(random.below(256));
        pictures.push_back(std::move(picture));
    }
    return prepareBatch(pictures, model).contiguous(at::MemoryFormat::Contiguous);
}

double apart(const at::Tensor &a, const at::Tensor &b)
{
    if (a.numel() != b.numel())
        throw Error("The ONNX file gives " + std::to_string(a.numel()) + " values, the network " + std::to_string(b.numel()) + ".");
    const at::Tensor difference = (a.reshape({-1}) - b.reshape({-1})).abs();
    const double value = difference.max().item<double>() / std::max(1e-30, b.abs().max().item<double>());
    return value <= 1e30 ? value : 1e30; // NaN, too
}

/// The pictures one by one through OpenCV.
at::Tensor throughOpenCv(const std::string &bytes, const at::Tensor &pictures, bool fused)
{
    cv::dnn::Net net = cv::dnn::readNetFromONNX(bytes.data(), bytes.size());
    net.enableFusion(fused);
    std::vector<at::Tensor> rows;
    for (std::int64_t i = 0; i < pictures.size(0); ++i) {
        const at::Tensor one = pictures.narrow(0, i, 1).contiguous();
        const std::array<int, 4> dims{1, 3, static_cast<int>(one.size(2)), static_cast<int>(one.size(3))};
        net.setInput(cv::Mat(4, dims.data(), CV_32F, one.data_ptr<float>()));
        const cv::Mat out = net.forward();
        rows.push_back(at::from_blob(const_cast<float *>(out.ptr<float>()), {1, static_cast<std::int64_t>(out.total())}, at::kFloat).clone());
    }
    return at::cat(rows, 0);
}

void demand(double value, const char *what)
{
    if (!(value <= s_exportTolerance)) {
        throw Error(
            printed("The ONNX network run by %s lies %.2g from the network itself, more than %g; nothing was written.", what, value, s_exportTolerance));
    }
}

} // namespace

ExportCheck exportOnnx(const ModelSpec &model, const std::filesystem::path &out, Progress &progress)
{
    if (model.inputFrames > 1)
        throw Error("'" + model.name + "' takes clips; ONNX files are written of networks on pictures. Its weights can be saved as safetensors.");
    const at::NoGradGuard guard;
    progress.stage("Reading the weights");
    const std::shared_ptr<FaceNet> net = networkOf(model);
    const at::Tensor pictures = noisePictures(model);
    const at::Tensor expected = net->forward(pictures).to(at::kFloat); // before anything is folded
    progress.throwIfCancelled();

    progress.stage("Writing the operators down");
    net->foldBatchNorm();
    std::map<std::string, at::Tensor> named;
    for (const auto &item : net->named_parameters())
        named[item.key()] = item.value();
    for (const auto &item : net->named_buffers())
        named[item.key()] = item.value();
    const at::Tensor one = pictures.narrow(0, 0, 1).contiguous();
    OnnxGraph graph = onnx::recordGraph(
        one, named, [&](const at::Tensor &x) { return net->forward(x); }, model.role == Role::DdNet ? "d_score" : "embedding");
    ModelSpec described = model;
    described.architecture = "onnx";
    described.file = out.filename().string();
    described.path = out;
    described.sha256.clear();
    described.output.clear();
    described.outputSize = expected.size(1);
    graph.name = model.name;
    graph.producer = "dscope";
    graph.metadata["dscope.model"] = toJson(described).dump();
    const std::string bytes = onnxBytes(graph);
    progress.throwIfCancelled();

    progress.stage("Running it beside the network");
    ExportCheck check;
    OnnxExecutor executor(parseOnnx(bytes, out), out);
    check.executor = apart(executor.run({pictures}).front(), expected);
    demand(check.executor, "Dscope");
    try {
        check.opencv = apart(throughOpenCv(bytes, pictures, false), expected);
        check.opencvFused = apart(throughOpenCv(bytes, pictures, true), expected);
    } catch (const cv::Exception &error) {
        throw Error("OpenCV DNN cannot run the ONNX network: " + error.err);
    }
    demand(check.opencv, "OpenCV DNN");
    if (check.opencvFused > s_exportTolerance)
        progress.notice("OpenCV DNN gives other results for this network when it fuses layers; call enableFusion(false) there.");
    progress.throwIfCancelled();
    writeAtomically(out, bytes);
    described.sha256 = sha256File(out);
    writeSidecar(described);
    return check;
}

void exportSafetensors(const ModelSpec &model, const std::filesystem::path &out, Progress &progress)
{
    const at::NoGradGuard guard;
    progress.stage("Reading the weights");
    const std::shared_ptr<FaceNet> net = networkOf(model);
    ModelSpec described = model;
    described.file = out.filename().string();
    described.path.clear();
    described.sha256.clear();
    const StateDict tensors = stateDict(*net);
    progress.throwIfCancelled();
    writeSafetensors(out, tensors, {{"dscope.model", toJson(described).dump()}});
    progress.stage("Reading it back");
    const StateDict again = readStateDict(out);
    for (const auto &[name, tensor] : tensors) {
        const auto found = again.find(name);
        if (found == again.end() || !at::equal(found->second, tensor.to(at::kCPU)))
            throw FileError(out, "holds another '" + name + "' than was written; the disk may be damaged.");
    }
}

} // namespace dscope
