// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "tests/support/support.h"
#include "ui/jobs/job.h"
#include "ui/views/jobbar.h"

#include <QLabel>
#include <QProgressBar>
#include <QPushButton>
#include <QSemaphore>
#include <QSignalSpy>
#include <QThread>

#include <algorithm>
#include <atomic>
#include <memory>
#include <vector>

using namespace dscope;

class TestJobs : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void result();
    void failure();
    void newsOnTheWay();
    void cancelIsAcknowledgedAtOnce();
    void resultAfterCancelIsDropped();
    void ownerDestroyed();
    void progressStageNotice();
    void manyCheckpointsDoNotFloodTheQueue();
    void timeLeft_data();
    void timeLeft();
    void barAppearsLate();
    void barCancels();
};

void TestJobs::result()
{
    int got = 0;
    QThread *deliveredOn = nullptr;
    QThread *workedOn = nullptr;
    Job *job = Job::start(
        this, QStringLiteral("x"),
        [&](Progress &) {
            workedOn = QThread::currentThread();
            return 42;
        },
        [&](int value) {
            got = value;
            deliveredOn = QThread::currentThread();
        });
    QSignalSpy finished(job, &Job::finished);
    QSignalSpy destroyed(job, &QObject::destroyed);
    QVERIFY(finished.wait(5000));
    QCOMPARE(got, 42);
    QCOMPARE(deliveredOn, thread());
    QVERIFY(workedOn != thread());
    QTRY_COMPARE(destroyed.count(), 1);
}

void TestJobs::failure()
{
    bool delivered = false;
    Job *job = Job::start(
        this, QStringLiteral("x"), [](Progress &) -> int { throw Error("clip.mp4: it is broken"); }, [&](int) { delivered = true; });
    QSignalSpy failed(job, &Job::failed);
    QVERIFY(failed.wait(5000));
    QCOMPARE(failed[0][0].toString(), QStringLiteral("clip.mp4: it is broken"));
    QVERIFY(!delivered);
}

/// News come in order, the newest alone where several wait, the last before the end, and none to an owner that is gone.
void TestJobs::newsOnTheWay()
{
    QObject owner;
    std::vector<int> heard;
    std::atomic<bool> go{false};
    int result = 0;
    Job *job = Job::startTelling<int>(
        &owner, QStringLiteral("telling"),
        [&](Progress &, const auto &tell) {
            tell(1);
            while (!go)
                QThread::msleep(1);
            for (int i = 2; i <= 1000; ++i)
                tell(i);
            return 7;
        },
        [&](int news) {
            heard.push_back(news);
            QCOMPARE(QThread::currentThread(), owner.thread());
            go = true;
        },
        [&](int value) { result = value; });
    QSignalSpy over(job, &Job::over);
    QVERIFY(over.wait(10'000));
    QCOMPARE(result, 7);
    QVERIFY(heard.size() >= 2 && std::is_sorted(heard.begin(), heard.end()));
    QCOMPARE(heard.front(), 1);
    QCOMPARE(heard.back(), 1000);

    // After cancel() what the work leaves is still heard.
    int left = 0;
    std::atomic<bool> begun{false};
    job = Job::startTelling<int>(
        &owner, QStringLiteral("leaving"),
        [&](Progress &task, const auto &tell) {
            begun = true;
            try {
                for (;;) {
                    task.throwIfCancelled();
                    QThread::msleep(1);
                }
            } catch (const Cancelled &) {
                tell(5);
                throw;
            }
        },
        [&](int news) { left = news; }, [] { QFAIL("delivered"); });
    QSignalSpy cancelled(job, &Job::cancelled);
    QTRY_VERIFY(begun.load()); // cancelled before that, it would not even begin
    job->cancel();
    QVERIFY(cancelled.wait(10'000));
    QCOMPARE(left, 5);

    auto gone = std::make_unique<QObject>();
    std::atomic<bool> ended{false};
    begun = false;
    Job::startTelling<int>(
        gone.get(), QStringLiteral("gone"),
        [&](Progress &task, const auto &tell) {
            begun = true;
            while (!task.cancelled())
                QThread::msleep(1);
            tell(1);
            ended = true;
        },
        [](int) { QFAIL("heard by nobody"); }, [] {});
    QTRY_VERIFY(begun.load());
    gone.reset();
    QTRY_VERIFY(ended.load());
    QTest::qWait(20);
}

void TestJobs::cancelIsAcknowledgedAtOnce()
{
    QSemaphore begun;
    std::atomic<bool> stopped{false};
    Job *job = Job::start(
        this, QStringLiteral("x"),
        [&](Progress &task) {
            begun.release();
            try {
                for (int i = 0;; ++i) {
                    QThread::msleep(150);
                    task.checkpoint(i, 0);
                }
            } catch (const Cancelled &) {
                stopped = true;
                throw;
            }
        },
        [] { QFAIL("there is no result"); });
    begun.acquire();
    QSignalSpy state(job, &Job::stateChanged);
    QSignalSpy cancelled(job, &Job::cancelled);
    QElapsedTimer timer;
    timer.start();
    job->cancel();
    QCOMPARE(state.count(), 1);
    QCOMPARE(job->state(), Job::State::Cancelling);
    QVERIFY(timer.elapsed() < 200);
    QVERIFY(cancelled.wait(5000));
    QVERIFY(stopped.load());
}

void TestJobs::resultAfterCancelIsDropped()
{
    QSemaphore begun;
    QSemaphore go;
    Job *job = Job::start(
        this, QStringLiteral("x"),
        [&](Progress &) {
            begun.release();
            go.acquire();
            return 1;
        },
        [](int) { QFAIL("the result of cancelled work was delivered"); });
    QSignalSpy cancelled(job, &Job::cancelled);
    begun.acquire();
    job->cancel();
    go.release();
    QVERIFY(cancelled.wait(5000));
}

void TestJobs::ownerDestroyed()
{
    std::atomic<bool> sawCancel{false};
    QSemaphore begun;
    QSemaphore ended;
    auto owner = std::make_unique<QObject>();
    Job::start(
        owner.get(), QStringLiteral("x"),
        [&](Progress &task) {
            begun.release();
            while (!task.cancelled())
                QThread::msleep(2);
            sawCancel = true;
            task.notice("nobody hears this");
            ended.release();
        },
        [] { QFAIL("the owner is gone"); });
    begun.acquire();
    owner.reset();
    QVERIFY(ended.tryAcquire(1, 5000));
    QVERIFY(sawCancel.load());
    QTest::qWait(30); // whatever was posted would arrive now
}

void TestJobs::progressStageNotice()
{
    QSemaphore go;
    Job *job = Job::start(
        this, QStringLiteral("x"),
        [&](Progress &task) {
            task.stage("Detecting faces");
            task.notice("working on the CPU");
            task.checkpoint(3, 10);
            go.acquire();
        },
        [] {});
    QSignalSpy stage(job, &Job::stage);
    QSignalSpy notice(job, &Job::notice);
    QSignalSpy progress(job, &Job::progress);
    QTRY_COMPARE(progress.count(), 1);
    QCOMPARE(stage[0][0].toString(), QStringLiteral("Detecting faces"));
    QCOMPARE(notice[0][0].toString(), QStringLiteral("working on the CPU"));
    QCOMPARE(progress[0][0].toLongLong(), 3);
    QCOMPARE(progress[0][1].toLongLong(), 10);
    QSignalSpy over(job, &Job::over);
    go.release();
    QVERIFY(over.wait(5000));
}

void TestJobs::manyCheckpointsDoNotFloodTheQueue()
{
    Job *job = Job::start(
        this, QStringLiteral("x"),
        [](Progress &task) {
            for (int i = 1; i <= 200'000; ++i)
                task.checkpoint(i, 200'000);
        },
        [] {});
    QSignalSpy progress(job, &Job::progress);
    QSignalSpy over(job, &Job::over);
    QThread::msleep(50); // nothing is taken from the queue meanwhile
    QVERIFY(over.wait(10'000));
    QVERIFY2(progress.count() < 20'000, qPrintable(QString::number(progress.count())));
    QCOMPARE(progress.last()[0].toLongLong(), 200'000);
}

void TestJobs::timeLeft_data()
{
    QTest::addColumn<qint64>("from");
    QTest::newRow("from the start") << qint64{0};
    QTest::newRow("going on") << qint64{96};
}

void TestJobs::timeLeft()
{
    QFETCH(qint64, from);
    QSemaphore told;
    QSemaphore go;
    Job *job = Job::start(
        this, QStringLiteral("x"),
        [&](Progress &task) {
            task.checkpoint(from, from + 4); // some was done before: it says nothing of the speed
            told.acquire();
            task.checkpoint(from + 1, from + 4);
            go.acquire();
        },
        [] {});
    QSignalSpy progress(job, &Job::progress);
    QVERIFY(progress.wait(5000));
    QVERIFY(!job->leftMs().has_value());
    told.release();
    QTRY_COMPARE(job->done(), from + 1);
    QVERIFY(!job->leftMs().has_value()); // too early to say
    QTest::qWait(1100);
    const auto left = job->leftMs();
    QVERIFY(left.has_value());
    // A quarter of the rest took a good second, so three quarters take three times as long.
    QVERIFY(*left > 3000 && *left < 12'000);
    QSignalSpy over(job, &Job::over);
    go.release();
    QVERIFY(over.wait(5000));
    QCOMPARE(timeLeftText(3000), JobBar::tr("a few seconds left"));
    QCOMPARE(timeLeftText(58'000), JobBar::tr("about %1 s left").arg(60));
    QCOMPARE(timeLeftText(300'000), JobBar::tr("about %1 min left").arg(5));
}

void TestJobs::barAppearsLate()
{
    JobBar bar;
    QSemaphore go;
    Job *job = Job::start(
        this, QStringLiteral("Reading"),
        [&](Progress &task) {
            task.checkpoint(5, 10);
            go.acquire();
        },
        [] {});
    bar.follow(job);
    QTest::qWait(200);
    QVERIFY(!bar.isVisible());
    QTRY_VERIFY_WITH_TIMEOUT(bar.isVisible(), 2000);
    QCOMPARE(bar.text(), QStringLiteral("Reading"));
    QCOMPARE(bar.findChild<QProgressBar *>()->value(), 500);
    go.release();
    QTRY_VERIFY_WITH_TIMEOUT(!bar.isVisible(), 2000);
}

void TestJobs::barCancels()
{
    JobBar bar;
    Job *job = Job::start(
        this, QStringLiteral("Reading"),
        [](Progress &task) {
            for (;;) {
                task.throwIfCancelled();
                QThread::msleep(20);
            }
        },
        [] {});
    bar.follow(job);
    QSignalSpy cancelled(job, &Job::cancelled);
    QTRY_VERIFY_WITH_TIMEOUT(bar.isVisible(), 2000);
    auto *cancel = bar.findChild<QPushButton *>(QStringLiteral("cancel"));
    QTest::mouseClick(cancel, Qt::LeftButton);
    QCOMPARE(bar.text(), JobBar::tr("Cancelling…"));
    QVERIFY(!cancel->isEnabled());
    QVERIFY(cancelled.wait(5000));
    QTRY_VERIFY(!bar.isVisible());
}

DSCOPE_TEST(TestJobs)
#include "tst_jobs.moc"
