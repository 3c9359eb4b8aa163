// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/comparetracklets.h"

#include "app/cli/compareoptions.h"
#include "core/base/error.h"
#include "core/base/text.h"
#include "core/datasets/benchmark.h"
#include "core/evaluation/comparetracks.h"
#include "core/evaluation/retrievalrun.h"
#include "core/scores/secondlook.h"

#include <algorithm>
#include <map>
#include <set>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace dscope::cli {

Tracklets readTrackletsOf(const Arguments &arguments, Progress &progress)
{
    for (const char *option : {"split", "part", "where", "at-least"})
        if (arguments.has(option))
            throw UsageError(std::string("--") + option
                             + " is for sets of faces; of tracklets give a csv (path, person, camera, track) of those that are meant.");
    const Benchmark benchmark = readBenchmark("tracklets", arguments.words().front(), {}, progress);
    for (const std::string &warning : benchmark.warnings)
        progress.notice(warning);
    // Whom nobody looks for (distractors, people 0 of MARS and Market-1501) are many people under one name: they could be found for each other.
    std::set<std::int32_t> people;
    for (const std::uint32_t query : benchmark.splits.front().retrieval.queries)
        people.insert(benchmark.subjects[query]);
    Tracklets tracklets;
    std::vector<std::int32_t> cameras;
    const FaceList all = elementsOf(benchmark, &cameras);
    tracklets.elements.root = all.root;
    tracklets.elements.people = all.people;
    for (std::size_t i = 0; i < all.size(); ++i)
        if (people.contains(all.labels[i])) {
            tracklets.elements.files.push_back(all.files[i]);
            tracklets.elements.labels.push_back(all.labels[i]);
            tracklets.cameras.push_back(cameras[i]);
        }
    if (const std::size_t left = all.size() - tracklets.elements.size(); left > 0)
        progress.notice(std::to_string(left) + " crops of people whom no query looks for are left out: as distractors they are nobody's matches.");
    return tracklets;
}

void takeCameras(FacePool &pool, const Tracklets &tracklets)
{
    if (tracklets.cameras.empty())
        return;
    std::unordered_map<std::string_view, std::int32_t> cameras;
    for (std::size_t i = 0; i < tracklets.cameras.size(); ++i)
        cameras.emplace(tracklets.elements.files[i], tracklets.cameras[i]);
    for (const std::string &file : pool.files)
        pool.cameras.push_back(cameras.at(file));
}

CompareTracksOptions tracksOptions(const Arguments &arguments, const CompareOptions &options)
{
    CompareTracksOptions how;
    how.resamples = options.resamples;
    how.seed = options.seed;
    how.ddnetCost = options.ddnetCost;
    how.baseCost = options.baseCost;
    const std::string protocol = arguments.text("protocol", name(how.protocol));
    const auto known = std::ranges::find_if(retrievalProtocols, [&](RetrievalProtocol one) { return name(one) == protocol; });
    if (known == retrievalProtocols.end())
        throw UsageError("'" + protocol + "' is no protocol of a retrieval; use official, video-reid or cross-camera.");
    how.protocol = *known;
    how.distance = retrievalDistanceNamed(arguments.text("distance", "cosine"));
    return how;
}

void compareTrackletsOf(const Arguments &arguments, const FacePool &pool, const TemplateStudy &study, const CompareOptions &options, const Cost &secondCost,
                        CompareHeading heading, Progress &progress)
{
    const CompareTracksOptions how = tracksOptions(arguments, options);
    std::map<std::pair<std::int32_t, std::int32_t>, std::int64_t> seen;
    for (std::size_t i = 0; i < pool.labels.size(); ++i)
        ++seen[{pool.labels[i], pool.cameras[i]}];
    std::int64_t most = 0;
    for (const auto &[who, crops] : seen)
        most = std::max(most, crops);
    std::vector<std::int64_t> sizes;
    for (const std::int64_t size : study.sizes)
        if (size <= most)
            sizes.push_back(size);
        else
            progress.notice("Tracklets of " + std::to_string(size) + " crops cannot be drawn: of nobody are there more than " + std::to_string(most)
                            + " by one camera.");
    if (sizes.empty())
        throw Error("Of nobody are there more than " + std::to_string(most) + " crops by one camera; name smaller tracklets with --sizes.");

    std::vector<ComparedTracks> rows;
    const std::int64_t parts = static_cast<std::int64_t>(sizes.size()) * (study.versions > 0 ? 2 : 1);
    std::int64_t part = 0;
    for (const bool degraded : {false, true}) {
        if (degraded && study.versions == 0)
            continue;
        for (const std::int64_t size : sizes) {
            progress.stage("Comparing tracklets (" + std::to_string(++part) + " of " + std::to_string(parts) + ")");
            std::vector<ComparedSet> draws;
            for (int draw = 0; draw < study.draws; ++draw) {
                draws.push_back(drawTracklets(pool, {size, degraded, study.degradedShare, study.templatesPerPerson, study.seed, study.draws}, draw));
                if (secondCost.mac > 0)
                    draws.back().set.qualityCost[secondLookName] = secondCost;
                progress.throwIfCancelled();
            }
            const std::vector<ComparedTracks> some = compareTracks(draws, compareMethodsOf(arguments, draws.front().set, arguments.has("oracle")), how,
                                                                   std::to_string(size) + (degraded ? ", degraded" : ", clean"), progress);
            rows.insert(rows.end(), some.begin(), some.end());
        }
    }
    heading.set = pool.name;
    heading.protocol = printed(
        "Every person's pictures of a camera are shuffled and cut into disjoint tracklets of the size named (at most %d a person and camera). Each is looked "
        "for "
        "among all, %s left out, by %s; average precision by the %s rule; mean of %d draws, seed %llu; 95 %% intervals by %d "
        "bootstrap resamples of people and draws, the same for all methods, those of the gains paired. Degraded: %g %% of the pictures, by %s%s.",
        study.templatesPerPerson, how.protocol == RetrievalProtocol::CrossCamera ? "those of its own camera" : "those of its own person and camera",
        how.distance == RetrievalDistance::Cosine ? "cosine" : "squared L2", name(how.protocol).c_str(), study.draws,
        static_cast<unsigned long long>(study.seed), how.resamples, 100 * study.degradedShare,
        study.families.isPaper() ? "low resolution, blur, occlusion, darkness or noise" : study.families.text().c_str(),
        study.versions >= study.draws ? ", made anew in each draw" : "");
    if (auto *console = dynamic_cast<ConsoleProgress *>(&progress))
        console->clear();
    writeTables(
        arguments, heading, [&] { return compareTracksMarkdown(rows, heading); }, [&] { return compareTracksCsv(rows); },
        [&] { return compareTracksJson(rows, heading); });
}

} // namespace dscope::cli
