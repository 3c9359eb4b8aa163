// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/evaluationpage.h"

#include "core/analysis/evaluation.h"
#include "core/base/error.h"
#include "core/base/inputfile.h"
#include "core/evaluation/retrievalrun.h"
#include "ui/convert.h"
#include "ui/dialogs/recommenddialog.h"
#include "ui/jobs/job.h"
#include "ui/jobs/liveengine.h"
#include "ui/models/tarmodel.h"
#include "ui/pages/evaluationsetup.h"
#include "ui/plots/livetradeoff.h"
#include "ui/plots/runplot.h"
#include "ui/views/jobbar.h"
#include "ui/views/livebar.h"
#include "ui/views/noticebar.h"
#include "ui/views/retrievalview.h"

#include <QCoreApplication>
#include <QElapsedTimer>
#include <QInputDialog>
#include <QStatusBar>
#include <QThread>

#include <algorithm>
#include <utility>

namespace dscope {

namespace {
constexpr int messageMs = 8000;

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

EvaluationPage::News EvaluationPage::rowsOf(EvaluationSetPtr set, const std::vector<std::string> &methods, int resamples, RetrievalDistance distance,
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

void EvaluationPage::start()
{
    const EvaluationRequest request = m_setup->request();
    m_setup->writeSettings();
    m_resamples = request.resamples;
    m_distance = retrievalDistanceNamed(request.distance);
    run(tr("Evaluating"), [request, distance = m_distance, store = m_store](Progress &progress, const std::function<void(News)> &tell) {
        return rowsOf(loaded(request, store, true, progress), request.methods, request.resamples, distance, progress, tell);
    });
    m_setup->setRunning(true);
}

void EvaluationPage::loadFeatures()
{
    const EvaluationRequest request = m_setup->request();
    m_resamples = request.resamples;
    m_distance = retrievalDistanceNamed(request.distance);
    run(tr("Loading the features"), [request, store = m_store](Progress &progress, const std::function<void(News)> &) {
        News news;
        news.set = loaded(request, store, false, progress);
        return news;
    });
    m_setup->setRunning(true);
}

void EvaluationPage::evaluate(EvaluationSetPtr set, const std::vector<std::string> &methods, int resamples)
{
    m_resamples = resamples;
    run(tr("Evaluating"), [set = std::move(set), methods, resamples, distance = m_distance](Progress &progress, const std::function<void(News)> &tell) {
        set->check();
        return rowsOf(set, methods, resamples, distance, progress, tell);
    });
}

void EvaluationPage::addMethod(const QString &name)
{
    if (!m_set || m_job)
        return;
    run(tr("Evaluating %1").arg(methodTitle(name)),
        [set = m_set, name = name.toStdString(), resamples = m_resamples, distance = m_distance](Progress &progress, const auto &tell) {
            return rowsOf(set, {name}, resamples, distance, progress, tell);
        });
}

void EvaluationPage::askForMethod()
{
    auto *ask = new QInputDialog(this);
    ask->setAttribute(Qt::WA_DeleteOnClose);
    ask->setObjectName(QStringLiteral("askForMethod"));
    ask->setInputMode(QInputDialog::TextInput);
    ask->setWindowTitle(tr("Add a run"));
    ask->setLabelText(tr("A method by name, such as ddl:t=0.3, ddl:media-first, top-k:10, quality:NAME or nan:FILE:"));
    ask->setTextValue(QStringLiteral("ddl:t=0.3"));
    connect(ask, &QInputDialog::textValueSelected, this, [this](const QString &name) { addMethod(name.trimmed()); });
    ask->open();
}

void EvaluationPage::run(const QString &title, std::function<News(Progress &, const std::function<void(News)> &)> work)
{
    delete m_job; // the newest wish wins
    m_notices->clear();
    m_setup->setNote({});
    statusBar()->clearMessage();
    m_taken = 0;
    m_job = Job::startTelling<News>(
        this, title, [work = std::move(work)](Progress &progress, const auto &tell) { return work(progress, tell); }, [this](const News &news) { take(news); },
        [this](const News &news) { finish(news); });
    connect(m_job, &Job::notice, this, [this](const QString &text) { m_notices->add(text); });
    connect(m_job, &Job::failed, this, [this](const QString &detail) {
        showFailure(tr("The evaluation could not be made."), detail);
        Q_EMIT failed(detail);
    });
    connect(m_job, &Job::cancelled, this, [this] {
        m_setup->setNote(tr("Stopped. Features extracted so far are kept: the same settings go on from there."));
        statusBar()->showMessage(tr("Stopped"), messageMs);
    });
    connect(m_job, &Job::over, this, [this] {
        m_job = nullptr;
        m_setup->setRunning(false);
        // Not while rows were being made: both want all cores.
        if (m_set && !m_engine->live() && !m_engine->preparing() && !m_retrieval->isLiveStarted())
            startLive();
        updateActions();
    });
    m_jobBar->follow(m_job);
    updateActions();
}

void EvaluationPage::take(const News &news)
{
    if (news.set && news.set != m_set)
        takeSet(news.set);
    if (news.rows.runs.size() > m_taken) {
        EvaluatedRows fresh;
        int known = 0;
        for (; m_taken < news.rows.runs.size(); ++m_taken) {
            const EvaluationRun &run = news.rows.runs[m_taken];
            const std::vector<ShownRun> &shown = m_state.runs();
            // Whoever opens a project and loads its features again has its runs already.
            if (std::any_of(shown.begin(), shown.end(), [&](const ShownRun &one) { return sameFigures(*one.run, run); })) {
                ++known;
                continue;
            }
            fresh.runs.push_back(run);
            fresh.methods.push_back(news.rows.methods[m_taken]);
        }
        if (!fresh.runs.empty())
            m_state.addRuns(fresh.runs, fresh.methods);
        if (known > 0)
            statusBar()->showMessage(tr("%n run(s) were here already, with the same figures", nullptr, known), messageMs);
    }
    for (const std::string &problem : news.rows.problems)
        m_notices->add(toQString(problem));
}

void EvaluationPage::takeSet(EvaluationSetPtr set)
{
    m_engine->setSet(nullptr, {});
    m_live->setReady(false);
    m_roc->clearLive();
    m_tarModel->setLive(std::nullopt);
    m_set = std::move(set);
    m_retrieval->setSet(m_set, m_distance);
    m_state.forgetLiveSplit();
    m_cache->setSource(std::make_shared<EvaluationPictures>(m_set));
    for (const std::string &warning : m_set->warnings)
        m_notices->add(toQString(warning));
    m_live->setReadout(LiveBar::Sureness::None, {}, tr("The live threshold comes after the runs."));
    m_tradeoff->setHint(tr("The trade-off fills in after the runs…"));
    updateView();
    showResult();
    updateTitle();
    Q_EMIT opened();
}

void EvaluationPage::finish(const News &news)
{
    take(news);
    updateTitle();
}

bool EvaluationPage::opens(const std::filesystem::path &file)
{
    if (file.extension() != ".json")
        return false;
    const std::vector<std::uint8_t> bytes = firstBytes(file, 4096);
    const std::string_view start(reinterpret_cast<const char *>(bytes.data()), bytes.size());
    return start.find("\"dscope.evaluation") != std::string::npos;
}

void EvaluationPage::openRuns(const std::filesystem::path &file)
{
    delete m_job;
    m_job = Job::start(
        this, tr("Opening"), [file](Progress &) { return EvaluationState::read(file); },
        [this, file](std::vector<ShownRun> runs) {
            if (m_state.runs().empty())
                m_state.reset(std::move(runs));
            else
                m_state.addShown(std::move(runs));
            showResult();
            updateTitle();
            statusBar()->showMessage(tr("Opened: %1").arg(toQString(file)), messageMs);
            Q_EMIT opened();
        });
    connect(m_job, &Job::failed, this, [this](const QString &detail) {
        showFailure(tr("The runs could not be opened."), detail);
        Q_EMIT failed(detail);
    });
    connect(m_job, &Job::over, this, [this] {
        m_job = nullptr;
        updateActions();
    });
    m_jobBar->follow(m_job);
}

bool EvaluationPage::settle(int ms)
{
    QElapsedTimer timer;
    timer.start();
    while (timer.elapsed() < ms) {
        QCoreApplication::processEvents(QEventLoop::AllEvents, 20);
        if (!m_job && !m_engine->isBusy() && !m_engine->curveRuns() && !m_retrieval->isBusy())
            return true;
        QThread::msleep(5);
    }
    return false;
}

} // namespace dscope
