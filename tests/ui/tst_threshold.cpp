// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/weights.h"
#include "tests/support/analysis.h"
#include "tests/support/support.h"
#include "ui/models/thresholdstate.h"
#include "ui/views/thresholdbar.h"

#include <QCheckBox>
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QLabel>
#include <QSignalSpy>
#include <QSlider>
#include <QSpinBox>

#include <cmath>
#include <limits>

using namespace dscope;
using namespace dscope::test;

class TestThreshold : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void defaults();
    void clamps();
    void undoAndRedo();
    void aDragIsOneStep();
    void aDragThatReturnsIsNone();
    void keysMergeForASecond();
    void stepsMeetAgain();
    void topK();
    void barAndState();
    void untilEnough();
    void keepBestShare();
    void weightsFollowTheDdnetUntilChosen();
    void weightsByTheSecondLook();
    void hint();
    void hintTellsOfALoss();
};

void TestThreshold::defaults()
{
    const ThresholdState state;
    QCOMPARE(state.threshold(), 0.15);
    QCOMPARE(state.keep().mode, Keep::Mode::Threshold);
}

void TestThreshold::clamps()
{
    ThresholdState state;
    state.setThreshold(7);
    QCOMPARE(state.threshold(), 1.0);
    state.setThreshold(-7);
    QCOMPARE(state.threshold(), 0.0);
    state.setThreshold(std::numeric_limits<double>::quiet_NaN());
    QCOMPARE(state.threshold(), 0.0);
    state.setTopK(-3);
    QCOMPARE(state.keep().k, 1);
}

void TestThreshold::undoAndRedo()
{
    ThresholdState state;
    QSignalSpy changed(&state, &ThresholdState::changed);
    state.setThreshold(0.3);
    state.setThreshold(0.4);
    state.setThreshold(0.4);
    QCOMPARE(changed.count(), 2);
    QCOMPARE(state.undoStack()->count(), 2);
    state.undoStack()->undo();
    QCOMPARE(state.threshold(), 0.3);
    state.undoStack()->undo();
    QCOMPARE(state.threshold(), 0.15);
    state.undoStack()->redo();
    QCOMPARE(state.threshold(), 0.3);
    QCOMPARE(changed.count(), 5);
}

void TestThreshold::aDragIsOneStep()
{
    ThresholdState state;
    for (int drag = 0; drag < 2; ++drag) {
        state.beginDrag();
        for (int i = 0; i < 50; ++i)
            state.setThreshold(0.2 + 0.3 * drag + i * 0.004);
        state.endDrag();
    }
    QCOMPARE(state.undoStack()->count(), 2);
    state.undoStack()->undo();
    QVERIFY(std::abs(state.threshold() - 0.396) < 1e-12);
    state.undoStack()->undo();
    QCOMPARE(state.threshold(), 0.15);
}

void TestThreshold::aDragThatReturnsIsNone()
{
    ThresholdState state;
    state.beginDrag();
    state.setThreshold(0.6);
    state.setThreshold(0.15);
    state.endDrag();
    QCOMPARE(state.undoStack()->count(), 0);
}

void TestThreshold::keysMergeForASecond()
{
    ThresholdState state;
    state.step(0.01);
    state.step(0.01);
    QCOMPARE(state.undoStack()->count(), 1);
    QTest::qWait(1100);
    state.step(0.01);
    QCOMPARE(state.undoStack()->count(), 2);
    QCOMPARE(state.threshold(), 0.18);
}

void TestThreshold::stepsMeetAgain()
{
    ThresholdState state;
    for (int i = 0; i < 40; ++i)
        state.step(0.01);
    for (int i = 0; i < 40; ++i)
        state.step(-0.01);
    QCOMPARE(state.threshold(), 0.15);
    state.setThreshold(0.1234);
    state.step(0.001);
    QCOMPARE(state.threshold(), 0.124);
}

void TestThreshold::topK()
{
    ThresholdState state;
    state.setTopK(3);
    QCOMPARE(state.keep().mode, Keep::Mode::TopK);
    QCOMPARE(state.keep().k, 3);
    state.setThreshold(0.5); // whoever moves the threshold wants it to count
    QCOMPARE(state.keep().mode, Keep::Mode::Threshold);
    state.undoStack()->undo();
    QCOMPARE(state.keep().mode, Keep::Mode::TopK);
    QCOMPARE(state.keep().threshold, 0.15);
}

void TestThreshold::barAndState()
{
    ThresholdState state;
    ThresholdBar bar(&state);
    const auto document = std::make_shared<const Document>(madeAnalysis());
    QVERIFY(!bar.isEnabled());
    bar.setDocument(document);
    QVERIFY(bar.isEnabled());
    bar.slider()->setValue(420);
    QCOMPARE(state.threshold(), 0.42);
    QCOMPARE(bar.number()->value(), 0.42);
    bar.number()->stepUp();
    QCOMPARE(state.threshold(), 0.421);
    QCOMPARE(bar.slider()->value(), 421);
    state.setThreshold(0.7);
    QCOMPARE(bar.slider()->value(), 700);
    QCOMPARE(bar.number()->value(), 0.7);
    const QString before = bar.summary();
    bar.show();
    QVERIFY(!bar.topK()->isVisible() && !bar.enough()->isVisible());
    bar.way()->setFocus();
    QTest::keyClick(bar.way(), Qt::Key_Down);
    QCOMPARE(state.keep().mode, Keep::Mode::TopK);
    QVERIFY(bar.topK()->isVisible() && !bar.enough()->isVisible());
    QVERIFY(bar.summary() != before);
    bar.topK()->setValue(2);
    QCOMPARE(state.keep().k, 2);
    QCOMPARE(bar.share()->value(), std::round(1000.0 * 12 / 240) / 10);
    QTest::keyClick(bar.way(), Qt::Key_Up);
    QCOMPARE(state.keep().mode, Keep::Mode::Threshold);
    QCOMPARE(state.threshold(), 0.7);
}

void TestThreshold::untilEnough()
{
    ThresholdState state;
    ThresholdBar bar(&state);
    bar.show();
    const auto document = std::make_shared<const Document>(madeAnalysis({.groups = 10, .facesPerGroup = 100}));
    bar.setDocument(document);
    QTest::keyClick(bar.way(), Qt::Key_End);
    QCOMPARE(state.keep().mode, Keep::Mode::Enough);
    QVERIFY(bar.enough()->isVisible() && !bar.topK()->isVisible());
    bar.enough()->setValue(3.5);
    QCOMPARE(state.keep().enough, 3.5);
    QVERIFY(bar.summary().startsWith(QStringLiteral("Kept of each group until enough: ")));
    QCOMPARE(state.undoStack()->undoText(), QStringLiteral("until D-scores sum to 3.5"));

    // Face by face, group by group and all together: the same faces, and the next one would not have been needed.
    std::int64_t kept = 0;
    for (int group = 0; group < document->groupCount(); ++group) {
        double sum = 0;
        double last = 0;
        int count = 0;
        for (int face = document->group(group).firstFace; face < document->group(group).firstFace + 100; ++face)
            if (document->kept(face, state.keep())) {
                const auto score = static_cast<double>(document->element(face).dScore);
                sum += score;
                last = count == 0 ? score : std::min(last, score);
                ++count;
            }
        QVERIFY(sum >= 3.5 && sum - last < 3.5);
        QCOMPARE(document->keptCount(group, state.keep()), count);
        kept += count;
    }
    QCOMPARE(document->pointAt(state.keep()).kept, kept);
    QCOMPARE(document->pointAt(state.keep()).fallbacks, std::int64_t{0});

    // "Keep best" moves the sum here, and not the threshold.
    for (const double percent : {10.0, 33.3, 50.0, 100.0}) {
        bar.share()->setValue(percent);
        QCOMPARE(state.keep().mode, Keep::Mode::Enough);
        const double share = static_cast<double>(document->keptCount(state.keep())) / document->faceCount();
        QVERIFY2(share >= percent / 100 - 1e-9 && share < percent / 100 + 0.002, qPrintable(QStringLiteral("%1 -> %2").arg(percent).arg(share)));
    }
    QCOMPARE(state.threshold(), 0.15);
    state.setThreshold(0.2);
    QCOMPARE(state.keep().mode, Keep::Mode::Threshold);
    QVERIFY(!bar.enough()->isVisible());
    state.undoStack()->undo();
    QCOMPARE(state.keep().mode, Keep::Mode::Enough);
    state.setEnough(-1);
    QCOMPARE(state.keep().enough, Keep::leastEnough);
    state.setKeep(Keep::until(4));
    QCOMPARE(state.keep().enough, 4.0);
}

void TestThreshold::keepBestShare()
{
    ThresholdState state;
    ThresholdBar bar(&state);
    const auto document = std::make_shared<const Document>(madeAnalysis({.groups = 10, .facesPerGroup = 100}));
    bar.setDocument(document);
    for (const double percent : {10.0, 33.3, 50.0, 80.0, 95.0}) {
        bar.share()->setValue(percent);
        const double kept = static_cast<double>(document->keptCount(state.keep())) / document->faceCount();
        // At least what was asked for, and no more than a tie or the groups' single best can add.
        QVERIFY2(kept >= percent / 100 - 1e-9 && kept < percent / 100 + 0.015, qPrintable(QStringLiteral("%1 -> %2").arg(percent).arg(kept)));
    }
}

void TestThreshold::weightsFollowTheDdnetUntilChosen()
{
    ThresholdState state;
    ThresholdBar bar(&state);
    bar.resize(1100, 90);
    bar.show();
    bar.setDocument(std::make_shared<const Document>(madeAnalysis()));
    QCOMPARE(bar.weights()->currentText(), QStringLiteral("DDL (paper)"));
    state.suggestWeights(Aggregator::DdlNoRescale);
    QCOMPARE(bar.weights()->currentText(), QStringLiteral("DDL, no re-scale"));
    QCOMPARE(state.undoStack()->count(), 0);
    const QString before = bar.summary();

    // By the keyboard: down to DDL+.
    bar.weights()->setFocus();
    QTest::keyClick(bar.weights(), Qt::Key_Down);
    QCOMPARE(state.keep().weights, Aggregator::DdlPlus);
    QVERIFY(bar.summary() != before); // another cosine to the average
    QCOMPARE(state.undoStack()->undoText(), QStringLiteral("weights: DDL+"));
    state.setThreshold(0.4); // the weights stay
    state.setTopK(4);
    QCOMPARE(state.keep().weights, Aggregator::DdlPlus);
    state.suggestWeights(Aggregator::Ddl); // the next analysis does not take the choice away
    QCOMPARE(state.keep().weights, Aggregator::DdlPlus);
    state.undoStack()->undo();
    state.undoStack()->undo();
    state.undoStack()->undo();
    QCOMPARE(state.keep().weights, Aggregator::DdlNoRescale);
    QCOMPARE(bar.weights()->currentText(), QStringLiteral("DDL, no re-scale"));

    // A project has its own.
    ThresholdState opened;
    opened.reset(Keep(0.3).weighed(Aggregator::Average));
    opened.suggestWeights(Aggregator::Ddl);
    QCOMPARE(opened.keep().weights, Aggregator::Average);
    opened.reset(Keep(), false); // a new one has not
    opened.suggestWeights(Aggregator::DdlPlus);
    QCOMPARE(opened.keep().weights, Aggregator::DdlPlus);

    // Without embeddings there is nothing to weigh.
    Analysis scores = madeAnalysis();
    scores.dim = 0;
    for (Source &source : scores.sources)
        for (Group &group : source.groups)
            group.embeddings.clear();
    bar.setDocument(std::make_shared<const Document>(scores));
    QVERIFY(!bar.weights()->isEnabled());
}

/// Where the base has a second look its weights are on offer, and those of its rule are taken.
void TestThreshold::weightsByTheSecondLook()
{
    ThresholdState state;
    ThresholdBar bar(&state);
    bar.show();
    Analysis analysis = madeAnalysis();
    bar.setDocument(std::make_shared<const Document>(analysis));
    QCOMPARE(bar.weights()->count(), 4);
    lookTwice(analysis, "ddl-no-rescale:second");
    const auto document = std::make_shared<const Document>(analysis);
    bar.setDocument(document);
    QCOMPARE(bar.weights()->count(), 7);
    state.suggestWeights(usualWeights(document->analysis()));
    QCOMPARE(bar.weights()->currentText(), QStringLiteral("DDL, no re-scale, second look"));
    const QString twice = bar.summary();
    bar.weights()->setFocus();
    QTest::keyClick(bar.weights(), Qt::Key_Home);
    QCOMPARE(bar.weights()->currentText(), QStringLiteral("DDL (paper)"));
    QVERIFY(bar.summary() != twice); // another cosine to the average
    state.undoStack()->undo();
    QCOMPARE(bar.summary(), twice);
    // A choice whose second look is gone stays in sight, and DDNet's D-scores stand in.
    bar.setDocument(std::make_shared<const Document>(madeAnalysis()));
    QCOMPARE(bar.weights()->currentText(), QStringLiteral("DDL, no re-scale, second look"));
    const QString without = bar.summary();
    state.setWeights(Aggregator::DdlNoRescale);
    QCOMPARE(bar.summary(), without);
    QCOMPARE(bar.weights()->count(), 4);
}

void TestThreshold::hint()
{
    ThresholdState state;
    ThresholdBar bar(&state);
    Analysis analysis = madeAnalysis();
    analysis.ddnet.cost.mac = 0; // prices unknown: nothing can be said of what a choice saves
    bar.setDocument(std::make_shared<const Document>(analysis));
    QVERIFY(!bar.hint().isEmpty());
    state.setThreshold(0.3);
    QVERIFY(bar.hint().isEmpty());
}

void TestThreshold::hintTellsOfALoss()
{
    // Two people, two groups each. In every group the face of the larger D-score is another person's: whoever keeps it alone takes everybody for that one.
    Analysis analysis = madeAnalysis({.groups = 4, .facesPerGroup = 2, .video = false, .labels = true});
    analysis.dim = 3;
    analysis.ddnet.cost.mac = 10;
    analysis.base.cost.mac = 100;
    std::vector<Group> &groups = analysis.sources.front().groups;
    for (std::size_t g = 0; g < groups.size(); ++g) {
        groups[g].label = g < 2 ? "a" : "b";
        const bool a = g < 2;
        groups[g].embeddings = {a ? 1.F : 0.F, a ? 0.F : 1.F, 0, 0, 0, 1};
        groups[g].elements[0].dScore = 0.4F;
        groups[g].elements[1].dScore = 0.8F;
    }
    ThresholdState state;
    state.setThreshold(0.5);
    ThresholdBar bar(&state);
    bar.setDocument(std::make_shared<const Document>(analysis));
    // Half is kept, which costs .6 of the base on all, but the average of all would know everybody.
    QVERIFY2(bar.hint().contains(QStringLiteral("below the average of all")), qPrintable(bar.hint()));
    QVERIFY2(!bar.hint().contains(QStringLiteral("saves nothing")), qPrintable(bar.hint()));
    state.setThreshold(0.1);
    QVERIFY2(bar.hint().contains(QStringLiteral("saves nothing: 1.10")) || bar.hint().contains(QStringLiteral("saves nothing: 1,10")), qPrintable(bar.hint()));
    // With the scores the right way round nothing is lost, and half the faces save.
    for (Group &group : groups)
        std::swap(group.elements[0].dScore, group.elements[1].dScore);
    state.setThreshold(0.5);
    bar.setDocument(std::make_shared<const Document>(analysis));
    QVERIFY2(bar.hint().isEmpty(), qPrintable(bar.hint()));
}

DSCOPE_TEST(TestThreshold)
#include "tst_threshold.moc"
