// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/threshold/liveclasses.h"
#include "ui/plots/plainplot.h"

#include <optional>
#include <utility>
#include <vector>

namespace dscope {

/// Accuracy of a classification against the clips kept per video: a curve for each way to choose K, dense as a line, the live choice as a point. A click asks
/// for the K of the nearest point.
class ClipCurvePlot final : public PlainPlot {
    Q_OBJECT
public:
    enum class Figure { Top1, Mean };

    explicit ClipCurvePlot(QWidget *parent = nullptr);

    void setCurves(const std::vector<ClipCurve> &curves);
    void setFigure(Figure figure);
    /// Accuracy of the plain mean of all clips; nothing: not known.
    void setDense(const std::optional<std::pair<double, double>> &top1AndMean);
    /// Where the live choice is; nothing: nowhere. @param clips kept per video
    void setLive(const std::optional<LiveClassesPoint> &point, double clips);
    int curveCount() const { return static_cast<int>(m_curves.size()); }
    /// Where a curve's point lies in pixels; for tests that click.
    QPoint pointOf(int curve, int point) const;

Q_SIGNALS:
    void picked(int k);

protected:
    void style() override;
    void mousePressEvent(QMouseEvent *event) override;
    void mouseReleaseEvent(QMouseEvent *event) override;

private:
    void draw();
    double figureOf(double top1, double top5) const;

    std::vector<ClipCurve> m_curves;
    Figure m_figure = Figure::Top1;
    std::optional<std::pair<double, double>> m_dense;
    std::optional<LiveClassesPoint> m_point;
    double m_clips = 0;
    QPoint m_pressed;
    std::vector<QCPGraph *> m_graphs;
    QCPGraph *m_denseLine;
    QCPGraph *m_live;
};

} // namespace dscope
