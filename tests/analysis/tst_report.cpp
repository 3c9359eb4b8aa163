// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/base/files.h"
#include "core/report/report.h"
#include "core/report/svg.h"
#include "tests/support/analysis.h"
#include "tests/support/support.h"

#include <QTemporaryDir>
#include <QXmlStreamReader>

using namespace dscope;

namespace {

int count(const std::string &text, const std::string &part)
{
    int found = 0;
    for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + part.size()))
        ++found;
    return found;
}

/// Every <svg> of a page is XML of its own.
void checkDrawings(const std::string &html, int wanted)
{
    int drawings = 0;
    for (std::size_t at = html.find("<svg"); at != std::string::npos; at = html.find("<svg", at + 1)) {
        ++drawings;
        const std::string svg = html.substr(at, html.find("</svg>", at) + 6 - at);
        QXmlStreamReader reader(QByteArray::fromStdString(svg));
        while (!reader.atEnd())
            reader.readNext();
        QVERIFY2(!reader.hasError(), qPrintable(reader.errorString()));
        QVERIFY(svg.find("nan") == std::string::npos && svg.find("inf") == std::string::npos);
    }
    QCOMPARE(drawings, wanted);
}

} // namespace

class TestReport : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void holdsEverything()
    {
        test::MadeAnalysis wish;
        wish.labels = true;
        const Analysis analysis = test::madeAnalysis(wish);
        ReportOptions options;
        options.notices = {"the GPU ran away"};
        Progress progress;
        const std::string html = reportHtml(analysis, options, progress);
        for (const char *part :
             {"D-scores of all faces", "kept share of the faces (%)", "MMAC per face", "verification accuracy", "t = 0.150", "made-up warning",
              "the GPU ran away", "prefers-color-scheme: dark", "person 6", "ddnet-made", "base-made", "Trade-off table", "<b>0.1500</b>"})
            QVERIFY2(html.find(part) != std::string::npos, part);
        // Five best and five worst of six groups.
        QCOMPARE(count(html, "src=\"data:image/jpeg;base64,"), 60);
        QCOMPARE(count(html, "src="), 60);
        checkDrawings(html, 3);
        // Nothing is fetched: no address, no script, no link.
        for (const char *part : {"http://", "https://", "<script", "<link", "url(", "@import"})
            QVERIFY2(html.find(part) == std::string::npos, part);
    }

    void escapesWhatComesFromOutside()
    {
        Analysis analysis = test::madeAnalysis();
        const std::string evil = "<img src=x onerror=\"alert('1')\">&amp;\xFF";
        analysis.sources[0].path = evil + ".mp4";
        analysis.sources[0].groups[0].id = evil;
        analysis.sources[0].groups[0].label = evil + "2";
        analysis.sources[0].warnings = {evil};
        analysis.ddnet.name = evil;
        ReportOptions options;
        options.title = evil;
        options.notices = {evil};
        Progress progress;
        const std::string html = reportHtml(analysis, options, progress);
        QCOMPARE(count(html, "<img src=x"), 0);
        QVERIFY(count(html, "&lt;img src=x onerror=&quot;alert(&#39;1&#39;)&quot;&gt;&amp;amp;\\xff") >= 8);
    }

    void smallAndEmpty()
    {
        Progress progress;
        checkDrawings(reportHtml(Analysis{}, {}, progress), 0);
        test::MadeAnalysis wish;
        wish.groups = 1;
        wish.facesPerGroup = 1;
        wish.times = false;
        const std::string html = reportHtml(test::madeAnalysis(wish), {}, progress);
        checkDrawings(html, 3);
        QCOMPARE(count(html, "<img"), 1);
        // Without a base there is only the histogram.
        Analysis bare = test::madeAnalysis(wish);
        bare.base = {};
        bare.dim = 0;
        bare.sources[0].groups[0].embeddings.clear();
        checkDrawings(reportHtml(bare, {}, progress), 1);
    }

    void showsNoPriceThatIsNotKnown()
    {
        Progress progress;
        Analysis analysis = test::madeAnalysis();
        const std::string priced = reportHtml(analysis, {}, progress);
        analysis.base.cost = {};
        const std::string bare = reportHtml(analysis, {}, progress);
        QCOMPARE(count(bare, "<svg"), count(priced, "<svg") - 1); // no drawing of the cost
        QCOMPARE(count(priced, "Break-even kept share"), 1);
        QCOMPARE(count(bare, "Break-even kept share"), 0);
        QVERIFY(count(bare, "%</td><td class=\"n\"></td><td class=\"n\"></td>") > 0);
        QCOMPARE(count(priced, "%</td><td class=\"n\"></td><td class=\"n\"></td>"), 0);
    }

    void saysWhatItLeavesOut()
    {
        Analysis analysis = test::madeAnalysis();
        for (int i = 0; i < 20; ++i)
            analysis.sources[0].warnings.push_back("warning number " + std::to_string(i));
        ReportOptions options;
        options.maxGroups = 2;
        options.maxWarnings = 5;
        Progress progress;
        const std::string html = reportHtml(analysis, options, progress);
        QVERIFY(html.find("4 more groups are not shown") != std::string::npos);
        QVERIFY(html.find("and 16 more") != std::string::npos);
        Progress cancelled;
        cancelled.cancel();
        QVERIFY_THROWS_EXCEPTION(Cancelled, reportHtml(analysis, options, cancelled));
    }

    void base64IsTheStandardOne_data()
    {
        QTest::addColumn<QByteArray>("plain");
        // RFC 4648, section 10
        for (const char *text : {"", "f", "fo", "foo", "foob", "fooba", "foobar"})
            QTest::addRow("'%s'", text) << QByteArray(text);
        QTest::newRow("all values") << [] {
            QByteArray all;
            for (int i = 0; i < 256; ++i)
                all.append(static_cast<char>(i));
            return all;
        }();
    }
    void base64IsTheStandardOne()
    {
        QFETCH(QByteArray, plain);
        QCOMPARE(QByteArray::fromStdString(base64(std::vector<std::uint8_t>(plain.begin(), plain.end()))), plain.toBase64());
    }

    void ticksAreRound()
    {
        QVERIFY((niceTicks(0, 100) == std::vector<double>{0, 20, 40, 60, 80, 100}));
        const std::vector<double> ticks = niceTicks(0.83, 1.0);
        QVERIFY(ticks.size() >= 3 && ticks.size() <= 10);
        for (const double tick : ticks)
            QVERIFY(tick > 0.829 && tick < 1.001);
        QCOMPARE(niceTicks(3, 3).size(), std::size_t(1));
        QCOMPARE(niceCeiling(0), 1.0);
        QCOMPARE(niceCeiling(229), 250.0);
        QCOMPARE(niceCeiling(1000), 1000.0);
    }
};

DSCOPE_TEST(TestReport)
#include "tst_report.moc"
