// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/nets/inputside.h"

#include <algorithm>

namespace dscope {

int inputSide(const ModelSpec &spec)
{
    return std::max({tasks().front().shape.width, spec.inputWidth, spec.inputHeight});
}

ElementShape elementShape(const ModelSpec &spec)
{
    if (taskNamed(spec.task).stretched)
        return elementInput(spec);
    return {spec.inputFrames, inputSide(spec), inputSide(spec)};
}

ElementShape elementInput(const ModelSpec &spec)
{
    return {spec.inputFrames, spec.inputHeight, spec.inputWidth};
}

void EnlargingNotice::say(const ModelSpec &spec, std::span<const Picture> faces, Progress &progress)
{
    const int side = inputSide(spec);
    // A person crop has no size of its own.
    if (m_said || side == tasks().front().shape.width || taskNamed(spec.task).stretched)
        return;
    const auto small = std::find_if(faces.begin(), faces.end(), [side](const Picture &face) { return face.width < side && face.height < side; });
    if (small == faces.end())
        return;
    m_said = true;
    progress.notice("The network " + spec.name + " takes " + std::to_string(spec.inputWidth) + " x " + std::to_string(spec.inputHeight) + " pixels; faces of "
                    + std::to_string(small->width) + " x " + std::to_string(small->height)
                    + " are enlarged for it. They are sharper where it is given the pictures that they were cut from.");
}

} // namespace dscope
