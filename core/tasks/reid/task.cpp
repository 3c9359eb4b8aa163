// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tasks/task.h"

namespace dscope {

namespace {

/// Aligned faces and portraits lie below (112 x 96 is 1.17, photographs are 4 : 3, 3 : 2 and 16 : 9), the crops and networks of re-identification above (224 x
/// 112 and 256 x 128 are 2).
constexpr double s_upright = 1.8;
constexpr int s_widest = 256; ///< of a crop of a person; photographs of phones are upright, too, and larger

} // namespace

Task reidTask()
{
    Task task;
    task.name = "reid";
    task.title = "Person re-identification";
    task.shows = "crops of people (re-identification)";
    task.element = "person crop";
    task.elements = "person crops";
    task.group = "tracklet";
    task.example = "vtest.avi";
    task.shape = {1, 256, 128};
    task.stretched = true;
    task.protocol = Protocol::Retrieval;
    task.mean = {123.675F, 116.28F, 103.53F}; // ImageNet's
    task.scale = {1 / 58.395F, 1 / 57.12F, 1 / 57.375F};
    task.likely = [](int width, int height) { return width > 0 && width <= s_widest && height >= s_upright * width; };
    return task;
}

} // namespace dscope
