// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/views/queriesview.h"

#include "core/base/error.h"
#include "ui/convert.h"
#include "ui/delegates/framedelegate.h"
#include "ui/delegates/trackdelegate.h"
#include "ui/jobs/job.h"
#include "ui/jobs/retrievalengine.h"
#include "ui/jobs/thumbnailcache.h"
#include "ui/models/framemodel.h"
#include "ui/models/querymodel.h"
#include "ui/models/rankedmodel.h"
#include "ui/models/retrievalmodel.h"
#include "ui/models/templatetext.h"
#include "ui/views/parts.h"

#include <QHeaderView>
#include <QKeyEvent>
#include <QLabel>
#include <QListView>
#include <QLocale>
#include <QScrollBar>
#include <QSortFilterProxyModel>
#include <QSplitter>
#include <QTreeView>
#include <QVBoxLayout>

#include <algorithm>
#include <utility>

namespace dscope {

namespace {
constexpr int s_rowsAhead = 60; ///< whose pictures are asked for
} // namespace

QueriesView::QueriesView(ThumbnailCache *cache, QWidget *parent)
    : QWidget(parent), m_cache(cache), m_queries(new QueryModel(this)), m_sorted(new QSortFilterProxyModel(this)), m_frames(new FrameModel(this)),
      m_ranked(new RankedModel(this))
{
    setObjectName(QStringLiteral("queriesView"));
    m_sorted->setSourceModel(m_queries);
    m_sorted->setSortRole(QueryModel::SortRole);
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(6, 4, 6, 0);
    column->setSpacing(2);
    m_caption = makeNarrowLabel(this, QStringLiteral("queriesCaption"));
    column->addWidget(m_caption);
    auto *across = new QSplitter(Qt::Horizontal, this);
    across->setChildrenCollapsible(false);
    across->addWidget(buildQueries());
    across->addWidget(buildElements());
    across->addWidget(buildGallery());
    across->setSizes({480, 236, 330});
    across->setStretchFactor(2, 1);
    column->addWidget(across, 1);
    connect(m_cache, &ThumbnailCache::arrived, m_elements->viewport(), qOverload<>(&QWidget::update));
    connect(m_cache, &ThumbnailCache::arrived, m_gallery->viewport(), qOverload<>(&QWidget::update));
    for (QListView *view : {m_elements, m_gallery}) {
        connect(view->verticalScrollBar(), &QScrollBar::valueChanged, this, &QueriesView::wantThumbnails);
        view->viewport()->installEventFilter(this);
        view->installEventFilter(this);
    }
    clear();
}

QueriesView::~QueriesView()
{
    delete m_job;
    m_cache->want(m_elements, {}, FrameDelegate::side);
    m_cache->want(m_gallery, {}, TrackDelegate::side);
}

QWidget *QueriesView::buildQueries()
{
    m_table = new QTreeView(this);
    m_table->setObjectName(QStringLiteral("queryTable"));
    m_table->setAccessibleName(tr("Queries, worst first"));
    m_table->setModel(m_sorted);
    m_table->setRootIsDecorated(false);
    m_table->setUniformRowHeights(true);
    m_table->setAllColumnsShowFocus(true);
    m_table->setAlternatingRowColors(true);
    m_table->setSortingEnabled(true);
    m_table->sortByColumn(QueryModel::ApColumn, Qt::AscendingOrder);
    m_table->header()->setStretchLastSection(false);
    m_table->header()->setMinimumSectionSize(24);
    m_table->header()->setSectionResizeMode(QHeaderView::ResizeToContents);
    m_table->header()->setMaximumSectionSize(200); // names may be long; all else is short
    connect(m_table->selectionModel(), &QItemSelectionModel::currentChanged, this,
            [this](const QModelIndex &index) { choose(index.isValid() ? m_sorted->mapToSource(index).row() : -1); });
    connect(m_table, &QTreeView::activated, this, [this] {
        if (m_ranked->rowCount() == 0)
            return;
        m_gallery->setFocus();
        if (!m_gallery->currentIndex().isValid())
            m_gallery->setCurrentIndex(m_ranked->index(0));
    });
    return m_table;
}

QWidget *QueriesView::buildElements()
{
    auto *box = new QWidget(this);
    QVBoxLayout *column = fillingColumn(box);
    m_elementsCaption = makeNarrowLabel(box, QStringLiteral("elementsCaption"));
    column->addWidget(m_elementsCaption);
    m_elements = new QListView(box);
    m_elements->setObjectName(QStringLiteral("queryElements"));
    m_elements->setAccessibleName(tr("Person crops of the tracklet, best first"));
    m_elements->setViewMode(QListView::IconMode);
    m_elements->setMovement(QListView::Static);
    m_elements->setResizeMode(QListView::Adjust);
    m_elements->setUniformItemSizes(true);
    m_elements->setSpacing(3);
    m_elements->setItemDelegate(new FrameDelegate(m_cache, m_elements));
    m_elements->setModel(m_frames);
    column->addWidget(m_elements, 1);
    return box;
}

QWidget *QueriesView::buildGallery()
{
    auto *box = new QWidget(this);
    QVBoxLayout *column = fillingColumn(box);
    m_galleryCaption = makeNarrowLabel(box, QStringLiteral("galleryCaption"));
    column->addWidget(m_galleryCaption);
    m_gallery = new QListView(box);
    m_gallery->setObjectName(QStringLiteral("rankedGallery"));
    m_gallery->setAccessibleName(tr("The gallery as the query finds it, nearest first"));
    m_gallery->setUniformItemSizes(true);
    m_gallery->setVerticalScrollMode(QAbstractItemView::ScrollPerPixel);
    m_gallery->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_gallery->setItemDelegate(new TrackDelegate(m_cache, m_gallery));
    m_gallery->setModel(m_ranked);
    connect(m_gallery, &QListView::activated, this, [this](const QModelIndex &index) { showElements(m_ranked->trackAt(index.row()).place, false); });
    column->addWidget(m_gallery, 1);
    return box;
}

void QueriesView::present(const Wanted &wanted)
{
    delete m_job;
    m_wanted = wanted;
    const RetrievalLists *lists = retrievalOf(m_wanted.set);
    if (lists == nullptr || !m_wanted.method) {
        m_stale = false;
        clear();
        m_caption->setText(m_wanted.why.toHtmlEscaped());
        return;
    }
    m_stale = !isVisible();
    if (!m_stale)
        rank();
}

void QueriesView::showEvent(QShowEvent *event)
{
    QWidget::showEvent(event);
    if (std::exchange(m_stale, false))
        rank();
}

void QueriesView::rank()
{
    const std::string by = nameOf(*m_wanted.method) + ' ' + name(m_wanted.distance);
    std::shared_ptr<const GalleryRanking> known = m_rankedOn == m_wanted.set && m_rankedBy == by ? m_ranking : nullptr;
    m_caption->setText(tr("The queries of <b>%1</b> are being ranked…").arg(m_wanted.title.toHtmlEscaped()));
    m_job = Job::start(
        this, tr("Ranking the queries"),
        [known, wanted = m_wanted](Progress &progress) {
            const RetrievalLists *lists = retrievalOf(wanted.set);
            Ranked ranked;
            ranked.ranking = known
                ? known
                : std::make_shared<const GalleryRanking>(wanted.set->features, lists->queries, lists->gallery, *wanted.method, wanted.distance, progress);
            ranked.outcomes = ranked.ranking->outcomes(wanted.protocol, progress);
            return ranked;
        },
        [this, by](Ranked ranked) {
            m_job = nullptr;
            m_rankedBy = by;
            m_rankedOn = m_wanted.set;
            take(std::move(ranked));
        });
    connect(m_job, &Job::failed, this, [this](const QString &detail) {
        clear();
        m_caption->setText(detail.toHtmlEscaped());
        Q_EMIT failed(detail);
    });
    Q_EMIT started(m_job);
}

void QueriesView::take(Ranked ranked)
{
    const std::uint32_t before = m_query >= 0 ? m_queries->placeAt(m_query) : ~0U;
    m_ranking = std::move(ranked.ranking);
    m_queries->setQueries(m_wanted.set, m_ranking->queries(), ranked.outcomes);
    const auto counted = std::count_if(ranked.outcomes.outcomes.begin(), ranked.outcomes.outcomes.end(),
                                       [&](const QueryOutcome &one) { return isCounted(one, ranked.outcomes.protocol); });
    const auto found = std::count_if(ranked.outcomes.outcomes.begin(), ranked.outcomes.outcomes.end(), [](const QueryOutcome &one) { return one.first == 1; });
    const QLocale locale;
    m_caption->setText(tr("<b>%1</b>, protocol %2: %3 queries counted, %4 with a match at once · Enter goes from a query to its gallery, Escape back")
                           .arg(m_wanted.title.toHtmlEscaped(), protocolText(m_wanted.protocol), locale.toString(static_cast<qlonglong>(counted)),
                                locale.toString(static_cast<qlonglong>(found))));
    // The same query as before, by another method; else the worst one.
    int row = 0;
    for (int i = 0; i < m_sorted->rowCount(); ++i)
        if (m_queries->placeAt(m_sorted->mapToSource(m_sorted->index(i, 0)).row()) == before)
            row = i;
    m_query = -1;
    if (m_sorted->rowCount() > 0) {
        m_table->setCurrentIndex(m_sorted->index(row, 0));
        choose(m_sorted->mapToSource(m_sorted->index(row, 0)).row());
    }
}

void QueriesView::clear()
{
    m_ranking.reset();
    m_rankedOn.reset();
    m_query = -1;
    m_queries->clear();
    m_ranked->clear();
    m_frames->setTemplate(nullptr, 0, {});
    m_caption->clear();
    m_elementsCaption->clear();
    m_galleryCaption->setText(tr("Choose a query to see whom it finds."));
    m_cache->want(m_elements, {}, FrameDelegate::side);
    m_cache->want(m_gallery, {}, TrackDelegate::side);
}

void QueriesView::choose(int row)
{
    if (!m_ranking || row < 0 || row == m_query)
        return;
    m_query = row;
    const std::vector<RankedTrack> tracks = m_ranking->gallery(static_cast<std::size_t>(row), m_wanted.protocol, listed);
    const auto right = std::count_if(tracks.begin(), tracks.end(), [](const RankedTrack &track) { return track.kind == TrackKind::Right; });
    m_galleryCaption->setText(tr("%1 same person (%2)   %3 somebody else   %4 ignored")
                                  .arg(RankedModel::sign(TrackKind::Right), QLocale().toString(static_cast<qlonglong>(right)),
                                       RankedModel::sign(TrackKind::Wrong), RankedModel::sign(TrackKind::Ignored)));
    m_ranked->setTracks(m_wanted.set, tracks);
    m_gallery->scrollToTop();
    showElements(m_queries->placeAt(row), true);
}

void QueriesView::showElements(std::uint32_t place, bool ofQuery)
{
    const TemplateFeatures &features = *m_wanted.set->features;
    TemplateShares shares;
    if (features.size(place) > 0)
        try {
            shares = sharesOf(features, place, *m_wanted.method);
        } catch (const Error &) {
            // The scores say something without their weights.
            const std::span<const float> scores = features.dScoresOf(place);
            shares.dScores.assign(scores.begin(), scores.end());
        }
    m_frames->setTemplate(m_wanted.set, place, shares);
    const QString who = tr("%1, camera %2").arg(personText(features, place), QLocale().toString(features.cameras[place]));
    QString text = QStringLiteral("<b>%1</b> · %2").arg(ofQuery ? tr("Query") : tr("Found"), who.toHtmlEscaped());
    if (shares.fallback)
        text += tr(" · the best one alone");
    else if (const auto all = static_cast<std::int64_t>(shares.dScores.size()); !shares.weights.empty() && shares.kept < all)
        text += tr(" · %1 of %2 kept").arg(shares.kept).arg(all);
    m_elementsCaption->setText(text);
    m_elements->scrollToTop();
    wantThumbnails();
}

void QueriesView::wantThumbnails()
{
    if (!m_wanted.set)
        return;
    const int from = std::max(0, m_elements->indexAt({12, 12}).row());
    std::vector<int> pictures;
    for (int row = from; row < std::min(m_frames->rowCount(), from + s_rowsAhead); ++row)
        pictures.push_back(m_frames->pictureAt(row));
    m_cache->want(m_elements, pictures, qRound(FrameDelegate::side * devicePixelRatioF()));
    pictures.clear();
    const int first = std::max(0, m_gallery->indexAt({4, 4}).row());
    for (int row = first; row < m_ranked->rowCount() && pictures.size() < 4 * s_rowsAhead; ++row)
        for (const int picture : m_ranked->picturesAt(row))
            pictures.push_back(picture);
    m_cache->want(m_gallery, pictures, qRound(TrackDelegate::side * devicePixelRatioF()));
}

bool QueriesView::eventFilter(QObject *object, QEvent *event)
{
    if (event->type() == QEvent::Resize && (object == m_elements->viewport() || object == m_gallery->viewport()))
        wantThumbnails();
    if (event->type() == QEvent::KeyPress && object == m_gallery && static_cast<QKeyEvent *>(event)->key() == Qt::Key_Escape && m_query >= 0) {
        showElements(m_queries->placeAt(m_query), true);
        m_table->setFocus();
        return true;
    }
    return QWidget::eventFilter(object, event);
}

} // namespace dscope
