// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/base/parallel.h"
#include "core/base/progress.h"
#include "tests/support/support.h"

#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

using namespace dscope;

namespace {
class Recorder : public Progress {
public:
    std::vector<std::pair<std::int64_t, std::int64_t>> progress;
    std::vector<std::string> stages;
    std::vector<std::string> heard;
    std::thread::id thread = std::this_thread::get_id();
    bool elsewhere = false;

protected:
    void onProgress(std::int64_t done, std::int64_t total) override
    {
        elsewhere = elsewhere || std::this_thread::get_id() != thread;
        progress.emplace_back(done, total);
    }
    void onStage(const std::string &name) override { stages.push_back(name); }
    void onNotice(const std::string &text) override { heard.push_back(text); }
};
} // namespace

class TestProgress : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void reports()
    {
        Recorder task;
        task.stage("Scoring");
        task.checkpoint(1, 3);
        task.checkpoint(3, 3);
        task.notice("a");
        task.notice("b");
        QCOMPARE(task.stages, std::vector<std::string>{"Scoring"});
        QCOMPARE(task.progress, (std::vector<std::pair<std::int64_t, std::int64_t>>{{1, 3}, {3, 3}}));
        QCOMPARE(task.notices(), (std::vector<std::string>{"a", "b"}));
        QCOMPARE(task.heard, task.notices());
    }

    void cancels()
    {
        Recorder task;
        QVERIFY(!task.cancelled());
        std::thread([&] { task.cancel(); }).join();
        QVERIFY(task.cancelled());
        QVERIFY_THROWS_EXCEPTION(Cancelled, task.checkpoint(0, 1));
        QVERIFY_THROWS_EXCEPTION(Cancelled, task.throwIfCancelled());
        QVERIFY_THROWS_EXCEPTION(Cancelled, task.stage("x"));
        QVERIFY(task.progress.empty() && task.stages.empty());
    }

    void parallelVisitsEachOnce()
    {
        for (const std::int64_t count : {0, 1, 7, 64, 1000}) {
            std::vector<std::atomic<int>> visits(static_cast<std::size_t>(count));
            Recorder task;
            parallelFor(count, 10, task, [&](std::int64_t begin, std::int64_t end) {
                for (std::int64_t i = begin; i < end; ++i)
                    ++visits[static_cast<std::size_t>(i)];
            });
            for (const auto &visit : visits)
                QCOMPARE(visit.load(), 1);
            QCOMPARE(task.progress.back(), (std::pair<std::int64_t, std::int64_t>{count, count}));
            QVERIFY(!task.elsewhere);
        }
    }

    void parallelPassesFailuresOn()
    {
        Progress task;
        std::atomic<int> pieces{0};
        QVERIFY_THROWS_EXCEPTION(Error, parallelFor(100000, 1, task, [&](std::int64_t begin, std::int64_t) {
                                     ++pieces;
                                     if (begin == 3)
                                         throw Error("piece 3");
                                 }));
        QVERIFY(pieces < 100000);
    }

    void parallelStopsWhenCancelled()
    {
        Progress task;
        std::atomic<int> pieces{0};
        QVERIFY_THROWS_EXCEPTION(Cancelled, parallelFor(1000000, 1, task, [&](std::int64_t, std::int64_t) {
                                     if (++pieces == 5)
                                         task.cancel();
                                     std::this_thread::sleep_for(std::chrono::microseconds(50));
                                 }));
        QVERIFY2(pieces < 1000, qPrintable(QString::number(pieces.load())));
    }
};

DSCOPE_TEST(TestProgress)
#include "tst_progress.moc"
