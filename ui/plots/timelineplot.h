// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/plots/plot.h"

namespace dscope {

class ScorePoints;

/// D-score against time (a video) or against the place in the list (pictures). Points of the chosen groups, a playhead, and the
/// threshold as a line to drag up and down.
class TimelinePlot : public Plot {
    Q_OBJECT
public:
    explicit TimelinePlot(ThresholdState *state, QWidget *parent = nullptr);

    void setDocument(DocumentPtr document);
    /// Shows one source, and of it the faces of these groups; none: all.
    void setContent(int source, const std::vector<int> &groups);
    int source() const { return m_source; }
    /// True when the axis is time in a video.
    bool isVideo() const { return m_video; }
    void setPlayhead(double key);
    double playhead() const { return m_playhead; }
    /// The playhead on a face: at its time, or at its place in the list.
    void setPlayheadAtFace(int face);

    QPoint markerPoint() const override;
    /// Pixel of a face's point; for tests that click it. Null if it is not shown.
    QPoint pointOf(int face) const;

Q_SIGNALS:
    /// A click: the nearest face.
    void faceClicked(int face);

protected:
    void style() override;
    double thresholdAt(const QPoint &point) const override;
    bool grabs(const QPoint &point) const override;
    void clicked(const QPoint &point) override;
    Qt::CursorShape grabCursor() const override { return Qt::SizeVerCursor; }
    void mouseDoubleClickEvent(QMouseEvent *event) override;

private:
    double keyOf(int face) const;
    void mark();
    void moveMarker();
    void fit();

    DocumentPtr m_document;
    int m_source = -1;
    std::vector<int> m_groups;
    bool m_video = false;
    double m_playhead = -1;
    ScorePoints *m_points;
    QCPItemStraightLine *m_line;
    QCPItemStraightLine *m_head;
    QCPItemText *m_label;
};

} // namespace dscope
