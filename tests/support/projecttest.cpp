// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/projecttest.h"

#include "tests/support/madeevaluation.h"
#include "tests/support/widgets.h"
#include "ui/appwindow.h"
#include "ui/jobs/job.h"
#include "ui/jobs/liveengine.h"
#include "ui/pages/evaluationpage.h"
#include "ui/projectsession.h"
#include "ui/views/noticebar.h"

#include <QAbstractItemView>
#include <QAction>
#include <QApplication>
#include <QFileDialog>
#include <QLineEdit>
#include <QMessageBox>
#include <QSettings>
#include <QTimer>

namespace dscope::test {

namespace fs = std::filesystem;

namespace {
constexpr int patience = 30'000; ///< ms; beside other work anything may take its time
}

ProjectTest::ProjectTest() : m_cacheBefore(qgetenv("DSCOPE_CACHE")) {}

ProjectTest::~ProjectTest()
{
    m_window.reset();
    if (m_cacheBefore.isEmpty())
        qunsetenv("DSCOPE_CACHE");
    else
        qputenv("DSCOPE_CACHE", m_cacheBefore);
}

void ProjectTest::init()
{
    QVERIFY(m_settings.isValid());
    QSettings().clear();
    m_folder = std::make_unique<QTemporaryDir>();
    qputenv("DSCOPE_CACHE", m_folder->filePath(QStringLiteral("cache")).toUtf8());
    start();
}

void ProjectTest::cleanup()
{
    m_window.reset();
    m_folder.reset();
}

void ProjectTest::start(const ModelStore &store, const AnalysisOptions &options)
{
    m_window = std::make_unique<AppWindow>(store, options);
    showActive(*m_window, 1400, 900);
}

EvaluationPage *ProjectTest::page() const
{
    return m_window->evaluationPage();
}

ProjectSession *ProjectTest::project() const
{
    return m_window->project();
}

QAction *ProjectTest::action(const char *name) const
{
    return m_window->findChild<QAction *>(QLatin1String(name));
}

void ProjectTest::key(Qt::Key key, Qt::KeyboardModifiers modifiers) const
{
    // Where no window manager does it, none is active after a dialog, and then no key means anything.
    m_window->activateWindow();
    QVERIFY(QTest::qWaitForWindowActive(m_window.get()));
    QTest::keyClick(m_window.get(), key, modifiers);
}

int ProjectTest::rowOf(int id) const
{
    const std::vector<ShownRun> &runs = page()->state().runs();
    for (std::size_t i = 0; i < runs.size(); ++i)
        if (runs[i].id == id)
            return static_cast<int>(i);
    return -1;
}

QString ProjectTest::notices(QWidget *page)
{
    return page->findChild<NoticeBar *>()->texts().join(QLatin1Char('\n'));
}

QList<QMessageBox *> ProjectTest::boxes() const
{
    QList<QMessageBox *> visible;
    for (QMessageBox *box : m_window->findChildren<QMessageBox *>())
        if (box->isVisible())
            visible << box;
    return visible;
}

QStringList ProjectTest::copies() const
{
    const QDir folder(m_folder->filePath(QStringLiteral("cache/recovery")));
    QStringList files;
    for (const QString &name : folder.entryList({QStringLiteral("*.dscope")}, QDir::Files))
        files << folder.filePath(name);
    return files;
}

bool ProjectTest::filled()
{
    m_window->showPage(page());
    page()->evaluate(madeEvaluation(), {"average", "ddl"}, 50);
    return page()->settle(2 * patience) && page()->engine()->isReady();
}

bool ProjectTest::typeName(const char *name)
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

bool ProjectTest::saveByKeys()
{
    QSignalSpy saved(project(), &ProjectSession::saved);
    key(Qt::Key_S, Qt::ControlModifier | Qt::AltModifier);
    return saved.size() == 1 || saved.wait(patience);
}

bool ProjectTest::saveByKeys(const char *name)
{
    QSignalSpy saved(project(), &ProjectSession::saved);
    key(Qt::Key_S, Qt::ControlModifier | Qt::AltModifier);
    return typeName(name) && (saved.size() == 1 || saved.wait(patience));
}

bool ProjectTest::opens(const fs::path &file)
{
    QSignalSpy opened(project(), &ProjectSession::opened);
    QSignalSpy failed(project(), &ProjectSession::failed);
    m_window->openSources({file});
    return QTest::qWaitFor([&] { return !opened.isEmpty() || !failed.isEmpty(); }, patience) && failed.isEmpty();
}

void ProjectTest::writeRuns(const char *name) const
{
    Project project;
    Progress progress;
    for (const char *method : {"average", "ddl"}) {
        ProjectRun run;
        run.run = std::make_shared<const EvaluationRun>(evaluated(*madeEvaluation(), methodNamed(method), 10, progress));
        run.title = method;
        run.method = method;
        project.evaluation.runs.push_back(std::move(run));
    }
    project.page = "evaluate";
    writeProject(m_folder->filePath(QLatin1String(name) + QStringLiteral(".dscope")).toStdString(), project);
}

} // namespace dscope::test
