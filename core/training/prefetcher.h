// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/device.h"

#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>

#include <condition_variable>
#include <cstdint>
#include <exception>
#include <functional>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

namespace dscope {

/// What one step is made of.
struct TrainingBatch {
    std::vector<std::int64_t> indices;
    at::Tensor x;
};

/// Makes batches ahead of the training step in threads of its own; hands them out in order. An error of making one is thrown by take().
class Prefetcher {
public:
    using Make = std::function<TrainingBatch(std::int64_t step)>;

    Prefetcher(std::int64_t first, std::int64_t last, int workers, Make make)
        : m_next(first), m_take(first), m_last(last), m_ahead(workers + 2), m_make(std::move(make))
    {
        for (int i = 0; i < workers; ++i)
            m_threads.emplace_back([this] { work(); });
    }
    ~Prefetcher()
    {
        {
            const std::lock_guard lock(m_mutex);
            m_stop = true;
        }
        m_changed.notify_all();
        for (std::thread &thread : m_threads)
            thread.join();
    }
    Prefetcher(const Prefetcher &) = delete;
    Prefetcher &operator=(const Prefetcher &) = delete;

    TrainingBatch take()
    {
        std::unique_lock lock(m_mutex);
        // What was made before an error comes first, so that the step at which it stops does not depend on the threads' luck.
        m_changed.wait(lock, [this] { return m_ready.contains(m_take) || (m_error && m_errorStep <= m_take); });
        if (!m_ready.contains(m_take))
            std::rethrow_exception(m_error);
        TrainingBatch batch = std::move(m_ready.at(m_take));
        m_ready.erase(m_take++);
        lock.unlock();
        m_changed.notify_all();
        return batch;
    }

private:
    void work()
    {
        const at::NoGradGuard guard;
        useThisThreadOnly(); // each makes a batch of its own; a team of helpers for each would keep the cores from the others
        for (;;) {
            std::int64_t step = 0;
            {
                std::unique_lock lock(m_mutex);
                m_changed.wait(lock, [this] { return m_stop || m_error || m_next >= m_last || m_next < m_take + m_ahead; });
                if (m_stop || m_error || m_next >= m_last)
                    return;
                step = m_next++;
            }
            try {
                TrainingBatch batch = m_make(step);
                const std::lock_guard lock(m_mutex);
                m_ready.emplace(step, std::move(batch));
            } catch (...) {
                const std::lock_guard lock(m_mutex);
                if (!m_error || step < m_errorStep) {
                    m_error = std::current_exception();
                    m_errorStep = step;
                }
            }
            m_changed.notify_all();
        }
    }

    std::mutex m_mutex;
    std::condition_variable m_changed;
    std::map<std::int64_t, TrainingBatch> m_ready;
    std::int64_t m_next, m_take, m_last, m_ahead;
    Make m_make;
    std::exception_ptr m_error;
    std::int64_t m_errorStep = 0;
    bool m_stop = false;
    std::vector<std::thread> m_threads;
};

} // namespace dscope
