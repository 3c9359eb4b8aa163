// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/support.h"

#include "core/base/device.h"
#include "core/nets/ddnet.h"
#include "core/nets/normact.h"
#include "core/nets/normkernels.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/types.h>

#include <cmath>
#include <utility>
#include <vector>

using namespace dscope;
namespace nn = torch::nn;

namespace {

/// A batch-norm and slopes that are nothing special.
struct Layers {
    nn::BatchNorm2d norm;
    nn::PReLU act;

    explicit Layers(std::int64_t channels) : norm(channels), act(nn::PReLUOptions().num_parameters(channels))
    {
        const at::NoGradGuard guard;
        const at::Tensor c = at::arange(channels, at::kFloat);
        norm->weight.copy_(1 + 0.5 * at::sin(c + 1));
        norm->bias.copy_(0.3 * at::cos(2 * c));
        norm->running_mean.copy_(0.1 * c);
        act->weight.copy_(0.25 + 0.2 * at::sin(3 * c));
    }
};

at::Tensor noise(at::IntArrayRef sizes, double seed, double mean = 0, double deviation = 1)
{
    std::int64_t count = 1;
    for (const std::int64_t side : sizes)
        count *= side;
    const at::Tensor values = at::sin((at::arange(count, at::kDouble) + seed) * 12.9898) * 43758.5453;
    return (mean + deviation * 3.4 * (values - at::floor(values) - 0.5)).to(at::kFloat).reshape(sizes).contiguous(at::MemoryFormat::ChannelsLast);
}

/// What comes out, and every gradient for dL/dy = w.
struct Outcome {
    at::Tensor y, x, weight, bias, slopes, added, mean, variance;
    std::int64_t batches = 0;
    at::Tensor z; ///< of the reference: before the slopes
};

/// By the layers one by one, in double: the reference.
Outcome reference(const Layers &layers, bool act, const at::Tensor &x, const at::Tensor &added, const at::Tensor &w)
{
    const auto leaf = [](const at::Tensor &t) { return t.detach().to(at::kDouble).clone().requires_grad_(true); };
    const at::Tensor in = leaf(x);
    const at::Tensor g = leaf(layers.norm->weight);
    const at::Tensor b = leaf(layers.norm->bias);
    const at::Tensor s = leaf(layers.act->weight);
    const at::Tensor plus = added.defined() ? leaf(added) : at::Tensor();
    const at::Tensor mean = layers.norm->running_mean.to(at::kDouble).clone();
    const at::Tensor variance = layers.norm->running_var.to(at::kDouble).clone();
    at::Tensor y = at::batch_norm(in, g, b, mean, variance, true, 0.1, 1e-5, false);
    const at::Tensor z = y.detach();
    if (act)
        y = at::prelu(y, s);
    if (added.defined())
        y = y + plus;
    (y * w.to(at::kDouble)).sum().backward();
    return {y.detach(), in.grad(), g.grad(), b.grad(), act ? s.grad() : at::Tensor(), added.defined() ? plus.grad() : at::Tensor(), mean, variance, 1, z};
}

Outcome ours(const Layers &layers, bool act, const at::Tensor &x, const at::Tensor &added, const at::Tensor &w)
{
    Layers own(layers.norm->weight.numel());
    const at::Tensor in = x.detach().clone(at::MemoryFormat::Preserve).requires_grad_(true);
    const at::Tensor plus = added.defined() ? added.detach().clone(at::MemoryFormat::Preserve).requires_grad_(true) : at::Tensor();
    own.norm->train();
    const at::Tensor y = normalised(own.norm, act ? own.act : nn::PReLU(nullptr), in, plus);
    (y.to(at::kFloat) * w).sum().backward();
    return {y.detach(),
            in.grad(),
            own.norm->weight.grad(),
            own.norm->bias.grad(),
            act ? own.act->weight.grad() : at::Tensor(),
            added.defined() ? plus.grad() : at::Tensor(),
            own.norm->running_mean,
            own.norm->running_var,
            own.norm->num_batches_tracked.item<std::int64_t>(),
            {}};
}

/// The largest difference beside the reference's largest value.
double apart(const at::Tensor &value, const at::Tensor &wanted)
{
    if (!value.defined() || !wanted.defined())
        return value.defined() == wanted.defined() ? 0 : INFINITY;
    const double scale = std::max(1e-12, wanted.abs().max().item<double>());
    return (value.to(at::kDouble) - wanted).abs().max().item<double>() / scale;
}

} // namespace

class TestNormAct : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void byHand()
    {
        // Two pixels of one channel: 1 and 3. Mean 2, variance 1 (unbiased 2); z = 2 (x - 2) / sqrt(1 + 1e-5) + 0.5.
        nn::BatchNorm2d norm(1);
        nn::PReLU act(nn::PReLUOptions().num_parameters(1).init(0.5));
        {
            const at::NoGradGuard guard;
            norm->weight.fill_(2);
            norm->bias.fill_(0.5);
        }
        const at::Tensor x = at::tensor({1.0, 3.0}, at::kFloat).reshape({1, 1, 1, 2}).contiguous(at::MemoryFormat::ChannelsLast);
        const at::Tensor y = normalised(norm, act, x, at::full({1, 1, 1, 2}, 10.0F).contiguous(at::MemoryFormat::ChannelsLast));
        const double a = 2 / std::sqrt(1 + 1e-5);
        QVERIFY(std::abs(y.flatten()[0].item<double>() - (10 + 0.5 * (0.5 - a))) < 1e-6);
        QVERIFY(std::abs(y.flatten()[1].item<double>() - (10 + 0.5 + a)) < 1e-6);
        QVERIFY(std::abs(norm->running_mean.item<double>() - 0.2) < 1e-7);
        QVERIFY(std::abs(norm->running_var.item<double>() - 1.1) < 1e-7);
        QCOMPARE(norm->num_batches_tracked.item<std::int64_t>(), std::int64_t{1});
    }

    void likeTheLayersOneByOne_data()
    {
        QTest::addColumn<int>("channels");
        QTest::addColumn<int>("side");
        QTest::addColumn<bool>("act");
        QTest::addColumn<bool>("plus");
        QTest::addColumn<double>("mean");
        for (const int channels : {1, 3, 8, 16, 24, 32, 48, 64, 100, 512})
            for (const int side : {1, 2, 7, 30})
                for (const bool act : {true, false})
                    for (const bool plus : {false, true})
                        QTest::newRow(
                            (std::to_string(channels) + " channels, side " + std::to_string(side) + (act ? ", act" : "") + (plus ? ", plus" : "")).c_str())
                            << channels << side << act << plus << 0.4;
        QTest::newRow("a mean a thousand deviations off") << 8 << 30 << true << true << 1000.0;
        QTest::newRow("several parts") << 8 << 150 << true << true << 0.4;
    }
    void likeTheLayersOneByOne()
    {
        QFETCH(int, channels);
        QFETCH(int, side);
        QFETCH(bool, act);
        QFETCH(bool, plus);
        QFETCH(double, mean);
        const std::vector<std::int64_t> sizes{5, channels, side, side};
        const Layers layers(channels);
        const at::Tensor x = noise(sizes, 1, mean);
        const at::Tensor added = plus ? noise(sizes, 2) : at::Tensor();
        // No gradient where z lies so near to 0 that float32 and double see it on different sides.
        const at::Tensor z = reference(layers, act, x, added, noise(sizes, 3)).z;
        const at::Tensor w =
            at::where(z.abs() < 1e-5 * std::max(1.0, mean), at::zeros({}, at::kFloat), noise(sizes, 3)).contiguous(at::MemoryFormat::ChannelsLast);
        const Outcome wanted = reference(layers, act, x, added, w);
        const Outcome got = ours(layers, act, x, added, w);
        const double near = mean > 100 ? 2e-3 : 2e-5; // the input itself has seven digits
        QVERIFY2(apart(got.y, wanted.y) < near, qPrintable(QString::number(apart(got.y, wanted.y))));
        QVERIFY2(apart(got.x, wanted.x) < near, qPrintable(QString::number(apart(got.x, wanted.x))));
        QVERIFY2(apart(got.weight, wanted.weight) < near, qPrintable(QString::number(apart(got.weight, wanted.weight))));
        QVERIFY2(apart(got.bias, wanted.bias) < near, qPrintable(QString::number(apart(got.bias, wanted.bias))));
        QVERIFY2(apart(got.slopes, wanted.slopes) < near, qPrintable(QString::number(apart(got.slopes, wanted.slopes))));
        QVERIFY(apart(got.added, wanted.added) < 1e-7);
        QVERIFY(apart(got.mean, wanted.mean) < 1e-5);
        QVERIFY(apart(got.variance, wanted.variance) < 1e-5);
        QCOMPARE(got.batches, std::int64_t{1});
    }

    void inSixteenBits()
    {
        const Layers layers(24);
        const std::vector<std::int64_t> sizes{6, 24, 20, 20};
        const at::Tensor x = noise(sizes, 4, 0.3).to(at::kBFloat16);
        const at::Tensor added = noise(sizes, 5).to(at::kBFloat16);
        const at::Tensor w = noise(sizes, 6).to(at::kBFloat16).to(at::kFloat);
        const Outcome wanted = reference(layers, true, x, added, w);
        const Outcome got = ours(layers, true, x, added, w);
        QCOMPARE(got.y.scalar_type(), at::kBFloat16);
        QCOMPARE(got.x.scalar_type(), at::kBFloat16);
        QCOMPARE(got.weight.scalar_type(), at::kFloat);
        // A value is rounded to eight bits once; the sums are not.
        QVERIFY(((got.y.to(at::kDouble) - wanted.y).abs() <= wanted.y.abs() / 256 + 0.005).all().item<bool>());
        QVERIFY(apart(got.x, wanted.x) < 0.005);
        QVERIFY(apart(got.weight, wanted.weight) < 1e-4);
        QVERIFY(apart(got.bias, wanted.bias) < 1e-4);
        QVERIFY(apart(got.slopes, wanted.slopes) < 1e-4);
        QVERIFY(apart(got.variance, wanted.variance) < 1e-5);
    }

    void valuesThatAreNoNumbersStayOnes()
    {
        for (const at::ScalarType type : {at::kFloat, at::kBFloat16}) {
            Layers layers(8);
            at::Tensor x = noise({2, 8, 4, 4}, 7).to(type);
            x[0][3][1][1] = NAN;
            const at::Tensor y = normalised(layers.norm, layers.act, x);
            QVERIFY(y.select(1, 3).isnan().all().item<bool>());
            QVERIFY(!y.slice(1, 4).isnan().any().item<bool>());
        }
    }

    void sameBitsWithAnyThreads()
    {
        const int before = threads();
        const Layers layers(8);
        const at::Tensor x = noise({8, 8, 100, 100}, 8);
        const at::Tensor w = noise({8, 8, 100, 100}, 9);
        setThreads(1);
        const Outcome one = ours(layers, true, x, {}, w);
        setThreads(3);
        const Outcome three = ours(layers, true, x, {}, w);
        setThreads(before);
        QVERIFY(at::equal(one.y, three.y) && at::equal(one.x, three.x) && at::equal(one.weight, three.weight) && at::equal(one.slopes, three.slopes)
                && at::equal(one.variance, three.variance));
    }

    void layersOneByOneElsewhere()
    {
        // In evaluation, in double, in the other layout, with one slope for all: as the layers, to the bit, and batch-norm's statistics as they go.
        Layers layers(8);
        const at::Tensor x = noise({2, 8, 5, 5}, 10);
        layers.norm->eval();
        QVERIFY(at::equal(normalised(layers.norm, layers.act, x), activated(layers.act, layers.norm->forward(x))));
        layers.norm->train();
        const at::Tensor contiguous = x.contiguous(at::MemoryFormat::Contiguous);
        QVERIFY(at::equal(normalised(layers.norm, layers.act, contiguous), activated(layers.act, layers.norm->forward(contiguous))));
        nn::PReLU single;
        QVERIFY(at::equal(normalised(layers.norm, single, x), activated(single, layers.norm->forward(x))));
        nn::BatchNorm2d bare(nn::BatchNormOptions(8).affine(false).track_running_stats(false));
        QVERIFY(at::equal(normalised(bare, layers.act, x), activated(layers.act, bare->forward(x))));
        // More channels than the kernels' pattern holds, and a single pixel, which torch refuses.
        QVERIFY(normPattern(1025) > normPatternMost);
        Layers many(1025);
        const at::Tensor wide = noise({2, 1025, 2, 2}, 11);
        QVERIFY(at::allclose(normalised(many.norm, many.act, wide), activated(many.act, many.norm->forward(wide))));
        QVERIFY_THROWS_EXCEPTION(c10::Error, normalised(layers.norm, layers.act, noise({1, 8, 1, 1}, 12)));
    }

    void withoutGradient()
    {
        Layers layers(8);
        const at::Tensor x = noise({2, 8, 5, 5}, 13);
        const at::NoGradGuard guard;
        const at::Tensor y = normalised(layers.norm, layers.act, x);
        QVERIFY(!y.requires_grad());
        QVERIFY(y.is_contiguous(at::MemoryFormat::ChannelsLast));
    }

    void wholeNetwork()
    {
        // A DDNet's gradients are those of the layers one by one (what it does in the other layout).
        torch::manual_seed(5);
        DdNet net;
        net.train();
        const at::Tensor x = noise({4, 3, 112, 112}, 14);
        const auto gradients = [&](const at::Tensor &input) {
            for (const at::Tensor &weight : net.parameters())
                weight.mutable_grad().reset();
            (net.forward(input) * at::tensor({1.0F, -2.0F, 3.0F, 0.5F}).unsqueeze(1)).sum().backward();
            std::vector<at::Tensor> all;
            for (const at::Tensor &weight : net.parameters())
                all.push_back(weight.grad().clone());
            return all;
        };
        const std::vector<at::Tensor> inOne = gradients(x);
        net.to(at::kDouble);
        const std::vector<at::Tensor> layers = gradients(x.to(at::kDouble));
        QCOMPARE(inOne.size(), layers.size());
        for (std::size_t i = 0; i < inOne.size(); ++i)
            QVERIFY2(apart(inOne[i], layers[i]) < 2e-3, (std::to_string(i) + ": " + std::to_string(apart(inOne[i], layers[i]))).c_str());
    }
};

DSCOPE_TEST(TestNormAct)
#include "tst_normact.moc"
