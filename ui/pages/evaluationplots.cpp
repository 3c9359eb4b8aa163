// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/evaluationplots.h"

#include "ui/models/evaluationstate.h"
#include "ui/plots/livetradeoff.h"
#include "ui/plots/pairhistogram.h"
#include "ui/plots/rocplot.h"
#include "ui/plots/runplot.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QStackedWidget>
#include <QTabBar>

namespace dscope {

EvaluationPlots::EvaluationPlots(EvaluationState *state, QWidget *parent)
    : QSplitter(Qt::Horizontal, parent), m_roc(new RocPlot(state)), m_tradeoff(new LiveTradeoff), m_left(new QTabBar(this)), m_right(new QTabBar(this))
{
    setChildrenCollapsible(false);
    m_left->setObjectName(QStringLiteral("leftPlots"));
    m_left->setAccessibleName(tr("Plots on the left"));
    addPanel(m_left, {m_roc, new DetPlot(state), new PairHistogram(state)}, nullptr);
    m_right->setObjectName(QStringLiteral("rightPlots"));
    m_right->setAccessibleName(tr("Plots on the right"));
    QComboBox *axis = m_tradeoff->makeAcrossBox(QStringLiteral("tradeoffAcross"), tr("faces kept"));
    addPanel(m_right, {m_tradeoff, new CmcPlot(state), new DiscardPlot(state), new SearchPlot(state)}, axis);
    connect(m_right, &QTabBar::currentChanged, axis, [axis](int tab) { axis->setVisible(tab == 0); });
    m_tradeoff->setFar(state->far());
    setSizes({600, 580});
}

void EvaluationPlots::addPanel(QTabBar *tabs, const std::vector<PlainPlot *> &plots, QWidget *corner)
{
    auto *box = new QWidget(this);
    auto *column = new QVBoxLayout(box);
    column->setContentsMargins(0, 4, 0, 0);
    column->setSpacing(0);
    auto *head = new QHBoxLayout;
    head->setContentsMargins(4, 0, 8, 0);
    head->addWidget(tabs);
    head->addStretch(1);
    if (corner != nullptr)
        head->addWidget(corner);
    column->addLayout(head);
    auto *stack = new QStackedWidget(box);
    for (PlainPlot *plot : plots) {
        stack->addWidget(plot);
        tabs->addTab(plot->accessibleName());
        m_all.push_back(plot);
    }
    tabs->setDrawBase(false);
    tabs->setExpanding(false);
    connect(tabs, &QTabBar::currentChanged, stack, &QStackedWidget::setCurrentIndex);
    column->addWidget(stack, 1);
    addWidget(box);
}

void EvaluationPlots::bringToFront(int plot) const
{
    if (plot < m_left->count())
        m_left->setCurrentIndex(plot);
    else
        m_right->setCurrentIndex(plot - m_left->count());
}

} // namespace dscope
