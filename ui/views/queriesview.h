// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/aggregation/method.h"
#include "core/analysis/evaluationset.h"
#include "core/evaluation/galleryranking.h"

#include <QPointer>
#include <QWidget>

#include <memory>
#include <optional>

class QLabel;
class QListView;
class QSortFilterProxyModel;
class QTreeView;

namespace dscope {

class FrameModel;
class Job;
class QueryModel;
class RankedModel;
class ThumbnailCache;

/// The queries of one run, worst first; of the chosen one its pictures with D-scores and weights, and the gallery as it finds it. Enter goes from a query to
/// its gallery, Enter there shows that tracklet's pictures, Escape goes back. Ranking happens when the view is looked at, in the background.
class QueriesView : public QWidget {
    Q_OBJECT
public:
    explicit QueriesView(ThumbnailCache *cache, QWidget *parent = nullptr);
    ~QueriesView() override;

    /// What is shown of the gallery.
    static constexpr std::int64_t listed = 20;

    /// Whose queries: a run of the set by its method. Null: none can be shown, and `why` stands instead.
    struct Wanted {
        EvaluationSetPtr set;
        std::optional<Method> method;
        RetrievalDistance distance = RetrievalDistance::SquaredL2;
        RetrievalProtocol protocol = RetrievalProtocol::Official;
        QString title;
        QString why;
    };
    void present(const Wanted &wanted);
    bool isBusy() const { return !m_job.isNull(); }

Q_SIGNALS:
    void started(dscope::Job *job);
    void failed(const QString &detail);

protected:
    void showEvent(QShowEvent *event) override;
    bool eventFilter(QObject *object, QEvent *event) override;

private:
    struct Ranked {
        std::shared_ptr<const GalleryRanking> ranking;
        RankedQueries outcomes;
    };
    QWidget *buildQueries();
    QWidget *buildElements();
    QWidget *buildGallery();
    void rank();
    void take(Ranked ranked);
    void clear();
    void choose(int row);
    void showElements(std::uint32_t place, bool ofQuery);
    void wantThumbnails();

    ThumbnailCache *m_cache;
    QueryModel *m_queries;
    QSortFilterProxyModel *m_sorted;
    FrameModel *m_frames;
    RankedModel *m_ranked;
    QLabel *m_caption = nullptr;
    QTreeView *m_table = nullptr;
    QLabel *m_elementsCaption = nullptr;
    QListView *m_elements = nullptr;
    QLabel *m_galleryCaption = nullptr;
    QListView *m_gallery = nullptr;
    Wanted m_wanted;
    bool m_stale = false; ///< to be ranked when it is looked at
    std::shared_ptr<const GalleryRanking> m_ranking;
    std::string m_rankedBy; ///< method, distance: what m_ranking is of
    EvaluationSetPtr m_rankedOn;
    int m_query = -1; ///< in m_queries
    QPointer<Job> m_job;
};

} // namespace dscope
