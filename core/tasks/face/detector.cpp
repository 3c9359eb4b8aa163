// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/tasks/face/boxes.h"
#include "core/tasks/face/face.h"
#include "core/tasks/face/onnxdetector.h"
#include "core/tasks/face/pyramid.h"

namespace dscope {

// Declared here and not by including core/tasks/face/retinaface.h, which brings the torch headers (12 s to compile).
std::unique_ptr<FaceDetector> loadRetinaFace(const ModelSpec &spec, const Device &device, const DetectorOptions &options);

std::unique_ptr<FaceDetector> FaceDetector::load(const ModelSpec &spec, const Device &device, const DetectorOptions &options)
{
    checkOptions(options);
    if (!spec.available())
        throw Error("The file '" + spec.file + "' of the face detector '" + spec.name + "' was not found.");
    if (spec.architecture == "retinaface")
        return loadRetinaFace(spec, device, options);
    if (spec.architecture == "centerface-onnx")
        return loadOnnxDetector(spec, options);
    throw Error("The model '" + spec.name + "' has the architecture '" + spec.architecture + "', which is no face detector (retinaface, centerface-onnx).");
}

std::vector<Face> FaceDetector::detect(const PixelSource &pixels, Progress *progress)
{
    return searchPyramid(
        pixels, m_options, m_reach, [this](const Picture &picture) { return look(picture); }, progress);
}

} // namespace dscope
