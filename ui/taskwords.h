// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/tasks/task.h"

#include <QString>

namespace dscope {

/// A task's words in the user's language: "person crop", "person crops", "tracklet", "tracklets".
QString elementText(const Task &task);
QString elementsText(const Task &task);
QString groupText(const Task &task);
QString groupsText(const Task &task);
/// "1 person crop", "3 person crops"
QString countedElementsText(const Task &task, int count);
/// What its pictures show, where a task is chosen by that: "crops of people (re-identification)".
QString showsText(const Task &task);

} // namespace dscope
