// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/plots/qcustomplot_shim.h"

#include <QBitArray>

#include <vector>

namespace dscope {

/// D-scores as points, kept and dropped in two colours. Unlike two graphs, a changed threshold moves no data: the points are told
/// apart as they are drawn, all of one colour in one call.
class ScorePoints : public QCPAbstractPlottable {
    Q_OBJECT
public:
    struct Datum {
        double key;
        float score;
        int face;
    };

    ScorePoints(QCPAxis *keyAxis, QCPAxis *valueAxis);

    /// Sorted by key.
    void setPoints(std::vector<Datum> points);
    const std::vector<Datum> &points() const { return m_points; }
    void setKept(QBitArray kept) { m_kept = std::move(kept); }
    void setColours(const QColor &kept, const QColor &dropped);

    double selectTest(const QPointF &pos, bool onlySelectable, QVariant *details = nullptr) const override;
    QCPRange getKeyRange(bool &found, QCP::SignDomain domain = QCP::sdBoth) const override;
    QCPRange getValueRange(bool &found, QCP::SignDomain domain = QCP::sdBoth, const QCPRange &keys = QCPRange()) const override;

protected:
    void draw(QCPPainter *painter) override;
    void drawLegendIcon(QCPPainter *painter, const QRectF &rect) const override;

private:
    std::vector<Datum> m_points;
    QBitArray m_kept;
    QColor m_keptColour;
    QColor m_droppedColour;
};

} // namespace dscope
