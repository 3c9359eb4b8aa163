// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QDragEnterEvent>
#include <QDropEvent>
#include <QFileDialog>
#include <QMimeData>
#include <QTest>
#include <QUrl>
#include <QWidget>

#include <filesystem>

namespace dscope::test {

/// Shows a window of this size and waits until it has the keyboard.
inline void showActive(QWidget &window, int width, int height)
{
    window.resize(width, height);
    window.show();
    window.activateWindow();
    QVERIFY(QTest::qWaitForWindowActive(&window));
}

/// Drops a file on a widget, which has to take it.
inline void dropOn(QWidget &widget, const std::filesystem::path &file)
{
    QMimeData data;
    data.setUrls({QUrl::fromLocalFile(QString::fromStdString(file.string()))});
    QDragEnterEvent enter(QPoint(200, 200), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
    QCoreApplication::sendEvent(&widget, &enter);
    QVERIFY(enter.isAccepted());
    QDropEvent event(QPointF(200, 200), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
    QCoreApplication::sendEvent(&widget, &event);
}

/// The dialog for files that is open, the last of several; null: none is.
inline QFileDialog *openDialog(const QWidget &window)
{
    QFileDialog *dialog = nullptr;
    for (QFileDialog *one : window.findChildren<QFileDialog *>())
        if (one->isVisible())
            dialog = one;
    return dialog;
}

} // namespace dscope::test
