// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/picture.h"

#include <utility>

namespace dscope {

/// A rectangle of whole pixels.
struct Area {
    int x = 0;
    int y = 0;
    int width = 0;
    int height = 0;
    bool operator==(const Area &) const = default;
};

/// Pixels of which often only a part, or a smaller copy, is wanted: those of a picture in memory, or of a video's frame that is turned into
/// RGB only where somebody looks at it. What is asked for does not depend on what was asked for before. Safe to share between threads.
class PixelSource {
public:
    virtual ~PixelSource() = default;

    virtual int width() const = 0;
    virtual int height() const = 0;
    /// A part at full size, the same pixels as in whole(). @throws Error if it is empty or not within the picture
    virtual Picture region(const Area &area) const = 0;
    /// The whole at any size, its own included, for a network to look at: shrunk by an area filter, else enlarged (bilinear). A video's frame may take
    /// more care with colours here than in region() and whole(), which are for large pictures.
    virtual Picture scaled(int width, int height) const = 0;

    Picture whole() const { return region({0, 0, width(), height()}); }
    bool empty() const { return width() <= 0 || height() <= 0; }

protected:
    /// @throws Error
    void check(const Area &area) const;
};

/// The pixels of a picture that outlives this object.
class PicturePixels final : public PixelSource {
public:
    explicit PicturePixels(const Picture &picture) : m_picture(picture) {}

    int width() const override { return m_picture.width; }
    int height() const override { return m_picture.height; }
    Picture region(const Area &area) const override;
    Picture scaled(int width, int height) const override;

private:
    const Picture &m_picture;
};

/// The pixels of a picture of its own.
class OwnedPixels final : public PixelSource {
public:
    explicit OwnedPixels(Picture picture) : m_picture(std::move(picture)), m_pixels(m_picture) {}
    OwnedPixels(const OwnedPixels &) = delete;
    OwnedPixels &operator=(const OwnedPixels &) = delete;

    int width() const override { return m_picture.width; }
    int height() const override { return m_picture.height; }
    Picture region(const Area &area) const override { return m_pixels.region(area); }
    Picture scaled(int width, int height) const override { return m_pixels.scaled(width, height); }

private:
    const Picture m_picture;
    const PicturePixels m_pixels;
};

} // namespace dscope
