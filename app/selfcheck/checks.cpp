// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/selfcheck/checks.h"

#include "core/aggregation/represent.h"
#include "core/base/error.h"
#include "core/base/random.h"
#include "core/base/text.h"
#include "core/base/torchdevice.h"
#include "core/scores/streamscores.h"
#include "core/threshold/pairdevice.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <vector>

namespace dscope {

void require(bool holds, const std::string &what)
{
    if (!holds)
        throw Error(what);
}

struct Ballast::Held {
    std::vector<at::Tensor> blocks;
};

Ballast::Ballast(const Device &device, std::int64_t left) : m_held(new Held)
{
    const auto options = at::TensorOptions(at::kByte).device(torchDevice(device));
    std::vector<at::Tensor> kept; // what remains is taken first, so that it is there when everything else is gone
    constexpr std::int64_t piece = std::int64_t{64} << 20;
    for (std::int64_t have = 0; have < left; have += piece)
        kept.push_back(at::empty({std::min(piece, left - have)}, options));
    for (std::int64_t size = std::int64_t{8} << 30; size >= (std::int64_t{2} << 20);) {
        try {
            m_held->blocks.push_back(at::empty({size}, options));
        } catch (const c10::OutOfMemoryError &) {
            size /= 2;
        }
    }
}

Ballast::~Ballast()
{
    delete m_held;
}

namespace {

/// Features of people that are alike inside a class; some are there twice, so that there are ties.
struct Features {
    std::int64_t dim = 64;
    std::vector<float> values;
    std::vector<std::int32_t> labels;

    explicit Features(std::int64_t count, std::int32_t classes)
    {
        Random random(21);
        std::vector<float> centres(static_cast<std::size_t>(classes * dim));
        for (float &value : centres)
            value = static_cast<float>(random.normal());
        for (std::int64_t i = 0; i < count; ++i) {
            const auto label = static_cast<std::int32_t>(i % classes);
            labels.push_back(label);
            for (std::int64_t d = 0; d < dim; ++d)
                values.push_back(i % 17 == 0 ? centres[static_cast<std::size_t>(label % 5 * dim + d)]
                                             : centres[static_cast<std::size_t>(label * dim + d)] + static_cast<float>(0.7 * random.normal()));
        }
    }
};

struct Pairs {
    static constexpr std::int64_t dim = 256;
    static constexpr std::int64_t templates = 4000;
    std::vector<std::uint32_t> a;
    std::vector<std::uint32_t> b;
    std::vector<float> unit;
    std::vector<std::uint8_t> enrolled;

    explicit Pairs(std::int64_t count)
    {
        Random random(22);
        for (std::int64_t i = 0; i < count; ++i) {
            a.push_back(static_cast<std::uint32_t>(random.below(templates / 4)));
            b.push_back(static_cast<std::uint32_t>(templates / 4 + static_cast<std::int64_t>(random.below(templates * 3 / 4))));
        }
        for (std::int64_t t = 0; t < templates; ++t) {
            std::vector<float> one;
            double squares = 0;
            for (std::int64_t d = 0; d < dim; ++d) {
                one.push_back(static_cast<float>(random.normal()));
                squares += static_cast<double>(one.back()) * static_cast<double>(one.back());
            }
            for (const float value : one)
                unit.push_back(static_cast<float>(static_cast<double>(value) / std::sqrt(squares)));
            enrolled.push_back(random.chance(0.01) ? 0 : 1);
        }
    }
};

double furthest(const std::vector<float> &x, const std::vector<float> &y)
{
    double most = 0;
    for (std::size_t i = 0; i < x.size(); ++i)
        most = std::max(most, std::abs(static_cast<double>(x[i]) - static_cast<double>(y[i])));
    return most;
}

std::string told(const char *format, double value)
{
    return printed(format, value);
}

} // namespace

std::string dScoresAgree(const Device &device)
{
    Progress progress;
    for (const auto metric : {DScoreOptions::Metric::Cosine, DScoreOptions::Metric::Euclidean}) {
        const Features made(20'000, 700);
        const auto rows = featuresInMemory(made.values, made.dim);
        StreamOptions options;
        options.dscore.metric = metric;
        const DScores expected = streamDScores(*rows, made.labels, options, progress);
        options.device = device;
        for (const std::int64_t block : {std::int64_t{0}, std::int64_t{777}}) {
            options.rows = block;
            options.centroids = block / 3;
            const DScores got = streamDScores(*rows, made.labels, options, progress);
            require(got.hardestClass == expected.hardestClass && got.own == expected.own && got.hardest == expected.hardest && got.raw == expected.raw,
                    "D-scores on " + device.name() + " are not the CPU's, in blocks of " + std::to_string(block));
        }
    }
    return "20,000 features of 700 classes, cosine and distance: the same bits on " + device.name();
}

std::string pairsAgree(const Device &device)
{
    Progress progress;
    const Pairs made(1'000'000);
    const PairPlan plan(made.a, made.b, Pairs::templates, Pairs::dim, progress);
    std::vector<float> expected(made.a.size());
    plan.score(made.unit, made.enrolled, expected, progress);
    double most = 0;
    for (const std::int64_t piece : {std::int64_t{0}, std::int64_t{77'777}}) {
        DevicePairs pairs(device, plan, made.enrolled, piece);
        for (int again = 0; again < 2; ++again) {
            std::vector<float> got(expected.size(), 5);
            std::vector<float> sorted(expected.size(), 5);
            pairs.score(made.unit, got, sorted, progress);
            most = std::max(most, furthest(expected, got));
            std::sort(got.begin(), got.end(), std::greater<>());
            require(got == sorted, "the order of the scores is not that of their sort");
        }
    }
    require(most < 1e-6, told("scores differ by %.3g", most));
    require(progress.notices().empty(), "memory was short: " + (progress.notices().empty() ? std::string() : progress.notices().front()));
    return told("a million pairs on this device: within %.2g of the CPU's", most);
}

std::string pairsFitIntoLittle(const Device &device)
{
    if (!device.isCuda())
        throw Skip{loadCuda()};
    Progress progress;
    const Pairs made(1'000'000);
    const PairPlan plan(made.a, made.b, Pairs::templates, Pairs::dim, progress);
    std::vector<float> expected(made.a.size());
    std::vector<float> sorted(expected);
    DevicePairs(device, plan, made.enrolled).score(made.unit, expected, sorted, progress);
    const Features features(20'000, 700);
    const auto rows = featuresInMemory(features.values, features.dim);
    StreamOptions options;
    const DScores scores = streamDScores(*rows, features.labels, options, progress);
    options.device = device;
    streamDScores(*rows, features.labels, options, progress);
    require(progress.notices().empty(), "memory was short before it was taken");

    const Ballast ballast(device, std::int64_t{24} << 20);
    std::vector<float> got(expected.size(), 5);
    DevicePairs(device, plan, made.enrolled).score(made.unit, got, sorted, progress);
    require(!progress.notices().empty(), "nothing was said of pairs although the memory was full");
    const std::string said = progress.notices().front();
    require(furthest(expected, got) < 1e-6, "scores changed when memory ran out");
    std::sort(got.begin(), got.end(), std::greater<>());
    require(got == sorted, "the order is wrong after memory ran out");

    Progress second;
    const DScores again = streamDScores(*rows, features.labels, options, second);
    require(!second.notices().empty(), "nothing was said of D-scores although the memory was full");
    require(again.hardestClass == scores.hardestClass && again.raw == scores.raw, "D-scores changed when memory ran out");
    return said + " / " + second.notices().front();
}

} // namespace dscope
