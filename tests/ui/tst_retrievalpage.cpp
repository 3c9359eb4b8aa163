// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/evaluationtest.h"
#include "tests/support/madeevaluation.h"
#include "tests/support/support.h"
#include "ui/jobs/retrievalengine.h"
#include "ui/models/framemodel.h"
#include "ui/models/querymodel.h"
#include "ui/models/rankedmodel.h"
#include "ui/models/retrievalmodel.h"
#include "ui/pages/evaluationsetup.h"
#include "ui/plots/rankplot.h"
#include "ui/plots/retrievaltradeoff.h"
#include "ui/theme.h"
#include "ui/views/livebar.h"
#include "ui/views/noticebar.h"
#include "ui/views/queriesview.h"
#include "ui/views/retrievalview.h"

#include <QAction>
#include <QApplication>
#include <QCheckBox>
#include <QComboBox>
#include <QDir>
#include <QDoubleSpinBox>
#include <QLabel>
#include <QLineEdit>
#include <QListView>
#include <QPushButton>
#include <QSignalSpy>
#include <QSlider>
#include <QStatusBar>
#include <QTabWidget>
#include <QTableView>
#include <QTreeView>

#include <cmath>

using namespace dscope;
using namespace dscope::test;

/// The page for evaluation with tracklets of people, used by mouse and keys.
class TestRetrievalPage : public EvaluationTest {
    Q_OBJECT
private Q_SLOTS:
    /// mAP and CMC in place of TAR, and words that fit.
    void figuresInPlaceOfPairs()
    {
        QVERIFY(filled());
        QVERIFY(find<QTableView>("retrievalTable")->isVisible());
        QVERIFY(!find<QTableView>("tarTable")->isVisible());
        QCOMPARE(find<QTableView>("retrievalTable")->model()->rowCount(), 6); // two runs and the live one, by two protocols
        QCOMPARE(find<RankPlot>("rankPlot")->curveCount(), 2);
        QVERIFY(find<RetrievalTradeoffPlot>("retrievalTradeoff")->pointCount() > 10);
        QVERIFY(m_page->retrieval()->engine()->curve().complete);
        for (QWidget *widget : m_page->findChildren<QWidget *>()) {
            if (!widget->isVisible())
                continue;
            for (const QString &text :
                 {widget->toolTip(), widget->accessibleName(), qobject_cast<QLabel *>(widget) ? qobject_cast<QLabel *>(widget)->text() : QString()})
                for (const char *word : {"face", "TAR", "FAR", "genuine", "impostor", "template"})
                    QVERIFY2(!text.contains(QLatin1String(word)), qPrintable(text));
        }
        QVERIFY(find<QLabel>("setText")->text().contains(QStringLiteral("40 tracklets")));
        QVERIFY(find<QLabel>("setText")->text().contains(QStringLiteral("person crops")));
        QVERIFY(find<QLabel>("setText")->text().contains(QStringLiteral("12 queries")));
        QVERIFY(!find<QAction>("exportPairs")->isVisible());
        QVERIFY(!find<QAction>("liveRecommendAction")->isEnabled());
        QVERIFY(!find<LiveBar>("retrievalBar")->findChild<QComboBox *>(QStringLiteral("retrievalFar"))->isVisible());
        for (const char *name : {"rankPlot", "retrievalTradeoff"}) {
            const auto *plot = find<PlainPlot>(name);
            QVERIFY2(!plot->xAxis->label().isEmpty() && !plot->yAxis->label().isEmpty(), name);
        }
    }

    /// Keys move the threshold; the figures are those of a row made by the core.
    void liveByKeys()
    {
        QVERIFY(filled());
        for (int i = 0; i < 5; ++i)
            key(Qt::Key_BracketRight);
        QCOMPARE(m_page->state().threshold().threshold(), 0.2);
        QVERIFY(m_page->settle(30'000));
        const LiveRetrievalPoint point = *m_page->retrieval()->engine()->point();
        QCOMPARE(point.threshold, 0.2);
        auto *bar = find<LiveBar>("retrievalBar");
        QCOMPARE(bar->sureness(), LiveBar::Sureness::Exact);
        QVERIFY2(bar->accuracy().contains(QStringLiteral("mAP")), qPrintable(bar->accuracy()));
        QVERIFY2(bar->detail().contains(QStringLiteral("GFLOP")), qPrintable(bar->detail()));
        key(Qt::Key_R, Qt::ControlModifier | Qt::ShiftModifier);
        QVERIFY(m_page->settle(30'000));
        QCOMPARE(m_page->state().runs().size(), std::size_t{3});
        const EvaluationRun &row = *m_page->state().runs().back().run;
        QVERIFY(row.method.find("t = 0.2") != std::string::npos);
        QCOMPARE(row.retrieval.size(), std::size_t{2});
        for (const RetrievalFigures &figures : row.retrieval) {
            const LiveRetrievalFigures *live = point.by(figures.protocol);
            QVERIFY(live != nullptr);
            QVERIFY(std::abs(live->map - figures.map) < 1e-9);
            QCOMPARE(live->cmc, figures.cmc);
        }
        QVERIFY(std::abs(point.keptShare - row.keptShare) < 1e-12);
        key(Qt::Key_Z, Qt::ControlModifier);
        key(Qt::Key_Z, Qt::ControlModifier);
        QCOMPARE(m_page->state().threshold().threshold(), 0.15);
        QVERIFY(m_page->settle(30'000));
        QCOMPARE(m_page->retrieval()->engine()->point()->threshold, 0.15);
    }

    /// A drag by mouse: figures follow, and the last one is of where it was let go. The whole drag is one step.
    void liveByDragging()
    {
        QVERIFY(filled());
        auto *slider = find<LiveBar>("retrievalBar")->slider();
        const auto handle = [&](double share) { return QPoint(8 + qRound(share * (slider->width() - 16)), slider->height() / 2); };
        QSignalSpy moved(m_page->retrieval()->engine(), &RetrievalEngine::moved);
        QTest::mousePress(slider, Qt::LeftButton, {}, handle(0.15));
        for (int i = 1; i <= 10; ++i) {
            QMouseEvent move(QEvent::MouseMove, handle(0.15 + 0.04 * i), slider->mapToGlobal(handle(0.15 + 0.04 * i)), Qt::NoButton, Qt::LeftButton,
                             Qt::NoModifier);
            QCoreApplication::sendEvent(slider, &move);
            QTest::qWait(25);
        }
        QTRY_VERIFY(moved.size() >= 2);
        QTest::mouseRelease(slider, Qt::LeftButton, {}, handle(0.55));
        QVERIFY(m_page->settle(30'000));
        const double reached = m_page->state().threshold().threshold();
        QVERIFY(reached > 0.4);
        QCOMPARE(m_page->retrieval()->engine()->point()->threshold, reached);
        QCOMPARE(find<RetrievalTradeoffPlot>("retrievalTradeoff")->marker()->threshold, reached);
        key(Qt::Key_Z, Qt::ControlModifier);
        QCOMPARE(m_page->state().threshold().threshold(), 0.15);
    }

    /// Another way to weigh has a curve and figures of its own.
    void anotherWayToWeigh()
    {
        QVERIFY(filled());
        const double before = m_page->retrieval()->engine()->point()->by(RetrievalProtocol::Official)->map;
        auto *methods = find<LiveBar>("retrievalBar")->findChild<QComboBox *>(QStringLiteral("retrievalMethod"));
        methods->setFocus();
        QTest::keyClick(methods, Qt::Key_End);
        QCOMPARE(m_page->state().liveMethod(), QStringLiteral("ddl+"));
        QVERIFY(m_page->settle(30'000));
        QVERIFY(m_page->retrieval()->engine()->curve().complete);
        QVERIFY(m_page->retrieval()->engine()->point()->by(RetrievalProtocol::Official)->map != before);
    }

    /// A click on the curve takes the threshold there.
    void clickOnTheCurve()
    {
        QVERIFY(filled());
        auto *plot = find<RetrievalTradeoffPlot>("retrievalTradeoff");
        const RetrievalTradeoff curve = m_page->retrieval()->engine()->curve();
        const RetrievalTradeoffPoint &point = curve.points[3];
        QTest::mouseClick(plot, Qt::LeftButton, {}, plot->pointOf(point));
        QCOMPARE(m_page->state().threshold().threshold(), std::clamp(point.threshold, 0.0, 1.0));
        QVERIFY(m_page->settle(30'000));
        QCOMPARE(m_page->retrieval()->engine()->point()->kept, point.result.kept);
    }

    /// From the worst query down to the pictures, by keys alone.
    void queriesByKeys()
    {
        QVERIFY(filled());
        key(Qt::Key_9, Qt::AltModifier);
        auto *table = find<QTreeView>("queryTable");
        QVERIFY(table->isVisible());
        QTRY_COMPARE(table->model()->rowCount(), 12);
        QVERIFY(m_page->settle(30'000));
        double last = 0;
        for (int row = 0; row < 12; ++row) {
            const double ap = table->model()->index(row, QueryModel::ApColumn).data(QueryModel::SortRole).toDouble();
            QVERIFY(ap >= last);
            last = ap;
        }
        auto *gallery = find<QListView>("rankedGallery");
        auto *ranked = qobject_cast<RankedModel *>(gallery->model());
        auto *elements = qobject_cast<FrameModel *>(find<QListView>("queryElements")->model());
        QVERIFY(ranked->rowCount() >= QueriesView::listed);
        table->setFocus();
        const QString query = find<QLabel>("elementsCaption")->text();
        const std::uint32_t first = ranked->trackAt(0).place;
        QTest::keyClick(table, Qt::Key_Down);
        QVERIFY(find<QLabel>("elementsCaption")->text() != query);
        QCOMPARE(elements->rowCount(), table->currentIndex().siblingAtColumn(QueryModel::ElementsColumn).data(QueryModel::SortRole).toInt());
        QTest::keyClick(table, Qt::Key_Up);
        QCOMPARE(find<QLabel>("elementsCaption")->text(), query);
        QCOMPARE(ranked->trackAt(0).place, first);
        // Its first match stands where the table says.
        std::int64_t rank = 0;
        for (int row = ranked->rowCount() - 1; row >= 0; --row)
            if (ranked->trackAt(row).kind == TrackKind::Right)
                rank = ranked->trackAt(row).rank;
        const auto said = table->currentIndex().siblingAtColumn(QueryModel::FirstColumn).data(QueryModel::SortRole).toDouble();
        QVERIFY(rank == 0 ? said > QueriesView::listed : said == static_cast<double>(rank));
        double sum = 0;
        for (int row = 0; row < elements->rowCount(); ++row)
            sum += elements->index(row, 0).data(FrameModel::WeightRole).toDouble();
        QVERIFY(std::abs(sum - 1) < 1e-9);

        QTest::keyClick(table, Qt::Key_Return);
        QVERIFY(gallery->hasFocus());
        QTest::keyClick(gallery, Qt::Key_Down);
        QCOMPARE(gallery->currentIndex().row(), 1);
        QTest::keyClick(gallery, Qt::Key_Return);
        QVERIFY(find<QLabel>("elementsCaption")->text().contains(QStringLiteral("Found")));
        QCOMPARE(elements->rowCount(), static_cast<int>(m_page->set()->features->size(ranked->trackAt(1).place)));
        QTest::keyClick(gallery, Qt::Key_Escape);
        QVERIFY(table->hasFocus());
        QCOMPARE(find<QLabel>("elementsCaption")->text(), query);
    }

    /// Right, wrong and ignored differ in colour where they are painted, and the pictures themselves stand behind.
    void galleryIsPainted()
    {
        const std::filesystem::path picture = path("crop.png");
        QImage crop(32, 64, QImage::Format_RGB32);
        crop.fill(QColor(250, 0, 250));
        QVERIFY(crop.save(toText(picture)));
        const MadeRetrieval made = madeRetrieval();
        m_page->evaluate(madeRetrievalEvaluation(made, std::vector<std::string>(static_cast<std::size_t>(made.set.faces()), picture.string())), {"ddl"}, 0);
        QVERIFY(m_page->settle(60'000));
        key(Qt::Key_9, Qt::AltModifier);
        auto *gallery = find<QListView>("rankedGallery");
        auto *ranked = qobject_cast<RankedModel *>(gallery->model());
        QTRY_VERIFY(ranked->rowCount() > 0);
        gallery->setMinimumHeight(400);
        const auto count = [&](const std::function<bool(const QColor &)> &is) {
            const QImage image = gallery->viewport()->grab().toImage();
            int found = 0;
            for (int y = 0; y < image.height(); y += 2)
                for (int x = 0; x < image.width(); x += 2)
                    found += is(image.pixelColor(x, y)) ? 1 : 0;
            return found;
        };
        QTRY_VERIFY(count([](const QColor &colour) { return colour.red() > 200 && colour.blue() > 200 && colour.green() < 60; }) > 200);
        QVERIFY(count([](const QColor &colour) { return colour == QColor(186, 66, 0); }) > 50);
        for (int row = 0; row < ranked->rowCount(); ++row)
            if (ranked->trackAt(row).kind == TrackKind::Right)
                gallery->scrollTo(ranked->index(row));
        QTRY_VERIFY(count([](const QColor &colour) { return colour == QColor(0, 122, 88); }) > 20);
    }

    /// The other protocol by keyboard: plots, bar and queries follow.
    void theOtherProtocol()
    {
        QVERIFY(filled());
        key(Qt::Key_9, Qt::AltModifier);
        auto *table = find<QTreeView>("queryTable");
        QTRY_COMPARE(table->model()->rowCount(), 12);
        auto *protocols = find<QComboBox>("retrievalProtocol");
        protocols->setFocus();
        QTest::keyClick(protocols, Qt::Key_Down);
        QVERIFY(m_page->retrieval()->protocol() == RetrievalProtocol::VideoReid);
        QVERIFY(find<RankPlot>("rankPlot")->protocol() == RetrievalProtocol::VideoReid);
        QVERIFY(find<LiveBar>("retrievalBar")->detail().contains(QStringLiteral("video-reid")));
        QVERIFY(m_page->settle(30'000));
        QVERIFY(find<QLabel>("queriesCaption")->text().contains(QStringLiteral("video-reid")));
        // And by a row of the table, whose run it shows as well.
        key(Qt::Key_8, Qt::AltModifier);
        auto *figures = find<QTableView>("retrievalTable");
        const auto *model = qobject_cast<RetrievalModel *>(figures->model());
        const int row = model->rowOf(m_page->state().runs().front().id, RetrievalProtocol::Official);
        QTest::mouseClick(figures->viewport(), Qt::LeftButton, {}, figures->visualRect(model->index(row, 0)).center());
        QVERIFY(m_page->retrieval()->protocol() == RetrievalProtocol::Official);
        QCOMPARE(m_page->state().current(), m_page->state().runs().front().id);
        QVERIFY(m_page->settle(30'000));
    }

    /// Without D-scores there is no threshold, and the page says why; the rest stands.
    void withoutDScores()
    {
        auto set = std::make_shared<EvaluationSet>(*madeRetrievalEvaluation());
        set->ddnet = "none";
        m_page->evaluate(set, {"average"}, 0);
        QVERIFY(m_page->settle(60'000));
        QCOMPARE(m_page->state().runs().size(), std::size_t{1});
        auto *bar = find<LiveBar>("retrievalBar");
        QVERIFY(!bar->slider()->isEnabled());
        QVERIFY2(bar->detail().contains(QStringLiteral("DDNet")), qPrintable(bar->detail()));
        QVERIFY(!find<QAction>("liveRaise")->isEnabled());
        key(Qt::Key_9, Qt::AltModifier);
        QTRY_COMPARE(find<QTreeView>("queryTable")->model()->rowCount(), 12);
        m_page->findChild<QAction *>(QStringLiteral("add_max"))->trigger();
        QVERIFY(m_page->settle(30'000));
        QCOMPARE(m_page->state().runs().size(), std::size_t{2});
    }

    /// Runs from a file are figures alone, and beside a run of pairs each has its own view.
    void runsFromAFile()
    {
        QVERIFY(filled());
        m_page->state().save(path("runs.json"));
        m_page = std::make_unique<EvaluationPage>(ModelStore());
        m_page->resize(1300, 860);
        m_page->show();
        QVERIFY(QTest::qWaitForWindowActive(m_page.get()));
        drop(path("runs.json"));
        QVERIFY(m_page->settle(30'000));
        QCOMPARE(m_page->state().runs().size(), std::size_t{2});
        QVERIFY(find<QTableView>("retrievalTable")->isVisible());
        QVERIFY(!find<LiveBar>("retrievalBar")->slider()->isEnabled());
        key(Qt::Key_9, Qt::AltModifier);
        QVERIFY(find<QLabel>("queriesCaption")->text().contains(QStringLiteral("not open")));
        QCOMPARE(find<QTreeView>("queryTable")->model()->rowCount(), 0);
        Progress progress;
        m_page->state().addRuns({evaluated(*madeEvaluation(), methodNamed("average"), 0, progress)}, {});
        QVERIFY(find<QTableView>("tarTable")->isVisible());
        QVERIFY(!m_page->retrieval()->isVisible());
        auto *runs = find<QListView>("runList");
        runs->setFocus();
        QTest::keyClick(runs, Qt::Key_Up);
        QVERIFY(m_page->retrieval()->isVisible());
    }

    /// The form has what applies to tracklets, and nothing else.
    void theForm()
    {
        QDir(toText(path(""))).mkpath(QStringLiteral("set/bbox_test"));
        drop(path("set"));
        auto *kind = find<QComboBox>("evaluationBenchmark");
        QCOMPARE(kind->currentData().toString(), QStringLiteral("mars"));
        QCOMPARE(kind->currentText(), QStringLiteral("MARS"));
        QVERIFY(find<QComboBox>("evaluationDistance")->isVisible());
        for (const char *name : {"evaluationFlip", "evaluationDetector", "method_detector"})
            QVERIFY2(!find<QCheckBox>(name)->isVisible(), name);
        QVERIFY(find<QCheckBox>("method_ddl:second")->isVisible()); // the base that ships has one
        QVERIFY(!find<QLineEdit>("evaluationPairs")->isVisible());
        QVERIFY(find<QCheckBox>("method_ddl")->isVisible());
        find<QCheckBox>("evaluationFlip")->setChecked(true);
        find<QCheckBox>("method_detector")->setChecked(true);
        auto *distance = find<QComboBox>("evaluationDistance");
        distance->setFocus();
        QTest::keyClick(distance, Qt::Key_Down);
        EvaluationRequest request = m_page->setup()->request();
        QCOMPARE(request.distance, std::string("cosine"));
        QVERIFY(!request.flip);
        QVERIFY(std::find(request.methods.begin(), request.methods.end(), "detector") == request.methods.end());
        kind->setFocus();
        QTest::keyClick(kind, Qt::Key_Down);
        QCOMPARE(kind->currentText(), QStringLiteral("Tracklets of people"));
        // A project brings it back.
        request.distance = "l2";
        m_page->setup()->setRequest(request);
        QCOMPARE(distance->currentIndex(), 0);
        QTest::keyClick(kind, Qt::Key_Home);
        QVERIFY(!distance->isVisible());
        QVERIFY(m_page->setup()->request().distance.empty());
        QVERIFY(find<QCheckBox>("method_detector")->isVisible());
    }

    /// Only networks of the benchmark's task are offered.
    void networksOfTheTask()
    {
        const QByteArray input = R"("input": {"width": 112, "height": 112, "colour": "rgb", "mean": [0, 0, 0], "scale": [1, 1, 1]})";
        writeFile("manifest.json",
                  R"({"schema": "dscope.models/1", "models": [
            {"name": "of-faces", "role": "base", "architecture": "onnx", "file": "a.onnx", "output": 128, "licence": "", "origin": "", )"
                      + input + R"(},
            {"name": "of-people", "role": "base", "architecture": "onnx", "file": "b.onnx", "output": 512, "licence": "", "origin": "", "task": "reid", )"
                      + input + "}]}");
        writeFile("a.onnx", "x");
        writeFile("b.onnx", "x");
        m_page->setStore(ModelStore({path("")}));
        auto *kind = find<QComboBox>("evaluationBenchmark");
        auto *base = find<QComboBox>("evaluationBase");
        kind->setFocus();
        QTest::keyClick(kind, Qt::Key_Home);
        QVERIFY(base->findData(QStringLiteral("of-faces")) > 0);
        QCOMPARE(base->findData(QStringLiteral("of-people")), -1);
        kind->setCurrentIndex(kind->findData(QStringLiteral("tracklets")));
        QVERIFY(base->findData(QStringLiteral("of-people")) > 0);
        QCOMPARE(base->findData(QStringLiteral("of-faces")), -1);
    }

private:
    bool filled()
    {
        m_page->evaluate(madeRetrievalEvaluation(), {"average", "ddl"}, 50);
        return m_page->settle(60'000) && m_page->retrieval()->isLive();
    }
    void writeFile(const char *name, const QByteArray &text) const
    {
        QFile file(toText(path(name)));
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(text);
    }
};

DSCOPE_TEST(TestRetrievalPage)
#include "tst_retrievalpage.moc"
