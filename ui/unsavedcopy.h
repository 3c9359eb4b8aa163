// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/projectrecovery.h"

#include <QObject>
#include <QPointer>
#include <QTimer>

#include <filesystem>
#include <memory>
#include <optional>

class QThreadPool;

namespace dscope {

class Job;
class ProjectQuestions;

/// The copy of what is unsaved, written now and then in the background, and what earlier runs of the program have left of theirs.
class UnsavedCopy : public QObject {
    Q_OBJECT
public:
    /// @param pool where it is written
    UnsavedCopy(const ProjectQuestions *questions, QThreadPool *pool, QObject *parent);
    ~UnsavedCopy() override;

    const ProjectRecovery &recovery() const { return *m_recovery; }
    /// How often one is due, for tests.
    void setInterval(int ms) { m_timer.setInterval(ms); }
    bool isWriting() const;
    /// @param at when the file was written, as far as it is known here
    void keep(const Project &project, const std::filesystem::path &file, std::filesystem::file_time_type at);
    /// That, where the copy there is holds something else.
    void keepChanges(const Project &project, const std::filesystem::path &file, std::filesystem::file_time_type at);
    /// Nothing is unsaved any more, or the user has given it up.
    void drop();
    /// What was left behind is on show: it goes when a copy of our own, or the file, holds all that it does.
    void setRestored(const ProjectRecovery::Left &left) { m_restored = left; }
    /// Offers what an earlier run has left behind. @param all whether those that cannot be read are told of as well
    void offer(bool all = true);
    /// The program ends with nothing to lose.
    void close();

Q_SIGNALS:
    void due();
    void restoreWanted(const dscope::ProjectRecovery::Left &left);

private:
    void dropRestored();

    const ProjectQuestions *m_questions;
    QThreadPool *m_pool;
    QTimer m_timer;
    std::shared_ptr<ProjectRecovery> m_recovery;
    std::optional<Project> m_copied; ///< what the copy holds
    bool m_failed = false;
    QPointer<Job> m_job;
    std::optional<ProjectRecovery::Left> m_restored;
};

} // namespace dscope
