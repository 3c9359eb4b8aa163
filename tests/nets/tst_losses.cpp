// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/support.h"

#include "core/base/error.h"
#include "core/losses/head.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/autograd.h>

#include <cmath>
#include <functional>
#include <numbers>

using namespace dscope;

namespace {

constexpr double s_pi = std::numbers::pi;

at::Tensor one(double cosine, double other)
{
    return at::tensor({cosine, other}, at::kDouble).unsqueeze(0);
}

/// The margin function's value at the label for an angle of `theta`.
double valueAt(LossKind kind, double theta, double margin, double lambda = 0)
{
    const at::Tensor cosines = one(std::cos(theta), 0.25);
    const at::Tensor label = at::zeros({1}, at::kLong);
    const at::Tensor out = kind == LossKind::ArcFace ? arcFaceCosines(cosines, label, margin)
        : kind == LossKind::CosFace                  ? cosFaceCosines(cosines, label, margin)
                                                     : sphereFaceCosines(cosines, label, static_cast<int>(margin), lambda);
    if (out[0][1].item<double>() != 0.25) // the other classes stay as they are
        return std::nan("");
    return out[0][0].item<double>();
}

/// Largest difference between the gradient of f at x and central differences, over the largest gradient.
double gradientError(const std::function<at::Tensor(const at::Tensor &)> &f, const at::Tensor &x)
{
    at::Tensor leaf = x.clone().set_requires_grad(true);
    f(leaf).backward();
    const at::Tensor exact = leaf.grad().flatten();
    const double h = 1e-6;
    double worst = 0;
    for (std::int64_t i = 0; i < x.numel(); ++i) {
        at::Tensor plus = x.clone();
        at::Tensor minus = x.clone();
        plus.view(-1)[i] += h;
        minus.view(-1)[i] -= h;
        const double numeric = (f(plus) - f(minus)).item<double>() / (2 * h);
        worst = std::max(worst, std::abs(numeric - exact[i].item<double>()));
    }
    return worst / exact.abs().max().item<double>();
}

at::Tensor formula(std::int64_t rows, std::int64_t columns, double shift)
{
    return at::sin(at::arange(rows * columns, at::kDouble) * 1.7 + shift).reshape({rows, columns}).contiguous();
}

} // namespace

class TestLosses : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void marginsAreTheFormulas()
    {
        for (int i = 0; i <= 180; ++i) {
            const double theta = i * s_pi / 180;
            const double arc = theta + 0.5 < s_pi ? std::cos(theta + 0.5) : std::cos(theta) - 0.5 * std::sin(0.5);
            // Sines below .001 are taken as .001.
            QVERIFY2(std::abs(valueAt(LossKind::ArcFace, theta, 0.5) - arc) < (i == 0 || i == 180 ? 5e-4 : 1e-12), qPrintable(QString::number(i)));
            QVERIFY(std::abs(valueAt(LossKind::CosFace, theta, 0.35) - (std::cos(theta) - 0.35)) < 1e-12);
            for (int m = 1; m <= 4; ++m) {
                const int k = std::min(m - 1, static_cast<int>(std::floor(theta * m / s_pi + 1e-12)));
                const double psi = (k % 2 ? -1 : 1) * std::cos(m * theta) - 2 * k;
                QVERIFY2(std::abs(valueAt(LossKind::SphereFace, theta, m) - psi) < 1e-9, qPrintable(QStringLiteral("m %1, %2 degrees").arg(m).arg(i)));
                QVERIFY(std::abs(valueAt(LossKind::SphereFace, theta, m, 5) - (5 * std::cos(theta) + psi) / 6) < 1e-9);
            }
        }
    }

    /// A loss that rises while the angle to the own class falls would teach the wrong thing.
    void targetsFallWithTheAngle()
    {
        for (const LossKind kind : {LossKind::ArcFace, LossKind::CosFace, LossKind::SphereFace}) {
            double before = 10;
            for (int i = 0; i <= 1800; ++i) {
                const double now = valueAt(kind, i * s_pi / 1800, usualMargin(kind));
                QVERIFY2(now <= before + 1e-9, qPrintable(QStringLiteral("%1 at %2").arg(QString::fromStdString(lossName(kind))).arg(i)));
                before = now;
            }
        }
    }

    void crossEntropyByHand()
    {
        const at::Tensor logits = at::tensor({1.0, 2.0, 0.0, 0.0}, at::kDouble).reshape({2, 2});
        const at::Tensor labels = at::tensor({0, 1}, at::kLong);
        const double expected = (std::log(1 + std::exp(1.0)) + std::log(2.0)) / 2;
        QVERIFY(std::abs(softmaxCrossEntropy(logits, labels).item<double>() - expected) < 1e-12);
        // 64 times a cosine of half precision: no overflow, no NaN.
        const at::Tensor large = at::tensor({64.0F, -64.0F}).reshape({1, 2}).to(at::kHalf);
        QVERIFY(std::abs(softmaxCrossEntropy(large, at::ones({1}, at::kLong)).item<double>() - 128) < 1e-3);
    }

    void gradientsAreThoseOfFiniteDifferences_data()
    {
        QTest::addColumn<QString>("name");
        for (const char *name : {"softmax", "arcface", "cosface", "sphereface", "triplet", "triplet+softmax"})
            QTest::newRow(name) << name;
    }
    void gradientsAreThoseOfFiniteDifferences()
    {
        QFETCH(QString, name);
        LossOptions options;
        options.kind = lossNamed(name.toStdString());
        options.scale = 8; // far from saturation, where there is nothing to compare
        ClassHead head(options, 4, 5);
        head.to(at::kDouble);
        const at::Tensor labels = at::tensor({0, 1, 0, 2, 3, 1}, at::kLong);
        const at::Tensor x = formula(6, 5, 0.3);
        const at::Tensor weight = formula(4, 5, 1.1);
        if (head.weight.defined()) {
            const at::NoGradGuard guard;
            head.weight.copy_(weight);
        }
        // Step 2000 of SphereFace: lambda is at its least, 5.
        const auto ofEmbeddings = [&](const at::Tensor &value) { return head.loss(value, labels, 2000); };
        QVERIFY2(gradientError(ofEmbeddings, x) < 1e-6, "by the embeddings");
        if (!head.weight.defined())
            return;
        const auto ofWeights = [&](const at::Tensor &value) {
            head.weight = value;
            return head.loss(x, labels, 2000);
        };
        QVERIFY2(gradientError(ofWeights, weight) < 1e-6, "by the class vectors");
    }

    /// Embeddings that lie exactly on, and exactly opposite, their class vector.
    void bordersAreSafe()
    {
        for (const char *name : {"arcface", "cosface", "sphereface", "softmax", "triplet", "triplet+softmax"}) {
            LossOptions options;
            options.kind = lossNamed(name);
            ClassHead head(options, 2, 2);
            if (head.weight.defined()) {
                const at::NoGradGuard guard;
                head.weight.copy_(at::tensor({1.F, 0.F, 0.F, 1.F}).reshape({2, 2}));
            }
            at::Tensor x = at::tensor({3.F, 0.F, -2.F, 0.F, 0.F, 5.F, 0.F, -1.F, 0.F, 0.F}).reshape({5, 2}).set_requires_grad(true);
            const at::Tensor loss = head.loss(x, at::tensor({0, 0, 1, 1, 1}, at::kLong), 0);
            loss.backward();
            QVERIFY2(std::isfinite(loss.item<double>()), name);
            QVERIFY2(x.grad().isfinite().all().item<bool>(), name);
            if (head.weight.defined())
                QVERIFY2(head.weight.grad().isfinite().all().item<bool>(), name);
        }
    }

    /// On a line: person 0 at 0 and 1, person 1 at 1.5 and 4. Anchor by anchor: 0: 1 - 1.5, 1: 1 - .5, 1.5: 2.5 - .5, 4: 2.5 - 3.
    void hardestTripletsByHand()
    {
        const at::Tensor x = at::tensor({0.0, 1.0, 1.5, 4.0, 9.0}, at::kDouble).unsqueeze(1);
        const at::Tensor labels = at::tensor({0, 0, 1, 1, 2}, at::kLong); // the last has no partner and is no anchor
        TripletShare share;
        const double loss = batchHardTriplet(x, labels, 0.25, &share).item<double>();
        QVERIFY(std::abs(loss - (0 + 0.75 + 2.25 + 0) / 4) < 1e-12);
        QCOMPARE(share.active, 0.5);
        QVERIFY(std::abs(share.positive - 1.75) < 1e-6 && std::abs(share.negative - 1.375) < 1e-6);
        QCOMPARE(batchHardTriplet(x, at::zeros({5}, at::kLong), 0.25).item<double>(), 0.0);
        QCOMPARE(batchHardTriplet(x, at::arange(5), 0.25).item<double>(), 0.0);
    }

    /// Features of re-identification are of any length: their distances count as they are.
    void tripletsOfFeaturesByHand()
    {
        // Two people; the distances within are 5 and sqrt(40), those between 10, 10, 5 and sqrt(45).
        const at::Tensor x = at::tensor({0.0, 0.0, 3.0, 4.0, 6.0, 8.0, 0.0, 10.0}, at::kDouble).reshape({4, 2});
        const at::Tensor labels = at::tensor({0, 0, 1, 1}, at::kLong);
        const double second = 0.3 + 5 - 5;
        const double third = 0.3 + std::sqrt(40.0) - 5;
        QVERIFY(std::abs(batchHardTriplet(x, labels, 0.3).item<double>() - (second + third) / 4) < 1e-12);
        QVERIFY(std::abs(batchHardTriplet(10 * x, labels, 0.3).item<double>() - (0.3 + 10 * std::sqrt(40.0) - 50 + 0.3) / 4) < 1e-12);
        QVERIFY(gradientError([&](const at::Tensor &leaf) { return batchHardTriplet(leaf, labels, 0.3); }, x + 0.1 * formula(4, 2, 0.3)) < 1e-6);
        // The same tracklet drawn twice: a distance of 0 has no gradient, and no infinite one.
        at::Tensor twice = x.index_select(0, at::tensor({0, 0, 2, 3}, at::kLong)).requires_grad_(true);
        batchHardTriplet(twice, labels, 20).backward();
        QVERIFY(twice.grad().isfinite().all().item<bool>());
    }

    void smoothedLabelsByHand()
    {
        // Probabilities of 1/8, 1/4, 1/2, 1/8; and of 1/4 each.
        const double ln2 = std::log(2.0);
        const at::Tensor logits = at::tensor({0.0, ln2, 2 * ln2, 0.0, 0.0, 0.0, 0.0, 0.0}, at::kDouble).reshape({2, 4});
        const at::Tensor labels = at::tensor({2, 0}, at::kLong);
        const double first = 0.9 * ln2 + 0.1 / 4 * (3 + 2 + 1 + 3) * ln2;
        const double second = 2 * ln2;
        QVERIFY(std::abs(smoothedCrossEntropy(logits, labels, 0.1).item<double>() - (first + second) / 2) < 1e-12);
        QCOMPARE(smoothedCrossEntropy(logits, labels, 0).item<double>(), softmaxCrossEntropy(logits, labels).item<double>());
        QVERIFY(gradientError([&](const at::Tensor &leaf) { return smoothedCrossEntropy(leaf, labels, 0.1); }, formula(2, 4, 0.7)) < 1e-6);
        // Its gradient by hand: (p - q) / N.
        at::Tensor leaf = logits.clone().requires_grad_(true);
        smoothedCrossEntropy(leaf, labels, 0.1).backward();
        const std::vector<double> expected{0.125 - 0.025, 0.25 - 0.025, 0.5 - 0.925, 0.125 - 0.025};
        for (std::int64_t k = 0; k < 4; ++k)
            QVERIFY(std::abs(leaf.grad()[0][k].item<double>() - expected[static_cast<std::size_t>(k)] / 2) < 1e-12);
        // Under mixed precision, too, it is summed in float32.
        QVERIFY(smoothedCrossEntropy(logits.to(at::kBFloat16), labels, 0.1).scalar_type() == at::kFloat);
        QVERIFY_THROWS_EXCEPTION(UsageError, smoothedCrossEntropy(logits, labels, 1.5));
    }

    void sumOfTripletsAndSoftmax()
    {
        const at::Tensor x = formula(4, 3, 0.2);
        const at::Tensor labels = at::tensor({0, 0, 1, 1}, at::kLong);
        LossOptions options;
        options.kind = LossKind::TripletSoftmax;
        options.tripletWeight = 2;
        ClassHead head(options, 2, 3);
        const at::NoGradGuard guard;
        const at::Tensor unit = x / x.norm(2, 1, true);
        const double expected = softmaxCrossEntropy(x.matmul(head.weight.to(at::kDouble).t()) + head.bias.to(at::kDouble), labels).item<double>()
            + 2 * batchHardTriplet(unit, labels, 0.3).item<double>();
        head.to(at::kDouble);
        QVERIFY(std::abs(head.loss(x, labels, 0).item<double>() - expected) < 1e-9);
    }

    void halfSquares()
    {
        const at::Tensor a = at::tensor({1.0, 3.0});
        QCOMPARE(halfSquaredError(a, at::tensor({0.0, 1.0})).item<double>(), (1.0 + 4.0) / 4);
        QVERIFY_THROWS_EXCEPTION(Error, halfSquaredError(a, at::zeros({2, 1})));
    }

    void weightedHalfSquares()
    {
        const at::Tensor a = at::tensor({1.0, 3.0});
        const at::Tensor b = at::tensor({0.0, 1.0});
        QCOMPARE(halfSquaredError(a, b, at::tensor({3.0, 0.5})).item<double>(), (3 * 1.0 + 0.5 * 4.0) / 4);
        QCOMPARE(halfSquaredError(a, b, at::ones({2}, at::kDouble)).item<double>(), halfSquaredError(a, b).item<double>());
        QVERIFY_THROWS_EXCEPTION(Error, halfSquaredError(a, b, at::ones({3})));
    }

    /// By hand: only pairs of one person count, each by what the prediction lacks of the targets' difference.
    void orderWithinPeople()
    {
        const at::Tensor people = at::tensor(std::vector<std::int64_t>{7, 7, 7, 2, 2, 5});
        const at::Tensor target = at::tensor({0.9, 0.5, 0.5, 0.2, 0.6, 0.99});
        at::Tensor predicted = at::tensor({0.6, 0.4, 0.7, 0.3, 0.9, 0.0}).requires_grad_(true);
        // Person 7: .9 over .5 lacks .4 - .2 = .2, over the other .5 lacks .4 + .1 = .5; those of .5 have no order. Person 2: .6 over .2 has .6 for .4. 5:
        // alone.
        const at::Tensor loss = rankWithinPeople(predicted, target, people);
        QVERIFY(std::abs(loss.item<double>() - (0.2 + 0.5 + 0) / 3) < 1e-12);
        loss.backward();
        const std::vector<double> expected{-2.0 / 3, 1.0 / 3, 1.0 / 3, 0, 0, 0};
        for (std::int64_t i = 0; i < 6; ++i)
            QVERIFY(std::abs(predicted.grad()[i].item<double>() - expected[static_cast<std::size_t>(i)]) < 1e-12);
        const at::Tensor none = rankWithinPeople(predicted, target, at::arange(6));
        QCOMPARE(none.item<double>(), 0.0);
        QVERIFY(none.requires_grad());
        QCOMPARE(rankWithinPeople(predicted.unsqueeze(1), target.unsqueeze(1), people).item<double>(), loss.item<double>());
        QVERIFY_THROWS_EXCEPTION(Error, rankWithinPeople(predicted, target, at::arange(5)));
        QVERIFY_THROWS_EXCEPTION(Error, rankWithinPeople(predicted, target.unsqueeze(1), people));
    }

    void namesAndSettings()
    {
        for (const LossKind kind : {LossKind::Softmax, LossKind::ArcFace, LossKind::CosFace, LossKind::SphereFace, LossKind::Triplet, LossKind::TripletSoftmax})
            QVERIFY(lossNamed(lossName(kind)) == kind);
        QVERIFY_THROWS_EXCEPTION(UsageError, lossNamed("centre"));
        LossOptions options;
        options.kind = LossKind::SphereFace;
        options.margin = 2.5;
        QVERIFY_THROWS_EXCEPTION(UsageError, ClassHead(options, 3, 4));
        options.kind = LossKind::ArcFace;
        QVERIFY_THROWS_EXCEPTION(UsageError, ClassHead(options, 3, 4)); // 2.5 radians
        options.margin = std::nan("");
        QVERIFY_THROWS_EXCEPTION(UsageError, ClassHead(options, 3, 4));
        QVERIFY_THROWS_EXCEPTION(UsageError, ClassHead({}, 1, 4));
        QCOMPARE(sphereFaceLambda(0), 1000.0);
        QCOMPARE(sphereFaceLambda(100), 1000.0 / 13);
        QCOMPARE(sphereFaceLambda(1'000'000), 5.0);
    }
};

DSCOPE_TEST(TestLosses)
#include "tst_losses.moc"
