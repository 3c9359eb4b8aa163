// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/models/document.h"

#include <QAbstractItemModel>

namespace dscope {

class ThresholdState;

/// Sources and, under each, its groups. The kept share is computed when it is asked for: a threshold move repaints and touches no item.
class GroupModel : public QAbstractItemModel {
    Q_OBJECT
public:
    enum Role {
        SourceRole = Qt::UserRole + 1, ///< number in the Document
        GroupRole,                     ///< number in the Document; -1 for a source
        CountRole,
        MeanRole,      ///< of the D-scores
        KeptShareRole, ///< 0 to 1
        ThumbnailRole, ///< the best face's number; -1 without faces
        WarningsRole,  ///< how many warnings the source has
        DetailRole     ///< the second line: what kind of thing it is, how many faces, mean
    };
    Q_ENUM(Role)

    explicit GroupModel(const ThresholdState *state, QObject *parent = nullptr);

    void setDocument(DocumentPtr document);
    const DocumentPtr &document() const { return m_document; }
    QModelIndex sourceIndex(int source) const;
    QModelIndex groupIndex(int group) const;
    /// The groups an index stands for: itself, or all of a source.
    std::vector<int> groupsOf(const QModelIndex &index) const;

    QModelIndex index(int row, int column, const QModelIndex &parent = {}) const override;
    QModelIndex parent(const QModelIndex &child) const override;
    int rowCount(const QModelIndex &parent = {}) const override;
    int columnCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &index, int role) const override;
    QHash<int, QByteArray> roleNames() const override;

private:
    QVariant sourceValue(int source, int role) const;
    QVariant groupValue(int group, int role) const;

    const ThresholdState *m_state;
    DocumentPtr m_document;
};

} // namespace dscope
