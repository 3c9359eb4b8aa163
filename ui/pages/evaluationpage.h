// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/report/project.h"
#include "ui/jobs/evaluationwork.h"
#include "ui/models/evaluationstate.h"
#include "ui/pages/page.h"

#include <string>

class QComboBox;
class QStackedWidget;

namespace dscope {

class EvaluationActions;
class EvaluationRunner;
class EvaluationSetup;
class EvaluationTables;
class LiveEngine;
class LivePairs;
class ClassificationView;
class RetrievalView;
class RunList;

/// The page for evaluation: runs of several methods on a benchmark side by side, with their plots, the TAR table beside the paper's, the hardest pairs of a
/// chosen point, and the live threshold.
class EvaluationPage : public Page {
    Q_OBJECT
public:
    explicit EvaluationPage(ModelStore store, QWidget *parent = nullptr);
    ~EvaluationPage() override;

    EvaluationState &state() { return m_state; }
    EvaluationSetup *setup() const { return m_setup; }
    LiveEngine *engine() const { return m_engine; }
    RetrievalView *retrieval() const { return m_retrieval; }
    ClassificationView *classes() const { return m_classes; }
    const EvaluationSetPtr &set() const;
    /// Fills in the form. The user starts.
    void setData(const std::filesystem::path &path);
    /// Shows a set that is in memory already, and evaluates the methods on it.
    void evaluate(EvaluationSetPtr set, const std::vector<std::string> &methods, int resamples);
    /// Adds the runs of a file to those shown.
    void openRuns(const std::filesystem::path &file);
    /// True for a file that this page opens: evaluations as JSON.
    static bool opens(const std::filesystem::path &file);
    bool wants(const std::filesystem::path &file) const override { return opens(file); }
    void open(const std::vector<std::filesystem::path> &paths) override;
    void setStore(const dscope::ModelStore &store) override;
    /// What a project keeps of this page.
    ProjectEvaluation projectPart() const;
    /// Shows that in place of all that is here. Nothing is computed: figures and plots come from the runs, the form waits to be started.
    void openProject(const ProjectEvaluation &part);
    /// Whether runs that are not saved are asked about before the page closes. A window that asks for all its pages switches that off.
    void setAsksBeforeClosing(bool asks) { m_asksBeforeClosing = asks; }
    /// Brings the form's benchmark with its features into memory, as evaluating does, and makes no run: for a project, whose runs are there already.
    void loadFeatures();
    /// One more row: a method by name on the set in memory.
    void addMethod(const QString &name);

Q_SIGNALS:
    /// Runs or a set came on show.
    void opened();

protected:
    std::optional<Question> unsaved() const override;
    void save(std::function<void()> then, std::function<void()> otherwise) override;
    void giveUp() override { m_state.setSaved(); }
    void leave() override;
    bool isBusy() const override;

private:
    QWidget *buildResult();
    void followParts();
    void followRunner();
    void watchProject();
    /// How what is looked at is compared: the current run, else the set.
    Protocol shownProtocol() const;
    void updateView();
    void updateActions();
    void updateTitle();
    void takeSet(const EvaluationSetPtr &set);
    void startLive();
    void keepLive();
    void showSetup();
    void showResult();
    void askForRuns();
    void saveRuns(std::function<void()> then = {});
    QComboBox *priceBox() const;

    EvaluationState m_state;
    bool m_asksBeforeClosing = true;
    ThumbnailCache *m_cache;
    LiveEngine *m_engine;
    QStackedWidget *m_stack;
    EvaluationSetup *m_setup;
    EvaluationRunner *m_runner;
    RunList *m_list = nullptr;
    QStackedWidget *m_views = nullptr; ///< of pairs, of retrievals and of classifications
    EvaluationTables *m_tables = nullptr;
    LivePairs *m_live = nullptr;
    RetrievalView *m_retrieval = nullptr;
    ClassificationView *m_classes = nullptr;
    EvaluationActions *m_actions = nullptr;
};

} // namespace dscope
