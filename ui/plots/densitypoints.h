// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/plots/qcustomplot_shim.h"

#include <QImage>

#include <cstdint>
#include <vector>

namespace dscope {

/// Any number of points drawn as an image: each pixel is coloured by how many points fall on it, so that a hundred thousand take a few
/// milliseconds and crowds do not hide one another. The image is kept until the points, the axes or the size change.
class DensityPoints : public QCPAbstractPlottable {
    Q_OBJECT
public:
    /// Later kinds are drawn over earlier ones.
    enum Kind : std::uint8_t { Plain, Faded, Chosen, Struck, KindCount };
    struct Point {
        float x;
        float y;
        int item;
    };

    DensityPoints(QCPAxis *xAxis, QCPAxis *yAxis);

    void setPoints(std::vector<Point> points);
    const std::vector<Point> &points() const { return m_points; }
    /// One entry a point, in the same order; empty: all Plain.
    void setKinds(std::vector<std::uint8_t> kinds);
    /// A kind's colour for a single point and for the densest place.
    void setColours(Kind kind, const QColor &sparse, const QColor &dense);
    /// The half plane beyond the line y = x: above it, or below.
    void setShade(const QColor &colour, bool above);
    /// The side of a point's square in logical pixels; small where points are many.
    int dotSide() const;

    /// Times the image was made; for tests.
    int renders() const { return m_renders; }

    double selectTest(const QPointF &pos, bool onlySelectable, QVariant *details = nullptr) const override;
    QCPRange getKeyRange(bool &found, QCP::SignDomain domain = QCP::sdBoth) const override;
    QCPRange getValueRange(bool &found, QCP::SignDomain domain = QCP::sdBoth, const QCPRange &keys = QCPRange()) const override;

protected:
    void draw(QCPPainter *painter) override;
    void drawLegendIcon(QCPPainter *painter, const QRectF &rect) const override;

private:
    struct Shape {
        QRect rect;
        QCPRange x;
        QCPRange y;
        double ratio = 0;
        bool operator==(const Shape &) const = default;
    };
    QImage render(const Shape &shape) const;
    void drawShade(QCPPainter *painter) const;

    std::vector<Point> m_points;
    std::vector<std::uint8_t> m_kinds;
    std::array<std::pair<QColor, QColor>, KindCount> m_colours;
    QColor m_shade;
    bool m_shadeAbove = true;
    QImage m_image;
    Shape m_shape;
    bool m_stale = true;
    int m_renders = 0;
};

} // namespace dscope
