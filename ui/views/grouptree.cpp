// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/views/grouptree.h"

#include "ui/delegates/groupdelegate.h"
#include "ui/jobs/thumbnailcache.h"
#include "ui/models/groupmodel.h"
#include "ui/models/thresholdstate.h"

#include <QHeaderView>
#include <QScrollBar>

#include <algorithm>

namespace dscope {

namespace {
constexpr int mostUnfolded = 20; ///< sources that are unfolded by themselves
} // namespace

GroupTree::GroupTree(GroupModel *groups, ThumbnailCache *cache, const ThresholdState *state, QWidget *parent)
    : QTreeView(parent), m_groups(groups), m_cache(cache)
{
    setObjectName(QStringLiteral("groups"));
    setAccessibleName(tr("Sources and groups"));
    setModel(m_groups);
    setItemDelegate(new GroupDelegate(m_cache, this));
    setHeaderHidden(true);
    setUniformRowHeights(true);
    setIndentation(14);
    setSelectionMode(ExtendedSelection);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setContextMenuPolicy(Qt::CustomContextMenu);
    header()->setStretchLastSection(true);
    connect(m_cache, &ThumbnailCache::arrived, viewport(), qOverload<>(&QWidget::update));
    // The kept shares are painted from the state; no item changes.
    connect(state, &ThresholdState::changed, viewport(), qOverload<>(&QWidget::update));
    connect(verticalScrollBar(), &QScrollBar::valueChanged, this, &GroupTree::wantIcons);
    connect(verticalScrollBar(), &QScrollBar::rangeChanged, this, &GroupTree::wantIcons);
    connect(this, &QTreeView::expanded, this, &GroupTree::wantIcons);
    connect(m_groups, &QAbstractItemModel::modelReset, this, &GroupTree::wantIcons, Qt::QueuedConnection);
}

void GroupTree::wantIcons()
{
    if (!m_groups->document())
        return;
    std::vector<int> faces;
    for (QModelIndex at = indexAt({1, 1}); at.isValid(); at = indexBelow(at)) {
        if (visualRect(at).top() > viewport()->height())
            break;
        if (const int face = at.data(GroupModel::ThumbnailRole).toInt(); face >= 0)
            faces.push_back(face);
    }
    m_cache->want(this, faces, qRound(GroupDelegate::side * devicePixelRatioF()));
}

std::vector<int> GroupTree::chosenGroups() const
{
    std::vector<int> groups;
    if (!m_groups->document())
        return groups;
    for (const QModelIndex &index : selectionModel()->selectedIndexes()) {
        const std::vector<int> these = m_groups->groupsOf(index);
        groups.insert(groups.end(), these.begin(), these.end());
    }
    std::sort(groups.begin(), groups.end());
    groups.erase(std::unique(groups.begin(), groups.end()), groups.end());
    if (static_cast<int>(groups.size()) == m_groups->document()->groupCount())
        groups.clear();
    return groups;
}

void GroupTree::chooseGroup(int group)
{
    if (group < 0)
        clearSelection();
    setCurrentIndex(group < 0 ? QModelIndex() : m_groups->groupIndex(group));
}

GroupTree::Place GroupTree::place() const
{
    const DocumentPtr &document = m_groups->document();
    Place place;
    for (const QModelIndex &index : selectionModel()->selectedIndexes()) {
        const int source = index.data(GroupModel::SourceRole).toInt();
        const int group = index.data(GroupModel::GroupRole).toInt();
        // Group numbers mean nothing in the next document: the first face stands for its group.
        if (group < 0)
            place.chosen.emplace_back(source, -1);
        else if (document->group(group).count > 0)
            place.chosen.emplace_back(source, document->group(group).firstFace);
    }
    for (int source = 0; document && source < document->sourceCount(); ++source)
        place.open.push_back(isExpanded(m_groups->sourceIndex(source)));
    place.scrolled = verticalScrollBar()->value();
    return place;
}

void GroupTree::unfold(const Place &before)
{
    const DocumentPtr &document = m_groups->document();
    for (int source = 0; document && source < document->sourceCount(); ++source) {
        const auto number = static_cast<std::size_t>(source);
        setExpanded(m_groups->sourceIndex(source), number < before.open.size() ? before.open[number] : document->sourceCount() <= mostUnfolded);
    }
}

void GroupTree::goBackTo(const Place &place, const std::vector<int> &again)
{
    QItemSelection chosen;
    for (const auto &[source, firstFace] : place.chosen) {
        QModelIndex index = m_groups->sourceIndex(source);
        if (firstFace >= 0) {
            const int face = faceNow(firstFace, again);
            index = face >= 0 ? m_groups->groupIndex(m_groups->document()->face(face).group) : QModelIndex();
        }
        if (index.isValid())
            chosen.select(index, index);
    }
    if (!chosen.isEmpty()) {
        selectionModel()->setCurrentIndex(chosen.indexes().front(), QItemSelectionModel::NoUpdate);
        selectionModel()->select(chosen, QItemSelectionModel::ClearAndSelect);
    }
    verticalScrollBar()->setValue(place.scrolled);
}

} // namespace dscope
