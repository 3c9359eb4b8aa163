// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/views/wallpanel.h"

#include "ui/convert.h"
#include "ui/taskwords.h"
#include "ui/theme.h"
#include "ui/views/parts.h"
#include "ui/views/thumbnailwall.h"

#include <QComboBox>
#include <QEvent>
#include <QHBoxLayout>
#include <QItemSelectionModel>
#include <QLabel>
#include <QListView>
#include <QSlider>
#include <QStandardItemModel>
#include <QToolButton>

namespace dscope {

WallPanel::WallPanel(FaceModel *faces, ThumbnailCache *cache, const ThresholdState *state, QWidget *parent)
    : QWidget(parent), m_faces(faces), m_caption(makeNarrowLabel(this, QStringLiteral("caption"))), m_showAll(new QToolButton(this)),
      m_sort(new QComboBox(this)), m_order(new QToolButton(this))
{
    QVBoxLayout *column = fillingColumn(this);
    auto *head = new QHBoxLayout;
    head->setContentsMargins(6, 4, 6, 0);
    m_showAll->setObjectName(QStringLiteral("showAll"));
    m_showAll->setText(tr("Show all"));
    m_showAll->setToolTip(tr("Show all groups again (Esc)"));
    m_sort->setObjectName(QStringLiteral("sort"));
    m_sort->setAccessibleName(tr("Sort by"));
    m_sort->addItems({tr("D-score"), tr("Time"), tr("Name"), tr("Detector score"), tr("Second look"), tr("Second look − D-score"), tr("Motion")});
    m_order->setObjectName(QStringLiteral("order"));
    m_order->setAccessibleName(tr("Sort order"));
    auto *zoom = new QSlider(Qt::Horizontal, this);
    zoom->setObjectName(QStringLiteral("zoom"));
    zoom->setAccessibleName(tr("Size of the thumbnails"));
    zoom->setToolTip(tr("Size of the thumbnails (Ctrl+wheel)"));
    zoom->setRange(ThumbnailWall::smallest, ThumbnailWall::largest);
    zoom->setFixedWidth(110);
    head->addWidget(m_caption, 1);
    head->addWidget(m_showAll);
    head->addWidget(new QLabel(tr("Sort by"), this));
    head->addWidget(m_sort);
    head->addWidget(m_order);
    head->addWidget(zoom);
    column->addLayout(head);
    m_wall = new ThumbnailWall(m_faces, cache, state, this);
    zoom->setValue(m_wall->zoom());
    column->addWidget(m_wall, 1);
    connect(m_showAll, &QToolButton::clicked, this, &WallPanel::showAllWanted);
    connect(m_sort, &QComboBox::activated, this, [this](int sort) { setSort(static_cast<FaceModel::Sort>(sort), m_faces->order()); });
    connect(m_order, &QToolButton::clicked, this, &WallPanel::reverse);
    connect(zoom, &QSlider::valueChanged, m_wall, &ThumbnailWall::setZoom);
    connect(m_wall, &ThumbnailWall::zoomChanged, zoom, &QSlider::setValue);
    connect(m_wall->selectionModel(), &QItemSelectionModel::selectionChanged, this, &WallPanel::updateCaption);
    connect(m_faces, &QAbstractItemModel::modelReset, this, &WallPanel::updateCaption);
}

void WallPanel::setSort(FaceModel::Sort sort, Qt::SortOrder order)
{
    m_faces->setSort(sort, order);
    m_sort->setCurrentIndex(static_cast<int>(sort));
    m_order->setToolTip(order == Qt::AscendingOrder ? tr("Smallest first") : tr("Largest first"));
    updateOrder();
    Q_EMIT sorted();
}

void WallPanel::reverse()
{
    setSort(m_faces->sort(), m_faces->order() == Qt::AscendingOrder ? Qt::DescendingOrder : Qt::AscendingOrder);
}

void WallPanel::updateOrder()
{
    m_order->setIcon(themedIcon(m_faces->order() == Qt::AscendingOrder ? QStringLiteral("ascending") : QStringLiteral("descending"), palette()));
}

void WallPanel::offerSorts()
{
    auto *items = qobject_cast<QStandardItemModel *>(m_sort->model());
    auto *list = qobject_cast<QListView *>(m_sort->view());
    for (int sort = 0; sort < FaceModel::sorts; ++sort) {
        const bool offered = m_faces->offers(static_cast<FaceModel::Sort>(sort));
        items->item(sort)->setEnabled(offered);
        list->setRowHidden(sort, !offered);
    }
}

void WallPanel::setGrowing(bool growing)
{
    m_growing = growing;
    updateCaption();
}

void WallPanel::updateCaption()
{
    const DocumentPtr &document = m_faces->document();
    if (!document)
        return m_caption->clear();
    const std::vector<int> &groups = m_faces->groups();
    QString text;
    if (groups.empty())
        text = tr("All groups");
    else if (groups.size() == 1)
        text = toQString(document->groupData(groups.front()).id);
    else
        text = tr("%n group(s)", nullptr, static_cast<int>(groups.size()));
    text = tr("<b>%1</b> · %2").arg(text.toHtmlEscaped(), countedElementsText(document->task(), m_faces->rowCount()));
    int selected = 0;
    for (const QItemSelectionRange &range : m_wall->selectionModel()->selection())
        selected += range.height();
    if (selected > 1)
        text += QStringLiteral(" · ") + tr("%n selected", nullptr, selected);
    if (m_growing)
        text += QStringLiteral(" · ") + tr("so far");
    m_caption->setText(text);
    m_showAll->setVisible(m_faces->isPart());
}

void WallPanel::changeEvent(QEvent *event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange)
        updateOrder();
}

} // namespace dscope
