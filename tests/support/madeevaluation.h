// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/analysis/evaluation.h"
#include "tests/support/maderetrieval.h"
#include "tests/support/madetemplates.h"

namespace dscope::test {

/// Drawn templates as an open benchmark: all pairs, a search (a template of every other subject is enrolled), prices, and no pictures unless named.
EvaluationSetPtr madeEvaluation(const MadeTemplatesOptions &options = {}, const std::vector<std::string> &names = {});

/// Made tracklets as an open benchmark: a retrieval with prices, and no pictures unless named.
EvaluationSetPtr madeRetrievalEvaluation(const MadeRetrieval &made = madeRetrieval(), const std::vector<std::string> &names = {});

/// Made videos as an open benchmark: a classification with prices.
EvaluationSetPtr madeClassesEvaluation(const TemplateFeatures &made);

/// One row of such a set, as the Evaluate page makes it.
EvaluationRun evaluated(const EvaluationSet &set, const Method &method, int resamples, Progress &progress);

} // namespace dscope::test
