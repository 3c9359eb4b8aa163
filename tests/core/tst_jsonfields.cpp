// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/base/jsonfields.h"
#include "core/base/jsonlimits.h"
#include "tests/support/support.h"

#include <cmath>

using namespace dscope;

class TestJsonFields : public QObject {
    Q_OBJECT

    static QString failure(const std::function<void()> &work)
    {
        try {
            work();
        } catch (const FileError &error) {
            return QString::fromUtf8(error.what());
        }
        return {};
    }

private Q_SLOTS:
    void readsWhatIsThere()
    {
        const Json json = parseJson(R"({"t":"x","f":true,"w":112.0,"n":1.5,"none":null,"l":["a","b"],"i":[1,2.0],"o":{"d":[{"v":3},{"v":4}]}})", "a.json");
        const JsonFields fields(json, "a.json");
        QCOMPARE(fields.text("t"), std::string("x"));
        QCOMPARE(fields.text("none", "y"), std::string("y"));
        QVERIFY(fields.flag("f") && !fields.has("none") && !fields.has("absent"));
        QCOMPARE(fields.whole("w", 0, 4096), std::int64_t{112});
        QCOMPARE(fields.whole("absent", 0, 1, 1), std::int64_t{1});
        QCOMPARE(fields.number("n", 0, 2), 1.5);
        QCOMPARE(fields.texts("l", 2).size(), std::size_t{2});
        QVERIFY(fields.wholes("i", 9, 0, 9) == (std::vector<std::int64_t>{1, 2}));
        const std::vector<JsonFields> entries = fields.object("o").objects("d", 9);
        QCOMPARE(entries.at(1).whole("v", 0, 9), std::int64_t{4});
        QCOMPARE(QString::fromStdString(entries[1].way("v")), QStringLiteral("o.d[1].v"));
    }

    void complaintsNameFileAndField()
    {
        const Json json = parseJson(R"({"w":1e30,"h":1.5,"big":18446744073709551615,"t":7,"l":["a",7],"o":{"x":[]},"n":"1"})", "a.json");
        const JsonFields fields(json, "a.json");
        QCOMPARE(failure([&] { fields.whole("w", 0, 10); }), QStringLiteral("a.json: 'w' is not a whole number from 0 to 10."));
        QVERIFY(failure([&] { fields.whole("h", 0, 10); }).contains(QStringLiteral("'h'")));
        QVERIFY(failure([&] { fields.whole("big", 0, std::numeric_limits<std::int64_t>::max()); }).contains(QStringLiteral("'big'")));
        QVERIFY(failure([&] { fields.text("t"); }).contains(QStringLiteral("'t' is not a text")));
        QVERIFY(failure([&] { fields.texts("l", 9); }).contains(QStringLiteral("'l[1]'")));
        QVERIFY(failure([&] { fields.texts("l", 1); }).contains(QStringLiteral("at most 1")));
        QVERIFY(failure([&] { fields.object("o").object("x"); }).contains(QStringLiteral("'o.x' is not an object")));
        QVERIFY(failure([&] { fields.number("n"); }).contains(QStringLiteral("'n' is not a number")));
        QVERIFY(failure([&] { fields.text("absent"); }).contains(QStringLiteral("lacks the field 'absent'")));
        QVERIFY(failure([&] { JsonFields(Json::array(), "a.json"); }).contains(QStringLiteral("a.json: it is no JSON object")));
        try {
            JsonFields(json, {}).text("t");
            QFAIL("nothing was thrown");
        } catch (const Error &error) {
            QCOMPARE(std::string(error.what()), std::string("'t' is not a text."));
        }
    }

    void choicesAndUnknownFields()
    {
        const Json json = parseJson(R"({"mode":"b","o":{"wdth":3}})", "a.json");
        const JsonFields fields(json, "a.json");
        QCOMPARE(fields.choice("mode", {"a", "b"}, 0), std::size_t(1));
        QCOMPARE(fields.choice("absent", {"a", "b"}, 1), std::size_t(1));
        QCOMPARE(failure([&] { fields.choice("mode", {"a", "c"}, 0); }), QStringLiteral("a.json: 'mode' is not 'a' or 'c'."));
        QVERIFY(!fields.objectOrEmpty("absent").has("x"));
        QVERIFY(failure([&] { fields.objectOrEmpty("mode"); }).contains(QStringLiteral("'mode' is not an object")));
        fields.allowOnly({"o", "mode"});
        QCOMPARE(failure([&] {
                     fields.object("o").allowOnly({"height", "width"});
                 }),
                 QStringLiteral("a.json: has a field 'o.wdth' that is not known; known are height, width."));
        QCOMPARE(failure([&] { fields.refuse("mode", "'b' was taken away."); }), QStringLiteral("a.json: 'mode': 'b' was taken away."));
    }

    void wholeNumbers_data()
    {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<bool>("fits");
        QTest::newRow("zero") << QByteArray("0") << true;
        QTest::newRow("negative") << QByteArray("-9223372036854775808") << true;
        QTest::newRow("largest") << QByteArray("9223372036854775807") << true;
        QTest::newRow("beyond") << QByteArray("9223372036854775808") << false;
        QTest::newRow("written as a float") << QByteArray("5.0") << true;
        QTest::newRow("a fraction") << QByteArray("5.5") << false;
        QTest::newRow("1e15") << QByteArray("1e15") << true;
        QTest::newRow("1e30") << QByteArray("1e30") << false;
        QTest::newRow("-1e300") << QByteArray("-1e300") << false;
        QTest::newRow("text") << QByteArray("\"5\"") << false;
        QTest::newRow("null") << QByteArray("null") << false;
    }
    void wholeNumbers()
    {
        QFETCH(QByteArray, text);
        QFETCH(bool, fits);
        std::int64_t value = 0;
        QCOMPARE(wholeNumber(parseJson(text.toStdString(), "a"), std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max(), value),
                 fits);
    }
};

DSCOPE_TEST(TestJsonFields)
#include "tst_jsonfields.moc"
