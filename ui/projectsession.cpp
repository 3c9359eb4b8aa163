// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/projectsession.h"

#include "core/base/error.h"
#include "ui/convert.h"
#include "ui/jobs/job.h"
#include "ui/pages/analysepage.h"
#include "ui/pages/evaluationpage.h"
#include "ui/pages/evaluationsetup.h"

#include <QCoreApplication>
#include <QElapsedTimer>
#include <QThread>

#include <utility>

namespace dscope {

namespace fs = std::filesystem;

namespace {
constexpr int workers = 3; ///< one to open, one to save, one for the copy
} // namespace

fs::file_time_type writtenAt(const fs::path &file)
{
    std::error_code problem;
    const fs::file_time_type time = fs::last_write_time(file, problem);
    return problem ? fs::file_time_type::min() : time;
}

/// What is being written.
struct ProjectSession::Saving {
    fs::path file;
    Project project;
    std::vector<ShownRun> runs;
    std::vector<std::function<void()>> then; ///< once it is on disk
};

struct ProjectSession::Opened {
    std::shared_ptr<const Project> project;
    fs::path file;
    fs::file_time_type written;
};

ProjectSession::ProjectSession(AnalysePage *analyse, EvaluationPage *evaluate, QWidget *window)
    : QObject(window), m_analyse(analyse), m_evaluate(evaluate), m_questions(window), m_copy(new UnsavedCopy(&m_questions, &m_pool, this))
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
    connect(m_copy, &UnsavedCopy::due, this, &ProjectSession::copyUnsaved);
    connect(m_copy, &UnsavedCopy::restoreWanted, this, [this](const ProjectRecovery::Left &left) { whenSaved([this, left] { restore(left); }); });
}

ProjectSession::~ProjectSession()
{
    delete m_openJob;
    delete m_copy;
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
        m_questions.showFailure(tr("The project could not be opened."), detail);
        Q_EMIT failed(detail);
    });
    connect(m_openJob, &Job::cancelled, this, [this] { m_questions.tell(tr("Cancelled")); });
    Q_EMIT started(m_openJob);
}

void ProjectSession::take(const Opened &opened, const std::function<void()> &then)
{
    show(*opened.project, opened.file);
    m_written = opened.written;
    m_copy->drop();
    Q_EMIT onDisk(opened.file);
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
    m_copy->drop();
    Q_EMIT changed();
}

void ProjectSession::finish()
{
    delete m_openJob;
    m_copy->close();
}

bool ProjectSession::settle(int ms)
{
    QElapsedTimer timer;
    timer.start();
    while (timer.elapsed() < ms) {
        QCoreApplication::processEvents(QEventLoop::AllEvents, 20);
        if (!m_saving && !m_openJob && !m_copy->isWriting())
            return true;
        QThread::msleep(2);
    }
    return false;
}

void ProjectSession::saveTo(const fs::path &file, std::function<void()> then, bool overwrite)
{
    Project project = current();
    if (m_saving) {
        if (m_saving->file == file && m_saving->project == project)
            m_saving->then.push_back(std::move(then));
        else
            whenIdle([this, file, then = std::move(then), overwrite] { saveTo(file, then, overwrite); });
        return;
    }
    m_saving = std::make_unique<Saving>();
    m_saving->file = file;
    m_saving->project = project;
    m_saving->runs = m_evaluate->state().runs();
    m_saving->then.push_back(std::move(then));
    // `dscope evaluate --project` may have added runs meanwhile.
    std::optional<fs::file_time_type> known;
    if (file == m_file && !overwrite)
        known = m_written;
    m_saveJob = Job::start(
        this, tr("Saving “%1”").arg(toQString(file.stem())),
        [project = std::move(project), file, known](Progress &progress) -> std::optional<fs::file_time_type> {
            if (const fs::file_time_type at = writtenAt(file); known && at != *known && at != fs::file_time_type::min())
                return std::nullopt;
            writeProject(file, project, progress);
            return writtenAt(file);
        },
        [this](std::optional<fs::file_time_type> written) { endSaving(written); }, &m_pool);
    connect(m_saveJob, &Job::failed, this, [this](const QString &detail) {
        m_saving.reset();
        m_questions.showFailure(tr("The project could not be saved. It stays open with all its changes."), detail);
        Q_EMIT failed(detail);
    });
    connect(m_saveJob, &Job::cancelled, this, [this] {
        m_saving.reset();
        m_questions.tell(tr("Not saved: cancelled"));
    });
    connect(m_saveJob, &Job::over, this, [this] {
        for (const std::function<void()> &call : std::exchange(m_whenIdle, {}))
            whenIdle(call); // one of them may be the next save
    });
    Q_EMIT started(m_saveJob);
}

/// @param written nothing: another program has changed the file
void ProjectSession::endSaving(std::optional<fs::file_time_type> written)
{
    const std::unique_ptr<Saving> done = std::move(m_saving);
    const auto then = [this, calls = done->then] {
        for (const std::function<void()> &call : calls)
            if (call)
                call();
    };
    if (!written)
        return m_questions.overwrite(
            done->file, [this, file = done->file, then] { saveTo(file, then, true); }, [this, then] { saveAs(then); });
    m_file = done->file;
    m_written = *written;
    m_saved = std::move(done->project);
    m_givenUp.reset();
    m_markShown = false;
    m_evaluate->state().setSaved(std::move(done->runs));
    m_copy->drop();
    Q_EMIT onDisk(m_file);
    m_questions.tell(tr("Saved: %1").arg(toQString(m_file)));
    Q_EMIT changed();
    Q_EMIT saved(toQString(m_file));
    follow();
    then();
}

void ProjectSession::save(std::function<void()> then)
{
    if (m_file.empty())
        return saveAs(std::move(then));
    saveTo(m_file, std::move(then));
}

void ProjectSession::saveAs(std::function<void()> then)
{
    m_questions.whereToSave(m_file, [this, then = std::move(then)](const fs::path &file) { saveTo(file, then, true); }); // the dialog has asked
}

void ProjectSession::choose()
{
    m_questions.whichToOpen(m_file, [this](const fs::path &file) { open(file); });
}

void ProjectSession::whenIdle(std::function<void()> call)
{
    if (!m_saving)
        return call();
    m_whenIdle.push_back(std::move(call));
}

void ProjectSession::whenSaved(std::function<void()> then)
{
    if (m_saving) // when it fails that is told, and the wish is forgotten
        return m_saving->then.push_back([this, then = std::move(then)] { whenSaved(then); });
    if (!losesAnything())
        return then();
    m_questions.saveFirst(
        name(), static_cast<int>(m_evaluate->state().runs().size()),
        // What is changed while it is written is asked about in its turn.
        [this, then] { save([this, then] { whenSaved(then); }); },
        [this, then] {
            m_givenUp = current();
            then();
        });
}

void ProjectSession::copyUnsaved()
{
    if (m_copy->isWriting())
        return;
    const Project now = current();
    if (now == m_saved)
        return m_copy->drop();
    m_copy->keepChanges(now, m_file, m_written);
}

void ProjectSession::restore(const ProjectRecovery::Left &left)
{
    show(*left.project, left.file);
    m_written = left.at.value_or(writtenAt(left.file));
    // What was saved is not this.
    m_saved = Project();
    m_sourcesOpening = false;
    m_evaluate->state().setUnsaved();
    m_copy->drop();
    // The copy that was found goes only when there is one of our own.
    m_copy->setRestored(left);
    m_copy->keep(current(), m_file, m_written);
    follow();
    Q_EMIT changed();
    Q_EMIT opened(toQString(left.project->page));
}

} // namespace dscope
