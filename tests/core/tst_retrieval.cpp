// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/metrics/retrieval.h"
#include "tests/support/support.h"

#include <cmath>

using namespace dscope;

class TestRetrieval : public QObject {
    Q_OBJECT

    using Ids = std::vector<std::int64_t>;

    static Retrieval run(const std::vector<float> &distances, const Ids &qp, const Ids &qc, const Ids &gp, const Ids &gc, RetrievalProtocol protocol)
    {
        Progress progress;
        return retrieve(distances, {qp, qc}, {gp, gc}, protocol, 3, progress);
    }

private Q_SLOTS:
    /// After pid -1 and the own camera are gone the ranks hold: negative, match, negative (pid 0), match.
    void byHand()
    {
        const std::vector<float> d{0.1f, 0.2f, 0.3f, 0.4f, 0.5f, 0.6f};
        const Ids gp{-1, 5, 9, 5, 0, 5};
        const Ids gc{2, 1, 1, 2, 2, 3};
        const Retrieval reid = run(d, {5}, {1}, gp, gc, RetrievalProtocol::VideoReid);
        QCOMPARE(reid.map, (0.5 + 0.5) / 2);
        QCOMPARE(reid.cmc, (std::vector<double>{0, 1, 1}));
        const Retrieval official = run(d, {5}, {1}, gp, gc, RetrievalProtocol::Official);
        // Rank 2: (1/2 + 0) / 2; rank 4: (2/4 + 1/3) / 2.
        QVERIFY(std::abs(official.map - (0.25 + (0.5 + 1.0 / 3) / 2) / 2) < 1e-12);
        QCOMPARE(official.queries, std::int64_t{1});
    }

    void perfectAndFirstRank()
    {
        // precision(0) is 1, so a hit at rank 1 counts fully.
        QCOMPARE(run({0, 1}, {5}, {1}, {5, 6}, {2, 2}, RetrievalProtocol::Official).map, 1.0);
    }

    void tiesKeepGalleryOrder()
    {
        QCOMPARE(run({1, 1, 1}, {5}, {1}, {6, 5, 7}, {2, 2, 2}, RetrievalProtocol::VideoReid).map, 0.5);
        QCOMPARE(run({1, 1, 1}, {5}, {1}, {5, 6, 7}, {2, 2, 2}, RetrievalProtocol::VideoReid).map, 1.0);
    }

    void queriesWithoutAMatch()
    {
        const std::vector<float> d{0, 1, 0, 1};
        const Retrieval official = run(d, {5, 8}, {1, 1}, {5, 6}, {2, 2}, RetrievalProtocol::Official);
        QCOMPARE(official.queries, std::int64_t{2});
        QCOMPARE(official.map, 0.5);
        QCOMPARE(official.cmc.back(), 0.5);
        QCOMPARE(official.unmatched, std::int64_t{1});
        const Retrieval reid = run(d, {5, 8}, {1, 1}, {5, 6}, {2, 2}, RetrievalProtocol::VideoReid);
        QCOMPARE(reid.queries, std::int64_t{1});
        QCOMPARE(reid.map, 1.0);
        QCOMPARE(reid.unmatched, std::int64_t{1});
        QVERIFY_THROWS_EXCEPTION(Error, run({0, 1}, {8}, {1}, {5, 6}, {2, 2}, RetrievalProtocol::VideoReid));
    }

    void refuses()
    {
        QVERIFY_THROWS_EXCEPTION(Error, run({0}, {5}, {1}, {5, 6}, {2, 2}, RetrievalProtocol::Official));
        QVERIFY_THROWS_EXCEPTION(Error, run({0, NAN}, {5}, {1}, {5, 6}, {2, 2}, RetrievalProtocol::Official));
        QVERIFY_THROWS_EXCEPTION(Error, run({0, 1}, {5}, {}, {5, 6}, {2, 2}, RetrievalProtocol::Official));
        QCOMPARE(name(RetrievalProtocol::VideoReid), std::string("video-reid"));
    }
};

DSCOPE_TEST(TestRetrieval)
#include "tst_retrieval.moc"
