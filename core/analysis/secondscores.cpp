// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/secondscores.h"

#include "core/base/error.h"
#include "core/base/text.h"

#include <limits>

namespace dscope {

SecondScores secondScores(const Analysis &analysis, const SecondLook &look)
{
    const bool embedded = analysis.dim > 0;
    if (embedded && (look.dim() != analysis.dim || look.origin().baseHash != analysis.base.hash))
        throw Error("This second look reads embeddings of " + shownName(look.origin().base) + " (SHA-256 " + shownName(look.origin().baseHash.substr(0, 12))
                    + "); the faces were embedded by " + shownName(analysis.base.name) + " (" + analysis.base.hash.substr(0, 12) + ").");
    SecondScores scores;
    scores.origin = look.origin();
    scores.cost = look.cost();
    for (const Source &source : analysis.sources)
        for (const Group &group : source.groups) {
            if (group.embeddings.size() != group.elements.size() * static_cast<std::size_t>(look.dim())) {
                scores.values.insert(scores.values.end(), group.elements.size(), std::numeric_limits<float>::quiet_NaN());
                continue;
            }
            const std::vector<float> some = look.scores(group.embeddings);
            scores.values.insert(scores.values.end(), some.begin(), some.end());
        }
    return scores;
}

} // namespace dscope
