// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tasks/elements.h"

#include "core/base/csv.h"
#include "core/base/error.h"
#include "core/base/resample.h"
#include "core/base/text.h"
#include "core/tasks/reid/people/personcrop.h"
#include "core/tasks/reid/people/persondetector.h"
#include "core/tasks/reid/people/persontracker.h"

#include <algorithm>
#include <cmath>
#include <filesystem>

namespace dscope {

namespace {

constexpr const char *s_builtIn = "hog"; ///< the detector that needs no file

const Task &task()
{
    return taskNamed("reid");
}

/// 0: the detector's own; the options' usual number is for faces.
float minScoreOf(const DetectorOptions &options)
{
    return options.minScore != DetectorOptions().minScore ? options.minScore : 0;
}

class PersonFinder final : public ElementFinder {
public:
    PersonFinder(const std::filesystem::path &file, const Device &device, float minScore)
    {
        PersonDetectorOptions how;
        how.minScore = minScore;
        how.faint = true;
        m_detector = file.empty() ? PersonDetector::hog(how) : PersonDetector::load(file, device, how);
    }

    std::vector<FoundElement> find(const PixelSource &pixels, Progress &progress) override
    {
        std::vector<FoundElement> found;
        for (const Person &person : m_detector->detect(pixels, &progress))
            found.push_back({person.box, std::nullopt, person.score, person.sure});
        for (const std::string &notice : m_detector->takeNotices())
            progress.notice(notice);
        return found;
    }

private:
    std::unique_ptr<PersonDetector> m_detector;
};

class PeopleInTracks final : public ElementTracker {
public:
    explicit PeopleInTracks(int everyNth) : m_tracker(forEvery(PersonTrackerOptions{}, everyNth)) {}

    void add(std::int64_t frame, std::span<const FoundElement> elements, std::span<const std::vector<float>> embeddings, std::span<const float>) override
    {
        std::vector<Person> people;
        for (const FoundElement &element : elements)
            people.push_back({element.box.value_or(Box{}), element.score, element.sure});
        m_tracker.add(frame, people, embeddings);
    }
    std::vector<int> groups() const override { return m_tracker.tracks(); }
    std::string leftOut(std::int64_t count) const override
    {
        return countedElements(task(), count) + (count == 1 ? " was" : " were") + " left out: in no track, or in one that was seen too seldom.";
    }

private:
    PersonTracker m_tracker;
};

/// Crops of people, taken as they are: the whole of a listed picture, or the part that a box covers.
class PersonElements final : public ElementSource {
public:
    ModelSpec detector(const std::string &wanted, const ModelStore &store) const override
    {
        for (const ModelSpec &model : store.models())
            if (model.role == Role::Detector && model.task == task().name && (wanted.empty() ? model.available() : model.name == wanted))
                return store.find(model.name, Role::Detector);
        for (const ModelSpec &model : store.models())
            if (model.role == Role::Detector && model.name == wanted)
                checkTask(task(), model);
        ModelSpec spec;
        spec.role = Role::Detector;
        spec.task = task().name;
        std::error_code problem;
        if (wanted.empty() || wanted == s_builtIn) {
            spec.name = s_builtIn;
            spec.architecture = s_builtIn;
        } else if (std::filesystem::is_regular_file(wanted, problem)) {
            spec.path = wanted;
            spec.name = spec.path.stem().string();
            spec.architecture = "onnx";
        } else {
            throw Error("There is no detector of " + std::string(task().elements) + " called '" + shown(wanted) + "', and no such file; '" + s_builtIn
                        + "' is always there.");
        }
        return spec;
    }
    std::string detectorKey(const std::string &network, const DetectorOptions &options) const override
    {
        return "finder 1 " + network + csvNumber(static_cast<double>(minScoreOf(options))) + '\n';
    }
    std::unique_ptr<ElementFinder> finder(const ModelSpec &detector, const Device &device, const DetectorOptions &options) const override
    {
        return std::make_unique<PersonFinder>(detector.path, device, minScoreOf(options));
    }

    bool needsFinder(const ImageItem &, bool) const override { return false; }
    std::vector<FoundElement> locate(const ImageItem &item, const Picture &, const LookOptions &, const FindElements &) const override
    {
        FoundElement element;
        if (item.box)
            element.box = *item.box;
        element.score = item.detectorScore.value_or(-1.F);
        return {element};
    }
    bool isElement(int, int, const ElementShape &) const override { return true; }

    CutElement cut(const PixelSource &pixels, const FoundElement &element, const ElementShapes &shapes) const override
    {
        const Picture crop = element.box ? personCrop(pixels, *element.box) : pixels.whole();
        if (crop.empty())
            throw Error("The box of a " + std::string(task().element) + " lies outside the picture.");
        const auto at = [&](const ElementShape &shape) {
            return crop.width == shape.width && crop.height == shape.height ? crop : resampled(crop, shape.width, shape.height);
        };
        CutElement result;
        if (shapes.ddnet.width > 0)
            result.ddnet = at(shapes.ddnet);
        if (shapes.base.width > 0)
            result.base = at(shapes.base);
        // Shown no larger than such elements usually are.
        const double most = task().shape.height;
        const double shrink = std::min({1.0, most / crop.height, most / crop.width});
        const auto side = [&](int length) { return std::max(1, static_cast<int>(std::lround(shrink * length))); };
        result.shown = shrink < 1 ? resampled(crop, side(crop.width), side(crop.height)) : crop;
        return result;
    }
    std::string notCut(std::int64_t count) const override
    {
        return countedElements(task(), count) + " of less than two pixels a side in the frame " + (count == 1 ? "was" : "were") + " left out.";
    }

    std::unique_ptr<ElementTracker> tracker(const TrackerOptions &, int everyNth, std::int64_t) const override
    {
        return std::make_unique<PeopleInTracks>(everyNth);
    }
};

} // namespace

const ElementSource &reidElements()
{
    static const PersonElements source;
    return source;
}

} // namespace dscope
