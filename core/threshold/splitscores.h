// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/progress.h"
#include "core/metrics/verification.h"
#include "core/threshold/scoreroc.h"

#include <cstdint>
#include <span>
#include <vector>

namespace dscope {

struct PreparedSet;

/// The scores of a pass dealt out to the splits of a benchmark (IJB-A has ten), and their figures put together as overSplits() does it: TAR, realised
/// FAR, EER and score thresholds are means over the splits, counts are sums, and the population deviation over the splits stands beside each TAR.
class SplitScores {
public:
    /// @param prepared of more than one split; must outlive this
    explicit SplitScores(const PreparedSet &prepared);

    /// Deals out and sorts. @param genuine, impostor scores in the order of the plans @throws Error when a score is not a number, Cancelled
    void take(std::span<const float> genuine, std::span<const float> impostor, Progress &progress);

    std::size_t count() const { return m_genuine.size(); }
    ScoreRoc roc(std::size_t split) const { return {m_genuine[split], m_impostor[split]}; }
    /// @param deviation one per target
    std::vector<FarPoint> tarAtFar(std::span<const double> targets, FarRule rule, std::vector<double> &deviation) const;
    Eer equalErrorRate() const;
    /// The mean curve: at `count` FARs, evenly on a logarithmic scale from one impostor pair of the largest split to all, the mean of the splits' strict
    /// TARs; first (0, the mean TAR where no impostor is accepted).
    void meanRoc(std::size_t count, std::vector<double> &far, std::vector<double> &tar) const;
    /// Shares of scores in equal bins over -1 ... 1, means over the splits.
    std::vector<double> histogram(bool genuine, std::size_t bins) const;

private:
    const PreparedSet &m_prepared;
    std::vector<std::vector<float>> m_genuine; ///< by split, descending
    std::vector<std::vector<float>> m_impostor;
};

} // namespace dscope
