// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/models/labelstate.h"
#include "ui/plots/plainplot.h"

#include <optional>

namespace dscope {

class DensityPoints;

/// Own against hardest distance of every picture of a labelled set, with the line where both are the same: beyond it a picture is closer to
/// another class than to its own. A rectangle drawn with the left button is the brush; the wheel zooms, the right or middle button (or the
/// left one in the moving mode) drags, a double click shows everything. The keys + - 0 and the arrows do the same.
class ScatterPlot : public PlainPlot {
    Q_OBJECT
public:
    explicit ScatterPlot(LabelState *state, QWidget *parent = nullptr);

    /// Whether the left button brushes or moves.
    enum class Mode { Brush, Move };
    void setMode(Mode mode);
    Mode mode() const { return m_mode; }
    void showAll();
    /// Zooms about the middle; above 1 closer.
    void zoom(double factor);

    /// Pixel of a picture's point; for tests that click it.
    QPoint pointOf(int picture) const;
    const DensityPoints &points() const { return *m_points; }
    /// In the axes' units; nothing without a brush drawn here.
    std::optional<QRectF> brush() const { return m_brush; }

    QSize sizeHint() const override { return {560, 460}; }

protected:
    void style() override;
    void placeLabels() override;
    void mousePressEvent(QMouseEvent *event) override;
    void mouseMoveEvent(QMouseEvent *event) override;
    void mouseReleaseEvent(QMouseEvent *event) override;
    void mouseDoubleClickEvent(QMouseEvent *event) override;
    void wheelEvent(QWheelEvent *event) override;
    void keyPressEvent(QKeyEvent *event) override;

private:
    void takeSet();
    void takeKinds();
    void takeChosen();
    void drawBrush();
    void applyBrush();
    void pan(double right, double up);
    void zoomAt(const QPointF &pixel, double factor);
    void viewMoved();
    void clicked(const QPoint &point);
    void updateCursor();

    LabelState *m_state;
    DensityPoints *m_points;
    QCPItemStraightLine *m_diagonal;
    QCPItemText *m_diagonalLabel;
    QCPItemText *m_sideLabel;
    QCPItemRect *m_brushItem;
    QCPGraph *m_chosen;
    QCPGraph *m_current;
    QCPItemText *m_currentLabel;
    Mode m_mode = Mode::Brush;
    std::optional<QRectF> m_brush;
    bool m_brushing = false; ///< the brush comes from here
    bool m_drawing = false;
    bool m_panning = false;
    QPoint m_pressed;
    QPoint m_last;
};

} // namespace dscope
