// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/people.h"

#include "core/base/error.h"

namespace dscope::cli {

SplitFilter peopleOf(const Arguments &arguments)
{
    SplitFilter people{arguments.text("split"), arguments.all("part")};
    if (arguments.knows("where"))
        for (const std::string &rule : arguments.all("where"))
            people.where.push_back(cellRule(rule));
    return people;
}

Option whereOption()
{
    return repeated("where", "RULE", "of a csv only the lines for which COLUMN=VALUE or COLUMN!=VALUE holds, such as doubt=0");
}

Option familiesOption(const std::string &otherwise, const std::string &of)
{
    return {"families", "LIST",
            (of.empty() ? of : of + ": ")
                + "kinds of damage: paper, all, or families and groups of `dscope damage` between commas, with a minus in front to leave one out, such as "
                  "all,-compression (default "
                + otherwise + ")"};
}

bool fillsWedges(const Arguments &arguments, const DamageSet &families)
{
    if (arguments.has("fill-wedges") && arguments.has("keep-wedges"))
        throw UsageError("--fill-wedges and --keep-wedges contradict each other.");
    return arguments.has("fill-wedges") || (!families.isPaper() && !arguments.has("keep-wedges"));
}

} // namespace dscope::cli
