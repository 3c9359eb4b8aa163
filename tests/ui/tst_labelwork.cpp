// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/files.h"
#include "core/base/outputlock.h"
#include "core/damage/damageset.h"
#include "tests/support/labeltest.h"
#include "tests/support/support.h"
#include "ui/jobs/job.h"
#include "ui/plots/scatterplot.h"

#include <QComboBox>
#include <QLabel>
#include <QLineEdit>
#include <QMessageBox>
#include <QPushButton>
#include <QSignalSpy>
#include <QSpinBox>

using namespace dscope;
using namespace dscope::test;

/// The page for labels while it computes: from pictures to targets, stopped, refused, taken up again.
class TestLabelWork : public LabelTest {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { QVERIFY(m_settings.isValid()); }
    void init() { begin(); }
    void cleanup() { m_page.reset(); }

    void labelsAFolder()
    {
        written({.people = 3, .perPerson = 4, .files = path("faces")}); // only for the pictures
        find<QLineEdit>("labelData")->setText(QString::fromStdString(path("faces").string()));
        find<QComboBox>("labelBase")->setCurrentIndex(find<QComboBox>("labelBase")->findText(QStringLiteral("made-base")));
        find<QComboBox>("labelMetric")->setCurrentIndex(1);
        QCOMPARE(find<QComboBox>("labelCentroids")->currentIndex(), 0); // what suits the set
        find<QComboBox>("labelTarget")->setCurrentIndex(2);
        find<QSpinBox>("labelCopies")->setValue(2);
        find<QComboBox>("labelDamage")->setFocus();
        QTest::keyClick(find<QComboBox>("labelDamage"), Qt::Key_Down); // all families
        QSignalSpy opened(m_page.get(), &LabelPage::opened);
        QTest::mouseClick(find<QPushButton>("labelStart"), Qt::LeftButton);
        QCOMPARE(find<QPushButton>("labelStart")->text(), QStringLiteral("Stop"));
        QVERIFY(!find<QLineEdit>("labelData")->isEnabled());
        QVERIFY(opened.count() == 1 || opened.wait(60'000));
        QVERIFY(m_page->settle(10'000));
        QCOMPARE(list()->model()->rowCount(), 12);
        QVERIFY(!find<QWidget>("labelSetup")->isVisible());
        // What was written is what is shown.
        const Targets targets = readTargets(path("faces.targets"));
        QCOMPARE(targets.options.copies, 2);
        QCOMPARE(targets.options.families.text(), DamageSet::named("all").text());
        QVERIFY(targets.options.fillWedges);
        QCOMPARE(targets.damage.size(), std::size_t{24});
        QCOMPARE(targets.options.dscore.leaveOut, DScoreOptions::LeaveOut::Picture); // people of four pictures
        QCOMPARE(targets.options.dscore.centroids, DScoreOptions::Centroids::Clean);
        QCOMPARE(targets.options.dscore.atLeastOthers, usualOthers());
        QCOMPARE(targets.options.dscore.target, DScoreOptions::Target::Margin);
        QCOMPARE(targets.options.dscore.metric, DScoreOptions::Metric::Euclidean);
        QCOMPARE(targets.scores.own, m_page->state().set()->targets().scores.own);
        QVERIFY(!std::filesystem::exists(path("faces.targets.work")));
        QVERIFY(m_page->findChild<ScatterPlot *>()->xAxis->label().contains(QStringLiteral("distance")));
    }

    void stoppedAndTakenUp()
    {
        written({.people = 20, .perPerson = 30, .files = path("faces")});
        find<QLineEdit>("labelData")->setText(QString::fromStdString(path("faces").string()));
        find<QSpinBox>("labelCopies")->setValue(2);
        QTest::mouseClick(find<QPushButton>("labelStart"), Qt::LeftButton);
        QVERIFY(m_page->currentJob() != nullptr);
        QTRY_VERIFY_WITH_TIMEOUT(m_page->currentJob() == nullptr || m_page->currentJob()->done() > 0, 60'000);
        QVERIFY(m_page->currentJob() != nullptr);
        QTest::mouseClick(find<QPushButton>("labelStart"), Qt::LeftButton); // it says Stop now
        QTRY_VERIFY_WITH_TIMEOUT(m_page->currentJob() == nullptr, 60'000);
        QVERIFY(find<QLabel>("labelNote")->text().contains(QStringLiteral("Stopped")));
        QVERIFY(std::filesystem::is_directory(path("faces.targets.work")));
        QCOMPARE(find<QPushButton>("labelStart")->text(), QStringLiteral("Go on"));
        QSignalSpy opened(m_page.get(), &LabelPage::opened);
        QTest::mouseClick(find<QPushButton>("labelStart"), Qt::LeftButton);
        QVERIFY(opened.wait(120'000));
        QCOMPARE(m_page->state().set()->size(), 600);
        QVERIFY(!std::filesystem::exists(path("faces.targets.work")));
    }

    void failureNamesTheFile()
    {
        std::filesystem::create_directories(path("nothing"));
        find<QLineEdit>("labelData")->setText(QString::fromStdString(path("nothing").string()));
        QSignalSpy failed(m_page.get(), &LabelPage::failed);
        QTest::mouseClick(find<QPushButton>("labelStart"), Qt::LeftButton);
        QVERIFY(failed.count() == 1 || failed.wait(30'000));
        auto *box = find<QMessageBox>("failure");
        QVERIFY(box != nullptr && box->isVisible());
        QVERIFY2(box->informativeText().contains(QString::fromStdString(path("nothing").string())), qPrintable(box->informativeText()));
        box->accept();
        QCOMPARE(find<QPushButton>("labelStart")->text(),
                 find<QLabel>("labelNote")->text().isEmpty() ? QStringLiteral("Compute D-scores") : QStringLiteral("Go on"));
        // A damaged target file too.
        writeAtomically(path("bad.targets"), "this is no such file");
        m_page->openTargets(path("bad.targets"));
        QVERIFY(failed.count() == 2 || failed.wait(30'000));
        QVERIFY(failed.at(1).at(0).toString().contains(QStringLiteral("bad.targets")));
    }

    /// While `dscope label` writes the same targets.
    void outputIsLocked()
    {
        written({.people = 3, .perPerson = 2, .files = path("faces")});
        find<QLineEdit>("labelData")->setText(QString::fromStdString(path("faces").string()));
        QSignalSpy failed(m_page.get(), &LabelPage::failed);
        QSignalSpy opened(m_page.get(), &LabelPage::opened);
        {
            const OutputLock command(path("faces.targets"));
            QTest::mouseClick(find<QPushButton>("labelStart"), Qt::LeftButton);
            QVERIFY(failed.count() == 1 || failed.wait(30'000));
            QVERIFY2(failed.at(0).at(0).toString().contains(QStringLiteral("faces.targets")), qPrintable(failed.at(0).at(0).toString()));
            QVERIFY(!std::filesystem::exists(path("faces.targets")) && !std::filesystem::exists(path("faces.targets.work")));
            find<QMessageBox>("failure")->accept();
        }
        QTest::mouseClick(find<QPushButton>("labelStart"), Qt::LeftButton);
        QVERIFY(opened.count() == 1 || opened.wait(60'000));
        QVERIFY(std::filesystem::exists(path("faces.targets")) && !std::filesystem::exists(path("faces.targets.lock")));
    }

    void csvErrorNamesTheLine()
    {
        writeAtomically(path("list.csv"), "path,person\na.jpg,A\n\"b.jpg,B\n");
        find<QLineEdit>("labelData")->setText(QString::fromStdString(path("list.csv").string()));
        QSignalSpy failed(m_page.get(), &LabelPage::failed);
        QTest::mouseClick(find<QPushButton>("labelStart"), Qt::LeftButton);
        QVERIFY(failed.count() == 1 || failed.wait(30'000));
        QVERIFY2(failed.at(0).at(0).toString().contains(QStringLiteral("list.csv:3")), qPrintable(failed.at(0).at(0).toString()));
    }
};

DSCOPE_TEST(TestLabelWork)
#include "tst_labelwork.moc"
