#include "core/base/files.h"
#include "core/base/picture.h"
#include "core/base/random.h"
#include "core/io/project.h"
#include "tests/support/madeevaluation.h"
#include "tests/support/madenets.h"
#include "tests/support/support.h"
#include "ui/appwindow.h"
#include "ui/jobs/job.h"
#include "ui/jobs/liveengine.h"
#include "ui/mainwindow.h"
#include "ui/pages/evaluationpage.h"
#include "ui/pages/evaluationsetup.h"
#include "ui/plots/runplot.h"
#include "ui/projectsession.h"
#include "ui/views/noticebar.h"

#include <QAbstractItemView>
#include <QAction>
#include <QCheckBox>
#include <QComboBox>
#include <QDragEnterEvent>
#include <QFileDialog>
#include <QLineEdit>
#include <QListView>
#include <QMenu>
#include <QMenuBar>
#include <QMessageBox>
#include <QMimeData>
#include <QPushButton>
#include <QSettings>
#include <QSignalSpy>
#include <QTableView>
#include <QTemporaryDir>
#include <QTimer>

using namespace dscope;
using namespace dscope::test;
namespace fs = std::filesystem;

/// Projects as a user meets them: saved, closed, opened again, and what is asked in between.
class TestProject : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase()
    {
        QVERIFY(m_settings.isValid());
        QCoreApplication::setOrganizationName(QStringLiteral("dscope-test"));
        QCoreApplication::setApplicationName(QStringLiteral("dscope-test"));
        QSettings::setDefaultFormat(QSettings::IniFormat);
        QSettings::setPath(QSettings::IniFormat, QSettings::UserScope, m_settings.path());
        m_cacheBefore = qgetenv("DSCOPE_CACHE");
    }
    void cleanupTestCase()
    {
        if (m_cacheBefore.isEmpty())
            qunsetenv("DSCOPE_CACHE");
        else
            qputenv("DSCOPE_CACHE", m_cacheBefore);
    }
    void init()
    {
        QSettings().clear();
        m_folder = std::make_unique<QTemporaryDir>();
        qputenv("DSCOPE_CACHE", m_folder->filePath(QStringLiteral("cache")).toUtf8());
        start();
    }
    void cleanup()
    {
        m_window.reset();
        m_folder.reset();
    }

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
        m_window->openSources({file});
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
        key(Qt::Key_S, Qt::ControlModifier | Qt::AltModifier);
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
        QTRY_VERIFY(!m_window->isVisible());
        QVERIFY(readText(path("study.dscope")) != text);
        QCOMPARE(readText(path("study.dscope~")), text);
        const Project project = readProject(path("study.dscope"));
        QCOMPARE(project.evaluation.runs.size(), std::size_t{3});
        QCOMPARE(project.analysis.keep.threshold, 0.7);
        // Discard.
        start();
        m_window->openSources({path("study.dscope")});
        QCOMPARE(m_window->analysePage()->thresholdState().threshold(), 0.7);
        page()->state().removeRuns({page()->state().runs().front().id});
        const std::string saved = readText(path("study.dscope"));
        m_window->close();
        QCOMPARE(boxes().size(), 1);
        QTest::mouseClick(boxes().front()->button(QMessageBox::Discard), Qt::LeftButton);
        QTRY_VERIFY(!m_window->isVisible());
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
        QTRY_VERIFY(!m_window->isVisible());
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
        QVERIFY(m_window->project()->file().empty());
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
        QCOMPARE(m_window->project()->name(), QStringLiteral("second"));
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
        QTRY_COMPARE(m_window->project()->name(), QStringLiteral("first"));
        QCOMPARE(page()->state().threshold().threshold(), 0.15);
        QCOMPARE(recent->actions().value(0)->data().toString(), toText(path("first.dscope")));
        // One that is gone is told, and what is open stays.
        fs::remove(path("second.dscope"));
        recent->actions().value(1)->trigger();
        QTRY_COMPARE(boxes().size(), 1);
        QVERIFY(boxes().front()->informativeText().contains(QStringLiteral("second.dscope")));
        boxes().front()->accept();
        QCOMPARE(m_window->project()->name(), QStringLiteral("first"));
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
        QCOMPARE(page()->state().runs().size(), std::size_t{2});
        QCOMPARE(m_window->currentPage(), 4);
    }

    /// On whichever page it is dropped.
    void dropped()
    {
        writeRuns("dropped");
        for (int i = 0; i < m_window->pageCount(); ++i) {
            m_window->project()->clear();
            m_window->showPage(i);
            QMimeData data;
            data.setUrls({QUrl::fromLocalFile(toText(path("dropped.dscope")))});
            QWidget *target = i == 2 ? static_cast<QWidget *>(m_window.get()) : m_window->page(i); // training takes no drops of its own
            QDragEnterEvent enter(QPoint(200, 200), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
            QCoreApplication::sendEvent(target, &enter);
            QVERIFY(enter.isAccepted());
            QDropEvent event(QPointF(200, 200), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
            QCoreApplication::sendEvent(target, &event);
            QCOMPARE(m_window->project()->name(), QStringLiteral("dropped"));
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

    /// After a crash the copy is offered; it is what was on show, and the file is untouched until it is saved.
    void recovery()
    {
        QVERIFY(filled());
        QVERIFY(saveByKeys("study"));
        const std::string saved = readText(path("study.dscope"));
        m_window->project()->setCopyInterval(20);
        QTest::qWait(100);
        QVERIFY(copies().isEmpty()); // nothing is unsaved
        page()->state().threshold().setThreshold(0.77);
        QTRY_COMPARE(copies().size(), 1);
        // Another program that starts now leaves it alone.
        QVERIFY(!ProjectRecovery::findLeft().has_value());
        const QString copy = copies().front();
        QVERIFY(QFile::copy(copy, m_folder->filePath(QStringLiteral("left"))));
        m_window->close();
        QTest::mouseClick(boxes().front()->button(QMessageBox::Discard), Qt::LeftButton);
        QTRY_VERIFY(!m_window->isVisible());
        QVERIFY(copies().isEmpty()); // closed as it should be
        m_window.reset();
        // As if it had not been: the copy is there, and its program is not.
        QVERIFY(QFile::rename(m_folder->filePath(QStringLiteral("left")), copy));
        start();
        m_window->project()->offerRecovery();
        QCOMPARE(boxes().size(), 1);
        QVERIFY(boxes().front()->text().contains(QStringLiteral("study")));
        QTest::mouseClick(boxes().front()->findChild<QPushButton *>(QStringLiteral("recoveryRestore")), Qt::LeftButton);
        QTRY_COMPARE(page()->state().runs().size(), std::size_t{2});
        QCOMPARE(page()->state().threshold().threshold(), 0.77);
        QCOMPARE(m_window->project()->file(), path("study.dscope"));
        QVERIFY(m_window->isWindowModified());
        QCOMPARE(readText(path("study.dscope")), saved);
        QVERIFY(!QFile::exists(copy));
        QCOMPARE(copies().size(), 1); // its own now
        key(Qt::Key_S, Qt::ControlModifier | Qt::AltModifier);
        QVERIFY(boxes().isEmpty());
        QVERIFY(readText(path("study.dscope")) != saved);
        QVERIFY(readText(path("study.dscope")).find("\"recovery\"") == std::string::npos);
        QVERIFY(copies().isEmpty());
        QVERIFY(!m_window->isWindowModified());
    }

    /// Work that has no project is kept as well, and a copy can be refused.
    void recoveryWithoutAProject()
    {
        QVERIFY(filled());
        m_window->project()->setCopyInterval(20);
        QTRY_COMPARE(copies().size(), 1);
        const QString copy = copies().front();
        for (const char *answer : {"recoveryDiscard", "recoveryRestore"}) {
            QVERIFY(QFile::copy(copy, m_folder->filePath(QLatin1String(answer))));
        }
        m_window->close();
        QTest::mouseClick(boxes().front()->button(QMessageBox::Discard), Qt::LeftButton);
        QTRY_VERIFY(!m_window->isVisible());
        m_window.reset();
        QVERIFY(QFile::rename(m_folder->filePath(QStringLiteral("recoveryDiscard")), copy));
        start();
        m_window->project()->offerRecovery();
        QTest::mouseClick(boxes().front()->findChild<QPushButton *>(QStringLiteral("recoveryDiscard")), Qt::LeftButton);
        QTRY_VERIFY(copies().isEmpty());
        QVERIFY(page()->state().runs().empty());
        QVERIFY(QFile::rename(m_folder->filePath(QStringLiteral("recoveryRestore")), copy));
        m_window->project()->offerRecovery();
        QTRY_COMPARE(boxes().size(), 1);
        QTest::mouseClick(boxes().front()->findChild<QPushButton *>(QStringLiteral("recoveryRestore")), Qt::LeftButton);
        QTRY_COMPARE(page()->state().runs().size(), std::size_t{2});
        QVERIFY(m_window->project()->file().empty());
        // It is still nowhere but here.
        m_window->close();
        QCOMPARE(boxes().size(), 1);
        QTest::mouseClick(boxes().front()->button(QMessageBox::Discard), Qt::LeftButton);
        QTRY_VERIFY(!m_window->isVisible());
        QVERIFY(copies().isEmpty());
    }

    /// What is missing is named and stays in the project; the rest opens.
    void missingSources()
    {
        writeRuns("gaps");
        Project project = readProject(path("gaps.dscope"));
        project.analysis.sources = {path("gone.mp4"), path("lost")};
        project.page = "analyse";
        writeProject(path("gaps.dscope"), project);
        m_window->openSources({path("gaps.dscope")});
        QCOMPARE(m_window->currentPage(), 0);
        QVERIFY(m_window->analysePage()->currentJob() == nullptr);
        QVERIFY(notices(m_window->analysePage()).contains(QStringLiteral("gone.mp4")));
        QVERIFY(notices(m_window->analysePage()).contains(QStringLiteral("lost")));
        QCOMPARE(page()->state().runs().size(), std::size_t{2});
        QVERIFY(!m_window->isWindowModified());
        page()->state().threshold().setThreshold(0.3);
        key(Qt::Key_S, Qt::ControlModifier | Qt::AltModifier);
        QVERIFY(readProject(path("gaps.dscope")).analysis.sources == project.analysis.sources);
        // Close all is a decision about them.
        m_window->analysePage()->closeAll();
        QTRY_VERIFY(m_window->isWindowModified());
    }

    /// Sources are opened as they were looked at, and another network than then is told.
    void sourcesAndModels()
    {
        m_window.reset();
        writeMadeNets(path("models"));
        writePeople(path("people"));
        AnalysisOptions options;
        options.base = "made-base";
        options.ddnet = "made-ddnet";
        options.device = "cpu";
        options.aligned = true;
        start(ModelStore({path("models")}), options);
        QSignalSpy finished(m_window->analysePage(), &MainWindow::analysisFinished);
        m_window->openSources({path("people")});
        QVERIFY(finished.wait(60'000));
        m_window->analysePage()->setKeep(Keep::best(2));
        QVERIFY(saveByKeys("people"));
        const Project project = readProject(path("people.dscope"));
        QVERIFY(project.analysis.sources == std::vector<fs::path>{path("people")});
        QVERIFY(project.analysis.aligned);
        QCOMPARE(project.analysis.base.chosen, std::string("made-base"));
        QCOMPARE(project.analysis.base.sha256.size(), std::size_t{64});
        const int faces = m_window->analysePage()->document()->faceCount();
        m_window->close();
        QVERIFY(!m_window->isVisible());

        AnalysisOptions plain;
        plain.device = "cpu"; // not a matter of the project
        start(ModelStore({path("models")}), plain);
        QSignalSpy again(m_window->analysePage(), &MainWindow::analysisFinished);
        m_window->openSources({path("people.dscope")});
        QVERIFY(again.wait(60'000));
        QCOMPARE(m_window->analysePage()->document()->faceCount(), faces);
        QCOMPARE(m_window->analysePage()->document()->analysis().base.name, std::string("made-base"));
        QVERIFY(m_window->analysePage()->thresholdState().keep() == Keep::best(2));
        QTest::qWait(20);
        QVERIFY(!m_window->isWindowModified());
        QVERIFY2(notices(m_window->analysePage()).isEmpty(), qPrintable(notices(m_window->analysePage())));
        m_window->close();
        QVERIFY(!m_window->isVisible());

        fs::remove_all(path("models"));
        writeMadeNets(path("models"), 2);
        start(ModelStore({path("models")}), plain);
        QSignalSpy changed(m_window->analysePage(), &MainWindow::analysisFinished);
        m_window->openSources({path("people.dscope")});
        QVERIFY(changed.wait(60'000));
        QVERIFY2(notices(m_window->analysePage()).contains(QStringLiteral("made-base has other weights")), qPrintable(notices(m_window->analysePage())));
        m_window->close();
        QVERIFY(!m_window->isVisible());

        // A network that is not there at all: told, the source stays in the project, the runs would open.
        fs::remove_all(path("models"));
        start(ModelStore({path("models")}), plain);
        QSignalSpy failed(m_window->analysePage(), &MainWindow::analysisFailed);
        m_window->openSources({path("people.dscope")});
        QVERIFY(failed.wait(60'000));
        QVERIFY(failed[0][0].toString().contains(QStringLiteral("made-")));
        QVERIFY(m_window->project()->current().analysis.sources == std::vector<fs::path>{path("people")});
        QTest::qWait(20);
        QVERIFY(!m_window->isWindowModified());
    }

    /// Changed meanwhile by `dscope evaluate --project`, it is not overwritten without a word.
    void changedOnDisk()
    {
        writeRuns("shared");
        m_window->openSources({path("shared.dscope")});
        page()->state().threshold().setThreshold(0.3);
        Project other = readProject(path("shared.dscope"));
        other.evaluation.runs.push_back(other.evaluation.runs.front());
        QTest::qWait(20); // the clock of the file system
        writeProject(path("shared.dscope"), other);
        action("projectSave")->trigger();
        QCOMPARE(boxes().size(), 1);
        QCOMPARE(boxes().front()->objectName(), QStringLiteral("overwriteQuestion"));
        QTest::mouseClick(boxes().front()->button(QMessageBox::Cancel), Qt::LeftButton);
        QTRY_VERIFY(boxes().isEmpty());
        QCOMPARE(readProject(path("shared.dscope")).evaluation.runs.size(), std::size_t{3});
        action("projectSave")->trigger();
        for (QAbstractButton *button : boxes().front()->buttons())
            if (boxes().front()->buttonRole(button) == QMessageBox::DestructiveRole) {
                QTest::mouseClick(button, Qt::LeftButton);
                break;
            }
        QTRY_COMPARE(readProject(path("shared.dscope")).evaluation.runs.size(), std::size_t{2});
        QCOMPARE(readProject(path("shared.dscope~")).evaluation.runs.size(), std::size_t{3});
        action("projectSave")->trigger();
        QTRY_VERIFY(boxes().isEmpty());
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
            m_window->project()->clear();
            if (m_window->project()->open(path("damaged.dscope"))) {
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
        m_window->project()->clear();
        Json json = Json::parse(whole);
        json["evaluation"]["live"]["threshold"] = "high";
        writeJson(path("damaged.dscope"), json);
        QVERIFY(!m_window->project()->open(path("damaged.dscope")));
        QVERIFY(boxes().front()->informativeText().contains(QStringLiteral("damaged.dscope")));
        QVERIFY(boxes().front()->informativeText().contains(QStringLiteral("'evaluation.live.threshold'")));
        boxes().front()->accept();
        QVERIFY(m_window->project()->file().empty());
    }

private:
    EvaluationPage *page() const { return m_window->evaluationPage(); }
    QAction *action(const char *name) const { return m_window->findChild<QAction *>(QLatin1String(name)); }
    void key(Qt::Key key, Qt::KeyboardModifiers modifiers = {}) { QTest::keyClick(m_window.get(), key, modifiers); }
    fs::path path(const char *name) const { return m_folder->filePath(QLatin1String(name)).toStdString(); }
    static QString toText(const fs::path &path) { return QString::fromStdString(path.string()); }
    int rowOf(int id) const
    {
        const std::vector<ShownRun> &runs = page()->state().runs();
        for (std::size_t i = 0; i < runs.size(); ++i)
            if (runs[i].id == id)
                return static_cast<int>(i);
        return -1;
    }
    static QString notices(QWidget *page) { return page->findChild<NoticeBar *>()->texts().join(QLatin1Char('\n')); }
    /// What asks the user right now.
    QList<QMessageBox *> boxes() const
    {
        QList<QMessageBox *> visible;
        for (QMessageBox *box : m_window->findChildren<QMessageBox *>())
            if (box->isVisible())
                visible << box;
        return visible;
    }
    QStringList copies() const
    {
        const QDir folder(m_folder->filePath(QStringLiteral("cache/recovery")));
        QStringList files;
        for (const QString &name : folder.entryList({QStringLiteral("*.dscope")}, QDir::Files))
            files << folder.filePath(name);
        return files;
    }
    void start(const ModelStore &store = ModelStore(), const AnalysisOptions &options = {})
    {
        m_window = std::make_unique<AppWindow>(store, options);
        m_window->resize(1400, 900);
        m_window->show();
        m_window->activateWindow();
        QVERIFY(QTest::qWaitForWindowActive(m_window.get()));
    }
    bool filled()
    {
        m_window->showPage(page());
        page()->evaluate(madeEvaluation(), {"average", "ddl"}, 50);
        return page()->settle(60'000) && page()->engine()->isReady();
    }
    /// In the dialog that is open.
    bool typeName(const char *name)
    {
        QFileDialog *dialog = nullptr;
        for (QFileDialog *one : m_window->findChildren<QFileDialog *>(QStringLiteral("projectSaveDialog")))
            if (one->isVisible())
                dialog = one;
        if (dialog == nullptr)
            return false;
        dialog->setDirectory(m_folder->path());
        // A file that the dialog has marked in its list would go before the text.
        for (QAbstractItemView *list : dialog->findChildren<QAbstractItemView *>())
            if (list->selectionModel() != nullptr)
                list->clearSelection();
        auto *edit = dialog->findChild<QLineEdit *>(QStringLiteral("fileNameEdit"));
        edit->selectAll();
        QTest::keyClicks(edit, QLatin1String(name));
        QTimer::singleShot(3000, dialog, [] { // a question here would wait for ever
            if (auto *box = qobject_cast<QMessageBox *>(QApplication::activeModalWidget()); box != nullptr)
                box->reject();
        });
        QMetaObject::invokeMethod(dialog, "accept");
        return true;
    }
    bool saveByKeys(const char *name)
    {
        QSignalSpy saved(m_window->project(), &ProjectSession::saved);
        key(Qt::Key_S, Qt::ControlModifier | Qt::AltModifier);
        return typeName(name) && saved.size() == 1;
    }
    /// A project with two runs, made without a window.
    void writeRuns(const char *name) const
    {
        Project project;
        Task task;
        for (const char *method : {"average", "ddl"}) {
            ProjectRun run;
            run.run = std::make_shared<const EvaluationRun>(evaluateMethod(*madeEvaluation(), methodNamed(method), 10, task));
            run.title = method;
            run.method = method;
            project.evaluation.runs.push_back(std::move(run));
        }
        project.page = "evaluate";
        writeProject(m_folder->filePath(QLatin1String(name) + QStringLiteral(".dscope")).toStdString(), project);
    }
    static void writePeople(const fs::path &folder)
    {
        for (int person = 0; person < 3; ++person)
            for (int i = 0; i < 4; ++i) {
                Picture picture(112, 112);
                for (std::size_t at = 0; at < picture.rgb.size(); ++at)
                    picture.rgb[at] = static_cast<std::uint8_t>(at / 97 * static_cast<std::size_t>(person + 1) + static_cast<std::size_t>(i) * 11);
                const std::vector<std::uint8_t> jpeg = encodeJpeg(picture, 90);
                writeAtomically(folder / ("person" + std::to_string(person)) / (std::to_string(i) + ".jpg"),
                                std::string_view(reinterpret_cast<const char *>(jpeg.data()), jpeg.size()));
            }
    }

    QTemporaryDir m_settings;
    QByteArray m_cacheBefore;
    std::unique_ptr<QTemporaryDir> m_folder;
    std::unique_ptr<AppWindow> m_window;
};

DSCOPE_TEST(TestProject)
#include "tst_project.moc"
