// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/json.h"
#include "core/base/jsonlimits.h"
#include "core/base/progress.h"
#include "tests/support/support.h"

#include <QTemporaryDir>

using namespace dscope;

class TestJson : public QObject {
    Q_OBJECT

    QTemporaryDir m_dir;

    std::filesystem::path file() const { return std::filesystem::path(m_dir.path().toStdString()) / "a.json"; }

private Q_SLOTS:
    void roundTrip()
    {
        Json value;
        value["schema"] = "dscope.scores/1";
        value["b"] = {1, 2.5, nullptr, true};
        value["a"] = "\xC3\xA9";
        writeJson(file(), value);
        QCOMPARE(readJson(file()), value);
        const std::string text = readText(file());
        QCOMPARE(text, jsonText(value));
        QVERIFY(text.find("schema") < text.find("\"b\"") && text.find("\"b\"") < text.find("\"a\"")); // order kept
        QCOMPARE(text.back(), '\n');
        QVERIFY(text.find("\n  \"b\"") != std::string::npos);
    }

    void numbersReadBackTheSame()
    {
        for (const double value : {1.0 / 3.0, 1e-300, 0.1, 123456789.123456789})
            QCOMPARE(Json::parse(jsonText(Json(value))).get<double>(), value);
    }

    /// Linear in the number of names: 200,000 took minutes when each was looked for among all before it.
    void manyNamesKeepTheirOrder()
    {
        std::string text = "{";
        for (int i = 0; i < 200'000; ++i)
            text += (i > 0 ? ",\"k" : "\"k") + std::to_string(i) + "\":" + std::to_string(i);
        const Json json = parseJson(text + "}", "many");
        QCOMPARE(json.size(), std::size_t{200'000});
        int next = 0;
        for (const auto &[key, value] : json.items()) {
            QCOMPARE(value.get<int>(), next);
            ++next;
        }
    }

    void sameAsTheLibrary()
    {
        for (const char *text : {"null", "[]", "{}", "-5", "18446744073709551615", "1e3", "\"\\u00e9\\n\"", "[1,[2,{\"a\":[true,false,null]}],\"x\"]",
                                 "{\"b\":1,\"a\":{\"c\":[{}]}}", "\xEF\xBB\xBF[1]"})
            QCOMPARE(parseJson(text, "t").dump(), Json::parse(text).dump());
    }

    void limitsAreMet()
    {
        JsonLimits few;
        few.values = 3;
        QVERIFY_THROWS_EXCEPTION(FileError, parseJson("[1,2,3]", "t", few));
        QVERIFY_THROWS_EXCEPTION(FileError, parseJson("[[[]]]", "t", JsonLimits{.bytes = 100, .depth = 2}));
        QVERIFY_THROWS_EXCEPTION(FileError, parseJson("[1]", "t", JsonLimits{.bytes = 2}));
        QCOMPARE(parseJson("[[]]", "t", JsonLimits{.bytes = 100, .depth = 2}).size(), std::size_t{1});
        Progress cancelled;
        cancelled.cancel();
        std::string numbers = "[0";
        for (int i = 0; i < 10'000; ++i)
            numbers += ",0";
        QVERIFY_THROWS_EXCEPTION(Cancelled, parseJson(numbers + "]", "t", JsonLimits(), cancelled));
    }

    void invalidTextIsReplaced()
    {
        const std::string text = jsonText(Json("a\xFF"));
        QCOMPARE(text, std::string("\"a\xEF\xBF\xBD\"\n"));
    }

    void mistakes_data()
    {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<QByteArray>("part");
        QTest::newRow("empty") << QByteArray("") << QByteArray("a.json:1: is not valid JSON");
        QTest::newRow("third line") << QByteArray("{\n\"a\": 1,\n\"b\" 2}") << QByteArray("a.json:3: ");
        QTest::newRow("cut off") << QByteArray("[1, 2") << QByteArray("is not valid JSON");
        QTest::newRow("trailing") << QByteArray("{} x") << QByteArray("is not valid JSON");
        QTest::newRow("bad text") << QByteArray("\"\xFF\"") << QByteArray("is not valid JSON");
        QTest::newRow("number out of range") << QByteArray("[1e999]") << QByteArray("cannot be read as JSON");
        QTest::newRow("deep") << QByteArray(200000, '[') << QByteArray("is not valid JSON here: it is nested more than 64 deep");
        QTest::newRow("deep and whole") << QByteArray(200000, '[') + QByteArray(200000, ']') << QByteArray("nested more than 64 deep");
        QTest::newRow("deep objects") << QByteArray("{\"a\":").repeated(100000) + "1" + QByteArray(100000, '}') << QByteArray("nested more than 64 deep");
        QTest::newRow("a name twice") << QByteArray("{\"a\":{\"b\":1,\"c\":2,\"b\":3}}") << QByteArray("the name 'b' twice");
        QTest::newRow("many empty lists") << QByteArray("[") + QByteArray("[],").repeated(3'000'000) + "0]" << QByteArray("far more memory");
        QTest::newRow("many empty texts") << QByteArray("[") + QByteArray("\"\",").repeated(3'000'000) + "0]" << QByteArray("far more memory");
    }

    void mistakes()
    {
        QFETCH(QByteArray, text);
        QFETCH(QByteArray, part);
        writeAtomically(file(), text.toStdString());
        try {
            readJson(file());
            QFAIL("no error was thrown");
        } catch (const FileError &error) {
            QVERIFY2(QByteArray(error.what()).contains(part), error.what());
        }
    }
};

DSCOPE_TEST(TestJson)
#include "tst_json.moc"
