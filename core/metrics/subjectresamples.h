// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/progress.h"
#include "core/metrics/statistics.h"
#include "core/sets/templates.h"
#include "core/threshold/pairplan.h"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace dscope {

/// Bootstrap over subjects for TAR at FAR targets, at the size of IJB-C: the intervals of bootstrap() with PersonPairs::tarAtFar(), from the
/// same draws, without sorting all pairs or counting them anew for every resample.
///
/// The subjects are those of the pairs, in the order in which they first appear; a template whose subject is not known counts as one of its own.
/// The draws are made once and shared by all that is compared, so differences are paired. All resamples walk down the hardest impostor pairs
/// side by side; the walk ends where the last of them has reached its last target.
class SubjectResamples {
public:
    /// @param pairs as they were given @param genuine, impostor the plans whose scores will come; both must outlive this @throws Cancelled
    SubjectResamples(const TemplateFeatures &set, const TemplatePairs &pairs, const PairPlan &genuine, const PairPlan &impostor, int resamples,
                     std::uint64_t seed, Progress &progress);

    /// False when there can be no intervals: no subject is known, or labels say otherwise than subjects.
    bool known() const { return m_reason.empty(); }
    /// Why not, in words.
    const std::string &reason() const { return m_reason; }
    std::int32_t subjects() const { return m_subjects; }
    /// Templates that are compared and whose subject is not known.
    std::int64_t unknown() const { return m_unknown; }

    /// Intervals of the strict TARs. @param genuine, impostor scores in the order of their plans @param sorted the impostors', descending
    /// @param first how many of the hardest impostor pairs are looked at first, before the number is doubled; 0: what nearly always suffices
    /// @throws Error when no resample gave a value, Cancelled
    std::vector<Interval> intervals(std::span<const float> genuine, std::span<const float> impostor, std::span<const float> sorted,
                                    std::span<const double> fars, double level, Progress &progress, std::int64_t first = 0) const;

private:
    struct Entry {
        float score;
        std::int32_t a;
        std::int32_t b;
    };
    std::uint16_t times(std::int32_t subject, std::size_t resample) const { return m_times[static_cast<std::size_t>(subject) * m_width + resample]; }
    std::vector<Entry> hardest(std::span<const float> impostor, std::span<const float> sorted, std::int64_t count, Progress &progress) const;

    const PairPlan &m_genuine;
    const PairPlan &m_impostor;
    std::vector<std::int32_t> m_of; ///< [T], the person of a template; -1 where it is not compared
    std::int32_t m_subjects = 0;
    std::size_t m_resamples = 0;
    std::size_t m_width = 0;            ///< resamples, filled up to whole vectors
    std::vector<std::uint16_t> m_times; ///< [subjects, width], how often each was drawn
    std::uint16_t m_most = 0;
    std::vector<std::int64_t> m_impostors; ///< [width], weight of all impostor pairs
    std::string m_reason;
    std::int64_t m_unknown = 0;
};

} // namespace dscope
