// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/csv.h"
#include "core/base/error.h"
#include "tests/support/support.h"

#include <clocale>
#include <cmath>
#include <limits>

using namespace dscope;

namespace {

std::vector<std::string> cellsOf(const CsvTable &table, std::size_t row)
{
    const CsvRows::Cells cells = table.rows[row].cells;
    return {cells.begin(), cells.end()};
}

} // namespace

class TestCsv : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void reads()
    {
        const CsvTable table = parseCsv("\xEF\xBB\xBFpath,group\r\n\"a, \"\"b\"\".jpg\",x\n\n\"two\nlines\",\nlast,", "t.csv");
        QCOMPARE(table.header, (std::vector<std::string>{"path", "group"}));
        QCOMPARE(table.rows.size(), std::size_t{3});
        QCOMPARE(cellsOf(table, 0), (std::vector<std::string>{"a, \"b\".jpg", "x"}));
        QCOMPARE(table.rows[0].line, std::int64_t{2});
        QCOMPARE(cellsOf(table, 1), (std::vector<std::string>{"two\nlines", ""}));
        QCOMPARE(table.rows[1].line, std::int64_t{4});
        QCOMPARE(cellsOf(table, 2), (std::vector<std::string>{"last", ""}));
        QCOMPARE(table.rows[2].line, std::int64_t{6});
        QCOMPARE(table.column({"file", "group"}), std::optional<std::size_t>{1});
        QVERIFY(!table.column({"label"}));
        QCOMPARE(table.requireColumn({"path"}), std::size_t{0});
    }

    void otherSeparator()
    {
        const CsvTable table = parseCsv("a;b\n1,5;2\n", "t.csv", {.separator = ';'});
        QCOMPARE(cellsOf(table, 0), (std::vector<std::string>{"1,5", "2"}));
    }

    /// What spreadsheets of other countries and other systems write.
    void forms_data()
    {
        QTest::addColumn<QByteArray>("text");
        const auto wide = [](const QByteArray &text, bool big) {
            QByteArray bytes = big ? QByteArray("\xFE\xFF") : QByteArray("\xFF\xFE");
            for (const char c : text) {
                bytes.append(big ? '\0' : c);
                bytes.append(big ? c : '\0');
            }
            return bytes;
        };
        const auto wider = [](const QByteArray &text, bool big) {
            QByteArray bytes = big ? QByteArray("\0\0\xFE\xFF", 4) : QByteArray("\xFF\xFE\0\0", 4);
            for (const char c : text)
                bytes.append(big ? QByteArray(3, '\0') + c : c + QByteArray(3, '\0'));
            return bytes;
        };
        QTest::newRow("commas") << QByteArray("path,Person\na.jpg,x\nb b.jpg,y\n");
        QTest::newRow("semicolons") << QByteArray("path;Person\r\na.jpg;x\r\nb b.jpg;y\r\n");
        QTest::newRow("tabs") << QByteArray("path\tPerson\na.jpg\tx\nb b.jpg\ty\n");
        QTest::newRow("semicolons, quoted") << QByteArray("\"path\";\"Person\"\n\"a.jpg\";\"x\"\n\"b b.jpg\";\"y\"\n");
        QTest::newRow("capitals") << QByteArray("PATH,PERSON\na.jpg,x\nb b.jpg,y\n");
        QTest::newRow("blanks") << QByteArray("path, Person\na.jpg, x\nb b.jpg , \"y\" \n");
        QTest::newRow("sep") << QByteArray("sep=;\npath;Person\na.jpg;x\nb b.jpg;y\n");
        QTest::newRow("sep, quoted") << QByteArray("\"sep=;\"\r\npath;Person\r\na.jpg;x\r\nb b.jpg;y\r\n");
        QTest::newRow("sep, other than the header tells") << QByteArray("\xEF\xBB\xBFsep=|\npath|Person\na.jpg|x\nb b.jpg|y\n");
        QTest::newRow("bars") << QByteArray("path|Person\na.jpg|x\nb b.jpg|y\n");
        QTest::newRow("comments") << QByteArray("# made by hand, x, y\n\n#\npath,Person\na.jpg,x\nb b.jpg,y\n");
        QTest::newRow("comment, quoted") << QByteArray("\"# made by hand, x\"\npath,Person\na.jpg,x\nb b.jpg,y\n");
        QTest::newRow("# before the header") << QByteArray("# path,Person\na.jpg,x\nb b.jpg,y\n");
        QTest::newRow("underscores") << QByteArray("Pa_th,PER-SON\na.jpg,x\nb b.jpg,y\n");
        QTest::newRow("rows that end in a separator") << QByteArray("path,Person\na.jpg,x,\nb b.jpg,y,,\n");
        QTest::newRow("UTF-16 without a mark, little") << wide("path,Person\na.jpg,x\nb b.jpg,y", false).mid(2);
        QTest::newRow("UTF-16 without a mark, big") << wide("path;Person\na.jpg;x\nb b.jpg;y", true).mid(2);
        QTest::newRow("UTF-32, little") << wider("path,Person\na.jpg,x\nb b.jpg,y\n", false);
        QTest::newRow("UTF-32, big") << wider("path,Person\na.jpg,x\nb b.jpg,y\n", true);
        QTest::newRow("UTF-32 without a mark, little") << wider("path,Person\na.jpg,x\nb b.jpg,y\n", false).mid(4);
        QTest::newRow("UTF-32 without a mark, big") << wider("path,Person\na.jpg,x\nb b.jpg,y\n", true).mid(4);
        QTest::newRow("UTF-16, little") << wide("path,Person\r\na.jpg,x\r\nb b.jpg,y", false);
        QTest::newRow("UTF-16, big, tabs") << wide("path\tPerson\na.jpg\tx\nb b.jpg\ty\n", true);
    }

    void forms()
    {
        QFETCH(QByteArray, text);
        const CsvTable table = parseCsv(text.toStdString(), "t.csv");
        QCOMPARE(table.requireColumn({"path"}), std::size_t{0});
        QCOMPARE(table.requireColumn({"identity", "person"}), std::size_t{1});
        QCOMPARE(table.rows.size(), std::size_t{2});
        QCOMPARE(cellsOf(table, 0), (std::vector<std::string>{"a.jpg", "x"}));
        QCOMPARE(cellsOf(table, 1), (std::vector<std::string>{"b b.jpg", "y"}));
    }

    /// A quoted cell keeps its blanks, and characters beyond the first 65,536 survive UTF-16.
    void quotedBlanksAndPairs()
    {
        QCOMPARE(cellsOf(parseCsv("a,b\n\" x \",\" \"\n", "t.csv"), 0), (std::vector<std::string>{" x ", " "}));
        const CsvTable table = parseCsv(std::string("\xFF\xFE"
                                                    "a\0\n\0"
                                                    "\x3D\xD8\x00\xDE\xE9\0",
                                                    12),
                                        "t.csv");
        QCOMPARE(table.rows.front().cells[0], std::string("\xF0\x9F\x98\x80\xC3\xA9")); // a face and e acute
    }

    /// A cell of which a part is quoted, quotes within, an empty one and one at the very end; what stood in quotes is as long as it was said.
    void oddQuotes()
    {
        const CsvTable table = parseCsv("a,b,c\n\"x\"y z ,\"\"\"\"\"\",\"\"\n\"1\n2\" , \"\"3,\"last\"", "t.csv");
        QCOMPARE(cellsOf(table, 0), (std::vector<std::string>{"xy z", "\"\"", ""}));
        QCOMPARE(cellsOf(table, 1), (std::vector<std::string>{"1\n2", "3", "last"}));
        QCOMPARE(table.rows.back().line, std::int64_t{3});
        const CsvTable moved = [&] {
            CsvTable copy = table;
            return copy;
        }();
        QCOMPARE(cellsOf(moved, 0), cellsOf(table, 0));
        std::size_t rows = 0;
        for (const CsvTable::Row &row : moved.rows)
            rows += row.cells.size() == 3 ? 1 : 0;
        QCOMPARE(rows, std::size_t{2});
    }

    /// Rows of another length, where those are taken: as empty cells, or without the cells too many.
    void ragged()
    {
        const CsvTable table = parseCsv("a,b,c\n1\n1,2,3,4\n\n1,2,3\n", "t.csv", {.ragged = true});
        QCOMPARE(table.rows.size(), std::size_t{3});
        QCOMPARE(cellsOf(table, 0), (std::vector<std::string>{"1", "", ""}));
        QCOMPARE(cellsOf(table, 1), (std::vector<std::string>{"1", "2", "3"}));
        std::string wide(60'000, ',');
        wide += "end";
        for (int i = 0; i < 50'000; ++i)
            wide += "\n1";
        QVERIFY_THROWS_EXCEPTION(FileError, parseCsv(wide, "t.csv", {.ragged = true})); // three milliard cells
    }

    /// Millions of short rows are a table like any other.
    void manyShortRows()
    {
        std::string text = "a\n";
        for (int i = 0; i < 1'000'000; ++i)
            text += "b\n";
        const CsvTable table = parseCsv(std::move(text), "t.csv");
        QCOMPARE(table.rows.size(), std::size_t{1'000'000});
        QCOMPARE(table.rows.back().line, std::int64_t{1'000'001});
        QCOMPARE(table.rows.back().cells[0], std::string("b"));
    }

    /// Commas alone are no table, and the memory for them is not taken.
    void tooManyCells()
    {
        QVERIFY_THROWS_EXCEPTION(FileError, parseCsv(std::string(100'000, ','), "t.csv"));
        WarningList bad(5);
        std::string text = "a,b\n";
        for (int i = 0; i < 5000; ++i)
            text += "x\n";
        QCOMPARE(parseCsv(text, "t.csv", {.badRows = &bad}).rows.size(), std::size_t{0});
        QCOMPARE(bad.count(), std::size_t{5000});
        QCOMPARE(bad.first(), std::string("t.csv:2: has 1 cell, the header has 2. The line was left out."));
    }

    void complains_data()
    {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<QByteArray>("part");
        QTest::newRow("empty") << QByteArray("") << QByteArray("t.csv: is empty");
        QTest::newRow("blank lines only") << QByteArray("\n\r\n") << QByteArray("is empty");
        QTest::newRow("unclosed quote") << QByteArray("a,b\n1,2\n3,\"x\ny") << QByteArray("t.csv:3: ");
        QTest::newRow("ragged") << QByteArray("a,b\n1,2\n3\n") << QByteArray("t.csv:3: has 1 cell, the header has 2.");
        QTest::newRow("a cell too many") << QByteArray("a,b\n1,2,,x\n") << QByteArray("t.csv:2: has 4 cells");
        QTest::newRow("a line below comments") << QByteArray("# one\r\n\r\n# two\r\na,b\r\n1,2\r\n3\r\n") << QByteArray("t.csv:6: has 1 cell");
        QTest::newRow("comments alone") << QByteArray("# one\n# two\n") << QByteArray("is empty");
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

    /// Cells do not count that are empty and have no column, or whose column has no name.
    void cellsWithoutColumn()
    {
        const CsvTable table = parseCsv("a,b,\n1,2\n3,4,note\n5,6,,\n", "t.csv");
        QCOMPARE(table.rows.size(), std::size_t{3});
        QCOMPARE(cellsOf(table, 0), (std::vector<std::string>{"1", "2", ""}));
        QCOMPARE(cellsOf(table, 1), (std::vector<std::string>{"3", "4", "note"}));
        QCOMPARE(cellsOf(table, 2), (std::vector<std::string>{"5", "6", ""}));
    }

    /// Lines of which one word stands apart, and text without a header.
    void words()
    {
        CsvOptions options;
        options.columns = {"path", "label"};
        options.cut = CsvOptions::Cut::LastWord;
        const CsvTable table = parseCsv("a b.jpg 0\n\n  c.jpg\t 12 \r\n", "t.txt", options);
        QCOMPARE(table.rows.size(), std::size_t{2});
        QCOMPARE(cellsOf(table, 0), (std::vector<std::string>{"a b.jpg", "0"}));
        QCOMPARE(cellsOf(table, 1), (std::vector<std::string>{"c.jpg", "12"}));
        QCOMPARE(table.rows[1].line, std::int64_t{3});
        options.cut = CsvOptions::Cut::FirstWord;
        QCOMPARE(cellsOf(parseCsv("0 a b.jpg", "t.txt", options), 0), (std::vector<std::string>{"0", "a b.jpg"}));
        QVERIFY_THROWS_EXCEPTION(FileError, parseCsv("0 a.jpg\nx\n", "t.txt", options));
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
