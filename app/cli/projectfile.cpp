// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/projectfile.h"

#include "core/base/error.h"
#include "core/base/text.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace dscope::cli {

namespace fs = std::filesystem;

namespace {

/// Ten-fold accuracy where there is one, else the TAR at the target nearest to 1e-3.
std::string accuracyOf(const EvaluationRun &run)
{
    if (run.tenFold)
        return printed(", ten-fold accuracy %.2f %%", 100 * run.tenFold->mean);
    const auto best = std::min_element(run.strict.begin(), run.strict.end(), [](const FarPoint &a, const FarPoint &b) {
        return std::abs(std::log10(a.target / 1e-3)) < std::abs(std::log10(b.target / 1e-3));
    });
    if (best == run.strict.end())
        return {};
    return printed(", TAR %.2f %% at FAR %g", 100 * best->tar, best->target);
}

Json modelInfo(const ProjectModel &model)
{
    const std::string chosen = model.chosen.empty() ? "the best there is" : model.chosen;
    return model.name.empty() || model.name == model.chosen ? chosen : chosen + " (" + model.name + ")";
}

} // namespace

void checkProject(const fs::path &file)
{
    if (!isProject(file))
        throw UsageError("--project " + file.string() + ": the name must end in .dscope.");
    std::error_code problem;
    if (fs::exists(file, problem))
        readProject(file);
}

void addToProject(const fs::path &file, const EvaluationRequest &form, const std::vector<EvaluationRun> &runs, const std::vector<std::string> &methods)
{
    Project project;
    std::error_code problem;
    // Read again: hours may have passed.
    if (fs::exists(file, problem))
        project = readProject(file);
    ProjectEvaluation &evaluation = project.evaluation;
    if (evaluation.form.root.empty())
        evaluation.form = form;
    for (std::size_t i = 0; i < runs.size(); ++i) {
        ProjectRun run;
        run.run = std::make_shared<const EvaluationRun>(runs[i]);
        run.title = runs[i].method;
        run.colour = static_cast<int>(evaluation.runs.size());
        if (i < methods.size())
            run.method = methods[i];
        evaluation.runs.push_back(std::move(run));
    }
    writeProject(file, project);
}

Json projectInfo(const fs::path &file)
{
    const Project project = readProject(file);
    const ProjectAnalysis &analysis = project.analysis;
    const ProjectEvaluation &evaluation = project.evaluation;
    Json json{{"kind", "project"}, {"schema", (*project.stored)["schema"]}};
    Json sources = Json::array();
    for (const fs::path &source : analysis.sources)
        sources.push_back(source.string());
    json["sources"] = std::move(sources);
    json["base"] = modelInfo(analysis.base);
    json["ddnet"] = modelInfo(analysis.ddnet);
    json["detector"] = modelInfo(analysis.detector);
    if (analysis.keep.mode == Keep::Mode::TopK)
        json["kept"] = "the best " + std::to_string(analysis.keep.k) + " of each group";
    else if (analysis.keep.mode == Keep::Mode::Enough)
        json["kept"] = printed("the best of each group until their D-scores sum to %g", analysis.keep.enough);
    else
        json["threshold"] = analysis.keep.threshold;
    if (const EvaluationRequest &form = evaluation.form; !form.root.empty())
        json["evaluation"] = {{"benchmark", form.benchmark}, {"root", form.root.string()}, {"methods", form.methods}};
    json["live_threshold"] = evaluation.threshold;
    json["live_method"] = evaluation.liveMethod;
    if (!evaluation.recommendation.empty())
        json["recommendation"] = evaluation.recommendation;
    Json runs = Json::array();
    for (const ProjectRun &run : evaluation.runs)
        runs.push_back(run.title + " on " + run.run->benchmark + (run.run->synthetic ? " (synthetic set)" : "") + accuracyOf(*run.run));
    json["runs"] = std::move(runs);
    Json missing = Json::array();
    for (const fs::path &path : missingFiles(project))
        missing.push_back(path.string());
    if (!missing.empty())
        json["missing"] = std::move(missing);
    return json;
}

} // namespace dscope::cli
