// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/analysepage.h"

#include "core/base/files.h"
#include "ui/convert.h"
#include "ui/delegates/groupdelegate.h"
#include "ui/jobs/frameprovider.h"
#include "ui/jobs/job.h"
#include "ui/jobs/thumbnailcache.h"
#include "ui/models/facemodel.h"
#include "ui/models/groupmodel.h"
#include "ui/pages/emptypage.h"
#include "ui/plots/histogramplot.h"
#include "ui/plots/timelineplot.h"
#include "ui/plots/tradeoffplot.h"
#include "ui/taskwords.h"
#include "ui/translation.h"
#include "ui/views/detailpanel.h"
#include "ui/views/frameview.h"
#include "ui/views/noticebar.h"
#include "ui/views/thresholdbar.h"
#include "ui/views/thumbnailwall.h"

#include <QBuffer>
#include <QComboBox>
#include <QDockWidget>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QKeyEvent>
#include <QLabel>
#include <QScrollBar>
#include <QSettings>
#include <QSignalBlocker>
#include <QSlider>
#include <QStackedWidget>
#include <QToolButton>
#include <QTreeView>
#include <QVBoxLayout>

#include <algorithm>

namespace dscope {

AnalysePage::AnalysePage(ModelStore store, AnalysisOptions options, QWidget *parent)
    : Page(QStringLiteral("analyse"), tr("Analyse"), tr("Score the faces of videos and pictures"), parent), m_store(std::move(store)),
      m_options(std::move(options)), m_cache(new ThumbnailCache(this)), m_frames(new FrameProvider(this)), m_faces(new FaceModel(&m_state, this)),
      m_groups(new GroupModel(&m_state, this))
{
    setDockNestingEnabled(true);
    setCorner(Qt::BottomRightCorner, Qt::RightDockWidgetArea);
    resize(1500, 940);
    applyTheme(m_theme);
    setWindowIcon(themedIcon(QStringLiteral("dscope"), palette()));
    buildCentre();
    buildDocks();
    buildActions();
    readSettings();
    setDocument(nullptr);
    findDevices();
    setDeviceText([this] { return m_deviceFound; });
    finishBuilding();
    for (const std::string &problem : m_store.problems())
        notices()->add(toQString(problem));
}

AnalysePage::~AnalysePage()
{
    endAll();
    delete m_tradeoff;
    m_state.disconnect();
    m_state.undoStack()->disconnect();
}

void AnalysePage::buildCentre()
{
    m_pages = new QStackedWidget(this);
    Page::buildCentre()->addWidget(m_pages, 1);

    m_empty = new EmptyPage(m_pages);
    m_empty->setExampleThere(!examplePath().empty());
    connect(m_empty, &EmptyPage::openFiles, this, &AnalysePage::chooseFiles);
    connect(m_empty, &EmptyPage::openFolder, this, [this] { chooseFolder(tr("Open a folder")); });
    connect(m_empty, &EmptyPage::openExample, this, &AnalysePage::openExample);
    m_pages->addWidget(m_empty);

    auto *page = new QWidget(m_pages);
    auto *layout = new QVBoxLayout(page);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(2);
    auto *head = new QHBoxLayout;
    head->setContentsMargins(6, 4, 6, 0);
    m_caption = new QLabel(page);
    m_caption->setObjectName(QStringLiteral("caption"));
    m_caption->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    m_showAll = new QToolButton(page);
    m_showAll->setObjectName(QStringLiteral("showAll"));
    m_showAll->setText(tr("Show all"));
    m_showAll->setToolTip(tr("Show the faces of all groups again (Esc)"));
    connect(m_showAll, &QToolButton::clicked, this, [this] { chooseGroup(-1); });
    m_sort = new QComboBox(page);
    m_sort->setObjectName(QStringLiteral("sort"));
    m_sort->setAccessibleName(tr("Sort by"));
    m_sort->addItems({tr("D-score"), tr("Time"), tr("Name"), tr("Detector score"), tr("Second look"), tr("Second look − D-score")});
    m_order = new QToolButton(page);
    m_order->setObjectName(QStringLiteral("order"));
    m_order->setAccessibleName(tr("Sort order"));
    connect(m_sort, &QComboBox::activated, this, [this](int sort) { setSort(sort, m_faces->order()); });
    connect(m_order, &QToolButton::clicked, this,
            [this] { setSort(static_cast<int>(m_faces->sort()), m_faces->order() == Qt::AscendingOrder ? Qt::DescendingOrder : Qt::AscendingOrder); });
    m_zoom = new QSlider(Qt::Horizontal, page);
    m_zoom->setObjectName(QStringLiteral("zoom"));
    m_zoom->setAccessibleName(tr("Size of the thumbnails"));
    m_zoom->setToolTip(tr("Size of the thumbnails (Ctrl+wheel)"));
    m_zoom->setRange(ThumbnailWall::smallest, ThumbnailWall::largest);
    m_zoom->setFixedWidth(110);
    head->addWidget(m_caption, 1);
    head->addWidget(m_showAll);
    head->addWidget(new QLabel(tr("Sort by"), page));
    head->addWidget(m_sort);
    head->addWidget(m_order);
    head->addWidget(m_zoom);
    layout->addLayout(head);
    m_wall = new ThumbnailWall(m_faces, m_cache, &m_state, page);
    m_zoom->setValue(m_wall->zoom());
    connect(m_zoom, &QSlider::valueChanged, m_wall, &ThumbnailWall::setZoom);
    connect(m_wall, &ThumbnailWall::zoomChanged, m_zoom, &QSlider::setValue);
    connect(m_wall, &ThumbnailWall::faceChosen, this, &AnalysePage::followFace);
    connect(m_wall->selectionModel(), &QItemSelectionModel::selectionChanged, this, &AnalysePage::updateCaption);
    layout->addWidget(m_wall, 1);
    m_thresholdBar = new ThresholdBar(&m_state, page);
    layout->addWidget(m_thresholdBar);
    for (QWidget *box : m_thresholdBar->findChildren<QWidget *>())
        box->installEventFilter(this);
    m_pages->addWidget(page);
}

QDockWidget *AnalysePage::addPanel(const QString &name, const QString &title, QWidget *widget, Qt::DockWidgetArea area)
{
    auto *dock = new QDockWidget(title, this);
    dock->setObjectName(name);
    dock->setWidget(widget);
    addDockWidget(area, dock);
    return dock;
}

void AnalysePage::buildDocks()
{
    m_tree = new QTreeView(this);
    m_tree->setObjectName(QStringLiteral("groups"));
    m_tree->setAccessibleName(tr("Sources and groups"));
    m_tree->setModel(m_groups);
    m_tree->setItemDelegate(new GroupDelegate(m_cache, m_tree));
    m_tree->setHeaderHidden(true);
    m_tree->setUniformRowHeights(true);
    m_tree->setIndentation(14);
    m_tree->setSelectionMode(QAbstractItemView::ExtendedSelection);
    m_tree->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_tree->setContextMenuPolicy(Qt::CustomContextMenu);
    m_tree->header()->setStretchLastSection(true);
    connect(m_tree->selectionModel(), &QItemSelectionModel::selectionChanged, this, &AnalysePage::followSelection);
    connect(m_cache, &ThumbnailCache::arrived, m_tree->viewport(), qOverload<>(&QWidget::update));
    // The kept shares are painted from the state; no item changes.
    connect(&m_state, &ThresholdState::changed, m_tree->viewport(), qOverload<>(&QWidget::update));
    const auto wantIcons = [this] {
        if (!m_document)
            return;
        std::vector<int> faces;
        for (QModelIndex at = m_tree->indexAt({1, 1}); at.isValid(); at = m_tree->indexBelow(at)) {
            if (m_tree->visualRect(at).top() > m_tree->viewport()->height())
                break;
            if (const int face = at.data(GroupModel::ThumbnailRole).toInt(); face >= 0)
                faces.push_back(face);
        }
        m_cache->want(m_tree, faces, qRound(GroupDelegate::side * devicePixelRatioF()));
    };
    connect(m_tree->verticalScrollBar(), &QScrollBar::valueChanged, this, wantIcons);
    connect(m_tree->verticalScrollBar(), &QScrollBar::rangeChanged, this, wantIcons);
    connect(m_tree, &QTreeView::expanded, this, wantIcons);
    connect(m_groups, &QAbstractItemModel::modelReset, this, wantIcons, Qt::QueuedConnection);
    addPanel(QStringLiteral("dockGroups"), tr("Sources and groups"), m_tree, Qt::LeftDockWidgetArea);

    m_detail = new DetailPanel(m_frames, &m_state, this);
    connect(m_detail, &DetailPanel::faceClicked, this, &AnalysePage::chooseFace);
    connect(m_detail, &DetailPanel::frameShown, this, [this](int source, qint64 frame, double timeS, int) { followFrame(source, frame, timeS); });
    connect(m_frames, &FrameProvider::failed, this, [this] { m_frameAwaited = false; });
    addPanel(QStringLiteral("dockDetail"), tr("Chosen face"), m_detail, Qt::RightDockWidgetArea);

    m_histogram = new HistogramPlot(&m_state, this);
    QDockWidget *histogram = addPanel(QStringLiteral("dockHistogram"), tr("Histogram"), m_histogram, Qt::BottomDockWidgetArea);

    auto *time = new QWidget(this);
    auto *timeColumn = new QVBoxLayout(time);
    timeColumn->setContentsMargins(0, 0, 0, 0);
    timeColumn->setSpacing(2);
    auto *timeHead = new QHBoxLayout;
    timeHead->setContentsMargins(4, 2, 4, 0);
    m_play = new QToolButton(time);
    m_play->setObjectName(QStringLiteral("play"));
    m_play->setAccessibleName(tr("Play or pause"));
    m_play->setToolTip(tr("Play or pause the video (Space)"));
    connect(m_play, &QToolButton::clicked, this, &AnalysePage::togglePlay);
    connect(m_frames, &FrameProvider::playingChanged, this,
            [this](bool playing) { m_play->setIcon(themedIcon(playing ? QStringLiteral("pause") : QStringLiteral("play"), palette())); });
    m_position = new QLabel(time);
    m_position->setObjectName(QStringLiteral("position"));
    timeHead->addWidget(m_play);
    timeHead->addWidget(m_position, 1);
    timeColumn->addLayout(timeHead);
    m_timeline = new TimelinePlot(&m_state, time);
    timeColumn->addWidget(m_timeline, 1);
    connect(m_timeline, &TimelinePlot::faceClicked, this, &AnalysePage::chooseFace);
    QDockWidget *timeline = addPanel(QStringLiteral("dockTimeline"), tr("Timeline"), time, Qt::BottomDockWidgetArea);

    auto *trade = new QWidget(this);
    auto *tradeColumn = new QVBoxLayout(trade);
    tradeColumn->setContentsMargins(0, 0, 0, 0);
    tradeColumn->setSpacing(2);
    auto *tradeHead = new QHBoxLayout;
    tradeHead->setContentsMargins(4, 2, 4, 0);
    m_across = new QComboBox(trade);
    m_across->setObjectName(QStringLiteral("across"));
    m_across->setAccessibleName(tr("Across"));
    m_across->addItems({tr("Kept share"), tr("GFLOP per face"), tr("G MAC per face"), tr("ms per face")});
    m_up = new QComboBox(trade);
    m_up->setObjectName(QStringLiteral("up"));
    m_up->setAccessibleName(tr("Up"));
    m_up->addItems({tr("Cosine"), tr("Accuracy")});
    m_up->setToolTip(tr("Cosine between each group's representation at the threshold and the average of all its faces; or, where groups have labels, "
                        "(TAR + 1 - FAR) / 2 of verifying groups against each other at the best threshold on their cosine."));
    m_price = new QComboBox(trade);
    m_price->setObjectName(QStringLiteral("price"));
    m_price->setAccessibleName(tr("Price of the base"));
    m_price->addItems({tr("Base in use"), tr("As IResNet-100 (12.1 G MAC)")});
    m_price->setToolTip(tr("With a small base DDNet on all faces can cost more than it saves. This shows the same threshold at the price of a large one."));
    for (QComboBox *box : {m_up, m_across, m_price}) {
        box->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
        box->setMinimumContentsLength(8);
        tradeHead->addWidget(box, 1);
    }
    tradeColumn->addLayout(tradeHead);
    m_tradeoff = new TradeoffPlot(&m_state, trade);
    tradeColumn->addWidget(m_tradeoff, 1);
    connect(m_across, &QComboBox::activated, this, [this](int across) {
        m_tradeoff->setAcross(static_cast<TradeoffPlot::Across>(across));
        m_price->setCurrentIndex(static_cast<int>(m_tradeoff->price()));
        m_price->setEnabled(m_tradeoff->across() != TradeoffPlot::Across::Ms);
    });
    connect(m_up, &QComboBox::activated, this, [this](int up) { m_tradeoff->setUp(static_cast<TradeoffPlot::Up>(up)); });
    connect(m_price, &QComboBox::activated, this, [this](int price) {
        m_tradeoff->setPrice(static_cast<TradeoffPlot::Price>(price));
        Q_EMIT projectChanged();
    });
    QDockWidget *tradeoff = addPanel(QStringLiteral("dockTradeoff"), tr("Trade-off"), trade, Qt::BottomDockWidgetArea);

    splitDockWidget(histogram, timeline, Qt::Horizontal);
    splitDockWidget(timeline, tradeoff, Qt::Horizontal);
    arrangePanels();
}

void AnalysePage::arrangePanels()
{
    const auto dock = [this](const char *name) { return findChild<QDockWidget *>(QLatin1String(name)); };
    resizeDocks({dock("dockGroups"), dock("dockDetail")}, {310, 390}, Qt::Horizontal);
    resizeDocks({dock("dockHistogram")}, {280}, Qt::Vertical);
    resizeDocks({dock("dockHistogram"), dock("dockTimeline"), dock("dockTradeoff")}, {330, 430, 400}, Qt::Horizontal);
}

void AnalysePage::followSelection()
{
    std::vector<int> groups;
    if (m_document) {
        for (const QModelIndex &index : m_tree->selectionModel()->selectedIndexes()) {
            const std::vector<int> these = m_groups->groupsOf(index);
            groups.insert(groups.end(), these.begin(), these.end());
        }
        std::sort(groups.begin(), groups.end());
        groups.erase(std::unique(groups.begin(), groups.end()), groups.end());
        if (static_cast<int>(groups.size()) == m_document->groupCount())
            groups.clear(); // all of them is no choice
    }
    m_faces->setGroups(groups);
    m_histogram->setGroups(groups);
    m_timeline->setContent(groups.empty() ? std::max(0, m_timeline->source()) : m_document->group(groups.front()).source, groups);
    const int face = m_detail->face();
    if (m_document && m_faces->rowCount() > 0)
        chooseFace(face >= 0 && m_faces->rowOf(face) >= 0 ? face : m_faces->faceAt(0));
    updateCaption();
}

void AnalysePage::chooseGroup(int group)
{
    if (group < 0) {
        m_tree->clearSelection();
        m_tree->setCurrentIndex({});
        return;
    }
    m_tree->setCurrentIndex(m_groups->groupIndex(group));
}

void AnalysePage::chooseFace(int face)
{
    const int row = m_faces->rowOf(face);
    if (row >= 0 && m_faces->faceAt(m_wall->currentIndex().row()) != face) {
        m_wall->setCurrentIndex(m_faces->index(row)); // comes back through followFace
        return;
    }
    followFace(face);
}

void AnalysePage::followFace(int face)
{
    if (m_following)
        return;
    m_faceByHand = m_faceByHand || !m_arranging;
    m_following = true;
    // What is on show already will not be announced again.
    m_frameAwaited = face >= 0 && !(m_detail->face() == face && m_detail->shownFace() == face && m_detail->frameView()->hasImage());
    if (face >= 0 && m_document->face(face).source != m_timeline->source())
        m_timeline->setContent(m_document->face(face).source, m_faces->groups());
    m_timeline->setPlayheadAtFace(face);
    m_detail->setFace(face);
    const Element *element = face >= 0 ? &m_document->element(face) : nullptr;
    m_play->setEnabled(element != nullptr && m_document->isVideo(m_document->face(face).source));
    if (element != nullptr && element->timeS >= 0)
        m_position->setText(tr("%1  ·  frame %2").arg(timeText(element->timeS)).arg(element->frame));
    else
        m_position->setText(face >= 0 ? toQString(element->file.filename()) : QString());
    m_following = false;
}

void AnalysePage::followFrame(int source, qint64 frame, double timeS)
{
    m_frameAwaited = false;
    if (frame < 0)
        return;
    if (source == m_timeline->source())
        m_timeline->setPlayhead(timeS);
    m_position->setText(tr("%1  ·  frame %2").arg(timeText(timeS)).arg(frame));
}

void AnalysePage::togglePlay()
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
    m_frames->play(element.file, from >= 0 ? from : element.frame);
}

void AnalysePage::setSort(int sort, Qt::SortOrder order)
{
    m_faces->setSort(static_cast<FaceModel::Sort>(sort), order);
    m_sort->setCurrentIndex(sort);
    m_order->setIcon(themedIcon(order == Qt::AscendingOrder ? QStringLiteral("ascending") : QStringLiteral("descending"), palette()));
    m_order->setToolTip(order == Qt::AscendingOrder ? tr("Smallest first") : tr("Largest first"));
    updateActions();
}

void AnalysePage::updateCaption()
{
    if (!m_document)
        return m_caption->clear();
    const std::vector<int> &groups = m_faces->groups();
    QString text;
    if (groups.empty())
        text = tr("All groups");
    else if (groups.size() == 1)
        text = toQString(m_document->groupData(groups.front()).id);
    else
        text = tr("%n group(s)", nullptr, static_cast<int>(groups.size()));
    text = tr("<b>%1</b> · %2").arg(text.toHtmlEscaped(), countedElementsText(m_document->task(), m_faces->rowCount()));
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

void AnalysePage::updateTitle()
{
    QString name;
    if (m_document && m_document->sourceCount() > 0) {
        const std::filesystem::path &path = m_document->sourceData(0).path;
        name = toQString(path.filename().empty() ? path : path.filename());
        if (m_document->sourceCount() > 1)
            name = tr("%1 and %n more", nullptr, m_document->sourceCount() - 1).arg(name);
    }
    setWindowTitle(name.isEmpty() ? QStringLiteral("Dscope") : QStringLiteral("%1 – Dscope").arg(name));
    if (!m_document)
        return status()->clear();
    const Analysis &analysis = m_document->analysis();
    QStringList used;
    for (const UsedModel *model : {&analysis.ddnet, &analysis.base, &analysis.detector})
        if (!model->name.empty())
            used << toQString(model->name);
    status()->setText(tr("%1  ·  on %2").arg(used.join(QStringLiteral(", ")), toQString(analysis.device)));
}

void AnalysePage::setTheme(Theme theme)
{
    m_theme = theme;
    QSettings().setValue(QStringLiteral("theme"), static_cast<int>(theme)); // not only on closing: a choice is a choice
    applyTheme(theme);
    followPalette();
    updateActions();
}

bool AnalysePage::isBusy() const
{
    return Page::isBusy() || !m_waiting.empty() || m_cache->pending() > 0 || m_frameAwaited
        || (m_document && m_document->faceCount() > 0 && m_document->analysis().dim > 0 && !m_tradeoff->hasCurve());
}

bool AnalysePage::saveScreenshot(const std::filesystem::path &path)
{
    settle(5000);
    QBuffer buffer;
    buffer.open(QIODevice::WriteOnly);
    if (!grab().toImage().save(&buffer, "PNG"))
        return false;
    writeAtomically(path, std::string_view(buffer.data().constData(), static_cast<std::size_t>(buffer.data().size())));
    return true;
}

bool AnalysePage::eventFilter(QObject *object, QEvent *event)
{
    // A number field would take [ and ] for text; they are the window's.
    if (event->type() == QEvent::ShortcutOverride) {
        const int key = static_cast<QKeyEvent *>(event)->key();
        if (key == Qt::Key_BracketLeft || key == Qt::Key_BracketRight || key == Qt::Key_BraceLeft || key == Qt::Key_BraceRight) {
            event->ignore();
            return true;
        }
    }
    return Page::eventFilter(object, event);
}

} // namespace dscope
