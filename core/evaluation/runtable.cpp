// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/evaluation/run.h"

#include "core/base/csv.h"
#include "core/evaluation/classificationrun.h"
#include "core/evaluation/paperfigures.h"
#include "core/evaluation/retrievalrun.h"
#include "core/evaluation/tables.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <iterator>

namespace dscope {

using namespace tables;

namespace {

using Runs = std::vector<const EvaluationRun *>;

/// TARs by method, the paper's rows below.
std::string tarTable(const Runs &runs)
{
    const EvaluationRun &first = *runs.front();
    std::vector<std::string> names{"method"};
    for (const FarPoint &point : first.strict)
        names.push_back("FAR " + target(point.target));
    names.insert(names.end(), {"EER", "kept %", "M MAC per face", "M FLOP per face"});
    std::string text = "TAR in percent, strict rule" + std::string(first.intervals.empty() ? "" : ", with 95 % intervals by bootstrap over people")
        + (first.splits.empty() ? "" : ", mean and deviation over splits") + ".\n\n" + head(names);
    bool none = false;
    bool few = false;
    for (const EvaluationRun *run : runs) {
        std::vector<std::string> cells{cell(run->method)};
        for (std::size_t i = 0; i < first.strict.size(); ++i) {
            std::string value = i < run->strict.size() ? percent(run->strict[i].tar) : "-";
            if (i < run->strict.size() && !isResolved(run->strict[i])) {
                const bool ofNone = run->strict[i].target * static_cast<double>(run->strict[i].impostors) < 1;
                (ofNone ? none : few) = true;
                value += ofNone ? "†" : "‡";
            }
            if (i < run->intervals.size())
                value += " (" + percent(run->intervals[i].low) + " to " + percent(run->intervals[i].high) + ")";
            if (i < run->strictDeviation.size())
                value += " ± " + percent(run->strictDeviation[i]);
            cells.push_back(value);
        }
        cells.push_back(percent(run->eer.value));
        cells.push_back(formatted("%.1f", 100 * run->keptShare));
        cells.push_back(known(run->macPerFace));
        cells.push_back(known(run->flopPerFace));
        text += row(cells);
    }
    for (const PaperRow &paper : paperRows(first.benchmark)) {
        if (paper.fars.empty())
            continue;
        std::vector<std::string> cells{source(paper)};
        for (const FarPoint &point : first.strict) {
            std::string value = "-";
            for (std::size_t i = 0; i < paper.fars.size(); ++i)
                if (sameFar(paper.fars[i], point.target))
                    value = formatted("%.2f", paper.percent[i]) + (i < paper.deviation.size() ? " ± " + formatted("%.1f", paper.deviation[i]) : "");
            cells.push_back(value);
        }
        cells.insert(cells.end(), {"-", "-", "-", "-"});
        text += row(cells);
    }
    if (none)
        text += "\n† The target is less than one of the impostor pairs: what is shown is the TAR at which none is accepted.\n";
    if (few)
        text += "\n‡ Fewer than ten impostor pairs may be accepted at this target: one more or less moves the figure.\n";
    return text + "\n";
}

/// Both rules with what must stand beside them.
std::string ruleTable(const Runs &runs)
{
    std::string text = head({"method", "FAR target", "rule", "TAR %", "realised FAR", "impostors accepted", "of", "genuine accepted", "of ", "threshold"});
    for (const EvaluationRun *run : runs)
        for (const auto *points : {&run->strict, &run->insightface})
            for (const FarPoint &point : *points)
                text += row({cell(run->method), target(point.target), name(point.rule), percent(point.tar), formatted("%.3g", point.realisedFar),
                             counted(point.impostorsAccepted), counted(point.impostors), counted(point.genuineAccepted), counted(point.genuines),
                             formatted("%.4f", point.threshold)});
    return text + "\n";
}

std::string tenFoldTable(const Runs &runs)
{
    if (std::none_of(runs.begin(), runs.end(), [](const EvaluationRun *run) { return run->tenFold.has_value(); }))
        return {};
    std::string text = "Ten-fold accuracy in percent: mean ± standard error over the folds (their deviation, dividing by nine, over the root of ten); the "
                       "population deviation that public code prints; the folds in order.\n\n"
        + head({"method", "accuracy", "deviation", "folds", "kept %", "M MAC per face"});
    for (const EvaluationRun *run : runs) {
        if (!run->tenFold)
            continue;
        std::string folds;
        for (const double accuracy : run->tenFold->accuracy)
            folds += (folds.empty() ? "" : " ") + percent(accuracy);
        text += row({cell(run->method), percent(run->tenFold->mean) + " ± " + percent(run->tenFold->error), percent(run->tenFold->deviation), folds,
                     formatted("%.1f", 100 * run->keptShare), known(run->macPerFace)});
    }
    for (const PaperRow &paper : paperRows(runs.front()->benchmark))
        if (paper.fars.empty() && paper.ranks.empty() && paper.measure.empty())
            text += row({source(paper), formatted("%.2f", paper.percent.front()), "-", "-", "-", "-"});
    return text + "\n";
}

std::string searchTable(const Runs &runs)
{
    const auto searched = std::find_if(runs.begin(), runs.end(), [](const EvaluationRun *run) { return run->search && !run->search->galleries.empty(); });
    if (searched == runs.end())
        return {};
    const Identification &first = *(*searched)->search;
    std::vector<std::string> names{"method"};
    for (const FpirPoint &point : first.galleries.front().tpir)
        names.push_back("TPIR at FPIR " + target(point.fpir));
    for (const RankPoint &point : first.galleries.front().rank)
        names.push_back("rank-" + std::to_string(point.k));
    names.push_back("mated / non-mated");
    std::string text =
        "Search in percent: TPIR is the unweighted mean over the galleries (a hit is above the probe's best negative and above the threshold, both "
        "strictly), rank-k counts hits of all galleries together.\n\n"
        + head(names);
    for (const EvaluationRun *run : runs) {
        if (!run->search)
            continue;
        std::vector<std::string> cells{cell(run->method)};
        for (const double tpir : run->search->tpir)
            cells.push_back(percent(tpir));
        for (const double rank : run->search->rank)
            cells.push_back(percent(rank));
        std::string counts;
        for (const GallerySearch &gallery : run->search->galleries)
            if (run->search->galleries.size() <= 2)
                counts += (counts.empty() ? "" : ", ") + counted(gallery.mated) + " / " + counted(gallery.nonMated);
        cells.push_back(counts.empty() ? std::to_string(run->search->galleries.size()) + " galleries" : counts);
        text += row(cells);
    }
    return text + "\n";
}

/// A table a protocol and distance, in the order of the runs.
std::string retrievalTable(const Runs &runs)
{
    struct Row {
        const EvaluationRun *run;
        const RetrievalFigures *figures;
    };
    std::vector<std::vector<Row>> tables;
    for (const EvaluationRun *run : runs)
        for (const RetrievalFigures &figures : run->retrieval) {
            auto found = std::find_if(tables.begin(), tables.end(), [&](const std::vector<Row> &table) {
                const RetrievalFigures &first = *table.front().figures;
                return first.protocol == figures.protocol && first.distance == figures.distance && first.ranks == figures.ranks;
            });
            if (found == tables.end())
                found = tables.insert(tables.end(), std::vector<Row>());
            found->push_back({run, &figures});
        }
    std::string text;
    for (const std::vector<Row> &table : tables) {
        const RetrievalFigures &first = *table.front().figures;
        const auto shownValue = [](double value, const Interval *interval) {
            return percent(value)
                + (interval == nullptr || interval->resamples == 0 ? "" : " (" + percent(interval->low) + " to " + percent(interval->high) + ")");
        };
        text += "Retrieval in percent, " + name(first.protocol) + " protocol, " + name(first.distance)
            + (first.mapInterval.resamples > 0 ? ", with 95 % intervals by bootstrap over people" : "") + ".\n\n";
        std::vector<std::string> names{"method", "mAP"};
        for (const std::int64_t rank : first.ranks)
            names.push_back("CMC-" + std::to_string(rank));
        names.insert(names.end(), {"queries", "without a match", "gallery", "kept %", "M MAC per element", "M FLOP per element"});
        text += head(names);
        for (const auto &[run, figures] : table) {
            std::vector<std::string> cells{cell(run->method), shownValue(figures->map, &figures->mapInterval)};
            for (std::size_t i = 0; i < figures->cmc.size(); ++i)
                cells.push_back(shownValue(figures->cmc[i], i < figures->cmcIntervals.size() ? &figures->cmcIntervals[i] : nullptr));
            cells.insert(cells.end(),
                         {counted(figures->queries), counted(figures->unmatched), counted(figures->gallery), formatted("%.1f", 100 * run->keptShare),
                          known(run->macPerFace), known(run->flopPerFace)});
            text += row(cells);
        }
        // The published ones are all by this protocol.
        for (const PaperRow &paper : first.protocol == RetrievalProtocol::VideoReid ? paperRows(runs.front()->benchmark) : std::vector<PaperRow>()) {
            if (paper.ranks.empty())
                continue;
            std::vector<std::string> cells{source(paper), formatted("%.1f", paper.percent.front())};
            for (const std::int64_t rank : first.ranks) {
                const auto place = std::find(paper.ranks.begin(), paper.ranks.end(), rank) - paper.ranks.begin();
                cells.push_back(place < std::ssize(paper.ranks) ? formatted("%.1f", paper.percent[static_cast<std::size_t>(place) + 1]) : "-");
            }
            cells.insert(cells.end(), 6, "-");
            text += row(cells);
        }
        text += "\n";
    }
    return text;
}

std::string discardTable(const Runs &runs)
{
    std::string text;
    for (const EvaluationRun *run : runs) {
        for (std::size_t i = 0; i < run->discard.size() && i < run->discardAreas.size(); ++i)
            text += row({cell(run->method), "fixed threshold", "FNMR " + target(run->discard[i].e0),
                         formatted("%.5f", run->discardAreas[i]) + " (pAUC to " + formatted("%g", run->discardLimit) + ", less the perfect line)"});
        for (const RecomputedCurve &curve : run->recomputed)
            text += row({cell(run->method), "recomputed threshold", "FMR " + target(curve.fmr), formatted("%.5f", curve.area) + " (trapezoid)"});
    }
    if (text.empty())
        return {};
    return "Error versus discard; a template's quality is its " + runs.front()->discardQuality + ", a pair's the smaller of its two.\n\n"
        + head({"method", "convention", "at", "area"}) + text + "\n";
}

/// The csv's rows of a classification.
void addClassification(const EvaluationRun &run, const std::function<void(std::vector<std::string>)> &add)
{
    const ClassificationFigures &figures = *run.classification;
    const auto figure = [&](const char *measure, double value, const Interval &interval, double deviation) {
        const bool bounded = interval.resamples > 0;
        add({measure, "", figures.draws > 1 ? std::to_string(figures.draws) + " draws" : "", csvNumber(value), bounded ? csvNumber(interval.low) : "",
             bounded ? csvNumber(interval.high) : "", figures.draws > 1 ? csvNumber(deviation) : "", "", "", "", std::to_string(figures.groups)});
    };
    figure("top1", figures.top1, figures.top1Interval, figures.top1Deviation);
    add({"top5", "", "", csvNumber(figures.top5), "", "", "", "", "", "", std::to_string(figures.groups)});
    figure("top1_top5_mean", figures.mean(), figures.meanInterval, figures.meanDeviation);
    figure("class_mean", figures.meanClass, figures.meanClassInterval, figures.meanClassDeviation);
}

} // namespace

std::string evaluationTable(const std::vector<EvaluationRun> &runs)
{
    std::vector<std::pair<std::string, Runs>> byBenchmark;
    for (const EvaluationRun &run : runs) {
        const std::string title = setTitle(run);
        auto found = std::find_if(byBenchmark.begin(), byBenchmark.end(), [&](const auto &entry) { return entry.first == title; });
        if (found == byBenchmark.end())
            found = byBenchmark.insert(byBenchmark.end(), {title, {}});
        found->second.push_back(&run);
    }
    std::string text;
    for (const auto &[title, own] : byBenchmark) {
        const EvaluationRun &first = *own.front();
        text += "## " + cell(title) + "\n\n";
        text += "Base " + cell(first.base.empty() ? "unknown" : first.base) + ", DDNet " + cell(first.ddnet.empty() ? "unknown" : first.ddnet)
            + (first.device.empty() ? "" : ", on " + cell(first.device)) + ". ";
        if (isClassification(first))
            text += counted(first.templates) + " videos of " + counted(first.faces) + " clips (" + counted(first.notEnrolled) + " without one), "
                + counted(first.classification->classes) + " classes.\n\n";
        else if (isRetrieval(first))
            text += counted(first.templates) + " tracklets of " + counted(first.faces) + " elements (" + counted(first.notEnrolled) + " without one)"
                + (first.subjects > 0 ? ", queries of " + counted(first.subjects) + " people" : "") + ".\n\n";
        else
            text += counted(first.templates) + " templates of " + counted(first.faces) + " faces (" + counted(first.notEnrolled) + " without a face), "
                + counted(first.genuine) + " genuine and " + counted(first.impostor) + " impostor pairs"
                + (first.subjects > 0 ? " of " + counted(first.subjects) + " people" : "") + ".\n\n";
        if (first.synthetic)
            text += "**A made set, not the benchmark itself: its figures cannot be compared with published ones.**\n\n";
        text += "Protocol: " + cell(first.protocol) + ".\n\n";
        Runs paired;
        std::copy_if(own.begin(), own.end(), std::back_inserter(paired),
                     [](const EvaluationRun *run) { return !isRetrieval(*run) && !isClassification(*run); });
        text += classificationTable(own) + retrievalTable(own);
        if (!paired.empty())
            text += tenFoldTable(paired) + tarTable(paired) + searchTable(paired) + ruleTable(paired) + discardTable(paired);
        for (const std::string &note : paperNotes(first.benchmark))
            text += "- " + cell(note) + "\n";
        std::vector<std::string> warnings;
        for (const EvaluationRun *run : own)
            for (const std::string &warning : run->warnings)
                if (std::find(warnings.begin(), warnings.end(), warning) == warnings.end())
                    warnings.push_back(warning);
        for (const std::string &warning : warnings)
            text += "- Warning: " + cell(warning) + "\n";
        text += "\n";
    }
    return text;
}

std::string evaluationCsv(const std::vector<EvaluationRun> &runs)
{
    std::vector<std::string> seen;
    std::string text = "benchmark,synthetic,base,ddnet,method,threshold,kept_share,mac_per_face,flop_per_face,measure,target,rule,value,low,high,deviation,"
                       "realised,score_threshold,accepted,of\n";
    for (const EvaluationRun &run : runs) {
        const std::vector<std::string> front{csvText(run.benchmark),   run.synthetic ? "1" : "0",   csvText(run.base),
                                             csvText(run.ddnet),       csvText(run.method),         csvNumber(run.threshold),
                                             csvNumber(run.keptShare), knownNumber(run.macPerFace), knownNumber(run.flopPerFace)};
        const auto add = [&](std::vector<std::string> cells) {
            cells.insert(cells.begin(), front.begin(), front.end());
            text += joinedCells(cells);
        };
        for (const auto *points : {&run.strict, &run.insightface}) {
            const bool strict = points == &run.strict;
            const std::vector<double> &deviations = strict ? run.strictDeviation : run.insightfaceDeviation;
            for (std::size_t i = 0; i < points->size(); ++i) {
                const FarPoint &point = (*points)[i];
                const bool bounded = strict && i < run.intervals.size();
                add({"tar", csvNumber(point.target), name(point.rule), csvNumber(point.tar), bounded ? csvNumber(run.intervals[i].low) : "",
                     bounded ? csvNumber(run.intervals[i].high) : "", i < deviations.size() ? csvNumber(deviations[i]) : "", csvNumber(point.realisedFar),
                     csvNumber(point.threshold), std::to_string(point.impostorsAccepted), std::to_string(point.impostors)});
            }
        }
        for (const RetrievalFigures &figures : run.retrieval) {
            const std::string rule = name(figures.protocol) + " " + name(figures.distance);
            const auto figure = [&](const char *measure, const std::string &target, double value, const Interval *interval) {
                const bool bounded = interval != nullptr && interval->resamples > 0;
                add({measure, target, rule, csvNumber(value), bounded ? csvNumber(interval->low) : "", bounded ? csvNumber(interval->high) : "", "", "", "", "",
                     std::to_string(figures.queries)});
            };
            figure("retrieval_map", "", figures.map, &figures.mapInterval);
            for (std::size_t i = 0; i < figures.cmc.size(); ++i)
                figure("retrieval_rank", std::to_string(figures.ranks[i]), figures.cmc[i],
                       i < figures.cmcIntervals.size() ? &figures.cmcIntervals[i] : nullptr);
            for (std::size_t k = 0; k < figures.curve.size(); ++k)
                figure("retrieval_cmc", std::to_string(k + 1), figures.curve[k], nullptr);
        }
        if (isClassification(run))
            addClassification(run, add);
        else if (!isRetrieval(run))
            add({"eer", "", "", csvNumber(run.eer.value), "", "", "", csvNumber(run.eer.far), csvNumber(run.eer.threshold), "", ""});
        if (run.tenFold) {
            add({"ten_fold", "", "", csvNumber(run.tenFold->mean), "", "", csvNumber(run.tenFold->deviation), "", "", "", ""});
            add({"ten_fold_standard_error", "", "", csvNumber(run.tenFold->error), "", "", "", "", "", "", ""});
            for (std::size_t fold = 0; fold < run.tenFold->accuracy.size(); ++fold)
                add({"ten_fold_accuracy", std::to_string(fold + 1), "", csvNumber(run.tenFold->accuracy[fold]), "", "", "", "", "", "", ""});
        }
        if (run.search && !run.search->galleries.empty()) {
            const GallerySearch &first = run.search->galleries.front();
            for (std::size_t i = 0; i < run.search->tpir.size() && i < first.tpir.size(); ++i)
                add({"tpir", csvNumber(first.tpir[i].fpir), "", csvNumber(run.search->tpir[i]), "", "", "", "", "", "", ""});
            for (std::size_t i = 0; i < run.search->rank.size() && i < first.rank.size(); ++i)
                add({"rank", std::to_string(first.rank[i].k), "", csvNumber(run.search->rank[i]), "", "", "", "", "", "", ""});
            for (std::size_t k = 0; k < run.search->cmc.size(); ++k)
                add({"cmc", std::to_string(k + 1), "", csvNumber(run.search->cmc[k]), "", "", "", "", "", "", ""});
            for (std::size_t i = 0; i < run.search->curve.size() && i < searchCurveFpirs().size(); ++i)
                add({"tpir_curve", csvNumber(searchCurveFpirs()[i]), "", csvNumber(run.search->curve[i]), "", "", "", "", "", "", ""});
        }
        for (std::size_t i = 0; i < run.discard.size() && i < run.discardAreas.size(); ++i)
            add({"discard_pauc", csvNumber(run.discard[i].e0), "fixed", csvNumber(run.discardAreas[i]), "", "", "", "", csvNumber(run.discard[i].threshold), "",
                 std::to_string(run.discard[i].pairs)});
        for (const RecomputedCurve &curve : run.recomputed)
            add({"discard_area", csvNumber(curve.fmr), "recomputed", csvNumber(curve.area), "", "", "", "", "", "", ""});
    }
    // The paper's figures, once a benchmark.
    for (const EvaluationRun &run : runs) {
        if (std::find(seen.begin(), seen.end(), run.benchmark) != seen.end())
            continue;
        seen.push_back(run.benchmark);
        for (const PaperRow &paper : paperRows(run.benchmark))
            for (std::size_t i = 0; i < paper.percent.size(); ++i)
                text += joinedCells({csvText(run.benchmark),
                                     "0",
                                     "",
                                     "",
                                     csvText(source(paper)),
                                     "",
                                     "",
                                     "",
                                     "",
                                     !paper.measure.empty()     ? (paper.measure == top1Measure ? "top1" : "top1_top5_mean")
                                         : !paper.ranks.empty() ? (i == 0 ? "retrieval_map" : "retrieval_rank")
                                         : paper.fars.empty()   ? "ten_fold"
                                                                : "tar",
                                     !paper.ranks.empty() && i > 0 ? std::to_string(paper.ranks[i - 1])
                                         : paper.fars.empty()      ? ""
                                                                   : csvNumber(paper.fars[i]),
                                     paper.ranks.empty() ? "" : name(RetrievalProtocol::VideoReid) + " " + name(RetrievalDistance::SquaredL2),
                                     csvNumber(paper.percent[i] / 100),
                                     "",
                                     "",
                                     i < paper.deviation.size() ? csvNumber(paper.deviation[i] / 100) : "",
                                     "",
                                     "",
                                     "",
                                     ""});
    }
    return text;
}

} // namespace dscope
