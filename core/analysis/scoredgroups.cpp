// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/scoredgroups.h"

#include "core/analysis/weights.h"
#include "core/tasks/task.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

namespace dscope {

namespace {

bool classifies(const Analysis &analysis)
{
    return taskNamed(analysis.options.task).protocol == Protocol::Classification;
}

} // namespace

TemplateFeatures scoredGroups(const Analysis &analysis)
{
    TemplateFeatures set;
    set.dim = std::max<std::int64_t>(0, analysis.dim);
    std::map<std::string, std::int32_t> people;
    const auto forEach = [&analysis](const auto &visit) {
        for (const Source &source : analysis.sources)
            for (const Group &group : source.groups)
                visit(group);
    };
    forEach([&](const Group &group) {
        if (!group.label.empty())
            people.emplace(group.label, 0);
        if (group.embeddings.size() != group.elements.size() * static_cast<std::size_t>(set.dim)
            || !std::all_of(group.embeddings.begin(), group.embeddings.end(), [](float value) { return std::isfinite(value); }))
            set.dim = 0;
    });
    if (!classifies(analysis)) {
        for (auto &[label, number] : people) {
            number = static_cast<std::int32_t>(set.subjectNames.size());
            set.subjectNames.push_back(label);
        }
    } else { // a subject is the place of its score
        set.subjectNames = analysis.classes;
        for (auto &[label, number] : people) {
            const auto found = std::find(set.subjectNames.begin(), set.subjectNames.end(), label);
            number = found == set.subjectNames.end() ? -1 : static_cast<std::int32_t>(found - set.subjectNames.begin());
        }
    }
    bool looksTwice = analysis.second.there(); // only where it has looked at all of them
    forEach([&](const Group &group) {
        looksTwice =
            looksTwice && std::all_of(group.elements.begin(), group.elements.end(), [](const Element &element) { return std::isfinite(element.second); });
    });
    std::vector<float> *second = looksTwice ? &set.quality[secondLookName] : nullptr;
    forEach([&](const Group &group) {
        for (const Element &element : group.elements) {
            set.dScores.push_back(element.dScore);
            if (second != nullptr)
                second->push_back(element.second);
        }
        if (set.dim > 0)
            set.features.insert(set.features.end(), group.embeddings.begin(), group.embeddings.end());
        set.ids.push_back(set.templates());
        set.begin.push_back(static_cast<std::int64_t>(set.dScores.size()));
        set.subjects.push_back(group.label.empty() ? -1 : people.at(group.label));
    });
    return set;
}

LiveGroups liveGroups(const Analysis &analysis)
{
    LiveGroupsOptions options;
    options.prices.ddnet = analysis.ddnet.cost;
    options.prices.base = analysis.base.cost;
    options.look = analysis.second.cost;
    options.ddnetMs = analysis.ddnet.msPerPicture;
    options.baseMs = analysis.base.msPerPicture;
    options.withBase = !analysis.base.name.empty();
    options.classification = classifies(analysis);
    options.rule = [ddnet = analysis.ddnet, second = analysis.second](const Keep &keep) { return linearRule(methodOf(keep, ddnet, second)); };
    return {std::make_shared<const TemplateFeatures>(scoredGroups(analysis)), std::move(options)};
}

} // namespace dscope
