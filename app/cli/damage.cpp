// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/command.h"
#include "app/cli/options.h"
#include "app/cli/outputs.h"

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/picturefile.h"
#include "core/base/resample.h"
#include "core/base/text.h"
#include "core/damage/damageset.h"
#include "core/damage/sheet.h"

#include <algorithm>
#include <cmath>
#include <iostream>

namespace dscope::cli {

namespace {

/// As large as a table shows it: 256 pixels for the longer side.
Picture shownPicture(const std::filesystem::path &path, Progress &progress)
{
    std::vector<std::string> warnings;
    Picture picture = readPicture(path, &warnings);
    for (const std::string &warning : warnings)
        progress.notice(path.string() + ": " + warning);
    const double scale = 256.0 / std::max(picture.width, picture.height);
    if (scale < 1)
        picture = resampled(picture, std::max(1, static_cast<int>(std::lround(scale * picture.width))),
                            std::max(1, static_cast<int>(std::lround(scale * picture.height))));
    return picture;
}

int run(const Arguments &arguments, Progress &progress)
{
    if (arguments.words().size() > 1)
        throw UsageError("One picture at most can be shown. See: dscope damage --help");
    const DamageSet set = DamageSet::named(arguments.text("families", "all"));
    if (set.isPaper())
        throw UsageError("The five kinds of 'paper' are no families; name families, groups or all.");
    if (!arguments.has("out")) {
        std::cout << damageTable(set.families());
        return Succeeded;
    }
    const Picture picture = arguments.words().empty() ? drawnFace() : shownPicture(arguments.words().front(), progress);
    const Picture sheet = damageSheet(picture, set.families(), {0, 0.25, 0.5, 0.75, 1}, seedOf(arguments));
    const std::vector<std::uint8_t> bytes = encodeJpeg(sheet, 75);
    writeAtomically(arguments.text("out"), std::string_view(reinterpret_cast<const char *>(bytes.data()), bytes.size()));
    say("written: " + arguments.text("out"));
    return Succeeded;
}

} // namespace

Command damageCommand()
{
    return {"damage",
            "[PICTURE] [--out SHEET.jpg]",
            "Lists the families of damage, or draws them on a picture",
            "Without --out: a Markdown table of the families, their groups and what severity 0 and 1 mean. With it: a JPEG with a row per family and a column "
            "per severity, of the picture (at most 256 pixels a side of it) or of a face drawn by rule (docs/damage.md).",
            {{"out", "FILE", "the JPEG to write"},
             {"families", "LIST", "families and groups between commas, with a minus in front to leave one out, such as all,-compression (default all)"},
             seedOption()},
            run,
            true};
}

} // namespace dscope::cli
