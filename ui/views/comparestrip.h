// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/models/labelstate.h"

#include <QWidget>

#include <array>

namespace dscope {

class ThumbnailCache;

/// The current picture of a labelled set large, between the picture that stands for its own class and that of the class it is confused
/// with; a click on either of those asks for it in the list.
class CompareStrip : public QWidget {
    Q_OBJECT
public:
    CompareStrip(LabelState *state, ThumbnailCache *cache, QWidget *parent = nullptr);

    /// Pictures shown, from the left: its own class, the picture, the other class; -1: none.
    const std::array<int, 3> &pictures() const { return m_pictures; }
    /// Where one of them is drawn; for tests.
    QRect place(int number) const;

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override { return {300, sizeHint().height()}; }

protected:
    void paintEvent(QPaintEvent *event) override;
    void mouseReleaseEvent(QMouseEvent *event) override;

private:
    void follow();

    LabelState *m_state;
    ThumbnailCache *m_cache;
    std::array<int, 3> m_pictures{-1, -1, -1};
};

} // namespace dscope
