// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/threshold/keep.h"
#include "ui/models/document.h"

#include <QWidget>

#include <vector>

namespace dscope {

/// What a chosen clip and its whole video most likely show: the five largest class scores of either as bars, those of the video fused from what is kept. The
/// true class is marked where it is known.
class ClassScores : public QWidget {
    Q_OBJECT
public:
    explicit ClassScores(QWidget *parent = nullptr);

    /// @param face the clip; -1: none
    void show(const DocumentPtr &document, int face, const Keep &keep);

    struct Bar {
        QString name;
        double score = 0;
        bool right = false;
    };
    const std::vector<Bar> &clipBars() const { return m_clip; }
    const std::vector<Bar> &videoBars() const { return m_video; }

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override { return sizeHint(); }

protected:
    void paintEvent(QPaintEvent *event) override;

private:
    int paintBars(QPainter &painter, const QString &title, const std::vector<Bar> &bars, int top) const;

    std::vector<Bar> m_clip;
    std::vector<Bar> m_video;
};

} // namespace dscope
