// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/taskwords.h"

#include <QCoreApplication>

#include <array>

namespace dscope {

namespace {

/// So that they are found by whoever translates.
[[maybe_unused]] constexpr std::array<const char *, 14> s_words{QT_TRANSLATE_NOOP("dscope::Task", "face"),
                                                                QT_TRANSLATE_NOOP("dscope::Task", "person crop"),
                                                                QT_TRANSLATE_NOOP("dscope::Task", "faces"),
                                                                QT_TRANSLATE_NOOP("dscope::Task", "template"),
                                                                QT_TRANSLATE_NOOP("dscope::Task", "templates"),
                                                                QT_TRANSLATE_NOOP("dscope::Task", "person crops"),
                                                                QT_TRANSLATE_NOOP("dscope::Task", "tracklet"),
                                                                QT_TRANSLATE_NOOP("dscope::Task", "tracklets"),
                                                                QT_TRANSLATE_NOOP("dscope::Task", "crops of people (re-identification)"),
                                                                QT_TRANSLATE_NOOP("dscope::Task", "clip"),
                                                                QT_TRANSLATE_NOOP("dscope::Task", "clips"),
                                                                QT_TRANSLATE_NOOP("dscope::Task", "video"),
                                                                QT_TRANSLATE_NOOP("dscope::Task", "videos"),
                                                                QT_TRANSLATE_NOOP("dscope::Task", "videos of actions")};

QString translated(const std::string &word)
{
    return QCoreApplication::translate("dscope::Task", word.c_str());
}

} // namespace

QString elementText(const Task &task)
{
    return translated(std::string(task.element));
}

QString countedElementsText(const Task &task, int count)
{
    return QStringLiteral("%1 %2").arg(QString::number(count), count == 1 ? elementText(task) : elementsText(task));
}

QString elementsText(const Task &task)
{
    return translated(std::string(task.elements));
}

QString groupText(const Task &task)
{
    return translated(std::string(task.group));
}

QString showsText(const Task &task)
{
    return translated(std::string(task.shows));
}

QString groupsText(const Task &task)
{
    return translated(std::string(task.group) + "s");
}

} // namespace dscope
