// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/jobs/modelwork.h"

#include <QMainWindow>
#include <QPointer>

#include <filesystem>
#include <functional>
#include <optional>
#include <vector>

class QLabel;
class QPushButton;
class QStackedWidget;
class QTabWidget;
class QTableWidget;
class QTreeView;

namespace dscope {

class InputEditor;
class Job;
class JobBar;
class ModelList;
class NoticeBar;

/// The page for networks: those the store knows and those the user adds, what each is made of and costs, how its input is prepared, a trial on
/// a picture, and its speed on every device.
class ModelPage : public QMainWindow {
    Q_OBJECT
public:
    explicit ModelPage(ModelStore store, QWidget *parent = nullptr);
    ~ModelPage() override;

    Job *currentJob() const;
    void choose(const std::string &name);
    /// The model on show; empty: none.
    const std::string &chosen() const { return m_spec.name; }
    /// Adds weights files to the list. Asks first where a file can run code.
    void addFiles(const std::vector<std::filesystem::path> &files);
    void tryOn(const std::filesystem::path &picture);
    /// Runs the event loop until nothing is under way in the background, at most `ms`. @return false if time ran out.
    bool settle(int ms);

Q_SIGNALS:
    /// Models were added, removed, or prepare their input in another way.
    void storeChanged(const dscope::ModelStore &store);
    /// The file is looked into.
    void inspected();
    void tried();
    void timed();
    /// `detail` is core's sentence. Also shown to the user.
    void failed(const QString &detail);

protected:
    void dragEnterEvent(QDragEnterEvent *event) override;
    void dropEvent(QDropEvent *event) override;
    void closeEvent(QCloseEvent *event) override;
    void changeEvent(QEvent *event) override;

private:
    void buildCentre();
    QWidget *buildTrial();
    QWidget *buildSpeed();
    void buildActions();
    QAction *addAction(QMenu *menu, const QString &name, const QString &text, const QList<QKeySequence> &keys, const QString &icon, std::function<void()> call);
    void updateIcons();
    void updateActions();
    void readStore();
    void showModel(const ModelSpec &spec);
    void inspect();
    void take(ModelInsight insight);
    void fillFacts();
    void take(const ModelTrial &trial);
    void take(const std::vector<ModelTiming> &timings);
    void time();
    void askForFiles();
    void askForPicture();
    void removeChosen();
    bool add(const std::filesystem::path &file, bool trusted);
    void askForTrust(const std::filesystem::path &file);
    bool saveInput();
    void whenSaved(std::function<void()> then, std::function<void()> otherwise = {});
    void follow(Job *job, const QString &headline);
    void showFailure(const QString &headline, const QString &detail);

    ModelStore m_store;
    ModelSpec m_spec;
    ModelInsight m_insight;
    QPointer<Job> m_job;
    bool m_choosing = false;

    ModelList *m_list;
    LayerModel *m_layers;
    NoticeBar *m_notices;
    QTreeView *m_models = nullptr;
    QStackedWidget *m_stack = nullptr;
    QLabel *m_title = nullptr;
    QLabel *m_facts = nullptr;
    QLabel *m_problem = nullptr;
    QTabWidget *m_tabs = nullptr;
    QTreeView *m_table = nullptr;
    QLabel *m_tableNote = nullptr;
    InputEditor *m_input = nullptr;
    QPushButton *m_save = nullptr;
    QLabel *m_sidecar = nullptr;
    QLabel *m_crop = nullptr;
    QLabel *m_prepared = nullptr;
    QLabel *m_verdict = nullptr;
    QTableWidget *m_speed = nullptr;
    JobBar *m_jobBar = nullptr;
    QList<std::pair<QAction *, QString>> m_icons;
};

} // namespace dscope
