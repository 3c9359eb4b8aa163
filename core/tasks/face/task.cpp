// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tasks/task.h"
#include "core/tasks/face/geometry.h"

namespace dscope {

Task faceTask()
{
    Task task;
    task.name = "face";
    task.title = "Faces";
    task.shows = "faces";
    task.element = "face";
    task.elements = "faces";
    task.group = "template";
    task.example = "carphone_pristine.mp4";
    task.shape = {1, alignedSide, alignedSide};
    return task;
}

} // namespace dscope
