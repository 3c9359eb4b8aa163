// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tasks/face/boxes.h"

#include "core/base/csv.h"
#include "core/base/error.h"
#include "core/base/hash.h"

#include <algorithm>
#include <cmath>

namespace dscope {

namespace {

constexpr int kMostSide = 1 << 17;

int roundUp32(int value)
{
    return (value + 31) / 32 * 32;
}

bool finite(const Face &face)
{
    bool good = std::isfinite(face.score) && std::isfinite(face.box.x) && std::isfinite(face.box.y) && std::isfinite(face.box.w) && std::isfinite(face.box.h);
    for (const Point &point : face.landmarks)
        good = good && std::isfinite(point.x) && std::isfinite(point.y);
    return good;
}

} // namespace

std::vector<Face> suppress(std::vector<Face> faces, float threshold, std::size_t limit)
{
    // Equal scores keep their order, so that the result does not depend on the library's sort.
    std::stable_sort(faces.begin(), faces.end(), [](const Face &a, const Face &b) { return a.score > b.score; });
    if (faces.size() > limit)
        faces.resize(limit);
    std::vector<Face> kept;
    for (const Face &face : faces) {
        const bool hidden = std::any_of(kept.begin(), kept.end(), [&](const Face &other) { return overlap(face.box, other.box) > threshold; });
        if (!hidden)
            kept.push_back(face);
    }
    return kept;
}

std::vector<Face> plausible(std::vector<Face> faces, int width, int height, int minFace)
{
    std::erase_if(faces, [&](const Face &face) {
        if (!finite(face))
            return true;
        const float x = face.box.x + face.box.w / 2;
        const float y = face.box.y + face.box.h / 2;
        return x < 0 || y < 0 || x > static_cast<float>(width) || y > static_cast<float>(height)
            || std::min(face.box.w, face.box.h) < std::max(1.F, static_cast<float>(minFace));
    });
    return faces;
}

InputSize inputSize(const Picture &picture)
{
    return {roundUp32(picture.width), roundUp32(picture.height)};
}

void checkOptions(const DetectorOptions &options)
{
    const auto inside = [](double value, double low, double high) { return std::isfinite(value) && value >= low && value <= high; };
    if (!inside(options.minScore, 0.001, 1))
        throw Error("The detector's minScore must lie between 0.001 and 1.");
    if (!inside(options.nms, 0, 1))
        throw Error("The detector's nms must lie between 0 and 1.");
    if (options.maxSide != 0 && !inside(options.maxSide, 32, kMostSide))
        throw Error("The detector's maxSide must lie between 32 and " + std::to_string(kMostSide)
                    + " pixels, or be 0 for as many as the smallest face asks for.");
    if (options.minFace < 0)
        throw Error("The detector's minFace must not be negative.");
}

std::string optionsKey(const DetectorOptions &options)
{
    return "pyramid1,score" + csvNumber(options.minScore) + ",nms" + csvNumber(options.nms) + ",side" + std::to_string(options.maxSide) + ",face"
        + std::to_string(options.minFace) + ",search" + std::to_string(static_cast<int>(options.search));
}

std::string checkedHash(const ModelSpec &spec)
{
    const std::string hash = sha256File(spec.path);
    if (!spec.sha256.empty() && hash != spec.sha256)
        throw FileError(spec.path,
                        "its SHA-256 is " + hash + ", but the manifest says " + spec.sha256 + " for the model '" + spec.name
                            + "'. The file is damaged or another version; fetch it again.");
    return hash;
}

} // namespace dscope
