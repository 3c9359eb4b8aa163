// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/jobs/classesengine.h"

#include "core/tasks/task.h"
#include "ui/jobs/job.h"

#include <utility>

namespace dscope {

bool isClassification(const EvaluationSetPtr &set)
{
    return set && taskNamed(set->benchmark->task).protocol == Protocol::Classification;
}

ClassesEngine::ClassesEngine(QObject *parent) : QObject(parent) {}

ClassesEngine::~ClassesEngine()
{
    for (Job *job : findChildren<Job *>())
        delete job;
}

void ClassesEngine::setSet(const EvaluationSetPtr &set, const LivePrices &prices)
{
    delete m_preparing;
    delete m_pointJob;
    delete m_curveJob;
    m_waiting = false;
    m_asked = false;
    m_live.reset();
    m_answer.reset();
    m_curves.clear();
    m_prices = prices;
    Q_EMIT curvesChanged();
    if (!isClassification(set))
        return;
    m_preparing = Job::start(
        this, tr("Arranging the clips for the live threshold"),
        [set](Progress &progress) { return std::make_shared<const LiveClasses>(set->features, progress); },
        [this, set](std::shared_ptr<const LiveClasses> live) {
            m_preparing = nullptr;
            m_live = std::move(live);
            Q_EMIT ready();
            if (m_asked)
                startPoint();
            startCurves(set);
        });
    connect(m_preparing, &Job::failed, this, &ClassesEngine::failed);
    Q_EMIT started(m_preparing);
}

void ClassesEngine::ask(const LinearRule &rule, const Selection &keep)
{
    m_rule = rule;
    m_keep = keep;
    m_asked = true;
    if (!m_live)
        return;
    if (m_pointJob)
        m_waiting = true;
    else
        startPoint();
}

void ClassesEngine::startPoint()
{
    m_waiting = false;
    m_pointJob = Job::start(
        this, tr("Fusing anew"),
        [live = m_live, rule = m_rule, keep = m_keep](Progress &progress) {
            Answer answer{rule, keep, {}, {}};
            answer.point = live->at(rule, keep, progress, &answer.predictions);
            return answer;
        },
        [this](Answer answer) {
            m_pointJob = nullptr;
            m_answer = std::move(answer);
            Q_EMIT moved();
            if (m_waiting)
                startPoint();
        });
    connect(m_pointJob, &Job::failed, this, &ClassesEngine::failed);
    connect(m_pointJob, &Job::over, this, [this, job = m_pointJob.data()] {
        if (m_pointJob == job)
            m_pointJob = nullptr;
    });
}

void ClassesEngine::startCurves(const EvaluationSetPtr &set)
{
    ClipCurveOptions options;
    options.prices = m_prices;
    const auto take = [this](std::vector<ClipCurve> curves) {
        m_curves = std::move(curves);
        Q_EMIT curvesChanged();
    };
    m_curveJob = Job::startTelling<std::vector<ClipCurve>>(
        this, tr("Accuracy against the clips"),
        [features = set->features, options](Progress &progress, const auto &tell) {
            return clipCurves(
                *features, options, [&tell](const std::vector<ClipCurve> &curves) { tell(curves); }, progress);
        },
        take, take);
    connect(m_curveJob, &Job::failed, this, &ClassesEngine::failed);
    connect(m_curveJob, &Job::over, this, [this] { m_curveJob = nullptr; });
}

} // namespace dscope
