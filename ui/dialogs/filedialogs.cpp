// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/dialogs/filedialogs.h"

#include "ui/convert.h"

#include <QFileDialog>
#include <QFileInfo>

#include <utility>

namespace dscope {

namespace {
QFileDialog *opened(QWidget *owner, const QString &title, QFileDialog::FileMode mode, const QStringList &filters, TakePaths take)
{
    auto *dialog = new QFileDialog(owner, title);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(mode);
    if (mode == QFileDialog::Directory)
        dialog->setOption(QFileDialog::ShowDirsOnly);
    else
        dialog->setNameFilters(filters);
    QObject::connect(dialog, &QFileDialog::filesSelected, owner, [take = std::move(take)](const QStringList &files) {
        std::vector<std::filesystem::path> paths;
        for (const QString &file : files)
            paths.push_back(toPath(file));
        if (!paths.empty())
            take(paths);
    });
    dialog->open();
    return dialog;
}

/// The first ending of "Pictures (*.png *.svg)".
QString endingOf(const QString &filter)
{
    return filter.section(QStringLiteral("*."), 1, 1).section(QLatin1Char(')'), 0, 0).section(QLatin1Char(' '), 0, 0);
}

TakePaths firstOf(TakePath take)
{
    return [take = std::move(take)](const std::vector<std::filesystem::path> &paths) { take(paths.front()); };
}
} // namespace

QFileDialog *askForFile(QWidget *owner, const QString &title, const QStringList &filters, TakePath take)
{
    return opened(owner, title, QFileDialog::ExistingFile, filters, firstOf(std::move(take)));
}

void askForFiles(QWidget *owner, const QString &title, const QStringList &filters, TakePaths take)
{
    opened(owner, title, QFileDialog::ExistingFiles, filters, std::move(take));
}

void askForFolder(QWidget *owner, const QString &title, TakePath take)
{
    opened(owner, title, QFileDialog::Directory, {}, firstOf(std::move(take)));
}

QFileDialog *askForTarget(QWidget *owner, const QString &title, const QString &name, const QStringList &filters, TakePath take)
{
    auto *dialog = new QFileDialog(owner, title);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    dialog->setNameFilters(filters);
    const auto follow = [dialog](const QString &filter) { dialog->setDefaultSuffix(endingOf(filter)); };
    follow(filters.first());
    if (const QString ending = QFileInfo(name).suffix(); !ending.isEmpty())
        dialog->setDefaultSuffix(ending);
    if (!name.isEmpty())
        dialog->selectFile(name);
    QObject::connect(dialog, &QFileDialog::filterSelected, dialog, follow);
    QObject::connect(dialog, &QFileDialog::fileSelected, owner, [take = std::move(take)](const QString &file) { take(toPath(file)); });
    dialog->open();
    return dialog;
}

} // namespace dscope
