// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>
#include <QStringList>

class QBoxLayout;
class QLabel;
class QToolButton;
class QVBoxLayout;
class QWidget;

namespace dscope {

/// A button at the end of a line of tools.
QToolButton *addTool(QBoxLayout *line, QWidget *parent, const QString &name, const QString &text, const QString &tip);
/// A label that makes no window wider than it is: what does not fit is cut off.
QLabel *makeNarrowLabel(QWidget *parent, const QString &name = {});
/// What a page says while nothing is open: a title, and how to begin in numbered steps. @return the last step
QLabel *addSteps(QVBoxLayout *column, QWidget *parent, const QString &title, double size, const QStringList &steps, int width, int spacing);

} // namespace dscope
