// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/support.h"

#include "core/aggregation/represent.h"
#include "core/base/error.h"
#include "core/base/random.h"
#include "core/training/nantrainer.h"

#include <QElapsedTimer>

#include <cmath>
#include <thread>

using namespace dscope;

namespace {

/// People whose good pictures point to them and whose ruined ones all point the same way, as those of a real base do: what attention is for.
TemplateFeatures people(int count, int templates, std::uint64_t seed)
{
    constexpr int dim = 16;
    Random of(7);
    std::vector<std::vector<double>> centres;
    std::vector<double> ruin(dim);
    for (double &value : ruin)
        value = of.normal();
    for (int p = 0; p < count; ++p) {
        centres.emplace_back(dim);
        for (double &value : centres.back())
            value = of.normal();
    }
    Random random(seed, 3);
    TemplateFeatures set;
    set.benchmark = "made";
    set.dim = dim;
    for (int p = 0; p < count; ++p) {
        set.subjectNames.push_back(std::to_string(p));
        for (int t = 0; t < templates; ++t) {
            for (int i = 0; i < 6; ++i) {
                const bool good = i == 0 || random.chance(0.3);
                for (int d = 0; d < dim; ++d)
                    set.features.push_back(
                        static_cast<float>((good ? centres[static_cast<std::size_t>(p)][static_cast<std::size_t>(d)] : 1.5 * ruin[static_cast<std::size_t>(d)])
                                           + 0.3 * random.normal()));
                set.dScores.push_back(0.5F);
            }
            set.begin.push_back(set.begin.back() + 6);
            set.ids.push_back(set.templates());
            set.subjects.push_back(p);
        }
    }
    return set;
}

/// How far the templates of one person lie apart, and those of different people, in the mean: cosines.
std::pair<double, double> cosines(const TemplateFeatures &set, const Method &method)
{
    Progress progress;
    const std::vector<float> unit = represent(set, method, progress);
    const auto width = static_cast<std::size_t>(set.dim);
    double genuine = 0;
    double impostor = 0;
    int pairs = 0;
    int others = 0;
    for (std::size_t a = 0; a < set.subjects.size(); ++a)
        for (std::size_t b = a + 1; b < set.subjects.size(); ++b) {
            double cosine = 0;
            for (std::size_t d = 0; d < width; ++d)
                cosine += static_cast<double>(unit[a * width + d]) * static_cast<double>(unit[b * width + d]);
            if (set.subjects[a] == set.subjects[b])
                genuine += cosine, ++pairs;
            else
                impostor += cosine, ++others;
        }
    return {genuine / pairs, impostor / others};
}

} // namespace

class TestNan : public QObject {
    Q_OBJECT

private Q_SLOTS:
    /// The gradient by every parameter beside differences of the network's own forward pass.
    void gradient()
    {
        constexpr std::int64_t dim = 5;
        Random random(1);
        Nan net(dim);
        for (float &value : net.parameters())
            value = static_cast<float>(0.8 * random.normal());
        std::vector<float> features;
        for (int i = 0; i < 4 * dim; ++i)
            features.push_back(static_cast<float>(3 * random.normal()));
        std::vector<double> by;
        for (int d = 0; d < dim; ++d)
            by.push_back(random.normal());
        std::vector<double> gradient(net.parameters().size());
        detail::addGradient(net, features, by, gradient);
        const auto value = [&] {
            const std::vector<double> r = net.aggregate(features);
            double sum = 0;
            for (std::size_t d = 0; d < r.size(); ++d)
                sum += by[d] * r[d];
            return sum;
        };
        for (std::size_t i = 0; i < gradient.size(); ++i) {
            const float before = net.parameters()[i];
            const float step = 1.0F / 1024;
            net.parameters()[i] = before + step;
            const double above = value();
            const double high = static_cast<double>(net.parameters()[i]);
            net.parameters()[i] = before - step;
            const double below = value();
            const double measured = (above - below) / (high - static_cast<double>(net.parameters()[i]));
            net.parameters()[i] = before;
            QVERIFY2(std::abs(measured - gradient[i]) < 1e-6 + 1e-4 * std::abs(gradient[i]),
                     qPrintable(QStringLiteral("parameter %1: %2 and %3").arg(i).arg(measured).arg(gradient[i])));
        }
        // It adds.
        std::vector<double> twice = gradient;
        detail::addGradient(net, features, by, twice);
        for (std::size_t i = 0; i < twice.size(); ++i)
            QVERIFY(std::abs(twice[i] - 2 * gradient[i]) < 1e-12);
    }

    /// Both losses teach it to look away from ruined pictures, on templates it has not seen.
    void learnsToLookAway_data()
    {
        QTest::addColumn<QString>("loss");
        QTest::newRow("softmax") << QStringLiteral("softmax");
        QTest::newRow("contrastive") << QStringLiteral("contrastive");
    }
    void learnsToLookAway()
    {
        QFETCH(QString, loss);
        NanTraining options;
        options.loss = nanLoss(loss.toStdString());
        options.epochs = 15;
        options.learningRate = 3e-3;
        options.scale = 8;
        Progress progress;
        std::vector<NanEpoch> history;
        const auto net = trainNan([](int epoch) { return people(20, 6, static_cast<std::uint64_t>(epoch)); }, options, progress, &history);
        QCOMPARE(history.size(), std::size_t{15});
        QCOMPARE(history.front().templates, std::int64_t{120});
        QVERIFY(history.back().loss < history.front().loss);
        const TemplateFeatures test = people(20, 4, 1000);
        Method method;
        method.kind = Method::Kind::Nan;
        method.nan = net;
        const auto [genuine, impostor] = cosines(test, method);
        const auto [plainGenuine, plainImpostor] = cosines(test, methodNamed("average"));
        QVERIFY2(genuine - impostor > plainGenuine - plainImpostor + 0.2,
                 qPrintable(QStringLiteral("%1 %2, average %3 %4").arg(genuine).arg(impostor).arg(plainGenuine).arg(plainImpostor)));
    }

    void sameBySeed()
    {
        NanTraining options;
        options.epochs = 2;
        options.batch = 4;
        const auto train = [&] {
            Progress progress;
            const auto net = trainNan([](int) { return people(5, 4, 1); }, options, progress);
            return std::vector<float>(net->parameters().begin(), net->parameters().end());
        };
        const std::vector<float> once = train();
        QCOMPARE(train(), once);
        options.seed = 2;
        QVERIFY(train() != once);
        options.seed = 1;
        options.loss = NanLoss::Contrastive;
        const std::vector<float> other = train();
        QVERIFY(other != once);
        QCOMPARE(train(), other);
    }

    void stopsWhenAsked()
    {
        Progress progress;
        NanTraining options;
        options.epochs = 100'000;
        const TemplateFeatures set = people(50, 20, 1);
        std::thread stopper([&] {
            std::this_thread::sleep_for(std::chrono::milliseconds(100));
            progress.cancel();
        });
        QElapsedTimer timer;
        timer.start();
        QVERIFY_EXCEPTION_THROWN(trainNan([&](int) { return set; }, options, progress), Cancelled);
        stopper.join();
        QVERIFY2(timer.elapsed() < 1000, qPrintable(QString::number(timer.elapsed())));
    }

    void refusesWhatCannotTeach()
    {
        Progress progress;
        const auto refused = [&](TemplateFeatures set, NanTraining options = {}) {
            try {
                trainNan([&](int) { return set; }, options, progress);
            } catch (const Error &) {
                return true;
            }
            return false;
        };
        TemplateFeatures set = people(3, 2, 1);
        set.subjects[1] = -1;
        QVERIFY(refused(set));
        QVERIFY(refused(people(1, 4, 1)));
        NanTraining options;
        options.loss = NanLoss::Contrastive;
        QVERIFY(refused(people(4, 1, 1), options)); // nobody has two templates
        options = {};
        options.learningRate = 0;
        QVERIFY(refused(people(3, 2, 1), options));
        options = {};
        options.epochs = 2;
        QVERIFY_EXCEPTION_THROWN(trainNan([](int epoch) { return people(3 + epoch, 2, 1); }, options, progress), Error);
        QVERIFY_EXCEPTION_THROWN(nanLoss("hinge"), UsageError);
        // Templates without a face are passed over.
        set = people(3, 2, 1);
        set.begin.push_back(set.begin.back());
        set.ids.push_back(99);
        set.subjects.push_back(0);
        QVERIFY(!refused(set, options));
    }
};

DSCOPE_TEST(TestNan)
#include "tst_nan.moc"
