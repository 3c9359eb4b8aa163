// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/session.h"

#include "core/base/error.h"
#include "core/image/reader.h"

namespace dscope {

PendingElement pendingElement(const PixelSource &pixels, const FoundElement &found, const WorkerNets &nets)
{
    PendingElement result;
    result.cut = nets.source->cut(pixels, found, nets.shapes);
    result.sure = found.sure;
    result.element.box = found.box;
    result.element.landmarks = found.landmarks;
    result.element.detectorScore = found.score;
    return result;
}

std::vector<PendingElement> pendingElements(const ImageItem &item, const AnalysisOptions &options, const WorkerNets &nets, Progress &progress, Times &times)
{
    std::vector<std::string> warnings;
    const Picture picture = readPicture(item.file, &warnings);
    const auto find = [&](const PixelSource &pixels) { return findElements(nets, pixels, progress, times); };
    std::vector<PendingElement> elements;
    for (const FoundElement &found : nets.source->locate(item, picture, {options.aligned, options.allFaces}, find)) {
        elements.push_back(pendingElement(PicturePixels(picture), found, nets));
        elements.back().element.file = item.file;
        elements.back().element.media = item.media;
    }
    std::string all;
    for (const std::string &warning : warnings)
        all += (all.empty() ? "" : " ") + warning;
    if (!elements.empty() && !all.empty())
        elements.front().warning = FileError(item.file, all).what();
    return elements;
}

} // namespace dscope
