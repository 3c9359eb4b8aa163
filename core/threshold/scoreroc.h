// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/metrics/verification.h"

#include <cstdint>
#include <span>
#include <vector>

namespace dscope {

/// The full ROC of millions of pairs without writing it down: two descending lists of scores hold it, and what is asked of it is found by
/// bisection. Every answer equals that of fullRoc() and the functions beside it (core/metrics/verification.h) to the last count.
class ScoreRoc {
public:
    /// @param genuine, impostor descending, as sortScores() leaves them; they must outlive this
    /// @throws Error if one of the two kinds is missing
    ScoreRoc(std::span<const float> genuine, std::span<const float> impostor);

    FarPoint tarAtFar(double target, FarRule rule) const;
    std::vector<FarPoint> tarAtFar(std::span<const double> targets, FarRule rule) const;
    Eer equalErrorRate() const;
    /// At most `count` vertices for drawing: (0, TAR) where no impostor is accepted, then log-spaced in FAR, the last one (1, 1). All are
    /// vertices of the full ROC.
    void thinned(std::size_t count, std::vector<double> &far, std::vector<double> &tar) const;
    /// Every vertex from (0, 0) on where they are at most `most`, one after another that differ; else the strict one of every FAR on a logarithmic grid
    /// from one impostor pair to all, so that there are at most as many.
    void corners(std::size_t most, std::vector<double> &far, std::vector<double> &tar) const;

private:
    /// A vertex: what is accepted at "score >= threshold".
    struct Corner {
        std::int64_t fp;
        std::int64_t tp;
    };
    bool isFirst(const Corner &corner) const { return corner.fp == 0 && corner.tp == 0; }
    bool isLast(const Corner &corner) const;
    Corner next(Corner corner) const;
    Corner before(Corner corner) const;
    bool pruned(const Corner &corner) const;
    double threshold(const Corner &corner) const;
    double far(const Corner &corner) const { return static_cast<double>(corner.fp) / static_cast<double>(m_impostor.size()); }
    double tar(const Corner &corner) const { return static_cast<double>(corner.tp) / static_cast<double>(m_genuine.size()); }
    Corner strict(double target) const;
    Corner nearest(double target) const;

    std::span<const float> m_genuine;
    std::span<const float> m_impostor;
};

/// Shares of scores in `bins` equal bins over -1 ... 1; what rounding puts just outside falls into the outermost bins, pairs that could not be
/// compared (notEnrolled) into none.
std::vector<double> histogramOf(std::span<const float> descending, std::size_t bins);

} // namespace dscope
