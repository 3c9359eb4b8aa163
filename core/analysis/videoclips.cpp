// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/videoclips.h"

#include "core/analysis/ordered.h"
#include "core/base/error.h"
#include "core/base/motionenergy.h"
#include "core/base/parallel.h"
#include "core/base/text.h"
#include "core/nets/architectures.h"
#include "core/nets/inputside.h"

#include <algorithm>
#include <utility>

namespace dscope {

namespace fs = std::filesystem;

namespace {

std::optional<ClipInput> inputOf(const ModelSpec *spec)
{
    if (spec == nullptr)
        return std::nullopt;
    const ElementShape shape = elementInput(*spec);
    if (shape.frames < 2)
        throw UsageError("The network " + spec->name + " takes pictures, not clips of several frames.");
    ClipCut cut;
    cut.height = shape.height;
    cut.width = shape.width;
    cut.shortSide = std::max(shape.height, shape.width);
    return ClipInput{cut, shape.frames};
}

/// The frames of a clip that a network takes.
Clip seenBy(const ClipInput &input, const Clip &clip)
{
    if (clip.frames() == input.frames)
        return clip;
    std::vector<Picture> frames;
    for (const int t : spreadOver(clip.frames(), input.frames))
        frames.push_back(clip.frame(t));
    return Clip(std::move(frames));
}

bool same(const ClipCut &a, const ClipCut &b)
{
    return a.shortSide == b.shortSide && a.height == b.height && a.width == b.width;
}

/// How clips are read: for each part once where both networks take the same, else DDNet's way and then the base's.
std::vector<ClipCut> cutsOf(const ClipPlan &plan)
{
    std::vector<ClipCut> cuts;
    for (const ClipCut::Part part : plan.parts) {
        const std::size_t first = cuts.size();
        if (plan.ddnet)
            cuts.push_back(plan.ddnet->cut);
        if (plan.base && (!plan.ddnet || !same(plan.ddnet->cut, plan.base->cut)))
            cuts.push_back(plan.base->cut);
        for (std::size_t i = first; i < cuts.size(); ++i)
            cuts[i].part = part;
    }
    return cuts;
}

/// The elements of a clip, one for each part.
std::vector<PendingElement> pendingClips(const ClipStream::Item &item, const ClipPlace &place, const fs::path &file, const ClipPlan &plan)
{
    const std::size_t each = item.clips.size() / plan.parts.size();
    std::vector<PendingElement> elements;
    for (std::size_t part = 0; part < plan.parts.size(); ++part) {
        const Clip &first = item.clips[part * each];
        const Clip &last = item.clips[part * each + each - 1];
        PendingElement &pending = elements.emplace_back();
        pending.group = item.place;
        Element &element = pending.element;
        element.file = file;
        element.frame = place.frames.front();
        element.timeS = place.fromS;
        element.toS = place.toS;
        element.motion = static_cast<float>(motionEnergy(first));
        pending.cut.shown = first.frame(first.frames() / 2);
        element.thumbnail = thumbnailOf(pending.cut.shown);
        if (plan.ddnet)
            pending.cut.ddnet = seenBy(*plan.ddnet, first);
        if (plan.base)
            pending.cut.base = seenBy(*plan.base, last);
    }
    return elements;
}

} // namespace

std::string ClipPlan::words() const
{
    const std::string rate = division.rate.den == 1 ? std::to_string(division.rate.num) : printed("%.4g", division.rate.value());
    const std::string where = division.count > 0 ? std::to_string(division.count) + " clips evenly over a video"
        : division.step > 0                      ? "a clip every " + std::to_string(division.step) + " frames"
                                                 : std::string("a clip beginning where the one before ends");
    return std::to_string(division.frames) + " frames, " + (division.stride == 1 ? "every one" : "one in " + std::to_string(division.stride)) + " at " + rate
        + " a second, " + where + (parts.size() > 1 ? ", " + std::to_string(parts.size()) + " crops of each" : std::string());
}

std::string ClipPlan::key() const
{
    std::string key = "clips 1 " + std::to_string(division.frames) + ' ' + std::to_string(division.stride) + ' ' + std::to_string(division.rate.num) + '/'
        + std::to_string(division.rate.den) + ' ' + std::to_string(division.step) + ' ' + std::to_string(division.count);
    for (const std::optional<ClipInput> &input : {ddnet, base})
        if (input)
            key += ' ' + std::to_string(input->frames) + 'x' + std::to_string(input->cut.height) + 'x' + std::to_string(input->cut.width) + 'x'
                + std::to_string(input->cut.shortSide);
    return key + (parts.size() > 1 ? " crops " + std::to_string(parts.size()) : std::string()) + '\n';
}

ClipPlan clipPlan(const ModelSpec *ddnet, const ModelSpec *base, const ClipChoice &choice)
{
    ClipPlan plan;
    plan.ddnet = inputOf(ddnet);
    plan.base = inputOf(base);
    const ModelSpec &says = base != nullptr ? *base : *ddnet;
    const std::optional<ClipSampling> usual = usualSampling(says.architecture);
    plan.division.frames = says.inputFrames;
    plan.division.stride = choice.stride > 0 ? choice.stride : says.inputStride > 0 ? says.inputStride : usual ? usual->stride : 1;
    if (choice.rate)
        plan.division.rate = *choice.rate;
    else if (const double rate = says.inputRate > 0 ? says.inputRate : usual ? usual->rate : 0; rate > 0)
        plan.division.rate = frameRate(printed("%g", rate));
    plan.division.step = choice.step;
    plan.division.count = choice.count;
    if (choice.crops == 3)
        plan.parts = {ClipCut::Part::First, ClipCut::Part::Middle, ClipCut::Part::Last};
    else if (choice.crops != 1)
        throw UsageError("Of a clip one crop is taken, or three; " + std::to_string(choice.crops) + " were asked for.");
    plan.division.check();
    return plan;
}

double DividedVideo::durationS() const
{
    const FrameTicks &ticks = frames->ticks();
    return ticks.shown.empty() ? 0 : static_cast<double>(ticks.end - ticks.shown.front()) * ticks.second.value();
}

DividedVideo divide(const fs::path &file, const ClipOptions &options, Progress &progress, double fromS, std::optional<double> toS)
{
    DividedVideo video;
    video.frames = openFrames(file, options.rate, progress);
    const FrameTicks &ticks = video.frames->ticks();
    if (ticks.shown.empty())
        throw FileError(file, "has no frame.");
    std::int64_t first = 0;
    const FrameTicks part = ticksWithin(ticks, fromS, toS, first);
    if (part.shown.empty())
        throw FileError(file, "has no frame from " + printed("%.3f", fromS) + " s on, where it is to be read.");
    video.places = clipPlaces(part, options);
    const double offset = static_cast<double>(part.shown.front() - ticks.shown.front()) * ticks.second.value();
    for (ClipPlace &place : video.places.places) {
        for (std::int64_t &frame : place.frames)
            frame += first;
        place.fromS += offset;
        place.toS += offset;
    }
    return video;
}

ClipWork scoreClips(DividedVideo &video, const fs::path &file, const ClipPlan &plan, const std::vector<WorkerNets> &workers, bool flip,
                    const std::function<void(PendingElement &&)> &take, Times &times, Progress &progress)
{
    struct Scored {
        std::vector<PendingElement> elements; ///< of one clip
        Times times;
    };
    ClipStream stream(*video.frames, video.places.places, cutsOf(plan));
    using Line = OrderedPipeline<ClipStream::Item, Scored>;
    const auto produce = [&] { return stream.next(progress); };
    std::vector<Line::Work> hands;
    for (const WorkerNets &nets : workers)
        hands.emplace_back([&, begun = false](ClipStream::Item &&item) mutable {
            if (!std::exchange(begun, true))
                useThisThreadOnly();
            Scored scored;
            scored.elements = pendingClips(item, video.places.places[item.place], file, plan);
            scoreElements(scored.elements, nets, flip, progress, scored.times);
            return scored;
        });
    const auto consume = [&](Scored &&scored) {
        times.add(scored.times);
        for (PendingElement &element : scored.elements)
            take(std::move(element));
    };
    Line::run(produce, hands, consume, 2 * workers.size() + 2, progress);
    return stream.work();
}

} // namespace dscope
