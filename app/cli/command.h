// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/cli/arguments.h"
#include "core/base/progress.h"

#include <functional>
#include <string>
#include <vector>

namespace dscope::cli {

/// One word of the command line, such as `score`.
struct Command {
    std::string name;
    std::string usage;   ///< what stands after the word, such as "SOURCE... --out FILE"
    std::string summary; ///< one line
    std::string details; ///< paragraphs of the help
    std::vector<Option> options;
    /// Does the work and returns the exit code. What it throws becomes one (see runCommand).
    std::function<int(const Arguments &, Progress &)> run;
    /// Nothing is kept of a run that is cancelled: the program may end wherever it is.
    bool endsSoon = false;
    /// Further words with options of their own, such as `ddnet` after `train`. Where the command has no options itself, one of them is needed, and `run`
    /// says so; else `run` does what is done without one.
    std::vector<Command> words = {};
};

/// Commands that need only dscope_core: pack, label, train, the evaluations, models.
std::vector<Command> coreCommands();
/// Commands that open pictures and videos.
std::vector<Command> mediaCommands();

/// Exit codes of every command.
enum ExitCode { Succeeded = 0, Failed = 1, Usage = 2, CancelledBySignal = 130 };

/// Runs the command whose words follow: parses, looks whether its outputs can be written, sets the threads, prints progress to stderr, turns exceptions
/// into messages and exit codes, and SIGINT, SIGTERM or SIGHUP into Progress::cancel() (see SignalGuard). Standard output that could not be written is a
/// failure.
int runCommand(const Command &command, const std::vector<std::string> &words);
/// The command of that name, or null.
const Command *findCommand(const std::vector<Command> &commands, const std::string &name);
/// What may be typed after it.
Syntax syntaxOf(const Command &command);
/// What the program is called in messages and help texts, which all speak of `dscope`.
void setProgramName(const std::string &name);
/// The same text with that name where it speaks of `dscope`.
std::string called(std::string text);
/// A message on stderr, as all of the program's are; what could command the terminal is shown escaped.
void say(const std::string &text);
/// Prints an exception as a message. @return its exit code
int report(const std::exception &error);

/// The overview of all commands.
std::string overview(const std::vector<Command> &commands, bool window);
/// A command's own help, or that of one of its further words.
std::string helpText(const Command &command, const std::string &word = {});

/// `--output` and `--weights`: what to take of files that hold several.
std::vector<Option> choiceOptions();
/// `--threads`, `--trust-model-code`, `--help`: understood by every command; `--output` and `--weights` where networks are named (`own`: the command's
/// options).
std::vector<Option> commonOptions(const std::vector<Option> &own = {});
/// Two lists as one.
std::vector<Option> operator+(std::vector<Option> left, const std::vector<Option> &right);

/// Tells a terminal's user how far the work is in one line that is rewritten, and everybody else in a line now and then.
class ConsoleProgress : public Progress {
public:
    ConsoleProgress();
    ~ConsoleProgress() override;
    /// Takes the progress line off the terminal.
    void clear();

protected:
    void onProgress(std::int64_t done, std::int64_t total) override;
    void onStage(const std::string &name) override;
    void onNotice(const std::string &text) override;

private:
    struct State;
    State *d;
};

/// While it lives, SIGINT, SIGTERM and SIGHUP end the program at once, with the message and the exit code of a cancelled command: for work that has written
/// nothing yet and holds gigabytes, which would only be given back piece by piece.
class EndsAtOnce {
public:
    EndsAtOnce();
    ~EndsAtOnce();
    EndsAtOnce(const EndsAtOnce &) = delete;
    EndsAtOnce &operator=(const EndsAtOnce &) = delete;
};

Command cropsCommand();
Command damageCommand();
Command modelsCommand();
Command labelCommand();
Command packCommand();
Command exportCommand();
Command ablateCommand();
Command trainCommand();
Command tuneRuleCommand();
Command classifyCommand();
Command scoreCommand();
Command aggregateCommand();
Command reportCommand();
Command bestCommand();
Command infoCommand();
Command coreInfoCommand();
Command exampleCommand();
Command evaluateCommand();
Command synthCommand();
Command evaluatePairsCommand();
Command evaluateDegradedCommand();
Command evaluateTemplatesCommand();
Command evaluateTracksCommand();
Command compareCommand();
Command compareTargetsCommand();

} // namespace dscope::cli
