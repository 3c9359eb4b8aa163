// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/aggregation/aggregate.h"
#include "core/base/error.h"
#include "core/base/nearest.h"
#include "core/base/words.h"
#include "core/losses/lossoptions.h"
#include "core/metrics/retrieval.h"
#include "core/metrics/verification.h"
#include "core/scores/dscore.h"
#include "core/scores/secondlook.h"
#include "core/sets/qualityfile.h"
#include "core/training/ddnettrainer.h"
#include "core/training/nantrainer.h"
#include "core/training/options.h"
#include "tests/support/support.h"

using namespace dscope;

namespace {

enum class Fruit { Apple, Pear, Plum };
constexpr Words<Fruit, 2> s_fruits{"no fruit", {{Fruit::Apple, "apple"}, {Fruit::Pear, "pear"}}};

} // namespace

/// From an enum's value to its word and back.
class TestWords : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void bothWays()
    {
        QCOMPARE(s_fruits.wordOf(Fruit::Pear), std::string("pear"));
        QCOMPARE(s_fruits.wordOf(Fruit::Plum), std::string());
        QVERIFY(s_fruits.fromWord("apple") == Fruit::Apple);
        QVERIFY(!s_fruits.find("Apple"));
        QCOMPARE(s_fruits.words(), (std::vector<std::string>{"apple", "pear"}));
        for (const auto &[word, says] :
             {std::pair("appel", "'appel' is no fruit; use apple or pear. Did you mean 'apple'?"),
              std::pair("turnip\n", "'turnip\\n' is no fruit; use apple or pear."), std::pair("", "'' is no fruit; use apple or pear.")}) {
            try {
                s_fruits.fromWord(word);
                QFAIL(word);
            } catch (const UsageError &error) {
                QCOMPARE(std::string(error.what()), std::string(says));
            }
        }
        QCOMPARE(listed({}), std::string());
        QCOMPARE(listed({"a"}), std::string("a"));
        QCOMPARE(listed({"a", "b", "c"}, "and"), std::string("a, b and c"));
    }

    /// The words that files and commands have had.
    void wordsOfTheProgram()
    {
        const auto same = [](std::initializer_list<const char *> names, auto named, auto nameOf) {
            for (const char *one : names)
                QCOMPARE(nameOf(named(one)), std::string(one));
        };
        same({"sgd", "adamw", "adam"}, optimiserNamed, optimiserName);
        same({"cosine", "step", "constant"}, scheduleNamed, scheduleName);
        same({"fp32", "bf16", "fp16"}, precisionNamed, precisionName);
        same({"mse", "mse+rank"}, ddnetLossNamed, ddnetLossName);
        same({"softmax", "arcface", "cosface", "sphereface", "triplet", "triplet+softmax"}, lossNamed, lossName);
        const auto named = [](const auto &value) { return dscope::name(value); };
        same({"softmax", "contrastive"}, nanLoss, named);
        QCOMPARE(secondTargetWords.words(), (std::vector<std::string>{"d", "logit"}));
        QCOMPARE(metricWords.words(), (std::vector<std::string>{"cosine", "euclidean"}));
        QCOMPARE(centroidWords.words(), (std::vector<std::string>{"all", "clean"}));
        QCOMPARE(leaveOutWords.words(), (std::vector<std::string>{"none", "sample", "picture"}));
        QCOMPARE(targetWords.words(), (std::vector<std::string>{"ratio", "own", "margin", "crfiqa"}));
        same({"ddl", "ddl-no-rescale", "ddl+", "average", "max", "top1", "topk"}, aggregator, named);
        same({"images", "media-first"}, mediaOrder, named);
        same({"auto", "csv", "nist", "ofiq", "erc", "insightface"}, qualityFormat, named);
        same({"strict", "insightface"}, farRule, named);
        QCOMPARE(dscope::name(RetrievalProtocol::CrossCamera), std::string("cross-camera"));
        QCOMPARE(dscope::name(RetrievalDistance::SquaredL2), std::string("squared L2"));
    }
};

DSCOPE_TEST(TestWords)
#include "tst_words.moc"
