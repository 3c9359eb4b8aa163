// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/progress.h"

#include <cstdint>
#include <span>
#include <vector>

namespace dscope {

/// Templates for 1:N search: features need not be of unit length, they are made so (score = dot product of unit templates).
struct TemplateSet {
    std::span<const float> features;   ///< row-major [N, dim]
    std::span<const std::int64_t> ids; ///< [N] identities
    /// [N], 0 for a template that could not be enrolled: it scores lowest against all, so its mates are never found, at no rank. Empty: all are
    std::span<const std::uint8_t> enrolled = {};
};

/// TPIR at one FPIR target.
struct FpirPoint {
    double fpir = 0;
    double tpir = 0;                   ///< hits / mated
    double threshold = 0;              ///< sort_desc(best score of each non-mated probe)[max(int(N_nonmated FPIR) - 1, 0)]
    std::int64_t hits = 0;             ///< mated score strictly above the probe's own best negative and strictly above the threshold
    std::int64_t nonMatedAccepted = 0; ///< non-mated probes whose best score is strictly above the threshold
    double realisedFpir = 0;           ///< nonMatedAccepted / nonMated
};

/// Rank-k of one gallery. Rank = 1 + number of negatives strictly above the mated score.
struct RankPoint {
    std::int64_t k = 0;
    std::int64_t hits = 0;
};

/// One gallery searched with all probes; a probe whose identity it does not hold is non-mated.
struct GallerySearch {
    std::vector<FpirPoint> tpir;
    std::vector<RankPoint> rank;
    std::int64_t mated = 0;
    std::int64_t nonMated = 0;
    std::vector<std::int64_t> cmc; ///< hits at rank 1, 2, 3 ... up to cmcRanks or the gallery's size
    std::vector<double> curve;     ///< TPIR at each of searchCurveFpirs()
};
/// Up to which rank the CMC goes.
inline constexpr std::int64_t cmcRanks = 100;
/// Where TPIR is taken for drawing: ten FPIRs a decade from 1e-4 to 1.
const std::vector<double> &searchCurveFpirs();
/// @throws Error if sizes do not fit, an identity is twice in the gallery, or no probe is mated or none is non-mated; Cancelled
GallerySearch searchGallery(const TemplateSet &gallery, const TemplateSet &probes, std::int64_t dim, std::span<const double> fpirs,
                            std::span<const std::int64_t> ranks, Progress &progress);

/// IJB-B / IJB-C 1:N (protocols.md, section 3): galleries apart, then put together.
struct Identification {
    std::vector<GallerySearch> galleries;
    std::vector<double> tpir; ///< a FPIR target each: unweighted mean over the galleries
    std::vector<double> rank; ///< a k each: sum of hits / sum of mated
    /// The CMC: at rank 1, 2, 3 ... up to cmcRanks or the largest gallery's size, sum of hits / sum of mated. In a gallery that is smaller everyone who is
    /// found at all has been found at its size. Empty in what an older version wrote.
    std::vector<double> cmc;
    std::vector<double> curve; ///< TPIR at each of searchCurveFpirs(), as `tpir`; empty in what an older version wrote
};
Identification combine(std::vector<GallerySearch> galleries);

} // namespace dscope
