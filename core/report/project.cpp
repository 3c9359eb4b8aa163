// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/report/project.h"

#include "core/analysis/weights.h"
#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/jsonfields.h"
#include "core/base/jsonlimits.h"
#include "core/base/text.h"
#include "core/base/words.h"
#include "core/report/projectfields.h"
#include "core/tasks/task.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <set>
#include <utility>

namespace dscope {

namespace fs = std::filesystem;

namespace {

constexpr const char *s_schema = "dscope.project/";
constexpr int s_major = 1;
constexpr int s_minor = 0;
constexpr std::size_t s_mostSources = 100'000;
constexpr std::size_t s_mostRuns = 10'000;
constexpr std::size_t s_mostMethods = 1'000;
/// A page never keeps all but by a threshold.
constexpr Words<Keep::Mode, 3> s_keepModes{"no way to keep elements",
                                           {{Keep::Mode::Threshold, "threshold"}, {Keep::Mode::TopK, "top-k"}, {Keep::Mode::Enough, "enough"}}};
void readPrice(const JsonFields &from, bool &asIResNet100)
{
    asIResNet100 = from.choice("price", {"base", "iresnet-100"}, asIResNet100 ? 1 : 0) == 1;
}

Json toJson(const ProjectModel &model)
{
    return {{"chosen", model.chosen}, {"name", model.name}, {"sha256", model.sha256}};
}

ProjectModel modelOf(const JsonFields &from)
{
    ProjectModel model;
    read(from, "chosen", model.chosen);
    read(from, "name", model.name);
    read(from, "sha256", model.sha256);
    return model;
}

const char *priceText(bool asIResNet100)
{
    return asIResNet100 ? "iresnet-100" : "base";
}

/// How videos are divided, as it was said.
Json clipsJson(const ClipChoice &clips)
{
    Json json{{"count", clips.count}, {"step", clips.step}, {"stride", clips.stride}};
    if (clips.crops != 1)
        json["crops"] = clips.crops;
    if (clips.rate)
        json["rate"] = std::to_string(clips.rate->num) + '/' + std::to_string(clips.rate->den);
    return json;
}

ClipChoice clipsOf(const JsonFields &from)
{
    ClipChoice clips;
    read(from, "count", clips.count, 0, 1'000'000);
    read(from, "step", clips.step, 0, 1'000'000);
    read(from, "stride", clips.stride, 0, 4096);
    read(from, "crops", clips.crops, 1, 3);
    if (from.has("rate"))
        clips.rate = frameRate(from.text("rate"));
    return clips;
}

Json toJson(const ProjectAnalysis &analysis, const fs::path &folder)
{
    Json sources = Json::array();
    for (const fs::path &source : analysis.sources)
        sources.push_back(textOf(source, folder));
    const Keep &keep = analysis.keep;
    Json models{{"base", toJson(analysis.base)}, {"ddnet", toJson(analysis.ddnet)}, {"detector", toJson(analysis.detector)}};
    if (!analysis.second.chosen.empty() || !analysis.second.name.empty())
        models["second"] = toJson(analysis.second);
    Json json{
        {"sources", std::move(sources)},
        {"models", std::move(models)},
        {"aligned", analysis.aligned},
        {"run_base", analysis.runBase},
        {"all_faces", analysis.allFaces},
        {"every_nth", analysis.everyNth},
        {"min_score", analysis.minScore},
        {"min_face", analysis.minFace},
        {"max_side", analysis.maxSide},
        {"strict", analysis.strict},
        {"keep",
         {{"mode", s_keepModes.wordOf(keep.mode)}, {"threshold", keep.threshold}, {"k", keep.k}, {"enough", keep.enough}, {"weights", name(keep.weights)}}},
        {"price", priceText(analysis.asIResNet100)}};
    if (!analysis.task.empty()) // else it is what the pictures look like
        json["task"] = analysis.task;
    if (analysis.clips != ClipChoice())
        json["clips"] = clipsJson(analysis.clips);
    return json;
}

ProjectAnalysis analysisOf(const JsonFields &from, const fs::path &folder)
{
    ProjectAnalysis analysis;
    if (from.has("sources"))
        for (std::string &source : from.texts("sources", s_mostSources))
            if (fs::path path = checkedPath(from, "sources", std::move(source), folder); !path.empty())
                analysis.sources.push_back(std::move(path));
    const JsonFields models = from.objectOrEmpty("models");
    analysis.base = modelOf(models.objectOrEmpty("base"));
    analysis.ddnet = modelOf(models.objectOrEmpty("ddnet"));
    analysis.detector = modelOf(models.objectOrEmpty("detector"));
    analysis.second = modelOf(models.objectOrEmpty("second"));
    if (from.has("task"))
        analysis.task = taskNamed(from.text("task")).name;
    read(from, "aligned", analysis.aligned);
    read(from, "run_base", analysis.runBase);
    read(from, "all_faces", analysis.allFaces);
    read(from, "every_nth", analysis.everyNth, 1, 1'000'000);
    if (from.has("clips"))
        analysis.clips = clipsOf(from.object("clips"));
    read(from, "min_score", analysis.minScore, 0, 1);
    read(from, "min_face", analysis.minFace, 1, 16'384);
    read(from, "max_side", analysis.maxSide, 0, 131'072);
    if (analysis.maxSide < 32)
        analysis.maxSide = 0;
    read(from, "strict", analysis.strict);
    const JsonFields keep = from.objectOrEmpty("keep");
    analysis.keep.mode = keep.choice("mode", s_keepModes, Keep::Mode::Threshold);
    read(keep, "threshold", analysis.keep.threshold, -1, 2);
    read(keep, "k", analysis.keep.k, 1, 1'000'000'000);
    read(keep, "enough", analysis.keep.enough, Keep::leastEnough, Keep::mostEnough);
    std::vector<std::string> weights;
    for (const Weights &some : weightChoices)
        weights.push_back(name(some));
    analysis.keep.weights = weightChoices[keep.choice("weights", weights, 0)]; // older projects have DDL's
    readPrice(from, analysis.asIResNet100);
    return analysis;
}

Json toJson(const EvaluationRequest &form, const fs::path &folder)
{
    Json qualities = Json::array();
    for (const auto &[name, file] : form.qualities)
        qualities.push_back({{"name", name}, {"file", textOf(file, folder)}});
    Json json{{"benchmark", form.benchmark},
              {"root", textOf(form.root, folder)},
              {"pairs", textOf(form.files.pairs, folder)},
              {"identities", textOf(form.files.identities, folder)},
              {"pictures", textOf(form.files.pictures, folder)},
              {"every_nth", form.files.everyNth},
              {"impostor_pairs", form.files.impostorPairs},
              {"seed", form.files.seed},
              {"features", textOf(form.features, folder)},
              {"d_scores", textOf(form.dScores, folder)},
              {"base", form.base},
              {"ddnet", form.ddnet},
              {"flip", form.flip},
              {"normalise_first", form.normaliseFirst},
              {"detector_score", form.detectorScore},
              {"methods", form.methods},
              {"resamples", form.resamples},
              {"qualities", std::move(qualities)},
              {"base_mac_millions", form.costs.base ? Json(*form.costs.base) : Json()},
              {"ddnet_mac_millions", form.costs.ddnet ? Json(*form.costs.ddnet) : Json()}};
    if (!form.distance.empty())
        json["distance"] = form.distance;
    if (!form.files.subset.empty())
        json["subset"] = form.files.subset;
    if (form.files.clips != ClipChoice())
        json["clips"] = clipsJson(form.files.clips);
    return json;
}

EvaluationRequest formOf(const JsonFields &from, const fs::path &folder)
{
    EvaluationRequest form;
    read(from, "benchmark", form.benchmark);
    read(from, "root", form.root, folder);
    read(from, "pairs", form.files.pairs, folder);
    read(from, "identities", form.files.identities, folder);
    read(from, "pictures", form.files.pictures, folder);
    read(from, "every_nth", form.files.everyNth, 1, 1'000'000);
    read(from, "impostor_pairs", form.files.impostorPairs, 1, 200'000'000);
    read(from, "seed", form.files.seed, 0, std::int64_t{1} << 52);
    read(from, "subset", form.files.subset);
    if (from.has("clips"))
        form.files.clips = clipsOf(from.object("clips"));
    read(from, "features", form.features, folder);
    read(from, "d_scores", form.dScores, folder);
    read(from, "base", form.base);
    read(from, "ddnet", form.ddnet);
    read(from, "flip", form.flip);
    read(from, "normalise_first", form.normaliseFirst);
    read(from, "detector_score", form.detectorScore);
    if (from.has("methods")) {
        form.methods = from.texts("methods", s_mostMethods);
        for (const std::string &method : form.methods)
            (void)checkedText(from, "methods", method);
    }
    read(from, "resamples", form.resamples, 0, 100'000);
    if (from.has("qualities"))
        for (const JsonFields &entry : from.objects("qualities", s_mostMethods)) {
            std::pair<std::string, fs::path> quality;
            read(entry, "name", quality.first);
            read(entry, "file", quality.second, folder);
            if (!quality.first.empty() && !quality.second.empty())
                form.qualities.push_back(std::move(quality));
        }
    const auto readCost = [&](const char *field, std::optional<double> &millions) {
        if (from.has(field))
            millions = from.number(field, 0, 1e9);
    };
    readCost("base_mac_millions", form.costs.base);
    readCost("ddnet_mac_millions", form.costs.ddnet);
    if (from.has("distance"))
        form.distance = std::array{"l2", "cosine"}[from.choice("distance", {"l2", "cosine"}, 0)];
    return form;
}

Json toJson(const ProjectRun &run)
{
    Json entry = run.stored ? *run.stored : Json::object();
    entry["title"] = run.title;
    entry["colour"] = run.colour;
    entry["shown"] = run.shown;
    entry["chosen"] = run.chosen;
    entry["method"] = run.method;
    // A run never changes, so what was read is what it is.
    if (!run.stored)
        entry["run"] = toJson(*run.run);
    return entry;
}

ProjectRun runOf(Json json, const std::string &where)
{
    const JsonFields from(json, {}, where);
    ProjectRun run;
    const Json &figures = from.at("run");
    try {
        run.run = std::make_shared<const EvaluationRun>(evaluationFromJson(figures));
    } catch (const Error &error) {
        throw Error("'" + where + "': " + error.what());
    }
    run.title = run.run->method;
    read(from, "title", run.title);
    read(from, "colour", run.colour, 0, 1'000'000);
    read(from, "shown", run.shown);
    read(from, "chosen", run.chosen);
    read(from, "method", run.method);
    run.stored = std::make_shared<const Json>(std::move(json));
    return run;
}

/// All but the runs.
ProjectEvaluation evaluationOf(const JsonFields &from, const fs::path &folder)
{
    ProjectEvaluation evaluation;
    evaluation.form = formOf(from.objectOrEmpty("form"), folder);
    const JsonFields live = from.objectOrEmpty("live");
    read(live, "method", evaluation.liveMethod);
    read(live, "threshold", evaluation.threshold, 0, 1);
    read(live, "far", evaluation.far, 1e-12, 1);
    readPrice(live, evaluation.asIResNet100);
    read(from, "recommendation", evaluation.recommendation);
    return evaluation;
}

/// Sets the fields of `known`, object by object, and leaves all others as they are.
void overlay(Json &onto, const Json &known)
{
    for (const auto &[key, value] : known.items()) {
        if (value.is_object() && onto.contains(key) && onto[key].is_object())
            overlay(onto[key], value);
        else
            onto[key] = value;
    }
}

/// The schema's major version. @throws Error when it is no project, or a newer one
void checkSchema(const Json &json)
{
    const std::string schema = json.is_object() && json.contains("schema") && json["schema"].is_string() ? json["schema"].get<std::string>() : std::string();
    const std::string start = s_schema;
    int major = 0;
    const char *end = schema.data() + schema.size();
    const bool number = schema.rfind(start, 0) == 0 && std::from_chars(schema.data() + start.size(), end, major).ptr == end && major > 0;
    if (!number)
        throw Error("is not a Dscope project: 'schema' should be \"" + start + std::to_string(s_major) + "\".");
    if (major > s_major)
        throw Error("was written by a newer Dscope: it is of version " + std::to_string(major) + ", and this program reads version " + std::to_string(s_major)
                    + ". Bring Dscope up to date to open it.");
}

/// Keeps what the file held. A backup that cannot be made is no reason not to save.
void keepBackup(const fs::path &file)
{
    std::error_code problem;
    if (!fs::is_regular_file(file, problem))
        return;
    fs::path backup = file;
    backup += "~";
    fs::path half = backup;
    half += ".part";
    fs::copy_file(file, half, fs::copy_options::overwrite_existing, problem);
    if (!problem)
        fs::rename(half, backup, problem);
    if (problem)
        fs::remove(half, problem);
}

Project projectOf(Json json, const fs::path &folder, Progress &progress)
{
    checkSchema(json);
    const fs::path base = absoluteOf(folder.empty() ? fs::path(".") : folder);
    Project project;
    {
        const JsonFields from(json, {});
        read(from, "page", project.page);
        project.analysis = analysisOf(from.objectOrEmpty("analysis"), base);
        const JsonFields evaluation = from.objectOrEmpty("evaluation");
        project.evaluation = evaluationOf(evaluation, base);
        if (evaluation.has("runs"))
            (void)evaluation.list("runs", s_mostRuns); // only to be refused
    }
    // Each run takes over its entry, which is most of the file.
    if (const auto evaluation = json.find("evaluation"); evaluation != json.end() && evaluation->is_object()) {
        if (const auto found = evaluation->find("runs"); found != evaluation->end() && found->is_array()) {
            Json::array_t runs = std::move(found->get_ref<Json::array_t &>());
            for (std::size_t i = 0; i < runs.size(); ++i) {
                progress.checkpoint(static_cast<std::int64_t>(i), static_cast<std::int64_t>(runs.size()));
                project.evaluation.runs.push_back(runOf(std::move(runs[i]), "evaluation.runs[" + std::to_string(i) + "]"));
            }
        }
        evaluation->erase("runs");
    }
    project.stored = std::make_shared<const Json>(std::move(json));
    return project;
}

} // namespace

bool isProject(const fs::path &file)
{
    return file.extension() == ".dscope";
}

Json toJson(const Project &project, const fs::path &folder)
{
    const fs::path base = folder.empty() ? fs::path() : absoluteOf(folder);
    const ProjectEvaluation &evaluation = project.evaluation;
    Json known = {
        {"schema", s_schema + std::to_string(s_major)},
        {"minor", s_minor},
        {"page", project.page},
        {"analysis", toJson(project.analysis, base)},
        {"evaluation",
         {{"form", toJson(evaluation.form, base)},
          {"live",
           {{"method", evaluation.liveMethod}, {"threshold", evaluation.threshold}, {"far", evaluation.far}, {"price", priceText(evaluation.asIResNet100)}}},
          {"recommendation", evaluation.recommendation}}}};
    Json json = project.stored ? *project.stored : Json::object();
    // The file's newer version says which fields to expect, and they are still there.
    if (const auto minor = json.find("minor"); minor != json.end() && minor->is_number_integer() && minor->get<std::int64_t>() > s_minor)
        known["minor"] = *minor;
    overlay(json, known);
    Json runs = Json::array();
    for (const ProjectRun &run : evaluation.runs)
        runs.push_back(toJson(run));
    json["evaluation"]["runs"] = std::move(runs);
    return json;
}

Project projectFromJson(Json json, const fs::path &folder)
{
    Progress progress;
    return projectOf(std::move(json), folder, progress);
}

Project readProject(const fs::path &file)
{
    Progress progress;
    return readProject(file, progress);
}

static Project projectOfFile(Json json, const fs::path &file, Progress &progress)
{
    try {
        return projectOf(std::move(json), absoluteOf(file).parent_path(), progress);
    } catch (const FileError &) {
        throw;
    } catch (const Error &error) {
        throw FileError(file, error.what());
    }
}

Project readProject(const fs::path &file, Progress &progress)
{
    return projectOfFile(readJson(file, JsonLimits(), progress), file, progress);
}

Project parseProject(std::string_view text, const fs::path &file)
{
    Progress progress;
    return projectOfFile(parseJson(text, file), file, progress);
}

void writeProject(const fs::path &file, const Project &project)
{
    writeProject(file, project, Progress());
}

void writeProject(const fs::path &file, const Project &project, const Progress &progress)
{
    constexpr std::size_t piece = std::size_t{1} << 20;
    const std::string text = jsonText(toJson(project, absoluteOf(file).parent_path()));
    progress.throwIfCancelled();
    keepBackup(file);
    writeAtomically(file, [&](std::ostream &out) {
        for (std::size_t at = 0; at < text.size(); at += piece) {
            progress.throwIfCancelled();
            out.write(text.data() + at, static_cast<std::streamsize>(std::min(piece, text.size() - at)));
        }
        progress.throwIfCancelled();
    });
}

std::string pathText(const fs::path &path)
{
    return textOf(path, {});
}

fs::path pathFromText(const std::string &text)
{
    return pathOf(text, {});
}

std::vector<fs::path> missingFiles(const Project &project)
{
    const EvaluationRequest &form = project.evaluation.form;
    std::vector<fs::path> all = project.analysis.sources;
    for (const fs::path *path : {&form.root, &form.files.pairs, &form.files.identities, &form.files.pictures, &form.features, &form.dScores})
        all.push_back(*path);
    std::vector<fs::path> missing;
    std::set<fs::path> seen;
    for (const fs::path &path : all) {
        std::error_code problem;
        if (!path.empty() && !fs::exists(path, problem) && seen.insert(path).second)
            missing.push_back(path);
    }
    return missing;
}

} // namespace dscope
