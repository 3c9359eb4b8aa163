// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/benchmarkwords.h"
#include "app/cli/command.h"
#include "app/cli/options.h"

#include "core/analysis/synth.h"
#include "core/analysis/synthaction.h"
#include "core/base/error.h"
#include "core/base/text.h"
#include "core/tasks/benchmarks.h"

namespace dscope::cli {

namespace {

int run(const Arguments &arguments, Progress &progress)
{
    if (arguments.word().empty() || arguments.words().size() != 1) {
        const std::string asked = arguments.words().empty() ? std::string() : arguments.words().front();
        const std::string what = arguments.word().empty() && !asked.empty() ? "'" + shownName(asked) + "' cannot be made. " : "";
        throw UsageError(what + "What to make (" + listed(syntheticWords()) + ") and a folder for it are needed. See: dscope synth --help");
    }
    const std::string &root = arguments.words().front();
    SynthOptions options;
    arguments.take("scale", options.scale);
    options.pictures = arguments.text("pictures");
    for (const std::string &from : arguments.all("from"))
        options.from.emplace_back(from);
    options.background = arguments.text("background");
    options.people = {arguments.text("split"), arguments.all("part")};
    arguments.take("dim", options.dim);
    options.seed = seedOf(arguments);
    writeSyntheticSet(arguments.word(), root, options, progress);
    if (auto *console = dynamic_cast<ConsoleProgress *>(&progress))
        console->clear();
    say(root + ": made. Its results are named synthetic.");
    return Succeeded;
}

/// A set of faces, made of numbers or of pictures.
Command ofFaces(const std::string &word, int dim, const std::string &size)
{
    return {word,
            "ROOT [--scale S] [--pictures FOLDER]",
            benchmarkSummary(word),
            "Without pictures: the lists at full size with embeddings and D-scores drawn from a stated model of good and bad frames (docs/synthetic.md); "
                + size + ". With pictures: a small set of real faces, some of them degraded.",
            {numberOption("scale", "S", "of the published size, above 0", 0, 1, SynthOptions().scale),
             {"pictures", "FOLDER", "112 x 112 faces, a folder a person"},
             splitOption(),
             partOption("test"),
             wholeOption("dim", "N", "of the embeddings", 2, 4096, dim),
             seedOption()},
            run};
}

/// A set of a task, made out of data that one has.
Command ofData(const std::string &word)
{
    return {word,
            "ROOT --from DATASET",
            benchmarkSummary(word),
            "Its folders and lists out of tracklets of people that you have, half of them for training.",
            {{"from", "DATASET", "tracklets as `dscope evaluate tracklets` reads them, such as folders person/camera/track"}, seedOption()},
            run};
}

Option scaleOption(const std::string &of)
{
    return numberOption("scale", "S", of, 0, 1, SynthOptions().scale);
}

Command ofActions()
{
    return {"action",
            "ROOT [--scale S]",
            "videos with rendered ways of moving, in ActivityNet's layout",
            "Twelve classes that no single frame can tell apart; 10 to 25 % of a video shows its class, the rest moves as strongly and tells nothing "
            "(docs/synthetic.md). 30 videos of each class for training and 10 for validation, 12 to 20 s long.",
            {numberOption("scale", "S", "of the numbers of videos, above 0; above 1 there are more to learn from, but no more to measure on", 0,
                          largestActionScale, SynthOptions().scale),
             seedOption()},
            run};
}

Command ofPaces()
{
    return {"pace",
            "ROOT --from DATASET...",
            "pieces of videos as they are, twice as fast, reversed, frozen and shuffled",
            "Five classes that are true by construction, in ActivityNet's layout, for a check that a network sees motion. Pieces of one source are all for "
            "training or all for validation.",
            {repeated("from", "DATASET", "a folder of videos, a video, or a csv with the columns path and source"), seedOption()},
            run};
}

Command ofTellingClips()
{
    return {"telling",
            "ROOT --from DATASET --background LABEL",
            "one labelled clip among 9 to 59 others of other sources, as an untrimmed video",
            "In ActivityNet's layout, with the labelled clip for a segment. Clips of one source are all for training or all for validation.",
            {repeated("from", "DATASET", "a csv with the columns path, label and source (or class, clip and source), or the folder in which it lies"),
             {"background", "LABEL", "of the clips that the others are put among"},
             scaleOption("of the numbers of videos, above 0"),
             seedOption()},
            run};
}

/// What has its own way of being asked for; others by what they are made of.
Command commandOf(const std::string &word)
{
    if (word == "action")
        return ofActions();
    if (word == "pace")
        return ofPaces();
    if (word == "telling")
        return ofTellingClips();
    return taskBenchmark(word) != nullptr ? ofData(word) : ofFaces(word, word == "iqiyi" ? 128 : 512, word == "iqiyi" ? "1.1 GB" : "1.3 GB");
}

} // namespace

Command synthCommand()
{
    std::vector<Command> words;
    std::string all;
    for (const std::string &word : syntheticWords()) {
        words.push_back(commandOf(word));
        all += (all.empty() ? "" : "|") + word;
    }
    return {"synth",
            all + " ROOT ...",
            "Makes a benchmark in the layout of a licensed one, for trying things out",
            "SYNTHETIC.txt marks it, and every result on it is named synthetic.",
            {},
            run,
            false,
            words};
}

} // namespace dscope::cli
