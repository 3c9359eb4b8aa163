// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/training/reidvalidation.h"

#include "core/base/error.h"
#include "core/base/random.h"
#include "core/metrics/rankedretrieval.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <numeric>
#include <set>
#include <span>
#include <utility>

namespace dscope {

namespace {

/// The cameras of each person.
std::map<std::int64_t, std::set<int>> camerasOf(const std::vector<TrainingTracklet> &tracklets)
{
    std::map<std::int64_t, std::set<int>> cameras;
    for (const TrainingTracklet &tracklet : tracklets)
        cameras[tracklet.person].insert(tracklet.camera);
    return cameras;
}

bool anybodyMoves(const std::map<std::int64_t, std::set<int>> &cameras)
{
    return std::any_of(cameras.begin(), cameras.end(), [](const auto &person) { return person.second.size() > 1; });
}

} // namespace

ReidValidation::ReidValidation(std::vector<TrainingTracklet> &tracklets, double share, std::uint64_t seed)
{
    std::vector<std::int64_t> people;
    for (const auto &person : camerasOf(tracklets))
        people.push_back(person.first);
    Random random(seed, 81);
    random.shuffle(people);
    people.resize(static_cast<std::size_t>(share * static_cast<double>(people.size())));
    if (people.empty()) {
        if (share > 0)
            throw Error("So small a share of the people is nobody; hold out more of them, or none.");
        return;
    }
    m_people = static_cast<std::int64_t>(people.size());
    const std::set<std::int64_t> held(people.begin(), people.end());
    const auto first = std::stable_partition(tracklets.begin(), tracklets.end(), [&](const TrainingTracklet &one) { return !held.contains(one.person); });
    m_tracklets.assign(std::make_move_iterator(first), std::make_move_iterator(tracklets.end()));
    tracklets.erase(first, tracklets.end());

    if (!anybodyMoves(camerasOf(m_tracklets)))
        for (std::size_t i = 0; i < m_tracklets.size(); ++i)
            m_tracklets[i].camera = static_cast<int>(i);
    std::set<std::pair<std::int64_t, int>> asked;
    const auto cameras = camerasOf(m_tracklets);
    for (std::size_t i = 0; i < m_tracklets.size(); ++i)
        if (const TrainingTracklet &one = m_tracklets[i]; cameras.at(one.person).size() > 1 && asked.emplace(one.person, one.camera).second)
            m_queries.push_back(static_cast<std::uint32_t>(i));
    if (m_queries.empty())
        throw Error("Of the people held out nobody has two tracklets, so that none could be found; hold out more of them, or none.");
}

Json ReidValidation::judge(ReidNet &net, const ElementShape &shape, const FrameReader &reader, Progress &progress) const
{
    if (empty())
        return {};
    std::vector<float> features;
    std::vector<std::int64_t> people;
    std::vector<std::int64_t> cameras;
    for (const TrainingTracklet &tracklet : m_tracklets) {
        std::vector<Picture> frames;
        for (const auto &frame : std::span(tracklet.frames).first(std::min(tracklet.frames.size(), static_cast<std::size_t>(clips * shape.frames)))) {
            progress.throwIfCancelled();
            frames.push_back(reader(frame));
        }
        Progress quiet; // the run's own progress counts steps
        const std::vector<float> row = trackletFeatures(net, frames, shape, quiet);
        features.insert(features.end(), row.begin(), row.end());
        people.push_back(tracklet.person);
        cameras.push_back(tracklet.camera);
    }
    std::vector<std::uint32_t> gallery(m_tracklets.size());
    std::iota(gallery.begin(), gallery.end(), 0U);
    RetrievalTable table;
    table.features = features;
    table.dim = static_cast<std::int64_t>(features.size() / m_tracklets.size());
    table.pids = people;
    table.cameras = cameras;
    table.queries = m_queries;
    table.gallery = gallery;
    constexpr RetrievalProtocol protocol = RetrievalProtocol::Official;
    Progress quiet;
    const auto ranked = rankQueries(table, RetrievalDistance::SquaredL2, std::span(&protocol, 1), quiet);
    const Retrieval found = summarise(ranked.front().outcomes, protocol, 1);
    return {{"map", found.map}, {"cmc1", found.cmc.front()}};
}

} // namespace dscope
