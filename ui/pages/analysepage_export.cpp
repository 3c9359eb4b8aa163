// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/analysepage.h"

#include "core/analysis/weights.h"
#include "core/base/outputfile.h"
#include "core/report/export.h"
#include "core/report/report.h"
#include "ui/convert.h"
#include "ui/jobs/job.h"
#include "ui/plots/histogramplot.h"
#include "ui/plots/timelineplot.h"
#include "ui/plots/tradeoffplot.h"
#include "ui/views/jobbar.h"

#include <QAction>
#include <QInputDialog>
#include <QMenu>

namespace dscope {

void AnalysePage::buildExportMenu(QMenu *file)
{
    QMenu *menu = file->addMenu(tr("&Export"));
    const auto scores = [this](const QString &title, const QString &name, const QString &filter, ScoreFormat format) {
        exportTo(title, name, filter, [document = m_document, format, keep = m_state.keep()](Progress &, const std::filesystem::path &path) {
            writeScores(path, format, document->analysis(), keep);
        });
    };
    m_needDocument << addAction(menu, QStringLiteral("exportCsv"), tr("Scores as &CSV…"), Shortcut::Export, QStringLiteral("export"),
                                [this, scores] { scores(tr("Export scores"), QStringLiteral("scores.csv"), tr("CSV (*.csv)"), ScoreFormat::Csv); });
    m_needDocument << addAction(menu, QStringLiteral("exportJson"), tr("Scores as &JSON…"), {}, {},
                                [this, scores] { scores(tr("Export scores"), QStringLiteral("scores.json"), tr("JSON (*.json)"), ScoreFormat::JsonText); });
    QMenu *features = menu->addMenu(tr("Aggregated &features (.npy)"));
    const std::vector<std::pair<Aggregator, QString>> methods{{Aggregator::Ddl, tr("&DDL…")},
                                                              {Aggregator::DdlPlus, tr("DDL&+…")},
                                                              {Aggregator::DdlNoRescale, tr("DDL without &re-scale…")},
                                                              {Aggregator::Average, tr("&Average…")},
                                                              {Aggregator::Max, tr("&Max…")},
                                                              {Aggregator::Top1, tr("Top-&1…")},
                                                              {Aggregator::TopK, tr("Top-&K (K as in the window)…")}};
    m_needDocument << addAction(features, QStringLiteral("exportFeatures_chosen"), tr("As &weighed in the window…"), {}, {}, [this] {
        const Analysis &analysis = m_document->analysis();
        const Keep keep = m_state.keep().weighed(effectiveWeights(m_state.keep().weights, analysis.second));
        SecondStage stage;
        stage.weighs = keep.weights.secondLook;
        stage.averageOfChosen = true;
        exportTo(tr("Export aggregated features"), QStringLiteral("features.npy"), tr("NumPy array (*.npy);;CSV (*.csv)"),
                 [document = m_document, options = weighing(keep, analysis.ddnet, analysis.second), stage](Progress &, const std::filesystem::path &path) {
                     writeFeatures(path, document->analysis(), options, stage);
                 });
    });
    for (const auto &[method, text] : methods)
        m_needDocument << addAction(features, QStringLiteral("exportFeatures_%1").arg(toQString(name(method))), text, {}, {}, [this, method = method] {
            AggregateOptions options = weighing(Keep(m_state.keep()).weighed(method), m_document->analysis().ddnet, m_document->analysis().second);
            options.method = method;
            exportTo(tr("Export aggregated features"), QStringLiteral("features.npy"), tr("NumPy array (*.npy);;CSV (*.csv)"),
                     [document = m_document, options](Progress &, const std::filesystem::path &path) { writeFeatures(path, document->analysis(), options); });
        });
    m_needDocument << addAction(menu, QStringLiteral("exportBest"), tr("&Best K pictures of each group…"), {}, {}, [this] {
        auto *ask = new QInputDialog(this);
        ask->setAttribute(Qt::WA_DeleteOnClose);
        ask->setInputMode(QInputDialog::IntInput);
        ask->setWindowTitle(tr("Export the best pictures"));
        ask->setLabelText(tr("How many pictures of each group:"));
        ask->setIntRange(1, 100'000);
        ask->setIntValue(m_state.keep().k);
        connect(ask, &QInputDialog::intValueSelected, this, [this](int k) {
            askForFolder(this, tr("Folder for the pictures"), [this, k](const std::filesystem::path &folder) {
                runExport(
                    [document = m_document, k](Progress &progress, const std::filesystem::path &path) { writeBest(path, document->analysis(), k, progress); },
                    folder);
            });
        });
        ask->open();
    });
    QMenu *plots = menu->addMenu(tr("&Plots (PNG, SVG)"));
    for (Plot *plot : std::initializer_list<Plot *>{m_histogram, m_timeline, m_tradeoff})
        m_needDocument << addAction(plots, QStringLiteral("export_%1").arg(plot->objectName()), tr("%1…").arg(plot->accessibleName()), {}, {},
                                    [this, plot] { exportPlot(plot); });
    m_needDocument << addAction(menu, QStringLiteral("exportReport"), tr("&Report (HTML)…"), Shortcut::Report, QStringLiteral("report"), [this] {
        ReportOptions options;
        options.keep = m_state.keep();
        for (const QString &notice : std::as_const(m_told))
            options.notices.push_back(notice.toStdString());
        exportTo(tr("Export the report"), QStringLiteral("report.html"), tr("HTML (*.html)"),
                 [document = m_document, options](Progress &progress, const std::filesystem::path &path) {
                     writeReport(path, document->analysis(), options, progress);
                 });
    });
}

namespace {

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

} // namespace

void AnalysePage::exportTo(const QString &title, const QString &name, const QString &filter, Writer write)
{
    askForTarget(this, title, name, filter.split(QStringLiteral(";;")),
                 [this, write = std::move(write)](const std::filesystem::path &file) { runExport(write, file); });
}

void AnalysePage::runExport(const Writer &write, const std::filesystem::path &file)
{
    Job *job = Job::start(
        this, tr("Exporting"),
        [write, path = file, document = m_document](Progress &progress) {
            refuseInput(path, filesReadFor(document->analysis()));
            refusePicture(path);
            write(progress, path);
        },
        [this, file] {
            tell(tr("Written: %1").arg(toQString(file)));
            Q_EMIT written(toQString(file));
        });
    connect(job, &Job::failed, this, [this](const QString &detail) { showFailure(tr("The export failed."), detail); });
    connect(job, &Job::notice, this, [this](const QString &text) { m_told << text; });
    jobBar()->follow(job);
}

std::vector<std::filesystem::path> AnalysePage::inputs() const
{
    return filesReadFor(m_document->analysis());
}

} // namespace dscope
