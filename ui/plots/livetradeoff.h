// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/plots/costplot.h"

#include <optional>
#include <vector>

namespace dscope {

/// TAR at one FAR target against what it costs, a curve a method, filling in as points arrive; top-1, average and t = 0.15 are marked, the live
/// threshold is a point with its interval, hollow where it is not resolved. A click on a point of a curve asks for its threshold.
class LiveTradeoff : public CostPlot {
    Q_OBJECT
public:
    explicit LiveTradeoff(QWidget *parent = nullptr);

    struct Marker {
        double keptShare = 1;
        double tar = 0;
        double low = 0;
        double high = 0;
        bool exact = false;
        bool resolved = true;
    };

    void setCurve(const Tradeoff &curve);
    void setFar(double far);
    /// Where the live threshold is; empty: nowhere.
    void setMarker(const std::optional<Marker> &marker);
    /// A ring around a recommended point; empty: none.
    void setRecommended(const std::optional<TradeoffPoint> &point);

    int pointCount() const override { return static_cast<int>(m_curve.points.size()); }
    const std::optional<Marker> &marker() const { return m_marker; }
    /// In pixels; for tests that click.
    QPoint pointOf(const TradeoffPoint &point) const;

Q_SIGNALS:
    void picked(const dscope::TradeoffPoint &point);

protected:
    void draw() override;
    void click(const QPoint &point) override;
    void style() override;

private:
    void drawMarker();
    double acrossOf(const TradeoffPoint &point) const { return across(point.keptShare, point.cost); }
    std::optional<double> tarOf(const TradeoffPoint &point) const;

    Tradeoff m_curve;
    double m_far = 1e-3;
    std::optional<Marker> m_marker;
    std::optional<TradeoffPoint> m_recommended;
    std::vector<QCPGraph *> m_lines;
    QCPGraph *m_points;
    QCPGraph *m_ring;
    QCPGraph *m_dot;
    QCPGraph *m_open;
    QCPErrorBars *m_bar;
};

} // namespace dscope
