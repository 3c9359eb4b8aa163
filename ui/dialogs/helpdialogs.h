// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>
#include <QStringList>
#include <QVector>

#include <functional>
#include <utility>

class QDialog;
class QMainWindow;
class QMenu;
class QWidget;

namespace dscope {

/// The keys of a page's actions and of its window's: (what, key).
QVector<std::pair<QString, QString>> keysOf(QWidget *page);
/// A Help menu at the end of a page's menu bar: its keys, and about the program.
/// @param device what is to be said of the hardware, asked when it is shown
/// @param further keys that are no action's
QMenu *addHelpMenu(QMainWindow *page, const std::function<QString()> &device, const std::function<QVector<std::pair<QString, QString>>()> &further = {});
/// All keys, from the window's own actions: (what, key).
QDialog *makeShortcutsDialog(QWidget *parent, const QVector<std::pair<QString, QString>> &keys);
/// Name, version, licence, and what `device` says about the hardware found.
QDialog *makeAboutDialog(QWidget *parent, const QString &device);
/// A list of sentences that can be copied.
QDialog *makeWarningsDialog(QWidget *parent, const QStringList &warnings);

} // namespace dscope
