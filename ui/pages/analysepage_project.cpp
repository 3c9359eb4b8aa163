// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/analysepage.h"

#include "core/base/picturefile.h"
#include "ui/convert.h"
#include "ui/jobs/job.h"
#include "ui/plots/tradeoffplot.h"
#include "ui/views/noticebar.h"

#include <QComboBox>

#include <algorithm>
#include <cmath>
#include <utility>

namespace dscope {

namespace {
void append(std::vector<std::filesystem::path> &paths, const std::vector<std::filesystem::path> &further)
{
    for (const std::filesystem::path &path : further)
        if (std::find(paths.begin(), paths.end(), path) == paths.end())
            paths.push_back(path);
}
} // namespace

ProjectAnalysis AnalysePage::projectPart(bool waiting) const
{
    ProjectAnalysis part = m_project; // names of the models, until others are known
    part.sources = m_paths;
    if (currentJob())
        append(part.sources, m_wanted);
    if (waiting)
        append(part.sources, m_waiting);
    append(part.sources, m_unopened);
    for (std::filesystem::path &path : part.sources) {
        std::error_code problem;
        if (const std::filesystem::path whole = std::filesystem::absolute(path, problem); !problem)
            path = whole.lexically_normal();
    }
    if (m_document && !m_growing && !m_stale) {
        const Analysis &analysis = m_document->analysis();
        for (const auto &[model, used] : {std::pair{&part.base, &analysis.base}, {&part.ddnet, &analysis.ddnet}, {&part.detector, &analysis.detector}}) {
            if (used->name.empty())
                continue;
            model->name = used->name;
            model->sha256 = used->hash;
        }
    }
    if (m_document && !m_growing && !m_stale && m_document->analysis().dim > 0) {
        const UsedSecondLook &second = m_document->analysis().second;
        part.second.name = second.there() ? second.file.filename().string() : std::string();
        part.second.sha256 = second.hash;
    }
    part.second.chosen = m_options.second;
    part.base.chosen = m_options.base;
    part.ddnet.chosen = m_options.ddnet;
    part.detector.chosen = m_options.detector;
    part.task = m_options.task;
    part.aligned = m_options.aligned;
    part.runBase = m_options.runBase;
    part.allFaces = m_options.allFaces;
    part.everyNth = m_options.everyNth;
    // Typed with two digits; a float has others behind them.
    part.minScore = std::round(static_cast<double>(m_options.detectorOptions.minScore) * 1e6) / 1e6;
    part.minFace = m_options.detectorOptions.minFace;
    part.maxSide = m_options.detectorOptions.maxSide;
    part.strict = damagedPicturesRefused();
    part.keep = m_state.keep();
    part.asIResNet100 = m_tradeoff->price() == TradeoffPlot::Price::IResNet100;
    return part;
}

void AnalysePage::openProject(const ProjectAnalysis &part)
{
    closeAll();
    m_project = part;
    m_options.base = part.base.chosen;
    m_options.second = part.second.chosen; // what was named on the command line was for another document
    m_options.ddnet = part.ddnet.chosen;
    m_options.detector = part.detector.chosen;
    m_options.task = part.task;
    m_options.aligned = part.aligned;
    m_options.runBase = part.runBase;
    m_options.allFaces = part.allFaces;
    m_options.everyNth = part.everyNth;
    m_options.detectorOptions.minScore = static_cast<float>(part.minScore);
    m_options.detectorOptions.minFace = part.minFace;
    m_options.detectorOptions.maxSide = part.maxSide;
    refuseDamagedPictures(part.strict);
    Keep keep = part.keep;
    keep.threshold = std::clamp(keep.threshold, 0.0, 1.0);
    m_state.reset(keep, !part.sources.empty()); // in a new project nobody has chosen yet
    m_tradeoff->setPrice(part.asIResNet100 ? TradeoffPlot::Price::IResNet100 : TradeoffPlot::Price::BaseInUse);
    m_price->setCurrentIndex(static_cast<int>(m_tradeoff->price()));
    m_unopened = part.sources;
    m_modelsUnchecked = true;
    const std::vector<std::filesystem::path> there = sourcesThere();
    if (!there.empty())
        analyseAll(there);
    for (const std::filesystem::path &path : part.sources)
        if (std::find(there.begin(), there.end(), path) == there.end())
            notices()->add(tr("%1 is not there. It stays in the project; all else is opened.").arg(toQString(path)));
    updateActions();
}

std::vector<std::filesystem::path> AnalysePage::sourcesThere() const
{
    std::vector<std::filesystem::path> there;
    for (const std::filesystem::path &path : m_unopened) {
        std::error_code problem;
        if (std::filesystem::exists(path, problem))
            there.push_back(path);
    }
    std::vector<std::filesystem::path> paths = currentJob() ? m_wanted : m_paths;
    append(paths, there);
    return paths;
}

/// What the project named is on show now.
void AnalysePage::followProject()
{
    std::erase_if(m_unopened, [this](const std::filesystem::path &path) { return std::find(m_wanted.begin(), m_wanted.end(), path) != m_wanted.end(); });
    if (!std::exchange(m_modelsUnchecked, false))
        return;
    const Analysis &analysis = m_document->analysis();
    checkProjectModel(m_project.base, analysis.base, tr("base network"));
    checkProjectModel(m_project.ddnet, analysis.ddnet, tr("DDNet"));
    checkProjectModel(m_project.detector, analysis.detector, tr("detector"));
    const UsedSecondLook &second = analysis.second;
    if (m_project.second.name.empty() || analysis.dim <= 0)
        return;
    if (!second.there())
        notices()->add(
            tr("The project was saved with the second look %1, and there is none now: DDNet's D-scores weigh.").arg(toQString(m_project.second.name)));
    else if (m_project.second.sha256 != second.hash)
        notices()->add(tr("The second look %1 is another one than when the project was saved: its figures may differ.").arg(toQString(second.file.filename())));
}

void AnalysePage::checkProjectModel(const ProjectModel &before, const UsedModel &now, const QString &what)
{
    if (before.name.empty() || now.name.empty())
        return;
    if (before.name != now.name)
        notices()->add(
            tr("The project was saved with the %1 %2, and now %3 is used: its figures may differ.").arg(what, toQString(before.name), toQString(now.name)));
    else if (!before.sha256.empty() && !now.hash.empty() && before.sha256 != now.hash)
        notices()->add(tr("The %1 %2 has other weights than when the project was saved: its figures may differ.").arg(what, toQString(now.name)));
}

} // namespace dscope
