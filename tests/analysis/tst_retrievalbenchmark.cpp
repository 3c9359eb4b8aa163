// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/support.h"

#include "core/analysis/evaluation.h"
#include "core/base/error.h"
#include "core/base/random.h"

#include <algorithm>
#include <cmath>

using namespace dscope;

namespace {

/// Tracklets of people seen by four cameras, whose elements are noisy: the noisier, the lower their scores.
std::shared_ptr<EvaluationSet> madeSet()
{
    auto benchmark = std::make_shared<Benchmark>();
    auto features = std::make_shared<TemplateFeatures>();
    benchmark->name = features->benchmark = "made tracklets";
    benchmark->task = "reid";
    benchmark->synthetic = features->synthetic = true;
    features->dim = 16;
    BenchmarkSplit &split = benchmark->splits.emplace_back();
    Random random(4);
    for (int person = 0; person < 30; ++person) {
        std::vector<double> centre(16);
        for (double &value : centre)
            value = random.normal();
        features->subjectNames.push_back(std::to_string(person));
        for (int t = 0; t < 8; ++t) {
            for (int e = 0; e < 6; ++e) {
                const double noise = random.uniform(0.2, 4);
                for (const double value : centre)
                    features->features.push_back(static_cast<float>(value + noise * random.normal()));
                features->dScores.push_back(static_cast<float>(1 / (1 + noise * noise)));
            }
            const auto place = static_cast<std::uint32_t>(features->ids.size());
            features->begin.push_back(std::ssize(features->dScores));
            features->ids.push_back(place);
            features->subjects.push_back(person == 29 ? -1 : person);
            features->cameras.push_back(t % 4);
            split.retrieval.gallery.push_back(place);
            if (t == 0 && person > 0 && person < 29)
                split.retrieval.queries.push_back(place);
        }
    }
    benchmark->begin = features->begin;
    benchmark->cameras = features->cameras;
    auto set = std::make_shared<EvaluationSet>();
    set->benchmark = benchmark;
    set->features = features;
    set->ddnet = "none";
    set->base = "made";
    return set;
}

} // namespace

/// A benchmark whose splits are queries and a gallery, by the way of every evaluation.
class TestRetrievalBenchmark : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void methods()
    {
        const auto set = madeSet();
        set->check();
        Progress progress;
        const std::vector<EvaluationRun> runs = evaluateMethods(*set, {methodNamed("average"), methodNamed("ddl")}, {}, progress);
        QCOMPARE(runs.size(), std::size_t{2});
        for (const EvaluationRun &run : runs) {
            QCOMPARE(run.retrieval.size(), std::size_t{2});
            QCOMPARE(run.retrieval[0].queries, std::int64_t{28});
            QCOMPARE(run.retrieval[0].gallery, std::int64_t{232}); // without the tracklets of nobody
            QCOMPARE(run.retrieval[1].gallery, std::int64_t{204});
            QVERIFY(run.strict.empty() && run.discard.empty() && run.rocFar.empty());
            QCOMPARE(run.base, std::string("made"));
            QVERIFY2(run.warnings.empty(), run.warnings.empty() ? "" : run.warnings.front().c_str()); // of pairs, say
            QVERIFY(run.retrieval[1].mapInterval.low < run.retrieval[1].map && run.retrieval[1].map < run.retrieval[1].mapInterval.high);
        }
        // Noise is what the scores tell of.
        QVERIFY(runs[1].retrieval[0].map > runs[0].retrieval[0].map);
        QVERIFY(evaluationTable(runs).find("(synthetic set)") != std::string::npos);
    }

    void distanceAndProtocol()
    {
        const auto set = madeSet();
        Progress progress;
        VerificationOptions options;
        options.distance = RetrievalDistance::Cosine;
        options.protocols = {RetrievalProtocol::VideoReid};
        const EvaluationRun run = evaluateMethods(*set, {methodNamed("average")}, options, progress).front();
        QCOMPARE(run.retrieval.size(), std::size_t{1});
        QCOMPARE(run.retrieval[0].distance, RetrievalDistance::Cosine);
        QCOMPARE(run.retrieval[0].protocol, RetrievalProtocol::VideoReid);
    }

    /// Pairs and queries in one split: both are measured.
    void besidePairs()
    {
        const auto set = madeSet();
        auto benchmark = std::make_shared<Benchmark>(*set->benchmark);
        benchmark->splits[0].pairs = {{0, 0}, {1, 8}, {1, 0}};
        set->benchmark = benchmark;
        Progress progress;
        VerificationOptions options;
        options.resamples = 0;
        const EvaluationRun run = evaluateMethods(*set, {methodNamed("average")}, options, progress).front();
        QCOMPARE(run.retrieval.size(), std::size_t{2});
        QVERIFY(!run.strict.empty());
        const std::string text = evaluationTable({run});
        QVERIFY(text.find("TAR") != std::string::npos && text.find("mAP") != std::string::npos);
    }

    void refuses()
    {
        const auto set = madeSet();
        auto benchmark = std::make_shared<Benchmark>(*set->benchmark);
        benchmark->splits[0].retrieval.gallery.push_back(240);
        set->benchmark = benchmark;
        QVERIFY_THROWS_EXCEPTION(Error, set->check());
    }
};

DSCOPE_TEST(TestRetrievalBenchmark)
#include "tst_retrievalbenchmark.moc"
