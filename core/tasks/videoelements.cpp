// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tasks/videoelements.h"

#include "core/base/csv.h"
#include "core/base/error.h"
#include "core/tasks/reid/people/persondetector.h"
#include "core/tasks/reid/people/persontracker.h"
#include "core/tasks/reid/people/videopeople.h"

#include <algorithm>

namespace dscope {

namespace {

class PersonFinder : public ElementFinder {
public:
    explicit PersonFinder(const FinderOptions &options)
    {
        PersonDetectorOptions how;
        how.minScore = options.minScore;
        how.faint = true;
        m_detector = options.file.empty() ? PersonDetector::hog(how) : PersonDetector::load(options.file, options.device, how);
    }

    std::vector<FoundElement> find(const PixelSource &pixels, Progress &progress) override
    {
        std::vector<FoundElement> found;
        for (const Person &person : m_detector->detect(pixels, &progress))
            found.push_back({person.box, person.score, person.sure});
        for (const std::string &notice : m_detector->takeNotices())
            progress.notice(notice);
        return found;
    }

private:
    std::unique_ptr<PersonDetector> m_detector;
};

class PeopleInTracks : public ElementTracker {
public:
    explicit PeopleInTracks(int everyNth) : m_tracker(forEvery(PersonTrackerOptions{}, everyNth)) {}

    void add(std::int64_t frame, std::span<const FoundElement> elements, std::span<const std::vector<float>> embeddings) override
    {
        std::vector<Person> people;
        for (const FoundElement &element : elements)
            people.push_back({element.box, element.score, element.sure});
        m_tracker.add(frame, people, embeddings);
    }
    std::vector<int> groups() const override { return m_tracker.tracks(); }

private:
    PersonTracker m_tracker;
};

[[noreturn]] void refuse(const Task &task)
{
    throw Error("In videos no " + std::string(task.elements) + " are looked for.");
}

} // namespace

std::string FinderOptions::key() const
{
    return csvNumber(static_cast<double>(minScore));
}

Picture elementCrop(const Task &task, const PixelSource &pixels, const Box &box)
{
    if (task.name == "reid")
        return personCrop(pixels, box);
    refuse(task);
}

std::unique_ptr<ElementFinder> elementFinder(const Task &task, const FinderOptions &options)
{
    if (task.name == "reid")
        return std::make_unique<PersonFinder>(options);
    refuse(task);
}

std::string builtInFinder(const Task &task)
{
    if (task.name == "reid")
        return "hog";
    refuse(task);
}

std::unique_ptr<ElementTracker> elementTracker(const Task &task, int everyNth)
{
    if (task.name == "reid")
        return std::make_unique<PeopleInTracks>(everyNth);
    refuse(task);
}

} // namespace dscope
