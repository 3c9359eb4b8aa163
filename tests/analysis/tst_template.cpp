// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/report/pages.h"
#include "core/report/template.h"
#include "tests/support/support.h"

#include <stdexcept>

using namespace dscope;

/// Places for values in a page.
class TestTemplate : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void fills()
    {
        QCOMPARE(Template("<p>{{a}} and {{&a}}, {{b}}</p>").filled({{"a", "<i>"}, {"b", "\"{{c}}\""}}),
                 std::string("<p>&lt;i&gt; and <i>, &quot;{{c}}&quot;</p>"));
        QCOMPARE(Template("plain } { }}").filled(), std::string("plain } { }}"));
        QCOMPARE(Template("").filled(), std::string());
    }

    void refuses()
    {
        QVERIFY_THROWS_EXCEPTION(std::logic_error, Template("{{a}}").filled());
        QVERIFY_THROWS_EXCEPTION(std::logic_error, Template("{{a}").filled({{"a", "x"}}));
        QVERIFY_THROWS_EXCEPTION(std::logic_error, Template("a").filled({{"a", "x"}}));
        QVERIFY_THROWS_EXCEPTION(std::logic_error, Template::of("nothing.html"));
        QVERIFY_THROWS_EXCEPTION(std::logic_error, Template::of("analysis.html", "nothing"));
    }

    void builtIn()
    {
        QCOMPARE(pages().size(), std::size_t{4});
        QVERIFY(Template::of("page.html").text().starts_with("<!DOCTYPE html>\n"));
        QVERIFY(Template::of("page.html").text().ends_with("</html>\n"));
        QCOMPARE(Template::of("analysis.html", "row").filled({{"name", "a & b"}, {"value", "1"}}), std::string("<tr><th>a &amp; b</th><td>1</td></tr>\n"));
        QCOMPARE(Template::of("evaluation.html", "section").filled({{"heading", "H"}, {"text", "<"}}), std::string("<h2>H</h2>\n<p>&lt;</p>\n"));
    }
};

DSCOPE_TEST(TestTemplate)
#include "tst_template.moc"
