// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/analysis/evaluationset.h"
#include "core/evaluation/galleryranking.h"

#include <QAbstractListModel>

#include <cstdint>
#include <vector>

namespace dscope {

/// The tracklets of a gallery as one query finds them, nearest first.
class RankedModel : public QAbstractListModel {
    Q_OBJECT
public:
    enum Role { KindRole = Qt::UserRole + 1, RankRole, PicturesRole, LinesRole };

    explicit RankedModel(QObject *parent = nullptr);

    void setTracks(EvaluationSetPtr set, std::vector<RankedTrack> tracks);
    void clear();
    const RankedTrack &trackAt(int row) const { return m_tracks[static_cast<std::size_t>(row)]; }
    /// Elements of a tracklet that stand for it, evenly over its length, by their place in the set; at most `most`.
    QList<int> picturesAt(int row) const;
    static constexpr int most = 12;
    /// "✓", "✗" or "–": what a tracklet is without its colour.
    static QString sign(TrackKind kind);

    int rowCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &index, int role = Qt::DisplayRole) const override;

private:
    QString named(const RankedTrack &track) const;

    EvaluationSetPtr m_set;
    std::vector<RankedTrack> m_tracks;
};

} // namespace dscope
