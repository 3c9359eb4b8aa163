// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/core/golden.h"

#include "core/base/csv.h"
#include "core/base/error.h"
#include "core/base/random.h"
#include "core/evaluation/paperfigures.h"
#include "core/evaluation/retrievalrun.h"

#include <algorithm>
#include <numeric>

using namespace dscope;

namespace {

/// Tracklets of two values: person 5 looks for itself. By average the match is nearer than the stranger; the first element of the match, which alone has a high
/// score, is farther.
struct Made {
    TemplateFeatures set;
    std::vector<std::uint32_t> queries{0, 4};
    std::vector<std::uint32_t> gallery{0, 1, 2, 3, 4, 5, 6};
};

Made byHand()
{
    Made made;
    TemplateFeatures &set = made.set;
    set.benchmark = "MARS";
    set.dim = 2;
    const auto track = [&](std::int32_t subject, std::int32_t camera, const std::vector<std::pair<std::vector<float>, float>> &elements) {
        for (const auto &[values, score] : elements) {
            set.features.insert(set.features.end(), values.begin(), values.end());
            set.dScores.push_back(score);
        }
        set.begin.push_back(static_cast<std::int64_t>(set.dScores.size()));
        set.ids.push_back(static_cast<std::int64_t>(set.ids.size()));
        set.subjects.push_back(subject);
        set.cameras.push_back(camera);
    };
    set.subjectNames = {"0000", "0005", "0006"};
    track(1, 1, {{{1, 0}, 0.5F}});                     // the query
    track(1, 2, {{{5, 0}, 0.9F}, {{-2.5F, 0}, 0.1F}}); // its match: 1.25 on average, 5 by the best element
    track(0, 1, {{{2, 0}, 0.5F}});                     // a distractor at 1; of the same direction
    track(-1, 3, {{{1, 0}, 0.5F}});                    // junk
    track(2, 1, {{{0, 1}, 0.5F}});                     // a query without a match
    track(1, 1, {{{1, 0}, 0.5F}});                     // the query's own camera
    track(1, 3, {});                                   // a match without elements: last of all
    return made;
}

VerificationOptions optionsOf(RetrievalDistance distance = RetrievalDistance::SquaredL2)
{
    VerificationOptions options;
    options.distance = distance;
    options.baseCost = {1000, 2000};
    return options;
}

EvaluationRun runOf(const Made &made, const char *method, const VerificationOptions &options = optionsOf())
{
    Progress progress;
    return evaluateRetrieval(made.set, made.queries, made.gallery, methodNamed(method), options, progress);
}

bool refused(const Json &json)
{
    try {
        evaluationFromJson(json);
        return false;
    } catch (const Error &) {
        return true;
    }
}

} // namespace

/// A retrieval as a run: figures, JSON, tables.
class TestRetrievalRun : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void figuresByHand()
    {
        const EvaluationRun run = runOf(byHand(), "average");
        QCOMPARE(run.benchmark, std::string("MARS"));
        QCOMPARE(run.templates, std::int64_t{7});
        QCOMPARE(run.faces, std::int64_t{7});
        QCOMPARE(run.notEnrolled, std::int64_t{1});
        QCOMPARE(run.subjects, std::int64_t{2});
        QCOMPARE(run.keptShare, 1.0);
        QCOMPARE(run.macPerFace, 1000.0);
        QCOMPARE(run.retrieval.size(), std::size_t{2});
        // Official: of the four that are left the match (0.0625) is first, then the distractor (1), the other query (2), the match without elements.
        const RetrievalFigures &official = run.retrieval[0];
        QCOMPARE(official.protocol, RetrievalProtocol::Official);
        QCOMPARE(official.gallery, std::int64_t{6});
        QCOMPARE(official.queries, std::int64_t{2});
        QCOMPARE(official.unmatched, std::int64_t{1});
        QCOMPARE(official.map, (1.0 + (2.0 / 4 + 1.0 / 3) / 2) / 2 / 2);
        QCOMPARE(official.cmc, (std::vector<double>{0.5, 0.5, 0.5, 0.5}));
        // Video-reid: without the queries it is third, and the other query is left out.
        const RetrievalFigures &reid = run.retrieval[1];
        QCOMPARE(reid.gallery, std::int64_t{4});
        QCOMPARE(reid.queries, std::int64_t{1});
        QCOMPARE(reid.map, (1.0 + 2.0 / 3) / 2);
        QCOMPARE(reid.curve.size(), std::size_t{4});
        QCOMPARE(reid.mapInterval.resamples, std::int64_t{200});
        QCOMPARE(reid.cmcIntervals.size(), std::size_t{4});
        for (const char *word : {"squared L2", "gallery order", "pid -1", "official", "video-reid", "6 tracklets", "4 tracklets", "no re-ranking"})
            QVERIFY2(run.protocol.find(word) != std::string::npos, run.protocol.c_str());
        QVERIFY(run.strict.empty() && run.hardestGenuine.empty() && isRetrieval(run));
        QCOMPARE(run.warnings.size(), std::size_t{1}); // of the gallery's empty tracklet
    }

    /// Vectors keep their lengths under squared L2, and have none under the cosine.
    void methodAndDistance()
    {
        QCOMPARE(runOf(byHand(), "top-1").retrieval[1].cmc[0], 0.0);
        const EvaluationRun cosine = runOf(byHand(), "top-1", optionsOf(RetrievalDistance::Cosine));
        QCOMPARE(cosine.retrieval[1].cmc[0], 1.0); // ties with the distractor, which comes later
        QCOMPARE(cosine.retrieval[1].distance, RetrievalDistance::Cosine);
        QVERIFY(cosine.protocol.find("cosine") != std::string::npos);
        QCOMPARE(runOf(byHand(), "top-1").keptShare, 6.0 / 7);
        VerificationOptions one = optionsOf();
        one.protocols = {RetrievalProtocol::VideoReid};
        one.resamples = 0;
        const EvaluationRun run = runOf(byHand(), "average", one);
        QCOMPARE(run.retrieval.size(), std::size_t{1});
        QVERIFY(run.retrieval[0].cmcIntervals.empty());
        QVERIFY(run.protocol.find("official") == std::string::npos);
    }

    void queryWithoutElements()
    {
        Made made = byHand();
        made.queries = {6, 0};
        const EvaluationRun run = runOf(made, "average");
        QCOMPARE(run.retrieval[1].queries, std::int64_t{2});
        QCOMPARE(run.retrieval[1].cmc.back(), 0.5);
        QVERIFY(std::any_of(run.warnings.begin(), run.warnings.end(), [](const std::string &text) { return text.find("found nothing") != std::string::npos; }));
    }

    void refuses()
    {
        Made made = byHand();
        made.set.cameras.clear();
        QVERIFY_THROWS_EXCEPTION(Error, runOf(made, "average"));
        made.set.cameras = {1, 2};
        QVERIFY_THROWS_EXCEPTION(Error, runOf(made, "average")); // check()
        made = byHand();
        made.gallery.push_back(7);
        QVERIFY_THROWS_EXCEPTION(Error, runOf(made, "average"));
        made = byHand();
        made.queries = {4}; // has no match
        VerificationOptions reid = optionsOf();
        reid.protocols = {RetrievalProtocol::VideoReid};
        QVERIFY_THROWS_EXCEPTION(Error, runOf(made, "average", reid));
    }

    void words()
    {
        QCOMPARE(retrievalDistanceNamed(""), RetrievalDistance::SquaredL2);
        QCOMPARE(retrievalDistanceNamed("cosine"), RetrievalDistance::Cosine);
        QVERIFY_THROWS_EXCEPTION(UsageError, retrievalDistanceNamed("l1"));
        QVERIFY(retrievalProtocolsNamed("").empty()); // the benchmark's own
        QCOMPARE(retrievalProtocolsNamed("both").size(), std::size_t{2});
        QCOMPARE(retrievalProtocolsNamed("all").size(), std::size_t{3});
        QCOMPARE(retrievalProtocolsNamed("video-reid"), (std::vector<RetrievalProtocol>{RetrievalProtocol::VideoReid}));
        QVERIFY_THROWS_EXCEPTION(UsageError, retrievalProtocolsNamed("mars"));
    }

    void json()
    {
        const EvaluationRun run = runOf(byHand(), "average");
        const Json written = toJson(run);
        QCOMPARE(written["retrieval"].size(), std::size_t{2});
        const EvaluationRun read = evaluationFromJson(written);
        QCOMPARE(toJson(read).dump(), written.dump());
        QCOMPARE(read.retrieval[1].curve, run.retrieval[1].curve);
        QCOMPARE(read.retrieval[0].mapInterval.high, run.retrieval[0].mapInterval.high);
        QCOMPARE(read.retrieval[0].protocol, RetrievalProtocol::Official);

        EvaluationRun other;
        other.benchmark = "LFW";
        QVERIFY(!toJson(other).contains("retrieval"));

        const auto with = [&](const char *field, const Json &value) {
            Json wrong = written;
            wrong["retrieval"][0][field] = value;
            return wrong;
        };
        QVERIFY(!refused(with("map", 0.5)));
        QVERIFY(refused(with("map", 1.5)));
        QVERIFY(refused(with("map", "nan")));
        QVERIFY(refused(with("cmc", Json::array({0.1}))));
        QVERIFY(refused(with("curve", Json::array({-0.1}))));
        QVERIFY(refused(with("ranks", Json::array({0, 5, 10, 20}))));
        QVERIFY(refused(with("cmc_intervals", Json::array({written["retrieval"][0]["map_interval"]}))));
        QVERIFY(refused(with("queries", -1)));
        QVERIFY(refused(with("protocol", "market")));
        QVERIFY(refused(with("distance", "l2")));
        QVERIFY(refused(with("curve", Json(std::vector<double>(100'001, 0.5)))));
        Json wrong = written;
        wrong["retrieval"] = 5;
        QVERIFY(refused(wrong));
    }

    void table()
    {
        const std::string text = evaluationTable({runOf(byHand(), "average"), runOf(byHand(), "top-1")});
        const auto has = [&](const std::string &part) { return text.find(part) != std::string::npos; };
        QVERIFY2(has("Retrieval in percent, official protocol, squared L2, with 95 % intervals"), text.c_str());
        QVERIFY(has("Retrieval in percent, video-reid protocol"));
        QVERIFY(has("| mAP | CMC-1 | CMC-5 | CMC-10 | CMC-20 |"));
        QVERIFY(has("7 tracklets of 7 elements (1 without one), queries of 2 people."));
        QVERIFY(has("| paper, Table 7: average (the image-based row of Gao and Nevatia) | 74.1 | 81.3 | 92.6 | - | 96.7 |"));
        QVERIFY(has("| paper, Table 7: DDL | 77.7 | 84.0 | 94.8 | - | 97.4 |"));
        QVERIFY(has("| Gao and Nevatia: temporal pooling (not in the paper) | 75.8 | 83.1 | 92.8 | 95.3 | 96.8 |"));
        QVERIFY(has("83.33")); // mAP by video-reid
        // The paper's are beside those of its protocol alone.
        QVERIFY(text.find("Table 7: DDL") > text.find("video-reid protocol,"));
        QCOMPARE(text.find("Table 7: DDL"), text.rfind("Table 7: DDL"));
        QVERIFY(!has("TAR") && !has("EER") && !has("impostor") && !has("Ten-fold"));
    }

    void csv()
    {
        const std::string text = evaluationCsv({runOf(byHand(), "average")});
        QVERIFY(text.find("retrieval_map,,official squared L2,") != std::string::npos);
        QVERIFY(text.find("retrieval_rank,10,video-reid squared L2,1,") != std::string::npos);
        QVERIFY(text.find("retrieval_cmc,4,video-reid squared L2,1,,,,,,,1\n") != std::string::npos);
        QVERIFY(text.find("eer") == std::string::npos && text.find("tar,") == std::string::npos && text.find("ten_fold") == std::string::npos);
        QVERIFY(text.find("retrieval_rank,5,video-reid squared L2,0.948,") != std::string::npos); // the paper's
        const CsvTable csv = parseCsv(text, "made.csv");
        for (const auto &row : csv.rows)
            QCOMPARE(row.cells.size(), csv.header.size());
    }

    void splits()
    {
        EvaluationRun first = runOf(byHand(), "average");
        EvaluationRun second = first;
        second.retrieval[1].map = 0.5;
        second.retrieval[1].cmc[0] = 0;
        second.retrieval[1].curve = {0, 0.5};
        const EvaluationRun all = overSplits({first, second}, {"1", "2"});
        QCOMPARE(all.retrieval.size(), std::size_t{2});
        QCOMPARE(all.retrieval[1].map, first.retrieval[1].map / 2 + 0.25);
        QCOMPARE(all.retrieval[1].cmc[0], 0.5);
        QCOMPARE(all.retrieval[1].curve, (std::vector<double>{0.5, 0.75, 0.75, 0.75}));
        QCOMPARE(all.retrieval[1].queries, std::int64_t{2});
        QVERIFY(all.retrieval[1].cmcIntervals.empty() && all.retrieval[1].mapInterval.resamples == 0);
        second.retrieval.pop_back();
        QVERIFY_THROWS_EXCEPTION(Error, overSplits({first, second}, {"1", "2"}));
        second.retrieval.clear();
        QVERIFY(overSplits({first, second}, {"1", "2"}).retrieval.empty());
    }
};

DSCOPE_TEST(TestRetrievalRun)
#include "tst_retrievalrun.moc"
