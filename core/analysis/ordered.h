// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/progress.h"

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <exception>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

namespace dscope {

/// A small assembly line: one thread produces items, several work on them, the calling thread consumes the results in the order of
/// production. At most `ahead` items wait at either place, so memory stays bounded whatever the length of the source.
///
/// An exception of any stage stops all of them and is thrown again by run() after every thread has ended; so is Cancelled when the
/// task is cancelled, which the consumer looks for at least every 50 ms even while it waits.
template<typename Item, typename Result>
class OrderedPipeline {
public:
    using Produce = std::function<std::optional<Item>()>; ///< the next item, or nothing at the end
    using Work = std::function<Result(Item &&)>;
    using Consume = std::function<void(Result &&)>;

    /// `workers` holds one function a thread, so that each may own what must not be shared (a detector).
    static void run(const Produce &produce, const std::vector<Work> &workers, const Consume &consume, std::size_t ahead, const Progress &progress)
    {
        OrderedPipeline line(ahead);
        std::vector<std::thread> threads;
        const Joiner joiner{line, threads};
        threads.reserve(workers.size() + 1);
        threads.emplace_back([&] { line.guarded([&] { line.producing(produce); }); });
        for (const Work &work : workers)
            threads.emplace_back([&line, &work] { line.guarded([&] { line.working(work); }); });
        line.consuming(consume, progress);
    }

private:
    explicit OrderedPipeline(std::size_t ahead) : m_ahead(ahead < 1 ? 1 : ahead) {}

    // However run() is left, no thread outlives it.
    struct Joiner {
        OrderedPipeline &line;
        std::vector<std::thread> &threads;
        ~Joiner()
        {
            line.stop(nullptr);
            for (std::thread &thread : threads)
                thread.join();
        }
    };

    void stop(std::exception_ptr error)
    {
        {
            const std::lock_guard lock(m_mutex);
            if (error && !m_error)
                m_error = std::move(error);
            m_stop = true;
        }
        m_changed.notify_all();
    }

    template<typename Stage>
    void guarded(const Stage &stage)
    {
        try {
            stage();
        } catch (...) {
            stop(std::current_exception());
        }
    }

    void producing(const Produce &produce)
    {
        for (;;) {
            {
                std::unique_lock lock(m_mutex);
                m_changed.wait(lock, [this] { return m_stop || m_waiting.size() < m_ahead; });
                if (m_stop)
                    return;
            }
            std::optional<Item> item = produce();
            {
                const std::lock_guard lock(m_mutex);
                if (item)
                    m_waiting.emplace_back(m_produced++, std::move(*item));
                else
                    m_ended = true;
            }
            m_changed.notify_all();
            if (!item)
                return;
        }
    }

    void working(const Work &work)
    {
        for (;;) {
            std::size_t number = 0;
            std::optional<Item> item;
            {
                std::unique_lock lock(m_mutex);
                m_changed.wait(lock, [this] { return m_stop || m_ended || !m_waiting.empty(); });
                if (m_stop || m_waiting.empty())
                    return;
                number = m_waiting.front().first;
                item = std::move(m_waiting.front().second);
                m_waiting.pop_front();
            }
            m_changed.notify_all();
            Result result = work(std::move(*item));
            {
                std::unique_lock lock(m_mutex);
                // The worker that holds the very next result never waits here, so the line cannot lock up.
                m_changed.wait(lock, [&] { return m_stop || number < m_consumed + m_ahead; });
                if (m_stop)
                    return;
                m_done.emplace(number, std::move(result));
            }
            m_changed.notify_all();
        }
    }

    void consuming(const Consume &consume, const Progress &progress)
    {
        for (;;) {
            std::optional<Result> result;
            {
                std::unique_lock lock(m_mutex);
                const auto ready = [this] { return m_stop || m_done.contains(m_consumed) || (m_ended && m_consumed == m_produced); };
                while (!ready()) {
                    progress.throwIfCancelled();
                    m_changed.wait_for(lock, std::chrono::milliseconds(50), ready);
                }
                if (m_error)
                    std::rethrow_exception(m_error);
                const auto found = m_done.find(m_consumed);
                if (found == m_done.end())
                    return;
                result = std::move(found->second);
                m_done.erase(found);
                ++m_consumed;
            }
            m_changed.notify_all();
            progress.throwIfCancelled();
            consume(std::move(*result));
        }
    }

    const std::size_t m_ahead;
    std::mutex m_mutex;
    std::condition_variable m_changed;
    std::deque<std::pair<std::size_t, Item>> m_waiting;
    std::map<std::size_t, Result> m_done;
    std::size_t m_produced = 0;
    std::size_t m_consumed = 0;
    bool m_ended = false;
    bool m_stop = false;
    std::exception_ptr m_error;
};

} // namespace dscope
