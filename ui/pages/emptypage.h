// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

class QPushButton;

namespace dscope {

/// What the window shows while nothing is open: the four steps, and the ways to begin.
class EmptyPage : public QWidget {
    Q_OBJECT
public:
    explicit EmptyPage(QWidget *parent = nullptr);

    /// The example's button works only where the example is.
    void setExampleThere(bool there);

Q_SIGNALS:
    void openFiles();
    void openFolder();
    void openExample();

private:
    QPushButton *m_example;
};

} // namespace dscope
