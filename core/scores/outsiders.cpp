// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/scores/outsiders.h"

#include "core/base/error.h"
#include "core/base/products.h"
#include "core/scores/classes.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

namespace dscope {

namespace {

constexpr std::int64_t s_outsiderBlock = 1024; ///< rows read at a time

/// Goes through all features in double, as the options ask for them.
template<typename Take>
void eachFeature(const FeatureRows &features, const DScoreOptions &options, Progress &progress, const Take &take)
{
    const auto dim = static_cast<std::size_t>(features.dim());
    std::vector<float> rows;
    std::vector<double> feature(dim);
    for (std::int64_t begin = 0; begin < features.count(); begin += s_outsiderBlock) {
        progress.checkpoint(begin, features.count());
        const auto count = static_cast<std::size_t>(std::min(s_outsiderBlock, features.count() - begin));
        rows.resize(count * dim);
        features.read(begin, rows);
        for (std::size_t i = 0; i < count; ++i) {
            const std::span<const float> row = std::span<const float>(rows).subspan(i * dim, dim);
            const std::size_t at = static_cast<std::size_t>(begin) + i;
            if (!std::all_of(row.begin(), row.end(), [](float value) { return std::isfinite(value); }))
                throw Error("The feature of sample " + std::to_string(at) + " holds a value that is not a finite number.");
            loadFeature(row, options, feature);
            take(at, std::span<double>(feature));
        }
    }
    progress.checkpoint(features.count(), features.count());
}

/// The centroids of the classes that samples inside have, as they are compared with.
class OutsiderCentroids {
public:
    OutsiderCentroids(std::size_t dim, const std::vector<std::int32_t> &classes)
        : m_dim(dim), m_classes(classes), m_rows(classes.size() * dim), m_counts(classes.size())
    {
    }
    /// The place of a label's class; -1: there is none.
    std::int32_t find(std::int32_t label) const
    {
        const auto at = std::lower_bound(m_classes.begin(), m_classes.end(), label);
        return at != m_classes.end() && *at == label ? static_cast<std::int32_t>(at - m_classes.begin()) : -1;
    }
    void add(std::int32_t place, std::span<const double> feature)
    {
        ++m_counts[static_cast<std::size_t>(place)];
        for (std::size_t d = 0; d < m_dim; ++d)
            m_rows[static_cast<std::size_t>(place) * m_dim + d] += feature[d];
    }
    void finish(bool cosine)
    {
        for (std::size_t k = 0; k < m_classes.size(); ++k) {
            for (std::size_t d = 0; d < m_dim; ++d)
                m_rows[k * m_dim + d] /= static_cast<double>(m_counts[k]);
            if (cosine)
                toUnitLength(std::span<double>(m_rows).subspan(k * m_dim, m_dim));
        }
    }
    std::size_t size() const { return m_classes.size(); }
    std::span<const double> row(std::size_t k) const { return std::span<const double>(m_rows).subspan(k * m_dim, m_dim); }

private:
    std::size_t m_dim;
    const std::vector<std::int32_t> &m_classes;
    std::vector<double> m_rows;
    std::vector<std::int64_t> m_counts;
};

} // namespace

DScores withOutsiders(const FeatureRows &features, std::span<const std::int32_t> labels, std::span<const std::uint8_t> inside, const DScoreOptions &options,
                      const DScores &scores, Progress &progress)
{
    const std::size_t n = labels.size();
    const auto those = static_cast<std::size_t>(std::count_if(inside.begin(), inside.end(), [](std::uint8_t one) { return one != 0; }));
    if (std::cmp_not_equal(features.count(), n) || inside.size() != n || scores.raw.size() != those)
        throw Error("Outsiders need one feature and one label each, and the D-scores of those inside.");
    const bool cosine = options.metric == DScoreOptions::Metric::Cosine;
    OutsiderCentroids centroids(static_cast<std::size_t>(features.dim()), scores.classes);
    eachFeature(features, options, progress, [&](std::size_t i, std::span<double> feature) {
        if (inside[i] != 0)
            centroids.add(centroids.find(labels[i]), feature);
    });
    centroids.finish(cosine);

    DScores all = scores;
    all.raw.assign(n, 0);
    all.normalised.assign(n, 0.5);
    all.own.assign(n, 0);
    all.hardest.assign(n, 0);
    all.hardestClass.assign(n, 0);
    all.target.assign(n, 0);
    std::size_t next = 0;
    eachFeature(features, options, progress, [&](std::size_t i, std::span<double> feature) {
        if (inside[i] != 0) {
            all.raw[i] = scores.raw[next];
            all.normalised[i] = scores.normalised[next];
            all.own[i] = scores.own[next];
            all.hardest[i] = scores.hardest[next];
            all.hardestClass[i] = scores.hardestClass[next];
            all.target[i] = scores.target[next];
            ++next;
            return;
        }
        const std::int32_t mine = centroids.find(labels[i]);
        if (mine < 0)
            return;
        if (cosine)
            toUnitLength(feature);
        bool any = false;
        for (std::size_t k = 0; k < centroids.size(); ++k) {
            const double found = cosine ? dot(feature, centroids.row(k)) : distance(feature, centroids.row(k));
            if (std::cmp_equal(k, mine)) {
                all.own[i] = found;
            } else if (!any || (cosine ? found > all.hardest[i] : found < all.hardest[i])) { // the lowest index wins a tie
                all.hardest[i] = found;
                all.hardestClass[i] = static_cast<std::int32_t>(k);
                any = true;
            }
        }
        all.raw[i] = rawDScore(all.own[i], all.hardest[i], options);
        all.normalised[i] = standardisedDScore(all.raw[i], scores.mu, scores.sigma);
        all.target[i] = 1;
    });
    return all;
}

} // namespace dscope
