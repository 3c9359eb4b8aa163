// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/csv.h"
#include "core/base/files.h"
#include "tests/support/labeltest.h"
#include "tests/support/support.h"
#include "tests/support/widgets.h"
#include "ui/jobs/job.h"
#include "ui/jobs/thumbnailcache.h"
#include "ui/models/labelmodel.h"
#include "ui/plots/labelhistogram.h"
#include "ui/plots/scatterplot.h"
#include "ui/views/comparestrip.h"
#include "ui/views/noticebar.h"

#include <QAction>
#include <QCheckBox>
#include <QComboBox>
#include <QFileDialog>
#include <QLabel>
#include <QLineEdit>
#include <QMessageBox>
#include <QMimeData>
#include <QPushButton>
#include <QSettings>
#include <QSignalSpy>
#include <QSpinBox>
#include <QTemporaryDir>
#include <QToolButton>
#include <QTreeView>
#include <QWheelEvent>

#include <fstream>

using namespace dscope;
using namespace dscope::test;

class TestLabelPage : public LabelTest {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { QVERIFY(m_settings.isValid()); }
    void init() { begin(); }
    void cleanup() { m_page.reset(); }
    void emptyPageSaysWhatToDo();
    void opensTargets();
    void missingPicturesStillShowScores();
    void brushFiltersTheList();
    void histogramBrush();
    void listAndScatterFollowEachOther();
    void compareShowsThree();
    void zoomAndPan();
    void deleteUndoRedo();
    void savesExclusions();
    void exportsTheSelection();
    void unsavedExclusionsAreAskedFor();
    void dropsOnThePage();
    void thumbnailsComeLazily();
    void namesForEverybody();

private:
    /// Types a name into the open file dialog and accepts it.
    void answerDialog(const QString &file);
    /// A page with the made set open.
    void openMade(MadeLabels wish = {});
};

void TestLabelPage::answerDialog(const QString &file)
{
    QFileDialog *dialog = openDialog(*m_page);
    QVERIFY(dialog != nullptr);
    dialog->setDirectory(m_folder->path());
    dialog->findChild<QLineEdit *>(QStringLiteral("fileNameEdit"))->setText(file);
    QMetaObject::invokeMethod(dialog, "accept");
}

void TestLabelPage::openMade(MadeLabels wish)
{
    wish.files = path("faces");
    const std::filesystem::path file = written(wish);
    QSignalSpy opened(m_page.get(), &LabelPage::opened);
    m_page->openTargets(file);
    QVERIFY(opened.count() == 1 || opened.wait(10'000));
    QVERIFY(m_page->settle(10'000));
}

void TestLabelPage::emptyPageSaysWhatToDo()
{
    QVERIFY(find<QWidget>("labelSetup")->isVisible());
    QVERIFY(!find<QPushButton>("labelStart")->isEnabled());
    QVERIFY(find<QPushButton>("labelOpen")->isEnabled());
    QVERIFY(!find<QAction>("labelSaveExclusions")->isEnabled());
    QVERIFY(!find<QAction>("labelExclude")->isEnabled());
    // The base that would be used is named.
    QVERIFY(find<QComboBox>("labelBase")->currentText().contains(QStringLiteral("made-base")) || find<QComboBox>("labelBase")->count() > 1);
    QTest::keyClicks(find<QLineEdit>("labelData"), QString::fromStdString(path("faces").string()));
    QCOMPARE(find<QLineEdit>("labelOut")->text(), QString::fromStdString(path("faces.targets").string()));
    QVERIFY(find<QPushButton>("labelStart")->isEnabled());
    // A name of the user's own stays.
    find<QLineEdit>("labelOut")->selectAll();
    QTest::keyClicks(find<QLineEdit>("labelOut"), QStringLiteral("/tmp/mine.targets"));
    QTest::keyClicks(find<QLineEdit>("labelData"), QStringLiteral("2"));
    QCOMPARE(find<QLineEdit>("labelOut")->text(), QStringLiteral("/tmp/mine.targets"));
}

void TestLabelPage::opensTargets()
{
    openMade({.single = true});
    QCOMPARE(list()->model()->rowCount(), 20);
    QVERIFY(m_page->windowTitle().startsWith(QStringLiteral("made.targets")));
    QVERIFY(find<QLabel>("labelCaption")->text().contains(QStringLiteral("20 pictures")));
    // The least discriminative one is current from the start.
    QCOMPARE(m_page->state().current(), 19);
    QVERIFY(find<QCheckBox>("showAlone")->isVisible());
    QTest::mouseClick(find<QCheckBox>("showAlone"), Qt::LeftButton, {}, QPoint(8, find<QCheckBox>("showAlone")->height() / 2));
    QCOMPARE(list()->model()->rowCount(), 21);
    // Another one, as files are found by their content.
    std::filesystem::copy_file(path("made.targets"), path("other.safetensors"));
    QVERIFY(LabelPage::opens(path("other.safetensors")));
    writeAtomically(path("no.safetensors"), "nothing");
    QVERIFY(!LabelPage::opens(path("no.safetensors")));
    QVERIFY(!LabelPage::opens(path("faces")));
}

void TestLabelPage::missingPicturesStillShowScores()
{
    const std::filesystem::path file = written(); // in /nowhere
    QSignalSpy opened(m_page.get(), &LabelPage::opened);
    m_page->openTargets(file);
    QVERIFY(opened.count() == 1 || opened.wait(10'000));
    QCOMPARE(list()->model()->rowCount(), 20);
    const QStringList notices = m_page->findChild<NoticeBar *>()->texts();
    QVERIFY(notices.size() == 1 && notices.front().contains(QStringLiteral("/nowhere")));
}

void TestLabelPage::brushFiltersTheList()
{
    openMade();
    auto *scatter = m_page->findChild<ScatterPlot *>();
    // Around the two least pictures of person D.
    const QPoint a = scatter->pointOf(19) + QPoint(-8, -8);
    const QPoint b = scatter->pointOf(18) + QPoint(8, 8);
    QTest::mousePress(scatter, Qt::LeftButton, {}, a);
    QTest::mouseMove(scatter, (a + b) / 2);
    QTest::mouseMove(scatter, b);
    QCOMPARE(list()->model()->rowCount(), 20); // not before the button is released
    QTest::mouseRelease(scatter, Qt::LeftButton, {}, b);
    QCOMPARE(m_page->state().brushed(), (std::vector<int>{19, 18}));
    QCOMPARE(list()->model()->rowCount(), 2);
    QVERIFY(find<QLabel>("labelCaption")->text().contains(QStringLiteral("2 pictures selected")));
    QVERIFY(find<QToolButton>("clearBrush")->isVisible());
    QTest::keyClick(list(), Qt::Key_Escape);
    QCOMPARE(list()->model()->rowCount(), 20);
    QVERIFY(!scatter->brush().has_value());
    // A click where no point is drops the brush as well.
    m_page->state().setBrush({1});
    QTest::mouseClick(scatter, Qt::LeftButton, {}, (scatter->pointOf(0) + scatter->pointOf(6)) / 2);
    QVERIFY(!m_page->state().hasBrush());
}

void TestLabelPage::histogramBrush()
{
    openMade();
    auto *histogram = m_page->findChild<LabelHistogram *>();
    double total = 0;
    for (const double count : histogram->counts())
        total += count;
    QCOMPARE(total, 20.0);
    const int y = histogram->axisRect()->center().y();
    const QPoint from(qRound(histogram->xAxis->coordToPixel(0.02)), y);
    const QPoint to(qRound(histogram->xAxis->coordToPixel(0.25)), y);
    QTest::mousePress(histogram, Qt::LeftButton, {}, from);
    QTest::mouseMove(histogram, (from + to) / 2);
    QTest::mouseMove(histogram, to);
    QTest::mouseRelease(histogram, Qt::LeftButton, {}, to);
    QVERIFY(histogram->brush().has_value());
    std::size_t inside = 0;
    for (int i = 0; i < 20; ++i) {
        const double score = m_page->state().set()->normalised(i);
        inside += score >= histogram->brush()->first && score <= histogram->brush()->second ? 1 : 0;
    }
    QVERIFY(inside > 0 && inside < 20);
    QCOMPARE(m_page->state().brushed().size(), inside);
    QVERIFY(!m_page->findChild<ScatterPlot *>()->brush().has_value());
    QTest::mouseClick(histogram, Qt::LeftButton, {}, to);
    QVERIFY(!m_page->state().hasBrush());
}

void TestLabelPage::listAndScatterFollowEachOther()
{
    openMade();
    auto *scatter = m_page->findChild<ScatterPlot *>();
    auto *model = m_page->findChild<LabelModel *>();
    QTest::mouseClick(scatter, Qt::LeftButton, {}, scatter->pointOf(7));
    QCOMPARE(m_page->state().current(), 7);
    QCOMPARE(model->pictureAt(list()->currentIndex().row()), 7);
    QVERIFY(list()->viewport()->rect().intersects(list()->visualRect(list()->currentIndex())));
    list()->setFocus();
    QTest::keyClick(list(), Qt::Key_Home);
    QCOMPARE(m_page->state().current(), 19);
    QTest::keyClick(list(), Qt::Key_Down, Qt::ShiftModifier);
    QTest::keyClick(list(), Qt::Key_Down, Qt::ShiftModifier);
    QCOMPARE(m_page->state().chosen().size(), std::size_t{3});
    // A point outside the brush brings the whole list back.
    m_page->state().setBrush({18, 19});
    QTest::mouseClick(scatter, Qt::LeftButton, {}, scatter->pointOf(0));
    QCOMPARE(m_page->state().current(), 0);
    QCOMPARE(model->rowCount(), 20);
}

void TestLabelPage::compareShowsThree()
{
    openMade();
    auto *compare = m_page->findChild<CompareStrip *>();
    QCOMPARE(compare->pictures(), (std::array<int, 3>{15, 19, 0}));
    QVERIFY(m_page->settle(5000));
    const QImage image = compare->grab().toImage();
    // Three different pictures, none a flat square.
    for (int number = 0; number < 3; ++number) {
        const QImage part = image.copy(compare->place(number).adjusted(3, 3, -3, -3));
        QSet<QRgb> colours;
        for (int x = 0; x < part.width(); x += 4)
            colours.insert(part.pixel(x, part.height() / 2));
        QVERIFY2(colours.size() > 5, qPrintable(QString::number(number)));
    }
    QTest::mouseClick(compare, Qt::LeftButton, {}, compare->place(2).center());
    QCOMPARE(m_page->state().current(), 0);
    QCOMPARE(compare->pictures(), (std::array<int, 3>{1, 0, 5}));
}

void TestLabelPage::zoomAndPan()
{
    openMade();
    auto *scatter = m_page->findChild<ScatterPlot *>();
    const QCPRange whole = scatter->xAxis->range();
    const QPoint at = scatter->pointOf(7);
    QWheelEvent wheel(at, scatter->mapToGlobal(at), {}, QPoint(0, 240), Qt::NoButton, Qt::NoModifier, Qt::NoScrollPhase, false);
    QCoreApplication::sendEvent(scatter, &wheel);
    QVERIFY(scatter->xAxis->range().size() < 0.7 * whole.size());
    QVERIFY((scatter->pointOf(7) - at).manhattanLength() <= 2); // what is under the pointer stays there
    const double lower = scatter->xAxis->range().lower;
    QTest::mousePress(scatter, Qt::RightButton, {}, at);
    QTest::mouseMove(scatter, at + QPoint(30, 0));
    QTest::mouseRelease(scatter, Qt::RightButton, {}, at + QPoint(30, 0));
    QVERIFY(scatter->xAxis->range().lower < lower);
    QVERIFY(!m_page->state().hasBrush());
    QTest::mouseClick(find<QToolButton>("scatterMove"), Qt::LeftButton);
    QTest::mousePress(scatter, Qt::LeftButton, {}, at);
    QTest::mouseMove(scatter, at + QPoint(0, 40));
    QTest::mouseRelease(scatter, Qt::LeftButton, {}, at + QPoint(0, 40));
    QVERIFY(!m_page->state().hasBrush());
    QTest::mouseDClick(scatter, Qt::LeftButton, {}, at);
    QCOMPARE(scatter->xAxis->range().size(), whole.size());
    scatter->setFocus();
    QTest::keyClick(scatter, Qt::Key_Plus);
    QVERIFY(scatter->xAxis->range().size() < whole.size());
    QTest::keyClick(scatter, Qt::Key_0);
    QCOMPARE(scatter->xAxis->range().size(), whole.size());
}

void TestLabelPage::deleteUndoRedo()
{
    openMade();
    list()->setFocus();
    QTest::keyClick(list(), Qt::Key_Home);
    QTest::keyClick(list(), Qt::Key_Delete);
    // On to the next one.
    QCOMPARE(m_page->state().current(), m_page->state().shown()[1]);
    QTest::keyClick(list(), Qt::Key_Delete);
    QCOMPARE(m_page->state().excludedCount(), 2);
    QVERIFY(m_page->state().isExcluded(19));
    QVERIFY(m_page->isWindowModified());
    QVERIFY(list()->model()->index(0, 0).data(LabelModel::ExcludedRole).toBool());
    QVERIFY(list()->model()->index(0, 0).data(Qt::AccessibleTextRole).toString().contains(QStringLiteral("excluded")));
    QTest::keyClick(m_page.get(), Qt::Key_Z, Qt::ControlModifier);
    QCOMPARE(m_page->state().excludedCount(), 1);
    QTest::keyClick(m_page.get(), Qt::Key_Z, Qt::ControlModifier | Qt::ShiftModifier);
    QCOMPARE(m_page->state().excludedCount(), 2);
    QTest::keyClick(list(), Qt::Key_Home);
    QTest::keyClick(list(), Qt::Key_Delete, Qt::ShiftModifier);
    QVERIFY(!m_page->state().isExcluded(19));
}

void TestLabelPage::savesExclusions()
{
    openMade();
    m_page->state().exclude({19, 4}, true);
    QSignalSpy done(m_page.get(), &LabelPage::written);
    find<QAction>("labelSaveExclusions")->trigger();
    answerDialog(QStringLiteral("out.csv"));
    QCOMPARE(done.count(), 1);
    const CsvTable table = readCsv(path("out.csv"));
    QCOMPARE(table.rows.size(), std::size_t{2});
    QCOMPARE(table.rows[0].cells[0], std::string("person A/4.jpg"));
    QVERIFY(!m_page->isWindowModified());
    // They come back into a page that has none.
    openMade();
    QCOMPARE(m_page->state().excludedCount(), 0);
    find<QAction>("labelOpenExclusions")->trigger();
    answerDialog(QStringLiteral("out.csv"));
    QCOMPARE(m_page->state().excludedPictures(), (std::vector<int>{4, 19}));
    // And the rest is a data set.
    find<QAction>("labelSaveCleaned")->trigger();
    answerDialog(QStringLiteral("cleaned.csv"));
    QCOMPARE(readFaceList(path("cleaned.csv")).size(), std::size_t{18});
}

void TestLabelPage::exportsTheSelection()
{
    openMade();
    m_page->state().setBrush({0, 19});
    QSignalSpy done(m_page.get(), &LabelPage::written);
    find<QAction>("labelExport")->trigger();
    answerDialog(QStringLiteral("sel.csv"));
    QCOMPARE(done.count(), 1);
    const CsvTable table = readCsv(path("sel.csv"));
    QCOMPARE(table.rows.size(), std::size_t{2});
    QCOMPARE(table.rows[0].cells[0], std::string("person D/4.jpg")); // the least first
    QCOMPARE(table.rows[0].cells[table.requireColumn({"confused_with"})], std::string("person A"));
    find<QAction>("export_scatter")->trigger();
    answerDialog(QStringLiteral("plot.png"));
    QCOMPARE(done.count(), 2);
    QVERIFY(!QImage(QString::fromStdString(path("plot.png").string())).isNull());
    // A folder that is a file: said, not crashed.
    find<QAction>("labelExport")->trigger();
    answerDialog(QString::fromStdString((path("sel.csv") / "x.csv").string()));
    QCOMPARE(done.count(), 2);
}

void TestLabelPage::unsavedExclusionsAreAskedFor()
{
    openMade();
    m_page->state().exclude({3}, true);
    m_page->close();
    QVERIFY(m_page->isVisible());
    auto *question = find<QMessageBox>("saveQuestion");
    QVERIFY(question != nullptr);
    QTest::mouseClick(question->button(QMessageBox::Cancel), Qt::LeftButton);
    QVERIFY(m_page->isVisible());
    QCOMPARE(m_page->state().excludedCount(), 1);
    QTRY_VERIFY(m_page->findChild<QMessageBox *>(QStringLiteral("saveQuestion")) == nullptr);
    m_page->close();
    question = find<QMessageBox>("saveQuestion");
    QTest::mouseClick(question->button(QMessageBox::Discard), Qt::LeftButton);
    QTRY_VERIFY(!m_page->isVisible());
}

void TestLabelPage::dropsOnThePage()
{
    const std::filesystem::path file = written({.files = path("faces")});
    const auto drop = [&](const std::filesystem::path &what) {
        QMimeData data;
        data.setUrls({QUrl::fromLocalFile(QString::fromStdString(what.string()))});
        QDragEnterEvent enter(QPoint(100, 100), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
        QCoreApplication::sendEvent(m_page.get(), &enter);
        QVERIFY(enter.isAccepted());
        QDropEvent event(QPointF(100, 100), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
        QCoreApplication::sendEvent(m_page.get(), &event);
    };
    drop(path("faces"));
    QCOMPARE(find<QLineEdit>("labelData")->text(), QString::fromStdString(path("faces").string()));
    QSignalSpy opened(m_page.get(), &LabelPage::opened);
    drop(file);
    QVERIFY(opened.count() == 1 || opened.wait(10'000));
    QCOMPARE(list()->model()->rowCount(), 20);
    // Back to the form and to the results again.
    find<QAction>("labelNew")->trigger();
    QVERIFY(find<QWidget>("labelSetup")->isVisible());
    QVERIFY(!find<QAction>("labelExport")->isEnabled());
    QTest::mouseClick(find<QPushButton>("labelBack"), Qt::LeftButton);
    QVERIFY(list()->isVisible());
}

void TestLabelPage::thumbnailsComeLazily()
{
    openMade({.people = 20, .perPerson = 30});
    auto *cache = m_page->findChild<ThumbnailCache *>();
    QVERIFY(m_page->settle(10'000));
    const qint64 first = cache->decoded();
    QVERIFY2(first > 10 && first < 150, qPrintable(QString::number(first)));
    // What is seen comes before what is near.
    list()->scrollToBottom();
    QVERIFY(m_page->settle(10'000));
    QVERIFY(cache->decoded() > first && cache->decoded() < 300);
    const QModelIndex last = list()->model()->index(list()->model()->rowCount() - 1, 0);
    QVERIFY(!cache->image(last.data(LabelModel::PictureRole).toInt(), 56).isNull());
}

void TestLabelPage::namesForEverybody()
{
    openMade();
    QStringList nameless;
    for (QWidget *widget : m_page->findChildren<QWidget *>())
        if (qobject_cast<QComboBox *>(widget) || qobject_cast<QSpinBox *>(widget) || qobject_cast<QTreeView *>(widget) || qobject_cast<QCustomPlot *>(widget)
            || (qobject_cast<QLineEdit *>(widget) && !qobject_cast<QAbstractSpinBox *>(widget->parentWidget())))
            if (widget->accessibleName().isEmpty() && !widget->objectName().startsWith(QStringLiteral("qt_")))
                nameless << QString::fromLatin1(widget->metaObject()->className()) + QLatin1Char(' ') + widget->objectName();
    QVERIFY2(nameless.isEmpty(), qPrintable(nameless.join(QStringLiteral(", "))));
    QHash<QKeySequence, QString> seen;
    for (QAction *action : m_page->findChildren<QAction *>())
        for (const QKeySequence &key : action->shortcuts()) {
            QVERIFY2(!seen.contains(key), qPrintable(key.toString() + QLatin1Char(' ') + action->text()));
            seen.insert(key, action->text());
        }
    QVERIFY(seen.size() > 8);
}

DSCOPE_TEST(TestLabelPage)
#include "tst_labelpage.moc"
