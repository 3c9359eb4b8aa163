// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/threshold/liveretrieval.h"
#include "ui/plots/livetradeoff.h"
#include "ui/plots/plainplot.h"

#include <optional>
#include <vector>

namespace dscope {

/// mAP (solid) and CMC-1 (dashed) of one protocol against what they cost, over all thresholds of the live method, filling in as points arrive. Top-1, average
/// and t = 0.15 are marked; the live threshold is a line with two points. A click on a point of a curve asks for its threshold.
class RetrievalTradeoffPlot : public PlainPlot {
    Q_OBJECT
public:
    explicit RetrievalTradeoffPlot(QWidget *parent = nullptr);

    using Across = LiveTradeoff::Across;

    void setCurve(const RetrievalTradeoff &curve);
    void setProtocol(RetrievalProtocol protocol);
    void setAcross(Across across);
    Across across() const { return m_across; }
    bool hasPrices() const { return m_curve.prices.base.mac > 0; }
    /// Where the live threshold is; empty: nowhere.
    void setMarker(const std::optional<LiveRetrievalPoint> &point);
    const std::optional<LiveRetrievalPoint> &marker() const { return m_marker; }
    /// What stands in the middle while there is no curve.
    void setHint(const QString &hint);

    int pointCount() const { return static_cast<int>(m_curve.points.size()); }
    /// Where a point's mAP lies in pixels; null: nowhere. For tests that click.
    QPoint pointOf(const RetrievalTradeoffPoint &point) const;

Q_SIGNALS:
    void picked(const dscope::RetrievalTradeoffPoint &point);

protected:
    void style() override;
    void placeLabels() override;
    void changeEvent(QEvent *event) override;
    void mousePressEvent(QMouseEvent *event) override;
    void mouseReleaseEvent(QMouseEvent *event) override;

private:
    void draw();
    void drawMarker();
    double costAt(double keptShare) const;
    double across(const RetrievalTradeoffPoint &point) const;

    RetrievalTradeoff m_curve;
    RetrievalProtocol m_protocol = RetrievalProtocol::Official;
    Across m_across = Across::KeptShare;
    std::optional<LiveRetrievalPoint> m_marker;
    QString m_hint;
    QCPGraph *m_map;
    QCPGraph *m_first;
    QCPGraph *m_marks;
    QCPGraph *m_dots;
    QCPItemStraightLine *m_line;
    QCPItemText *m_label;
    QCPItemText *m_progress;
    std::vector<Mark> m_texts;
    QPoint m_pressed;
};

} // namespace dscope
