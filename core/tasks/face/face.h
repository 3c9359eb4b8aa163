// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/device.h"
#include "core/base/picture.h"
#include "core/base/progress.h"
#include "core/image/pixels.h"
#include "core/nets/model.h"
#include "core/tasks/elementoptions.h"
#include "core/tasks/face/geometry.h"

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

/// Which faces a network finds well. Sizes are the square root of the box's area, in pixels of what the network is given.
struct DetectorReach {
    float least = 20;  ///< smaller ones are often missed
    float best = 112;  ///< box and landmarks are the most exact
    float most = 384;  ///< larger ones get a wrong box
    float sure = 0.8F; ///< a score that hardly anything but a face gets
};

/// A face detector with five landmarks.
class FaceDetector {
public:
    /// RetinaFace (native libtorch) or an ONNX detector through OpenCV DNN, by the architecture in `spec`. @throws FileError, Error
    static std::unique_ptr<FaceDetector> load(const ModelSpec &spec, const Device &device, const DetectorOptions &options = {});
    virtual ~FaceDetector() = default;

    /// All faces, strongest first, in pixels of the whole picture: looked for at several sizes of it (core/tasks/face/pyramid.h), so that a face gets the same
    /// box however large it lies in the picture, and each is found once. Not to be called from two threads at once. @param progress cancels between two looks
    std::vector<Face> detect(const PixelSource &pixels, Progress *progress = nullptr);
    std::vector<Face> detect(const Picture &picture, Progress *progress = nullptr) { return detect(PicturePixels(picture), progress); }
    /// Another detector on the same tensors, for another thread. Nothing where it must be loaded for itself.
    virtual std::unique_ptr<FaceDetector> sharing() const { return nullptr; }
    /// Changes with anything that changes the result: model hash, options. Part of the cache's key.
    virtual std::string key() const = 0;

    /// What the user should know of (a fall back to the CPU) since the last call; the caller hands it to its Progress.
    std::vector<std::string> takeNotices() { return std::exchange(m_notices, {}); }

protected:
    FaceDetector(const DetectorOptions &options, const DetectorReach &reach) : m_options(options), m_reach(reach) {}

    const DetectorOptions &options() const { return m_options; }
    /// What the network finds in a picture at exactly its size, in its pixels: everything of at least minScore, a face as often as it is found.
    virtual std::vector<Face> look(const Picture &picture) = 0;
    void addNotice(std::string text) { m_notices.push_back(std::move(text)); }

private:
    DetectorOptions m_options;
    DetectorReach m_reach;
    std::vector<std::string> m_notices;
};

/// Aligns a face to 112 x 112 by the similarity transform of its landmarks to the reference points of protocols.md, section 1; for a network with a
/// larger input to `side` x `side`, the points scaled with it. Border 0. When the face shrinks, the source is area-filtered first, so that no aliasing
/// comes in. @throws Error if the landmarks coincide or are not finite.
Picture alignFace(const Picture &picture, const Landmarks &landmarks, int side = alignedSide);
/// The same from pixels of which only those around the face are asked for.
Picture alignFace(const PixelSource &pixels, const Landmarks &landmarks, int side = alignedSide);
/// A face of which only a box is known, for showing it: the square around the box's centre with a quarter more than its longer side, upright, 112 x 112,
/// through the same filter. Border 0. @throws Error if the box is empty or not finite.
Picture cropFace(const PixelSource &pixels, const Box &box, int side = alignedSide);
Picture cropFace(const Picture &picture, const Box &box);

} // namespace dscope
