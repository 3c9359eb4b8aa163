// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/analysis.h"
#include "tests/support/support.h"
#include "ui/models/thresholdstate.h"
#include "ui/plots/histogramplot.h"
#include "ui/plots/plainplot.h"
#include "ui/plots/timelineplot.h"
#include "ui/plots/tradeoffplot.h"

#include <QApplication>
#include <QSignalSpy>
#include <QTemporaryDir>

#include <cmath>
#include <numeric>

using namespace dscope;
using namespace dscope::test;

namespace {
void drag(QWidget *widget, const QPoint &from, const QPoint &to)
{
    QTest::mouseMove(widget, from);
    QTest::mousePress(widget, Qt::LeftButton, {}, from);
    for (int i = 1; i <= 8; ++i)
        QTest::mouseMove(widget, from + (to - from) * i / 8);
    QTest::mouseRelease(widget, Qt::LeftButton, {}, to);
}
} // namespace

class TestPlots : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void histogramShares();
    void histogramDrag();
    void timelineDragAndClick();
    void tradeoffFollows();
    void tradeoffPrices();
    void tradeoffWithoutWhatIsNotThere();
    void topKIsADotBesideTheCurve();
    void exports();
    void legendOutOfTheWay();
};

void TestPlots::histogramShares()
{
    ThresholdState state;
    HistogramPlot plot(&state);
    Analysis analysis = madeAnalysis({.groups = 1, .facesPerGroup = 4});
    const float scores[4] = {0.F, 0.019F, 0.021F, 1.F};
    for (std::size_t i = 0; i < 4; ++i)
        analysis.sources[0].groups[0].elements[i].dScore = scores[i];
    plot.setDocument(std::make_shared<const Document>(analysis));
    QCOMPARE(plot.shares().size(), HistogramPlot::bins);
    QCOMPARE(plot.shares()[0], 50.0);
    QCOMPARE(plot.shares()[1], 25.0);
    QCOMPARE(plot.shares().last(), 25.0); // 1 belongs to the last bin
    QCOMPARE(std::accumulate(plot.shares().begin(), plot.shares().end(), 0.0), 100.0);
}

void TestPlots::histogramDrag()
{
    ThresholdState state;
    HistogramPlot plot(&state);
    plot.setDocument(std::make_shared<const Document>(madeAnalysis()));
    plot.resize(500, 300);
    plot.show();
    QVERIFY(QTest::qWaitForWindowExposed(&plot));
    plot.replot();
    const QPoint from = plot.markerPoint();
    QVERIFY(plot.axisRect()->rect().contains(from));
    drag(&plot, from, from + QPoint(100, 20));
    const double expected = plot.xAxis->pixelToCoord(from.x() + 100);
    QVERIFY(std::abs(state.threshold() - expected) < 1e-9);
    QCOMPARE(state.undoStack()->count(), 1);
    QCOMPARE(plot.markerPoint().x(), from.x() + 100);
    // Beside the line nothing is taken hold of.
    drag(&plot, from, from + QPoint(50, 0));
    QCOMPARE(state.undoStack()->count(), 1);
}

void TestPlots::timelineDragAndClick()
{
    ThresholdState state;
    TimelinePlot plot(&state);
    const auto document = std::make_shared<const Document>(madeAnalysis());
    plot.setDocument(document);
    plot.resize(600, 300);
    plot.show();
    QVERIFY(QTest::qWaitForWindowExposed(&plot));
    plot.replot();
    QVERIFY(plot.isVideo());
    QSignalSpy clicked(&plot, &TimelinePlot::faceClicked);
    // A face whose point no other is near to.
    const int face = document->group(5).firstFace + 39;
    QTest::mouseClick(&plot, Qt::LeftButton, {}, plot.pointOf(face));
    QCOMPARE(clicked.count(), 1);
    QCOMPARE(clicked[0][0].toInt(), face);
    QCOMPARE(state.undoStack()->count(), 0);
    drag(&plot, plot.markerPoint(), plot.markerPoint() - QPoint(0, 60));
    QVERIFY(state.threshold() > 0.2);
    QCOMPARE(clicked.count(), 1); // a drag is no click
    plot.setPlayheadAtFace(face);
    QCOMPARE(plot.playhead(), document->element(face).timeS);
    plot.setContent(0, {1});
    QVERIFY(plot.pointOf(face).isNull());
}

void TestPlots::tradeoffFollows()
{
    ThresholdState state;
    TradeoffPlot plot(&state);
    const auto document = std::make_shared<const Document>(madeAnalysis({.labels = true}));
    QSignalSpy ready(&plot, &TradeoffPlot::curveReady);
    plot.setDocument(document);
    QVERIFY(ready.wait(10'000));
    QVERIFY(plot.hasCurve());
    QVERIFY(plot.hasAccuracy());
    state.setThreshold(0.6);
    const LiveGroupsPoint exact = document->live().at(0.6);
    QCOMPARE(plot.marker().kept, exact.kept);
    QCOMPARE(plot.marker().cosine, exact.cosine);
    plot.resize(500, 320);
    plot.show();
    QVERIFY(QTest::qWaitForWindowExposed(&plot));
    plot.replot();
    const QPoint from = plot.markerPoint();
    drag(&plot, from, QPoint(qRound(plot.xAxis->coordToPixel(30)), from.y()));
    const double share = document->live().at(state.threshold()).keptShare;
    QVERIFY2(share > 0.28 && share < 0.34, qPrintable(QString::number(share)));
    plot.setUp(TradeoffPlot::Up::Accuracy);
    QCOMPARE(plot.up(), TradeoffPlot::Up::Accuracy);
}

void TestPlots::tradeoffPrices()
{
    ThresholdState state;
    TradeoffPlot plot(&state);
    const auto document = std::make_shared<const Document>(madeAnalysis());
    plot.setDocument(document);
    plot.setAcross(TradeoffPlot::Across::Mac);
    // 39.7 M on all + 220 M on the kept.
    QVERIFY(std::abs(plot.cost(0.5) - (0.0397 + 0.11)) < 1e-9);
    QVERIFY(std::abs(plot.cost(0.5) * 1e9 - (39.7e6 + 0.5 * 220e6)) < 1);
    const LiveGroupsPoint point = document->live().at(0.4);
    QVERIFY(std::abs(plot.cost(point.keptShare) - point.cost.macPerFace / 1e9) < 1e-9);
    QVERIFY(std::abs(plot.breakEvenShare() - document->live().breakEvenShare()) < 1e-12);
    plot.setPrice(TradeoffPlot::Price::IResNet100);
    QVERIFY(std::abs(plot.breakEvenShare() - (1 - 39.7e6 / 12'089'606'144.0)) < 1e-12);
    QCOMPARE(plot.baseCost(), 12.089606144);
    plot.setAcross(TradeoffPlot::Across::Ms); // measured, so at the price of what was measured
    QCOMPARE(plot.price(), TradeoffPlot::Price::BaseInUse);
    QVERIFY(std::abs(plot.cost(0.5) - point.ms - (0.5 - point.keptShare) * 3.1) < 1e-9);
}

void TestPlots::tradeoffWithoutWhatIsNotThere()
{
    ThresholdState state;
    TradeoffPlot plot(&state);
    plot.setDocument(std::make_shared<const Document>(madeAnalysis({.times = false})));
    QVERIFY(!plot.hasTimes());
    QVERIFY(!plot.hasAccuracy());
    plot.setUp(TradeoffPlot::Up::Accuracy);
    QCOMPARE(plot.up(), TradeoffPlot::Up::Cosine);
    Analysis bare = madeAnalysis();
    bare.dim = 0;
    for (Group &group : bare.sources[0].groups)
        group.embeddings.clear();
    plot.setDocument(std::make_shared<const Document>(bare));
    QTest::qWait(50);
    QVERIFY(!plot.hasCurve());
    state.setThreshold(0.5);
    QVERIFY(plot.markerPoint().isNull());
}

/// The best K cannot be dragged along the curve of thresholds; their point is shown all the same.
void TestPlots::topKIsADotBesideTheCurve()
{
    ThresholdState state;
    TradeoffPlot plot(&state);
    QSignalSpy ready(&plot, &TradeoffPlot::curveReady);
    plot.setDocument(std::make_shared<const Document>(madeAnalysis()));
    QVERIFY(ready.wait(10'000));
    QVERIFY(!plot.markerPoint().isNull());
    state.setTopK(4);
    QVERIFY(plot.markerPoint().isNull());
    QCOMPARE(plot.marker().keep, Keep::best(4));
    QCOMPARE(plot.marker().kept, std::int64_t{24});
    QVERIFY(plot.marker().cosine > 0.5 && plot.marker().cosine <= 1);
}

/// Steps of many vertices and one long line: the legend goes where neither is, and stays there while that is as good.
void TestPlots::legendOutOfTheWay()
{
    PlainPlot plot(QStringLiteral("plot"));
    plot.resize(500, 400);
    plot.show();
    plot.legend->setVisible(true);
    QCPLayoutInset *inset = plot.axisRect()->insetLayout();
    const auto corner = [&] {
        plot.replot();
        return inset->insetAlignment(0);
    };
    QVector<double> x;
    QVector<double> y;
    for (int i = 0; i <= 2000; ++i) { // up at the left, then along the top
        x << (i <= 1000 ? 0.05 + i * 1e-7 : 0.05 + 0.95 * (i - 1000) / 1000.0);
        y << (i <= 1000 ? i / 1000.0 : 0.95);
    }
    QCPGraph *steps = plot.addGraph();
    steps->setLineStyle(QCPGraph::lsStepLeft);
    steps->setName(QStringLiteral("steps"));
    steps->setData(x, y, false);
    plot.xAxis->setRange(0, 1);
    plot.yAxis->setRange(0, 1);
    corner(); // the legend has its size from the first drawing on
    QCOMPARE(corner(), Qt::AlignBottom | Qt::AlignRight);
    QCOMPARE(corner(), Qt::AlignBottom | Qt::AlignRight);
    // One line of two points counts by its length.
    QCPGraph *line = plot.addGraph();
    line->setName(QStringLiteral("line"));
    line->setData({0.6, 1.0}, {0.05, 0.05}, true);
    QCOMPARE(corner(), Qt::AlignBottom | Qt::AlignLeft); // where only a piece of the rise is hidden
}

void TestPlots::exports()
{
    ThresholdState state;
    HistogramPlot plot(&state);
    plot.setDocument(std::make_shared<const Document>(madeAnalysis()));
    plot.resize(480, 300);
    QTemporaryDir folder;
    const QString png = folder.filePath(QStringLiteral("plot.png"));
    plot.savePng(png, 2);
    QCOMPARE(QImage(png).size(), QSize(960, 600));
    const QString svg = folder.filePath(QStringLiteral("plot.svg"));
    plot.saveSvg(svg);
    QFile file(svg);
    QVERIFY(file.open(QIODevice::ReadOnly));
    const QByteArray text = file.readAll();
    QVERIFY(text.contains("<svg") && text.contains("D-score") && text.size() > 2000);
    QVERIFY_THROWS_EXCEPTION(std::exception, plot.savePng(QStringLiteral("/proc/no/plot.png")));
}

DSCOPE_TEST(TestPlots)
#include "tst_plots.moc"
