// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tasks/reid/people/persontracker.h"

#include "core/base/assignment.h"
#include "core/base/error.h"
#include "core/base/overlap.h"
#include "core/base/products.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>
#include <optional>
#include <string>

namespace dscope {

namespace {

using Vector = std::vector<float>; ///< an embedding of length 1; empty where there is none

/// Deviations of a measured box and of a box's movement from frame to frame, in its heights.
constexpr float kPositionNoise = 1.F / 20;
constexpr float kVelocityNoise = 1.F / 80;
/// How much the likeness of embeddings counts beside an overlap of 1.
constexpr float kLikenessWeight = 0.5F;
/// Embeddings that a track needs before it refuses people.
constexpr std::size_t kKnown = 3;
/// How far from where it was expected a lost track is taken up by its embedding alone: in heights, and in heights a frame of its absence.
constexpr float kReach = 1;
constexpr float kReachPerFrame = 0.1F;

/// A value and its velocity with their covariance: a Kalman filter of constant velocity.
class Motion {
public:
    Motion() = default;
    Motion(float value, float height)
        : m_value(value), m_valueVariance(square(2 * kPositionNoise * height)), m_rateVariance(square(10 * kVelocityNoise * height))
    {
    }

    float after(float frames) const { return m_value + m_rate * frames; }

    void advance(float frames, float height)
    {
        m_value += m_rate * frames;
        m_valueVariance += 2 * m_covariance * frames + m_rateVariance * frames * frames + square(kPositionNoise * height) * frames;
        m_covariance += m_rateVariance * frames;
        m_rateVariance += square(kVelocityNoise * height) * frames;
    }

    void correct(float measured, float height)
    {
        const float all = m_valueVariance + square(kPositionNoise * height);
        const float gain = m_valueVariance / all;
        const float rateGain = m_covariance / all;
        const float off = measured - m_value;
        m_value += gain * off;
        m_rate += rateGain * off;
        m_rateVariance -= rateGain * m_covariance;
        m_covariance *= 1 - gain;
        m_valueVariance *= 1 - gain;
    }

private:
    static float square(float x) { return x * x; }

    float m_value = 0;
    float m_rate = 0; ///< a frame
    float m_valueVariance = 0;
    float m_covariance = 0;
    float m_rateVariance = 0;
};

/// People of one track so far.
struct Track {
    std::size_t count = 0;
    std::size_t sure = 0;         ///< how many of them up to the last one of whom the detector was sure
    std::int64_t last = 0;        ///< frame
    float height = 1;             ///< of the last box
    std::array<Motion, 4> motion; ///< centre x and y, width, height
    Vector sum;                   ///< of unit embeddings
    std::size_t known = 0;        ///< people with an embedding

    /// Where it is expected. While it is not seen its size stays what it was.
    Box expected(std::int64_t frame) const
    {
        const auto frames = static_cast<float>(frame - last);
        const float still = std::min(frames, 1.F);
        const float w = std::max(1.F, motion[2].after(still));
        const float h = std::max(1.F, motion[3].after(still));
        return {motion[0].after(frames) - w / 2, motion[1].after(frames) - h / 2, w, h};
    }

    void add(std::int64_t frame, const Box &box, bool isSure, const Vector &embedding)
    {
        const std::array<float, 4> measured{box.x + box.w / 2, box.y + box.h / 2, box.w, box.h};
        for (std::size_t i = 0; i < measured.size(); ++i) {
            if (count == 0) {
                motion[i] = Motion(measured[i], box.h);
                continue;
            }
            motion[i].advance(static_cast<float>(frame - last), height);
            motion[i].correct(measured[i], box.h);
        }
        ++count;
        sure = isSure ? count : sure;
        last = frame;
        height = std::max(1.F, box.h);
        if (embedding.empty())
            return;
        if (sum.empty())
            sum.assign(embedding.size(), 0);
        for (std::size_t i = 0; i < sum.size(); ++i)
            sum[i] += embedding[i];
        ++known;
    }

    /// The cosine of an embedding and the mean; nothing where one of them is not known.
    std::optional<float> likeness(const Vector &embedding) const
    {
        const Vector mean = embedding.empty() ? Vector() : unitVector(sum);
        if (mean.empty())
            return std::nullopt;
        return std::inner_product(mean.begin(), mean.end(), embedding.begin(), 0.F);
    }
};

/// One person of the frame that is looked at.
struct Candidate {
    std::size_t place = 0; ///< among the people added
    Box box;
    bool sure = true;
    Vector embedding;
};

bool isFinite(const Box &box)
{
    return std::isfinite(box.x) && std::isfinite(box.y) && std::isfinite(box.w) && std::isfinite(box.h);
}

} // namespace

void PersonTrackerOptions::check() const
{
    const auto inside = [](double value, double low, double high) { return std::isfinite(value) && value >= low && value <= high; };
    if (!inside(minOverlap, 0.01, 1) || !inside(faintOverlap, 0.01, 1))
        throw Error("The person tracker's minOverlap and faintOverlap must lie between 0.01 and 1.");
    if (maxGap < 0 || longestGap < 0)
        throw Error("The person tracker's gaps must not be negative.");
    if (!inside(sameBox, 0.01, 1))
        throw Error("The person tracker's sameBox must lie between 0.01 and 1.");
    if (minLength < 1)
        throw Error("The person tracker's minLength must be at least 1.");
    if (!inside(minSimilarity, -1, 1) || !inside(cutSimilarity, -1, 1))
        throw Error("The person tracker's similarities must lie between -1 and 1.");
}

PersonTrackerOptions forEvery(PersonTrackerOptions options, int everyNth)
{
    if (everyNth < 1)
        throw Error("Every how manieth frame is looked at must be at least 1.");
    const auto n = static_cast<std::int64_t>(everyNth);
    options.maxGap = static_cast<int>(std::min<std::int64_t>(std::max<std::int64_t>(options.maxGap, 2 * n - 1), std::numeric_limits<int>::max()));
    options.minLength = static_cast<int>(std::max<std::int64_t>(1, (options.minLength + n - 1) / n));
    return options;
}

struct PersonTracker::Private {
    PersonTrackerOptions options;
    std::optional<std::int64_t> frame;  ///< the last one added
    std::optional<std::int64_t> before; ///< the one before it
    std::size_t dimensions = 0;         ///< of embeddings; 0: none yet
    std::vector<Track> all;
    std::vector<std::size_t> open;     ///< tracks that may still go on
    std::vector<std::int64_t> trackOf; ///< of every person; -1: none

    // Of the frame that is looked at.
    std::vector<Candidate> candidates;
    std::vector<bool> taken;     ///< by candidate
    std::vector<bool> continued; ///< by place in `open`

    /// What a pair is worth; 0 or less: it must not be.
    using Worth = std::function<float(const Track &, const Candidate &)>;

    /// Gives people that are still free to tracks that still have none, so that the sum of what they are worth is the largest.
    void match(const std::function<bool(const Track &)> &tracksWanted, bool sure, const Worth &worth)
    {
        std::vector<std::size_t> rows;
        std::vector<std::size_t> columns;
        for (std::size_t i = 0; i < open.size(); ++i)
            if (!continued[i] && tracksWanted(all[open[i]]))
                rows.push_back(i);
        for (std::size_t i = 0; i < candidates.size(); ++i)
            if (!taken[i] && candidates[i].sure == sure)
                columns.push_back(i);
        std::vector<double> costs(rows.size() * columns.size(), 0);
        for (std::size_t r = 0; r < rows.size(); ++r)
            for (std::size_t c = 0; c < columns.size(); ++c)
                costs[r * columns.size() + c] = -std::max(0.F, worth(all[open[rows[r]]], candidates[columns[c]]));
        const std::vector<std::size_t> assigned = assign(costs, rows.size(), columns.size());
        for (std::size_t r = 0; r < rows.size(); ++r) {
            if (assigned[r] == unassigned || costs[r * columns.size() + assigned[r]] >= 0)
                continue;
            continued[rows[r]] = true;
            take(open[rows[r]], columns[assigned[r]]);
        }
    }

    void take(std::size_t track, std::size_t candidate)
    {
        const Candidate &person = candidates[candidate];
        taken[candidate] = true;
        all[track].add(*frame, person.box, person.sure, person.embedding);
        trackOf[person.place] = static_cast<std::int64_t>(track);
    }

    /// By overlap with the expected box; embeddings help and refuse.
    float byOverlap(const Track &track, const Candidate &person, float least) const
    {
        const float shared = overlap(track.expected(*frame), person.box);
        if (shared < least)
            return 0;
        const std::optional<float> alike = track.likeness(person.embedding);
        if (!alike)
            return shared;
        if (track.known >= kKnown && *alike < options.cutSimilarity)
            return 0;
        return shared + kLikenessWeight * std::max(0.F, *alike);
    }

    /// By embedding alone, near where it could be.
    float byLikeness(const Track &track, const Candidate &person) const
    {
        const std::optional<float> alike = track.likeness(person.embedding);
        if (!alike || track.known < kKnown || *alike < options.minSimilarity)
            return 0;
        const auto gap = static_cast<float>(*frame - track.last);
        const Box near = track.expected(track.last);
        const float away = std::hypot(near.x + near.w / 2 - person.box.x - person.box.w / 2, near.y + near.h / 2 - person.box.y - person.box.h / 2);
        const float sizes = person.box.h / track.height;
        return away <= (kReach + kReachPerFrame * gap) * track.height && sizes > 0.5F && sizes < 2 ? *alike : 0;
    }

    void step()
    {
        const int longest = std::max(options.maxGap, dimensions > 0 ? options.longestGap : 0);
        std::erase_if(open, [&](std::size_t t) { return *frame - all[t].last - 1 > longest; });
        taken.assign(candidates.size(), false);
        continued.assign(open.size(), false);
        const auto recent = [&](const Track &track) { return *frame - track.last - 1 <= options.maxGap; };
        match([&](const Track &track) { return track.count > 1 && recent(track); }, true,
              [&](const Track &track, const Candidate &person) { return byOverlap(track, person, options.minOverlap); });
        match([&](const Track &track) { return track.count > 1 && before && track.last == *before; }, false,
              [&](const Track &track, const Candidate &person) { return byOverlap(track, person, options.faintOverlap); });
        match([&](const Track &track) { return track.count == 1 && recent(track); }, true,
              [&](const Track &track, const Candidate &person) { return byOverlap(track, person, options.minOverlap); });
        if (dimensions > 0)
            match([](const Track &) { return true; }, true, [&](const Track &track, const Candidate &person) { return byLikeness(track, person); });
        for (std::size_t i = 0; i < candidates.size(); ++i) {
            if (taken[i] || !candidates[i].sure)
                continue;
            open.push_back(all.size());
            all.emplace_back();
            take(all.size() - 1, i);
        }
    }
};

PersonTracker::PersonTracker(const PersonTrackerOptions &options) : d(std::make_unique<Private>())
{
    options.check();
    d->options = options;
}

PersonTracker::~PersonTracker() = default;
PersonTracker::PersonTracker(PersonTracker &&) noexcept = default;
PersonTracker &PersonTracker::operator=(PersonTracker &&) noexcept = default;

void PersonTracker::add(std::int64_t frame, std::span<const Person> people, std::span<const std::vector<float>> embeddings)
{
    if (d->frame && frame <= *d->frame)
        throw Error("The person tracker got frame " + std::to_string(frame) + " after frame " + std::to_string(*d->frame) + ".");
    if (!embeddings.empty() && embeddings.size() != people.size())
        throw Error("The person tracker got " + std::to_string(embeddings.size()) + " embeddings for " + std::to_string(people.size()) + " people.");
    std::size_t dimensions = d->dimensions;
    for (const std::vector<float> &embedding : embeddings) {
        if (!embedding.empty() && dimensions > 0 && embedding.size() != dimensions)
            throw Error("The person tracker got embeddings of " + std::to_string(dimensions) + " and of " + std::to_string(embedding.size()) + " values.");
        dimensions = std::max(dimensions, embedding.size());
    }
    for (const Person &person : people)
        if (!isFinite(person.box) || !std::isfinite(person.score))
            throw Error("The person tracker got a box that is not finite in frame " + std::to_string(frame) + ".");
    d->dimensions = dimensions;
    d->before = d->frame;
    d->frame = frame;
    const std::size_t first = d->trackOf.size();
    d->trackOf.resize(first + people.size(), -1);

    // Strongest first; of two in the same place the stronger one stays.
    std::vector<std::size_t> order(people.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return people[a].score > people[b].score; });
    d->candidates.clear();
    for (const std::size_t i : order) {
        const Person &person = people[i];
        if (person.box.w <= 0 || person.box.h <= 0)
            continue;
        const bool again = std::any_of(d->candidates.begin(), d->candidates.end(),
                                       [&](const Candidate &other) { return overlap(other.box, person.box) > d->options.sameBox; });
        if (!again)
            d->candidates.push_back({first + i, person.box, person.sure, embeddings.empty() ? Vector() : unitVector(embeddings[i])});
    }
    d->step();
}

std::size_t PersonTracker::people() const
{
    return d->trackOf.size();
}

std::vector<int> PersonTracker::tracks() const
{
    std::vector<int> number(d->all.size(), -1);
    std::vector<std::size_t> passed(d->all.size(), 0);
    std::vector<int> result(d->trackOf.size(), -1);
    int next = 0;
    for (std::size_t i = 0; i < result.size(); ++i) {
        if (d->trackOf[i] < 0)
            continue;
        const auto track = static_cast<std::size_t>(d->trackOf[i]);
        // People who are not sure count between sure ones; behind the last of these they are mostly nobody.
        if (d->all[track].sure < static_cast<std::size_t>(d->options.minLength) || ++passed[track] > d->all[track].sure)
            continue;
        if (number[track] < 0)
            number[track] = next++;
        result[i] = number[track];
    }
    return result;
}

} // namespace dscope
