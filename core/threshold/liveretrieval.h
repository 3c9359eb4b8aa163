// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/progress.h"
#include "core/metrics/rankedretrieval.h"
#include "core/sets/templates.h"
#include "core/threshold/livethreshold.h"
#include "core/threshold/tradeoff.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace dscope {

class TemplatePrefixes;

/// What a retrieval gives by one protocol, without intervals.
struct LiveRetrievalFigures {
    RetrievalProtocol protocol = RetrievalProtocol::Official;
    double map = 0;
    std::vector<double> cmc; ///< at LiveRetrievalOptions::ranks
    std::int64_t queries = 0;
};

/// A rule at one threshold.
struct LiveRetrievalPoint : KeptFigures {
    double threshold = 0;
    std::vector<LiveRetrievalFigures> figures; ///< one per protocol that counts a query
    double seconds = 0;

    /// Nothing where the protocol counts no query.
    const LiveRetrievalFigures *by(RetrievalProtocol protocol) const;
};

struct LiveRetrievalOptions {
    RetrievalDistance distance = RetrievalDistance::SquaredL2;
    std::vector<RetrievalProtocol> protocols{RetrievalProtocol::Official, RetrievalProtocol::VideoReid};
    std::vector<std::int64_t> ranks{1, 5, 10, 20};
};

/// The live threshold of a retrieval: whatever the threshold, every tracklet's vector follows from prefix sums (TemplatePrefixes), and all queries are ranked
/// anew (rankQueries()). The figures equal those of evaluateRetrieval() but for the rounding of the sums.
class LiveRetrieval {
public:
    /// Arranges the set, which is kept, not copied. @param queries, gallery places in it @throws Error when the set has no cameras or a place is not there;
    /// Cancelled
    LiveRetrieval(std::shared_ptr<const TemplateFeatures> set, std::span<const std::uint32_t> queries, std::span<const std::uint32_t> gallery,
                  const LiveRetrievalOptions &options, Progress &progress);
    ~LiveRetrieval();
    LiveRetrieval(const LiveRetrieval &) = delete;
    LiveRetrieval &operator=(const LiveRetrieval &) = delete;

    const LiveRetrievalOptions &options() const { return m_options; }
    const TemplatePrefixes &prefixes() const { return *m_prefixes; }
    /// Represents and ranks anew. May be called from several threads. @throws Error when no protocol counts a query, or the rule normalises features first;
    /// Cancelled
    LiveRetrievalPoint at(const LinearRule &rule, double t, Progress &progress) const;

private:
    LiveRetrievalOptions m_options;
    std::unique_ptr<const TemplatePrefixes> m_prefixes;
    std::vector<std::uint32_t> m_queries;
    std::vector<std::uint32_t> m_gallery;
    std::vector<std::int64_t> m_pids;    ///< [T]
    std::vector<std::int64_t> m_cameras; ///< [T]
    std::vector<std::uint8_t> m_enrolled;
};

/// A point of the trade-off of a retrieval.
struct RetrievalTradeoffPoint {
    TradeoffMark mark = TradeoffMark::None; ///< None: of the curve
    std::string title;                      ///< of a mark
    double threshold = 0;                   ///< -infinity: all kept, infinity: the best of each tracklet. NaN where t plays no part
    LiveRetrievalPoint result;
    bool ddnet = true; ///< false: nothing needs DDNet (average), so only the base costs
    LiveCost cost;     ///< an element
};

/// The curve of one rule as far as it has got.
struct RetrievalTradeoff {
    std::string title;
    std::vector<RetrievalTradeoffPoint> points; ///< of the curve by kept share ascending, marked ones last
    LivePrices prices;
    bool complete = false;
};

struct RetrievalTradeoffOptions {
    LinearRule rule = linearRule({});
    int points = 17; ///< thresholds at even kept shares, from one element a tracklet to all, at most
    LivePrices prices;
};
/// mAP and CMC against what they cost over the thresholds of a rule (one point for a rule that no threshold moves), with top-1, average and DDL at t = 0.15 as
/// marks. Marks come first, then the curve's ends, its middle, quarters and so on.
/// @param onPoint called after each point with the curve so far; may be empty @throws Cancelled and what LiveRetrieval::at() throws
RetrievalTradeoff retrievalTradeoff(const LiveRetrieval &live, const RetrievalTradeoffOptions &options,
                                    const std::function<void(const RetrievalTradeoff &)> &onPoint, Progress &progress);
/// The same points with other prices.
void reprice(RetrievalTradeoff &curve, const LivePrices &prices);
/// One row a point and protocol: title, mark, threshold (as in tradeoffCsv()), kept elements and their share, MAC and FLOP per element, protocol, queries, mAP,
/// and CMC at each of `ranks`.
std::string retrievalTradeoffCsv(const RetrievalTradeoff &curve, const std::vector<std::int64_t> &ranks);

} // namespace dscope
