// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/plots/agreementplot.h"

#include "ui/theme.h"

#include <algorithm>

namespace dscope {

AgreementPlot::AgreementPlot(QWidget *parent)
    : PlainPlot(tr("Target and predicted D-score"), parent), m_points(new DensityPoints(xAxis, yAxis)), m_diagonal(new QCPItemStraightLine(this))
{
    setObjectName(QStringLiteral("agreement"));
    xAxis->setLabel(tr("True D-score"));
    yAxis->setLabel(tr("Predicted D-score"));
    xAxis->setRange(0, 1);
    yAxis->setRange(0, 1);
    legend->setVisible(false);
    m_diagonal->point1->setCoords(0, 0);
    m_diagonal->point2->setCoords(1, 1);
    AgreementPlot::style();
    setScores({}, {});
}

void AgreementPlot::setScores(std::span<const double> targets, std::span<const double> predictions)
{
    std::vector<DensityPoints::Point> points;
    for (std::size_t i = 0; i < std::min(targets.size(), predictions.size()); ++i)
        points.push_back({static_cast<float>(targets[i]), static_cast<float>(predictions[i]), static_cast<int>(i)});
    m_diagonal->setVisible(!points.empty());
    setMessage(points.empty() ? tr("After the first epoch: each picture held out,\nits true D-score and the predicted one") : QString());
    m_points->setPoints(std::move(points));
    replot(rpQueuedReplot);
}

void AgreementPlot::style()
{
    PlainPlot::style();
    const QColor dense = keptColour(palette());
    QColor sparse = dense;
    sparse.setAlpha(110);
    m_points->setColours(DensityPoints::Plain, sparse, dense);
    m_diagonal->setPen(QPen(thresholdColour(palette()), 1.4, Qt::DashLine));
}

TwoHistograms::TwoHistograms(QWidget *parent)
    : PlainPlot(tr("How target and predicted D-scores are spread"), parent), m_targets(new QCPBars(xAxis, yAxis)), m_predictions(addGraph())
{
    setObjectName(QStringLiteral("twoHistograms"));
    xAxis->setLabel(tr("D-score"));
    yAxis->setLabel(tr("Pictures held out"));
    xAxis->setRange(0, 1);
    m_targets->setWidth(1.0 / bins);
    m_targets->setAntialiased(false);
    m_targets->setName(tr("True"));
    m_predictions->setName(tr("Predicted"));
    m_predictions->setLineStyle(QCPGraph::lsStepCenter);
    TwoHistograms::style();
    setScores({}, {});
}

void TwoHistograms::setScores(std::span<const double> targets, std::span<const double> predictions)
{
    const auto counted = [](std::span<const double> values) {
        std::vector<double> counts(bins, 0.0);
        for (const double value : values)
            counts[static_cast<std::size_t>(std::clamp(static_cast<int>(value * bins), 0, bins - 1))] += 1;
        return counts;
    };
    const std::vector<double> wanted = counted(targets);
    const std::vector<double> said = counted(predictions);
    m_targets->data()->clear();
    m_predictions->data()->clear();
    double highest = 1;
    for (int bin = 0; bin < bins && !targets.empty(); ++bin) {
        const auto at = static_cast<std::size_t>(bin);
        m_targets->addData((bin + 0.5) / bins, wanted[at]);
        m_predictions->addData((bin + 0.5) / bins, said[at]);
        highest = std::max({highest, wanted[at], said[at]});
    }
    yAxis->setRange(0, highest * 1.12);
    legend->setVisible(!targets.empty());
    setMessage(targets.empty() ? tr("After the first epoch: how the true D-scores\nand the predicted ones are spread") : QString());
    replot(rpQueuedReplot);
}

void TwoHistograms::style()
{
    PlainPlot::style();
    QColor fill = keptColour(palette());
    fill.setAlpha(110);
    m_targets->setPen(Qt::NoPen);
    m_targets->setBrush(fill);
    m_predictions->setPen(QPen(selectionColour(palette()), 2));
}

} // namespace dscope
