// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/parts.h"

#include <QGridLayout>
#include <QLabel>
#include <QToolButton>

namespace dscope {

QToolButton *addTool(QBoxLayout *line, QWidget *parent, const QString &name, const QString &text, const QString &tip)
{
    auto *button = new QToolButton(parent);
    button->setObjectName(name);
    button->setAccessibleName(text);
    button->setToolTip(tip);
    button->setAutoRaise(true);
    line->addWidget(button);
    return button;
}

QLabel *makeNarrowLabel(QWidget *parent, const QString &name)
{
    auto *label = new QLabel(parent);
    label->setObjectName(name);
    label->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    return label;
}

QLabel *addSteps(QVBoxLayout *column, QWidget *parent, const QString &title, double size, const QStringList &steps, int width, int spacing)
{
    auto *head = new QLabel(title, parent);
    QFont big = head->font();
    big.setPointSizeF(big.pointSizeF() * size);
    big.setBold(true);
    head->setFont(big);
    head->setAlignment(Qt::AlignCenter);
    head->setWordWrap(true);
    column->addWidget(head);
    column->addSpacing(spacing - 2);
    auto *grid = new QGridLayout;
    grid->setHorizontalSpacing(14);
    grid->setVerticalSpacing(spacing);
    QLabel *text = nullptr;
    for (int i = 0; i < steps.size(); ++i) {
        auto *number = new QLabel(QString::number(i + 1), parent);
        QFont font = number->font();
        font.setPointSizeF(font.pointSizeF() * 1.5);
        font.setBold(true);
        number->setFont(font);
        number->setForegroundRole(QPalette::Highlight);
        text = new QLabel(steps[i], parent);
        text->setWordWrap(true);
        text->setMinimumWidth(width);
        grid->addWidget(number, i, 0, Qt::AlignTop | Qt::AlignRight);
        grid->addWidget(text, i, 1);
    }
    grid->setColumnStretch(1, 1);
    column->addLayout(grid);
    return text;
}

} // namespace dscope
