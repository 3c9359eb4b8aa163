// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/threshold/tradeoff.h"
#include "ui/plots/plainplot.h"

#include <algorithm>
#include <vector>

class QComboBox;

namespace dscope {

/// What the trade-offs of pairs and of queries share: figures of accuracy against what they cost, filling in as points arrive, and the live threshold as a
/// line. A click on a point of a curve asks for its threshold.
class CostPlot : public PlainPlot {
    Q_OBJECT
public:
    enum class Across { KeptShare, Mac, Flop };

    void setAcross(Across across);
    Across across() const { return m_across; }
    /// A box of this name to choose what is across; `kept` stands for the share of what is kept.
    QComboBox *makeAcrossBox(const QString &name, const QString &kept);
    bool hasPrices() const { return m_prices.base.mac > 0; }
    /// What stands in the middle while there is no curve.
    void setHint(const QString &hint);
    virtual int pointCount() const = 0;

protected:
    CostPlot(const QString &name, const QString &hint, QWidget *parent);

    virtual void draw() = 0;
    /// Asks for the threshold of what is nearest.
    virtual void click(const QPoint &point) = 0;
    double costAt(double keptShare) const;
    double across(double keptShare, const LiveCost &cost) const;
    /// Names a marked point.
    void addMark(TradeoffMark mark, double x, double y);
    void removeMarks();
    /// What is on show.
    struct Extent {
        double left = 0;
        double right = 0;
        double low = 100;
        double high = 0;
        bool any = false;
        void see(double x, double y);
    };
    /// Ranges for it, the hint where there is nothing, and how far the curve has come. @param most of the upper end
    void showExtent(Extent extent, bool complete, double most);
    /// The line of the live threshold, with this text.
    void setLine(double keptShare, const QString &text);
    void hideLine();
    /// Marked points, and those of the live threshold.
    void styleDots(QCPGraph *marks, QCPGraph *live);

    void style() override;
    void placeLabels() override;
    void changeEvent(QEvent *event) override;
    void mousePressEvent(QMouseEvent *event) override;
    void mouseReleaseEvent(QMouseEvent *event) override;

    static constexpr int reach = 25; ///< pixels
    LivePrices m_prices;
    Across m_across = Across::KeptShare;
    QCPItemStraightLine *m_line;
    QCPItemText *m_label;

private:
    QString m_hint;
    std::vector<Mark> m_marks;
    QCPItemText *m_progress;
    QPoint m_pressed;
};

} // namespace dscope
