// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/plots/qcustomplot_shim.h"

#include <vector>

namespace dscope {

/// What all plots share: colours of the palette, a message while there is nothing to plot, export as PNG, SVG and PDF, and a layer for what
/// moves (markers, a brush), which is drawn again without the data.
class PlainPlot : public QCustomPlot {
    Q_OBJECT
public:
    explicit PlainPlot(const QString &name, QWidget *parent = nullptr);

    /// A sentence in the middle while there is nothing to plot; empty: none.
    void setMessage(const QString &message);
    /// Writes the plot as it is seen. @throws Error, FileError
    void savePng(const QString &path, double scale = 2);
    void saveSvg(const QString &path);
    /// An SVG document of another size than the widget's.
    QByteArray svg(const QSize &size);
    void savePdf(const QString &path);
    /// By the path's extension: .svg, .pdf, anything else as PNG.
    void save(const QString &path);

    QSize sizeHint() const override { return {420, 240}; }
    QSize minimumSizeHint() const override { return {220, 150}; }

protected:
    /// Colours and pens from the palette; called at the start and on every change of it.
    virtual void style();
    /// Labels whose place depends on the size in pixels; called whenever the axes have got theirs.
    virtual void placeLabels() {}

    void styleAxis(QCPAxis *axis);
    /// Moves the legend to the corner where it hides least of the curves and labels; where it is stays its place while that is as good.
    virtual void placeLegend();
    /// Puts a label at the top or bottom beside a vertical line at `x`, on the preferred side if it fits there, and always within the axes.
    void placeBeside(QCPItemText *label, double x, bool preferLeft, Qt::AlignmentFlag edge);
    /// A text that names the point (x, y) of the plot.
    struct Mark {
        QCPItemText *text = nullptr;
        double x = 0;
        double y = 0;
    };
    /// Puts each text beside its point, or where that is taken or outside above or below it.
    void placeMarks(const std::vector<Mark> &marks);
    void changeEvent(QEvent *event) override;
    void keyPressEvent(QKeyEvent *event) override;

    static constexpr int clickSlack = 3; ///< pixels the mouse may move in a click

    QCPLayer *m_moving; ///< above the data

private:
    QCPItemText *m_message;
};

} // namespace dscope
