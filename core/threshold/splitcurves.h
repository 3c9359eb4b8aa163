// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/evaluation/run.h"

#include <vector>

namespace dscope {

/// What plots and lists of a run over several splits show, put together from the splits' own:
/// - the mean ROC, the mean of the splits' strict TARs at 400 FARs, evenly on a logarithmic scale from one impostor pair of the largest split to all,
///   first (0, the mean TAR where none is let in). From the splits' thinned curves (EvaluationRun::rocFar), so in between the targets it can be lower than
///   the mean of the full ones by what thinning leaves out; the targets' figures themselves are exact (EvaluationRun::strict);
/// - histograms, means of the shares;
/// - the hardest pairs of all splits, each once, as many as a split has at most.
/// Splits that lack one of them leave it empty.
void curvesOverSplits(const std::vector<EvaluationRun> &splits, EvaluationRun &all);

} // namespace dscope
