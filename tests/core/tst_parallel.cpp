// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/support.h"

#include "core/base/device.h"
#include "core/base/error.h"
#include "core/base/parallel.h"

#include <atomic>
#include <numeric>
#include <stdexcept>
#include <thread>
#include <vector>

using namespace dscope;

class TestParallel : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void everyPieceOnce_data()
    {
        QTest::addColumn<int>("count");
        QTest::addColumn<int>("piece");
        QTest::newRow("nothing") << 0 << 4;
        QTest::newRow("less than a piece") << 3 << 4;
        QTest::newRow("even") << 64 << 4;
        QTest::newRow("a rest") << 1003 << 7;
        QTest::newRow("one by one") << 50 << 1;
    }
    void everyPieceOnce()
    {
        QFETCH(int, count);
        QFETCH(int, piece);
        std::vector<int> seen(static_cast<std::size_t>(count), 0);
        std::atomic<bool> sound{true};
        Progress progress;
        parallelFor(count, piece, progress, [&](std::int64_t begin, std::int64_t end) {
            if (begin >= end || end - begin > piece || begin < 0 || end > count)
                sound = false;
            for (std::int64_t i = begin; i < end; ++i)
                ++seen[static_cast<std::size_t>(i)];
        });
        QVERIFY(sound);
        QVERIFY(std::all_of(seen.begin(), seen.end(), [](int times) { return times == 1; }));
    }

    void theFirstExceptionComesBack()
    {
        Progress progress;
        std::atomic<int> running{0};
        QVERIFY_THROWS_EXCEPTION(std::runtime_error, parallelFor(1000, 1, progress, [&](std::int64_t begin, std::int64_t) {
                                     ++running;
                                     if (begin == 17) {
                                         --running;
                                         throw std::runtime_error("piece 17");
                                     }
                                     --running;
                                 }));
        QCOMPARE(running.load(), 0); // no thread outlives the call
    }

    void cancelEndsIt()
    {
        Progress progress;
        std::atomic<int> pieces{0};
        QVERIFY_THROWS_EXCEPTION(Cancelled, parallelFor(1'000'000, 1, progress, [&](std::int64_t, std::int64_t) {
                                     if (++pieces == 5)
                                         progress.cancel();
                                     std::this_thread::sleep_for(std::chrono::microseconds(50));
                                 }));
        QVERIFY2(pieces < 10'000, QByteArray::number(pieces.load()).constData());
    }

    /// Threads stay from call to call; nothing of one call is left to the next, whoever calls from where.
    void manyCallsFromManyThreads()
    {
        setThreads(4);
        std::atomic<int> wrong{0};
        std::vector<std::thread> callers;
        for (int caller = 0; caller < 4; ++caller)
            callers.emplace_back([&wrong, caller] {
                for (int call = 0; call < 400; ++call) {
                    Progress progress;
                    const std::int64_t count = (caller * 31 + call * 7) % 90;
                    std::vector<std::int64_t> seen(static_cast<std::size_t>(count), 0);
                    try {
                        parallelFor(count, 3, progress, [&](std::int64_t begin, std::int64_t end) {
                            // Each piece has threads of its own in turn.
                            Progress inner;
                            std::atomic<std::int64_t> sum{0};
                            parallelFor(5, 1, inner, [&](std::int64_t from, std::int64_t) { sum += from; });
                            for (std::int64_t i = begin; i < end; ++i)
                                seen[static_cast<std::size_t>(i)] += sum - 9;
                            if (call % 10 == 3 && begin >= 30)
                                throw std::runtime_error("enough");
                        });
                        if (call % 10 == 3 && count > 30)
                            ++wrong;
                        for (const std::int64_t times : seen)
                            wrong += times == 1 ? 0 : 1;
                    } catch (const std::runtime_error &) {
                        if (call % 10 != 3 || count <= 30)
                            ++wrong;
                    }
                }
            });
        for (std::thread &caller : callers)
            caller.join();
        setThreads(0);
        QCOMPARE(wrong.load(), 0);
    }

    void usableCoresAreOurs()
    {
        QVERIFY(usableCores() >= 1);
        QVERIFY(usableCores() <= static_cast<int>(std::max(1U, std::thread::hardware_concurrency())));
    }
};

DSCOPE_TEST(TestParallel)
#include "tst_parallel.moc"
