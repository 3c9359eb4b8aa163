// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/evaluation/comparetracks.h"

#include "core/aggregation/represent.h"
#include "core/base/csv.h"
#include "core/base/error.h"
#include "core/base/random.h"
#include "core/base/text.h"
#include "core/evaluation/retrievalrun.h"
#include "core/metrics/rankedretrieval.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>

namespace dscope {

namespace {

/// Sums over one person's counted queries.
struct PersonSums {
    double ap = 0;
    double first = 0; ///< queries whose nearest tracklet is right
    double queries = 0;
};

/// Of one method: its row, the sums of every person in every draw, and the resampled figures.
struct TracksOutcome {
    ComparedTracks row;
    std::vector<std::vector<PersonSums>> people; ///< [draw][person]
    std::vector<double> maps;
    std::vector<double> cmcs;
};

std::vector<QueryOutcome> outcomesOf(const ComparedSet &draw, const Method &method, const CompareTracksOptions &options, std::vector<std::int32_t> &kept,
                                     Progress &progress)
{
    const TemplateFeatures &set = draw.set;
    const std::vector<float> features = aggregates(set, method, kept, progress);
    const std::vector<std::int64_t> pids(set.subjects.begin(), set.subjects.end());
    const std::vector<std::int64_t> cameras(set.cameras.begin(), set.cameras.end());
    std::vector<std::uint32_t> all(pids.size());
    std::iota(all.begin(), all.end(), 0U);
    const RetrievalTable table{features, set.dim, pids, cameras, {}, all, all};
    return rankQueries(table, options.distance, std::array{options.protocol}, progress).front().outcomes;
}

TracksOutcome evaluateTracks(std::span<const ComparedSet> draws, const Method &method, const CompareTracksOptions &options, Progress &progress)
{
    TracksOutcome outcome;
    ComparedTracks &row = outcome.row;
    row.method = nameOf(method);
    row.title = titleOf(method);
    const auto count = static_cast<double>(draws.size());
    VerificationOptions costs;
    costs.ddnetCost = options.ddnetCost;
    costs.baseCost = options.baseCost;
    for (const ComparedSet &draw : draws) {
        std::vector<std::int32_t> kept;
        std::vector<PersonSums> sums(draw.set.subjectNames.size());
        PersonSums all;
        std::int64_t matches = 0;
        for (const QueryOutcome &query : outcomesOf(draw, method, options, kept, progress)) {
            matches += query.matches;
            if (!isCounted(query, options.protocol))
                continue;
            PersonSums &own = sums[static_cast<std::size_t>(query.pid)];
            for (PersonSums *sum : {&own, &all}) {
                sum->ap += query.ap;
                sum->first += query.first == 1 ? 1 : 0;
                sum->queries += 1;
            }
        }
        if (all.queries == 0 || matches == 0)
            throw Error("No tracklet is seen by a second camera, so that none can be looked for.");
        row.map += all.ap / all.queries / count;
        row.cmc1 += all.first / all.queries / count;
        row.queries += all.queries / count;
        const EvaluationRun described = describeRun(draw.set, method, costs, kept);
        row.embeddedShare += described.keptShare / count;
        row.macPerElement += described.macPerFace / count;
        outcome.people.push_back(std::move(sums));
        progress.throwIfCancelled();
    }
    return outcome;
}

/// Resample r draws the same people and the same draws for every method. Undefined where a resample has no query.
void resample(TracksOutcome &outcome, const CompareTracksOptions &options, Progress &progress)
{
    const std::size_t people = outcome.people.front().size();
    const std::size_t draws = outcome.people.size();
    Random random(options.seed, 99);
    Random drawsRandom(options.seed, 100);
    std::vector<double> times(people);
    for (int r = 0; r < options.resamples; ++r) {
        progress.throwIfCancelled();
        std::fill(times.begin(), times.end(), 0);
        for (std::size_t p = 0; p < people; ++p)
            times[static_cast<std::size_t>(random.below(people))] += 1;
        double map = 0;
        double cmc = 0;
        for (std::size_t d = 0; d < draws; ++d) {
            const std::vector<PersonSums> &sums = outcome.people[static_cast<std::size_t>(drawsRandom.below(draws))];
            PersonSums all;
            for (std::size_t p = 0; p < people; ++p) {
                all.ap += times[p] * sums[p].ap;
                all.first += times[p] * sums[p].first;
                all.queries += times[p] * sums[p].queries;
            }
            const bool defined = all.queries > 0;
            map += defined ? all.ap / all.queries / static_cast<double>(draws) : std::numeric_limits<double>::quiet_NaN();
            cmc += defined ? all.first / all.queries / static_cast<double>(draws) : std::numeric_limits<double>::quiet_NaN();
        }
        outcome.maps.push_back(map);
        outcome.cmcs.push_back(cmc);
    }
}

/// The middle 95 % of what is defined.
Interval intervalOf(std::vector<double> values)
{
    Interval interval;
    const auto all = values.size();
    std::erase_if(values, [](double value) { return std::isnan(value); });
    std::sort(values.begin(), values.end());
    interval.resamples = static_cast<std::int64_t>(values.size());
    interval.undefined = static_cast<std::int64_t>(all - values.size());
    if (!values.empty()) {
        interval.low = sortedQuantile(values, 0.025);
        interval.high = sortedQuantile(values, 0.975);
    }
    return interval;
}

std::vector<double> differences(const std::vector<double> &values, const std::vector<double> &from)
{
    std::vector<double> result(values.size());
    std::transform(values.begin(), values.end(), from.begin(), result.begin(), std::minus<>());
    return result;
}

} // namespace

std::vector<ComparedTracks> compareTracks(std::span<const ComparedSet> draws, const std::vector<Method> &methods, const CompareTracksOptions &options,
                                          const std::string &part, Progress &progress)
{
    if (draws.empty() || methods.empty())
        throw Error("A comparison needs tracklets and a method.");
    for (const ComparedSet &draw : draws) {
        draw.set.check();
        if (draw.set.cameras.size() != static_cast<std::size_t>(draw.set.templates()) || std::ranges::min(draw.set.subjects) < 0)
            throw Error("A comparison of tracklets needs the person and the camera of each.");
        for (const Method &method : methods)
            checkMethod(draw.set, method);
        if (draw.set.subjectNames.size() != draws.front().set.subjectNames.size())
            throw Error("The draws of a comparison are of different people.");
    }
    TracksOutcome reference = evaluateTracks(draws, options.reference, options, progress);
    resample(reference, options, progress);
    std::vector<ComparedTracks> rows;
    for (const Method &method : methods) {
        TracksOutcome outcome = evaluateTracks(draws, method, options, progress);
        resample(outcome, options, progress);
        ComparedTracks &row = outcome.row;
        row.part = part;
        row.mapGain = row.map - reference.row.map;
        row.cmc1Gain = row.cmc1 - reference.row.cmc1;
        if (options.resamples > 0) {
            row.mapInterval = intervalOf(outcome.maps);
            row.cmc1Interval = intervalOf(outcome.cmcs);
            row.mapGainInterval = intervalOf(differences(outcome.maps, reference.maps));
            row.cmc1GainInterval = intervalOf(differences(outcome.cmcs, reference.cmcs));
        }
        rows.push_back(row);
        progress.checkpoint(static_cast<std::int64_t>(rows.size()), static_cast<std::int64_t>(methods.size()));
    }
    return rows;
}

std::string compareTracksMarkdown(const std::vector<ComparedTracks> &rows, const CompareHeading &heading)
{
    std::vector<std::string> parts;
    std::vector<std::string> methods;
    for (const ComparedTracks &row : rows) {
        if (std::ranges::find(parts, row.part) == parts.end())
            parts.push_back(row.part);
        if (std::ranges::find(methods, row.method) == methods.end())
            methods.push_back(row.method);
    }
    struct Table {
        const char *title;
        const char *format;
        double ComparedTracks::*value;
        Interval ComparedTracks::*interval;
    };
    std::string out = markdownHeading(heading);
    for (const Table &table : {Table{"mAP in %", "%.1f", &ComparedTracks::map, &ComparedTracks::mapInterval},
                               Table{"CMC-1 in %", "%.1f", &ComparedTracks::cmc1, &ComparedTracks::cmc1Interval},
                               Table{"Gain in mAP over the average, in points", "%+.1f", &ComparedTracks::mapGain, &ComparedTracks::mapGainInterval},
                               Table{"Gain in CMC-1 over the average, in points", "%+.1f", &ComparedTracks::cmc1Gain, &ComparedTracks::cmc1GainInterval}}) {
        out += std::string(table.title) + "\n\n| method | `--method` |";
        std::string line = "|---|---|";
        for (const std::string &part : parts) {
            out += " " + markdownText(part) + " |";
            line += "---|";
        }
        out += "\n" + line + "\n";
        for (const std::string &method : methods) {
            std::string title;
            std::string cells;
            for (const std::string &part : parts) {
                const auto row = std::ranges::find_if(rows, [&](const ComparedTracks &one) { return one.part == part && one.method == method; });
                cells += row == rows.end() ? " - |" : " " + comparedCell((*row).*table.value, (*row).*table.interval, table.format) + " |";
                if (row != rows.end())
                    title = row->title;
            }
            out += "| " + markdownText(title) + " | `" + markdownText(method) + "` |" + cells + "\n";
        }
        out += "\n";
    }
    return out;
}

std::string compareTracksCsv(const std::vector<ComparedTracks> &rows)
{
    std::string out = "part,method,title,map,map_low,map_high,map_gain,map_gain_low,map_gain_high,cmc_1,cmc_1_low,cmc_1_high,cmc_1_gain,cmc_1_gain_low,"
                      "cmc_1_gain_high,queries,embedded_share,mac_per_element,resamples\n";
    const auto figure = [](double value, const Interval &interval) {
        const bool known = interval.resamples > 0;
        return csvNumber(value) + "," + (known ? csvNumber(interval.low) : "") + "," + (known ? csvNumber(interval.high) : "") + ",";
    };
    for (const ComparedTracks &row : rows)
        out += csvText(row.part) + "," + csvText(row.method) + "," + csvText(row.title) + "," + figure(row.map, row.mapInterval)
            + figure(row.mapGain, row.mapGainInterval) + figure(row.cmc1, row.cmc1Interval) + figure(row.cmc1Gain, row.cmc1GainInterval)
            + csvNumber(row.queries) + "," + csvNumber(row.embeddedShare) + "," + (row.macPerElement > 0 ? csvNumber(row.macPerElement) : "") + ","
            + std::to_string(row.mapInterval.resamples) + "\n";
    return out;
}

Json compareTracksJson(const std::vector<ComparedTracks> &rows, const CompareHeading &heading)
{
    Json json{{"schema", "dscope.retrievals/1"}, {"set", heading.set},           {"base", heading.base},   {"ddnet", heading.ddnet},
              {"device", heading.device},        {"protocol", heading.protocol}, {"notes", heading.notes}, {"rows", Json::array()}};
    for (const ComparedTracks &row : rows) {
        Json entry{{"part", row.part},
                   {"method", row.method},
                   {"title", row.title},
                   {"map", row.map},
                   {"map_gain", row.mapGain},
                   {"cmc_1", row.cmc1},
                   {"cmc_1_gain", row.cmc1Gain},
                   {"queries", row.queries},
                   {"embedded_share", row.embeddedShare}};
        if (row.macPerElement > 0)
            entry["mac_per_element"] = row.macPerElement;
        if (row.mapInterval.resamples > 0) {
            entry["map_interval"] = {row.mapInterval.low, row.mapInterval.high};
            entry["map_gain_interval"] = {row.mapGainInterval.low, row.mapGainInterval.high};
            entry["cmc_1_interval"] = {row.cmc1Interval.low, row.cmc1Interval.high};
            entry["cmc_1_gain_interval"] = {row.cmc1GainInterval.low, row.cmc1GainInterval.high};
            entry["resamples"] = row.mapInterval.resamples;
        }
        json["rows"].push_back(entry);
    }
    return json;
}

} // namespace dscope
