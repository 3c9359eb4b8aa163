// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/tasks/task.h"

#include <QStringList>
#include <QWidget>

#include <string>
#include <vector>

class QCheckBox;
class QGridLayout;
class QLineEdit;

namespace dscope {

/// The methods that an evaluation compares: those that are offered to be ticked, and further ones by name.
class MethodChoice : public QWidget {
    Q_OBJECT
public:
    explicit MethodChoice(QWidget *parent = nullptr);

    /// Offers what the task has.
    void setTask(const Task &task);
    std::vector<std::string> chosen() const;
    void choose(std::vector<std::string> methods);

    void readSettings();
    void writeSettings() const;

Q_SIGNALS:
    void changed();

private:
    QGridLayout *m_grid;
    std::vector<QCheckBox *> m_boxes;
    QLineEdit *m_more;
    const Task *m_task;
};

/// The methods that the form and the menu offer, by name; further ones can be typed.
QStringList offeredMethods();
/// Their title, as in tables.
QString methodTitle(const QString &name);

} // namespace dscope
