// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/livemethods.h"

#include "core/base/error.h"
#include "core/scores/secondlook.h"
#include "ui/convert.h"

#include <QCoreApplication>

#include <algorithm>
#include <limits>
#include <utility>

namespace dscope {

namespace {
struct Texts {
    Q_DECLARE_TR_FUNCTIONS(LiveMethods)
};

bool hasSecondLook(const EvaluationSetPtr &set)
{
    return set && set->features->quality.contains(secondLookName);
}
} // namespace

QStringList liveMethodNames(const EvaluationSetPtr &set)
{
    QStringList names{QStringLiteral("ddl"), QStringLiteral("ddl:whole"), QStringLiteral("ddl-no-rescale"), QStringLiteral("ddl+")};
    if (hasSecondLook(set))
        names << QStringLiteral("ddl:second") << QStringLiteral("ddl-no-rescale:second") << QStringLiteral("ddl+:second");
    return names;
}

QStringList curveMethodNames(const EvaluationSetPtr &set)
{
    QStringList names{QStringLiteral("ddl"), QStringLiteral("ddl-no-rescale"), QStringLiteral("ddl+")};
    if (hasSecondLook(set))
        names << QStringLiteral("ddl+:second");
    return names << QStringLiteral("top-k");
}

QString liveMethodTitle(const QString &name)
{
    Method method = methodNamed(name.toStdString());
    if (method.options.method == Aggregator::TopK)
        return Texts::tr("top-K");
    method.options.keep.threshold = -std::numeric_limits<double>::infinity();
    return toQString(titleOf(method));
}

std::optional<Method> liveMethodOf(const EvaluationState &state, const EvaluationSetPtr &set)
{
    try {
        // One that a former set could give comes back by an undo.
        const QString chosen = liveMethodNames(set).contains(state.liveMethod()) ? state.liveMethod() : QStringLiteral("ddl");
        Method method = methodNamed(chosen.toStdString());
        method.options.keep.threshold = state.threshold().threshold();
        return method;
    } catch (const Error &) {
        return std::nullopt;
    }
}

void TakenRecommendation::take(const std::string &sentence, const EvaluationSetPtr &set, const EvaluationState &state)
{
    m_sentence = sentence;
    m_on = set;
    m_split = state.liveSplit();
    m_by.clear();
    for (const ShownRun &shown : state.runs())
        if (set && set->fits(*shown.run))
            m_by.push_back(shown.run);
}

void TakenRecommendation::restore(const std::string &sentence, std::vector<std::shared_ptr<const EvaluationRun>> runs)
{
    m_sentence = sentence;
    m_on.reset();
    m_split = EvaluationSet::allSplits;
    m_by = std::move(runs);
}

bool TakenRecommendation::check(const EvaluationSetPtr &set, int split)
{
    if (m_sentence.empty() || !set)
        return false;
    const bool fits = std::any_of(m_by.begin(), m_by.end(), [&](const auto &run) { return set->fits(*run); });
    const bool same = m_on == set ? m_split == split : fits && m_split == EvaluationSet::allSplits;
    if (same)
        m_on = set;
    else
        m_sentence.clear();
    return !same;
}

} // namespace dscope
