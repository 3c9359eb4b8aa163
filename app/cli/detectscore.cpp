// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/detectscore.h"

#include "core/face/face.h"

#include <algorithm>

namespace dscope::cli {

namespace {

/// The face in the middle of a grey picture twice its size: detectors are taught on faces with something around them.
Picture framed(const Picture &face)
{
    Picture frame(2 * face.width, 2 * face.height);
    std::fill(frame.rgb.begin(), frame.rgb.end(), std::uint8_t{127});
    for (int y = 0; y < face.height; ++y)
        std::copy_n(face.row(y), 3 * face.width, frame.row(y + face.height / 2) + 3 * (face.width / 2));
    return frame;
}

} // namespace

std::function<std::vector<float>(std::span<const Picture>, Progress &)> detectorScore(const std::string &detector, const ModelStore &store,
                                                                                      const Device &device)
{
    DetectorOptions options;
    options.minScore = 0.01F;
    const ModelSpec spec = detector.empty() ? store.best(Role::Detector) : store.find(detector, Role::Detector);
    const std::shared_ptr<FaceDetector> loaded = FaceDetector::load(spec, device, options);
    return [loaded](std::span<const Picture> faces, Progress &progress) {
        std::vector<float> scores;
        for (const Picture &face : faces) {
            progress.throwIfCancelled();
            const std::vector<Face> found = loaded->detect(framed(face));
            scores.push_back(found.empty() ? 0.0F : found.front().score);
        }
        for (const std::string &notice : loaded->takeNotices())
            progress.notice(notice);
        return scores;
    };
}

} // namespace dscope::cli
