// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/unsavedcopy.h"

#include "ui/convert.h"
#include "ui/jobs/job.h"
#include "ui/projectquestions.h"

#include <QSettings>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace dscope {

namespace {
constexpr int copyS = 30;
constexpr int mostCopyS = 3600;
const auto copyKey = QStringLiteral("recovery/seconds");
} // namespace

UnsavedCopy::UnsavedCopy(const ProjectQuestions *questions, QThreadPool *pool, QObject *parent)
    : QObject(parent), m_questions(questions), m_pool(pool), m_recovery(std::make_shared<ProjectRecovery>())
{
    m_timer.setInterval(1000 * std::clamp(QSettings().value(copyKey, copyS).toInt(), 1, mostCopyS));
    connect(&m_timer, &QTimer::timeout, this, &UnsavedCopy::due);
    m_timer.start();
}

UnsavedCopy::~UnsavedCopy()
{
    delete m_job;
}

bool UnsavedCopy::isWriting() const
{
    return m_job != nullptr;
}

void UnsavedCopy::keepChanges(const Project &project, const std::filesystem::path &file, std::filesystem::file_time_type at)
{
    if (!m_copied || *m_copied != project)
        keep(project, file, at);
}

void UnsavedCopy::keep(const Project &project, const std::filesystem::path &file, std::filesystem::file_time_type at)
{
    delete m_job;
    std::optional<std::filesystem::file_time_type> known;
    if (!file.empty())
        known = at;
    m_job = Job::start(
        this, tr("Copying unsaved work"),
        [recovery = m_recovery, project, file, known](Progress &progress) { recovery->write(project, file, known, progress); },
        [this, project] {
            m_copied = project;
            m_failed = false;
            dropRestored();
        },
        m_pool);
    connect(m_job, &Job::failed, this, [this](const QString &detail) {
        if (!std::exchange(m_failed, true))
            m_questions->tell(tr("Unsaved work is not kept for recovery: %1").arg(detail));
    });
}

void UnsavedCopy::drop()
{
    delete m_job;
    m_recovery->remove();
    m_copied.reset();
    dropRestored();
}

void UnsavedCopy::dropRestored()
{
    if (m_restored)
        ProjectRecovery::remove(*std::exchange(m_restored, std::nullopt));
}

void UnsavedCopy::offer(bool all)
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
            if (const auto &left = found.left)
                m_questions->restore(
                    *left, [this, left] { Q_EMIT restoreWanted(*left); },
                    [this, left] {
                        ProjectRecovery::remove(*left);
                        offer(false); // another program may have ended as well
                    });
            QString detail;
            for (const std::string &reason : found.unreadable)
                detail += toQString(reason) + QLatin1Char('\n');
            if (all && !detail.isEmpty())
                m_questions->showFailure(tr("A copy of unsaved work cannot be read."),
                                         detail + tr("It stays where it is; delete it when you do not need it any more."));
        },
        m_pool);
}

void UnsavedCopy::close()
{
    m_timer.stop();
    drop();
    m_recovery->close();
}

} // namespace dscope
