// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/plots/plot.h"

#include <vector>

namespace dscope {

class Job;

/// What a threshold costs and what it keeps. Across: the kept share or the mean cost per face (DDNet on all + base on the kept). Up: the
/// cosine to the average of all faces, or verification accuracy where the groups have labels. The curve is computed in a Job; the
/// marker of the present threshold comes from LiveGroups::at.
class TradeoffPlot final : public Plot {
    Q_OBJECT
public:
    enum class Across { KeptShare, Flop, Mac, Ms };
    Q_ENUM(Across)
    enum class Up { Cosine, Accuracy };
    Q_ENUM(Up)
    enum class Price { BaseInUse, IResNet100 };
    Q_ENUM(Price)

    explicit TradeoffPlot(ThresholdState *state, QWidget *parent = nullptr);

    static constexpr int curvePoints = 200;

    /// With `goesOn` the last curve stays until the new one is there.
    void setDocument(DocumentPtr document, bool goesOn = false);
    void setAcross(Across across);
    void setUp(Up up);
    void setPrice(Price price);
    Across across() const { return m_across; }
    Up up() const { return m_up; }
    Price price() const { return m_price; }
    bool hasTimes() const;
    bool hasAccuracy() const;
    /// The kept share below which DDNet + base is cheaper than the base on all, at the price chosen; at most 0: never.
    double breakEvenShare() const;
    /// Cost of DDNet on all + base on this share, in the unit of the axis; the share in per cent for KeptShare.
    double cost(double keptShare) const;
    /// Cost of the base on all faces without DDNet, in the unit of the axis.
    double baseCost() const;
    bool hasCurve() const { return m_fresh && !m_curve.empty(); }
    const LiveGroupsPoint &marker() const { return m_now; }

    QPoint markerPoint() const override;

Q_SIGNALS:
    void curveReady();

protected:
    void style() override;
    void placeLabels() override;
    double thresholdAt(const QPoint &point) const override;

private:
    void computeCurve();
    void draw();
    void moveMarker();
    double value(const LiveGroupsPoint &point) const;
    double ddnetUnit() const;
    double baseUnit() const;

    DocumentPtr m_document;
    Job *m_job = nullptr;
    std::vector<LiveGroupsPoint> m_curve;
    bool m_fresh = false; ///< the curve is of this document, by m_weights
    Weights m_weights;
    LiveGroupsPoint m_now;
    double m_markerAt = 0; ///< where across the marker is
    Across m_across = Across::KeptShare;
    Up m_up = Up::Cosine;
    Price m_price = Price::BaseInUse;
    QCPCurve *m_line;
    QCPGraph *m_dot;
    QCPItemStraightLine *m_even;
    QCPItemText *m_evenLabel;
    QCPItemStraightLine *m_threshold;
    QCPItemText *m_label;
};

} // namespace dscope
