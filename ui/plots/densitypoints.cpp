// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/plots/densitypoints.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

namespace dscope {

namespace {
constexpr std::uint16_t mostCount = 255; ///< more points than this on one pixel look the same

/// Colours of a pixel by its count of points; 0 is transparent.
std::array<QRgb, mostCount + 1> tableOf(const QColor &sparse, const QColor &dense, int highest)
{
    std::array<QRgb, mostCount + 1> table{};
    const double top = std::log1p(std::max(highest, 8) - 1);
    for (int count = 1; count <= mostCount; ++count) {
        const double part = std::min(1.0, std::log1p(count - 1) / top);
        const auto mix = [&](int a, int b) { return static_cast<int>(std::lround(a + part * (b - a))); };
        table[static_cast<std::size_t>(count)] = qPremultiply(
            qRgba(mix(sparse.red(), dense.red()), mix(sparse.green(), dense.green()), mix(sparse.blue(), dense.blue()), mix(sparse.alpha(), dense.alpha())));
    }
    return table;
}
} // namespace

DensityPoints::DensityPoints(QCPAxis *xAxis, QCPAxis *yAxis) : QCPAbstractPlottable(xAxis, yAxis) {}

void DensityPoints::setPoints(std::vector<Point> points)
{
    m_points = std::move(points);
    m_kinds.clear();
    m_stale = true;
}

void DensityPoints::setKinds(std::vector<std::uint8_t> kinds)
{
    m_kinds = std::move(kinds);
    m_stale = true;
}

void DensityPoints::setColours(Kind kind, const QColor &sparse, const QColor &dense)
{
    m_colours[kind] = {sparse, dense};
    m_stale = true;
}

void DensityPoints::setShade(const QColor &colour, bool above)
{
    m_shade = colour;
    m_shadeAbove = above;
}

int DensityPoints::dotSide() const
{
    return m_points.size() < 500 ? 5 : m_points.size() < 5000 ? 4 : m_points.size() < 30'000 ? 3 : 2;
}

QImage DensityPoints::render(const Shape &shape) const
{
    const int width = std::max(1, static_cast<int>(std::lround(shape.rect.width() * shape.ratio)));
    const int height = std::max(1, static_cast<int>(std::lround(shape.rect.height() * shape.ratio)));
    const int side = std::max(1, static_cast<int>(std::lround(dotSide() * shape.ratio)));
    const double xScale = width / shape.x.size();
    const double yScale = height / shape.y.size();
    QImage image(width, height, QImage::Format_ARGB32_Premultiplied);
    image.fill(Qt::transparent);
    std::vector<std::uint8_t> counts(static_cast<std::size_t>(width) * static_cast<std::size_t>(height));
    std::array<bool, KindCount> there{};
    if (m_kinds.empty())
        there[Plain] = !m_points.empty();
    else
        for (const std::uint8_t kind : m_kinds)
            there[kind] = true;
    for (std::size_t kind = 0; kind < KindCount; ++kind) {
        if (!there[kind])
            continue;
        std::fill(counts.begin(), counts.end(), std::uint8_t{0});
        for (std::size_t i = 0; i < m_points.size(); ++i) {
            if (!m_kinds.empty() && m_kinds[i] != kind)
                continue;
            const double px = (static_cast<double>(m_points[i].x) - shape.x.lower) * xScale;
            const double py = (shape.y.upper - static_cast<double>(m_points[i].y)) * yScale;
            if (!(px >= -side && px < width + side && py >= -side && py < height + side))
                continue;
            const int left = static_cast<int>(std::floor(px)) - side / 2;
            const int top = static_cast<int>(std::floor(py)) - side / 2;
            for (int y = std::max(0, top); y < std::min(height, top + side); ++y)
                for (int x = std::max(0, left); x < std::min(width, left + side); ++x) {
                    // The corners stay free, so that a dot looks round.
                    if (side >= 4 && (y == top || y == top + side - 1) && (x == left || x == left + side - 1))
                        continue;
                    std::uint8_t &count = counts[static_cast<std::size_t>(y) * static_cast<std::size_t>(width) + static_cast<std::size_t>(x)];
                    count = static_cast<std::uint8_t>(count + (count < mostCount));
                }
        }
        const int highest = *std::max_element(counts.begin(), counts.end());
        const auto table = tableOf(m_colours[kind].first, m_colours[kind].second, highest);
        for (int y = 0; y < height; ++y) {
            auto *line = reinterpret_cast<QRgb *>(image.scanLine(y));
            const std::uint8_t *from = counts.data() + static_cast<std::size_t>(y) * static_cast<std::size_t>(width);
            for (int x = 0; x < width; ++x)
                if (from[x] != 0)
                    line[x] = table[from[x]];
        }
    }
    return image;
}

void DensityPoints::drawShade(QCPPainter *painter) const
{
    if (!m_shade.isValid() || m_shade.alpha() == 0)
        return;
    const QCPRange x = mKeyAxis->range();
    const QCPRange y = mValueAxis->range();
    // The corners on the wrong side of y = x, with the line's ends between them.
    const std::array<QPointF, 4> corners{{{x.lower, y.lower}, {x.upper, y.lower}, {x.upper, y.upper}, {x.lower, y.upper}}};
    const auto beyond = [&](const QPointF &p) { return m_shadeAbove ? p.y() - p.x() : p.x() - p.y(); };
    QPolygonF area;
    for (std::size_t i = 0; i < corners.size(); ++i) {
        const QPointF &a = corners[i];
        const QPointF &b = corners[(i + 1) % corners.size()];
        if (beyond(a) >= 0)
            area << coordsToPixels(a.x(), a.y());
        if ((beyond(a) >= 0) != (beyond(b) >= 0)) {
            const QPointF cut = a + (b - a) * (beyond(a) / (beyond(a) - beyond(b)));
            area << coordsToPixels(cut.x(), cut.y());
        }
    }
    painter->setPen(Qt::NoPen);
    painter->setBrush(m_shade);
    painter->drawPolygon(area);
}

void DensityPoints::draw(QCPPainter *painter)
{
    drawShade(painter);
    const QRect rect = mKeyAxis->axisRect()->rect();
    if (m_points.empty() || rect.isEmpty() || !(mKeyAxis->range().size() > 0) || !(mValueAxis->range().size() > 0))
        return;
    const Shape shape{rect, mKeyAxis->range(), mValueAxis->range(), painter->device()->devicePixelRatioF()};
    if (m_stale || !(shape == m_shape)) {
        m_image = render(shape);
        m_shape = shape;
        m_stale = false;
        ++m_renders;
    }
    painter->drawImage(QRectF(rect), m_image);
}

void DensityPoints::drawLegendIcon(QCPPainter *painter, const QRectF &rect) const
{
    painter->fillRect(QRectF(rect.center() - QPointF(3, 3), QSizeF(6, 6)), m_colours[Plain].second);
}

double DensityPoints::selectTest(const QPointF &pos, bool, QVariant *details) const
{
    double best = -1;
    for (std::size_t i = 0; i < m_points.size(); ++i) {
        const QPointF there = coordsToPixels(static_cast<double>(m_points[i].x), static_cast<double>(m_points[i].y));
        const double distance = std::hypot(there.x() - pos.x(), there.y() - pos.y());
        if (best < 0 || distance < best) {
            best = distance;
            if (details != nullptr)
                *details = m_points[i].item;
        }
    }
    return best;
}

namespace {
template<typename Value>
QCPRange rangeOf(const std::vector<DensityPoints::Point> &points, bool &found, const Value &value)
{
    found = !points.empty();
    if (!found)
        return {};
    const auto [low, high] = std::minmax_element(points.begin(), points.end(), [&](const auto &a, const auto &b) { return value(a) < value(b); });
    return QCPRange(static_cast<double>(value(*low)), static_cast<double>(value(*high)));
}
} // namespace

QCPRange DensityPoints::getKeyRange(bool &found, QCP::SignDomain) const
{
    return rangeOf(m_points, found, [](const Point &p) { return p.x; });
}

QCPRange DensityPoints::getValueRange(bool &found, QCP::SignDomain, const QCPRange &) const
{
    return rangeOf(m_points, found, [](const Point &p) { return p.y; });
}

} // namespace dscope
