// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/views/parts.h"

#include <QFormLayout>
#include <QGridLayout>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QScrollArea>
#include <QSplitter>
#include <QTableView>
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

QVBoxLayout *fillingColumn(QWidget *widget, int spacing)
{
    auto *column = new QVBoxLayout(widget);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(spacing);
    return column;
}

void dress(QTableView *table)
{
    table->verticalHeader()->hide();
    table->setSelectionMode(QAbstractItemView::SingleSelection);
    table->setAlternatingRowColors(true);
    table->setShowGrid(false);
    table->setWordWrap(false);
    table->setHorizontalScrollMode(QAbstractItemView::ScrollPerPixel);
    table->setVerticalScrollMode(QAbstractItemView::ScrollPerPixel);
    table->setTabKeyNavigation(false);
    table->horizontalHeader()->setHighlightSections(false);
}

void addPlot(QSplitter *across, QWidget *plot, const QString &name, QWidget *corner)
{
    auto *box = new QWidget(across);
    QVBoxLayout *column = fillingColumn(box, 0);
    column->setContentsMargins(0, 4, 0, 0);
    auto *head = new QHBoxLayout;
    head->setContentsMargins(8, 0, 8, 0);
    auto *title = new QLabel(name, box);
    title->setBuddy(plot);
    head->addWidget(title);
    head->addStretch(1);
    if (corner != nullptr)
        head->addWidget(corner);
    column->addLayout(head);
    column->addWidget(plot, 1);
    across->addWidget(box);
}

QScrollArea *scrolled(QLabel *text, const QString &name, QWidget *parent)
{
    auto *area = new QScrollArea(parent);
    area->setWidgetResizable(true);
    area->setFrameShape(QFrame::NoFrame);
    text->setObjectName(name);
    text->setWordWrap(true);
    text->setMargin(8);
    text->setAlignment(Qt::AlignLeft | Qt::AlignTop);
    text->setTextInteractionFlags(Qt::TextSelectableByMouse);
    area->setWidget(text);
    return area;
}

QWidget *row(std::initializer_list<QWidget *> widgets)
{
    auto *box = new QWidget;
    auto *line = new QHBoxLayout(box);
    line->setContentsMargins(0, 0, 0, 0);
    for (QWidget *widget : widgets)
        line->addWidget(widget, qobject_cast<QLineEdit *>(widget) != nullptr ? 1 : 0);
    return box;
}

void addRow(QFormLayout *form, const QString &text, QWidget *field, QWidget *named)
{
    auto *label = new QLabel(text, form->parentWidget());
    label->setBuddy(named);
    named->setAccessibleName(QString(text).remove(QLatin1Char('&')));
    form->addRow(label, field);
}

void addButtons(QBoxLayout *column, std::initializer_list<QPushButton *> buttons, int width)
{
    auto *line = new QHBoxLayout;
    line->addStretch();
    for (QPushButton *button : buttons) {
        button->setMinimumHeight(34);
        button->setMinimumWidth(width);
        line->addWidget(button);
    }
    line->addStretch();
    column->addLayout(line);
}

void addNote(QBoxLayout *column, QLabel *note, const QString &name)
{
    note->setObjectName(name);
    note->setAlignment(Qt::AlignCenter);
    note->setWordWrap(true);
    note->setTextFormat(Qt::PlainText);
    column->addWidget(note);
}

void placeInMiddle(QBoxLayout *outer, QWidget *page, QVBoxLayout *column, int width, int share)
{
    auto *centre = new QHBoxLayout;
    centre->addStretch(1);
    auto *box = new QWidget(page);
    box->setLayout(column);
    box->setMaximumWidth(width);
    centre->addWidget(box, share);
    centre->addStretch(1);
    outer->addLayout(centre);
    outer->addStretch(3);
}

} // namespace dscope
