// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/threshold/liveclasses.h"

#include "core/aggregation/represent.h"
#include "core/base/csv.h"
#include "core/base/error.h"
#include "core/base/grow.h"
#include "core/metrics/classification.h"
#include "core/metrics/statistics.h"
#include "core/threshold/templateprefixes.h"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

namespace dscope {

namespace {

/// Counts what is predicted of videos whose class is known.
class Count {
public:
    void add(const Prediction &one)
    {
        if (one.label < 0)
            return;
        ++m_videos;
        m_first += one.rank == 1 ? 1 : 0;
        m_five += one.rank >= 1 && one.rank <= 5 ? 1 : 0;
    }
    std::int64_t videos() const { return m_videos; }
    double top1() const { return share(m_first); }
    double top5() const { return share(m_five); }

private:
    double share(std::int64_t count) const { return m_videos > 0 ? static_cast<double>(count) / static_cast<double>(m_videos) : 0; }

    std::int64_t m_videos = 0;
    std::int64_t m_first = 0;
    std::int64_t m_five = 0;
};

/// A way to choose K clips.
struct WayToChoose {
    const char *title;
    const char *method; ///< its name as methodNamed() reads it, with K for the number
    bool ddnet;
    bool drawn; ///< anew for each seed
};

constexpr std::array s_ways{WayToChoose{"DDL", "ddl:best=K", true, false}, WayToChoose{"best K by D-score, fused alike", "top-k:K", true, false},
                            WayToChoose{"uniform K", "uniform-k:K", false, false}, WayToChoose{"random K", "random-k:K", false, true},
                            WayToChoose{"most motion, fused alike", "top-k:K,quality=motion", false, false}};

Method methodOf(const WayToChoose &way, int k)
{
    std::string name = way.method;
    name.replace(name.find('K'), 1, std::to_string(k));
    return methodNamed(name);
}

/// The K of a curve: those asked for up to the longest video's clips, and these.
std::vector<int> clipCounts(const TemplateFeatures &set, std::vector<int> ks)
{
    std::int64_t longest = 0;
    for (std::int64_t t = 0; t < set.templates(); ++t)
        longest = std::max(longest, set.size(t));
    std::sort(ks.begin(), ks.end());
    ks.erase(std::unique(ks.begin(), ks.end()), ks.end());
    if (ks.empty() || ks.front() < 1)
        throw Error("A curve over K needs numbers of clips above 0.");
    const bool cut = ks.back() > longest;
    ks.erase(std::remove_if(ks.begin(), ks.end(), [&](int k) { return k > longest; }), ks.end());
    if (longest > 0 && cut && (ks.empty() || ks.back() < longest))
        ks.push_back(static_cast<int>(longest));
    return ks;
}

ClipCurve::Point pointOf(const TemplateFeatures &set, const WayToChoose &way, int k, const ClipCurveOptions &options, Progress &progress)
{
    ClipCurve::Point point;
    point.k = k;
    Method method = methodOf(way, k);
    std::vector<double> top1;
    std::int64_t kept = 0;
    const int draws = way.drawn ? std::max(1, options.seeds) : 1;
    std::vector<float> row;
    for (int draw = 0; draw < draws; ++draw, ++method.seed) {
        Count count;
        for (std::int64_t t = 0; t < set.templates(); ++t) {
            if (t % 64 == 0)
                progress.throwIfCancelled();
            const std::int32_t label = set.subjects[static_cast<std::size_t>(t)];
            row.clear();
            if (set.size(t) > 0) {
                const Aggregate fused = aggregateTemplate(set, t, method);
                row.assign(fused.feature.begin(), fused.feature.end());
                kept += static_cast<std::int64_t>(fused.kept.size());
            }
            count.add(predicted(row, label));
        }
        top1.push_back(count.top1());
        point.top5 += count.top5() / draws;
    }
    for (const double one : top1)
        point.top1 += one / draws;
    point.top1Deviation = draws > 1 ? populationDeviation(top1) : 0;
    const double clips = static_cast<double>(kept) / draws;
    point.keptPerVideo = set.templates() > 0 ? clips / static_cast<double>(set.templates()) : 0;
    LivePrices prices = options.prices;
    if (!way.ddnet)
        prices.ddnet = {};
    point.cost = costOf(prices, set.faces() > 0 ? clips / static_cast<double>(set.faces()) : 0);
    return point;
}

} // namespace

LiveClasses::LiveClasses(std::shared_ptr<const TemplateFeatures> set, Progress &progress)
{
    set->check();
    if (set->dim < 1 || set->subjects.size() != static_cast<std::size_t>(set->templates()))
        throw Error("A classification needs class scores, and the class of every video.");
    if (std::none_of(set->subjects.begin(), set->subjects.end(), [](std::int32_t label) { return label >= 0; }))
        throw Error("No video has a known class, so that there is nothing to count.");
    progress.stage("Arranging " + std::to_string(set->templates()) + " videos");
    m_prefixes = std::make_unique<const TemplatePrefixes>(std::move(set), false, progress);
}

LiveClasses::~LiveClasses() = default;

LiveClassesPoint LiveClasses::at(const LinearRule &rule, const Selection &keep, Progress &progress, std::vector<std::int32_t> *predictions) const
{
    if (rule.normaliseFeatures)
        throw Error("The live threshold of a classification works on class scores as they are.");
    const TemplateFeatures &set = m_prefixes->set();
    const auto templates = static_cast<std::size_t>(set.templates());
    const auto width = static_cast<std::size_t>(set.dim);
    LiveClassesPoint point;
    std::vector<std::uint32_t> counts(templates);
    static_cast<KeptFigures &>(point) = m_prefixes->keptCounts(keep, counts);
    std::vector<float> rows;
    growTo(rows, templates * width, progress);
    m_prefixes->means(counts, rule, rows, progress);
    if (predictions != nullptr)
        predictions->assign(templates, -1);
    Count count;
    for (std::size_t t = 0; t < templates; ++t) {
        const bool empty = set.size(static_cast<std::int64_t>(t)) == 0;
        const Prediction one = predicted(empty ? std::span<const float>() : std::span<const float>(rows).subspan(t * width, width), set.subjects[t]);
        if (predictions != nullptr)
            (*predictions)[t] = one.top;
        count.add(one);
    }
    point.top1 = count.top1();
    point.top5 = count.top5();
    point.videos = count.videos();
    return point;
}

std::vector<ClipCurve> clipCurves(const TemplateFeatures &set, const ClipCurveOptions &options,
                                  const std::function<void(const std::vector<ClipCurve> &)> &onCurve, Progress &progress)
{
    const std::vector<int> ks = clipCounts(set, options.ks);
    std::vector<ClipCurve> curves;
    std::int64_t done = 0;
    const auto total = static_cast<std::int64_t>(s_ways.size() * ks.size());
    for (const WayToChoose &way : s_ways) {
        if (std::string_view(way.method).find("motion") != std::string_view::npos && !set.quality.contains("motion")) {
            done += static_cast<std::int64_t>(ks.size());
            continue;
        }
        ClipCurve curve;
        curve.title = way.title;
        curve.ddnet = way.ddnet;
        for (const int k : ks) {
            progress.checkpoint(done++, total);
            curve.points.push_back(pointOf(set, way, k, options, progress));
        }
        curves.push_back(std::move(curve));
        if (onCurve)
            onCurve(curves);
    }
    progress.checkpoint(total, total);
    return curves;
}

std::string clipCurvesCsv(const std::vector<ClipCurve> &curves, double clipsPerVideo)
{
    const auto costText = [clipsPerVideo](double cost) { return cost > 0 ? csvNumber(clipsPerVideo * cost) : std::string(); };
    std::string text = "method,k,kept_per_video,top1,top1_deviation,top5,mean,mac_per_video,flop_per_video\r\n";
    for (const ClipCurve &curve : curves)
        for (const ClipCurve::Point &point : curve.points)
            text += csvText(curve.title) + ',' + std::to_string(point.k) + ',' + csvNumber(point.keptPerVideo) + ',' + csvNumber(point.top1) + ','
                + csvNumber(point.top1Deviation) + ',' + csvNumber(point.top5) + ',' + csvNumber((point.top1 + point.top5) / 2) + ','
                + costText(point.cost.macPerFace) + ',' + costText(point.cost.flopPerFace) + "\r\n";
    return text;
}

} // namespace dscope
