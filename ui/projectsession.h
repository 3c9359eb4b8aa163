// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/report/project.h"
#include "ui/projectquestions.h"
#include "ui/unsavedcopy.h"

#include <QObject>
#include <QPointer>
#include <QThreadPool>
#include <QTimer>

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

class QWidget;

namespace dscope {

/// When a file was written; the least there is where it is not there.
std::filesystem::file_time_type writtenAt(const std::filesystem::path &file);

class EvaluationPage;
class Job;
class AnalysePage;

/// The project that a window works on: what its pages for analysis and evaluation show, in a file of the user's or in none yet. Opens and saves it,
/// tells whether something is not saved, asks before it is lost, and keeps a copy of it for the case that the program ends by itself.
///
/// Files are read and written in the background, by threads of its own so that no evaluation keeps a save waiting: what is saved is what was on show
/// when it began, and what is changed meanwhile stays unsaved.
///
/// Without a file of its own only runs count as unsaved work: whoever looks at a video is not asked for a name.
class ProjectSession : public QObject {
    Q_OBJECT
public:
    ProjectSession(AnalysePage *analyse, EvaluationPage *evaluate, QWidget *window);
    ~ProjectSession() override;

    /// Empty: it has none yet.
    const std::filesystem::path &file() const { return m_file; }
    /// The file's name without its ending; empty without a file.
    QString name() const;
    /// The pages show something else than the file holds.
    bool isModified() const;
    /// Closing would lose something that the user has not given up.
    bool losesAnything() const;
    /// All that the pages show.
    Project current() const;

    /// Shows a project in place of all that is open once it is read; `then` follows, or failed(). A question comes first only where something has been
    /// changed while it was read. The newest wish wins.
    void open(const std::filesystem::path &file, std::function<void()> then = {});
    /// `then` follows once it is on disk; failed() when it could not be written, which is shown, and everything stays as it is.
    /// @param overwrite without asking whether another program has changed the file
    void saveTo(const std::filesystem::path &file, std::function<void()> then = {}, bool overwrite = false);
    /// Saves under its name, or asks for one; `then` follows once it is on disk.
    void save(std::function<void()> then = {});
    void saveAs(std::function<void()> then = {});
    /// Asks which to open.
    void choose();
    bool isSaving() const { return m_saving != nullptr; }
    bool isOpening() const;
    /// Nothing open, no file. The models and the methods chosen stay.
    void clear();
    /// Goes on with `then` unless the user wants to keep what is not saved. Waits for a save that is under way.
    void whenSaved(std::function<void()> then);
    /// Offers what an earlier run of the program has left behind, if there is something.
    void offerRecovery() { m_copy->offer(); }
    /// The window closes with nothing to lose.
    void finish();
    /// Runs the event loop until nothing is read or written, at most `ms`. @return false if time ran out
    bool settle(int ms);

    /// Where the user is, by the name of the page: a project opens there again.
    void setPage(const QString &page) { m_page = page; }
    /// How often unsaved work is copied, for tests.
    void setCopyInterval(int ms) { m_copy->setInterval(ms); }
    const ProjectRecovery &recovery() const { return m_copy->recovery(); }

Q_SIGNALS:
    /// Something that takes its time has begun.
    void started(dscope::Job *job);
    /// Name, file or mark have changed.
    void changed();
    /// A project is on show; `page` is where it was left, empty: not known.
    void opened(const QString &page);
    void saved(const QString &file);
    /// A file of the user's has been opened or saved.
    void onDisk(const std::filesystem::path &file);
    /// `detail` is core's sentence. Also shown to the user.
    void failed(const QString &detail);

private:
    struct Saving;
    struct Opened;
    void show(const Project &project, const std::filesystem::path &file);
    void take(const Opened &opened, const std::function<void()> &then);
    void whenIdle(std::function<void()> call);
    void endSaving(std::optional<std::filesystem::file_time_type> written);
    void follow();
    void followSources();
    void copyUnsaved();
    void restore(const ProjectRecovery::Left &left);

    AnalysePage *m_analyse;
    EvaluationPage *m_evaluate;
    ProjectQuestions m_questions;
    std::filesystem::path m_file;
    std::filesystem::file_time_type m_written; ///< when the file was, as read or written here
    std::shared_ptr<const Json> m_stored;      ///< fields that this program does not know
    Project m_saved;                           ///< what counts as saved
    std::optional<Project> m_givenUp;          ///< what the user has said may be lost
    bool m_sourcesOpening = false;             ///< those of the project just opened
    bool m_markShown = false;
    QString m_page;
    QTimer m_follow;
    QThreadPool m_pool;
    QPointer<Job> m_openJob;
    QPointer<Job> m_saveJob;
    std::unique_ptr<Saving> m_saving;
    std::vector<std::function<void()>> m_whenIdle; ///< when it is written or has failed
    UnsavedCopy *m_copy;
};

} // namespace dscope
