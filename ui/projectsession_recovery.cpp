// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/projectsession.h"

#include "ui/convert.h"
#include "ui/jobs/job.h"
#include "ui/pages/evaluationpage.h"

#include <QLocale>
#include <QMessageBox>
#include <QPushButton>

#include <utility>

namespace dscope {

void ProjectSession::copyUnsaved()
{
    if (m_copyJob)
        return;
    const Project now = current();
    if (now == m_saved)
        return dropCopy();
    if (!m_copied || *m_copied != now)
        keepCopy(now);
}

void ProjectSession::keepCopy(const Project &project)
{
    delete m_copyJob;
    std::optional<std::filesystem::file_time_type> at;
    if (!m_file.empty())
        at = m_written;
    m_copyJob = Job::start(
        this, tr("Copying unsaved work"),
        [recovery = m_recovery, project, file = m_file, at](Progress &progress) { recovery->write(project, file, at, progress); },
        [this, project] {
            m_copied = project;
            m_copyFailed = false;
            if (m_restored)
                ProjectRecovery::remove(*std::exchange(m_restored, std::nullopt));
        },
        &m_pool);
    connect(m_copyJob, &Job::failed, this, [this](const QString &detail) {
        if (!std::exchange(m_copyFailed, true))
            tell(tr("Unsaved work is not kept for recovery: %1").arg(detail));
    });
}

/// Nothing is unsaved any more, or the user has given it up.
void ProjectSession::dropCopy()
{
    delete m_copyJob;
    m_recovery->remove();
    m_copied.reset();
    if (m_restored)
        ProjectRecovery::remove(*std::exchange(m_restored, std::nullopt));
}

void ProjectSession::offerRecovery()
{
    lookForCopies(true);
}

/// @param all whether those that cannot be read are told of as well
void ProjectSession::lookForCopies(bool all)
{
    struct Found {
        std::optional<ProjectRecovery::Left> left;
        std::vector<std::string> unreadable;
    };
    Job::start(
        this, tr("Looking for unsaved work"),
        [](Progress &progress) {
            Found found;
            found.left = ProjectRecovery::findLeft(progress, &found.unreadable);
            return found;
        },
        [this, all](const Found &found) {
            if (found.left)
                askToRestore(*found.left);
            if (all)
                tellUnreadable(found.unreadable);
        },
        &m_pool);
}

void ProjectSession::tellUnreadable(const std::vector<std::string> &reasons)
{
    QString detail;
    for (const std::string &reason : reasons)
        detail += toQString(reason) + QLatin1Char('\n');
    if (!detail.isEmpty())
        showFailure(tr("A copy of unsaved work cannot be read."), detail + tr("It stays where it is; delete it when you do not need it any more."));
}

void ProjectSession::askToRestore(const ProjectRecovery::Left &left)
{
    const QString what = left.file.empty() ? tr("work that was not saved yet") : tr("“%1”").arg(toQString(left.file.stem()));
    auto *box = new QMessageBox(QMessageBox::Question, QStringLiteral("Dscope"), tr("Dscope ended unexpectedly. Restore %1?").arg(what), QMessageBox::NoButton,
                                m_window);
    box->setObjectName(QStringLiteral("recoveryQuestion"));
    box->setAttribute(Qt::WA_DeleteOnClose);
    box->setInformativeText(
        tr("A copy of %1 is there. Nothing on disk changes until you save.").arg(QLocale::system().toString(left.written, QLocale::ShortFormat)));
    QPushButton *yes = box->addButton(tr("&Restore"), QMessageBox::AcceptRole);
    QPushButton *no = box->addButton(tr("&Discard it"), QMessageBox::DestructiveRole);
    box->addButton(tr("Ask &later"), QMessageBox::RejectRole);
    yes->setObjectName(QStringLiteral("recoveryRestore"));
    no->setObjectName(QStringLiteral("recoveryDiscard"));
    box->setDefaultButton(yes);
    connect(yes, &QPushButton::clicked, this, [this, left] { whenSaved([this, left] { restore(left); }); });
    connect(no, &QPushButton::clicked, this, [this, left] {
        ProjectRecovery::remove(left);
        lookForCopies(false); // another program may have ended as well
    });
    box->open();
}

void ProjectSession::restore(const ProjectRecovery::Left &left)
{
    show(*left.project, left.file);
    m_written = left.at.value_or(writtenAt(left.file));
    // What was saved is not this.
    m_saved = Project();
    m_sourcesOpening = false;
    m_evaluate->state().setUnsaved();
    dropCopy();
    // The copy that was found goes only when there is one of our own.
    m_restored = left;
    keepCopy(current());
    follow();
    Q_EMIT changed();
    Q_EMIT opened(toQString(left.project->page));
}

} // namespace dscope
