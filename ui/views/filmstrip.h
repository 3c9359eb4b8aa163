// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/models/document.h"

#include <QHash>
#include <QImage>
#include <QWidget>

#include <optional>
#include <vector>

namespace dscope {

class ThresholdState;

/// The clips of a video over its time: as many thumbnails as have room, below them a bar per clip as high as its D-score, faded where the clip is not kept, and
/// above them what the video is annotated to show. A click, or Enter, chooses a clip and plays it; arrow keys go from clip to clip.
class FilmStrip : public QWidget {
    Q_OBJECT
public:
    explicit FilmStrip(ThresholdState *state, QWidget *parent = nullptr);

    void setDocument(DocumentPtr document);
    /// Shows the clips of a source; -1: none.
    void setSource(int source);
    /// The chosen clip; -1: none.
    void setClip(int face);
    int clip() const { return m_clip; }
    /// The stretch of time on show, between these pixels.
    void setView(double fromS, double toS, int left, int right);
    /// Where a clip's bar lies; for tests that click.
    QRect barOf(int face) const;
    /// The clip at a place; -1: none.
    int clipAt(const QPoint &point) const;
    /// "0:01.07 to 0:01.60, D-score 0.81, kept; most likely boxing (72 %)"
    QString describe(int face) const;

    QSize sizeHint() const override { return {400, 96}; }
    QSize minimumSizeHint() const override { return {200, 84}; }

Q_SIGNALS:
    /// The user has chosen a clip, to see it played.
    void clipChosen(int face);

protected:
    void paintEvent(QPaintEvent *event) override;
    void mousePressEvent(QMouseEvent *event) override;
    void keyPressEvent(QKeyEvent *event) override;
    bool event(QEvent *event) override;

private:
    double pixelOf(double seconds) const;
    int actionsHeight() const;
    int barsTop() const;
    void paintActions(QPainter &painter) const;
    void paintThumbnails(QPainter &painter);
    void paintBars(QPainter &painter) const;
    const QImage &thumbnail(int face);
    void choose(int face);

    ThresholdState *m_state;
    DocumentPtr m_document;
    int m_source = -1;
    int m_clip = -1;
    std::vector<int> m_clips; ///< of the source, in the order of time
    double m_fromS = 0;
    double m_toS = 1;
    int m_left = 0;
    int m_right = 100;
    QHash<int, QImage> m_thumbnails; ///< those that were on show
};

} // namespace dscope
