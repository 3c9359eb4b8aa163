// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/models/labelstate.h"
#include "ui/pages/labelsetup.h"

#include <QMainWindow>
#include <QPointer>

#include <filesystem>
#include <functional>
#include <memory>
#include <vector>

class QCheckBox;
class QLabel;
class QStackedWidget;
class QToolButton;
class QTreeView;

namespace dscope {

class CompareStrip;
class Job;
class JobBar;
class LabelHistogram;
class LabelModel;
class NoticeBar;
class ScatterPlot;
class ThumbnailCache;
class ThumbnailSource;

/// The page for D-score targets: computes them for a labelled set or opens those of an earlier run, shows how they are spread, and lets the
/// user look at the least discriminative pictures beside the class each is confused with, and exclude some.
class LabelPage : public QMainWindow {
    Q_OBJECT
public:
    explicit LabelPage(ModelStore store, QWidget *parent = nullptr);
    ~LabelPage() override;

    LabelState &state() { return m_state; }
    Job *currentJob() const;
    /// Fills in the form. The user starts.
    void setData(const std::filesystem::path &path);
    /// Shows a target file; opened() or failed() follows.
    void openTargets(const std::filesystem::path &file);
    /// True for a file that this page opens: targets.
    static bool opens(const std::filesystem::path &file);
    /// Runs the event loop until nothing is under way in the background, at most `ms`. @return false if time ran out.
    bool settle(int ms);

public Q_SLOTS:
    void setStore(const dscope::ModelStore &store);

Q_SIGNALS:
    /// A set is on show.
    void opened();
    /// `detail` is core's sentence. Also shown to the user.
    void failed(const QString &detail);
    /// A file is on disk.
    void written(const QString &file);

protected:
    void dragEnterEvent(QDragEnterEvent *event) override;
    void dropEvent(QDropEvent *event) override;
    void closeEvent(QCloseEvent *event) override;
    void changeEvent(QEvent *event) override;

private:
    /// What a job brings.
    struct Opened {
        LabelSetPtr set;
        std::shared_ptr<const ThumbnailSource> thumbnails;
        QString problem; ///< why there are no pictures; empty: there are
    };
    static Opened arrange(LabelSetPtr set, Progress &progress);

    void buildResult();
    void buildActions();
    QAction *addAction(QMenu *menu, const QString &name, const QString &text, const QList<QKeySequence> &keys, const QString &icon, std::function<void()> call);
    void updateIcons();
    void updateActions();
    void updateCaption();
    void updateTitle();

    void start();
    void run(const QString &title, std::function<Opened(Progress &)> work);
    void take(Opened opened);
    void showSetup();
    void askForTargets();
    /// Goes on with `then` unless the user wants to keep exclusions that are not saved.
    void whenSaved(std::function<void()> then);
    void askForFile(const QString &title, const QString &name, std::function<void(const std::filesystem::path &)> write, std::function<void()> then = {});
    void saveExclusions(std::function<void()> then = {});
    void openExclusions();
    void showFailure(const QString &headline, const QString &detail);

    void takeSelection();
    void showPicture(int picture);
    void excludeChosen(bool exclude);
    void wantThumbnails();

    ModelStore m_store;
    LabelState m_state;
    QPointer<Job> m_job;
    bool m_labelling = false; ///< the job computes targets
    bool m_selecting = false;

    ThumbnailCache *m_cache;
    LabelModel *m_model;
    NoticeBar *m_notices;
    QStackedWidget *m_stack;
    LabelSetup *m_setup;
    QWidget *m_result = nullptr;
    ScatterPlot *m_scatter = nullptr;
    LabelHistogram *m_histogram = nullptr;
    QTreeView *m_list = nullptr;
    CompareStrip *m_compare = nullptr;
    QLabel *m_caption = nullptr;
    QLabel *m_about = nullptr;
    QToolButton *m_clear = nullptr;
    QCheckBox *m_alone = nullptr;
    JobBar *m_jobBar = nullptr;
    QLabel *m_status = nullptr;
    QList<std::pair<QAction *, QString>> m_icons;
    QList<QAction *> m_needSet;
};

} // namespace dscope
