// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/plots/pairhistogram.h"

#include "ui/models/tarmodel.h"
#include "ui/theme.h"

#include <algorithm>
#include <cmath>

namespace dscope {

PairHistogram::PairHistogram(EvaluationState *state, QWidget *parent)
    : RunPlot(state, tr("Histograms"), parent), m_threshold(new QCPItemStraightLine(this)), m_label(new QCPItemText(this))
{
    setObjectName(QStringLiteral("pairHistogram"));
    xAxis->setLabel(tr("Score (cosine of two templates; solid: one person, dotted: two)"));
    yAxis->setLabel(tr("Share of the pairs of its kind in a bin (%)"));
    m_label->setLayer(m_moving);
    m_threshold->setLayer(m_moving);
    m_label->setPadding(QMargins(4, 1, 4, 1));
    style();
    redraw();
}

QString PairHistogram::emptyText() const
{
    return tr("Here will be how the scores of pairs are spread:\nof one person (solid) and of two people (dotted).\nThe less they overlap, the better.");
}

bool PairHistogram::draw()
{
    m_highest = 0;
    m_from = 1;
    m_to = -1;
    bool any = false;
    for (const ShownRun &run : m_state->runs()) {
        if (!run.shown || run.run->genuineHistogram.empty())
            continue;
        bool genuine = true;
        for (const std::vector<double> *shares : {&run.run->genuineHistogram, &run.run->impostorHistogram}) {
            const double width = 2.0 / static_cast<double>(std::max<std::size_t>(1, shares->size()));
            QVector<double> x;
            QVector<double> y;
            for (std::size_t i = 0; i < shares->size(); ++i) {
                const double middle = -1 + (static_cast<double>(i) + 0.5) * width;
                x << middle;
                y << 100 * (*shares)[i];
                m_highest = std::max(m_highest, y.back());
                if ((*shares)[i] > 0) {
                    m_from = std::min(m_from, middle);
                    m_to = std::max(m_to, middle);
                }
            }
            QCPGraph *graph = addCurve(run, x, y, genuine);
            graph->setLineStyle(QCPGraph::lsStepCenter);
            QPen pen = graph->pen();
            if (!genuine)
                pen.setStyle(Qt::DotLine);
            // Many outlines over each other hide the one that is looked at.
            if (m_state->currentRun() != nullptr && m_state->currentRun()->shown && run.id != m_state->current()) {
                QColor faint = pen.color();
                faint.setAlpha(80);
                pen.setColor(faint);
            }
            graph->setPen(pen);
            if (run.id == m_state->current()) {
                QColor fill = colourOf(run);
                fill.setAlpha(genuine ? 70 : 35);
                graph->setBrush(fill);
            }
            genuine = false;
        }
        any = true;
    }
    drawThreshold();
    return any;
}

void PairHistogram::drawThreshold()
{
    const ShownRun *run = m_state->currentRun();
    const FarPoint *point = run != nullptr && run->shown ? pointAt(run->run->strict, m_state->far()) : nullptr;
    const bool there = point != nullptr && std::isfinite(point->threshold);
    m_threshold->setVisible(there);
    m_label->setVisible(there);
    if (!there)
        return;
    m_at = point->threshold;
    m_threshold->point1->setCoords(m_at, 0);
    m_threshold->point2->setCoords(m_at, 1);
    m_label->setText(tr("accept from %1 (FAR %2)").arg(QLocale().toString(m_at, 'f', 3), farText(m_state->far())));
}

void PairHistogram::placeLabels()
{
    if (m_label->visible())
        placeBeside(m_label, m_at, true, Qt::AlignTop); // the legend is on the right
}

void PairHistogram::fit()
{
    xAxis->setRange(m_from < m_to ? std::max(-1.0, m_from - 0.05) : -1, m_from < m_to ? std::min(1.0, m_to + 0.05) : 1);
    yAxis->setRange(0, m_highest > 0 ? m_highest * 1.15 : 5);
}

void PairHistogram::style()
{
    RunPlot::style();
    m_threshold->setPen(QPen(thresholdColour(palette()), 1.5, Qt::DashLine));
    m_label->setColor(thresholdColour(palette()));
    QColor ground = palette().color(QPalette::Base);
    ground.setAlpha(215);
    m_label->setBrush(ground);
    m_label->setFont(font());
}

} // namespace dscope
