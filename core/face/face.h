#pragma once

#include "core/base/device.h"
#include "core/base/picture.h"
#include "core/base/task.h"
#include "core/image/pixels.h"
#include "core/nets/model.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace dscope {

/// A face in a picture, in that picture's pixels.
struct Face {
    Box box;
    Landmarks landmarks{};
    float score = 0; ///< the detector's confidence, 0 to 1
};

/// How faces are looked for.
struct DetectorOptions {
    float minScore = 0.5F;           ///< faces below are dropped
    float nms = 0.4F;                ///< overlap (intersection over union) above which the weaker of two boxes goes
    int maxSide = 1024;              ///< the picture is shrunk so that its longer side is at most this at scale 1
    std::vector<float> scales{1.0F}; ///< further sizes, relative to the first; boxes of all are merged by NMS
    int minFace = 20;                ///< faces with a shorter side, in pixels of the picture, are dropped
};

/// A face detector with five landmarks.
class FaceDetector {
public:
    /// RetinaFace (native libtorch) or an ONNX detector through OpenCV DNN, by the architecture in `spec`. @throws FileError, Error
    static std::unique_ptr<FaceDetector> load(const ModelSpec &spec, const Device &device, const DetectorOptions &options = {});
    virtual ~FaceDetector() = default;

    /// All faces, strongest first, in pixels of the whole picture. Not to be called from two threads at once.
    virtual std::vector<Face> detect(const PixelSource &pixels) = 0;
    std::vector<Face> detect(const Picture &picture) { return detect(PicturePixels(picture)); }
    /// Another detector on the same tensors, for another thread. Nothing where it must be loaded for itself.
    virtual std::unique_ptr<FaceDetector> sharing() const { return nullptr; }
    /// Changes with anything that changes the result: model hash, options. Part of the cache's key.
    virtual std::string key() const = 0;

    /// What the user should know of (a fall back to the CPU) since the last call; the caller hands it to its Task.
    std::vector<std::string> takeNotices() { return std::exchange(m_notices, {}); }

protected:
    void addNotice(std::string text) { m_notices.push_back(std::move(text)); }

private:
    std::vector<std::string> m_notices;
};

/// Aligns a face to 112 x 112 by the similarity transform of its landmarks to the reference points of protocols.md, section 1.
/// Border 0. When the face shrinks, the source is area-filtered first, so that no aliasing comes in. @throws Error if the landmarks
/// coincide or are not finite.
Picture alignFace(const Picture &picture, const Landmarks &landmarks);
/// The same from pixels of which only those around the face are asked for.
Picture alignFace(const PixelSource &pixels, const Landmarks &landmarks);
/// A face of which only a box is known, for showing it: the square around the box's centre with a quarter more than its longer side, upright, 112 x 112,
/// through the same filter. Border 0. @throws Error if the box is empty or not finite.
Picture cropFace(const Picture &picture, const Box &box);

} // namespace dscope
