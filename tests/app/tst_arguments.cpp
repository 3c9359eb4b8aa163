// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/arguments.h"

#include "core/base/error.h"
#include "tests/support/support.h"

using namespace dscope;
using namespace dscope::cli;

namespace {

const std::vector<Option> s_options{{"out", "FILE", ""}, {"threshold", "T", ""}, {"aligned", "", ""}, {"all-faces", "", ""}, repeated("part", "NAME", "")};

Arguments parse(const std::vector<std::string> &words)
{
    return Arguments(words, s_options, "score");
}

} // namespace

class TestArguments : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void wordsAndValues()
    {
        const Arguments arguments = parse({"a.mp4", "--out", "-", "--threshold=.25", "--aligned", "-", "--part", "x", "--part", "y", "--", "--out"});
        QVERIFY((arguments.words() == std::vector<std::string>{"a.mp4", "-", "--out"}));
        QCOMPARE(arguments.text("out"), std::string("-"));
        QCOMPARE(arguments.number("threshold", 1, 0, 1), 0.25);
        QVERIFY(arguments.has("aligned"));
        QVERIFY(!arguments.has("all-faces"));
        QVERIFY((arguments.all("part") == std::vector<std::string>{"x", "y"}));
        QCOMPARE(parse({}).number("threshold", 0.15, 0, 1), 0.15);
        QCOMPARE(parse({"--threshold", "-0.5"}).number("threshold", 0, -1, 1), -0.5);
        QCOMPARE(parse({"--out="}).text("out", "x"), std::string());
        QVERIFY_THROWS_EXCEPTION(UsageError, parse({"--out="}).required("out"));
        QVERIFY_THROWS_EXCEPTION(UsageError, parse({}).required("out"));
        QVERIFY_THROWS_EXCEPTION(std::logic_error, parse({}).has("undeclared"));
    }

    void mistakes_data()
    {
        QTest::addColumn<QStringList>("words");
        QTest::addColumn<QString>("says");
        QTest::newRow("slip") << QStringList{QStringLiteral("--treshold"), QStringLiteral("1")} << QStringLiteral("Did you mean '--threshold'?");
        QTest::newRow("beginning") << QStringList{QStringLiteral("--align")} << QStringLiteral("Did you mean '--aligned'?");
        QTest::newRow("far off") << QStringList{QStringLiteral("--frobnicate")}
                                 << QStringLiteral("There is no option '--frobnicate'. See: dscope score --help");
        QTest::newRow("one dash") << QStringList{QStringLiteral("-out"), QStringLiteral("x")} << QStringLiteral("Did you mean '--out'?");
        QTest::newRow("no value") << QStringList{QStringLiteral("--out")} << QStringLiteral("needs a value (FILE)");
        QTest::newRow("twice") << QStringList{QStringLiteral("--out"), QStringLiteral("a"), QStringLiteral("--out=b")}
                               << QStringLiteral("The option '--out' is given twice ('a' and 'b'); it takes one value.");
        QTest::newRow("value for a switch") << QStringList{QStringLiteral("--aligned=1")} << QStringLiteral("takes no value");
    }
    void mistakes()
    {
        QFETCH(QStringList, words);
        QFETCH(QString, says);
        std::vector<std::string> plain;
        for (const QString &word : words)
            plain.push_back(word.toStdString());
        try {
            parse(plain);
            QFAIL("nothing was thrown");
        } catch (const UsageError &error) {
            QVERIFY2(std::string(error.what()).find(says.toStdString()) != std::string::npos, error.what());
        }
    }

    void numbers()
    {
        for (const char *bad : {"", "x", "1x", "nan", "inf", "2", "-1", "0,5"})
            QVERIFY_THROWS_EXCEPTION(UsageError, parse({"--threshold", bad}).number("threshold", 0, 0, 1));
        QVERIFY_THROWS_EXCEPTION(UsageError, parse({"--threshold", "1.5"}).integer("threshold", 0, 0, 9));
        QCOMPARE(parse({"--threshold", "7"}).integer("threshold", 0, 0, 9), std::int64_t(7));
    }

    /// An option that states what it may be is looked at before anything is done, and says so in the help.
    void typedValues()
    {
        const std::vector<Option> options{numberOption("share", "S", "of all", 0, 1, 0.15), wholeOption("count", "N", "of them", 1, 2e9),
                                          choiceOption("metric", "M", "", {"cosine", "euclidean"}, "cosine")};
        const auto typed = [&](const std::vector<std::string> &words) { return Arguments(words, options, "x"); };
        QCOMPARE(typed({"--share", ".5"}).number("share", 0), 0.5);
        QCOMPARE(typed({}).number("share", 0.25), 0.25);
        QCOMPARE(typed({"--count=7"}).integer("count", 0), std::int64_t(7));
        int count = 3;
        typed({}).take("count", count);
        QCOMPARE(count, 3);
        typed({"--count", "5"}).take("count", count);
        QCOMPARE(count, 5);
        for (const std::vector<std::string> &wrong : std::vector<std::vector<std::string>>{
                 {"--share", "2"}, {"--share", "0,5"}, {"--share="}, {"--count", "1.5"}, {"--count", "0"}, {"--metric", "l2"}, {"--metric", ""}})
            QVERIFY_THROWS_EXCEPTION(UsageError, typed(wrong));
        QCOMPARE(helpOf(options[0]), std::string("of all (0 to 1; default 0.15)"));
        QCOMPARE(helpOf(options[1]), std::string("of them (1 or more)"));
        QCOMPARE(helpOf(options[2]), std::string("cosine or euclidean; default cosine"));
        QCOMPARE(helpOf(repeated("part", "NAME", "a part")), std::string("a part (may be repeated)"));
    }

    /// What other parsers take for lists, numbers and marks is a word here.
    void wordsAsTheyAreTyped()
    {
        const Arguments arguments = parse({"[a,b]", "{}", "++", "%%", "--out", "[x,y]", "", "--part=--", "--part", "-", "--", "--", "-5"});
        QCOMPARE(arguments.words(), (std::vector<std::string>{"[a,b]", "{}", "++", "%%", "", "--", "-5"}));
        QCOMPARE(arguments.text("out"), std::string("[x,y]"));
        QCOMPARE(arguments.all("part"), (std::vector<std::string>{"--", "-"}));
        for (const char *bad : {"-5", "---out", "--!x", "--=x"})
            QVERIFY_THROWS_EXCEPTION(UsageError, parse({bad}));
    }

    void distances()
    {
        QCOMPARE(editDistance("score", "score"), 0);
        QCOMPARE(editDistance("socre", "score"), 1);
        QCOMPARE(editDistance("scor", "score"), 1);
        QCOMPARE(editDistance("", "abc"), 3);
        QCOMPARE(editDistance("kitten", "sitting"), 3);
        QCOMPARE(nearest("modles", {"score", "models", "info"}), std::string("models"));
        QCOMPARE(nearest("xyz", {"score", "models"}), std::string());
    }
};

DSCOPE_TEST(TestArguments)
#include "tst_arguments.moc"
