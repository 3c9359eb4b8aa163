// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/report/evaluationrequest.h"
#include "ui/jobs/evaluationwork.h"
#include "ui/models/evaluationstate.h"

#include <QObject>

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace dscope {

class EvaluationSetup;
class Page;

/// The work of the page for evaluation, one job at a time: a benchmark becomes a set in memory, methods on it become runs, and files of runs are read.
class EvaluationRunner : public QObject {
    Q_OBJECT
public:
    EvaluationRunner(Page *page, EvaluationState *state, EvaluationSetup *setup, const ModelStore &store);

    void setStore(const ModelStore &store) { m_store = store; }
    /// The set in memory; null: none.
    const EvaluationSetPtr &set() const { return m_set; }
    int resamples() const { return m_resamples; }
    RetrievalDistance distance() const { return m_distance; } ///< of a retrieval
    /// What the form asks for.
    void start();
    /// Its benchmark with the features alone: for a project, whose runs are there already.
    void loadFeatures();
    void evaluate(EvaluationSetPtr set, const std::vector<std::string> &methods, int resamples);
    void addMethod(const QString &name);
    void openRuns(const std::filesystem::path &file);
    /// Nothing is under way and no set in memory: for a project with this form.
    void clear(const EvaluationRequest &form);

Q_SIGNALS:
    void setArrived(const dscope::EvaluationSetPtr &set);
    /// Runs of a file are here.
    void runsOpened();
    void begun();
    void over();

private:
    /// What a job brings, all so far.
    struct News {
        EvaluationSetPtr set;
        EvaluatedRows rows;
    };
    using Tell = std::function<void(News)>;
    static News rowsOf(EvaluationSetPtr set, const std::vector<std::string> &methods, int resamples, RetrievalDistance distance, Progress &progress,
                       const Tell &tell);
    EvaluationRequest takeForm();
    void run(const QString &title, std::function<News(Progress &, const Tell &)> work);
    void take(const News &news);

    Page *m_page;
    EvaluationState *m_state;
    EvaluationSetup *m_setup;
    ModelStore m_store;
    EvaluationSetPtr m_set;
    std::size_t m_taken = 0; ///< rows of the job that are among the runs
    int m_resamples = 200;
    RetrievalDistance m_distance = RetrievalDistance::SquaredL2;
};

} // namespace dscope
