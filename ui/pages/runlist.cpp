// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/runlist.h"

#include "ui/models/runmodel.h"
#include "ui/pages/methodchoice.h"
#include "ui/theme.h"
#include "ui/views/parts.h"

#include <QEvent>
#include <QInputDialog>
#include <QLabel>
#include <QListView>
#include <QMenu>
#include <QPushButton>
#include <QToolButton>
#include <QVBoxLayout>

namespace dscope {

RunList::RunList(EvaluationState *state, QWidget *parent)
    : QWidget(parent), m_state(state), m_model(new RunModel(state, this)), m_runs(new QListView(this)), m_set(new QLabel(this)),
      m_load(new QPushButton(tr("Load the features"), this))
{
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(8, 8, 0, 6);
    column->setSpacing(4);
    buildHead();
    buildList();
    column->addWidget(m_runs, 1);
    m_set->setObjectName(QStringLiteral("setText"));
    m_set->setWordWrap(true);
    m_set->setTextFormat(Qt::PlainText);
    m_set->setTextInteractionFlags(Qt::TextSelectableByMouse);
    column->addWidget(m_set);
    m_load->setObjectName(QStringLiteral("loadFeatures"));
    m_load->setToolTip(tr("Reads the benchmark again, with its features, for the live threshold and the pictures behind the pairs. Runs are not made anew; "
                          "features that are not there yet are extracted."));
    m_load->hide();
    connect(m_load, &QPushButton::clicked, this, &RunList::loadingWanted);
    column->addWidget(m_load);
    setMinimumWidth(190);
    followPalette();
}

void RunList::buildHead()
{
    auto *head = new QHBoxLayout;
    head->addWidget(new QLabel(QStringLiteral("<b>%1</b>").arg(tr("Runs")), this), 1);
    m_add = addTool(head, this, QStringLiteral("runAdd"), tr("Add a run"), tr("Another method on the same features"));
    m_add->setPopupMode(QToolButton::InstantPopup);
    auto *menu = new QMenu(m_add);
    menu->setObjectName(QStringLiteral("runAddMenu"));
    fillMethodMenu(menu);
    m_add->setMenu(menu);
    m_remove = addTool(head, this, QStringLiteral("runRemove"), tr("Remove the chosen runs"), tr("Remove the chosen runs (Del); it can be undone"));
    connect(m_remove, &QToolButton::clicked, this, &RunList::removeChosen);
    static_cast<QVBoxLayout *>(layout())->addLayout(head);
}

void RunList::buildList()
{
    m_runs->setObjectName(QStringLiteral("runList"));
    m_runs->setAccessibleName(tr("Runs: a tick shows one in the plots, F2 renames it"));
    m_runs->setModel(m_model);
    m_runs->setSelectionMode(QAbstractItemView::ExtendedSelection);
    m_runs->setEditTriggers(QAbstractItemView::EditKeyPressed | QAbstractItemView::DoubleClicked);
    m_runs->setWordWrap(false);
    m_runs->setSpacing(1);
    m_runs->setContextMenuPolicy(Qt::CustomContextMenu);
    connect(m_runs, &QListView::customContextMenuRequested, this, &RunList::showMenu);
    connect(m_runs->selectionModel(), &QItemSelectionModel::currentChanged, this, [this](const QModelIndex &index) {
        if (index.isValid())
            m_state->setCurrent(m_model->idAt(index.row()));
        Q_EMIT choiceChanged();
    });
    const auto follow = [this] {
        m_remove->setEnabled(!chosen().empty());
        Q_EMIT choiceChanged();
    };
    connect(m_runs->selectionModel(), &QItemSelectionModel::selectionChanged, this, follow);
    connect(m_model, &QAbstractItemModel::modelReset, this, [this, follow] {
        if (const int row = m_model->rowOf(m_state->current()); row >= 0)
            m_runs->setCurrentIndex(m_model->index(row));
        follow();
    });
    connect(m_state, &EvaluationState::currentChanged, this, [this](int id) {
        if (const int row = m_model->rowOf(id); row >= 0 && m_runs->currentIndex().row() != row)
            m_runs->setCurrentIndex(m_model->index(row));
    });
    m_remove->setEnabled(false);
}

void RunList::fillMethodMenu(QMenu *menu)
{
    for (const QString &name : offeredMethods()) {
        QAction *action = menu->addAction(methodTitle(name), this, [this, name] { Q_EMIT methodWanted(name); });
        action->setObjectName(QStringLiteral("add_") + name);
    }
    menu->addSeparator();
    menu->addAction(tr("&Another…"), this, [this] { askForMethod(); });
}

void RunList::askForMethod()
{
    auto *ask = new QInputDialog(this);
    ask->setAttribute(Qt::WA_DeleteOnClose);
    ask->setObjectName(QStringLiteral("askForMethod"));
    ask->setInputMode(QInputDialog::TextInput);
    ask->setWindowTitle(tr("Add a run"));
    ask->setLabelText(tr("A method by name, such as ddl:t=0.3, ddl:media-first, top-k:10, quality:NAME or nan:FILE:"));
    ask->setTextValue(QStringLiteral("ddl:t=0.3"));
    connect(ask, &QInputDialog::textValueSelected, this, [this](const QString &name) { Q_EMIT methodWanted(name.trimmed()); });
    ask->open();
}

std::vector<int> RunList::chosen() const
{
    std::vector<int> ids;
    for (const QModelIndex &index : m_runs->selectionModel()->selectedRows())
        ids.push_back(m_model->idAt(index.row()));
    return ids;
}

void RunList::removeChosen()
{
    m_state->removeRuns(chosen());
}

void RunList::mark(int row)
{
    m_runs->selectionModel()->select(m_model->index(row), QItemSelectionModel::Select);
}

void RunList::showMenu(const QPoint &point)
{
    const QModelIndex index = m_runs->indexAt(point);
    if (!index.isValid())
        return;
    const int id = m_model->idAt(index.row());
    auto *menu = new QMenu(this);
    menu->setAttribute(Qt::WA_DeleteOnClose);
    menu->setObjectName(QStringLiteral("runMenu"));
    menu->addAction(tr("Re&name"), this, [this, index] { m_runs->edit(index); });
    QMenu *colours = menu->addMenu(tr("&Colour"));
    for (int colour = 0; colour < runColours; ++colour)
        colours->addAction(swatch(runColour(colour, palette())), runColourName(colour), this, [this, id, colour] { m_state->recolour(id, colour); });
    menu->addAction(tr("Re&move"), this, [this, id] { m_state->removeRuns({id}); });
    menu->popup(m_runs->viewport()->mapToGlobal(point));
}

void RunList::setSetText(const QString &text)
{
    m_set->setText(text);
}

void RunList::enableAdding(bool on)
{
    m_add->setEnabled(on);
}

void RunList::offerLoading(bool offered, bool now)
{
    m_load->setVisible(offered);
    m_load->setEnabled(now);
}

void RunList::followPalette()
{
    m_add->setIcon(themedIcon(QStringLiteral("add"), palette()));
    m_remove->setIcon(themedIcon(QStringLiteral("exclude"), palette()));
    m_model->setPalette(palette());
}

void RunList::changeEvent(QEvent *event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange && m_remove != nullptr)
        followPalette();
}

} // namespace dscope
