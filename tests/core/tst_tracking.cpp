// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/base/overlap.h"
#include "core/metrics/tracking.h"
#include "tests/support/support.h"

#include <algorithm>
#include <limits>

using namespace dscope;

namespace {

/// A box of 10 x 10.
TrackBox box(std::int64_t frame, std::int64_t id, float x, float y = 0)
{
    return {frame, id, {x, y, 10, 10}};
}

bool near(double a, double b)
{
    return std::abs(a - b) < 1e-6;
}

} // namespace

/// CLEAR MOT and IDF1 on sequences counted by hand.
class TestTracking : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void overlaps()
    {
        QCOMPARE(overlap({0, 0, 10, 10}, {5, 0, 10, 10}), 50.F / 150);
        QCOMPARE(overlap({0, 0, 10, 10}, {10, 0, 10, 10}), 0.F);
        QCOMPARE(overlap({0, 0, 0, 10}, {0, 0, 10, 10}), 0.F);
    }

    void perfect()
    {
        const std::vector<TrackBox> truth{box(1, 7, 0), box(1, 3, 50), box(2, 7, 1), box(2, 3, 51)};
        const std::vector<TrackBox> found{box(2, 0, 51), box(1, 0, 50), box(1, 1, 0), box(2, 1, 1)};
        const TrackingFigures figures = trackingFigures(truth, found);
        QCOMPARE(figures.matches, std::int64_t{4});
        QCOMPARE(figures.switches, std::int64_t{0});
        QCOMPARE(figures.people, std::int64_t{2});
        QCOMPARE(figures.tracks, std::int64_t{2});
        for (const double value : {figures.recall(), figures.precision(), figures.mota(), figures.idf1(), figures.meanOverlap(), figures.idRecall()})
            QCOMPARE(value, 1.);
    }

    /// One person of five frames; track 1 has frames 1 to 3, track 2 frames 4 and 5, and there is a false alarm in frame 3.
    void oneSwitch()
    {
        std::vector<TrackBox> truth;
        std::vector<TrackBox> found;
        for (int i = 1; i <= 5; ++i) {
            truth.push_back(box(i, 1, 0));
            found.push_back(box(i, i <= 3 ? 1 : 2, 0));
        }
        found.push_back(box(3, 9, 100));
        const TrackingFigures figures = trackingFigures(truth, found);
        QCOMPARE(figures.matches, std::int64_t{5});
        QCOMPARE(figures.switches, std::int64_t{1});
        QVERIFY(near(figures.mota(), 1 - (0 + 1 + 1) / 5.));
        QVERIFY(near(figures.precision(), 5. / 6));
        QCOMPARE(figures.idMatches, std::int64_t{3});
        QVERIFY(near(figures.idf1(), 2 * 3. / (5 + 6)));
        QVERIFY(near(figures.idRecall(), 3. / 5));
        QVERIFY(near(figures.idPrecision(), 3. / 6));
    }

    /// Two people swap tracks in the middle of six frames: two switches, and IDF1 of a half.
    void swap()
    {
        std::vector<TrackBox> truth;
        std::vector<TrackBox> found;
        for (int i = 0; i < 6; ++i) {
            truth.push_back(box(i, 1, 0));
            truth.push_back(box(i, 2, 50));
            found.push_back(box(i, i < 3 ? 1 : 2, 0));
            found.push_back(box(i, i < 3 ? 2 : 1, 50));
        }
        const TrackingFigures figures = trackingFigures(truth, found);
        QCOMPARE(figures.switches, std::int64_t{2});
        QVERIFY(near(figures.mota(), 1 - 2. / 12));
        QVERIFY(near(figures.idf1(), 0.5));
    }

    /// A pair that was matched stays matched while it may, though another track is nearer by now; a gap is not a switch.
    void keepsItsPair()
    {
        // Track 1 drifts to 3 pixels off (overlap 70 / 130 = .54), track 2 sits on the person from frame 2 on.
        const std::vector<TrackBox> truth{box(1, 1, 0), box(2, 1, 0), box(4, 1, 0)};
        const std::vector<TrackBox> found{box(1, 1, 0), box(2, 1, 3), box(2, 2, 0), box(4, 1, 0)};
        TrackingFigures figures = trackingFigures(truth, found);
        QCOMPARE(figures.switches, std::int64_t{0});
        QCOMPARE(figures.matches, std::int64_t{3});
        QVERIFY(near(figures.overlapSum, 2 + 70. / 130));
        QVERIFY(near(figures.mota(), 1 - 1. / 3));
        // Drifted too far: the other one takes it, and that is a switch; so is the way back.
        figures = trackingFigures(truth, std::vector<TrackBox>{box(1, 1, 0), box(2, 1, 4), box(2, 2, 0), box(4, 1, 0)});
        QCOMPARE(figures.switches, std::int64_t{2});
        // A looser rule lets it stay.
        figures = trackingFigures(truth, std::vector<TrackBox>{box(1, 1, 0), box(2, 1, 4), box(2, 2, 0), box(4, 1, 0)}, 0.4);
        QCOMPARE(figures.switches, std::int64_t{0});
    }

    /// A track that went over to another person is not claimed back by the first one.
    void newOwner()
    {
        // Frame 1: person 1 has track 1. Frame 2: person 2 has it. Frame 3: both stand where it is; person 2 keeps it.
        const std::vector<TrackBox> truth{box(1, 1, 0), box(2, 2, 0), box(3, 1, 1), box(3, 2, 0)};
        const std::vector<TrackBox> found{box(1, 1, 0), box(2, 1, 0), box(3, 1, 1)};
        const TrackingFigures figures = trackingFigures(truth, found);
        QCOMPARE(figures.matches, std::int64_t{3});
        QCOMPARE(figures.switches, std::int64_t{0});
        QVERIFY(near(figures.overlapSum, 2 + 90. / 110));
    }

    /// As many pairs as can be: the nearest pair would leave one without.
    void assignedTogether()
    {
        // Overlaps: 1-1 .818 (1 off), 1-2 .538 (3 off), 2-1 .667 (2 off), 2-2 below.
        const std::vector<TrackBox> truth{box(1, 1, 0), box(1, 2, 3)};
        const std::vector<TrackBox> found{box(1, 1, 1), box(1, 2, -3)};
        QCOMPARE(trackingFigures(truth, found).matches, std::int64_t{2});
        QVERIFY(near(trackingFigures(truth, found).overlapSum, 70. / 130 + 80. / 120));
    }

    /// False alarms of frames without a truth count, and MOTA may be below zero.
    void nothing()
    {
        TrackingFigures figures = trackingFigures({}, {});
        for (const double value : {figures.recall(), figures.precision(), figures.mota(), figures.idf1(), figures.meanOverlap()})
            QCOMPARE(value, 0.);
        figures = trackingFigures(std::vector<TrackBox>{box(1, 1, 0)}, std::vector<TrackBox>{box(2, 1, 0), box(3, 1, 0)});
        QCOMPARE(figures.matches, std::int64_t{0});
        QCOMPARE(figures.mota(), -2.);
        QCOMPARE(figures.idf1(), 0.);
    }

    void refused()
    {
        const std::vector<TrackBox> one{box(1, 1, 0)};
        QVERIFY_THROWS_EXCEPTION(Error, trackingFigures(std::vector<TrackBox>{box(1, 1, 0), box(1, 1, 5)}, one));
        QVERIFY_THROWS_EXCEPTION(Error, trackingFigures(one, std::vector<TrackBox>{box(1, 1, std::numeric_limits<float>::quiet_NaN())}));
        QVERIFY_THROWS_EXCEPTION(Error, trackingFigures(one, one, 0));
        QVERIFY_THROWS_EXCEPTION(Error, trackingFigures(one, one, 1.5));
    }
};

DSCOPE_TEST(TestTracking)
#include "tst_tracking.moc"
