// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/support.h"

#include "core/base/error.h"
#include "core/nets/checkpoint.h"
#include "core/training/loop.h"

#include <ATen/ATen.h>
#include <c10/util/Exception.h>
#include <torch/nn/module.h>

#include <QTemporaryDir>

#include <atomic>
#include <chrono>
#include <cmath>
#include <csignal>
#include <functional>
#include <sys/resource.h>
#include <thread>

using namespace dscope;

namespace {

/// y = w . x + b over the three channel means: small enough to be computed by hand.
class Line : public torch::nn::Module {
public:
    Line()
    {
        w = register_parameter("w", at::tensor({0.5, -0.25, 0.125}, at::kFloat).reshape({1, 3}));
        b = register_parameter("b", at::tensor({0.1}, at::kFloat));
    }
    at::Tensor forward(const at::Tensor &x) { return at::linear(x.mean({2, 3}), w, b).squeeze(1); }
    at::Tensor w, b;
};

/// Convolution and batch-norm, whose statistics a retried step must not count twice.
class Normed : public torch::nn::Module {
public:
    Normed()
    {
        w = register_parameter("w", at::linspace(-1, 1, 36).reshape({4, 3, 1, 3}));
        mean = register_buffer("mean", at::zeros({4}));
        variance = register_buffer("variance", at::ones({4}));
    }
    at::Tensor forward(const at::Tensor &x)
    {
        const at::Tensor y = at::conv2d(x, w);
        return at::batch_norm(y, {}, {}, mean, variance, is_training(), 0.1, 1e-5, false).mean({1, 2, 3});
    }
    at::Tensor w, mean, variance;
};

Picture pictureOf(std::int64_t index)
{
    Picture picture(4, 4);
    for (int y = 0; y < 4; ++y)
        for (int x = 0; x < 12; ++x)
            picture.row(y)[x] = static_cast<std::uint8_t>((index * 37 + x * 11 + y * 5) % 251);
    return picture;
}

at::Tensor prepared(std::span<const Picture> pictures)
{
    const at::Tensor x = at::empty({static_cast<std::int64_t>(pictures.size()), 3, 4, 4});
    auto values = x.accessor<float, 4>();
    for (std::size_t n = 0; n < pictures.size(); ++n)
        for (int y = 0; y < 4; ++y)
            for (int i = 0; i < 12; ++i)
                values[static_cast<std::int64_t>(n)][i % 3][y][i / 3] = static_cast<float>(pictures[n].row(y)[i]) / 255;
    return x;
}

at::Tensor wantedOf(std::span<const std::int64_t> indices)
{
    std::vector<float> wanted;
    for (const std::int64_t index : indices)
        wanted.push_back(static_cast<float>(index % 5) / 4);
    return at::tensor(wanted);
}

struct Watching final : TrainingMonitor {
    std::vector<StepReport> steps;
    std::vector<EpochReport> epochs;
    std::function<void(const StepReport &)> then;
    void onStep(const StepReport &step) override
    {
        steps.push_back(step);
        if (then)
            then(step);
    }
    void onEpoch(const EpochReport &epoch) override { epochs.push_back(epoch); }
};

template<typename Net>
struct Setup {
    Net net;
    std::int64_t size = 40;
    TrainOptions options;
    Progress progress;
    Watching monitor;
    std::filesystem::path checkpoint;
    std::function<at::Tensor(const at::Tensor &, at::Tensor)> change; ///< of the loss
    TrainingLoop::Validation validation;
    TrainingLoop::Order order;
    std::string watched;
    std::vector<EpochReport> reports;
    std::vector<std::vector<std::int64_t>> seen;
    int best = 0;

    explicit Setup(const std::filesystem::path &file) : checkpoint(file)
    {
        options.epochs = 2;
        options.batch = 8;
        options.learningRate = 0.05;
        options.warmup = 0;
        options.schedule = Schedule::Constant;
        options.workers = 1;
    }
    void run()
    {
        options.monitor = &monitor;
        TrainingLoop loop({{"net", &net}}, options, checkpoint);
        if (order)
            loop.setOrder(order);
        loop.setDescribe([](std::int64_t index) { return "picture" + std::to_string(index); });
        loop.watch(watched);
        reports = loop.run(
            size, [](std::int64_t index, Random &) { return pictureOf(index); }, prepared,
            [&](const at::Tensor &x, std::span<const std::int64_t> indices) {
                seen.emplace_back(indices.begin(), indices.end());
                const at::Tensor value = (net.forward(x) - wantedOf(indices)).square().mean() / 2;
                return change ? change(x, value) : value;
            },
            validation, progress);
        best = loop.bestEpoch();
    }
};

bool notified(const Progress &progress, const char *part)
{
    for (const std::string &notice : progress.notices())
        if (notice.find(part) != std::string::npos)
            return true;
    return false;
}

} // namespace

class TestLoop : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { setThreads(0); }

    void schedulesByHand()
    {
        TrainOptions options;
        options.learningRate = 0.1;
        options.warmup = 0.1;
        QVERIFY(std::abs(learningRateAt(options, 0, 100) - 0.01) < 1e-15);
        QVERIFY(std::abs(learningRateAt(options, 9, 100) - 0.1) < 1e-15);
        QVERIFY(std::abs(learningRateAt(options, 55, 100) - 0.05) < 1e-15); // half way down
        QVERIFY(learningRateAt(options, 99, 100) < 1e-4);
        options.schedule = Schedule::Step;
        // The paper's length: a tenth at 100,000 and again at 160,000.
        options.warmup = 0;
        QCOMPARE(learningRateAt(options, 99'999, 180'000), 0.1);
        QVERIFY(std::abs(learningRateAt(options, 100'000, 180'000) - 0.01) < 1e-15);
        QVERIFY(std::abs(learningRateAt(options, 159'999, 180'000) - 0.01) < 1e-15);
        QVERIFY(std::abs(learningRateAt(options, 160'000, 180'000) - 0.001) < 1e-15);
        options.schedule = Schedule::Constant;
        QCOMPARE(learningRateAt(options, 179'999, 180'000), 0.1);
    }

    /// Stopped, or failed, within a validation: the epoch is not lost, and the best weights are those of the best epoch.
    void stoppedInValidation_data()
    {
        QTest::addColumn<int>("at");
        QTest::addColumn<bool>("fails");
        QTest::newRow("cancelled in the first of three") << 1 << false;
        QTest::newRow("cancelled in the last") << 3 << false;
        QTest::newRow("failed in the second") << 2 << true;
    }
    void stoppedInValidation()
    {
        QFETCH(int, at);
        QFETCH(bool, fails);
        QTemporaryDir folder;
        const std::filesystem::path root = folder.path().toStdString();
        const auto follow = [](auto &setup) {
            setup.options.epochs = 3;
            setup.watched = "rightness";
        };
        // The last epoch is the best one.
        const auto validated = [](auto &setup, int &calls) {
            return [&setup, &calls] { return Json{{"rightness", ++calls + setup.net.b.template item<double>() * 0}}; };
        };
        Setup<Line> whole(root / "whole");
        int wholeCalls = 0;
        follow(whole);
        whole.validation = validated(whole, wholeCalls);
        whole.run();
        QCOMPARE(whole.best, 3);

        Setup<Line> first(root / "parts");
        int calls = 0;
        follow(first);
        first.validation = [&]() -> Json {
            if (++calls < at)
                return {{"rightness", calls}};
            if (fails)
                throw Error("no picture");
            throw Cancelled();
        };
        if (fails)
            QVERIFY_THROWS_EXCEPTION(Error, first.run());
        else
            QVERIFY_THROWS_EXCEPTION(Cancelled, first.run());
        Setup<Line> second(root / "parts");
        calls = at - 1;
        follow(second);
        second.options.resume = true;
        second.validation = validated(second, calls);
        second.run();
        QCOMPARE(calls, 3);
        QCOMPARE(second.best, 3);
        QCOMPARE(second.reports.size(), whole.reports.size());
        for (std::size_t i = 0; i < whole.reports.size(); ++i) {
            QCOMPARE(second.reports[i].epoch, whole.reports[i].epoch);
            QCOMPARE(second.reports[i].loss, whole.reports[i].loss);
            QVERIFY(second.reports[i].validation == whole.reports[i].validation);
        }
        QVERIFY(at::equal(second.net.w, whole.net.w) && at::equal(second.net.b, whole.net.b));
    }

    void namesGoBothWays()
    {
        for (const auto kind : {Schedule::Cosine, Schedule::Step, Schedule::Constant})
            QCOMPARE(scheduleNamed(scheduleName(kind)), kind);
        for (const auto kind : {Precision::Fp32, Precision::Bf16, Precision::Fp16})
            QCOMPARE(precisionNamed(precisionName(kind)), kind);
        for (const auto kind : {Optimiser::Sgd, Optimiser::AdamW, Optimiser::Adam})
            QCOMPARE(optimiserNamed(optimiserName(kind)), kind);
        QVERIFY_THROWS_EXCEPTION(UsageError, precisionNamed("fp8"));
        QVERIFY_THROWS_EXCEPTION(UsageError, scheduleNamed("linear"));
    }

    /// Every step against the optimisers' formulas, computed here in float64.
    void optimisersByHand_data()
    {
        QTest::addColumn<QString>("optimiser");
        QTest::addColumn<double>("clip");
        QTest::newRow("sgd") << QStringLiteral("sgd") << 0.0;
        QTest::newRow("sgd, clipped") << QStringLiteral("sgd") << 0.05;
        QTest::newRow("adamw") << QStringLiteral("adamw") << 0.0;
        QTest::newRow("adam") << QStringLiteral("adam") << 0.0;
    }
    void optimisersByHand()
    {
        QFETCH(QString, optimiser);
        QFETCH(double, clip);
        Setup<Line> at(m_root / "hand");
        at.options.optimiser = optimiserNamed(optimiser.toStdString());
        const bool adam = at.options.optimiser == Optimiser::Adam;
        at.options.weightDecay = 0.01;
        at.options.clip = clip;
        at.run();
        double p[4] = {0.5, -0.25, 0.125, 0.1};
        double v[4] = {};
        double s[4] = {};
        QCOMPARE(at.seen.size(), std::size_t{10});
        for (std::size_t step = 0; step < at.seen.size(); ++step) {
            std::vector<Picture> pictures;
            for (const std::int64_t index : at.seen[step])
                pictures.push_back(pictureOf(index));
            const at::Tensor x = prepared(pictures).mean({2, 3}).to(at::kDouble);
            const at::Tensor wanted = wantedOf(at.seen[step]).to(at::kDouble);
            double g[4] = {};
            double loss = 0;
            for (std::int64_t n = 0; n < 8; ++n) {
                double y = p[3];
                for (int i = 0; i < 3; ++i)
                    y += p[i] * x[n][i].item<double>();
                const double d = y - wanted[n].item<double>();
                loss += d * d / 16;
                for (int i = 0; i < 3; ++i)
                    g[i] += d * x[n][i].item<double>() / 8;
                g[3] += d / 8;
            }
            const double norm = std::sqrt(g[0] * g[0] + g[1] * g[1] + g[2] * g[2] + g[3] * g[3]);
            QVERIFY(std::abs(at.monitor.steps[step].loss - loss) < 1e-6);
            QVERIFY(std::abs(at.monitor.steps[step].gradientNorm - norm) < 1e-6);
            for (int i = 0; i < 4; ++i) {
                if (clip > 0)
                    g[i] *= std::min(1.0, clip / norm);
                const double decay = i < 3 || adam ? 0.01 : 0; // but for Adam's not on the bias
                if (at.options.optimiser != Optimiser::Sgd) {
                    if (adam)
                        g[i] += decay * p[i];
                    v[i] = 0.9 * v[i] + 0.1 * g[i];
                    s[i] = 0.999 * s[i] + 0.001 * g[i] * g[i];
                    const double n = static_cast<double>(step) + 1;
                    p[i] -= 0.05 * (v[i] / (1 - std::pow(0.9, n)) / (std::sqrt(s[i] / (1 - std::pow(0.999, n))) + 1e-8) + (adam ? 0 : decay * p[i]));
                } else {
                    v[i] = 0.9 * v[i] + g[i] + decay * p[i];
                    p[i] -= 0.05 * v[i];
                }
            }
        }
        for (int i = 0; i < 3; ++i)
            QVERIFY2(std::abs(at.net.w[0][i].item<double>() - p[i]) < 1e-5, qPrintable(QString::number(at.net.w[0][i].item<double>() - p[i])));
        QVERIFY(std::abs(at.net.b[0].item<double>() - p[3]) < 1e-5);
    }

    void piecesAddUp()
    {
        Setup<Line> whole(m_root / "whole");
        whole.run();
        Setup<Line> pieces(m_root / "pieces");
        pieces.options.accumulate = 3; // 3, 3 and 2 pictures: each weighs as many as it has
        pieces.run();
        QCOMPARE(pieces.seen.size(), std::size_t{30});
        QVERIFY(at::allclose(whole.net.w, pieces.net.w, 1e-5, 1e-6));
        QVERIFY(std::abs(whole.reports.back().loss - pieces.reports.back().loss) < 1e-6);
        QVERIFY(!at::equal(whole.net.w, at::tensor({0.5, -0.25, 0.125}, at::kFloat).reshape({1, 3})));
        Setup<Line> tooMany(m_root / "many");
        tooMany.options.accumulate = 5;
        QVERIFY_THROWS_EXCEPTION(UsageError, tooMany.run());
    }

    /// Memory for four pictures only: from then on the same bits as a run that went in two pieces from the start, batch-norm included; a resumed run
    /// keeps the pieces.
    void outOfMemoryHalvesTheBatch()
    {
        const auto scarce = [](const at::Tensor &x, at::Tensor value) {
            if (x.size(0) > 4)
                C10_THROW_ERROR(OutOfMemoryError, "no memory for that many");
            return value;
        };
        Setup<Normed> two(m_root / "two");
        two.options.accumulate = 2;
        two.run();
        Setup<Normed> scarcely(m_root / "scarce");
        scarcely.change = scarce;
        scarcely.run();
        QVERIFY(at::equal(two.net.w, scarcely.net.w));
        QVERIFY(at::equal(two.net.mean, scarcely.net.mean));
        QVERIFY(notified(scarcely.progress, "goes through in 2 pieces"));
        QCOMPARE(scarcely.monitor.steps.back().pieces, 2);

        Setup<Normed> part(m_root / "part");
        part.change = scarce;
        part.options.stopAfter = 3;
        QVERIFY_THROWS_EXCEPTION(Cancelled, part.run());
        Setup<Normed> rest(m_root / "part");
        rest.options.resume = true;
        rest.change = scarce;
        rest.run();
        QVERIFY(!notified(rest.progress, "pieces"));
        QVERIFY(at::equal(two.net.w, rest.net.w));

        Setup<Normed> none(m_root / "none");
        none.change = [](const at::Tensor &, const at::Tensor &value) -> at::Tensor {
            C10_THROW_ERROR(OutOfMemoryError, "no memory at all");
            return value;
        };
        QVERIFY_THROWS_EXCEPTION(Error, none.run());
    }

    /// float16: steps whose scaled gradients overflow (its largest number is 65,504) change nothing, until the scale fits.
    void lossScalingSkipsAndShrinks()
    {
        const auto large = [](const at::Tensor &, const at::Tensor &value) { return value * 1e3; };
        Setup<Line> plain(m_root / "plain");
        plain.change = large;
        plain.options.learningRate = 5e-5;
        plain.options.weightDecay = 0;
        Setup<Line> scaled(m_root / "scaled");
        scaled.change = large;
        scaled.options = plain.options;
        scaled.options.precision = Precision::Fp16;
        scaled.options.epochs = 6;
        scaled.run();
        int skipped = 0;
        for (const StepReport &step : scaled.monitor.steps) {
            QCOMPARE(step.lossScale, 65536.0 * std::pow(0.5, skipped));
            skipped += step.skipped ? 1 : 0;
        }
        QVERIFY2(skipped > 0 && skipped < 17, qPrintable(QString::number(skipped)));
        QVERIFY(!scaled.monitor.steps.back().skipped);
        // With weights that stay, the gradients of the last step are float32's.
        Setup<Line> still(m_root / "still");
        still.change = large;
        still.options = scaled.options;
        still.options.learningRate = 0;
        still.run();
        plain.options.epochs = 6;
        plain.options.learningRate = 0;
        plain.run();
        const double wanted = plain.monitor.steps.back().gradientNorm;
        QVERIFY2(std::abs(still.monitor.steps.back().gradientNorm - wanted) < 0.01 * wanted,
                 qPrintable(QString::number(still.monitor.steps.back().gradientNorm / wanted)));
        QVERIFY(!at::equal(scaled.net.w, at::tensor({0.5, -0.25, 0.125}, at::kFloat).reshape({1, 3})));

        // Stopped and resumed, the scale goes on where it was.
        Setup<Line> part(m_root / "scaledpart");
        part.change = large;
        part.options = scaled.options;
        part.options.stopAfter = 5;
        QVERIFY_THROWS_EXCEPTION(Cancelled, part.run());
        Setup<Line> rest(m_root / "scaledpart");
        rest.change = large;
        rest.options = scaled.options;
        rest.options.resume = true;
        rest.run();
        QVERIFY(at::equal(rest.net.w, scaled.net.w));
        QCOMPARE(rest.monitor.steps.front().lossScale, scaled.monitor.steps[5].lossScale);
    }

    void noNumberNamesStepLossAndPictures()
    {
        Setup<Line> at(m_root / "nan");
        int calls = 0;
        at.change = [&calls](const at::Tensor &, const at::Tensor &value) { return ++calls == 4 ? value * std::nan("") : value; };
        try {
            at.run();
            QFAIL("nothing was thrown");
        } catch (const Error &error) {
            const QString text = QString::fromUtf8(error.what());
            QVERIFY2(text.contains(QStringLiteral("at step 4 of 10")), error.what());
            QVERIFY2(text.contains(QStringLiteral("loss nan")) || text.contains(QStringLiteral("loss -nan")), error.what());
            for (const std::int64_t index : at.seen.back())
                QVERIFY2(text.contains(QStringLiteral("picture%1").arg(index)), error.what());
        }
    }

    /// The limit on a file's size stands for a full disk: the former checkpoint stays, the run goes on and says so.
    void fullDiskLosesNoCheckpoint()
    {
        Setup<Line> at(m_root / "full");
        at.options.stopAfter = 3;
        QVERIFY_THROWS_EXCEPTION(Cancelled, at.run());
        const auto before = std::filesystem::file_size(m_root / "full");
        rlimit old{};
        getrlimit(RLIMIT_FSIZE, &old);
        const auto handler = std::signal(SIGXFSZ, SIG_IGN);
        rlimit small = old;
        small.rlim_cur = 64;
        Setup<Line> more(m_root / "full");
        more.options.resume = true;
        more.options.checkpointEvery = 1;
        more.monitor.then = [&](const StepReport &step) {
            if (step.step == 4)
                setrlimit(RLIMIT_FSIZE, &small);
        };
        more.options.stopAfter = 3;
        const auto cancelled = [&] {
            try {
                more.run();
            } catch (const Cancelled &) {
                return true;
            }
            return false;
        };
        const bool ended = cancelled();
        setrlimit(RLIMIT_FSIZE, &old);
        std::signal(SIGXFSZ, handler);
        QVERIFY(ended);
        QVERIFY(notified(more.progress, "could not be written, the one before it is kept"));
        QCOMPARE(std::filesystem::file_size(m_root / "full"), before);
        // And it is whole: the run ends with the weights of one that was never stopped.
        Setup<Line> rest(m_root / "full");
        rest.options.resume = true;
        rest.run();
        QVERIFY(notified(rest.progress, "Going on from step 3"));
        Setup<Line> whole(m_root / "fullwhole");
        whole.run();
        QVERIFY(at::equal(rest.net.w, whole.net.w));
    }

    /// Validation rises, then falls: it stops after two epochs without a better one and has the best one's weights, also when resumed in between.
    void stopsEarlyWithTheBest()
    {
        const double values[] = {0.1, 0.5, 0.4, 0.3, 0.9};
        std::vector<at::Tensor> weights;
        const auto arranged = [&](Setup<Line> &at) {
            at.options.epochs = 5;
            at.options.patience = 2;
            at.watched = "score";
        };
        Setup<Line> at(m_root / "early");
        arranged(at);
        at.validation = [&] {
            weights.push_back(at.net.w.detach().clone());
            return Json{{"score", values[weights.size() - 1]}};
        };
        at.run();
        QCOMPARE(at.reports.size(), std::size_t{4});
        QCOMPARE(at.best, 2);
        QVERIFY(at.reports[1].best && !at.reports[2].best);
        QVERIFY(at::equal(at.net.w, weights[1]));
        QVERIFY(!at::equal(at.net.w, weights[3]));
        QVERIFY(notified(at.progress, "Stopped after epoch 4"));

        std::size_t count = 0;
        Setup<Line> part(m_root / "earlypart");
        arranged(part);
        part.validation = [&] { return Json{{"score", values[count++]}}; };
        part.options.stopAfter = 13;
        QVERIFY_THROWS_EXCEPTION(Cancelled, part.run());
        Setup<Line> rest(m_root / "earlypart");
        arranged(rest);
        rest.options.resume = true;
        rest.validation = part.validation;
        rest.run();
        QVERIFY(at::equal(rest.net.w, weights[1]));
        Setup<Line> last(m_root / "last");
        arranged(last);
        last.options.keepBest = false;
        count = 0;
        last.validation = part.validation;
        last.run();
        QVERIFY(at::equal(last.net.w, weights[3]));
    }

    void pausesAndGoesOn()
    {
        Setup<Line> at(m_root / "pause");
        std::atomic<int> done{0};
        at.monitor.then = [&](const StepReport &step) {
            done = static_cast<int>(step.step);
            if (step.step == 3)
                at.progress.pause();
        };
        std::thread training([&] { at.run(); });
        while (!at.progress.paused())
            std::this_thread::yield();
        std::this_thread::sleep_for(std::chrono::milliseconds(300));
        const int held = done;
        at.progress.resume();
        training.join();
        QCOMPARE(held, 3);
        QCOMPARE(done.load(), 10);
        // The pause is not in the speed.
        QVERIFY(at.monitor.steps.back().picturesPerSecond > 8 / 0.2);

        // Cancelled while it is paused: it ends.
        Setup<Line> ended(m_root / "pausecancel");
        ended.monitor.then = [&](const StepReport &) { ended.progress.pause(); };
        std::atomic<bool> cancelled{false};
        std::thread other([&] {
            try {
                ended.run();
            } catch (const Cancelled &) {
                cancelled = true;
            }
        });
        while (!ended.progress.paused())
            std::this_thread::yield();
        ended.progress.cancel();
        other.join();
        QVERIFY(cancelled);
    }

    void workersDoNotMatter()
    {
        Setup<Normed> one(m_root / "one");
        one.run();
        Setup<Normed> four(m_root / "four");
        four.options.workers = 4;
        four.run();
        QCOMPARE(four.seen, one.seen);
        QVERIFY(at::equal(one.net.w, four.net.w));
    }

    void ordersOfOnesOwn()
    {
        Setup<Line> at(m_root / "order");
        at.order = [](std::int64_t epoch) { return std::vector<std::int64_t>(16, epoch + 7); };
        at.run();
        QCOMPARE(at.seen.size(), std::size_t{4});
        QCOMPARE(at.seen.front(), std::vector<std::int64_t>(8, 7));
        QCOMPARE(at.seen.back(), std::vector<std::int64_t>(8, 8));
    }

    /// Steps in place of epochs: the last epoch is a part of one and is reported all the same.
    void stepsInPlaceOfEpochs()
    {
        Setup<Line> at(m_root / "steps");
        at.options.steps = 7;
        at.run();
        QCOMPARE(at.monitor.steps.size(), std::size_t{7});
        QCOMPARE(at.reports.size(), std::size_t{2});
        QCOMPARE(at.monitor.epochs.size(), std::size_t{2});
        QCOMPARE(at.monitor.steps.back().secondsLeft, at.monitor.steps.back().secondsLeft); // a number
    }

    void checkpointOfOtherSettingsIsNamed()
    {
        Setup<Line> at(m_root / "other");
        at.options.stopAfter = 2;
        QVERIFY_THROWS_EXCEPTION(Cancelled, at.run());
        Setup<Line> then(m_root / "other");
        then.options.resume = true;
        then.options.momentum = 0.5;
        try {
            then.run();
            QFAIL("nothing was thrown");
        } catch (const FileError &error) {
            QVERIFY2(QString::fromUtf8(error.what()).contains(QStringLiteral("another momentum (0.9, now 0.5)")), error.what());
        }
        then.options.momentum = 0.9;
        then.options.data = "others";
        QVERIFY_THROWS_EXCEPTION(FileError, then.run());
    }

private:
    QTemporaryDir m_dir;
    std::filesystem::path m_root = m_dir.path().toStdString();
};

DSCOPE_TEST(TestLoop)
#include "tst_loop.moc"
