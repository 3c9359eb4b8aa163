// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/support.h"

#include "core/nets/architectures.h"
#include "core/nets/checkpoint.h"
#include "core/nets/counting.h"
#include "core/nets/ddnet.h"
#include "core/nets/ddnet3d.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <array>
#include <cmath>

using namespace dscope;

namespace {

/// Batch-norms away from the identity.
void shake(torch::nn::Module &net)
{
    const at::NoGradGuard guard;
    for (const auto &item : net.named_buffers())
        if (item.key().ends_with("running_mean"))
            item.value().normal_(0, 0.3);
        else if (item.key().ends_with("running_var"))
            item.value().uniform_(0.5, 2);
    for (const auto &item : net.named_parameters())
        if (item.value().dim() == 1)
            item.value().uniform_(0.2, 1.2);
}

} // namespace

/// The DDNet on clips.
class TestDdnet3d : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void byHand_data()
    {
        QTest::addColumn<int>("frames");
        QTest::addColumn<int>("height");
        QTest::addColumn<int>("width");
        QTest::newRow("16x112x112") << 16 << 112 << 112;
        QTest::newRow("8x64x64") << 8 << 64 << 64;
        QTest::newRow("odd sides") << 5 << 33 << 50;
    }
    /// Its parameters and costs, convolution by convolution.
    void byHand()
    {
        QFETCH(int, frames);
        QFETCH(int, height);
        QFETCH(int, width);
        std::int64_t sides[] = {frames, height, width};
        const auto volume = [&] { return sides[0] * sides[1] * sides[2]; };
        const std::int64_t channels[] = {8, 8, 16, 32, 48};
        std::int64_t mac = 27 * 3 * 8 * volume();
        std::int64_t parameters = 27 * 3 * 8 + 3 * 8; // weights; batch-norm and slopes
        for (int stage = 1; stage <= 4; ++stage) {
            const std::int64_t in = channels[stage - 1];
            const std::int64_t out = channels[stage];
            const std::int64_t before = volume();
            for (std::int64_t &side : sides)
                side = (side + 1) / 2;
            const std::int64_t after = volume();
            mac += 27 * in * out * before + 27 * out * out * after + in * out * after; // first block, the stride on its second convolution
            mac += 2 * 27 * out * out * after;                                         // second block
            parameters += 27 * in * out + 3 * 27 * out * out + in * out + 5 * 2 * out + 2 * out;
        }
        mac += 48;
        parameters += 48 + 1;
        const at::NoGradGuard guard;
        DdNet3d net;
        std::int64_t counted = 0;
        for (const at::Tensor &parameter : net.parameters())
            counted += parameter.numel();
        QCOMPARE(counted, parameters);
        const Counted cost = countNetwork(net, {frames, height, width});
        QCOMPARE(cost.cost.mac, mac);
        QVERIFY(cost.cost.flop > 2 * mac && static_cast<double>(cost.cost.flop) < 2.2 * static_cast<double>(mac));
    }

    /// What stands in the architectures' list.
    void usual()
    {
        const ModelSpec spec = usualSpec("ddnet-3d");
        QVERIFY(spec.role == Role::DdNet && spec.inputFrames == 16 && spec.inputHeight == 112 && spec.inputWidth == 112 && spec.outputSize == 1);
        const ArchitectureCost cost = costOfArchitecture("ddnet-3d");
        QCOMPARE(cost.parameters, std::int64_t{360177});
        QCOMPARE(cost.cost.mac, std::int64_t{862211888});
        // The names are those of the 2D network, and every kernel is one longer in a third direction.
        const StateDict flat = stateDict(DdNet());
        const StateDict solid = stateDict(DdNet3d());
        QCOMPARE(solid.size(), flat.size());
        for (const auto &[name, tensor] : flat) {
            QVERIFY2(solid.contains(name), name.c_str());
            std::vector<std::int64_t> sizes = tensor.sizes().vec();
            if (sizes.size() == 4)
                sizes.insert(sizes.begin() + 2, sizes.back());
            QVERIFY2(solid.at(name).sizes() == sizes, name.c_str());
        }
    }

    /// With the 2D network's weights in the middle of time, and nothing before and after, it gives of a still what that gives of the picture.
    void stillIsThePicture()
    {
        const at::NoGradGuard guard;
        at::manual_seed(4);
        DdNet flat;
        DdNet3d solid;
        shake(flat);
        const StateDict from = stateDict(flat);
        for (const auto &[name, tensor] : stateDict(solid)) {
            const at::Tensor &weights = from.at(name);
            if (tensor.dim() == 5) {
                tensor.zero_();
                tensor.select(2, tensor.size(2) / 2).copy_(weights);
            } else {
                tensor.copy_(weights);
            }
        }
        flat.eval();
        solid.eval();
        const at::Tensor picture = at::randn({2, 3, 64, 48});
        const at::Tensor clip = picture.unsqueeze(2).expand({2, 3, 6, 64, 48}).contiguous();
        QVERIFY(at::allclose(solid.forward(clip), flat.forward(picture), 1e-4, 1e-5));
    }

    /// Folded, and by oneDNN: the same numbers, for other clips and batches than it was prepared for, too.
    void preparedIsTheSame()
    {
        const at::NoGradGuard guard;
        at::manual_seed(5);
        DdNet3d net;
        shake(net);
        net.eval();
        const at::Tensor x = at::randn({3, 3, 16, 64, 64});
        // Rows of an odd number of results, in the stem and behind it.
        const std::vector<at::Tensor> others{at::randn({1, 3, 9, 40, 52}), at::randn({1, 3, 5, 33, 51}), at::randn({2, 3, 4, 20, 50})};
        const at::Tensor before = net.forward(x);
        std::vector<at::Tensor> othersBefore;
        for (const at::Tensor &other : others)
            othersBefore.push_back(net.forward(other));
        net.foldBatchNorm();
        QVERIFY(at::allclose(net.forward(x), before, 1e-4, 1e-5));
        net.prepareConvolutions(x.narrow(0, 0, 1));
        QVERIFY(at::allclose(net.forward(x), before, 1e-4, 1e-5));
        QVERIFY(at::allclose(net.forward(x.contiguous(at::MemoryFormat::ChannelsLast3d)), before, 1e-4, 1e-5));
        for (std::size_t i = 0; i < others.size(); ++i)
            QVERIFY(at::allclose(net.forward(others[i]), othersBefore[i], 1e-4, 1e-5));
    }

    void gradients_data()
    {
        QTest::addColumn<bool>("training");
        QTest::newRow("training") << true;
        QTest::newRow("evaluation") << false;
    }
    /// A small network in double precision: the derivative by every tensor, in a direction drawn for it, beside the central difference.
    void gradients()
    {
        QFETCH(bool, training);
        at::manual_seed(6);
        DdNet3d net({2, 3, 2, 3}, {1, 2, 1, 1});
        shake(net);
        net.to(at::kDouble);
        net.train(training);
        const at::Tensor x = at::randn({4, 3, 8, 20, 20}, at::kDouble);
        const at::Tensor weights = at::randn({4, 1}, at::kDouble);
        const auto value = [&] { return (net.forward(x) * weights).sum(); };
        value().backward();
        constexpr double step = 1e-6;
        double largest = 0;
        for (const auto &item : net.named_parameters()) {
            const at::Tensor parameter = item.value();
            const double analytic = [&] { return parameter.grad().norm().item<double>(); }();
            largest = std::max(largest, analytic);
        }
        QVERIFY(largest > 0);
        for (const auto &item : net.named_parameters()) {
            const at::NoGradGuard guard;
            const at::Tensor parameter = item.value();
            at::Tensor direction = at::randn_like(parameter);
            direction.div_(direction.norm());
            const double analytic = (parameter.grad() * direction).sum().item<double>();
            parameter.add_(direction, step);
            const double above = value().item<double>();
            parameter.sub_(direction, 2 * step);
            const double below = value().item<double>();
            parameter.add_(direction, step);
            const double numeric = (above - below) / (2 * step);
            QVERIFY2(std::abs(numeric - analytic) < 1e-6 * largest + 1e-4 * std::abs(analytic),
                     (item.key() + ": " + std::to_string(analytic) + " instead of " + std::to_string(numeric)).c_str());
        }
    }
};

DSCOPE_TEST(TestDdnet3d)
#include "tst_ddnet3d.moc"
