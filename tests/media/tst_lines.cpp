// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/support.h"

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/lines.h"

#include <QTemporaryDir>

using namespace dscope;

class TestLines : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void linesOfEveryKind()
    {
        const std::string longLine(70'000, 'x');
        const std::filesystem::path path = write("one\ntwo\r\n\n" + longLine + "\nlast without an end");
        LineReader reader(path);
        QCOMPARE(std::string(*reader.next()), std::string("one"));
        QCOMPARE(std::string(*reader.next()), std::string("two"));
        QCOMPARE(std::string(*reader.next()), std::string());
        QVERIFY(!reader.tooLong());
        QCOMPARE(std::string(*reader.next()), std::string());
        QVERIFY(reader.tooLong());
        QCOMPARE(reader.line(), std::int64_t{4});
        QCOMPARE(std::string(*reader.next()), std::string("last without an end"));
        QVERIFY(!reader.tooLong());
        QCOMPARE(reader.line(), std::int64_t{5});
        QVERIFY(!reader.next());
        QVERIFY(!LineReader(write("")).next());
        QVERIFY_THROWS_EXCEPTION(FileError, LineReader(m_dir.filePath(QStringLiteral("absent")).toStdString()));
    }

    /// Lines that lie across the ends of the reader's blocks come out whole.
    void manyLines()
    {
        std::string text;
        for (int i = 0; i < 100'000; ++i)
            text += "line " + std::to_string(i) + '\n';
        LineReader reader(write(text));
        for (int i = 0; i < 100'000; ++i) {
            const auto line = reader.next();
            QVERIFY(line && *line == "line " + std::to_string(i));
        }
        QVERIFY(!reader.next());
    }

    /// A byte-order mark is no letter, and UTF-16 is text as well, across the ends of the reader's blocks.
    void marksAndUtf16()
    {
        LineReader marked(write("\xEF\xBB\xBFone\ntwo"));
        QCOMPARE(std::string(*marked.next()), std::string("one"));
        for (const bool big : {false, true}) {
            std::string text = big ? "\xFE\xFF" : "\xFF\xFE";
            for (int i = 0; i < 100'000; ++i)
                for (const char c : "line " + std::to_string(i) + "\r\n") {
                    text += big ? '\0' : c;
                    text += big ? c : '\0';
                }
            LineReader reader(write(text));
            for (int i = 0; i < 100'000; ++i) {
                const auto line = reader.next();
                QVERIFY(line && *line == "line " + std::to_string(i));
            }
            QVERIFY(!reader.next());
        }
    }

    void words()
    {
        const std::vector<std::pair<const char *, int>> whole{{"1.0", 1},    {"1.", 1}, {"0.000", 0}, {"-3.0", -3}, {"1.000000000000000000e+00", 1},
                                                              {"1.2e1", 12}, {"+7", 7}};
        for (const auto &[word, value] : whole)
            QCOMPARE(wordAsInteger(word).value_or(-99), std::int64_t{value});
        for (const char *wrong : {"1.0001", "1e-1", "1e30", "nan", "inf", "+-1"})
            QVERIFY2(!wordAsInteger(wrong), wrong);
        std::string_view rest = "  12\t-3.5  x ";
        QCOMPARE(wordAsInteger(nextWord(rest)).value(), std::int64_t{12});
        QCOMPARE(wordAsNumber(nextWord(rest)).value(), -3.5F);
        QCOMPARE(std::string(nextWord(rest)), std::string("x"));
        QVERIFY(nextWord(rest).empty());
        for (const char *wrong : {"", "1.5", "12x", " 1", "99999999999999999999"})
            QVERIFY2(!wordAsInteger(wrong), wrong);
        for (const char *wrong : {"", "nan", "inf", "1,5", "1e99", "x"})
            QVERIFY2(!wordAsNumber(wrong), wrong);
    }

    void warningsAreCounted()
    {
        WarningList list(2);
        for (int i = 0; i < 5; ++i)
            list.add("w" + std::to_string(i));
        std::vector<std::string> out{"before"};
        list.appendTo(out, "bad lines");
        QCOMPARE(list.count(), std::size_t{5});
        QCOMPARE(out.size(), std::size_t{4});
        QVERIFY(QString::fromStdString(out.back()).contains(QStringLiteral("3 more bad lines")));
        std::vector<std::string> none;
        WarningList().appendTo(none, "x");
        QVERIFY(none.empty());
    }

private:
    std::filesystem::path write(const std::string &text)
    {
        const std::filesystem::path path = m_dir.filePath(QStringLiteral("lines.txt")).toStdString();
        writeAtomically(path, text);
        return path;
    }
    QTemporaryDir m_dir;
};

DSCOPE_TEST(TestLines)
#include "tst_lines.moc"
