// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/scores/secondlook.h"

#include "core/base/error.h"
#include "core/base/parallel.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace dscope {

SecondLook::SecondLook(std::vector<double> weights, double bias, SecondLookOrigin origin)
    : m_weights(std::move(weights)), m_bias(bias), m_origin(std::move(origin))
{
    if (m_weights.size() < 4 || m_weights.size() % 2 != 0 || m_weights.size() > 2 * static_cast<std::size_t>(longest) + 2)
        throw Error("A second look for embeddings of d values has 2 d + 2 weights, d from 1 to " + std::to_string(longest) + "; not "
                    + std::to_string(m_weights.size()) + ".");
    if (!std::isfinite(m_bias) || !std::all_of(m_weights.begin(), m_weights.end(), [](double value) { return std::isfinite(value); }))
        throw Error("A weight of a second look is not a finite number.");
    m_dim = static_cast<std::int64_t>(m_weights.size() / 2 - 1);
}

Cost SecondLook::cost() const
{
    // The length, then two products a value and two for the length itself; FLOP: also the d absolute values, root, logarithm and both bounds.
    const std::int64_t mac = 3 * m_dim + 2;
    return {mac, 2 * mac + m_dim + 4};
}

double SecondLook::score(std::span<const float> embedding) const
{
    if (static_cast<std::int64_t>(embedding.size()) != m_dim)
        throw Error("A second look for embeddings of " + std::to_string(m_dim) + " values was given one of " + std::to_string(embedding.size()) + ".");
    const std::size_t d = embedding.size();
    const double *w = m_weights.data();
    const double *v = w + d;
    double sum = 0;
    double squares = 0;
    for (std::size_t j = 0; j < d; ++j) {
        const auto f = static_cast<double>(embedding[j]);
        squares += f * f;
        sum += w[j] * f + v[j] * std::abs(f);
    }
    if (!(squares > 0) || !std::isfinite(squares))
        return lowest;
    const double length = std::sqrt(squares);
    sum += m_bias + m_weights[2 * d] * std::log(length) + m_weights[2 * d + 1] * length;
    if (m_origin.target == SecondTarget::Logit)
        sum = 1 / (1 + std::exp(-sum));
    // Weights are finite, but their sum over an enormous embedding need not be a number.
    return std::isnan(sum) ? lowest : std::clamp(sum, lowest, highest);
}

std::vector<float> SecondLook::scores(std::span<const float> embeddings) const
{
    const auto width = static_cast<std::size_t>(m_dim);
    if (embeddings.size() % width != 0)
        throw Error("A second look for embeddings of " + std::to_string(m_dim) + " values was given " + std::to_string(embeddings.size())
                    + " values, which is no whole number of them.");
    std::vector<float> result(embeddings.size() / width);
    Progress quiet;
    parallelFor(static_cast<std::int64_t>(result.size()), 4096, quiet, [&](std::int64_t from, std::int64_t to) {
        for (auto i = static_cast<std::size_t>(from); i < static_cast<std::size_t>(to); ++i)
            result[i] = static_cast<float>(score(embeddings.subspan(i * width, width)));
    });
    return result;
}

} // namespace dscope
