#include "core/base/csv.h"
#include "core/base/error.h"
#include "tests/support/support.h"

#include <clocale>
#include <cmath>
#include <limits>

using namespace dscope;

class TestCsv : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void reads()
    {
        const CsvTable table = parseCsv("\xEF\xBB\xBFpath,group\r\n\"a, \"\"b\"\".jpg\",x\n\n\"two\nlines\",\nlast,", "t.csv");
        QCOMPARE(table.header, (std::vector<std::string>{"path", "group"}));
        QCOMPARE(table.rows.size(), std::size_t{3});
        QCOMPARE(table.rows[0].cells, (std::vector<std::string>{"a, \"b\".jpg", "x"}));
        QCOMPARE(table.rows[0].line, std::int64_t{2});
        QCOMPARE(table.rows[1].cells, (std::vector<std::string>{"two\nlines", ""}));
        QCOMPARE(table.rows[1].line, std::int64_t{4});
        QCOMPARE(table.rows[2].cells, (std::vector<std::string>{"last", ""}));
        QCOMPARE(table.rows[2].line, std::int64_t{6});
        QCOMPARE(table.column({"file", "group"}), std::optional<std::size_t>{1});
        QVERIFY(!table.column({"label"}));
        QCOMPARE(table.requireColumn({"path"}), std::size_t{0});
    }

    void otherSeparator()
    {
        const CsvTable table = parseCsv("a;b\n1,5;2\n", "t.csv", ';');
        QCOMPARE(table.rows.at(0).cells, (std::vector<std::string>{"1,5", "2"}));
    }

    void complains_data()
    {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<QByteArray>("part");
        QTest::newRow("empty") << QByteArray("") << QByteArray("t.csv: is empty");
        QTest::newRow("blank lines only") << QByteArray("\n\r\n") << QByteArray("is empty");
        QTest::newRow("unclosed quote") << QByteArray("a,b\n1,2\n3,\"x\ny") << QByteArray("t.csv:3: ");
        QTest::newRow("ragged") << QByteArray("a,b\n1,2\n3\n") << QByteArray("t.csv:3: has 1 cells");
    }

    void complains()
    {
        QFETCH(QByteArray, text);
        QFETCH(QByteArray, part);
        try {
            parseCsv(text.toStdString(), "t.csv");
            QFAIL("no error was thrown");
        } catch (const FileError &error) {
            QVERIFY2(QByteArray(error.what()).contains(part), error.what());
        }
    }

    void namesTheColumnsThereAre()
    {
        const CsvTable table = parseCsv("path,person\na,b\n", "t.csv");
        try {
            table.requireColumn({"group", "id"});
            QFAIL("no error was thrown");
        } catch (const FileError &error) {
            QCOMPARE(QByteArray(error.what()), QByteArray("t.csv:1: has no column 'group' or 'id'; its columns are: path, person."));
        }
    }

    void text_data()
    {
        QTest::addColumn<QByteArray>("cell");
        QTest::addColumn<QByteArray>("written");
        QTest::newRow("plain") << QByteArray("a b") << QByteArray("a b");
        QTest::newRow("comma") << QByteArray("a,b") << QByteArray("\"a,b\"");
        QTest::newRow("quote") << QByteArray("say \"x\"") << QByteArray("\"say \"\"x\"\"\"");
        QTest::newRow("line") << QByteArray("a\nb") << QByteArray("\"a\nb\"");
        QTest::newRow("equals") << QByteArray("=1+1") << QByteArray("'=1+1");
        QTest::newRow("plus") << QByteArray("+1") << QByteArray("'+1");
        QTest::newRow("minus") << QByteArray("-1") << QByteArray("'-1");
        QTest::newRow("at") << QByteArray("@a") << QByteArray("'@a");
        QTest::newRow("tab") << QByteArray("\ta") << QByteArray("'\ta");
        QTest::newRow("return") << QByteArray("\ra") << QByteArray("\"'\ra\"");
        QTest::newRow("formula with comma") << QByteArray("=f(1,2)") << QByteArray("\"'=f(1,2)\"");
        QTest::newRow("inside") << QByteArray("a=1") << QByteArray("a=1");
        QTest::newRow("empty") << QByteArray() << QByteArray();
    }

    void text()
    {
        QFETCH(QByteArray, cell);
        QFETCH(QByteArray, written);
        QCOMPARE(QByteArray::fromStdString(csvText(cell.toStdString())), written);
    }

    void numbers()
    {
        QCOMPARE(csvNumber(0.1), std::string("0.1"));
        QCOMPARE(csvNumber(0.1f), std::string("0.1"));
        QCOMPARE(csvNumber(-2.5), std::string("-2.5"));
        QCOMPARE(csvNumber(std::numeric_limits<double>::quiet_NaN()), std::string("nan"));
        QCOMPARE(csvNumber(-std::numeric_limits<double>::infinity()), std::string("-inf"));
        for (const double value : {1.0 / 3.0, 1e-300, 123456789.123456789, -0.15})
            QCOMPARE(parseNumber(csvNumber(value)).value(), value);
        QCOMPARE(parseNumber(" 0.5 ").value(), 0.5);
        QCOMPARE(parseNumber("+1e3\r").value(), 1000.0);
        for (const char *wrong : {"", " ", "1,5", "1.5x", "--1", "+-1", "0x10", "one"})
            QVERIFY2(!parseNumber(wrong), wrong);
    }

    void numbersIgnoreTheLocale()
    {
        const std::string before = std::setlocale(LC_ALL, nullptr);
        bool changed = false;
        for (const char *locale : {"de_DE.UTF-8", "fr_FR.UTF-8", "de_DE"})
            changed = changed || std::setlocale(LC_ALL, locale) != nullptr;
        const std::string written = csvNumber(1.5);
        const double read = parseNumber("1.5").value_or(0);
        std::setlocale(LC_ALL, before.c_str());
        QCOMPARE(written, std::string("1.5"));
        QCOMPARE(read, 1.5);
        if (!changed)
            QSKIP("this machine has no locale with a decimal comma; checked in the C locale only");
    }
};

DSCOPE_TEST(TestCsv)
#include "tst_csv.moc"
