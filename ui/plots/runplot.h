// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/models/evaluationstate.h"
#include "ui/plots/plainplot.h"

#include <memory>

namespace dscope {

/// What the plots of several runs share: a curve a shown run in its colour, a legend, wheel and drag to look closer, a double click back to everything.
/// Runs differ in the shape of their marks as well as in colour.
class RunPlot : public PlainPlot {
    Q_OBJECT
public:
    RunPlot(EvaluationState *state, const QString &name, QWidget *parent = nullptr);

    /// Curves on show; for tests.
    int curveCount() const { return m_curves; }
    void showAll();

protected:
    /// Draws all shown runs; `fit` sets the axes' ranges. Returns false when there is nothing, for which `emptyText()` stands.
    virtual bool draw() = 0;
    virtual void fit() = 0;
    virtual QString emptyText() const = 0;

    /// All curves and items of the last drawing are gone when draw() is called.
    QCPGraph *addCurve(const ShownRun &run, const QVector<double> &x, const QVector<double> &y, bool inLegend = true);
    void redraw();
    /// The same where the ranges stay as the user has them.
    void redrawInPlace();
    QColor colourOf(const ShownRun &run) const { return runColour(run.colour, palette()); }
    static QCPScatterStyle::ScatterShape shapeOf(int colour);
    void useLog(QCPAxis *axis, double from, double to);

    void style() override;
    void mouseDoubleClickEvent(QMouseEvent *event) override;
    void changeEvent(QEvent *event) override;
    void showEvent(QShowEvent *event) override;
    /// As replot(), but a plot behind another tab waits until it is looked at.
    void paintSoon();

    EvaluationState *m_state;

private:
    void boundLegend();

    static constexpr int s_legendMost = 12; ///< names; further curves are counted: the list of runs has them all
    QCPTextElement *m_more = nullptr;       ///< "and 8 more"
    bool m_stale = false;
    int m_curves = 0;
    std::vector<QCPGraph *> m_graphs;
};

/// False non-match rate over false match rate, both logarithmic.
class DetPlot : public RunPlot {
    Q_OBJECT
public:
    explicit DetPlot(EvaluationState *state, QWidget *parent = nullptr);

protected:
    bool draw() override;
    void fit() override;
    QString emptyText() const override;

private:
    double m_leftmost = 1;
    double m_lowest = 1;
};

/// Cumulative match characteristic: identification rate by rank (logarithmic), with marks at the table's ranks. Runs of an older version have the marks alone.
class CmcPlot : public RunPlot {
    Q_OBJECT
public:
    explicit CmcPlot(EvaluationState *state, QWidget *parent = nullptr);

protected:
    bool draw() override;
    void fit() override;
    QString emptyText() const override;

private:
    double m_lowest = 1;
    double m_last = 1;
};

/// Open-set search: detection and identification rate (TPIR) over the share of strangers let in (FPIR, logarithmic), with marks at the table's targets.
class SearchPlot : public RunPlot {
    Q_OBJECT
public:
    explicit SearchPlot(EvaluationState *state, QWidget *parent = nullptr);

protected:
    bool draw() override;
    void fit() override;
    QString emptyText() const override;

private:
    double m_lowest = 1;
    double m_leftmost = 1;
};

/// Error versus discard: at a fixed threshold (solid) and with the threshold set anew (dashed).
class DiscardPlot : public RunPlot {
    Q_OBJECT
public:
    explicit DiscardPlot(EvaluationState *state, QWidget *parent = nullptr);

protected:
    bool draw() override;
    void fit() override;
    QString emptyText() const override;

private:
    double m_highest = 0;
};

} // namespace dscope
