#include "ui/models/evaluationset.h"

#include "core/base/error.h"
#include "core/evaluation/represent.h"
#include "ui/convert.h"

#include <QCoreApplication>

namespace dscope {

bool EvaluationSet::fits(const EvaluationRun &run) const
{
    return run.benchmark == features->benchmark && run.templates == features->templates() && run.faces == features->faces();
}

void EvaluationSet::check() const
{
    if (!features || !benchmark || benchmark->splits.empty())
        throw Error("There are no pairs of templates to compare.");
    features->check();
    const auto templates = static_cast<std::uint64_t>(features->templates());
    for (const BenchmarkSplit &split : benchmark->splits)
        for (std::size_t i = 0; i < split.pairs.a.size(); ++i)
            if (split.pairs.a[i] >= templates || split.pairs.b[i] >= templates)
                throw Error("Pair " + std::to_string(i + 1) + " names a template that the set does not have.");
}

QString templateText(const TemplateFeatures &set, std::uint32_t place)
{
    const auto at = static_cast<std::size_t>(place);
    if (at >= set.ids.size())
        return {};
    const QString id = QCoreApplication::translate("dscope::EvaluationSet", "template %1").arg(set.ids[at]);
    const std::int32_t subject = at < set.subjects.size() ? set.subjects[at] : -1;
    if (subject < 0 || static_cast<std::size_t>(subject) >= set.subjectNames.size())
        return id;
    return QStringLiteral("%1 · %2").arg(id, toQString(set.subjectNames[static_cast<std::size_t>(subject)]));
}

TemplateShares sharesOf(const TemplateFeatures &set, std::uint32_t place, const Method &method)
{
    TemplateShares shares;
    const auto t = static_cast<std::int64_t>(place);
    const std::span<const float> scores = set.dScoresOf(t);
    shares.dScores.assign(scores.begin(), scores.end());
    if (scores.empty())
        return shares;
    const Aggregate aggregate = aggregateTemplate(set, t, method);
    shares.fallback = aggregate.fallback;
    shares.kept = static_cast<std::int64_t>(aggregate.kept.size());
    if (aggregate.weights.empty())
        return shares;
    shares.weights.assign(scores.size(), 0.0);
    for (std::size_t i = 0; i < aggregate.kept.size(); ++i)
        shares.weights[static_cast<std::size_t>(aggregate.kept[i])] = aggregate.weights[i];
    return shares;
}

} // namespace dscope
