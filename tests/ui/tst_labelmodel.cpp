// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/base/files.h"
#include "tests/support/labels.h"
#include "tests/support/says.h"
#include "tests/support/support.h"
#include "ui/models/labelmodel.h"
#include "ui/plots/densitypoints.h"
#include "ui/plots/labelhistogram.h"
#include "ui/plots/scatterplot.h"

#include <QAbstractItemModelTester>
#include <QSignalSpy>
#include <QTemporaryDir>

#include <algorithm>
#include <ctime>

using namespace dscope;
using namespace dscope::test;

namespace {
double threadMs()
{
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_nsec) / 1e6;
}

LabelSetPtr made(const MadeLabels &wish = {})
{
    return std::make_shared<const LabelSet>(madeTargets(wish), "made.targets");
}
} // namespace

class TestLabelModel : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void setByHand();
    void copiesAreLeftOut();
    void distances();
    void classesWithoutPictures();
    void damagedTargets();
    void picturesThereAndBack();
    void cleanedList();
    void modelKeepsItsPromises();
    void sorting();
    void brushAndSingles();
    void excludeAndUndo();
    void pointsAreDrawnWhereTheyAre();
    void redrawOfHundredThousand();
    void brushOfHundredThousand();
};

void TestLabelModel::setByHand()
{
    const LabelSetPtr set = made();
    QCOMPARE(set->size(), 20);
    // The least discriminative one: own 0.5 against 0.6.
    QCOMPARE(set->order().front(), 19);
    QCOMPARE(set->order().back(), 0);
    QVERIFY(set->misplaced(19));
    QVERIFY(!set->misplaced(0));
    QCOMPARE(set->person(set->confusedWith(19)), std::string("person A"));
    QCOMPARE(set->representative(0), 0);
    QCOMPARE(set->representative(3), 15);
    QCOMPARE(set->companion(16), 15);
    QCOMPARE(set->companion(15), 16); // itself would say nothing
    QCOMPARE(set->countOf(2), 5);
    QCOMPARE(set->aloneCount(), 0);
    const LabelSetPtr withSingle = made({.single = true});
    QCOMPARE(withSingle->aloneCount(), 1);
    QVERIFY(withSingle->alone(20));
    QCOMPARE(withSingle->companion(20), 20);
}

void TestLabelModel::copiesAreLeftOut()
{
    const LabelSetPtr set = made({.copies = 3});
    QCOMPARE(set->size(), 20);
    QCOMPARE(set->own(1), 0.8);
    QCOMPARE(set->order().front(), 19);
}

void TestLabelModel::distances()
{
    const LabelSetPtr set = made({.cosine = false});
    QVERIFY(!set->cosine());
    QCOMPARE(set->own(0), 0.3);
    QVERIFY(set->misplaced(19)); // 0.6 to its own, 0.5 to the other
    QVERIFY(!set->misplaced(0));
    QCOMPARE(set->order().front(), 19);
}

/// The file numbers the classes that have pictures.
void TestLabelModel::classesWithoutPictures()
{
    Targets targets = madeTargets();
    targets.faces.people.insert(targets.faces.people.begin(), "nobody");
    for (std::int32_t &label : targets.faces.labels)
        ++label;
    const LabelSet set(std::move(targets), "made.targets");
    QCOMPARE(set.person(set.confusedWith(19)), std::string("person A"));
    QCOMPARE(set.representative(0), -1);
}

void TestLabelModel::damagedTargets()
{
    Targets targets = madeTargets();
    targets.scores.hardestClass[7] = 4;
    std::string what = refusal([&] { LabelSet(targets, "some/file.targets"); });
    QVERIFY2(what.find("some/file.targets") != std::string::npos && what.find("person B/2.jpg") != std::string::npos, what.c_str());
    targets.scores.hardestClass[7] = 0;
    targets.scores.own[3] = std::nan("");
    what = refusal([&] { LabelSet(targets, "some/file.targets"); });
    QVERIFY2(what.find("person A/3.jpg") != std::string::npos, what.c_str());
}

void TestLabelModel::picturesThereAndBack()
{
    QTemporaryDir folder;
    const std::filesystem::path csv = folder.filePath(QStringLiteral("x.csv")).toStdString();
    Targets targets = madeTargets();
    targets.faces.files[5] = "=cmd(),\"x\".jpg"; // hostile, and in need of quotes
    const LabelSet set(std::move(targets), "made.targets");
    writePictures(csv, set, {19, 5, 0});
    QCOMPARE(readPictures(csv, set), (std::vector<int>{0, 5, 19}));
    const std::string text = readText(csv);
    QVERIFY(text.starts_with("file,person,own,hardest,confused_with,d_raw,d_score\n"));
    QVERIFY2(text.find("person D/4.jpg,person D,0.5,0.6") != std::string::npos, text.c_str());
    QVERIFY(text.find("\n=cmd") == std::string::npos);
    writeAtomically(csv, "file\nperson A/0.jpg\nsomebody/else.jpg\n");
    const std::string what = refusal([&] { readPictures(csv, set); });
    QVERIFY2(what.find("x.csv:3:") != std::string::npos && what.find("somebody/else.jpg") != std::string::npos, what.c_str());
}

void TestLabelModel::cleanedList()
{
    QTemporaryDir folder;
    const std::filesystem::path files = folder.filePath(QStringLiteral("faces")).toStdString();
    const LabelSet set(madeTargets({.files = files}), "made.targets");
    std::vector<bool> excluded(20, false);
    excluded[0] = excluded[19] = true;
    const std::filesystem::path csv = folder.filePath(QStringLiteral("cleaned.csv")).toStdString();
    writeCleanedList(csv, set, excluded);
    // It is a data set again.
    const FaceList list = readFaceList(csv);
    QCOMPARE(list.size(), std::size_t{18});
    QCOMPARE(list.people.size(), std::size_t{4});
    Progress quiet;
    const FaceReader reader(list, quiet);
    QCOMPARE(reader.read(0), readJpeg(files / "person A" / "1.jpg"));
    Targets records = madeTargets();
    records.faces.root = "train.rec";
    const LabelSet recordSet(std::move(records), "made.targets");
    QVERIFY(refusal([&] { writeCleanedList(csv, recordSet, {}); }).find("train.rec") != std::string::npos);
}

void TestLabelModel::modelKeepsItsPromises()
{
    LabelState state;
    LabelModel model(&state);
    const QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
    QCOMPARE(model.rowCount(), 0);
    state.setSet(made({.single = true}));
    QCOMPARE(model.rowCount(), 20);
    QCOMPARE(model.pictureAt(0), 19);
    QCOMPARE(model.index(0, LabelModel::PictureColumn).data().toString(), QStringLiteral("person D"));
    QCOMPARE(model.index(0, LabelModel::ConfusedColumn).data().toString(), QStringLiteral("person E"));
    QCOMPARE(model.index(0, LabelModel::ConfusedColumn).data(LabelModel::ThumbnailRole).toInt(), 20);
    QCOMPARE(model.index(0, LabelModel::OwnColumn).data().toString(), QLocale().toString(0.5, 'f', 3));
    QCOMPARE(model.index(0, LabelModel::HardestColumn).data().toString(), QLocale().toString(0.6, 'f', 3));
    QVERIFY(model.index(0, LabelModel::PictureColumn).data(Qt::ToolTipRole).toString().endsWith(QStringLiteral("person D/4.jpg")));
    state.setBrush({0, 1});
    state.exclude({1}, true);
    model.sort(LabelModel::OwnColumn, Qt::DescendingOrder);
    state.clearBrush();
    state.setShowsAlone(true);
    QCOMPARE(model.rowCount(), 21);
    state.setSet(nullptr);
    QCOMPARE(model.rowCount(), 0);
}

void TestLabelModel::sorting()
{
    LabelState state;
    LabelModel model(&state);
    state.setSet(made());
    const QPersistentModelIndex worst = model.index(0, 0);
    const QPersistentModelIndex best = model.index(19, 4);
    model.sort(LabelModel::ScoreColumn, Qt::DescendingOrder);
    QCOMPARE(model.pictureAt(0), 0);
    QCOMPARE(worst.row(), 19);
    QCOMPARE(best.row(), 0);
    model.sort(LabelModel::HardestColumn, Qt::AscendingOrder);
    QCOMPARE(model.pictureAt(0) / 5, 0); // person A has the smallest
    model.sort(LabelModel::PictureColumn, Qt::AscendingOrder);
    QCOMPARE(model.pictureAt(7), 7);
    QCOMPARE(model.rowOf(7), 7);
    QCOMPARE(worst.row(), 19);
}

void TestLabelModel::brushAndSingles()
{
    LabelState state;
    state.setSet(made({.single = true}));
    QCOMPARE(state.shown().size(), std::size_t{20});
    state.setBrush({3, 20, 19}); // 20 is alone and not shown
    QCOMPARE(state.brushed(), (std::vector<int>{19, 3}));
    QVERIFY(state.isBrushed(3));
    state.setShowsAlone(true);
    QVERIFY(!state.hasBrush());
    QCOMPARE(state.brushed().size(), std::size_t{21});
    state.setBrush({});
    QVERIFY(state.hasBrush());
    QVERIFY(state.brushed().empty());
}

void TestLabelModel::excludeAndUndo()
{
    LabelState state;
    state.setSet(made());
    state.exclude({1, 2, 3}, true);
    state.exclude({3, 4}, true); // 3 is out already
    QCOMPARE(state.excludedPictures(), (std::vector<int>{1, 2, 3, 4}));
    state.undoStack()->undo();
    QCOMPARE(state.excludedPictures(), (std::vector<int>{1, 2, 3}));
    QVERIFY(state.isDirty());
    state.setSaved();
    QVERIFY(!state.isDirty());
    state.exclude({2}, false);
    QCOMPARE(state.excludedCount(), 2);
    QVERIFY(state.isDirty());
    state.undoStack()->undo();
    QVERIFY(!state.isDirty());
    const int steps = state.undoStack()->count();
    state.exclude({1, 2}, true); // nothing changes
    QCOMPARE(state.undoStack()->count(), steps);
    state.undoStack()->undo();
    QCOMPARE(state.excludedCount(), 0);
    state.undoStack()->redo();
    QCOMPARE(state.excludedCount(), 3);
}

void TestLabelModel::pointsAreDrawnWhereTheyAre()
{
    LabelState state;
    ScatterPlot plot(&state);
    plot.resize(500, 400);
    plot.show();
    state.setSet(made());
    plot.replot();
    const QImage image = plot.grab().toImage();
    const QColor ground = plot.palette().color(QPalette::Base);
    for (const int picture : {0, 7, 12}) {
        const QPoint at = plot.pointOf(picture);
        QVERIFY(plot.axisRect()->rect().contains(at));
        const QColor there = image.pixelColor(at);
        QVERIFY2(there.blue() - there.red() > 60, qPrintable(QStringLiteral("%1: %2, ground %3").arg(picture).arg(there.name(), ground.name())));
    }
    // An excluded one is drawn in another colour.
    state.exclude({7}, true);
    plot.replot();
    const QColor struck = plot.grab().toImage().pixelColor(plot.pointOf(7));
    QVERIFY2(struck.red() - struck.blue() > 60, qPrintable(struck.name()));
}

void TestLabelModel::redrawOfHundredThousand()
{
    LabelState state;
    ScatterPlot plot(&state);
    plot.resize(720, 600);
    plot.show();
    state.setSet(madeCloud(100'000));
    QCoreApplication::processEvents();
    const auto measure = [&](const char *what, const std::function<void(int)> &change, bool renders) {
        std::vector<double> times;
        const int before = plot.points().renders();
        for (int i = 0; i < 40; ++i) {
            change(i);
            const double start = threadMs();
            plot.replot(QCustomPlot::rpImmediateRefresh);
            times.push_back(threadMs() - start);
        }
        std::sort(times.begin(), times.end());
        QCOMPARE(plot.points().renders() - before > 0, renders);
        qInfo("%s, 100,000 points at 720 x 600: median %.2f ms of this thread, 90 %% below %.2f ms", what, times[20], times[36]);
        QVERIFY2(times[20] < 40, qPrintable(QString::number(times[20])));
    };
    measure(
        "redraw after a move", [&](int i) { plot.xAxis->moveRange(i % 2 == 0 ? 0.001 : -0.001); }, true);
    state.setBrush([&] {
        std::vector<int> some;
        for (int i = 0; i < 100'000; i += 3)
            some.push_back(i);
        return some;
    }());
    measure(
        "the same with a third of them brushed", [&](int i) { plot.xAxis->moveRange(i % 2 == 0 ? 0.001 : -0.001); }, true);
    QCoreApplication::processEvents();
    measure(
        "redraw of what has not moved", [](int) {}, false);
}

/// From the release of the button to the last list filled.
void TestLabelModel::brushOfHundredThousand()
{
    LabelState state;
    LabelModel model(&state);
    ScatterPlot plot(&state);
    LabelHistogram histogram(&state);
    plot.resize(720, 600);
    plot.show();
    state.setSet(madeCloud(100'000));
    QVERIFY(QTest::qWaitForWindowExposed(&plot));
    QCOMPARE(model.rowCount(), 100'000);
    const QRect area = plot.axisRect()->rect();
    QTest::mousePress(&plot, Qt::LeftButton, {}, area.topLeft() + QPoint(5, 5));
    QTest::mouseMove(&plot, area.center());
    const double start = threadMs();
    QTest::mouseRelease(&plot, Qt::LeftButton, {}, area.center());
    const double spent = threadMs() - start;
    QVERIFY(plot.brush().has_value());
    // By the definition of the rectangle.
    int inside = 0;
    for (int i = 0; i < state.set()->size(); ++i)
        inside += plot.brush()->contains(
                      QPointF(static_cast<double>(static_cast<float>(state.set()->own(i))), static_cast<double>(static_cast<float>(state.set()->hardest(i)))))
            ? 1
            : 0;
    QVERIFY(inside > 100 && inside < 100'000);
    QCOMPARE(model.rowCount(), inside);
    qInfo("a brush over 100,000 points, list and histogram filled: %.1f ms of this thread", spent);
    QVERIFY2(spent < 400, qPrintable(QString::number(spent)));
}

DSCOPE_TEST(TestLabelModel)
#include "tst_labelmodel.moc"
