#include "tests/support/analysis.h"
#include "tests/support/support.h"
#include "ui/models/thresholdstate.h"
#include "ui/views/thresholdbar.h"

#include <QCheckBox>
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
    void keepBestShare();
    void hint();
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
    bar.topKOn()->click();
    QCOMPARE(state.keep().mode, Keep::Mode::TopK);
    QVERIFY(bar.summary() != before);
    bar.topK()->setValue(2);
    QCOMPARE(state.keep().k, 2);
    QCOMPARE(bar.share()->value(), std::round(1000.0 * 12 / 240) / 10);
    bar.topKOn()->click();
    QCOMPARE(state.keep().mode, Keep::Mode::Threshold);
    QCOMPARE(state.threshold(), 0.7);
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

void TestThreshold::hint()
{
    ThresholdState state;
    ThresholdBar bar(&state);
    bar.setDocument(std::make_shared<const Document>(madeAnalysis()));
    auto *hint = bar.findChild<QLabel *>(QStringLiteral("hint"));
    QVERIFY(!hint->text().isEmpty());
    state.setThreshold(0.3);
    QVERIFY(hint->text().isEmpty());
}

DSCOPE_TEST(TestThreshold)
#include "tst_threshold.moc"
