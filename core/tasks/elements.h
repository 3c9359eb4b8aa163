// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/clip.h"
#include "core/base/device.h"
#include "core/base/picture.h"
#include "core/base/progress.h"
#include "core/datasets/imageset.h"
#include "core/image/pixels.h"
#include "core/nets/model.h"
#include "core/tasks/elementoptions.h"
#include "core/tasks/task.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace dscope {

/// Where an element lies in a picture or frame, in its pixels. With neither box nor landmarks the picture is the element.
struct FoundElement {
    std::optional<Box> box;
    std::optional<Landmarks> landmarks;
    float score = -1; ///< the detector's confidence, 0 to 1; -1: no detector was asked
    bool sure = true; ///< the others only carry tracks on
};

/// An element's pixels: as it is shown, and as each network takes it, empty where that is what is shown.
struct CutElement {
    Picture shown;
    Clip ddnet;
    Clip base;
    bool enlarged = false; ///< the picture is an element smaller than a network's input
    bool scaled = false;   ///< the picture was taken as an element although it has not the size of one
};

/// How the networks of an analysis take elements (elementShape()); a width of 0: there is no such network.
struct ElementShapes {
    ElementShape ddnet{};
    ElementShape base{};
};

/// How the pictures of a list are read.
struct LookOptions {
    bool aligned = false; ///< they are elements already, of a task that aligns them
    bool all = false;     ///< every element of a picture instead of the main one
};

/// Looks for elements; one for each working thread.
class ElementFinder {
public:
    virtual ~ElementFinder() = default;
    /// All in a picture or frame, strongest first. @throws Error, Cancelled
    virtual std::vector<FoundElement> find(const PixelSource &pixels, Progress &progress) = 0;
    /// Another one on the same weights, for another thread. Nothing where it must be loaded for itself.
    virtual std::unique_ptr<ElementFinder> sharing() const { return nullptr; }
};
using FindElements = std::function<std::vector<FoundElement>(const PixelSource &)>;

/// Joins the elements of a video's frames into groups.
class ElementTracker {
public:
    virtual ~ElementTracker() = default;
    /// Those of one frame, in ascending order of frames. @param embeddings of each; empty ones are not known
    /// @param weights how much each embedding says of who it is, 0 to 1
    virtual void add(std::int64_t frame, std::span<const FoundElement> elements, std::span<const std::vector<float>> embeddings,
                     std::span<const float> weights) = 0;
    /// For every element added its group's number, or -1 where it is in none.
    virtual std::vector<int> groups() const = 0;
    /// The sentence about so many elements that are in none.
    virtual std::string leftOut(std::int64_t count) const = 0;
};

/// Whether two groups of a video are two identities for sure: both are seen in one frame. Of any others nobody knows; who comes back is in another group.
/// @param left, right the frames of each, ascending
bool seenAtOnce(std::span<const std::int64_t> left, std::span<const std::int64_t> right);

/// What a task knows of its elements: what finds them, where they lie, how they are cut out and which belong together. Holds nothing, so that any thread may
/// ask.
class ElementSource {
public:
    virtual ~ElementSource() = default;

    /// The detector of that name or file; empty: the best there is. @throws Error, UsageError
    virtual ModelSpec detector(const std::string &wanted, const ModelStore &store) const = 0;
    /// The part of a cache's key that a detector makes. @param network what describes it
    virtual std::string detectorKey(const std::string &network, const DetectorOptions &options) const = 0;
    /// @throws FileError for a file that is no such detector, Error
    virtual std::unique_ptr<ElementFinder> finder(const ModelSpec &detector, const Device &device, const DetectorOptions &options) const = 0;

    /// Whether a picture of a list has to be searched.
    virtual bool needsFinder(const ImageItem &item, bool aligned) const = 0;
    /// Where the elements of a listed picture lie: as the list says, else by `find`. None where none was found.
    virtual std::vector<FoundElement> locate(const ImageItem &item, const Picture &picture, const LookOptions &options, const FindElements &find) const = 0;
    /// Whether a picture of this size is an element as it is, for a network of that shape too.
    virtual bool isElement(int width, int height, const ElementShape &shape) const = 0;
    /// @throws Error for a place that allows no cutting out
    virtual CutElement cut(const PixelSource &pixels, const FoundElement &element, const ElementShapes &shapes) const = 0;
    /// The sentence about so many elements of a video's frames for which cut() throws.
    virtual std::string notCut(std::int64_t count) const = 0;

    /// What is to be said before frames of this size are searched; empty: nothing.
    virtual std::string frameNotice(int, int, const DetectorOptions &) const { return {}; }
    /// @param everyNth frames that are looked at @param frames of them, about
    virtual std::unique_ptr<ElementTracker> tracker(const TrackerOptions &options, int everyNth, std::int64_t frames) const = 0;
};

const ElementSource &elementSource(const Task &task);

/// "1 face", "2 faces"
std::string countedElements(const Task &task, std::int64_t count);
/// @throws UsageError for a network of another task
void checkTask(const Task &task, const ModelSpec &network);

} // namespace dscope
