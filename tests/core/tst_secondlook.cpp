// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/random.h"
#include "core/nets/checkpoint.h"
#include "core/scores/secondlook.h"
#include "core/scores/secondlooksums.h"
#include "core/training/secondtrainer.h"
#include "tests/support/says.h"
#include "tests/support/support.h"

#include <ATen/ATen.h>

#include <QTemporaryDir>

#include <algorithm>
#include <cmath>
#include <limits>

using namespace dscope;
using namespace dscope::test;
namespace fs = std::filesystem;

namespace {

bool near(double a, double b, double tolerance = 1e-10)
{
    return std::abs(a - b) <= tolerance * std::max(1.0, std::abs(b));
}

SecondLook lookOf(std::vector<double> weights, double bias, SecondTarget target = SecondTarget::DScore)
{
    SecondLookOrigin origin;
    origin.base = "tiny";
    origin.baseHash = "0123456789abcdef";
    origin.ridge = 3000;
    origin.target = target;
    origin.set = "faces";
    origin.targetsHash = "fedc";
    origin.people = 12;
    origin.pictures = 345;
    origin.leftOut = 6;
    origin.folds = 5;
    origin.seed = 7;
    origin.inSample = 0.75;
    origin.heldOut = 0.5;
    return {std::move(weights), bias, origin};
}

/// Pictures of some people, and D-scores that follow from their embeddings by one linear rule in (f, |f_j|, ln|f|, |f|).
struct MadeLessons {
    std::int64_t dim = 3;
    std::vector<float> features;
    std::vector<double> dScores;
    std::vector<std::uint8_t> taken;
    std::vector<std::int32_t> people;

    explicit MadeLessons(int pictures, double noise = 0)
    {
        Random random(5);
        for (int i = 0; i < pictures; ++i) {
            std::vector<double> x(8);
            std::vector<float> f;
            const double scale = random.uniform(0.5, 2);
            for (int j = 0; j < 3; ++j)
                f.push_back(static_cast<float>(scale * random.normal()));
            SecondLookSums::expand(f, x);
            const std::vector<double> rule{0.03, -0.02, 0.01, 0.04, -0.05, 0.02, 0.06, 0.01};
            double d = 0.4 + noise * random.normal();
            for (std::size_t j = 0; j < 8; ++j)
                d += 0.3 * rule[j] * x[j];
            d = std::clamp(d, 0.01, 0.99); // only noise gets there
            features.insert(features.end(), f.begin(), f.end());
            dScores.push_back(d);
            taken.push_back(1);
            people.push_back(i / 4);
        }
    }
    SecondResult train(const SecondTraining &options) const
    {
        Progress progress;
        SecondLookOrigin origin;
        origin.base = "tiny";
        return trainSecondLook(*featuresInMemory(features, dim), {dScores, taken, people}, options, origin, progress);
    }
};

} // namespace

/// The second look: the rule, the ridge regression behind it, its file, and how it is taught.
class TestSecondLook : public QObject {
    Q_OBJECT

    QTemporaryDir m_temporary;
    fs::path m_root{m_temporary.path().toStdString()};

private Q_SLOTS:
    void ruleByHand()
    {
        // f = (3, -4): length 5.
        const SecondLook look = lookOf({0.1, 0.2, 0.03, 0.04, 0.5, -0.02}, 0.25);
        QCOMPARE(look.dim(), std::int64_t{2});
        const std::vector<float> f{3, -4};
        QVERIFY(near(look.score(f), 0.25 + 0.3 - 0.8 + 0.09 + 0.16 + 0.5 * std::log(5.0) - 0.1));
        const SecondLook logit = lookOf({0.1, 0.2, 0.03, 0.04, 0.5, -0.02}, 0.25, SecondTarget::Logit);
        QVERIFY(near(logit.score(f), 1 / (1 + std::exp(-look.score(f)))));
        QCOMPARE(look.cost().mac, std::int64_t{8});
        QCOMPARE(look.cost().flop, std::int64_t{22});
        // A block gives what single embeddings give.
        const std::vector<float> block{3, -4, 0, 0, 1, 1};
        const std::vector<float> all = look.scores(block);
        QCOMPARE(all.size(), std::size_t{3});
        for (std::size_t i = 0; i < 3; ++i)
            QCOMPARE(all[i], static_cast<float>(look.score(std::span<const float>(block).subspan(2 * i, 2))));
    }

    /// Bounds, and embeddings without a direction.
    void bounds()
    {
        const SecondLook look = lookOf({1, 0, 0, 0, 0, 0}, 0.5);
        const auto of = [&](float a, float b) { return look.score(std::vector<float>{a, b}); };
        QCOMPARE(of(100, 0), SecondLook::highest);
        QCOMPARE(of(-100, 0), SecondLook::lowest);
        QCOMPARE(of(0.25F, 1), 0.75);
        const float infinity = std::numeric_limits<float>::infinity();
        for (const auto &[a, b] : {std::pair(0.0F, 0.0F), std::pair(infinity, 1.0F), std::pair(1.0F, -infinity), std::pair(std::nanf(""), 1.0F)})
            QCOMPARE(of(a, b), SecondLook::lowest);
        QCOMPARE(of(std::numeric_limits<float>::max(), 0), SecondLook::highest);
        VERIFY_SAYS(refusal([&] { (void)look.score(std::vector<float>{1}); }), "embeddings of 2 values was given one of 1");
        VERIFY_SAYS(refusal([&] { (void)look.scores(std::vector<float>{1, 2, 3}); }), "no whole number");
        VERIFY_SAYS(refusal([] { lookOf({1, 2, 3}, 0); }), "2 d + 2 weights");
        VERIFY_SAYS(refusal([] { lookOf({1, 2, 3, std::nan("")}, 0); }), "not a finite number");
    }

    /// Embeddings of one value, positive, so that f, |f| and the length are the same column: three standardised columns u = (-1, 1) each and one of the
    /// logarithm, (-1, 1) too. D = .2 and .6: y = (-.2, .2), X'y = .4 in each of four columns, X'X = 2 everywhere: every weight is .4 / (8 + ridge).
    void ridgeByHand()
    {
        SecondLookSums sums(1, {0, 0, 0, 0});
        const std::vector<float> features{1, 3};
        sums.add(features, std::vector<double>{0.2, 0.6});
        Progress progress;
        for (const double ridge : {1.0, 2.0, 1000.0}) {
            const SecondLookRule rule = sums.solve(ridge, progress).first;
            const double weight = 0.4 / (8 + ridge);
            QVERIFY(near(rule.weights[0], weight)); // deviation 1
            QVERIFY(near(rule.weights[1], weight));
            QVERIFY(near(rule.weights[3], weight));
            QVERIFY(near(rule.weights[2], weight / (std::log(3.0) / 2)));
            QVERIFY(near(rule.bias, 0.4 - weight * (3 * 2 + 1)));
        }
        // The same with the logit as what is taught.
        const auto logit = [](double d) { return std::log(d / (1 - d)); };
        const SecondLookRule rule = sums.solve(2, progress).second;
        QVERIFY(near(rule.weights[0], (logit(0.6) - logit(0.2)) / 10));
        VERIFY_SAYS(refusal([&] { (void)sums.solve(0, progress); }), "above 0");
        VERIFY_SAYS(refusal([&] { (void)SecondLookSums(1, {0, 0, 0, 0}).solve(1, progress); }), "there are none");
        VERIFY_SAYS(refusal([&] { SecondLookSums(5000, {}); }), "1 to 4096");
    }

    /// The solution fulfils the normal equations, computed here directly from the pictures.
    void normalEquations()
    {
        const MadeLessons made(200, 0.05);
        SecondLookSums sums(3, SecondLookSums::usualShift(made.features, 3));
        sums.add(made.features, made.dScores);
        Progress progress;
        const double ridge = 40;
        const SecondLookRule rule = sums.solve(ridge, progress).first;
        std::vector<std::vector<double>> x(200, std::vector<double>(8));
        std::vector<double> mean(8, 0.0);
        std::vector<double> deviation(8, 0.0);
        double meanD = 0;
        for (std::size_t i = 0; i < 200; ++i) {
            SecondLookSums::expand(std::span<const float>(made.features).subspan(3 * i, 3), x[i]);
            meanD += made.dScores[i] / 200;
            for (std::size_t j = 0; j < 8; ++j)
                mean[j] += x[i][j] / 200;
        }
        for (std::size_t j = 0; j < 8; ++j) {
            for (std::size_t i = 0; i < 200; ++i)
                deviation[j] += (x[i][j] - mean[j]) * (x[i][j] - mean[j]) / 200;
            deviation[j] = std::sqrt(deviation[j]);
        }
        for (std::size_t j = 0; j < 8; ++j) {
            double left = ridge * rule.weights[j] * deviation[j];
            for (std::size_t i = 0; i < 200; ++i) {
                double said = rule.bias - made.dScores[i];
                for (std::size_t k = 0; k < 8; ++k)
                    said += rule.weights[k] * x[i][k];
                left += (x[i][j] - mean[j]) / deviation[j] * said;
            }
            QVERIFY2(std::abs(left) < 1e-9, qPrintable(QString::number(left)));
        }
        double atMean = rule.bias;
        for (std::size_t k = 0; k < 8; ++k)
            atMean += rule.weights[k] * mean[k];
        QVERIFY(near(atMean, meanD));
    }

    /// Any cut into blocks gives the same bits; so does any number of threads, because no sum is divided.
    void blocksChangeNoBit()
    {
        const MadeLessons made(3000, 0.1);
        SecondTraining options;
        options.block = 4096;
        const SecondResult whole = made.train(options);
        for (const std::int64_t block : {1, 7, 64, 1000, 1023}) {
            options.block = block;
            const SecondResult part = made.train(options);
            QCOMPARE(part.look->bias(), whole.look->bias());
            QVERIFY(std::equal(part.look->weights().begin(), part.look->weights().end(), whole.look->weights().begin()));
            QCOMPARE(part.look->origin().heldOut, whole.look->origin().heldOut);
        }
    }

    /// A rule of the right form is found, nearly exactly, also on people held out.
    void findsALinearRule()
    {
        const MadeLessons made(800);
        SecondTraining options;
        options.ridges = {1e-6};
        options.target = SecondTarget::DScore;
        const SecondResult result = made.train(options);
        QVERIFY(result.look->origin().heldOut > 0.999999);
        QVERIFY(result.look->origin().inSample > 0.999999);
        QCOMPARE(result.look->origin().people, std::int64_t{200});
        QCOMPARE(result.look->origin().folds, std::int64_t{5});
        for (std::size_t i = 0; i < 800; ++i)
            QVERIFY(near(result.look->score(std::span<const float>(made.features).subspan(3 * i, 3)), made.dScores[i], 1e-6));
    }

    /// The candidate of the best correlation on people held out is the one that is used; what is asked for is not questioned.
    void choosesRidgeAndTarget()
    {
        const MadeLessons made(400, 0.2);
        SecondTraining options;
        const SecondResult free = made.train(options);
        QCOMPARE(free.candidates.size(), std::size_t{14});
        double best = -2;
        for (const SecondCandidate &candidate : free.candidates)
            best = std::max(best, candidate.spearman);
        QCOMPARE(free.look->origin().heldOut, best);
        for (const SecondCandidate &candidate : free.candidates)
            if (candidate.spearman == best) { // the first of equal ones
                QCOMPARE(free.look->origin().ridge, candidate.ridge);
                QCOMPARE(free.look->origin().target, candidate.target);
                break;
            }
        options.ridges = {777};
        options.target = SecondTarget::Logit;
        const SecondResult asked = made.train(options);
        QCOMPARE(asked.look->origin().ridge, 777.0);
        QCOMPARE(asked.look->origin().target, SecondTarget::Logit);
        QCOMPARE(asked.candidates.size(), std::size_t{1});
        options.seed = 2; // other folds
        QVERIFY(made.train(options).look->origin().heldOut != asked.look->origin().heldOut);
    }

    /// Held out is who the rule has not seen: of D-scores that know nothing but the person, nothing is found on others.
    void heldOutPeopleAreNotSeen()
    {
        MadeLessons made(400);
        for (std::size_t i = 0; i < made.dScores.size(); ++i) {
            Random own(11, static_cast<std::uint64_t>(made.people[i]));
            for (std::size_t j = 0; j < 3; ++j) // a person's pictures are alike
                made.features[3 * i + j] = static_cast<float>(1 + own.normal() + 1e-3 * static_cast<double>(made.features[3 * i + j]));
            made.dScores[i] = own.uniform(0.1, 0.9);
        }
        SecondTraining options;
        options.ridges = {1e-3};
        const SecondResult result = made.train(options);
        QVERIFY(result.look->origin().inSample > 0.15);
        QVERIFY(result.look->origin().heldOut < result.look->origin().inSample - 0.1);
    }

    /// Pictures without a target or a direction take no part, and are counted.
    void leavesOutWhatSaysNothing()
    {
        const MadeLessons good(100, 0.1);
        MadeLessons more = good;
        const auto put = [&](std::vector<float> f, double d, std::uint8_t taken) {
            more.features.insert(more.features.begin(), f.begin(), f.end());
            more.dScores.insert(more.dScores.begin(), d);
            more.taken.insert(more.taken.begin(), taken);
            more.people.insert(more.people.begin(), 3);
        };
        put({0, 0, 0}, 0.5, 1);
        put({std::nanf(""), 1, 1}, 0.5, 1);
        put({1, std::numeric_limits<float>::infinity(), 1}, 0.5, 1);
        put({1, 2, 3}, 0.5, 0);
        put({1, 2, 3}, std::nan(""), 1);
        const SecondResult a = good.train({});
        const SecondResult b = more.train({});
        QCOMPARE(b.look->origin().leftOut, std::int64_t{5});
        QCOMPARE(b.look->origin().pictures, std::int64_t{100});
        QVERIFY(std::equal(a.look->weights().begin(), a.look->weights().end(), b.look->weights().begin()));
        std::fill(more.taken.begin(), more.taken.end(), std::uint8_t{0});
        VERIFY_SAYS(refusal([&] { more.train({}); }), "Of 105 pictures 0 can be used");
        more.people.pop_back();
        VERIFY_SAYS(refusal([&] { more.train({}); }), "not of the same pictures");
    }

    /// A base that normalises its embeddings: their length differs by rounding alone, which must not become a weight.
    void lengthsThatDoNotVary()
    {
        MadeLessons made(300, 0.1);
        for (std::size_t i = 0; i < 300; ++i) {
            double squares = 0;
            for (std::size_t j = 0; j < 3; ++j)
                squares += static_cast<double>(made.features[3 * i + j]) * static_cast<double>(made.features[3 * i + j]);
            for (std::size_t j = 0; j < 3; ++j)
                made.features[3 * i + j] = static_cast<float>(made.features[3 * i + j] / std::sqrt(squares));
        }
        const SecondResult result = made.train({});
        QCOMPARE(result.look->weights()[6], 0.0);
        QCOMPARE(result.look->weights()[7], 0.0);
        QVERIFY(result.look->weights()[0] != 0);
    }

    void onePersonAlone()
    {
        MadeLessons made(30, 0.1);
        std::fill(made.people.begin(), made.people.end(), 4);
        const SecondResult result = made.train({});
        QCOMPARE(result.look->origin().folds, std::int64_t{0});
        QCOMPARE(result.look->origin().ridge, 3000.0);
        QVERIFY(std::isnan(result.look->origin().heldOut));
        QVERIFY(result.candidates.empty());
        result.look->save(m_root / "one.safetensors");
        QVERIFY(std::isnan(SecondLook::load(m_root / "one.safetensors")->origin().heldOut));
    }

    void cancels()
    {
        const MadeLessons made(100);
        Progress progress;
        progress.cancel();
        QVERIFY_THROWS_EXCEPTION(Cancelled, trainSecondLook(*featuresInMemory(made.features, 3), {made.dScores, made.taken, made.people}, {}, {}, progress));
    }

    void fileAndBack()
    {
        const SecondLook look = lookOf({0.1, 1.0 / 3, -1e-17, 4e9, 0.5, -0.02}, 0.3, SecondTarget::Logit);
        const fs::path file = m_root / "a.second.safetensors";
        look.save(file);
        const auto read = loadSecondLook(file, "tiny", "0123456789abcdef", 2);
        QVERIFY(std::equal(look.weights().begin(), look.weights().end(), read->weights().begin()));
        QCOMPARE(read->bias(), look.bias());
        const SecondLookOrigin &origin = read->origin();
        QCOMPARE(origin.base, std::string("tiny"));
        QCOMPARE(origin.baseHash, std::string("0123456789abcdef"));
        QCOMPARE(origin.ridge, 3000.0);
        QCOMPARE(origin.target, SecondTarget::Logit);
        QCOMPARE(origin.set, std::string("faces"));
        QCOMPARE(origin.targetsHash, std::string("fedc"));
        QCOMPARE(origin.people, std::int64_t{12});
        QCOMPARE(origin.pictures, std::int64_t{345});
        QCOMPARE(origin.leftOut, std::int64_t{6});
        QCOMPARE(origin.folds, std::int64_t{5});
        QCOMPARE(origin.seed, std::uint64_t{7});
        QCOMPARE(origin.inSample, 0.75);
        QCOMPARE(origin.heldOut, 0.5);
        // Of another base: both are named.
        const std::string other = refusal<FileError>([&] { loadSecondLook(file, "mine", "ffff", 2); });
        for (const char *part : {"a.second.safetensors", "the second look of tiny", "0123456789ab", "not of mine", "ffff"})
            VERIFY_SAYS(other, part);
        VERIFY_SAYS(refusal<FileError>([&] { loadSecondLook(file, "mine", "", 3); }), "those of mine have 3");
        QVERIFY(loadSecondLook(file, "mine", "", 2) != nullptr);
    }

    void otherFilesAreRefused()
    {
        const auto write = [&](const StateDict &tensors, const std::string &about) {
            writeSafetensors(m_root / "b.safetensors", tensors, {{"dscope.second", about}});
            return refusal<FileError>([&] { SecondLook::load(m_root / "b.safetensors"); });
        };
        const std::string about = R"({"schema": "dscope.second/1", "base": "b", "base_sha256": "0", "dim": 1, "ridge": 1, "target": "d"})";
        const StateDict good{{"weight", at::zeros({4}, at::kDouble)}, {"bias", at::zeros({1}, at::kDouble)}};
        QCOMPARE(write(good, about), std::string());
        VERIFY_SAYS(write({{"weight", at::zeros({4}, at::kDouble)}}, about), "a second look has weight and bias");
        VERIFY_SAYS(write({{"weight", at::zeros({4}, at::kFloat)}, {"bias", at::zeros({1}, at::kDouble)}}, about), "'weight' of 4 values of float64");
        VERIFY_SAYS(write({{"weight", at::zeros({6}, at::kDouble)}, {"bias", at::zeros({1}, at::kDouble)}}, about), "not a complete second look");
        VERIFY_SAYS(write({{"weight", at::full({4}, NAN, at::kDouble)}, {"bias", at::zeros({1}, at::kDouble)}}, about), "not a finite number");
        const auto changed = [&](const std::string &from, const std::string &to) {
            std::string text = about;
            return write(good, text.replace(text.find(from), from.size(), to));
        };
        VERIFY_SAYS(changed("second/1", "second/2"), "unknown schema");
        VERIFY_SAYS(changed("\"dim\": 1", "\"dim\": 100000000000"), "'dim'");
        VERIFY_SAYS(changed("\"d\"", "\"e\""), "'target'");
        VERIFY_SAYS(changed(", \"target\": \"d\"", ""), "target");
        VERIFY_SAYS(changed("\"base\": \"b\"", "\"base\": \"\""), "which network's embeddings");
        VERIFY_SAYS(changed("\"ridge\": 1", "\"ridge\": -1"), "'ridge'");
        writeSafetensors(m_root / "c.safetensors", good, {});
        VERIFY_SAYS(refusal<FileError>([&] { SecondLook::load(m_root / "c.safetensors"); }), "is no second look");
    }

    /// Named by the base's description, else beside its weights, else by the base's name among the models.
    void whereItLies()
    {
        const fs::path own = m_root / "own";
        const fs::path models = m_root / "models";
        ModelSpec base;
        base.name = "tiny";
        base.path = own / "weights.v1.pt";
        writeAtomically(own / "weights.v1.pt", "x");
        writeAtomically(models / "manifest.json", R"({"schema": "dscope.models/1", "models": []})");
        const ModelStore store({models});
        QCOMPARE(secondLookFile(base, store), fs::path());
        writeAtomically(models / "tiny.second.safetensors", "x");
        QCOMPARE(secondLookFile(base, store), models / "tiny.second.safetensors");
        writeAtomically(own / "weights.v1.second.safetensors", "x");
        QCOMPARE(secondLookFile(base, store), own / "weights.v1.second.safetensors");
        base.second = "named.safetensors";
        QCOMPARE(secondLookFile(base, store), own / "weights.v1.second.safetensors"); // not there
        writeAtomically(models / "named.safetensors", "x");
        QCOMPARE(secondLookFile(base, store), models / "named.safetensors");
        writeAtomically(own / "named.safetensors", "x");
        QCOMPARE(secondLookFile(base, store), own / "named.safetensors");
        base.second = (m_root / "whole.safetensors").string();
        writeAtomically(m_root / "whole.safetensors", "x");
        QCOMPARE(secondLookFile(base, store), m_root / "whole.safetensors");
    }
};

DSCOPE_TEST(TestSecondLook)
#include "tst_secondlook.moc"
