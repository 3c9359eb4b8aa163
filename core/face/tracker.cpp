#include "core/face/tracker.h"

#include "core/base/error.h"
#include "core/face/boxes.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <numeric>

namespace dscope {

namespace {

using Vector = std::vector<float>; ///< an embedding; empty where there is none

/// Faces before and after a frame that are compared when a track is searched for a change of person.
constexpr std::size_t kCutWindow = 5;
/// How much of a step's movement goes into the velocity; less follows turns slower, more follows the jitter of the boxes.
constexpr float kVelocityGain = 0.4F;

/// The embedding at length 1, or nothing if it has no direction.
Vector unit(const Vector &from)
{
    double sum = 0;
    for (const float value : from)
        sum += static_cast<double>(value) * value;
    if (!std::isfinite(sum) || sum <= 0)
        return {};
    Vector result(from);
    const double factor = 1 / std::sqrt(sum);
    for (float &value : result)
        value = static_cast<float>(value * factor);
    return result;
}

void addTo(Vector &sum, const Vector &vector)
{
    if (sum.empty())
        sum.assign(vector.size(), 0);
    for (std::size_t i = 0; i < vector.size(); ++i)
        sum[i] += vector[i];
}

float dot(const Vector &a, const Vector &b)
{
    return a.empty() || b.empty() ? 0 : std::inner_product(a.begin(), a.end(), b.begin(), 0.F);
}

/// Faces of one person in a row.
struct Track {
    std::vector<std::size_t> faces; ///< places in the input, frames ascending
    Vector sum;                     ///< of unit embeddings
    float vx = 0;                   ///< pixels a frame
    float vy = 0;
};

class Linker {
public:
    Linker(std::span<const TrackFace> faces, const std::vector<Vector> &units, const TrackerOptions &options) :
        m_faces(faces), m_units(units), m_options(options)
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
            const Vector mean = unit(m_tracks[t].sum);
            for (std::size_t f = begin; f < end; ++f) {
                const float shared = overlap(box, m_faces[f].face.box);
                if (shared > 0 && shared >= m_options.minOverlap)
                    candidates.push_back({shared + std::max(0.F, dot(mean, m_units[f])), t, f});
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
        addTo(track.sum, m_units[face]);
    }

    std::span<const TrackFace> m_faces;
    const std::vector<Vector> &m_units;
    const TrackerOptions &m_options;
    std::vector<Track> m_tracks;
    std::vector<std::size_t> m_open; ///< tracks that may still go on
};

/// Cuts tracks where the mean embeddings of the five faces before and of the five after are less alike than cutSimilarity, at the
/// least alike place of each such stretch. One blurred face does not move a mean of five that far.
class Cutter {
public:
    Cutter(const std::vector<Vector> &units, float similarity) : m_units(units), m_similarity(similarity) {}

    std::vector<Track> cut(const std::vector<Track> &tracks)
    {
        for (const Track &track : tracks)
            part(track.faces);
        return std::move(m_result);
    }

private:
    void part(const std::vector<std::size_t> &faces)
    {
        std::vector<std::size_t> known; // places in `faces`; only faces with an embedding can tell
        for (std::size_t i = 0; i < faces.size(); ++i)
            if (!m_units[faces[i]].empty())
                known.push_back(i);
        std::vector<std::size_t> cuts;
        std::size_t best = 0;
        float least = m_similarity;
        for (std::size_t k = kCutWindow; k + kCutWindow <= known.size(); ++k) {
            Vector before, after;
            for (std::size_t i = 0; i < kCutWindow; ++i) {
                addTo(before, m_units[faces[known[k - 1 - i]]]);
                addTo(after, m_units[faces[known[k + i]]]);
            }
            const float alike = dot(unit(before), unit(after));
            if (alike < least) {
                least = alike;
                best = k;
            } else if (best != 0 && k >= best + kCutWindow) {
                cuts.push_back(known[best]);
                best = 0;
                least = m_similarity;
            }
        }
        if (best != 0)
            cuts.push_back(known[best]);
        cuts.push_back(faces.size());
        std::size_t begin = 0;
        for (const std::size_t end : cuts) {
            Track track;
            track.faces.assign(faces.begin() + static_cast<std::ptrdiff_t>(begin), faces.begin() + static_cast<std::ptrdiff_t>(end));
            for (const std::size_t face : track.faces)
                addTo(track.sum, m_units[face]);
            m_result.push_back(std::move(track));
            begin = end;
        }
    }

    const std::vector<Vector> &m_units;
    float m_similarity;
    std::vector<Track> m_result;
};

/// Agglomerative mending. Each set of tracks remembers its most alike partner among the later sets, so that a merge costs about one
/// pass over the sets.
class Mender {
public:
    Mender(std::span<const TrackFace> faces, std::vector<Track> tracks, float similarity) :
        m_faces(faces),
        m_tracks(std::move(tracks)),
        m_means(m_tracks.size()),
        m_partner(m_tracks.size(), kNone),
        m_alike(m_tracks.size(), similarity),
        m_similarity(similarity)
    {
        for (std::size_t i = 0; i < m_tracks.size(); ++i)
            m_means[i] = unit(m_tracks[i].sum);
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
        const float alike = dot(m_means[i], m_means[j]);
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
        std::merge(m_tracks[into].faces.begin(), m_tracks[into].faces.end(), m_tracks[from].faces.begin(), m_tracks[from].faces.end(),
            std::back_inserter(all));
        m_tracks[into].faces = std::move(all);
        addTo(m_tracks[into].sum, m_tracks[from].sum);
        m_means[into] = unit(m_tracks[into].sum);
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
};

void check(std::span<const TrackFace> faces, const TrackerOptions &options)
{
    const auto inside = [](float value, float low) { return std::isfinite(value) && value >= low && value <= 1; };
    if (!inside(options.minOverlap, 0) || !inside(options.minSimilarity, -1) || !inside(options.cutSimilarity, -1) || options.maxGap < 0
        || options.minLength < 1)
        throw Error("The tracker's options are out of range: minOverlap from 0 to 1, minSimilarity and cutSimilarity from -1 to 1, maxGap at least 0, "
                    "minLength at least 1.");
    std::size_t length = 0;
    for (std::size_t i = 0; i < faces.size(); ++i) {
        if (i > 0 && faces[i].frame < faces[i - 1].frame)
            throw Error("The faces to track are not ordered by frame: frame " + std::to_string(faces[i].frame) + " follows frame "
                + std::to_string(faces[i - 1].frame) + ".");
        if (faces[i].embedding.empty())
            continue;
        if (length != 0 && faces[i].embedding.size() != length)
            throw Error("The faces to track have embeddings of different lengths: " + std::to_string(length) + " and "
                + std::to_string(faces[i].embedding.size()) + ".");
        length = faces[i].embedding.size();
    }
}

} // namespace

std::vector<int> trackFaces(std::span<const TrackFace> faces, const TrackerOptions &options)
{
    check(faces, options);
    std::vector<Vector> units;
    units.reserve(faces.size());
    for (const TrackFace &face : faces)
        units.push_back(unit(face.embedding));

    std::vector<Track> tracks = Linker(faces, units, options).link();
    tracks = Cutter(units, options.cutSimilarity).cut(tracks);
    tracks = Mender(faces, std::move(tracks), options.minSimilarity).mend();

    std::erase_if(tracks, [&](const Track &track) { return track.faces.size() < static_cast<std::size_t>(options.minLength); });
    std::sort(tracks.begin(), tracks.end(), [](const Track &a, const Track &b) { return a.faces.front() < b.faces.front(); });
    std::vector<int> persons(faces.size(), -1);
    for (std::size_t person = 0; person < tracks.size(); ++person)
        for (const std::size_t face : tracks[person].faces)
            persons[face] = static_cast<int>(person);
    return persons;
}

} // namespace dscope
