// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/detectscore.h"

#include "core/tasks/elements.h"

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
    const ElementSource &source = elementSource(taskNamed({}));
    const std::shared_ptr<ElementFinder> finder = source.finder(source.detector(detector, store), device, options);
    return [finder](std::span<const Picture> faces, Progress &progress) {
        std::vector<float> scores;
        for (const Picture &face : faces) {
            progress.throwIfCancelled();
            const Picture frame = framed(face);
            const std::vector<FoundElement> found = finder->find(PicturePixels(frame), progress);
            scores.push_back(found.empty() ? 0.0F : found.front().score);
        }
        return scores;
    };
}

} // namespace dscope::cli
