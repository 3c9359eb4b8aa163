// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/picturefile.h"
#include "tests/support/support.h"
#include "ui/dialogs/analysisdialog.h"
#include "ui/views/clipfields.h"
#include "ui/views/numberbox.h"

#include <QApplication>
#include <QCheckBox>
#include <QClipboard>
#include <QComboBox>
#include <QLineEdit>
#include <QLocale>
#include <QSpinBox>
#include <QTest>

using namespace dscope;

/// The settings of an analysis, and how numbers are typed in the window.
class TestAnalysisDialog : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void cleanup() { QLocale::setDefault(QLocale::c()); }

    void detectorFields()
    {
        AnalysisOptions options;
        options.detectorOptions.minScore = 0.3F;
        options.detectorOptions.minFace = 33;
        options.detectorOptions.maxSide = 1920;
        const AnalysisDialog dialog{ModelStore(), options};
        // Untouched, nothing changes.
        QCOMPARE(dialog.options().detectorOptions.minScore, 0.3F);
        QCOMPARE(dialog.options().detectorOptions.minFace, 33);
        QCOMPARE(dialog.options().detectorOptions.maxSide, 1920);
        auto *score = dialog.findChild<NumberBox *>();
        QVERIFY(score != nullptr);
        QCOMPARE(score->value(), 0.3);
        score->setValue(0.65);
        QSpinBox *least = nullptr;
        QSpinBox *most = nullptr;
        for (QSpinBox *box : dialog.findChildren<QSpinBox *>()) {
            least = box->value() == 33 ? box : least;
            most = box->value() == 1920 ? box : most;
        }
        QVERIFY(least != nullptr && most != nullptr);
        least->setValue(50);
        most->setValue(7); // below what the command line takes
        QCOMPARE(dialog.options().detectorOptions.minScore, 0.65F);
        QCOMPARE(dialog.options().detectorOptions.minFace, 50);
        QCOMPARE(dialog.options().detectorOptions.maxSide, 32);
        most->setValue(0);
        QCOMPARE(dialog.options().detectorOptions.maxSide, 0);
    }

    void clipFields()
    {
        AnalysisOptions options;
        options.clips.step = 8;
        options.clips.stride = 4;
        options.clips.rate = Ratio{30'000, 1001};
        options.clips.crops = 3;
        AnalysisDialog dialog{ModelStore(), options};
        QCOMPARE(dialog.options().clips, options.clips); // untouched, nothing changes
        auto *fields = dialog.findChild<ClipFields *>();
        auto *task = dialog.findChild<QComboBox *>(QStringLiteral("task"));
        auto *division = dialog.findChild<QComboBox *>(QStringLiteral("clipDivision"));
        auto *count = dialog.findChild<QSpinBox *>(QStringLiteral("clipCount"));
        QVERIFY(fields != nullptr && task != nullptr && division != nullptr && count != nullptr);
        // Where pictures are looked at, nobody is asked about clips; nor about detectors where clips are.
        QVERIFY(fields->isHidden());
        QVERIFY(!dialog.findChild<NumberBox *>()->isHidden());
        task->setCurrentIndex(task->findData(QStringLiteral("action")));
        QVERIFY(!fields->isHidden());
        QVERIFY(dialog.findChild<NumberBox *>()->isHidden());
        dialog.show();
        division->setFocus();
        QTest::keyClick(division, Qt::Key_Up);
        QVERIFY(count->isEnabled());
        count->setFocus();
        count->selectAll();
        QTest::keyClicks(count, QStringLiteral("25"));
        QCOMPARE(dialog.options().clips.count, 25);
        QCOMPARE(dialog.options().clips.step, 0);
        QTest::keyClick(division, Qt::Key_Up);
        QCOMPARE(dialog.options().clips.count, 0);
        QCOMPARE(dialog.options().clips.stride, 4);
        // A rate that the list lacks, as a command line may have given it.
        options.clips.rate = Ratio{29, 2};
        QCOMPARE(AnalysisDialog(ModelStore(), options).options().clips, options.clips);
    }

    void damagedPictures()
    {
        refuseDamagedPictures(true);
        const AnalysisDialog before{ModelStore(), {}};
        refuseDamagedPictures(false);
        QVERIFY(before.strict());
        AnalysisDialog dialog{ModelStore(), {}};
        QVERIFY(!dialog.strict());
        dialog.show();
        auto *box = dialog.findChild<QCheckBox *>(QStringLiteral("strict"));
        QVERIFY(box != nullptr);
        box->setFocus();
        QTest::keyClick(box, Qt::Key_Space);
        QVERIFY(dialog.strict());
        // Nothing is so before the dialog is accepted.
        QVERIFY(!damagedPicturesRefused());
    }

    void commasAndPoints_data()
    {
        QTest::addColumn<QString>("locale");
        QTest::addColumn<QString>("typed");
        for (const char *locale : {"C", "de_DE", "en_US", "fr_FR"})
            for (const char *typed : {"0.15", "0,15"})
                QTest::addRow("%s %s", locale, typed) << QString::fromLatin1(locale) << QString::fromLatin1(typed);
    }

    void commasAndPoints()
    {
        QFETCH(QString, locale);
        QFETCH(QString, typed);
        QLocale::setDefault(QLocale(locale));
        NumberBox box;
        box.setRange(0, 1000);
        box.setDecimals(2);
        box.selectAll();
        QTest::keyClicks(&box, typed);
        QTest::keyClick(&box, Qt::Key_Return);
        QCOMPARE(box.value(), 0.15);
        QCOMPARE(box.text(), QStringLiteral("0.15"));
        QApplication::clipboard()->setText(QString(typed).replace(QLatin1Char('0'), QLatin1Char('7')));
        box.selectAll();
        QTest::keyClick(&box, Qt::Key_V, Qt::ControlModifier);
        QCOMPARE(box.value(), 7.15);
        box.setValue(999.5);
        QCOMPARE(box.text(), QStringLiteral("999.50"));
    }
};

DSCOPE_TEST(TestAnalysisDialog)
#include "tst_analysisdialog.moc"
