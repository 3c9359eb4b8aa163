// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/evaluation/classificationrun.h"
#include "tests/support/evaluationtest.h"
#include "tests/support/madeclasses.h"
#include "tests/support/madeevaluation.h"
#include "tests/support/support.h"
#include "ui/jobs/classesengine.h"
#include "ui/models/classesmodel.h"
#include "ui/pages/evaluationsetup.h"
#include "ui/plots/clipcurveplot.h"
#include "ui/views/classificationview.h"
#include "ui/views/confusionview.h"

#include <QAbstractItemModelTester>
#include <QAction>
#include <QCheckBox>
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QLabel>
#include <QPushButton>
#include <QSlider>
#include <QSpinBox>
#include <QTabWidget>
#include <QTableView>
#include <QTableWidget>

#include <cmath>

using namespace dscope;
using namespace dscope::test;

/// The page for evaluation with videos of actions, used by mouse and keys.
class TestClassificationPage : public EvaluationTest {
    Q_OBJECT
private Q_SLOTS:
    /// Top-1 in place of TAR, and words that fit.
    void figuresInPlaceOfPairs()
    {
        QVERIFY(filled());
        QVERIFY(find<QTableView>("classesTable")->isVisible());
        QVERIFY(!find<QTableView>("tarTable")->isVisible());
        QVERIFY(!find<QTableView>("retrievalTable")->isVisible());
        QCOMPARE(find<QTableView>("classesTable")->model()->rowCount(), 4); // three runs and the live one
        QCOMPARE(find<ClipCurvePlot>("clipCurves")->curveCount(), 5);
        for (QWidget *widget : m_page->findChildren<QWidget *>()) {
            if (!widget->isVisible())
                continue;
            for (const QString &text :
                 {widget->toolTip(), widget->accessibleName(), qobject_cast<QLabel *>(widget) ? qobject_cast<QLabel *>(widget)->text() : QString()})
                for (const char *word : {"face", "TAR", "FAR", "genuine", "impostor", "template", "person"})
                    QVERIFY2(!text.contains(QLatin1String(word)), qPrintable(text));
        }
        QVERIFY(find<QLabel>("setText")->text().contains(QStringLiteral("42 videos")));
        QVERIFY(find<QLabel>("setText")->text().contains(QStringLiteral("6 classes")));
        QVERIFY(!find<QAction>("exportPairs")->isVisible());
        QVERIFY(!find<QAction>("liveRecommendAction")->isEnabled());
        const QAbstractItemModelTester tester(find<QTableView>("classesTable")->model(), QAbstractItemModelTester::FailureReportingMode::QtTest);
    }

    /// K by the keyboard; the figures are those of a run made by the core, which Ctrl+Shift+R keeps.
    void liveByKeys()
    {
        QVERIFY(filled());
        QCOMPARE(m_page->state().threshold().keep().mode, Keep::Mode::TopK);
        auto *k = find<QSpinBox>("classesK");
        QCOMPARE(k->value(), 9);
        k->setFocus();
        for (int i = 0; i < 7; ++i)
            QTest::keyClick(k, Qt::Key_Down);
        QVERIFY(m_page->settle(30'000));
        const ClassesEngine::Answer answer = *m_page->classes()->engine()->answer();
        QCOMPARE(answer.keep.k, 2);
        const EvaluationRun wanted = ofCore("ddl:best=2");
        QCOMPARE(answer.point.top1, wanted.classification->top1);
        QVERIFY(find<QLabel>("classesReadout")->text().contains(QStringLiteral("top-1")));
        QVERIFY(find<QLabel>("classesReadout")->text().contains(QStringLiteral("GFLOP")));
        key(Qt::Key_R, Qt::ControlModifier | Qt::ShiftModifier);
        QVERIFY(m_page->settle(30'000));
        QCOMPARE(m_page->state().runs().size(), std::size_t{4});
        const EvaluationRun &row = *m_page->state().runs().back().run;
        QCOMPARE(row.method, wanted.method);
        QCOMPARE(row.classification->top1, answer.point.top1);
        key(Qt::Key_Z, Qt::ControlModifier); // the run
        QCOMPARE(m_page->state().runs().size(), std::size_t{3});
        key(Qt::Key_Z, Qt::ControlModifier); // K
        QVERIFY(k->value() > 2);
    }

    void liveByThreshold()
    {
        QVERIFY(filled());
        auto *mode = find<QComboBox>("classesMode");
        mode->setFocus();
        QTest::keyClick(mode, Qt::Key_Down);
        QVERIFY(m_page->settle(30'000));
        QVERIFY(find<QSlider>("classesSlider")->isVisible());
        QVERIFY(!find<QSpinBox>("classesK")->isVisible());
        auto *number = find<QDoubleSpinBox>("classesThreshold");
        number->setFocus();
        number->selectAll();
        QTest::keyClicks(number, QStringLiteral("0.5"));
        QTest::keyClick(number, Qt::Key_Return);
        QVERIFY(m_page->settle(30'000));
        const auto &answer = m_page->classes()->engine()->answer();
        QCOMPARE(answer->keep.threshold, 0.5);
        QCOMPARE(answer->point.top1, ofCore("ddl:t=0.5").classification->top1);
        QCOMPARE(answer->point.keptShare, ofCore("ddl:t=0.5").keptShare);
    }

    /// A click on a curve takes its K.
    void pickedFromTheCurve()
    {
        QVERIFY(filled());
        auto *plot = find<ClipCurvePlot>("clipCurves");
        QTest::mouseClick(plot, Qt::LeftButton, {}, plot->pointOf(0, 2)); // K = 3
        QVERIFY(m_page->settle(30'000));
        QCOMPARE(find<QSpinBox>("classesK")->value(), 3);
        auto *figure = find<QComboBox>("classesFigure");
        figure->setFocus();
        QTest::keyClick(figure, Qt::Key_Down);
        QVERIFY(plot->yAxis->label().contains(QStringLiteral("top-5")));
    }

    /// A cell of the matrix lists its videos, by mouse and by keys.
    void confusionListsVideos()
    {
        QVERIFY(filled());
        auto *matrix = find<ConfusionView>("confusion");
        QTest::mouseClick(matrix, Qt::LeftButton, {}, matrix->cellPoint(1, 1));
        QVERIFY(find<QTableWidget>("classesVideos")->isVisible());
        const auto right = [&](int label, int predicted) {
            const ClassesEngine::Answer &answer = *m_page->classes()->engine()->answer();
            int count = 0;
            for (std::size_t v = 0; v < answer.predictions.size(); ++v)
                if (m_set.subjects[v] == label && answer.predictions[v] == predicted)
                    ++count;
            return count;
        };
        m_page->state().setCurrent(EvaluationState::liveId);
        QVERIFY(m_page->settle(30'000));
        QVERIFY(right(1, 1) > 0);
        QCOMPARE(find<QTableWidget>("classesVideos")->rowCount(), right(1, 1));
        QTest::keyClick(matrix, Qt::Key_Right);
        QVERIFY((matrix->chosen() == std::pair{1, 2}));
        QCOMPARE(find<QTableWidget>("classesVideos")->rowCount(), right(1, 2));
        QTest::keyClick(matrix, Qt::Key_Up);
        QTest::keyClick(matrix, Qt::Key_Left);
        QTest::keyClick(matrix, Qt::Key_Left);
        QTest::keyClick(matrix, Qt::Key_Left);
        QVERIFY((matrix->chosen() == std::pair{0, 0}));
        // Videos without a clip stand in a column of their own.
        matrix->choose(0, 6);
        QVERIFY(matrix->cellText(0, 6).contains(QStringLiteral("without a prediction")));
        QCOMPARE(find<QTableWidget>("classesVideos")->rowCount(), right(0, -1));
        QCOMPARE(find<QTableWidget>("classesList")->rowCount(), 6);
    }

    /// Runs that were saved are shown without their set.
    void runsWithoutTheSet()
    {
        QVERIFY(filled());
        m_page->state().save(path("runs.json"));
        m_page = std::make_unique<EvaluationPage>(ModelStore());
        m_page->resize(1300, 860);
        m_page->show();
        QVERIFY(QTest::qWaitForWindowActive(m_page.get()));
        drop(path("runs.json"));
        QVERIFY(m_page->settle(30'000));
        QCOMPARE(find<QTableView>("classesTable")->model()->rowCount(), 3);
        QVERIFY(find<QTableView>("classesTable")->isVisible());
        QVERIFY(!find<QPushButton>("classesKeep")->isEnabled());
        find<ConfusionView>("confusion")->choose(2, 2);
        QCOMPARE(find<QTableWidget>("classesVideos")->rowCount(), 0); // which they are is not known
    }

    /// The form offers what such benchmarks have.
    void theForm()
    {
        auto *kind = find<QComboBox>("evaluationBenchmark");
        kind->setCurrentIndex(kind->findData(QStringLiteral("activitynet")));
        QVERIFY(find<QCheckBox>("method_ddl:best=9")->isVisible());
        QVERIFY(find<QCheckBox>("method_uniform-k:9")->isChecked());
        QVERIFY(!find<QCheckBox>("method_norm")->isVisible());
        QVERIFY(!find<QCheckBox>("evaluationFlip")->isVisible());
        QVERIFY(!find<QCheckBox>("evaluationNormalise")->isVisible());
        // Which videos, and how they are divided.
        QCOMPARE(m_page->setup()->request().files, BenchmarkOptions());
        auto *subset = find<QComboBox>("evaluationSubset");
        auto *division = find<QComboBox>("clipDivision");
        auto *count = find<QSpinBox>("clipCount");
        QVERIFY(subset->isVisible() && division->isVisible() && !count->isEnabled());
        QTest::keyClick(subset, Qt::Key_Down);
        QTest::keyClick(division, Qt::Key_Down);
        count->selectAll();
        QTest::keyClicks(count, QStringLiteral("25"));
        const EvaluationRequest request = m_page->setup()->request();
        QCOMPARE(request.files.subset, std::string("training"));
        QCOMPARE(request.files.clips.count, 25);
        kind->setCurrentIndex(kind->findData(QStringLiteral("classes")));
        QVERIFY(!subset->isVisible() && division->isVisible());
        QVERIFY(m_page->setup()->request().files.subset.empty()); // a folder of classes has none
        kind->setCurrentIndex(kind->findData(QStringLiteral("lfw")));
        QVERIFY(!division->isVisible());
        QCOMPARE(m_page->setup()->request().files.clips, ClipChoice());
        // And back, as a project does it.
        m_page->setup()->setRequest(request);
        QCOMPARE(m_page->setup()->request().files, request.files);
        m_page->setup()->setRequest({});
        kind->setCurrentIndex(kind->findData(QStringLiteral("lfw")));
        QVERIFY(!find<QCheckBox>("method_uniform-k:9")->isVisible());
        QVERIFY(find<QCheckBox>("method_norm")->isVisible());
    }

private:
    bool filled()
    {
        m_page->evaluate(madeClassesEvaluation(m_set), {"average", "ddl:best=3", "random-k:3,seeds=5"}, 50);
        if (!m_page->settle(60'000) || !m_page->classes()->isLive())
            return false;
        m_page->state().setCurrent(EvaluationState::liveId);
        return m_page->settle(60'000);
    }
    EvaluationRun ofCore(const char *method) const
    {
        Progress progress;
        VerificationOptions options;
        options.resamples = 0;
        return evaluateClassification(m_set, methodNamed(method), options, progress);
    }

    const TemplateFeatures m_set = madeClasses();
};

DSCOPE_TEST(TestClassificationPage)
#include "tst_classificationpage.moc"
