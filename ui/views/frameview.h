#pragma once

#include "core/base/picture.h"

#include <QImage>
#include <QSize>
#include <QString>
#include <QWidget>

#include <optional>
#include <vector>

namespace dscope {

/// A whole picture, fitted, with boxes and landmarks over it.
class FrameView : public QWidget {
    Q_OBJECT
public:
    /// One face in the picture, in the picture's own pixels.
    struct Overlay {
        int face = -1;
        Box box;
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
    QRectF target() const;

    QImage m_image;
    QSize m_size;
    QString m_message;
    std::vector<Overlay> m_overlays;
};

} // namespace dscope
