// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/analysis.h"
#include "tests/support/support.h"
#include "ui/jobs/thumbnailcache.h"
#include "ui/models/facemodel.h"
#include "ui/models/thresholdstate.h"
#include "ui/views/thumbnailwall.h"

#include <QScrollBar>
#include <QSignalSpy>
#include <QWheelEvent>

#include <algorithm>
#include <ctime>
#include <set>

using namespace dscope;
using namespace dscope::test;

class TestThumbnails : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void decodesWhatIsWanted();
    void stayWhenTheDocumentGrows();
    void staleRequestsAreDropped();
    void cacheKeepsItsLimit();
    void damagedThumbnail();
    void visibleFirst();
    void keyboard();
    void selection();
    void rubberBand();
    void zoom();
    void scrollsAHundredThousand();
};

namespace {
struct Wall {
    explicit Wall(const MadeAnalysis &wish = {}) : document(std::make_shared<const Document>(madeAnalysis(wish))), model(&state), view(&model, &cache, &state)
    {
        cache.setDocument(document);
        model.setDocument(document);
        view.resize(600, 400);
        view.show();
        Q_UNUSED(QTest::qWaitForWindowExposed(&view));
    }
    DocumentPtr document;
    ThresholdState state;
    ThumbnailCache cache;
    FaceModel model;
    ThumbnailWall view;
};
} // namespace

void TestThumbnails::decodesWhatIsWanted()
{
    ThumbnailCache cache;
    cache.setDocument(std::make_shared<const Document>(madeAnalysis()));
    QVERIFY(cache.image(3, 64).isNull());
    QSignalSpy arrived(&cache, &ThumbnailCache::arrived);
    cache.want(this, {3, 4, 5}, 64);
    QTRY_COMPARE(cache.decoded(), 3);
    QVERIFY(arrived.count() >= 1);
    QCOMPARE(cache.image(3, 64).size(), QSize(64, 64));
    // Another zoom: the old size stands in until the new one is there.
    QCOMPARE(cache.image(3, 96).size(), QSize(64, 64));
    cache.want(this, {3}, 96);
    QTRY_COMPARE(cache.image(3, 96).size(), QSize(96, 96));
}

/// When faces come on, the pictures of those that were there need no decoding again, whatever their numbers are now.
void TestThumbnails::stayWhenTheDocumentGrows()
{
    Analysis small = madeAnalysis({.groups = 2, .facesPerGroup = 5});
    for (Group &group : small.sources[0].groups)
        for (Element &element : group.elements) // the made ones are shared between faces
            element.thumbnail = std::make_shared<const std::vector<std::uint8_t>>(*element.thumbnail);
    Analysis grown = small;
    Group more = madeAnalysis({.groups = 1, .facesPerGroup = 5, .seed = 9}).sources[0].groups[0];
    grown.sources[0].groups.insert(grown.sources[0].groups.begin(), more);
    grown.sources[0].groups[1].elements.erase(grown.sources[0].groups[1].elements.begin()); // one is gone
    grown.sources[0].groups[1].embeddings.erase(grown.sources[0].groups[1].embeddings.begin(), grown.sources[0].groups[1].embeddings.begin() + 32);
    const auto first = std::make_shared<const Document>(std::move(small));
    const auto second = std::make_shared<const Document>(std::move(grown));
    const std::vector<int> again = second->facesOf(*first);
    QCOMPARE(again, (std::vector<int>{-1, 5, 6, 7, 8, 9, 10, 11, 12, 13}));

    ThumbnailCache cache;
    cache.setDocument(first);
    cache.want(this, {0, 1, 9}, 64);
    QTRY_COMPARE(cache.decoded(), 3);
    const QImage image = cache.image(9, 64);
    cache.setDocument(second, again);
    QCOMPARE(cache.image(13, 64), image);
    QVERIFY(!cache.image(5, 64).isNull());
    QVERIFY(cache.image(0, 64).isNull() && cache.image(9, 64).isNull());
    QCOMPARE(cache.bytes(), 2 * image.sizeInBytes());
    cache.setDocument(first);
    QCOMPARE(cache.bytes(), qsizetype{0});
}

void TestThumbnails::staleRequestsAreDropped()
{
    ThumbnailCache cache;
    cache.setDocument(std::make_shared<const Document>(madeAnalysis({.groups = 20, .facesPerGroup = 500})));
    std::vector<int> first(9000);
    for (int i = 0; i < 9000; ++i)
        first[static_cast<std::size_t>(i)] = i;
    cache.want(this, first, 96);
    cache.want(this, {9990, 9991}, 96);
    QTRY_VERIFY(!cache.image(9990, 96).isNull() && !cache.image(9991, 96).isNull());
    QTRY_COMPARE(cache.pending(), 0);
    QVERIFY2(cache.decoded() < 3000, qPrintable(QString::number(cache.decoded())));
}

void TestThumbnails::cacheKeepsItsLimit()
{
    ThumbnailCache cache;
    cache.setDocument(std::make_shared<const Document>(madeAnalysis({.groups = 4, .facesPerGroup = 100})));
    cache.setLimit(20 * 64 * 64 * 4);
    for (int from = 0; from < 400; from += 50) {
        std::vector<int> faces;
        for (int face = from; face < from + 50; ++face)
            faces.push_back(face);
        cache.want(this, faces, 64);
        QTRY_COMPARE(cache.pending(), 0);
        QVERIFY(cache.bytes() <= cache.limit());
    }
    QCOMPARE(cache.decoded(), 400);
    QVERIFY(cache.bytes() > 0);
}

void TestThumbnails::damagedThumbnail()
{
    Analysis analysis = madeAnalysis();
    analysis.sources[0].groups[0].elements[0].thumbnail = std::make_shared<const std::vector<std::uint8_t>>(std::vector<std::uint8_t>{0xff, 0xd8, 1, 2, 3});
    ThumbnailCache cache;
    cache.setDocument(std::make_shared<const Document>(analysis));
    cache.want(this, {0}, 64);
    QTRY_VERIFY(!cache.image(0, 64).isNull());
}

void TestThumbnails::visibleFirst()
{
    Wall wall({.groups = 20, .facesPerGroup = 200});
    // The wall asks again when its size settles: wait until nothing has come for a while.
    for (qint64 last = -1; last != wall.cache.decoded() || last == 0;) {
        last = wall.cache.decoded();
        QTest::qWait(150);
        QTRY_COMPARE(wall.cache.pending(), 0);
    }
    wall.view.verticalScrollBar()->setValue(wall.view.verticalScrollBar()->maximum() / 2);
    const qint64 before = wall.cache.decoded();
    const auto [first, last] = wall.view.visibleRows();
    std::set<int> visible;
    for (int row = first; row <= last; ++row)
        visible.insert(wall.model.faceAt(row));
    QTRY_VERIFY(wall.cache.decoded() >= before + static_cast<qint64>(visible.size()) && wall.cache.pending() == 0);
    // What is visible is handed out first. Two workers take eight each, and on a busy machine one of them may come late with its eight.
    const auto &history = wall.cache.history();
    const std::size_t bound = static_cast<std::size_t>(before) + visible.size() + 16;
    const std::size_t shown = visible.size();
    QVERIFY(shown > 16);
    for (std::size_t i = static_cast<std::size_t>(before); i < std::min(history.size(), bound); ++i)
        visible.erase(history[i]);
    QVERIFY2(visible.size() <= 8, qPrintable(QStringLiteral("%1 of %2").arg(visible.size()).arg(shown)));
    for (std::size_t i = bound; i < history.size(); ++i)
        visible.erase(history[i]);
    QVERIFY(visible.empty());
    // And most of the 4,000 were never decoded.
    QVERIFY(wall.cache.decoded() < 400);
}

void TestThumbnails::keyboard()
{
    Wall wall;
    wall.view.setFocus();
    const int columns = wall.view.columns();
    QVERIFY(columns > 2);
    wall.view.setCurrentIndex(wall.model.index(0));
    QSignalSpy chosen(&wall.view, &ThumbnailWall::faceChosen);
    QTest::keyClick(&wall.view, Qt::Key_Right);
    QCOMPARE(wall.view.currentIndex().row(), 1);
    QCOMPARE(chosen.last()[0].toInt(), wall.model.faceAt(1));
    QTest::keyClick(&wall.view, Qt::Key_Down);
    QCOMPARE(wall.view.currentIndex().row(), 1 + columns);
    QTest::keyClick(&wall.view, Qt::Key_Up);
    QTest::keyClick(&wall.view, Qt::Key_Up);
    QCOMPARE(wall.view.currentIndex().row(), 1);
    QTest::keyClick(&wall.view, Qt::Key_End);
    QCOMPARE(wall.view.currentIndex().row(), wall.model.rowCount() - 1);
    QVERIFY(wall.view.viewport()->rect().contains(wall.view.visualRect(wall.view.currentIndex())));
    QTest::keyClick(&wall.view, Qt::Key_Home);
    QCOMPARE(wall.view.currentIndex().row(), 0);
    QTest::keyClick(&wall.view, Qt::Key_PageDown);
    QVERIFY(wall.view.currentIndex().row() >= columns);
}

void TestThumbnails::selection()
{
    Wall wall;
    const auto at = [&](int row) { return wall.view.visualRect(wall.model.index(row)).center(); };
    QTest::mouseClick(wall.view.viewport(), Qt::LeftButton, {}, at(1));
    QCOMPARE(wall.view.currentIndex().row(), 1);
    QTest::mouseClick(wall.view.viewport(), Qt::LeftButton, Qt::ShiftModifier, at(6));
    QCOMPARE(wall.view.selectionModel()->selectedIndexes().size(), 6);
    QTest::mouseClick(wall.view.viewport(), Qt::LeftButton, Qt::ControlModifier, at(3));
    QCOMPARE(wall.view.selectionModel()->selectedIndexes().size(), 5);
    wall.view.selectAll();
    QCOMPARE(wall.view.selectionModel()->selectedIndexes().size(), wall.model.rowCount());
}

void TestThumbnails::rubberBand()
{
    Wall wall({.groups = 1, .facesPerGroup = 3});
    const QRect second = wall.view.visualRect(wall.model.index(1));
    const QRect third = wall.view.visualRect(wall.model.index(2));
    // From the empty space below up into the second and third cell.
    const QPoint from(third.right() - 4, third.bottom() + 60);
    QTest::mousePress(wall.view.viewport(), Qt::LeftButton, {}, from);
    QTest::mouseMove(wall.view.viewport(), QPoint(second.left() + 10, second.bottom() + 20));
    QTest::mouseMove(wall.view.viewport(), QPoint(second.left() + 10, second.center().y()));
    QTest::mouseRelease(wall.view.viewport(), Qt::LeftButton, {}, QPoint(second.left() + 10, second.center().y()));
    QCOMPARE(wall.view.selectionModel()->selectedIndexes().size(), 2);
    QVERIFY(wall.view.selectionModel()->isSelected(wall.model.index(2)));
}

void TestThumbnails::zoom()
{
    Wall wall;
    const int before = wall.view.zoom();
    const int columns = wall.view.columns();
    QWheelEvent wheel(QPointF(50, 50), wall.view.viewport()->mapToGlobal(QPointF(50, 50)), {}, QPoint(0, 120), Qt::NoButton, Qt::ControlModifier,
                      Qt::NoScrollPhase, false);
    for (int i = 0; i < 6; ++i)
        QCoreApplication::sendEvent(wall.view.viewport(), &wheel);
    QVERIFY(wall.view.zoom() > before);
    QVERIFY(wall.view.columns() < columns);
    wall.view.setZoom(10'000);
    QCOMPARE(wall.view.zoom(), ThumbnailWall::largest);
    wall.view.setZoom(0);
    QCOMPARE(wall.view.zoom(), ThumbnailWall::smallest);
    // What was current before is still to be seen after a zoom.
    wall.view.setCurrentIndex(wall.model.index(100));
    wall.view.setZoom(200);
    QVERIFY(wall.view.viewport()->rect().intersects(wall.view.visualRect(wall.model.index(100))));
}

void TestThumbnails::scrollsAHundredThousand()
{
    Wall wall({.groups = 100, .facesPerGroup = 1000, .dim = 2});
    QScrollBar *bar = wall.view.verticalScrollBar();
    QVERIFY(bar->maximum() > 100'000);
    std::vector<double> times;
    const auto threadMs = [] { // processor time: what the view needs, however busy the machine is
        timespec time{};
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
        return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_nsec) / 1e6;
    };
    for (int i = 0; i < 60; ++i) {
        const double before = threadMs();
        bar->setValue(static_cast<int>(static_cast<qint64>(bar->maximum()) * i / 60));
        wall.view.viewport()->repaint();
        QCoreApplication::processEvents();
        times.push_back(threadMs() - before);
    }
    std::sort(times.begin(), times.end());
    qInfo("a jump through 100,000 faces: median %.2f ms, slowest %.2f ms", times[times.size() / 2], times.back());
    QVERIFY2(times[times.size() / 2] < 16, qPrintable(QString::number(times[times.size() / 2])));
    QVERIFY(wall.view.indexAt(QPoint(60, 60)).isValid());
}

DSCOPE_TEST(TestThumbnails)
#include "tst_thumbnails.moc"
