// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/cache.h"
#include "core/analysis/ordered.h"
#include "core/analysis/session.h"
#include "core/analysis/weights.h"

#include "core/base/csv.h"
#include "core/base/error.h"
#include "core/face/pyramid.h"
#include "core/media/video.h"

extern "C" {
#include <libavcodec/avcodec.h>
}

#include <algorithm>
#include <atomic>
#include <functional>
#include <map>

namespace dscope {

namespace {

struct FrameFaces {
    std::vector<AlignedFace> faces;
    std::int64_t unusable = 0; ///< landmarks that allow no alignment
    Times times;
};

FrameFaces facesOf(const DecodedFrame &frame, const std::filesystem::path &path, const WorkerNets &nets, bool flip, Progress &progress)
{
    FrameFaces result;
    const std::vector<Face> found = detectFaces(nets, *frame.pixels, progress, result.times);
    for (const Face &face : found) {
        AlignedFace aligned;
        aligned.face = face;
        try {
            alignFor(nets, *frame.pixels, aligned);
        } catch (const Error &) {
            ++result.unusable;
            continue;
        }
        aligned.element.file = path;
        aligned.element.frame = frame.index;
        aligned.element.timeS = frame.timeS;
        aligned.element.box = face.box;
        aligned.element.landmarks = face.landmarks;
        aligned.element.detectorScore = face.score;
        aligned.element.thumbnail = thumbnailOf(aligned.crop);
        result.faces.push_back(std::move(aligned));
    }
    scoreFaces(result.faces, nets, flip, progress, result.times);
    return result;
}

/// Elements that are parts of the frame as they are.
FrameFaces elementsOf(const DecodedFrame &frame, const std::filesystem::path &path, const WorkerNets &nets, bool flip, Progress &progress)
{
    FrameFaces result;
    const bool cpu = nets.ddnet != nullptr || nets.base != nullptr;
    const double begin = millisecondsNow(cpu);
    const std::vector<FoundElement> found = nets.finder->find(*frame.pixels, progress);
    result.times.detector.push_back(millisecondsNow(cpu) - begin);
    for (const FoundElement &one : found) {
        AlignedFace element;
        try {
            element = wholeElement(cropOf(*frame.pixels, one.box, *nets.task), nets);
        } catch (const Error &) {
            ++result.unusable;
            continue;
        }
        element.face.box = one.box;
        element.face.score = one.score;
        element.sure = one.sure;
        element.element.file = path;
        element.element.frame = frame.index;
        element.element.timeS = frame.timeS;
        element.element.box = one.box;
        element.element.detectorScore = one.score;
        element.element.thumbnail = thumbnailOf(element.crop);
        result.faces.push_back(std::move(element));
    }
    scoreFaces(result.faces, nets, flip, progress, result.times);
    return result;
}

struct Persons {
    std::vector<Group> groups;
    std::int64_t dropped = 0;
};

/// How much an embedding says of who it is, by its D-score: what it weighs in its group by DDL+, with the constants of the DDNet's rule where it has some.
/// Scores that are no D-scores say nothing of that.
std::function<float(const Element &)> sayOf(const ModelSpec &ddnet)
{
    if (ddnet.role != Role::DdNet || ddnet.base.empty())
        return [](const Element &) { return 1.F; };
    AggregateOptions weights;
    if (const std::optional<Method> rule = ruleOf(ddnet.rule); rule && rule->options.method == Aggregator::DdlPlus)
        weights = rule->options;
    return
        [weights](const Element &face) { return static_cast<float>(ddlPlusWeight(static_cast<double>(face.dScore), weights.plusMiddle, weights.plusPower)); };
}

/// The tracker's options for a video of so many frames and the network that embeds its faces.
TrackerOptions trackerFor(const AnalysisOptions &options, const Session &session, std::int64_t frames)
{
    TrackerOptions tracker = forLength(forEvery(options.tracker, options.everyNth), frames);
    if (session.knowsBase())
        tracker.impostorCosine = static_cast<float>(session.baseSpec().impostorCosine);
    return tracker;
}

/// A group for every number. @param person of each face, -1: none
Persons groupsBy(const std::vector<int> &person, const Scorer &scorer)
{
    const std::vector<AlignedFace> &faces = scorer.faces();
    const auto dim = static_cast<std::ptrdiff_t>(scorer.dim());
    Persons result;
    std::map<int, std::size_t> place;
    for (std::size_t i = 0; i < faces.size(); ++i) {
        if (person[i] < 0) {
            ++result.dropped;
            continue;
        }
        const auto [found, fresh] = place.try_emplace(person[i], result.groups.size());
        if (fresh) {
            result.groups.emplace_back();
            result.groups.back().id = "person " + std::to_string(person[i] + 1);
        }
        Group &group = result.groups[found->second];
        group.elements.push_back(faces[i].element);
        const auto row = scorer.embeddings().begin() + static_cast<std::ptrdiff_t>(i) * dim;
        group.embeddings.insert(group.embeddings.end(), row, row + dim);
    }
    std::sort(result.groups.begin(), result.groups.end(),
              [](const Group &left, const Group &right) { return left.id.size() != right.id.size() ? left.id.size() < right.id.size() : left.id < right.id; });
    return result;
}

Persons personsOf(const Scorer &scorer, const TrackerOptions &options, const std::function<float(const Element &)> &says)
{
    const std::vector<AlignedFace> &faces = scorer.faces();
    const auto dim = static_cast<std::size_t>(scorer.dim());
    const std::vector<float> &features = scorer.embeddings();
    std::vector<TrackFace> track(faces.size());
    for (std::size_t i = 0; i < faces.size(); ++i) {
        track[i].frame = faces[i].element.frame;
        track[i].face = faces[i].face;
        track[i].weight = says(faces[i].element);
        track[i].embedding.assign(features.begin() + static_cast<std::ptrdiff_t>(i * dim), features.begin() + static_cast<std::ptrdiff_t>((i + 1) * dim));
    }
    return groupsBy(trackFaces(track, options), scorer);
}

/// The same of elements that are parts of frames.
Persons trackedOf(const Scorer &scorer, const Task &task, int everyNth)
{
    const std::vector<AlignedFace> &faces = scorer.faces();
    const auto dim = static_cast<std::ptrdiff_t>(scorer.dim());
    const std::unique_ptr<ElementTracker> tracker = elementTracker(task, everyNth);
    for (std::size_t begin = 0; begin < faces.size();) {
        std::vector<FoundElement> found;
        std::vector<std::vector<float>> embeddings;
        std::size_t i = begin;
        for (; i < faces.size() && faces[i].element.frame == faces[begin].element.frame; ++i) {
            found.push_back({faces[i].face.box, faces[i].face.score, faces[i].sure});
            const auto row = scorer.embeddings().begin() + static_cast<std::ptrdiff_t>(i) * dim;
            embeddings.emplace_back(row, row + dim);
        }
        tracker->add(faces[begin].element.frame, found, embeddings);
        begin = i;
    }
    return groupsBy(tracker->groups(), scorer);
}

std::string counted(std::int64_t count, const char *one, const char *many)
{
    return std::to_string(count) + ' ' + (count == 1 ? one : many);
}

} // namespace

void analyseVideo(Source &source, Session &session, Publisher &publisher)
{
    const AnalysisOptions &options = session.options();
    session.progress().stage("Reading the index of " + source.path.filename().string());
    VideoReader reader(source.path, {}, &session.progress());
    session.progress().stage(session.sourceStage());
    const VideoInfo info = reader.info();
    source.kind = "video";
    source.fps = info.fps;
    source.durationS = info.durationS;

    const Task &task = session.task();
    if (const int least = smallestFaceOfFrames(info.width, info.height, options.detectorOptions);
        !task.stretched && least > 2 * options.detectorOptions.minFace)
        session.progress().notice("Frames of " + std::to_string(info.width) + " x " + std::to_string(info.height)
                                  + " are looked at with a longer side of 1024: faces below about " + std::to_string(least)
                                  + " pixels may be missed. --max-side looks at larger ones, and takes longer.");

    const std::int64_t total = info.frames > 0 ? (info.frames + options.everyNth - 1) / options.everyNth : 0;
    std::vector<WorkerNets> workers = session.makeWorkers(total > 0 ? total : 1'000'000, DetectorOptions::Search::Frame);

    std::atomic<std::int64_t> decoded = 0; // read by the consumer while the producer counts
    const auto produce = [&]() -> std::optional<DecodedFrame> {
        while (std::optional<DecodedFrame> frame = reader.nextDecoded(options.everyNth)) {
            ++decoded;
            if (frame->pixels)
                return frame;
            session.progress().throwIfCancelled();
        }
        return std::nullopt;
    };
    std::vector<OrderedPipeline<DecodedFrame, FrameFaces>::Work> work;
    for (const WorkerNets &nets : workers)
        work.emplace_back([&source, &session, &nets, begun = false](DecodedFrame &&frame) mutable {
            if (!std::exchange(begun, true))
                useThisThreadOnly();
            const auto find = nets.finder ? elementsOf : facesOf;
            return find(frame, source.path, nets, session.options().flip, session.progress());
        });

    Scorer scorer(session);
    const std::function<float(const Element &)> says = sayOf(session.ddnetSpec());
    const auto grouped = [&](std::int64_t frames) {
        return task.stretched ? trackedOf(scorer, task, options.everyNth) : personsOf(scorer, trackerFor(options, session, frames), says);
    };
    std::int64_t frames = 0;
    std::int64_t unusable = 0;
    Times times;
    const auto consume = [&](FrameFaces &&found) {
        session.progress().checkpoint(frames, std::max(total, frames));
        ++frames;
        unusable += found.unusable;
        times.add(found.times);
        for (AlignedFace &face : found.faces)
            scorer.add(std::move(face));
        publisher.growing([&] {
            Source now = source;
            now.frames = decoded;
            now.groups = grouped(std::max(total, frames)).groups;
            return now;
        });
    };
    OrderedPipeline<DecodedFrame, FrameFaces>::run(produce, work, consume, workers.size() + 2, session.progress());
    scorer.flush();
    session.progress().checkpoint(frames, frames);
    workers.clear();

    times.add(scorer.times());
    session.setTimes(times);
    source.frames = decoded;
    source.warnings.insert(source.warnings.end(), reader.warnings().begin(), reader.warnings().end());
    const TrackerOptions tracker = trackerFor(options, session, frames);
    Persons persons = grouped(frames);
    source.groups = std::move(persons.groups);
    if (unusable > 0)
        source.warnings.push_back(counted(unusable, std::string(task.element).c_str(), std::string(task.elements).c_str())
                                  + (task.stretched ? " of less than two pixels a side in the frame " : " could not be aligned and ")
                                  + (unusable == 1 ? "was" : "were") + " left out.");
    if (const std::optional<std::string> leftOut = scorer.leftOut())
        source.warnings.push_back(*leftOut);
    if (persons.dropped > 0 && task.stretched)
        source.warnings.push_back(counted(persons.dropped, std::string(task.element).c_str(), std::string(task.elements).c_str())
                                  + (persons.dropped == 1 ? " was" : " were") + " left out: in no track, or in one that was seen too seldom.");
    else if (persons.dropped > 0)
        source.warnings.push_back(counted(persons.dropped, "face", "faces") + " that " + (persons.dropped == 1 ? "fits" : "fit") + " no person "
                                  + (persons.dropped == 1 ? "was" : "were") + " left out: in tracks shorter than "
                                  + (tracker.minLength > 1 ? std::to_string(tracker.minLength) + " frames, or than " : std::string())
                                  + counted(tracker.sureLength, "frame", "frames") + " without one detector score of " + csvNumber(tracker.sureScore) + ".");
    if (source.groups.empty())
        source.warnings.push_back(decoded == 0 ? "No frame could be decoded." : "No " + std::string(task.element) + " was found.");
}

std::string videoKey(const std::filesystem::path &path, const AnalysisOptions &options)
{
    // Does not compile when an option is added, so that none is forgotten here. (impostorCosine is the network's, and part of its key.)
    const auto &[minOverlap, maxGap, minSimilarity, cutSimilarity, impostorCosine, minLength, sureLength, sureScore] = options.tracker;
    const std::string task = taskNamed(options.task).stretched ? "task " + options.task + " tracks 1\n" : std::string();
    return "video 4\n" + task + contentHash(path) + "\nlibavcodec " + std::to_string(avcodec_version()) + "\nevery " + std::to_string(options.everyNth)
        + "\ntracker " + csvNumber(minOverlap) + ' ' + std::to_string(maxGap) + ' ' + csvNumber(minSimilarity) + ' ' + csvNumber(cutSimilarity) + ' '
        + std::to_string(minLength) + ' ' + std::to_string(sureLength) + ' ' + csvNumber(sureScore) + '\n';
}

} // namespace dscope
