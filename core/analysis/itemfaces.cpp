#include "core/analysis/session.h"

#include "core/base/error.h"
#include "core/image/reader.h"

#include <algorithm>
#include <cmath>

namespace dscope {

namespace {

AlignedFace alignedFace(const ImageItem &item, const Picture &picture, const Face &face)
{
    AlignedFace result;
    result.crop = alignFace(picture, face.landmarks);
    result.face = face;
    result.element.file = item.file;
    result.element.media = item.media;
    result.element.landmarks = face.landmarks;
    result.element.detectorScore = face.score;
    return result;
}

/// Intersection over union.
double overlap(const Box &a, const Box &b)
{
    const double w = std::min(a.x + a.w, b.x + b.w) - std::max(a.x, b.x);
    const double h = std::min(a.y + a.h, b.y + b.h) - std::max(a.y, b.y);
    if (w <= 0 || h <= 0)
        return 0;
    return w * h / (static_cast<double>(a.w) * a.h + static_cast<double>(b.w) * b.h - w * h);
}

Picture cutOut(const Picture &picture, int left, int top, int width, int height)
{
    Picture part(width, height);
    for (int y = 0; y < height; ++y)
        std::copy_n(picture.row(top + y) + std::ptrdiff_t{3} * left, std::size_t{3} * static_cast<std::size_t>(width), part.row(y));
    return part;
}

/// The face in a box: looked for in the box and as much again around it, the one that overlaps it most.
std::vector<AlignedFace> faceInBox(const ImageItem &item, const Picture &picture, const WorkerNets &nets, Task &task, Times &times)
{
    const Box &box = *item.box;
    const auto clampTo = [](float value, int most) { return static_cast<int>(std::clamp(value, 0.0F, static_cast<float>(most))); };
    const int left = clampTo(std::floor(box.x - box.w / 2), picture.width);
    const int top = clampTo(std::floor(box.y - box.h / 2), picture.height);
    const int right = clampTo(std::ceil(box.x + 1.5F * box.w), picture.width);
    const int bottom = clampTo(std::ceil(box.y + 1.5F * box.h), picture.height);
    if (right - left < 2 || bottom - top < 2)
        return {};
    const Picture part = cutOut(picture, left, top, right - left, bottom - top);
    std::vector<Face> found = detectFaces(nets, PicturePixels(part), task, times);
    const Face *best = nullptr;
    double most = 0;
    for (Face &face : found) {
        face.box.x += static_cast<float>(left);
        face.box.y += static_cast<float>(top);
        for (Point &point : face.landmarks) {
            point.x += static_cast<float>(left);
            point.y += static_cast<float>(top);
        }
        if (const double shared = overlap(face.box, box); shared > most)
            most = shared, best = &face;
    }
    if (best == nullptr)
        return {};
    std::vector<AlignedFace> faces{alignedFace(item, picture, *best)};
    faces.front().element.box = best->box;
    return faces;
}

} // namespace

std::vector<AlignedFace> alignedFaces(const ImageItem &item, const AnalysisOptions &options, const WorkerNets &nets, Task &task, Times &times)
{
    const Picture picture = readPicture(item.file);
    std::vector<AlignedFace> faces;
    if (options.aligned) {
        AlignedFace face;
        face.crop = picture.width == 112 && picture.height == 112 ? picture : resized(picture, 112, 112);
        face.element.file = item.file;
        face.element.media = item.media;
        face.element.detectorScore = item.detectorScore.value_or(-1.F);
        faces.push_back(std::move(face));
    } else if (item.landmarks) {
        Face given;
        given.landmarks = *item.landmarks;
        given.score = item.detectorScore.value_or(-1.F);
        faces.push_back(alignedFace(item, picture, given));
    } else if (item.box) {
        return faceInBox(item, picture, nets, task, times);
    } else {
        const std::vector<Face> found = detectFaces(nets, PicturePixels(picture), task, times);
        if (found.empty())
            return {};
        const std::vector<Face> chosen = options.allFaces ? found : std::vector<Face>{mainFace(found, picture.width, picture.height)};
        for (const Face &face : chosen) {
            faces.push_back(alignedFace(item, picture, face));
            faces.back().element.box = face.box;
        }
    }
    return faces;
}

} // namespace dscope
