// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/models/document.h"

#include <QAbstractListModel>

#include <vector>

namespace dscope {

class ThresholdState;

/// The faces on the thumbnail wall: those of the chosen groups in the chosen order. The threshold takes no part in it: a move repaints
/// the view and touches no item.
class FaceModel : public QAbstractListModel {
    Q_OBJECT
public:
    enum Role {
        FaceRole = Qt::UserRole + 1, ///< number in the Document
        DScoreRole,
        TimeRole,
        FileRole,
        DetectorScoreRole,
        GroupRole,
        KeptRole
    };
    Q_ENUM(Role)
    /// Second: by the second look's D-score; Difference: by how far that lies above DDNet's. Faces without one come as if it were lowest.
    /// Motion: by a clip's motion energy.
    enum class Sort { DScore, Time, Name, Detector, Second, Difference, Motion };
    static constexpr int sorts = 7;
    Q_ENUM(Sort)

    explicit FaceModel(const ThresholdState *state, QObject *parent = nullptr);

    void setDocument(DocumentPtr document);
    /// Whether the document's elements have what is sorted by: clips no detector's score, all others no motion.
    bool offers(Sort sort) const;
    const DocumentPtr &document() const { return m_document; }
    /// Shows these groups (numbers in the Document); none: all.
    void setGroups(std::vector<int> groups);
    const std::vector<int> &groups() const { return m_groups; }
    /// True when some groups are chosen rather than all.
    bool isPart() const { return !m_groups.empty(); }
    void setSort(Sort sort, Qt::SortOrder order);
    Sort sort() const { return m_sort; }
    Qt::SortOrder order() const { return m_order; }

    /// The face in a row; -1 out of range.
    int faceAt(int row) const;
    /// The row of a face; -1 when it is not shown. O(1).
    int rowOf(int face) const;
    const std::vector<int> &faces() const { return m_faces; }

    int rowCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &index, int role) const override;
    QHash<int, QByteArray> roleNames() const override;

private:
    void fill();
    void arrange();
    void number();

    const ThresholdState *m_state;
    DocumentPtr m_document;
    std::vector<int> m_groups;
    std::vector<int> m_faces;
    std::vector<int> m_rows; ///< face -> row
    Sort m_sort = Sort::DScore;
    Qt::SortOrder m_order = Qt::DescendingOrder;
};

} // namespace dscope
