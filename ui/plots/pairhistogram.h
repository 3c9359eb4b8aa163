// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/plots/runplot.h"

namespace dscope {

/// How the scores of genuine and of impostor pairs are spread: solid and dotted outlines, the current run's filled.
class PairHistogram : public RunPlot {
    Q_OBJECT
public:
    explicit PairHistogram(EvaluationState *state, QWidget *parent = nullptr);

protected:
    bool draw() override;
    void fit() override;
    QString emptyText() const override;
    void style() override;
    void placeLabels() override;

private:
    void drawThreshold();

    double m_highest = 0;
    double m_from = -1;
    double m_to = 1;
    QCPItemStraightLine *m_threshold;
    QCPItemText *m_label;
    double m_at = 0;
};

} // namespace dscope
