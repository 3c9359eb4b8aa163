// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/device.h"
#include "core/base/picture.h"
#include "core/base/progress.h"
#include "core/image/pixels.h"
#include "core/tasks/task.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace dscope {

/// An element in a frame, in the frame's pixels.
struct FoundElement {
    Box box;
    float score = 0;  ///< the detector's confidence, 0 to 1
    bool sure = true; ///< the others only carry tracks on
};

/// What is looked for in frames, and by what.
struct FinderOptions {
    std::filesystem::path file; ///< of the detector's network; empty: the one that needs no file
    Device device;
    float minScore = 0; ///< 0: the detector's own

    /// What changes what is found, beside the file: for a cache.
    std::string key() const;
};

/// Finds the elements of a task whose elements are parts of frames as they are (Task::stretched). One for each working thread.
class ElementFinder {
public:
    virtual ~ElementFinder() = default;
    /// @throws Error, Cancelled
    virtual std::vector<FoundElement> find(const PixelSource &pixels, Progress &progress) = 0;
};

/// The part of a picture that an element's box covers; empty where that is less than two pixels a side. @throws Error for a task that has none
Picture elementCrop(const Task &task, const PixelSource &pixels, const Box &box);

/// @throws FileError for a file that is no such detector, Error for a task that has none
std::unique_ptr<ElementFinder> elementFinder(const Task &task, const FinderOptions &options);
/// The name of the detector that needs no file.
std::string builtInFinder(const Task &task);

/// Joins the elements of a video's frames into groups.
class ElementTracker {
public:
    virtual ~ElementTracker() = default;
    /// Those of one frame, in ascending order of frames. @param embeddings of each; empty ones are not known
    virtual void add(std::int64_t frame, std::span<const FoundElement> elements, std::span<const std::vector<float>> embeddings) = 0;
    /// For every element added its group's number, or -1 where it is in none.
    virtual std::vector<int> groups() const = 0;
};

/// @param everyNth frames that are looked at @throws Error for a task that has none
std::unique_ptr<ElementTracker> elementTracker(const Task &task, int everyNth);

} // namespace dscope
