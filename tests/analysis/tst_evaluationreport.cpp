// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/support.h"

#include "core/report/evaluationreport.h"

using namespace dscope;

class TestEvaluationReport : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void markdownBecomesHtml()
    {
        const std::string html = htmlOfMarkdown(
            "## A & B\n\nOne line,\nthe next with `a<b` and **bold\\_x**.\n\n| name | TAR |\n|---|---:|\n| a\\|b \\[9\\] | 1.5 |\n\n- first\n- 2 ** 3\n");
        QCOMPARE(html,
                 std::string("<h2>A &amp; B</h2>\n<p>One line, the next with <code>a&lt;b</code> and <b>bold_x</b>.</p>\n<div class=\"wide\"><table>\n"
                             "<tr><th>name</th><th class=\"n\">TAR</th></tr>\n<tr><td>a|b [9]</td><td class=\"n\">1.5</td></tr>\n</table></div>\n"
                             "<ul>\n<li>first</li>\n<li>2 ** 3</li>\n</ul>\n"));
        QCOMPARE(htmlOfMarkdown(""), std::string());
        QCOMPARE(htmlOfMarkdown("|"), std::string("<div class=\"wide\"><table>\n<tr><td></td></tr>\n</table></div>\n"));
        QVERIFY(htmlOfMarkdown("####### deep \\").find("<h6>deep \\</h6>") != std::string::npos);
    }

    void nothingInItCanRun()
    {
        EvaluationRun run;
        run.benchmark = "<script>alert(1)</script>";
        run.method = "average | <img onerror=x>";
        run.warnings = {"a file named `<b>`"};
        EvaluationReport parts;
        parts.recommendation = "Take t = 0.3 <i>.";
        parts.live = "exact & so on";
        parts.plots = {{"ROC \"quoted\"", "<svg onload='x'/>"}};
        const std::string html = evaluationReportHtml({run}, parts);
        QVERIFY(html.find("<script") == std::string::npos && html.find("<img onerror") == std::string::npos && html.find("<i>.") == std::string::npos);
        QVERIFY(html.find("Take t = 0.3 &lt;i&gt;.") != std::string::npos && html.find("exact &amp; so on") != std::string::npos);
        QVERIFY(html.find("<svg") == std::string::npos && html.find("data:image/svg+xml;base64,") != std::string::npos);
        QVERIFY(html.find("default-src 'none'") != std::string::npos);
        QVERIFY(html.starts_with("<!DOCTYPE html>") && html.ends_with("</html>\n"));
        const std::string bare = evaluationReportHtml({run});
        QVERIFY(bare.find("Recommendation") == std::string::npos && bare.find("Plots") == std::string::npos);
    }

    /// A plot a protocol, a line a method, in the page itself.
    void retrievalHasItsCmc()
    {
        EvaluationRun run;
        run.benchmark = "MARS";
        run.method = "average <b>";
        RetrievalFigures figures;
        figures.ranks = {1};
        figures.cmc = {0.81};
        figures.curve = {0.81, 0.9, 0.95};
        run.retrieval = {figures, figures};
        run.retrieval[1].protocol = RetrievalProtocol::VideoReid;
        EvaluationRun other = run;
        other.method = "ddl";
        const QString html = QString::fromStdString(evaluationReportHtml({run, other}));
        QCOMPARE(html.count(QStringLiteral("<svg")), 2);
        QCOMPARE(html.count(QStringLiteral("<polyline")) + html.count(QStringLiteral("<path")), 4);
        QVERIFY(html.contains(QStringLiteral("MARS: CMC, official protocol, squared L2")));
        QVERIFY(html.contains(QStringLiteral("average &lt;b&gt;")) && !html.contains(QStringLiteral("average <b>")));
        QVERIFY(html.contains(QStringLiteral("Table 7")));
        QVERIFY(!html.contains(QStringLiteral("TAR")));
        run.retrieval.clear();
        QVERIFY(!QString::fromStdString(evaluationReportHtml({run})).contains(QStringLiteral("<svg")));
    }
};

DSCOPE_TEST(TestEvaluationReport)
#include "tst_evaluationreport.moc"
