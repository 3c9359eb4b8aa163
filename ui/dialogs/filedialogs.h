// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>
#include <QStringList>

#include <filesystem>
#include <functional>
#include <vector>

class QFileDialog;
class QLineEdit;
class QWidget;

namespace dscope {

using TakePath = std::function<void(const std::filesystem::path &)>;
using TakePaths = std::function<void(const std::vector<std::filesystem::path> &)>;

/// Dialogs on files that belong to `owner` and go by themselves; what was chosen follows, and nothing where the user has changed their mind.
QFileDialog *askForFile(QWidget *owner, const QString &title, const QStringList &filters, TakePath take);
void askForFiles(QWidget *owner, const QString &title, const QStringList &filters, TakePaths take);
void askForFolder(QWidget *owner, const QString &title, TakePath take);
/// Where to write; an existing file is asked about. The ending follows the filter that is chosen.
/// @param name proposed, a path or a name alone, or empty; its ending, else the first filter's, is the default
QFileDialog *askForTarget(QWidget *owner, const QString &title, const QString &name, const QStringList &filters, TakePath take);

} // namespace dscope
