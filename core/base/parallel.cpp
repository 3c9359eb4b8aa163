// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/parallel.h"

#include "core/base/device.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <exception>
#include <memory>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

namespace dscope {

namespace {

/// Work that idle threads may join while its owner is at it.
struct Job {
    std::function<void()> run; ///< takes pieces until there are none left; never throws
    std::int64_t places = 0;   ///< helpers it still has room for
    int active = 0;            ///< helpers at it now
};

/// Threads that stay for the next call. Making one costs more than a small piece of work; and where other programs keep the cores busy, a new
/// thread is waited for until it has had its turn, even if nothing is left for it to do. An owner waits only for helpers that have begun.
class Crew {
public:
    /// Never destroyed: its threads sleep until the process ends.
    static Crew &instance()
    {
        static Crew *const crew = new Crew;
        return *crew;
    }

    void offer(const std::shared_ptr<Job> &job)
    {
        const std::lock_guard lock(m_mutex);
        m_jobs.push_back(job);
        m_wanted += job->places;
        // As many threads as there are owners to help, within reason: nested calls help themselves.
        const std::int64_t most = 4 * std::int64_t{std::max(1, threads())};
        try {
            for (; m_idle < m_wanted && m_threads < most; ++m_threads, ++m_idle)
                std::thread([this] { work(); }).detach();
        } catch (const std::system_error &) {
            // No more threads to be had: the ones there are do the work.
        }
        m_offered.notify_all();
    }

    /// After this nobody is at the job, nor will be.
    void close(const std::shared_ptr<Job> &job)
    {
        std::unique_lock lock(m_mutex);
        m_wanted -= std::exchange(job->places, 0);
        std::erase(m_jobs, job);
        m_left.wait(lock, [&] { return job->active == 0; });
    }

private:
    Crew() = default;

    [[noreturn]] void work()
    {
        std::unique_lock lock(m_mutex);
        for (;;) {
            m_offered.wait(lock, [this] { return !m_jobs.empty(); });
            const std::shared_ptr<Job> job = m_jobs.front();
            if (--job->places == 0)
                m_jobs.pop_front();
            --m_wanted;
            --m_idle;
            ++job->active;
            lock.unlock();
            job->run();
            lock.lock();
            ++m_idle;
            if (--job->active == 0)
                m_left.notify_all();
        }
    }

    std::mutex m_mutex;
    std::condition_variable m_offered;
    std::condition_variable m_left;
    std::deque<std::shared_ptr<Job>> m_jobs; ///< that have room for a helper
    std::int64_t m_wanted = 0;               ///< helpers, by all of them
    std::int64_t m_idle = 0;
    std::int64_t m_threads = 0;
};

} // namespace

void parallelFor(std::int64_t count, std::int64_t piece, Progress &progress, const std::function<void(std::int64_t, std::int64_t)> &work)
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
                    progress.checkpoint(std::min(done.load(), count), count);
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
    const auto job = std::make_shared<Job>();
    job->places = std::min<std::int64_t>(std::max(1, threads()), pieces) - 1;
    if (job->places <= 0) {
        run(true);
    } else {
        job->run = [&run] { run(false); };
        Crew::instance().offer(job);
        run(true);
        Crew::instance().close(job);
    }
    if (failure)
        std::rethrow_exception(failure);
    progress.checkpoint(count, count);
}

} // namespace dscope
