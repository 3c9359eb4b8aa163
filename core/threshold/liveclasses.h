// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/aggregation/method.h"
#include "core/base/progress.h"
#include "core/sets/templates.h"
#include "core/threshold/livethreshold.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace dscope {

class TemplatePrefixes;

/// What a choice of clips does to the classification of all videos, without intervals.
struct LiveClassesPoint : KeptFigures {
    double top1 = 0; ///< shares of the videos whose class is known
    double top5 = 0;
    std::int64_t videos = 0; ///< whose class is known

    double mean() const { return (top1 + top5) / 2; }
};

/// The live threshold of a classification: whatever t, K or "enough" is, every video's fused scores follow from prefix sums (TemplatePrefixes), and its answer
/// is the class of the largest. The figures equal those of evaluateClassification() but for the rounding of the sums.
class LiveClasses {
public:
    /// Arranges the set, which is kept, not copied. @throws Error for a set without class scores, or without a video whose class is known; Cancelled
    LiveClasses(std::shared_ptr<const TemplateFeatures> set, Progress &progress);
    ~LiveClasses();
    LiveClasses(const LiveClasses &) = delete;
    LiveClasses &operator=(const LiveClasses &) = delete;

    const TemplatePrefixes &prefixes() const { return *m_prefixes; }
    /// From any thread. @param predictions where not null: what is predicted of each video @throws Error for a rule that normalises features first; Cancelled
    LiveClassesPoint at(const LinearRule &rule, const Selection &keep, Progress &progress, std::vector<std::int32_t> *predictions = nullptr) const;

private:
    std::unique_ptr<const TemplatePrefixes> m_prefixes;
};

/// Accuracy of a way to choose K clips of every video, against K.
struct ClipCurve {
    struct Point {
        int k = 0; ///< asked for; videos with fewer clips have all of theirs
        double keptPerVideo = 0;
        double top1 = 0;
        double top1Deviation = 0; ///< over the seeds of random K
        double top5 = 0;
        LiveCost cost; ///< per clip there is
    };
    std::string title;
    bool ddnet = false;        ///< looks at D-scores
    std::vector<Point> points; ///< by K ascending
};

struct ClipCurveOptions {
    std::vector<int> ks{1, 2, 3, 5, 7, 9, 12, 15, 20, 30, 45, 60}; ///< those above the longest video's clips fall away, which comes in their place
    int seeds = 10;                                                ///< of random K
    LivePrices prices;
};

/// DDL's best K by Eq. 8-11, the same fused alike, uniform K, random K, and the K of most motion where the set has it (quality "motion").
/// @param onCurve called after each curve with all so far; may be empty @throws Error, Cancelled
std::vector<ClipCurve> clipCurves(const TemplateFeatures &set, const ClipCurveOptions &options,
                                  const std::function<void(const std::vector<ClipCurve> &)> &onCurve, Progress &progress);
/// A row a curve and K: method, k, kept clips per video, top-1, its deviation, top-5, their mean, MAC and FLOP per video, empty where they are not known.
std::string clipCurvesCsv(const std::vector<ClipCurve> &curves, double clipsPerVideo);

} // namespace dscope
