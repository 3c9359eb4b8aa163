// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tasks/task.h"

#include "core/base/error.h"

namespace dscope {

namespace {

/// Aligned faces and their networks lie below (112 x 96 is 1.17), the crops and networks of re-identification above (224 x 112 and 256 x 128 are 2).
constexpr double s_upright = 1.5;
constexpr std::array<float, 3> s_imageNetMean{123.675F, 116.28F, 103.53F};
constexpr std::array<float, 3> s_imageNetScale{1 / 58.395F, 1 / 57.12F, 1 / 57.375F};
constexpr int s_widest = 256; ///< of a crop of a person; photographs of phones are upright, too, and larger

} // namespace

const std::vector<Task> &tasks()
{
    static const std::vector<Task> all{
        {"face",
         "Faces",
         "face",
         "faces",
         "template",
         {1, 112, 112},
         false,
         Protocol::Verification,
         {127.5F, 127.5F, 127.5F},
         {1 / 128.F, 1 / 128.F, 1 / 128.F}},
        {"reid",
         "Person re-identification",
         "person crop",
         "person crops",
         "tracklet",
         {1, 256, 128},
         true,
         Protocol::Retrieval,
         s_imageNetMean,
         s_imageNetScale},
    };
    return all;
}

const Task &taskNamed(std::string_view name)
{
    if (name.empty())
        return tasks().front();
    std::string known;
    for (const Task &task : tasks()) {
        if (task.name == name)
            return task;
        known += (known.empty() ? "" : ", ") + std::string(task.name);
    }
    throw UsageError("There is no task '" + std::string(name) + "'; known are " + known + ".");
}

const Task &likelyTask(int width, int height)
{
    return width > 0 && width <= s_widest && height >= s_upright * width ? taskNamed("reid") : tasks().front();
}

} // namespace dscope
