// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/scores/secondlook.h"
#include "core/threshold/templateprefixes.h"

#include <memory>
#include <span>
#include <vector>

namespace dscope::test {

/// The prefix sums of one group by one method.
class GroupPrefixes {
public:
    GroupPrefixes(std::span<const float> features, std::int64_t dim, std::span<const float> dScores, const AggregateOptions &options = {},
                  std::span<const float> second = {})
    {
        auto set = std::make_shared<TemplateFeatures>();
        set->dim = dim;
        set->features.assign(features.begin(), features.end());
        set->dScores.assign(dScores.begin(), dScores.end());
        set->begin = {0, std::ssize(dScores)};
        set->ids = {7};
        set->subjects = {-1};
        Method method;
        method.options = options;
        if (!second.empty()) {
            set->quality[secondLookName].assign(second.begin(), second.end());
            method.weights = secondLookName;
        }
        Progress progress;
        m_rule = linearRule(method);
        m_prefixes = std::make_shared<const TemplatePrefixes>(set, options.normaliseFeatures, progress);
        m_sums = &m_prefixes->prepare(m_rule, progress);
    }

    std::int64_t keptCount(double t) const { return m_prefixes->keptOf(0, m_rule.keep.at(t)); }
    std::span<const std::uint32_t> order() const { return m_prefixes->order(0); }
    std::vector<double> feature(std::int64_t kept) const { return by(m_rule, kept); }
    std::vector<double> featureAt(double t) const { return feature(keptCount(t)); }
    std::vector<double> meanFeature(std::int64_t kept) const { return by(meanOfKept(), kept); }

private:
    std::vector<double> by(const LinearRule &rule, std::int64_t kept) const
    {
        std::vector<double> out(static_cast<std::size_t>(m_prefixes->set().dim));
        m_prefixes->mean(0, kept, rule, *m_sums, out);
        return out;
    }

    LinearRule m_rule;
    std::shared_ptr<const TemplatePrefixes> m_prefixes;
    const TemplatePrefixes::Sums *m_sums = nullptr;
};

} // namespace dscope::test
