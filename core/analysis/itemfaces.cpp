// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/session.h"

#include "core/base/error.h"
#include "core/base/resample.h"
#include "core/face/boxes.h"
#include "core/image/reader.h"

#include <algorithm>
#include <cmath>

namespace dscope {

namespace {

AlignedFace alignedFace(const ImageItem &item, const Picture &picture, const Face &face, const WorkerNets &nets)
{
    AlignedFace result;
    result.face = face;
    alignFor(nets, PicturePixels(picture), result);
    result.element.file = item.file;
    result.element.media = item.media;
    result.element.landmarks = face.landmarks;
    result.element.detectorScore = face.score;
    return result;
}

/// A picture that is an aligned face already, at the sizes that the networks want.
AlignedFace takenAsAligned(const Picture &picture, const WorkerNets &nets)
{
    const auto at = [&](int side) { return picture.width == side && picture.height == side ? picture : resized(picture, side, side); };
    AlignedFace face;
    face.crop = at(alignedSide);
    if (nets.ddnetSide > alignedSide)
        face.ddnetCrop = at(nets.ddnetSide);
    if (nets.baseSide > alignedSide)
        face.baseCrop = at(nets.baseSide);
    const auto fits = [&](int side) { return picture.width == side && picture.height == side; };
    face.scaled = !fits(alignedSide) && !fits(nets.ddnetSide) && !fits(nets.baseSide);
    const int most = std::max(nets.ddnetSide, nets.baseSide);
    face.enlarged = most > alignedSide && std::max(picture.width, picture.height) < most;
    return face;
}

/// The face in a box: looked for in the box and as much again around it, the one that overlaps it most.
std::vector<AlignedFace> faceInBox(const ImageItem &item, const Picture &picture, const WorkerNets &nets, Progress &progress, Times &times)
{
    const Box &box = *item.box;
    const auto clampTo = [](float value, int most) { return static_cast<int>(std::clamp(value, 0.0F, static_cast<float>(most))); };
    const int left = clampTo(std::floor(box.x - box.w / 2), picture.width);
    const int top = clampTo(std::floor(box.y - box.h / 2), picture.height);
    const int right = clampTo(std::ceil(box.x + 1.5F * box.w), picture.width);
    const int bottom = clampTo(std::ceil(box.y + 1.5F * box.h), picture.height);
    if (right - left < 2 || bottom - top < 2)
        return {};
    const Picture part = PicturePixels(picture).region({left, top, right - left, bottom - top});
    std::vector<Face> found = detectFaces(nets, PicturePixels(part), progress, times);
    const Face *best = nullptr;
    float most = 0;
    for (Face &face : found) {
        face.box.x += static_cast<float>(left);
        face.box.y += static_cast<float>(top);
        for (Point &point : face.landmarks) {
            point.x += static_cast<float>(left);
            point.y += static_cast<float>(top);
        }
        if (const float shared = overlap(face.box, box); shared > most)
            most = shared, best = &face;
    }
    if (best == nullptr)
        return {};
    std::vector<AlignedFace> faces{alignedFace(item, picture, *best, nets)};
    faces.front().element.box = best->box;
    return faces;
}

} // namespace

namespace {

std::vector<AlignedFace> facesIn(const ImageItem &item, const Picture &picture, const AnalysisOptions &options, const WorkerNets &nets, Progress &progress,
                                 Times &times)
{
    std::vector<AlignedFace> faces;
    if (nets.task->stretched) {
        AlignedFace element = wholeElement(item.box ? cropOf(PicturePixels(picture), *item.box, *nets.task) : picture, nets);
        element.element.file = item.file;
        element.element.media = item.media;
        element.element.detectorScore = item.detectorScore.value_or(-1.F);
        if (item.box)
            element.element.box = *item.box;
        faces.push_back(std::move(element));
    } else if (options.aligned) {
        AlignedFace face = takenAsAligned(picture, nets);
        face.element.file = item.file;
        face.element.media = item.media;
        face.element.detectorScore = item.detectorScore.value_or(-1.F);
        faces.push_back(std::move(face));
    } else if (item.landmarks) {
        Face given;
        given.landmarks = *item.landmarks;
        given.score = item.detectorScore.value_or(-1.F);
        faces.push_back(alignedFace(item, picture, given, nets));
    } else if (item.box) {
        return faceInBox(item, picture, nets, progress, times);
    } else {
        const std::vector<Face> found = detectFaces(nets, PicturePixels(picture), progress, times);
        if (found.empty())
            return {};
        const std::vector<Face> chosen = options.allFaces ? found : std::vector<Face>{mainFace(found, picture.width, picture.height)};
        for (const Face &face : chosen) {
            faces.push_back(alignedFace(item, picture, face, nets));
            faces.back().element.box = face.box;
        }
    }
    return faces;
}

} // namespace

Picture cropOf(const PixelSource &pixels, const Box &box, const Task &task)
{
    Picture crop = elementCrop(task, pixels, box);
    if (crop.empty())
        throw Error("The box of a " + std::string(task.element) + " lies outside the picture.");
    return crop;
}

AlignedFace wholeElement(const Picture &crop, const WorkerNets &nets)
{
    const auto at = [&](const ElementShape &shape) {
        return crop.width == shape.width && crop.height == shape.height ? crop : resampled(crop, shape.width, shape.height);
    };
    AlignedFace element;
    if (nets.ddnetShape.width > 0)
        element.ddnetCrop = at(nets.ddnetShape);
    if (nets.baseShape.width > 0)
        element.baseCrop = at(nets.baseShape);
    const double most = nets.task->shape.height;
    const double shrink = std::min({1.0, most / crop.height, most / crop.width});
    const auto side = [&](int length) { return std::max(1, static_cast<int>(std::lround(shrink * length))); };
    element.crop = shrink < 1 ? resampled(crop, side(crop.width), side(crop.height)) : crop;
    return element;
}

std::vector<AlignedFace> alignedFaces(const ImageItem &item, const AnalysisOptions &options, const WorkerNets &nets, Progress &progress, Times &times)
{
    std::vector<std::string> warnings;
    const Picture picture = readPicture(item.file, &warnings);
    std::vector<AlignedFace> faces = facesIn(item, picture, options, nets, progress, times);
    std::string all;
    for (const std::string &warning : warnings)
        all += (all.empty() ? "" : " ") + warning;
    if (!faces.empty() && !all.empty())
        faces.front().warning = FileError(item.file, all).what();
    return faces;
}

} // namespace dscope
