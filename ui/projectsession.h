#pragma once

#include "core/io/project.h"
#include "ui/projectrecovery.h"

#include <QList>
#include <QObject>
#include <QPointer>
#include <QTimer>

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>

class QAction;
class QMenu;
class QWidget;

namespace dscope {

class EvaluationPage;
class Job;
class MainWindow;

/// The project that a window works on: what its pages for analysis and evaluation show, in a file of the user's or in none yet. Opens and saves it,
/// tells whether something is not saved, asks before it is lost, and keeps a copy of it for the case that the program ends by itself.
///
/// Without a file of its own only runs count as unsaved work: whoever looks at a video is not asked for a name.
class ProjectSession : public QObject {
    Q_OBJECT
public:
    ProjectSession(MainWindow *analyse, EvaluationPage *evaluate, QWidget *window);
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

    /// Shows a project in place of all that is open, without a question. @return false when it could not be read, which is shown
    bool open(const std::filesystem::path &file);
    /// @return false when it could not be written, which is shown
    bool saveTo(const std::filesystem::path &file);
    /// Saves under its name, or asks for one; `then` follows once it is on disk.
    void save(std::function<void()> then = {});
    void saveAs(std::function<void()> then = {});
    /// Nothing open, no file. The models and the methods chosen stay.
    void clear();
    /// Goes on with `then` unless the user wants to keep what is not saved.
    void whenSaved(std::function<void()> then);
    /// Offers what an earlier run of the program has left behind, if there is something.
    void offerRecovery();
    /// The window closes with nothing to lose.
    void finish();

    /// New, open, recent, save and save as, for the File menus of all pages; they belong to the window.
    const QList<QAction *> &actions() const { return m_actions; }
    /// Where the user is, by the name of the page: a project opens there again.
    void setPage(const QString &page) { m_page = page; }
    /// How often unsaved work is copied, for tests.
    void setCopyInterval(int ms) { m_copyTimer.setInterval(ms); }
    const ProjectRecovery &recovery() const { return m_recovery; }

Q_SIGNALS:
    /// Name, file or mark have changed.
    void changed();
    /// A project is on show; `page` is where it was left, empty: not known.
    void opened(const QString &page);
    void saved(const QString &file);
    /// `detail` is core's sentence. Also shown to the user.
    void failed(const QString &detail);

private:
    void buildActions();
    void askForProject();
    void fillRecent();
    void remember(const std::filesystem::path &file);
    void show(const Project &project, const std::filesystem::path &file);
    void follow();
    void followSources();
    void copyUnsaved();
    void restore(const ProjectRecovery::Left &left);
    void writeOrAsk(const std::filesystem::path &file, std::function<void()> then);
    void showFailure(const QString &headline, const QString &detail);

    MainWindow *m_analyse;
    EvaluationPage *m_evaluate;
    QWidget *m_window;
    std::filesystem::path m_file;
    std::filesystem::file_time_type m_written; ///< when the file was, as read or written here
    std::shared_ptr<const Json> m_stored;      ///< fields that this program does not know
    Project m_saved;                           ///< what counts as saved
    std::optional<Project> m_givenUp;          ///< what the user has said may be lost
    bool m_sourcesOpening = false;             ///< those of the project just opened
    bool m_markShown = false;
    QString m_page;
    QTimer m_follow;
    QTimer m_copyTimer;
    ProjectRecovery m_recovery;
    std::optional<Project> m_copied; ///< what the copy holds
    bool m_copyFailed = false;
    QPointer<Job> m_copyJob;
    QList<QAction *> m_actions;
    QMenu *m_recent = nullptr;
};

} // namespace dscope
