// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/analysis/analysis.h"
#include "core/report/project.h"
#include "ui/models/document.h"
#include "ui/models/thresholdstate.h"
#include "ui/pages/page.h"
#include "ui/theme.h"

#include <filesystem>
#include <functional>
#include <vector>

class QActionGroup;
class QComboBox;
class QDockWidget;
class QLabel;
class QSlider;
class QStackedWidget;
class QToolButton;
class QTreeView;

namespace dscope {

class DetailPanel;
class EmptyPage;
class FaceModel;
class FrameProvider;
class GroupModel;
class HistogramPlot;
class Job;
class Plot;
class RecentMenu;
class ThresholdBar;
class ThumbnailCache;
class ThumbnailWall;
class TimelinePlot;
class TradeoffPlot;

/// The page for analysis, a window of its own or in an AppWindow: sources and groups on the left, the thumbnail wall in the middle, the chosen face on the
/// right, plots below.
class AnalysePage : public Page {
    Q_OBJECT
public:
    explicit AnalysePage(ModelStore store, AnalysisOptions options = {}, QWidget *parent = nullptr);
    ~AnalysePage() override;

    /// Adds sources to what is open and analyses them in the background; analysisFinished() or failed() follows.
    void openSources(const std::vector<std::filesystem::path> &paths);
    /// Shows an analysis that is there already.
    void setAnalysis(Analysis analysis);
    const DocumentPtr &document() const { return m_document; }
    /// What is shown is not all yet: the analysis goes on.
    bool isGrowing() const { return m_growing; }
    /// Closes everything that is open.
    void closeAll();
    /// What a project keeps of this page. With `waiting` also what will be opened after what is under way.
    ProjectAnalysis projectPart(bool waiting = true) const;
    /// Opens a project's sources as it looked at them, in place of what is here. What is missing is told and stays with the project.
    void openProject(const ProjectAnalysis &part);

    /// Other models are known from now on: for the next analysis.
    void setStore(const dscope::ModelStore &store) override { m_store = store; }
    void open(const std::vector<std::filesystem::path> &paths) override { openSources(paths); }
    QVector<std::pair<QString, QString>> furtherKeys() const override;
    /// What was found out of this machine's devices, in a sentence or two; empty until that is known.
    const QString &deviceFound() const { return m_deviceFound; }

    void setTheme(Theme theme);
    void setDarkPalette(bool dark) { setTheme(dark ? Theme::Dark : Theme::Light); }
    void setThreshold(double threshold) { m_state.setThreshold(threshold); }
    void setKeep(const Keep &keep) { m_state.setKeep(keep); }
    /// Shows only this group (its number in the Document); -1: all.
    void chooseGroup(int group);
    /// Shows a face in every view; -1: none.
    void chooseFace(int face);
    /// Writes a picture of the window as PNG, once thumbnails, frame and curve have arrived (at most some seconds).
    bool saveScreenshot(const std::filesystem::path &path);

    /// The video shipped as the example: in $DSCOPE_SAMPLES, else the cache folder's samples/. Empty where it is not there.
    static std::filesystem::path examplePath(const Task &task = tasks().front());

    // For tests that use the window as a person would.
    ThresholdState &thresholdState() { return m_state; }

Q_SIGNALS:
    void analysisFinished();

protected:
    bool takes(const std::vector<std::filesystem::path> &paths) const override { return !paths.empty(); }
    void note(const QString &text) override;
    void leave() override;
    bool isBusy() const override;
    void followPalette() override;
    std::vector<std::filesystem::path> inputs() const override;
    bool eventFilter(QObject *object, QEvent *event) override;

private:
    // analysepage.cpp: what is shown
    void buildCentre();
    void buildDocks();
    QDockWidget *addPanel(const QString &name, const QString &title, QWidget *widget, Qt::DockWidgetArea area);
    void arrangePanels();
    void followSelection();
    void followFace(int face);
    void followFrame(int source, qint64 frame, double timeS);
    void togglePlay();
    void updateTitle();
    void updateCaption();
    void setSort(int sort, Qt::SortOrder order);

    // analysepage_actions.cpp: menus and keys
    void buildActions();
    QAction *addAction(QMenu *menu, const QString &name, const QString &text, Shortcut key, const QString &icon, std::function<void()> call)
    {
        return actionSet().add(menu, name, text, key, icon, std::move(call));
    }
    void buildFileMenu();
    void buildEditMenu();
    void buildViewMenu();
    void buildThresholdMenu();
    void buildAnalysisMenu();
    void buildToolBar();
    void updateActions();
    void findDevices();
    void setDevice(const std::string &name);
    void showWarnings();
    void showSettings();

    // analysepage_document.cpp: another document in all views
    /// With `goesOn` the document carries on the last one: what is chosen, and the place in it, stay.
    void setDocument(DocumentPtr document, bool goesOn = false);
    struct Place;
    Place place() const;
    void goBackTo(const Place &place, const std::vector<int> &again);
    void showPanels(bool show);

    // analysepage_open.cpp: opening, settings
    void chooseFiles();
    void chooseFolder(const QString &title);
    void openExample();
    void analyseAll(std::vector<std::filesystem::path> paths, bool afresh = false);
    void followJob(Job *job);
    void runAgain();
    void endGrowth();
    void takePaths();
    void openWaiting();
    void removeSource(int source);
    void readSettings();
    void writeSettings();

    // analysepage_project.cpp
    void followProject();
    void checkProjectModel(const ProjectModel &before, const UsedModel &now, const QString &what);
    std::vector<std::filesystem::path> sourcesThere() const;

    // analysepage_export.cpp
    void buildExportMenu(QMenu *menu);
    using Writer = std::function<void(Progress &, const std::filesystem::path &)>;
    void exportTo(const QString &title, const QString &name, const QString &filter, Writer write);
    void runExport(const Writer &write, const std::filesystem::path &file);

    ModelStore m_store;
    AnalysisOptions m_options;
    ThresholdState m_state;
    DocumentPtr m_document;
    std::vector<std::filesystem::path> m_paths;
    DocumentPtr m_before;                          ///< the last that was complete, while m_document grows
    std::vector<std::filesystem::path> m_wanted;   ///< what the job under way will show
    std::vector<std::filesystem::path> m_waiting;  ///< opened meanwhile
    ProjectAnalysis m_project;                     ///< as it was opened
    std::vector<std::filesystem::path> m_unopened; ///< sources of the project that are not in m_document
    bool m_modelsUnchecked = false;                ///< those of the project are not compared yet with those in use
    bool m_growing = false;
    bool m_cut = false;        ///< the job was cancelled and left what it had
    bool m_stale = false;      ///< the options have changed since m_document was made
    bool m_arranging = false;  ///< views are being set up: a face shown is nobody's choice
    bool m_faceByHand = false; ///< the user has chosen a face or group since something was opened
    QStringList m_told;        ///< notices of the last analysis
    QString m_deviceFound;
    Theme m_theme = Theme::System;
    bool m_following = false; ///< guards against views that choose each other
    bool m_frameAwaited = false;
    bool m_panelsShown = true;
    bool m_panelsArranged = false;       ///< by us or by the settings
    QList<QDockWidget *> m_hiddenPanels; ///< while nothing is open

    ThumbnailCache *m_cache;
    FrameProvider *m_frames;
    FaceModel *m_faces;
    GroupModel *m_groups;
    QStackedWidget *m_pages = nullptr;
    EmptyPage *m_empty = nullptr;
    ThumbnailWall *m_wall = nullptr;
    ThresholdBar *m_thresholdBar = nullptr;
    QLabel *m_caption = nullptr;
    QToolButton *m_showAll = nullptr;
    QComboBox *m_sort = nullptr;
    QToolButton *m_order = nullptr;
    QSlider *m_zoom = nullptr;
    QTreeView *m_tree = nullptr;
    DetailPanel *m_detail = nullptr;
    HistogramPlot *m_histogram = nullptr;
    TimelinePlot *m_timeline = nullptr;
    QToolButton *m_play = nullptr;
    QLabel *m_position = nullptr;
    TradeoffPlot *m_tradeoff = nullptr;
    QComboBox *m_across = nullptr;
    QComboBox *m_up = nullptr;
    QComboBox *m_price = nullptr;
    QComboBox *m_device = nullptr;
    RecentMenu *m_recent = nullptr;
    QMenu *m_deviceMenu = nullptr;
    QMenu *m_panels = nullptr;
    QActionGroup *m_deviceActions = nullptr;
    QActionGroup *m_themeActions = nullptr;
    QActionGroup *m_sortActions = nullptr;
    QList<QAction *> m_needDocument;
};

} // namespace dscope
