// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/tasks/task.h"

namespace dscope {

class EvaluationState;
class EvaluationTables;
class LivePairs;
class Page;
class PlainPlot;
class RetrievalView;
class ClassificationView;
class EvaluationPlots;
class LiveEngine;

/// What the page for evaluation is made of.
struct EvaluationParts {
    Page *page = nullptr;
    EvaluationState *state = nullptr;
    LiveEngine *engine = nullptr;
    EvaluationPlots *plots = nullptr;
    EvaluationTables *tables = nullptr;
    LivePairs *live = nullptr;
    RetrievalView *retrieval = nullptr;
    ClassificationView *classes = nullptr;
};

/// Writes what the page for evaluation shows into files of the user's choice.
class EvaluationExports {
public:
    explicit EvaluationExports(const EvaluationParts &parts) : m_parts(parts) {}

    void table() const;
    void pairs() const;
    /// @param protocol of what is looked at
    void tradeoff(Protocol protocol) const;
    void report(Protocol protocol) const;
    void plot(PlainPlot *plot) const;

private:
    EvaluationParts m_parts;
};

} // namespace dscope
