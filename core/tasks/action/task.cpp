// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tasks/task.h"

namespace dscope {

Task actionTask()
{
    Task task;
    task.name = "action";
    task.title = "Action recognition";
    task.shows = "videos of actions";
    task.element = "clip";
    task.elements = "clips";
    task.group = "video";
    task.example = "actions/videos/v_example.mp4"; // exampleVideo() draws it
    task.shape = {16, 112, 112};                   // section 4.3
    task.protocol = Protocol::Classification;
    // Of Kinetics, as the public 3D-ResNets take them.
    task.mean = {110.7975F, 103.3005F, 96.2625F};
    task.scale = {1 / 70.584F, 1 / 69.1815F, 1 / 69.7935F};
    return task;
}

} // namespace dscope
