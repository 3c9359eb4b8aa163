// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/jobs/liveengine.h"

#include "ui/jobs/job.h"

#include <QThreadPool>

#include <utility>

namespace dscope {

namespace {
constexpr int exactDelayMs = 120; ///< after the last of several keys
}

LiveEngine::LiveEngine(QObject *parent) : QObject(parent)
{
    m_exactDelay.setSingleShot(true);
    m_exactDelay.setInterval(exactDelayMs);
    connect(&m_exactDelay, &QTimer::timeout, this, &LiveEngine::startExact);
}

LiveEngine::~LiveEngine()
{
    holdCurve(false);
    for (Job *job : findChildren<Job *>())
        delete job;
}

Job *LiveEngine::preparing() const
{
    return m_preparing;
}

bool LiveEngine::isBusy() const
{
    return m_preparing || m_estimating || m_exactJob || m_intervalJob || m_exactDelay.isActive();
}

bool LiveEngine::curveRuns() const
{
    return !m_curveJob.isNull();
}

void LiveEngine::watch(Job *job)
{
    connect(job, &Job::failed, this, &LiveEngine::failed);
    connect(job, &QObject::destroyed, this, &LiveEngine::busyChanged);
    Q_EMIT busyChanged();
}

void LiveEngine::dropExact()
{
    m_exactDelay.stop();
    delete m_exactJob;
    delete m_intervalJob;
}

void LiveEngine::setSet(EvaluationSetPtr set, const LiveOptions &options, int split)
{
    ++m_generation;
    stopCurve();
    delete m_preparing;
    delete m_estimating;
    dropExact();
    m_set = std::move(set);
    m_options = options;
    m_split = m_set && split < m_set->splitCount() ? split : EvaluationSet::allSplits;
    m_live.reset();
    m_estimate.reset();
    m_exact.reset();
    m_curve = {};
    m_waiting = false;
    m_dragging = false;
    Q_EMIT curveChanged();
    if (!m_set)
        return Q_EMIT busyChanged();
    m_options.threshold = m_threshold;
    m_options.splitBegins.clear();
    if (m_split == EvaluationSet::allSplits && m_set->splitCount() > 1)
        m_options.splitBegins = m_set->splitBegins();
    m_preparing = Job::start(
        this, tr("Arranging the templates for the live threshold"),
        [set = m_set, options = m_options, split = m_split](Progress &progress) {
            return std::make_shared<LiveThreshold>(set->features, set->pairs(split), options, progress);
        },
        [this](std::shared_ptr<LiveThreshold> live) { prepared(std::move(live)); });
    watch(m_preparing);
    Q_EMIT started(m_preparing);
}

void LiveEngine::setRule(const LinearRule &rule)
{
    m_options.rule = rule;
    if (!m_live) {
        // The set itself is still being arranged: once more, with the rule that is wanted now.
        if (m_set)
            setSet(m_set, m_options, m_split);
        return;
    }
    ++m_generation;
    delete m_preparing;
    delete m_estimating;
    dropExact();
    m_estimate.reset();
    m_exact.reset();
    m_options.threshold = m_threshold;
    holdCurve(true);
    m_preparing = Job::start(
        this, tr("Another way to weigh the pictures"),
        [live = m_live, options = m_options](Progress &progress) { return std::make_shared<LiveThreshold>(*live, options, progress); },
        [this](std::shared_ptr<LiveThreshold> live) { prepared(std::move(live)); });
    watch(m_preparing);
    Q_EMIT started(m_preparing);
}

void LiveEngine::prepared(std::shared_ptr<LiveThreshold> live)
{
    m_preparing = nullptr;
    m_live = std::move(live);
    m_exact = m_live->lastExact();
    Q_EMIT ready();
    if (m_exact && m_exact->threshold == m_threshold) {
        Q_EMIT exactReady();
        startIntervals();
        if (m_curveJob)
            holdCurve(m_dragging || m_intervalJob);
        else if (!m_curve.complete)
            startCurve();
    } else {
        move(m_threshold);
        if (!m_curveJob && !m_curve.complete)
            startCurve();
    }
}

void LiveEngine::beginDrag()
{
    m_dragging = true;
    holdCurve(true);
    dropExact(); // their answers would be of a threshold that is left now
}

void LiveEngine::move(double t)
{
    m_threshold = t;
    if (!isReady())
        return; // prepared() comes back to it
    dropExact();
    m_exact.reset();
    holdCurve(true);
    if (m_estimating)
        m_waiting = true;
    else
        startEstimate();
    if (!m_dragging)
        m_exactDelay.start();
}

void LiveEngine::endDrag()
{
    m_dragging = false;
    if (isReady() && !m_exact && !m_exactJob)
        return startExact();
    if (isReady() && m_exact && !m_intervalJob)
        startIntervals(); // pressed and let go without a move
    if (!m_exactJob && !m_intervalJob && !m_preparing)
        holdCurve(false);
}

void LiveEngine::startEstimate()
{
    m_waiting = false;
    m_estimating = Job::start(
        this, tr("Estimate"), [live = m_live, t = m_threshold](Progress &) { return live->estimate(t); },
        [this, generation = m_generation](LiveEstimate estimate) {
            if (generation != m_generation)
                return;
            m_estimating = nullptr;
            // An exact value that came first is better than any estimate of the same threshold.
            m_estimate = std::move(estimate);
            if (!m_exact)
                Q_EMIT estimated();
            if (m_waiting)
                startEstimate();
        });
    watch(m_estimating);
}

void LiveEngine::startExact()
{
    dropExact();
    m_exactJob = Job::start(
        this, tr("Exact value"), [live = m_live, t = m_threshold](Progress &progress) { return std::make_shared<const LiveExact>(live->exact(t, progress)); },
        [this, generation = m_generation, t = m_threshold](std::shared_ptr<const LiveExact> exact) {
            if (generation != m_generation || t != m_threshold)
                return;
            m_exactJob = nullptr;
            m_exact = std::move(exact);
            Q_EMIT exactReady();
            startIntervals();
        });
    connect(m_exactJob, &Job::over, this, [this] { holdCurve(m_dragging || m_intervalJob); });
    watch(m_exactJob);
}

void LiveEngine::startIntervals()
{
    if (m_dragging || !m_exact || m_resamples <= 0 || !m_exact->intervals.empty() || !m_exact->noIntervals.empty())
        return;
    delete m_intervalJob;
    m_intervalJob = Job::start(
        this, tr("Intervals"),
        [live = m_live, t = m_threshold, resamples = m_resamples](Progress &progress) {
            return std::make_shared<const LiveExact>(live->intervals(t, resamples, progress));
        },
        [this, generation = m_generation, t = m_threshold](std::shared_ptr<const LiveExact> exact) {
            if (generation != m_generation || t != m_threshold)
                return;
            m_intervalJob = nullptr;
            m_exact = std::move(exact);
            Q_EMIT intervalsReady();
        });
    holdCurve(true);
    connect(m_intervalJob, &Job::over, this, [this] { holdCurve(m_dragging || m_exactJob); });
    watch(m_intervalJob);
}

void LiveEngine::startCurve()
{
    stopCurve();
    if (!m_live)
        return;
    m_curve = {};
    TradeoffOptions options;
    options.methods = m_curveMethods;
    options.fars = m_options.fars;
    options.prices = m_prices;
    options.device = m_options.device;
    options.resamples = 100;
    m_curveJob = Job::startTelling<Tradeoff>(
        this, tr("Trade-off"),
        [live = m_live, options](Progress &progress, const auto &tell) {
            return tradeoff(
                *live, options, [&tell](const Tradeoff &curve, std::size_t) { tell(curve); }, progress);
        },
        [this](Tradeoff curve) {
            m_curve = std::move(curve);
            reprice(m_curve, m_prices); // they may have been changed since it began
            Q_EMIT curveChanged();
        },
        [this](Tradeoff curve) {
            m_curve = std::move(curve);
            reprice(m_curve, m_prices);
            Q_EMIT curveChanged();
        });
    connect(m_curveJob, &Job::failed, this, &LiveEngine::failed);
    connect(m_curveJob, &Job::over, this, [this] {
        holdCurve(false);
        m_curveJob = nullptr;
        Q_EMIT busyChanged();
    });
    holdCurve(m_dragging || m_exactJob || m_intervalJob || m_preparing);
    Q_EMIT busyChanged();
}

void LiveEngine::stopCurve()
{
    holdCurve(false);
    delete m_curveJob;
}

void LiveEngine::holdCurve(bool hold)
{
    m_yielding.hold(hold, m_curveJob);
}

void LiveEngine::setPrices(const LivePrices &prices)
{
    m_prices = prices;
    if (!m_curve.points.empty()) {
        reprice(m_curve, prices);
        Q_EMIT curveChanged();
    }
}

} // namespace dscope
