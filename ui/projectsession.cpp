#include "ui/projectsession.h"

#include "core/base/error.h"
#include "ui/convert.h"
#include "ui/jobs/job.h"
#include "ui/mainwindow.h"
#include "ui/pages/evaluationpage.h"
#include "ui/pages/evaluationsetup.h"

#include <QApplication>
#include <QLocale>
#include <QMessageBox>
#include <QPushButton>
#include <QStatusBar>

#include <utility>

namespace dscope {

namespace fs = std::filesystem;

namespace {
constexpr int copyMs = 120'000;
constexpr int messageMs = 8000;

fs::file_time_type writtenAt(const fs::path &file)
{
    std::error_code problem;
    const fs::file_time_type time = fs::last_write_time(file, problem);
    return problem ? fs::file_time_type::min() : time;
}

/// While it lives the pointer says that the program is busy.
struct Busy {
    Busy() { QApplication::setOverrideCursor(Qt::WaitCursor); }
    ~Busy() { QApplication::restoreOverrideCursor(); }
};
} // namespace

ProjectSession::ProjectSession(MainWindow *analyse, EvaluationPage *evaluate, QWidget *window)
    : QObject(window), m_analyse(analyse), m_evaluate(evaluate), m_window(window)
{
    evaluate->setAsksBeforeClosing(false);
    m_saved = current();
    // Many signals come at once, and a look at all of it need be had only once.
    m_follow.setSingleShot(true);
    m_follow.setInterval(0);
    connect(&m_follow, &QTimer::timeout, this, &ProjectSession::follow);
    const auto soon = [this] { m_follow.start(); };
    connect(analyse, &MainWindow::projectChanged, this, soon);
    connect(&analyse->thresholdState(), &ThresholdState::changed, this, soon);
    connect(evaluate, &EvaluationPage::projectChanged, this, soon);
    connect(analyse, &MainWindow::analysisFinished, this, &ProjectSession::followSources);
    connect(analyse, &MainWindow::analysisFailed, this, &ProjectSession::followSources);
    m_copyTimer.setInterval(copyMs);
    connect(&m_copyTimer, &QTimer::timeout, this, &ProjectSession::copyUnsaved);
    m_copyTimer.start();
    buildActions();
}

ProjectSession::~ProjectSession()
{
    delete m_copyJob;
}

QString ProjectSession::name() const
{
    return toQString(m_file.stem());
}

Project ProjectSession::current() const
{
    Project project;
    project.analysis = m_analyse->projectPart();
    project.evaluation = m_evaluate->projectPart();
    project.page = m_page.toStdString();
    project.stored = m_stored;
    return project;
}

bool ProjectSession::isModified() const
{
    return current() != m_saved;
}

bool ProjectSession::losesAnything() const
{
    if (m_givenUp && current() == *m_givenUp)
        return false;
    const EvaluationState &state = m_evaluate->state();
    return m_file.empty() ? state.isDirty() && !state.runs().empty() : isModified();
}

void ProjectSession::follow()
{
    const bool mark = !m_file.empty() && isModified();
    if (mark != m_markShown) {
        m_markShown = mark;
        Q_EMIT changed();
    }
}

/// A folder of videos has become its videos: that is what was opened, not a change by the user.
void ProjectSession::followSources()
{
    if (std::exchange(m_sourcesOpening, false))
        m_saved.analysis.sources = m_analyse->projectPart(false).sources;
    m_follow.start();
}

void ProjectSession::show(const Project &project, const fs::path &file)
{
    m_stored = project.stored;
    m_analyse->openProject(project.analysis);
    m_evaluate->openProject(project.evaluation);
    m_file = file;
    m_sourcesOpening = m_analyse->currentJob() != nullptr;
    m_givenUp.reset();
    m_saved = current();
    m_markShown = false;
}

bool ProjectSession::open(const fs::path &file)
{
    std::error_code problem;
    const fs::path whole = fs::absolute(file, problem).lexically_normal();
    std::optional<Project> project;
    try {
        const Busy busy;
        m_written = writtenAt(whole);
        project = readProject(whole);
    } catch (const std::exception &error) {
        const QString detail = toQString(describe(error));
        showFailure(tr("The project could not be opened."), detail);
        Q_EMIT failed(detail);
        return false;
    }
    show(*project, whole);
    m_recovery.remove();
    m_copied.reset();
    remember(whole);
    Q_EMIT changed();
    Q_EMIT opened(toQString(project->page));
    return true;
}

bool ProjectSession::saveTo(const fs::path &file)
{
    const Project project = current();
    try {
        const Busy busy;
        writeProject(file, project);
    } catch (const std::exception &error) {
        const QString detail = toQString(describe(error));
        showFailure(tr("The project could not be saved."), detail);
        Q_EMIT failed(detail);
        return false;
    }
    m_file = file;
    m_written = writtenAt(file);
    m_saved = project;
    m_givenUp.reset();
    m_markShown = false;
    m_evaluate->state().setSaved();
    m_recovery.remove();
    m_copied.reset();
    remember(file);
    for (QMainWindow *page : std::initializer_list<QMainWindow *>{m_analyse, m_evaluate})
        page->statusBar()->showMessage(tr("Saved: %1").arg(toQString(file)), messageMs);
    Q_EMIT changed();
    Q_EMIT saved(toQString(file));
    return true;
}

void ProjectSession::save(std::function<void()> then)
{
    if (m_file.empty())
        return saveAs(std::move(then));
    writeOrAsk(m_file, std::move(then));
}

void ProjectSession::writeOrAsk(const fs::path &file, std::function<void()> then)
{
    const auto write = [this, file, then = std::move(then)] {
        if (saveTo(file) && then)
            then();
    };
    // `dscope evaluate --project` may have added runs meanwhile.
    if (file != m_file || writtenAt(file) == m_written || writtenAt(file) == fs::file_time_type::min())
        return write();
    auto *box = new QMessageBox(QMessageBox::Warning, QStringLiteral("Dscope"), tr("“%1” has been changed by another program.").arg(name()),
                                QMessageBox::Cancel, m_window);
    box->setObjectName(QStringLiteral("overwriteQuestion"));
    box->setAttribute(Qt::WA_DeleteOnClose);
    box->setInformativeText(tr("What it holds now is lost from it when it is overwritten (it is kept beside it as %1~).").arg(toQString(file.filename())));
    QPushButton *overwrite = box->addButton(tr("&Overwrite"), QMessageBox::DestructiveRole);
    QPushButton *elsewhere = box->addButton(tr("Save &as…"), QMessageBox::AcceptRole);
    box->setDefaultButton(elsewhere);
    connect(overwrite, &QPushButton::clicked, this, write);
    connect(elsewhere, &QPushButton::clicked, this, [this, then = std::move(then)] { saveAs(then); });
    box->open();
}

void ProjectSession::clear()
{
    Project fresh;
    fresh.analysis = m_analyse->projectPart();
    fresh.analysis.sources.clear();
    fresh.evaluation.form = m_evaluate->setup()->request();
    fresh.evaluation.form.root.clear();
    fresh.evaluation.form.files = {};
    fresh.evaluation.form.features.clear();
    fresh.evaluation.form.dScores.clear();
    show(fresh, {});
    m_recovery.remove();
    m_copied.reset();
    Q_EMIT changed();
}

void ProjectSession::whenSaved(std::function<void()> then)
{
    if (!losesAnything())
        return then();
    // One that was answered a moment ago is still a child.
    for (QMessageBox *asked : m_window->findChildren<QMessageBox *>(QStringLiteral("projectQuestion")))
        if (asked->isVisible())
            return asked->raise();
    const int runs = static_cast<int>(m_evaluate->state().runs().size());
    const bool named = !m_file.empty();
    auto *box = new QMessageBox(QMessageBox::Question, QStringLiteral("Dscope"),
                                named ? tr("Save the changes to “%1” first?").arg(name()) : tr("Save the runs as a project first?"),
                                QMessageBox::Save | QMessageBox::Discard | QMessageBox::Cancel, m_window);
    box->setObjectName(QStringLiteral("projectQuestion"));
    box->setAttribute(Qt::WA_DeleteOnClose);
    if (named)
        box->setInformativeText(tr("The project has changed since it was last saved."));
    else
        box->setInformativeText(tr("%n run(s) of the evaluation are not saved.", nullptr, runs));
    box->setDefaultButton(QMessageBox::Save);
    connect(box, &QMessageBox::finished, this, [this, then = std::move(then)](int answer) {
        if (answer == QMessageBox::Save)
            return save(then);
        if (answer != QMessageBox::Discard)
            return;
        m_givenUp = current();
        then();
    });
    box->open();
}

void ProjectSession::copyUnsaved()
{
    if (m_copyJob)
        return;
    Project now = current();
    if (now == m_saved) {
        m_recovery.remove();
        return m_copied.reset();
    }
    if (m_copied && *m_copied == now)
        return;
    m_copyJob = Job::start(
        this, tr("Copying unsaved work"), [this, now, file = m_file](Task &) { m_recovery.write(now, file); }, [this, now] { m_copied = now; });
    connect(m_copyJob, &Job::failed, this, [this](const QString &detail) {
        if (!std::exchange(m_copyFailed, true))
            m_analyse->statusBar()->showMessage(tr("Unsaved work is not kept for recovery: %1").arg(detail), messageMs);
    });
}

void ProjectSession::offerRecovery()
{
    const std::optional<ProjectRecovery::Left> left = ProjectRecovery::findLeft();
    if (!left)
        return;
    const QString what = left->file.empty() ? tr("work that was not saved yet") : tr("“%1”").arg(toQString(left->file.stem()));
    auto *box = new QMessageBox(QMessageBox::Question, QStringLiteral("Dscope"), tr("Dscope ended unexpectedly. Restore %1?").arg(what), QMessageBox::NoButton,
                                m_window);
    box->setObjectName(QStringLiteral("recoveryQuestion"));
    box->setAttribute(Qt::WA_DeleteOnClose);
    box->setInformativeText(tr("A copy of %1 is there. Nothing on disk changes until you save.").arg(QLocale().toString(left->written, QLocale::ShortFormat)));
    QPushButton *yes = box->addButton(tr("&Restore"), QMessageBox::AcceptRole);
    QPushButton *no = box->addButton(tr("&Discard it"), QMessageBox::DestructiveRole);
    box->addButton(tr("Ask &later"), QMessageBox::RejectRole);
    yes->setObjectName(QStringLiteral("recoveryRestore"));
    no->setObjectName(QStringLiteral("recoveryDiscard"));
    box->setDefaultButton(yes);
    connect(yes, &QPushButton::clicked, this, [this, left = *left] { whenSaved([this, left] { restore(left); }); });
    connect(no, &QPushButton::clicked, this, [left = *left] { ProjectRecovery::remove(left); });
    box->open();
}

void ProjectSession::restore(const ProjectRecovery::Left &left)
{
    try {
        const Project project = ProjectRecovery::read(left);
        show(project, left.file);
        m_written = writtenAt(left.file);
        // What was saved is not this.
        m_saved = Project();
        m_sourcesOpening = false;
        m_evaluate->state().setUnsaved();
        m_recovery.write(project, left.file);
        m_copied = current();
        ProjectRecovery::remove(left);
        follow();
        Q_EMIT changed();
        Q_EMIT opened(toQString(project.page));
    } catch (const std::exception &error) {
        showFailure(tr("The copy could not be opened."), toQString(describe(error)));
    }
}

void ProjectSession::finish()
{
    m_copyTimer.stop();
    m_recovery.close();
}

void ProjectSession::showFailure(const QString &headline, const QString &detail)
{
    auto *box = new QMessageBox(QMessageBox::Warning, QStringLiteral("Dscope"), headline, QMessageBox::Ok, m_window);
    box->setObjectName(QStringLiteral("projectFailure"));
    box->setAttribute(Qt::WA_DeleteOnClose);
    box->setInformativeText(detail);
    box->setTextInteractionFlags(Qt::TextSelectableByMouse);
    box->open();
}

} // namespace dscope
