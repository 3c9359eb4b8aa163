// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/analysisviews.h"

#include "core/analysis/weights.h"
#include "ui/jobs/frameprovider.h"
#include "ui/jobs/thumbnailcache.h"
#include "ui/models/facemodel.h"
#include "ui/models/groupmodel.h"
#include "ui/models/thresholdstate.h"
#include "ui/plots/histogramplot.h"
#include "ui/plots/timelineplot.h"
#include "ui/views/detailpanel.h"
#include "ui/views/filmstrip.h"
#include "ui/views/frameview.h"
#include "ui/views/thresholdbar.h"
#include "ui/views/thumbnailwall.h"
#include "ui/views/timelinepanel.h"
#include "ui/views/tradeoffpanel.h"
#include "ui/views/wallpanel.h"

#include <QItemSelectionModel>
#include <QScrollBar>

#include <algorithm>
#include <utility>

namespace dscope {

AnalysisViews::AnalysisViews(ThresholdState *state, QWidget *page)
    : QObject(page), m_state(state), m_cache(new ThumbnailCache(this)), m_frames(new FrameProvider(this)), m_faces(new FaceModel(state, this)),
      m_groups(new GroupModel(state, this)), m_wall(new WallPanel(m_faces, m_cache, state, page)), m_thresholdBar(new ThresholdBar(state, page)),
      m_tree(new GroupTree(m_groups, m_cache, state, page)), m_detail(new DetailPanel(m_frames, state, page)), m_histogram(new HistogramPlot(state, page)),
      m_timeline(new TimelinePanel(m_frames, state, page)), m_tradeoff(new TradeoffPanel(state, page))
{
    connect(m_wall, &WallPanel::showAllWanted, this, [this] { chooseGroup(-1); });
    connect(m_wall->wall(), &ThumbnailWall::faceChosen, this, &AnalysisViews::followFace);
    connect(m_tree->selectionModel(), &QItemSelectionModel::selectionChanged, this, &AnalysisViews::followSelection);
    connect(m_detail, &DetailPanel::faceClicked, this, &AnalysisViews::chooseFace);
    connect(m_detail, &DetailPanel::frameShown, this, [this](int source, qint64 frame, double timeS, int) { followFrame(source, frame, timeS); });
    connect(m_frames, &FrameProvider::failed, this, [this] { m_frameAwaited = false; });
    connect(m_timeline, &TimelinePanel::playClicked, this, &AnalysisViews::togglePlay);
    connect(m_timeline->plot(), &TimelinePlot::faceClicked, this, &AnalysisViews::chooseFace);
    connect(m_timeline->strip(), &FilmStrip::clipChosen, this, &AnalysisViews::playClip);
}

void AnalysisViews::endTradeoff()
{
    delete std::exchange(m_tradeoff, nullptr);
}

/// Where the user is in a document, in its numbers.
struct AnalysisViews::Place {
    GroupTree::Place tree;
    std::vector<int> selected; ///< faces on the wall
    int face = -1;
    int wall = 0; ///< scrolled to
};

AnalysisViews::Place AnalysisViews::place() const
{
    const ThumbnailWall *wall = m_wall->wall();
    Place place;
    place.tree = m_tree->place();
    for (const QItemSelectionRange &range : wall->selectionModel()->selection())
        for (int row = range.top(); row <= range.bottom(); ++row)
            place.selected.push_back(m_faces->faceAt(row));
    place.face = m_detail->face();
    place.wall = wall->verticalScrollBar()->value();
    return place;
}

void AnalysisViews::goBackTo(const Place &place, const std::vector<int> &again)
{
    m_tree->goBackTo(place.tree, again);
    if (const int row = m_faceByHand ? m_faces->rowOf(faceNow(place.face, again)) : -1; row >= 0) {
        ThumbnailWall *wall = m_wall->wall();
        QItemSelection faces;
        for (const int one : place.selected)
            if (const int at = m_faces->rowOf(faceNow(one, again)); at >= 0)
                faces.select(m_faces->index(at), m_faces->index(at));
        wall->selectionModel()->setCurrentIndex(m_faces->index(row), QItemSelectionModel::NoUpdate);
        wall->selectionModel()->select(faces, QItemSelectionModel::ClearAndSelect);
        wall->verticalScrollBar()->setValue(place.wall);
    } else if (m_faces->rowCount() > 0) {
        chooseFace(m_faces->faceAt(0));
    }
}

void AnalysisViews::setDocument(const DocumentPtr &document, bool goesOn)
{
    m_arranging = true;
    std::vector<int> again;
    Place before;
    if (goesOn) {
        again = document->facesOf(*m_document);
        before = place();
    } else {
        m_faceByHand = false;
        m_state->undoStack()->clear();
    }
    m_document = document;
    if (m_document)
        m_state->suggestWeights(usualWeights(m_document->analysis()));
    m_cache->setDocument(m_document, again);
    if (const int kept = faceNow(before.face, again); goesOn && kept >= 0)
        m_detail->goOn(m_document, kept);
    else
        m_detail->setDocument(m_document);
    m_groups->setDocument(m_document);
    m_faces->setDocument(m_document);
    m_histogram->setDocument(m_document);
    m_timeline->setDocument(m_document);
    m_tradeoff->setDocument(m_document, goesOn);
    m_thresholdBar->setDocument(m_document);
    m_tree->unfold(before.tree);
    if (goesOn)
        goBackTo(before, again);
    else
        m_document && m_faces->rowCount() > 0 ? chooseFace(m_faces->faceAt(0)) : followFace(-1);
    m_arranging = false;
}

void AnalysisViews::followSelection()
{
    const std::vector<int> groups = m_tree->chosenGroups();
    m_faces->setGroups(groups);
    m_histogram->setGroups(groups);
    TimelinePlot *timeline = m_timeline->plot();
    timeline->setContent(groups.empty() ? std::max(0, timeline->source()) : m_document->group(groups.front()).source, groups);
    const int face = m_detail->face();
    if (m_document && m_faces->rowCount() > 0)
        chooseFace(face >= 0 && m_faces->rowOf(face) >= 0 ? face : m_faces->faceAt(0));
}

void AnalysisViews::chooseFace(int face)
{
    ThumbnailWall *wall = m_wall->wall();
    const int row = m_faces->rowOf(face);
    if (row >= 0 && m_faces->faceAt(wall->currentIndex().row()) != face) {
        wall->setCurrentIndex(m_faces->index(row)); // comes back through followFace
        return;
    }
    followFace(face);
}

void AnalysisViews::followFace(int face)
{
    if (m_following)
        return;
    m_faceByHand = m_faceByHand || !m_arranging;
    m_following = true;
    // What is on show already will not be announced again.
    m_frameAwaited = face >= 0 && !(m_detail->face() == face && m_detail->shownFace() == face && m_detail->frameView()->hasImage());
    TimelinePlot *timeline = m_timeline->plot();
    if (face >= 0 && m_document->face(face).source != timeline->source())
        timeline->setContent(m_document->face(face).source, m_faces->groups());
    m_timeline->setFace(face);
    m_detail->setFace(face);
    m_following = false;
}

void AnalysisViews::followFrame(int source, qint64 frame, double timeS)
{
    m_frameAwaited = false;
    if (frame >= 0)
        m_timeline->setFrame(source, frame, timeS);
}

void AnalysisViews::playClip(int face)
{
    chooseFace(face);
    const Element &element = m_document->element(face);
    if (m_document->isVideo(m_document->face(face).source))
        m_frames->play(element.file, element.frame, rateOf(face), element.toS);
}

double AnalysisViews::rateOf(int face) const
{
    return m_document->analysis().sources[static_cast<std::size_t>(m_document->face(face).source)].fps;
}

void AnalysisViews::togglePlay()
{
    if (m_frames->isPlaying()) {
        m_frames->pause();
        // Where the video stopped is now the chosen place.
        if (m_detail->shownFace() >= 0)
            chooseFace(m_detail->shownFace());
        return;
    }
    const int face = m_detail->face();
    if (!m_document || face < 0 || !m_document->isVideo(m_document->face(face).source))
        return;
    const Element &element = m_document->element(face);
    const qint64 from = m_detail->shownFrame();
    m_frames->play(element.file, from >= 0 ? from : element.frame, rateOf(face));
}

bool AnalysisViews::isBusy() const
{
    return m_cache->pending() > 0 || m_frameAwaited
        || (m_document && m_document->faceCount() > 0 && m_document->analysis().dim > 0 && !m_tradeoff->plot()->hasCurve());
}

} // namespace dscope
