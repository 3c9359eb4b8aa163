// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/json.h"
#include "tests/app/program.h"
#include "tests/support/support.h"

using namespace dscope;
using namespace dscope::test;

class TestUsage : public CommandTest {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { m_environment = environmentIn(m_root); }

    void helpOfEach_data()
    {
        QTest::addColumn<QStringList>("words");
        QTest::newRow("overview") << QStringList{QStringLiteral("--help")};
        for (const char *command : {"score", "aggregate", "report", "best", "info", "models", "label", "train", "example", "evaluate-degraded",
                                    "evaluate-templates", "evaluate-tracks", "compare", "evaluate", "synth", "tune-rule", "damage"})
            QTest::newRow(command) << QStringList{QString::fromLatin1(command), QStringLiteral("--help")};
    }
    void helpOfEach()
    {
        QFETCH(QStringList, words);
        const Outcome outcome = run(words);
        QCOMPARE(outcome.code, 0);
        QVERIFY(outcome.out.contains(words.size() > 1 ? words.front().toUtf8() : QByteArray("Exit codes: 0 done, 1 failed, 2 wrong usage, 130 cancelled")));
        QVERIFY(outcome.out.contains(words.size() > 1 ? "--threads" : "dscope [SOURCE...]"));
        QVERIFY(outcome.err.isEmpty());
    }

    void mistakes_data()
    {
        QTest::addColumn<QStringList>("words");
        QTest::addColumn<int>("code");
        QTest::addColumn<QByteArray>("says");
        const auto row = [](const char *words, int code, const char *says) {
            QTest::newRow(words) << QString::fromLatin1(words).split(QLatin1Char(' ')) << code << QByteArray(says);
        };
        row("scor x.mp4", 2, "Did you mean 'dscope score'?");
        row("score", 2, "'--out' is needed");
        row("score --out x.json", 2, "A source is needed");
        row("score a --out x.txt", 2, "should end in .csv or .json");
        row("score a --out x.json --format xml", 2, "csv, json, ofiq, nist or insightface");
        row("score a --out x.json --treshold 1", 2, "Did you mean '--threshold'?");
        row("score a --out x.json --threshold much", 2, "a number from -1 to 2");
        row("score a --out x.json --every 0", 2, "--every");
        row("score a --out x.json --aligned --all-faces", 2, "exclude each other");
        row("score a --out x.json --device gpu", 2, "'gpu' is no device");
        row("evaluate-tracks", 2, "A source is needed");
        row("evaluate-tracks a.mp4 --method dll", 2, "'dll'");
        row("evaluate-tracks a.mp4 --method quality:x", 2, "no score called 'x'");
        row("evaluate-tracks a.mp4 --method ddl:media-first", 2, "no media");
        row("evaluate-tracks a.mp4 --method ddl:second --second none", 2, "exclude each other");
        row("evaluate mars . --protocol mars", 2, "official, video-reid, cross-camera, both");
        row("compare a --protocol mars", 2, "no protocol of a retrieval");
        row("compare a --distance l1", 2, "l2 or cosine");
        row("evaluate tracklets . --distance l1", 2, "l2 or cosine");
        row("compare a --budgets 5 --choose-by detector", 2, "cannot choose");
        row("compare lfw a --choose-by x", 2, "goes with --budgets");
        row("compare lfw a --budgets 5 --choose-by x", 2, "Nothing gives a score called 'x'");
        row("evaluate-tracks a.mp4 --budgets 0", 2, "--budgets");
        row("evaluate-tracks a.mp4 --people /no/such.csv", 1, "/no/such.csv");
        row("damage --families jepg", 2, "'jepg' is no family of damage");
        row("damage --families paper", 2, "are no families");
        row("damage a b --out x.jpg", 2, "One picture at most");
        row("damage /no/such.jpg --out x.jpg", 1, "/no/such.jpg");
        row("evaluate-degraded x --families paper", 2, "name families, groups or all");
        row("evaluate-degraded x --families all --out x.txt", 2, "must end in one of md, csv, json");
        row("pack x --out x.pack --where doubt", 2, "such as doubt=0");
        row("label y --out x --fill-wedges --keep-wedges", 2, "contradict each other");
        row("score /no/such/file.mp4 --out x.json", 1, "/no/such/file.mp4");
        row("score / --ddnet nowhere --out x.json", 1, "no ddnet model 'nowhere'");
        row("aggregate a --out x.npy --method mode", 2, "mode");
        row("aggregate a --out x.txt", 2, ".npy or .csv");
        row("report a --out x.pdf", 2, "should end in .html");
        row("evaluate lfw / --out x.xls", 2, "must end in one of md, csv, json, html, or --format");
        row("evaluate lfw / --out /dev/null --format xls", 2, "'xls' is no value for '--format': md, csv, json, html");
        row("report a", 2, "'--out' is needed");
        row("best a --out d --count 0", 2, "--count");
        row("tune-rule x --sizes 2.5", 2, "whole numbers");
        row("train", 2, "ddnet, embedding, nan, reid or second");
        row("train polynet --out x", 2, "'polynet' cannot be trained");
        row("train ddnet --out x --targets /no/targets", 1, "/no/targets");
        row("train action --out x", 2, "'--videos' is needed");
        row("train action --videos /no/set --out x", 1, "/no/set");
        row("train action --videos a --out x --architecture ddnet-3d", 2, "no base network on clips");
        row("train action --videos a --out x --clips 3 --clip-step 2", 2, "exclude each other");
        row("train action --videos a --out x --layout folder", 2, "'folder' is no value for '--layout'");
        row("label --out x", 2, "One set of aligned faces");
        row("label /no/faces --out x", 1, "/no/faces");
        row("models extra", 2, "takes no words");
        row("info /no/such", 1, "/no/such");
        row("example extra", 2, "takes no words");
        row("--exmaple", 2, "Did you mean '--example'?");
        row("/tmp", 1, "There is no display");
    }
    void mistakes()
    {
        QFETCH(QStringList, words);
        QFETCH(int, code);
        QFETCH(QByteArray, says);
        const Outcome outcome = run(words);
        QVERIFY2(outcome.err.contains(says), outcome.err.constData());
        QCOMPARE(outcome.code, code);
        QVERIFY2(outcome.out.isEmpty(), outcome.out.constData());
    }

    void modelsAsJson()
    {
        const Outcome outcome = run({QStringLiteral("models"), QStringLiteral("--json")});
        QCOMPARE(outcome.code, 0);
        const Json json = Json::parse(outcome.out.toStdString());
        QCOMPARE(json.at("schema").get<std::string>(), std::string("dscope.models/1"));
        QCOMPARE(json.at("devices").at(0).at("name").get<std::string>(), std::string("cpu"));
        QVERIFY(json.at("searched").size() >= 1);
        bool found = false;
        for (const Json &model : json.at("models")) {
            for (const char *field : {"name", "role", "architecture", "file", "available", "path", "parameters", "mac", "flop", "hash", "input"})
                QVERIFY2(model.contains(field), field);
            if (model.at("name") != "made-ddnet")
                continue;
            found = true;
            QVERIFY(model.at("available").get<bool>());
            QCOMPARE(model.at("role").get<std::string>(), std::string("ddnet"));
            // protocols.md: 39.7 M MAC
            QVERIFY(std::abs(model.at("mac").get<double>() / 39.7e6 - 1) < 0.01);
        }
        QVERIFY(found);
        const Outcome table = run({QStringLiteral("models")});
        QCOMPARE(table.code, 0);
        QVERIFY(table.out.contains("made-ddnet") && table.out.contains("Devices:") && table.out.contains("39.7"));
    }

    void version()
    {
        const Outcome outcome = run({QStringLiteral("--version")});
        QCOMPARE(outcome.code, 0);
        QVERIFY(outcome.out.startsWith("dscope "));
    }
};

DSCOPE_TEST(TestUsage)
#include "tst_usage.moc"
