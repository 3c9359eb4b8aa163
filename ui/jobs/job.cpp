// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/jobs/job.h"

#include "core/base/error.h"
#include "ui/convert.h"

#include <QCoreApplication>
#include <QPointer>
#include <QThread>
#include <QThreadPool>

#include <algorithm>
#include <mutex>

namespace dscope {

/// The Progress that the work sees. It outlives the job when the owner goes first; `m_job` is then null and everything said is dropped.
class JobTask final : public Progress {
public:
    explicit JobTask(Job *job) : m_job(job) {}

    void detach()
    {
        const std::lock_guard lock(m_mutex);
        m_job = nullptr;
    }

    /// Calls a function on the job's thread, if there still is a job then.
    template<typename Call>
    void post(Call call)
    {
        const std::lock_guard lock(m_mutex);
        if (m_job != nullptr)
            QMetaObject::invokeMethod(
                m_job, [job = m_job, call = std::move(call)] { call(job); }, Qt::QueuedConnection);
    }

protected:
    void onProgress(std::int64_t done, std::int64_t total) override
    {
        m_done.store(done);
        m_total.store(total);
        // At most one message under way: thousands of checkpoints a second must not fill the window's queue.
        if (!m_posted.exchange(true))
            post([this](Job *job) {
                m_posted.store(false);
                job->takeProgress(m_done.load(), m_total.load());
            });
    }
    void onStage(const std::string &name) override
    {
        post([text = toQString(name)](Job *job) { job->takeStage(text); });
    }
    void onNotice(const std::string &text) override
    {
        post([text = toQString(text)](Job *job) { Q_EMIT job->notice(text); });
    }

private:
    std::mutex m_mutex;
    Job *m_job;
    std::atomic<std::int64_t> m_done{0};
    std::atomic<std::int64_t> m_total{0};
    std::atomic<bool> m_posted{false};
};

Job::Job(QObject *owner, const QString &title) : QObject(owner), m_task(std::make_shared<JobTask>(this)), m_title(title)
{
    m_since.start();
    m_stageSince.start();
}

Job::~Job()
{
    m_task->detach();
    m_task->cancel();
}

QThreadPool *Job::pool()
{
    // The application's, which waits for it at its end as it does for Qt's own.
    static QPointer<QThreadPool> pool;
    if (!pool) {
        pool = new QThreadPool(QCoreApplication::instance());
        // An analysis must not keep the trade-off curve or an export waiting.
        pool->setMaxThreadCount(std::max(4, QThread::idealThreadCount()));
    }
    return pool;
}

void Job::launch(std::function<void(Progress &)> body, std::function<void()> deliver)
{
    m_deliver = std::move(deliver);
    (m_pool != nullptr ? m_pool : pool())->start([task = m_task, body = std::move(body)] {
        State state = State::Finished;
        QString detail;
        try {
            task->throwIfCancelled();
            body(*task);
        } catch (const Cancelled &) {
            state = State::Cancelled;
        } catch (const std::exception &error) {
            state = State::Failed;
            detail = toQString(describe(error));
        }
        task->post([state, detail](Job *job) { job->end(state, detail); });
    });
}

void Job::postNews(Progress &task)
{
    static_cast<JobTask &>(task).post([](Job *job) {
        if (!job->isOver() && job->m_hear)
            job->m_hear();
    });
}

std::optional<qint64> Job::leftMs() const
{
    const qint64 elapsed = m_stageSince.elapsed();
    // Work that goes on where it was stopped begins in the middle: what was done before says nothing of the speed.
    const qint64 worked = m_done - std::max<qint64>(0, m_first);
    if (m_total <= 0 || worked <= 0 || elapsed < 1000 || worked * 100 < m_total - m_first)
        return std::nullopt;
    return static_cast<qint64>(static_cast<double>(elapsed) * static_cast<double>(std::max<qint64>(0, m_total - m_done)) / static_cast<double>(worked));
}

void Job::cancel()
{
    if (m_state != State::Running)
        return;
    m_task->cancel();
    setState(State::Cancelling);
}

void Job::pause()
{
    if (m_state == State::Running)
        m_task->pause();
}

void Job::resume()
{
    m_task->resume();
}

bool Job::isPaused() const
{
    return m_state == State::Running && m_task->paused();
}

void Job::takeProgress(qint64 done, qint64 total)
{
    if (m_first < 0 || done < m_first)
        m_first = done;
    m_done = done;
    m_total = total;
    Q_EMIT progress(done, total);
}

void Job::takeStage(const QString &name)
{
    m_stage = name;
    m_done = 0;
    m_first = -1;
    m_total = 0;
    m_stageSince.restart();
    Q_EMIT stage(name);
}

void Job::setState(State state)
{
    m_state = state;
    Q_EMIT stateChanged(state);
}

void Job::end(State state, const QString &detail)
{
    // A result that came after the wish to cancel is not what the user wants any more.
    if (m_state == State::Cancelling && state == State::Finished)
        state = State::Cancelled;
    deleteLater();
    setState(state);
    if (state == State::Finished) {
        m_deliver();
        Q_EMIT finished();
    } else if (state == State::Failed) {
        Q_EMIT failed(detail);
    } else {
        Q_EMIT cancelled();
    }
    Q_EMIT over();
}

} // namespace dscope
