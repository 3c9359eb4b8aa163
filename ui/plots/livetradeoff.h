// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/threshold/tradeoff.h"
#include "ui/plots/plainplot.h"

#include <optional>
#include <vector>

namespace dscope {

/// TAR at one FAR target against what it costs, a curve a method, filling in as points arrive; top-1, average and t = 0.15 are marked, the live
/// threshold is a point with its interval, hollow where it is not resolved. A click on a point of a curve asks for its threshold.
class LiveTradeoff : public PlainPlot {
    Q_OBJECT
public:
    enum class Across { KeptShare, Mac, Flop };

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
    void setAcross(Across across);
    Across across() const { return m_across; }
    /// Where the live threshold is; empty: nowhere.
    void setMarker(const std::optional<Marker> &marker);
    /// A ring around a recommended point; empty: none.
    void setRecommended(const std::optional<TradeoffPoint> &point);
    /// What stands in the middle while there is no curve.
    void setHint(const QString &hint);

    int pointCount() const { return static_cast<int>(m_curve.points.size()); }
    const std::optional<Marker> &marker() const { return m_marker; }
    bool hasPrices() const { return m_curve.prices.base.mac > 0; }
    /// In pixels; for tests that click.
    QPoint pointOf(const TradeoffPoint &point) const;

Q_SIGNALS:
    void picked(const dscope::TradeoffPoint &point);

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
    double across(const TradeoffPoint &point) const;
    std::optional<double> tarOf(const TradeoffPoint &point) const;

    Tradeoff m_curve;
    double m_far = 1e-3;
    Across m_across = Across::KeptShare;
    std::optional<Marker> m_marker;
    std::optional<TradeoffPoint> m_recommended;
    QString m_hint;
    std::vector<QCPGraph *> m_lines;
    std::vector<Mark> m_marks;
    QCPGraph *m_points;
    QCPGraph *m_ring;
    QCPGraph *m_dot;
    QCPGraph *m_open;
    QCPErrorBars *m_bar;
    QCPItemStraightLine *m_line;
    QCPItemText *m_label;
    QCPItemText *m_progress;
    QPoint m_pressed;
};

} // namespace dscope
