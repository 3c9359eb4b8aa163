// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/threshold/tradeoff.h"

#include "core/base/csv.h"
#include "core/base/error.h"
#include "core/base/text.h"
#include "core/metrics/subjectresamples.h"
#include "core/threshold/exactpass.h"
#include "core/threshold/splitscores.h"
#include "core/threshold/sweepplan.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

namespace dscope {

namespace {

constexpr double s_none = std::numeric_limits<double>::quiet_NaN();

/// A point that is still to be computed.
struct Planned {
    LinearRule rule;
    TradeoffPoint point;
};

/// The points of one method in the order of their kept shares.
std::vector<Planned> sweep(const LinearRule &rule, std::size_t method, std::size_t count, const TemplatePrefixes &prefixes)
{
    std::vector<Planned> points;
    const auto add = [&](const LinearRule &with, double t) {
        Planned planned{with, {}};
        planned.point.method = method;
        planned.point.title = rule.title;
        planned.point.threshold = t;
        planned.point.best = with.keep.mode == Selection::Mode::TopK ? with.keep.k : 0;
        planned.point.ddnet = with.keep.mode != Selection::Mode::All || static_cast<bool>(with.weights);
        points.push_back(std::move(planned));
    };
    const TemplateFeatures &set = prefixes.set();
    if (rule.keep.mode == Selection::Mode::All || rule.keep.mode == Selection::Mode::Enough) {
        add(rule, s_none);
    } else if (rule.keep.mode == Selection::Mode::TopK) {
        // 1, 2, 3, 4, 6, 8, 12, 16, 24 ... up to the largest template.
        std::int64_t largest = 1;
        for (std::int64_t t = 0; t < set.templates(); ++t)
            largest = std::max(largest, set.size(t));
        std::vector<std::int64_t> ks;
        for (std::int64_t k = 1;; k = k < 4 ? k + 1 : (k & (k - 1)) == 0 ? k + k / 2 : k + k / 3) {
            ks.push_back(std::min(k, largest));
            if (k >= largest)
                break;
        }
        while (ks.size() > count && ks.size() > 2)
            ks.erase(ks.end() - 2);
        for (const std::int64_t k : ks) {
            LinearRule with = rule;
            with.keep.setBest(k);
            add(with, s_none);
        }
    } else {
        for (const double t : sweptThresholds(prefixes, rule, count))
            add(rule, t);
    }
    return points;
}

void price(TradeoffPoint &point, const LivePrices &prices)
{
    if (point.ddnet) {
        point.cost = costOf(prices, point.keptShare);
        return;
    }
    LivePrices base = prices;
    base.ddnet = {};
    point.cost = costOf(base, point.keptShare);
}

std::string intervalSentence(const TradeoffOptions &options, const SubjectResamples *drawn, std::int64_t splits)
{
    if (splits > 1)
        return "Every figure is the mean over " + std::to_string(splits) + " splits; ± is the deviation over them.";
    if (options.resamples <= 0)
        return "No intervals were asked for.";
    if (!drawn->known())
        return "There are no intervals: " + drawn->reason() + ".";
    const std::string text = printed("%g %% intervals by bootstrap over %d subjects, %d resamples, the same for every point", 100 * options.level,
                                     drawn->subjects(), options.resamples);
    return text + (drawn->unknown() > 0 ? "; " + std::to_string(drawn->unknown()) + " templates without a subject count as one each." : std::string("."));
}

bool before(const TradeoffPoint &a, const TradeoffPoint &b)
{
    if (a.method != b.method)
        return a.method < b.method;
    return a.method == TradeoffPoint::noMethod ? a.mark < b.mark : a.kept < b.kept;
}

} // namespace

std::string name(TradeoffMark mark)
{
    switch (mark) {
    case TradeoffMark::Top1: return "top-1";
    case TradeoffMark::Average: return "average";
    case TradeoffMark::PaperT: return "t = 0.15";
    case TradeoffMark::None: break;
    }
    return {};
}

std::vector<LinearRule> standardMethods()
{
    Method ddl;
    ddl.title = "DDL";
    Method plain;
    plain.title = "DDL without re-scale";
    plain.options.method = Aggregator::DdlNoRescale;
    Method best;
    best.title = "top-K";
    best.options.method = Aggregator::TopK;
    return {linearRule(ddl), linearRule(plain), meanOfKept(), linearRule(best)};
}

Tradeoff tradeoff(const LiveThreshold &live, const TradeoffOptions &options, const std::function<void(const Tradeoff &, std::size_t)> &onPoint,
                  Progress &progress)
{
    const std::shared_ptr<const PreparedSet> prepared = live.prepared();
    const TemplatePrefixes &prefixes = prepared->prefixes;
    for (const double far : options.fars)
        if (!(far >= 0 && far <= 1))
            throw Error("A FAR target lies between 0 and 1.");
    if (options.fars.empty())
        throw Error("The trade-off needs at least one FAR target.");
    const std::vector<LinearRule> methods = options.methods.empty() ? standardMethods() : options.methods;
    for (const LinearRule &rule : methods)
        if (!options.methods.empty() && rule.normaliseFeatures != prefixes.normalised())
            throw Error("The set is arranged for features that are " + std::string(prefixes.normalised() ? "" : "not ") + "normalised; the method '"
                        + rule.title + "' asks for the other.");

    Tradeoff curve;
    curve.benchmark = prepared->set->benchmark;
    curve.fars = options.fars;
    curve.prices = options.prices;
    curve.breakEvenShare = costOf(options.prices, 1).breakEvenShare;

    std::vector<Planned> planned;
    const auto mark = [&](TradeoffMark kind, const Method &method, double t) {
        Planned one{linearRule(method), {}};
        one.point.mark = kind;
        one.point.title = kind == TradeoffMark::PaperT ? "DDL, t = 0.15" : name(kind);
        one.point.threshold = t;
        one.point.ddnet = kind != TradeoffMark::Average;
        one.point.best = kind == TradeoffMark::Top1 ? 1 : 0;
        planned.push_back(std::move(one));
    };
    Method top;
    top.options.method = Aggregator::Top1;
    Method average;
    average.options.method = Aggregator::Average;
    mark(TradeoffMark::PaperT, {}, 0.15);
    mark(TradeoffMark::Average, average, s_none);
    mark(TradeoffMark::Top1, top, s_none);

    // All methods side by side: first their ends, then their middles.
    std::vector<std::vector<Planned>> sweeps;
    std::vector<std::vector<std::size_t>> orders;
    std::size_t longest = 0;
    for (std::size_t m = 0; m < methods.size(); ++m) {
        curve.titles.push_back(methods[m].title);
        sweeps.push_back(sweep(methods[m], m, static_cast<std::size_t>(std::max(2, options.points)), prefixes));
        orders.push_back(coarseToFine(sweeps.back().size()));
        longest = std::max(longest, orders.back().size());
    }
    for (std::size_t i = 0; i < longest; ++i)
        for (std::size_t m = 0; m < methods.size(); ++m)
            if (i < orders[m].size())
                planned.push_back(sweeps[m][orders[m][i]]);

    std::optional<SubjectResamples> drawn;
    if (options.resamples > 0 && prepared->splits == 1) {
        progress.stage("Drawing subjects");
        drawn.emplace(*prepared->set, *prepared->pairs, prepared->genuine, prepared->impostor, options.resamples, options.seed, progress);
    }
    curve.intervals = intervalSentence(options, drawn ? &*drawn : nullptr, prepared->splits);
    std::optional<SplitScores> dealt;
    if (prepared->splits > 1)
        dealt.emplace(*prepared);

    ExactPass pass(prepared, options.device);
    for (std::size_t i = 0; i < planned.size(); ++i) {
        progress.stage("Trade-off, point " + std::to_string(i + 1) + " of " + std::to_string(planned.size()));
        TradeoffPoint point = std::move(planned[i].point);
        pass.run(planned[i].rule, point.threshold, progress);
        static_cast<KeptFigures &>(point) = pass.kept();
        price(point, options.prices);
        if (dealt)
            dealt->take(pass.genuine(), pass.impostor(), progress);
        for (const FarPoint &at :
             dealt ? dealt->tarAtFar(options.fars, FarRule::Strict, point.deviation) : pass.roc().tarAtFar(options.fars, FarRule::Strict)) {
            point.tar.push_back(at.tar);
            point.realisedFar.push_back(at.realisedFar);
        }
        if (drawn && drawn->known())
            point.intervals = drawn->intervals(pass.genuine(), pass.impostor(), pass.sortedImpostor(), options.fars, options.level, progress);
        const auto place = std::upper_bound(curve.points.begin(), curve.points.end(), point, before);
        const auto at = static_cast<std::size_t>(place - curve.points.begin());
        curve.points.insert(place, std::move(point));
        curve.complete = i + 1 == planned.size();
        if (onPoint)
            onPoint(curve, at);
    }
    return curve;
}

void reprice(Tradeoff &curve, const LivePrices &prices)
{
    curve.prices = prices;
    curve.breakEvenShare = costOf(prices, 1).breakEvenShare;
    for (TradeoffPoint &point : curve.points)
        price(point, prices);
}

std::string tradeoffCsv(const Tradeoff &curve)
{
    std::string text = "benchmark,method,mark,threshold,k,kept,kept_share,mac_per_face,flop_per_face,far,tar,low,high,deviation,realised_far\n";
    const bool priced = curve.prices.base.mac > 0;
    for (const TradeoffPoint &point : curve.points)
        for (std::size_t k = 0; k < curve.fars.size() && k < point.tar.size(); ++k) {
            const bool bounded = k < point.intervals.size();
            const std::vector<std::string> cells{csvText(curve.benchmark),
                                                 csvText(point.title),
                                                 name(point.mark),
                                                 std::isnan(point.threshold) ? std::string() : csvNumber(point.threshold),
                                                 point.best > 0 ? std::to_string(point.best) : std::string(),
                                                 std::to_string(point.kept),
                                                 csvNumber(point.keptShare),
                                                 priced ? csvNumber(point.cost.macPerFace) : std::string(),
                                                 priced ? csvNumber(point.cost.flopPerFace) : std::string(),
                                                 csvNumber(curve.fars[k]),
                                                 csvNumber(point.tar[k]),
                                                 bounded ? csvNumber(point.intervals[k].low) : std::string(),
                                                 bounded ? csvNumber(point.intervals[k].high) : std::string(),
                                                 k < point.deviation.size() ? csvNumber(point.deviation[k]) : std::string(),
                                                 k < point.realisedFar.size() ? csvNumber(point.realisedFar[k]) : std::string()};
            for (std::size_t i = 0; i < cells.size(); ++i)
                text += (i == 0 ? "" : ",") + cells[i];
            text += '\n';
        }
    return text;
}

} // namespace dscope
