// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/evaluationrunner.h"

#include "core/analysis/evaluation.h"
#include "core/base/error.h"
#include "core/evaluation/retrievalrun.h"
#include "ui/convert.h"
#include "ui/jobs/job.h"
#include "ui/pages/evaluationsetup.h"
#include "ui/pages/methodchoice.h"
#include "ui/pages/page.h"
#include "ui/views/noticebar.h"

#include <QStatusBar>

#include <algorithm>
#include <utility>

namespace dscope {

namespace {
/// Evaluated again, on the same features: only the time differs.
bool sameFigures(const EvaluationRun &a, const EvaluationRun &b)
{
    if (a.method != b.method || a.benchmark != b.benchmark || a.base != b.base || a.keptShare != b.keptShare || a.eer.value != b.eer.value)
        return false;
    Json one = toJson(a);
    Json other = toJson(b);
    for (const char *aside : {"seconds", "warnings"}) { // how it was come by, not what came out
        one.erase(aside);
        other.erase(aside);
    }
    return one == other;
}
/// @param careful a slip in a method's name is told before an hour of extraction; else that method does not count
EvaluationSetPtr loaded(const EvaluationRequest &request, const ModelStore &store, bool careful, Progress &progress)
{
    EvaluationLoading loading;
    loading.allOrNothing = false;
    for (const std::string &name : request.methods) {
        try {
            loading.methods.push_back(methodNamed(name));
        } catch (const Error &) {
            if (careful)
                throw;
        }
    }
    return loadEvaluationSet(request, loading, store, progress);
}
} // namespace

EvaluationRunner::EvaluationRunner(Page *page, EvaluationState *state, EvaluationSetup *setup, const ModelStore &store)
    : QObject(page), m_page(page), m_state(state), m_setup(setup), m_store(store)
{
    connect(setup, &EvaluationSetup::start, this, &EvaluationRunner::start);
    connect(setup, &EvaluationSetup::stop, page, &Page::cancelJob);
}

EvaluationRunner::News EvaluationRunner::rowsOf(EvaluationSetPtr set, const std::vector<std::string> &methods, int resamples, RetrievalDistance distance,
                                                Progress &progress, const std::function<void(News)> &tell)
{
    News news;
    news.set = set;
    tell(news);
    for (const std::string &name : methods) {
        try {
            const Method method = methodNamed(name);
            VerificationOptions options;
            options.fars.clear(); // the benchmark's
            options.resamples = resamples;
            options.distance = distance;
            news.rows.runs.push_back(evaluateMethods(*set, {method}, options, progress).front());
            news.rows.methods.emplace_back(method);
        } catch (const Error &error) {
            // One method that the set cannot give must not cost the others.
            news.rows.problems.push_back(std::string(error.what()));
        }
        tell(news);
    }
    if (news.rows.runs.empty() && !news.rows.problems.empty())
        throw Error(news.rows.problems.front());
    return news;
}

EvaluationRequest EvaluationRunner::takeForm()
{
    const EvaluationRequest request = m_setup->request();
    m_resamples = request.resamples;
    m_distance = retrievalDistanceNamed(request.distance);
    return request;
}

void EvaluationRunner::start()
{
    const EvaluationRequest request = takeForm();
    m_setup->writeSettings();
    run(tr("Evaluating"), [request, distance = m_distance, store = m_store](Progress &progress, const Tell &tell) {
        return rowsOf(loaded(request, store, true, progress), request.methods, request.resamples, distance, progress, tell);
    });
    m_setup->setRunning(true);
}

void EvaluationRunner::loadFeatures()
{
    run(tr("Loading the features"), [request = takeForm(), store = m_store](Progress &progress, const Tell &) {
        News news;
        news.set = loaded(request, store, false, progress);
        return news;
    });
    m_setup->setRunning(true);
}

void EvaluationRunner::evaluate(EvaluationSetPtr set, const std::vector<std::string> &methods, int resamples)
{
    m_resamples = resamples;
    run(tr("Evaluating"), [set = std::move(set), methods, resamples, distance = m_distance](Progress &progress, const Tell &tell) {
        set->check();
        return rowsOf(set, methods, resamples, distance, progress, tell);
    });
}

void EvaluationRunner::addMethod(const QString &name)
{
    if (!m_set || m_page->currentJob())
        return;
    run(tr("Evaluating %1").arg(methodTitle(name)),
        [set = m_set, name = name.toStdString(), resamples = m_resamples, distance = m_distance](Progress &progress, const Tell &tell) {
            return rowsOf(set, {name}, resamples, distance, progress, tell);
        });
}

void EvaluationRunner::run(const QString &title, std::function<News(Progress &, const Tell &)> work)
{
    delete m_page->currentJob(); // the newest wish wins
    m_page->notices()->clear();
    m_setup->setNote({});
    m_page->statusBar()->clearMessage();
    m_taken = 0;
    Job *job = m_page->follow(Job::startTelling<News>(
                                  m_page, title, [work = std::move(work)](Progress &progress, const auto &tell) { return work(progress, tell); },
                                  [this](const News &news) { take(news); }, [this](const News &news) { take(news); }),
                              tr("The evaluation could not be made."));
    connect(job, &Job::cancelled, this, [this] {
        m_setup->setNote(tr("Stopped. Features extracted so far are kept: the same settings go on from there."));
        m_page->tell(tr("Stopped"));
    });
    connect(job, &Job::over, this, [this] {
        m_setup->setRunning(false);
        Q_EMIT over();
    });
    Q_EMIT begun();
}

void EvaluationRunner::take(const News &news)
{
    if (news.set && news.set != m_set) {
        m_set = news.set;
        Q_EMIT setArrived(m_set);
    }
    if (news.rows.runs.size() > m_taken) {
        EvaluatedRows fresh;
        int known = 0;
        for (; m_taken < news.rows.runs.size(); ++m_taken) {
            const EvaluationRun &run = news.rows.runs[m_taken];
            const std::vector<ShownRun> &shown = m_state->runs();
            // Whoever opens a project and loads its features again has its runs already.
            if (std::any_of(shown.begin(), shown.end(), [&](const ShownRun &one) { return sameFigures(*one.run, run); })) {
                ++known;
                continue;
            }
            fresh.runs.push_back(run);
            fresh.methods.push_back(news.rows.methods[m_taken]);
        }
        if (!fresh.runs.empty())
            m_state->addRuns(fresh.runs, fresh.methods);
        if (known > 0)
            m_page->tell(tr("%n run(s) were here already, with the same figures", nullptr, known));
    }
    for (const std::string &problem : news.rows.problems)
        m_page->notices()->add(toQString(problem));
}

void EvaluationRunner::openRuns(const std::filesystem::path &file)
{
    delete m_page->currentJob();
    Job *job = m_page->follow(Job::start(
                                  m_page, tr("Opening"), [file](Progress &) { return EvaluationState::read(file); },
                                  [this, file](std::vector<ShownRun> runs) {
                                      if (m_state->runs().empty())
                                          m_state->reset(std::move(runs));
                                      else
                                          m_state->addShown(std::move(runs));
                                      m_page->tell(tr("Opened: %1").arg(toQString(file)));
                                      Q_EMIT runsOpened();
                                  }),
                              tr("The runs could not be opened."));
    connect(job, &Job::over, this, &EvaluationRunner::begun);
}

void EvaluationRunner::clear(const EvaluationRequest &form)
{
    delete m_page->currentJob();
    m_taken = 0;
    m_set.reset();
    m_resamples = form.resamples;
    m_setup->setRunning(false);
    m_setup->setRequest(form);
}

} // namespace dscope
