// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/sets/templates.h"

#include "core/base/error.h"

#include <algorithm>
#include <cmath>

namespace dscope {

std::span<const float> TemplateFeatures::featuresOf(std::int64_t t) const
{
    const auto first = static_cast<std::size_t>(begin[static_cast<std::size_t>(t)]);
    const auto width = static_cast<std::size_t>(dim);
    return std::span<const float>(features).subspan(first * width, static_cast<std::size_t>(size(t)) * width);
}

std::span<const float> TemplateFeatures::dScoresOf(std::int64_t t) const
{
    return std::span<const float>(dScores).subspan(static_cast<std::size_t>(begin[static_cast<std::size_t>(t)]), static_cast<std::size_t>(size(t)));
}

void TemplateFeatures::check(bool needsFeatures) const
{
    const auto fits = [](const std::string &what, std::size_t is, std::size_t wanted) {
        if (is != wanted)
            throw Error("A template set has " + std::to_string(is) + " " + what + "; " + std::to_string(wanted) + " are needed.");
    };
    if (begin.empty() || begin.front() != 0 || !std::is_sorted(begin.begin(), begin.end()))
        throw Error("A template set's faces are not arranged by template.");
    if (dim < (needsFeatures ? 1 : 0))
        throw Error("A template set's features have no length.");
    const auto n = static_cast<std::size_t>(faces());
    const auto t = static_cast<std::size_t>(templates());
    fits("feature values", features.size(), n * static_cast<std::size_t>(dim));
    fits("D-scores", dScores.size(), n);
    if (!detector.empty())
        fits("detector scores", detector.size(), n);
    if (!media.empty())
        fits("media ids", media.size(), n);
    if (!names.empty())
        fits("picture names", names.size(), n);
    if (!pictures.empty())
        fits("places of pictures", pictures.size(), n);
    for (const auto &[name, scores] : quality)
        fits("scores called '" + name + "'", scores.size(), n);
    fits("template numbers", ids.size(), t);
    fits("subjects", subjects.size(), t);
    if (!cameras.empty())
        fits("cameras", cameras.size(), t);
    for (std::size_t i = 0; i < n; ++i)
        if (!std::isfinite(dScores[i]))
            throw Error("The D-score of face " + std::to_string(i) + " of a template set is not a finite number.");
    for (const std::int32_t subject : subjects)
        if (subject < -1 || (subject >= 0 && static_cast<std::size_t>(subject) >= subjectNames.size()))
            throw Error("A template set names subject " + std::to_string(subject) + ", which is not there.");
}

std::int64_t TemplatePairs::genuineCount() const
{
    return std::count(genuine.begin(), genuine.end(), std::uint8_t{1});
}

void pairSubjects(const TemplateFeatures &set, const TemplatePairs &pairs, std::vector<std::int32_t> &a, std::vector<std::int32_t> &b)
{
    a.resize(static_cast<std::size_t>(pairs.size()));
    b.resize(a.size());
    for (std::size_t i = 0; i < a.size(); ++i) {
        a[i] = set.subjects[pairs.a[i]];
        b[i] = set.subjects[pairs.b[i]];
        if (a[i] < 0 || b[i] < 0)
            throw Error("Template " + std::to_string(set.ids[a[i] < 0 ? pairs.a[i] : pairs.b[i]]) + " is compared but its subject is not known.");
    }
}

} // namespace dscope
