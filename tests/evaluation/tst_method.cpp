// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/support.h"

#include "core/aggregation/nan.h"
#include "core/aggregation/represent.h"
#include "core/base/error.h"

#include <QTemporaryDir>

#include <cmath>
#include <limits>
#include <numeric>
#include <set>

using namespace dscope;

namespace {

/// One template of four pictures (1, 0), (0, 2), (3, 0), (0, 4) in two media, and one of a single picture.
TemplateFeatures made()
{
    TemplateFeatures set;
    set.benchmark = "made";
    set.dim = 2;
    set.features = {1, 0, 0, 2, 3, 0, 0, 4, 3, 4};
    set.dScores = {0.25F, 0.75F, 0.5F, 0.125F, 0.5F};
    set.detector = {0.5F, 1, 0.5F, 0, 1};
    set.media = {1, 1, 2, 2, 5};
    set.quality["sharpness"] = {10, 20, NAN, -3, NAN};
    set.begin = {0, 4, 5};
    set.ids = {7, 9};
    set.subjects = {0, 1};
    set.subjectNames = {"a", "b"};
    return set;
}

std::vector<double> of(const TemplateFeatures &set, const std::string &method)
{
    return aggregateTemplate(set, 0, methodNamed(method)).feature;
}

bool near(const std::vector<double> &a, const std::vector<double> &b)
{
    if (a.size() != b.size())
        return false;
    for (std::size_t i = 0; i < a.size(); ++i)
        if (std::abs(a[i] - b[i]) > 1e-12)
            return false;
    return true;
}

} // namespace

class TestMethod : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void namesReadBack()
    {
        for (const char *name : {"average",
                                 "average:media-first",
                                 "max",
                                 "top-1",
                                 "top-1:quality=sharpness",
                                 "top-k:7",
                                 "top-k:5,media-first",
                                 "random-k:3",
                                 "random-k:3,seed=12",
                                 "random-k:3,seeds=10",
                                 "random-k:3,seed=12,seeds=10,media-first",
                                 "uniform-k:3",
                                 "uniform-k:9,normalise",
                                 "norm",
                                 "norm:normalise",
                                 "detector",
                                 "detector:media-first",
                                 "ddl",
                                 "ddl:whole",
                                 "ddl:t=0.3",
                                 "ddl:best=4",
                                 "ddl+:enough=1.25",
                                 "ddl:second,enough=2",
                                 "average:enough=0.5",
                                 "ddl:media-first",
                                 "ddl:whole,t=0.05,media-first,normalise",
                                 "ddl-no-rescale",
                                 "ddl-no-rescale:t=0.5",
                                 "ddl+",
                                 "ddl+:middle=0.3,power=4,t=0",
                                 "quality:sharpness",
                                 "quality:eDifFIQA(T)",
                                 "quality:sharpness,t=3",
                                 "ddl:quality=sharpness",
                                 "ddl:quality=detector",
                                 "ddl:quality=sharpness,whole,t=10",
                                 "ddl:second",
                                 "ddl:second,t=0.3,t2=0.5",
                                 "ddl-no-rescale:second,best=3",
                                 "ddl+:second,middle=0.3,power=4,t=0",
                                 "ddl+:weights=sharpness,media-first",
                                 "top-1:second",
                                 "top-1:second,t=0.4",
                                 "top-k:3,second,best=6",
                                 "average:t=0.15",
                                 "average:best=3",
                                 "average:quality=sharpness,t=2",
                                 "max:t=0.4",
                                 "top-1:t=0.15"})
            QCOMPARE(QString::fromStdString(nameOf(methodNamed(name))), QLatin1String(name));
        for (const auto &[said, meant] :
             {std::pair("top1", "top-1"), std::pair("topk:4", "top-k:4"), std::pair("top-k", "top-k:5"), std::pair("random-k", "random-k:5"),
              std::pair("uniform-k", "uniform-k:5"), std::pair("random-k:2,seeds=1", "random-k:2"), std::pair("ddl:t=0.15", "ddl"),
              std::pair("quality:norm", "norm"), std::pair("ddl:t=0.15,quality=x", "ddl:quality=x,t=0.15"), std::pair("ddl:weights=second", "ddl:second"),
              std::pair("top-1:t=0.3,second", "top-1:second,t=0.3")})
            QCOMPARE(QString::fromStdString(nameOf(methodNamed(said))), QLatin1String(meant));
        QCOMPARE(QString::fromStdString(nameOf({})), QStringLiteral("ddl"));
    }

    void titles()
    {
        QCOMPARE(QString::fromStdString(titleOf({})), QStringLiteral("DDL, t = 0.15"));
        QCOMPARE(QString::fromStdString(titleOf(methodNamed("ddl:media-first"))), QStringLiteral("DDL, t = 0.15, media first"));
        QCOMPARE(QString::fromStdString(titleOf(methodNamed("ddl:quality=x"))), QStringLiteral("DDL by x"));
        QCOMPARE(QString::fromStdString(titleOf(methodNamed("detector"))), QStringLiteral("detector score-weighted"));
        QCOMPARE(QString::fromStdString(titleOf(methodNamed("ddl:second"))), QStringLiteral("DDL by the second look, t = 0.15"));
        QCOMPARE(QString::fromStdString(titleOf(methodNamed("ddl+:weights=x,best=2,t2=0.5"))), QStringLiteral("DDL+, weights by x, best 2, second t = 0.5"));
        QCOMPARE(QString::fromStdString(titleOf(methodNamed("average:t=0.3"))), QStringLiteral("average of the kept, t = 0.3"));
        Method named;
        named.title = "mine";
        QCOMPARE(QString::fromStdString(titleOf(named)), QStringLiteral("mine"));
        // No two of the usual methods share a title or a name.
        std::set<std::string> seen;
        for (const Method &method : usualMethods(made())) {
            QVERIFY(seen.insert(titleOf(method)).second);
            QVERIFY(seen.insert("name " + nameOf(method)).second);
        }
        QCOMPARE(seen.size(), std::size_t{2 * 15});
        TemplateFeatures looked = made();
        looked.quality["second"] = looked.dScores;
        std::set<std::string> names;
        for (const Method &method : usualMethods(looked))
            names.insert(nameOf(method));
        QCOMPARE(names.size(), std::size_t{17});
        QVERIFY(names.contains("ddl:second") && names.contains("ddl+:second") && !names.contains("quality:second"));
    }

    /// D, or a named score, chooses; another weighs; what was chosen is what goes through the base.
    void twoStages()
    {
        TemplateFeatures set = made();
        set.quality["second"] = {0.25F, 0.5F, 0.75F, 1, 0.5F};
        // D > .15 keeps (1, 0), (0, 2), (3, 0): Eq. 9 gives 0, 1/2, 1.
        QVERIFY(near(of(set, "ddl:second"), {2, 2.0 / 3}));
        QVERIFY(near(of(set, "top-1:second"), {3, 0}));
        QVERIFY(near(of(set, "top-1:second,best=1"), {0, 2})); // the best by D is all there is
        QVERIFY(near(of(set, "top-k:2,second"), {1.5, 1}));
        QVERIFY(near(of(set, "ddl-no-rescale:second,t2=0.3"), {3 * 0.6, 2 * 0.4}));
        QVERIFY(near(of(set, "average:t=0.3"), {1.5, 1}));
        QVERIFY(near(of(set, "average:best=1"), {0, 2}));
        QVERIFY(near(of(set, "max:t=0.6"), {0, 2}));
        QVERIFY(near(of(set, "average:quality=sharpness,t=5"), {0.5, 1}));
        QVERIFY(near(of(set, "average:quality=sharpness,t=500"), {0, 2}));
        QVERIFY(near(of(set, "ddl-no-rescale:weights=norm"), {10.0 / 6, 4.0 / 6}));
        QCOMPARE(embeddedElements(set, 0, methodNamed("top-1:second")), (std::vector<std::int64_t>{0, 1, 2}));
        QCOMPARE(embeddedElements(set, 0, methodNamed("ddl:second,t2=0.7,best=2")), (std::vector<std::int64_t>{1, 2}));
        QCOMPARE(QString::fromStdString(titleOf(methodNamed("ddl+:second,enough=1.5"))), QStringLiteral("DDL+ by the second look, enough 1.5"));
        QCOMPARE(embeddedElements(set, 0, methodNamed("ddl:second,t=0.9")), (std::vector<std::int64_t>{1}));
        set.quality.erase("second");
        try {
            of(set, "ddl:second");
            QFAIL("there is no second look");
        } catch (const Error &error) {
            QVERIFY2(std::string(error.what()).find("dscope train second") != std::string::npos, error.what());
        }
    }

    void refusesAndLists()
    {
        for (const char *text : {"",
                                 "mean",
                                 "ddl:",
                                 "ddl:t=",
                                 "ddl:t=x",
                                 "ddl:t=nan",
                                 "ddl:k=3",
                                 "average:second",
                                 "average:quality=x",
                                 "max:weights=x",
                                 "norm:second",
                                 "random-k:second",
                                 "ddl:second,whole",
                                 "ddl:second,quality=x",
                                 "ddl:quality=x,weights=y",
                                 "ddl:weights=",
                                 "ddl:t2=0.5",
                                 "ddl:second,t2=x",
                                 "top-1:second,t2=0.5",
                                 "average:whole",
                                 "top-k:0",
                                 "top-k:1.5",
                                 "random-k:-2",
                                 "quality",
                                 "quality:",
                                 "ddl+:quality=x",
                                 "ddl+:middle=1",
                                 "ddl+:power=0",
                                 "max:quality=x",
                                 "norm:seed=3",
                                 "nan",
                                 "nan:",
                                 "ddl:best=0",
                                 "ddl:enough=0",
                                 "ddl:enough=nan",
                                 "ddl:enough=1,best=2",
                                 "random-k:3,seed=-1",
                                 "random-k:3,seeds=0",
                                 "random-k:3,seeds=1001",
                                 "ddl:seeds=3",
                                 "uniform-k:0",
                                 "uniform-k:3,seed=1",
                                 "uniform-k:3,t=0.2",
                                 "ddl:media"}) {
            try {
                methodNamed(text);
                QFAIL(text);
            } catch (const UsageError &error) {
                QVERIFY2(std::string(error.what()).find("random-k:K") != std::string::npos, error.what());
            }
        }
        QVERIFY_THROWS_EXCEPTION(FileError, methodNamed("nan:/nowhere/nan.safetensors"));
    }

    void everyMethodByHand()
    {
        const TemplateFeatures set = made();
        set.check();
        QVERIFY(near(of(set, "average"), {1, 1.5}));
        QVERIFY(near(of(set, "average:normalise"), {0.5, 0.5}));
        QVERIFY(near(of(set, "max"), {3, 4}));
        QVERIFY(near(of(set, "top-1"), {0, 2}));
        QVERIFY(near(of(set, "top-k:2"), {1.5, 1}));
        QVERIFY(near(of(set, "norm"), {1.0, 2.0}));           // 1 (1, 0) + 2 (0, 2) + 3 (3, 0) + 4 (0, 4) over 10
        QVERIFY(near(of(set, "norm:normalise"), {0.4, 0.6})); // what the sum of the features as they are points to
        QVERIFY(near(of(set, "detector"), {1.0, 1.0}));       // weights 1/4, 1/2, 1/4, 0
        // D > 0.15 keeps three; R = 0, 1, 1/2 and weights 0, 2/3, 1/3.
        QVERIFY(near(of(set, "ddl"), {1, 4.0 / 3}));
        // Over the whole template R = 0.2, 1, 0.6.
        QVERIFY(near(of(set, "ddl:whole"), {(0.2 + 1.8) / 1.8, 2 / 1.8}));
        QVERIFY(near(of(set, "ddl-no-rescale"), {1.75 / 1.5, 1}));
        // Media 1 is (0.5, 1) at 0.5, media 2 (3, 0) alone at 0.5: equal.
        QVERIFY(near(of(set, "ddl:media-first"), {1.75, 0.5}));
        QVERIFY(near(of(set, "average:media-first"), {1, 1.5}));
        QVERIFY(near(of(set, "ddl+:middle=0.5,power=2,t=0.3"), {(0.5 * 3) / 1.4, 0.9 * 2 / 1.4}));
        // Sharpness 10 and 20; the third has none, the fourth is below 0 and weighs nothing.
        QVERIFY(near(of(set, "quality:sharpness"), {1.0 / 3, 4.0 / 3}));
        // In DDL's place -3 is the worst, so weights 13 and 23.
        QVERIFY(near(of(set, "ddl:quality=sharpness"), {13.0 / 36, 46.0 / 36}));
        QVERIFY(near(of(set, "ddl:quality=sharpness,t=15"), {0, 2}));
        QVERIFY(near(of(set, "top-1:quality=detector"), {0, 2}));
        const Aggregate quality = aggregateTemplate(set, 0, methodNamed("ddl:quality=sharpness"));
        QCOMPARE(quality.kept, (std::vector<std::int64_t>{0, 1, 3}));
        // No picture of the second template has a sharpness: its mean.
        QVERIFY(near(aggregateTemplate(set, 1, methodNamed("ddl:quality=sharpness")).feature, {3, 4}));
    }

    void randomKIsDrawnByTemplate()
    {
        TemplateFeatures set;
        set.dim = 10;
        for (int t = 0; t < 200; ++t) {
            for (int i = 0; i < 10; ++i)
                for (int d = 0; d < 10; ++d)
                    set.features.push_back(i == d ? 1 : 0); // a picture shows in the mean which it was
            set.begin.push_back(10 * (t + 1));
            set.ids.push_back(1000 + t);
            set.subjects.push_back(-1);
        }
        set.dScores.assign(2000, 0.5F);
        set.check();
        std::vector<int> drawn(10);
        for (int t = 0; t < 200; ++t) {
            const Aggregate a = aggregateTemplate(set, t, methodNamed("random-k:3"));
            QCOMPARE(a.kept.size(), std::size_t{3});
            for (const std::int64_t picture : a.kept)
                ++drawn[static_cast<std::size_t>(picture)];
            QCOMPARE(aggregateTemplate(set, t, methodNamed("random-k:3")).kept, a.kept);
        }
        for (const int times : drawn) // 60 expected, deviation 6.5
            QVERIFY(times > 30 && times < 90);
        // By the template's number, not its place.
        TemplateFeatures other = set;
        std::reverse(other.ids.begin(), other.ids.end());
        QCOMPARE(aggregateTemplate(other, 199, methodNamed("random-k:3")).kept, aggregateTemplate(set, 0, methodNamed("random-k:3")).kept);
        std::size_t differ = 0;
        for (int t = 0; t < 200; ++t)
            differ += aggregateTemplate(set, t, methodNamed("random-k:3,seed=2")).kept != aggregateTemplate(set, t, methodNamed("random-k:3")).kept ? 1 : 0;
        QVERIFY(differ > 150);
        QCOMPARE(aggregateTemplate(set, 0, methodNamed("random-k:50")).kept.size(), std::size_t{10});
        // With media first whole media are drawn: ten pictures in two media, one of them taken.
        for (std::int64_t t = 0; t < 200; ++t)
            for (std::int32_t i = 0; i < 10; ++i)
                set.media.push_back(i < 7 ? 3 : 4);
        std::size_t first = 0;
        for (int t = 0; t < 200; ++t) {
            const Aggregate a = aggregateTemplate(set, t, methodNamed("random-k:1,media-first"));
            QVERIFY(a.kept.size() == 7 || a.kept.size() == 3);
            first += a.kept.size() == 7 ? 1 : 0;
        }
        QVERIFY(first > 70 && first < 130);
    }

    void saysWhatTheSetLacks()
    {
        TemplateFeatures set = made();
        set.detector.clear();
        set.media.clear();
        for (const auto &[method, word] : {std::pair("detector", "detector scores"), std::pair("average:media-first", "media ids"),
                                           std::pair("quality:blur", "sharpness"), std::pair("ddl:quality=detector", "detector scores")}) {
            try {
                checkMethod(set, methodNamed(method));
                QFAIL(method);
            } catch (const Error &error) {
                QVERIFY2(QString::fromUtf8(error.what()).contains(QLatin1String(word)), error.what());
            }
        }
        for (const Method &method : usualMethods(set))
            checkMethod(set, method);
        Progress progress;
        for (const Method &method : usualMethods(set)) {
            const std::vector<float> unit = represent(set, method, progress);
            QCOMPARE(unit.size(), std::size_t{4});
            for (std::size_t t = 0; t < 4; t += 2)
                QVERIFY(std::abs(std::hypot(unit[t], unit[t + 1]) - 1) < 1e-6);
        }
    }

    /// q0 = (ln 2, 0), W = 0, b = 0: the first attention weighs (1, 0) twice as much as (0, 1); the second, with q1 = 0, not at all. Then W and b in hand.
    void nanByHand()
    {
        Nan net(2);
        const std::vector<float> f{5, 0, 0, 1}; // made unit first
        QVERIFY(near(net.weights(f), {0.5, 0.5}));
        const double ln2 = std::log(2.0);
        net.parameters()[0] = static_cast<float>(ln2);
        QVERIFY(near(net.weights(f), {0.5, 0.5}));
        // r0 = (2/3, 1/3); q1 = tanh(3 r0_1 + 0, 3 r0_0 - 1) = tanh(1, 1) with W = [[0, 3], [3, 0]], b = (0, -1): equal weights again.
        net.parameters()[3] = 3;
        net.parameters()[4] = 3;
        net.parameters()[7] = -1;
        std::vector<double> weights = net.weights(f);
        QVERIFY(std::abs(weights[0] - 0.5) < 1e-7);
        // Without b: q1 = tanh(1, 2).
        net.parameters()[7] = 0;
        const double odds = std::exp(std::tanh(1.0) - std::tanh(2.0));
        const std::vector<double> r = net.aggregate(f, &weights);
        QVERIFY(std::abs(weights[0] - odds / (1 + odds)) < 1e-7);
        QVERIFY(near(r, weights));

        TemplateFeatures set = made();
        Method method;
        method.kind = Method::Kind::Nan;
        Progress progress;
        QVERIFY_THROWS_EXCEPTION(Error, represent(set, method, progress));
        method.nan = std::make_shared<Nan>(3);
        QVERIFY_THROWS_EXCEPTION(Error, represent(set, method, progress));
        method.nan = std::make_shared<Nan>(2);
        const std::vector<float> plain = represent(set, method, progress);
        const std::vector<float> mean = represent(set, methodNamed("average:normalise"), progress);
        QVERIFY(std::equal(plain.begin(), plain.end(), mean.begin(), mean.end(), [](float x, float y) { return std::abs(x - y) < 1e-7F; }));
    }

    void nanFilesAreChecked()
    {
        QTemporaryDir dir;
        const std::filesystem::path root = dir.path().toStdString();
        Nan net(3);
        std::iota(net.parameters().begin(), net.parameters().end(), 0.5F);
        net.save(root / "a.safetensors", {{"base", "some-base"}});
        const auto back = Nan::load(root / "a.safetensors");
        QVERIFY(std::equal(net.parameters().begin(), net.parameters().end(), back->parameters().begin(), back->parameters().end()));
        QCOMPARE(QString::fromStdString(back->base()), QStringLiteral("some-base"));
        const Method method = methodNamed("nan:" + (root / "a.safetensors").string());
        QCOMPARE(method.nan->dim(), std::int64_t{3});
        QCOMPARE(methodNamed(nameOf(method)).nanFile, method.nanFile);
        net.parameters()[4] = std::numeric_limits<float>::infinity();
        net.save(root / "b.safetensors");
        QVERIFY_THROWS_EXCEPTION(FileError, Nan::load(root / "b.safetensors"));
        QVERIFY_THROWS_EXCEPTION(FileError, Nan::load(dscope::test::sourceDir() / "models" / "ddnet_casia.safetensors"));
        QVERIFY_THROWS_EXCEPTION(FileError, Nan::load(root / "nowhere"));
        QVERIFY_THROWS_EXCEPTION(Error, Nan(0));
        QVERIFY_THROWS_EXCEPTION(Error, Nan(100000));
        // Cut short anywhere, or with a shape that does not fit, it is refused by name.
        QFile file(QString::fromStdString((root / "a.safetensors").string()));
        QVERIFY(file.open(QIODevice::ReadOnly));
        const QByteArray whole = file.readAll();
        for (qsizetype length = 0; length < whole.size(); length += 7) {
            QFile cut(QString::fromStdString((root / "c.safetensors").string()));
            QVERIFY(cut.open(QIODevice::WriteOnly));
            cut.write(whole.first(length));
            cut.close();
            QVERIFY_THROWS_EXCEPTION(FileError, Nan::load(root / "c.safetensors"));
        }
    }
};

DSCOPE_TEST(TestMethod)
#include "tst_method.moc"
