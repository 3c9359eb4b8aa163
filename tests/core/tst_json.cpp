#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/json.h"
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
        QTest::newRow("deep") << QByteArray(200000, '[') << QByteArray("is not valid JSON");
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
