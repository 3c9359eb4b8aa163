// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/projectsession.h"

#include "core/base/error.h"
#include "ui/convert.h"
#include "ui/jobs/job.h"
#include "ui/pages/analysepage.h"
#include "ui/pages/evaluationpage.h"
#include "ui/pages/evaluationsetup.h"
#include "ui/views/recentmenu.h"

#include <QCoreApplication>
#include <QElapsedTimer>
#include <QMessageBox>
#include <QSettings>
#include <QStatusBar>
#include <QThread>

#include <algorithm>
#include <utility>

namespace dscope {

namespace fs = std::filesystem;

namespace {
constexpr int copyS = 30;
constexpr int mostCopyS = 3600;
constexpr int messageMs = 8000;
constexpr int workers = 3; ///< one to open, one to save, one for the copy
const auto copyKey = QStringLiteral("recovery/seconds");
} // namespace

fs::file_time_type writtenAt(const fs::path &file)
{
    std::error_code problem;
    const fs::file_time_type time = fs::last_write_time(file, problem);
    return problem ? fs::file_time_type::min() : time;
}

struct ProjectSession::Opened {
    std::shared_ptr<const Project> project;
    fs::path file;
    fs::file_time_type written;
};

ProjectSession::ProjectSession(AnalysePage *analyse, EvaluationPage *evaluate, QWidget *window)
    : QObject(window), m_analyse(analyse), m_evaluate(evaluate), m_window(window), m_recovery(std::make_shared<ProjectRecovery>())
{
    evaluate->setAsksBeforeClosing(false);
    m_saved = current();
    // Many signals come at once, and a look at all of it need be had only once.
    m_follow.setSingleShot(true);
    m_follow.setInterval(0);
    connect(&m_follow, &QTimer::timeout, this, &ProjectSession::follow);
    const auto soon = [this] { m_follow.start(); };
    connect(analyse, &AnalysePage::projectChanged, this, soon);
    connect(&analyse->thresholdState(), &ThresholdState::changed, this, soon);
    connect(evaluate, &EvaluationPage::projectChanged, this, soon);
    connect(analyse, &AnalysePage::analysisFinished, this, &ProjectSession::followSources);
    connect(analyse, &Page::failed, this, &ProjectSession::followSources);
    m_pool.setMaxThreadCount(workers);
    m_copyTimer.setInterval(1000 * std::clamp(QSettings().value(copyKey, copyS).toInt(), 1, mostCopyS));
    connect(&m_copyTimer, &QTimer::timeout, this, &ProjectSession::copyUnsaved);
    m_copyTimer.start();
    buildActions();
}

ProjectSession::~ProjectSession()
{
    delete m_openJob;
    delete m_copyJob;
    m_pool.waitForDone(); // a save that is under way comes to its end
    delete m_saveJob;
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
    // What goes is large, and nobody waits for it.
    auto gone = std::make_shared<std::pair<Project, std::vector<ShownRun>>>(std::move(m_saved), m_evaluate->state().runs());
    m_stored = project.stored;
    m_analyse->openProject(project.analysis);
    m_evaluate->openProject(project.evaluation);
    m_file = file;
    m_sourcesOpening = m_analyse->currentJob() != nullptr;
    m_givenUp.reset();
    m_saved = current();
    m_markShown = false;
    m_pool.start([gone = std::move(gone)]() mutable { gone.reset(); });
}

bool ProjectSession::isOpening() const
{
    return m_openJob && !m_openJob->isOver();
}

void ProjectSession::open(const fs::path &file, std::function<void()> then)
{
    delete m_openJob;
    std::error_code problem;
    const fs::path whole = fs::absolute(file, problem).lexically_normal();
    m_openJob = Job::start(
        this, tr("Opening “%1”").arg(toQString(whole.stem())),
        [whole](Progress &progress) {
            Opened opened;
            opened.file = whole;
            opened.written = writtenAt(whole);
            opened.project = std::make_shared<const Project>(readProject(whole, progress));
            return opened;
        },
        [this, then = std::move(then)](const Opened &opened) {
            // What is being saved belongs to what is on show now; and what has been changed since this began was not asked about.
            whenIdle([this, opened, then] { whenSaved([this, opened, then] { take(opened, then); }); });
        },
        &m_pool);
    connect(m_openJob, &Job::failed, this, [this](const QString &detail) {
        showFailure(tr("The project could not be opened."), detail);
        Q_EMIT failed(detail);
    });
    connect(m_openJob, &Job::cancelled, this, [this] { tell(tr("Cancelled")); });
    Q_EMIT started(m_openJob);
}

void ProjectSession::take(const Opened &opened, const std::function<void()> &then)
{
    show(*opened.project, opened.file);
    m_written = opened.written;
    dropCopy();
    m_recent->remember({opened.file});
    Q_EMIT changed();
    Q_EMIT this->opened(toQString(opened.project->page));
    if (then)
        then();
}

void ProjectSession::clear()
{
    delete m_openJob;
    Project fresh;
    fresh.analysis = m_analyse->projectPart();
    fresh.analysis.sources.clear();
    fresh.evaluation.form = m_evaluate->setup()->request();
    fresh.evaluation.form.root.clear();
    fresh.evaluation.form.files = {};
    fresh.evaluation.form.features.clear();
    fresh.evaluation.form.dScores.clear();
    show(fresh, {});
    dropCopy();
    Q_EMIT changed();
}

void ProjectSession::finish()
{
    delete m_openJob;
    m_copyTimer.stop();
    dropCopy();
    m_recovery->close();
}

bool ProjectSession::settle(int ms)
{
    QElapsedTimer timer;
    timer.start();
    while (timer.elapsed() < ms) {
        QCoreApplication::processEvents(QEventLoop::AllEvents, 20);
        if (!m_saving && !m_openJob && !m_copyJob)
            return true;
        QThread::msleep(2);
    }
    return false;
}

/// On whichever page the user is.
void ProjectSession::tell(const QString &text)
{
    for (QStatusBar *bar : m_window->findChildren<QStatusBar *>())
        bar->showMessage(text, messageMs);
}

void ProjectSession::showFailure(const QString &headline, const QString &detail)
{
    // Saved again and again it fails for the same reason.
    for (const QMessageBox *shown : m_window->findChildren<QMessageBox *>(QStringLiteral("projectFailure")))
        if (shown->isVisible() && shown->text() == headline && shown->informativeText() == detail)
            return;
    auto *box = new QMessageBox(QMessageBox::Warning, QStringLiteral("Dscope"), headline, QMessageBox::Ok, m_window);
    box->setObjectName(QStringLiteral("projectFailure"));
    box->setAttribute(Qt::WA_DeleteOnClose);
    box->setTextFormat(Qt::PlainText);
    box->setInformativeText(detail);
    box->setTextInteractionFlags(Qt::TextSelectableByMouse);
    box->open();
}

} // namespace dscope
