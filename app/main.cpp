// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/command.h"
#include "app/cli/outputs.h"
#include "app/cli/signals.h"
#include "app/cli/window.h"

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/onnx/onnxnetwork.h"

#include <QCoreApplication>

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <optional>

using namespace dscope;

namespace {

/// A first word that is neither a command nor a file is most likely a command with a slip in it.
void refuseMisspelt(const std::string &word, const std::vector<cli::Command> &commands)
{
    std::error_code problem;
    if (word.empty() || word.front() == '-' || word.find('/') != std::string::npos || std::filesystem::exists(word, problem))
        return;
    std::vector<std::string> names;
    for (const cli::Command &command : commands)
        names.push_back(command.name);
    const std::string near = nearest(word, names);
    throw UsageError("'" + word + "' is neither a command nor a file." + (near.empty() ? "" : " Did you mean 'dscope " + near + "'?") + " See: dscope --help");
}

} // namespace

int main(int argc, char **argv)
{
    cli::prepareProcess();
    const std::vector<std::string> words(argv + 1, argv + argc);
    QCoreApplication::setApplicationName(QStringLiteral("dscope"));
    QCoreApplication::setOrganizationName(QStringLiteral("dscope"));
    QCoreApplication::setApplicationVersion(QStringLiteral(DSCOPE_VERSION));
    registerOnnx();
    std::vector<cli::Command> commands = cli::mediaCommands();
    for (cli::Command &command : cli::coreCommands())
        commands.push_back(std::move(command));
    commands.push_back(cli::exampleCommand());

    try {
        const std::string first = words.empty() ? std::string() : words.front();
        if (first == "--version") {
            std::cout << "dscope " DSCOPE_VERSION "\n";
            return cli::flushed(cli::Succeeded);
        }
        if (first == "--help" || first == "-h" || first == "help") {
            std::cout << cli::overview(commands, true);
            return cli::flushed(cli::Succeeded);
        }
        if (const cli::Command *command = cli::findCommand(commands, first)) {
            // The example makes its own application: it draws the window.
            std::optional<QCoreApplication> app;
            if (command->name != "example")
                app.emplace(argc, argv);
            cli::usePlainNumbers();
            return cli::runCommand(*command, {words.begin() + 1, words.end()});
        }
        refuseMisspelt(first, commands);
        return cli::runWindow(argc, argv, words);
    } catch (const std::exception &error) {
        return cli::report(error);
    }
}
