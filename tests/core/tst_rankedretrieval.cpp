// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/device.h"
#include "core/base/error.h"
#include "core/base/random.h"
#include "core/metrics/rankedretrieval.h"
#include "tests/core/golden.h"

#include <algorithm>
#include <limits>

using namespace dscope;
using namespace dscope::test;

namespace {

constexpr RetrievalProtocol both[] = {RetrievalProtocol::Official, RetrievalProtocol::VideoReid};

struct Made {
    std::vector<float> features;
    std::int64_t dim = 0;
    std::vector<std::int64_t> pids, cameras;
    std::vector<std::uint8_t> enrolled;
    std::vector<std::uint32_t> queries, gallery;

    RetrievalTable table() const { return {features, dim, pids, cameras, enrolled, queries, gallery}; }
    std::span<const float> row(std::uint32_t t) const
    {
        return std::span<const float>(features).subspan(static_cast<std::size_t>(t) * static_cast<std::size_t>(dim), static_cast<std::size_t>(dim));
    }
};

/// @param grid 0: any values; else whole numbers up to it, so that many distances are equal
Made make(std::size_t tracks, std::int64_t dim, int grid, std::uint64_t seed, double size = 1)
{
    Made made;
    made.dim = dim;
    Random random(seed);
    const std::size_t people = std::max<std::size_t>(2, tracks / 12);
    std::vector<float> faces(people * static_cast<std::size_t>(dim));
    for (float &value : faces)
        value = grid > 0 ? static_cast<float>(random.below(static_cast<std::uint64_t>(grid))) : static_cast<float>(random.uniform());
    for (std::size_t t = 0; t < tracks; ++t) {
        const auto who = static_cast<std::int64_t>(random.below(people));
        made.pids.push_back(who == 1 ? -1 : who); // and 0, whom nobody looks for
        made.cameras.push_back(static_cast<std::int64_t>(random.below(4)));
        for (std::int64_t d = 0; d < dim; ++d) {
            const float own = faces[static_cast<std::size_t>(who * dim + d)];
            const double noise = grid > 0 ? static_cast<double>(random.below(2)) : 0.8 * random.uniform();
            made.features.push_back(static_cast<float>((static_cast<double>(own) + noise) * size));
        }
        made.gallery.push_back(static_cast<std::uint32_t>(t));
        if (who > 1 && random.below(5) == 0)
            made.queries.push_back(static_cast<std::uint32_t>(t));
    }
    random.shuffle(made.gallery);
    return made;
}

/// The whole matrix, and retrieve().
Retrieval whole(const Made &made, RetrievalDistance distance, RetrievalProtocol protocol, std::int64_t ranks)
{
    std::vector<std::uint32_t> gallery;
    for (const std::uint32_t t : made.gallery)
        if (protocol == RetrievalProtocol::Official || std::find(made.queries.begin(), made.queries.end(), t) == made.queries.end())
            gallery.push_back(t);
    std::vector<float> distances;
    std::vector<std::int64_t> qp, qc, gp, gc;
    for (const std::uint32_t t : gallery) {
        gp.push_back(made.pids[t]);
        gc.push_back(made.cameras[t]);
    }
    for (const std::uint32_t q : made.queries) {
        qp.push_back(made.pids[q]);
        qc.push_back(made.cameras[q]);
        for (const std::uint32_t t : gallery)
            distances.push_back(!made.enrolled.empty() && made.enrolled[t] == 0 ? std::numeric_limits<float>::infinity()
                                                                                : trackDistance(made.row(q), made.row(t), distance));
    }
    Progress progress;
    return retrieve(distances, {qp, qc}, {gp, gc}, protocol, ranks, progress);
}

/// Plain sums in double, in order.
double plainly(std::span<const float> a, std::span<const float> b, RetrievalDistance distance)
{
    double squares = 0, ab = 0, aa = 0, bb = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        const double x = static_cast<double>(a[i]);
        const double y = static_cast<double>(b[i]);
        squares += (x - y) * (x - y);
        ab += x * y, aa += x * x, bb += y * y;
    }
    return distance == RetrievalDistance::SquaredL2 ? squares : 1 - ab / std::sqrt(aa * bb);
}

class Cancelling final : public Progress {
protected:
    void onProgress(std::int64_t done, std::int64_t total) override
    {
        if (total > 1 && done > 0)
            cancel();
    }
};

} // namespace

/// Ranks without a matrix of distances.
class TestRankedRetrieval : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { setThreads(0); }

    void equalsRetrieve_data()
    {
        QTest::addColumn<int>("tracks");
        QTest::addColumn<int>("dim");
        QTest::addColumn<int>("grid");
        QTest::addColumn<double>("size");
        QTest::newRow("one value, nearly all equal") << 300 << 1 << 3 << 1.0;
        QTest::newRow("many ties") << 700 << 5 << 3 << 1.0;
        QTest::newRow("any values") << 900 << 37 << 0 << 1.0;
        QTest::newRow("several parts of a product") << 400 << 1300 << 0 << 1.0;
        QTest::newRow("several blocks") << 2600 << 16 << 0 << 1.0;
        QTest::newRow("several blocks with ties") << 2300 << 6 << 4 << 1.0;
        QTest::newRow("squares beyond float32") << 300 << 24 << 0 << 0x1p90;
        QTest::newRow("squares below float32") << 300 << 24 << 0 << 0x1p-60;
    }

    /// With every figure the same to the last bit.
    void equalsRetrieve()
    {
        QFETCH(int, tracks);
        QFETCH(int, dim);
        QFETCH(int, grid);
        QFETCH(double, size);
        for (const bool lost : {false, true}) {
            Made made = make(static_cast<std::size_t>(tracks), dim, grid, 7);
            if (lost) {
                made.enrolled.assign(made.pids.size(), 1);
                for (std::size_t t = 0; t < made.pids.size(); t += 7)
                    if (std::find(made.queries.begin(), made.queries.end(), static_cast<std::uint32_t>(t)) == made.queries.end())
                        made.enrolled[t] = 0;
            }
            Made large = made;
            for (float &value : large.features)
                value = static_cast<float>(static_cast<double>(value) * size);
            QVERIFY(made.queries.size() > 10);
            for (const RetrievalDistance distance : {RetrievalDistance::SquaredL2, RetrievalDistance::Cosine}) {
                Progress progress;
                const std::vector<RankedQueries> ranked = rankQueries(large.table(), distance, both, progress);
                QCOMPARE(ranked.size(), std::size_t{2});
                for (const RankedQueries &one : ranked) {
                    const Retrieval expected = whole(made, distance, one.protocol, 50);
                    const Retrieval got = summarise(one.outcomes, one.protocol, 50);
                    QCOMPARE(got.map, expected.map);
                    QCOMPARE(got.cmc, expected.cmc);
                    QCOMPARE(got.queries, expected.queries);
                    QCOMPARE(got.unmatched, expected.unmatched);
                }
            }
        }
    }

    /// One protocol alone gives what it gives beside the other; the number of threads changes nothing.
    void oneProtocolAndOneThread()
    {
        const Made made = make(3000, 12, 3, 3);
        Progress progress;
        const auto two = rankQueries(made.table(), RetrievalDistance::SquaredL2, both, progress);
        setThreads(1);
        for (std::size_t p = 0; p < 2; ++p) {
            const auto one = rankQueries(made.table(), RetrievalDistance::SquaredL2, {&both[p], 1}, progress);
            QCOMPARE(one.size(), std::size_t{1});
            QCOMPARE(one[0].gallery, two[p].gallery);
            for (std::size_t q = 0; q < made.queries.size(); ++q) {
                QCOMPARE(one[0].outcomes[q].ap, two[p].outcomes[q].ap);
                QCOMPARE(one[0].outcomes[q].first, two[p].outcomes[q].first);
            }
        }
        setThreads(0);
    }

    /// Against plain sums in double: ranks differ only where two distances are one float32 number.
    void distancesAreThoseOfDouble()
    {
        for (const int dim : {1, 15, 16, 33, 2048}) {
            const Made made = make(60, dim, 0, 11);
            for (const RetrievalDistance distance : {RetrievalDistance::SquaredL2, RetrievalDistance::Cosine})
                for (std::uint32_t t = 1; t < 60; ++t) {
                    const double expected = plainly(made.row(0), made.row(t), distance);
                    const double got = static_cast<double>(trackDistance(made.row(0), made.row(t), distance));
                    QVERIFY2(std::abs(got - expected) <= 0x1p-24 * std::abs(expected) + 1e-12, qPrintable(QString::number(got - expected)));
                }
        }
        const std::vector<float> zero(3, 0.0F), some{1, 2, 3};
        QCOMPARE(trackDistance(zero, some, RetrievalDistance::Cosine), 1.0F);
        QCOMPARE(trackDistance(zero, some, RetrievalDistance::SquaredL2), 14.0F);
    }

    /// Rows that differ by far less than float32 sums of their squares can tell: far from the origin |a|^2 + |b|^2 - 2 a.b cancels.
    void decidesWhatTheProductCannot()
    {
        Made made;
        made.dim = 600;
        made.pids = {5, 9, 5, 9, 9};
        made.cameras = {1, 2, 2, 2, 3};
        made.queries = {0};
        made.gallery = {1, 2, 3, 4};
        for (const float step : {0.0F, 0.0003F, 0.0004F, 0.0005F, 0.0002F})
            for (int d = 0; d < 600; ++d)
                made.features.push_back(1000 + (d == 17 ? step : 0) * 32); // multiples of the spacing of float32 at 1,000
        Progress progress;
        const auto ranked = rankQueries(made.table(), RetrievalDistance::SquaredL2, both, progress);
        for (const RankedQueries &one : ranked)
            QCOMPARE(one.outcomes[0].first, std::int64_t{3}); // behind places 1 and 4, before 3
    }

    /// Tracks: the query (person 5, camera 1); in the gallery itself, pid -1, its own camera, and at the distances 1, 4, 9, 16 a pid 0, a match that is a query
    /// too, another query of person 6, a match.
    void protocolsByHand()
    {
        Made made;
        made.dim = 1;
        made.features = {0, 0.1F, 0.2F, 1, 2, 3, 4};
        made.pids = {5, -1, 5, 0, 5, 6, 5};
        made.cameras = {1, 2, 1, 1, 2, 1, 3};
        made.queries = {0, 4, 5};
        made.gallery = {0, 1, 2, 3, 4, 5, 6};
        Progress progress;
        const auto ranked = rankQueries(made.table(), RetrievalDistance::SquaredL2, both, progress);
        const QueryOutcome official = ranked[0].outcomes[0];
        QCOMPARE(official.matches, std::int64_t{2});
        QCOMPARE(official.first, std::int64_t{2});
        // Ranks 2 and 4: (1/2 + 0) / 2 and (2/4 + 1/3) / 2.
        QVERIFY(std::abs(official.ap - (0.25 + (0.5 + 1.0 / 3) / 2) / 2) < 1e-15);
        const QueryOutcome reid = ranked[1].outcomes[0];
        QCOMPARE(reid.matches, std::int64_t{1});
        QCOMPARE(reid.first, std::int64_t{2}); // behind pid 0 alone
        QCOMPARE(reid.ap, 0.5);
        QCOMPARE(ranked[0].gallery, std::int64_t{6});
        QCOMPARE(ranked[1].gallery, std::int64_t{3});
        // Person 6 has no match.
        QCOMPARE(ranked[0].outcomes[2].matches, std::int64_t{0});
        QVERIFY(isCounted(ranked[0].outcomes[2], RetrievalProtocol::Official));
        QVERIFY(!isCounted(ranked[1].outcomes[2], RetrievalProtocol::VideoReid));
    }

    void withoutAnythingToCompare()
    {
        Made made;
        made.dim = 1;
        made.features = {0, 1, 0, 2, 0, 3};
        made.pids = {5, 6, 5, 7, 8, 5};
        made.cameras = {1, 2, 2, 2, 2, 1};
        made.enrolled = {1, 1, 0, 1, 0, 1};
        made.queries = {0};
        made.gallery = {4, 2, 1, 3, 5};
        Progress progress;
        // Behind 1 and 3, and behind 4, which stands before it; 5 is ignored.
        QCOMPARE(rankQueries(made.table(), RetrievalDistance::SquaredL2, both, progress)[1].outcomes[0].first, std::int64_t{4});
        made.enrolled[0] = 0;
        const auto ranked = rankQueries(made.table(), RetrievalDistance::SquaredL2, both, progress);
        QCOMPARE(ranked[1].outcomes[0].first, std::int64_t{0});
        QCOMPARE(ranked[1].outcomes[0].ap, 0.0);
        QCOMPARE(ranked[1].outcomes[0].matches, std::int64_t{1});
        QVERIFY(isCounted(ranked[1].outcomes[0], RetrievalProtocol::VideoReid)); // or leaving tracks out would help
        const Retrieval figures = summarise(ranked[1].outcomes, RetrievalProtocol::VideoReid, 3);
        QCOMPARE(figures.map, 0.0);
        QCOMPARE(figures.unmatched, std::int64_t{0});
    }

    /// Features whose squared distances to queries of one value -1 each are, but for a constant, twice the ranks of the golden distances: whole numbers below
    /// 2^24, so that what was equal is equal.
    void golden()
    {
        DSCOPE_NEED(goldenDir());
        const std::filesystem::path dir = goldenDir() / "retrieval";
        DSCOPE_NEED(dir / "expected.json");
        const Json expected = readJson(dir / "expected.json");
        const auto distances = floats(readNpy(dir / "distances.npy"));
        const auto qp = integers<std::int64_t>(readNpy(dir / "query_pids.npy"));
        const auto gp = integers<std::int64_t>(readNpy(dir / "gallery_pids.npy"));
        Made made;
        const std::size_t n = qp.size();
        const std::size_t more = 8; // values that make all rows equally long
        made.dim = static_cast<std::int64_t>(n + more);
        made.pids = qp;
        made.pids.insert(made.pids.end(), gp.begin(), gp.end());
        made.cameras = integers<std::int64_t>(readNpy(dir / "query_cams.npy"));
        const auto gc = integers<std::int64_t>(readNpy(dir / "gallery_cams.npy"));
        made.cameras.insert(made.cameras.end(), gc.begin(), gc.end());
        made.features.assign(made.pids.size() * (n + more), 0);
        std::vector<std::int64_t> lengths(gp.size(), 0);
        for (std::size_t q = 0; q < n; ++q) {
            made.features[q * (n + more) + q] = -1;
            made.queries.push_back(static_cast<std::uint32_t>(q));
            const std::span<const float> row = std::span<const float>(distances).subspan(q * gp.size(), gp.size());
            std::vector<float> sorted(row.begin(), row.end());
            std::sort(sorted.begin(), sorted.end());
            for (std::size_t g = 0; g < gp.size(); ++g) {
                const auto rank = std::lower_bound(sorted.begin(), sorted.end(), row[g]) - sorted.begin() - std::ssize(row) / 2;
                made.features[(n + g) * (n + more) + q] = static_cast<float>(rank);
                lengths[g] += rank * rank;
            }
        }
        const std::int64_t longest = *std::max_element(lengths.begin(), lengths.end());
        QVERIFY(longest + 2 * std::ssize(gp) < (1 << 24));
        for (std::size_t g = 0; g < gp.size(); ++g) {
            std::int64_t left = longest - lengths[g];
            for (std::size_t i = 0; i < more; ++i) {
                const auto root = static_cast<std::int64_t>(std::sqrt(static_cast<double>(left)));
                made.features[(n + g) * (n + more) + n + i] = static_cast<float>(root);
                left -= root * root;
            }
            QCOMPARE(left, std::int64_t{0});
            made.gallery.push_back(static_cast<std::uint32_t>(n + g));
        }
        Progress progress;
        for (const RankedQueries &one : rankQueries(made.table(), RetrievalDistance::SquaredL2, both, progress)) {
            const Json &figures = expected[one.protocol == RetrievalProtocol::Official ? "official" : "video_reid"];
            const Retrieval got = summarise(one.outcomes, one.protocol, 20);
            QVERIFY2(near(got.map, figures["mAP"].get<double>()), qPrintable(QString::number(got.map, 'g', 17)));
            QCOMPARE(got.queries, figures["queries"].get<std::int64_t>());
            for (const auto &[k, value] : figures["cmc"].items())
                QVERIFY2(near(got.cmc[static_cast<std::size_t>(std::stoll(k) - 1)], value.get<double>()), k.c_str());
        }
    }

    void figures()
    {
        RankedQueries ranked;
        ranked.protocol = RetrievalProtocol::VideoReid;
        ranked.gallery = 7;
        // Two people: one always found first, one at ranks 3 and never.
        ranked.outcomes = {{1, 2, 1, 1.0}, {2, 1, 3, 1.0 / 3}, {2, 1, 0, 0}, {3, 0, 0, 0}};
        Progress progress;
        RetrievalFiguresOptions options;
        const RetrievalFigures made = figuresOf(ranked, RetrievalDistance::Cosine, options, progress);
        QCOMPARE(made.queries, std::int64_t{3});
        QCOMPARE(made.unmatched, std::int64_t{1});
        QCOMPARE(made.map, (1.0 + 1.0 / 3) / 3);
        QCOMPARE(made.ranks, (std::vector<std::int64_t>{1, 5, 10, 20}));
        QCOMPARE(made.cmc, (std::vector<double>{1.0 / 3, 2.0 / 3, 2.0 / 3, 2.0 / 3}));
        QCOMPARE(made.curve.size(), std::size_t{7}); // no longer than the gallery
        QCOMPARE(made.curve[1], 1.0 / 3);
        QCOMPARE(made.cmcIntervals.size(), std::size_t{4});
        // Resamples are person 1 twice, both, or person 2 twice: mAP 1, 4/9, 1/6.
        QCOMPARE(made.mapInterval.low, 1.0 / 6);
        QCOMPARE(made.mapInterval.high, 1.0);
        QCOMPARE(made.cmcIntervals[0].low, 0.0);
        QCOMPARE(made.mapInterval.resamples, std::int64_t{200});
        const RetrievalFigures again = figuresOf(ranked, RetrievalDistance::Cosine, options, progress);
        QCOMPARE(again.cmcIntervals[1].low, made.cmcIntervals[1].low);
        options.resamples = 0;
        const RetrievalFigures none = figuresOf(ranked, RetrievalDistance::Cosine, options, progress);
        QVERIFY(none.cmcIntervals.empty());
        QCOMPARE(none.mapInterval.resamples, std::int64_t{0});
    }

    void cancels()
    {
        const Made made = make(5000, 64, 0, 5);
        Cancelling progress;
        QVERIFY_THROWS_EXCEPTION(Cancelled, rankQueries(made.table(), RetrievalDistance::SquaredL2, both, progress));
    }

    void refuses()
    {
        Progress progress;
        const auto run = [&](const Made &made) { rankQueries(made.table(), RetrievalDistance::SquaredL2, both, progress); };
        const Made good = make(50, 3, 0, 1);
        Made made = good;
        made.features.pop_back();
        QVERIFY_THROWS_EXCEPTION(Error, run(made));
        made = good;
        made.gallery.push_back(50);
        QVERIFY_THROWS_EXCEPTION(Error, run(made));
        made = good;
        made.queries.clear();
        QVERIFY_THROWS_EXCEPTION(Error, run(made));
        made = good;
        made.features[4] = NAN;
        QVERIFY_THROWS_EXCEPTION(Error, run(made));
        made = good;
        made.enrolled = {1};
        QVERIFY_THROWS_EXCEPTION(Error, run(made));
        QVERIFY_THROWS_EXCEPTION(Error, summarise({}, RetrievalProtocol::Official, 1));
    }
};

DSCOPE_TEST(TestRankedRetrieval)
#include "tst_rankedretrieval.moc"
