// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/progress.h"

#include "core/base/error.h"

#include <chrono>
#include <thread>

namespace dscope {

void Progress::checkpoint(std::int64_t done, std::int64_t total)
{
    // Looking now and then, not a condition variable: cancel() is called from signal handlers too.
    while (paused() && !cancelled())
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    throwIfCancelled();
    onProgress(done, total);
}

void Progress::throwIfCancelled() const
{
    if (cancelled())
        throw Cancelled();
}

void Progress::stage(const std::string &name)
{
    throwIfCancelled();
    onStage(name);
}

void Progress::notice(const std::string &text)
{
    {
        const std::lock_guard lock(m_mutex);
        m_notices.push_back(text);
    }
    onNotice(text);
}

std::vector<std::string> Progress::notices() const
{
    const std::lock_guard lock(m_mutex);
    return m_notices;
}

void Progress::onProgress(std::int64_t, std::int64_t) {}
void Progress::onStage(const std::string &) {}
void Progress::onNotice(const std::string &) {}

} // namespace dscope
