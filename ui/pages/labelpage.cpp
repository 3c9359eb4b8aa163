// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/labelpage.h"

#include "ui/convert.h"
#include "ui/delegates/labeldelegate.h"
#include "ui/jobs/facethumbnails.h"
#include "ui/jobs/job.h"
#include "ui/jobs/thumbnailcache.h"
#include "ui/models/labelmodel.h"
#include "ui/plots/labelhistogram.h"
#include "ui/plots/scatterplot.h"
#include "ui/theme.h"
#include "ui/translation.h"
#include "ui/views/comparestrip.h"
#include "ui/views/jobbar.h"
#include "ui/views/noticebar.h"

#include <QAction>
#include <QButtonGroup>
#include <QCheckBox>
#include <QCoreApplication>
#include <QElapsedTimer>
#include <QEvent>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QLocale>
#include <QScrollBar>
#include <QSplitter>
#include <QStackedWidget>
#include <QStatusBar>
#include <QThread>
#include <QToolButton>
#include <QTreeView>

#include <algorithm>
#include <utility>

namespace dscope {

LabelPage::LabelPage(ModelStore store, QWidget *parent)
    : QMainWindow(parent), m_store(std::move(store)), m_cache(new ThumbnailCache(this)), m_model(new LabelModel(&m_state, this)),
      m_notices(new NoticeBar(this)), m_stack(new QStackedWidget(this)), m_setup(new LabelSetup(this))
{
    installTranslation();
    setObjectName(QStringLiteral("labelPage"));
    setAcceptDrops(true);
    auto *centre = new QWidget(this);
    auto *column = new QVBoxLayout(centre);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addWidget(m_notices);
    column->addWidget(m_stack, 1);
    setCentralWidget(centre);
    m_stack->addWidget(m_setup);
    buildResult();
    m_stack->addWidget(m_result);
    m_jobBar = new JobBar(this);
    m_status = new QLabel(this);
    statusBar()->addWidget(m_status, 1);
    statusBar()->addPermanentWidget(m_jobBar);
    buildActions();
    m_setup->readSettings();
    m_setup->setStore(m_store);
    connect(m_setup, &LabelSetup::start, this, &LabelPage::start);
    connect(m_setup, &LabelSetup::stop, this, [this] {
        if (m_job)
            m_job->cancel();
    });
    connect(m_setup, &LabelSetup::back, this, [this] {
        m_stack->setCurrentWidget(m_result);
        updateActions();
        m_list->setFocus();
    });
    connect(m_setup, &LabelSetup::openTargets, this, &LabelPage::askForTargets);
    connect(&m_state, &LabelState::brushChanged, this, &LabelPage::updateCaption);
    connect(&m_state, &LabelState::excludedChanged, this, &LabelPage::updateCaption);
    connect(&m_state, &LabelState::pictureWanted, this, &LabelPage::showPicture);
    connect(m_state.undoStack(), &QUndoStack::cleanChanged, this, &LabelPage::updateTitle);
    updateCaption();
    updateTitle();
    updateActions();
}

LabelPage::~LabelPage()
{
    hide(); // while the state that models ask is there
    // Before the models and the state that their last signals would reach.
    for (Job *job : findChildren<Job *>())
        delete job;
    m_state.disconnect();
    m_state.undoStack()->disconnect();
}

void LabelPage::buildResult()
{
    m_result = new QWidget(this);
    auto *line = new QHBoxLayout(m_result);
    line->setContentsMargins(0, 0, 0, 0);
    auto *across = new QSplitter(Qt::Horizontal, m_result);
    line->addWidget(across);

    auto *plots = new QSplitter(Qt::Vertical, across);
    auto *upper = new QWidget(plots);
    auto *upperColumn = new QVBoxLayout(upper);
    upperColumn->setContentsMargins(0, 0, 0, 0);
    upperColumn->setSpacing(2);
    m_scatter = new ScatterPlot(&m_state, upper);
    auto *tools = new QHBoxLayout;
    tools->setContentsMargins(8, 4, 6, 0);
    m_about = new QLabel(upper);
    m_about->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    tools->addWidget(m_about, 1);
    auto *modes = new QButtonGroup(this);
    const auto tool = [&](const QString &name, const QString &text, const QString &tip) {
        auto *button = new QToolButton(upper);
        button->setObjectName(name);
        button->setAccessibleName(text);
        button->setToolTip(tip);
        button->setAutoRaise(true);
        tools->addWidget(button);
        return button;
    };
    QToolButton *brush = tool(QStringLiteral("scatterBrush"), tr("Select by a rectangle"), tr("Select: draw a rectangle around pictures"));
    QToolButton *move = tool(QStringLiteral("scatterMove"), tr("Move the plot"), tr("Move: drag the plot (the right button always does)"));
    QToolButton *whole = tool(QStringLiteral("scatterWhole"), tr("Show everything"), tr("Show everything (double click)"));
    for (QToolButton *button : {brush, move}) {
        button->setCheckable(true);
        modes->addButton(button);
    }
    brush->setChecked(true);
    connect(brush, &QToolButton::clicked, this, [this] { m_scatter->setMode(ScatterPlot::Mode::Brush); });
    connect(move, &QToolButton::clicked, this, [this] { m_scatter->setMode(ScatterPlot::Mode::Move); });
    connect(whole, &QToolButton::clicked, m_scatter, &ScatterPlot::showAll);
    upperColumn->addLayout(tools);
    upperColumn->addWidget(m_scatter, 1);
    m_histogram = new LabelHistogram(&m_state, plots);
    plots->addWidget(upper);
    plots->addWidget(m_histogram);
    plots->setStretchFactor(0, 5);
    plots->setStretchFactor(1, 2);
    plots->setSizes({600, 240});

    auto *side = new QWidget(across);
    auto *sideColumn = new QVBoxLayout(side);
    sideColumn->setContentsMargins(0, 0, 0, 0);
    sideColumn->setSpacing(2);
    auto *head = new QHBoxLayout;
    head->setContentsMargins(6, 4, 6, 0);
    m_caption = new QLabel(side);
    m_caption->setObjectName(QStringLiteral("labelCaption"));
    m_caption->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    m_clear = new QToolButton(side);
    m_clear->setObjectName(QStringLiteral("clearBrush"));
    m_clear->setText(tr("Show all"));
    m_clear->setToolTip(tr("Drop the selection made in a plot (Esc)"));
    connect(m_clear, &QToolButton::clicked, &m_state, &LabelState::clearBrush);
    m_alone = new QCheckBox(tr("Also people of too few pictures"), side);
    m_alone->setObjectName(QStringLiteral("showAlone"));
    connect(m_alone, &QCheckBox::toggled, &m_state, &LabelState::setShowsAlone);
    head->addWidget(m_caption, 1);
    head->addWidget(m_alone);
    head->addWidget(m_clear);
    sideColumn->addLayout(head);

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
    connect(m_list->selectionModel(), &QItemSelectionModel::selectionChanged, this, &LabelPage::takeSelection);
    connect(m_list->selectionModel(), &QItemSelectionModel::currentChanged, this, &LabelPage::takeSelection, Qt::QueuedConnection);
    connect(m_model, &QAbstractItemModel::modelReset, this, [this] {
        // The current picture stays if it is still in the list, else the first one is.
        const int row = std::max(0, m_model->rowOf(m_state.current()));
        if (m_model->rowCount() > 0)
            m_list->setCurrentIndex(m_model->index(row, 0));
        takeSelection();
    });
    connect(m_cache, &ThumbnailCache::arrived, m_list->viewport(), qOverload<>(&QWidget::update));
    connect(m_list->verticalScrollBar(), &QScrollBar::valueChanged, this, &LabelPage::wantThumbnails);
    connect(m_list->verticalScrollBar(), &QScrollBar::rangeChanged, this, &LabelPage::wantThumbnails);
    connect(m_model, &QAbstractItemModel::modelReset, this, &LabelPage::wantThumbnails, Qt::QueuedConnection);
    connect(m_model, &QAbstractItemModel::layoutChanged, this, &LabelPage::wantThumbnails, Qt::QueuedConnection);
    sideColumn->addWidget(m_list, 1);
    m_compare = new CompareStrip(&m_state, m_cache, side);
    sideColumn->addWidget(m_compare);
    across->addWidget(plots);
    across->addWidget(side);
    across->setStretchFactor(0, 1);
    across->setStretchFactor(1, 1);
    across->setSizes({720, 700});
    across->setChildrenCollapsible(false);
    plots->setChildrenCollapsible(false);
}

Job *LabelPage::currentJob() const
{
    return m_job;
}

void LabelPage::setStore(const ModelStore &store)
{
    m_store = store;
    m_setup->setStore(store);
}

void LabelPage::takeSelection()
{
    if (m_selecting)
        return;
    std::vector<int> chosen;
    for (const QItemSelectionRange &range : m_list->selectionModel()->selection())
        for (int row = range.top(); row <= range.bottom(); ++row)
            chosen.push_back(m_model->pictureAt(row));
    std::sort(chosen.begin(), chosen.end());
    chosen.erase(std::unique(chosen.begin(), chosen.end()), chosen.end());
    const int current = m_model->pictureAt(m_list->currentIndex().row());
    m_state.choose(std::move(chosen), current);
    updateActions();
}

void LabelPage::showPicture(int picture)
{
    int row = m_model->rowOf(picture);
    if (row < 0) {
        // Not under the brush: then the brush has done its work.
        m_state.clearBrush();
        row = m_model->rowOf(picture);
    }
    if (row < 0) {
        // A representative may be alone in its class and so not shown; it can still be looked at.
        return statusBar()->showMessage(tr("%1 is not in the list: single pictures are not shown.").arg(toQString(m_state.set()->name(picture))), 5000);
    }
    m_list->setCurrentIndex(m_model->index(row, 0));
    m_list->scrollTo(m_model->index(row, 0), QAbstractItemView::PositionAtCenter);
}

void LabelPage::excludeChosen(bool exclude)
{
    if (!m_state.set() || m_state.chosen().empty())
        return;
    m_state.exclude(m_state.chosen(), exclude);
    if (!exclude)
        return;
    // On to the next one, so that a list is gone through with one key.
    int last = -1;
    for (const QItemSelectionRange &range : m_list->selectionModel()->selection())
        last = std::max(last, range.bottom());
    for (int row = last + 1; row > 0 && row < m_model->rowCount(); ++row)
        if (!m_state.isExcluded(m_model->pictureAt(row)))
            return m_list->setCurrentIndex(m_model->index(row, 0));
}

void LabelPage::wantThumbnails()
{
    if (!m_state.set())
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

void LabelPage::updateCaption()
{
    const LabelSet *set = m_state.set().get();
    if (set == nullptr) {
        m_caption->clear();
        m_about->clear();
        return updateActions();
    }
    const int brushed = static_cast<int>(m_state.brushed().size());
    const QString what = m_state.hasBrush() ? tr("%n picture(s) selected", nullptr, brushed) : tr("%n picture(s)", nullptr, brushed);
    QString text = QStringLiteral("<b>%1</b>").arg(what);
    if (brushed > LabelModel::limit)
        text += QStringLiteral(" · ") + tr("the first %1 listed").arg(QLocale().toString(LabelModel::limit));
    if (m_state.excludedCount() > 0)
        text +=
            QStringLiteral(" · <span style=\"color:%1\">%2</span>").arg(thresholdColour(palette()).name(), tr("%n excluded", nullptr, m_state.excludedCount()));
    m_caption->setText(text);
    m_clear->setVisible(m_state.hasBrush());
    m_alone->setVisible(set->aloneCount() > 0);
    m_alone->setToolTip(tr("%n picture(s) have too few others of their class: how far they are from it says nothing.", nullptr, set->aloneCount()));
    const auto misplaced = std::count_if(m_state.shown().begin(), m_state.shown().end(), [&](int picture) { return set->misplaced(picture); });
    const double share = m_state.shown().empty() ? 0 : static_cast<double>(misplaced) / static_cast<double>(m_state.shown().size());
    m_about->setText(tr("%1 closer to another class (%2)").arg(QLocale().toString(static_cast<qlonglong>(misplaced)), percentText(share)));
    updateActions();
}

void LabelPage::updateTitle()
{
    const LabelSet *set = m_state.set().get();
    if (set == nullptr) {
        setWindowTitle(tr("Label – Dscope"));
        setWindowModified(false);
        return m_status->clear();
    }
    setWindowTitle(tr("%1[*] – Dscope").arg(toQString(set->file().filename())));
    setWindowModified(m_state.isDirty());
    QStringList parts{toQString(set->faces().root), toQString(set->targets().base.name), set->cosine() ? tr("cosine") : tr("Euclidean distance")};
    const DScoreOptions &dscore = set->targets().options.dscore;
    if (dscore.centroids == DScoreOptions::Centroids::Clean)
        parts << tr("clean centres");
    if (dscore.leaveOut != DScoreOptions::LeaveOut::None)
        parts << (dscore.leaveOut == DScoreOptions::LeaveOut::Picture ? tr("without the picture itself") : tr("leave-one-out"));
    if (dscore.atLeastOthers > 0)
        parts << tr("%n other picture(s) at least", nullptr, static_cast<int>(std::min<std::int64_t>(dscore.atLeastOthers, 1'000'000)));
    if (dscore.target != DScoreOptions::Target::Ratio)
        parts << tr("D-score from: %1").arg(toQString(name(dscore.target)));
    parts << tr("raw D-score %1 ± %2").arg(QLocale().toString(set->targets().scores.mu, 'f', 3), QLocale().toString(set->targets().scores.sigma, 'f', 3));
    m_status->setText(parts.join(QStringLiteral("  ·  ")));
}

bool LabelPage::settle(int ms)
{
    QElapsedTimer timer;
    timer.start();
    int quiet = 0;
    while (timer.elapsed() < ms) {
        QCoreApplication::processEvents(QEventLoop::AllEvents, 20);
        quiet = m_job || m_cache->pending() > 0 ? 0 : quiet + 1;
        if (quiet >= 3)
            return true;
        QThread::msleep(5);
    }
    return false;
}

void LabelPage::changeEvent(QEvent *event)
{
    QMainWindow::changeEvent(event);
    if (event->type() == QEvent::PaletteChange && m_status != nullptr) {
        updateIcons();
        updateCaption();
    }
}

} // namespace dscope
