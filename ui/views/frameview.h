// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/picture.h"

#include <QImage>
#include <QSize>
#include <QString>
#include <QWidget>

#include <optional>
#include <vector>

namespace dscope {

/// A whole picture, fitted, with boxes and landmarks over it. Where its shape leaves room below, the current face's surroundings are shown
/// there enlarged.
class FrameView : public QWidget {
    Q_OBJECT
public:
    /// One face in the picture, in the picture's own pixels.
    struct Overlay {
        int face = -1;
        Box box; ///< empty when only landmarks are known
        std::optional<Landmarks> landmarks;
        QString text;
        bool kept = true;
        bool current = false;
    };

    explicit FrameView(QWidget *parent = nullptr);

    /// `size` is the picture's own, when `image` is smaller.
    void setImage(const QImage &image, const QSize &size);
    void setOverlays(std::vector<Overlay> overlays);
    /// A sentence instead of a picture.
    void setMessage(const QString &message);
    bool hasImage() const { return !m_image.isNull(); }
    const std::vector<Overlay> &overlays() const { return m_overlays; }

    QSize sizeHint() const override { return {380, 260}; }
    QSize minimumSizeHint() const override { return {200, 140}; }

Q_SIGNALS:
    /// A box was clicked.
    void faceClicked(int face);

protected:
    void paintEvent(QPaintEvent *event) override;
    void mousePressEvent(QMouseEvent *event) override;

private:
    /// One drawing: a part of the picture (its own pixels) in a part of the widget.
    struct View {
        QRectF target;
        QRectF part;
        bool labels = true; ///< of faces other than the current one
        double scale() const { return target.width() / part.width(); }
    };
    std::vector<View> views() const;
    void paintView(QPainter &painter, const View &view) const;

    QImage m_image;
    QSize m_size;
    QString m_message;
    std::vector<Overlay> m_overlays;
};

} // namespace dscope
