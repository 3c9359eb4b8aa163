// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/command.h"
#include "app/cli/options.h"
#include "app/cli/outputs.h"
#include "app/cli/people.h"

#include "core/base/error.h"
#include "core/base/outputlock.h"
#include "core/base/text.h"
#include "core/training/packedset.h"

#include <optional>

namespace dscope::cli {

namespace {

int run(const Arguments &arguments, Progress &progress)
{
    if (arguments.words().size() != 1)
        throw UsageError("One set of aligned faces is needed: a folder with a folder a person, a csv, a .rec or a .pack file. See: dscope pack --help");
    const std::filesystem::path named = arguments.required("out");
    if (extensionOf(named) != ".pack")
        throw UsageError("'" + named.string() + "' does not end in .pack, by which packed sets are known.");
    const std::filesystem::path out = fileOut(arguments);
    const OutputLock lock(out);
    std::optional<EndsAtOnce> nothingToLose(std::in_place);
    const FaceList faces = readFaceList(arguments.words().front(), peopleOf(arguments), progress);
    nothingToLose.reset();
    const PackSummary summary = packFaces(faces, out, progress, arguments.has("resize"));
    if (auto *console = dynamic_cast<ConsoleProgress *>(&progress))
        console->clear();
    say(std::to_string(summary.pictures) + " faces of " + std::to_string(summary.people) + " people, " + std::to_string(summary.bytes) + " bytes"
        + (summary.skipped > 0 ? "; " + std::to_string(summary.skipped) + " faces could not be used" : std::string()));
    say("written: " + out.string());
    return Succeeded;
}

} // namespace

Command packCommand()
{
    return {"pack",
            "DATASET --out X.pack",
            "Packs a labelled set of aligned faces into one file of plain pixels, for training",
            "DATASET is what `dscope label` takes: a folder with one folder of 112 x 112 faces per person, a csv (path and person), a record file "
            "(train.rec), or a pack. The pack can stand wherever such a set can, and gives the very same pixels; nothing has to be decoded any more, and a "
            "server needs one file instead of millions. It takes 37,632 bytes per face. Faces that cannot be read are reported and left out. Stopped, the "
            "same call resumes from OUT.part; OUT is there whole or not at all.",
            {{"out", "FILE", "where to; its name ends in .pack"},
             {"resize", "", "the pictures are aligned faces of another size, such as 160 x 160: bring square ones to 112 x 112"},
             splitOption(),
             partOption("train"),
             whereOption()},
            run};
}

} // namespace dscope::cli
