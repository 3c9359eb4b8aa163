// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/training/nantrainer.h"

#include "core/base/error.h"
#include "core/base/products.h"
#include "core/base/random.h"
#include "core/base/words.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

namespace dscope {

namespace {

constexpr Words<NanLoss, 2> s_nanLosses{"no loss of an aggregation network", {{NanLoss::Softmax, "softmax"}, {NanLoss::Contrastive, "contrastive"}}};

std::span<const double> rowOf(const std::vector<double> &rows, std::size_t k, std::size_t width)
{
    return std::span<const double>(rows).subspan(k * width, width);
}

void addTo(std::span<double> sum, double times, std::span<const double> what)
{
    for (std::size_t d = 0; d < sum.size(); ++d)
        sum[d] += times * what[d];
}

/// One attention block over unit features: weights = softmax(query . f_k), sum = sum of weight f_k.
struct Attention {
    std::vector<double> weights;
    std::vector<double> sum;

    Attention(std::span<const double> query, const std::vector<double> &unit)
    {
        const std::size_t width = query.size();
        const std::size_t n = unit.size() / width;
        for (std::size_t k = 0; k < n; ++k)
            weights.push_back(dot(query, rowOf(unit, k, width)));
        const double largest = *std::max_element(weights.begin(), weights.end());
        double total = 0;
        for (double &weight : weights)
            total += weight = std::exp(weight - largest);
        sum.assign(width, 0.0);
        for (std::size_t k = 0; k < n; ++k) {
            weights[k] /= total;
            addTo(sum, weights[k], rowOf(unit, k, width));
        }
    }
};

/// The gradient of an attention block by its query, given that by its sum.
std::vector<double> byQuery(const std::vector<double> &weights, std::span<const double> bySum, const std::vector<double> &unit)
{
    const std::size_t width = bySum.size();
    std::vector<double> byWeight;
    double middle = 0;
    for (std::size_t k = 0; k < weights.size(); ++k) {
        byWeight.push_back(dot(bySum, rowOf(unit, k, width)));
        middle += weights[k] * byWeight[k];
    }
    std::vector<double> by(width);
    for (std::size_t k = 0; k < weights.size(); ++k)
        addTo(by, weights[k] * (byWeight[k] - middle), rowOf(unit, k, width));
    return by;
}

/// A template on its way through the network, with what the way back needs. Parameters as doubles: those of the network while it is trained.
struct Pass {
    std::vector<double> unit;
    std::vector<double> query; // q1
    std::vector<double> first; // r0
    std::vector<double> firstWeights;
    std::vector<double> r;
    std::vector<double> secondWeights;

    Pass(std::span<const double> parameters, std::span<const float> features, std::size_t width) : unit(features.begin(), features.end())
    {
        for (std::size_t at = 0; at < unit.size(); at += width)
            toUnitLength(std::span<double>(unit).subspan(at, width));
        const Attention a(parameters.first(width), unit);
        query.resize(width);
        for (std::size_t i = 0; i < width; ++i)
            query[i] = std::tanh(parameters[width + width * width + i] + dot(parameters.subspan(width + i * width, width), a.sum));
        const Attention c(query, unit);
        first = a.sum;
        firstWeights = a.weights;
        r = c.sum;
        secondWeights = c.weights;
    }

    void back(std::span<const double> parameters, std::span<const double> byVector, std::span<double> gradient) const
    {
        const std::size_t width = query.size();
        std::vector<double> byZ = byQuery(secondWeights, byVector, unit);
        for (std::size_t i = 0; i < width; ++i)
            byZ[i] *= 1 - query[i] * query[i];
        std::vector<double> byFirst(width);
        for (std::size_t i = 0; i < width; ++i) {
            addTo(gradient.subspan(width + i * width, width), byZ[i], first);
            addTo(byFirst, byZ[i], parameters.subspan(width + i * width, width));
        }
        addTo(gradient.subspan(width + width * width, width), 1, byZ);
        addTo(gradient.first(width), 1, byQuery(firstWeights, byFirst, unit));
    }
};

/// The gradient by v, given that by v / |v|.
std::vector<double> throughLength(std::span<const double> v, std::span<const double> byUnit)
{
    const double length = std::sqrt(dot(v, v));
    std::vector<double> by(v.size());
    if (length == 0)
        return by;
    const double along = dot(v, byUnit) / (length * length);
    for (std::size_t d = 0; d < by.size(); ++d)
        by[d] = (byUnit[d] - along * v[d]) / length;
    return by;
}

std::vector<double> unitOf(std::vector<double> v)
{
    toUnitLength(v);
    return v;
}

/// RMSprop: every parameter's step is its gradient over the root of the running mean of its square.
class RmsProp {
public:
    RmsProp(std::size_t count, double decay) : m_squares(count), m_decay(decay) {}

    void step(std::span<double> parameters, std::span<double> gradient, double rate)
    {
        for (std::size_t i = 0; i < parameters.size(); ++i) {
            m_squares[i] = m_decay * m_squares[i] + (1 - m_decay) * gradient[i] * gradient[i];
            parameters[i] -= rate * gradient[i] / (std::sqrt(m_squares[i]) + 1e-8);
            gradient[i] = 0;
        }
    }

private:
    std::vector<double> m_squares;
    double m_decay;
};

class Trainer {
public:
    Trainer(const NanTraining &options, const TemplateFeatures &set)
        : m_options(options), m_width(static_cast<std::size_t>(set.dim)), m_people(set.subjectNames.size()), m_parameters(m_width * (m_width + 2)),
          m_gradient(m_parameters.size()), m_descent(m_parameters.size(), options.decay)
    {
        if (options.loss == NanLoss::Softmax)
            makeHead(set);
    }

    std::size_t width() const { return m_width; }
    std::size_t people() const { return m_people; }
    const std::vector<double> &parameters() const { return m_parameters; }

    /// One template. @return its loss
    double softmax(const TemplateFeatures &set, std::int64_t t)
    {
        const Pass pass(m_parameters, set.featuresOf(t), m_width);
        const std::vector<double> r = unitOf(pass.r);
        const auto own = static_cast<std::size_t>(set.subjects[static_cast<std::size_t>(t)]);
        std::vector<double> share(m_people);
        for (std::size_t p = 0; p < m_people; ++p)
            share[p] = dot(rowOf(m_head, p, m_width), r);
        const double ownLogit = share[own];
        const double largest = *std::max_element(share.begin(), share.end());
        double total = 0;
        for (double &value : share)
            total += value = std::exp(value - largest);
        std::vector<double> byUnit(m_width);
        for (std::size_t p = 0; p < m_people; ++p) {
            const double by = share[p] / total - (p == own ? 1 : 0);
            addTo(byUnit, by, rowOf(m_head, p, m_width));
            addTo(std::span<double>(m_headGradient).subspan(p * m_width, m_width), by, r);
        }
        pass.back(m_parameters, throughLength(pass.r, byUnit), m_gradient);
        return largest + std::log(total) - ownLogit;
    }

    /// One pair of templates.
    double contrastive(const TemplateFeatures &set, std::int64_t a, std::int64_t b)
    {
        const Pass left(m_parameters, set.featuresOf(a), m_width);
        const Pass right(m_parameters, set.featuresOf(b), m_width);
        const std::vector<double> u = unitOf(left.r);
        const std::vector<double> v = unitOf(right.r);
        const double distance = 2 - 2 * dot(u, v);
        const bool genuine = set.subjects[static_cast<std::size_t>(a)] == set.subjects[static_cast<std::size_t>(b)];
        if (!genuine && distance >= m_options.margin)
            return 0;
        const double by = genuine ? -2 : 2; // the distance grows by -2 v along u
        std::vector<double> byU(m_width);
        std::vector<double> byV(m_width);
        addTo(byU, by, v);
        addTo(byV, by, u);
        left.back(m_parameters, throughLength(left.r, byU), m_gradient);
        right.back(m_parameters, throughLength(right.r, byV), m_gradient);
        return genuine ? distance : m_options.margin - distance;
    }

    void step(double rate, int count)
    {
        for (double &value : m_gradient)
            value /= count;
        m_descent.step(m_parameters, m_gradient, rate);
        if (!m_head.empty()) {
            for (double &value : m_headGradient)
                value /= count;
            m_headDescent.step(m_head, m_headGradient, rate);
        }
    }

private:
    /// Rows of the softmax layer: each person's mean unit feature in the first epoch's templates, `scale` long.
    void makeHead(const TemplateFeatures &set)
    {
        m_head.assign(m_people * m_width, 0.0);
        std::vector<double> row(m_width);
        for (std::int64_t t = 0; t < set.templates(); ++t) {
            const std::span<double> own =
                std::span<double>(m_head).subspan(static_cast<std::size_t>(set.subjects[static_cast<std::size_t>(t)]) * m_width, m_width);
            const std::span<const float> features = set.featuresOf(t);
            for (std::size_t at = 0; at < features.size(); at += m_width) {
                std::copy_n(features.begin() + static_cast<std::ptrdiff_t>(at), m_width, row.begin());
                toUnitLength(row);
                addTo(own, 1, row);
            }
        }
        for (std::size_t p = 0; p < m_people; ++p) {
            const std::span<double> own = std::span<double>(m_head).subspan(p * m_width, m_width);
            toUnitLength(own);
            for (double &value : own)
                value *= m_options.scale;
        }
        m_headGradient.assign(m_head.size(), 0.0);
        m_headDescent = RmsProp(m_head.size(), m_options.decay);
    }

    NanTraining m_options;
    std::size_t m_width;
    std::size_t m_people;
    std::vector<double> m_parameters;
    std::vector<double> m_gradient;
    RmsProp m_descent;
    std::vector<double> m_head;
    std::vector<double> m_headGradient;
    RmsProp m_headDescent{0, 0};
};

/// Templates with a face, which an epoch goes through. @throws Error
std::vector<std::int64_t> usable(const TemplateFeatures &set)
{
    std::vector<std::int64_t> places;
    std::int32_t first = -1;
    bool several = false;
    for (std::int64_t t = 0; t < set.templates(); ++t) {
        if (set.size(t) == 0)
            continue;
        const std::int32_t subject = set.subjects[static_cast<std::size_t>(t)];
        if (subject < 0)
            throw Error("Template " + std::to_string(set.ids[static_cast<std::size_t>(t)])
                        + " has no subject; an aggregation network learns from known people.");
        first = first < 0 ? subject : first;
        several = several || subject != first;
        places.push_back(t);
    }
    if (!several)
        throw Error("An aggregation network needs templates of two people at least.");
    return places;
}

/// Pairs of an epoch: each template with another one of its person, where there is one, and with one of somebody else.
std::vector<std::pair<std::int64_t, std::int64_t>> pairsOf(const TemplateFeatures &set, const std::vector<std::int64_t> &places, Random &random)
{
    std::vector<std::vector<std::int64_t>> of(set.subjectNames.size());
    for (const std::int64_t t : places)
        of[static_cast<std::size_t>(set.subjects[static_cast<std::size_t>(t)])].push_back(t);
    std::vector<std::pair<std::int64_t, std::int64_t>> pairs;
    for (const std::int64_t t : places) {
        const std::int32_t subject = set.subjects[static_cast<std::size_t>(t)];
        const std::vector<std::int64_t> &own = of[static_cast<std::size_t>(subject)];
        if (own.size() < 2)
            continue;
        std::int64_t other = t;
        while (other == t)
            other = own[random.below(own.size())];
        pairs.emplace_back(t, other);
        while (set.subjects[static_cast<std::size_t>(other)] == subject)
            other = places[random.below(places.size())];
        pairs.emplace_back(t, other);
    }
    if (pairs.empty())
        throw Error("No person has two templates; the contrastive loss needs such pairs.");
    return pairs;
}

void checkOptions(const NanTraining &options)
{
    if (options.epochs < 1 || options.batch < 1 || !(options.learningRate > 0) || !(options.decay >= 0 && options.decay < 1) || !(options.margin > 0)
        || !(options.scale > 0))
        throw Error("Training an aggregation network needs an epoch, a batch, and a learning rate, margin and scale above 0.");
}

} // namespace

std::string name(NanLoss loss)
{
    return s_nanLosses.wordOf(loss);
}

NanLoss nanLoss(const std::string &name)
{
    return s_nanLosses.fromWord(name);
}

void detail::addGradient(const Nan &net, std::span<const float> features, std::span<const double> byVector, std::span<double> gradient)
{
    const std::vector<double> parameters(net.parameters().begin(), net.parameters().end());
    Pass(parameters, features, static_cast<std::size_t>(net.dim())).back(parameters, byVector, gradient);
}

std::shared_ptr<const Nan> trainNan(const std::function<TemplateFeatures(int)> &draw, const NanTraining &options, Progress &progress,
                                    std::vector<NanEpoch> *history)
{
    checkOptions(options);
    progress.stage("Training the aggregation network");
    TemplateFeatures set = draw(0);
    set.check();
    auto net = std::make_shared<Nan>(set.dim); // refuses features that are too long
    usable(set);
    Trainer trainer(options, set);
    for (int epoch = 0; epoch < options.epochs; ++epoch) {
        if (epoch > 0) {
            set = draw(epoch);
            set.check();
        }
        if (static_cast<std::size_t>(set.dim) != trainer.width() || set.subjectNames.size() != trainer.people())
            throw Error("The templates of epoch " + std::to_string(epoch + 1) + " are of other people or another base than those before.");
        Random random(options.seed, static_cast<std::uint64_t>(epoch));
        std::vector<std::int64_t> places = usable(set);
        std::vector<std::pair<std::int64_t, std::int64_t>> items;
        if (options.loss == NanLoss::Contrastive)
            items = pairsOf(set, places, random);
        else
            for (const std::int64_t t : places)
                items.emplace_back(t, t);
        random.shuffle(items);
        double sum = 0;
        for (std::size_t begin = 0; begin < items.size(); begin += static_cast<std::size_t>(options.batch)) {
            const std::size_t end = std::min(items.size(), begin + static_cast<std::size_t>(options.batch));
            for (std::size_t i = begin; i < end; ++i) {
                sum += options.loss == NanLoss::Softmax ? trainer.softmax(set, items[i].first) : trainer.contrastive(set, items[i].first, items[i].second);
                progress.throwIfCancelled();
            }
            const double way = (epoch + static_cast<double>(end) / static_cast<double>(items.size())) / options.epochs;
            trainer.step(options.learningRate * (0.5 + 0.5 * std::cos(std::numbers::pi * way)), static_cast<int>(end - begin));
        }
        const double loss = sum / static_cast<double>(items.size());
        if (!std::isfinite(loss))
            throw Error("The aggregation network's loss is no number any more (epoch " + std::to_string(epoch + 1) + "); use a smaller learning rate.");
        if (history != nullptr)
            history->push_back({epoch + 1, static_cast<std::int64_t>(places.size()), loss});
        progress.checkpoint(epoch + 1, options.epochs);
    }
    std::transform(trainer.parameters().begin(), trainer.parameters().end(), net->parameters().begin(), [](double value) { return static_cast<float>(value); });
    return net;
}

} // namespace dscope
