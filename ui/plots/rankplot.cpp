// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/plots/rankplot.h"

#include "core/evaluation/retrievalrun.h"
#include "ui/models/retrievalmodel.h"
#include "ui/theme.h"

#include <algorithm>

namespace dscope {

RankPlot::RankPlot(EvaluationState *state, QWidget *parent) : RunPlot(state, tr("CMC of the queries"), parent), m_live(addGraph())
{
    setObjectName(QStringLiteral("rankPlot"));
    xAxis->setLabel(tr("Rank"));
    useLog(xAxis, 0.9, 1.1 * lastRank);
    QSharedPointer<QCPAxisTickerText> ticker(new QCPAxisTickerText);
    for (const int rank : {1, 2, 5, 10, 20, 50})
        ticker->addTick(rank, QString::number(rank));
    xAxis->setTicker(ticker);
    axisRect()->insetLayout()->setInsetAlignment(0, Qt::AlignBottom | Qt::AlignRight);
    m_live->setLayer(m_moving);
    m_live->setLineStyle(QCPGraph::lsNone);
    m_live->setName(tr("live threshold"));
    m_live->removeFromLegend();
    style();
    redraw();
}

QString RankPlot::emptyText() const
{
    return tr("Here will be the search for the queries' people:\nhow often the right tracklet is among the first k.");
}

void RankPlot::setProtocol(RetrievalProtocol protocol)
{
    if (protocol == m_protocol)
        return;
    m_protocol = protocol;
    redraw();
}

void RankPlot::setLive(const std::optional<LiveRetrievalPoint> &point, const std::vector<std::int64_t> &ranks)
{
    m_point = point;
    m_ranks = ranks;
    drawLive();
    m_moving->replot();
}

void RankPlot::drawLive()
{
    QVector<double> x;
    QVector<double> y;
    const LiveRetrievalFigures *figures = m_point ? m_point->by(m_protocol) : nullptr;
    for (std::size_t i = 0; figures != nullptr && i < m_ranks.size() && i < figures->cmc.size(); ++i) {
        x << static_cast<double>(m_ranks[i]);
        y << 100 * figures->cmc[i];
    }
    m_live->setData(x, y);
    // What does badly must not leave the plot.
    const double low = y.isEmpty() ? 100 : *std::min_element(y.begin(), y.end());
    if (low < yAxis->range().lower && yAxis->range().upper > 99)
        yAxis->setRangeLower(std::max(0.0, low - 4));
}

bool RankPlot::draw()
{
    yAxis->setLabel(tr("First match among them (%, %1)").arg(protocolText(m_protocol)));
    m_lowest = 1;
    m_last = 1;
    bool any = false;
    for (const ShownRun &run : m_state->runs()) {
        if (!run.shown || !isRetrieval(*run.run))
            continue;
        for (const RetrievalFigures &figures : run.run->retrieval) {
            if (figures.protocol != m_protocol)
                continue;
            QVector<double> x;
            QVector<double> y;
            for (std::size_t k = 0; k < figures.curve.size() && k < lastRank; ++k) {
                x << static_cast<double>(k + 1);
                y << 100 * figures.curve[k];
                m_lowest = std::min(m_lowest, figures.curve[k]);
            }
            const bool whole = !x.isEmpty();
            if (whole) {
                m_last = std::max(m_last, x.back());
                addCurve(run, x, y)->setLineStyle(QCPGraph::lsStepLeft);
            }
            x.clear();
            y.clear();
            for (std::size_t i = 0; i < figures.ranks.size() && i < figures.cmc.size(); ++i) {
                x << static_cast<double>(figures.ranks[i]);
                y << 100 * figures.cmc[i];
                m_lowest = std::min(m_lowest, figures.cmc[i]);
                m_last = std::max(m_last, x.back());
            }
            QCPGraph *marks = addCurve(run, x, y, !whole);
            if (whole)
                marks->setLineStyle(QCPGraph::lsNone);
            marks->setScatterStyle(QCPScatterStyle(shapeOf(run.colour), colourOf(run), 8));
            any = true;
        }
    }
    drawLive();
    return any;
}

void RankPlot::fit()
{
    xAxis->setRange(0.9, 1.1 * std::max(5.0, m_last));
    const double room = std::max(0.01, 1 - m_lowest);
    yAxis->setRange(m_last == 1 ? 0 : std::max(0.0, 100 * (m_lowest - 0.25 * room)), 100 + 5 * room);
    drawLive();
}

void RankPlot::style()
{
    RunPlot::style();
    m_live->setScatterStyle(QCPScatterStyle(QCPScatterStyle::ssCircle, QPen(thresholdColour(palette()), 2), Qt::NoBrush, 11));
}

} // namespace dscope
