// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/support.h"

#include "core/nets/batches.h"

#include <numeric>
#include <vector>

using namespace dscope;

namespace {

/// A device with room for so many pictures at once.
struct Pretended {
    std::size_t gpuRoom;
    std::size_t cpuRoom;
    bool cublas = false;
    bool onGpu = true;
    std::vector<std::size_t> done = {};
    std::vector<std::size_t> batches = {}; ///< that succeeded

    void work(std::size_t begin, std::size_t n)
    {
        if (n > (onGpu ? gpuRoom : cpuRoom)) {
            if (cublas)
                throw c10::Error({__func__, __FILE__, __LINE__}, "CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`");
            throw c10::OutOfMemoryError({__func__, __FILE__, __LINE__}, "CUDA out of memory. Tried to allocate 2.00 GiB.");
        }
        for (std::size_t i = begin; i < begin + n; ++i)
            done.push_back(i);
        batches.push_back(n);
    }
    void run(std::size_t count, std::size_t batch, Progress &progress)
    {
        runInBatches(
            count, batch, onGpu, progress, [this](std::size_t begin, std::size_t n) { work(begin, n); },
            [this] {
                onGpu = false;
                return std::size_t{8};
            });
    }
};

std::vector<std::size_t> all(std::size_t count)
{
    std::vector<std::size_t> result(count);
    std::iota(result.begin(), result.end(), std::size_t{0});
    return result;
}

} // namespace

/// What happens when memory does not suffice, on a device that only pretends: the real one is dscope-selfcheck's.
class TestBatches : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void enoughMemory()
    {
        Progress progress;
        Pretended device{1000, 1000};
        device.run(70, 32, progress);
        QCOMPARE(device.done, all(70));
        QCOMPARE(device.batches, (std::vector<std::size_t>{32, 32, 6}));
        QVERIFY(progress.notices().empty());
        Pretended none{1000, 1000};
        none.run(0, 32, progress);
        QVERIFY(none.done.empty());
    }

    void stepsDown_data()
    {
        QTest::addColumn<bool>("cublas");
        QTest::newRow("the allocator says so") << false;
        QTest::newRow("cuBLAS says so") << true;
    }
    void stepsDown()
    {
        QFETCH(bool, cublas);
        Progress progress;
        Pretended device{10, 1000, cublas};
        device.run(40, 32, progress);
        QCOMPARE(device.done, all(40));
        QCOMPARE(device.batches, (std::vector<std::size_t>{8, 8, 8, 8, 8}));
        QVERIFY(device.onGpu);
        QCOMPARE(progress.notices(),
                 (std::vector<std::string>{"The GPU is out of memory: going on with 16 pictures at a time.",
                                           "The GPU is out of memory: going on with 8 pictures at a time."}));
    }

    void thenToTheCpu()
    {
        Progress progress;
        Pretended device{0, 1000};
        device.run(20, 4, progress);
        QCOMPARE(device.done, all(20));
        QVERIFY(!device.onGpu);
        QCOMPARE(device.batches, (std::vector<std::size_t>{8, 8, 4}));
        QCOMPARE(progress.notices().size(), std::size_t{3});
        QCOMPARE(progress.notices().back(), std::string("The GPU is out of memory even for one picture: going on with the CPU."));
    }

    /// Where few at a time would be slower than the CPU they are not tried.
    void notFewerThanWorthwhile()
    {
        Progress progress;
        bool onGpu = true;
        std::vector<std::size_t> tried;
        runInBatches(
            100, 32, true, progress,
            [&](std::size_t, std::size_t n) {
                tried.push_back(n);
                if (onGpu)
                    throw c10::Error({__func__, __FILE__, __LINE__}, "CUDA error: CUBLAS_STATUS_INTERNAL_ERROR when calling `cublasSgemm(...)`");
            },
            [&] {
                onGpu = false;
                return std::size_t{100};
            },
            "pair", 8);
        QCOMPARE(tried, (std::vector<std::size_t>{32, 16, 8, 100}));
        QCOMPARE(progress.notices().back(), std::string("The GPU is out of memory even for 8 pairs: going on with the CPU."));
    }

    void notEvenOnTheCpu()
    {
        Progress progress;
        Pretended device{0, 0};
        QVERIFY_THROWS_EXCEPTION(Error, device.run(3, 2, progress));
        QVERIFY(!device.onGpu);
        Pretended small{0, 3};
        small.onGpu = false;
        small.run(7, 8, progress);
        QCOMPARE(small.done, all(7));
        QCOMPARE(small.batches, (std::vector<std::size_t>{3, 3, 1}));
    }

    /// Other errors are not mistaken for it, and Cancel ends the work at the next batch.
    void otherErrors()
    {
        Progress progress;
        QVERIFY_THROWS_EXCEPTION(c10::Error,
                                 runInBatches(
                                     5, 2, true, progress,
                                     [](std::size_t, std::size_t) {
                                         throw c10::Error({__func__, __FILE__, __LINE__}, "CUDA error: an illegal memory access was encountered");
                                     },
                                     [] { return std::size_t{1}; }));
        QVERIFY(progress.notices().empty());
        std::size_t done = 0;
        QVERIFY_THROWS_EXCEPTION(Cancelled,
                                 runInBatches(
                                     100, 10, true, progress,
                                     [&](std::size_t, std::size_t n) {
                                         done += n;
                                         if (done == 30)
                                             progress.cancel();
                                     },
                                     [] { return std::size_t{1}; }));
        QCOMPARE(done, std::size_t{30});
    }
};

DSCOPE_TEST(TestBatches)
#include "tst_batches.moc"
