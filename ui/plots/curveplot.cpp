// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/plots/curveplot.h"

#include "ui/theme.h"

#include <algorithm>
#include <cmath>

namespace dscope {

CurvePlot::CurvePlot(const QString &name, const QString &yLabel, Style style, QWidget *parent)
    : PlainPlot(name, parent), m_style(style), m_raw(addGraph()), m_smooth(addGraph())
{
    xAxis->setLabel(tr("Step"));
    yAxis->setLabel(yLabel);
    legend->setVisible(false);
    m_raw->setAdaptiveSampling(true);
    if (style == Style::Marked)
        m_raw->setScatterStyle(QCPScatterStyle(QCPScatterStyle::ssDisc, 6));
    clear();
    CurvePlot::style();
}

void CurvePlot::clear()
{
    m_raw->data()->clear();
    m_smooth->data()->clear();
    m_average = 0;
    m_sum = 0;
    m_count = 0;
    m_stride = 1;
    m_last = 0;
    setMessage(tr("No figures yet"));
    xAxis->setRange(0, 1);
    yAxis->setRange(0, 1);
    replot(rpQueuedReplot);
}

void CurvePlot::setSteps(double steps)
{
    m_steps = std::max(1.0, steps);
}

void CurvePlot::add(double step, double value)
{
    if (!std::isfinite(value))
        return;
    m_last = value;
    m_sum += value;
    if (++m_count < m_stride)
        return;
    const double mean = m_sum / m_count;
    m_sum = 0;
    m_count = 0;
    m_raw->addData(step, mean);
    if (m_style == Style::Smoothed) {
        // The average of about the last fortieth of what is shown.
        const double weight = std::max(1.0 / m_raw->dataCount(), 0.05);
        m_average += weight * (mean - m_average);
        m_smooth->addData(step, m_average);
    }
    if (m_raw->dataCount() > mostPoints)
        halve();
}

void CurvePlot::halve()
{
    for (QCPGraph *graph : {m_raw, m_smooth}) {
        QVector<QCPGraphData> fewer;
        const auto &points = *graph->data();
        for (int i = 0; i + 1 < points.size(); i += 2) {
            const QCPGraphData &a = *points.at(i);
            const QCPGraphData &b = *points.at(i + 1);
            fewer.append(QCPGraphData(b.key, (a.value + b.value) / 2));
        }
        graph->data()->set(fewer, true);
    }
    m_stride *= 2;
}

void CurvePlot::refresh()
{
    const bool any = m_raw->dataCount() > 0;
    setMessage(any ? QString() : tr("No figures yet"));
    if (any) {
        bool found = false;
        QCPRange range = m_raw->getValueRange(found);
        if (m_style == Style::Smoothed && m_raw->dataCount() > 20) {
            // The first steps' loss must not flatten the rest: the 98th percentile is the top.
            std::vector<double> values;
            for (const QCPGraphData &point : *m_raw->data())
                values.push_back(point.value);
            const auto top = values.begin() + static_cast<std::ptrdiff_t>(values.size() * 98 / 100);
            std::nth_element(values.begin(), top, values.end());
            range.upper = std::max(*top * 1.1, range.lower);
        }
        const double room = std::max({range.size() * 0.06, std::abs(range.upper) * 0.02, 1e-12});
        const bool fromZero = m_style == Style::Plain && range.lower >= 0;
        yAxis->setRange(fromZero ? 0 : range.lower - room, range.upper + room);
        xAxis->setRange(0, m_steps);
    }
    replot(rpQueuedReplot);
}

void CurvePlot::style()
{
    PlainPlot::style();
    QColor line = keptColour(palette());
    m_smooth->setPen(QPen(line, 2.2));
    if (m_style == Style::Smoothed)
        line.setAlpha(90);
    m_raw->setPen(QPen(line, m_style == Style::Smoothed ? 1 : 2));
}

} // namespace dscope
