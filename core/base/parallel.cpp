#include "core/base/parallel.h"

#include "core/base/device.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

namespace dscope {

void parallelFor(std::int64_t count, std::int64_t piece, Task &task, const std::function<void(std::int64_t, std::int64_t)> &work)
{
    piece = std::max<std::int64_t>(1, piece);
    std::atomic<std::int64_t> next{0};
    std::atomic<std::int64_t> done{0};
    std::atomic<bool> stop{false};
    std::mutex mutex;
    std::exception_ptr failure;
    const auto fail = [&](std::exception_ptr reason) {
        const std::lock_guard lock(mutex);
        if (!failure)
            failure = std::move(reason);
        stop = true;
    };
    const auto run = [&](bool reports) {
        try {
            for (;;) {
                if (reports)
                    task.checkpoint(std::min(done.load(), count), count);
                const std::int64_t begin = next.fetch_add(piece);
                if (stop || begin >= count)
                    return;
                const std::int64_t end = std::min(count, begin + piece);
                work(begin, end);
                done += end - begin;
            }
        } catch (...) {
            fail(std::current_exception());
        }
    };
    const std::int64_t pieces = (count + piece - 1) / piece;
    const std::int64_t wanted = std::min<std::int64_t>(std::max(1, threads()), pieces);
    std::vector<std::thread> others;
    others.reserve(static_cast<std::size_t>(std::max<std::int64_t>(0, wanted)));
    try {
        for (std::int64_t i = 1; i < wanted; ++i)
            others.emplace_back(run, false);
    } catch (const std::system_error &) {
        // No more threads to be had: the ones there are do the work.
    }
    run(true);
    for (std::thread &other : others)
        other.join();
    if (failure)
        std::rethrow_exception(failure);
    task.checkpoint(count, count);
}

} // namespace dscope
