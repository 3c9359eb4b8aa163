// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/picture.h"
#include "core/base/progress.h"
#include "core/nets/model.h"
#include "core/tasks/task.h"

#include <span>

namespace dscope {

/// The side of the aligned faces that a network wants: the task's, or the longer side of a larger input. What is no square is cropped in its middle.
int inputSide(const ModelSpec &spec);
/// The shape of the elements that a network wants: its input's, where its task's elements fill that; else a square of inputSide().
ElementShape elementShape(const ModelSpec &spec);
/// What goes into it: frames, height and width of its input.
ElementShape elementInput(const ModelSpec &spec);

/// Says once that faces smaller than a network's input are enlarged for it.
class EnlargingNotice {
public:
    void say(const ModelSpec &spec, std::span<const Picture> faces, Progress &progress);

private:
    bool m_said = false;
};

} // namespace dscope
