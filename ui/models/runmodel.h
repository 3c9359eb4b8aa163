// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/models/evaluationstate.h"

#include <QAbstractListModel>
#include <QIcon>

namespace dscope {

/// The runs in the order in which they were added: a tick shows or hides one, its name can be edited, its colour is the decoration.
class RunModel : public QAbstractListModel {
    Q_OBJECT
public:
    enum Role { IdRole = Qt::UserRole + 1, ColourRole, SwatchRole };

    explicit RunModel(EvaluationState *state, QObject *parent = nullptr);

    int rowCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &index, int role = Qt::DisplayRole) const override;
    bool setData(const QModelIndex &index, const QVariant &value, int role = Qt::EditRole) override;
    Qt::ItemFlags flags(const QModelIndex &index) const override;
    int idAt(int row) const;
    int rowOf(int id) const;
    void setPalette(const QPalette &palette);

private:
    void take();

    EvaluationState *m_state;
    std::vector<ShownRun> m_runs;
    QPalette m_palette;
};

/// A small square of a colour.
QIcon swatch(const QColor &colour);

} // namespace dscope
