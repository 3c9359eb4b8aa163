// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/files.h"
#include "core/report/project.h"
#include "tests/support/madeevaluation.h"
#include "tests/support/projecttest.h"
#include "tests/support/support.h"
#include "ui/appwindow.h"
#include "ui/jobs/job.h"
#include "ui/pages/analysepage.h"
#include "ui/pages/evaluationpage.h"
#include "ui/projectrecovery.h"
#include "ui/projectsession.h"

#include <QAction>
#include <QMessageBox>
#include <QPushButton>
#include <QSemaphore>
#include <QThreadPool>

#include <ctime>
#include <thread>

using namespace dscope;
using namespace dscope::test;
namespace fs = std::filesystem;

namespace {

/// What this thread has computed, in ms: what others do on the machine is not in it.
double computedMs()
{
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_nsec) * 1e-6;
}

/// How long the window's thread computes at most until it comes back to its events, while something is so.
class LongestTurn : public QObject {
public:
    explicit LongestTurn(std::function<bool()> counts) : m_counts(std::move(counts)), m_last(computedMs()) { startTimer(1); }
    double ms() const { return m_longest; }
    int turns() const { return m_turns; }

protected:
    void timerEvent(QTimerEvent *) override
    {
        const double now = computedMs();
        if (m_counts()) {
            m_longest = std::max(m_longest, now - m_last);
            ++m_turns;
        }
        m_last = now;
    }

private:
    std::function<bool()> m_counts;
    double m_last;
    double m_longest = 0;
    int m_turns = 0;
};

/// As large as runs of IJB-C are, and a hundred of them.
Project largeProject()
{
    Progress progress;
    EvaluationRun run = test::evaluated(*madeEvaluation(), methodNamed("average"), 10, progress);
    run.rocFar.clear();
    run.rocTar.clear();
    for (int i = 0; i < 1500; ++i) {
        run.rocFar.push_back(1e-7 * (i + 1) / 3);
        run.rocTar.push_back(0.5 + 0.3 * i / 1500);
    }
    run.hardestGenuine.assign(200, NotablePair{1, 2, 0.1234567f});
    run.hardestImpostor.assign(200, NotablePair{1, 3, 0.7654321f});
    const auto shared = std::make_shared<const EvaluationRun>(std::move(run));
    Project project;
    for (int i = 0; i < 100; ++i) {
        ProjectRun one;
        one.run = shared;
        one.title = "run " + std::to_string(i);
        one.method = "average";
        one.shown = i < 3; // how long plots take is another matter
        project.evaluation.runs.push_back(std::move(one));
    }
    project.page = "evaluate";
    return project;
}

constexpr int patience = 60'000;
constexpr double held = 50; ///< ms, from which on a hand notices

} // namespace

/// Projects are read and written beside the window, which stays alive, and nothing is lost by what happens meanwhile.
class TestProjectBackground : public ProjectTest {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { m_large = largeProject(); }
    /// A project of a hundred runs opened, saved and copied: the window comes back to its events all the time.
    void windowLives()
    {
        const fs::path file = path("large.dscope");
        double before = computedMs();
        writeProject(file, m_large);
        const double writing = computedMs() - before;
        before = computedMs();
        QCOMPARE(readProject(file).evaluation.runs.size(), std::size_t{100});
        const double reading = computedMs() - before;
        QVERIFY2(writing > held && reading > held, qPrintable(QStringLiteral("%1 %2").arg(writing).arg(reading))); // otherwise this shows nothing
        {
            const LongestTurn turn([this] { return m_window->project()->isOpening(); });
            QVERIFY(opens(file));
            QVERIFY2(turn.turns() > 1 && turn.ms() < held, qPrintable(QStringLiteral("%1 ms in %2 turns").arg(turn.ms()).arg(turn.turns())));
        }
        QCOMPARE(page()->state().runs().size(), std::size_t{100});
        QTest::qWait(50);
        page()->state().threshold().setThreshold(0.3);
        QTest::qWait(50);
        {
            const LongestTurn turn([] { return true; });
            QVERIFY(saveByKeys());
            QVERIFY2(turn.turns() > 1 && turn.ms() < held, qPrintable(QStringLiteral("%1 ms in %2 turns").arg(turn.ms()).arg(turn.turns())));
        }
        QCOMPARE(readProject(file).evaluation.threshold, 0.3);
        page()->state().threshold().setThreshold(0.4);
        QTest::qWait(50);
        {
            const LongestTurn turn([] { return true; });
            m_window->project()->setCopyInterval(20);
            QTRY_COMPARE_WITH_TIMEOUT(copies().size(), 1, patience);
            QVERIFY(m_window->project()->settle(patience));
            QVERIFY2(turn.turns() > 1 && turn.ms() < held, qPrintable(QStringLiteral("%1 ms in %2 turns").arg(turn.ms()).arg(turn.turns())));
        }
    }

    /// All threads may be at work for hours: files have some of their own, and so has what Qt draws with, or the window would stand still.
    void notHeldUpByOtherWork()
    {
        writeRuns("study");
        QSemaphore gate;
        const int threads = Job::pool()->maxThreadCount();
        for (int i = 0; i < threads; ++i)
            Job::pool()->start([&gate] { gate.acquire(); });
        const bool opened = opens(path("study.dscope"));
        page()->state().threshold().setThreshold(0.3);
        const bool saved = saveByKeys();
        gate.release(threads);
        Job::pool()->waitForDone();
        QVERIFY(opened && saved);
    }

    /// What is changed while it is written is not saved, and is saved the next time.
    void changedWhileSaving()
    {
        const fs::path file = path("large.dscope");
        writeProject(file, m_large);
        QVERIFY(opens(file));
        page()->state().threshold().setThreshold(0.3);
        QSignalSpy saved(m_window->project(), &ProjectSession::saved);
        action("projectSave")->trigger();
        QVERIFY(m_window->project()->isSaving());
        page()->state().threshold().setThreshold(0.4);
        page()->state().rename(page()->state().runs().front().id, QStringLiteral("renamed meanwhile"));
        QVERIFY(saved.wait(patience));
        QVERIFY(m_window->isWindowModified() && page()->state().isDirty());
        QCOMPARE(readProject(file).evaluation.threshold, 0.3);
        // Saved twice in a hurry, the second time with another change in between: both are written.
        action("projectSave")->trigger();
        action("projectSave")->trigger(); // nothing new: the same one
        page()->state().threshold().setThreshold(0.5);
        action("projectSave")->trigger();
        QVERIFY(m_window->project()->settle(patience));
        QCOMPARE(saved.size(), 3);
        QVERIFY(!m_window->isWindowModified());
        const Project project = readProject(file);
        QCOMPARE(project.evaluation.threshold, 0.5);
        QCOMPARE(project.evaluation.runs.front().title, std::string("renamed meanwhile"));
        QCOMPARE(readProject(path("large.dscope~")).evaluation.threshold, 0.4);
    }

    /// Closing waits for it, and asks about what was changed since.
    void closedWhileSaving()
    {
        const fs::path file = path("large.dscope");
        writeProject(file, m_large);
        QVERIFY(opens(file));
        page()->state().threshold().setThreshold(0.3);
        action("projectSave")->trigger();
        m_window->close();
        m_window->close();
        QVERIFY(m_window->isVisible() && boxes().isEmpty());
        page()->state().threshold().setThreshold(0.4);
        QTRY_COMPARE_WITH_TIMEOUT(boxes().size(), 1, patience);
        QCOMPARE(boxes().front()->objectName(), QStringLiteral("projectQuestion"));
        QVERIFY(m_window->isVisible());
        // Saved from the question, it closes when that is written.
        QTest::mouseClick(boxes().front()->button(QMessageBox::Save), Qt::LeftButton);
        QTRY_VERIFY_WITH_TIMEOUT(!m_window->isVisible(), patience);
        QVERIFY(boxes().isEmpty());
        QCOMPARE(readProject(file).evaluation.threshold, 0.4);
        QVERIFY(copies().isEmpty());
    }

    /// What cannot be written is said with its name; nothing closes, and nothing counts as saved.
    void failedSave()
    {
        fs::create_directories(path("folder"));
        Project small;
        small.page = "evaluate";
        writeProject(path("folder/study.dscope"), small);
        QVERIFY(opens(path("folder/study.dscope")));
        page()->state().threshold().setThreshold(0.3);
        fs::remove_all(path("folder"));
        writeAtomically(path("folder"), "a file now");
        QSignalSpy failed(m_window->project(), &ProjectSession::failed);
        action("projectSave")->trigger();
        m_window->close(); // waits, and is forgotten with the save
        QVERIFY(failed.wait(patience));
        QCOMPARE(boxes().size(), 1);
        QCOMPARE(boxes().front()->objectName(), QStringLiteral("projectFailure"));
        QVERIFY2(boxes().front()->informativeText().contains(QStringLiteral("folder")), qPrintable(boxes().front()->informativeText()));
        boxes().front()->accept();
        QVERIFY(m_window->isVisible());
        QTRY_VERIFY(m_window->isWindowModified());
        QVERIFY(!m_window->project()->isSaving());
        // And when it can be written again, it is.
        fs::remove(path("folder"));
        QVERIFY(saveByKeys());
        QCOMPARE(readProject(path("folder/study.dscope")).evaluation.threshold, 0.3);
        m_window->close();
        QVERIFY(!m_window->isVisible());
    }

    /// Given up, what was open stays; of two wishes the newer one is followed.
    void cancelledOpening()
    {
        writeProject(path("large.dscope"), m_large);
        writeRuns("small");
        QVERIFY(opens(path("small.dscope")));
        QSignalSpy opened(m_window->project(), &ProjectSession::opened);
        QPointer<Job> job;
        connect(m_window->project(), &ProjectSession::started, this, [&](Job *begun) { job = begun; });
        m_window->project()->open(path("large.dscope"));
        QVERIFY(job);
        job->cancel();
        QTRY_VERIFY_WITH_TIMEOUT(!job, patience);
        QVERIFY(opened.isEmpty() && boxes().isEmpty());
        QCOMPARE(m_window->project()->name(), QStringLiteral("small"));
        QCOMPARE(page()->state().runs().size(), std::size_t{2});
        m_window->project()->open(path("large.dscope"));
        m_window->project()->open(path("small.dscope"));
        QVERIFY(opened.wait(patience));
        QVERIFY(m_window->project()->settle(patience));
        QTest::qWait(100);
        QCOMPARE(opened.size(), 1);
        QCOMPARE(m_window->project()->name(), QStringLiteral("small"));
        // Closed while it is read: nobody waits for that.
        m_window->project()->open(path("large.dscope"));
        m_window->close();
        QVERIFY(!m_window->isVisible());
    }

    /// What is changed while another project is read is asked about before it goes.
    void changedWhileOpening()
    {
        writeProject(path("large.dscope"), m_large);
        writeRuns("small");
        QVERIFY(opens(path("small.dscope")));
        m_window->openSources({path("large.dscope")});
        QVERIFY(m_window->project()->isOpening());
        page()->state().threshold().setThreshold(0.3);
        QTRY_COMPARE_WITH_TIMEOUT(boxes().size(), 1, patience);
        QCOMPARE(boxes().front()->objectName(), QStringLiteral("projectQuestion"));
        QTest::mouseClick(boxes().front()->button(QMessageBox::Cancel), Qt::LeftButton);
        QTRY_VERIFY(boxes().isEmpty());
        QCOMPARE(m_window->project()->name(), QStringLiteral("small"));
        // Saved while another one is read: it is the old one that is saved, and then comes the new one.
        m_window->project()->open(path("large.dscope"));
        action("projectSave")->trigger();
        QTRY_COMPARE_WITH_TIMEOUT(m_window->project()->name(), QStringLiteral("large"), patience);
        QVERIFY(boxes().isEmpty());
        QCOMPARE(readProject(path("small.dscope")).evaluation.threshold, 0.3);
        QCOMPARE(readProject(path("small.dscope")).evaluation.runs.size(), std::size_t{2});
    }

    /// Who saves does not wait for a copy that is being written, and that copy does not come after all.
    void copyGivenUp()
    {
        ProjectRecovery recovery;
        Progress progress;
        std::atomic<bool> begun{false};
        std::atomic<bool> over{false};
        std::thread writer([&] {
            begun.store(true);
            recovery.write(m_large, {}, {}, progress);
            over.store(true);
        });
        while (!begun.load()) // on a busy machine that takes a while
            std::this_thread::yield();
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
        recovery.remove();
        const bool waited = over.load();
        writer.join();
        QVERIFY(!waited);
        QVERIFY(!fs::exists(recovery.copy()));
        recovery.write(m_large, {}, {}, progress);
        QVERIFY(fs::exists(recovery.copy()));
        recovery.close();
        QVERIFY(!fs::exists(recovery.copy()));
        recovery.write(m_large, {}, {}, progress);
        QVERIFY(!fs::exists(recovery.copy()));
        QVERIFY(fs::is_empty(ProjectRecovery::folder())); // no lock either, and nothing half written
    }

private:
    Project m_large;
};

DSCOPE_TEST(TestProjectBackground)
#include "tst_projectbackground.moc"
