#pragma once

#include "ui/models/document.h"
#include "ui/plots/qcustomplot_shim.h"

namespace dscope {

class ThresholdState;

/// What the plots share: colours of the palette, the threshold as a line that can be dragged, export as PNG and SVG.
/// Lines that move while the threshold is dragged lie on a layer of their own, so that a move does not draw the data again.
class Plot : public QCustomPlot {
    Q_OBJECT
public:
    Plot(ThresholdState *state, const QString &name, QWidget *parent = nullptr);

    /// A sentence in the middle while there is nothing to plot; empty: none.
    void setMessage(const QString &message);
    /// Writes the plot as it is seen. @throws Error, FileError
    void savePng(const QString &path, double scale = 2);
    void saveSvg(const QString &path);

    QSize sizeHint() const override { return {420, 240}; }
    QSize minimumSizeHint() const override { return {220, 150}; }

    /// Where the threshold marker is, in pixels; for tests that drag it.
    virtual QPoint markerPoint() const = 0;

protected:
    /// Colours and pens from the palette; called at the start and on every change of it.
    virtual void style();
    /// The threshold that a position of the mouse stands for, when the marker is dragged.
    virtual double thresholdAt(const QPoint &point) const = 0;
    /// True when the marker is near enough to be taken hold of.
    virtual bool grabs(const QPoint &point) const;
    /// A click that was no drag.
    virtual void clicked(const QPoint &point);
    /// Labels whose place depends on the size in pixels; called whenever the axes have got theirs.
    virtual void placeLabels() {}
    virtual Qt::CursorShape grabCursor() const { return Qt::SizeHorCursor; }

    void styleAxis(QCPAxis *axis);
    /// Puts a label at the top or bottom beside a vertical line at `x`, on the preferred side if it fits there, and always within the axes.
    void placeBeside(QCPItemText *label, double x, bool preferLeft, Qt::AlignmentFlag edge);
    void changeEvent(QEvent *event) override;
    void mousePressEvent(QMouseEvent *event) override;
    void mouseMoveEvent(QMouseEvent *event) override;
    void mouseReleaseEvent(QMouseEvent *event) override;
    void keyPressEvent(QKeyEvent *event) override;

    ThresholdState *m_state;
    QCPLayer *m_moving; ///< the layer of lines that follow the threshold and the playhead

private:
    QCPItemText *m_message;
    bool m_dragging = false;
    QPoint m_pressed;
};

} // namespace dscope
