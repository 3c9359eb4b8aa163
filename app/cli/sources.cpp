// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/sources.h"
#include "app/cli/clipwords.h"
#include "app/cli/options.h"
#include "app/cli/secondlook.h"

#include "core/analysis/session.h"
#include "core/base/error.h"
#include "core/datasets/folders.h"
#include "core/datasets/imageset.h"
#include "core/tasks/task.h"

#include <algorithm>

namespace dscope::cli {

Option maxSideOption()
{
    return wholeOption("max-side", "PIXELS",
                       "the longer side at which pictures and frames are searched (default 0: pictures as large as --min-face asks for, frames of a "
                       "video 1024)",
                       0, 131'072);
}

int maxSideOf(const Arguments &arguments)
{
    const auto side = static_cast<int>(arguments.integer("max-side", 0));
    if (side > 0 && side < 32)
        throw UsageError("--max-side must be 0 or at least 32 pixels.");
    return side;
}

std::vector<Option> clipOptions()
{
    return divisionOptions()
        + std::vector<Option>{
            wholeOption("crops", "N", "of each clip: 1, the middle, or 3 along the longer side (multi-view tests: --clips 10 --crops 3)", 1, 3, 1)};
}

ClipChoice clipChoiceOf(const Arguments &arguments)
{
    if (arguments.has("clips") && arguments.has("clip-step"))
        throw UsageError("--clips and --clip-step exclude each other.");
    ClipChoice choice;
    choice.count = static_cast<int>(arguments.integer("clips", 0));
    choice.step = static_cast<int>(arguments.integer("clip-step", 0));
    choice.stride = static_cast<int>(arguments.integer("clip-stride", 0));
    choice.crops = static_cast<int>(arguments.integer("crops", 1));
    if (arguments.has("rate"))
        choice.rate = frameRate(arguments.text("rate"));
    return choice;
}

std::vector<Option> analysisOptions()
{
    return std::vector<Option>{
               numberOption("threshold", "T", "elements with a D-score above T are kept", -1, 2, Keep().threshold),
               wholeOption("top-k", "K", "instead: the best K elements of each group are kept", 1, 1e9),
               numberOption("enough", "E", "instead: the best elements of each group are kept until their D-scores sum to E", Keep::leastEnough,
                            Keep::mostEnough),
               {"task", "TASK",
                "what the sources show: face, reid (crops of people) or action (clips of videos); default: what the networks named are for, else what the "
                "pictures look like"},
               {"ddnet", "MODEL", "the network that predicts D-scores: a name of `dscope models` or a file"},
               {"base", "MODEL", "the network that embeds elements: a name or a file"},
               secondOption(),
               {"detector", "MODEL", "the detector of faces, or of people (--task reid: a YOLOX or NanoDet ONNX file, or hog): a name or a file"},
               deviceOption(),
               {"aligned", "", "pictures are aligned faces already: no detector"},
               {"all-faces", "", "every face of a picture, not only the main one"},
               wholeOption("every", "N", "look at every N-th frame of a video; the farther apart, the more tracks break", 1, 1'000'000, 1),
               wholeOption("batch", "N", "elements per batch", 1, 4096, 32),
               numberOption("min-score", "S",
                            "least detector score of a face (default 0.5; people: what their detector takes for sure, unless another number than 0.5 is given)",
                            0, 1),
               wholeOption("min-face", "PIXELS", "least side of a face", 1, 16384, DetectorOptions().minFace),
               maxSideOption(),
               {"no-cache", "", "neither use nor keep results on disk"},
               modelsOption()}
    + clipOptions();
}

AnalysisOptions readAnalysisOptions(const Arguments &arguments)
{
    AnalysisOptions options;
    if (arguments.has("task"))
        options.task = taskNamed(arguments.text("task")).name;
    options.ddnet = arguments.text("ddnet");
    options.base = arguments.text("base");
    options.second = arguments.text("second");
    options.detector = arguments.text("detector");
    options.device = arguments.text("device", "auto");
    options.aligned = arguments.has("aligned");
    options.allFaces = arguments.has("all-faces");
    options.everyNth = static_cast<int>(arguments.integer("every", 1));
    options.batch = static_cast<int>(arguments.integer("batch", 32));
    arguments.take("min-score", options.detectorOptions.minScore);
    arguments.take("min-face", options.detectorOptions.minFace);
    options.detectorOptions.maxSide = maxSideOf(arguments);
    options.useCache = !arguments.has("no-cache");
    options.clips = clipChoiceOf(arguments);
    if (options.aligned && options.allFaces)
        throw UsageError("--aligned and --all-faces exclude each other: an aligned crop is one face.");
    return options;
}

ExtractOptions extractOptions(const Arguments &arguments)
{
    ExtractOptions extract;
    extract.analysis.base = arguments.text("base");
    extract.analysis.ddnet = arguments.text("ddnet");
    extract.analysis.detector = arguments.text("detector");
    extract.analysis.device = arguments.text("device", "auto");
    extract.analysis.detectorOptions.maxSide = maxSideOf(arguments);
    extract.analysis.flip = arguments.has("flip");
    extract.folder = arguments.text("store");
    return extract;
}

EvaluationRequest benchmarkRequest(const Arguments &arguments, const std::string &word, const std::filesystem::path &root)
{
    EvaluationRequest request;
    request.benchmark = word;
    request.root = root;
    request.files.pairs = arguments.text("pairs");
    request.files.identities = arguments.text("identities");
    request.files.pictures = arguments.text("pictures");
    request.files.everyNth = static_cast<int>(arguments.integer("every", 1));
    request.files.seed = seedOf(arguments);
    request.features = arguments.text("embeddings");
    request.dScores = arguments.text("d-scores");
    request.base = arguments.text("base");
    request.ddnet = arguments.text("ddnet");
    request.device = arguments.text("device", request.device);
    request.flip = arguments.has("flip");
    return request;
}

Keep keepOf(const Arguments &arguments)
{
    if ((arguments.has("threshold") ? 1 : 0) + (arguments.has("top-k") ? 1 : 0) + (arguments.has("enough") ? 1 : 0) > 1)
        throw UsageError("--threshold, --top-k and --enough exclude each other.");
    if (arguments.has("enough"))
        return Keep::until(arguments.number("enough", Keep().enough));
    if (!arguments.has("top-k"))
        return Keep(arguments.number("threshold", Keep().threshold));
    return Keep::best(static_cast<int>(arguments.integer("top-k", 5)));
}

Analysis analyseWords(const Arguments &arguments, const AnalysisOptions &options, Progress &progress)
{
    if (arguments.words().empty())
        throw UsageError("A source is needed: a video, a picture, a folder, a csv or an IJB folder. See: dscope " + arguments.command() + " --help");
    const ModelStore store = modelStore(arguments);
    for (const std::string &problem : store.problems())
        progress.notice(problem);
    Analysis analysis = analyse(arguments.paths(), options, store, progress);
    if (auto *console = dynamic_cast<ConsoleProgress *>(&progress))
        console->clear();
    for (const Source &source : analysis.sources) {
        std::size_t faces = 0;
        for (const Group &group : source.groups)
            faces += group.elements.size();
        const Task &task = taskNamed(analysis.options.task);
        say(source.path.string() + ": " + std::to_string(faces) + " " + std::string(faces == 1 ? task.element : task.elements) + " in "
            + std::to_string(source.groups.size()) + (source.groups.size() == 1 ? " group" : " groups")
            + (source.fromCache ? " (as kept from an earlier run)" : ""));
        const std::size_t shown = std::min<std::size_t>(source.warnings.size(), 10);
        for (std::size_t i = 0; i < shown; ++i)
            say("warning: " + source.warnings[i]);
        if (shown < source.warnings.size())
            say("warning: and " + std::to_string(source.warnings.size() - shown) + " more");
    }
    return analysis;
}

bool anyVideo(const std::vector<std::filesystem::path> &paths)
{
    Progress quiet; // what there is to say about the folders is said when they are opened
    const std::vector<std::filesystem::path> all = expandFolders(paths, quiet);
    return std::any_of(all.begin(), all.end(), [](const std::filesystem::path &path) {
        std::error_code problem;
        return std::filesystem::exists(path, problem) && sourceKind(path) == SourceKind::Video;
    });
}

} // namespace dscope::cli
