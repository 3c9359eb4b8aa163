// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/core/golden.h"

#include "core/base/csv.h"
#include "core/base/error.h"
#include "core/base/random.h"
#include "core/evaluation/run.h"
#include "core/metrics/personpairs.h"

#include <algorithm>
#include <cmath>
#include <limits>

using namespace dscope;
using namespace dscope::test;

namespace {

/// Templates of one face each, one a side of every pair, so that scores can be given from outside.
TemplateFeatures sidesOf(std::size_t pairs)
{
    TemplateFeatures set;
    set.benchmark = "golden";
    set.dim = 1;
    const std::size_t n = 2 * pairs;
    set.features.assign(n, 1);
    set.dScores.assign(n, 0.5F);
    set.begin.clear();
    for (std::size_t i = 0; i <= n; ++i)
        set.begin.push_back(static_cast<std::int64_t>(i));
    for (std::size_t i = 0; i < n; ++i)
        set.ids.push_back(static_cast<std::int64_t>(i));
    set.subjects.assign(n, -1);
    return set;
}

TemplatePairs pairsOf(const std::vector<std::uint8_t> &genuine)
{
    TemplatePairs pairs;
    pairs.genuine = genuine;
    for (std::size_t i = 0; i < genuine.size(); ++i) {
        pairs.a.push_back(static_cast<std::uint32_t>(2 * i));
        pairs.b.push_back(static_cast<std::uint32_t>(2 * i + 1));
    }
    return pairs;
}

/// `people` people of `each` templates of 1 to 4 noisy faces; every pair of templates.
struct Made {
    TemplateFeatures set;
    TemplatePairs pairs;
};
Made made(int people, int each, std::uint64_t seed, bool someEmpty = false)
{
    Made all;
    TemplateFeatures &set = all.set;
    set.benchmark = "made";
    set.dim = 8;
    Random random(seed);
    for (int p = 0; p < people; ++p) {
        std::vector<double> centre(8);
        for (double &value : centre)
            value = random.normal();
        set.subjectNames.push_back("p" + std::to_string(p));
        for (int t = 0; t < each; ++t) {
            const auto faces = someEmpty && random.chance(0.1) ? 0 : 1 + random.below(4);
            for (std::uint64_t f = 0; f < faces; ++f) {
                const double noise = random.uniform(0.2, 1.5);
                for (const double value : centre)
                    set.features.push_back(static_cast<float>(value + noise * random.normal()));
                set.dScores.push_back(static_cast<float>(1 / (1 + noise * noise)));
            }
            set.begin.push_back(set.begin.back() + static_cast<std::int64_t>(faces));
            set.ids.push_back(1000 + static_cast<std::int64_t>(set.ids.size()));
            set.subjects.push_back(p);
        }
    }
    const auto n = static_cast<std::uint32_t>(people * each);
    for (std::uint32_t i = 0; i < n; ++i)
        for (std::uint32_t j = 0; j < i; ++j) {
            all.pairs.a.push_back(i);
            all.pairs.b.push_back(j);
            all.pairs.genuine.push_back(set.subjects[i] == set.subjects[j] ? 1 : 0);
        }
    return all;
}

} // namespace

class TestRun : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void golden_data()
    {
        QTest::addColumn<QString>("folder");
        QTest::newRow("verification") << QStringLiteral("verification");
        QTest::newRow("verification_ties") << QStringLiteral("verification_ties");
    }

    /// Scores handed in: the independent reference's figures by both rules, and its EER.
    void golden()
    {
        QFETCH(QString, folder);
        DSCOPE_NEED(goldenDir());
        const std::filesystem::path dir = goldenDir() / folder.toStdString();
        DSCOPE_NEED(dir / "expected.json");
        const Json expected = readJson(dir / "expected.json");
        const std::vector<float> scores = floats(readNpy(dir / "scores.npy"));
        const TemplatePairs pairs = pairsOf(integers<std::uint8_t>(readNpy(dir / "labels.npy")));
        const TemplateFeatures set = sidesOf(scores.size());
        VerificationOptions options;
        options.fars.clear();
        for (const Json &row : expected["rows"])
            options.fars.push_back(row["far"].get<double>());
        options.scores = scores;
        Progress progress;
        const EvaluationRun run = evaluateVerification(set, pairs, {}, options, progress);
        for (std::size_t i = 0; i < options.fars.size(); ++i) {
            const Json &row = expected["rows"][i];
            QVERIFY(std::abs(run.strict[i].tar - row["strict"]["tar"].get<double>()) < 1e-12);
            QVERIFY(std::abs(run.strict[i].realisedFar - row["strict"]["realised_far"].get<double>()) < 1e-12);
            QVERIFY(std::abs(run.insightface[i].tar - row["insightface"]["tar"].get<double>()) < 1e-12);
            QVERIFY(std::abs(run.insightface[i].realisedFar - row["insightface"]["realised_far"].get<double>()) < 1e-12);
        }
        QVERIFY(std::abs(run.eer.value - expected["eer"]["value"].get<double>()) < 1e-12);
        QVERIFY(run.intervals.empty()); // nobody is known
        QCOMPARE(run.warnings.size(), std::size_t{1});
        QVERIFY(run.rocFar.size() <= 2000);
        QCOMPARE(run.rocTar.back(), 1.0);
        QVERIFY(std::is_sorted(run.rocFar.begin(), run.rocFar.end()));
    }

    void goldenTenFold()
    {
        DSCOPE_NEED(goldenDir());
        const std::filesystem::path dir = goldenDir() / "tenfold";
        DSCOPE_NEED(dir / "expected.json");
        const Json expected = readJson(dir / "expected.json");
        std::vector<float> scores;
        for (const double distance : readNpy(dir / "distances.npy").values)
            scores.push_back(static_cast<float>(1 - distance / 2));
        const TemplatePairs pairs = pairsOf(integers<std::uint8_t>(readNpy(dir / "same.npy")));
        VerificationOptions options;
        options.scores = scores;
        options.tenFold = true;
        Progress progress;
        const EvaluationRun run = evaluateVerification(sidesOf(scores.size()), pairs, {}, options, progress);
        DSCOPE_AGREE(difference(run.tenFold->accuracy, expected["accuracy"], "accuracy"));
        QVERIFY(near(run.tenFold->mean, expected["mean"].get<double>()));
        QVERIFY(near(run.tenFold->deviation, expected["std"].get<double>()));
    }

    /// By hand: nine folds are right, the first is the other way round. Mean 0.9, squares 0.9 in all, so the standard error is sqrt(0.9 / 9 / 10) = 0.1.
    void tenFoldError()
    {
        std::vector<float> scores;
        std::vector<std::uint8_t> genuine;
        for (int fold = 0; fold < 10; ++fold) {
            scores.insert(scores.end(), {0.5F, 0.0F});
            genuine.insert(genuine.end(), {1, 0});
        }
        genuine[0] = 0, genuine[1] = 1;
        VerificationOptions options;
        options.scores = scores;
        options.tenFold = true;
        options.e0s.clear();
        Progress progress;
        EvaluationRun run = evaluateVerification(sidesOf(scores.size()), pairsOf(genuine), {}, options, progress);
        run.benchmark = "YTF";
        QCOMPARE(run.tenFold->accuracy, (std::vector<double>{0, 1, 1, 1, 1, 1, 1, 1, 1, 1}));
        QVERIFY(near(run.tenFold->mean, 0.9));
        QVERIFY(near(run.tenFold->deviation, 0.3));
        QVERIFY(near(run.tenFold->error, 0.1));
        const std::string table = evaluationTable({run});
        QVERIFY2(table.find("| 90.00 ± 10.00 | 30.00 | 0.00 100.00 100.00") != std::string::npos, table.c_str());
        QVERIFY(table.find("paper, Table 1: DDL | 98.18 | - | - | - | - |") != std::string::npos);
        const CsvTable csv = parseCsv(evaluationCsv({run}), "made.csv");
        const std::size_t measure = csv.requireColumn({"measure"});
        const std::size_t target = csv.requireColumn({"target"});
        const std::size_t value = csv.requireColumn({"value"});
        std::vector<double> folds;
        for (const CsvTable::Row &row : csv.rows) {
            if (row.cells[measure] == "ten_fold_standard_error")
                QVERIFY(near(*parseNumber(row.cells[value]), 0.1));
            if (row.cells[measure] != "ten_fold_accuracy")
                continue;
            folds.push_back(*parseNumber(row.cells[value]));
            QCOMPARE(*parseNumber(row.cells[target]), static_cast<double>(folds.size()));
        }
        QCOMPARE(folds, run.tenFold->accuracy);
        // A file of before there was a standard error: it follows from the folds.
        Json json = toJson(run);
        QVERIFY(near(json["ten_fold"]["standard_error"].get<double>(), 0.1));
        json["ten_fold"].erase("standard_error");
        QVERIFY(near(evaluationFromJson(json).tenFold->error, 0.1));
        json["ten_fold"]["accuracy"] = Json::array();
        QVERIFY(near(evaluationFromJson(json).tenFold->mean, 0.9));
        json["ten_fold"]["standard_error"] = "many";
        QVERIFY(throws(json));
    }

    void goldenDiscard()
    {
        DSCOPE_NEED(goldenDir());
        const std::filesystem::path dir = goldenDir() / "discard";
        DSCOPE_NEED(dir / "expected.json");
        const Json expected = readJson(dir / "expected.json");
        const std::vector<double> similarity = readNpy(dir / "similarity.npy").values;
        const std::vector<double> quality = readNpy(dir / "quality.npy").values;
        // The float32 scores of templates keep the order of doubles, but merge what differs less than float32 can tell.
        std::vector<float> scores(similarity.begin(), similarity.end());
        std::vector<std::uint8_t> genuine(scores.size(), 1);
        TemplateFeatures set = sidesOf(scores.size() + 1);
        for (std::size_t i = 0; i < quality.size(); ++i)
            set.dScores[i] = static_cast<float>(quality[i]);
        scores.push_back(-1);
        genuine.push_back(0);
        VerificationOptions options;
        options.scores = scores;
        options.e0s = {expected["e0"].get<double>()};
        Progress progress;
        for (const auto &[limit, value] : expected["pauc"].items()) {
            options.discardLimit = test::numberOf(limit);
            const EvaluationRun run = evaluateVerification(set, pairsOf(genuine), {}, options, progress);
            QVERIFY(near(run.discard.front().threshold, expected["threshold"].get<double>()));
            QVERIFY2(std::abs(run.discardAreas.front() - value.get<double>()) < 1e-6, limit.c_str());
            QCOMPARE(run.discard.front().discard.back(), 1.0);
            QVERIFY(run.discard.front().discard.size() <= 1000);
        }
    }

    void goldenSearch()
    {
        DSCOPE_NEED(goldenDir());
        const std::filesystem::path dir = goldenDir() / "identification";
        DSCOPE_NEED(dir / "expected.json");
        const Json expected = readJson(dir / "expected.json");
        const NpyArray gallery = readNpy(dir / "gallery.npy");
        const NpyArray probes = readNpy(dir / "probes.npy");
        auto ids = integers<std::int64_t>(readNpy(dir / "gallery_ids.npy"));
        const auto probeIds = integers<std::int64_t>(readNpy(dir / "probe_ids.npy"));
        const auto split = integers<std::int64_t>(readNpy(dir / "split.npy"));
        TemplateFeatures set;
        set.benchmark = "golden";
        set.dim = gallery.shape.at(1);
        set.features = floats(gallery);
        const std::vector<float> more = floats(probes);
        set.features.insert(set.features.end(), more.begin(), more.end());
        SearchProtocol protocol;
        protocol.galleries.resize(2);
        for (std::size_t i = 0; i < split.size(); ++i)
            protocol.galleries[static_cast<std::size_t>(split[i] - 1)].push_back(static_cast<std::uint32_t>(i));
        for (std::size_t i = 0; i < probeIds.size(); ++i)
            protocol.probes.push_back(static_cast<std::uint32_t>(ids.size() + i));
        ids.insert(ids.end(), probeIds.begin(), probeIds.end());
        std::int64_t most = 0;
        for (std::size_t i = 0; i < ids.size(); ++i) {
            set.ids.push_back(static_cast<std::int64_t>(i));
            set.subjects.push_back(static_cast<std::int32_t>(ids[i]));
            set.begin.push_back(static_cast<std::int64_t>(i + 1));
            most = std::max(most, ids[i]);
        }
        set.subjectNames.assign(static_cast<std::size_t>(most) + 1, "someone");
        set.dScores.assign(ids.size(), 0.5F);
        protocol.fpirs.clear();
        protocol.ranks.clear();
        for (const auto &[key, value] : expected["tpir"].items())
            protocol.fpirs.push_back(test::numberOf(key.substr(key.find('_') + 1)));
        for (const auto &[key, value] : expected["rank"].items())
            protocol.ranks.push_back(std::stoll(key));
        Progress progress;
        const Identification found = evaluateSearch(set, represent(set, methodNamed("average"), progress), protocol, progress);
        std::size_t i = 0;
        for (const auto &[key, value] : expected["tpir"].items())
            QVERIFY2(near(found.tpir[i++], value.get<double>()), key.c_str());
        i = 0;
        for (const auto &[key, value] : expected["rank"].items())
            QVERIFY2(near(found.rank[i++], value.get<double>()), key.c_str());
    }

    /// Every field against the functions of core/metrics, on templates with and without faces.
    void agreesWithTheMetrics()
    {
        const Made data = made(12, 4, 3, true);
        Progress progress;
        VerificationOptions options;
        options.fars = {0.001, 0.01, 0.1};
        options.ddnetCost = {40, 81};
        options.baseCost = {1000, 2100};
        Method method;
        method.options.keep.threshold = 0.4;
        const EvaluationRun run = evaluateVerification(data.set, data.pairs, method, options, progress);
        const std::vector<float> scores = scorePairs(data.set, represent(data.set, method, progress), data.pairs, progress);
        const Roc roc = fullRoc(std::span<const float>(scores), data.pairs.genuine);
        for (std::size_t i = 0; i < options.fars.size(); ++i) {
            QCOMPARE(run.strict[i].tar, tarAtFar(roc, options.fars[i], FarRule::Strict).tar);
            QCOMPARE(run.strict[i].threshold, tarAtFar(roc, options.fars[i], FarRule::Strict).threshold);
            QCOMPARE(run.insightface[i].tar, tarAtFar(roc, options.fars[i], FarRule::InsightFace).tar);
            QVERIFY(run.intervals[i].low <= run.strict[i].tar + 1e-12 || run.intervals[i].high >= run.strict[i].tar);
        }
        QCOMPARE(run.eer.value, equalErrorRate(roc).value);
        QCOMPARE(run.rocFar.size(), roc.vertices.size());
        QCOMPARE(run.templates, std::int64_t{48});
        QVERIFY(run.notEnrolled > 0);
        QCOMPARE(run.subjects, std::int64_t{12});
        // Shares of the pairs that could be compared.
        double genuine = 0;
        for (const double share : run.genuineHistogram)
            genuine += share;
        std::int64_t lost = 0;
        for (std::size_t i = 0; i < scores.size(); ++i)
            lost += data.pairs.genuine[i] != 0 && scores[i] == notEnrolled ? 1 : 0;
        QVERIFY(std::abs(genuine - (1 - static_cast<double>(lost) / static_cast<double>(run.genuine))) < 1e-12);
        // Hardest pairs: in order, and none harder is left out.
        QCOMPARE(run.hardestImpostor.size(), std::size_t{200});
        QVERIFY(std::is_sorted(run.hardestImpostor.begin(), run.hardestImpostor.end(),
                               [](const NotablePair &x, const NotablePair &y) { return x.score > y.score; }));
        QVERIFY(
            std::is_sorted(run.hardestGenuine.begin(), run.hardestGenuine.end(), [](const NotablePair &x, const NotablePair &y) { return x.score < y.score; }));
        std::int64_t harder = 0;
        for (std::size_t i = 0; i < scores.size(); ++i)
            harder += data.pairs.genuine[i] == 0 && scores[i] > run.hardestImpostor.back().score ? 1 : 0;
        QVERIFY(harder < 200);
        for (const NotablePair &pair : run.hardestGenuine)
            QVERIFY(data.set.subjects[pair.a] == data.set.subjects[pair.b] && pair.score > notEnrolled);
        // Cost: DDNet on all, base on the kept.
        std::int64_t kept = 0;
        for (std::int64_t t = 0; t < data.set.templates(); ++t)
            if (data.set.size(t) > 0)
                kept += static_cast<std::int64_t>(aggregate(data.set.featuresOf(t), 8, data.set.dScoresOf(t), method.options).kept.size());
        QCOMPARE(run.keptShare, static_cast<double>(kept) / static_cast<double>(data.set.faces()));
        QCOMPARE(run.macPerFace, 40 + run.keptShare * 1000);
        QCOMPARE(run.flopPerFace, 81 + run.keptShare * 2100);
        Method average;
        average.options.method = Aggregator::Average;
        QCOMPARE(evaluateVerification(data.set, data.pairs, average, options, progress).macPerFace, 1000.0); // no DDNet
        // Weights by the length of features need every feature, and no DDNet.
        QCOMPARE(evaluateVerification(data.set, data.pairs, methodNamed("norm"), options, progress).macPerFace, 1000.0);
        // Scores of another network cost what that takes, in place of DDNet; those out of a file nothing that is known.
        Made asked = data;
        asked.set.quality["file"] = asked.set.quality["other"] = asked.set.dScores;
        asked.set.qualityCost["other"] = {7, 14};
        QCOMPARE(evaluateVerification(asked.set, asked.pairs, methodNamed("quality:other"), options, progress).macPerFace, 1007.0);
        QCOMPARE(evaluateVerification(asked.set, asked.pairs, methodNamed("quality:file"), options, progress).macPerFace, 1000.0);
        const EvaluationRun best = evaluateVerification(asked.set, asked.pairs, methodNamed("top-1:quality=other"), options, progress);
        QVERIFY(best.keptShare < 1);
        QCOMPARE(best.macPerFace, 7 + best.keptShare * 1000);
        QCOMPARE(best.flopPerFace, 14 + best.keptShare * static_cast<double>(options.baseCost.flop));
        // Two stages: DDNet on all, base and second look on those that D chooses, whoever has a part in the end.
        asked.set.quality["second"] = asked.set.dScores;
        asked.set.qualityCost["second"] = {10, 20};
        for (const char *two : {"ddl:second,t=0.4", "top-1:second,t=0.4", "ddl+:second,t=0.4,t2=0.9"}) {
            const EvaluationRun priced = evaluateVerification(asked.set, asked.pairs, methodNamed(two), options, progress);
            QCOMPARE(priced.keptShare, run.keptShare);
            QCOMPARE(priced.macPerFace, 40 + run.keptShare * 1010);
            QCOMPARE(priced.flopPerFace, 81 + run.keptShare * 2120);
        }
        const EvaluationRun chosen = evaluateVerification(asked.set, asked.pairs, methodNamed("average:t=0.4"), options, progress);
        QCOMPARE(chosen.macPerFace, 40 + run.keptShare * 1000);
        // In place of D it needs the base on every face, and no DDNet.
        QCOMPARE(evaluateVerification(asked.set, asked.pairs, methodNamed("ddl:quality=second,t=0.5"), options, progress).macPerFace, 1010.0);
        QCOMPARE(evaluateVerification(data.set, data.pairs, methodNamed("top-1"), options, progress).keptShare,
                 static_cast<double>(48 - run.notEnrolled) / static_cast<double>(data.set.faces()));
    }

    /// Who plots cost against accuracy must not get a network that costs nothing.
    void anUnknownPriceIsNoPrice()
    {
        const Made data = made(12, 4, 3);
        Progress progress;
        VerificationOptions options;
        options.resamples = 0;
        options.e0s.clear();
        options.ddnetCost = {40, 81};
        const EvaluationRun bare = evaluateVerification(data.set, data.pairs, methodNamed("ddl"), options, progress);
        options.baseCost = {1000, 2100};
        const EvaluationRun priced = evaluateVerification(data.set, data.pairs, methodNamed("ddl"), options, progress);
        const CsvTable csv = parseCsv(evaluationCsv({bare, priced}), "made.csv");
        const std::size_t mac = csv.requireColumn({"mac_per_face"});
        const std::size_t flop = csv.requireColumn({"flop_per_face"});
        QCOMPARE(std::string(csv.rows.front().cells[mac]) + std::string(csv.rows.front().cells[flop]), std::string());
        const CsvTable::Row &known = csv.rows[bare.strict.size() + bare.insightface.size() + 1]; // behind the EER of the first
        QCOMPARE(parseNumber(known.cells[mac]).value_or(0), priced.macPerFace);
        QCOMPARE(parseNumber(known.cells[flop]).value_or(0), priced.flopPerFace);
        const Json json = toJson(std::vector<EvaluationRun>{bare, priced});
        QVERIFY(json["runs"][0]["mac_per_face"].is_null() && json["runs"][0]["flop_per_face"].is_null());
        QCOMPARE(json["runs"][1]["mac_per_face"].get<double>(), priced.macPerFace);
        // What was written is read, and so is the 0 of older files.
        QCOMPARE(toJson(evaluationsFromJson(json)), json);
        Json old = json;
        old["runs"][0]["mac_per_face"] = old["runs"][0]["flop_per_face"] = 0;
        QCOMPARE(toJson(evaluationsFromJson(old)), json);
        QVERIFY(evaluationTable({bare}).find(" | - | - |\n") != std::string::npos);
        // One split without a price leaves the mean without one.
        QCOMPARE(overSplits({priced, priced}, {"1", "2"}).macPerFace, priced.macPerFace);
        QCOMPARE(overSplits({priced, bare}, {"1", "2"}).macPerFace, 0.0);
        QVERIFY(toJson(overSplits({bare, priced}, {"1", "2"}))["flop_per_face"].is_null());
    }

    void intervalsAreTheBootstrapOverPeople()
    {
        const Made data = made(15, 3, 5);
        Progress progress;
        VerificationOptions options;
        options.fars = {0.01, 0.1};
        const EvaluationRun run = evaluateVerification(data.set, data.pairs, {}, options, progress);
        const std::vector<float> scores = scorePairs(data.set, represent(data.set, {}, progress), data.pairs, progress);
        // The same people, numbered as they first come up in the pairs.
        std::vector<std::int32_t> number(15, -1);
        std::int32_t next = 0;
        std::vector<std::int32_t> a;
        std::vector<std::int32_t> b;
        const auto person = [&](std::uint32_t t) {
            std::int32_t &p = number[static_cast<std::size_t>(data.set.subjects[t])];
            return p >= 0 ? p : p = next++;
        };
        for (std::size_t i = 0; i < scores.size(); ++i) {
            a.push_back(person(data.pairs.a[i]));
            b.push_back(person(data.pairs.b[i]));
        }
        const PersonPairs pairs(scores, a, b, 15);
        Random random(1, 0x65766131);
        const std::vector<Interval> expected = bootstrap(
            15, 200, 0.95, random, 2,
            [&](std::span<const std::int32_t> m, std::span<double> values) {
                for (std::size_t i = 0; i < 2; ++i)
                    values[i] = pairs.tarAtFar(options.fars[i], m);
            },
            progress);
        for (std::size_t i = 0; i < 2; ++i) {
            QCOMPARE(run.intervals[i].low, expected[i].low);
            QCOMPARE(run.intervals[i].high, expected[i].high);
        }
        QVERIFY(run.intervals[0].low < run.strict[0].tar && run.strict[0].tar < run.intervals[0].high);
        // Labels that contradict the subjects: figures, but no intervals.
        TemplatePairs wrong = data.pairs;
        wrong.genuine[0] ^= 1;
        const EvaluationRun without = evaluateVerification(data.set, wrong, {}, options, progress);
        QVERIFY(without.intervals.empty());
        QVERIFY(without.warnings.front().find("1 pairs are labelled otherwise") != std::string::npos);
        // Some unknown: each for itself.
        TemplateFeatures some = data.set;
        TemplatePairs fewer;
        some.subjects[0] = -1;
        for (std::size_t i = 0; i < data.pairs.a.size(); ++i)
            if (data.pairs.genuine[i] == 0 || data.pairs.b[i] != 0) {
                fewer.a.push_back(data.pairs.a[i]);
                fewer.b.push_back(data.pairs.b[i]);
                fewer.genuine.push_back(data.pairs.genuine[i]);
            }
        const EvaluationRun partly = evaluateVerification(some, fewer, {}, options, progress);
        QCOMPARE(partly.subjects, std::int64_t{16});
        QCOMPARE(partly.intervals.size(), std::size_t{2});
    }

    /// Both conventions against the functions of core/metrics, with tied scores and qualities.
    void discardAgreesWithTheSlowWay()
    {
        Made data = made(14, 4, 9, true);
        for (float &score : data.set.dScores)
            score = std::round(score * 20) / 20;
        Progress progress;
        std::vector<float> scores = scorePairs(data.set, represent(data.set, {}, progress), data.pairs, progress);
        for (float &score : scores)
            score = score == notEnrolled ? score : std::round(score * 50) / 50;
        VerificationOptions options;
        options.scores = scores;
        options.discardFmrs = {0.1, 0.01, 1e-4};
        options.e0s = {0.05};
        for (const TemplateQuality kind : {TemplateQuality::BestDScore, TemplateQuality::MeanDScore}) {
            options.quality = kind;
            const EvaluationRun run = evaluateVerification(data.set, data.pairs, {}, options, progress);
            QCOMPARE(run.discardQuality, name(kind));
            std::vector<double> quality;
            std::vector<double> similarity(scores.begin(), scores.end());
            std::vector<double> mated;
            std::vector<double> matedQuality;
            for (std::size_t i = 0; i < scores.size(); ++i)
                for (const std::uint32_t t : {data.pairs.a[i], data.pairs.b[i]}) {
                    const std::span<const float> own = data.set.dScoresOf(t);
                    double value = -1;
                    if (!own.empty()) {
                        value = kind == TemplateQuality::BestDScore ? static_cast<double>(*std::max_element(own.begin(), own.end())) : 0;
                        if (kind == TemplateQuality::MeanDScore) {
                            for (const float score : own)
                                value += static_cast<double>(score);
                            value = static_cast<double>(static_cast<float>(value / static_cast<double>(own.size())));
                        }
                    }
                    quality.push_back(value);
                    if (data.pairs.genuine[i] != 0) {
                        matedQuality.push_back(value);
                        if (t == data.pairs.a[i])
                            mated.push_back(similarity[i]);
                    }
                }
            const auto slow = recomputedErrorVersusDiscard(similarity, data.pairs.genuine, quality, options.discardFmrs, progress);
            QCOMPARE(run.recomputed.size(), slow.size());
            for (std::size_t c = 0; c < slow.size(); ++c) {
                QCOMPARE(run.recomputed[c].area, slow[c].area);
                QCOMPARE(run.recomputed[c].points.size(), slow[c].points.size());
                for (std::size_t p = 0; p < slow[c].points.size(); ++p) {
                    const RecomputedPoint &is = run.recomputed[c].points[p];
                    const RecomputedPoint &wanted = slow[c].points[p];
                    QCOMPARE(is.realised, wanted.realised);
                    QCOMPARE(is.mated, wanted.mated);
                    QCOMPARE(is.nonMated, wanted.nonMated);
                    QVERIFY(is.fnmr == wanted.fnmr || (std::isnan(is.fnmr) && std::isnan(wanted.fnmr)));
                    QVERIFY(is.threshold == wanted.threshold || (std::isnan(is.threshold) && std::isnan(wanted.threshold)));
                }
            }
            const DiscardCurve fixed = errorVersusDiscard(mated, matedQuality, 0.05);
            QCOMPARE(run.discardAreas.front(), partialArea(fixed, 0.2));
            QCOMPARE(run.discard.front().fnmr, fixed.fnmr);
        }
    }

    void whoHasNoFaceIsNeverFound()
    {
        Made data = made(4, 2, 11);
        // The second template of person 0 loses its face, and the gallery template of person 1.
        TemplateFeatures set = data.set;
        const auto empty = [&](std::size_t t) {
            const auto first = set.begin[t];
            const auto faces = set.size(static_cast<std::int64_t>(t));
            set.features.erase(set.features.begin() + first * 8, set.features.begin() + (first + faces) * 8);
            set.dScores.erase(set.dScores.begin() + first, set.dScores.begin() + first + faces);
            for (std::size_t i = t + 1; i < set.begin.size(); ++i)
                set.begin[i] -= faces;
        };
        empty(1);
        empty(2);
        set.check();
        SearchProtocol protocol;
        protocol.galleries = {{0, 2, 4}};
        protocol.probes = {1, 3, 5, 7}; // 7 is nobody of the gallery
        protocol.ranks = {1, 3, 100};
        Progress progress;
        const Identification found = evaluateSearch(set, represent(set, {}, progress), protocol, progress);
        QCOMPARE(found.galleries.front().mated, std::int64_t{3});
        QCOMPARE(found.galleries.front().rank.back().hits, std::int64_t{1}); // person 2's alone, at whatever rank
        QCOMPARE(found.cmc.size(), std::size_t{3});
        QCOMPARE(found.cmc.back(), 1 / 3.0);
        protocol.galleries = {{0, 1}};
        QVERIFY_EXCEPTION_THROWN(evaluateSearch(set, represent(set, {}, progress), protocol, progress), Error);
        protocol.galleries = {{99}};
        QVERIFY_EXCEPTION_THROWN(evaluateSearch(set, represent(set, {}, progress), protocol, progress), Error);
    }

    void jsonBothWays()
    {
        const Made data = made(12, 4, 3, true);
        Progress progress;
        VerificationOptions options;
        options.tenFold = true;
        options.fars = {1e-6, 0.01};
        EvaluationRun run = evaluateVerification(data.set, data.pairs, {}, options, progress);
        SearchProtocol search;
        search.galleries = {{0, 4, 8}, {12, 16}};
        for (std::uint32_t t = 1; t < 48; t += 2)
            search.probes.push_back(t);
        run.search = evaluateSearch(data.set, represent(data.set, {}, progress), search, progress);
        run.fpirs = search.fpirs;
        run.warnings.push_back("a \"quoted\" warning");
        run.strict[0].threshold = std::numeric_limits<double>::infinity(); // as where nothing is accepted
        const Json json = toJson(run);
        const EvaluationRun back = evaluationFromJson(Json::parse(json.dump()));
        QCOMPARE(toJson(back).dump(), json.dump());
        QVERIFY(std::isinf(back.strict[0].threshold));
        QCOMPARE(back.hardestGenuine.size(), run.hardestGenuine.size());
        QCOMPARE(back.search->galleries.size(), std::size_t{2});
        QCOMPARE(back.search->cmc, run.search->cmc);
        QCOMPARE(back.search->cmc.size(), std::size_t{3});
        QCOMPARE(back.search->curve, run.search->curve);
        // What an older version wrote has no curves.
        Json older = json;
        older["search"].erase("cmc");
        older["search"].erase("tpir_curve");
        const EvaluationRun old = evaluationFromJson(older);
        QVERIFY(old.search->cmc.empty() && old.search->curve.empty());
        QCOMPARE(old.search->rank, run.search->rank);
        older["search"]["cmc"] = "none";
        QVERIFY(throws(older));
        const std::string csv = evaluationCsv({run});
        QVERIFY(csv.find(",cmc,3,") != std::string::npos && csv.find(",cmc,4,") == std::string::npos);
        QVERIFY(csv.find(",tpir_curve,") != std::string::npos);
        QCOMPARE(evaluationsFromJson(toJson(std::vector<EvaluationRun>{run, back})).size(), std::size_t{2});
        // Every field is asked for: without any one of them there is a message, never a crash.
        for (const auto &[key, value] : json.items()) {
            if (key == "ten_fold" || key == "search")
                continue;
            Json lacking = json;
            lacking.erase(key);
            QVERIFY_EXCEPTION_THROWN(evaluationFromJson(lacking), Error);
            Json wrong = json;
            wrong[key] = Json::object();
            QVERIFY2(throws(wrong), key.c_str());
        }
        QVERIFY(throws(Json(3)));
        Json hostile = json;
        hostile["hardest_genuine"] = Json::array({Json::array({-1, 2, 0.5})});
        QVERIFY(throws(hostile));
        hostile = json;
        hostile["schema"] = "dscope.evaluation/2";
        QVERIFY(throws(hostile));
    }

    void tableAndCsv()
    {
        Made data = made(12, 4, 3);
        data.set.benchmark = "IJB-C";
        data.set.synthetic = true;
        Progress progress;
        VerificationOptions options;
        Method method;
        method.title = "=cmd|' /C calc'!A0";
        EvaluationRun run = evaluateVerification(data.set, data.pairs, method, options, progress);
        run.base = "net";
        const std::string table = evaluationTable({run});
        QVERIFY(table.find("## IJB-C (synthetic set)") != std::string::npos);
        QVERIFY(table.find("paper, Table 4: DDL | 92.39 | 94.89 | 96.41 | 97.47 | 98.33 | - |") != std::string::npos);
        QVERIFY(table.find("| 91.14 | 95.75 | 96.94 | 97.72 | 98.36 | - |") != std::string::npos);       // Table 5 has others for the same
        QVERIFY(table.find("=cmd\\|' /C calc'!A0") != std::string::npos);                                // the bar does not end the cell
        QVERIFY(table.find("† The target is less than one of the impostor pairs") != std::string::npos); // 1e-6 of some thousand
        QVERIFY(table.find("‡ Fewer than ten impostor pairs may be accepted") != std::string::npos);     // 1e-3 of them
        const std::string csv = evaluationCsv({run});
        QVERIFY(csv.find("\n=cmd") == std::string::npos && csv.find(",=cmd") == std::string::npos);
        QVERIFY(csv.find(",'=cmd|' /C calc'!A0,") != std::string::npos);
        const CsvTable parsed = parseCsv(csv, "made.csv");
        const std::size_t value = parsed.requireColumn({"value"});
        const std::size_t measure = parsed.requireColumn({"measure"});
        QCOMPARE(parsed.rows.front().cells[measure], std::string("tar"));
        QCOMPARE(*parseNumber(parsed.rows[5].cells[value]), run.strict[5].tar);
        QCOMPARE(*parseNumber(parsed.rows.back().cells[value]), 98.36 / 100);
        QVERIFY(table.find("| public model: ArcFace with flip and detector score |") != std::string::npos);
        const Json json = toJson(std::vector<EvaluationRun>{run, run});
        QCOMPARE(json["paper"]["IJB-C"]["rows"].size(), std::size_t{11});
        QCOMPARE(json["paper"]["IJB-C"]["rows"][2]["percent"][0].get<double>(), 92.39);
    }

    void refusesWhatDoesNotFit()
    {
        const Made data = made(4, 2, 1);
        Progress progress;
        VerificationOptions options;
        TemplatePairs pairs = data.pairs;
        pairs.b[0] = 1000;
        QVERIFY_EXCEPTION_THROWN(evaluateVerification(data.set, pairs, {}, options, progress), Error);
        pairs = data.pairs;
        pairs.genuine.assign(pairs.genuine.size(), 0);
        QVERIFY_EXCEPTION_THROWN(evaluateVerification(data.set, pairs, {}, options, progress), Error);
        pairs.genuine.pop_back();
        QVERIFY_EXCEPTION_THROWN(evaluateVerification(data.set, pairs, {}, options, progress), Error);
        options.fars = {2};
        QVERIFY_EXCEPTION_THROWN(evaluateVerification(data.set, data.pairs, {}, options, progress), Error);
        progress.cancel();
        QVERIFY_EXCEPTION_THROWN(evaluateVerification(data.set, data.pairs, {}, {}, progress), Cancelled);
    }

private:
    static bool throws(const Json &json)
    {
        try {
            evaluationFromJson(json);
            return false;
        } catch (const Error &) {
            return true;
        }
    }
};

DSCOPE_TEST(TestRun)
#include "tst_run.moc"
