// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/threshold/liveretrieval.h"
#include "ui/plots/runplot.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace dscope {

/// The cumulative match characteristic of retrievals: the share of queries whose first match is among the first k, k from 1 to 50, with marks at the table's
/// ranks and the live threshold's figures as rings.
class RankPlot : public RunPlot {
    Q_OBJECT
public:
    explicit RankPlot(EvaluationState *state, QWidget *parent = nullptr);

    void setProtocol(RetrievalProtocol protocol);
    RetrievalProtocol protocol() const { return m_protocol; }
    /// Empty: there is none.
    void setLive(const std::optional<LiveRetrievalPoint> &point, const std::vector<std::int64_t> &ranks);

    static constexpr int lastRank = 50;

protected:
    bool draw() override;
    void fit() override;
    QString emptyText() const override;
    void style() override;

private:
    void drawLive();

    RetrievalProtocol m_protocol = RetrievalProtocol::Official;
    std::optional<LiveRetrievalPoint> m_point;
    std::vector<std::int64_t> m_ranks;
    QCPGraph *m_live;
    double m_lowest = 1;
    double m_last = 1;
};

} // namespace dscope
