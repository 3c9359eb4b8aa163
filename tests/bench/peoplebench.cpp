// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/bench/peoplebench.h"

#include "core/base/csv.h"
#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/overlap.h"
#include "core/media/video.h"
#include "core/metrics/tracking.h"
#include "core/onnx/onnxnetwork.h"
#include "core/tasks/reid/people/persondetector.h"
#include "core/tasks/reid/people/persontracker.h"
#include "tests/bench/timing.h"

#include <algorithm>
#include <cstdio>
#include <sstream>
#include <tuple>
#include <vector>

namespace dscope {

namespace {

struct Frame {
    std::int64_t number = 0;
    std::vector<Person> people;
};

std::vector<TrackBox> truthOf(const std::filesystem::path &path, std::int64_t from, std::int64_t to)
{
    std::vector<TrackBox> boxes;
    std::istringstream lines(readText(path));
    std::int64_t number = 0;
    for (std::string line; std::getline(lines, line);) {
        ++number;
        std::vector<double> values;
        std::istringstream fields(line);
        for (std::string field; std::getline(fields, field, ',') && values.size() < 6;)
            values.push_back(parseNumber(field).value_or(0));
        if (values.size() < 6)
            throw FileError(path, number, "has fewer than six fields: frame, id, left, top, width, height.");
        const auto frame = static_cast<std::int64_t>(values[0]);
        if (frame >= from && frame <= to)
            boxes.push_back({frame,
                             static_cast<std::int64_t>(values[1]),
                             {static_cast<float>(values[2]), static_cast<float>(values[3]), static_cast<float>(values[4]), static_cast<float>(values[5])}});
    }
    return boxes;
}

/// What goes without saying: in the next frame a person goes on where the boxes overlap the most, by .3 at least.
std::vector<TrackBox> plainTracks(const std::vector<Frame> &frames)
{
    struct Open {
        std::int64_t id;
        Box box;
    };
    std::vector<Open> open;
    std::vector<TrackBox> result;
    std::int64_t next = 0;
    for (const Frame &frame : frames) {
        std::vector<std::tuple<float, std::size_t, std::size_t>> pairs;
        for (std::size_t t = 0; t < open.size(); ++t)
            for (std::size_t p = 0; p < frame.people.size(); ++p)
                if (const float shared = overlap(open[t].box, frame.people[p].box); frame.people[p].sure && shared >= 0.3F)
                    pairs.emplace_back(-shared, t, p);
        std::sort(pairs.begin(), pairs.end());
        std::vector<std::int64_t> id(frame.people.size(), -1);
        std::vector<bool> used(open.size(), false);
        for (const auto &[shared, t, p] : pairs)
            if (!used[t] && id[p] < 0) {
                used[t] = true;
                id[p] = open[t].id;
            }
        open.clear();
        for (std::size_t p = 0; p < frame.people.size(); ++p) {
            if (!frame.people[p].sure)
                continue;
            open.push_back({id[p] < 0 ? next++ : id[p], frame.people[p].box});
            result.push_back({frame.number, open.back().id, open.back().box});
        }
    }
    return result;
}

std::vector<TrackBox> ourTracks(const std::vector<Frame> &frames)
{
    PersonTracker tracker;
    std::vector<TrackBox> all;
    for (const Frame &frame : frames) {
        tracker.add(frame.number, frame.people);
        for (const Person &person : frame.people)
            all.push_back({frame.number, -1, person.box});
    }
    const std::vector<int> tracks = tracker.tracks();
    for (std::size_t i = 0; i < all.size(); ++i)
        all[i].id = tracks[i];
    std::erase_if(all, [](const TrackBox &box) { return box.id < 0; });
    return all;
}

void row(const std::string &video, const std::string &detector, const char *tracker, const TrackingFigures &figures)
{
    std::printf("| %s | %s | %s | %.3f | %.3f | %.3f | %.3f | %lld | %lld of %lld |\n", video.c_str(), detector.c_str(), tracker, figures.recall(),
                figures.precision(), figures.idf1(), figures.mota(), static_cast<long long>(figures.switches), static_cast<long long>(figures.tracks),
                static_cast<long long>(figures.people));
}

} // namespace

void peopleBench(const std::string &detector, const std::filesystem::path &video, const std::filesystem::path &truth, std::int64_t from, std::int64_t to)
{
    registerOnnx();
    PersonDetectorOptions options;
    options.faint = true;
    const auto people = detector == "hog" ? PersonDetector::hog(options) : PersonDetector::load(detector, {}, options);
    VideoReader reader(video);
    std::vector<Frame> frames;
    double seconds = 0;
    while (std::optional<DecodedFrame> frame = reader.nextDecoded()) {
        const std::int64_t number = frame->index + 1;
        if (number > to)
            break;
        if (number < from || !frame->pixels)
            continue;
        Frame one;
        one.number = number;
        seconds += secondsOf([&] { one.people = people->detect(*frame->pixels); });
        frames.push_back(std::move(one));
    }
    if (frames.empty())
        throw FileError(video, "has none of these frames.");
    const std::vector<TrackBox> boxes = truthOf(truth, from, to);
    const std::string name = video.stem().string() + ", frames " + std::to_string(frames.front().number) + " to " + std::to_string(frames.back().number);
    std::printf("%s on %s: %.1f ms per frame with %d threads; %zu boxes in the truth.\n\n", people->name().c_str(), name.c_str(),
                1e3 * seconds / static_cast<double>(frames.size()), threads(), boxes.size());
    std::printf("| video | detector | tracker | recall | precision | IDF1 | MOTA | switches | tracks of people |\n|---|---|---|---|---|---|---|---|---|\n");
    row(name, people->name(), "plain", trackingFigures(boxes, plainTracks(frames)));
    row(name, people->name(), "ours", trackingFigures(boxes, ourTracks(frames)));
    std::fflush(stdout);
}

} // namespace dscope
