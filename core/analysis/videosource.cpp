// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/cache.h"
#include "core/analysis/ordered.h"
#include "core/analysis/session.h"
#include "core/analysis/weights.h"

#include "core/base/csv.h"
#include "core/base/error.h"
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

struct FrameElements {
    std::vector<PendingElement> elements;
    std::int64_t notCut = 0; ///< places that allow no cutting out
    Times times;
};

FrameElements elementsOf(const DecodedFrame &frame, const std::filesystem::path &path, const WorkerNets &nets, bool flip, Progress &progress)
{
    FrameElements result;
    for (const FoundElement &found : findElements(nets, *frame.pixels, progress, result.times)) {
        PendingElement one;
        try {
            one = pendingElement(*frame.pixels, found, nets);
        } catch (const Error &) {
            ++result.notCut;
            continue;
        }
        one.element.file = path;
        one.element.frame = frame.index;
        one.element.timeS = frame.timeS;
        one.element.thumbnail = thumbnailOf(one.cut.shown);
        result.elements.push_back(std::move(one));
    }
    scoreElements(result.elements, nets, flip, progress, result.times);
    return result;
}

struct Persons {
    std::vector<Group> groups;
    std::int64_t dropped = 0;
    std::string why; ///< some were dropped
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

/// A group for every number. @param person of each element, -1: none
Persons groupsBy(const std::vector<int> &person, const Scorer &scorer)
{
    const std::vector<PendingElement> &elements = scorer.elements();
    const auto dim = static_cast<std::ptrdiff_t>(scorer.dim());
    Persons result;
    std::map<int, std::size_t> place;
    for (std::size_t i = 0; i < elements.size(); ++i) {
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
        group.elements.push_back(elements[i].element);
        const auto row = scorer.embeddings().begin() + static_cast<std::ptrdiff_t>(i) * dim;
        group.embeddings.insert(group.embeddings.end(), row, row + dim);
    }
    std::sort(result.groups.begin(), result.groups.end(),
              [](const Group &left, const Group &right) { return left.id.size() != right.id.size() ? left.id.size() < right.id.size() : left.id < right.id; });
    return result;
}

/// @param frames looked at, about
Persons personsOf(const Scorer &scorer, const Session &session, std::int64_t frames, const std::function<float(const Element &)> &says)
{
    TrackerOptions options = session.options().tracker;
    if (session.knowsBase())
        options.impostorCosine = static_cast<float>(session.baseSpec().impostorCosine);
    const std::unique_ptr<ElementTracker> tracker = elementSource(session.task()).tracker(options, session.options().everyNth, frames);
    const std::vector<PendingElement> &elements = scorer.elements();
    const auto dim = static_cast<std::ptrdiff_t>(scorer.dim());
    for (std::size_t begin = 0; begin < elements.size();) {
        std::vector<FoundElement> found;
        std::vector<std::vector<float>> embeddings;
        std::vector<float> weights;
        std::size_t i = begin;
        for (; i < elements.size() && elements[i].element.frame == elements[begin].element.frame; ++i) {
            const Element &element = elements[i].element;
            found.push_back({element.box, element.landmarks, element.detectorScore, elements[i].sure});
            const auto row = scorer.embeddings().begin() + static_cast<std::ptrdiff_t>(i) * dim;
            embeddings.emplace_back(row, row + dim);
            weights.push_back(says(element));
        }
        tracker->add(elements[begin].element.frame, found, embeddings, weights);
        begin = i;
    }
    Persons persons = groupsBy(tracker->groups(), scorer);
    if (persons.dropped > 0)
        persons.why = tracker->leftOut(persons.dropped);
    return persons;
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
    if (const std::string notice = elementSource(task).frameNotice(info.width, info.height, options.detectorOptions); !notice.empty())
        session.progress().notice(notice);

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
    std::vector<OrderedPipeline<DecodedFrame, FrameElements>::Work> work;
    for (const WorkerNets &nets : workers)
        work.emplace_back([&source, &session, &nets, begun = false](DecodedFrame &&frame) mutable {
            if (!std::exchange(begun, true))
                useThisThreadOnly();
            return elementsOf(frame, source.path, nets, session.options().flip, session.progress());
        });

    Scorer scorer(session);
    const std::function<float(const Element &)> says = sayOf(session.ddnetSpec());
    std::int64_t frames = 0;
    std::int64_t notCut = 0;
    Times times;
    const auto consume = [&](FrameElements &&found) {
        session.progress().checkpoint(frames, std::max(total, frames));
        ++frames;
        notCut += found.notCut;
        times.add(found.times);
        for (PendingElement &element : found.elements)
            scorer.add(std::move(element));
        publisher.growing([&] {
            Source now = source;
            now.frames = decoded;
            now.groups = personsOf(scorer, session, std::max(total, frames), says).groups;
            return now;
        });
    };
    OrderedPipeline<DecodedFrame, FrameElements>::run(produce, work, consume, workers.size() + 2, session.progress());
    scorer.flush();
    session.progress().checkpoint(frames, frames);
    workers.clear();

    times.add(scorer.times());
    session.setTimes(times);
    source.frames = decoded;
    source.warnings.insert(source.warnings.end(), reader.warnings().begin(), reader.warnings().end());
    Persons persons = personsOf(scorer, session, frames, says);
    source.groups = std::move(persons.groups);
    if (notCut > 0)
        source.warnings.push_back(elementSource(task).notCut(notCut));
    if (const std::optional<std::string> leftOut = scorer.leftOut())
        source.warnings.push_back(*leftOut);
    if (persons.dropped > 0)
        source.warnings.push_back(persons.why);
    if (source.groups.empty())
        source.warnings.push_back(decoded == 0 ? "No frame could be decoded." : "No " + std::string(task.element) + " was found.");
}

std::string videoKey(const std::filesystem::path &path, const AnalysisOptions &options)
{
    // Does not compile when an option is added, so that none is forgotten here. (impostorCosine is the network's, and part of its key.)
    const auto &[minOverlap, maxGap, minSimilarity, cutSimilarity, impostorCosine, minLength, sureLength, sureScore] = options.tracker;
    // The key of the usual task is as it always was.
    const std::string task = &taskNamed(options.task) != &tasks().front() ? "task " + options.task + " tracks 1\n" : std::string();
    return "video 4\n" + task + contentHash(path) + "\nlibavcodec " + std::to_string(avcodec_version()) + "\nevery " + std::to_string(options.everyNth)
        + "\ntracker " + csvNumber(minOverlap) + ' ' + std::to_string(maxGap) + ' ' + csvNumber(minSimilarity) + ' ' + csvNumber(cutSimilarity) + ' '
        + std::to_string(minLength) + ' ' + std::to_string(sureLength) + ' ' + csvNumber(sureScore) + '\n';
}

} // namespace dscope
