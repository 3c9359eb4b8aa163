// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/jobs/retrievalengine.h"

#include "ui/jobs/job.h"

#include <QThreadPool>

#include <algorithm>
#include <utility>

namespace dscope {

const RetrievalLists *retrievalOf(const EvaluationSetPtr &set)
{
    if (!set)
        return nullptr;
    const std::vector<BenchmarkSplit> &splits = set->benchmark->splits;
    const auto found = std::find_if(splits.begin(), splits.end(), [](const BenchmarkSplit &split) { return !split.retrieval.empty(); });
    return found == splits.end() ? nullptr : &found->retrieval;
}

bool hasDScores(const EvaluationSet &set)
{
    return set.ddnet != "none";
}

RetrievalEngine::RetrievalEngine(QObject *parent) : QObject(parent) {}

RetrievalEngine::~RetrievalEngine()
{
    holdCurve(false);
    for (Job *job : findChildren<Job *>())
        delete job;
}

void RetrievalEngine::forget()
{
    stopCurve();
    delete m_pointJob;
    m_waiting = false;
    m_point.reset();
    m_curve = {};
    m_curve.prices = m_prices;
    Q_EMIT curveChanged();
}

void RetrievalEngine::setSet(EvaluationSetPtr set, RetrievalDistance distance, const LinearRule &rule)
{
    delete m_preparing;
    m_live.reset();
    m_rule = rule;
    m_dragging = false;
    forget();
    const RetrievalLists *lists = retrievalOf(set);
    if (lists == nullptr)
        return;
    m_preparing = Job::start(
        this, tr("Arranging the tracklets for the live threshold"),
        [set, lists, distance](Progress &progress) {
            LiveRetrievalOptions options;
            if (!set->benchmark->protocols.empty())
                options.protocols = set->benchmark->protocols;
            options.distance = distance;
            return std::make_shared<const LiveRetrieval>(set->features, lists->queries, lists->gallery, options, progress);
        },
        [this](std::shared_ptr<const LiveRetrieval> live) {
            m_preparing = nullptr;
            m_live = std::move(live);
            Q_EMIT ready();
            startPoint();
            startCurve();
        });
    connect(m_preparing, &Job::failed, this, &RetrievalEngine::failed);
    Q_EMIT started(m_preparing);
}

void RetrievalEngine::setRule(const LinearRule &rule)
{
    m_rule = rule;
    if (!m_live)
        return;
    forget();
    startPoint();
    startCurve();
}

void RetrievalEngine::setPrices(const LivePrices &prices)
{
    m_prices = prices;
    reprice(m_curve, prices);
    Q_EMIT curveChanged();
}

void RetrievalEngine::beginDrag()
{
    m_dragging = true;
    holdCurve(true);
}

void RetrievalEngine::move(double t)
{
    m_threshold = t;
    if (!m_live || isCurrent())
        return;
    // While it is dragged, every answer that comes is shown; else nobody waits for one that was left.
    if (m_pointJob && m_dragging)
        m_waiting = true;
    else
        startPoint();
}

void RetrievalEngine::endDrag()
{
    m_dragging = false;
    if (!m_pointJob)
        holdCurve(false);
}

void RetrievalEngine::startPoint()
{
    delete m_pointJob;
    m_waiting = false;
    m_pointJob = Job::start(
        this, tr("Ranking anew"), [live = m_live, rule = m_rule, t = m_threshold](Progress &progress) { return live->at(rule, t, progress); },
        [this](LiveRetrievalPoint point) {
            m_pointJob = nullptr;
            m_point = std::move(point);
            Q_EMIT moved();
            if (m_waiting)
                startPoint();
        });
    holdCurve(true);
    connect(m_pointJob, &Job::failed, this, &RetrievalEngine::failed);
    connect(m_pointJob, &Job::over, this, [this, job = m_pointJob.data()] {
        if (m_pointJob == job)
            m_pointJob = nullptr;
        holdCurve(m_dragging || m_pointJob);
    });
}

void RetrievalEngine::startCurve()
{
    stopCurve();
    RetrievalTradeoffOptions options;
    options.rule = m_rule;
    options.prices = m_prices;
    const auto take = [this](RetrievalTradeoff curve) {
        m_curve = std::move(curve);
        reprice(m_curve, m_prices); // they may have been changed since it began
        Q_EMIT curveChanged();
    };
    m_curveJob = Job::startTelling<RetrievalTradeoff>(
        this, tr("Trade-off"),
        [live = m_live, options](Progress &progress, const auto &tell) {
            return retrievalTradeoff(
                *live, options, [&tell](const RetrievalTradeoff &curve) { tell(curve); }, progress);
        },
        take, take);
    connect(m_curveJob, &Job::failed, this, &RetrievalEngine::failed);
    connect(m_curveJob, &Job::over, this, [this] {
        holdCurve(false);
        m_curveJob = nullptr;
    });
    holdCurve(m_dragging || m_pointJob);
}

void RetrievalEngine::stopCurve()
{
    holdCurve(false);
    delete m_curveJob;
}

void RetrievalEngine::holdCurve(bool hold)
{
    m_yielding.hold(hold, m_curveJob);
}

} // namespace dscope
