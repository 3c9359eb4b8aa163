#include "core/discriminability/dscore.h"

#include "core/base/csv.h"
#include "core/base/error.h"
#include "core/base/parallel.h"
#include "core/base/products.h"

#include <algorithm>
#include <cmath>

namespace dscope {

namespace {

constexpr std::int64_t s_piece = 64; // samples a piece of parallel work

double distance(std::span<const double> a, std::span<const double> b)
{
    double sum = 0;
    for (std::size_t d = 0; d < a.size(); ++d)
        sum += (a[d] - b[d]) * (a[d] - b[d]);
    return std::sqrt(sum);
}

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

class Computation {
public:
    Computation(std::span<const float> features, std::int64_t dim, std::span<const std::int32_t> labels, const DScoreOptions &options)
        : m_features(features), m_dim(static_cast<std::size_t>(std::max<std::int64_t>(dim, 0))), m_labels(labels), m_options(options)
    {
        if (dim <= 0 || features.size() != labels.size() * m_dim)
            throw Error("D-scores need one feature of " + std::to_string(dim) + " values for each of the " + std::to_string(labels.size())
                        + " labels; there are " + std::to_string(features.size()) + " values.");
        if (!(options.epsilon > 0) || !std::isfinite(options.epsilon))
            throw Error("The floor epsilon of the D-scores must be above 0.");
        for (std::size_t i = 0; i < features.size(); ++i)
            if (!std::isfinite(features[i]))
                throw Error("The feature of sample " + std::to_string(i / m_dim) + " holds a value that is not a finite number.");
    }

    DScores run(Task &task)
    {
        prepareClasses();
        prepareCentroids();
        const std::size_t n = m_labels.size();
        m_result.raw.resize(n);
        m_result.normalised.resize(n);
        m_result.own.resize(n);
        m_result.hardest.resize(n);
        m_result.hardestClass.resize(n);
        parallelFor(static_cast<std::int64_t>(n), s_piece, task,
                    [this](std::int64_t begin, std::int64_t end) { piece(static_cast<std::size_t>(begin), static_cast<std::size_t>(end)); });
        normalise();
        for (const std::string &warning : m_result.warnings)
            task.notice(warning);
        return std::move(m_result);
    }

private:
    bool cosine() const { return m_options.metric == DScoreOptions::Metric::Cosine; }

    void prepareClasses()
    {
        m_result.classes.assign(m_labels.begin(), m_labels.end());
        std::sort(m_result.classes.begin(), m_result.classes.end());
        m_result.classes.erase(std::unique(m_result.classes.begin(), m_result.classes.end()), m_result.classes.end());
        if (m_result.classes.size() < 2)
            throw Error("D-scores need at least two classes, there " + std::string(m_result.classes.size() == 1 ? "is one." : "are none."));
        m_class.resize(m_labels.size());
        m_count.assign(m_result.classes.size(), 0);
        for (std::size_t i = 0; i < m_labels.size(); ++i) {
            const auto at = std::lower_bound(m_result.classes.begin(), m_result.classes.end(), m_labels[i]);
            m_class[i] = static_cast<std::size_t>(at - m_result.classes.begin());
            ++m_count[m_class[i]];
        }
        m_result.target.resize(m_labels.size());
        for (std::size_t i = 0; i < m_labels.size(); ++i) {
            m_result.target[i] = m_count[m_class[i]] > 1 ? 1 : 0;
            m_result.singleSample += m_result.target[i] ? 0 : 1;
        }
        if (m_result.singleSample == static_cast<std::int64_t>(m_labels.size()))
            throw Error("Every class has one sample only, so no sample has a centroid other than itself; D-scores need classes of two or more.");
    }

    void load(std::size_t i, std::span<double> out) const
    {
        for (std::size_t d = 0; d < m_dim; ++d)
            out[d] = static_cast<double>(m_features[i * m_dim + d]);
        if (m_options.normaliseFeatures)
            toUnitLength(out);
    }

    void prepareCentroids()
    {
        const std::size_t classes = m_count.size();
        m_sums.assign(classes * m_dim, 0.0);
        std::vector<double> row(m_dim);
        for (std::size_t i = 0; i < m_labels.size(); ++i) {
            load(i, row);
            double *sum = m_sums.data() + m_class[i] * m_dim;
            for (std::size_t d = 0; d < m_dim; ++d)
                sum[d] += row[d];
        }
        m_centroids.resize(classes * m_dim);
        for (std::size_t k = 0; k < classes; ++k) {
            const std::span<double> centroid(m_centroids.data() + k * m_dim, m_dim);
            for (std::size_t d = 0; d < m_dim; ++d)
                centroid[d] = m_sums[k * m_dim + d] / static_cast<double>(m_count[k]);
            if (cosine())
                toUnitLength(centroid);
        }
        m_packed = PackedRows(m_centroids, m_dim);
    }

    double own(std::size_t i, std::span<const double> sample, std::span<double> scratch) const
    {
        const std::size_t k = m_class[i];
        std::span<const double> centroid(m_centroids.data() + k * m_dim, m_dim);
        if (m_options.leaveOneOut && m_count[k] > 1) {
            load(i, scratch);
            for (std::size_t d = 0; d < m_dim; ++d)
                scratch[d] = (m_sums[k * m_dim + d] - scratch[d]) / static_cast<double>(m_count[k] - 1);
            if (cosine())
                toUnitLength(scratch);
            centroid = scratch;
        }
        return cosine() ? dot(sample, centroid) : distance(sample, centroid);
    }

    void piece(std::size_t begin, std::size_t end)
    {
        const std::size_t classes = m_count.size();
        std::vector<double> samples((end - begin) * m_dim);
        std::vector<double> scratch(m_dim);
        for (std::size_t i = begin; i < end; ++i) {
            const std::span<double> sample(samples.data() + (i - begin) * m_dim, m_dim);
            load(i, sample);
            if (cosine())
                toUnitLength(sample);
        }
        std::vector<double> values((end - begin) * classes);
        if (cosine())
            m_packed.dots(samples, values);
        else
            m_packed.squaredDistances(samples, values);
        for (std::size_t i = begin; i < end; ++i) {
            const double *row = values.data() + (i - begin) * classes;
            std::size_t best = m_class[i] == 0 ? 1 : 0;
            for (std::size_t k = best + 1; k < classes; ++k) {
                // Strictly closer: the lowest index wins a tie.
                const bool closer = cosine() ? row[k] > row[best] : row[k] < row[best];
                if (closer && k != m_class[i])
                    best = k;
            }
            m_result.own[i] = own(i, std::span<const double>(samples).subspan((i - begin) * m_dim, m_dim), scratch);
            m_result.hardest[i] = cosine() ? row[best] : std::sqrt(row[best]);
            m_result.hardestClass[i] = static_cast<std::int32_t>(best);
            const double above = cosine() ? m_result.own[i] : m_result.hardest[i];
            const double below = cosine() ? m_result.hardest[i] : m_result.own[i];
            m_result.raw[i] = above / std::max(below, m_options.epsilon);
        }
    }

    void normalise()
    {
        const std::size_t n = m_labels.size();
        const std::vector<double> &denominators = cosine() ? m_result.hardest : m_result.own;
        double sum = 0;
        std::int64_t used = 0;
        for (std::size_t i = 0; i < n; ++i) {
            m_result.floored += denominators[i] < m_options.epsilon ? 1 : 0;
            if (m_result.target[i])
                sum += m_result.raw[i], ++used;
        }
        m_result.mu = sum / static_cast<double>(used);
        double squares = 0;
        for (std::size_t i = 0; i < n; ++i)
            if (m_result.target[i])
                squares += (m_result.raw[i] - m_result.mu) * (m_result.raw[i] - m_result.mu);
        m_result.sigma = std::sqrt(squares / static_cast<double>(used));
        for (std::size_t i = 0; i < n; ++i)
            m_result.normalised[i] = m_result.sigma > 0 ? sigmoid((m_result.raw[i] - m_result.mu) / m_result.sigma) : 0.5;
        warn(denominators);
    }

    void warn(const std::vector<double> &denominators)
    {
        const std::size_t n = m_labels.size();
        if (static_cast<double>(m_result.floored) > 0.001 * static_cast<double>(n)) {
            const double share = std::round(1e4 * static_cast<double>(m_result.floored) / static_cast<double>(n)) / 100;
            m_result.warnings.push_back(std::to_string(m_result.floored) + " of " + std::to_string(n) + " samples (" + csvNumber(share) + " %) have a "
                                        + (cosine() ? "hardest negative" : "distance to their own centroid")
                                        + " below epsilon = " + csvNumber(m_options.epsilon) + ", which inflates mu and sigma; take a larger epsilon, such as "
                                        + csvNumber(largerEpsilon(denominators, m_options.epsilon)) + ".");
        }
        if (m_result.sigma == 0)
            m_result.warnings.push_back("All raw D-scores are equal (sigma is 0), so every normalised one is 0.5.");
    }

    std::span<const float> m_features;
    std::size_t m_dim;
    std::span<const std::int32_t> m_labels;
    DScoreOptions m_options;
    DScores m_result;
    std::vector<std::size_t> m_class;  // index of each sample's class
    std::vector<std::int64_t> m_count; // samples a class
    std::vector<double> m_sums;        // [K, dim] of the features
    std::vector<double> m_centroids;   // [K, dim]; unit vectors for the cosine
    PackedRows m_packed;               // the same, for the search
};

} // namespace

DScores computeDScores(std::span<const float> features, std::int64_t dim, std::span<const std::int32_t> labels, const DScoreOptions &options, Task &task)
{
    return Computation(features, dim, labels, options).run(task);
}

} // namespace dscope
