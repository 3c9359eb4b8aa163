#include "core/base/task.h"

#include "core/base/error.h"

#include <chrono>
#include <thread>

namespace dscope {

void Task::checkpoint(std::int64_t done, std::int64_t total)
{
    // Looking now and then, not a condition variable: cancel() is called from signal handlers too.
    while (paused() && !cancelled())
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    throwIfCancelled();
    onProgress(done, total);
}

void Task::throwIfCancelled() const
{
    if (cancelled())
        throw Cancelled();
}

void Task::stage(const std::string &name)
{
    throwIfCancelled();
    onStage(name);
}

void Task::notice(const std::string &text)
{
    {
        const std::lock_guard lock(m_mutex);
        m_notices.push_back(text);
    }
    onNotice(text);
}

std::vector<std::string> Task::notices() const
{
    const std::lock_guard lock(m_mutex);
    return m_notices;
}

void Task::onProgress(std::int64_t, std::int64_t) {}
void Task::onStage(const std::string &) {}
void Task::onNotice(const std::string &) {}

} // namespace dscope
