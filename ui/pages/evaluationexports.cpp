// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/evaluationexports.h"

#include "core/base/files.h"
#include "core/report/evaluationreport.h"
#include "ui/jobs/job.h"
#include "ui/jobs/liveengine.h"
#include "ui/models/evaluationstate.h"
#include "ui/pages/evaluationplots.h"
#include "ui/pages/evaluationtables.h"
#include "ui/pages/livepairs.h"
#include "ui/pages/page.h"
#include "ui/plots/plainplot.h"
#include "ui/views/classificationview.h"
#include "ui/views/retrievalview.h"

#include <QCoreApplication>

#include <utility>

namespace dscope {

namespace {
struct Texts {
    Q_DECLARE_TR_FUNCTIONS(EvaluationExports)
};

std::vector<EvaluationRun> figuresOf(const EvaluationState &state)
{
    std::vector<EvaluationRun> runs;
    for (const ShownRun &shown : state.runs()) {
        runs.push_back(*shown.run);
        runs.back().method = shown.title.toStdString(); // as the user calls it
    }
    return runs;
}
} // namespace

void EvaluationExports::table() const
{
    m_parts.page->write(Texts::tr("Export the table"), QStringLiteral("evaluation.csv"), {Texts::tr("CSV (*.csv)"), Texts::tr("Markdown (*.md)")},
                        [runs = figuresOf(*m_parts.state)](const std::filesystem::path &path) {
                            writeAtomically(path, path.extension() == ".md" ? evaluationTable(runs) : evaluationCsv(runs));
                        });
}

void EvaluationExports::pairs() const
{
    m_parts.page->write(Texts::tr("Export the hardest pairs"), QStringLiteral("pairs.csv"), {Texts::tr("CSV (*.csv)")},
                        [tables = m_parts.tables](const std::filesystem::path &path) { writeAtomically(path, tables->pairsText()); });
}

void EvaluationExports::tradeoff(Protocol protocol) const
{
    const std::string text = protocol == Protocol::Retrieval ? m_parts.retrieval->tradeoffText()
        : protocol == Protocol::Classification               ? m_parts.classes->curvesText()
                                                             : tradeoffCsv(m_parts.engine->curve());
    m_parts.page->write(Texts::tr("Export the trade-off"), QStringLiteral("tradeoff.csv"), {Texts::tr("CSV (*.csv)")},
                        [text](const std::filesystem::path &path) { writeAtomically(path, text); });
}

void EvaluationExports::report(Protocol protocol) const
{
    EvaluationReport report;
    report.recommendation = m_parts.live->taken().sentence();
    report.live = protocol == Protocol::Retrieval ? m_parts.retrieval->sentence().toStdString()
        : protocol == Protocol::Classification    ? m_parts.classes->sentence().toStdString()
                                                  : m_parts.live->sentence();
    constexpr QSize size(900, 560);
    for (PlainPlot *plot : protocol == Protocol::Retrieval ? m_parts.retrieval->plots()
             : protocol == Protocol::Classification        ? m_parts.classes->plots()
                                                           : m_parts.plots->all())
        report.plots.push_back({plot->accessibleName().toStdString(), plot->svg(size).toStdString()});
    m_parts.page->write(Texts::tr("Write a report"), QStringLiteral("evaluation.html"), {Texts::tr("HTML page (*.html)")},
                        [runs = figuresOf(*m_parts.state), report = std::move(report)](const std::filesystem::path &path) {
                            writeAtomically(path, evaluationReportHtml(runs, report));
                        });
}

void EvaluationExports::plot(PlainPlot *plot) const
{
    m_parts.page->exportPlot(plot, true);
}

} // namespace dscope
