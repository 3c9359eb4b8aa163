// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/analysisproject.h"

#include "core/base/picturefile.h"
#include "ui/convert.h"
#include "ui/models/thresholdstate.h"
#include "ui/pages/analysisviews.h"
#include "ui/pages/page.h"
#include "ui/views/noticebar.h"
#include "ui/views/tradeoffpanel.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace dscope {

AnalysisProject::AnalysisProject(const AnalysisParts &parts) : QObject(parts.page), m_parts(parts)
{
    connect(m_parts.sources, &AnalysisSources::completed, this, &AnalysisProject::checkModels);
    connect(m_parts.sources, &AnalysisSources::closed, this, [this] { m_unchecked = false; });
}

ProjectAnalysis AnalysisProject::part(bool waiting) const
{
    const AnalysisOptions &options = std::as_const(*m_parts.sources).options();
    ProjectAnalysis part = m_opened; // names of the models, until others are known
    part.sources = m_parts.sources->paths(waiting);
    for (std::filesystem::path &path : part.sources) {
        std::error_code problem;
        if (const std::filesystem::path whole = std::filesystem::absolute(path, problem); !problem)
            path = whole.lexically_normal();
    }
    addModels(part);
    part.second.chosen = options.second;
    part.base.chosen = options.base;
    part.ddnet.chosen = options.ddnet;
    part.detector.chosen = options.detector;
    part.task = options.task;
    part.aligned = options.aligned;
    part.runBase = options.runBase;
    part.allFaces = options.allFaces;
    part.everyNth = options.everyNth;
    part.clips = options.clips;
    // Typed with two digits; a float has others behind them.
    part.minScore = std::round(static_cast<double>(options.detectorOptions.minScore) * 1e6) / 1e6;
    part.minFace = options.detectorOptions.minFace;
    part.maxSide = options.detectorOptions.maxSide;
    part.strict = damagedPicturesRefused();
    part.keep = m_parts.state->keep();
    part.asIResNet100 = m_parts.views->tradeoff()->plot()->price() == TradeoffPlot::Price::IResNet100;
    return part;
}

void AnalysisProject::addModels(ProjectAnalysis &part) const
{
    if (!m_parts.sources->isCurrent())
        return;
    const Analysis &analysis = m_parts.sources->document()->analysis();
    for (const auto &[model, used] : {std::pair{&part.base, &analysis.base}, {&part.ddnet, &analysis.ddnet}, {&part.detector, &analysis.detector}}) {
        if (used->name.empty())
            continue;
        model->name = used->name;
        model->sha256 = used->hash;
    }
    if (analysis.dim > 0) {
        part.second.name = analysis.second.there() ? analysis.second.file.filename().string() : std::string();
        part.second.sha256 = analysis.second.hash;
    }
}

void AnalysisProject::open(const ProjectAnalysis &part)
{
    m_parts.sources->closeAll();
    m_opened = part;
    AnalysisOptions &options = m_parts.sources->options();
    options.base = part.base.chosen;
    options.second = part.second.chosen; // what was named on the command line was for another document
    options.ddnet = part.ddnet.chosen;
    options.detector = part.detector.chosen;
    options.task = part.task;
    options.aligned = part.aligned;
    options.runBase = part.runBase;
    options.allFaces = part.allFaces;
    options.everyNth = part.everyNth;
    options.clips = part.clips;
    options.detectorOptions.minScore = static_cast<float>(part.minScore);
    options.detectorOptions.minFace = part.minFace;
    options.detectorOptions.maxSide = part.maxSide;
    refuseDamagedPictures(part.strict);
    Keep keep = part.keep;
    keep.threshold = std::clamp(keep.threshold, 0.0, 1.0);
    m_parts.state->reset(keep, !part.sources.empty()); // in a new project nobody has chosen yet
    m_parts.views->tradeoff()->setPrice(part.asIResNet100 ? TradeoffPlot::Price::IResNet100 : TradeoffPlot::Price::BaseInUse);
    m_unchecked = true;
    m_parts.sources->openProject(part.sources);
}

/// What the project named is on show now.
void AnalysisProject::checkModels()
{
    if (!std::exchange(m_unchecked, false))
        return;
    const Analysis &analysis = m_parts.sources->document()->analysis();
    checkModel(m_opened.base, analysis.base, tr("base network"));
    checkModel(m_opened.ddnet, analysis.ddnet, tr("DDNet"));
    checkModel(m_opened.detector, analysis.detector, tr("detector"));
    const UsedSecondLook &second = analysis.second;
    if (m_opened.second.name.empty() || analysis.dim <= 0)
        return;
    NoticeBar *notices = m_parts.page->notices();
    if (!second.there())
        notices->add(tr("The project was saved with the second look %1, and there is none now: DDNet's D-scores weigh.").arg(toQString(m_opened.second.name)));
    else if (m_opened.second.sha256 != second.hash)
        notices->add(tr("The second look %1 is another one than when the project was saved: its figures may differ.").arg(toQString(second.file.filename())));
}

void AnalysisProject::checkModel(const ProjectModel &before, const UsedModel &now, const QString &what)
{
    if (before.name.empty() || now.name.empty())
        return;
    NoticeBar *notices = m_parts.page->notices();
    if (before.name != now.name)
        notices->add(
            tr("The project was saved with the %1 %2, and now %3 is used: its figures may differ.").arg(what, toQString(before.name), toQString(now.name)));
    else if (!before.sha256.empty() && !now.hash.empty() && before.sha256 != now.hash)
        notices->add(tr("The %1 %2 has other weights than when the project was saved: its figures may differ.").arg(what, toQString(now.name)));
}

} // namespace dscope
