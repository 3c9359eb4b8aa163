// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/device.h"
#include "core/base/hostfloats.h"
#include "core/base/progress.h"
#include "core/threshold/livethreshold.h"
#include "core/threshold/pairplan.h"
#include "core/threshold/scoreroc.h"
#include "core/threshold/templateprefixes.h"

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace dscope {

/// What every pass over a benchmark needs, whatever rule and threshold: made once, never changed, shared between threads.
struct PreparedSet {
    std::shared_ptr<const TemplateFeatures> set;
    std::shared_ptr<const TemplatePairs> pairs;
    TemplatePrefixes prefixes;
    PairPlan genuine;
    PairPlan impostor;
    std::vector<std::uint8_t> enrolled; ///< [T], 0 for a template without a face; empty when all have one
    std::int64_t notEnrolled = 0;       ///< templates without a face
    std::int64_t splits = 1;
    std::vector<std::uint16_t> genuineSplit; ///< of each pair, in the order of its plan; empty with one split
    std::vector<std::uint16_t> impostorSplit;

    /// @param splitBegins where each split of the pairs begins; fewer than two: there is one
    /// @throws Error when a pair names no template of the set or one of the two kinds is missing (in any split), Cancelled
    PreparedSet(std::shared_ptr<const TemplateFeatures> features, std::shared_ptr<const TemplatePairs> compared, bool normaliseFeatures, Progress &progress,
                std::span<const std::int64_t> splitBegins = {});
    /// Bytes held beside the set and the pairs as they were given.
    std::int64_t bytes() const;
};

class DevicePairs;

/// One pass over every pair at one threshold, and what follows from it. Keeps its memory from pass to pass.
class ExactPass {
public:
    /// @param device where the impostor pairs are scored and sorted; their few genuine ones and the templates are the CPU's
    ExactPass(std::shared_ptr<const PreparedSet> prepared, const Device &device);
    ~ExactPass();

    /// Templates, all scores, and their order. @throws Error when a score is not a number, Cancelled
    void run(const LinearRule &rule, double t, Progress &progress);
    /// Templates and scores without the order, for a ranking.
    void scoreOnly(const LinearRule &rule, double t, Progress &progress) { score(rule, t, false, progress); }

    const PreparedSet &prepared() const { return *m_prepared; }
    const KeptFigures &kept() const { return m_kept; }
    std::span<const float> units() const { return m_units.values(); }
    /// In the order of the plans.
    std::span<const float> genuine() const { return m_genuine; }
    std::span<const float> impostor() const { return m_impostor.values(); }
    /// Largest first; after run() only.
    std::span<const float> sortedGenuine() const { return m_sortedGenuine; }
    std::span<const float> sortedImpostor() const { return m_sortedImpostor.values(); }
    ScoreRoc roc() const { return {m_sortedGenuine, m_sortedImpostor.values()}; }

    /// Pairs with the lowest genuine or the highest impostor scores, at most `count`, hardest first; none that could not be compared.
    std::vector<NotablePair> hardestGenuine(std::size_t count) const;
    std::vector<NotablePair> hardestImpostor(std::size_t count) const;

private:
    void score(const LinearRule &rule, double t, bool order, Progress &progress);

    std::shared_ptr<const PreparedSet> m_prepared;
    Device m_device;
    std::unique_ptr<DevicePairs> m_onDevice;
    KeptFigures m_kept;
    std::vector<std::uint32_t> m_counts;
    // What travels to and from the device.
    HostFloats m_units;
    HostFloats m_impostor;
    HostFloats m_sortedImpostor;
    std::vector<float> m_genuine;
    std::vector<float> m_sortedGenuine;
};

} // namespace dscope
