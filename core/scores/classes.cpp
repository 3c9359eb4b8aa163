// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/scores/classes.h"

#include "core/base/csv.h"
#include "core/base/error.h"
#include "core/base/products.h"
#include "core/metrics/statistics.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace dscope {

namespace {

/// The 1-2-5 step at or above a positive value.
double roundUp(double value)
{
    const double base = std::pow(10.0, std::floor(std::log10(value)));
    for (const double step : {1.0, 2.0, 5.0})
        if (step * base >= value * (1 - 1e-9))
            return step * base;
    return 10 * base;
}

/// An epsilon that keeps the ratio of Eq. 3 within about ten times its usual size: a tenth of the median denominator.
double largerEpsilon(std::vector<double> denominators, double epsilon)
{
    const auto middle = denominators.begin() + static_cast<std::ptrdiff_t>(denominators.size() / 2);
    std::nth_element(denominators.begin(), middle, denominators.end());
    return roundUp(std::max(10 * epsilon, 0.1 * *middle));
}

void warn(DScores &scores, const std::vector<double> &denominators, const DScoreOptions &options)
{
    const bool cosine = options.metric == DScoreOptions::Metric::Cosine;
    const std::size_t n = scores.raw.size();
    const bool floors = options.target == DScoreOptions::Target::Ratio; // the others have no denominator that comes near 0
    if (floors && static_cast<double>(scores.floored) > 0.001 * static_cast<double>(n)) {
        const double share = std::round(1e4 * static_cast<double>(scores.floored) / static_cast<double>(n)) / 100;
        scores.warnings.push_back(std::to_string(scores.floored) + " of " + std::to_string(n) + " samples (" + csvNumber(share) + " %) have a "
                                  + (cosine ? "hardest negative" : "distance to their own centroid") + " below epsilon = " + csvNumber(options.epsilon)
                                  + ", which inflates mu and sigma; take a larger epsilon, such as " + csvNumber(largerEpsilon(denominators, options.epsilon))
                                  + ".");
    }
    if (scores.sigma == 0)
        scores.warnings.push_back("All raw D-scores are equal (sigma is 0), so every normalised one is 0.5.");
}

SelfBias selfBias(const DScores &scores, const std::vector<double> &otherOwn, const ClassIndex &classes, const DScoreOptions &options)
{
    const bool left = options.leaveOut == DScoreOptions::LeaveOut::Picture;
    std::vector<double> inside;
    std::vector<double> outside;
    SelfBias bias;
    for (std::size_t i = 0; i < classes.of.size(); i += static_cast<std::size_t>(options.copies)) {
        if (classes.pictures(static_cast<std::size_t>(classes.of[i])) < 2)
            continue;
        const double in = left ? otherOwn[i] : scores.own[i];
        const double out = left ? scores.own[i] : otherOwn[i];
        bias.inside += in;
        bias.outside += out;
        inside.push_back(rawDScore(in, scores.hardest[i], options));
        outside.push_back(rawDScore(out, scores.hardest[i], options));
    }
    bias.pictures = std::ssize(inside);
    if (bias.pictures > 0) {
        bias.inside /= static_cast<double>(bias.pictures);
        bias.outside /= static_cast<double>(bias.pictures);
    }
    bias.correlation = bias.pictures > 1 ? spearman(inside, outside) : std::nan("");
    return bias;
}

void checkDScoreOptions(const DScoreOptions &options)
{
    if (!(options.epsilon > 0) || !std::isfinite(options.epsilon))
        throw Error("The floor epsilon of the D-scores must be above 0.");
    if (options.copies < 1)
        throw Error("A picture has at least one copy: itself.");
    if (options.atLeastOthers < 0)
        throw Error("The least number of other pictures must not be negative.");
    if (options.target == DScoreOptions::Target::CrFiqa && options.metric == DScoreOptions::Metric::Euclidean)
        throw Error("CR-FIQA's ratio is one of cosines; with distances there is none.");
}

} // namespace

ClassIndex::ClassIndex(std::span<const std::int32_t> given, const DScoreOptions &options)
    : labels(given.begin(), given.end()), of(given.size()), m_copies(options.copies),
      m_others(std::max<std::int64_t>(options.atLeastOthers, options.leaveOut == DScoreOptions::LeaveOut::Picture ? 1 : 0)),
      m_clean(options.centroids == DScoreOptions::Centroids::Clean)
{
    checkDScoreOptions(options);
    const auto copies = static_cast<std::size_t>(m_copies);
    if (given.size() % copies != 0)
        throw Error(std::to_string(given.size()) + " samples are no whole number of pictures of " + std::to_string(copies) + " copies.");
    for (std::size_t i = 0; i < given.size(); ++i)
        if (given[i] != given[i - i % copies])
            throw Error("The copies of picture " + std::to_string(i / copies) + " have different labels.");
    std::sort(labels.begin(), labels.end());
    labels.erase(std::unique(labels.begin(), labels.end()), labels.end());
    if (labels.size() < 2)
        throw Error("D-scores need at least two classes, there " + std::string(labels.size() == 1 ? "is one." : "are none."));
    count.assign(labels.size(), 0);
    for (std::size_t i = 0; i < given.size(); ++i) {
        const auto at = std::lower_bound(labels.begin(), labels.end(), given[i]);
        of[i] = static_cast<std::int32_t>(at - labels.begin());
        ++count[static_cast<std::size_t>(of[i])];
    }
    const std::int64_t most = *std::max_element(count.begin(), count.end());
    if (most < 2)
        throw Error("Every class has one sample only, so no sample has a centroid other than itself; D-scores need classes of two or more.");
    if (most / m_copies - 1 < m_others)
        throw Error("No class has more than " + std::to_string(most / m_copies) + (most / m_copies == 1 ? " picture" : " pictures") + ", but its D-scores need "
                    + std::to_string(m_others) + " beside each.");
}

bool ClassIndex::givesTargets(std::size_t k) const
{
    return count[k] > 1 && pictures(k) > m_others;
}

void finishDScores(DScores &scores, const std::vector<double> &otherOwn, ClassIndex classes, const DScoreOptions &options, Progress &progress)
{
    const bool cosine = options.metric == DScoreOptions::Metric::Cosine;
    const std::size_t n = classes.of.size();
    const std::vector<double> &below = cosine ? scores.hardest : scores.own;
    scores.raw.resize(n);
    scores.normalised.resize(n);
    scores.target.resize(n);
    double sum = 0;
    std::int64_t used = 0;
    for (std::size_t i = 0; i < n; ++i) {
        scores.raw[i] = rawDScore(scores.own[i], scores.hardest[i], options);
        scores.target[i] = classes.givesTargets(static_cast<std::size_t>(classes.of[i])) ? 1 : 0;
        scores.singleSample += scores.target[i] ? 0 : 1;
        scores.floored += below[i] < options.epsilon ? 1 : 0;
        if (scores.target[i])
            sum += scores.raw[i], ++used;
    }
    scores.mu = sum / static_cast<double>(used);
    double squares = 0;
    for (std::size_t i = 0; i < n; ++i)
        if (scores.target[i])
            squares += (scores.raw[i] - scores.mu) * (scores.raw[i] - scores.mu);
    scores.sigma = std::sqrt(squares / static_cast<double>(used));
    for (std::size_t i = 0; i < n; ++i)
        scores.normalised[i] = standardisedDScore(scores.raw[i], scores.mu, scores.sigma);
    scores.bias = selfBias(scores, otherOwn, classes, options);
    warn(scores, below, options);
    scores.classes = std::move(classes.labels);
    for (const std::string &warning : scores.warnings)
        progress.notice(warning);
}

double rawDScore(double own, double hardest, const DScoreOptions &options)
{
    const bool cosine = options.metric == DScoreOptions::Metric::Cosine;
    switch (options.target) {
    case DScoreOptions::Target::Own: return cosine ? own : -own;
    case DScoreOptions::Target::Margin: return cosine ? own - hardest : hardest - own;
    case DScoreOptions::Target::CrFiqa: return own / std::max(hardest + 1, options.epsilon);
    case DScoreOptions::Target::Ratio: break;
    }
    return cosine ? own / std::max(hardest, options.epsilon) : hardest / std::max(own, options.epsilon);
}

double standardisedDScore(double raw, double mu, double sigma)
{
    if (!(sigma > 0))
        return 0.5;
    const double x = (raw - mu) / sigma;
    if (x >= 0)
        return 1.0 / (1.0 + std::exp(-x));
    const double e = std::exp(x);
    return e / (1.0 + e);
}

void loadFeature(std::span<const float> row, const DScoreOptions &options, std::span<double> out)
{
    for (std::size_t d = 0; d < row.size(); ++d)
        out[d] = static_cast<double>(row[d]);
    if (options.normaliseFeatures)
        toUnitLength(out);
}

OwnCentroid::OwnCentroid(const DScoreOptions &options, std::size_t dim)
    : m_options(options), m_picture(dim), m_inPicture(options.centroids == DScoreOptions::Centroids::All ? options.copies : 1), m_scratch(dim)
{
}

void OwnCentroid::setPicture(std::span<const double> features)
{
    const std::size_t dim = m_picture.size();
    std::copy_n(features.begin(), dim, m_picture.begin());
    for (std::size_t c = 1; c < static_cast<std::size_t>(m_inPicture); ++c)
        for (std::size_t d = 0; d < dim; ++d)
            m_picture[d] += features[c * dim + d];
}

OwnCentroid::Found OwnCentroid::compare(std::size_t copy, std::span<const double> sample, std::span<const double> feature, std::span<const double> sum,
                                        std::int64_t count)
{
    const double outside = to(sample, sum, count, m_picture, m_inPicture);
    switch (m_options.leaveOut) {
    case DScoreOptions::LeaveOut::Picture: return {outside, to(sample, sum, count, {}, 0)};
    case DScoreOptions::LeaveOut::Sample: return {to(sample, sum, count, feature, isInCentroid(copy, m_options) ? 1 : 0), outside};
    case DScoreOptions::LeaveOut::None: break;
    }
    return {to(sample, sum, count, {}, 0), outside};
}

double OwnCentroid::to(std::span<const double> sample, std::span<const double> sum, std::int64_t count, std::span<const double> out, std::int64_t taken)
{
    const bool leaveOut = taken > 0 && count > taken;
    for (std::size_t d = 0; d < sum.size(); ++d)
        m_scratch[d] = leaveOut ? (sum[d] - out[d]) / static_cast<double>(count - taken) : sum[d] / static_cast<double>(count);
    if (m_options.metric == DScoreOptions::Metric::Euclidean)
        return distance(sample, m_scratch);
    toUnitLength(m_scratch);
    return dot(sample, m_scratch);
}

double distance(std::span<const double> a, std::span<const double> b)
{
    double sum = 0;
    for (std::size_t d = 0; d < a.size(); ++d)
        sum += (a[d] - b[d]) * (a[d] - b[d]);
    return std::sqrt(sum);
}

} // namespace dscope
