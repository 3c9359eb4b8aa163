// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/scores/dscore.h"

#include "core/base/error.h"
#include "core/base/parallel.h"
#include "core/base/products.h"
#include "core/scores/classes.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace dscope {

namespace {

constexpr std::int64_t s_piece = 64; // samples a piece of parallel work

class Computation {
public:
    Computation(std::span<const float> features, std::int64_t dim, std::span<const std::int32_t> labels, const DScoreOptions &options)
        : m_features(features), m_dim(static_cast<std::size_t>(std::max<std::int64_t>(dim, 0))), m_options(options),
          m_classes(checked(features, dim, labels), options)
    {
        for (std::size_t i = 0; i < features.size(); ++i)
            if (!std::isfinite(features[i]))
                throw Error("The feature of sample " + std::to_string(i / m_dim) + " holds a value that is not a finite number.");
    }

    DScores run(Progress &progress)
    {
        prepareCentroids();
        const std::size_t n = m_classes.of.size();
        m_result.own.resize(n);
        m_otherOwn.resize(n);
        m_result.hardest.resize(n);
        m_result.hardestClass.resize(n);
        parallelFor(static_cast<std::int64_t>(n), s_piece, progress,
                    [this](std::int64_t begin, std::int64_t end) { piece(static_cast<std::size_t>(begin), static_cast<std::size_t>(end)); });
        finishDScores(m_result, m_otherOwn, std::move(m_classes), m_options, progress);
        return std::move(m_result);
    }

private:
    static std::span<const std::int32_t> checked(std::span<const float> features, std::int64_t dim, std::span<const std::int32_t> labels)
    {
        if (dim <= 0 || features.size() != labels.size() * static_cast<std::size_t>(dim))
            throw Error("D-scores need one feature of " + std::to_string(dim) + " values for each of the " + std::to_string(labels.size())
                        + " labels; there are " + std::to_string(features.size()) + " values.");
        return labels;
    }

    bool cosine() const { return m_options.metric == DScoreOptions::Metric::Cosine; }
    std::size_t classOf(std::size_t i) const { return static_cast<std::size_t>(m_classes.of[i]); }
    void load(std::size_t i, std::span<double> out) const { loadFeature(m_features.subspan(i * m_dim, m_dim), m_options, out); }

    void prepareCentroids()
    {
        const std::size_t classes = m_classes.count.size();
        m_sums.assign(classes * m_dim, 0.0);
        std::vector<double> row(m_dim);
        for (std::size_t i = 0; i < m_classes.of.size(); ++i) {
            if (!isInCentroid(i, m_options))
                continue;
            load(i, row);
            double *sum = m_sums.data() + classOf(i) * m_dim;
            for (std::size_t d = 0; d < m_dim; ++d)
                sum[d] += row[d];
        }
        std::vector<double> centroids(classes * m_dim);
        for (std::size_t k = 0; k < classes; ++k) {
            const std::span<double> centroid(centroids.data() + k * m_dim, m_dim);
            for (std::size_t d = 0; d < m_dim; ++d)
                centroid[d] = m_sums[k * m_dim + d] / static_cast<double>(m_classes.inCentroid(k));
            if (cosine())
                toUnitLength(centroid);
        }
        m_packed = PackedRows(centroids, m_dim);
    }

    void piece(std::size_t begin, std::size_t end)
    {
        const std::size_t classes = m_classes.count.size();
        std::vector<double> samples((end - begin) * m_dim);
        std::vector<double> feature(m_dim);
        const auto copies = static_cast<std::size_t>(m_options.copies);
        std::vector<double> picture(copies * m_dim);
        OwnCentroid centroid(m_options, m_dim);
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
            const std::size_t mine = classOf(i);
            std::size_t best = mine == 0 ? 1 : 0;
            for (std::size_t k = best + 1; k < classes; ++k) {
                // Strictly closer: the lowest index wins a tie.
                const bool closer = cosine() ? row[k] > row[best] : row[k] < row[best];
                if (closer && k != mine)
                    best = k;
            }
            if (i % copies == 0 || i == begin) {
                for (std::size_t c = 0; c < copies; ++c)
                    load(i - i % copies + c, std::span<double>(picture).subspan(c * m_dim, m_dim));
                centroid.setPicture(picture);
            }
            load(i, feature);
            const OwnCentroid::Found found = centroid.compare(i % copies, std::span<const double>(samples).subspan((i - begin) * m_dim, m_dim), feature,
                                                              std::span<const double>(m_sums).subspan(mine * m_dim, m_dim), m_classes.inCentroid(mine));
            m_result.own[i] = found.own;
            m_otherOwn[i] = found.other;
            m_result.hardest[i] = cosine() ? row[best] : std::sqrt(row[best]);
            m_result.hardestClass[i] = static_cast<std::int32_t>(best);
        }
    }

    std::span<const float> m_features;
    std::size_t m_dim;
    DScoreOptions m_options;
    ClassIndex m_classes;
    DScores m_result;
    std::vector<double> m_otherOwn;
    std::vector<double> m_sums; // [K, dim] of the features in the centroids
    PackedRows m_packed;        // the centroids, for the search; unit vectors for the cosine
};

} // namespace

DScores computeDScores(std::span<const float> features, std::int64_t dim, std::span<const std::int32_t> labels, const DScoreOptions &options,
                       Progress &progress)
{
    return Computation(features, dim, labels, options).run(progress);
}

} // namespace dscope
