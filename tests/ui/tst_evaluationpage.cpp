// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/files.h"
#include "core/base/json.h"
#include "tests/support/evaluationtest.h"
#include "tests/support/madeevaluation.h"
#include "tests/support/support.h"
#include "tests/support/widgets.h"
#include "ui/dialogs/recommenddialog.h"
#include "ui/dialogs/templatepairdialog.h"
#include "ui/jobs/job.h"
#include "ui/jobs/liveengine.h"
#include "ui/models/framemodel.h"
#include "ui/pages/evaluationsetup.h"
#include "ui/plots/livetradeoff.h"
#include "ui/plots/rocplot.h"
#include "ui/plots/runplot.h"
#include "ui/theme.h"
#include "ui/views/livebar.h"
#include "ui/views/noticebar.h"

#include <QAction>
#include <QCheckBox>
#include <QComboBox>
#include <QDir>
#include <QDoubleSpinBox>
#include <QFileDialog>
#include <QLabel>
#include <QLineEdit>
#include <QListView>
#include <QMessageBox>
#include <QMimeData>
#include <QPushButton>
#include <QSettings>
#include <QSignalSpy>
#include <QSlider>
#include <QStyle>
#include <QTabBar>
#include <QTabWidget>
#include <QTableView>
#include <QTemporaryDir>
#include <QTimer>
#include <QTreeView>

#include <cmath>

using namespace dscope;
using namespace dscope::test;

class TestEvaluationPage : public EvaluationTest {
    Q_OBJECT
private Q_SLOTS:
    /// A new user sees what the page is for; nothing is offered that cannot be done, and every mnemonic belongs to a field.
    void empty()
    {
        QVERIFY(m_page->setup()->isVisible());
        QVERIFY(!find<QPushButton>("evaluationStart")->isEnabled());
        for (const QLabel *label : m_page->findChildren<QLabel *>())
            if (label->text().contains(QLatin1Char('&')) && !label->text().contains(QStringLiteral("&nbsp;")))
                QVERIFY2(label->buddy() != nullptr, qPrintable(label->text()));
        for (const char *name : {"evaluationSave", "exportTable", "liveRaise", "liveKeepAction"})
            QVERIFY2(!find<QAction>(name)->isEnabled(), name);
        for (QWidget *field : m_page->setup()->findChildren<QWidget *>())
            if ((qobject_cast<QLineEdit *>(field) != nullptr || qobject_cast<QComboBox *>(field) != nullptr)
                && !field->objectName().startsWith(QStringLiteral("qt_")))
                QVERIFY2(!field->accessibleName().isEmpty(), qPrintable(field->objectName()));
        QVERIFY(m_page->windowTitle().contains(QStringLiteral("Evaluate")));
    }

    /// Runs side by side, every plot filled, and one more row with one click.
    void comparesMethods()
    {
        QVERIFY(filled());
        QCOMPARE(m_page->state().runs().size(), std::size_t{2});
        QCOMPARE(find<QListView>("runList")->model()->rowCount(), 2);
        QVERIFY(find<QTableView>("tarTable")->isVisible());
        for (const char *name : {"rocPlot", "detPlot", "pairHistogram", "cmcPlot", "discardPlot"})
            QVERIFY2(find<RunPlot>(name)->curveCount() >= 2, name);
        QVERIFY(find<LiveTradeoff>("liveTradeoff")->pointCount() > 40);
        QVERIFY(m_page->engine()->curve().complete);
        for (const char *name : {"rocPlot", "detPlot", "pairHistogram", "cmcPlot", "discardPlot", "liveTradeoff"}) {
            const auto *plot = find<PlainPlot>(name);
            QVERIFY2(!plot->xAxis->label().isEmpty() && !plot->yAxis->label().isEmpty(), name);
        }
        m_page->findChild<QAction *>(QStringLiteral("add_max"))->trigger();
        QVERIFY(m_page->settle(30'000));
        QCOMPARE(m_page->state().runs().size(), std::size_t{3});
        QCOMPARE(m_page->state().runs().back().title, QStringLiteral("max"));
        key(Qt::Key_Z, Qt::ControlModifier);
        QCOMPARE(m_page->state().runs().size(), std::size_t{2});
    }

    /// A method that the set cannot give is told of and costs nothing else.
    void aMethodThatTheSetLacks()
    {
        QSignalSpy failed(m_page.get(), &EvaluationPage::failed);
        m_page->evaluate(madeEvaluation(), {"detector", "average"}, 0);
        QVERIFY(m_page->settle(60'000));
        QCOMPARE(m_page->state().runs().size(), std::size_t{1});
        QCOMPARE(failed.size(), 0);
        QVERIFY(!m_page->findChild<NoticeBar *>()->texts().isEmpty());
        m_page->addMethod(QStringLiteral("no-such-way"));
        QVERIFY(m_page->settle(30'000));
        QCOMPARE(failed.size(), 1);
        QVERIFY(failed[0][0].toString().contains(QStringLiteral("no-such-way")));
    }

    /// A click in the ROC lists the hardest pairs of the point; a double click on one shows who decided.
    void fromThePointToThePictures()
    {
        QVERIFY(filled());
        auto *roc = find<RocPlot>("rocPlot");
        const int id = m_page->state().runs().front().id;
        QTest::mouseClick(roc, Qt::LeftButton, {}, roc->pointOf(id, 1e-1));
        // Two runs may meet in a pixel; the target is certain.
        QCOMPARE(m_page->state().far(), 1e-1);
        auto *pairs = find<QTreeView>("impostorPairs");
        QTRY_VERIFY(pairs->isVisible());
        QVERIFY(pairs->model()->rowCount() > 10);
        QVERIFY(find<QLabel>("pairsCaption")->text().contains(QStringLiteral("1e-1")));
        m_page->state().setCurrent(id + 1); // DDL
        const QModelIndex first = pairs->model()->index(0, 0);
        const QPoint at = pairs->visualRect(first).center();
        QTest::mouseClick(pairs->viewport(), Qt::LeftButton, {}, at);
        QTest::mouseDClick(pairs->viewport(), Qt::LeftButton, {}, at);
        auto *dialog = m_page->findChild<TemplatePairDialog *>();
        if (dialog == nullptr) { // some styles activate with one click or with Enter alone
            QTest::keyClick(pairs, Qt::Key_Return);
            dialog = m_page->findChild<TemplatePairDialog *>();
        }
        QVERIFY(dialog != nullptr);
        QVERIFY(!dialog->showsPictures());
        const NotablePair pair = m_page->state().currentRun()->run->hardestImpostor.front();
        QCOMPARE(dialog->model(0)->rowCount(), static_cast<int>(m_page->set()->features->size(pair.a)));
        double sum = 0;
        for (int row = 0; row < dialog->model(1)->rowCount(); ++row)
            sum += dialog->model(1)->index(row, 0).data(FrameModel::WeightRole).toDouble();
        QVERIFY(std::abs(sum - 1) < 1e-9);
        QVERIFY(dialog->findChild<QLabel *>(QStringLiteral("pairVerdict"))->text().contains(QStringLiteral("DDL")));
    }

    /// With files at hand the pictures themselves are shown.
    void picturesOfAPair()
    {
        const std::filesystem::path picture = path("face.png");
        QImage face(112, 112, QImage::Format_RGB32);
        face.fill(QColor(200, 40, 40));
        QVERIFY(face.save(toText(picture)));
        const MadeTemplatesOptions options;
        const std::size_t faces = static_cast<std::size_t>(madeTemplates(options).set.faces());
        m_page->evaluate(madeEvaluation(options, std::vector<std::string>(faces, picture.string())), {"ddl"}, 0);
        QVERIFY(m_page->settle(60'000));
        find<QTabWidget>("evaluationTabs")->setCurrentIndex(2);
        auto *pairs = find<QTreeView>("genuinePairs");
        pairs->setCurrentIndex(pairs->model()->index(0, 0));
        pairs->setFocus();
        QTest::keyClick(pairs, Qt::Key_Return);
        auto *dialog = m_page->findChild<TemplatePairDialog *>();
        QVERIFY(dialog != nullptr && dialog->showsPictures());
        auto *view = dialog->findChild<QListView *>(QStringLiteral("pairFrames0"));
        const auto red = [&] {
            const QImage image = view->viewport()->grab().toImage();
            int count = 0;
            for (int y = 0; y < image.height(); y += 4)
                for (int x = 0; x < image.width(); x += 4) {
                    const QColor colour = image.pixelColor(x, y);
                    count += colour.red() > 150 && colour.green() < 140 && colour.blue() < 140 ? 1 : 0;
                }
            return count;
        };
        QTRY_VERIFY(red() > 50);
    }

    /// Keys move the threshold; the exact value is that of a row made by the core, to the last digit.
    void liveByKeys()
    {
        QVERIFY(filled());
        m_page->state().setFar(1e-2);
        QSignalSpy estimated(m_page->engine(), &LiveEngine::estimated);
        for (int i = 0; i < 5; ++i)
            key(Qt::Key_BracketRight);
        QCOMPARE(m_page->state().threshold().threshold(), 0.2);
        QVERIFY(m_page->settle(30'000));
        QVERIFY(estimated.size() >= 1);
        QVERIFY(m_page->engine()->exact() != nullptr);
        QCOMPARE(find<LiveBar>("liveBar")->sureness(), LiveBar::Sureness::Exact);
        const LiveExact exact = *m_page->engine()->exact();
        QCOMPARE(exact.threshold, 0.2);
        key(Qt::Key_R, Qt::ControlModifier | Qt::ShiftModifier);
        QVERIFY(m_page->settle(30'000));
        QCOMPARE(m_page->state().runs().size(), std::size_t{3});
        const EvaluationRun &row = *m_page->state().runs().back().run;
        QVERIFY(row.method.find("t = 0.2") != std::string::npos);
        for (std::size_t i = 0; i < row.strict.size(); ++i) {
            QCOMPARE(exact.strict[i].target, row.strict[i].target);
            QVERIFY2(std::abs(exact.strict[i].tar - row.strict[i].tar) < 2.5 / static_cast<double>(row.genuine), "live and row differ");
        }
        QVERIFY(std::abs(exact.keptShare - row.keptShare) < 1e-12);
        // A run of keys is one step back.
        key(Qt::Key_Z, Qt::ControlModifier);
        key(Qt::Key_Z, Qt::ControlModifier);
        QCOMPARE(m_page->state().threshold().threshold(), 0.15);
        QVERIFY(m_page->settle(30'000));
        QCOMPARE(m_page->engine()->exact()->threshold, 0.15);
    }

    /// A drag by mouse: estimates only, and marked so; what the sample cannot resolve is hollow; on release the exact value.
    void liveByDragging()
    {
        QVERIFY(filled());
        // A sample of a few dozen pairs cannot tell anything at 1e-4.
        LiveOptions few;
        few.fars = m_page->set()->benchmark->fars;
        few.hardest = 4;
        few.sample = 60;
        m_page->engine()->setSet(m_page->set(), few);
        QVERIFY(m_page->settle(30'000));
        m_page->state().setFar(1e-4);
        auto *slider = find<LiveBar>("liveBar")->slider();
        const auto handle = [&](double share) { return QPoint(8 + qRound(share * (slider->width() - 16)), slider->height() / 2); };
        auto *bar = find<LiveBar>("liveBar");
        QTest::mousePress(slider, Qt::LeftButton, {}, handle(0.15));
        QVERIFY(m_page->state().threshold().dragging());
        QSignalSpy estimated(m_page->engine(), &LiveEngine::estimated);
        QSignalSpy exact(m_page->engine(), &LiveEngine::exactReady);
        for (int i = 1; i <= 10; ++i) {
            QMouseEvent move(QEvent::MouseMove, handle(0.15 + 0.04 * i), slider->mapToGlobal(handle(0.15 + 0.04 * i)), Qt::NoButton, Qt::LeftButton,
                             Qt::NoModifier);
            QCoreApplication::sendEvent(slider, &move);
            QTest::qWait(25);
        }
        QTRY_VERIFY(estimated.size() >= 3);
        QTRY_VERIFY(!m_page->engine()->isBusy());
        QCOMPARE(exact.size(), 0);
        const double reached = m_page->state().threshold().threshold();
        QVERIFY(reached > 0.4);
        QCOMPARE(m_page->engine()->estimate()->threshold, reached);
        QCOMPARE(bar->sureness(), LiveBar::Sureness::NotResolved);
        QVERIFY(!find<LiveTradeoff>("liveTradeoff")->marker()->resolved);
        m_page->state().setFar(1e-1);
        QCOMPARE(bar->sureness(), LiveBar::Sureness::Estimate);
        QVERIFY(find<RocPlot>("rocPlot")->live().far.isEmpty()); // no curve while it is an estimate
        QTest::mouseRelease(slider, Qt::LeftButton, {}, handle(0.55));
        QVERIFY(m_page->settle(30'000));
        QVERIFY(exact.size() >= 1);
        QCOMPARE(bar->sureness(), LiveBar::Sureness::Exact);
        QVERIFY(!find<RocPlot>("rocPlot")->live().far.isEmpty());
        // The whole drag is one step.
        key(Qt::Key_Z, Qt::ControlModifier);
        QCOMPARE(m_page->state().threshold().threshold(), 0.15);
    }

    void anotherWayToWeigh()
    {
        QVERIFY(filled());
        auto *methods = find<QComboBox>("liveMethod");
        QVERIFY(methods->count() >= 4);
        methods->setFocus();
        QTest::keyClick(methods, Qt::Key_End);
        QCOMPARE(m_page->state().liveMethod(), QStringLiteral("ddl+"));
        QVERIFY(m_page->settle(30'000));
        QVERIFY(m_page->engine()->exact() != nullptr);
        key(Qt::Key_Z, Qt::ControlModifier);
        QCOMPARE(m_page->state().liveMethod(), QStringLiteral("ddl"));
        QCOMPARE(methods->currentIndex(), 0);
        QVERIFY(m_page->settle(30'000));
    }

    void recommends()
    {
        QVERIFY(filled());
        m_page->state().setFar(1e-2);
        key(Qt::Key_R, Qt::ControlModifier);
        auto *dialog = m_page->findChild<RecommendDialog *>();
        QVERIFY(dialog != nullptr);
        QVERIFY(dialog->recommendation().has_value());
        const QString sentence = dialog->findChild<QLabel *>(QStringLiteral("recommendSentence"))->text();
        QVERIFY2(sentence.contains(QStringLiteral("TAR")), qPrintable(sentence));
        // Only DDL, so that what is applied is a threshold.
        dialog->findChild<QComboBox *>(QStringLiteral("recommendMethod"))->setCurrentIndex(1);
        dialog->findChild<QDoubleSpinBox *>(QStringLiteral("recommendWithin"))->setValue(3);
        const double wanted = std::clamp(dialog->recommendation()->point.threshold, 0.0, 1.0);
        QTest::mouseClick(dialog->findChild<QPushButton *>(QStringLiteral("recommendApply")), Qt::LeftButton);
        QCOMPARE(m_page->state().threshold().threshold(), wanted);
        save("exportReport", "recommended.html");
        QVERIFY(readText(path("recommended.html")).find("<h2>Recommendation</h2>\n<p>") != std::string::npos);
        m_page->state().undoStack()->undo();
        QCOMPARE(m_page->state().threshold().threshold(), 0.15);
        // A budget that nothing meets is said, not applied.
        dialog->findChild<QDoubleSpinBox *>(QStringLiteral("recommendBudget"))->setValue(0);
        QVERIFY(!dialog->recommendation().has_value());
        QVERIFY(!dialog->findChild<QPushButton *>(QStringLiteral("recommendApply"))->isEnabled());
        dialog->close();
        QVERIFY(m_page->settle(30'000));
    }

    void pricesOfTheBaseOrOfThePaper()
    {
        QVERIFY(filled());
        const double own = m_page->engine()->curve().points.front().cost.macPerFace;
        auto *prices = find<QComboBox>("livePrices");
        prices->setFocus();
        QTest::keyClick(prices, Qt::Key_End);
        QVERIFY(m_page->engine()->curve().points.front().cost.macPerFace > 5 * own);
        auto *axis = find<QComboBox>("tradeoffAcross");
        axis->setFocus();
        QTest::keyClick(axis, Qt::Key_Down);
        QCOMPARE(find<LiveTradeoff>("liveTradeoff")->across(), LiveTradeoff::Across::Mac);
        QVERIFY(find<LiveTradeoff>("liveTradeoff")->xAxis->label().contains(QStringLiteral("MAC")));
    }

    /// Rename, hide and remove as a user does, all of it undone.
    void runsByHand()
    {
        QVERIFY(filled());
        auto *list = find<QListView>("runList");
        list->setFocus();
        list->setCurrentIndex(list->model()->index(0, 0));
        QTest::keyClick(list, Qt::Key_F2);
        auto *editor = list->findChild<QLineEdit *>();
        QVERIFY(editor != nullptr);
        editor->setText(QStringLiteral("the plain mean"));
        QTest::keyClick(editor, Qt::Key_Return);
        QTRY_COMPARE(m_page->state().runs().front().title, QStringLiteral("the plain mean"));
        const int before = find<RunPlot>("rocPlot")->curveCount();
        list->setFocus();
        QTest::keyClick(list, Qt::Key_Space);
        QVERIFY(!m_page->state().runs().front().shown);
        QCOMPARE(find<RunPlot>("rocPlot")->curveCount(), before - 1);
        QTest::keyClick(list, Qt::Key_Delete);
        QCOMPARE(m_page->state().runs().size(), std::size_t{1});
        for (int i = 0; i < 3; ++i)
            key(Qt::Key_Z, Qt::ControlModifier);
        QCOMPARE(m_page->state().runs().size(), std::size_t{2});
        QVERIFY(m_page->state().runs().front().shown);
        QCOMPARE(m_page->state().runs().front().title, QStringLiteral("average"));
    }

    void savesOpensAndExports()
    {
        QVERIFY(filled());
        QVERIFY(m_page->isWindowModified());
        save("evaluationSave", "runs.json");
        QVERIFY(!m_page->isWindowModified());
        save("exportTable", "table.csv");
        QVERIFY(readText(path("table.csv")).find("average") != std::string::npos);
        save("exportTable", "table.md");
        QVERIFY(readText(path("table.md")).find("| DDL") != std::string::npos);
        save("exportReport", "report.html");
        const std::string report = readText(path("report.html"));
        QVERIFY(report.find("<td>average</td>") != std::string::npos && report.find("data:image/svg+xml;base64,") != std::string::npos);
        QVERIFY(report.find("Live threshold") != std::string::npos);
        save("exportPairs", "pairs.csv");
        QVERIFY(readText(path("pairs.csv")).rfind("kind,rank", 0) == 0);
        for (const char *plot : {"rocPlot", "detPlot", "pairHistogram", "liveTradeoff", "cmcPlot", "discardPlot"})
            for (const char *suffix : {".png", ".svg", ".pdf"}) {
                const std::string name = plot + std::string(suffix);
                save(("export_" + std::string(plot)).c_str(), name.c_str());
                const std::string start = readText(path(name.c_str())).substr(0, 5);
                QVERIFY2(suffix == std::string(".pdf")       ? start == "%PDF-"
                             : suffix == std::string(".svg") ? start == "<?xml"
                                                             : start.substr(1, 3) == "PNG",
                         name.c_str());
            }
        // Dropped into a page that has nothing open: figures, no features.
        m_page = std::make_unique<EvaluationPage>(ModelStore());
        m_page->show();
        QSignalSpy opened(m_page.get(), &EvaluationPage::opened);
        drop(path("runs.json"));
        QTRY_COMPARE(opened.size(), 1);
        QCOMPARE(m_page->state().runs().size(), std::size_t{2});
        QVERIFY(!m_page->isWindowModified());
        QVERIFY(!find<LiveBar>("liveBar")->slider()->isEnabled());
        // What cannot be opened is named, and what is there stays.
        QVERIFY(m_page->settle(10'000));
        writeAtomically(path("broken.json"), "{\"schema\": \"dscope.evaluations/1\", \"runs\": 7}");
        QSignalSpy failed(m_page.get(), &EvaluationPage::failed);
        drop(path("broken.json"));
        QTRY_COMPARE(failed.size(), 1);
        QVERIFY(failed[0][0].toString().contains(QStringLiteral("broken.json")));
        QCOMPARE(m_page->state().runs().size(), std::size_t{2});
    }

    void stops()
    {
        MadeTemplatesOptions many;
        many.templates = 700;
        many.dim = 64;
        m_page->evaluate(madeEvaluation(many), {"average", "ddl", "max", "top-1", "ddl+"}, 2000);
        QTRY_VERIFY(m_page->set() != nullptr);
        QVERIFY(m_page->currentJob() != nullptr);
        QElapsedTimer timer;
        timer.start();
        m_page->currentJob()->cancel();
        QTRY_VERIFY(m_page->currentJob() == nullptr);
        QVERIFY2(timer.elapsed() < 2000, qPrintable(QString::number(timer.elapsed())));
        QVERIFY(m_page->state().runs().size() < 5);
        QVERIFY(m_page->settle(120'000));
    }

    /// Closed in the middle of everything, nothing is heard of it any more.
    void closedWhileBusy()
    {
        m_page->evaluate(madeEvaluation(), {"average"}, 50);
        QTRY_VERIFY(m_page->engine()->live() != nullptr);
        for (int i = 0; i < 4; ++i)
            key(Qt::Key_BracketRight);
        m_page.reset();
        QTest::qWait(100);
    }

    void asksBeforeClosing()
    {
        QVERIFY(filled());
        m_page->close();
        QVERIFY(m_page->isVisible());
        auto *question = m_page->findChild<QMessageBox *>(QStringLiteral("saveQuestion"));
        QVERIFY(question != nullptr);
        QTest::mouseClick(question->button(QMessageBox::Discard), Qt::LeftButton);
        QTRY_VERIFY(!m_page->isVisible());
    }

    /// In both themes all plots are drawn in the palette's colours.
    void darkAndLight()
    {
        QVERIFY(filled());
        const auto grey = [](QWidget *widget) {
            return qGray(widget->grab().toImage().scaled(1, 1, Qt::IgnoreAspectRatio, Qt::SmoothTransformation).pixel(0, 0));
        };
        const QPalette before = QApplication::palette();
        for (const bool dark : {true, false}) {
            QApplication::setPalette(dark ? darkPalette() : lightPalette());
            for (const char *name : {"rocPlot", "liveTradeoff"}) {
                auto *plot = find<PlainPlot>(name);
                QTRY_VERIFY2(dark ? grey(plot) < 90 : grey(plot) > 200, name);
            }
        }
        QApplication::setPalette(before);
    }

private:
    void save(const char *action, const char *file)
    {
        QSignalSpy written(m_page.get(), &EvaluationPage::written);
        find<QAction>(action)->trigger();
        QFileDialog *dialog = openDialog(*m_page);
        QVERIFY(dialog != nullptr);
        // A folder of its own, where nothing is there that the dialog would choose by itself.
        const QString own = m_folder->filePath(QStringLiteral("saved%1").arg(++m_saved));
        QVERIFY(QDir().mkpath(own));
        dialog->setDirectory(own);
        dialog->findChild<QLineEdit *>(QStringLiteral("fileNameEdit"))->setText(QLatin1String(file));
        QTimer::singleShot(3000, dialog, [] { // a question here would wait for ever
            if (auto *box = qobject_cast<QMessageBox *>(QApplication::activeModalWidget()); box != nullptr) {
                qWarning("%s", qPrintable(box->text()));
                box->reject();
            }
        });
        QMetaObject::invokeMethod(dialog, "accept");
        QCOMPARE(written.size(), 1);
        QVERIFY(QFile::rename(own + QLatin1Char('/') + QLatin1String(file), toText(path(file))));
    }
    int m_saved = 0;
};

DSCOPE_TEST(TestEvaluationPage)
#include "tst_evaluationpage.moc"
