#pragma once

#include "tests/support/madetemplates.h"
#include "ui/models/evaluationset.h"

namespace dscope::test {

/// Drawn templates as an open benchmark: all pairs, a search (a template of every other subject is enrolled), prices, and no pictures unless named.
EvaluationSetPtr madeEvaluation(const MadeTemplatesOptions &options = {}, const std::vector<std::string> &names = {});

} // namespace dscope::test
