// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tasks/reid/synthmars.h"

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/naturalorder.h"
#include "core/base/picturefile.h"
#include "core/base/random.h"
#include "core/datasets/benchmark.h"
#include "core/datasets/folders.h"
#include "core/image/reader.h"
#include "core/tasks/reid/framename.h"
#include "core/tasks/reid/mars.h"
#include "core/tasks/reid/matfile.h"
#include "core/tasks/reid/tracklets.h"

#include <algorithm>
#include <array>
#include <map>
#include <numeric>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace dscope {

namespace fs = std::filesystem;

namespace {

enum class Stream : std::uint64_t { People = 0x4d415253, Queries }; // of the seed

constexpr std::int64_t s_leastPeople = 6; // two left aside, two in each part

/// Who a person of the source becomes.
struct MadePerson {
    bool used = false;
    bool test = false;
    std::int64_t person = 0; ///< -1: junk, 0: a distractor
};

/// By subject. @param people who has tracklets, in the order of their names
std::vector<MadePerson> drawRoles(const Benchmark &source, const std::vector<std::int32_t> &people, std::uint64_t seed)
{
    std::vector<std::size_t> order(people.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    Random random(seed, static_cast<std::uint64_t>(Stream::People));
    random.shuffle(order);
    constexpr std::size_t leftAside = 10; // one of so many
    const std::size_t aside = std::max<std::size_t>(2, people.size() / leftAside);
    const std::size_t train = (people.size() - aside) / 2;
    std::vector<MadePerson> roles(source.subjectNames.size());
    const auto roleOf = [&](std::size_t place) -> MadePerson & { return roles[static_cast<std::size_t>(people[place])]; };
    std::vector<std::uint8_t> part(people.size(), 0); // 1: train, 2: test
    for (std::size_t i = 0; i < order.size(); ++i) {
        if (i < aside)
            roleOf(order[i]) = {true, true, i < (aside + 1) / 2 ? junkPerson : distractorPerson};
        else
            part[order[i]] = i < aside + train ? 1 : 2;
    }
    std::int64_t number = 0;
    for (std::size_t place = 0; place < people.size(); ++place)
        if (part[place] != 0)
            roleOf(place) = {true, part[place] == 2, ++number};
    return roles;
}

/// A tracklet on its way into the made set.
struct MadeTrack {
    std::int64_t person = 0;
    std::int32_t camera = 0;
    std::int64_t number = 0; ///< of this person and camera, from 1
    std::size_t source = 0;  ///< its place in the source
};

/// Those of one part, in MARS's order: junk, distractors, people; of each by camera.
std::vector<MadeTrack> tracksOf(const Benchmark &source, const std::vector<MadePerson> &roles, const std::map<std::int32_t, std::int32_t> &cameras, bool test)
{
    std::vector<MadeTrack> tracks;
    for (std::size_t t = 0; t < source.subjects.size(); ++t) {
        if (source.subjects[t] < 0)
            continue; // nobody knows who that is
        const MadePerson &role = roles[static_cast<std::size_t>(source.subjects[t])];
        if (role.used && role.test == test)
            tracks.push_back({role.person, cameras.at(source.cameras[t]), 0, t});
    }
    const auto key = [](const MadeTrack &track) { return std::pair(track.person, track.camera); };
    std::stable_sort(tracks.begin(), tracks.end(), [&](const MadeTrack &a, const MadeTrack &b) { return key(a) < key(b); });
    for (std::size_t i = 0; i < tracks.size(); ++i)
        tracks[i].number = i > 0 && key(tracks[i - 1]) == key(tracks[i]) ? tracks[i - 1].number + 1 : 1;
    return tracks;
}

/// The bytes of a picture as a JPEG.
std::string jpegOf(const fs::path &file)
{
    constexpr std::uint64_t mostBytes = std::uint64_t{1} << 28;
    constexpr int quality = 95;
    std::vector<std::uint8_t> bytes = readBytes(file, mostBytes);
    constexpr std::array<std::uint8_t, 3> jpeg{0xff, 0xd8, 0xff};
    if (!std::equal(jpeg.begin(), jpeg.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(std::min(jpeg.size(), bytes.size()))))
        bytes = encodeJpeg(decodePicture(bytes, file), quality);
    return {reinterpret_cast<const char *>(bytes.data()), bytes.size()};
}

/// Writes frames, table and list of one part.
void writePart(const fs::path &root, const std::string &part, const Benchmark &source, const std::vector<MadeTrack> &tracks, Progress &progress)
{
    progress.stage("Writing " + std::to_string(tracks.size()) + " tracklets for " + part);
    std::string names;
    std::vector<MarsTrack> table;
    std::int64_t frames = 0;
    for (std::size_t i = 0; i < tracks.size(); ++i) {
        const MadeTrack &track = tracks[i];
        const std::int64_t first = frames;
        for (std::int64_t f = source.begin[track.source]; f < source.begin[track.source + 1]; ++f) {
            progress.checkpoint(static_cast<std::int64_t>(i), std::ssize(tracks));
            const std::string name = marsFrame(track.person, track.camera, track.number, ++frames - first);
            const std::uint32_t picture = source.faces[static_cast<std::size_t>(f)];
            writeAtomically(root / ("bbox_" + part) / marsFolder(track.person) / name, jpegOf(source.pictures[picture].file));
            names += name + '\n';
        }
        table.push_back({first + 1, frames, track.person, track.camera});
    }
    writeAtomically(root / "info" / (part + "_name.txt"), names);
    writeMarsTracks(root / "info" / ("tracks_" + part + "_info.mat"), "track_" + part + "_info", table);
}

/// One tracklet of each person and camera, by its place from 1.
MatMatrix drawQueries(const std::vector<MadeTrack> &tracks, std::uint64_t seed)
{
    MatMatrix queries;
    queries.name = "query_IDX";
    queries.rows = 1;
    Random random(seed, static_cast<std::uint64_t>(Stream::Queries));
    for (std::size_t from = 0; from < tracks.size();) {
        std::size_t to = from;
        while (to < tracks.size() && tracks[to].person == tracks[from].person && tracks[to].camera == tracks[from].camera)
            ++to;
        if (tracks[from].person > 0)
            queries.values.push_back(static_cast<double>(from + 1 + random.below(to - from)));
        from = to;
    }
    queries.columns = std::ssize(queries.values);
    return queries;
}

} // namespace

void writeSyntheticMars(const fs::path &root, const fs::path &from, std::uint64_t seed, Progress &progress)
{
    std::error_code problem;
    if (fs::equivalent(root, from, problem))
        throw FileError(root, "is the folder that the tracklets are taken from; choose another one for the set.");
    progress.stage("Reading " + from.string());
    const Benchmark source = readTracklets(from, {}, progress);

    std::set<std::int32_t> known; // its own junk and distractors are nobody's
    for (const std::uint32_t query : source.splits.front().retrieval.queries)
        known.insert(source.subjects[query]);
    std::vector<std::int32_t> people(known.begin(), known.end());
    std::sort(people.begin(), people.end(), [&](std::int32_t a, std::int32_t b) {
        return naturalLess(source.subjectNames[static_cast<std::size_t>(a)], source.subjectNames[static_cast<std::size_t>(b)]);
    });
    constexpr std::size_t mostPeople = 9999; // of MARS's four digits
    if (std::ssize(people) < s_leastPeople || people.size() > mostPeople)
        throw FileError(from,
                        "has " + std::to_string(people.size()) + " people; a set in MARS's layout is made of " + std::to_string(s_leastPeople) + " to "
                            + std::to_string(mostPeople) + ".");
    std::map<std::int32_t, std::int32_t> cameras;
    for (const std::int32_t camera : std::set<std::int32_t>(source.cameras.begin(), source.cameras.end()))
        cameras.emplace(camera, static_cast<std::int32_t>(cameras.size()) + 1);
    constexpr std::size_t mostCameras = 9; // of one digit, where others' readers look for it
    if (cameras.size() > mostCameras)
        throw FileError(from, "has " + std::to_string(cameras.size()) + " cameras; MARS's names hold one digit for them.");

    const std::vector<MadePerson> roles = drawRoles(source, people, seed);
    const std::vector<MadeTrack> test = tracksOf(source, roles, cameras, true);
    const std::vector<MadeTrack> train = tracksOf(source, roles, cameras, false);
    const auto seenAgain = std::adjacent_find(
        test.begin(), test.end(), [](const MadeTrack &a, const MadeTrack &b) { return a.person > 0 && a.person == b.person && a.camera != b.camera; });
    if (seenAgain == test.end())
        throw FileError(from, "nobody of the test part is seen by two cameras; choose another --seed, or take a set with more such people.");

    writeAtomically(root / syntheticMark,
                    "This set was made by `dscope synth`, not collected: MARS's layout, " + std::to_string(train.size()) + " tracklets for train and "
                        + std::to_string(test.size()) + " for test, frames of " + from.string() + "\nseed " + std::to_string(seed)
                        + "\nIts figures cannot be compared with published ones. docs/synthetic.md states how it was made.\n");
    writePart(root, "train", source, train, progress);
    writePart(root, "test", source, test, progress);
    writeMat(root / "info" / "query_IDX.mat", drawQueries(test, seed));
}

} // namespace dscope
