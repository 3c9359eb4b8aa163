// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/projectsession.h"

#include "core/base/error.h"
#include "ui/convert.h"
#include "ui/jobs/job.h"
#include "ui/pages/evaluationpage.h"
#include "ui/views/recentmenu.h"

#include <QMessageBox>
#include <QPushButton>

#include <utility>

namespace dscope {

namespace fs = std::filesystem;

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
        showFailure(tr("The project could not be saved. It stays open with all its changes."), detail);
        Q_EMIT failed(detail);
    });
    connect(m_saveJob, &Job::cancelled, this, [this] {
        m_saving.reset();
        tell(tr("Not saved: cancelled"));
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
        return askToOverwrite(done->file, then);
    m_file = done->file;
    m_written = *written;
    m_saved = std::move(done->project);
    m_givenUp.reset();
    m_markShown = false;
    m_evaluate->state().setSaved(std::move(done->runs));
    dropCopy();
    m_recent->remember({m_file});
    tell(tr("Saved: %1").arg(toQString(m_file)));
    Q_EMIT changed();
    Q_EMIT saved(toQString(m_file));
    follow();
    then();
}

void ProjectSession::askToOverwrite(const fs::path &file, std::function<void()> then)
{
    auto *box = new QMessageBox(QMessageBox::Warning, QStringLiteral("Dscope"), tr("“%1” has been changed by another program.").arg(name()),
                                QMessageBox::Cancel, m_window);
    box->setObjectName(QStringLiteral("overwriteQuestion"));
    box->setAttribute(Qt::WA_DeleteOnClose);
    box->setTextFormat(Qt::PlainText);
    box->setInformativeText(tr("What it holds now is lost from it when it is overwritten (it is kept beside it as %1~).").arg(toQString(file.filename())));
    QPushButton *overwrite = box->addButton(tr("&Overwrite"), QMessageBox::DestructiveRole);
    QPushButton *elsewhere = box->addButton(tr("Save &as…"), QMessageBox::AcceptRole);
    box->setDefaultButton(elsewhere);
    connect(overwrite, &QPushButton::clicked, this, [this, file, then] { saveTo(file, then, true); });
    connect(elsewhere, &QPushButton::clicked, this, [this, then = std::move(then)] { saveAs(then); });
    box->open();
}

void ProjectSession::save(std::function<void()> then)
{
    if (m_file.empty())
        return saveAs(std::move(then));
    saveTo(m_file, std::move(then));
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
    box->setTextFormat(Qt::PlainText);
    box->setAttribute(Qt::WA_DeleteOnClose);
    if (named)
        box->setInformativeText(tr("The project has changed since it was last saved."));
    else
        box->setInformativeText(tr("%n run(s) of the evaluation are not saved.", nullptr, runs));
    box->setDefaultButton(QMessageBox::Save);
    connect(box, &QMessageBox::finished, this, [this, then = std::move(then)](int answer) {
        if (answer == QMessageBox::Save) // what is changed while it is written is asked about in its turn
            return save([this, then] { whenSaved(then); });
        if (answer != QMessageBox::Discard)
            return;
        m_givenUp = current();
        then();
    });
    box->open();
}

} // namespace dscope
