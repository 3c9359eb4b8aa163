// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tasks/reid/people/videopeople.h"

#include "core/media/video.h"

#include <algorithm>
#include <cmath>
#include <optional>

namespace dscope {

TrackFrames PersonTrack::frames() const
{
    TrackFrames result;
    for (const PersonView &view : views)
        result.frames.push_back(view.frame);
    return result;
}

Picture personCrop(const PixelSource &pixels, const Box &box)
{
    const auto inside = [](float value, int side) { return static_cast<int>(std::clamp(std::round(value), 0.F, static_cast<float>(side))); };
    if (!std::isfinite(box.x) || !std::isfinite(box.y) || !std::isfinite(box.w) || !std::isfinite(box.h))
        return {};
    const int left = inside(box.x, pixels.width());
    const int top = inside(box.y, pixels.height());
    const int width = inside(box.x + box.w, pixels.width()) - left;
    const int height = inside(box.y + box.h, pixels.height()) - top;
    return width < 2 || height < 2 ? Picture() : pixels.region({left, top, width, height});
}

std::vector<PersonTrack> peopleOfVideo(const std::filesystem::path &path, PersonDetector &detector, const VideoPeopleOptions &options, Progress &progress,
                                       const SeePerson &see)
{
    PersonTracker tracker(forEvery(options.tracker, options.everyNth));
    progress.stage("Reading the index of " + path.filename().string());
    VideoReader reader(path, {}, &progress);
    progress.stage("Finding people in " + path.filename().string());
    const std::int64_t frames = reader.info().frames;
    std::vector<PersonView> views;
    while (std::optional<DecodedFrame> frame = reader.nextDecoded(options.everyNth)) {
        progress.checkpoint(frame->index, std::max(frames, frame->index));
        if (!frame->pixels)
            continue;
        const std::vector<Person> people = detector.detect(*frame->pixels, &progress);
        std::vector<std::vector<float>> embeddings(see ? people.size() : 0);
        for (std::size_t i = 0; i < people.size(); ++i) {
            PersonView view{views.size(), frame->index, frame->timeS, people[i], {}};
            views.push_back(view);
            if (!see)
                continue;
            view.crop = personCrop(*frame->pixels, view.person.box);
            embeddings[i] = see(view);
        }
        tracker.add(frame->index, people, embeddings);
    }
    for (const std::string &warning : reader.warnings())
        progress.notice(warning);
    for (const std::string &notice : detector.takeNotices())
        progress.notice(notice);
    std::vector<PersonTrack> tracks;
    const std::vector<int> numbers = tracker.tracks();
    for (std::size_t i = 0; i < views.size(); ++i) {
        if (numbers[i] < 0)
            continue;
        const auto number = static_cast<std::size_t>(numbers[i]);
        tracks.resize(std::max(tracks.size(), number + 1));
        tracks[number].views.push_back(views[i]);
    }
    progress.checkpoint(frames, frames);
    return tracks;
}

} // namespace dscope
