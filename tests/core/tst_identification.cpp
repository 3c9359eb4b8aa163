// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/metrics/identification.h"
#include "tests/support/support.h"

#include <algorithm>
#include <cmath>

using namespace dscope;

class TestIdentification : public QObject {
    Q_OBJECT

    using Ids = std::vector<std::int64_t>;

    /// A unit vector at an angle in degrees, times a length that must not matter.
    static void add(std::vector<float> &features, double degrees, double length = 1)
    {
        features.push_back(static_cast<float>(length * std::cos(degrees * M_PI / 180)));
        features.push_back(static_cast<float>(length * std::sin(degrees * M_PI / 180)));
    }

    static GallerySearch search(const std::vector<double> &gallery, const Ids &galleryIds, const std::vector<double> &probes, const Ids &probeIds,
                                const std::vector<double> &fpirs, const Ids &ranks)
    {
        std::vector<float> g;
        std::vector<float> p;
        double length = 1;
        for (const double degrees : gallery)
            add(g, degrees, length += 0.5);
        for (const double degrees : probes)
            add(p, degrees, length += 0.5);
        Progress progress;
        return searchGallery({g, galleryIds}, {p, probeIds}, 2, fpirs, ranks, progress);
    }

private Q_SLOTS:
    /// Gallery at 0, 90 and 180 degrees. Mated probes 10 (of 0: rank 1), 60 (of 0: rank 2), 170 (of 180: rank 1), 85 (of 180: rank 2).
    /// Non-mated probes 45 (cos 45), 100 (cos 10), 150 (cos 30), 120 (cos 30).
    void byHand()
    {
        const GallerySearch s =
            search({0, 90, 180}, {1, 2, 3}, {10, 60, 170, 85, 45, 100, 150, 120}, {1, 1, 3, 3, 9, 9, 8, 7}, {0.25, 0.5, 1.0, 0.1}, {1, 2, 3});
        QCOMPARE(s.mated, std::int64_t{4});
        QCOMPARE(s.nonMated, std::int64_t{4});
        QCOMPARE(s.rank[0].hits, std::int64_t{2});
        QCOMPARE(s.rank[1].hits, std::int64_t{3}); // 85 has two negatives above its mate
        QCOMPARE(s.rank[2].hits, std::int64_t{4});
        // FPIR 0.25: the largest of the non-mated, cos 10, which two mated probes have too. Rounding may part those, so hits are not asked for.
        QVERIFY(std::abs(s.tpir[0].threshold - std::cos(10 * M_PI / 180)) < 1e-6);
        QVERIFY(std::abs(s.tpir[1].threshold - std::cos(30 * M_PI / 180)) < 1e-6);
        QCOMPARE(s.tpir[1].hits, std::int64_t{2});
        QCOMPARE(s.tpir[1].tpir, 0.5);
        QVERIFY(std::abs(s.tpir[2].threshold - std::cos(45 * M_PI / 180)) < 1e-6);
        QCOMPARE(s.tpir[2].nonMatedAccepted, std::int64_t{3});
        QCOMPARE(s.tpir[2].realisedFpir, 0.75);
        QCOMPARE(s.tpir[3].threshold, s.tpir[0].threshold); // int(4 * 0.1) - 1 is below 0
        // Every rank up to the gallery's size, cumulated: 2 at rank 1, 1 at rank 2, 1 at rank 3.
        QCOMPARE(s.cmc, (Ids{2, 3, 4}));
        // The curve agrees with the targets wherever both are, and never falls.
        const std::vector<double> &fpirs = searchCurveFpirs();
        QCOMPARE(s.curve.size(), fpirs.size());
        QCOMPARE(fpirs.size(), std::size_t{41});
        QCOMPARE(fpirs.front(), 1e-4);
        QCOMPARE(fpirs.back(), 1.0);
        QVERIFY(std::is_sorted(s.curve.begin(), s.curve.end()));
        const GallerySearch same = search({0, 90, 180}, {1, 2, 3}, {10, 60, 170, 85, 45, 100, 150, 120}, {1, 1, 3, 3, 9, 9, 8, 7}, fpirs, {1});
        for (std::size_t i = 0; i < fpirs.size(); ++i)
            QCOMPARE(s.curve[i], same.tpir[i].tpir);
    }

    /// Ranks stop at the bound in a large gallery, and at the gallery's size in a small one; what is never found is at no rank.
    void cmcIsBounded()
    {
        std::vector<double> gallery;
        Ids ids;
        for (int i = 0; i < 150; ++i) {
            gallery.push_back(i);
            ids.push_back(i);
        }
        // A probe at 149 degrees: its mate at 0 comes last, at rank 150; the one of 120 at rank 30.
        const GallerySearch s = search(gallery, ids, {149, 149, 149}, {0, 120, 777}, {1.0}, {1});
        QCOMPARE(std::ssize(s.cmc), cmcRanks);
        QCOMPARE(s.cmc[28], std::int64_t{0});
        QCOMPARE(s.cmc[29], std::int64_t{1});
        QCOMPARE(s.cmc.back(), std::int64_t{1});
    }

    void tiesAreNoHits()
    {
        // The probe lies on the mate and a second gallery entry lies there too: not strictly above its own best negative, but rank 1.
        const GallerySearch s = search({0, 0, 90}, {1, 2, 3}, {0, 45}, {1, 9}, {1.0}, {1});
        QCOMPARE(s.tpir[0].hits, std::int64_t{0});
        QCOMPARE(s.rank[0].hits, std::int64_t{1});
    }

    void galleryOfOne()
    {
        const GallerySearch s = search({0}, {1}, {5, 90}, {1, 2}, {0.01}, {1});
        QCOMPARE(s.tpir[0].tpir, 1.0);
    }

    void galleriesTogether()
    {
        GallerySearch a;
        a.mated = 10;
        a.tpir = {{0.01, 0.5, 0, 5, 0, 0}};
        a.rank = {{1, 6}};
        GallerySearch b;
        b.mated = 30;
        b.tpir = {{0.01, 0.9, 0, 27, 0, 0}};
        b.rank = {{1, 30}};
        const Identification both = combine({a, b});
        QCOMPARE(both.tpir[0], 0.7);
        QCOMPARE(both.rank[0], 0.9);
        QVERIFY(both.cmc.empty() && both.curve.empty()); // as in what an older version wrote
        // A gallery of two beside one of three: who is found in the smaller one at all has been found at rank 2.
        a.cmc = {4, 6};
        b.cmc = {10, 20, 30};
        a.curve.assign(searchCurveFpirs().size(), 0.5);
        b.curve.assign(searchCurveFpirs().size(), 1);
        const Identification whole = combine({a, b});
        QCOMPARE(whole.cmc, (std::vector<double>{14 / 40.0, 26 / 40.0, 36 / 40.0}));
        QCOMPARE(whole.curve.front(), 0.75);
        b.rank.clear();
        QVERIFY_THROWS_EXCEPTION(Error, combine({a, b}));
        QVERIFY_THROWS_EXCEPTION(Error, combine({}));
    }

    void refuses()
    {
        QVERIFY_THROWS_EXCEPTION(Error, search({0, 90}, {1, 1}, {0, 9}, {1, 5}, {0.1}, {1}));
        QVERIFY_THROWS_EXCEPTION(Error, search({0, 90}, {1, 2}, {0, 9}, {1, 2}, {0.1}, {1}));
        QVERIFY_THROWS_EXCEPTION(Error, search({0, 90}, {1, 2}, {0, 9}, {7, 8}, {0.1}, {1}));
        QVERIFY_THROWS_EXCEPTION(Error, search({0, 90}, {1, 2}, {0, 9}, {1, 8}, {1.5}, {1}));
        QVERIFY_THROWS_EXCEPTION(Error, search({0, 90}, {1}, {0, 9}, {1, 8}, {0.1}, {1}));
    }
};

DSCOPE_TEST(TestIdentification)
#include "tst_identification.moc"
