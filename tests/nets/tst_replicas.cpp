// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/support.h"

#include "core/base/device.h"
#include "core/base/error.h"
#include "core/nets/checkpoint.h"
#include "core/training/loop.h"
#include "core/training/replicas.h"

#include <ATen/ATen.h>
#include <atomic>
#include <torch/nn/module.h>

#include <QTemporaryDir>

#include <cmath>

using namespace dscope;

namespace {

/// A convolution and a batch-norm of its own, small enough to be followed.
class Normed : public torch::nn::Module {
public:
    Normed()
    {
        w = register_parameter("w", at::linspace(-1, 1, 36).reshape({4, 3, 1, 3}));
        fixed = register_parameter("fixed", at::ones({1}), /*requires_grad=*/false);
        mean = register_buffer("mean", at::zeros({4}));
        variance = register_buffer("variance", at::ones({4}));
        count = register_buffer("count", at::zeros({}, at::kLong));
    }
    at::Tensor forward(const at::Tensor &x)
    {
        return at::batch_norm(at::conv2d(x, w), {}, {}, mean, variance, is_training(), 0.1, 1e-5, false).relu().square().mean({1, 2, 3});
    }
    at::Tensor w, fixed, mean, variance, count;
};

at::Tensor pictures(std::int64_t count)
{
    return at::sin(at::arange(count * 3 * 16, at::kFloat) * 0.37).reshape({count, 3, 4, 4});
}

TrainingLoop::Replica copyOf()
{
    const auto net = std::make_shared<Normed>();
    net->w.set_data(at::zeros_like(net->w)); // whatever it begins with plays no part
    return {{{"net", net.get()}}, [net](const at::Tensor &x, std::span<const std::int64_t>) { return net->forward(x).mean(); }, net};
}

} // namespace

class TestReplicas : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;

    /// A run of 48 samples in batches of 32, and its checkpoint's tensors.
    StateDict trained(const std::string &name, int stopAfter, bool replicas, bool resume = false)
    {
        const std::filesystem::path file = m_folder.path().toStdString() + "/" + name;
        Normed net;
        TrainOptions options;
        options.epochs = 3;
        options.batch = 32;
        options.learningRate = 0.05;
        options.checkpointEvery = 0;
        options.stopAfter = stopAfter;
        options.resume = resume;
        TrainingLoop loop({{"net", &net}}, options, file);
        if (replicas)
            loop.setReplicas(copyOf);
        Progress progress;
        try {
            loop.run(
                70, [](std::int64_t, Random &) { return Picture(4, 4); },
                [](std::span<const Picture> batch) { return pictures(static_cast<std::int64_t>(batch.size())); },
                [&](const at::Tensor &x, std::span<const std::int64_t> indices) {
                    return (net.forward(x) * static_cast<double>(1 + indices.front() % 3)).mean();
                },
                {}, progress);
        } catch (const Cancelled &) {
        }
        return stateDict(net);
    }

private Q_SLOTS:
    void initTestCase() { setThreads(2); }
    void cleanupTestCase() { setThreads(0); }

    void oneAThread()
    {
        QCOMPARE(usualParts(64, 2), 2);
        QCOMPARE(usualParts(64, 1), 1);
        QCOMPARE(usualParts(31, 8), 1);
        QCOMPARE(usualParts(64, 16), 4);
        QCOMPARE(usualParts(1024, 64), 8);
    }

    /// Gradients are those of the parts, added; statistics are the parts', averaged; a fixed weight stays without a gradient.
    void partsAreGathered()
    {
        const at::Tensor x = pictures(12);
        Normed net;
        net.train();
        Replicas replicas({{"net", &net}}, copyOf, 3);
        QCOMPARE(replicas.parts(), 3);
        const TrainingLoop::Loss own = [&net](const at::Tensor &part, std::span<const std::int64_t>) { return net.forward(part).mean(); };
        replicas.run([&](int i) { (replicas.loss(i, own)(x.narrow(0, 4 * i, 4), {}) / 3).backward(); });

        at::Tensor gradient;
        at::Tensor mean = at::zeros({4});
        at::Tensor variance = at::zeros({4});
        for (int i = 0; i < 3; ++i) {
            Normed alone;
            alone.train();
            (alone.forward(x.narrow(0, 4 * i, 4)).mean() / 3).backward();
            gradient = gradient.defined() ? gradient + alone.w.grad() : alone.w.grad();
            mean += alone.mean / 3;
            variance += alone.variance / 3;
        }
        QVERIFY((net.w.grad() - gradient).abs().max().item<double>() < 1e-6);
        QVERIFY(gradient.abs().max().item<double>() > 1e-4);
        QVERIFY((net.mean - mean).abs().max().item<double>() < 1e-6);
        QVERIFY((net.variance - variance).abs().max().item<double>() < 1e-6);
        QVERIFY(mean.abs().max().item<double>() > 1e-4);
        QVERIFY(!net.fixed.grad().defined());
        QCOMPARE(net.count.item<std::int64_t>(), std::int64_t{0});

        // The copies follow the trained weights, and remember no gradient.
        {
            const at::NoGradGuard guard;
            net.w.mul_(2);
        }
        net.w.mutable_grad().reset();
        std::vector<double> values(3);
        replicas.run([&](int i) { values[static_cast<std::size_t>(i)] = replicas.loss(i, own)(x, {}).item<double>(); });
        QVERIFY(!net.w.grad().defined());
        QCOMPARE(values[1], values[0]);
        QCOMPARE(values[2], values[0]);
    }

    void failureIsTold()
    {
        Normed net;
        Replicas replicas({{"net", &net}}, copyOf, 2);
        const at::Tensor before = net.mean.clone();
        for (const int failing : {0, 1}) {
            try {
                replicas.run([failing](int i) {
                    if (i == failing)
                        throw Error("part " + std::to_string(i) + " failed.");
                });
                QFAIL("nothing was thrown");
            } catch (const Error &error) {
                QCOMPARE(std::string(error.what()), "part " + std::to_string(failing) + " failed.");
            }
        }
        QVERIFY(at::equal(net.mean, before));
        std::atomic<int> ran = 0;
        replicas.run([&](int i) { ran += i == 0 ? 1 : 0; });
        QCOMPARE(ran.load(), 1);
    }

    void anotherNetworkIsRefused()
    {
        class Other : public torch::nn::Module {
        public:
            Other() { register_parameter("w", at::zeros({2})); }
        };
        Normed net;
        const auto make = [] {
            const auto other = std::make_shared<Other>();
            return TrainingLoop::Replica{{{"net", other.get()}}, {}, other};
        };
        QVERIFY_THROWS_EXCEPTION(Error, Replicas({{"net", &net}}, make, 2));
    }

    /// The same bits every time, also where the run was stopped, and with another number of threads afterwards.
    void sameBits()
    {
        const StateDict whole = trained("whole", 0, true);
        const StateDict again = trained("again", 0, true);
        trained("stopped", 2, true);
        setThreads(1);
        const StateDict resumed = trained("stopped", 0, true, true);
        setThreads(2);
        const StateDict plain = trained("plain", 0, false);
        for (const auto &[name, tensor] : whole) {
            QVERIFY2(at::equal(tensor, again.at(name)), name.c_str());
            QVERIFY2(at::equal(tensor, resumed.at(name)), name.c_str());
        }
        // Batch-norm sees a part at a time, so it is another run than one in a single piece, but close to it.
        QVERIFY(!at::equal(whole.at("mean"), plain.at("mean")) || !at::equal(whole.at("w"), plain.at("w")));
        QVERIFY((whole.at("w") - plain.at("w")).abs().max().item<double>() < 0.2);
    }
};

DSCOPE_TEST(TestReplicas)
#include "tst_replicas.moc"
