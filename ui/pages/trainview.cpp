// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/trainview.h"

#include "ui/convert.h"
#include "ui/jobs/job.h"
#include "ui/plots/agreementplot.h"
#include "ui/plots/curveplot.h"
#include "ui/views/jobbar.h"

#include <QGridLayout>
#include <QLabel>
#include <QLocale>
#include <QProgressBar>
#include <QPushButton>

#include <algorithm>

namespace dscope {

namespace {
/// As far as a progress bar can count.
int barValue(qint64 value)
{
    return static_cast<int>(std::min<qint64>(value, 1'000'000'000));
}
} // namespace

TrainView::TrainView(QWidget *parent) : QWidget(parent)
{
    auto *grid = new QGridLayout(this);
    grid->setContentsMargins(8, 10, 12, 10);
    grid->addWidget(buildHead(), 0, 0, 1, 6);
    buildPlots(grid);
}

QWidget *TrainView::buildHead()
{
    auto *top = new QWidget(this);
    auto *bar = new QGridLayout(top);
    bar->setContentsMargins(0, 0, 0, 4);
    m_headline = new QLabel(top);
    m_headline->setObjectName(QStringLiteral("trainHeadline"));
    QFont big = m_headline->font();
    big.setPointSizeF(big.pointSizeF() * 1.3);
    big.setBold(true);
    m_headline->setFont(big);
    m_headline->setWordWrap(true);
    m_headline->setTextFormat(Qt::PlainText);
    m_detail = new QLabel(top);
    m_detail->setObjectName(QStringLiteral("trainDetail"));
    m_detail->setWordWrap(true);
    m_detail->setTextFormat(Qt::PlainText);
    m_bar = new QProgressBar(top);
    m_bar->setObjectName(QStringLiteral("trainProgress"));
    m_bar->setAccessibleName(tr("Progress of the training"));
    m_pause = new QPushButton(tr("&Pause"), top);
    m_pause->setObjectName(QStringLiteral("trainPause"));
    m_stop = new QPushButton(tr("S&top"), top);
    m_stop->setObjectName(QStringLiteral("trainStop"));
    m_stop->setToolTip(tr("Ends the run. Its checkpoint is kept, so it can go on later"));
    m_add = new QPushButton(tr("Add to the &models"), top);
    m_add->setObjectName(QStringLiteral("trainAdd"));
    m_add->setToolTip(tr("Puts the result into the list of models, ready for the Analyse page"));
    m_add->hide();
    bar->addWidget(m_headline, 0, 0);
    bar->addWidget(m_detail, 1, 0);
    bar->addWidget(m_pause, 0, 1, 2, 1);
    bar->addWidget(m_stop, 0, 2, 2, 1);
    bar->addWidget(m_add, 0, 3, 2, 1);
    bar->addWidget(m_bar, 2, 0, 1, 4);
    bar->setColumnStretch(0, 1);
    connect(m_pause, &QPushButton::clicked, this, &TrainView::pauseWanted);
    connect(m_stop, &QPushButton::clicked, this, &TrainView::stopWanted);
    connect(m_add, &QPushButton::clicked, this, [this] {
        m_add->setEnabled(false);
        Q_EMIT resultWanted();
    });
    return top;
}

void TrainView::buildPlots(QGridLayout *grid)
{
    m_loss = new CurvePlot(tr("Loss"), tr("Loss"), CurvePlot::Style::Smoothed, this);
    m_loss->setObjectName(QStringLiteral("lossPlot"));
    m_validation = new CurvePlot(tr("Validation"), tr("Correlation (held out)"), CurvePlot::Style::Marked, this);
    m_validation->setObjectName(QStringLiteral("validationPlot"));
    m_rate = new CurvePlot(tr("Learning rate"), tr("Learning rate"), CurvePlot::Style::Plain, this);
    m_rate->setObjectName(QStringLiteral("ratePlot"));
    m_speed = new CurvePlot(tr("Speed"), tr("Pictures/s"), CurvePlot::Style::Plain, this);
    m_speed->setObjectName(QStringLiteral("speedPlot"));
    m_agreement = new AgreementPlot(this);
    m_histograms = new TwoHistograms(this);
    grid->addWidget(m_loss, 1, 0, 1, 3);
    grid->addWidget(m_validation, 1, 3, 1, 3);
    grid->addWidget(m_rate, 2, 0, 1, 3);
    grid->addWidget(m_speed, 2, 3, 1, 3);
    grid->addWidget(m_agreement, 3, 0, 1, 3);
    grid->addWidget(m_histograms, 3, 3, 1, 3);
    grid->setRowStretch(1, 5);
    grid->setRowStretch(2, 3);
    grid->setRowStretch(3, 5);
}

std::vector<CurvePlot *> TrainView::curves() const
{
    return {m_loss, m_rate, m_speed, m_validation};
}

std::vector<PlainPlot *> TrainView::plots() const
{
    return {m_loss, m_validation, m_rate, m_speed, m_agreement, m_histograms};
}

void TrainView::begin(TrainingRequest::Kind kind)
{
    m_kind = kind;
    m_last = {};
    m_add->hide();
    const bool ddnet = kind == TrainingRequest::Kind::DdNet;
    for (CurvePlot *plot : curves()) {
        plot->clear();
        plot->setVisible(kind != TrainingRequest::Kind::SecondLook); // nothing of it runs in steps
    }
    m_agreement->setScores({}, {});
    m_histograms->setScores({}, {});
    m_validation->yAxis->setLabel(ddnet ? tr("Spearman (held out)") : tr("Pair accuracy (held out)"));
    m_agreement->setVisible(ddnet);
    m_histograms->setVisible(ddnet);
}

void TrainView::take(const TrainingNews &news)
{
    for (const StepReport &step : news.steps) {
        const double at = static_cast<double>(step.step);
        for (CurvePlot *plot : curves())
            plot->setSteps(static_cast<double>(step.steps));
        m_loss->add(at, step.loss);
        m_rate->add(at, step.learningRate);
        m_speed->add(at, step.picturesPerSecond);
        m_last = step;
    }
    for (const EpochReport &epoch : news.epochs) {
        for (const char *key : {"spearman", "pair_accuracy"})
            if (epoch.validation.is_object() && epoch.validation.contains(key))
                m_validation->add(static_cast<double>(m_last.step), epoch.validation.at(key).get<double>());
    }
    if (news.scoresEpoch > 0) {
        m_agreement->setScores(news.targets, news.predictions);
        m_histograms->setScores(news.targets, news.predictions);
    }
    for (CurvePlot *plot : curves())
        plot->refresh();
}

void TrainView::showJob(const Job *job)
{
    for (QWidget *part : std::initializer_list<QWidget *>{m_pause, m_stop, m_bar})
        part->setVisible(job != nullptr);
    if (job == nullptr) {
        if (!m_add->isHidden())
            return; // the result's own text stays
        const bool begun = m_last.steps > 0;
        m_headline->setText(begun ? tr("Stopped: the checkpoint is kept") : tr("Nothing is being trained"));
        m_detail->setText(begun ? stepText(false)
                                : tr("Choose the data on the left, or drop it on this page: a targets file for a DDNet or a second look, a labelled set of "
                                     "aligned faces for a base network."));
        return;
    }
    const bool paused = job->isPaused();
    const bool runs = job->state() == Job::State::Running;
    m_pause->setText(paused ? tr("Go &on") : tr("&Pause"));
    m_pause->setEnabled(runs);
    m_stop->setEnabled(runs);
    const bool second = m_kind == TrainingRequest::Kind::SecondLook;
    m_bar->setMaximum(barValue(second ? job->total() : m_last.steps));
    m_bar->setValue(barValue(second ? job->done() : m_last.step));
    m_headline->setText(headlineOf(*job));
    m_detail->setText(stepText(!paused));
}

QString TrainView::headlineOf(const Job &job) const
{
    const bool second = m_kind == TrainingRequest::Kind::SecondLook;
    if (job.state() == Job::State::Cancelling)
        return second ? tr("Stopping: what is embedded is kept…") : tr("Stopping: the checkpoint is written…");
    if (second && job.isPaused())
        return tr("Paused");
    if (m_last.steps == 0)
        return job.stageText().isEmpty() ? tr("Reading the data…") : job.stageText() + QStringLiteral("…");
    return job.isPaused() ? tr("Paused in epoch %1").arg(m_last.epoch) : tr("Epoch %1").arg(m_last.epoch);
}

/// @param runs whether there is a time left to be told
QString TrainView::stepText(bool runs) const
{
    if (m_last.steps == 0)
        return {};
    const QLocale locale;
    QString text = tr("Step %1 of %2 · loss %3")
                       .arg(locale.toString(static_cast<qlonglong>(m_last.step)), locale.toString(static_cast<qlonglong>(m_last.steps)),
                            locale.toString(m_last.loss, 'g', 4));
    if (m_last.picturesPerSecond > 0)
        text += tr(" · %1 samples/s").arg(locale.toString(m_last.picturesPerSecond, 'f', m_last.picturesPerSecond < 10 ? 1 : 0));
    if (m_last.pieces > 1)
        text += tr(" · in %1 pieces").arg(m_last.pieces);
    if (m_last.lossScale != 1)
        text += tr(" · loss scale %1").arg(locale.toString(m_last.lossScale, 'g', 6));
    if (runs && m_last.secondsLeft > 0)
        text += QStringLiteral(" · ") + timeLeftText(static_cast<qint64>(m_last.secondsLeft * 1000));
    return text;
}

void TrainView::showResult(const TrainingOutcome &outcome)
{
    const bool second = m_kind == TrainingRequest::Kind::SecondLook;
    m_add->setText(second ? tr("&Use it with %1").arg(toQString(outcome.base)) : tr("Add to the &models"));
    m_add->setToolTip(second ? tr("Puts it into the folder of models, where it is found for this base")
                             : tr("Puts the result into the list of models, ready for the Analyse page"));
    m_add->setEnabled(true);
    m_add->show();
    m_headline->setText(tr("Done: %1").arg(toQString(outcome.out.filename())));
    m_detail->setText(toQString(outcome.text));
}

void TrainView::setDetail(const QString &text)
{
    m_detail->setText(text);
}

void TrainView::offerResult()
{
    m_add->setEnabled(true);
}

} // namespace dscope
