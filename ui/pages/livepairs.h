// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/threshold/livethreshold.h"
#include "ui/models/livemethods.h"
#include "ui/models/tarmodel.h"

#include <QObject>
#include <QPointer>

#include <optional>
#include <string>

namespace dscope {

class EvaluationPlots;
class EvaluationTables;
class LiveBar;
class LiveEngine;
class RecommendDialog;
struct TradeoffPoint;

/// The live threshold on a set of pairs: what the bar and the plots ask for goes to the engine, and what that finds comes into bar, plots and table.
class LivePairs : public QObject {
    Q_OBJECT
public:
    LivePairs(EvaluationState *state, LiveEngine *engine, EvaluationPlots *plots, EvaluationTables *tables, QWidget *parent);
    ~LivePairs() override;

    LiveBar *bar() const { return m_bar; }
    /// The method that slider and list stand for.
    std::optional<Method> method() const;
    TakenRecommendation &taken() { return m_taken; }
    const TakenRecommendation &taken() const { return m_taken; }
    /// Another set, or none; nothing is computed before start().
    void setSet(EvaluationSetPtr set);
    /// @param resamples of the bootstrap behind the exact values
    void start(int resamples);
    /// The FAR targets to choose from.
    void updateFars();
    void recommend();
    /// What it gives, in one sentence for a report; empty: nothing yet.
    std::string sentence() const;

Q_SIGNALS:
    /// There is something to move, as there was not.
    void readyChanged();
    /// A method by name is wanted as a run.
    void methodWanted(const QString &name);
    void recommendationChanged();

private:
    struct Readout;
    void followState();
    void followEngine();
    /// Begins on the split that is wanted now.
    void arrange();
    void update();
    void updatePrices();
    void readExact(const LiveExact &exact, Readout &out) const;
    void readEstimate(const LiveEstimate &estimate, Readout &out) const;
    /// Of the TAR table.
    LiveRow rowOf(const Readout &out) const;
    void applyPoint(const TradeoffPoint &point);

    EvaluationState *m_state;
    LiveEngine *m_engine;
    EvaluationPlots *m_plots;
    EvaluationTables *m_tables;
    LiveBar *m_bar;
    EvaluationSetPtr m_set;
    int m_resamples = 0;
    QPointer<RecommendDialog> m_recommend;
    TakenRecommendation m_taken;
};

} // namespace dscope
