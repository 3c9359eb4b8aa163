// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/plots/plot.h"

namespace dscope {

/// How the D-scores are spread: the share of faces in each fiftieth of 0..1, of all faces and, over it, of the chosen groups.
class HistogramPlot : public Plot {
    Q_OBJECT
public:
    explicit HistogramPlot(ThresholdState *state, QWidget *parent = nullptr);

    static constexpr int bins = 50;

    void setDocument(DocumentPtr document);
    /// Overlay of these groups; none: no overlay.
    void setGroups(const std::vector<int> &groups);

    QPoint markerPoint() const override;
    /// Shares in per cent, one per bin; for tests.
    const QVector<double> &shares() const { return m_shares; }

protected:
    void style() override;
    void placeLegend() override {} // it goes to the half without the line
    void placeLabels() override;
    double thresholdAt(const QPoint &point) const override;

private:
    void fit();
    void moveMarker();

    DocumentPtr m_document;
    QCPBars *m_all;
    QCPBars *m_part;
    QCPItemRect *m_dropped;
    QCPItemStraightLine *m_line;
    QCPItemText *m_label;
    QVector<double> m_shares;
};

} // namespace dscope
