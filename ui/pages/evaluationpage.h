// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/report/project.h"
#include "ui/jobs/evaluationwork.h"
#include "ui/models/evaluationstate.h"
#include "ui/plots/runplot.h"
#include "ui/views/livebar.h"

#include <QMainWindow>
#include <QPointer>

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

class QComboBox;
class QLabel;
class QListView;
class QPushButton;
class QStackedWidget;
class QTabBar;
class QTabWidget;
class QTableView;
class QToolButton;
class QTreeView;

namespace dscope {

class EvaluationSetup;
class FarModel;
class Job;
class JobBar;
class LiveEngine;
class LiveTradeoff;
class NoticeBar;
class PairModel;
class PlainPlot;
class RecommendDialog;
class RetrievalView;
class RunModel;
class TarModel;
class TemplatePairDialog;
class ThumbnailCache;
struct TradeoffPoint;

/// The page for evaluation: runs of several methods on a benchmark side by side, with their plots, the TAR table beside the paper's, the hardest pairs of a
/// chosen point, and the live threshold.
class EvaluationPage : public QMainWindow {
    Q_OBJECT
public:
    explicit EvaluationPage(ModelStore store, QWidget *parent = nullptr);
    ~EvaluationPage() override;

    EvaluationState &state() { return m_state; }
    EvaluationSetup *setup() const { return m_setup; }
    LiveEngine *engine() const { return m_engine; }
    RetrievalView *retrieval() const { return m_retrieval; }
    const EvaluationSetPtr &set() const { return m_set; }
    Job *currentJob() const;
    /// Fills in the form. The user starts.
    void setData(const std::filesystem::path &path);
    /// Shows a set that is in memory already, and evaluates the methods on it.
    void evaluate(EvaluationSetPtr set, const std::vector<std::string> &methods, int resamples);
    /// Adds the runs of a file to those shown.
    void openRuns(const std::filesystem::path &file);
    /// True for a file that this page opens: evaluations as JSON.
    static bool opens(const std::filesystem::path &file);
    /// What a project keeps of this page.
    ProjectEvaluation projectPart() const;
    /// Shows that in place of all that is here. Nothing is computed: figures and plots come from the runs, the form waits to be started.
    void openProject(const ProjectEvaluation &part);
    /// Whether runs that are not saved are asked about before the page closes. A window that asks for all its pages switches that off.
    void setAsksBeforeClosing(bool asks) { m_asksBeforeClosing = asks; }
    /// Runs the event loop until nothing is under way, the trade-off curve included, at most `ms`. @return false if time ran out.
    bool settle(int ms);

public Q_SLOTS:
    void setStore(const dscope::ModelStore &store);
    /// Brings the form's benchmark with its features into memory, as evaluating does, and makes no run: for a project, whose runs are there already.
    void loadFeatures();
    /// One more row: a method by name on the set in memory.
    void addMethod(const QString &name);

Q_SIGNALS:
    /// Runs or a set came on show.
    void opened();
    /// `detail` is core's sentence. Also shown to the user.
    void failed(const QString &detail);
    /// A file is on disk.
    void written(const QString &file);
    /// Something of projectPart() is another now.
    void projectChanged();

protected:
    void dragEnterEvent(QDragEnterEvent *event) override;
    void dropEvent(QDropEvent *event) override;
    void closeEvent(QCloseEvent *event) override;
    void changeEvent(QEvent *event) override;

private:
    /// What a job brings, all so far.
    struct News {
        EvaluationSetPtr set;
        EvaluatedRows rows;
    };
    void buildResult();
    QWidget *buildRunList();
    QWidget *buildPlots();
    QWidget *buildTables();
    void buildActions();
    QAction *addAction(QMenu *menu, const QString &name, const QString &text, const QList<QKeySequence> &keys, const QString &icon, std::function<void()> call);
    void fillMethodMenu(QMenu *menu);
    void addRetrievalActions(QMenu *view);
    void updateIcons();
    /// Whether what is looked at is a retrieval: the current run, else the set.
    bool showsRetrieval() const;
    void updateView();
    void updateActions();
    void updateTitle();

    void start();
    void run(const QString &title, std::function<News(Progress &, const std::function<void(News)> &)> work);
    static News rowsOf(EvaluationSetPtr set, const std::vector<std::string> &methods, int resamples, RetrievalDistance distance, Progress &progress,
                       const std::function<void(News)> &tell);
    void take(const News &news);
    void takeSet(EvaluationSetPtr set);
    void finish(const News &news);
    void showSetup();
    void showResult();
    void askForRuns();
    void askForMethod();
    void whenSaved(std::function<void()> then);
    void askForFile(const QString &title, const QString &name, const QStringList &filters, std::function<void(const std::filesystem::path &)> write,
                    std::function<void()> then = {});
    void saveRuns(std::function<void()> then = {});
    void plotMenu(PlainPlot *plot, const QPoint &point);
    /// @param action by which the table is exported
    void tableMenu(QWidget *table, const QPoint &point, const QString &action);
    void exportPlot(PlainPlot *plot);
    void exportReport();
    std::string liveSentence() const;
    void showFailure(const QString &headline, const QString &detail);
    void recolourMenu(const QPoint &point);
    std::vector<int> chosenRuns() const;
    void removeChosen();

    void startLive();
    /// Begins the live threshold on the split that is wanted now.
    void arrangeLive();
    void updateLive();
    /// The live threshold's row of the table.
    void showLiveRow(const RocPlot::Live &live, LiveBar::Sureness sureness, double keptShare);
    void updatePrices();
    void updateFars();
    void keepLive();
    void recommend();
    void takeRecommendation(const std::string &sentence);
    void checkRecommendation();
    void applyPoint(const TradeoffPoint &point);
    std::optional<Method> liveMethod() const;

    void watchProject();
    QComboBox *priceBox() const;

    void updateDetails();
    void updatePairs();
    void pick(int id, double far);
    void showPair(const PairModel *model, int row);

    ModelStore m_store;
    EvaluationState m_state;
    EvaluationSetPtr m_set;
    QPointer<Job> m_job;
    std::size_t m_taken = 0; ///< rows of the job that are among the runs
    int m_resamples = 200;
    RetrievalDistance m_distance = RetrievalDistance::SquaredL2; ///< of a retrieval
    bool m_failureShown = false;
    bool m_asksBeforeClosing = true;

    ThumbnailCache *m_cache;
    LiveEngine *m_engine;
    RunModel *m_runModel;
    TarModel *m_tarModel;
    FarModel *m_farModel;
    PairModel *m_genuine;
    PairModel *m_impostor;
    NoticeBar *m_notices;
    QStackedWidget *m_stack;
    EvaluationSetup *m_setup;
    QWidget *m_result = nullptr;
    QStackedWidget *m_views = nullptr; ///< of pairs, and of retrievals
    RetrievalView *m_retrieval = nullptr;
    QListView *m_runs = nullptr;
    QLabel *m_setText = nullptr;
    QPushButton *m_load = nullptr;
    RocPlot *m_roc = nullptr;
    std::vector<PlainPlot *> m_plots;
    LiveTradeoff *m_tradeoff = nullptr;
    QTabBar *m_leftTabs = nullptr;
    QTabBar *m_rightTabs = nullptr;
    LiveBar *m_live = nullptr;
    QTabWidget *m_tabs = nullptr;
    QTableView *m_table = nullptr;
    QTableView *m_details = nullptr;
    QLabel *m_about = nullptr;
    QLabel *m_pairsCaption = nullptr;
    QTreeView *m_genuineView = nullptr;
    QTreeView *m_impostorView = nullptr;
    QPointer<RecommendDialog> m_recommend;
    std::string m_recommended;                                         ///< the last recommendation that was taken, for the report
    std::vector<std::shared_ptr<const EvaluationRun>> m_recommendedBy; ///< runs of the set that it is of
    EvaluationSetPtr m_recommendedOn;                                  ///< that set; null: not in memory since the project was opened
    int m_recommendedSplit = EvaluationSet::allSplits;
    JobBar *m_jobBar = nullptr;
    QLabel *m_status = nullptr;
    QList<std::pair<QAction *, QString>> m_icons;
    QList<QAction *> m_needRuns;
    QList<QAction *> m_needSet;
    QList<QAction *> m_needLive;
    QList<QAction *> m_needPairs; ///< what a retrieval has no use for
    QList<QAction *> m_needQueries;
};

} // namespace dscope
