// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/ordered.h"
#include "core/base/error.h"
#include "tests/support/support.h"

#include <atomic>

using namespace dscope;
using Line = OrderedPipeline<int, int>;

namespace {

Line::Produce upTo(int count, std::atomic<int> &produced)
{
    return [count, &produced]() -> std::optional<int> { return produced < count ? std::optional<int>(produced++) : std::nullopt; };
}

} // namespace

class TestOrdered : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void keepsTheOrder_data()
    {
        QTest::addColumn<int>("count");
        QTest::addColumn<int>("workers");
        QTest::addColumn<int>("ahead");
        QTest::newRow("nothing") << 0 << 2 << 4;
        QTest::newRow("one") << 1 << 3 << 1;
        QTest::newRow("fewer than workers") << 2 << 5 << 2;
        QTest::newRow("one worker") << 300 << 1 << 3;
        QTest::newRow("many workers, little room") << 300 << 6 << 1;
        QTest::newRow("much room") << 300 << 4 << 1000;
    }
    void keepsTheOrder()
    {
        QFETCH(int, count);
        QFETCH(int, workers);
        QFETCH(int, ahead);
        std::atomic<int> produced{0};
        std::atomic<int> consumed{0};
        std::atomic<int> most{0};
        // Every worker dawdles differently, so results come out of order.
        std::vector<Line::Work> work;
        for (int w = 0; w < workers; ++w)
            work.emplace_back([w, &produced, &consumed, &most](int &&item) {
                std::this_thread::sleep_for(std::chrono::microseconds((item * 7919 + w * 131) % 300));
                most = std::max(most.load(), produced - consumed);
                return item * 10;
            });
        std::vector<int> seen;
        Progress progress;
        Line::run(
            upTo(count, produced), work,
            [&](int &&value) {
                seen.push_back(value);
                ++consumed;
            },
            static_cast<std::size_t>(ahead), progress);
        QCOMPARE(seen.size(), static_cast<std::size_t>(count));
        for (int i = 0; i < count; ++i)
            QCOMPARE(seen[static_cast<std::size_t>(i)], 10 * i);
        // Waiting to be worked on, in work, waiting to be consumed, and one in each hand at the ends.
        QVERIFY2(most <= 2 * ahead + workers + 2, QByteArray::number(most.load()).constData());
    }

    void passesExceptionsOn_data()
    {
        QTest::addColumn<int>("stage");
        QTest::newRow("producer") << 0;
        QTest::newRow("worker") << 1;
        QTest::newRow("consumer") << 2;
    }
    void passesExceptionsOn()
    {
        QFETCH(int, stage);
        std::atomic<int> produced{0};
        const auto fail = [stage](int where, int item) {
            if (where == stage && item == 20)
                throw Error("number twenty");
        };
        const auto next = upTo(1000, produced);
        Progress progress;
        std::vector<int> seen;
        try {
            Line::run(
                [&] {
                    const auto item = next();
                    fail(0, *item);
                    return item;
                },
                {[&](int &&item) {
                     fail(1, item);
                     return item;
                 },
                 [&](int &&item) {
                     fail(1, item);
                     return item;
                 }},
                [&](int &&item) {
                    fail(2, item);
                    seen.push_back(item);
                },
                3, progress);
            QFAIL("nothing was thrown");
        } catch (const Error &error) {
            QCOMPARE(error.what(), "number twenty");
        }
        QVERIFY(seen.size() <= 20);
        QVERIFY(produced < 100);
    }

    void cancelEndsASlowLine()
    {
        Progress progress;
        std::thread canceller([&] {
            std::this_thread::sleep_for(std::chrono::milliseconds(60));
            progress.cancel();
        });
        std::atomic<int> produced{0};
        const auto begin = std::chrono::steady_clock::now();
        QVERIFY_THROWS_EXCEPTION(Cancelled,
                                 Line::run(
                                     upTo(1000, produced), {[](int &&item) {
                                         std::this_thread::sleep_for(std::chrono::milliseconds(150));
                                         return item;
                                     }},
                                     [](int &&) {}, 2, progress));
        canceller.join();
        const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
        // One item in work is finished first.
        QVERIFY2(seconds < 2, QByteArray::number(seconds).constData());
        QVERIFY(produced < 20);
    }
};

DSCOPE_TEST(TestOrdered)
#include "tst_ordered.moc"
