// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/support.h"

#include "core/report/svg.h"

#include <QXmlStreamReader>

#include <cmath>

using namespace dscope;

namespace {

/// The number of elements of each name, after checking that the text is well-formed XML.
QMap<QString, int> elements(const std::string &svg)
{
    QMap<QString, int> counts;
    QXmlStreamReader reader(QString::fromStdString(svg));
    while (!reader.atEnd())
        if (reader.readNext() == QXmlStreamReader::StartElement)
            ++counts[reader.name().toString()];
    return reader.hasError() ? QMap<QString, int>() : counts;
}

} // namespace

class TestSvg : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void textIsMadeSafe()
    {
        QCOMPARE(escapeHtml("a<b> & \"c\" 'd'"), std::string("a&lt;b&gt; &amp; &quot;c&quot; &#39;d&#39;"));
        QCOMPARE(escapeHtml("\xC3\xA4\xE2\x82\xAC"), std::string("\xC3\xA4\xE2\x82\xAC"));
        QCOMPARE(escapeHtml("\xFF\x01"), std::string("\\xff\\x01"));
        QCOMPARE(escapeHtml(std::string_view("\0", 1)), std::string("\\x00"));
    }

    void ticksAreRound()
    {
        for (const auto &[low, high] : std::vector<std::pair<double, double>>{{0, 1}, {0, 100}, {0.9, 0.97}, {-3, 12'345}, {1e-9, 3e-9}}) {
            const std::vector<double> ticks = niceTicks(low, high);
            QVERIFY(ticks.size() >= 3 && ticks.size() <= 11);
            const double step = ticks[1] - ticks[0];
            const double digit = step / std::pow(10, std::floor(std::log10(step) + 1e-9));
            QVERIFY2(std::abs(digit - 1) < 1e-6 || std::abs(digit - 2) < 1e-6 || std::abs(digit - 5) < 1e-6, QByteArray::number(digit).constData());
        }
        QCOMPARE(niceCeiling(1), 1.0);
        QVERIFY(niceCeiling(0) > 0);
        for (const double value : {0.013, 7.0, 11.0, 99.0, 12'345.0}) {
            QVERIFY(niceCeiling(value) >= value);
            QVERIFY(niceCeiling(value) < 3 * value);
        }
    }

    void plotsAreWellFormed()
    {
        PlotFrame frame;
        frame.title = "5 < 6 & \"more\"";
        frame.xLabel = "x";
        frame.yLabel = "y";
        frame.marker = 0.4;
        frame.markerLabel = "t = 0.4";
        const QMap<QString, int> bars = elements(barPlot(frame, {1, 0, 0.5}));
        QCOMPARE(bars.value(QStringLiteral("svg")), 1);
        QVERIFY(bars.value(QStringLiteral("rect")) >= 2);
        const std::string lines = linePlot(frame, {{"a", {0, 0.5, 1}, {0, 1, 0.5}}, {"<b>", {0, 1}, {0.2, 0.3}, true}});
        const QMap<QString, int> drawn = elements(lines);
        QCOMPARE(drawn.value(QStringLiteral("polyline")) + drawn.value(QStringLiteral("path")), 2);
        QVERIFY(lines.find("&lt;b&gt;") != std::string::npos);
        QVERIFY(lines.find("t = 0.4") != std::string::npos);
        frame.marker = 7;
        QVERIFY(linePlot(frame, {}).find("t = 0.4") == std::string::npos);
    }

    /// Whatever is drawn, no coordinate is a NaN: a browser would drop the whole line.
    void strangeNumbersDoNoHarm()
    {
        PlotFrame frame;
        frame.xLow = frame.xHigh = 3;
        frame.yLow = frame.yHigh = std::nan("");
        for (const std::string &svg : {barPlot(frame, {std::nan(""), 1, -1}), linePlot(frame, {{"a", {0, 1, 2}, {std::nan(""), HUGE_VAL, 1}}})}) {
            QVERIFY(!elements(svg).isEmpty());
            QVERIFY2(svg.find("nan") == std::string::npos && svg.find("inf") == std::string::npos, svg.c_str());
        }
    }
};

DSCOPE_TEST(TestSvg)
#include "tst_svg.moc"
