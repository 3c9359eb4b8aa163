// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/analysepage.h"

#include "core/analysis/weights.h"
#include "ui/jobs/job.h"
#include "ui/jobs/thumbnailcache.h"
#include "ui/models/facemodel.h"
#include "ui/models/groupmodel.h"
#include "ui/plots/histogramplot.h"
#include "ui/plots/timelineplot.h"
#include "ui/plots/tradeoffplot.h"
#include "ui/views/detailpanel.h"
#include "ui/views/noticebar.h"
#include "ui/views/thresholdbar.h"
#include "ui/views/thumbnailwall.h"

#include <QComboBox>
#include <QDockWidget>
#include <QItemSelectionModel>
#include <QMenu>
#include <QScrollBar>
#include <QSignalBlocker>
#include <QStackedWidget>
#include <QTreeView>

#include <utility>
#include <vector>

namespace dscope {

void AnalysePage::setAnalysis(Analysis analysis)
{
    closeAll();
    for (const Source &source : analysis.sources)
        m_paths.push_back(source.path);
    setDocument(std::make_shared<const Document>(std::move(analysis)));
}

void AnalysePage::closeAll()
{
    delete currentJob();
    m_paths.clear();
    m_wanted.clear();
    m_waiting.clear();
    m_before.reset();
    m_growing = false;
    m_stale = false;
    m_unopened.clear();
    m_modelsUnchecked = false;
    m_told.clear();
    notices()->clear();
    setDocument(nullptr);
}

/// Where the user is in a document, in its numbers.
struct AnalysePage::Place {
    std::vector<std::pair<int, int>> chosen; ///< in the tree: source, and group or -1
    std::vector<bool> open;                  ///< sources unfolded
    std::vector<int> selected;               ///< faces on the wall
    int face = -1;
    int wall = 0; ///< scrolled to
    int tree = 0;
};

AnalysePage::Place AnalysePage::place() const
{
    Place place;
    for (const QModelIndex &index : m_tree->selectionModel()->selectedIndexes())
        place.chosen.emplace_back(index.data(GroupModel::SourceRole).toInt(), index.data(GroupModel::GroupRole).toInt());
    for (int source = 0; m_document && source < m_document->sourceCount(); ++source)
        place.open.push_back(m_tree->isExpanded(m_groups->sourceIndex(source)));
    for (const QItemSelectionRange &range : m_wall->selectionModel()->selection())
        for (int row = range.top(); row <= range.bottom(); ++row)
            place.selected.push_back(m_faces->faceAt(row));
    place.face = m_detail->face();
    place.wall = m_wall->verticalScrollBar()->value();
    place.tree = m_tree->verticalScrollBar()->value();
    return place;
}

void AnalysePage::goBackTo(const Place &place, const std::vector<int> &again)
{
    const auto now = [&](int face) { return face >= 0 && static_cast<std::size_t>(face) < again.size() ? again[static_cast<std::size_t>(face)] : -1; };
    QItemSelection chosen;
    for (const auto &[source, group] : place.chosen) {
        QModelIndex index = m_groups->sourceIndex(source);
        if (group >= 0) {
            // A group is the one that its first face is in now.
            index = {};
            if (const int face = now(group); face >= 0)
                index = m_groups->groupIndex(m_document->face(face).group);
        }
        if (index.isValid())
            chosen.select(index, index);
    }
    if (!chosen.isEmpty()) {
        m_tree->selectionModel()->setCurrentIndex(chosen.indexes().front(), QItemSelectionModel::NoUpdate);
        m_tree->selectionModel()->select(chosen, QItemSelectionModel::ClearAndSelect);
    }
    const int face = now(place.face);
    if (const int row = m_faceByHand ? m_faces->rowOf(face) : -1; row >= 0) {
        QItemSelection faces;
        for (const int one : place.selected)
            if (const int at = m_faces->rowOf(now(one)); at >= 0)
                faces.select(m_faces->index(at), m_faces->index(at));
        m_wall->selectionModel()->setCurrentIndex(m_faces->index(row), QItemSelectionModel::NoUpdate);
        m_wall->selectionModel()->select(faces, QItemSelectionModel::ClearAndSelect);
        m_wall->verticalScrollBar()->setValue(place.wall);
    } else if (m_faces->rowCount() > 0) {
        chooseFace(m_faces->faceAt(0));
    }
    m_tree->verticalScrollBar()->setValue(place.tree);
}

void AnalysePage::setDocument(DocumentPtr document, bool goesOn)
{
    goesOn = goesOn && document && m_document;
    m_arranging = true;
    std::vector<int> again;
    Place before;
    if (goesOn) {
        again = document->facesOf(*m_document);
        before = place();
        // Group numbers mean nothing in the next document: the first face stands for its group.
        for (auto &[source, group] : before.chosen)
            if (group >= 0)
                group = m_document->group(group).count > 0 ? m_document->group(group).firstFace : -2;
        std::erase_if(before.chosen, [](const auto &item) { return item.second == -2; });
    } else {
        m_faceByHand = false;
        m_state.undoStack()->clear();
    }
    m_document = std::move(document);
    if (m_document)
        m_state.suggestWeights(usualWeights(m_document->analysis()));
    m_cache->setDocument(m_document, again);
    const int kept = before.face >= 0 ? again[static_cast<std::size_t>(before.face)] : -1;
    if (goesOn && kept >= 0)
        m_detail->goOn(m_document, kept);
    else
        m_detail->setDocument(m_document);
    m_groups->setDocument(m_document);
    m_faces->setDocument(m_document);
    m_histogram->setDocument(m_document);
    m_timeline->setDocument(m_document);
    m_tradeoff->setDocument(m_document, goesOn);
    m_thresholdBar->setDocument(m_document);
    {
        const QSignalBlocker across(m_across);
        m_across->setCurrentIndex(static_cast<int>(m_tradeoff->across()));
        m_up->setCurrentIndex(static_cast<int>(m_tradeoff->up()));
        // What cannot be had here is not offered.
        m_across->setItemData(static_cast<int>(TradeoffPlot::Across::Ms), m_tradeoff->hasTimes() ? QVariant() : QVariant(0), Qt::UserRole - 1);
        m_up->setItemData(static_cast<int>(TradeoffPlot::Up::Accuracy), m_tradeoff->hasAccuracy() ? QVariant() : QVariant(0), Qt::UserRole - 1);
        m_up->setItemData(static_cast<int>(TradeoffPlot::Up::Accuracy),
                          m_tradeoff->hasAccuracy() ? QVariant() : QVariant(tr("needs groups with labels, two of them alike")), Qt::ToolTipRole);
    }
    m_pages->setCurrentIndex(m_document ? 1 : 0);
    showPanels(m_document != nullptr);
    for (int source = 0; m_document && source < m_document->sourceCount(); ++source) {
        const auto number = static_cast<std::size_t>(source);
        m_tree->setExpanded(m_groups->sourceIndex(source), number < before.open.size() ? before.open[number] : m_document->sourceCount() <= 20);
    }
    if (goesOn)
        goBackTo(before, again);
    else if (m_document && m_faces->rowCount() > 0)
        chooseFace(m_faces->faceAt(0));
    else
        followFace(-1);
    m_arranging = false;
    updateCaption();
    updateTitle();
    updateActions();
    Q_EMIT projectChanged();
}

void AnalysePage::showPanels(bool show)
{
    if (show == m_panelsShown)
        return;
    m_panelsShown = show;
    // Empty panels around an empty page only distract. Those the user has closed stay closed.
    if (!show) {
        m_hiddenPanels.clear();
        for (QDockWidget *dock : findChildren<QDockWidget *>())
            if (!dock->isHidden()) {
                m_hiddenPanels << dock;
                dock->hide();
            }
    } else {
        for (QDockWidget *dock : std::as_const(m_hiddenPanels))
            dock->show();
        // Shown for the first time without sizes of the user's own: the layout would share the room out evenly.
        if (!m_panelsArranged)
            arrangePanels();
        m_panelsArranged = true;
    }
    m_panels->setEnabled(show);
}

} // namespace dscope
