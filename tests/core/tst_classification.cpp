// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/says.h"
#include "tests/support/support.h"

#include "core/base/random.h"
#include "core/metrics/classification.h"

#include <cmath>
#include <map>
#include <numeric>

using namespace dscope;

namespace {

/// Seven classes; class 5 has no group.
constexpr std::int64_t s_classes = 7;

std::vector<Prediction> byHand()
{
    // label, top, rank
    return {{0, 0, 1}, {0, 0, 1}, {0, 1, 2}, {1, 1, 1}, {1, 0, 6}, {2, -1, 0}, {-1, 3, 0}, {3, 4, 5}};
}

ClassificationFigures figures(std::vector<Prediction> predictions, int resamples = 0, std::int64_t draws = 1, std::uint64_t seed = 1)
{
    Progress progress;
    return classificationFigures(std::move(predictions), s_classes, {resamples, seed}, progress, draws);
}

std::vector<Prediction> drawn(std::uint64_t seed, std::size_t count)
{
    Random random(seed, 3);
    std::vector<Prediction> all;
    for (std::size_t i = 0; i < count; ++i) {
        std::vector<float> scores;
        for (std::int64_t c = 0; c < s_classes; ++c)
            scores.push_back(static_cast<float>(random.below(4)) / 4); // many are equal
        Random labels(99, i);                                          // the same of every seed
        all.push_back(predicted(random.chance(0.1) ? std::span<const float>() : std::span<const float>(scores),
                                static_cast<std::int32_t>(labels.below(s_classes + 1)) - 1));
    }
    return all;
}

} // namespace

/// Top-1, top-5, per-class accuracy and confusion.
class TestClassification : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void ranks()
    {
        const std::vector<float> scores{0.1F, 0.4F, 0.4F, 0.05F, 0.05F};
        QCOMPARE(predicted(scores, 1), (Prediction{1, 1, 1}));
        QCOMPARE(predicted(scores, 2), (Prediction{2, 1, 2})); // equal to the first, which is earlier
        QCOMPARE(predicted(scores, 0), (Prediction{0, 1, 3}));
        QCOMPARE(predicted(scores, 3), (Prediction{3, 1, 4}));
        QCOMPARE(predicted(scores, 4), (Prediction{4, 1, 5}));
        QCOMPARE(predicted(scores, -1), (Prediction{-1, 1, 0}));
        QCOMPARE(predicted({}, 3), (Prediction{3, -1, 0}));
        VERIFY_SAYS(test::refusal([&] { predicted(scores, 5); }), "scores of 5 classes");
        VERIFY_SAYS(test::refusal([&] { predicted(std::vector<float>{0, NAN}, 0); }), "finite");
    }

    /// The first place is the class of the largest score, whatever the ties: the matrix's diagonal is what top-1 counts.
    void ranksAgreeWithTheTop()
    {
        for (const Prediction &one : drawn(5, 500)) {
            QCOMPARE(one.rank == 1, one.label >= 0 && one.top == one.label);
            QVERIFY(one.rank >= 0 && one.rank <= s_classes);
        }
    }

    void figuresByHand()
    {
        const ClassificationFigures all = figures(byHand());
        QCOMPARE(all.groups, std::int64_t{7});
        QCOMPARE(all.top1, 3.0 / 7);
        QCOMPARE(all.top5, 5.0 / 7);
        QCOMPARE(all.mean(), 4.0 / 7);
        QCOMPARE(all.meanClass, (2.0 / 3 + 1.0 / 2 + 0 + 0) / 4);
        QCOMPARE(all.perClass.size(), std::size_t{7});
        QCOMPARE(all.perClass[0], 2.0 / 3);
        QCOMPARE(all.perClass[2], 0.0);
        QVERIFY(std::isnan(all.perClass[5]) && std::isnan(all.perClass[4]));
        QCOMPARE(all.confused(0, 0), std::int64_t{2});
        QCOMPARE(all.confused(0, 1), std::int64_t{1});
        QCOMPARE(all.confused(2, s_classes), std::int64_t{1}); // nothing was predicted
        QCOMPARE(all.confused(3, 4), std::int64_t{1});
        QCOMPARE(std::accumulate(all.confusion.begin(), all.confusion.end(), std::int64_t{0}), std::int64_t{7});
        QCOMPARE(all.predictions, byHand());
        QCOMPARE(all.top1Interval.resamples, std::int64_t{0});
    }

    /// Another way to the same numbers: per group, with nothing shared.
    void agreesWithAPlainCount()
    {
        const std::vector<Prediction> all = drawn(7, 400);
        double first = 0;
        double five = 0;
        double count = 0;
        std::map<int, std::pair<double, double>> classes;
        std::map<std::pair<int, int>, std::int64_t> cells;
        for (const Prediction &one : all) {
            if (one.label < 0)
                continue;
            ++count;
            first += one.top == one.label ? 1 : 0;
            five += one.rank > 0 && one.rank < 6 ? 1 : 0;
            classes[one.label].first += one.top == one.label ? 1 : 0;
            ++classes[one.label].second;
            ++cells[{one.label, one.top < 0 ? 7 : one.top}];
        }
        double sum = 0;
        for (const auto &[label, parts] : classes)
            sum += parts.first / parts.second;
        const ClassificationFigures made = figures(all);
        QCOMPARE(made.top1, first / count);
        QCOMPARE(made.top5, five / count);
        QCOMPARE(made.meanClass, sum / static_cast<double>(classes.size()));
        for (std::int64_t label = 0; label < s_classes; ++label)
            for (std::int64_t top = 0; top <= s_classes; ++top)
                QCOMPARE(made.confused(label, top), (cells[{static_cast<int>(label), static_cast<int>(top)}]));
    }

    void intervals()
    {
        const ClassificationFigures made = figures(drawn(7, 400), 500);
        QCOMPARE(made.top1Interval.resamples, std::int64_t{500});
        QVERIFY(made.top1Interval.low < made.top1 && made.top1 < made.top1Interval.high);
        QVERIFY(made.meanInterval.low < made.mean() && made.mean() < made.meanInterval.high);
        QVERIFY(made.meanClassInterval.low < made.meanClass && made.meanClass < made.meanClassInterval.high);
        // About the normal one of a share.
        const double error = std::sqrt(made.top1 * (1 - made.top1) / static_cast<double>(made.groups));
        QVERIFY(std::abs((made.top1Interval.high - made.top1Interval.low) / (2 * 1.96 * error) - 1) < 0.15);
        QCOMPARE(figures(drawn(7, 400), 500).top1Interval.low, made.top1Interval.low);
        const ClassificationFigures other = figures(drawn(7, 400), 500, 1, 2);
        QVERIFY(other.meanClassInterval.low != made.meanClassInterval.low);
    }

    /// Draws are shared between methods: of a method and itself nothing is left, of two on the same groups less than of two apart.
    void gainsArePaired()
    {
        Progress progress;
        const ClassificationFigures a = figures(drawn(7, 400));
        std::vector<Prediction> better = drawn(7, 400);
        std::int64_t mended = 0;
        for (Prediction &one : better)
            if (one.label >= 0 && one.rank != 1 && mended < 12) {
                one = {one.label, one.label, 1};
                ++mended;
            }
        const ClassificationFigures b = figures(better);
        const ClassificationGain none = classificationGain(a, a, {200, 1}, progress);
        QCOMPARE(none.top1, 0.0);
        QCOMPARE(none.top1Interval.low, 0.0);
        QCOMPARE(none.top1Interval.high, 0.0);
        const ClassificationGain gain = classificationGain(b, a, {500, 1}, progress);
        QCOMPARE(gain.top1, b.top1 - a.top1);
        QVERIFY(gain.top1Interval.low > 0);
        QVERIFY(gain.top1Interval.high - gain.top1Interval.low < 0.5 * (figures(better, 500).top1Interval.high - figures(better, 500).top1Interval.low));
        VERIFY_SAYS(test::refusal([&] { classificationGain(figures(byHand()), a, {}, progress); }), "same groups");
    }

    void draws()
    {
        std::vector<Prediction> two = byHand();
        two.insert(two.end(), {{0, 0, 1}, {0, 0, 1}, {0, 0, 1}, {1, 1, 1}, {1, 1, 1}, {2, -1, 0}, {-1, 3, 0}, {3, 3, 1}});
        const ClassificationFigures made = figures(two, 100, 2);
        QCOMPARE(made.groups, std::int64_t{7});
        QCOMPARE(made.top1, (3.0 / 7 + 6.0 / 7) / 2);
        QVERIFY(std::abs(made.top1Deviation - (6.0 / 7 - 3.0 / 7) / 2) < 1e-12);
        QVERIFY(std::abs(made.meanDeviation - (6.0 / 7 - 4.0 / 7) / 2) < 1e-12);
        QCOMPARE(made.perClass[0], 5.0 / 6);
        QCOMPARE(made.confused(0, 0), std::int64_t{5});
        QCOMPARE(made.predictions.size(), std::size_t{16});
        QVERIFY(made.top1Interval.resamples > 0);
    }

    void refuses()
    {
        VERIFY_SAYS(test::refusal([] { figures({{-1, 0, 0}}); }), "known class");
        VERIFY_SAYS(test::refusal([] { figures({{7, 0, 1}}); }), "there are 7");
        VERIFY_SAYS(test::refusal([] { figures({{0, 9, 1}}); }), "there are 7");
        VERIFY_SAYS(test::refusal([] { figures(byHand(), 0, 3); }), "not 3 draws");
        std::vector<Prediction> two{{0, 0, 1}, {1, 0, 2}};
        VERIFY_SAYS(test::refusal([&] { figures(two, 0, 2); }), "another label");
        Progress progress;
        progress.cancel();
        QVERIFY_THROWS_EXCEPTION(Cancelled, classificationFigures(byHand(), s_classes, {10, 1}, progress));
    }
};

DSCOPE_TEST(TestClassification)
#include "tst_classification.moc"
