// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tasks/elements.h"

#include "core/base/error.h"

namespace dscope {

namespace {

/// Clips are stretches of a video (core/analysis/videoclips.h divides it): nothing is searched for in a frame, and the clips of a video belong together.
class ClipElements final : public ElementSource {
public:
    ModelSpec detector(const std::string &, const ModelStore &) const override { refuse(); }
    std::string detectorKey(const std::string &, const DetectorOptions &) const override { return {}; }
    std::unique_ptr<ElementFinder> finder(const ModelSpec &, const Device &, const DetectorOptions &) const override { refuse(); }
    bool needsFinder(const ImageItem &, bool) const override { return false; }
    std::vector<FoundElement> locate(const ImageItem &, const Picture &, const LookOptions &, const FindElements &) const override { refuse(); }
    bool isElement(int, int, const ElementShape &) const override { return false; }
    CutElement cut(const PixelSource &, const FoundElement &, const ElementShapes &) const override { refuse(); }
    std::string notCut(std::int64_t count) const override
    {
        return countedElements(taskNamed("action"), count) + " without a frame that can be decoded " + (count == 1 ? "was" : "were") + " left out.";
    }
    std::unique_ptr<ElementTracker> tracker(const TrackerOptions &, int, std::int64_t) const override { refuse(); }

private:
    [[noreturn]] static void refuse() { throw Error("Clips are stretches of a video: a video is needed, or a folder with the frames of one."); }
};

} // namespace

const ElementSource &actionElements()
{
    static const ClipElements source;
    return source;
}

} // namespace dscope
