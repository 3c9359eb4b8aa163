#include "tests/support/support.h"

#include "core/base/error.h"
#include "core/training/loop.h"

#include <ATen/ATen.h>
#include <torch/nn/modules/linear.h>

#include <QTemporaryDir>

#include <cmath>

using namespace dscope;

namespace {

/// One weight w = 1 and one bias c = 0 under the loss 3 w + c * (number of the step, from 1), so that every gradient is known beforehand.
struct Run {
    explicit Run(TrainOptions options, const std::filesystem::path &checkpoint, Task &task)
    {
        options.batch = 2;
        options.warmup = 0;
        torch::nn::Linear line(1, 1);
        {
            const at::NoGradGuard guard;
            line->weight.fill_(1);
            line->bias.fill_(0);
        }
        TrainingLoop loop({{"line", line.get()}}, options, checkpoint);
        int step = 0;
        const auto loss = [&](const at::Tensor &, std::span<const std::int64_t>) { return (3 * line->weight).sum() + (line->bias * ++step).sum(); };
        reports = loop.run(
            2, [](std::int64_t, Random &) { return Picture(1, 1); },
            [](std::span<const Picture>) {
                return at::zeros({2, 1});
            },
            loss, {}, task);
        weight = line->weight.item<double>();
        bias = line->bias.item<double>();
    }
    double weight = 0;
    double bias = 0;
    std::vector<EpochReport> reports;
};

bool near(double a, double b)
{
    return std::abs(a - b) < 1e-6;
}

} // namespace

class TestLoop : public QObject {
    Q_OBJECT

private Q_SLOTS:
    /// Three steps of either rule, by hand in double precision. The rate goes down by half a cosine: r, 3/4 r, 1/4 r.
    void stepsAreTheFormulas_data()
    {
        QTest::addColumn<QString>("optimiser");
        QTest::newRow("sgd") << QStringLiteral("sgd");
        QTest::newRow("adamw") << QStringLiteral("adamw");
    }
    void stepsAreTheFormulas()
    {
        QFETCH(QString, optimiser);
        TrainOptions options;
        options.epochs = 3;
        options.optimiser = optimiserNamed(optimiser.toStdString());
        options.learningRate = 0.02;
        options.weightDecay = 0.1;
        options.momentum = 0.9;
        Task task;
        const Run run(options, m_dir.filePath(QStringLiteral("a.checkpoint")).toStdString(), task);

        double w = 1;
        double c = 0;
        double wMean = 0, wSquare = 0, cMean = 0, cSquare = 0;
        for (int step = 1; step <= 3; ++step) {
            // The first step counts as warm-up at the full rate; the cosine runs over the other two.
            const double rate = step == 1 ? 0.02 : 0.02 * 0.5 * (1 + std::cos(M_PI * (step - 2) / 2));
            if (optimiser == QStringLiteral("sgd")) {
                wMean = 0.9 * wMean + (3 + 0.1 * w);
                cMean = 0.9 * cMean + step;
                w -= rate * wMean;
                c -= rate * cMean;
            } else {
                const auto moved = [&](double &mean, double &square, double g) {
                    mean = 0.9 * mean + 0.1 * g;
                    square = 0.999 * square + 0.001 * g * g;
                    return rate * (mean / (1 - std::pow(0.9, step))) / (std::sqrt(square / (1 - std::pow(0.999, step))) + 1e-8);
                };
                w -= rate * 0.1 * w + moved(wMean, wSquare, 3);
                c -= moved(cMean, cSquare, step); // a bias does not decay
            }
        }
        QVERIFY2(near(run.weight, w), qPrintable(QStringLiteral("%1, by hand %2").arg(run.weight, 0, 'g', 9).arg(w, 0, 'g', 9)));
        QVERIFY2(near(run.bias, c), qPrintable(QStringLiteral("%1, by hand %2").arg(run.bias, 0, 'g', 9).arg(c, 0, 'g', 9)));
        QCOMPARE(run.reports.size(), std::size_t{3});
        QVERIFY(near(run.reports[0].learningRate, 0.02));
    }

    void unknownOptimiserIsRefused()
    {
        QCOMPARE(optimiserName(optimiserNamed("adamw")), std::string("adamw"));
        QVERIFY_THROWS_EXCEPTION(UsageError, optimiserNamed("adam"));
    }

    /// A checkpoint of one optimiser does not continue with the other.
    void checkpointKeepsTheOptimiser()
    {
        const std::filesystem::path file = m_dir.filePath(QStringLiteral("b.checkpoint")).toStdString();
        TrainOptions options;
        options.epochs = 3;
        options.stopAfter = 1;
        Task task;
        QVERIFY_THROWS_EXCEPTION(Cancelled, Run(options, file, task));
        options.stopAfter = 0;
        options.resume = true;
        options.optimiser = Optimiser::AdamW;
        QVERIFY_THROWS_EXCEPTION(FileError, Run(options, file, task));
        options.optimiser = Optimiser::Sgd;
        Run(options, file, task);
    }

private:
    QTemporaryDir m_dir;
};

DSCOPE_TEST(TestLoop)
#include "tst_loop.moc"
