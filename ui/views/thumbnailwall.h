// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QAbstractItemView>
#include <QTimer>

namespace dscope {

class FaceDelegate;
class FaceModel;
class ThumbnailCache;
class ThresholdState;

/// The faces as a grid of equal cells. All geometry is arithmetic on the row number, so that a hundred thousand faces scroll as ten do,
/// and only what is visible is drawn or decoded.
class ThumbnailWall : public QAbstractItemView {
    Q_OBJECT
public:
    ThumbnailWall(FaceModel *model, ThumbnailCache *cache, const ThresholdState *state, QWidget *parent = nullptr);

    static constexpr int smallest = 40;
    static constexpr int largest = 224;

    /// Side of a thumbnail in pixels, clamped.
    int zoom() const;
    void setZoom(int side);
    int columns() const { return m_columns; }
    /// First and last row at least partly visible; (0, -1) without any.
    std::pair<int, int> visibleRows() const;

    QRect visualRect(const QModelIndex &index) const override;
    void scrollTo(const QModelIndex &index, ScrollHint hint = EnsureVisible) override;
    QModelIndex indexAt(const QPoint &point) const override;
    void reset() override;
    QSize sizeHint() const override { return {560, 420}; }

Q_SIGNALS:
    void zoomChanged(int side);
    /// The current face (its number in the Document), or -1.
    void faceChosen(int face);

protected:
    QModelIndex moveCursor(CursorAction action, Qt::KeyboardModifiers modifiers) override;
    int horizontalOffset() const override { return 0; }
    int verticalOffset() const override;
    bool isIndexHidden(const QModelIndex &) const override { return false; }
    void setSelection(const QRect &rect, QItemSelectionModel::SelectionFlags flags) override;
    QRegion visualRegionForSelection(const QItemSelection &selection) const override;
    void updateGeometries() override;
    void currentChanged(const QModelIndex &current, const QModelIndex &previous) override;
    void paintEvent(QPaintEvent *event) override;
    void resizeEvent(QResizeEvent *event) override;
    void wheelEvent(QWheelEvent *event) override;
    void scrollContentsBy(int dx, int dy) override;
    void changeEvent(QEvent *event) override;
    void mousePressEvent(QMouseEvent *event) override;
    void mouseMoveEvent(QMouseEvent *event) override;
    void mouseReleaseEvent(QMouseEvent *event) override;
    void startDrag(Qt::DropActions actions) override;

private:
    QRect cellRect(int row) const;
    int count() const;
    void layOut();
    void request();
    void placeCurrent();

    FaceModel *m_faces;
    ThumbnailCache *m_cache;
    FaceDelegate *m_delegate;
    QTimer m_requestTimer;
    QSize m_cell;
    int m_columns = 1;
    int m_left = 0; ///< of the grid, centred in the viewport
    bool m_banding = false;
    QPoint m_bandFrom; ///< in contents coordinates
    QPoint m_bandTo;
};

} // namespace dscope
