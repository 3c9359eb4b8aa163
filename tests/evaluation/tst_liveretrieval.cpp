// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/evaluation/galleryranking.h"
#include "core/threshold/liveretrieval.h"
#include "core/threshold/templateprefixes.h"
#include "tests/support/maderetrieval.h"
#include "tests/support/support.h"

#include <QtTest/QtTest>

#include <cmath>
#include <limits>

using namespace dscope;
using namespace dscope::test;

namespace {
constexpr double infinity = std::numeric_limits<double>::infinity();

struct Arranged {
    MadeRetrieval made = madeRetrieval();
    std::shared_ptr<const TemplateFeatures> set = std::make_shared<const TemplateFeatures>(made.set);
    Progress progress;
    LiveRetrieval live{set, made.queries, made.gallery, {}, progress};
};
} // namespace

class TestLiveRetrieval : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void agreesWithRows_data()
    {
        QTest::addColumn<QString>("method");
        QTest::addColumn<double>("threshold");
        for (const QString &method : {QStringLiteral("ddl"), QStringLiteral("ddl:whole"), QStringLiteral("ddl-no-rescale"), QStringLiteral("ddl+")})
            for (const double t : {-1.0, 0.15, 0.5, 0.97})
                QTest::newRow(qPrintable(QStringLiteral("%1 at %2").arg(method).arg(t))) << method << t;
    }
    /// By prefix sums as element by element.
    void agreesWithRows()
    {
        QFETCH(QString, method);
        QFETCH(double, threshold);
        Arranged of;
        Method whole = methodNamed(method.toStdString());
        whole.options.keep.threshold = threshold;
        const LiveRetrievalPoint point = of.live.at(linearRule(whole), threshold, of.progress);
        std::int64_t kept = 0;
        std::int64_t fallbacks = 0;
        for (std::int64_t t = 0; t < of.set->templates(); ++t) {
            std::int64_t above = 0;
            for (const float d : of.set->dScoresOf(t))
                above += static_cast<double>(d) > threshold ? 1 : 0;
            kept += std::max<std::int64_t>(1, above);
            fallbacks += above == 0 ? 1 : 0;
        }
        QCOMPARE(point.kept, kept);
        QCOMPARE(point.fallbacks, fallbacks);
        QCOMPARE(point.keptShare, static_cast<double>(kept) / static_cast<double>(of.set->faces()));
        const GalleryRanking rows(of.set, of.made.queries, of.made.gallery, whole, RetrievalDistance::SquaredL2, of.progress);
        QCOMPARE(point.figures.size(), std::size_t{2});
        for (const LiveRetrievalFigures &figures : point.figures) {
            const RankedQueries ranked = rows.outcomes(figures.protocol, of.progress);
            const Retrieval expected = summarise(ranked.outcomes, figures.protocol, 20);
            QCOMPARE(figures.queries, expected.queries);
            QVERIFY(std::abs(figures.map - expected.map) < 1e-9);
            const std::vector<std::size_t> at{0, 4, 9, 19};
            for (std::size_t i = 0; i < at.size(); ++i)
                QCOMPARE(figures.cmc[i], expected.cmc[at[i]]);
            QVERIFY(point.by(figures.protocol) == &figures);
        }
    }

    /// A mean of weights that do not sum to 1: (0.2 x 1 + 0.6 x 3) / 0.8 = 2.5, not made a unit vector.
    void representationsKeepTheirLength()
    {
        MadeRetrieval made = handRetrieval();
        made.set.features = {1, 3, 2, 1, 0.5F, 0.125F, -1, 3};
        made.set.dScores = {0.2F, 0.6F, 0.5F, 0.5F, 0.5F, 0.5F, 0.5F, 0.5F};
        Progress progress;
        const TemplatePrefixes prefixes(std::make_shared<const TemplateFeatures>(made.set), false, progress);
        const LinearRule rule = linearRule(methodNamed("ddl-no-rescale"));
        std::vector<std::uint32_t> counts(8);
        prefixes.keptCounts(rule.keep.at(0.1), counts);
        std::vector<float> rows(8);
        prefixes.means(counts, rule, rows, progress);
        QVERIFY(std::abs(rows[0] - 2.5F) < 1e-6F);
        QCOMPARE(rows[5], -1.0F);
        QCOMPARE(rows[6], 0.0F); // no element
        prefixes.units(counts, rule, rows, progress);
        QCOMPARE(rows[0], 1.0F);
    }

    void tradeoffFillsIn()
    {
        Arranged of;
        RetrievalTradeoffOptions options;
        options.points = 5;
        options.prices = {"made", {10, 20}, {100, 200}, {}};
        std::vector<std::size_t> sizes;
        const RetrievalTradeoff curve = retrievalTradeoff(
            of.live, options,
            [&](const RetrievalTradeoff &so) {
                sizes.push_back(so.points.size());
                QVERIFY(so.complete == (so.points.size() == 8));
            },
            of.progress);
        QCOMPARE(sizes, (std::vector<std::size_t>{1, 2, 3, 4, 5, 6, 7, 8}));
        QCOMPARE(curve.points.front().threshold, infinity);
        QCOMPARE(curve.points.front().result.kept, of.set->templates()); // none is empty
        QCOMPARE(curve.points[4].threshold, -infinity);
        QCOMPARE(curve.points[4].result.keptShare, 1.0);
        QCOMPARE(curve.points[4].cost.macPerFace, 110.0);
        for (std::size_t i = 1; i < 5; ++i)
            QVERIFY(curve.points[i].result.kept > curve.points[i - 1].result.kept);
        QVERIFY(curve.points[5].mark == TradeoffMark::Top1);
        QVERIFY(curve.points[6].mark == TradeoffMark::Average);
        QCOMPARE(curve.points[6].cost.macPerFace, 100.0); // no DDNet
        QVERIFY(curve.points[7].mark == TradeoffMark::PaperT);
        RetrievalTradeoff dearer = curve;
        reprice(dearer, {"other", {10, 20}, {1000, 2000}, {}});
        QCOMPARE(dearer.points[4].cost.macPerFace, 1010.0);
        const std::string csv = retrievalTradeoffCsv(curve, of.live.options().ranks);
        QCOMPARE(std::count(csv.begin(), csv.end(), '\n'), std::ptrdiff_t{17}); // a head, eight points by two protocols
        QVERIFY(csv.starts_with("method,mark,threshold,kept,kept_share,mac_per_element,flop_per_element,protocol,queries,map,cmc_1,cmc_5,cmc_10,cmc_20\n"));
    }

    /// A rule that no threshold moves has one point, and DDNet's cost only where DDNet is asked.
    void ruleWithoutThreshold()
    {
        Arranged of;
        for (const auto &[word, mac] : {std::pair("average", 100.0), std::pair("top-k:1", -1.0)}) {
            RetrievalTradeoffOptions options;
            options.rule = linearRule(methodNamed(word));
            options.prices = {"made", {10, 20}, {100, 200}, {}};
            const RetrievalTradeoff curve = retrievalTradeoff(of.live, options, {}, of.progress);
            QCOMPARE(curve.points.size(), std::size_t{4}); // and three marks
            QVERIFY(std::isnan(curve.points[0].threshold));
            QCOMPARE(curve.points[0].cost.macPerFace, mac > 0 ? mac : 10 + 100 * curve.points[0].result.keptShare);
        }
    }

    /// Where one camera has seen everybody, no query has a match: video-reid counts none and has no figures, and the other protocol stands.
    void aProtocolThatCountsNobody()
    {
        MadeRetrieval made = madeRetrieval();
        made.set.cameras.assign(made.set.cameras.size(), 1);
        Progress progress;
        const LiveRetrieval live(std::make_shared<const TemplateFeatures>(made.set), made.queries, made.gallery, {}, progress);
        const LiveRetrievalPoint point = live.at(linearRule({}), 0.15, progress);
        QVERIFY(point.by(RetrievalProtocol::VideoReid) == nullptr);
        QVERIFY(point.by(RetrievalProtocol::Official) != nullptr);
    }

    void cancels()
    {
        Arranged of;
        of.progress.cancel();
        QVERIFY_EXCEPTION_THROWN(of.live.at(linearRule({}), 0.15, of.progress), Cancelled);
        QVERIFY_EXCEPTION_THROWN(retrievalTradeoff(of.live, {}, {}, of.progress), Cancelled);
    }

    void refuses()
    {
        Progress progress;
        MadeRetrieval made = handRetrieval();
        made.gallery.push_back(99);
        QVERIFY_EXCEPTION_THROWN(LiveRetrieval(std::make_shared<const TemplateFeatures>(made.set), made.queries, made.gallery, {}, progress), Error);
        made = handRetrieval();
        made.set.cameras.clear();
        QVERIFY_EXCEPTION_THROWN(LiveRetrieval(std::make_shared<const TemplateFeatures>(made.set), made.queries, made.gallery, {}, progress), Error);
    }
};

DSCOPE_TEST(TestLiveRetrieval)
#include "tst_liveretrieval.moc"
