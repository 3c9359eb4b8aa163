// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/plots/plainplot.h"

#include <vector>

namespace dscope {

/// A figure of a training run over its steps. Any length of run is held in a bounded number of points: where there are too many, neighbours
/// are averaged. A heavy line smooths what is noisy.
class CurvePlot : public PlainPlot {
    Q_OBJECT
public:
    enum class Style { Smoothed, Plain, Marked };

    CurvePlot(const QString &name, const QString &yLabel, Style style, QWidget *parent = nullptr);

    static constexpr int mostPoints = 4000;

    void clear();
    /// `replots` false: the caller adds more.
    void add(double step, double value);
    /// The end of the axis of steps.
    void setSteps(double steps);
    void refresh();

    int points() const { return m_raw->dataCount(); }
    double last() const { return m_last; }

protected:
    void style() override;

private:
    void halve();

    Style m_style;
    QCPGraph *m_raw;
    QCPGraph *m_smooth;
    double m_steps = 1;
    double m_last = 0;
    double m_average = 0;
    double m_sum = 0;
    int m_count = 0;
    int m_stride = 1; ///< values a point
};

} // namespace dscope
