// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/base/random.h"
#include "core/metrics/statistics.h"
#include "core/scores/dscore.h"
#include "core/scores/outsiders.h"
#include "tests/support/says.h"
#include "tests/support/support.h"

#include <algorithm>
#include <cmath>
#include <limits>

using namespace dscope;

class TestDscore : public QObject {
    Q_OBJECT

    static DScores compute(const std::vector<float> &features, std::int64_t dim, const std::vector<std::int32_t> &labels, const DScoreOptions &options = {})
    {
        Progress progress;
        return computeDScores(features, dim, labels, options, progress);
    }

    static bool same(double a, double b) { return std::abs(a - b) < 1e-12 * std::max(1.0, std::abs(b)); }

    /// Clusters around random centres, so that cosines spread.
    static std::vector<float> clusters(Random &random, const std::vector<std::int32_t> &labels, std::size_t dim)
    {
        std::vector<float> features;
        for (const std::int32_t label : labels) {
            Random centre(99, static_cast<std::uint64_t>(label));
            for (std::size_t d = 0; d < dim; ++d)
                features.push_back(static_cast<float>(centre.normal() + 0.7 * random.normal() + 0.4));
        }
        return features;
    }

private Q_SLOTS:
    /// Outsiders are compared with the centroids (1.5,0.5) and (0,3) of byHand(), move none of them, and are standardised by the mu and sigma that were there.
    void outsiders()
    {
        const DScores inside = compute({3, 0, 0, 1, 0, 2, 0, 4}, 2, {0, 0, 1, 1});
        const std::vector<float> features{3, 0, 1, 1, 0, 1, 0, 2, 0, 4, 5, 0, 1, 2};
        const std::vector<std::int32_t> labels{0, 0, 0, 1, 1, 1, 7};
        const std::vector<std::uint8_t> part{1, 0, 1, 1, 1, 0, 0};
        Progress progress;
        const DScores all = withOutsiders(*featuresInMemory(features, 2), labels, part, {}, inside, progress);
        const std::vector<std::size_t> places{0, 2, 3, 4};
        for (std::size_t i = 0; i < places.size(); ++i) {
            QCOMPARE(all.raw[places[i]], inside.raw[i]);
            QCOMPARE(all.normalised[places[i]], inside.normalised[i]);
            QCOMPARE(all.hardestClass[places[i]], inside.hardestClass[i]);
        }
        QCOMPARE(all.mu, inside.mu);
        QCOMPARE(all.sigma, inside.sigma);
        QVERIFY(same(all.own[1], 2 / std::sqrt(5.0)));
        QVERIFY(same(all.hardest[1], 1 / std::sqrt(2.0)));
        QVERIFY(same(all.raw[1], 2 * std::sqrt(2.0 / 5)));
        QVERIFY(same(all.normalised[1], 1 / (1 + std::exp(-(all.raw[1] - inside.mu) / inside.sigma))));
        QCOMPARE(all.target[1], std::uint8_t{1});
        QCOMPARE(all.own[5], 0.0);
        QCOMPARE(all.hardestClass[5], 0);
        QCOMPARE(all.raw[5], 0.0);
        // Of a class that has no centroid nothing is known.
        QCOMPARE(all.target[6], std::uint8_t{0});
        QCOMPARE(all.normalised[6], 0.5);

        DScoreOptions euclidean;
        euclidean.metric = DScoreOptions::Metric::Euclidean;
        const DScores apart =
            withOutsiders(*featuresInMemory(features, 2), labels, part, euclidean, compute({3, 0, 0, 1, 0, 2, 0, 4}, 2, {0, 0, 1, 1}, euclidean), progress);
        QVERIFY(same(apart.own[1], std::sqrt(0.5)));
        QVERIFY(same(apart.raw[1], std::sqrt(5.0) / std::sqrt(0.5)));
        QVERIFY_THROWS_EXCEPTION(Error, withOutsiders(*featuresInMemory(features, 2), labels, std::vector<std::uint8_t>(7, 1), {}, inside, progress));
    }

    /// Class 0: (3,0), (0,1), centroid (1.5,0.5). Class 1: (0,2), (0,4), centroid (0,3).
    void byHand()
    {
        const DScores s = compute({3, 0, 0, 1, 0, 2, 0, 4}, 2, {0, 0, 1, 1});
        const double long0 = std::sqrt(2.5);
        const std::vector<double> own{1.5 / long0, 0.5 / long0, 1, 1};
        const std::vector<double> hardest{0, 1, 0.5 / long0, 0.5 / long0};
        const std::vector<double> raw{own[0] / 1e-3, own[1], 1 / hardest[2], 1 / hardest[3]};
        double mu = 0;
        for (const double d : raw)
            mu += d / 4;
        double variance = 0;
        for (const double d : raw)
            variance += (d - mu) * (d - mu) / 4;
        QVERIFY(same(s.mu, mu));
        QVERIFY(same(s.sigma, std::sqrt(variance)));
        for (std::size_t i = 0; i < 4; ++i) {
            QVERIFY(same(s.own[i], own[i]));
            QVERIFY(same(s.hardest[i], hardest[i]));
            QVERIFY(same(s.raw[i], raw[i]));
            QVERIFY(same(s.normalised[i], 1 / (1 + std::exp(-(raw[i] - mu) / std::sqrt(variance)))));
        }
        QCOMPARE(s.hardestClass, (std::vector<std::int32_t>{1, 1, 0, 0}));
        QCOMPARE(s.floored, std::int64_t{1});
        QCOMPARE(s.singleSample, std::int64_t{0});
    }

    void centroidIsTheMeanOfRawFeatures()
    {
        // (10,0) and (0,1): the raw mean leans to x; that of unit vectors would lie on the diagonal.
        const DScores s = compute({10, 0, 0, 1, 1, 1, 1, 1.5f}, 2, {0, 0, 1, 1});
        QVERIFY(same(s.own[0], 5 / std::sqrt(25.25)));
        DScoreOptions options;
        options.normaliseFeatures = true;
        QVERIFY(same(compute({10, 0, 0, 1, 1, 1, 1, 1.5f}, 2, {0, 0, 1, 1}, options).own[0], std::sqrt(0.5)));
    }

    void singleSampleClasses()
    {
        const std::vector<float> features{1, 0, 1, 0.2f, 0, 1, 0.1f, 1, 1, 1};
        const DScores s = compute(features, 2, {0, 0, 1, 1, 2});
        QCOMPARE(s.singleSample, std::int64_t{1});
        QCOMPARE(s.target, (std::vector<std::uint8_t>{1, 1, 1, 1, 0}));
        QVERIFY(same(s.own[4], 1));     // listed, and its own centroid is itself
        QCOMPARE(s.hardestClass[0], 2); // its centroid is a negative for the others
        QVERIFY(same(s.mu, (s.raw[0] + s.raw[1] + s.raw[2] + s.raw[3]) / 4));
        QVERIFY(std::isfinite(s.normalised[4]));
    }

    void lowestClassWinsTies()
    {
        // Classes 1, 2 and 3 are the same four vectors; for class 0 all tie, for class 1 the twin is 2.
        std::vector<float> features{1, 0, 0.9f, 0.1f};
        std::vector<std::int32_t> labels{0, 0};
        for (const std::int32_t label : {1, 2, 3})
            for (const float x : {0.3f, 0.7f}) {
                features.insert(features.end(), {x, 1});
                labels.push_back(label);
            }
        const DScores s = compute(features, 2, labels);
        QCOMPARE(s.hardestClass, (std::vector<std::int32_t>{1, 1, 2, 2, 1, 1, 1, 1}));
    }

    void tiesHoldInEveryTile()
    {
        // 40 classes with one and the same centroid, in many dimensions: rounding must not depend on a class's place.
        Random random(3);
        constexpr std::size_t dim = 37;
        std::vector<float> row(dim);
        for (float &value : row)
            value = static_cast<float>(random.normal());
        std::vector<float> features;
        std::vector<std::int32_t> labels;
        for (std::int32_t label = 0; label < 40; ++label)
            for (int i = 0; i < 2; ++i) {
                features.insert(features.end(), row.begin(), row.end());
                labels.push_back(label);
            }
        const DScores s = compute(features, dim, labels);
        for (std::size_t i = 0; i < labels.size(); ++i)
            QCOMPARE(s.hardestClass[i], labels[i] == 0 ? 1 : 0);
        QCOMPARE(s.sigma > 1e-12, false);
    }

    void leaveOneOut()
    {
        DScoreOptions options;
        options.leaveOut = DScoreOptions::LeaveOut::Sample;
        const std::vector<float> features{3, 0, 0, 1, 2, 2, 0, 4, 1, 4, 7, 1};
        const DScores s = compute(features, 2, {0, 0, 0, 1, 1, 2}, options);
        // Sample 0 against the mean of (0,1) and (2,2).
        QVERIFY(same(s.own[0], 1 / std::sqrt(1 + 1.5 * 1.5)));
        QVERIFY(same(s.own[3], 4 / std::sqrt(17)));
        QVERIFY(same(s.own[5], 1)); // nothing to leave out
        QCOMPARE(s.hardest, compute(features, 2, {0, 0, 0, 1, 1, 2}).hardest);
    }

    /// Clean pictures make the centroids, and a picture is left out with its copies: against the definition, in plain double.
    void leavesOutPictures_data()
    {
        QTest::addColumn<int>("centroids");
        QTest::addColumn<int>("leaveOut");
        QTest::addColumn<int>("metric");
        for (const int centroids : {0, 1})
            for (const int leave : {0, 1, 2})
                for (const int metric : {0, 1})
                    QTest::addRow("%s, %s, %s", centroidWords.wordOf(static_cast<DScoreOptions::Centroids>(centroids)).c_str(),
                                  leaveOutWords.wordOf(static_cast<DScoreOptions::LeaveOut>(leave)).c_str(), metric == 0 ? "cosine" : "euclidean")
                        << centroids << leave << metric;
    }
    void leavesOutPictures()
    {
        QFETCH(int, centroids);
        QFETCH(int, leaveOut);
        QFETCH(int, metric);
        constexpr std::size_t copies = 3;
        constexpr std::size_t dim = 11;
        constexpr std::size_t pictures = 57;
        Random random(12);
        std::vector<std::int32_t> labels;
        for (std::size_t i = 0; i < pictures; ++i)
            labels.insert(labels.end(), copies, i == 0 ? 9 : static_cast<std::int32_t>(random.below(9))); // class 9 has one picture
        const std::vector<float> features = clusters(random, labels, dim);
        DScoreOptions options;
        options.metric = static_cast<DScoreOptions::Metric>(metric);
        options.centroids = static_cast<DScoreOptions::Centroids>(centroids);
        options.leaveOut = static_cast<DScoreOptions::LeaveOut>(leaveOut);
        options.copies = copies;
        const bool cosine = metric == 0;
        const DScores s = compute(features, dim, labels, options);
        for (std::size_t i = 0; i < labels.size(); ++i) {
            double own = 0;
            double hardest = cosine ? -2 : 1e300;
            for (std::int32_t k = 0; k < 10; ++k) {
                std::vector<double> centre(dim, 0.0);
                double count = 0;
                for (int round = 0; round < 2 && count == 0; ++round) // nothing left: everything stays
                    for (std::size_t j = 0; j < labels.size(); ++j) {
                        const bool left = round == 0 && k == labels[i] && (leaveOut == 1 ? j == i : leaveOut == 2 ? j / copies == i / copies : false);
                        if (labels[j] != k || (centroids == 1 && j % copies != 0) || left)
                            continue;
                        ++count;
                        for (std::size_t d = 0; d < dim; ++d)
                            centre[d] += static_cast<double>(features[j * dim + d]);
                    }
                double both = 0, f2 = 0, c2 = 0, apart = 0;
                for (std::size_t d = 0; d < dim; ++d) {
                    const double f = static_cast<double>(features[i * dim + d]);
                    const double c = centre[d] / count;
                    both += f * c, f2 += f * f, c2 += c * c, apart += (f - c) * (f - c);
                }
                const double value = cosine ? both / std::sqrt(f2 * c2) : std::sqrt(apart);
                if (k == labels[i])
                    own = value;
                else
                    hardest = cosine ? std::max(hardest, value) : std::min(hardest, value);
            }
            QVERIFY(same(s.own[i], own));
            QVERIFY(same(s.hardest[i], hardest));
            QCOMPARE(s.target[i], std::uint8_t(leaveOut == 2 && labels[i] == 9 ? 0 : 1));
        }
        // What the picture does to its own centroid is told of the clean samples of classes of two pictures or more, whatever is left out.
        QCOMPARE(s.bias.pictures, std::int64_t{pictures - 1});
        options.leaveOut = DScoreOptions::LeaveOut::None;
        const DScores inside = compute(features, dim, labels, options);
        options.leaveOut = DScoreOptions::LeaveOut::Picture;
        const DScores outside = compute(features, dim, labels, options);
        std::vector<double> in;
        std::vector<double> out;
        double ownIn = 0;
        for (std::size_t i = copies; i < labels.size(); i += copies) {
            in.push_back(inside.raw[i]);
            out.push_back(outside.raw[i]);
            ownIn += inside.own[i] / static_cast<double>(pictures - 1);
        }
        if (leaveOut != 1) { // then the sample itself is out of both
            QVERIFY(same(s.bias.inside, ownIn));
            QVERIFY(same(s.bias.correlation, spearman(in, out)));
            QVERIFY(s.bias.correlation < 1);
            QVERIFY(cosine ? s.bias.inside > s.bias.outside : s.bias.inside < s.bias.outside);
        }
    }

    void classesNeedOthers()
    {
        // Pictures of two copies; classes of 1, 2, 3 and 4 pictures.
        Random random(3);
        std::vector<std::int32_t> labels;
        for (std::int32_t k = 0; k < 4; ++k)
            labels.insert(labels.end(), static_cast<std::size_t>(2 * (k + 1)), k);
        const std::vector<float> features = clusters(random, labels, 6);
        DScoreOptions options;
        options.copies = 2;
        options.centroids = DScoreOptions::Centroids::Clean;
        options.leaveOut = DScoreOptions::LeaveOut::Picture;
        for (std::int64_t others = 0; others <= 3; ++others) {
            options.atLeastOthers = others;
            const DScores s = compute(features, 6, labels, options);
            std::int64_t without = 0;
            double sum = 0;
            double used = 0;
            for (std::size_t i = 0; i < labels.size(); ++i) {
                const bool target = labels[i] >= std::max<std::int64_t>(others, 1);
                QCOMPARE(s.target[i] != 0, target);
                QVERIFY(std::isfinite(s.normalised[i])); // listed
                without += target ? 0 : 1;
                sum += target ? s.raw[i] : 0;
                used += target ? 1 : 0;
            }
            QCOMPARE(s.singleSample, without);
            QVERIFY(same(s.mu, sum / used));
        }
        options.atLeastOthers = 4;
        VERIFY_SAYS(test::refusal([&] { compute(features, 6, labels, options); }), "No class has more than 4 pictures, but its D-scores need 4 beside each.");
        options.atLeastOthers = 0;
        options.copies = 3;
        VERIFY_SAYS(test::refusal([&] { compute(features, 6, labels, options); }), "20 samples are no whole number of pictures of 3 copies.");
        options.copies = 4;
        VERIFY_SAYS(test::refusal([&] { compute(features, 6, labels, options); }), "The copies of picture 0 have different labels.");
        options.copies = 0;
        QVERIFY_THROWS_EXCEPTION(Error, compute(features, 6, labels, options));
    }

    void targetsOfOtherKinds()
    {
        Random random(5);
        std::vector<std::int32_t> labels;
        for (int i = 0; i < 40; ++i)
            labels.push_back(i % 5);
        const std::vector<float> features = clusters(random, labels, 7);
        for (const auto metric : {DScoreOptions::Metric::Cosine, DScoreOptions::Metric::Euclidean})
            for (const auto target : {DScoreOptions::Target::Ratio, DScoreOptions::Target::Own, DScoreOptions::Target::Margin, DScoreOptions::Target::CrFiqa}) {
                DScoreOptions options;
                options.metric = metric;
                options.target = target;
                const bool cosine = metric == DScoreOptions::Metric::Cosine;
                QCOMPARE(targetWords.fromWord(targetWords.wordOf(target)), target);
                if (!cosine && target == DScoreOptions::Target::CrFiqa) {
                    QVERIFY_THROWS_EXCEPTION(Error, compute(features, 7, labels, options));
                    continue;
                }
                const DScores s = compute(features, 7, labels, options);
                for (std::size_t i = 0; i < labels.size(); ++i) {
                    const double o = s.own[i];
                    const double h = s.hardest[i];
                    const double wanted = target == DScoreOptions::Target::Own ? (cosine ? o : -o)
                        : target == DScoreOptions::Target::Margin              ? (cosine ? o - h : h - o)
                        : target == DScoreOptions::Target::CrFiqa              ? o / (h + 1)
                        : cosine                                               ? o / std::max(h, 1e-3)
                                                                               : h / std::max(o, 1e-3);
                    QVERIFY(same(s.raw[i], wanted));
                    QVERIFY(same(s.normalised[i], 1 / (1 + std::exp(-(s.raw[i] - s.mu) / s.sigma))));
                }
            }
        QVERIFY_THROWS_EXCEPTION(UsageError, targetWords.fromWord("Own"));
        QVERIFY_THROWS_EXCEPTION(UsageError, leaveOutWords.fromWord("all"));
        QVERIFY_THROWS_EXCEPTION(UsageError, centroidWords.fromWord(""));
    }

    void whatSuitsASet()
    {
        std::vector<std::int32_t> labels(static_cast<std::size_t>(smallClass()), 4); // large enough
        labels.push_back(11);                                                        // alone: does not count
        QVERIFY(!mostAreSmall(labels));
        DScoreOptions options = suitedTo(labels, {});
        QCOMPARE(options.leaveOut, DScoreOptions::LeaveOut::None);
        QCOMPARE(options.centroids, DScoreOptions::Centroids::All);
        QCOMPARE(options.atLeastOthers, std::int64_t{0});
        labels.insert(labels.end(), static_cast<std::size_t>(smallClass() - 1), 5);
        QVERIFY(!mostAreSmall(labels)); // half
        labels.insert(labels.end(), 2, -3);
        QVERIFY(mostAreSmall(labels));
        options = suitedTo(labels, {});
        QCOMPARE(options.leaveOut, DScoreOptions::LeaveOut::Picture);
        QCOMPARE(options.centroids, DScoreOptions::Centroids::Clean);
        QCOMPARE(options.atLeastOthers, usualOthers());
        // Pairs: one other picture is all there is.
        QCOMPARE(suitedTo(std::vector<std::int32_t>{1, 1, 2, 2}, {}).atLeastOthers, std::int64_t{1});
        // What somebody chose stays, and what hangs on it follows.
        CentroidChoice choice;
        choice.leaveOut = DScoreOptions::LeaveOut::None;
        options = suitedTo(labels, {}, choice);
        QCOMPARE(options.leaveOut, DScoreOptions::LeaveOut::None);
        QCOMPARE(options.centroids, DScoreOptions::Centroids::All);
        QCOMPARE(options.atLeastOthers, std::int64_t{0});
        choice = {DScoreOptions::Centroids::All, DScoreOptions::LeaveOut::Picture, 7};
        options = suitedTo(std::vector<std::int32_t>(static_cast<std::size_t>(smallClass()), 0), {}, choice);
        QCOMPARE(options.leaveOut, DScoreOptions::LeaveOut::Picture);
        QCOMPARE(options.centroids, DScoreOptions::Centroids::All);
        QCOMPARE(options.atLeastOthers, std::int64_t{7});
        // The warning names what was measured, and comes only where it is true.
        DScores scores;
        scores.bias = {30, 0.911, 0.652, 0.704};
        const std::string said = selfWarning(scores, labels, {});
        QVERIFY2(said.find("is 0.91 so and 0.65 with the picture left out, and the two D-scores correlate by 0.70 (Spearman)") != std::string::npos,
                 said.c_str());
        QVERIFY(selfWarning(scores, labels, suitedTo(labels, {})).empty());
        QVERIFY(selfWarning(scores, std::vector<std::int32_t>(static_cast<std::size_t>(smallClass()), 0), {}).empty());
    }

    void euclidean()
    {
        DScoreOptions options;
        options.metric = DScoreOptions::Metric::Euclidean;
        // Centroids (1,0), (5,0), (9,0).
        const DScores s = compute({0, 0, 2, 0, 5, 0, 5, 0, 8, 0, 10, 0}, 2, {0, 0, 1, 1, 2, 2}, options);
        QCOMPARE(s.own, (std::vector<double>{1, 1, 0, 0, 1, 1}));
        QCOMPARE(s.hardest, (std::vector<double>{5, 3, 4, 4, 3, 5}));
        QCOMPARE(s.hardestClass, (std::vector<std::int32_t>{1, 1, 0, 0, 1, 1}));
        QCOMPARE(s.raw, (std::vector<double>{5, 3, 4 / 1e-3, 4 / 1e-3, 3, 5}));
        QCOMPARE(s.floored, std::int64_t{2});
    }

    void labelsMayBeAnyIntegers()
    {
        Random random(1);
        const std::vector<std::int32_t> plain{0, 1, 2, 0, 1, 2, 0, 1, 2};
        std::vector<std::int32_t> odd;
        for (const std::int32_t label : plain)
            odd.push_back(std::vector<std::int32_t>{-5, 3, 1000000}[static_cast<std::size_t>(label)]);
        const std::vector<float> features = clusters(random, plain, 8);
        const DScores a = compute(features, 8, plain);
        const DScores b = compute(features, 8, odd);
        QCOMPARE(a.raw, b.raw);
        QCOMPARE(a.hardestClass, b.hardestClass);
        QCOMPARE(b.classes, (std::vector<std::int32_t>{-5, 3, 1000000}));
    }

    /// The blocked computation against the definition, at sizes that fill no block.
    void agreesWithTheDefinition()
    {
        Random random(2);
        constexpr std::size_t dim = 19;
        constexpr std::size_t n = 333;
        std::vector<std::int32_t> labels;
        for (std::size_t i = 0; i < n; ++i)
            labels.push_back(static_cast<std::int32_t>(random.below(21)));
        const std::vector<float> features = clusters(random, labels, dim);
        for (const auto metric : {DScoreOptions::Metric::Cosine, DScoreOptions::Metric::Euclidean}) {
            DScoreOptions options;
            options.metric = metric;
            const bool cosine = metric == DScoreOptions::Metric::Cosine;
            const DScores s = compute(features, dim, labels, options);
            std::vector<std::vector<double>> centroids(21, std::vector<double>(dim, 0.0));
            std::vector<double> counts(21, 0);
            for (std::size_t i = 0; i < n; ++i) {
                counts[static_cast<std::size_t>(labels[i])] += 1;
                for (std::size_t d = 0; d < dim; ++d)
                    centroids[static_cast<std::size_t>(labels[i])][d] += static_cast<double>(features[i * dim + d]);
            }
            for (std::size_t i = 0; i < n; ++i) {
                double own = 0;
                double hardest = cosine ? -2 : 1e300;
                for (std::size_t k = 0; k < 21; ++k) {
                    double both = 0, f2 = 0, c2 = 0, apart = 0;
                    for (std::size_t d = 0; d < dim; ++d) {
                        const double f = static_cast<double>(features[i * dim + d]);
                        const double c = centroids[k][d] / counts[k];
                        both += f * c, f2 += f * f, c2 += c * c, apart += (f - c) * (f - c);
                    }
                    const double value = cosine ? both / std::sqrt(f2 * c2) : std::sqrt(apart);
                    if (static_cast<std::int32_t>(k) == labels[i])
                        own = value;
                    else
                        hardest = cosine ? std::max(hardest, value) : std::min(hardest, value);
                }
                QVERIFY(same(s.own[i], own));
                QVERIFY(same(s.hardest[i], hardest));
                QVERIFY(std::abs(s.raw[i] - (cosine ? own / std::max(hardest, 1e-3) : hardest / std::max(own, 1e-3))) < 1e-9 * std::abs(s.raw[i]) + 1e-9);
            }
        }
    }

    void scaleDoesNotMatterForCosines()
    {
        Random random(4);
        std::vector<std::int32_t> labels;
        for (int i = 0; i < 60; ++i)
            labels.push_back(i % 6);
        std::vector<float> features = clusters(random, labels, 12);
        const DScores a = compute(features, 12, labels);
        for (float &value : features)
            value *= 8;
        const DScores b = compute(features, 12, labels);
        for (std::size_t i = 0; i < a.raw.size(); ++i)
            QVERIFY(same(a.raw[i], b.raw[i]));
        // Order within the monotone Eq. 4.
        for (std::size_t i = 1; i < a.raw.size(); ++i)
            QCOMPARE(a.raw[i] < a.raw[i - 1], a.normalised[i] < a.normalised[i - 1]);
    }

    void warnsAboutTheFloor()
    {
        // Class 1 points away from class 0: every hardest negative is below 0.
        Progress progress;
        const DScores s = computeDScores(std::vector<float>{1, 0.1f, 1, 0, -1, 0, -1, 0.2f}, 2, std::vector<std::int32_t>{0, 0, 1, 1}, {}, progress);
        QCOMPARE(s.floored, std::int64_t{4});
        QCOMPARE(s.warnings.size(), std::size_t{1});
        QVERIFY2(s.warnings[0].find("4 of 4 samples (100 %)") == 0, s.warnings[0].c_str());
        QVERIFY2(s.warnings[0].find("such as 0.01.") != std::string::npos, s.warnings[0].c_str());
        QCOMPARE(progress.notices(), s.warnings);
        QVERIFY(s.raw[0] > 900);
        QVERIFY(s.hardest[0] < 0);
    }

    void floorIsStrict()
    {
        // The hardest negative of samples 0 and 1 is exactly 0.6.
        DScoreOptions options;
        options.epsilon = 0.6;
        const std::vector<float> features{1, 0, 1, 0, 3, 4, 3, 4};
        const DScores exact = compute(features, 2, {0, 0, 1, 1}, options);
        QCOMPARE(exact.hardest[0], 0.6);
        QCOMPARE(exact.floored, std::int64_t{0});
        options.epsilon = std::nextafter(0.6, 1.0);
        QCOMPARE(compute(features, 2, {0, 0, 1, 1}, options).floored, std::int64_t{4});
    }

    void zeroVector()
    {
        const DScores s = compute({0, 0, 1, 0, 0, 1, 0, 1}, 2, {0, 0, 1, 1});
        QCOMPARE(s.own[0], 0.0);
        QCOMPARE(s.raw[0], 0.0);
        for (const double value : s.normalised)
            QVERIFY(std::isfinite(value));
    }

    void refuses()
    {
        QVERIFY_THROWS_EXCEPTION(Error, compute({1, 2, 3}, 2, {0, 1}));
        QVERIFY_THROWS_EXCEPTION(Error, compute({}, 2, {}));
        QVERIFY_THROWS_EXCEPTION(Error, compute({1, 2}, 0, {0, 1}));
        QVERIFY_THROWS_EXCEPTION(Error, compute({1, 2, 3, 4}, 2, {5, 5}));
        QVERIFY_THROWS_EXCEPTION(Error, compute({1, 2, 3, 4}, 2, {0, 1})); // every class has one sample
        QVERIFY_THROWS_EXCEPTION(Error, compute({1, 2, 3, std::numeric_limits<float>::quiet_NaN(), 1, 1}, 2, {0, 0, 1}));
        DScoreOptions options;
        options.epsilon = 0;
        QVERIFY_THROWS_EXCEPTION(Error, compute({1, 2, 3, 4, 5, 6}, 2, {0, 0, 1}, options));
    }

    void cancels()
    {
        Progress progress;
        progress.cancel();
        QVERIFY_THROWS_EXCEPTION(Cancelled, computeDScores(std::vector<float>{1, 2, 3, 4, 5, 6}, 2, std::vector<std::int32_t>{0, 0, 1}, {}, progress));
    }
};

DSCOPE_TEST(TestDscore)
#include "tst_dscore.moc"
