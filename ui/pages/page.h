// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/dialogs/filedialogs.h"
#include "ui/pages/actionset.h"

#include <QMainWindow>
#include <QPointer>

#include <optional>
#include <vector>

class QLabel;
class QVBoxLayout;

namespace dscope {

class Job;
class JobBar;
class ModelStore;
class NoticeBar;
class PlainPlot;

/// A page of the program's window, with menus, tools and keys of its own: what all pages share is here, from notices above to the job below.
class Page : public QMainWindow {
    Q_OBJECT
public:
    ~Page() override;

    /// What the rail says of it; the settings and projects know it by its name.
    const QString &pageName() const { return m_name; }
    const QString &title() const { return m_title; }
    const QString &tip() const { return m_tip; }
    Job *currentJob() const;
    ActionSet &actionSet() { return m_actions; }
    NoticeBar *notices() const { return m_notices; }
    JobBar *jobBar() const { return m_jobBar; }
    /// Runs the event loop until nothing is under way in the background, at most `ms`. @return false if time ran out.
    bool settle(int ms);

    /// Other models are known from now on.
    virtual void setStore(const dscope::ModelStore &) {}
    /// Whether a file that comes to the window is this page's, whatever page is in front.
    virtual bool wants(const std::filesystem::path &) const { return false; }
    /// What is dropped here, or came to the window and is wanted.
    virtual void open(const std::vector<std::filesystem::path> &paths) = 0;
    /// Keys that are no action's, for the list of keys: (what, key).
    virtual QVector<std::pair<QString, QString>> furtherKeys() const { return {}; }
    /// What the window has found out of this machine's devices; asked when it is shown.
    void setDeviceText(std::function<QString()> text) { m_deviceText = std::move(text); }

    /// Goes on with `then` unless the user wants to keep what is not saved; `otherwise` when they change their mind.
    void whenSaved(std::function<void()> then, std::function<void()> otherwise = {});
    void showFailure(const QString &headline, const QString &detail);
    /// That, and failed().
    void fail(const QString &headline, const QString &detail);
    void tell(const QString &text, int ms = messageMs);
    /// Watches the page's one job: notices, failure under this headline, progress. Connect to it afterwards: then currentJob() is none already.
    Job *follow(Job *job, const QString &headline);
    void cancelJob();
    /// Asks where to, and writes; `then` follows when it is on disk. What this page reads is not overwritten, nor a picture by something else.
    void write(const QString &title, const QString &name, const QStringList &filters, TakePath write, std::function<void()> then = {});
    /// @param pdf among the formats to choose from
    void exportPlot(PlainPlot *plot, bool pdf = false);

Q_SIGNALS:
    /// `detail` is core's sentence. Also shown to the user.
    void failed(const QString &detail);
    /// A file is on disk.
    void written(const QString &file);
    /// Something that a project keeps of this page is another now.
    void projectChanged();

protected:
    Page(const QString &name, const QString &title, const QString &tip, QWidget *parent);

    static constexpr int messageMs = 8000; ///< that a message stands in the status bar
    struct Question {
        QString text;
        QString detail;
    };
    /// What would be lost, as a question; nothing: nothing would.
    virtual std::optional<Question> unsaved() const { return std::nullopt; }
    virtual void save(std::function<void()> then, std::function<void()> otherwise);
    /// The user has said that it may be lost.
    virtual void giveUp() {}
    /// Asks what has to be asked before the window closes, and closes it later. @return whether it may close now
    virtual bool mayClose();
    /// The window closes: the time to write settings.
    virtual void leave() {}
    virtual bool isBusy() const;
    /// What the job under way has to say.
    virtual void note(const QString &text);
    /// Whether what is dragged may be dropped.
    virtual bool takes(const std::vector<std::filesystem::path> &paths) const { return paths.size() == 1; }
    virtual void followPalette() {}
    /// What is read here, and where files go unless the user says otherwise; empty: where they went last.
    virtual std::vector<std::filesystem::path> inputs() const { return {}; }
    virtual QString folder() const { return {}; }

    /// Notices on top of the page and below them what comes into this column.
    QVBoxLayout *buildCentre();
    /// A Help menu after the others, and icons: at the end of the constructor.
    void finishBuilding();
    /// At the beginning of the destructor: views and jobs must not ask for members that are gone.
    void endAll();
    QLabel *status() const { return m_status; }

    void dragEnterEvent(QDragEnterEvent *event) override;
    void dropEvent(QDropEvent *event) override;
    void closeEvent(QCloseEvent *event) override;
    void changeEvent(QEvent *event) override;

private:
    QString m_name;
    QString m_title;
    QString m_tip;
    ActionSet m_actions;
    NoticeBar *m_notices;
    JobBar *m_jobBar;
    QLabel *m_status;
    QPointer<Job> m_job;
    std::function<QString()> m_deviceText;
    bool m_built = false;
};

} // namespace dscope
