// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/models/evaluationstate.h"

#include <QWidget>

#include <vector>

class QLabel;
class QListView;
class QMenu;
class QPushButton;
class QToolButton;

namespace dscope {

class RunModel;

/// The runs of the page for evaluation, by name and colour, and below them which set is in memory.
class RunList : public QWidget {
    Q_OBJECT
public:
    explicit RunList(EvaluationState *state, QWidget *parent = nullptr);

    QListView *list() const { return m_runs; }
    /// Runs that are marked, by their numbers.
    std::vector<int> chosen() const;
    void removeChosen();
    /// Marks the run in this row too.
    void mark(int row);
    /// The methods that are offered, and a way to type another one.
    void fillMethodMenu(QMenu *menu);
    void setSetText(const QString &text);
    void enableAdding(bool on);
    /// Whether features can be loaded that are not in memory, and whether now.
    void offerLoading(bool offered, bool now);

Q_SIGNALS:
    void choiceChanged();
    /// A method by name is wanted as a run.
    void methodWanted(const QString &name);
    void loadingWanted();

protected:
    void changeEvent(QEvent *event) override;

private:
    void buildHead();
    void buildList();
    void followPalette();
    void askForMethod();
    void showMenu(const QPoint &point);

    EvaluationState *m_state;
    RunModel *m_model;
    QListView *m_runs;
    QLabel *m_set;
    QPushButton *m_load;
    QToolButton *m_add = nullptr;
    QToolButton *m_remove = nullptr;
};

} // namespace dscope
