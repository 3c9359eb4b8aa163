// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/aggregation/method.h"
#include "core/analysis/evaluationset.h"
#include "ui/models/evaluationstate.h"

#include <QWidget>

#include <optional>
#include <vector>

class QComboBox;
class QLabel;
class QTabWidget;
class QTableWidget;

namespace dscope {

class ClassesBar;
class ClassesEngine;
class ClassesModel;
class ClipCurvePlot;
class ConfusionView;
class FillingTable;
class Job;
class PlainPlot;

/// What the page for evaluation shows of classifications in place of its plots and tables of pairs: accuracy against the clips kept, the confusion matrix, the
/// live choice (the best K, or those above a threshold), the table of methods, the classes, and the videos of a cell.
class ClassificationView : public QWidget {
    Q_OBJECT
public:
    explicit ClassificationView(EvaluationState *state, QWidget *parent = nullptr);
    ~ClassificationView() override;

    /// The set in memory; null, or one that is no classification: figures alone.
    void setSet(EvaluationSetPtr set);
    /// Begins the live choice, with the ways to weigh that it offers. After the runs: both want all cores.
    void startLive(const QStringList &methods, const QStringList &titles);
    bool isLiveStarted() const { return m_liveStarted; }
    bool isLive() const;
    bool isBusy() const;
    /// What the live choice stands for.
    std::optional<Method> method() const;

    ClassesEngine *engine() const { return m_engine; }
    ClipCurvePlot *curves() const { return m_curves; }
    ConfusionView *confusion() const { return m_confusion; }
    QTabWidget *tabs() const { return m_tabs; }
    QWidget *table() const;
    std::vector<PlainPlot *> plots() const;
    /// The curves as csv.
    std::string curvesText() const;
    /// What the live choice gives, in one sentence for a report; empty: nothing yet.
    QString sentence() const;

Q_SIGNALS:
    void started(dscope::Job *job);
    void failed(const QString &detail);
    void keepWanted();
    void liveChanged();

protected:
    void changeEvent(QEvent *event) override;

private:
    QWidget *buildPlots();
    QWidget *buildTabs();
    void followState();
    void ask();
    void updateLive();
    void updateDense();
    void updateMatrix();
    void updateVideos();
    /// Classes, predictions by video and draws of what is looked at; nothing where it is not known.
    struct Looked;
    Looked looked() const;

    EvaluationState *m_state;
    ClassesEngine *m_engine;
    ClassesModel *m_model;
    EvaluationSetPtr m_set;
    bool m_liveStarted = false;
    ClipCurvePlot *m_curves = nullptr;
    ConfusionView *m_confusion = nullptr;
    QComboBox *m_figure = nullptr;
    ClassesBar *m_bar = nullptr;
    QTabWidget *m_tabs = nullptr;
    FillingTable *m_table = nullptr;
    QTableWidget *m_classes = nullptr;
    QTableWidget *m_videos = nullptr;
    QLabel *m_videosCaption = nullptr;
    QWidget *m_videosPage = nullptr;
};

} // namespace dscope
