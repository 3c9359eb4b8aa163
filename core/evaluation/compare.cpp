// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/evaluation/compare.h"

#include "core/aggregation/represent.h"
#include "core/base/csv.h"
#include "core/base/error.h"
#include "core/base/text.h"
#include "core/evaluation/run.h"
#include "core/metrics/descending.h"
#include "core/metrics/personpairs.h"
#include "core/metrics/verification.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace dscope {

namespace {

/// Of one method: a row a FAR, and the bootstrap's values, [FAR][resample].
struct Outcome {
    std::vector<ComparedRow> rows;
    std::vector<std::vector<double>> resampled;
};

bool subjectsKnown(const ComparedSet &draw)
{
    const auto known = [&](std::uint32_t t) { return draw.set.subjects[t] >= 0; };
    return std::all_of(draw.pairs.a.begin(), draw.pairs.a.end(), known) && std::all_of(draw.pairs.b.begin(), draw.pairs.b.end(), known);
}

Outcome evaluate(std::span<const ComparedSet> draws, const Method &method, const CompareOptions &options, bool resample, Progress &progress)
{
    Outcome outcome;
    outcome.rows.resize(options.fars.size());
    const auto count = static_cast<double>(draws.size());
    double kept = 0;
    double all = 0;
    double embedded = 0;
    double mac = 0;
    VerificationOptions prices;
    prices.ddnetCost = options.ddnetCost;
    prices.baseCost = options.baseCost;
    std::vector<PersonPairs> people;
    for (const ComparedSet &draw : draws) {
        std::vector<std::int32_t> taken;
        const Descending scores = descending(scorePairs(draw.set, represent(draw.set, method, progress, &taken), draw.pairs, progress), progress);
        kept += std::accumulate(taken.begin(), taken.end(), 0.0);
        all += static_cast<double>(draw.set.faces());
        const EvaluationRun described = describeRun(draw.set, method, prices, taken);
        embedded += described.keptShare / count;
        mac += described.macPerFace / count;
        const Roc roc = fullRoc(scores, draw.pairs.genuine, progress);
        const std::vector<FarPoint> points = tarAtFar(roc, options.fars, FarRule::Strict);
        for (std::size_t k = 0; k < points.size(); ++k) {
            ComparedRow &row = outcome.rows[k];
            row.tar += points[k].tar / count;
            row.realisedFar += points[k].realisedFar / count;
            row.impostorsAccepted += static_cast<double>(points[k].impostorsAccepted) / count;
            row.genuine += static_cast<double>(points[k].genuines) / count;
            row.impostor += static_cast<double>(points[k].impostors) / count;
        }
        if (resample) {
            std::vector<std::int32_t> a;
            std::vector<std::int32_t> b;
            pairSubjects(draw.set, draw.pairs, a, b);
            people.emplace_back(scores, a, b, static_cast<std::int32_t>(draw.set.subjectNames.size()), progress);
        }
        progress.throwIfCancelled();
    }
    for (std::size_t k = 0; k < options.fars.size(); ++k) {
        outcome.rows[k].method = nameOf(method);
        outcome.rows[k].title = titleOf(method);
        outcome.rows[k].far = options.fars[k];
        outcome.rows[k].keptShare = all > 0 ? kept / all : 0;
        outcome.rows[k].embeddedShare = embedded;
        outcome.rows[k].macPerFace = mac;
    }
    if (!resample)
        return outcome;
    outcome.resampled.resize(options.fars.size());
    // The same streams for every method: resample r draws the same people, and the same draws.
    Random random(options.seed, 99);
    Random drawsRandom(options.seed, 100);
    std::vector<std::size_t> taken(people.size());
    std::iota(taken.begin(), taken.end(), std::size_t{0});
    const std::vector<Interval> intervals = bootstrap(
        people.front().persons(), options.resamples, 0.95, random, options.fars.size(),
        [&](std::span<const std::int32_t> times, std::span<double> values) {
            progress.throwIfCancelled();
            if (options.resampleDraws)
                std::generate(taken.begin(), taken.end(), [&] { return static_cast<std::size_t>(drawsRandom.below(people.size())); });
            for (std::size_t k = 0; k < options.fars.size(); ++k) {
                double sum = 0;
                for (const std::size_t draw : taken)
                    sum += people[draw].tarAtFar(options.fars[k], times);
                values[k] = sum / count;
                outcome.resampled[k].push_back(values[k]);
            }
        },
        progress);
    for (std::size_t k = 0; k < intervals.size(); ++k)
        outcome.rows[k].interval = intervals[k];
    return outcome;
}

/// Of the differences of two methods' resamples; those in which either is undefined are left out.
Interval differenceInterval(const std::vector<double> &values, const std::vector<double> &from)
{
    std::vector<double> differences;
    for (std::size_t r = 0; r < values.size(); ++r)
        if (!std::isnan(values[r] - from[r]))
            differences.push_back(values[r] - from[r]);
    std::sort(differences.begin(), differences.end());
    Interval interval;
    interval.resamples = static_cast<std::int64_t>(differences.size());
    interval.undefined = static_cast<std::int64_t>(values.size() - differences.size());
    if (!differences.empty()) {
        interval.low = sortedQuantile(differences, 0.025);
        interval.high = sortedQuantile(differences, 0.975);
    }
    return interval;
}

std::string formatted(const char *format, double value)
{
    return printed(format, value);
}

/// A figure that rests on fewer accepted impostor pairs is marked.
constexpr double fewImpostors = 10;

} // namespace

Method plainAverage()
{
    Method average;
    average.options.method = Aggregator::Average;
    return average;
}

std::vector<ComparedRow> compareMethods(std::span<const ComparedSet> draws, const std::vector<Method> &methods, const CompareOptions &options,
                                        const std::string &part, Progress &progress)
{
    if (draws.empty() || methods.empty() || options.fars.empty())
        throw Error("A comparison needs templates, a method and a FAR.");
    for (const ComparedSet &draw : draws) {
        draw.set.check();
        for (const Method &method : methods)
            checkMethod(draw.set, method);
        checkMethod(draw.set, options.reference);
        if (draw.set.subjectNames.size() != draws.front().set.subjectNames.size())
            throw Error("The draws of a comparison are of different people.");
    }
    const bool resample = options.resamples > 0 && std::all_of(draws.begin(), draws.end(), subjectsKnown);
    const Outcome reference = evaluate(draws, options.reference, options, resample, progress);
    std::vector<ComparedRow> rows;
    std::int64_t done = 0;
    for (const Method &method : methods) {
        Outcome outcome = nameOf(method) == nameOf(options.reference) ? reference : evaluate(draws, method, options, resample, progress);
        for (std::size_t k = 0; k < outcome.rows.size(); ++k) {
            ComparedRow &row = outcome.rows[k];
            row.part = part;
            row.title = titleOf(method);
            row.gain = row.tar - reference.rows[k].tar;
            if (resample)
                row.gainInterval = differenceInterval(outcome.resampled[k], reference.resampled[k]);
            rows.push_back(row);
        }
        progress.checkpoint(++done, static_cast<std::int64_t>(methods.size()));
    }
    return rows;
}

std::string markdownText(const std::string &text)
{
    std::string safe;
    for (const char c : shown(text)) {
        if (c == '|' || c == '\\')
            safe += '\\';
        if (c == '<')
            safe += "&lt;";
        else
            safe += c == '\n' ? ' ' : c;
    }
    return safe;
}

std::string comparedCell(double value, const Interval &interval, const char *format)
{
    std::string text = formatted(format, 100 * value);
    if (interval.resamples > 0)
        text += " (" + formatted(format, 100 * interval.low) + " to " + formatted(format, 100 * interval.high) + ")";
    return text;
}

std::string markdownHeading(const CompareHeading &heading)
{
    std::string out = "Set: " + markdownText(heading.set) + ". Base: " + markdownText(heading.base) + ". DDNet: " + markdownText(heading.ddnet)
        + ". Device: " + markdownText(heading.device) + ".\n\n" + heading.protocol + "\n\n";
    for (const std::string &note : heading.notes)
        out += "- " + markdownText(note) + "\n";
    if (!heading.notes.empty())
        out += "\n";
    return out;
}

std::string compareMarkdown(const std::vector<ComparedRow> &rows, const CompareHeading &heading)
{
    std::string out = markdownHeading(heading);
    const std::vector<std::string> parts = distinct(rows, &ComparedRow::part);
    const std::vector<std::string> methods = distinct(rows, &ComparedRow::method);
    const auto find = [&](const std::string &method, const std::string &part, double far) -> const ComparedRow * {
        for (const ComparedRow &row : rows)
            if (row.method == method && row.part == part && row.far == far)
                return &row;
        return nullptr;
    };
    for (const double far : distinct(rows, &ComparedRow::far))
        for (const bool gains : {false, true}) {
            out += gains ? "Gain over the average in points, FAR " : "TAR in %, FAR ";
            out += formatted("%g", far) + "\n\n| method | `--method` |";
            std::string line = "|---|---|";
            bool few = false;
            std::string pairs = "| genuine / impostor pairs | |";
            std::string realised = "| realised FAR of the average; impostors accepted | |";
            for (const std::string &part : parts) {
                out += " " + markdownText(part) + " |";
                line += "---|";
                const ComparedRow *row = find(methods.front(), part, far);
                pairs += row == nullptr ? " |" : " " + formatted("%.0f", row->genuine) + " / " + formatted("%.0f", row->impostor) + " |";
                realised += row == nullptr ? " |" : " " + formatted("%.3g", row->realisedFar) + "; " + formatted("%.1f", row->impostorsAccepted) + " |";
            }
            out += "\n" + line + "\n";
            for (const std::string &method : methods) {
                std::string title;
                std::string cells;
                for (const std::string &part : parts) {
                    const ComparedRow *row = find(method, part, far);
                    if (row == nullptr) {
                        cells += " - |";
                        continue;
                    }
                    title = row->title;
                    cells += " " + (gains ? comparedCell(row->gain, row->gainInterval, "%+.1f") : comparedCell(row->tar, row->interval, "%.1f"));
                    const bool shaky = row->impostorsAccepted < fewImpostors;
                    cells += shaky ? " ‡ |" : " |";
                    few = few || shaky;
                }
                out += "| " + markdownText(title) + " | `" + markdownText(method) + "` |" + cells + "\n";
            }
            if (!gains)
                out += pairs + "\n" + realised + "\n";
            if (few)
                out += "\n‡ Fewer than ten impostor pairs are accepted: one more or less moves the figure, and its interval is not valid.\n";
            out += "\n";
        }
    return out;
}

std::string compareCsv(const std::vector<ComparedRow> &rows)
{
    std::string out = "part,method,title,far,tar,tar_low,tar_high,gain,gain_low,gain_high,realised_far,impostors_accepted,genuine,impostor,kept_share,"
                      "resamples,embedded_share,mac_per_face,budget\n";
    for (const ComparedRow &row : rows) {
        const bool known = row.interval.resamples > 0;
        out += csvText(row.part) + "," + csvText(row.method) + "," + csvText(row.title) + "," + csvNumber(row.far) + "," + csvNumber(row.tar) + ","
            + (known ? csvNumber(row.interval.low) : "") + "," + (known ? csvNumber(row.interval.high) : "") + "," + csvNumber(row.gain) + ","
            + (known ? csvNumber(row.gainInterval.low) : "") + "," + (known ? csvNumber(row.gainInterval.high) : "") + "," + csvNumber(row.realisedFar) + ","
            + csvNumber(row.impostorsAccepted) + "," + csvNumber(row.genuine) + "," + csvNumber(row.impostor) + "," + csvNumber(row.keptShare) + ","
            + std::to_string(row.interval.resamples) + "," + csvNumber(row.embeddedShare) + "," + (row.macPerFace > 0 ? csvNumber(row.macPerFace) : "") + ","
            + (row.budget > 0 ? csvNumber(row.budget) : "") + "\n";
    }
    return out;
}

Json compareJson(const std::vector<ComparedRow> &rows, const CompareHeading &heading)
{
    Json json{{"schema", "dscope.comparison/1"}, {"set", heading.set},           {"base", heading.base},   {"ddnet", heading.ddnet},
              {"device", heading.device},        {"protocol", heading.protocol}, {"notes", heading.notes}, {"rows", Json::array()}};
    for (const ComparedRow &row : rows) {
        Json entry{{"part", row.part},
                   {"method", row.method},
                   {"title", row.title},
                   {"far", row.far},
                   {"tar", row.tar},
                   {"gain", row.gain},
                   {"realised_far", row.realisedFar},
                   {"impostors_accepted", row.impostorsAccepted},
                   {"genuine", row.genuine},
                   {"impostor", row.impostor},
                   {"kept_share", row.keptShare},
                   {"embedded_share", row.embeddedShare}};
        if (row.macPerFace > 0)
            entry["mac_per_face"] = row.macPerFace;
        if (row.budget > 0)
            entry["budget"] = row.budget;
        if (row.interval.resamples > 0) {
            entry["interval"] = {row.interval.low, row.interval.high};
            entry["gain_interval"] = {row.gainInterval.low, row.gainInterval.high};
            entry["resamples"] = row.interval.resamples;
        }
        json["rows"].push_back(entry);
    }
    return json;
}

} // namespace dscope
