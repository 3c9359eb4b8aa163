// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/command.h"

#include "core/analysis/labelledclips.h"

namespace dscope::cli {

std::vector<Command> mediaCommands()
{
    registerClipSets(openLabelledClips);
    return {classifyCommand(), scoreCommand(),    aggregateCommand(),      reportCommand(),  bestCommand(),  infoCommand(),
            exportCommand(),   evaluateCommand(), evaluateTracksCommand(), compareCommand(), synthCommand(), cropsCommand()};
}

} // namespace dscope::cli
