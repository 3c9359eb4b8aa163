// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/json.h"
#include "core/base/progress.h"
#include "core/evaluation/run.h"
#include "core/report/evaluationrequest.h"
#include "core/threshold/keep.h"

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace dscope {

/// A network as a project remembers it.
struct ProjectModel {
    std::string chosen; ///< by name or file; empty: the best there is
    std::string name;   ///< the one that was used; empty: none was yet
    std::string sha256; ///< of its weights then

    /// By the user's choice: what came of it is found out, not changed.
    bool operator==(const ProjectModel &other) const { return chosen == other.chosen; }
};

/// What the page for analysis has open, and how it is looked at. Which device computes is a matter of the machine, so it is not among it.
struct ProjectAnalysis {
    std::vector<std::filesystem::path> sources; ///< absolute
    ProjectModel base;
    ProjectModel ddnet;
    ProjectModel detector;
    ProjectModel second; ///< the base's second look; `name` is that of its file; without one nothing is known
    std::string task;    ///< as AnalysisOptions::task
    bool aligned = false;
    bool runBase = true;
    bool allFaces = false;
    int everyNth = 1;
    ClipChoice clips;
    double minScore = 0.5; ///< of the detector, as --min-score, --min-face and --max-side
    int minFace = 20;
    int maxSide = 0;
    bool strict = false; ///< pictures whose data are damaged are left out
    Keep keep;
    bool asIResNet100 = false; ///< the price of the base in the trade-off

    bool operator==(const ProjectAnalysis &) const = default;
};

/// A run of the page for evaluation and how it is shown.
struct ProjectRun {
    std::shared_ptr<const EvaluationRun> run;
    std::string title;
    int colour = 0; ///< number in the window's list of colours, which begins again at its end
    bool shown = true;
    bool chosen = false;                ///< among those marked in the list
    std::string method;                 ///< nameOf(); empty: not known
    std::shared_ptr<const Json> stored; ///< its entry as it was read, with what this program does not know of; null: made here

    bool operator==(const ProjectRun &other) const
    {
        return run == other.run && title == other.title && colour == other.colour && shown == other.shown && method == other.method;
    }
};

struct ProjectEvaluation {
    EvaluationRequest form;
    std::vector<ProjectRun> runs;
    std::string liveMethod = "ddl"; ///< nameOf() without its threshold
    double threshold = 0.15;
    double far = 1e-3; ///< target at which accuracy is read
    bool asIResNet100 = false;
    std::string recommendation; ///< the last one that was taken, in full

    bool operator==(const ProjectEvaluation &) const = default;
};

/// Everything of one piece of work, in a file NAME.dscope of schema dscope.project/1 (docs/formats.md). Two are equal when there is nothing between
/// them that a user would save: runs are compared by identity, and which are marked or which page is in front does not count.
struct Project {
    ProjectAnalysis analysis;
    ProjectEvaluation evaluation;
    std::string page; ///< in front when it was saved: analyse, label, train, models or evaluate; empty: not known. Not a part of what is compared
    std::shared_ptr<const Json> stored; ///< the file as it was read, without its runs: fields of a newer minor version are written back as they were

    bool operator==(const Project &other) const { return analysis == other.analysis && evaluation == other.evaluation; }
};

/// By the name: whether it ends in .dscope.
bool isProject(const std::filesystem::path &file);

/// Paths below `folder` become relative to it, all others absolute; with an empty folder all are absolute.
Json toJson(const Project &project, const std::filesystem::path &folder);
/// The inverse: relative paths are taken from `folder`. A field that is missing has its default.
/// @throws Error naming the field that is of a wrong type, out of its range or too long, or the schema when it is another or newer one
Project projectFromJson(Json json, const std::filesystem::path &folder);

/// @throws FileError naming file and field
Project readProject(const std::filesystem::path &file);
/// @throws FileError naming file and field, Cancelled
Project readProject(const std::filesystem::path &file, Progress &progress);
/// The same out of bytes in hand. @param file what they are called; relative paths are taken from its folder
Project parseProject(std::string_view text, const std::filesystem::path &file);
/// Atomically; what the file held before is kept beside it as NAME.dscope~, where that is possible. @throws FileError
void writeProject(const std::filesystem::path &file, const Project &project);
/// @throws FileError; Cancelled, and then the file is what it was
void writeProject(const std::filesystem::path &file, const Project &project, const Progress &progress);

/// A path as a project writes it, absolute: one that is not UTF-8 is a URI. Empty stays empty.
std::string pathText(const std::filesystem::path &path);
/// The inverse.
std::filesystem::path pathFromText(const std::string &text);

/// Every file and folder that the project names and the disk lacks, each once.
std::vector<std::filesystem::path> missingFiles(const Project &project);

} // namespace dscope
