#pragma once

#include "core/base/json.h"
#include "core/base/task.h"
#include "core/evaluation/represent.h"
#include "core/evaluation/templates.h"
#include "core/metrics/discard.h"
#include "core/metrics/identification.h"
#include "core/metrics/statistics.h"
#include "core/metrics/verification.h"

#include <optional>
#include <string>
#include <vector>

namespace dscope {

/// A pair worth looking at: templates by their place in the set.
struct NotablePair {
    std::uint32_t a = 0;
    std::uint32_t b = 0;
    float score = 0;
};

/// What one method does on one benchmark, with everything that must stand beside the figures; small enough to be saved in a project.
struct EvaluationRun {
    std::string benchmark;
    bool synthetic = false;
    std::string protocol; ///< in one sentence: rule, ties, switches
    std::string method;   ///< titleOf()
    std::string base;
    std::string ddnet;
    std::string device;
    std::int64_t templates = 0;
    std::int64_t faces = 0;
    std::int64_t notEnrolled = 0; ///< templates without a face
    std::int64_t genuine = 0;     ///< pairs
    std::int64_t impostor = 0;
    double threshold = 0; ///< of Eq. 7
    double keptShare = 1;
    double macPerFace = 0; ///< DDNet on all + base on the kept, mean over faces
    double flopPerFace = 0;

    std::vector<FarPoint> strict;      ///< one a target
    std::vector<FarPoint> insightface; ///< the same targets by the other rule
    std::vector<Interval> intervals;   ///< of the strict TARs, by-subject bootstrap; empty where subjects are not known
    Eer eer;
    std::optional<TenFold> tenFold;                          ///< LFW and YTF
    std::optional<Identification> search;                    ///< 1:N
    std::vector<double> fpirs;                               ///< targets of `search`
    std::vector<DiscardCurve> discard;                       ///< thinned
    std::vector<double> rocFar, rocTar;                      ///< thinned to at most 2,000 vertices, log-spaced in FAR
    std::vector<double> genuineHistogram, impostorHistogram; ///< shares in 200 bins over -1 ... 1
    std::vector<NotablePair> hardestGenuine;                 ///< lowest scores first, at most 200
    std::vector<NotablePair> hardestImpostor;                ///< highest scores first, at most 200
    std::vector<std::string> warnings;                       ///< what was missing, counted
    double seconds = 0;
};

struct VerificationOptions {
    std::vector<double> fars{1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1};
    int resamples = 200; ///< of the bootstrap; 0: no intervals
    std::uint64_t seed = 1;
};

} // namespace dscope
