// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/analysisexports.h"

#include "core/analysis/weights.h"
#include "core/base/outputfile.h"
#include "core/report/report.h"
#include "ui/convert.h"
#include "ui/jobs/job.h"
#include "ui/models/thresholdstate.h"
#include "ui/pages/analysisviews.h"
#include "ui/pages/page.h"
#include "ui/plots/histogramplot.h"
#include "ui/plots/timelineplot.h"
#include "ui/views/jobbar.h"
#include "ui/views/timelinepanel.h"
#include "ui/views/tradeoffpanel.h"

#include <QInputDialog>

#include <utility>

namespace dscope {

std::vector<std::filesystem::path> filesReadFor(const Analysis &analysis)
{
    std::vector<std::filesystem::path> files;
    for (const Source &source : analysis.sources) {
        files.push_back(source.path);
        for (const Group &group : source.groups)
            for (const Element &element : group.elements)
                if (files.back() != element.file)
                    files.push_back(element.file);
    }
    return files;
}

void AnalysisExports::ask(const QString &title, const QString &name, const QString &filter, Writer write) const
{
    askForTarget(m_parts.page, title, name, filter.split(QStringLiteral(";;")),
                 [exports = *this, document = m_parts.sources->document(), write = std::move(write)](const std::filesystem::path &file) {
                     exports.run(document, file, write);
                 });
}

void AnalysisExports::run(const DocumentPtr &document, const std::filesystem::path &file, const Writer &write) const
{
    Page *page = m_parts.page;
    Job *job = Job::start(
        page, tr("Exporting"),
        [document, file, write](Progress &progress) {
            refuseInput(file, filesReadFor(document->analysis()));
            refusePicture(file);
            write(document->analysis(), file, progress);
        },
        [page, file] {
            page->tell(tr("Written: %1").arg(toQString(file)));
            Q_EMIT page->written(toQString(file));
        });
    QObject::connect(job, &Job::failed, page, [page](const QString &detail) { page->showFailure(tr("The export failed."), detail); });
    QObject::connect(job, &Job::notice, m_parts.sources, &AnalysisSources::remember);
    page->jobBar()->follow(job);
}

void AnalysisExports::scores(const QString &name, const QString &filter, ScoreFormat format) const
{
    ask(tr("Export scores"), name, filter, [format, keep = m_parts.state->keep()](const Analysis &analysis, const std::filesystem::path &path, Progress &) {
        writeScores(path, format, analysis, keep);
    });
}

void AnalysisExports::scoresCsv() const
{
    scores(QStringLiteral("scores.csv"), tr("CSV (*.csv)"), ScoreFormat::Csv);
}

void AnalysisExports::scoresJson() const
{
    scores(QStringLiteral("scores.json"), tr("JSON (*.json)"), ScoreFormat::JsonText);
}

void AnalysisExports::features(const AggregateOptions &options, const SecondStage &stage) const
{
    ask(tr("Export aggregated features"), QStringLiteral("features.npy"), tr("NumPy array (*.npy);;CSV (*.csv)"),
        [options, stage](const Analysis &analysis, const std::filesystem::path &path, Progress &) { writeFeatures(path, analysis, options, stage); });
}

void AnalysisExports::chosenFeatures() const
{
    const Analysis &analysis = m_parts.sources->document()->analysis();
    const Keep &now = m_parts.state->keep();
    const Keep keep = now.weighed(effectiveWeights(now.weights, analysis.second));
    SecondStage stage;
    stage.weighs = keep.weights.secondLook;
    stage.averageOfChosen = true;
    features(weighing(keep, analysis.ddnet, analysis.second), stage);
}

void AnalysisExports::features(Aggregator method) const
{
    const Analysis &analysis = m_parts.sources->document()->analysis();
    AggregateOptions options = weighing(m_parts.state->keep().weighed(method), analysis.ddnet, analysis.second);
    options.method = method;
    features(options, {});
}

void AnalysisExports::best() const
{
    Page *page = m_parts.page;
    auto *ask = new QInputDialog(page);
    ask->setAttribute(Qt::WA_DeleteOnClose);
    ask->setInputMode(QInputDialog::IntInput);
    ask->setWindowTitle(tr("Export the best pictures"));
    ask->setLabelText(tr("How many pictures of each group:"));
    ask->setIntRange(1, 100'000);
    ask->setIntValue(m_parts.state->keep().k);
    QObject::connect(ask, &QInputDialog::intValueSelected, page, [exports = *this, document = m_parts.sources->document()](int k) {
        askForFolder(exports.m_parts.page, tr("Folder for the pictures"), [exports, document, k](const std::filesystem::path &folder) {
            exports.run(document, folder,
                        [k](const Analysis &analysis, const std::filesystem::path &path, Progress &progress) { writeBest(path, analysis, k, progress); });
        });
    });
    ask->open();
}

void AnalysisExports::report() const
{
    ReportOptions options;
    options.keep = m_parts.state->keep();
    for (const QString &notice : m_parts.sources->told())
        options.notices.push_back(notice.toStdString());
    ask(tr("Export the report"), QStringLiteral("report.html"), tr("HTML (*.html)"),
        [options](const Analysis &analysis, const std::filesystem::path &path, Progress &progress) { writeReport(path, analysis, options, progress); });
}

std::vector<Plot *> AnalysisExports::plots() const
{
    return {m_parts.views->histogram(), m_parts.views->timeline()->plot(), m_parts.views->tradeoff()->plot()};
}

} // namespace dscope
