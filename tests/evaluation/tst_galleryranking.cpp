// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/evaluation/galleryranking.h"
#include "tests/support/maderetrieval.h"
#include "tests/support/support.h"

#include <QtTest/QtTest>

#include <cmath>

using namespace dscope;
using namespace dscope::test;

class TestGalleryRanking : public QObject {
    Q_OBJECT
    static GalleryRanking ranking(const MadeRetrieval &made, RetrievalDistance distance = RetrievalDistance::SquaredL2)
    {
        Progress progress;
        return {std::make_shared<const TemplateFeatures>(made.set), made.queries, made.gallery, methodNamed("average"), distance, progress};
    }
    static QString text(const std::vector<RankedTrack> &tracks)
    {
        QStringList words;
        for (const RankedTrack &track : tracks)
            words << QStringLiteral("%1%2%3:%4")
                         .arg(track.place)
                         .arg(QStringLiteral("+-~")[static_cast<int>(track.kind)])
                         .arg(track.rank)
                         .arg(static_cast<double>(track.distance));
        return words.join(QLatin1Char(' '));
    }

private Q_SLOTS:
    /// The query lies at 0. Junk and its own person by its own camera are nearest and have no rank, equal distances keep gallery order, and what has no element
    /// comes last. (Right +, wrong -, ignored ~, then the rank.)
    void byHand()
    {
        const GalleryRanking ranked = ranking(handRetrieval());
        QCOMPARE(text(ranked.gallery(0, RetrievalProtocol::Official, 20)), QStringLiteral("4~0:0.015625 3~0:0.25 2-1:1 5-2:1 1+3:4 7+4:9 6-5:inf"));
        // Without tracklet 7, which is a query.
        QCOMPARE(text(ranked.gallery(0, RetrievalProtocol::VideoReid, 20)), QStringLiteral("4~0:0.015625 3~0:0.25 2-1:1 5-2:1 1+3:4 6-4:inf"));
        QCOMPARE(text(ranked.gallery(0, RetrievalProtocol::Official, 2)), QStringLiteral("4~0:0.015625 3~0:0.25 2-1:1 5-2:1"));
        QVERIFY(ranked.gallery(0, RetrievalProtocol::Official, 0).empty());
        QVERIFY_EXCEPTION_THROWN(ranked.gallery(2, RetrievalProtocol::Official, 1), Error);
    }

    /// Two matches at ranks 3 and 4: precision 0, 1/3, 1/2 after ranks 2, 3, 4.
    void outcomes()
    {
        Progress progress;
        const GalleryRanking ranked = ranking(handRetrieval());
        const RankedQueries official = ranked.outcomes(RetrievalProtocol::Official, progress);
        QCOMPARE(official.outcomes.size(), std::size_t{2});
        QCOMPARE(official.outcomes[0].first, std::int64_t{3});
        QVERIFY(std::abs(official.outcomes[0].ap - 7.0 / 24) < 1e-12);
        const RankedQueries video = ranked.outcomes(RetrievalProtocol::VideoReid, progress);
        QCOMPARE(video.outcomes[0].matches, std::int64_t{1});
        QVERIFY(std::abs(video.outcomes[0].ap - 1.0 / 3) < 1e-12);
    }

    /// What is shown agrees with what is counted, for every query of a set with ties and strangers.
    void firstMatchIsWhereTheFiguresSay()
    {
        for (const RetrievalDistance distance : {RetrievalDistance::SquaredL2, RetrievalDistance::Cosine})
            for (const RetrievalProtocol protocol : {RetrievalProtocol::Official, RetrievalProtocol::VideoReid}) {
                const MadeRetrieval made = madeRetrieval();
                Progress progress;
                const GalleryRanking ranked = ranking(made, distance);
                const RankedQueries queries = ranked.outcomes(protocol, progress);
                for (std::size_t q = 0; q < made.queries.size(); ++q) {
                    std::int64_t first = 0;
                    std::int64_t matches = 0;
                    for (const RankedTrack &track : ranked.gallery(q, protocol, std::ssize(made.gallery)))
                        if (track.kind == TrackKind::Right && ++matches == 1)
                            first = track.rank;
                    QCOMPARE(first, queries.outcomes[q].first);
                    QCOMPARE(matches, queries.outcomes[q].matches);
                }
            }
    }

    void refuses()
    {
        Progress progress;
        MadeRetrieval made = handRetrieval();
        made.queries.push_back(8);
        QVERIFY_EXCEPTION_THROWN(ranking(made), Error);
        made = handRetrieval();
        made.set.cameras.clear();
        QVERIFY_EXCEPTION_THROWN(ranking(made), Error);
    }
};

DSCOPE_TEST(TestGalleryRanking)
#include "tst_galleryranking.moc"
