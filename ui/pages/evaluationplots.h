// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QSplitter>

#include <vector>

class QTabBar;

namespace dscope {

class EvaluationState;
class LiveTradeoff;
class PlainPlot;
class RocPlot;

/// The plots of runs on pairs in two tabbed panels: ROC, DET and scores on the left; trade-off, CMC, discard and search on the right.
class EvaluationPlots : public QSplitter {
    Q_OBJECT
public:
    explicit EvaluationPlots(EvaluationState *state, QWidget *parent = nullptr);

    RocPlot *roc() const { return m_roc; }
    LiveTradeoff *tradeoff() const { return m_tradeoff; }
    /// All, from left to right.
    const std::vector<PlainPlot *> &all() const { return m_all; }
    /// Brings one of all() to the front.
    void bringToFront(int plot) const;

private:
    void addPanel(QTabBar *tabs, const std::vector<PlainPlot *> &plots, QWidget *corner);

    RocPlot *m_roc;
    LiveTradeoff *m_tradeoff;
    QTabBar *m_left;
    QTabBar *m_right;
    std::vector<PlainPlot *> m_all;
};

} // namespace dscope
