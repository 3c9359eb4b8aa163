// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tasks/elements.h"

#include "core/base/csv.h"
#include "core/base/error.h"
#include "core/base/overlap.h"
#include "core/image/reader.h"
#include "core/tasks/face/boxes.h"
#include "core/tasks/face/face.h"
#include "core/tasks/face/pyramid.h"
#include "core/tasks/face/tracker.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace dscope {

namespace {

const Task &task()
{
    return taskNamed("face");
}

class FaceFinder final : public ElementFinder {
public:
    explicit FaceFinder(std::unique_ptr<FaceDetector> detector) : m_detector(std::move(detector)) {}

    std::vector<FoundElement> find(const PixelSource &pixels, Progress &progress) override
    {
        std::vector<FoundElement> found;
        for (const Face &face : m_detector->detect(pixels, &progress))
            found.push_back({face.box, face.landmarks, face.score, true});
        for (const std::string &notice : m_detector->takeNotices())
            progress.notice(notice);
        return found;
    }
    std::unique_ptr<ElementFinder> sharing() const override
    {
        std::unique_ptr<FaceDetector> other = m_detector->sharing();
        return other ? std::make_unique<FaceFinder>(std::move(other)) : nullptr;
    }

private:
    std::unique_ptr<FaceDetector> m_detector;
};

class FacesInTracks final : public ElementTracker {
public:
    explicit FacesInTracks(const TrackerOptions &options) : m_options(options) {}

    void add(std::int64_t frame, std::span<const FoundElement> elements, std::span<const std::vector<float>> embeddings,
             std::span<const float> weights) override
    {
        for (std::size_t i = 0; i < elements.size(); ++i) {
            const FoundElement &element = elements[i];
            m_faces.push_back({frame, {element.box.value_or(Box{}), element.landmarks.value_or(Landmarks{}), element.score}, embeddings[i], weights[i]});
        }
    }
    std::vector<int> groups() const override { return trackFaces(m_faces, m_options); }
    std::string leftOut(std::int64_t count) const override
    {
        return countedElements(task(), count) + " that " + (count == 1 ? "fits" : "fit") + " no person " + (count == 1 ? "was" : "were")
            + " left out: in tracks shorter than " + (m_options.minLength > 1 ? std::to_string(m_options.minLength) + " frames, or than " : std::string())
            + std::to_string(m_options.sureLength) + (m_options.sureLength == 1 ? " frame" : " frames") + " without one detector score of "
            + csvNumber(m_options.sureScore) + ".";
    }

private:
    TrackerOptions m_options;
    std::vector<TrackFace> m_faces;
};

/// The face that a picture is of: the one with the largest area less twice the squared distance of its centre from the picture's.
const FoundElement &mainFace(const std::vector<FoundElement> &faces, int width, int height)
{
    const auto weight = [&](const FoundElement &face) {
        const Box &box = *face.box;
        const double dx = box.x + box.w / 2.0 - width / 2.0;
        const double dy = box.y + box.h / 2.0 - height / 2.0;
        return static_cast<double>(box.w) * box.h - 2 * (dx * dx + dy * dy);
    };
    return *std::max_element(faces.begin(), faces.end(), [&](const FoundElement &left, const FoundElement &right) { return weight(left) < weight(right); });
}

/// The face in a box: looked for in the box and as much again around it, the one that overlaps it most.
std::vector<FoundElement> faceInBox(const Box &box, const Picture &picture, const FindElements &find)
{
    const auto clampTo = [](float value, int most) { return static_cast<int>(std::clamp(value, 0.0F, static_cast<float>(most))); };
    const int left = clampTo(std::floor(box.x - box.w / 2), picture.width);
    const int top = clampTo(std::floor(box.y - box.h / 2), picture.height);
    const int right = clampTo(std::ceil(box.x + 1.5F * box.w), picture.width);
    const int bottom = clampTo(std::ceil(box.y + 1.5F * box.h), picture.height);
    if (right - left < 2 || bottom - top < 2)
        return {};
    const Picture part = PicturePixels(picture).region({left, top, right - left, bottom - top});
    std::vector<FoundElement> best;
    float most = 0;
    for (FoundElement &face : find(PicturePixels(part))) {
        face.box->x += static_cast<float>(left);
        face.box->y += static_cast<float>(top);
        for (Point &point : *face.landmarks) {
            point.x += static_cast<float>(left);
            point.y += static_cast<float>(top);
        }
        if (const float shared = overlap(*face.box, box); shared > most) {
            most = shared;
            best.assign(1, face);
        }
    }
    return best;
}

/// A picture that is an aligned face already, at the sizes that the networks want.
CutElement takenAsAligned(const Picture &picture, const ElementShapes &shapes)
{
    const auto fits = [&](int side) { return picture.width == side && picture.height == side; };
    const auto at = [&](int side) { return fits(side) ? picture : resized(picture, side, side); };
    CutElement face;
    face.shown = at(alignedSide);
    if (shapes.ddnet.width > alignedSide)
        face.ddnet = at(shapes.ddnet.width);
    if (shapes.base.width > alignedSide)
        face.base = at(shapes.base.width);
    face.scaled = !fits(alignedSide) && !fits(shapes.ddnet.width) && !fits(shapes.base.width);
    const int most = std::max(shapes.ddnet.width, shapes.base.width);
    face.enlarged = most > alignedSide && std::max(picture.width, picture.height) < most;
    return face;
}

/// Aligned faces: by their landmarks, else upright by their box, else the picture is one.
class FaceElements final : public ElementSource {
public:
    ModelSpec detector(const std::string &wanted, const ModelStore &store) const override
    {
        return wanted.empty() ? store.best(Role::Detector) : store.find(wanted, Role::Detector);
    }
    std::string detectorKey(const std::string &network, const DetectorOptions &options) const override
    {
        // The number is of the search itself: what an earlier one kept has other boxes, and is not taken.
        return "detector, search 2 " + network + optionsKey(options) + '\n';
    }
    std::unique_ptr<ElementFinder> finder(const ModelSpec &detector, const Device &device, const DetectorOptions &options) const override
    {
        return std::make_unique<FaceFinder>(FaceDetector::load(detector, device, options));
    }

    bool needsFinder(const ImageItem &item, bool aligned) const override { return !aligned && !item.landmarks; }
    std::vector<FoundElement> locate(const ImageItem &item, const Picture &picture, const LookOptions &options, const FindElements &find) const override
    {
        FoundElement given;
        given.score = item.detectorScore.value_or(-1.F);
        if (options.aligned)
            return {given};
        if (item.landmarks) {
            given.landmarks = *item.landmarks;
            return {given};
        }
        if (item.box)
            return faceInBox(*item.box, picture, find);
        std::vector<FoundElement> found = find(PicturePixels(picture));
        if (found.empty() || options.all)
            return found;
        return {mainFace(found, picture.width, picture.height)};
    }
    bool isElement(int width, int height, const ElementShape &shape) const override
    {
        return width == height && (width == alignedSide || width == shape.width);
    }

    CutElement cut(const PixelSource &pixels, const FoundElement &element, const ElementShapes &shapes) const override
    {
        if (!element.landmarks && !element.box)
            return takenAsAligned(pixels.whole(), shapes);
        const auto at = [&](int side) { return element.landmarks ? alignFace(pixels, *element.landmarks, side) : cropFace(pixels, *element.box, side); };
        CutElement face;
        face.shown = at(alignedSide);
        if (shapes.ddnet.width > alignedSide)
            face.ddnet = at(shapes.ddnet.width);
        if (shapes.base.width > alignedSide)
            face.base = shapes.base == shapes.ddnet ? face.ddnet : at(shapes.base.width);
        return face;
    }
    std::string notCut(std::int64_t count) const override
    {
        return countedElements(task(), count) + " could not be aligned and " + (count == 1 ? "was" : "were") + " left out.";
    }

    std::string frameNotice(int width, int height, const DetectorOptions &options) const override
    {
        const int least = smallestFaceOfFrames(width, height, options);
        if (least <= 2 * options.minFace)
            return {};
        return "Frames of " + std::to_string(width) + " x " + std::to_string(height) + " are looked at with a longer side of 1024: faces below about "
            + std::to_string(least) + " pixels may be missed. --max-side looks at larger ones, and takes longer.";
    }
    std::unique_ptr<ElementTracker> tracker(const TrackerOptions &options, int everyNth, std::int64_t frames) const override
    {
        return std::make_unique<FacesInTracks>(forLength(forEvery(options, everyNth), frames));
    }
};

} // namespace

const ElementSource &faceElements()
{
    static const FaceElements source;
    return source;
}

} // namespace dscope
