// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/progress.h"

#include <QElapsedTimer>
#include <QObject>
#include <QString>

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <type_traits>
#include <utility>

class QThreadPool;

namespace dscope {

class JobTask;

/// One long function of core at work on the thread pool. Its signals and its result come on the thread of its owner; when the owner or
/// the job is destroyed the work is cancelled and nothing more is heard of it. A job deletes itself after its last signal.
class Job : public QObject {
    Q_OBJECT
public:
    enum class State { Running, Cancelling, Finished, Failed, Cancelled };
    Q_ENUM(State)

    /// Runs `work(Progress &)` on the pool; `done(result)` follows on the owner's thread unless it failed, was cancelled or lost its owner.
    /// @param pool null: pool(), where it may have to wait for others
    template<typename Work, typename Done>
    static Job *start(QObject *owner, const QString &title, Work work, Done done, QThreadPool *pool = nullptr)
    {
        using Result = std::invoke_result_t<Work, Progress &>;
        auto *job = new Job(owner, title);
        job->m_pool = pool;
        if constexpr (std::is_void_v<Result>) {
            job->launch([work = std::move(work)](Progress &task) mutable { work(task); }, [done = std::move(done)]() mutable { done(); });
        } else {
            auto result = std::make_shared<std::optional<Result>>();
            job->launch([work = std::move(work), result](Progress &task) mutable { result->emplace(work(task)); },
                        [done = std::move(done), result]() mutable { done(std::move(**result)); });
        }
        return job;
    }
    /// The same for work that has news on its way: `work(task, tell)` may call `tell(News)` from the working thread, and `hear(News)` follows
    /// on the owner's thread, for the newest alone where several wait. None is heard after the end; after cancel() they still are.
    template<typename News, typename Work, typename Hear, typename Done>
    static Job *startTelling(QObject *owner, const QString &title, Work work, Hear hear, Done done)
    {
        struct Mailbox {
            std::mutex mutex;
            std::optional<News> news;
            std::optional<News> take()
            {
                const std::lock_guard lock(mutex);
                return std::exchange(news, std::nullopt);
            }
        };
        auto box = std::make_shared<Mailbox>();
        Job *job = start(
            owner, title,
            [work = std::move(work), box](Progress &task) mutable {
                return work(task, [&task, &box](News news) {
                    bool waiting = false;
                    {
                        const std::lock_guard lock(box->mutex);
                        waiting = box->news.has_value();
                        box->news = std::move(news);
                    }
                    if (!waiting)
                        postNews(task);
                });
            },
            std::move(done));
        job->m_hear = [box, hear = std::move(hear)]() mutable {
            if (std::optional<News> news = box->take())
                hear(std::move(*news));
        };
        return job;
    }
    ~Job() override;

    /// Where jobs run unless they name another one. Not Qt's global pool: Qt draws with that, and a window that paints would wait for the longest of them.
    static QThreadPool *pool();

    const QString &title() const { return m_title; }
    const QString &stageText() const { return m_stage; }
    State state() const { return m_state; }
    bool isOver() const { return m_state != State::Running && m_state != State::Cancelling; }
    qint64 done() const { return m_done; }
    qint64 total() const { return m_total; }
    qint64 elapsedMs() const { return m_since.elapsed(); }
    /// Milliseconds left in this stage by its speed so far; nothing until a second and a hundredth of it have passed.
    std::optional<qint64> leftMs() const;
    /// Asks the work to stop at its next checkpoint. Acknowledged at once by stateChanged().
    void cancel();
    /// Holds the work at its next checkpoint, and lets it go on.
    void pause();
    void resume();
    bool isPaused() const;

Q_SIGNALS:
    void progress(qint64 done, qint64 total);
    void stage(const QString &name);
    void notice(const QString &text);
    void stateChanged(dscope::Job::State state);
    void finished();
    /// `detail` is core's own sentence; the window puts a translated headline above it.
    void failed(const QString &detail);
    void cancelled();
    /// After any of the three above.
    void over();

private:
    friend class JobTask;
    Job(QObject *owner, const QString &title);
    static void postNews(Progress &task);
    void launch(std::function<void(Progress &)> body, std::function<void()> deliver);
    void takeProgress(qint64 done, qint64 total);
    void takeStage(const QString &name);
    void end(State state, const QString &detail);
    void setState(State state);

    std::shared_ptr<JobTask> m_task;
    QThreadPool *m_pool = nullptr;
    std::function<void()> m_deliver;
    std::function<void()> m_hear;
    QString m_title;
    QString m_stage;
    State m_state = State::Running;
    qint64 m_done = 0;
    qint64 m_first = -1; ///< what was done when the stage began; -1: not known yet
    qint64 m_total = 0;
    QElapsedTimer m_since;
    QElapsedTimer m_stageSince;
};

} // namespace dscope
