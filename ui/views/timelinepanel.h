// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/models/document.h"

#include <QWidget>

class QLabel;
class QToolButton;

namespace dscope {

class FilmStrip;
class FrameProvider;
class ThresholdState;
class TimelinePlot;

/// The timeline below a line that says where in it one is, with a button to play from there.
class TimelinePanel : public QWidget {
    Q_OBJECT
public:
    TimelinePanel(FrameProvider *frames, ThresholdState *state, QWidget *parent = nullptr);

    TimelinePlot *plot() const { return m_plot; }
    FilmStrip *strip() const { return m_strip; }
    void setDocument(const DocumentPtr &document);
    /// The chosen face; -1: none.
    void setFace(int face);
    /// A frame of a video that is on show.
    void setFrame(int source, qint64 frame, double timeS);

Q_SIGNALS:
    void playClicked();

protected:
    void changeEvent(QEvent *event) override;

private:
    void updateIcon();
    void alignStrip();

    FrameProvider *m_frames;
    DocumentPtr m_document;
    QToolButton *m_play;
    QLabel *m_position;
    TimelinePlot *m_plot;
    FilmStrip *m_strip;
};

} // namespace dscope
