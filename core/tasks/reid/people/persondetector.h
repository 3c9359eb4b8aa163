// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/device.h"
#include "core/base/progress.h"
#include "core/image/pixels.h"
#include "core/tasks/reid/people/person.h"

#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace dscope {

/// How people are looked for. A score of 0 stands for the kind's own (PersonDetector::minScore()).
struct PersonDetectorOptions {
    float minScore = 0;   ///< people below are dropped
    bool faint = false;   ///< people below are kept as not sure, down to faintScore: a tracker carries its tracks on with them
    float faintScore = 0; ///< at most minScore
    float nms = 0.5F;     ///< overlap (intersection over union) above which the weaker of two boxes goes
    float enlarge = 1.8F; ///< HOG alone: the picture is looked at so many times as large; people below 100 pixels divided by it are hardly found
    int maxSide = 2560;   ///< HOG alone: pixels of the longer side at which a picture is looked at, at most

    /// @throws Error that names the option out of range
    void check() const;
    /// As text for a cache key.
    std::string key() const;
};

/// A detector of whole people, upright or nearly so.
class PersonDetector {
public:
    /// YOLOX or NanoDet, told apart by the outputs of an ONNX file. @throws FileError if it is neither, Error for options
    static std::unique_ptr<PersonDetector> load(const std::filesystem::path &path, const Device &device = {}, const PersonDetectorOptions &options = {});
    /// OpenCV's histograms of gradients (Dalal and Triggs, 2005), which needs no file; on the CPU. @throws Error for options
    static std::unique_ptr<PersonDetector> hog(const PersonDetectorOptions &options = {});
    virtual ~PersonDetector() = default;

    /// All people, strongest first, in pixels of the picture; boxes may reach beyond it. Not to be called from two threads at once. @throws Cancelled
    std::vector<Person> detect(const PixelSource &pixels, Progress *progress = nullptr);
    std::vector<Person> detect(const Picture &picture, Progress *progress = nullptr) { return detect(PicturePixels(picture), progress); }

    /// "YOLOX", "NanoDet" or "HOG"
    virtual std::string name() const = 0;
    /// Changes with anything that changes the result: weights, options. For a cache.
    std::string key() const;
    /// What is in use: the options' or the kind's own.
    float minScore() const { return m_minScore; }
    float faintScore() const { return m_faintScore; }

    /// What the user should know of (a fall back to the CPU) since the last call.
    std::vector<std::string> takeNotices() { return std::exchange(m_notices, {}); }

protected:
    /// @param minScore, faintScore the kind's own
    PersonDetector(const PersonDetectorOptions &options, float minScore, float faintScore);

    /// Everyone of at least `least`, each as often as found.
    virtual std::vector<Person> look(const PixelSource &pixels, float least, Progress *progress) = 0;
    /// Of the weights.
    virtual std::string hash() const = 0;
    const PersonDetectorOptions &options() const { return m_options; }

    std::vector<std::string> m_notices;

private:
    PersonDetectorOptions m_options;
    float m_minScore;
    float m_faintScore;
};

} // namespace dscope
