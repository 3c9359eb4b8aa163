// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/rankedmodel.h"

#include "ui/models/templatetext.h"
#include "ui/plaintip.h"

#include <QLocale>

#include <algorithm>
#include <cmath>
#include <utility>

namespace dscope {

RankedModel::RankedModel(QObject *parent) : QAbstractListModel(parent) {}

void RankedModel::setTracks(EvaluationSetPtr set, std::vector<RankedTrack> tracks)
{
    beginResetModel();
    m_set = std::move(set);
    m_tracks = std::move(tracks);
    endResetModel();
}

void RankedModel::clear()
{
    if (!m_tracks.empty())
        setTracks(nullptr, {});
}

QList<int> RankedModel::picturesAt(int row) const
{
    const TemplateFeatures &features = *m_set->features;
    const std::uint32_t place = trackAt(row).place;
    const std::int64_t count = std::min<std::int64_t>(most, features.size(place));
    QList<int> pictures;
    for (std::int64_t i = 0; i < count; ++i)
        pictures << static_cast<int>(features.begin[place] + i * features.size(place) / count);
    return pictures;
}

QString RankedModel::sign(TrackKind kind)
{
    switch (kind) {
    case TrackKind::Right: return QStringLiteral("✓");
    case TrackKind::Wrong: return QStringLiteral("✗");
    case TrackKind::Ignored: return QStringLiteral("–");
    }
    return {};
}

QString RankedModel::named(const RankedTrack &track) const
{
    const TemplateFeatures &features = *m_set->features;
    return tr("%1, camera %2").arg(personText(features, track.place), QLocale().toString(features.cameras[track.place]));
}

int RankedModel::rowCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_tracks.size());
}

QVariant RankedModel::data(const QModelIndex &index, int role) const
{
    if (!index.isValid() || index.row() >= rowCount())
        return {};
    const RankedTrack &track = trackAt(index.row());
    const QString distance = std::isfinite(track.distance) ? QLocale().toString(track.distance, 'g', 4) : tr("nothing to compare");
    const QString what = track.kind == TrackKind::Right ? tr("the same person")
        : track.kind == TrackKind::Wrong                ? tr("somebody else")
        : track.kind == TrackKind::Ignored              ? tr("ignored: junk, or the query's own person by its own camera")
                                                        : QString();
    switch (role) {
    case Qt::DisplayRole: return named(track);
    case Qt::ToolTipRole:
        return plainTip(tr("%1\nTracklet %2, %3 person crops\nDistance %4, %5")
                            .arg(named(track), QString::number(m_set->features->ids[track.place]),
                                 QLocale().toString(static_cast<qlonglong>(m_set->features->size(track.place))), distance, what));
    case Qt::AccessibleTextRole:
        return track.rank > 0 ? tr("Rank %1: %2, %3, distance %4").arg(QString::number(track.rank), named(track), what, distance)
                              : tr("%1, %2, distance %3").arg(named(track), what, distance);
    case Qt::StatusTipRole: return distance;
    case LinesRole:
        return QStringList{personText(*m_set->features, track.place), tr("camera %1").arg(QLocale().toString(m_set->features->cameras[track.place])), distance};
    case KindRole: return static_cast<int>(track.kind);
    case RankRole: return static_cast<int>(track.rank);
    case PicturesRole: return QVariant::fromValue(picturesAt(index.row()));
    default: return {};
    }
}

} // namespace dscope
