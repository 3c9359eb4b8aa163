// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/support.h"

#include "core/aggregation/represent.h"
#include "core/base/error.h"
#include "core/base/random.h"
#include "core/threshold/scoreroc.h"
#include "core/threshold/sortedscores.h"

#include <algorithm>
#include <cmath>
#include <set>

using namespace dscope;

namespace {

struct Scores {
    std::vector<float> genuine;
    std::vector<float> impostor;
};

Scores drawn(std::uint64_t seed, std::size_t genuines, std::size_t impostors, int steps)
{
    Random random(seed);
    const auto rounded = [steps](double value) {
        return static_cast<float>(steps == 0 ? value : std::round(value * steps) / steps); // -0.0 among them
    };
    Scores scores;
    for (std::size_t i = 0; i < genuines; ++i)
        scores.genuine.push_back(random.chance(0.02) ? notEnrolled : rounded(0.5 + 0.25 * random.normal()));
    for (std::size_t i = 0; i < impostors; ++i)
        scores.impostor.push_back(random.chance(0.02) ? notEnrolled : rounded(0.2 * random.normal()));
    return scores;
}

} // namespace

class TestScoreRoc : public QObject {
    Q_OBJECT

private Q_SLOTS:
    /// Every answer against the ROC that is written down, to the last count, ties and all.
    void equalsTheFullRoc_data()
    {
        QTest::addColumn<int>("genuines");
        QTest::addColumn<int>("impostors");
        QTest::addColumn<int>("steps");
        for (const int steps : {0, 2, 7, 50, 1000})
            for (const auto &[genuines, impostors] :
                 {std::pair{1, 1}, std::pair{1, 40}, std::pair{40, 1}, std::pair{7, 9}, std::pair{60, 900}, std::pair{900, 60}})
                QTest::addRow("%d genuine, %d impostor, %d steps", genuines, impostors, steps) << genuines << impostors << steps;
    }

    void equalsTheFullRoc()
    {
        QFETCH(int, genuines);
        QFETCH(int, impostors);
        QFETCH(int, steps);
        for (std::uint64_t seed = 1; seed <= 40; ++seed) {
            Scores scores = drawn(seed, static_cast<std::size_t>(genuines), static_cast<std::size_t>(impostors), steps);
            std::vector<float> all = scores.genuine;
            all.insert(all.end(), scores.impostor.begin(), scores.impostor.end());
            std::vector<std::uint8_t> labels(all.size(), 0);
            std::fill_n(labels.begin(), genuines, std::uint8_t{1});
            const Roc full = fullRoc(all, labels);
            Progress progress;
            sortScores(scores.genuine, progress);
            sortScores(scores.impostor, progress);
            const ScoreRoc roc(scores.genuine, scores.impostor);

            std::vector<double> targets{-0.5, 0, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 0.5, 1, 2};
            Random random(seed, 5);
            for (int i = 0; i < 30; ++i)
                targets.push_back(i % 2 == 0 ? random.uniform()
                                             : static_cast<double>(random.below(2 * static_cast<std::uint64_t>(impostors))) / (2.0 * impostors));
            for (const FarRule rule : {FarRule::Strict, FarRule::InsightFace}) {
                const std::vector<FarPoint> expected = dscope::tarAtFar(full, targets, rule);
                const std::vector<FarPoint> found = roc.tarAtFar(targets, rule);
                for (std::size_t i = 0; i < targets.size(); ++i) {
                    const QByteArray where =
                        QStringLiteral("seed %1, %2, target %3").arg(seed).arg(QString::fromStdString(name(rule))).arg(targets[i]).toUtf8();
                    QVERIFY2(found[i].impostorsAccepted == expected[i].impostorsAccepted, where.constData());
                    QVERIFY2(found[i].genuineAccepted == expected[i].genuineAccepted, where.constData());
                    QVERIFY2(found[i].threshold == expected[i].threshold, where.constData());
                    QVERIFY(found[i].tar == expected[i].tar && found[i].realisedFar == expected[i].realisedFar);
                    QVERIFY(found[i].impostors == impostors && found[i].genuines == genuines && found[i].rule == rule && found[i].target == targets[i]);
                }
            }
            const Eer expected = equalErrorRate(full);
            const Eer found = roc.equalErrorRate();
            QVERIFY(found.value == expected.value && found.far == expected.far && found.frr == expected.frr && found.threshold == expected.threshold);

            std::set<std::pair<double, double>> vertices;
            for (const RocVertex &vertex : full.vertices)
                vertices.emplace(full.far(vertex), full.tar(vertex));
            std::vector<double> far;
            std::vector<double> tar;
            roc.thinned(50, far, tar);
            QVERIFY(far.size() <= 50 && far.size() == tar.size());
            QCOMPARE(far.front(), 0.0);
            QCOMPARE(far.back(), 1.0);
            QCOMPARE(tar.back(), 1.0);
            QVERIFY(std::is_sorted(far.begin(), far.end()) && std::is_sorted(tar.begin(), tar.end()));
            for (std::size_t i = 0; i < far.size(); ++i)
                QVERIFY(vertices.contains({far[i], tar[i]}));
        }
    }

    void byHand()
    {
        const std::vector<float> genuine{0.9F, 0.5F, 0.5F, 0.1F};
        const std::vector<float> impostor{0.6F, 0.5F, 0.3F, 0.2F, notEnrolled};
        const ScoreRoc roc(genuine, impostor);
        // 0.9: (0, 1); 0.6: (1, 1); 0.5: (2, 3); 0.3: (3, 3) ...
        FarPoint at = roc.tarAtFar(0.2, FarRule::Strict);
        QCOMPARE(at.impostorsAccepted, std::int64_t{1});
        QCOMPARE(at.genuineAccepted, std::int64_t{1});
        QCOMPARE(at.threshold, static_cast<double>(0.6F));
        at = roc.tarAtFar(0.39, FarRule::Strict);
        QCOMPARE(at.genuineAccepted, std::int64_t{1});
        at = roc.tarAtFar(0.39, FarRule::InsightFace); // 0.4 is closer
        QCOMPARE(at.impostorsAccepted, std::int64_t{2});
        QCOMPARE(at.genuineAccepted, std::int64_t{3});
        // |FAR - FRR|: 0.75 at (0, 1), 0.55 at (1, 1), 0.15 at (2, 3), 0.35 after.
        QCOMPARE(roc.equalErrorRate().far, 0.4);
        QCOMPARE(roc.equalErrorRate().frr, 0.25);
        // A pair that could not be compared is in no bin.
        const std::vector<double> shares = histogramOf(impostor, 20);
        QCOMPARE(shares[12], 0.2); // 0.2 to 0.3
        double sum = 0;
        for (const double share : shares)
            sum += share;
        QVERIFY(std::abs(sum - 0.8) < 1e-12);
    }

    void histogramCounts()
    {
        Random random(8);
        std::vector<float> scores;
        for (int i = 0; i < 5000; ++i)
            scores.push_back(i % 50 == 0 ? notEnrolled : static_cast<float>(std::clamp(0.4 * random.normal(), -1.0000001, 1.0000001)));
        std::vector<double> counts(200, 0);
        for (const float score : scores)
            if (score > -1.5F) {
                int bin = 0;
                while (bin < 199 && static_cast<double>(score) >= -1.0 + 2.0 * (bin + 1) / 200)
                    ++bin;
                counts[static_cast<std::size_t>(bin)] += 1.0 / 5000;
            }
        Progress progress;
        sortScores(scores, progress);
        const std::vector<double> shares = histogramOf(scores, 200);
        for (std::size_t bin = 0; bin < shares.size(); ++bin)
            QVERIFY(std::abs(shares[bin] - counts[bin]) < 1e-9);
        QVERIFY_EXCEPTION_THROWN(ScoreRoc(scores, {}), Error);
    }
};

DSCOPE_TEST(TestScoreRoc)
#include "tst_scoreroc.moc"
