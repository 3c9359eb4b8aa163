// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/trackparts.h"

#include "core/base/csv.h"
#include "core/base/error.h"
#include "core/base/text.h"
#include "core/scores/secondlook.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>
#include <vector>

namespace fs = std::filesystem;

namespace dscope {

namespace {

/// One way to write a path, whether or not the file is there.
fs::path wholePath(const fs::path &path)
{
    std::error_code problem;
    fs::path whole = fs::weakly_canonical(path, problem);
    return problem ? path.lexically_normal() : whole;
}

struct Track {
    std::string name;
    const Group *group = nullptr;
    std::size_t video = 0;
    std::int32_t subject = 0;
};

/// Faces from `first` on, `count` of them, as one template.
void append(TemplateFeatures &set, const Track &track, std::size_t first, std::size_t count, bool second)
{
    const auto dim = static_cast<std::size_t>(set.dim);
    for (std::size_t i = first; i < first + count; ++i) {
        const Element &element = track.group->elements[i];
        const auto row = track.group->embeddings.begin() + static_cast<std::ptrdiff_t>(i * dim);
        set.features.insert(set.features.end(), row, row + static_cast<std::ptrdiff_t>(dim));
        set.dScores.push_back(element.dScore);
        set.detector.push_back(element.detectorScore);
        if (second)
            set.quality[secondLookName].push_back(element.second);
    }
    set.begin.push_back(set.begin.back() + static_cast<std::int64_t>(count));
    set.ids.push_back(static_cast<std::int64_t>(set.ids.size()));
    set.subjects.push_back(track.subject);
}

/// Pairs of tracks that are seen in one frame: of one video, by their places.
std::set<std::pair<std::size_t, std::size_t>> together(const std::vector<Track> &tracks)
{
    std::map<std::pair<std::size_t, std::int64_t>, std::vector<std::size_t>> frames;
    for (std::size_t i = 0; i < tracks.size(); ++i)
        for (const Element &element : tracks[i].group->elements)
            if (element.frame >= 0)
                frames[{tracks[i].video, element.frame}].push_back(i);
    std::set<std::pair<std::size_t, std::size_t>> pairs;
    for (const auto &[frame, seen] : frames)
        for (std::size_t a = 0; a < seen.size(); ++a)
            for (std::size_t b = a + 1; b < seen.size(); ++b)
                pairs.emplace(std::min(seen[a], seen[b]), std::max(seen[a], seen[b]));
    return pairs;
}

/// Of videos of one person drops what is seen beside the longest track. @return how many
std::int64_t dropOthers(std::vector<Track> &tracks, const std::vector<std::string> &personOf)
{
    std::map<std::size_t, std::size_t> longest; // by video
    for (std::size_t i = 0; i < tracks.size(); ++i)
        if (!personOf[tracks[i].video].empty()) {
            const auto [at, first] = longest.emplace(tracks[i].video, i);
            if (!first && tracks[i].group->elements.size() > tracks[at->second].group->elements.size())
                at->second = i;
        }
    const auto seen = together(tracks);
    std::vector<Track> kept;
    for (std::size_t i = 0; i < tracks.size(); ++i) {
        const auto at = longest.find(tracks[i].video);
        if (at == longest.end() || !seen.contains({std::min(i, at->second), std::max(i, at->second)}))
            kept.push_back(tracks[i]);
    }
    const std::int64_t dropped = std::ssize(tracks) - std::ssize(kept);
    tracks = std::move(kept);
    return dropped;
}

} // namespace

std::map<fs::path, std::string> readVideoPeople(const fs::path &csv)
{
    const CsvTable table = readCsv(csv);
    const std::size_t video = table.requireColumn({"video", "path", "file"});
    const std::size_t person = table.requireColumn({"person", "label", "identity"});
    std::map<fs::path, std::string> people;
    for (const CsvTable::Row &row : table.rows) {
        const std::string name(row.cells[person]);
        if (row.cells[video].empty() || name.empty())
            throw FileError(csv, row.line, "needs a video and a person.");
        const auto [at, added] = people.emplace(wholePath(csv.parent_path() / fs::path(std::string(row.cells[video]))), name);
        if (!added && at->second != name)
            throw FileError(csv, row.line, "names another person for the same video: '" + shownName(name) + "' after '" + shownName(at->second) + "'.");
    }
    return people;
}

TrackParts trackParts(const Analysis &analysis, const TrackPartsOptions &options)
{
    if (analysis.dim < 1)
        throw Error("Tracks are compared by their embeddings; the analysis was made without a base network.");
    std::map<fs::path, std::string> people;
    for (const auto &[video, person] : options.people)
        people.emplace(wholePath(video), person);

    TrackParts made;
    TemplateFeatures &set = made.parts.set;
    set.benchmark = "tracks";
    set.dim = analysis.dim;
    const auto least = static_cast<std::size_t>(std::max<std::int64_t>(3, options.atLeast));
    std::vector<Track> tracks;
    std::vector<std::string> personOf; // by video; empty: nobody says
    std::map<std::string, std::int32_t> subjects;
    std::set<fs::path> opened; // a video that is named twice is one video
    for (const Source &source : analysis.sources) {
        if (source.kind != "video" || !opened.insert(wholePath(source.path)).second)
            continue;
        const auto named = people.find(wholePath(source.path));
        personOf.push_back(named == people.end() ? std::string() : named->second);
        for (const Group &group : source.groups) {
            if (group.elements.size() < least) {
                ++made.shortTracks;
                continue;
            }
            Track track{source.path.filename().string() + ", " + group.id, &group, personOf.size() - 1, 0};
            // Two videos may have the same name, and a person that of a track.
            const std::string key = personOf.back().empty() ? "track " + std::to_string(track.video) + " " + group.id : "person " + personOf.back();
            const auto [at, added] = subjects.emplace(key, static_cast<std::int32_t>(subjects.size()));
            if (added)
                set.subjectNames.push_back(personOf.back().empty() ? track.name : personOf.back());
            track.subject = at->second;
            tracks.push_back(std::move(track));
        }
    }
    made.unseen = std::count_if(people.begin(), people.end(), [&](const auto &one) { return !opened.contains(one.first); });
    if (!people.empty() && made.unseen == std::ssize(people))
        throw Error("None of the " + std::to_string(people.size()) + " videos that the list of people names is among those opened, such as "
                    + shownName(people.begin()->first.string()) + ".");
    if (tracks.empty())
        throw Error("No track has " + std::to_string(least)
                    + " faces or more, so that there are no thirds to compare. (Pictures have no tracks: videos are needed.)");
    made.others = dropOthers(tracks, personOf);
    made.tracks = std::ssize(tracks);

    const bool second = analysis.second.there();
    for (const Track &track : tracks) {
        const std::size_t size = track.group->elements.size();
        append(set, track, 0, size / 3, second);
        append(set, track, size - size / 3, size / 3, second);
    }
    if (second && analysis.second.cost.mac > 0)
        set.qualityCost[secondLookName] = analysis.second.cost;

    const auto seen = together(tracks);
    TemplatePairs &pairs = made.parts.pairs;
    const auto add = [&](std::size_t a, std::size_t b, bool genuine) {
        pairs.a.push_back(static_cast<std::uint32_t>(a));
        pairs.b.push_back(static_cast<std::uint32_t>(b));
        pairs.genuine.push_back(genuine ? 1 : 0);
        ++(genuine ? made.genuine : made.impostor);
    };
    for (std::size_t i = 0; i < tracks.size(); ++i) {
        add(2 * i, 2 * i + 1, true);
        for (std::size_t j = i + 1; j < tracks.size(); ++j) {
            const std::string &one = personOf[tracks[i].video];
            const std::string &other = personOf[tracks[j].video];
            const bool atOnce = seen.contains({i, j});
            const bool named = !one.empty() && !other.empty();
            // Pieces that lie beside each other and not beside the longest: one of them is the person, which one nobody knows.
            if (atOnce == named)
                continue;
            for (const std::size_t a : {2 * i, 2 * i + 1})
                for (const std::size_t b : {2 * j, 2 * j + 1})
                    add(a, b, named && one == other);
        }
    }
    if (made.impostor == 0)
        throw Error("No two of the " + std::to_string(made.tracks) + (made.tracks == 1 ? " track" : " tracks")
                    + " are two people for certain: nobody is seen together with somebody else, and no list says who is who.");
    return made;
}

} // namespace dscope
