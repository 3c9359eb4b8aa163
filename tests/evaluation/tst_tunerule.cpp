// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/support.h"

#include "core/base/error.h"
#include "core/base/random.h"
#include "core/evaluation/tunerule.h"

#include <algorithm>
#include <set>

using namespace dscope;

namespace {

/// Eight faces of each of twenty people, three degraded versions each, whose features have nothing of the person. @param honest whether D-scores say so;
/// otherwise the ruined versions have the high ones
FacePool pool(bool honest)
{
    constexpr int dim = 16;
    FacePool made;
    made.name = "made faces";
    made.dim = dim;
    made.versions = 3;
    Random random(7);
    for (int p = 0; p < 20; ++p) {
        made.people.push_back("p" + std::to_string(p));
        std::vector<double> centre(dim);
        for (double &value : centre)
            value = random.normal();
        for (int i = 0; i < 8; ++i) {
            made.labels.push_back(p);
            for (int v = 0; v <= 3; ++v) {
                for (const double value : centre)
                    made.features.push_back(static_cast<float>((v == 0 ? value : 0) + (v == 0 ? 0.7 : 1.5) * random.normal()));
                const double high = random.uniform(0.6, 0.8);
                const double low = random.uniform(0.16, 0.3);
                made.dScores.push_back(static_cast<float>((v == 0) == honest ? high : low));
            }
        }
    }
    return made;
}

std::vector<RulePart> parts(const FacePool &from, int draws)
{
    std::vector<RulePart> made;
    for (const bool degraded : {false, true}) {
        RulePart part{degraded ? "4, degraded" : "4, clean", {}};
        for (int draw = 0; draw < draws; ++draw)
            part.draws.push_back(drawTemplates(from, {4, degraded, 0.5, 2, 1}, draw));
        made.push_back(std::move(part));
    }
    return made;
}

TuneOptions options()
{
    TuneOptions made;
    made.compare.fars = {0.01};
    made.compare.resamples = 60;
    return made;
}

} // namespace

class TestTuneRule : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void goodScoresGiveARuleThatUsesThem()
    {
        Progress progress;
        const TunedRule tuned = tuneRule(parts(pool(true), 4), ruleCandidates(), options(), progress);
        QCOMPARE(tuned.tried.size(), ruleCandidates().size());
        const TriedRule &best = tuned.tried[tuned.best];
        QVERIFY2(best.method.options.method != Aggregator::Average, nameOf(best.method).c_str());
        QVERIFY(best.safe && best.judged);
        QVERIFY(best.meanGain > 0.02);
        QVERIFY(best.leastGain >= -options().worstLoss);
        // By mean gain; every rule before it was found unsafe.
        for (std::size_t i = 0; i < tuned.tried.size(); ++i) {
            QVERIFY(i == 0 || tuned.tried[i - 1].meanGain >= tuned.tried[i].meanGain);
            QVERIFY(i >= tuned.best || !tuned.tried[i].safe);
        }
        // The figures are those of a comparison: one row a part and FAR.
        QCOMPARE(best.rows.size(), std::size_t{2});
        QCOMPARE(best.meanGain, (best.rows[0].gain + best.rows[1].gain) / 2);
        QCOMPARE(best.leastGain, std::min(best.rows[0].gain, best.rows[1].gain));
    }

    void misleadingScoresGiveTheAverage()
    {
        Progress progress;
        const TunedRule tuned = tuneRule(parts(pool(false), 4), ruleCandidates(), options(), progress);
        QCOMPARE(nameOf(tuned.tried[tuned.best].method), std::string("average"));
        QCOMPARE(tuned.tried[tuned.best].meanGain, 0.0);
    }

    void theAverageIsAlwaysThere()
    {
        Progress progress;
        const TunedRule tuned = tuneRule(parts(pool(false), 2), {methodNamed("ddl")}, options(), progress);
        QCOMPARE(tuned.tried.size(), std::size_t{2});
        QCOMPARE(nameOf(tuned.tried[tuned.best].method), std::string("average"));
        QVERIFY_THROWS_EXCEPTION(Error, tuneRule({}, ruleCandidates(), options(), progress));
        Progress cancelled;
        cancelled.cancel();
        QVERIFY_THROWS_EXCEPTION(Cancelled, tuneRule(parts(pool(true), 2), ruleCandidates(), options(), cancelled));
    }

    /// Whoever draws people alone takes the draws for all that there could be.
    void intervalsAreOverDrawsToo()
    {
        Progress progress;
        const std::vector<RulePart> made = parts(pool(true), 3);
        CompareOptions people = options().compare;
        people.resamples = 400;
        people.resampleDraws = false;
        CompareOptions both = people;
        both.resampleDraws = true;
        const auto width = [&](const CompareOptions &how) {
            const ComparedRow row = compareMethods(made.back().draws, {methodNamed("top-1")}, how, "x", progress).front();
            return row.interval.high - row.interval.low;
        };
        QVERIFY(width(both) > width(people));
        // And they come out the same every time.
        QCOMPARE(width(both), width(both));
    }

    void theTableNamesTheChosenRule()
    {
        Progress progress;
        const TunedRule tuned = tuneRule(parts(pool(false), 2), ruleCandidates(), options(), progress);
        CompareHeading heading;
        heading.set = "made | faces";
        const std::string text = tunedRuleMarkdown(tuned, heading, 3);
        QVERIFY(text.find("**`average`** | +0.00 | +0.00 | yes: chosen") != std::string::npos);
        QCOMPARE(std::count(text.begin(), text.end(), '\n'), std::ptrdiff_t{6 + 3 + (tuned.best >= 3 ? 1 : 0)});
    }
};

DSCOPE_TEST(TestTuneRule)
#include "tst_tunerule.moc"
