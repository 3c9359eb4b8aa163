// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/plots/densitypoints.h"
#include "ui/plots/plainplot.h"

#include <span>

namespace dscope {

/// What a DDNet says of the pictures held out against what it should say: a perfect one lies on the diagonal.
class AgreementPlot : public PlainPlot {
    Q_OBJECT
public:
    explicit AgreementPlot(QWidget *parent = nullptr);
    void setScores(std::span<const double> targets, std::span<const double> predictions);
    int points() const { return static_cast<int>(m_points->points().size()); }

protected:
    void style() override;

private:
    DensityPoints *m_points;
    QCPItemStraightLine *m_diagonal;
};

/// How both are spread: a network that says the same of everything shows here.
class TwoHistograms : public PlainPlot {
    Q_OBJECT
public:
    explicit TwoHistograms(QWidget *parent = nullptr);
    static constexpr int bins = 40;
    void setScores(std::span<const double> targets, std::span<const double> predictions);

protected:
    void style() override;

private:
    QCPBars *m_targets;
    QCPGraph *m_predictions;
};

} // namespace dscope
