// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>
#include <QStringList>

#include <initializer_list>

class QBoxLayout;
class QFormLayout;
class QLabel;
class QPushButton;
class QScrollArea;
class QSplitter;
class QTableView;
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
/// A column that fills the widget to its edges.
QVBoxLayout *fillingColumn(QWidget *widget, int spacing = 2);
/// A table of figures in rows, without lines between them.
void dress(QTableView *table);
/// A long text to read and to copy from, which scrolls where it does not fit.
QScrollArea *scrolled(QLabel *text, const QString &name, QWidget *parent);
/// A plot below its name, with what chooses what it shows in the corner (null: nothing), beside the ones before.
void addPlot(QSplitter *across, QWidget *plot, const QString &name, QWidget *corner);
/// Widgets beside each other, of which a line of text takes the room that is left.
QWidget *row(std::initializer_list<QWidget *> widgets);
/// A row of a form whose text is the key to `named` and its name for screen readers.
void addRow(QFormLayout *form, const QString &text, QWidget *field, QWidget *named);
/// The large buttons below a form.
void addButtons(QBoxLayout *column, std::initializer_list<QPushButton *> buttons, int width);
/// What is to be said below them.
void addNote(QBoxLayout *column, QLabel *note, const QString &name);
/// The column in the middle of a page, no wider than is good to read. @param share of the room, of which a sixth or so stays free at either side
void placeInMiddle(QBoxLayout *outer, QWidget *page, QVBoxLayout *column, int width, int share);

} // namespace dscope
