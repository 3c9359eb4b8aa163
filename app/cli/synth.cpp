// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/benchmarkwords.h"
#include "app/cli/command.h"
#include "app/cli/options.h"

#include "core/analysis/synth.h"
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
    options.from = arguments.text("from");
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

} // namespace

Command synthCommand()
{
    std::vector<Command> words;
    for (const std::string &word : syntheticWords())
        words.push_back(taskBenchmark(word) != nullptr ? ofData(word) : ofFaces(word, word == "iqiyi" ? 128 : 512, word == "iqiyi" ? "1.1 GB" : "1.3 GB"));
    return {"synth",
            "ijbc|ytf|iqiyi|mars ROOT ...",
            "Makes a benchmark in the layout of a licensed one, for trying things out",
            "SYNTHETIC.txt marks it, and every result on it is named synthetic.",
            {},
            run,
            false,
            words};
}

} // namespace dscope::cli
