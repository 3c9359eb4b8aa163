// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/facemodel.h"

#include "ui/convert.h"
#include "ui/models/thresholdstate.h"
#include "ui/plaintip.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace dscope {

FaceModel::FaceModel(const ThresholdState *state, QObject *parent) : QAbstractListModel(parent), m_state(state) {}

void FaceModel::setDocument(DocumentPtr document)
{
    beginResetModel();
    m_document = std::move(document);
    m_groups.clear();
    fill();
    arrange();
    endResetModel();
}

void FaceModel::setGroups(std::vector<int> groups)
{
    if (groups == m_groups)
        return;
    beginResetModel();
    m_groups = std::move(groups);
    fill();
    arrange();
    endResetModel();
}

void FaceModel::setSort(Sort sort, Qt::SortOrder order)
{
    if (sort == m_sort && order == m_order)
        return;
    Q_EMIT layoutAboutToBeChanged({}, QAbstractItemModel::VerticalSortHint);
    const QModelIndexList before = persistentIndexList();
    std::vector<int> faces;
    faces.reserve(static_cast<std::size_t>(before.size()));
    for (const QModelIndex &index : before)
        faces.push_back(faceAt(index.row()));
    m_sort = sort;
    m_order = order;
    arrange();
    QModelIndexList after;
    after.reserve(before.size());
    for (const int face : faces)
        after.append(index(rowOf(face)));
    changePersistentIndexList(before, after);
    Q_EMIT layoutChanged({}, QAbstractItemModel::VerticalSortHint);
}

void FaceModel::fill()
{
    m_faces.clear();
    if (!m_document)
        return;
    if (m_groups.empty()) {
        m_faces.resize(static_cast<std::size_t>(m_document->faceCount()));
        std::iota(m_faces.begin(), m_faces.end(), 0);
        return;
    }
    for (const int number : m_groups) {
        const Document::GroupRef &group = m_document->group(number);
        for (int face = group.firstFace; face < group.firstFace + group.count; ++face)
            m_faces.push_back(face);
    }
}

void FaceModel::arrange()
{
    if (!m_document)
        return number();
    // Keys first: a comparison then costs two loads instead of a walk through groups and elements.
    std::vector<std::pair<double, int>> keyed;
    keyed.reserve(m_faces.size());
    for (const int face : m_faces) {
        const Element &element = m_document->element(face);
        double key = 0;
        switch (m_sort) {
        case Sort::DScore: key = static_cast<double>(element.dScore); break;
        case Sort::Time: key = element.timeS >= 0 ? element.timeS : face; break;
        case Sort::Name: key = m_document->face(face).nameRank; break;
        case Sort::Detector: key = static_cast<double>(element.detectorScore); break;
        case Sort::Motion: key = static_cast<double>(element.motion); break;
        case Sort::Second: key = std::isfinite(element.second) ? static_cast<double>(element.second) : -1; break;
        case Sort::Difference: key = std::isfinite(element.second) ? static_cast<double>(element.second) - static_cast<double>(element.dScore) : -2; break;
        }
        keyed.emplace_back(key, face);
    }
    // Ties in input order either way, so that the order is the same on every run.
    if (m_order == Qt::AscendingOrder)
        std::sort(keyed.begin(), keyed.end(), [](const auto &a, const auto &b) { return a.first != b.first ? a.first < b.first : a.second < b.second; });
    else
        std::sort(keyed.begin(), keyed.end(), [](const auto &a, const auto &b) { return a.first != b.first ? a.first > b.first : a.second < b.second; });
    for (std::size_t i = 0; i < keyed.size(); ++i)
        m_faces[i] = keyed[i].second;
    number();
}

void FaceModel::number()
{
    m_rows.assign(m_document ? static_cast<std::size_t>(m_document->faceCount()) : 0, -1);
    for (std::size_t row = 0; row < m_faces.size(); ++row)
        m_rows[static_cast<std::size_t>(m_faces[row])] = static_cast<int>(row);
}

bool FaceModel::offers(Sort sort) const
{
    const bool clips = m_document && m_document->task().shape.frames > 1;
    switch (sort) {
    case Sort::Detector: return !clips;
    case Sort::Motion: return clips;
    case Sort::Second:
    case Sort::Difference: return m_document && m_document->live().hasSecondLook();
    default: return true;
    }
}

int FaceModel::faceAt(int row) const
{
    return row >= 0 && static_cast<std::size_t>(row) < m_faces.size() ? m_faces[static_cast<std::size_t>(row)] : -1;
}

int FaceModel::rowOf(int face) const
{
    return face >= 0 && static_cast<std::size_t>(face) < m_rows.size() ? m_rows[static_cast<std::size_t>(face)] : -1;
}

int FaceModel::rowCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_faces.size());
}

QVariant FaceModel::data(const QModelIndex &index, int role) const
{
    const int face = index.isValid() ? faceAt(index.row()) : -1;
    if (face < 0)
        return {};
    const Element &element = m_document->element(face);
    switch (role) {
    case Qt::DisplayRole: { // what the wall is sorted by, where that is a second look or motion
        const auto second = static_cast<double>(element.second);
        const auto score = static_cast<double>(element.dScore);
        if (m_sort == Sort::Motion && element.motion >= 0)
            return tr("%1 motion").arg(scoreText(static_cast<double>(element.motion)));
        if ((m_sort != Sort::Second && m_sort != Sort::Difference) || !std::isfinite(second))
            return scoreText(score);
        return m_sort == Sort::Second ? tr("%1 second").arg(scoreText(second)) : scoreText(score) + QStringLiteral(" → ") + scoreText(second);
    }
    case Qt::ToolTipRole: {
        QString text = tr("D-score %1").arg(scoreText(static_cast<double>(element.dScore)));
        if (std::isfinite(element.second))
            text += QLatin1Char('\n') + tr("Second look %1").arg(scoreText(static_cast<double>(element.second)));
        if (element.toS >= 0)
            text += QLatin1Char('\n') + tr("%1 to %2, from frame %3").arg(timeText(element.timeS), timeText(element.toS)).arg(element.frame);
        else if (element.timeS >= 0)
            text += QLatin1Char('\n') + tr("%1, frame %2").arg(timeText(element.timeS)).arg(element.frame);
        if (element.motion >= 0)
            text += QLatin1Char('\n') + tr("Motion %1").arg(scoreText(static_cast<double>(element.motion)));
        return plainTip(text + QLatin1Char('\n') + toQString(element.file));
    }
    case Qt::AccessibleTextRole:
        return data(index, KeptRole).toBool() ? tr("D-score %1, kept").arg(scoreText(static_cast<double>(element.dScore)))
                                              : tr("D-score %1, dropped").arg(scoreText(static_cast<double>(element.dScore)));
    case FaceRole: return face;
    case DScoreRole: return static_cast<double>(element.dScore);
    case TimeRole: return element.timeS;
    case FileRole: return toQString(element.file);
    case DetectorScoreRole: return static_cast<double>(element.detectorScore);
    case GroupRole: return m_document->face(face).group;
    case KeptRole: return m_document->kept(face, m_state->keep());
    default: return {};
    }
}

QHash<int, QByteArray> FaceModel::roleNames() const
{
    QHash<int, QByteArray> names = QAbstractListModel::roleNames();
    names.insert({{FaceRole, "face"},
                  {DScoreRole, "dScore"},
                  {TimeRole, "time"},
                  {FileRole, "file"},
                  {DetectorScoreRole, "detectorScore"},
                  {GroupRole, "group"},
                  {KeptRole, "kept"}});
    return names;
}

} // namespace dscope
