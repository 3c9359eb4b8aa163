// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/command.h"
#include "app/cli/outputs.h"
#include "app/cli/signals.h"

#include "core/base/error.h"

#include <iostream>

using namespace dscope;

/// dscope-train: what a server without Qt, OpenCV and FFmpeg needs, such as `pack`, `label`, `train` and `models`.
int main(int argc, char **argv)
{
    cli::prepareProcess();
    const std::vector<std::string> words(argv + 1, argv + argc);
    cli::setProgramName("dscope-train");
    std::vector<cli::Command> commands = cli::coreCommands();
    commands.push_back(cli::coreInfoCommand());
    try {
        const std::string first = words.empty() ? std::string() : words.front();
        if (first == "--version") {
            std::cout << "dscope-train " DSCOPE_VERSION "\n";
            return cli::flushed(cli::Succeeded);
        }
        if (first.empty() || first == "--help" || first == "-h" || first == "help") {
            std::cout << cli::overview(commands, false);
            return cli::flushed(first.empty() ? cli::Usage : cli::Succeeded);
        }
        if (const cli::Command *command = cli::findCommand(commands, first))
            return cli::runCommand(*command, {words.begin() + 1, words.end()});
        std::vector<std::string> names;
        for (const cli::Command &command : commands)
            names.push_back(command.name);
        const std::string near = nearest(first, names);
        throw UsageError("This program knows no command '" + first + "'." + (near.empty() ? "" : " Did you mean '" + near + "'?") + " See: dscope --help");
    } catch (const std::exception &error) {
        return cli::report(error);
    }
}
