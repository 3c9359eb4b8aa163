// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/command.h"
#include "app/cli/outputs.h"
#include "app/cli/signals.h"

#include "core/base/device.h"
#include "core/base/error.h"
#include "core/base/picturefile.h"
#include "core/base/quietstderr.h"
#include "core/base/text.h"
#include "core/nets/network.h"
#include "core/nets/wanted.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <iostream>
#include <mutex>

namespace dscope::cli {

namespace {

using Clock = std::chrono::steady_clock;

std::string duration(double seconds)
{
    const auto whole = static_cast<long>(seconds + 0.5);
    if (whole < 60)
        return std::to_string(whole) + " s";
    if (whole < 3600)
        return std::to_string(whole / 60) + " min " + std::to_string(whole % 60) + " s";
    return std::to_string(whole / 3600) + " h " + std::to_string(whole % 3600 / 60) + " min";
}

std::string wrapped(const std::string &text, std::size_t indent, std::size_t width)
{
    std::string out;
    std::size_t column = indent;
    for (std::size_t begin = 0; begin < text.size();) {
        const std::size_t end = std::min(text.find_first_of(" \n", begin), text.size());
        const std::string word = text.substr(begin, end - begin);
        if (column > indent && column + 1 + word.size() > width) {
            out += '\n' + std::string(indent, ' ');
            column = indent;
        }
        if (column > indent) {
            out += ' ';
            ++column;
        }
        out += word;
        column += word.size();
        if (end < text.size() && text[end] == '\n') {
            out += '\n' + std::string(indent, ' ');
            column = indent;
        }
        begin = end + 1;
    }
    return out;
}

std::string &programName()
{
    static std::string name = "dscope";
    return name;
}

} // namespace

void setProgramName(const std::string &name)
{
    programName() = name;
}

std::string called(std::string text)
{
    const std::string usual = "dscope";
    if (programName() == usual)
        return text;
    for (std::size_t at = text.find(usual); at != std::string::npos; at = text.find(usual, at + 1)) {
        const char before = at == 0 ? ' ' : text[at - 1];
        const std::size_t end = at + usual.size();
        const char after = end < text.size() ? text[end] : ' ';
        if ((before == ' ' || before == '`' || before == '\'' || before == '\n') && (after == ' ' || after == ':'))
            text.replace(at, usual.size(), programName());
    }
    return text;
}

struct ConsoleProgress::State {
    std::mutex mutex;
    bool terminal = ::isatty(STDERR_FILENO) == 1;
    bool drawn = false;
    std::string stage;
    Clock::time_point begun = Clock::now();
    Clock::time_point shown{};
    std::int64_t first = -1; ///< progress when the stage began: a resumed run starts in the middle

    void wipe()
    {
        if (drawn)
            std::fputs("\r\033[K", ownStderr());
        drawn = false;
    }
};

ConsoleProgress::ConsoleProgress() : d(new State) {}

ConsoleProgress::~ConsoleProgress()
{
    clear();
    delete d;
}

void ConsoleProgress::clear()
{
    const std::lock_guard lock(d->mutex);
    d->wipe();
    std::fflush(ownStderr());
}

void ConsoleProgress::onStage(const std::string &name)
{
    const std::lock_guard lock(d->mutex);
    d->wipe();
    d->stage = shown(name);
    d->begun = Clock::now();
    d->shown = d->terminal ? Clock::time_point{} : d->begun;
    d->first = -1;
    if (!d->terminal)
        std::fputs((d->stage + "\n").c_str(), ownStderr());
}

void ConsoleProgress::onNotice(const std::string &text)
{
    const std::lock_guard lock(d->mutex);
    d->wipe();
    std::fputs(shown("note: " + text + "\n").c_str(), ownStderr());
}

void ConsoleProgress::onProgress(std::int64_t done, std::int64_t total)
{
    const std::lock_guard lock(d->mutex);
    const Clock::time_point now = Clock::now();
    if (d->first < 0)
        d->first = done;
    const bool last = total > 0 && done >= total;
    if (now - d->shown < (d->terminal ? std::chrono::milliseconds(100) : std::chrono::milliseconds(5000)) && !(last && d->terminal && d->drawn))
        return;
    d->shown = now;
    const double elapsed = std::chrono::duration<double>(now - d->begun).count();
    std::string text = std::to_string(done);
    if (total > 0) {
        const double share = std::clamp(static_cast<double>(done) / static_cast<double>(total), 0.0, 1.0);
        text += " of " + std::to_string(total) + ", " + std::to_string(static_cast<int>(100 * share)) + " %";
        const auto worked = static_cast<double>(done - d->first);
        if (worked > 0 && elapsed > 1 && !last)
            text += ", " + duration(elapsed * static_cast<double>(total - done) / worked) + " left";
        if (d->terminal) {
            const auto filled = static_cast<std::size_t>(share * 24);
            text = '[' + std::string(filled, '#') + std::string(24 - filled, '.') + "] " + text;
        }
    }
    if (!d->terminal) {
        std::fputs(("  " + text + "\n").c_str(), ownStderr());
        return;
    }
    winsize size{};
    const std::size_t columns = ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
    std::string line = d->stage + "  " + text;
    if (line.size() >= columns)
        line = text.substr(0, columns - 1);
    std::fputs(("\r" + line + "\033[K").c_str(), ownStderr());
    std::fflush(ownStderr());
    d->drawn = true;
}

void say(const std::string &text)
{
    std::fputs((shown(called(text)) + '\n').c_str(), ownStderr());
}

int report(const std::exception &error)
{
    if (dynamic_cast<const Cancelled *>(&error) != nullptr) {
        say("dscope: cancelled");
        return CancelledBySignal;
    }
    say("dscope: " + describe(error));
    return dynamic_cast<const UsageError *>(&error) != nullptr ? Usage : Failed;
}

std::vector<Option> operator+(std::vector<Option> left, const std::vector<Option> &right)
{
    left.insert(left.end(), right.begin(), right.end());
    return left;
}

std::vector<Option> choiceOptions()
{
    return {repeated("output", "NAME", "of a network with several outputs (ONNX, or heads to one value), the one to take"),
            repeated("weights", "NAME", "of a PyTorch or safetensors file with several sets of weights, the one to take, such as ema")};
}

std::vector<Option> commonOptions(const std::vector<Option> &own)
{
    const bool networks = std::any_of(own.begin(), own.end(), [](const Option &option) {
        return option.name == "base" || option.name == "scorer" || option.name == "ddnet" || option.name == "teacher";
    });
    return (networks ? choiceOptions() : std::vector<Option>())
        + std::vector<Option>{wholeOption("threads", "N", "threads of the networks; 0: one per core", 0, 1024, 0),
                              {"strict", "", "leave out pictures whose data are damaged instead of warning of them"},
                              {"trust-model-code", "", "load TorchScript models, which can run code on this machine"},
                              {"help", "", "this text"}};
}

std::vector<Command> coreCommands()
{
    return {packCommand(),
            labelCommand(),
            trainCommand(),
            evaluatePairsCommand(),
            evaluateDegradedCommand(),
            evaluateTemplatesCommand(),
            compareTargetsCommand(),
            tuneRuleCommand(),
            ablateCommand(),
            damageCommand(),
            modelsCommand()};
}

const Command *findCommand(const std::vector<Command> &commands, const std::string &name)
{
    const auto found = std::find_if(commands.begin(), commands.end(), [&](const Command &command) { return command.name == name; });
    return found != commands.end() ? &*found : nullptr;
}

Syntax syntaxOf(const Command &command)
{
    Syntax syntax{command.name, command.options + commonOptions(command.options)};
    for (const Command &word : command.words)
        syntax.words.push_back({word.name, word.options + commonOptions(word.options)});
    syntax.wordNeeded = command.options.empty() && !command.words.empty();
    return syntax;
}

std::string helpText(const Command &command, const std::string &word)
{
    if (const Command *further = findCommand(command.words, word)) {
        Command whole = *further;
        whole.name = command.name + ' ' + word;
        return helpText(whole);
    }
    std::string text = "dscope " + command.name + ' ' + command.usage + "\n\n" + wrapped(command.summary + ".", 0, 100) + '\n';
    if (!command.details.empty())
        text += '\n' + wrapped(command.details, 0, 100) + '\n';
    const auto line = [](std::string left, const std::string &right) {
        left += left.size() < 26 ? std::string(26 - left.size(), ' ') : "\n" + std::string(26, ' ');
        return left + wrapped(right, 26, 100) + '\n';
    };
    if (!command.words.empty()) {
        text += "\nWords, each with options of its own (`dscope " + command.name + " WORD --help`):\n";
        for (const Command &further : command.words)
            text += line("  " + further.name, further.summary);
    }
    text += command.options.empty() && !command.words.empty() ? "\nOptions of all of them:\n" : "\nOptions:\n";
    for (const Option &option : command.options + commonOptions(command.options))
        text += line("  --" + option.name + (option.value.empty() ? "" : ' ' + option.value), helpOf(option));
    return called(text);
}

std::string overview(const std::vector<Command> &commands, bool window)
{
    std::string text = "Dscope: D-scores by discriminability distillation learning, seen and tuned.\n\nUsage:\n";
    if (window)
        text += "  dscope [SOURCE...]      opens the window; --example opens the built-in example\n";
    text += "  dscope COMMAND ...      works without a display\n\nCommands:\n";
    for (const Command &command : commands)
        text += "  " + command.name + std::string(command.name.size() < 20 ? 20 - command.name.size() : 1, ' ') + wrapped(command.summary, 22, 100) + '\n';
    if (window)
        text += "\nA SOURCE is a video, a picture, a folder of pictures, a folder of folders (one group each), a folder of\n"
                "videos, a csv (path, group, label), or an IJB-B or IJB-C folder. The window also\n"
                "opens a project (.dscope), which it saves and `dscope evaluate --project` adds to.\n";
    text += "\n  dscope COMMAND --help   tells more; --version tells the version\n\n"
            "Data goes to the file named by --out, or to standard output with --out -; messages go to standard error.\n"
            "Exit codes: 0 done, 1 failed, 2 wrong usage, 130 cancelled. Sources and pictures that cannot be read are warned of;\n"
            "where none can, or the output cannot be written, the command has failed.\n"
            "Environment: DSCOPE_MODELS (folders with weights, colon-separated), DSCOPE_CACHE (folder for what is kept).\n";
    return called(text);
}

int runCommand(const Command &command, const std::vector<std::string> &words)
{
    ConsoleProgress progress;
    try {
        const auto end = std::find(words.begin(), words.end(), "--");
        if (std::any_of(words.begin(), end, [](const std::string &word) { return word == "--help" || word == "-h"; })) {
            const auto word = std::find_if(words.begin(), end, [&](const std::string &one) { return findCommand(command.words, one) != nullptr; });
            std::cout << helpText(command, word != end ? *word : std::string());
            return flushed(Succeeded);
        }
        const Arguments arguments(words, syntaxOf(command));
        const Command *further = findCommand(command.words, arguments.word());
        const Command &chosen = further != nullptr ? *further : command;
        setThreads(static_cast<int>(arguments.integer("threads", 0)));
        trustModelCode(arguments.has("trust-model-code"));
        for (const auto &[option, wanted] : {std::pair("output", &wantedOutputs()), std::pair("weights", &wantedWeights())})
            wanted->set(arguments.knows(option) ? arguments.all(option) : std::vector<std::string>());
        refuseDamagedPictures(arguments.has("strict"));
        checkOutputs(chosen, arguments);
        const SignalGuard guard(progress, chosen.endsSoon);
        const int code = chosen.run(arguments, progress);
        progress.clear();
        for (const std::string &name : wantedOutputs().untaken())
            say("note: --output " + name + ": no network of this command has an output of that name.");
        for (const std::string &name : wantedWeights().untaken())
            say("note: --weights " + name + ": no file of this command holds a set of weights of that name.");
        return flushed(code);
    } catch (const std::exception &error) {
        progress.clear();
        return report(error);
    }
}

} // namespace dscope::cli
