// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/aggregation/aggregate.h"
#include "core/aggregation/twostage.h"
#include "core/analysis/scoredgroups.h"
#include "core/analysis/weights.h"
#include "core/base/error.h"
#include "core/base/random.h"
#include "core/metrics/verification.h"
#include "core/threshold/labelledpairs.h"
#include "core/threshold/templateprefixes.h"
#include "tests/support/analysis.h"
#include "tests/support/support.h"

#include <chrono>
#include <cmath>
#include <set>

using namespace dscope;

namespace {

double cosine(const std::vector<double> &a, const std::vector<double> &b)
{
    double ab = 0;
    double aa = 0;
    double bb = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        ab += a[i] * b[i];
        aa += a[i] * a[i];
        bb += b[i] * b[i];
    }
    return ab / std::sqrt(aa * bb);
}

std::vector<float> scoresOf(const Group &group)
{
    std::vector<float> scores;
    for (const Element &element : group.elements)
        scores.push_back(element.dScore);
    return scores;
}

constexpr int untilEnough = -1; ///< stands where the number of best faces does

} // namespace

class TestLiveGroups : public QObject {
    Q_OBJECT
private Q_SLOTS:
    /// Every figure again, from the aggregation's own functions.
    /// Of a classification accuracy is top-1: the largest fused score of a video against its class, counted by hand.
    void topOneOfVideos()
    {
        Analysis analysis;
        analysis.options.task = "action";
        analysis.classes = {"walk", "run", "sit"};
        analysis.dim = 3;
        analysis.ddnet.name = "made";
        analysis.base.name = "made";
        Source source;
        source.kind = "video";
        const auto add = [&source](const char *label, const std::vector<std::array<float, 4>> &clips) {
            Group group;
            group.id = group.label = label;
            for (const std::array<float, 4> &clip : clips) {
                Element element;
                element.dScore = clip[0];
                group.elements.push_back(element);
                group.embeddings.insert(group.embeddings.end(), clip.begin() + 1, clip.end());
            }
            source.groups.push_back(std::move(group));
        };
        add("run", {{0.9F, 0.1F, 0.8F, 0.1F}, {0.1F, 0.9F, 0.05F, 0.05F}, {0.1F, 0.9F, 0.05F, 0.05F}}); // right by the best, wrong by all
        add("sit", {{0.9F, 0.6F, 0.2F, 0.2F}, {0.2F, 0.0F, 0.1F, 0.9F}});                               // wrong by the best, right by all
        add("walk", {{0.5F, 0.4F, 0.4F, 0.2F}});                                                        // equal scores: the first class
        add("", {{0.5F, 0.1F, 0.8F, 0.1F}});                                                            // nobody knows
        add("swim", {{0.5F, 0.1F, 0.8F, 0.1F}});                                                        // no class of the base's
        analysis.sources = {source};
        const LiveGroups live = liveGroups(analysis);
        QVERIFY(live.hasLabels() && live.classifies());
        QCOMPARE(live.classified(), std::int64_t{3});
        QCOMPARE(live.pairs(), std::int64_t{0});
        const LiveGroupsPoint best = live.at(Keep::best(1));
        QVERIFY(std::abs(best.accuracy - 2.0 / 3) < 1e-12);
        const LiveGroupsPoint all = live.at(Keep::best(9).weighed({Aggregator::Average, false}));
        QVERIFY(std::abs(all.accuracy - 2.0 / 3) < 1e-12);
        QVERIFY(std::abs(live.worthOf(best).averageAccuracy - 2.0 / 3) < 1e-12);
        analysis.sources[0].groups.erase(analysis.sources[0].groups.begin());
        QVERIFY(liveGroups(analysis).worthOf(liveGroups(analysis).at(Keep::best(1))).losesAccuracy()); // one of two, where all give both
        // Without the base's classes there is nothing to be right about.
        analysis.classes.clear();
        QVERIFY(!liveGroups(analysis).hasLabels());
    }
    void pointEqualsDirectComputation_data()
    {
        QTest::addColumn<double>("threshold");
        QTest::addColumn<int>("best");
        QTest::addColumn<int>("weights");
        const int ddl = 0; // the first choice
        for (const double threshold : {-1.0, 0.0, 0.15, 0.5, 0.75, 0.9, 0.97, 0.999, 1.0})
            QTest::addRow("t = %g", threshold) << threshold << 0 << ddl;
        for (const int best : {1, 2, 7, 23, 100})
            QTest::addRow("best %d", best) << 0.15 << best << ddl;
        for (std::size_t i = 0; i < weightChoices.size(); ++i)
            for (const int best : {0, 7, untilEnough})
                for (const double threshold : {0.5, 1.0}) // at 1 nothing passes
                    QTest::addRow("%s, t = %g, best %d", name(weightChoices[i]).c_str(), threshold, best) << threshold << best << static_cast<int>(i);
    }
    void pointEqualsDirectComputation()
    {
        QFETCH(double, threshold);
        QFETCH(int, best);
        test::MadeAnalysis wish;
        wish.groups = 14;
        wish.facesPerGroup = 23;
        wish.video = false;
        wish.labels = true;
        QFETCH(int, weights);
        Analysis analysis = test::madeAnalysis(wish);
        analysis.ddnet.rule = "ddl+:middle=0.6,power=3"; // its constants are those of DDL+ here
        const Weights chosen = weightChoices[static_cast<std::size_t>(weights)];
        if (chosen.secondLook)
            test::lookTwice(analysis, "ddl+:second,middle=0.6,power=3");
        const LiveGroups live = liveGroups(analysis);
        QVERIFY(live.hasLabels());
        QCOMPARE(live.pairs(), std::int64_t(14 * 13 / 2));
        QCOMPARE(live.genuinePairs(), std::int64_t(7));
        const Keep keep = (best > 0 ? Keep::best(best) : best == untilEnough ? Keep::until(2.3) : Keep(threshold)).weighed(chosen);
        QCOMPARE(live.hasSecondLook(), chosen.secondLook);
        const LiveGroupsPoint point = live.at(keep);
        QVERIFY(point.keep == keep);

        AggregateOptions ddl;
        ddl.method = keep.weights.by;
        ddl.keep = keep;
        ddl.plusMiddle = 0.6;
        ddl.plusPower = 3;
        AggregateOptions average;
        average.method = Aggregator::Average;
        std::int64_t kept = 0;
        std::int64_t fallbacks = 0;
        double cosines = 0;
        std::vector<std::vector<double>> features;
        std::vector<std::vector<double>> averages;
        const std::vector<Group> &groups = analysis.sources.front().groups;
        for (const Group &group : groups) {
            Aggregate one;
            if (keep.weights == Aggregator::Average) {
                // Of the kept alone: DDL's choice, each with the same score.
                AggregateOptions choice = ddl;
                choice.method = Aggregator::Ddl;
                one = aggregate(group.embeddings, analysis.dim, scoresOf(group), choice);
                std::fill(one.feature.begin(), one.feature.end(), 0.0);
                for (const std::int64_t i : one.kept)
                    for (std::size_t d = 0; d < one.feature.size(); ++d)
                        one.feature[d] +=
                            static_cast<double>(group.embeddings[static_cast<std::size_t>(i) * one.feature.size() + d]) / static_cast<double>(one.kept.size());
            } else if (chosen.secondLook) {
                std::vector<float> second;
                for (const Element &element : group.elements)
                    second.push_back(element.second);
                one = aggregateTwoStage(group.embeddings, analysis.dim, scoresOf(group), second, ddl);
            } else {
                one = aggregate(group.embeddings, analysis.dim, scoresOf(group), ddl);
            }
            kept += static_cast<std::int64_t>(one.kept.size());
            fallbacks += one.fallback ? 1 : 0;
            averages.push_back(aggregate(group.embeddings, analysis.dim, scoresOf(group), average).feature);
            cosines += cosine(one.feature, averages.back());
            features.push_back(one.feature);
        }
        std::vector<double> scores;
        std::vector<std::uint8_t> genuine;
        for (std::size_t i = 0; i < groups.size(); ++i)
            for (std::size_t j = i + 1; j < groups.size(); ++j) {
                scores.push_back(cosine(features[i], features[j]));
                genuine.push_back(groups[i].label == groups[j].label);
            }
        const auto all = static_cast<double>(analysis.elementCount());
        QCOMPARE(point.kept, kept);
        QCOMPARE(point.fallbacks, fallbacks);
        QCOMPARE(point.keptShare, static_cast<double>(kept) / all);
        QVERIFY(std::abs(point.cosine - cosines / static_cast<double>(groups.size())) < 1e-9);
        QVERIFY(std::abs(point.accuracy - bestAccuracy(fullRoc(scores, genuine), true).accuracy) < 1e-9);
        std::vector<double> averageScores;
        for (std::size_t i = 0; i < groups.size(); ++i)
            for (std::size_t j = i + 1; j < groups.size(); ++j)
                averageScores.push_back(cosine(averages[i], averages[j]));
        const Worth worth = live.worthOf(point);
        QCOMPARE(worth.accuracy, point.accuracy);
        QVERIFY(std::abs(worth.averageAccuracy - bestAccuracy(fullRoc(averageScores, genuine), true).accuracy) < 1e-9);
        QCOMPARE(worth.costRatio, point.cost.macPerFace / static_cast<double>(analysis.base.cost.mac));
        const Cost look = chosen.secondLook ? analysis.second.cost : Cost{};
        QVERIFY(!chosen.secondLook || look.mac == 3 * analysis.dim + 2);
        QCOMPARE(point.cost.macPerFace,
                 static_cast<double>(analysis.ddnet.cost.mac) + point.keptShare * static_cast<double>(analysis.base.cost.mac + look.mac));
        QCOMPARE(point.cost.flopPerFace,
                 static_cast<double>(analysis.ddnet.cost.flop) + point.keptShare * static_cast<double>(analysis.base.cost.flop + look.flop));
        QCOMPARE(point.ms, analysis.ddnet.msPerPicture + point.keptShare * analysis.base.msPerPicture);
    }

    /// The rule of a DDNet's description, whatever stands there.
    void usualWeightsAreThoseOfTheRule()
    {
        Analysis analysis;
        UsedModel &ddnet = analysis.ddnet;
        for (const auto &[rule, weights] : std::vector<std::pair<std::string, Aggregator>>{{"", Aggregator::Ddl},
                                                                                           {"ddl", Aggregator::Ddl},
                                                                                           {"ddl-no-rescale", Aggregator::DdlNoRescale},
                                                                                           {"ddl-no-rescale:second", Aggregator::DdlNoRescale},
                                                                                           {"ddl+:middle=0.5,power=2", Aggregator::DdlPlus},
                                                                                           {"average", Aggregator::Average},
                                                                                           {"top-1", Aggregator::Ddl},
                                                                                           {"norm", Aggregator::Ddl},
                                                                                           {"ddl+:quality=norm", Aggregator::Ddl},
                                                                                           {"nan:/etc/passwd", Aggregator::Ddl},
                                                                                           {"ddl:of a later version", Aggregator::Ddl}}) {
            ddnet.rule = rule;
            QVERIFY2(usualWeights(analysis) == weights, rule.c_str());
        }
        ddnet.rule = "ddl-no-rescale:quality=norm";
        QVERIFY(!ruleOf(ddnet.rule));
        ddnet.rule = "ddl+:middle=0.5,power=2";
        const AggregateOptions options = weighing(Keep::best(3).weighed(Aggregator::DdlPlus), ddnet, {});
        QVERIFY(options.method == Aggregator::DdlPlus && options.plusMiddle == 0.5 && options.plusPower == 2 && options.keep == Keep::best(3));
        // A second look has a rule of its own; the DDNet's is then not looked at.
        analysis.second.origin.base = "base";
        for (const auto &[rule, weights] : std::vector<std::pair<std::string, Weights>>{{"", {Aggregator::DdlPlus, true}},
                                                                                        {"ddl-no-rescale:second", {Aggregator::DdlNoRescale, true}},
                                                                                        {"ddl+:second,middle=0.4,power=3", {Aggregator::DdlPlus, true}},
                                                                                        {"average", Aggregator::Average},
                                                                                        {"ddl", Aggregator::Ddl},
                                                                                        {"top-1:second", {Aggregator::DdlPlus, true}},
                                                                                        {"ddl:weights=norm", {Aggregator::DdlPlus, true}},
                                                                                        {"ddl-no-rescale:second,t=0.3", {Aggregator::DdlNoRescale, true}},
                                                                                        {"ddl:second,t2=0.2", {Aggregator::DdlPlus, true}},
                                                                                        {"ddl:second,normalise", {Aggregator::DdlPlus, true}}}) {
            analysis.second.origin.rule = rule;
            QVERIFY2(usualWeights(analysis) == weights, rule.c_str());
        }
        analysis.second.origin.rule = "ddl+:second,middle=0.4,power=3";
        const AggregateOptions two = weighing(Keep().weighed(Weights(Aggregator::DdlPlus, true)), ddnet, analysis.second);
        QVERIFY(two.plusMiddle == 0.4 && two.plusPower == 3);
        QVERIFY(weighing(Keep().weighed(Aggregator::DdlPlus), ddnet, analysis.second).plusMiddle == 0.5);
        for (const Weights &weights : weightChoices)
            QVERIFY(weightsNamed(name(weights)) == weights);
        QVERIFY_EXCEPTION_THROWN(weightsNamed("top1"), UsageError);
    }

    void bestAccuracyIsExact()
    {
        Random random(5);
        for (int round = 0; round < 200; ++round) {
            const std::size_t genuine = 1 + random.below(40);
            const std::size_t impostors = 1 + random.below(400);
            const double apart = random.uniform(0, 0.5);
            // Coarse values make ties, fine ones crowd into a few bins.
            const double grain = round % 3 == 0 ? 0.05 : round % 3 == 1 ? 1e-5 : 0;
            std::vector<float> scores;
            std::vector<std::uint8_t> same;
            for (std::size_t i = 0; i < genuine + impostors; ++i) {
                double score = std::clamp((i < genuine ? apart : 0.0) + (round % 3 == 1 ? 1e-4 : 0.3) * random.normal(), -1.0, 1.0);
                if (grain > 0)
                    score = std::round(score / grain) * grain;
                scores.push_back(static_cast<float>(std::clamp(score, -1.0, 1.0)));
                same.push_back(i < genuine);
            }
            const double wanted = bestAccuracy(fullRoc(scores, same), true).accuracy;
            const std::span<const float> all(scores);
            QVERIFY2(std::abs(bestBalancedAccuracy(all.first(genuine), all.subspan(genuine)) - std::max(0.5, wanted)) < 1e-12,
                     QByteArray::number(round).constData());
        }
        const std::vector<float> high{0.5F};
        const std::vector<float> low{0.1F};
        QCOMPARE(bestBalancedAccuracy(high, low), 1.0);
        QVERIFY_THROWS_EXCEPTION(Error, bestBalancedAccuracy({}, low));
        QVERIFY_THROWS_EXCEPTION(Error, bestBalancedAccuracy(high, {}));
    }

    void thresholdForShareKeepsThatMany()
    {
        const LiveGroups live = liveGroups(test::madeAnalysis());
        const std::vector<float> &scores = live.scores();
        QVERIFY(std::is_sorted(scores.begin(), scores.end()));
        // Those above t, and the best of each of the six groups in which nothing is.
        const auto kept = [&](double t) {
            std::int64_t count = 0;
            for (std::int64_t g = 0; g < 6; ++g) {
                const std::span<const float> own = live.prefixes().scores(g);
                count += std::max<std::int64_t>(1, std::count_if(own.begin(), own.end(), [t](float s) { return static_cast<double>(s) > t; }));
            }
            return static_cast<double>(count);
        };
        const auto n = static_cast<double>(scores.size());
        for (const double share : {0.001, 0.1, 0.3, 0.5, 0.77, 1.0}) {
            const double t = live.shares().thresholdForShare(share);
            QVERIFY(kept(t) >= share * n - 1e-6);
            // The next larger number would keep too few, but for what is kept whatever the threshold.
            QVERIFY(kept(std::nextafter(t, 2.0)) < share * n || kept(2) >= share * n);
            QCOMPARE(live.at(t).kept, static_cast<std::int64_t>(kept(t)));
        }
        QCOMPARE(kept(live.shares().thresholdForShare(0)), 6.0);
        QCOMPARE(live.shares().percentile(-1), 0.0);
        QCOMPARE(live.shares().percentile(2), 1.0);
        QCOMPARE(live.shares().percentile(static_cast<double>(scores[scores.size() / 2])), std::floor(n / 2) / n);
    }

    void enoughForShareKeepsThatMany()
    {
        const LiveGroups live = liveGroups(test::madeAnalysis());
        const auto n = static_cast<double>(live.scores().size());
        for (const double share : {0.05, 0.1, 0.3, 0.5, 0.77, 1.0}) {
            const LiveGroupsPoint point = live.at(Keep::until(live.shares().enoughForShare(share)));
            QCOMPARE(point.kept, static_cast<std::int64_t>(std::ceil(share * n - 1e-9)));
            QCOMPARE(point.fallbacks, std::int64_t{0});
        }
        QCOMPARE(LiveGroups().shares().enoughForShare(0.5), 0.0);
    }

    void curveRunsFromAllToOne()
    {
        const LiveGroups live = liveGroups(test::madeAnalysis());
        Progress progress;
        const std::vector<LiveGroupsPoint> curve = live.curve(41, progress);
        QCOMPARE(curve.size(), std::size_t(41));
        QCOMPARE(curve.front().keptShare, 1.0);
        for (std::size_t i = 1; i < curve.size(); ++i) {
            QVERIFY(curve[i].keep.threshold > curve[i - 1].keep.threshold);
            QVERIFY(curve[i].kept <= curve[i - 1].kept);
        }
        // Six groups keep one face each whatever the threshold.
        QCOMPARE(curve.back().kept, std::int64_t(6));
        Progress cancelled;
        cancelled.cancel();
        QVERIFY_THROWS_EXCEPTION(Cancelled, live.curve(41, cancelled));
    }

    void withoutWhatItNeeds()
    {
        const LiveGroups empty;
        QCOMPARE(empty.at(0.5).kept, std::int64_t(0));
        QCOMPARE(empty.shares().thresholdForShare(0.5), 0.0);
        Analysis analysis = test::madeAnalysis();
        for (Group &group : analysis.sources.front().groups)
            group.embeddings.clear();
        analysis.base = {};
        const LiveGroups bare = liveGroups(analysis);
        QVERIFY(!bare.hasEmbeddings());
        QVERIFY(!bare.hasLabels());
        const LiveGroupsPoint point = bare.at(0.5);
        QVERIFY(point.kept > 0);
        QCOMPARE(point.accuracy, -1.0);
        QCOMPARE(point.ms, 0.0);
        QCOMPARE(bare.breakEvenShare(), 0.0);
        const Worth worth = bare.worthOf(point);
        QCOMPARE(worth.costRatio, 0.0);
        QVERIFY(!worth.savesNothing() && !worth.losesAccuracy());
        const Analysis whole = test::madeAnalysis();
        QCOMPARE(liveGroups(whole).breakEvenShare(), 1.0 - static_cast<double>(whole.ddnet.cost.mac) / static_cast<double>(whole.base.cost.mac));
    }

    void manyPairsAreSampledTheSameWay()
    {
        test::MadeAnalysis wish;
        wish.groups = 700;
        wish.facesPerGroup = 2;
        wish.dim = 8;
        wish.labels = true;
        const Analysis analysis = test::madeAnalysis(wish);
        const LiveGroups one = liveGroups(analysis);
        const LiveGroups two = liveGroups(analysis);
        QCOMPARE(one.pairs(), std::int64_t(200'000));
        QCOMPARE(one.genuinePairs(), std::int64_t(350));
        QCOMPARE(one.at(0.4).accuracy, two.at(0.4).accuracy);
    }

    /// Three people with three templates each, one unknown, one without a face; the first of the 36 pairs are the nine genuine ones. A sample of ten takes five
    /// of each kind, and no pair twice over itself.
    void pairsOfLabels()
    {
        TemplateFeatures set;
        set.dim = 1;
        set.subjectNames = {"a", "b", "c"};
        for (int t = 0; t < 11; ++t) {
            set.subjects.push_back(t == 9 ? -1 : t % 3);
            set.ids.push_back(t);
            set.begin.push_back(set.begin.back() + (t == 10 ? 0 : 1));
        }
        set.dScores.assign(10, 0.5F);
        set.features.assign(10, 1.F);
        const TemplatePairs all = labelledPairs(set);
        QCOMPARE(all.size(), std::int64_t(36));
        QCOMPARE(all.genuineCount(), std::int64_t(9));
        QVERIFY(std::is_sorted(all.genuine.rbegin(), all.genuine.rend()));
        for (const std::int64_t most : {10, 35, 36}) {
            const TemplatePairs some = labelledPairs(set, most);
            QCOMPARE(some.size(), most);
            QCOMPARE(some.genuineCount(), std::min<std::int64_t>(9, most / 2));
            for (std::size_t i = 0; i < some.a.size(); ++i) {
                QVERIFY(some.a[i] != some.b[i] && some.a[i] < 9 && some.b[i] < 9);
                QCOMPARE(some.genuine[i] != 0, some.a[i] % 3 == some.b[i] % 3);
            }
        }
        set.subjects.assign(11, 0); // everybody is one
        QCOMPARE(labelledPairs(set).size(), std::int64_t(0));
    }

    /// Nearly all templates are one person's: every impostor pair has one of the few others, each pair as likely as any; where there are not enough, each once.
    void pairsOfUnequalPeople()
    {
        const auto made = [](int others) {
            TemplateFeatures set;
            set.dim = 1;
            set.subjectNames = {"a", "b", "c"};
            for (int t = 0; t < 30'000; ++t) {
                set.subjects.push_back(t < others ? 1 + t % 2 : 0);
                set.ids.push_back(t);
                set.begin.push_back(set.begin.back() + 1);
            }
            set.dScores.assign(30'000, 0.5F);
            set.features.assign(30'000, 1.F);
            return set;
        };
        const TemplatePairs few = labelledPairs(made(1), 100'000); // 29,999 impostor pairs
        QCOMPARE(few.genuineCount(), std::int64_t(50'000));
        QCOMPARE(few.size(), std::int64_t(50'000 + 29'999));
        std::set<std::pair<std::uint32_t, std::uint32_t>> different;
        for (std::size_t i = 0; i < few.a.size(); ++i)
            if (few.genuine[i] == 0)
                different.emplace(std::min(few.a[i], few.b[i]), std::max(few.a[i], few.b[i]));
        QCOMPARE(different.size(), std::size_t{29'999});

        const TemplatePairs drawn = labelledPairs(made(4), 100'000);
        QCOMPARE(drawn.size(), std::int64_t(100'000));
        std::vector<int> of(4, 0);
        for (std::size_t i = 0; i < drawn.a.size(); ++i) {
            const std::uint32_t low = std::min(drawn.a[i], drawn.b[i]);
            const std::uint32_t high = std::max(drawn.a[i], drawn.b[i]);
            if (drawn.genuine[i] != 0)
                continue;
            QVERIFY(low < 4 && (high >= 4 || low % 2 != high % 2));
            ++of[low];
        }
        for (const int count : of) // a quarter of 50,000 each, within five deviations
            QVERIFY2(std::abs(count - 12'500) < 5 * 97, std::to_string(count).c_str());
    }

    void dragIsFast()
    {
        test::MadeAnalysis wish;
        wish.groups = 500;
        wish.facesPerGroup = 10;
        wish.dim = 128;
        wish.labels = true;
        const LiveGroups live = liveGroups(test::madeAnalysis(wish));
        double best = 1e9;
        double t = 0;
        // The fastest of many: other programs on the machine make single ones slow.
        for (int i = 0; i < 60; ++i) {
            t += 0.016;
            const auto begin = std::chrono::steady_clock::now();
            const LiveGroupsPoint point = live.at(t);
            best = std::min(best, std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count());
            QVERIFY(point.accuracy >= 0.5);
        }
        qInfo("5,000 faces of 128 dimensions in 500 groups, %lld pairs: %.2f ms a threshold", static_cast<long long>(live.pairs()), best);
#if defined(__OPTIMIZE__) && !defined(__SANITIZE_ADDRESS__)
        QVERIFY2(best < 16, QByteArray::number(best).constData());
#endif
    }
};

DSCOPE_TEST(TestLiveGroups)
#include "tst_livegroups.moc"
