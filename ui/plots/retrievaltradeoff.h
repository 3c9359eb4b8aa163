// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/threshold/liveretrieval.h"
#include "ui/plots/costplot.h"

#include <optional>

namespace dscope {

/// mAP (solid) and CMC-1 (dashed) of one protocol against what they cost, over all thresholds of the live method, filling in as points arrive. Top-1, average
/// and t = 0.15 are marked; the live threshold is a line with two points. A click on a point of a curve asks for its threshold.
class RetrievalTradeoffPlot : public CostPlot {
    Q_OBJECT
public:
    explicit RetrievalTradeoffPlot(QWidget *parent = nullptr);

    void setCurve(const RetrievalTradeoff &curve);
    void setProtocol(RetrievalProtocol protocol);
    /// Where the live threshold is; empty: nowhere.
    void setMarker(const std::optional<LiveRetrievalPoint> &point);
    const std::optional<LiveRetrievalPoint> &marker() const { return m_marker; }

    int pointCount() const override { return static_cast<int>(m_curve.points.size()); }
    /// Where a point's mAP lies in pixels; null: nowhere. For tests that click.
    QPoint pointOf(const RetrievalTradeoffPoint &point) const;

Q_SIGNALS:
    void picked(const dscope::RetrievalTradeoffPoint &point);

protected:
    void draw() override;
    void click(const QPoint &point) override;
    void style() override;

private:
    void drawMarker();
    double acrossOf(const RetrievalTradeoffPoint &point) const { return across(point.result.keptShare, point.cost); }

    RetrievalTradeoff m_curve;
    RetrievalProtocol m_protocol = RetrievalProtocol::Official;
    std::optional<LiveRetrievalPoint> m_marker;
    QCPGraph *m_map;
    QCPGraph *m_first;
    QCPGraph *m_marks;
    QCPGraph *m_dots;
};

} // namespace dscope
