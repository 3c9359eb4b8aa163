#include "core/discriminability/classes.h"

#include "core/base/csv.h"
#include "core/base/error.h"
#include "core/base/products.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace dscope {

namespace {

double sigmoid(double x)
{
    if (x >= 0)
        return 1.0 / (1.0 + std::exp(-x));
    const double e = std::exp(x);
    return e / (1.0 + e);
}

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
    if (static_cast<double>(scores.floored) > 0.001 * static_cast<double>(n)) {
        const double share = std::round(1e4 * static_cast<double>(scores.floored) / static_cast<double>(n)) / 100;
        scores.warnings.push_back(std::to_string(scores.floored) + " of " + std::to_string(n) + " samples (" + csvNumber(share) + " %) have a "
                                  + (cosine ? "hardest negative" : "distance to their own centroid") + " below epsilon = " + csvNumber(options.epsilon)
                                  + ", which inflates mu and sigma; take a larger epsilon, such as " + csvNumber(largerEpsilon(denominators, options.epsilon))
                                  + ".");
    }
    if (scores.sigma == 0)
        scores.warnings.push_back("All raw D-scores are equal (sigma is 0), so every normalised one is 0.5.");
}

} // namespace

ClassIndex::ClassIndex(std::span<const std::int32_t> given) : labels(given.begin(), given.end()), of(given.size())
{
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
    if (*std::max_element(count.begin(), count.end()) < 2)
        throw Error("Every class has one sample only, so no sample has a centroid other than itself; D-scores need classes of two or more.");
}

void checkDScoreOptions(const DScoreOptions &options)
{
    if (!(options.epsilon > 0) || !std::isfinite(options.epsilon))
        throw Error("The floor epsilon of the D-scores must be above 0.");
}

void finishDScores(DScores &scores, ClassIndex classes, const DScoreOptions &options, Task &task)
{
    const bool cosine = options.metric == DScoreOptions::Metric::Cosine;
    const std::size_t n = classes.of.size();
    const std::vector<double> &above = cosine ? scores.own : scores.hardest;
    const std::vector<double> &below = cosine ? scores.hardest : scores.own;
    scores.raw.resize(n);
    scores.normalised.resize(n);
    scores.target.resize(n);
    double sum = 0;
    std::int64_t used = 0;
    for (std::size_t i = 0; i < n; ++i) {
        scores.raw[i] = above[i] / std::max(below[i], options.epsilon);
        scores.target[i] = classes.count[static_cast<std::size_t>(classes.of[i])] > 1 ? 1 : 0;
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
        scores.normalised[i] = scores.sigma > 0 ? sigmoid((scores.raw[i] - scores.mu) / scores.sigma) : 0.5;
    warn(scores, below, options);
    scores.classes = std::move(classes.labels);
    for (const std::string &warning : scores.warnings)
        task.notice(warning);
}

void loadFeature(std::span<const float> row, const DScoreOptions &options, std::span<double> out)
{
    for (std::size_t d = 0; d < row.size(); ++d)
        out[d] = static_cast<double>(row[d]);
    if (options.normaliseFeatures)
        toUnitLength(out);
}

double ownCentroid(std::span<const double> sample, std::span<const double> feature, std::span<const double> sum, std::int64_t count,
                   const DScoreOptions &options, std::span<double> scratch)
{
    const bool cosine = options.metric == DScoreOptions::Metric::Cosine;
    const bool leaveOut = options.leaveOneOut && count > 1;
    for (std::size_t d = 0; d < sum.size(); ++d)
        scratch[d] = leaveOut ? (sum[d] - feature[d]) / static_cast<double>(count - 1) : sum[d] / static_cast<double>(count);
    if (cosine)
        toUnitLength(scratch);
    return cosine ? dot(sample, scratch) : distance(sample, scratch);
}

double distance(std::span<const double> a, std::span<const double> b)
{
    double sum = 0;
    for (std::size_t d = 0; d < a.size(); ++d)
        sum += (a[d] - b[d]) * (a[d] - b[d]);
    return std::sqrt(sum);
}

} // namespace dscope
