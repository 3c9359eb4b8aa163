// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/labelview.h"

#include "ui/convert.h"
#include "ui/delegates/labeldelegate.h"
#include "ui/jobs/thumbnailcache.h"
#include "ui/models/labelmodel.h"
#include "ui/plots/labelhistogram.h"
#include "ui/plots/scatterplot.h"
#include "ui/theme.h"
#include "ui/views/comparestrip.h"
#include "ui/views/parts.h"

#include <QButtonGroup>
#include <QCheckBox>
#include <QEvent>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QLocale>
#include <QScrollBar>
#include <QSplitter>
#include <QToolButton>
#include <QTreeView>

#include <algorithm>
#include <utility>

namespace dscope {

LabelView::LabelView(LabelState *state, ThumbnailCache *cache, QWidget *parent)
    : QWidget(parent), m_state(state), m_cache(cache), m_model(new LabelModel(state, this))
{
    auto *line = new QHBoxLayout(this);
    line->setContentsMargins(0, 0, 0, 0);
    auto *across = new QSplitter(Qt::Horizontal, this);
    line->addWidget(across);
    across->addWidget(buildPlots(across));
    across->addWidget(buildSide(across));
    across->setStretchFactor(0, 1);
    across->setStretchFactor(1, 1);
    across->setSizes({720, 700});
    across->setChildrenCollapsible(false);
    connect(m_state, &LabelState::brushChanged, this, &LabelView::updateCaption);
    connect(m_state, &LabelState::excludedChanged, this, &LabelView::updateCaption);
    connect(m_state, &LabelState::pictureWanted, this, &LabelView::showPicture);
    updateIcons();
    updateCaption();
}

LabelView::~LabelView() = default;

QWidget *LabelView::buildPlots(QSplitter *across)
{
    auto *plots = new QSplitter(Qt::Vertical, across);
    auto *upper = new QWidget(plots);
    QVBoxLayout *column = fillingColumn(upper);
    m_scatter = new ScatterPlot(m_state, upper);
    auto *tools = new QHBoxLayout;
    tools->setContentsMargins(8, 4, 6, 0);
    m_about = makeNarrowLabel(upper);
    tools->addWidget(m_about, 1);
    m_brush = addTool(tools, upper, QStringLiteral("scatterBrush"), tr("Select by a rectangle"), tr("Select: draw a rectangle around pictures"));
    m_move = addTool(tools, upper, QStringLiteral("scatterMove"), tr("Move the plot"), tr("Move: drag the plot (the right button always does)"));
    m_whole = addTool(tools, upper, QStringLiteral("scatterWhole"), tr("Show everything"), tr("Show everything (double click)"));
    auto *modes = new QButtonGroup(this);
    for (QToolButton *button : {m_brush, m_move}) {
        button->setCheckable(true);
        modes->addButton(button);
    }
    m_brush->setChecked(true);
    connect(m_brush, &QToolButton::clicked, this, [this] { m_scatter->setMode(ScatterPlot::Mode::Brush); });
    connect(m_move, &QToolButton::clicked, this, [this] { m_scatter->setMode(ScatterPlot::Mode::Move); });
    connect(m_whole, &QToolButton::clicked, m_scatter, &ScatterPlot::showAll);
    column->addLayout(tools);
    column->addWidget(m_scatter, 1);
    m_histogram = new LabelHistogram(m_state, plots);
    plots->addWidget(upper);
    plots->addWidget(m_histogram);
    plots->setStretchFactor(0, 5);
    plots->setStretchFactor(1, 2);
    plots->setSizes({600, 240});
    plots->setChildrenCollapsible(false);
    return plots;
}

QWidget *LabelView::buildSide(QSplitter *across)
{
    auto *side = new QWidget(across);
    QVBoxLayout *column = fillingColumn(side);
    auto *head = new QHBoxLayout;
    head->setContentsMargins(6, 4, 6, 0);
    m_caption = makeNarrowLabel(side, QStringLiteral("labelCaption"));
    m_clear = new QToolButton(side);
    m_clear->setObjectName(QStringLiteral("clearBrush"));
    m_clear->setText(tr("Show all"));
    m_clear->setToolTip(tr("Drop the selection made in a plot (Esc)"));
    connect(m_clear, &QToolButton::clicked, m_state, &LabelState::clearBrush);
    m_alone = new QCheckBox(tr("Also people of too few pictures"), side);
    m_alone->setObjectName(QStringLiteral("showAlone"));
    connect(m_alone, &QCheckBox::toggled, m_state, &LabelState::setShowsAlone);
    head->addWidget(m_caption, 1);
    head->addWidget(m_alone);
    head->addWidget(m_clear);
    column->addLayout(head);
    buildList(side);
    column->addWidget(m_list, 1);
    column->addWidget(new CompareStrip(m_state, m_cache, side));
    return side;
}

void LabelView::buildList(QWidget *side)
{
    m_list = new QTreeView(side);
    m_list->setObjectName(QStringLiteral("labelList"));
    m_list->setAccessibleName(tr("Pictures, the least discriminative first"));
    m_list->setModel(m_model);
    m_list->setItemDelegate(new LabelDelegate(m_cache, m_list));
    m_list->setRootIsDecorated(false);
    m_list->setUniformRowHeights(true);
    m_list->setAllColumnsShowFocus(true);
    m_list->setSelectionMode(QAbstractItemView::ExtendedSelection);
    m_list->setSortingEnabled(true);
    m_list->sortByColumn(LabelModel::ScoreColumn, Qt::AscendingOrder);
    m_list->setContextMenuPolicy(Qt::ActionsContextMenu);
    m_list->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    QHeaderView *header = m_list->header();
    header->setStretchLastSection(false);
    header->setSectionsMovable(false);
    for (int column = 0; column < LabelModel::ColumnCount; ++column)
        header->setSectionResizeMode(column, column <= LabelModel::ConfusedColumn ? QHeaderView::Stretch : QHeaderView::Fixed);
    for (const int column : {LabelModel::OwnColumn, LabelModel::HardestColumn, LabelModel::ScoreColumn})
        header->resizeSection(column, std::max(76, header->fontMetrics().horizontalAdvance(tr("Hardest")) + 34));
    connect(m_list->selectionModel(), &QItemSelectionModel::selectionChanged, this, &LabelView::takeSelection);
    connect(m_list->selectionModel(), &QItemSelectionModel::currentChanged, this, &LabelView::takeSelection, Qt::QueuedConnection);
    connect(m_model, &QAbstractItemModel::modelReset, this, [this] {
        // The current picture stays if it is still in the list, else the first one is.
        const int row = std::max(0, m_model->rowOf(m_state->current()));
        if (m_model->rowCount() > 0)
            m_list->setCurrentIndex(m_model->index(row, 0));
        takeSelection();
    });
    connect(m_cache, &ThumbnailCache::arrived, m_list->viewport(), qOverload<>(&QWidget::update));
    connect(m_list->verticalScrollBar(), &QScrollBar::valueChanged, this, &LabelView::wantThumbnails);
    connect(m_list->verticalScrollBar(), &QScrollBar::rangeChanged, this, &LabelView::wantThumbnails);
    connect(m_model, &QAbstractItemModel::modelReset, this, &LabelView::wantThumbnails, Qt::QueuedConnection);
    connect(m_model, &QAbstractItemModel::layoutChanged, this, &LabelView::wantThumbnails, Qt::QueuedConnection);
}

void LabelView::takeSelection()
{
    std::vector<int> chosen;
    for (const QItemSelectionRange &range : m_list->selectionModel()->selection())
        for (int row = range.top(); row <= range.bottom(); ++row)
            chosen.push_back(m_model->pictureAt(row));
    std::sort(chosen.begin(), chosen.end());
    chosen.erase(std::unique(chosen.begin(), chosen.end()), chosen.end());
    const int current = m_model->pictureAt(m_list->currentIndex().row());
    m_state->choose(std::move(chosen), current);
    Q_EMIT choiceChanged();
}

void LabelView::showPicture(int picture)
{
    int row = m_model->rowOf(picture);
    if (row < 0) {
        // Not under the brush: then the brush has done its work.
        m_state->clearBrush();
        row = m_model->rowOf(picture);
    }
    if (row < 0) {
        // A representative may be alone in its class and so not shown; it can still be looked at.
        Q_EMIT message(tr("%1 is not in the list: single pictures are not shown.").arg(toQString(m_state->set()->name(picture))));
        return;
    }
    m_list->setCurrentIndex(m_model->index(row, 0));
    m_list->scrollTo(m_model->index(row, 0), QAbstractItemView::PositionAtCenter);
}

void LabelView::excludeChosen(bool exclude)
{
    if (!m_state->set() || m_state->chosen().empty())
        return;
    m_state->exclude(m_state->chosen(), exclude);
    if (!exclude)
        return;
    // On to the next one, so that a list is gone through with one key.
    int last = -1;
    for (const QItemSelectionRange &range : m_list->selectionModel()->selection())
        last = std::max(last, range.bottom());
    for (int row = last + 1; row > 0 && row < m_model->rowCount(); ++row)
        if (!m_state->isExcluded(m_model->pictureAt(row)))
            return m_list->setCurrentIndex(m_model->index(row, 0));
}

void LabelView::wantThumbnails()
{
    if (!m_state->set())
        return;
    const int rowHeight = LabelDelegate::side + 8;
    const int first = std::max(0, m_list->indexAt({2, 2}).row());
    const int seen = m_list->viewport()->height() / rowHeight + 2;
    std::vector<int> pictures;
    // What is seen, then a page below, then one above.
    const auto add = [&](int from, int to) {
        for (int row = std::max(0, from); row < std::min(to, m_model->rowCount()); ++row)
            for (const int column : {LabelModel::PictureColumn, LabelModel::ConfusedColumn})
                pictures.push_back(m_model->index(row, column).data(LabelModel::ThumbnailRole).toInt());
    };
    add(first, first + seen);
    add(first + seen, first + 2 * seen);
    add(first - seen, first);
    m_cache->want(m_list, pictures, qRound(LabelDelegate::side * devicePixelRatioF()));
}

void LabelView::updateCaption()
{
    const LabelSet *set = m_state->set().get();
    if (set == nullptr) {
        m_caption->clear();
        m_about->clear();
        Q_EMIT choiceChanged();
        return;
    }
    const int brushed = static_cast<int>(m_state->brushed().size());
    const QString what = m_state->hasBrush() ? tr("%n picture(s) selected", nullptr, brushed) : tr("%n picture(s)", nullptr, brushed);
    QString text = QStringLiteral("<b>%1</b>").arg(what);
    if (brushed > LabelModel::limit)
        text += QStringLiteral(" · ") + tr("the first %1 listed").arg(QLocale().toString(LabelModel::limit));
    if (m_state->excludedCount() > 0)
        text += QStringLiteral(" · <span style=\"color:%1\">%2</span>")
                    .arg(thresholdColour(palette()).name(), tr("%n excluded", nullptr, m_state->excludedCount()));
    m_caption->setText(text);
    m_clear->setVisible(m_state->hasBrush());
    m_alone->setVisible(set->aloneCount() > 0);
    m_alone->setToolTip(tr("%n picture(s) have too few others of their class: how far they are from it says nothing.", nullptr, set->aloneCount()));
    const auto misplaced = std::count_if(m_state->shown().begin(), m_state->shown().end(), [&](int picture) { return set->misplaced(picture); });
    const double share = m_state->shown().empty() ? 0 : static_cast<double>(misplaced) / static_cast<double>(m_state->shown().size());
    m_about->setText(tr("%1 closer to another class (%2)").arg(QLocale().toString(static_cast<qlonglong>(misplaced)), percentText(share)));
    Q_EMIT choiceChanged();
}

std::vector<PlainPlot *> LabelView::plots() const
{
    return {m_scatter, m_histogram};
}

void LabelView::updateIcons()
{
    for (const auto &[button, icon] : {std::pair{m_brush, "select"}, std::pair{m_move, "move"}, std::pair{m_whole, "whole"}})
        button->setIcon(themedIcon(QLatin1String(icon), palette()));
}

void LabelView::changeEvent(QEvent *event)
{
    QWidget::changeEvent(event);
    if (event->type() != QEvent::PaletteChange || m_alone == nullptr)
        return;
    updateIcons();
    updateCaption();
}

} // namespace dscope
