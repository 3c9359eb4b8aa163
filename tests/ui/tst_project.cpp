// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/files.h"
#include "core/base/random.h"
#include "core/report/project.h"
#include "tests/support/madeevaluation.h"
#include "tests/support/projecttest.h"
#include "tests/support/support.h"
#include "ui/appwindow.h"
#include "ui/jobs/job.h"
#include "ui/jobs/liveengine.h"
#include "ui/pages/analysepage.h"
#include "ui/pages/evaluationpage.h"
#include "ui/pages/evaluationsetup.h"
#include "ui/plots/runplot.h"
#include "ui/projectsession.h"

#include <QAction>
#include <QCheckBox>
#include <QDragEnterEvent>
#include <QFileDialog>
#include <QLineEdit>
#include <QMenu>
#include <QMenuBar>
#include <QMessageBox>
#include <QMimeData>
#include <QPushButton>
#include <QTableView>

using namespace dscope;
using namespace dscope::test;
namespace fs = std::filesystem;

/// Projects as a user meets them: saved, closed, opened again, and what is asked in between.
class TestProject : public ProjectTest {
    Q_OBJECT
private Q_SLOTS:
    /// Evaluated, saved by keys, closed and opened again: the same runs, names, threshold and form; nothing is computed.
    void savesAndOpensAgain()
    {
        QVERIFY(filled());
        EvaluationState &state = page()->state();
        state.rename(state.runs().front().id, QStringLiteral("the plain mean"));
        state.recolour(state.runs().back().id, 5);
        state.setShown(state.runs().front().id, false);
        state.setFar(1e-2);
        for (int i = 0; i < 4; ++i)
            key(Qt::Key_BracketRight);
        QCOMPARE(state.threshold().threshold(), 0.19);
        page()->findChild<QLineEdit *>(QStringLiteral("evaluationRoot"))->setText(toText(path("ijbc")));
        page()->findChild<QLineEdit *>(QStringLiteral("evaluationMore"))->setText(QStringLiteral("ddl:t=0.3"));
        QVERIFY(page()->settle(30'000));
        QVERIFY(!m_window->windowTitle().contains(QStringLiteral("study")));
        QVERIFY(saveByKeys("study"));
        const fs::path file = path("study.dscope");
        QVERIFY(fs::exists(file));
        QVERIFY(m_window->windowTitle().startsWith(QStringLiteral("study[*] – ")));
        QVERIFY(!m_window->isWindowModified());
        const std::string text = readText(file);
        const std::vector<ShownRun> before = state.runs();
        const int current = rowOf(state.current());
        m_window->close();
        QVERIFY(!m_window->isVisible()); // nothing was asked
        QVERIFY(boxes().isEmpty());

        start();
        QVERIFY(opens(file));
        EvaluationState &again = page()->state();
        QCOMPARE(again.runs().size(), before.size());
        for (std::size_t i = 0; i < before.size(); ++i) {
            QCOMPARE(again.runs()[i].title, before[i].title);
            QCOMPARE(again.runs()[i].colour, before[i].colour);
            QCOMPARE(again.runs()[i].shown, before[i].shown);
            QVERIFY(again.runs()[i].method.has_value());
            QCOMPARE(toJson(*again.runs()[i].run).dump(), toJson(*before[i].run).dump());
        }
        QCOMPARE(rowOf(again.current()), current);
        QCOMPARE(again.threshold().threshold(), 0.19);
        QCOMPARE(again.far(), 1e-2);
        QCOMPARE(page()->setup()->request().root, path("ijbc"));
        QCOMPARE(page()->setup()->request().methods, (std::vector<std::string>{"average", "top-1", "ddl", "ddl:t=0.3"}));
        QCOMPARE(m_window->currentPage(), 4); // where it was left
        // Figures and plots at once, and no data for them on the disk.
        QVERIFY(page()->set() == nullptr && page()->currentJob() == nullptr);
        QVERIFY(page()->findChild<QTableView *>(QStringLiteral("tarTable"))->isVisible());
        QVERIFY(page()->findChild<QTableView *>(QStringLiteral("tarTable"))->model()->rowCount() >= 2);
        QVERIFY(page()->findChild<RunPlot *>(QStringLiteral("rocPlot"))->curveCount() >= 1);
        QVERIFY(notices(page()).contains(QStringLiteral("ijbc"))); // that evaluating again would need it
        QVERIFY(!m_window->isWindowModified());
        QCOMPARE(again.undoStack()->count(), 0);
        // Saved unchanged it is the same file.
        QVERIFY(saveByKeys());
        const std::string difference = Json::diff(Json::parse(readText(file)), Json::parse(text)).dump();
        QVERIFY2(difference == "[]", difference.c_str());
        QCOMPARE(readText(file), text);
        // The features loaded again bring the live threshold back, and no run twice.
        page()->evaluate(madeEvaluation(), {"average", "ddl"}, 50);
        QVERIFY(page()->settle(60'000) && page()->engine()->isReady());
        QCOMPARE(again.runs().size(), before.size());
        QCOMPARE(page()->engine()->exact()->threshold, 0.19);
        QVERIFY(!m_window->isWindowModified());
    }

    /// The recommendation that a project holds stays when its features are loaded again; another method, or another set, ends it.
    void recommendationStays()
    {
        writeRuns("advice");
        Project made = readProject(path("advice.dscope"));
        made.evaluation.recommendation = "ddl from 0.2 on: the cheapest within a point of the best";
        writeProject(path("advice.dscope"), made);
        const auto kept = [this] { return page()->projectPart().recommendation; };
        QVERIFY(opens(path("advice.dscope")));
        QCOMPARE(kept(), made.evaluation.recommendation);
        page()->evaluate(madeEvaluation(), {"average", "ddl"}, 10);
        QVERIFY(page()->settle(60'000) && page()->engine()->isReady());
        QCOMPARE(kept(), made.evaluation.recommendation);
        page()->state().threshold().setThreshold(0.4); // looked at elsewhere, it is still what was recommended
        QCOMPARE(kept(), made.evaluation.recommendation);
        page()->state().setLiveMethod(QStringLiteral("ddl+"));
        QVERIFY(kept().empty());
        // Another benchmark than that of the runs.
        EvaluationSet other = *madeEvaluation();
        auto features = std::make_shared<TemplateFeatures>(*other.features);
        features->benchmark = "another";
        other.features = features;
        project()->clear();
        QVERIFY(opens(path("advice.dscope")));
        QCOMPARE(kept(), made.evaluation.recommendation);
        page()->evaluate(std::make_shared<const EvaluationSet>(other), {"average"}, 10);
        QVERIFY(page()->settle(60'000) && page()->engine()->isReady());
        QVERIFY(kept().empty());
    }

    /// The mark follows what is changed and taken back; closing asks once, whatever is changed.
    void markAndQuestion()
    {
        QVERIFY(filled());
        QVERIFY(saveByKeys("study"));
        const std::string text = readText(path("study.dscope"));
        QVERIFY(!m_window->isWindowModified());
        page()->state().threshold().setThreshold(0.6);
        QTRY_VERIFY(m_window->isWindowModified());
        page()->state().undoStack()->undo();
        QTRY_VERIFY(!m_window->isWindowModified());
        m_window->analysePage()->setThreshold(0.7);
        QTRY_VERIFY(m_window->isWindowModified());
        page()->addMethod(QStringLiteral("max"));
        QVERIFY(page()->settle(30'000));
        QVERIFY(page()->state().isDirty());
        // Cancel.
        m_window->close();
        QVERIFY(m_window->isVisible());
        QCOMPARE(boxes().size(), 1);
        QCOMPARE(boxes().front()->objectName(), QStringLiteral("projectQuestion"));
        m_window->close(); // asked twice, there is still one question
        QCOMPARE(boxes().size(), 1);
        QTest::mouseClick(boxes().front()->button(QMessageBox::Cancel), Qt::LeftButton);
        QTRY_VERIFY(boxes().isEmpty());
        QVERIFY(m_window->isVisible() && m_window->isWindowModified());
        // Save.
        m_window->close();
        QTest::mouseClick(boxes().front()->button(QMessageBox::Save), Qt::LeftButton);
        QTRY_VERIFY_WITH_TIMEOUT(!m_window->isVisible(), 30'000);
        QVERIFY(readText(path("study.dscope")) != text);
        QCOMPARE(readText(path("study.dscope~")), text);
        const Project project = readProject(path("study.dscope"));
        QCOMPARE(project.evaluation.runs.size(), std::size_t{3});
        QCOMPARE(project.analysis.keep.threshold, 0.7);
        // Discard.
        start();
        QVERIFY(opens(path("study.dscope")));
        QCOMPARE(m_window->analysePage()->thresholdState().threshold(), 0.7);
        page()->state().removeRuns({page()->state().runs().front().id});
        const std::string saved = readText(path("study.dscope"));
        m_window->close();
        QCOMPARE(boxes().size(), 1);
        QTest::mouseClick(boxes().front()->button(QMessageBox::Discard), Qt::LeftButton);
        QTRY_VERIFY_WITH_TIMEOUT(!m_window->isVisible(), 30'000);
        QCOMPARE(readText(path("study.dscope")), saved);
    }

    /// Without a project runs are asked about, once; saved as a file of their own they are not; and a threshold alone is nobody's work.
    void withoutAProject()
    {
        page()->state().threshold().setThreshold(0.4);
        m_window->analysePage()->setThreshold(0.4);
        m_window->close();
        QVERIFY(!m_window->isVisible());
        start();
        QVERIFY(filled());
        QTRY_VERIFY(m_window->isWindowModified());
        m_window->close();
        QCOMPARE(boxes().size(), 1);
        QTest::mouseClick(boxes().front()->button(QMessageBox::Cancel), Qt::LeftButton);
        QTRY_VERIFY(boxes().isEmpty());
        page()->state().save(path("runs.json"));
        page()->state().setSaved();
        QTRY_VERIFY(!m_window->isWindowModified());
        m_window->close();
        QVERIFY(!m_window->isVisible());
        start();
        m_window->openSources({path("runs.json")});
        QTRY_COMPARE(page()->state().runs().size(), std::size_t{2});
        QVERIFY(page()->settle(10'000));
        page()->state().removeRuns({page()->state().runs().front().id});
        m_window->close();
        QCOMPARE(boxes().size(), 1);
        QTest::mouseClick(boxes().front()->button(QMessageBox::Save), Qt::LeftButton);
        QVERIFY(typeName("kept"));
        QTRY_VERIFY_WITH_TIMEOUT(!m_window->isVisible(), 30'000);
        QCOMPARE(readProject(path("kept.dscope")).evaluation.runs.size(), std::size_t{1});
    }

    /// New asks first, and then nothing is open; what was chosen in the form stays.
    void newProject()
    {
        QVERIFY(filled());
        QVERIFY(saveByKeys("study"));
        page()->findChild<QLineEdit *>(QStringLiteral("evaluationRoot"))->setText(toText(path("somewhere")));
        page()->findChild<QCheckBox *>(QStringLiteral("method_max"))->setChecked(true);
        QTRY_VERIFY(m_window->isWindowModified());
        action("projectNew")->trigger();
        QCOMPARE(boxes().size(), 1);
        QTest::mouseClick(boxes().front()->button(QMessageBox::Discard), Qt::LeftButton);
        QTRY_VERIFY(page()->state().runs().empty());
        QVERIFY(page()->set() == nullptr);
        QVERIFY(page()->setup()->isVisible());
        QVERIFY(page()->setup()->request().root.empty());
        QVERIFY(page()->findChild<QCheckBox *>(QStringLiteral("method_max"))->isChecked());
        QVERIFY(project()->file().empty());
        QVERIFY(!m_window->windowTitle().contains(QStringLiteral("study")));
        QVERIFY(!m_window->isWindowModified());
        m_window->close();
        QVERIFY(!m_window->isVisible());
    }

    /// In the File menu of every page, before what is the page's own, and by the list of recent ones.
    void menusAndRecent()
    {
        QVERIFY(filled());
        QVERIFY(saveByKeys("first"));
        page()->state().threshold().setThreshold(0.5);
        action("projectSaveAs")->trigger();
        QVERIFY(typeName("second"));
        QTRY_COMPARE(project()->name(), QStringLiteral("second"));
        for (int i = 0; i < m_window->pageCount(); ++i) {
            QMenu *menu = qobject_cast<QMainWindow *>(m_window->page(i))->menuBar()->actions().first()->menu();
            QCOMPARE(menu->actions().value(0), action("projectNew"));
            QCOMPARE(menu->actions().value(3), action("projectSave"));
            QVERIFY(menu->actions().value(5)->isSeparator());
            QVERIFY(menu->actions().size() > 6);
        }
        auto *recent = m_window->findChild<QMenu *>(QStringLiteral("projectRecent"));
        QCOMPARE(recent->actions().value(0)->data().toString(), toText(path("second.dscope")));
        QCOMPARE(recent->actions().value(1)->data().toString(), toText(path("first.dscope")));
        recent->actions().value(1)->trigger();
        QTRY_COMPARE_WITH_TIMEOUT(project()->name(), QStringLiteral("first"), 30'000);
        QCOMPARE(page()->state().threshold().threshold(), 0.15);
        QCOMPARE(recent->actions().value(0)->data().toString(), toText(path("first.dscope")));
        // One that is gone is told, and what is open stays.
        fs::remove(path("second.dscope"));
        recent->actions().value(1)->trigger();
        QTRY_COMPARE_WITH_TIMEOUT(boxes().size(), 1, 30'000);
        QVERIFY(boxes().front()->informativeText().contains(QStringLiteral("second.dscope")));
        boxes().front()->accept();
        QCOMPARE(project()->name(), QStringLiteral("first"));
        QCOMPARE(page()->state().runs().size(), std::size_t{2});
        recent->actions().last()->trigger();
        QTRY_VERIFY(!recent->isEnabled());
    }

    void openedByTheDialog()
    {
        writeRuns("some");
        action("projectOpen")->trigger();
        auto *dialog = m_window->findChild<QFileDialog *>(QStringLiteral("projectOpenDialog"));
        QVERIFY(dialog != nullptr && dialog->isVisible());
        dialog->setDirectory(m_folder->path());
        dialog->findChild<QLineEdit *>(QStringLiteral("fileNameEdit"))->setText(QStringLiteral("some.dscope"));
        QMetaObject::invokeMethod(dialog, "accept");
        QTRY_COMPARE_WITH_TIMEOUT(page()->state().runs().size(), std::size_t{2}, 30'000);
        QCOMPARE(m_window->currentPage(), 4);
    }

    /// On whichever page it is dropped.
    void dropped()
    {
        writeRuns("dropped");
        for (int i = 0; i < m_window->pageCount(); ++i) {
            project()->clear();
            m_window->showPage(i);
            QMimeData data;
            data.setUrls({QUrl::fromLocalFile(toText(path("dropped.dscope")))});
            QWidget *target = i == 2 ? static_cast<QWidget *>(m_window.get()) : m_window->page(i); // training takes no drops of its own
            QDragEnterEvent enter(QPoint(200, 200), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
            QCoreApplication::sendEvent(target, &enter);
            QVERIFY(enter.isAccepted());
            QDropEvent event(QPointF(200, 200), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
            QCoreApplication::sendEvent(target, &event);
            QTRY_COMPARE_WITH_TIMEOUT(project()->name(), QStringLiteral("dropped"), 30'000);
            QCOMPARE(page()->state().runs().size(), std::size_t{2});
            QVERIFY(m_window->analysePage()->currentJob() == nullptr);
        }
        // Nothing else is the window's.
        QMimeData other;
        other.setUrls({QUrl::fromLocalFile(toText(path("clip.mp4")))});
        QDragEnterEvent enter(QPoint(200, 200), Qt::CopyAction, &other, Qt::LeftButton, Qt::NoModifier);
        enter.ignore();
        QCoreApplication::sendEvent(m_window.get(), &enter);
        QVERIFY(!enter.isAccepted());
    }

    /// Changed meanwhile by `dscope evaluate --project`, it is not overwritten without a word.
    void changedOnDisk()
    {
        writeRuns("shared");
        QVERIFY(opens(path("shared.dscope")));
        page()->state().threshold().setThreshold(0.3);
        Project other = readProject(path("shared.dscope"));
        other.evaluation.runs.push_back(other.evaluation.runs.front());
        QTest::qWait(20); // the clock of the file system
        writeProject(path("shared.dscope"), other);
        action("projectSave")->trigger();
        QTRY_COMPARE_WITH_TIMEOUT(boxes().size(), 1, 30'000);
        QCOMPARE(boxes().front()->objectName(), QStringLiteral("overwriteQuestion"));
        QTest::mouseClick(boxes().front()->button(QMessageBox::Cancel), Qt::LeftButton);
        QTRY_VERIFY(boxes().isEmpty());
        QCOMPARE(readProject(path("shared.dscope")).evaluation.runs.size(), std::size_t{3});
        action("projectSave")->trigger();
        QTRY_COMPARE_WITH_TIMEOUT(boxes().size(), 1, 30'000);
        for (QAbstractButton *button : boxes().front()->buttons())
            if (boxes().front()->buttonRole(button) == QMessageBox::DestructiveRole) {
                QTest::mouseClick(button, Qt::LeftButton);
                break;
            }
        QVERIFY(project()->settle(30'000));
        QCOMPARE(readProject(path("shared.dscope")).evaluation.runs.size(), std::size_t{2});
        QCOMPARE(readProject(path("shared.dscope~")).evaluation.runs.size(), std::size_t{3});
        QVERIFY(saveByKeys());
        QVERIFY(boxes().isEmpty());
    }

    /// A damaged file never ends the program: it is refused with a sentence, or shown as far as it makes sense.
    void damagedFiles()
    {
        writeRuns("whole");
        const std::string whole = readText(path("whole.dscope"));
        constexpr std::string_view pieces[]{"null", "-1", "1e308", "\"\"", "true", "0", "\"nan\"", "4000000000"};
        int shown = 0;
        for (std::uint64_t i = 0; i < 60; ++i) {
            Random random(3, i);
            // Two values of the file, but not of its long lists, become others.
            Json json = Json::parse(whole);
            const Json flat = json.flatten();
            std::vector<std::string> keys;
            for (const auto &[key, value] : flat.items())
                if (const char last = key.back(); last < '2' || last > '9')
                    keys.push_back(key);
            for (int n = 0; n < 2; ++n)
                json[Json::json_pointer(keys[random.below(keys.size())])] = Json::parse(pieces[random.below(std::size(pieces))]);
            writeJson(path("damaged.dscope"), json);
            project()->clear();
            if (opens(path("damaged.dscope"))) {
                ++shown;
                m_window->showPage(4);
                for (const ShownRun &run : page()->state().runs())
                    page()->state().setCurrent(run.id);
                m_window->grab();
            }
            for (QMessageBox *box : boxes())
                box->accept();
            QCoreApplication::processEvents();
        }
        QVERIFY2(shown > 5 && shown < 60, qPrintable(QString::number(shown)));
        // And a sentence that says where.
        project()->clear();
        Json json = Json::parse(whole);
        json["evaluation"]["live"]["threshold"] = "high";
        writeJson(path("damaged.dscope"), json);
        QVERIFY(!opens(path("damaged.dscope")));
        QVERIFY(boxes().front()->informativeText().contains(QStringLiteral("damaged.dscope")));
        QVERIFY(boxes().front()->informativeText().contains(QStringLiteral("'evaluation.live.threshold'")));
        boxes().front()->accept();
        QVERIFY(project()->file().empty());
    }
};

DSCOPE_TEST(TestProject)
#include "tst_project.moc"
