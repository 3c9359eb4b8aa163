// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/image/pixels.h"

#include "core/base/error.h"
#include "core/image/reader.h"

#include <cstring>

namespace dscope {

void PixelSource::check(const Area &area) const
{
    if (area.x < 0 || area.y < 0 || area.width < 1 || area.height < 1 || area.width > width() - area.x || area.height > height() - area.y)
        throw Error("A part of " + std::to_string(area.width) + "x" + std::to_string(area.height) + " pixels at " + std::to_string(area.x) + ","
                    + std::to_string(area.y) + " does not lie within a picture of " + std::to_string(width()) + "x" + std::to_string(height()) + ".");
}

Picture PicturePixels::region(const Area &area) const
{
    check(area);
    if (area == Area{0, 0, m_picture.width, m_picture.height})
        return m_picture;
    Picture part(area.width, area.height);
    for (int y = 0; y < area.height; ++y)
        std::memcpy(part.row(y), m_picture.row(area.y + y) + static_cast<std::size_t>(3) * area.x, static_cast<std::size_t>(3) * area.width);
    return part;
}

Picture PicturePixels::scaled(int width, int height) const
{
    return resized(m_picture, width, height);
}

} // namespace dscope
