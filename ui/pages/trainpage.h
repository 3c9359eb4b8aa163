// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/jobs/trainingwork.h"

#include <QMainWindow>
#include <QPointer>

#include <filesystem>
#include <functional>
#include <memory>
#include <vector>

class QLabel;
class QProgressBar;
class QPushButton;

namespace dscope {

class AgreementPlot;
class CurvePlot;
class Job;
class NoticeBar;
class PlainPlot;
class TrainSetup;
class TwoHistograms;

/// The page for training: settings on the left, what the run is doing on the right, live.
class TrainPage : public QMainWindow {
    Q_OBJECT
public:
    explicit TrainPage(QWidget *parent = nullptr);
    ~TrainPage() override;

    TrainSetup *setup() const { return m_setup; }
    /// Where a base network is found that a second look needs.
    void setStore(const dscope::ModelStore &store);
    Job *currentJob() const;
    void setData(const std::filesystem::path &path);
    void start();
    /// Holds the run, or lets it go on.
    void togglePause();
    /// Ends the run; its checkpoint is kept.
    void stop();
    /// Runs the event loop until nothing is under way, at most `ms`. @return false if time ran out.
    bool settle(int ms);

Q_SIGNALS:
    /// The user wants the result in the list of models.
    void addModel(const std::filesystem::path &file);
    void finished();
    /// `detail` is core's sentence. Also shown to the user.
    void failed(const QString &detail);

protected:
    void dragEnterEvent(QDragEnterEvent *event) override;
    void dropEvent(QDropEvent *event) override;
    void closeEvent(QCloseEvent *event) override;

private:
    void buildCentre();
    void buildActions();
    void take(const TrainingNews &news);
    void setRunning(bool running);
    void updateStatus();
    void showResult(const TrainingOutcome &outcome);
    void showFailure(const QString &headline, const QString &detail);
    void exportPlot(PlainPlot *plot);
    void useSecondLook();

    QPointer<Job> m_job;
    std::shared_ptr<TrainingFeed> m_feed;
    TrainingRequest m_request;
    TrainingOutcome m_outcome;
    std::shared_ptr<const ModelStore> m_store;
    StepReport m_last;
    int m_epochs = 0; ///< reported

    TrainSetup *m_setup;
    NoticeBar *m_notices;
    QLabel *m_headline = nullptr;
    QLabel *m_detail = nullptr;
    QProgressBar *m_bar = nullptr;
    QPushButton *m_pause = nullptr;
    QPushButton *m_stop = nullptr;
    QPushButton *m_add = nullptr;
    CurvePlot *m_loss = nullptr;
    CurvePlot *m_rate = nullptr;
    CurvePlot *m_speed = nullptr;
    CurvePlot *m_validation = nullptr;
    AgreementPlot *m_agreement = nullptr;
    TwoHistograms *m_histograms = nullptr;
};

} // namespace dscope
