// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/models/labelstate.h"
#include "ui/plots/plainplot.h"

#include <optional>

namespace dscope {

/// How the D-scores of a labelled set are spread, and over it those of the brushed pictures. Drawn with the left button a range of D-scores is
/// a brush too.
class LabelHistogram : public PlainPlot {
    Q_OBJECT
public:
    explicit LabelHistogram(LabelState *state, QWidget *parent = nullptr);

    static constexpr int bins = 50;

    /// Pictures, one per bin; for tests.
    const QVector<double> &counts() const { return m_counts; }
    /// D-scores; nothing without a brush drawn here.
    std::optional<std::pair<double, double>> brush() const { return m_brush; }

protected:
    void style() override;
    void mousePressEvent(QMouseEvent *event) override;
    void mouseMoveEvent(QMouseEvent *event) override;
    void mouseReleaseEvent(QMouseEvent *event) override;

private:
    void take();
    void drawBrush();

    LabelState *m_state;
    QCPBars *m_all;
    QCPBars *m_part;
    QCPItemRect *m_brushItem;
    QVector<double> m_counts;
    std::optional<std::pair<double, double>> m_brush;
    bool m_brushing = false;
    bool m_pressedInside = false;
    bool m_drawing = false;
    QPoint m_pressed;
};

} // namespace dscope
