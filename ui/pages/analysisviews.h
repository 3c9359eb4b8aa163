// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/models/document.h"
#include "ui/views/grouptree.h"

#include <QObject>

#include <vector>

class QWidget;

namespace dscope {

class DetailPanel;
class FaceModel;
class FrameProvider;
class GroupModel;
class HistogramPlot;
class ThresholdBar;
class ThumbnailCache;
class TimelinePanel;
class TradeoffPanel;
class WallPanel;

/// The views of a document on the page for analysis, which follow each other: a group chosen in the tree, a face on the wall, a frame of the video.
class AnalysisViews : public QObject {
    Q_OBJECT
public:
    AnalysisViews(ThresholdState *state, QWidget *page);

    /// With `goesOn` the document carries on the last one: what is chosen, and the place in it, stay.
    void setDocument(const DocumentPtr &document, bool goesOn);
    /// Shows only this group (its number in the Document); -1: all.
    void chooseGroup(int group) { m_tree->chooseGroup(group); }
    /// Shows a face in every view; -1: none.
    void chooseFace(int face);
    void togglePlay();
    /// Chooses a clip and plays it, from its first frame to its last.
    void playClip(int face);
    /// Thumbnails, a frame or the curve are still to come.
    bool isBusy() const;

    FrameProvider *frames() const { return m_frames; }
    FaceModel *faces() const { return m_faces; }
    GroupTree *tree() const { return m_tree; }
    WallPanel *wall() const { return m_wall; }
    ThresholdBar *thresholdBar() const { return m_thresholdBar; }
    DetailPanel *detail() const { return m_detail; }
    HistogramPlot *histogram() const { return m_histogram; }
    TimelinePanel *timeline() const { return m_timeline; }
    TradeoffPanel *tradeoff() const { return m_tradeoff; }
    /// Before the page goes: the curve is computed from what it holds.
    void endTradeoff();

private:
    struct Place;
    Place place() const;
    void goBackTo(const Place &place, const std::vector<int> &again);
    void followSelection();
    void followFace(int face);
    /// Frames per second of what an element is from.
    double rateOf(int face) const;
    void followFrame(int source, qint64 frame, double timeS);

    ThresholdState *m_state;
    DocumentPtr m_document;
    ThumbnailCache *m_cache;
    FrameProvider *m_frames;
    FaceModel *m_faces;
    GroupModel *m_groups;
    WallPanel *m_wall;
    ThresholdBar *m_thresholdBar;
    GroupTree *m_tree;
    DetailPanel *m_detail;
    HistogramPlot *m_histogram;
    TimelinePanel *m_timeline;
    TradeoffPanel *m_tradeoff;
    bool m_arranging = false;  ///< views are being set up: a face shown is nobody's choice
    bool m_faceByHand = false; ///< the user has chosen a face or group since something was opened
    bool m_following = false;  ///< guards against views that choose each other
    bool m_frameAwaited = false;
};

} // namespace dscope
