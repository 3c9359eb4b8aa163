// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tasks/face/tracker.h"

#include "core/base/error.h"
#include "core/base/products.h"
#include "core/tasks/face/boxes.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <numeric>

namespace dscope {

namespace {

using Vector = std::vector<float>; ///< an embedding; empty where there is none

/// A track of so many faces with an embedding knows its person well enough to refuse another one.
constexpr std::size_t kKnown = 3;
/// What an embedding must weigh to say who somebody is, and what the embeddings of a track must weigh in all: a single good one does.
constexpr float kSays = 0.25F;
constexpr float kEnough = 0.5F;
/// About a second of video.
constexpr int kLongestGap = 25;
/// How much of a step's movement goes into the velocity; less follows turns slower, more follows the jitter of the boxes.
constexpr float kVelocityGain = 0.4F;

void addTo(Vector &sum, const Vector &vector, float weight = 1)
{
    if (sum.empty())
        sum.assign(vector.size(), 0);
    for (std::size_t i = 0; i < vector.size(); ++i)
        sum[i] += weight * vector[i];
}

float dot(const Vector &a, const Vector &b)
{
    return a.empty() || b.empty() ? 0 : std::inner_product(a.begin(), a.end(), b.begin(), 0.F);
}

/// The cosine of two mean embeddings on a scale where two people have 0 in the mean; 0 where one of them is not known.
float likeness(const Vector &a, const Vector &b, float impostorCosine)
{
    return a.empty() || b.empty() ? 0 : (dot(a, b) - impostorCosine) / (1 - impostorCosine);
}

/// Faces of one person in a row.
struct Track {
    std::vector<std::size_t> faces; ///< places in the input, frames ascending
    Vector sum;                     ///< of unit embeddings times their weights
    float weights = 0;              ///< of those embeddings
    float squares = 0;              ///< of these weights
    std::size_t known = 0;          ///< faces with an embedding
    float vx = 0;                   ///< pixels a frame
    float vy = 0;

    void add(const Vector &embedding, float weight)
    {
        addTo(sum, embedding, weight);
        weights += weight;
        squares += weight * weight;
        ++known;
    }
    void add(const Track &other)
    {
        if (!other.sum.empty())
            addTo(sum, other.sum);
        weights += other.weights;
        squares += other.squares;
        known += other.known;
    }
    /// Whether its embeddings say who it is: enough of them, and not only many that say nothing.
    bool knowsWho() const { return weights >= kEnough && squares >= kSays * weights; }
    /// The mean direction of the embeddings, where they say who it is.
    Vector mean() const { return knowsWho() ? unitVector(sum) : Vector(); }
};

class Linker {
public:
    Linker(std::span<const TrackFace> faces, const std::vector<Vector> &units, const TrackerOptions &options)
        : m_faces(faces), m_units(units), m_options(options)
    {
    }

    std::vector<Track> link()
    {
        for (std::size_t begin = 0; begin < m_faces.size();) {
            std::size_t end = begin;
            while (end < m_faces.size() && m_faces[end].frame == m_faces[begin].frame)
                ++end;
            step(begin, end);
            begin = end;
        }
        return std::move(m_tracks);
    }

private:
    struct Candidate {
        float rank;
        std::size_t track;
        std::size_t face;
    };

    Box predicted(const Track &track, std::int64_t frame) const
    {
        const TrackFace &last = m_faces[track.faces.back()];
        Box box = last.face.box;
        const auto frames = static_cast<float>(frame - last.frame);
        box.x += track.vx * frames;
        box.y += track.vy * frames;
        return box;
    }

    void step(std::size_t begin, std::size_t end)
    {
        const std::int64_t frame = m_faces[begin].frame;
        std::erase_if(m_open, [&](std::size_t t) { return frame - m_faces[m_tracks[t].faces.back()].frame - 1 > m_options.maxGap; });
        std::vector<Candidate> candidates;
        for (const std::size_t t : m_open) {
            const Box box = predicted(m_tracks[t], frame);
            const Vector mean = m_tracks[t].mean();
            for (std::size_t f = begin; f < end; ++f) {
                const float shared = overlap(box, m_faces[f].face.box);
                if (shared <= 0 || shared < m_options.minOverlap)
                    continue;
                const float alike = likeness(mean, m_units[f], m_options.impostorCosine);
                const Track &track = m_tracks[t];
                const float says = m_faces[f].weight;
                const bool another = track.known >= kKnown && !mean.empty() && !m_units[f].empty() && says >= kSays && alike < m_options.cutSimilarity;
                if (!another)
                    candidates.push_back({shared + says * std::max(0.F, alike), t, f});
            }
        }
        std::stable_sort(candidates.begin(), candidates.end(), [](const Candidate &a, const Candidate &b) { return a.rank > b.rank; });
        std::vector<bool> taken(end - begin, false);
        for (const Candidate &candidate : candidates) {
            if (taken[candidate.face - begin] || m_faces[m_tracks[candidate.track].faces.back()].frame == frame)
                continue;
            taken[candidate.face - begin] = true;
            extend(m_tracks[candidate.track], candidate.face);
        }
        for (std::size_t f = begin; f < end; ++f) {
            if (taken[f - begin])
                continue;
            m_open.push_back(m_tracks.size());
            m_tracks.emplace_back();
            extend(m_tracks.back(), f);
        }
    }

    void extend(Track &track, std::size_t face)
    {
        if (!track.faces.empty()) {
            const TrackFace &last = m_faces[track.faces.back()];
            const auto frames = static_cast<float>(m_faces[face].frame - last.frame);
            const Box &from = last.face.box;
            const Box &to = m_faces[face].face.box;
            const float vx = (to.x + to.w / 2 - from.x - from.w / 2) / frames;
            const float vy = (to.y + to.h / 2 - from.y - from.h / 2) / frames;
            // The first step is the whole of what is known.
            const float gain = track.faces.size() == 1 ? 1 : kVelocityGain;
            track.vx += gain * (vx - track.vx);
            track.vy += gain * (vy - track.vy);
        }
        track.faces.push_back(face);
        if (!m_units[face].empty())
            track.add(m_units[face], m_faces[face].weight);
    }

    std::span<const TrackFace> m_faces;
    const std::vector<Vector> &m_units;
    const TrackerOptions &m_options;
    std::vector<Track> m_tracks;
    std::vector<std::size_t> m_open; ///< tracks that may still go on
};

/// Agglomerative mending. Each set of tracks remembers its most alike partner among the later sets, so that a merge costs about one
/// pass over the sets.
class Mender {
public:
    Mender(std::span<const TrackFace> faces, std::vector<Track> tracks, float similarity, float impostorCosine)
        : m_faces(faces), m_tracks(std::move(tracks)), m_means(m_tracks.size()), m_partner(m_tracks.size(), kNone), m_alike(m_tracks.size(), similarity),
          m_similarity(similarity), m_impostorCosine(impostorCosine)
    {
        for (std::size_t i = 0; i < m_tracks.size(); ++i)
            m_means[i] = m_tracks[i].mean();
    }

    std::vector<Track> mend()
    {
        for (std::size_t i = 0; i < m_tracks.size(); ++i)
            seek(i);
        while (true) {
            std::size_t best = kNone;
            for (std::size_t i = 0; i < m_tracks.size(); ++i)
                if (m_partner[i] != kNone && (best == kNone || m_alike[i] > m_alike[best]))
                    best = i;
            if (best == kNone)
                break;
            merge(best, m_partner[best]);
        }
        std::erase_if(m_tracks, [](const Track &track) { return track.faces.empty(); });
        return std::move(m_tracks);
    }

private:
    static constexpr std::size_t kNone = std::numeric_limits<std::size_t>::max();

    bool shareFrame(const Track &a, const Track &b) const
    {
        auto i = a.faces.begin();
        auto j = b.faces.begin();
        while (i != a.faces.end() && j != b.faces.end()) {
            const std::int64_t left = m_faces[*i].frame;
            const std::int64_t right = m_faces[*j].frame;
            if (left == right)
                return true;
            if (left < right)
                ++i;
            else
                ++j;
        }
        return false;
    }

    void seek(std::size_t i)
    {
        m_partner[i] = kNone;
        m_alike[i] = m_similarity;
        for (std::size_t j = i + 1; j < m_tracks.size(); ++j)
            offer(i, j);
    }

    void offer(std::size_t i, std::size_t j)
    {
        if (m_means[i].empty() || m_means[j].empty())
            return;
        const float alike = likeness(m_means[i], m_means[j], m_impostorCosine);
        const bool better = m_partner[i] == kNone ? alike >= m_similarity : alike > m_alike[i];
        if (better && !shareFrame(m_tracks[i], m_tracks[j])) {
            m_partner[i] = j;
            m_alike[i] = alike;
        }
    }

    /// Moves the faces of `from` into `into`, into < from.
    void merge(std::size_t into, std::size_t from)
    {
        std::vector<std::size_t> all;
        std::merge(m_tracks[into].faces.begin(), m_tracks[into].faces.end(), m_tracks[from].faces.begin(), m_tracks[from].faces.end(), std::back_inserter(all));
        m_tracks[into].faces = std::move(all);
        m_tracks[into].add(m_tracks[from]);
        m_means[into] = m_tracks[into].mean();
        m_tracks[from] = {};
        m_means[from].clear();
        m_partner[from] = kNone;
        for (std::size_t i = 0; i < from; ++i) {
            if (i == into || m_partner[i] == from || m_partner[i] == into)
                seek(i);
            else if (i < into)
                offer(i, into);
        }
    }

    std::span<const TrackFace> m_faces;
    std::vector<Track> m_tracks;
    std::vector<Vector> m_means;
    std::vector<std::size_t> m_partner;
    std::vector<float> m_alike; ///< to the partner
    float m_similarity;
    float m_impostorCosine;
};

/// How well a face lies between the track's last face before it and the first one after it: the overlap with the box between the two;
/// 0 if one of them is missing or more than maxGap frames away, if the track has a face in that frame, or if as many as minLength of the
/// piece's faces lie between the two, which is then somebody who stays for a while.
float between(std::span<const TrackFace> faces, const Track &track, const Track &piece, std::size_t face, const TrackerOptions &options)
{
    const std::int64_t frame = faces[face].frame;
    const auto before = [&](std::size_t f, std::int64_t other) { return faces[f].frame < other; };
    const auto after = std::lower_bound(track.faces.begin(), track.faces.end(), frame, before);
    if (after == track.faces.begin() || after == track.faces.end())
        return 0;
    const TrackFace &left = faces[*(after - 1)];
    const TrackFace &right = faces[*after];
    if (right.frame == frame || frame - left.frame - 1 > options.maxGap || right.frame - frame - 1 > options.maxGap)
        return 0;
    const auto first = std::lower_bound(piece.faces.begin(), piece.faces.end(), left.frame, before);
    const auto last = std::lower_bound(piece.faces.begin(), piece.faces.end(), right.frame, before);
    if (last - first >= options.minLength)
        return 0;
    const float share = static_cast<float>(frame - left.frame) / static_cast<float>(right.frame - left.frame);
    const auto mixed = [&](float a, float b) { return a + share * (b - a); };
    const Box &a = left.face.box;
    const Box &b = right.face.box;
    return overlap({mixed(a.x, b.x), mixed(a.y, b.y), mixed(a.w, b.w), mixed(a.h, b.h)}, faces[face].face.box);
}

/// Gives pieces to the longer track between whose faces each of theirs lies in time and place: mostly single blurred faces whose
/// embedding says nothing. A piece that is like a track of minLength or more is left to the mending.
void reclaim(std::span<const TrackFace> faces, std::vector<Track> &tracks, const TrackerOptions &options)
{
    std::vector<std::size_t> order(tracks.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return tracks[a].faces.size() < tracks[b].faces.size(); });
    std::vector<Vector> means;
    for (const Track &track : tracks)
        means.push_back(track.mean());
    for (const std::size_t p : order) {
        Track &piece = tracks[p];
        const Vector &mean = means[p];
        Track *owner = nullptr;
        float best = 0;
        bool claimed = false;
        for (Track &track : tracks) {
            if (&track == &piece || track.faces.size() <= piece.faces.size() || track.faces.size() < static_cast<std::size_t>(options.minLength))
                continue;
            claimed = claimed
                || (!mean.empty() && likeness(means[static_cast<std::size_t>(&track - tracks.data())], mean, options.impostorCosine) >= options.minSimilarity);
            float least = 1;
            for (std::size_t i = 0; i < piece.faces.size() && least >= options.minOverlap; ++i)
                least = std::min(least, between(faces, track, piece, piece.faces[i], options));
            if (least > best && least >= options.minOverlap) {
                best = least;
                owner = &track;
            }
        }
        if (owner == nullptr || claimed)
            continue;
        std::vector<std::size_t> all;
        std::merge(owner->faces.begin(), owner->faces.end(), piece.faces.begin(), piece.faces.end(), std::back_inserter(all));
        owner->faces = std::move(all);
        piece.faces.clear();
    }
    std::erase_if(tracks, [](const Track &track) { return track.faces.empty(); });
}

void check(std::span<const TrackFace> faces, const TrackerOptions &options)
{
    const auto inside = [](float value, float low) { return std::isfinite(value) && value >= low && value <= 1; };
    if (!inside(options.minOverlap, 0) || !inside(options.minSimilarity, -1) || !inside(options.cutSimilarity, -1) || options.maxGap < 0
        || options.minLength < 1 || options.sureLength < 0 || !inside(options.sureScore, 0) || !inside(options.impostorCosine, -1)
        || options.impostorCosine > 0.999F)
        throw Error("The tracker's options are out of range: minOverlap from 0 to 1, minSimilarity and cutSimilarity from -1 to 1, maxGap and "
                    "sureLength at least 0, minLength at least 1, impostorCosine from -1 to .999, sureScore from 0 to 1.");
    std::size_t length = 0;
    for (std::size_t i = 0; i < faces.size(); ++i) {
        if (i > 0 && faces[i].frame < faces[i - 1].frame)
            throw Error("The faces to track are not ordered by frame: frame " + std::to_string(faces[i].frame) + " follows frame "
                        + std::to_string(faces[i - 1].frame) + ".");
        if (!(faces[i].weight >= 0 && faces[i].weight <= 1))
            throw Error("The weight of a face to track is not between 0 and 1.");
        if (faces[i].embedding.empty())
            continue;
        if (length != 0 && faces[i].embedding.size() != length)
            throw Error("The faces to track have embeddings of different lengths: " + std::to_string(length) + " and "
                        + std::to_string(faces[i].embedding.size()) + ".");
        length = faces[i].embedding.size();
    }
}

} // namespace

namespace {

constexpr std::int64_t shortVideo = 10;

} // namespace

TrackerOptions forLength(TrackerOptions options, std::int64_t frames)
{
    if (frames >= shortVideo)
        return options;
    options.minLength = 1;
    options.sureLength = std::min(options.sureLength, static_cast<int>(std::max<std::int64_t>(frames, 0)));
    return options;
}

TrackerOptions forEvery(TrackerOptions options, int everyNth)
{
    const auto looks = [everyNth](int frames) { return (frames + everyNth - 1) / everyNth; };
    options.maxGap = std::max(options.maxGap, std::min(2 * everyNth - 1, kLongestGap));
    options.minLength = looks(options.minLength);
    if (options.sureLength > 1) // a face that is seen once has to be a sure one
        options.sureLength = std::max(2, looks(options.sureLength));
    return options;
}

std::vector<int> trackFaces(std::span<const TrackFace> faces, const TrackerOptions &options)
{
    check(faces, options);
    std::vector<Vector> units;
    units.reserve(faces.size());
    for (const TrackFace &face : faces)
        units.push_back(unitVector(face.embedding));

    std::vector<Track> tracks = Linker(faces, units, options).link();
    reclaim(faces, tracks, options);
    tracks = Mender(faces, std::move(tracks), options.minSimilarity, options.impostorCosine).mend();

    const auto sure = [&](std::size_t face) { return faces[face].face.score >= options.sureScore; };
    std::erase_if(tracks, [&](const Track &track) {
        return track.faces.size() < static_cast<std::size_t>(options.minLength)
            || (track.faces.size() < static_cast<std::size_t>(options.sureLength) && std::none_of(track.faces.begin(), track.faces.end(), sure));
    });
    std::sort(tracks.begin(), tracks.end(), [](const Track &a, const Track &b) { return a.faces.front() < b.faces.front(); });
    std::vector<int> persons(faces.size(), -1);
    for (std::size_t person = 0; person < tracks.size(); ++person)
        for (const std::size_t face : tracks[person].faces)
            persons[face] = static_cast<int>(person);
    return persons;
}

} // namespace dscope
