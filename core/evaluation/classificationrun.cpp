// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/evaluation/classificationrun.h"

#include "core/base/csv.h"
#include "core/base/error.h"
#include "core/evaluation/retrievalrun.h"
#include "core/evaluation/tables.h"

#include <algorithm>
#include <chrono>
#include <cmath>

namespace dscope {

namespace {

using namespace tables;

std::string numberOf(std::int64_t count, const char *one, const char *many)
{
    return std::to_string(count) + " " + (count == 1 ? one : many);
}

std::string classificationSentence(const ClassificationFigures &figures)
{
    return "classification of " + numberOf(figures.groups, "video", "videos") + " into " + numberOf(figures.classes, "class", "classes")
        + " by fused class scores: the weighted mean of the kept clips' scores after softmax; top-1: the class of the largest, top-5: the true class is among "
          "the five largest, equal scores in the order of the classes; mean: of top-1 and top-5; class mean: of every class's share of its own; a video "
          "without a clip counts as wrong, one whose class is not known takes no part"
        + (figures.draws > 1 ? "; random draws: means and population deviations over " + std::to_string(figures.draws) + " seeds" : "");
}

std::string withDeviation(double share, const Interval &interval, double deviation, std::int64_t draws)
{
    return percent(share) + (draws > 1 ? " ± " + percent(deviation) : "")
        + (interval.resamples == 0 ? "" : " (" + percent(interval.low) + " to " + percent(interval.high) + ")");
}

/// In units of 1e9, "-" where it is not known (0).
std::string giga(double cost)
{
    return cost > 0 ? formatted("%.2f", cost / 1e9) : "-";
}

std::string signedPercent(double share)
{
    return formatted("%+.2f", 100 * share);
}

/// What the methods win over the plain average of all clips, on the same videos.
std::string gainTable(const std::vector<const EvaluationRun *> &runs)
{
    const std::string reference = titleOf(methodNamed("average"));
    const auto found = std::find_if(runs.begin(), runs.end(), [&](const EvaluationRun *run) { return run->method == reference; });
    if (found == runs.end() || (*found)->classification->predictions.empty())
        return {};
    std::string text;
    Progress progress;
    for (const EvaluationRun *run : runs) {
        const ClassificationFigures &own = *run->classification;
        if (run == *found || own.predictions.empty())
            continue;
        const ClassificationOptions how{static_cast<int>(own.top1Interval.resamples), own.seed};
        const auto cellOf = [](double gain, const Interval &interval) {
            return signedPercent(gain) + (interval.resamples == 0 ? "" : " (" + signedPercent(interval.low) + " to " + signedPercent(interval.high) + ")");
        };
        try {
            const ClassificationGain gain = classificationGain(own, *(*found)->classification, how, progress);
            text += row({cell(run->method), cellOf(gain.top1, gain.top1Interval), cellOf(gain.mean, gain.meanInterval)});
        } catch (const Error &) { // of other videos, from another file
            text += row({cell(run->method), "-", "-"});
        }
    }
    if (text.empty())
        return {};
    return "Gained over the average of all clips (dense) in points, paired on the same videos.\n\n" + head({"method", "top-1", "mean"}) + text + "\n";
}

std::vector<std::string> classNamesOf(const EvaluationRun &run)
{
    std::vector<std::string> names = run.classNames;
    for (std::size_t c = names.size(); c < static_cast<std::size_t>(run.classification->classes); ++c)
        names.push_back(std::to_string(c));
    return names;
}

} // namespace

void checkClassScores(const TemplateFeatures &set)
{
    set.check();
    if (set.dim != std::ssize(set.subjectNames))
        throw Error("The base gives " + numberOf(set.dim, "class score", "class scores") + ", but "
                    + (set.benchmark.empty() ? std::string("the set") : set.benchmark) + " has " + numberOf(std::ssize(set.subjectNames), "class", "classes")
                    + ": they must be the base's own.");
}

EvaluationRun evaluateClassification(const TemplateFeatures &set, const Method &method, const VerificationOptions &options, Progress &progress)
{
    const auto begin = std::chrono::steady_clock::now();
    checkClassScores(set);
    std::vector<Prediction> predictions;
    std::vector<std::int32_t> kept;
    const auto width = static_cast<std::size_t>(set.dim);
    for (int draw = 0; draw < std::max(1, method.seeds); ++draw) {
        progress.stage("Fusing the class scores of " + std::to_string(set.templates()) + " videos: " + titleOf(method)
                       + (method.seeds > 1 ? ", draw " + std::to_string(draw + 1) : ""));
        Method one = method;
        one.seed += static_cast<std::uint64_t>(draw);
        one.seeds = 1;
        const std::vector<float> rows = aggregates(set, one, kept, progress);
        for (std::int64_t t = 0; t < set.templates(); ++t) {
            if (t % 1024 == 0)
                progress.throwIfCancelled();
            const auto at = static_cast<std::size_t>(t);
            predictions.push_back(predicted(set.size(t) == 0 ? std::span<const float>() : std::span(rows).subspan(at * width, width), set.subjects[at]));
        }
    }
    EvaluationRun run = describeRun(set, method, options, kept);
    progress.stage("Measuring");
    run.classification = classificationFigures(std::move(predictions), set.dim, {options.resamples, options.seed}, progress, std::max(1, method.seeds));
    run.classNames = set.subjectNames;
    run.protocol = classificationSentence(*run.classification);
    const std::int64_t unknown = set.templates() - run.classification->groups;
    std::int64_t empty = 0;
    for (std::int64_t t = 0; t < set.templates(); ++t)
        empty += set.size(t) == 0 && set.subjects[static_cast<std::size_t>(t)] >= 0 ? 1 : 0;
    if (unknown > 0)
        run.warnings.push_back(numberOf(unknown, "video is", "videos are") + " of no known class and took no part.");
    if (empty > 0)
        run.warnings.push_back(numberOf(empty, "video has", "videos have") + " no clip that could be read; each counts as wrong.");
    const auto classes =
        std::count_if(run.classification->perClass.begin(), run.classification->perClass.end(), [](double share) { return std::isnan(share); });
    if (classes > 0)
        run.warnings.push_back(numberOf(classes, "class has", "classes have") + " no video and is not part of the class mean.");
    run.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    return run;
}

bool isClassification(const EvaluationRun &run)
{
    return run.classification.has_value();
}

Protocol protocolOf(const EvaluationRun &run)
{
    return isClassification(run) ? Protocol::Classification : isRetrieval(run) ? Protocol::Retrieval : Protocol::Verification;
}

double perGroup(const EvaluationRun &run, double perElement)
{
    return run.templates > 0 ? perElement * static_cast<double>(run.faces) / static_cast<double>(run.templates) : 0;
}

std::string classificationTable(const std::vector<const EvaluationRun *> &all)
{
    std::vector<const EvaluationRun *> runs;
    std::copy_if(all.begin(), all.end(), std::back_inserter(runs), [](const EvaluationRun *run) { return isClassification(*run); });
    if (runs.empty())
        return {};
    const bool intervals = std::any_of(runs.begin(), runs.end(), [](const EvaluationRun *run) { return run->classification->top1Interval.resamples > 0; });
    std::string text = std::string("Classification in percent") + (intervals ? ", with 95 % intervals by bootstrap over videos" : "")
        + "; a video's cost: DDNet on all its clips where the method looks at D-scores, and the base on those that it keeps.\n\n"
        + head({"method", "top-1", "top-5", "mean of both", "class mean", "videos", "clips kept per video", "kept %", "G MAC per video", "G FLOP per video"});
    for (const EvaluationRun *run : runs) {
        const ClassificationFigures &one = *run->classification;
        const double clips = perGroup(*run, run->keptShare);
        text += row({cell(run->method), withDeviation(one.top1, one.top1Interval, one.top1Deviation, one.draws), percent(one.top5),
                     withDeviation(one.mean(), one.meanInterval, one.meanDeviation, one.draws),
                     withDeviation(one.meanClass, one.meanClassInterval, one.meanClassDeviation, one.draws), counted(one.groups), formatted("%.1f", clips),
                     formatted("%.1f", 100 * run->keptShare), giga(perGroup(*run, run->macPerFace)), giga(perGroup(*run, run->flopPerFace))});
    }
    for (const PaperRow &paper : paperRows(runs.front()->benchmark)) {
        if (paper.measure.empty())
            continue;
        const std::string value = formatted("%.2f", paper.percent.front());
        std::vector<std::string> cells{source(paper), paper.measure == top1Measure ? value : "-", "-", paper.measure == meanMeasure ? value : "-"};
        cells.insert(cells.end(), 6, "-");
        text += row(cells);
    }
    return text + "\n" + gainTable(runs);
}

std::string perClassCsv(const std::vector<EvaluationRun> &runs)
{
    std::string text = "benchmark,method,class,groups,right,accuracy,most_confused_with,times\n";
    for (const EvaluationRun &run : runs) {
        if (!isClassification(run))
            continue;
        const ClassificationFigures &figures = *run.classification;
        const std::vector<std::string> names = classNamesOf(run);
        const auto draws = static_cast<double>(figures.draws);
        for (std::int64_t c = 0; c < figures.classes; ++c) {
            std::int64_t groups = 0;
            std::int64_t most = -1;
            for (std::int64_t other = 0; other <= figures.classes; ++other) {
                groups += figures.confused(c, other);
                if (other != c && other < figures.classes && figures.confused(c, other) > (most < 0 ? 0 : figures.confused(c, most)))
                    most = other;
            }
            const auto at = static_cast<std::size_t>(c);
            const double share = figures.perClass[at];
            text += joinedCells({csvText(run.benchmark), csvText(run.method), csvText(names[at]), csvNumber(static_cast<double>(groups) / draws),
                                 csvNumber(static_cast<double>(figures.confused(c, c)) / draws), std::isnan(share) ? "" : csvNumber(share),
                                 most < 0 ? "" : csvText(names[static_cast<std::size_t>(most)]),
                                 most < 0 ? "" : csvNumber(static_cast<double>(figures.confused(c, most)) / draws)});
        }
    }
    return text;
}

std::string confusionCsv(const std::vector<EvaluationRun> &runs)
{
    std::string text = "benchmark,method,class,predicted,groups\n";
    for (const EvaluationRun &run : runs) {
        if (!isClassification(run))
            continue;
        const ClassificationFigures &figures = *run.classification;
        const std::vector<std::string> names = classNamesOf(run);
        for (std::int64_t c = 0; c < figures.classes; ++c)
            for (std::int64_t other = 0; other <= figures.classes; ++other)
                if (const std::int64_t count = figures.confused(c, other); count > 0)
                    text += joinedCells({csvText(run.benchmark), csvText(run.method), csvText(names[static_cast<std::size_t>(c)]),
                                         other < figures.classes ? csvText(names[static_cast<std::size_t>(other)]) : std::string(),
                                         csvNumber(static_cast<double>(count) / static_cast<double>(figures.draws))});
    }
    return text;
}

} // namespace dscope
