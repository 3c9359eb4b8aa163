// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/clip.h"

#include "core/base/error.h"

#include <utility>

namespace dscope {

Clip::Clip(Picture still)
{
    if (!still.empty()) // one that could not be read makes an empty clip
        m_frames.push_back(std::move(still));
}

Clip::Clip(std::vector<Picture> frames) : m_frames(std::move(frames))
{
    for (const Picture &frame : m_frames) {
        if (frame.empty())
            throw Error("A frame of a clip is empty.");
        if (frame.width != width() || frame.height != height())
            throw Error("A clip's frames have one size; one is " + std::to_string(frame.width) + " x " + std::to_string(frame.height) + ", the first "
                        + std::to_string(width()) + " x " + std::to_string(height()) + ".");
    }
}

} // namespace dscope
