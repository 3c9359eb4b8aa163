// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/models/facemodel.h"

#include <QWidget>

class QComboBox;
class QLabel;
class QToolButton;

namespace dscope {

class ThumbnailCache;
class ThumbnailWall;

/// The thumbnail wall below a line that says what is on it and how that is sorted.
class WallPanel : public QWidget {
    Q_OBJECT
public:
    WallPanel(FaceModel *faces, ThumbnailCache *cache, const ThresholdState *state, QWidget *parent = nullptr);

    ThumbnailWall *wall() const { return m_wall; }
    void setSort(FaceModel::Sort sort, Qt::SortOrder order);
    void reverse();
    /// Offers what the elements on show can be sorted by.
    void offerSorts();
    /// What is on show is not all yet.
    void setGrowing(bool growing);

Q_SIGNALS:
    void sorted();
    void showAllWanted();

protected:
    void changeEvent(QEvent *event) override;

private:
    void updateCaption();
    void updateOrder();

    FaceModel *m_faces;
    ThumbnailWall *m_wall;
    QLabel *m_caption;
    QToolButton *m_showAll;
    QComboBox *m_sort;
    QToolButton *m_order;
    bool m_growing = false;
};

} // namespace dscope
