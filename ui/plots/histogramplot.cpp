// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/plots/histogramplot.h"

#include "ui/convert.h"
#include "ui/models/thresholdstate.h"
#include "ui/taskwords.h"
#include "ui/theme.h"

#include <algorithm>

namespace dscope {

namespace {
/// Adds scores to bins of equal width over [0, 1]; the last bin is closed.
void count(QVector<double> &bins, std::span<const float> scores)
{
    for (const float score : scores) {
        const int bin = static_cast<int>(static_cast<double>(score) * static_cast<double>(bins.size()));
        bins[std::clamp<qsizetype>(bin, 0, bins.size() - 1)] += 1;
    }
}

QVector<double> centres()
{
    QVector<double> at(HistogramPlot::bins);
    for (int i = 0; i < HistogramPlot::bins; ++i)
        at[i] = (i + 0.5) / HistogramPlot::bins;
    return at;
}
} // namespace

HistogramPlot::HistogramPlot(ThresholdState *state, QWidget *parent) : Plot(state, tr("Histogram of D-scores"), parent)
{
    setObjectName(QStringLiteral("histogram"));
    xAxis->setLabel(tr("D-score"));
    xAxis->setRange(0, 1);
    m_all = new QCPBars(xAxis, yAxis);
    m_all->setWidth(1.0 / bins);
    m_all->setAntialiased(false);
    m_part = new QCPBars(xAxis, yAxis);
    m_part->setName(tr("chosen groups"));
    m_part->setWidth(1.0 / bins);
    m_part->setAntialiased(false);
    legend->setVisible(false);
    axisRect()->insetLayout()->setInsetAlignment(0, Qt::AlignTop | Qt::AlignRight);

    m_dropped = new QCPItemRect(this);
    m_dropped->setLayer(m_moving);
    m_dropped->setClipToAxisRect(true);
    m_dropped->topLeft->setTypeY(QCPItemPosition::ptAxisRectRatio);
    m_dropped->bottomRight->setTypeY(QCPItemPosition::ptAxisRectRatio);
    m_line = new QCPItemStraightLine(this);
    m_line->setObjectName(QStringLiteral("threshold"));
    m_line->setLayer(m_moving);
    m_label = new QCPItemText(this);
    m_label->setLayer(m_moving);
    m_label->setPadding(QMargins(5, 1, 5, 1));
    connect(state, &ThresholdState::changed, this, &HistogramPlot::moveMarker);
    style();
    setDocument(nullptr);
}

void HistogramPlot::setDocument(DocumentPtr document)
{
    m_document = std::move(document);
    const QString elements = elementsText(m_document ? m_document->task() : tasks().front());
    yAxis->setLabel(tr("Share of %1 (%)").arg(elements));
    m_all->setName(tr("all %1").arg(elements));
    m_shares.fill(0, bins);
    if (m_document && m_document->faceCount() > 0) {
        count(m_shares, m_document->live().scores());
        for (double &share : m_shares)
            share *= 100.0 / m_document->faceCount();
    }
    m_all->setData(centres(), m_shares, true);
    m_part->data()->clear();
    legend->setVisible(false);
    setMessage(m_document && m_document->faceCount() > 0 ? QString() : tr("No %1 yet").arg(elements));
    fit();
    moveMarker();
    replot(rpQueuedReplot);
}

void HistogramPlot::setGroups(const std::vector<int> &groups)
{
    QVector<double> shares(bins, 0.0);
    int faces = 0;
    if (m_document) {
        for (const int number : groups) {
            count(shares, m_document->descending(number));
            faces += m_document->group(number).count;
        }
    }
    for (double &share : shares)
        share *= faces > 0 ? 100.0 / faces : 0.0;
    m_part->data()->clear();
    // Empty bins would draw their outline along the axis.
    for (int bin = 0; bin < bins; ++bin)
        if (shares[bin] > 0)
            m_part->addData((bin + 0.5) / bins, shares[bin]);
    m_part->setName(groups.size() == 1 && m_document ? toQString(m_document->groupData(groups.front()).id) : tr("chosen groups"));
    legend->setVisible(faces > 0);
    fit();
    replot(rpQueuedReplot);
}

void HistogramPlot::fit()
{
    double highest = 1;
    for (const QCPBars *bars : {m_all, m_part})
        for (const QCPBarsData &bar : *bars->data())
            highest = std::max(highest, bar.value);
    yAxis->setRange(0, highest * 1.12);
}

void HistogramPlot::moveMarker()
{
    const Keep &keep = m_state->keep();
    const bool byThreshold = keep.mode == Keep::Mode::Threshold;
    const double t = keep.threshold;
    m_line->point1->setCoords(t, 0);
    m_line->point2->setCoords(t, 1);
    m_dropped->topLeft->setCoords(-1, 0);
    m_dropped->bottomRight->setCoords(t, 1);
    m_dropped->setVisible(byThreshold && m_document && m_document->faceCount() > 0);
    m_line->setPen(QPen(thresholdColour(palette()), 2, byThreshold ? Qt::SolidLine : Qt::DotLine));
    m_label->setText((byThreshold                           ? tr("t = %1")
                          : keep.mode == Keep::Mode::Enough ? tr("t = %1 (until enough is on)")
                                                            : tr("t = %1 (top K is on)"))
                         .arg(scoreText(t)));
    // The legend goes to the half without the line.
    const Qt::Alignment side = Qt::AlignTop | (t > 0.5 ? Qt::AlignLeft : Qt::AlignRight);
    if (axisRect()->insetLayout()->insetAlignment(0) != side) {
        axisRect()->insetLayout()->setInsetAlignment(0, side);
        replot(rpQueuedReplot);
    }
    placeLabels();
    const bool there = m_document && m_document->faceCount() > 0;
    m_line->setVisible(there);
    m_label->setVisible(there);
    m_moving->replot();
}

void HistogramPlot::placeLabels()
{
    // To the side of the line where the legend is not.
    const double t = m_state->threshold();
    placeBeside(m_label, t, t > 0.5 ? t > 0.75 : t > 0.25, Qt::AlignTop);
}

void HistogramPlot::style()
{
    Plot::style();
    QColor all = keptColour(palette());
    all.setAlpha(150);
    m_all->setBrush(all);
    m_all->setPen(Qt::NoPen);
    m_part->setBrush(Qt::NoBrush);
    m_part->setPen(QPen(selectionColour(palette()), 1.6));
    QColor part = selectionColour(palette());
    part.setAlpha(90);
    m_part->setBrush(part);
    QColor veil = palette().color(QPalette::Base);
    veil.setAlpha(165);
    m_dropped->setBrush(veil);
    m_dropped->setPen(Qt::NoPen);
    QColor ground = palette().color(QPalette::Base);
    ground.setAlpha(220);
    m_label->setBrush(ground);
    m_label->setColor(thresholdColour(palette()));
    m_label->setFont(font());
    moveMarker();
}

QPoint HistogramPlot::markerPoint() const
{
    return {qRound(xAxis->coordToPixel(m_state->threshold())), axisRect()->center().y()};
}

double HistogramPlot::thresholdAt(const QPoint &point) const
{
    return xAxis->pixelToCoord(point.x());
}

} // namespace dscope
