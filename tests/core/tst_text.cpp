// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/text.h"
#include "tests/support/support.h"

#include <clocale>
#include <string>
#include <vector>

using namespace dscope;

class TestText : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void numbersHavePointsInEveryLocale()
    {
        const std::string before = std::setlocale(LC_ALL, nullptr);
        const bool german = std::setlocale(LC_ALL, "de_DE.UTF-8") != nullptr;
        const std::string text = printed("%.2f %g %.1e %s %d %%", 1234.5, 0.25, 1e-9, "ä", 7);
        std::setlocale(LC_ALL, before.c_str());
        QCOMPARE(text, std::string("1234.50 0.25 1.0e-09 ä 7 %"));
        QCOMPARE(printed("%s", std::string(1000, 'x').c_str()).size(), std::size_t{1000});
        QCOMPARE(printed("%s", std::string(256, 'x').c_str()).size(), std::size_t{256});
        QCOMPARE(printed("%s", std::string(255, 'x').c_str()).size(), std::size_t{255});
        if (!german)
            QSKIP("the locale de_DE.UTF-8 is not installed");
    }

    void bytesAndWords()
    {
        QCOMPARE(lowerCase("A.JPG Ä\xC4"), std::string("a.jpg Ä\xC4"));
        QCOMPARE(extensionOf("folder.x/TITLE.TIFF"), std::string(".tiff"));
        QCOMPARE(extensionOf("none"), std::string());
        QVERIFY(isDigit('0') && !isDigit('a') && isLetterOrDigit('z') && !isLetterOrDigit('\xE4') && isBlank('\t') && !isBlank('\xA0'));
        QCOMPARE(split("a,b,,c", ','), (std::vector<std::string>{"a", "b", "", "c"}));
        QCOMPARE(split("", ','), std::vector<std::string>());
    }

    void harmfulTextIsEscaped()
    {
        QCOMPARE(shown("plain ä 漢 😀 \n\tend"), std::string("plain ä 漢 😀 \n\tend"));
        QCOMPARE(shown("\x1b]0;title\x07"), std::string("\\x1b]0;title\\x07"));
        QCOMPARE(shown("a\rb"), std::string("a\\rb"));
        QCOMPARE(shown("\x7f"), std::string("\\x7f"));
        QCOMPARE(shown("\xC2\x9B"), std::string("\\u009b")); // CSI as one character
        QCOMPARE(shown("gpj.\xE2\x80\xAE"
                       "exe"),
                 std::string("gpj.\\u202eexe"));
        QCOMPARE(shown("\xE2\x81\xA6x"), std::string("\\u2066x"));
        QCOMPARE(shown("ber\xEBn"), std::string("ber\\xebn"));           // Latin-1
        QCOMPARE(shown("\xC0\xAF"), std::string("\\xc0\\xaf"));          // overlong
        QCOMPARE(shown("\xED\xA0\x80"), std::string("\\xed\\xa0\\x80")); // half a surrogate pair
        QCOMPARE(shown("cut \xE6\xBC"), std::string("cut \\xe6\\xbc"));
        QCOMPARE(shownName("a\nwarning: b\t"), std::string("a\\nwarning: b\\t"));
        QCOMPARE(shown(shown("\x1b\xEB")), shown("\x1b\xEB"));
    }
};

DSCOPE_TEST(TestText)
#include "tst_text.moc"
