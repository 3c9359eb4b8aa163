// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/jobs/frameprovider.h"
#include "ui/models/document.h"

#include <QWidget>

class QFormLayout;
class QLabel;
class QToolButton;

namespace dscope {

class ClassScores;
class FrameView;
class ThresholdState;

/// Everything about the chosen face: the whole frame with box and landmarks, its scores, and where it is from.
/// While the video plays it follows the same person from frame to frame.
class DetailPanel : public QWidget {
    Q_OBJECT
public:
    DetailPanel(FrameProvider *frames, const ThresholdState *state, QWidget *parent = nullptr);

    void setDocument(DocumentPtr document);
    /// The document goes on in another one, in which the chosen face has this number (-1: it is gone): what is on show stays.
    void goOn(DocumentPtr document, int face);
    /// Shows a face and asks for its frame; -1: none.
    void setFace(int face);
    int face() const { return m_face; }
    /// The chosen person's face in the frame on show; -1 if it has none there.
    int shownFace() const { return m_shownFace; }
    /// The video frame on show; -1 for a picture or none.
    qint64 shownFrame() const { return m_frame; }
    FrameView *frameView() const { return m_view; }
    QString scoreLabelText() const;

Q_SIGNALS:
    /// Another face of the shown frame was clicked.
    void faceClicked(int face);
    /// A frame is on show; `face` is the chosen person's in it, -1 if there is none.
    void frameShown(int source, qint64 frame, double timeS, int face);

protected:
    void changeEvent(QEvent *event) override;

private:
    void buildRows();
    void fill(int face);
    void fillKept();
    void take(const ShownFrame &frame);
    void drawOverlays();

    FrameProvider *m_frames;
    const ThresholdState *m_state;
    DocumentPtr m_document;
    int m_face = -1;      ///< chosen
    int m_shownFace = -1; ///< described: the chosen person's face in the frame on show
    int m_source = -1;
    std::filesystem::path m_file; ///< of the frame on show
    qint64 m_frame = -1;
    FrameView *m_view;
    ClassScores *m_classes;
    QFormLayout *m_form = nullptr;
    QLabel *m_score;
    QLabel *m_kept;
    QWidget *m_strip;
    QLabel *m_raw;
    QLabel *m_percentile;
    QLabel *m_second;
    QLabel *m_time;
    QLabel *m_detector;
    QLabel *m_box;
    QLabel *m_group;
    QLabel *m_path;
    QToolButton *m_copy;
    QWidget *m_rows;
};

} // namespace dscope
