// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/command.h"

#include "core/analysis/synth.h"
#include "core/base/error.h"

namespace dscope::cli {

namespace {

int run(const Arguments &arguments, Progress &progress)
{
    if (arguments.words().size() != 2)
        throw UsageError("What to make (ijbc, ytf, iqiyi or mars) and a folder for it are needed. See: dscope synth --help");
    SynthOptions options;
    options.scale = arguments.number("scale", 1, 0, 1);
    options.pictures = arguments.text("pictures");
    options.from = arguments.text("from");
    options.people = {arguments.text("split"), arguments.all("part")};
    if (arguments.has("dim"))
        options.dim = arguments.integer("dim", 512, 2, 4096);
    options.seed = static_cast<std::uint64_t>(arguments.integer("seed", 1, 0, std::int64_t{1} << 52));
    writeSyntheticSet(arguments.words()[0], arguments.words()[1], options, progress);
    if (auto *console = dynamic_cast<ConsoleProgress *>(&progress))
        console->clear();
    say(arguments.words()[1] + ": made. Its results are named synthetic.");
    return Succeeded;
}

} // namespace

Command synthCommand()
{
    return {
        "synth",
        "ijbc|ytf|iqiyi|mars ROOT [--scale S] [--pictures FOLDER] [--from DATASET]",
        "Makes a benchmark in the layout of a licensed one, for trying things out",
        "Without pictures: the lists at full size with embeddings and D-scores drawn from a stated model of good and bad frames (docs/synthetic.md); 1.3 GB "
        "for ijbc and ytf, 1.1 GB for iqiyi. With pictures: a small set of real faces, some of them degraded. mars: MARS's folders and lists out of tracklets "
        "of people that you have, "
        "half of them for training. SYNTHETIC.txt marks it, and every result on it "
        "is named synthetic.",
        {{"scale", "S", "of the published size, above 0 and at most 1 (default 1)"},
         {"pictures", "FOLDER", "112 x 112 faces, a folder a person"},
         {"from", "DATASET", "mars: tracklets as `dscope evaluate tracklets` reads them, such as folders person/camera/track"},
         {"split", "CSV", "columns identity and part: take only the people of --part"},
         {"part", "NAME", "a part of --split, such as test; may be repeated"},
         {"dim", "N", "of the embeddings (default 512; iqiyi: 128)"},
         {"seed", "N", "of everything random (default 1)"}},
        run};
}

} // namespace dscope::cli
