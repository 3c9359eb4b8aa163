// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/jobs/trainingwork.h"

#include <QWidget>

#include <vector>

class QGridLayout;
class QLabel;
class QProgressBar;
class QPushButton;

namespace dscope {

class AgreementPlot;
class CurvePlot;
class Job;
class PlainPlot;
class TwoHistograms;

/// What a training run is doing: how far it is, its curves, what it predicts, and its result.
class TrainView : public QWidget {
    Q_OBJECT
public:
    explicit TrainView(QWidget *parent = nullptr);

    std::vector<PlainPlot *> plots() const;
    /// A run begins.
    void begin(TrainingRequest::Kind kind);
    void take(const TrainingNews &news);
    /// @param job null: none is under way
    void showJob(const Job *job);
    void showResult(const TrainingOutcome &outcome);
    void setDetail(const QString &text);
    /// The button for the result can be pressed again.
    void offerResult();

Q_SIGNALS:
    void pauseWanted();
    void stopWanted();
    /// The user wants to use the result.
    void resultWanted();

private:
    QWidget *buildHead();
    void buildPlots(QGridLayout *grid);
    std::vector<CurvePlot *> curves() const;
    QString headlineOf(const Job &job) const;
    QString stepText(bool runs) const;

    TrainingRequest::Kind m_kind = TrainingRequest::Kind::DdNet;
    StepReport m_last;
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
