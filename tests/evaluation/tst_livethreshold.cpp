#include "tests/support/madetemplates.h"
#include "tests/support/support.h"

#include "core/base/error.h"
#include "core/base/random.h"
#include "core/evaluation/livethreshold.h"
#include "core/evaluation/represent.h"
#include "core/metrics/verification.h"

#include <QElapsedTimer>

#include <cmath>
#include <limits>
#include <numeric>
#include <thread>

using namespace dscope;
using namespace dscope::test;

namespace {

constexpr double s_infinity = std::numeric_limits<double>::infinity();

std::unique_ptr<LiveThreshold> liveOn(const MadeTemplates &made, const LiveOptions &options = {})
{
    Task task;
    return std::make_unique<LiveThreshold>(std::make_shared<const TemplateFeatures>(made.set), std::make_shared<const TemplatePairs>(made.pairs), options,
                                           task);
}

Method ddl(double t)
{
    Method method;
    method.options.threshold = t;
    return method;
}

bool same(const FarPoint &a, const FarPoint &b)
{
    return a.target == b.target && a.rule == b.rule && a.tar == b.tar && a.realisedFar == b.realisedFar && a.threshold == b.threshold
        && a.impostorsAccepted == b.impostorsAccepted && a.genuineAccepted == b.genuineAccepted && a.impostors == b.impostors && a.genuines == b.genuines;
}

bool same(const LiveEstimate &a, const LiveEstimate &b)
{
    bool equal = a.kept == b.kept && a.fallbacks == b.fallbacks && a.points.size() == b.points.size();
    for (std::size_t i = 0; equal && i < a.points.size(); ++i)
        equal = a.points[i].tar == b.points[i].tar && a.points[i].low == b.points[i].low && a.points[i].high == b.points[i].high
            && a.points[i].score == b.points[i].score && a.points[i].realisedFar == b.points[i].realisedFar && a.points[i].resolved == b.points[i].resolved;
    return equal;
}

} // namespace

class TestLiveThreshold : public QObject {
    Q_OBJECT

private Q_SLOTS:
    /// Every score, TAR and count against the obvious way: aggregate() for each template, a dot product a pair, the full ROC.
    void exactEqualsTheObviousWay_data()
    {
        QTest::addColumn<int>("method");
        QTest::addColumn<bool>("whole");
        QTest::addColumn<bool>("normalise");
        QTest::newRow("ddl") << int(Aggregator::Ddl) << false << false;
        QTest::newRow("ddl over the whole") << int(Aggregator::Ddl) << true << false;
        QTest::newRow("ddl, unit features") << int(Aggregator::Ddl) << false << true;
        QTest::newRow("ddl-no-rescale") << int(Aggregator::DdlNoRescale) << false << false;
        QTest::newRow("average") << int(Aggregator::Average) << false << false;
        QTest::newRow("top1") << int(Aggregator::Top1) << false << false;
        QTest::newRow("topk") << int(Aggregator::TopK) << false << false;
    }

    void exactEqualsTheObviousWay()
    {
        QFETCH(int, method);
        QFETCH(bool, whole);
        QFETCH(bool, normalise);
        for (std::uint64_t seed = 1; seed <= 4; ++seed) {
            MadeTemplatesOptions of;
            of.seed = seed;
            of.dim = seed % 2 == 0 ? 16 : 19;
            const MadeTemplates made = madeTemplates(of);
            Method as;
            as.options.method = static_cast<Aggregator>(method);
            as.options.rescaleOverWhole = whole;
            as.options.normaliseFeatures = normalise;
            as.options.k = 3;
            LiveOptions options;
            options.rule = linearRule(as);
            const auto live = liveOn(made, options);
            Task task;
            for (const double t : {-1.0, 0.0, 0.15, 0.25, 0.5, 0.75, 0.93, 1.0, 7.0}) {
                as.options.threshold = t;
                const std::vector<float> slow = represent(made.set, as, task);
                const std::vector<float> fast = live->units(t, task);
                QCOMPARE(fast.size(), slow.size());
                for (std::size_t i = 0; i < slow.size(); ++i)
                    QVERIFY2(std::abs(fast[i] - slow[i]) < 2e-7F, qPrintable(QStringLiteral("%1: %2, %3").arg(t).arg(fast[i]).arg(slow[i])));

                const LiveExact exact = live->exact(t, task);
                const std::vector<float> scores = scorePairs(made.set, fast, made.pairs, task);
                const Roc roc = fullRoc(scores, made.pairs.genuine);
                const std::vector<double> &fars = live->options().fars;
                const std::vector<FarPoint> strict = tarAtFar(roc, fars, FarRule::Strict);
                const std::vector<FarPoint> nearest = tarAtFar(roc, fars, FarRule::InsightFace);
                for (std::size_t i = 0; i < fars.size(); ++i) {
                    QVERIFY(same(exact.strict[i], strict[i]));
                    QVERIFY(same(exact.insightface[i], nearest[i]));
                }
                const Eer eer = equalErrorRate(roc);
                QCOMPARE(exact.eer.value, eer.value);
                QCOMPARE(exact.eer.threshold, eer.threshold);
                // Nothing was left out of the sample here: the estimate is exact.
                const LiveEstimate estimate = live->estimate(t);
                for (std::size_t i = 0; i < fars.size(); ++i) {
                    QCOMPARE(estimate.points[i].tar, strict[i].tar);
                    QCOMPARE(estimate.points[i].low, strict[i].tar);
                    QCOMPARE(estimate.points[i].high, strict[i].tar);
                    QCOMPARE(estimate.points[i].realisedFar, strict[i].realisedFar);
                    QVERIFY(estimate.points[i].resolved);
                }
                std::int64_t kept = 0;
                std::int64_t fallbacks = 0;
                for (std::int64_t i = 0; i < made.set.templates(); ++i) {
                    if (made.set.size(i) == 0)
                        continue;
                    const Aggregate one = aggregate(made.set.featuresOf(i), made.set.dim, made.set.dScoresOf(i), as.options);
                    kept += std::ssize(one.kept);
                    fallbacks += one.fallback ? 1 : 0;
                }
                QCOMPARE(exact.kept, kept);
                QCOMPARE(exact.fallbacks, fallbacks);
                QCOMPARE(estimate.kept, kept);
                QCOMPARE(live->keptCount(t), kept);
            }
        }
    }

    void weightsAreThoseOfAggregate()
    {
        const MadeTemplates made = madeTemplates({});
        const auto live = liveOn(made);
        std::vector<std::int64_t> faces;
        std::vector<double> weights;
        for (std::int64_t t = 0; t < made.set.templates(); ++t)
            for (const double threshold : {0.0, 0.3, 0.9, 2.0}) {
                live->weightsAt(t, threshold, faces, weights);
                if (made.set.size(t) == 0) {
                    QVERIFY(faces.empty());
                    continue;
                }
                const Aggregate slow = aggregate(made.set.featuresOf(t), made.set.dim, made.set.dScoresOf(t), ddl(threshold).options);
                QCOMPARE(faces.size(), slow.kept.size());
                for (std::size_t i = 0; i < faces.size(); ++i) {
                    const auto place = std::find(slow.kept.begin(), slow.kept.end(), faces[i]) - slow.kept.begin();
                    QVERIFY(place < std::ssize(slow.kept));
                    QVERIFY(std::abs(weights[i] - slow.weights[static_cast<std::size_t>(place)]) < 1e-12);
                }
            }
    }

    void theWayDoesNotMatter()
    {
        MadeTemplatesOptions of;
        of.templates = 300;
        const MadeTemplates made = madeTemplates(of);
        LiveOptions options;
        options.hardest = 500;
        options.sample = 2000;
        const auto dragged = liveOn(made, options);
        Random random(3);
        for (int move = 0; move < 40; ++move) {
            const double t = random.uniform(-0.1, 1.1);
            const LiveEstimate here = dragged->estimate(t);
            if (move % 8 == 7)
                QVERIFY(same(here, liveOn(made, options)->estimate(t)));
        }
        QCOMPARE(dragged->estimate(-s_infinity).keptShare, 1.0);
        QVERIFY(dragged->estimate(s_infinity).fallbacks > 0);
        const LiveEstimate still = dragged->estimate(s_infinity);
        QCOMPARE(still.redone, std::int64_t{0});
        QCOMPARE(still.scored, std::int64_t{0});
    }
};

DSCOPE_TEST(TestLiveThreshold)
#include "tst_livethreshold.moc"
