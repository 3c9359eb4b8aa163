// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/jobs/trainingwork.h"

#include "core/training/basetrainer.h"
#include "core/training/ddnettrainer.h"
#include "core/training/secondfit.h"

#include <QCoreApplication>
#include <QLocale>

#include <cmath>
#include <utility>

namespace dscope {

TrainingNews TrainingFeed::take()
{
    const std::lock_guard lock(m_mutex);
    return std::exchange(m_news, {});
}

void TrainingFeed::onStep(const StepReport &step)
{
    {
        const std::lock_guard lock(m_mutex);
        m_news.steps.push_back(step);
    }
    poke();
}

void TrainingFeed::onEpoch(const EpochReport &epoch)
{
    {
        const std::lock_guard lock(m_mutex);
        m_news.epochs.push_back(epoch);
    }
    poke();
}

void TrainingFeed::onScores(int epoch, std::span<const double> targets, std::span<const double> predictions)
{
    {
        const std::lock_guard lock(m_mutex);
        m_news.scoresEpoch = epoch;
        m_news.targets.assign(targets.begin(), targets.end());
        m_news.predictions.assign(predictions.begin(), predictions.end());
    }
    poke();
}

void TrainingFeed::poke() const
{
    if (m_poke)
        m_poke();
}

TrainingOutcome runTraining(const TrainingRequest &request, TrainingFeed &feed, Progress &progress)
{
    const auto words = [](const char *text) { return QCoreApplication::translate("dscope::TrainPage", text); };
    const QLocale locale;
    TrainingOutcome outcome;
    outcome.out = request.out;
    if (request.kind == TrainingRequest::Kind::DdNet) {
        DdNetTraining options;
        options.loop = request.loop;
        options.loop.monitor = &feed;
        options.name = request.out.stem().string();
        options.architecture = request.architecture;
        options.heldOut = request.heldOut;
        const DdNetResult result = trainDdNet(readTargets(request.data), options, request.out, progress);
        QString text = words(QT_TRANSLATE_NOOP("dscope::TrainPage", "The DDNet has learnt from %1 pictures."))
                           .arg(locale.toString(static_cast<qlonglong>(result.trained)));
        if (result.heldOut > 0)
            text += QLatin1Char(' ')
                + words(QT_TRANSLATE_NOOP("dscope::TrainPage",
                                          "On %1 pictures of people it has never seen its D-scores correlate with the true ones by %2 (Spearman)."))
                      .arg(locale.toString(static_cast<qlonglong>(result.heldOut)), locale.toString(result.spearman, 'f', 3));
        outcome.text = text.toStdString();
    } else if (request.kind == TrainingRequest::Kind::SecondLook) {
        SecondFit fit;
        fit.targets = request.data;
        fit.features = request.features;
        fit.out = request.out;
        fit.device = request.loop.device;
        const SecondResult result = fitSecondLook(fit, request.store ? *request.store : ModelStore(), progress);
        const SecondLookOrigin &made = result.look->origin();
        outcome.base = made.base;
        QString text =
            words(QT_TRANSLATE_NOOP("dscope::TrainPage", "The second look reads the embeddings of %1; it has learnt from %2 pictures of %3 people (ridge %4)."))
                .arg(QString::fromStdString(made.base), locale.toString(static_cast<qlonglong>(made.pictures)),
                     locale.toString(static_cast<qlonglong>(made.people)), locale.toString(made.ridge, 'g', 6));
        if (made.folds > 0 && std::isfinite(made.heldOut))
            text += QLatin1Char(' ')
                + words(QT_TRANSLATE_NOOP("dscope::TrainPage", "On people held out, each in turn, its D-scores correlate with the true ones by %1 (Spearman)."))
                      .arg(locale.toString(made.heldOut, 'f', 3));
        outcome.text = text.toStdString();
    } else {
        BaseTraining options;
        options.loop = request.loop;
        options.loop.monitor = &feed;
        options.name = request.out.stem().string();
        options.architecture = request.architecture;
        options.loss = request.loss;
        options.heldOut = request.heldOut;
        const BaseResult result = trainBase(readFaceList(request.data, {}, progress), options, request.out, progress);
        outcome.text = words(QT_TRANSLATE_NOOP(
                                 "dscope::TrainPage",
                                 "The network has learnt to tell %1 people apart. Pairs of people it has never seen are decided rightly in %2 of the cases."))
                           .arg(locale.toString(static_cast<qlonglong>(result.people)), locale.toString(100 * result.pairAccuracy, 'f', 1) + locale.percent())
                           .toStdString();
    }
    return outcome;
}

} // namespace dscope
