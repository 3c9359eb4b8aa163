// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/clipwords.h"
#include "app/cli/command.h"
#include "app/cli/modelstore.h"
#include "app/cli/options.h"
#include "app/cli/outputs.h"
#include "app/cli/people.h"

#include "core/base/device.h"
#include "core/base/error.h"
#include "core/base/outputfile.h"
#include "core/base/outputlock.h"
#include "core/base/text.h"
#include "core/scores/labeler.h"

#include <algorithm>
#include <cmath>
#include <optional>

namespace dscope::cli {

namespace {

DScoreOptions dscoreOptions(const Arguments &arguments)
{
    DScoreOptions options;
    arguments.take("epsilon", options.epsilon);
    options.normaliseFeatures = arguments.has("normalise");
    options.metric = metricWords.fromWord(arguments.text("metric", metricWords.wordOf(options.metric)));
    options.target = targetWords.fromWord(arguments.text("target", targetWords.wordOf(options.target)));
    if (options.target == DScoreOptions::Target::CrFiqa && options.metric == DScoreOptions::Metric::Euclidean)
        throw UsageError("--target crfiqa is a ratio of cosines; with --metric euclidean there is none.");
    return options;
}

/// What the command line has of what is else chosen to suit the set.
CentroidChoice choiceOf(const Arguments &arguments)
{
    CentroidChoice choice;
    if (arguments.has("leave-one-out") && arguments.has("leave-out"))
        throw UsageError("--leave-one-out is --leave-out sample; give one of them.");
    if (arguments.has("leave-one-out"))
        choice.leaveOut = DScoreOptions::LeaveOut::Sample;
    if (arguments.has("leave-out"))
        choice.leaveOut = leaveOutWords.fromWord(arguments.text("leave-out"));
    if (arguments.has("centroids"))
        choice.centroids = centroidWords.fromWord(arguments.text("centroids"));
    if (arguments.has("at-least-others"))
        choice.atLeastOthers = arguments.integer("at-least-others", 0);
    return choice;
}

/// What the D-scores were compared with, and why.
std::string choicesInWords(const Targets &targets)
{
    const DScoreOptions &options = targets.options.dscore;
    std::string text = options.centroids == DScoreOptions::Centroids::Clean ? "centroids of clean pictures" : "centroids of all copies";
    text += options.leaveOut == DScoreOptions::LeaveOut::Picture ? ", without the picture itself"
        : options.leaveOut == DScoreOptions::LeaveOut::Sample    ? ", without the sample itself"
                                                                 : ", the picture itself included";
    if (options.atLeastOthers > 0)
        text += ", at least " + std::to_string(options.atLeastOthers) + (options.atLeastOthers == 1 ? " other picture" : " other pictures");
    text += "; most classes have " + std::string(mostAreSmall(targets.faces.labels) ? "fewer than " : "at least ") + std::to_string(smallClass()) + " pictures";
    return text;
}

std::vector<std::string> namesOf(const std::vector<Option> &options)
{
    std::vector<std::string> names;
    for (const Option &option : options)
        names.push_back(option.name);
    return names;
}

int run(const Arguments &arguments, Progress &progress)
{
    if (arguments.words().size() != 1)
        throw UsageError("One set of aligned faces is needed (a folder with a folder a person, a csv, a .rec or a .pack file) or, with a base on clips, one of "
                         "labelled videos. "
                         "See: dscope label --help");
    const std::string out = fileOut(arguments).string();
    const OutputLock lock(out);
    LabelOptions options;
    arguments.take("copies", options.copies);
    arguments.take("degraded-share", options.degradedShare);
    options.families = DamageSet::named(arguments.text("families", "paper"));
    options.fillWedges = fillsWedges(arguments, options.families);
    arguments.take("seed", options.seed);
    arguments.take("batch", options.batch);
    options.dscore = dscoreOptions(arguments);
    const CentroidChoice choice = choiceOf(arguments);

    const ModelStore store = modelStore(arguments);
    const ModelSpec spec = arguments.has("base") ? store.find(arguments.text("base"), Role::Base) : store.best(Role::Base);
    if (spec.inputFrames > 1)
        return labelVideos(arguments, spec, options.dscore, choice, progress);
    std::vector<std::string> ofClips = namesOf(labelledClipOptions());
    ofClips.emplace_back("outside");
    refuseGiven(arguments, ofClips, "the base " + spec.name + " takes pictures, not clips of videos.");
    std::optional<EndsAtOnce> nothingToLose(std::in_place);
    const auto base = Network::load(spec, parseDevice(arguments.text("device", "auto")));
    const FaceList faces = readFaceList(arguments.words().front(), peopleOf(arguments), progress);
    nothingToLose.reset();
    options.dscore = suitedTo(faces.labels, options.dscore, choice);
    // What is done is kept until the end, so that a stopped run goes on where it was.
    const std::filesystem::path work = out + ".work";
    const Targets targets = labelFaces(faces, *base, options, base->device(), work, progress,
                                       arguments.has("features") ? fileTarget(arguments.text("features")) : std::filesystem::path());
    writeTargets(out, targets);
    std::error_code ignored;
    std::filesystem::remove_all(work, ignored);
    if (auto *console = dynamic_cast<ConsoleProgress *>(&progress))
        console->clear();

    std::vector<double> raw = targets.scores.raw;
    std::sort(raw.begin(), raw.end());
    std::string percentiles;
    for (const double share : {0.01, 0.1, 0.5, 0.9, 0.99})
        percentiles += printed(" %.6f", raw[static_cast<std::size_t>(share * static_cast<double>(raw.size() - 1))]);
    say(std::to_string(targets.faces.size()) + " " + std::string(taskNamed(spec.task).elements) + " of " + std::to_string(faces.people.size()) + " people, "
        + std::to_string(targets.scores.raw.size()) + " copies with " + spec.name);
    say(choicesInWords(targets));
    say("raw D-score: mean " + printed("%.6f", targets.scores.mu) + ", deviation " + printed("%.6f", targets.scores.sigma)
        + ", percentiles 1 10 50 90 99:" + percentiles);
    const SelfBias &bias = targets.scores.bias;
    if (bias.pictures > 0)
        say("own centroid with the picture in it " + printed("%.3f", bias.inside) + ", left out " + printed("%.3f", bias.outside)
            + "; the two D-scores correlate by " + (std::isnan(bias.correlation) ? "nothing" : printed("%.3f", bias.correlation)));
    say("hardest negative below epsilon: " + std::to_string(targets.scores.floored)
        + ", no targets because their class is too small: " + std::to_string(targets.scores.singleSample));
    say("written: " + out);
    return Succeeded;
}

} // namespace

Command labelCommand()
{
    const LabelOptions usual;
    return {
        "label",
        "DATASET --base MODEL --out TARGETS",
        "Computes the D-score targets of a labelled set of aligned faces, or of clips of videos (Eq. 2-4)",
        "DATASET is a folder with one folder of 112 x 112 faces per person, a csv (path and person), or a record file (train.rec, with train.idx "
        "beside it if there is one) as public face training sets come, or a pack of one of these (`dscope pack`). Of every face further, mostly degraded "
        "copies are made, so that a DDNet "
        "sees bad pictures. "
        "The targets are a safetensors file for `dscope train ddnet`. Neither the pictures nor their embeddings need to fit into memory; what is "
        "done lies in OUT.work, and the same call again resumes there.\n\nWith a base that recognises actions DATASET is a set of labelled videos: a folder "
        "per "
        "class, a csv, ActivityNet or Kinetics. The classes are the actions, the embeddings what stands before the base's last layer; clips outside of the "
        "segments of untrimmed videos take no part without --outside.",
        std::vector<Option>{
            {"out", "FILE", "where to"},
            {"base", "MODEL", "the base network whose D-scores these are: a name or a file"},
            splitOption(),
            partOption("train"),
            whereOption(),
            wholeOption("copies", "N", "copies of every face, the clean one included", 1, 100, usual.copies),
            numberOption("degraded-share", "S", "share of the further copies that are degraded", 0, 1, usual.degradedShare),
            familiesOption("paper"),
            {"fill-wedges", "", "fill black wedges of alignment at random, in every copy (the default with any --families but paper)"},
            {"keep-wedges", "", "leave them black"},
            {"metric", "M", "cosine or euclidean (default cosine)"},
            numberOption("epsilon", "E", "floor of the hardest negative", 1e-12, 1e12, usual.dscore.epsilon),
            {"normalise", "", "make every embedding a unit vector first"},
            {"target", "T", "what is standardised: ratio (own / hardest, Eq. 3), own, margin (own - hardest) or crfiqa (own / (hardest + 1)) (default ratio)"},
            {"leave-out", "WHAT",
             "of the centroid of its own class: none, sample, or picture with all its copies (default: picture where most people have "
             "fewer than "
                 + std::to_string(smallClass()) + " pictures, else none)"},
            {"leave-one-out", "", "the same as --leave-out sample"},
            {"centroids", "C", "all: of all copies; clean: of the pictures themselves (default: clean where pictures are left out, else all)"},
            wholeOption("at-least-others", "N",
                        "other pictures that a person needs to give targets (default " + std::to_string(usualOthers())
                            + " where pictures are left out, else 0)",
                        0, 1'000'000),
            {"features", "FILE", "keep the embeddings, as safetensors"},
            seedOption(),
            wholeOption("batch", "N", "faces per batch", 1, 4096, usual.batch),
            deviceOption(),
            modelsOption()}
            + labelledClipOptions()
            + std::vector<Option>{{"outside", "",
                                   "clips outside of the segments of untrimmed videos get a D-score too, as of the label of their video; centroids stay those "
                                   "of the clips inside"}},
        run};
}

} // namespace dscope::cli
