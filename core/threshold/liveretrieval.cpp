// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/threshold/liveretrieval.h"

#include "core/base/csv.h"
#include "core/base/error.h"
#include "core/base/grow.h"
#include "core/threshold/sweepplan.h"
#include "core/threshold/templateprefixes.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <utility>

namespace dscope {

namespace {

constexpr double s_none = std::numeric_limits<double>::quiet_NaN();

/// A point that is still to be computed.
struct Planned {
    LinearRule rule;
    RetrievalTradeoffPoint point;
};

Planned marked(TradeoffMark kind, Aggregator aggregator, const std::string &title, double t)
{
    Method method;
    method.options.method = aggregator;
    Planned planned;
    planned.rule = linearRule(method);
    planned.point.mark = kind;
    planned.point.title = title;
    planned.point.threshold = t;
    planned.point.ddnet = kind != TradeoffMark::Average;
    return planned;
}

void price(RetrievalTradeoffPoint &point, LivePrices prices)
{
    if (!point.ddnet)
        prices.ddnet = {};
    point.cost = costOf(prices, point.result.keptShare);
}

bool before(const RetrievalTradeoffPoint &a, const RetrievalTradeoffPoint &b)
{
    const bool ofCurve = a.mark == TradeoffMark::None;
    if (ofCurve != (b.mark == TradeoffMark::None))
        return ofCurve;
    return ofCurve ? a.result.kept < b.result.kept : a.mark < b.mark;
}

} // namespace

const LiveRetrievalFigures *LiveRetrievalPoint::by(RetrievalProtocol protocol) const
{
    const auto found = std::find_if(figures.begin(), figures.end(), [protocol](const LiveRetrievalFigures &one) { return one.protocol == protocol; });
    return found == figures.end() ? nullptr : &*found;
}

LiveRetrieval::LiveRetrieval(std::shared_ptr<const TemplateFeatures> set, std::span<const std::uint32_t> queries, std::span<const std::uint32_t> gallery,
                             const LiveRetrievalOptions &options, Progress &progress)
    : m_options(options), m_queries(queries.begin(), queries.end()), m_gallery(gallery.begin(), gallery.end())
{
    set->check();
    const auto templates = static_cast<std::size_t>(set->templates());
    if (set->cameras.size() != templates)
        throw Error("A retrieval needs the camera of every tracklet, which this set does not have.");
    for (const auto *places : {&m_queries, &m_gallery})
        if (std::any_of(places->begin(), places->end(), [templates](std::uint32_t place) { return place >= templates; }))
            throw Error("A retrieval names a tracklet that the set does not have.");
    if (options.ranks.empty() || *std::min_element(options.ranks.begin(), options.ranks.end()) < 1)
        throw Error("The ranks of a CMC begin at 1.");
    m_pids.assign(set->subjects.begin(), set->subjects.end());
    m_cameras.assign(set->cameras.begin(), set->cameras.end());
    for (std::int64_t t = 0; t < set->templates(); ++t)
        m_enrolled.push_back(set->size(t) > 0 ? 1 : 0);
    progress.stage("Arranging " + std::to_string(templates) + " tracklets");
    m_prefixes = std::make_unique<const TemplatePrefixes>(std::move(set), false, progress);
}

LiveRetrieval::~LiveRetrieval() = default;

LiveRetrievalPoint LiveRetrieval::at(const LinearRule &rule, double t, Progress &progress) const
{
    if (rule.normaliseFeatures)
        throw Error("The live threshold of a retrieval works on features as they are.");
    const auto begin = std::chrono::steady_clock::now();
    const TemplateFeatures &set = m_prefixes->set();
    const auto templates = static_cast<std::size_t>(set.templates());
    LiveRetrievalPoint point;
    point.threshold = t;
    std::vector<std::uint32_t> counts(templates);
    static_cast<KeptFigures &>(point) = m_prefixes->keptCounts(rule.keep.at(t), counts);
    std::vector<float> rows;
    growTo(rows, templates * static_cast<std::size_t>(set.dim), progress);
    m_prefixes->means(counts, rule, rows, progress);
    const std::int64_t last = *std::max_element(m_options.ranks.begin(), m_options.ranks.end());
    for (const RankedQueries &ranked :
         rankQueries({rows, set.dim, m_pids, m_cameras, m_enrolled, m_queries, m_gallery}, m_options.distance, m_options.protocols, progress)) {
        if (std::none_of(ranked.outcomes.begin(), ranked.outcomes.end(), [&](const QueryOutcome &one) { return isCounted(one, ranked.protocol); }))
            continue;
        const Retrieval all = summarise(ranked.outcomes, ranked.protocol, last);
        LiveRetrievalFigures figures{ranked.protocol, all.map, {}, all.queries};
        for (const std::int64_t rank : m_options.ranks)
            figures.cmc.push_back(all.cmc[static_cast<std::size_t>(rank) - 1]);
        point.figures.push_back(std::move(figures));
    }
    if (point.figures.empty())
        throw Error("No query of this set can be counted: none has a match by another camera.");
    point.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    return point;
}

RetrievalTradeoff retrievalTradeoff(const LiveRetrieval &live, const RetrievalTradeoffOptions &options,
                                    const std::function<void(const RetrievalTradeoff &)> &onPoint, Progress &progress)
{
    RetrievalTradeoff curve;
    curve.title = options.rule.title;
    curve.prices = options.prices;
    std::vector<Planned> planned{marked(TradeoffMark::PaperT, Aggregator::Ddl, "DDL, t = 0.15", 0.15),
                                 marked(TradeoffMark::Average, Aggregator::Average, name(TradeoffMark::Average), s_none),
                                 marked(TradeoffMark::Top1, Aggregator::Top1, name(TradeoffMark::Top1), s_none)};
    const std::vector<double> thresholds = options.rule.moves()
        ? sweptThresholds(live.prefixes(), options.rule, static_cast<std::size_t>(std::max(2, options.points)))
        : std::vector<double>{s_none}; // no threshold moves it: one point
    for (const std::size_t i : coarseToFine(thresholds.size())) {
        Planned one;
        one.rule = options.rule;
        one.point.threshold = thresholds[i];
        one.point.ddnet = options.rule.keep.mode != Selection::Mode::All || static_cast<bool>(options.rule.weights);
        planned.push_back(std::move(one));
    }
    for (std::size_t i = 0; i < planned.size(); ++i) {
        progress.stage("Trade-off, point " + std::to_string(i + 1) + " of " + std::to_string(planned.size()));
        RetrievalTradeoffPoint point = std::move(planned[i].point);
        point.result = live.at(planned[i].rule, point.threshold, progress);
        price(point, options.prices);
        curve.points.insert(std::upper_bound(curve.points.begin(), curve.points.end(), point, before), std::move(point));
        curve.complete = i + 1 == planned.size();
        if (onPoint)
            onPoint(curve);
    }
    return curve;
}

void reprice(RetrievalTradeoff &curve, const LivePrices &prices)
{
    curve.prices = prices;
    for (RetrievalTradeoffPoint &point : curve.points)
        price(point, prices);
}

std::string retrievalTradeoffCsv(const RetrievalTradeoff &curve, const std::vector<std::int64_t> &ranks)
{
    std::string text = "method,mark,threshold,kept,kept_share,mac_per_element,flop_per_element,protocol,queries,map";
    for (const std::int64_t rank : ranks)
        text += ",cmc_" + std::to_string(rank);
    text += '\n';
    const bool priced = curve.prices.base.mac > 0;
    for (const RetrievalTradeoffPoint &point : curve.points)
        for (const LiveRetrievalFigures &figures : point.result.figures) {
            text += csvText(point.mark == TradeoffMark::None ? curve.title : point.title) + ',' + name(point.mark) + ','
                + (std::isnan(point.threshold) ? std::string() : csvNumber(point.threshold)) + ',' + std::to_string(point.result.kept) + ','
                + csvNumber(point.result.keptShare) + ',' + (priced ? csvNumber(point.cost.macPerFace) : std::string()) + ','
                + (priced ? csvNumber(point.cost.flopPerFace) : std::string()) + ',' + name(figures.protocol) + ',' + std::to_string(figures.queries) + ','
                + csvNumber(figures.map);
            for (std::size_t i = 0; i < ranks.size(); ++i)
                text += ',' + (i < figures.cmc.size() ? csvNumber(figures.cmc[i]) : std::string());
            text += '\n';
        }
    return text;
}

} // namespace dscope
