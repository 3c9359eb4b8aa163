// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/files.h"
#include "core/base/json.h"
#include "core/base/random.h"
#include "core/scores/secondlook.h"
#include "tests/support/evaluationtest.h"
#include "tests/support/madeevaluation.h"
#include "tests/support/support.h"
#include "tests/support/widgets.h"
#include "ui/dialogs/templatepairdialog.h"
#include "ui/jobs/evaluationwork.h"
#include "ui/jobs/job.h"
#include "ui/jobs/liveengine.h"
#include "ui/jobs/thumbnailcache.h"
#include "ui/models/framemodel.h"
#include "ui/plots/livetradeoff.h"
#include "ui/plots/rocplot.h"
#include "ui/plots/runplot.h"
#include "ui/views/livebar.h"

#include <QAction>
#include <QCheckBox>
#include <QComboBox>
#include <QContextMenuEvent>
#include <QElapsedTimer>
#include <QFileDialog>
#include <QImage>
#include <QLabel>
#include <QListView>
#include <QMenu>
#include <QPainter>
#include <QSettings>
#include <QSignalSpy>
#include <QTabBar>
#include <QTabWidget>
#include <QTableView>
#include <QTemporaryDir>
#include <QTreeView>

#include <algorithm>
#include <cmath>

using namespace dscope;
using namespace dscope::test;

namespace {

/// The made benchmark's pairs dealt to three splits.
EvaluationSetPtr threeSplits()
{
    MadeTemplatesOptions options;
    options.nearlyEqual = 0;
    auto set = std::make_shared<EvaluationSet>(*madeEvaluation(options));
    auto benchmark = std::make_shared<Benchmark>(*set->benchmark);
    const TemplatePairs pairs = benchmark->splits.front().pairs;
    benchmark->splits.assign(3, {});
    benchmark->fars = {1e-2, 1e-1};
    for (std::size_t i = 0; i < static_cast<std::size_t>(pairs.size()); ++i) {
        BenchmarkSplit &to = benchmark->splits[i % 3];
        to.name = "split " + std::to_string(i % 3 + 1);
        to.pairs.a.push_back(pairs.a[i]);
        to.pairs.b.push_back(pairs.b[i]);
        to.pairs.genuine.push_back(pairs.genuine[i]);
    }
    set->benchmark = benchmark;
    return set;
}

/// The made benchmark with the scores of a second look, which know a little more than D.
EvaluationSetPtr withSecondLook()
{
    auto set = std::make_shared<EvaluationSet>(*madeEvaluation());
    auto features = std::make_shared<TemplateFeatures>(*set->features);
    std::vector<float> &second = features->quality[secondLookName];
    Random random(3, 1);
    for (const float d : features->dScores)
        second.push_back(static_cast<float>(std::clamp(0.8 * static_cast<double>(d) + 0.2 * random.uniform(), 0.001, 0.999)));
    set->features = features;
    return set;
}

} // namespace

/// The live threshold with splits and intervals, the faces of a pair, and what the plots show, as a person meets them.
class TestEvaluationLive : public EvaluationTest {
    Q_OBJECT
private Q_SLOTS:
    /// Very many runs: the legend names some and counts the rest, and a plot behind a tab is painted when it is looked at.
    void manyRuns()
    {
        QVERIFY(filled());
        std::vector<EvaluationRun> more;
        for (int i = 0; i < 30; ++i) {
            more.push_back(*m_page->state().runs().front().run);
            more.back().method = "copy " + std::to_string(i);
        }
        m_page->state().addRuns(more, {});
        auto *roc = find<RunPlot>("rocPlot");
        auto *det = find<RunPlot>("detPlot");
        QCOMPARE(roc->curveCount(), 32);
        const auto named = [](const RunPlot *plot) {
            int items = 0;
            for (int i = 0; i < plot->legend->itemCount(); ++i)
                items += plot->legend->item(i) != nullptr ? 1 : 0;
            return items;
        };
        QCOMPARE(named(roc), 13); // the live threshold among them
        QCOMPARE(named(det), 12);
        QSignalSpy painted(det, &QCustomPlot::afterReplot);
        m_page->state().setShown(m_page->state().runs().back().id, false);
        QTest::qWait(50);
        QCOMPARE(painted.size(), 0);
        find<QTabBar>("leftPlots")->setCurrentIndex(1);
        QTRY_VERIFY(painted.size() > 0);
        QCOMPARE(det->curveCount(), 31);
        // As many as there is room for: no count any more.
        std::vector<int> ids;
        for (std::size_t i = 12; i < m_page->state().runs().size(); ++i)
            ids.push_back(m_page->state().runs()[i].id);
        m_page->state().removeRuns(ids);
        QCOMPARE(named(det), 12);
        QCOMPARE(det->legend->elementCount(), 12);
    }

    /// D chooses, the second look weighs: among the ways to weigh and the curves where the set has its scores, and the same figures as a run's.
    void weighsByTheSecondLook()
    {
        const EvaluationSetPtr set = withSecondLook();
        m_page->evaluate(set, {"ddl+:second,t=0.4"}, 0);
        QVERIFY(m_page->settle(60'000));
        auto *methods = find<QComboBox>("liveMethod");
        QCOMPARE(methods->count(), 7);
        methods->setFocus();
        QTest::keyClick(methods, Qt::Key_End);
        QCOMPARE(m_page->state().liveMethod(), QStringLiteral("ddl+:second"));
        m_page->state().threshold().setThreshold(0.4);
        QVERIFY(m_page->settle(60'000));
        const std::shared_ptr<const LiveExact> exact = m_page->engine()->exact();
        QVERIFY(exact != nullptr);
        const EvaluationRun &run = *m_page->state().runs().front().run;
        QCOMPARE(exact->keptShare, run.keptShare);
        for (std::size_t k = 0; k < run.strict.size(); ++k)
            QVERIFY(std::abs(exact->strict[k].tar - run.strict[k].tar) <= 2.5 / static_cast<double>(run.genuine));
        const std::vector<std::string> titles = m_page->engine()->curve().titles;
        QCOMPARE(titles.size(), std::size_t{5});
        QVERIFY2(titles[3].find("second look") != std::string::npos, titles[3].c_str());
        // A set without those scores falls back to DDL.
        m_page->evaluate(madeEvaluation(), {"ddl"}, 0);
        QVERIFY(m_page->settle(60'000));
        QCOMPARE(methods->count(), 4);
        QCOMPARE(m_page->state().liveMethod(), QStringLiteral("ddl"));
        QVERIFY(m_page->engine()->exact() != nullptr);
    }

    /// All splits first, as the table's means; one of them by keys, with intervals; undone, and remembered while the set is open.
    void choosesASplit()
    {
        m_page->evaluate(threeSplits(), {"ddl"}, 50);
        QVERIFY(m_page->settle(60'000));
        auto *splits = find<QComboBox>("liveSplit");
        QVERIFY(splits->isVisible());
        QCOMPARE(splits->count(), 4);
        QCOMPARE(splits->currentText(), QStringLiteral("all splits"));
        m_page->state().setFar(1e-1);
        const EvaluationRun &run = *m_page->state().runs().front().run;
        QCOMPARE(run.splits.size(), std::size_t{3});
        const std::shared_ptr<const LiveExact> all = m_page->engine()->exact();
        QVERIFY(all != nullptr);
        QCOMPARE(all->splits, std::int64_t{3});
        QCOMPARE(all->impostor, run.impostor);
        const double slip = 7.5 / static_cast<double>(run.genuine);
        for (std::size_t k = 0; k < 2; ++k) {
            QVERIFY(std::abs(all->strict[k].tar - run.strict[k].tar) <= slip);
            QVERIFY(std::abs(all->strictDeviation[k] - run.strictDeviation[k]) <= slip);
        }
        auto *bar = find<LiveBar>("liveBar");
        QVERIFY2(bar->accuracy().contains(QStringLiteral("±")), qPrintable(bar->accuracy()));
        QVERIFY2(bar->detail().contains(QStringLiteral("3 split")), qPrintable(bar->detail()));
        QVERIFY(m_page->engine()->curve().complete);
        QVERIFY(!m_page->engine()->curve().points.front().deviation.empty());

        splits->setFocus();
        QTest::keyClick(splits, Qt::Key_End);
        QCOMPARE(m_page->state().liveSplit(), 2);
        QVERIFY(m_page->settle(60'000));
        const std::shared_ptr<const LiveExact> third = m_page->engine()->exact();
        QCOMPARE(third->splits, std::int64_t{1});
        QCOMPARE(third->genuine, run.splits[2].genuine);
        for (std::size_t k = 0; k < 2; ++k)
            QVERIFY(std::abs(third->strict[k].tar - run.splits[2].strict[k].tar) <= slip);
        QCOMPARE(third->intervals.size(), std::size_t{2});
        QVERIFY(!bar->accuracy().contains(QStringLiteral("±")));
        QVERIFY(m_page->engine()->curve().complete);
        QVERIFY(m_page->engine()->curve().points.front().deviation.empty());

        // A further row leaves the choice alone; undone it comes back to all.
        m_page->addMethod(QStringLiteral("average"));
        QVERIFY(m_page->settle(60'000));
        QCOMPARE(m_page->state().liveSplit(), 2);
        QCOMPARE(splits->currentIndex(), 3);
        key(Qt::Key_Z, Qt::ControlModifier);
        key(Qt::Key_Z, Qt::ControlModifier);
        QCOMPARE(m_page->state().liveSplit(), EvaluationSet::allSplits);
        QCOMPARE(splits->currentIndex(), 0);
        QVERIFY(m_page->settle(60'000));
        QCOMPARE(m_page->engine()->exact()->splits, std::int64_t{3});
        // While dragging over all splits every figure is exact already.
        m_page->state().threshold().beginDrag();
        m_page->state().threshold().setThreshold(0.4);
        QTRY_VERIFY(m_page->engine()->estimate() && m_page->engine()->estimate()->threshold == 0.4);
        QCOMPARE(bar->sureness(), LiveBar::Sureness::Exact);
        QVERIFY(bar->accuracy().contains(QStringLiteral("±")));
        m_page->state().threshold().endDrag();
        QVERIFY(m_page->settle(60'000));

        // A set with one split has no such choice, and begins with all there is.
        m_page->state().setLiveSplit(1);
        m_page->evaluate(madeEvaluation(), {"average"}, 0);
        QVERIFY(m_page->settle(60'000));
        QVERIFY(!splits->isVisible());
        QCOMPARE(m_page->state().liveSplit(), EvaluationSet::allSplits);
        // An old step of the history names a split that is not there: nothing breaks.
        while (m_page->state().undoStack()->canUndo())
            m_page->state().undoStack()->undo();
        QVERIFY(m_page->settle(60'000));
        QVERIFY(m_page->engine()->exact() != nullptr);
    }

    /// The exact value is shown at once; its interval follows in the bar, the plots, the table and the report, and a move sweeps it away.
    void intervalsFollow()
    {
        m_page->evaluate(madeEvaluation(), {"ddl"}, 60);
        QVERIFY(m_page->settle(60'000));
        m_page->state().setFar(1e-1);
        auto *bar = find<LiveBar>("liveBar");
        QSignalSpy exact(m_page->engine(), &LiveEngine::exactReady);
        QSignalSpy intervals(m_page->engine(), &LiveEngine::intervalsReady);
        QString atFirst;
        connect(m_page->engine(), &LiveEngine::exactReady, this, [&] { atFirst = bar->accuracy(); });
        key(Qt::Key_BracketRight);
        QVERIFY(m_page->settle(60'000));
        disconnect(m_page->engine(), nullptr, this, nullptr);
        QCOMPARE(exact.size(), 1);
        QCOMPARE(intervals.size(), 1);
        QVERIFY2(!atFirst.contains(QLatin1Char('(')), qPrintable(atFirst));
        QVERIFY2(bar->accuracy().contains(QLatin1Char('(')), qPrintable(bar->accuracy()));
        const LiveExact &now = *m_page->engine()->exact();
        QCOMPARE(now.intervals.size(), now.strict.size());
        QCOMPARE(now.intervals.front().resamples + now.intervals.front().undefined, std::int64_t{60});
        const auto marker = find<LiveTradeoff>("liveTradeoff")->marker();
        QCOMPARE(marker->low, now.intervals.back().low);
        QCOMPARE(marker->high, now.intervals.back().high);
        QCOMPARE(find<RocPlot>("rocPlot")->live().high.back(), now.intervals.back().high);
        // The same resamples as a row's.
        key(Qt::Key_R, Qt::ControlModifier | Qt::ShiftModifier);
        QVERIFY(m_page->settle(60'000));
        const EvaluationRun &row = *m_page->state().runs().back().run;
        for (std::size_t k = 0; k < row.intervals.size(); ++k)
            QVERIFY(std::abs(row.intervals[k].low - now.intervals[k].low) < 0.02 && std::abs(row.intervals[k].high - now.intervals[k].high) < 0.02);
        find<QAction>("livePairs")->trigger();
        auto *table = find<QTableView>("farTable");
        QVERIFY(table->model()->index(0, 2).data().toString().contains(QStringLiteral("–")));
        QVERIFY(find<QLabel>("runAbout")->text().contains(QStringLiteral("60 resamples")));
        save("exportReport", "report.html");
        QVERIFY(readText(path("report.html")).find("interval over") != std::string::npos);
        // A press, a move: what belonged to the old threshold is gone at once.
        m_page->state().threshold().beginDrag();
        m_page->state().threshold().setThreshold(0.5);
        QVERIFY(m_page->engine()->exact() == nullptr);
        m_page->state().threshold().endDrag();
        QVERIFY(m_page->settle(60'000));
        QCOMPARE(m_page->engine()->exact()->threshold, 0.5);
        QVERIFY(!m_page->engine()->exact()->intervals.empty());
    }

    /// Moves that come one after the other: each sweeps the work of the last away, and the end is complete.
    void intervalsGiveWay()
    {
        MadeTemplatesOptions many;
        many.templates = 900;
        many.subjects = 200;
        many.most = 4;
        m_page->evaluate(madeEvaluation(many), {"average"}, 2000);
        QVERIFY(m_page->settle(120'000));
        QSignalSpy estimated(m_page->engine(), &LiveEngine::estimated);
        for (int i = 0; i < 6; ++i) {
            const int before = static_cast<int>(estimated.size());
            QElapsedTimer timer;
            timer.start();
            key(Qt::Key_BracketRight);
            QTRY_VERIFY(estimated.size() > before || m_page->engine()->exact() != nullptr);
            QVERIFY2(timer.elapsed() < 1000, qPrintable(QString::number(timer.elapsed())));
            // Long enough for the exact value, not for its intervals.
            QTRY_VERIFY(m_page->engine()->exact() != nullptr);
        }
        QVERIFY(m_page->settle(60'000));
        QCOMPARE(m_page->engine()->exact()->threshold, m_page->state().threshold().threshold());
        QVERIFY(!m_page->engine()->exact()->intervals.empty());
        QCOMPARE(m_page->engine()->curve().complete, true);
    }

    /// Without resamples there are no intervals, and nothing waits for them.
    void noIntervalsUnlessWanted()
    {
        m_page->evaluate(madeEvaluation(), {"average"}, 0);
        QVERIFY(m_page->settle(60'000));
        QSignalSpy intervals(m_page->engine(), &LiveEngine::intervalsReady);
        key(Qt::Key_BracketRight);
        QVERIFY(m_page->settle(60'000));
        QCOMPARE(intervals.size(), 0);
        QVERIFY(m_page->engine()->exact()->intervals.empty());
    }

    /// Where DDNet's price is assumed, the prices say so.
    void assumedPrices()
    {
        auto set = std::make_shared<EvaluationSet>(*madeEvaluation());
        set->baseCost = {};
        set->ddnetCost = {shippedDdnetMac, shippedDdnetFlop};
        set->costNote = shippedDdnetNote();
        m_page->evaluate(set, {"average"}, 0);
        QVERIFY(m_page->settle(60'000));
        auto *prices = find<QComboBox>("livePrices");
        QCOMPARE(prices->currentIndex(), 1); // as IResNet-100: of the base nothing is known
        QVERIFY2(prices->toolTip().contains(QStringLiteral("39.7 M MAC")), qPrintable(prices->toolTip()));
        QVERIFY(find<LiveBar>("liveBar")->detail().contains(QStringLiteral("39.7 M MAC")));
        const LiveExact &exact = *m_page->engine()->exact();
        const LiveCost cost = costOf(m_page->engine()->prices(), exact.keptShare);
        QVERIFY(std::abs(cost.macPerFace - (39'651'632.0 + exact.keptShare * 12'089'606'144.0)) < 1);
    }

    /// A face is cut out where the landmarks or the box say it is; the whole picture on demand; what is missing says so, and hides nobody else.
    void facesOfAPair_data()
    {
        QTest::addColumn<bool>("byBox");
        QTest::newRow("landmarks") << false;
        QTest::newRow("box") << true;
    }
    void facesOfAPair()
    {
        QFETCH(bool, byBox);
        // Blue, with the face as a red square of 100 pixels.
        const std::filesystem::path picture = path("scene.png");
        QImage scene(600, 400, QImage::Format_RGB32);
        scene.fill(QColor(20, 20, 220));
        QPainter(&scene).fillRect(QRect(380, 180, 200, 200), QColor(220, 20, 20));
        QVERIFY(scene.save(toText(picture)));
        const MadeTemplatesOptions options;
        const auto faces = static_cast<std::size_t>(madeTemplates(options).set.faces());
        auto set = std::make_shared<EvaluationSet>(*madeEvaluation(options, std::vector<std::string>(faces, picture.string())));
        auto features = std::make_shared<TemplateFeatures>(*set->features);
        std::vector<ImageItem> items(faces);
        for (std::size_t f = 0; f < faces; ++f) {
            features->pictures.push_back(static_cast<std::uint32_t>(f));
            if (byBox)
                items[f].box = Box{430, 230, 100, 100};
            else
                items[f].landmarks = Landmarks{{{465, 262}, {495, 262}, {480, 280}, {468, 298}, {492, 298}}};
        }
        set->takeFaces(items);
        QVERIFY(set->knowsFaces());
        m_page->evaluate(set, {"ddl"}, 0);
        QVERIFY(m_page->settle(60'000));
        const NotablePair pair = m_page->state().currentRun()->run->hardestGenuine.front();
        // Of the first template the best face's picture is not there, and the picture that stands first neither.
        const auto first = static_cast<std::size_t>(features->begin[pair.a]);
        features->names[first] = path("gone.png").string();
        set->features = features;
        m_page->evaluate(std::make_shared<EvaluationSet>(*set), {"ddl"}, 0);
        QVERIFY(m_page->settle(60'000));
        find<QTabWidget>("evaluationTabs")->setCurrentIndex(2);
        auto *pairs = find<QTreeView>("genuinePairs");
        pairs->setCurrentIndex(pairs->model()->index(0, 0));
        pairs->setFocus();
        QTest::keyClick(pairs, Qt::Key_Return);
        auto *dialog = m_page->findChild<TemplatePairDialog *>();
        QVERIFY(dialog != nullptr && dialog->showsPictures());
        auto *view = dialog->findChild<QListView *>(QStringLiteral("pairFrames1"));
        const auto count = [&](bool wantRed) {
            const QImage image = view->viewport()->grab().toImage();
            int found = 0;
            for (int y = 0; y < image.height(); y += 3)
                for (int x = 0; x < image.width(); x += 3) {
                    const QColor colour = image.pixelColor(x, y);
                    const int mine = wantRed ? colour.red() : colour.blue();
                    const int other = wantRed ? colour.blue() : colour.red();
                    found += mine > 120 && mine > 2 * other && mine > 2 * colour.green() ? 1 : 0;
                }
            return found;
        };
        QTRY_VERIFY(count(true) > 100);
        const int blueOfFaces = count(false);
        auto *whole = dialog->findChild<QCheckBox *>(QStringLiteral("pairWhole"));
        QVERIFY(whole != nullptr && whole->isVisible());
        whole->setFocus();
        QTest::keyClick(whole, Qt::Key_Space);
        QTRY_VERIFY(count(false) > blueOfFaces + 100);
        QTest::keyClick(whole, Qt::Key_Space);
        QTRY_VERIFY(count(false) <= blueOfFaces + 20);
        // The one that is missing says so and keeps its place.
        FrameModel *model = dialog->model(0);
        QCOMPARE(model->rowCount(), static_cast<int>(features->size(pair.a)));
        const EvaluationPictures source(m_page->set());
        const QImage gone = source.image(static_cast<int>(first));
        QCOMPARE(missingLabel(gone), QStringLiteral("picture not found"));
        QVERIFY(missingDetail(gone).contains(QStringLiteral("gone.png")));
        QCOMPARE(missingLabel(source.image(static_cast<int>(first) + 1 < static_cast<int>(faces) ? static_cast<int>(first) + 1 : 0)), QString());
        // Name, score and what became of it stand in the tool tip.
        bool kept = false;
        for (int row = 0; row < model->rowCount(); ++row) {
            const QString tip = model->index(row, 0).data(Qt::ToolTipRole).toString();
            QVERIFY2(tip.contains(QStringLiteral(".png")) && tip.contains(QStringLiteral("D-score")), qPrintable(tip));
            QVERIFY(tip.contains(QStringLiteral("kept with weight")) != tip.contains(QStringLiteral("dropped")));
            kept = kept || tip.contains(QStringLiteral("kept with weight"));
        }
        QVERIFY(kept);
    }

    /// The CMC is a curve over every rank with the table's ranks as marks; the search with strangers has a plot of its own.
    void searchAsCurves()
    {
        m_page->evaluate(madeEvaluation(), {"average", "ddl"}, 0);
        QVERIFY(m_page->settle(60'000));
        auto *cmc = find<RunPlot>("cmcPlot");
        QCOMPARE(cmc->curveCount(), 2);
        QCOMPARE(cmc->xAxis->scaleType(), QCPAxis::stLogarithmic);
        const Identification &search = *m_page->state().runs().front().run->search;
        QCOMPARE(search.cmc.size(), std::min<std::size_t>(100, m_page->set()->benchmark->splits.front().search.galleries.front().size()));
        bool curve = false;
        for (int i = 0; i < cmc->graphCount(); ++i)
            curve = curve || (cmc->graph(i)->dataCount() == static_cast<int>(search.cmc.size()) && cmc->graph(i)->lineStyle() == QCPGraph::lsStepLeft);
        QVERIFY(curve);
        QCOMPARE(find<RunPlot>("searchPlot")->curveCount(), 2);
        // By keys to each plot.
        for (int i = 0; i < 7; ++i)
            QTest::keyClick(m_page.get(), static_cast<Qt::Key>(Qt::Key_1 + i), Qt::AltModifier);
        QVERIFY(find<RunPlot>("searchPlot")->isVisible());
        QTest::keyClick(m_page.get(), Qt::Key_0, Qt::AltModifier);
        QCOMPARE(find<QTabWidget>("evaluationTabs")->currentIndex(), 2);
        // A run of an older version has the marks alone.
        Json json = toJson(std::vector<EvaluationRun>{*m_page->state().runs().front().run});
        json["runs"][0]["search"].erase("cmc");
        json["runs"][0]["search"].erase("tpir_curve");
        writeJson(path("old.json"), json);
        m_page = std::make_unique<EvaluationPage>(ModelStore());
        m_page->resize(1300, 860);
        m_page->show();
        QSignalSpy opened(m_page.get(), &EvaluationPage::opened);
        m_page->openRuns(path("old.json"));
        QTRY_COMPARE(opened.size(), 1);
        QCOMPARE(find<RunPlot>("cmcPlot")->curveCount(), 1);
        QVERIFY(m_page->settle(10'000));
    }

    /// Every plot and table from its own menu as well.
    void exportsFromTheContextMenu()
    {
        m_page->evaluate(madeEvaluation(), {"average"}, 0);
        QVERIFY(m_page->settle(60'000));
        save("exportTradeoff", "tradeoff.csv");
        QVERIFY(readText(path("tradeoff.csv")).rfind("benchmark,method,mark", 0) == 0);
        auto *plot = find<RunPlot>("rocPlot");
        QVERIFY(plot->focusPolicy() & Qt::TabFocus);
        plot->setFocus();
        QContextMenuEvent event(QContextMenuEvent::Keyboard, plot->rect().center(), plot->mapToGlobal(plot->rect().center()));
        QCoreApplication::sendEvent(plot, &event);
        auto *menu = m_page->findChild<QMenu *>(QStringLiteral("plotMenu"));
        QVERIFY(menu != nullptr);
        QAction *first = menu->actions().front();
        QVERIFY2(first->text().contains(QStringLiteral("Export")), qPrintable(first->text()));
        menu->close();
    }

private:
    void save(const char *action, const char *file)
    {
        QSignalSpy written(m_page.get(), &EvaluationPage::written);
        find<QAction>(action)->trigger();
        QFileDialog *dialog = openDialog(*m_page);
        QVERIFY(dialog != nullptr);
        dialog->setDirectory(m_folder->path());
        dialog->selectFile(m_folder->filePath(QLatin1String(file)));
        QMetaObject::invokeMethod(dialog, "accept");
        QCOMPARE(written.size(), 1);
    }
};

DSCOPE_TEST(TestEvaluationLive)
#include "tst_evaluationlive.moc"
