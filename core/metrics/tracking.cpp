// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/metrics/tracking.h"

#include "core/base/assignment.h"
#include "core/base/error.h"
#include "core/base/overlap.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <vector>

namespace dscope {

namespace {

double share(double part, std::int64_t of)
{
    return of > 0 ? part / static_cast<double>(of) : 0;
}

/// A box whose identity is a place in a list.
struct Placed {
    std::int64_t frame;
    std::size_t id;
    Box box;
};

/// Boxes by frame, then identity. Identities become places in the order of their numbers.
std::vector<Placed> ordered(std::span<const TrackBox> boxes, std::size_t &identities)
{
    std::map<std::int64_t, std::size_t> places;
    for (const TrackBox &box : boxes)
        places.emplace(box.id, 0);
    identities = 0;
    for (auto &[id, place] : places)
        place = identities++;
    std::vector<Placed> result;
    result.reserve(boxes.size());
    for (const TrackBox &box : boxes) {
        if (!std::isfinite(box.box.x) || !std::isfinite(box.box.y) || !std::isfinite(box.box.w) || !std::isfinite(box.box.h))
            throw Error("The box of identity " + std::to_string(box.id) + " in frame " + std::to_string(box.frame) + " is not finite.");
        result.push_back({box.frame, places.at(box.id), box.box});
    }
    std::sort(result.begin(), result.end(), [](const Placed &a, const Placed &b) { return a.frame != b.frame ? a.frame < b.frame : a.id < b.id; });
    for (std::size_t i = 1; i < result.size(); ++i)
        if (result[i].frame == result[i - 1].frame && result[i].id == result[i - 1].id)
            throw Error("An identity has two boxes in frame " + std::to_string(result[i].frame) + ".");
    return result;
}

/// What is carried from frame to frame.
class Matcher {
public:
    Matcher(std::size_t people, std::size_t tracks, double least) : m_last(people, unassigned), m_owner(tracks, unassigned), m_least(least) {}

    /// The boxes of one frame.
    void frame(std::span<const Placed> truth, std::span<const Placed> found, TrackingFigures &figures)
    {
        std::vector<std::size_t> partner(truth.size(), unassigned);
        std::vector<bool> taken(found.size(), false);
        for (std::size_t t = 0; t < truth.size(); ++t)
            for (std::size_t f = 0; f < found.size(); ++f) {
                const double shared = overlap(truth[t].box, found[f].box);
                if (shared < m_least)
                    continue;
                ++m_fits[{truth[t].id, found[f].id}];
                if (found[f].id == m_last[truth[t].id] && truth[t].id == m_owner[found[f].id]) {
                    partner[t] = f;
                    taken[f] = true;
                }
            }
        std::vector<double> costs(truth.size() * found.size(), notTogether);
        for (std::size_t t = 0; t < truth.size(); ++t)
            for (std::size_t f = 0; f < found.size(); ++f)
                if (const double shared = overlap(truth[t].box, found[f].box); partner[t] == unassigned && !taken[f] && shared >= m_least)
                    costs[t * found.size() + f] = 1 - shared;
        const std::vector<std::size_t> rest = assign(costs, truth.size(), found.size());
        for (std::size_t t = 0; t < truth.size(); ++t) {
            const std::size_t f = partner[t] != unassigned ? partner[t] : rest[t];
            if (f == unassigned)
                continue;
            std::size_t &last = m_last[truth[t].id];
            figures.switches += last != unassigned && last != found[f].id ? 1 : 0;
            last = found[f].id;
            m_owner[found[f].id] = truth[t].id;
            ++figures.matches;
            figures.overlapSum += overlap(truth[t].box, found[f].box);
        }
    }

    /// The most boxes that fit under one assignment of people to tracks.
    std::int64_t idMatches(std::size_t people, std::size_t tracks) const
    {
        std::vector<double> costs(people * tracks, 0);
        for (const auto &[pair, count] : m_fits)
            costs[pair.first * tracks + pair.second] = -static_cast<double>(count);
        const std::vector<std::size_t> assigned = assign(costs, people, tracks);
        std::int64_t sum = 0;
        for (std::size_t p = 0; p < people; ++p)
            if (const auto fits = m_fits.find({p, assigned[p]}); fits != m_fits.end())
                sum += fits->second;
        return sum;
    }

private:
    std::vector<std::size_t> m_last;  ///< the track of each person's last match
    std::vector<std::size_t> m_owner; ///< the person of each track's last match
    double m_least;
    std::map<std::pair<std::size_t, std::size_t>, std::int64_t> m_fits; ///< frames in which person and track overlap enough
};

/// Those of the frame at `from`.
std::span<const Placed> ofFrame(const std::vector<Placed> &boxes, std::size_t from, std::int64_t frame)
{
    std::size_t end = from;
    while (end < boxes.size() && boxes[end].frame == frame)
        ++end;
    return std::span(boxes).subspan(from, end - from);
}

} // namespace

double TrackingFigures::recall() const
{
    return share(static_cast<double>(matches), truths);
}

double TrackingFigures::precision() const
{
    return share(static_cast<double>(matches), found);
}

double TrackingFigures::mota() const
{
    const std::int64_t wrong = (truths - matches) + (found - matches) + switches;
    return truths > 0 ? 1 - share(static_cast<double>(wrong), truths) : 0;
}

double TrackingFigures::meanOverlap() const
{
    return share(overlapSum, matches);
}

double TrackingFigures::idf1() const
{
    return share(2 * static_cast<double>(idMatches), truths + found);
}

double TrackingFigures::idRecall() const
{
    return share(static_cast<double>(idMatches), truths);
}

double TrackingFigures::idPrecision() const
{
    return share(static_cast<double>(idMatches), found);
}

TrackingFigures trackingFigures(std::span<const TrackBox> truth, std::span<const TrackBox> found, double least)
{
    if (!(least > 0 && least <= 1))
        throw Error("The least overlap of a match must lie above 0 and be at most 1.");
    std::size_t people = 0;
    std::size_t tracks = 0;
    const std::vector<Placed> truths = ordered(truth, people);
    const std::vector<Placed> founds = ordered(found, tracks);
    TrackingFigures figures;
    figures.truths = static_cast<std::int64_t>(truths.size());
    figures.found = static_cast<std::int64_t>(founds.size());
    figures.people = static_cast<std::int64_t>(people);
    figures.tracks = static_cast<std::int64_t>(tracks);
    Matcher matcher(people, tracks, least);
    for (std::size_t t = 0, f = 0; t < truths.size() || f < founds.size();) {
        const std::int64_t frame = f == founds.size() || (t < truths.size() && truths[t].frame <= founds[f].frame) ? truths[t].frame : founds[f].frame;
        const std::span<const Placed> here = ofFrame(truths, t, frame);
        const std::span<const Placed> there = ofFrame(founds, f, frame);
        matcher.frame(here, there, figures);
        t += here.size();
        f += there.size();
    }
    figures.idMatches = matcher.idMatches(people, tracks);
    return figures;
}

} // namespace dscope
