// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/outputs.h"

#include "core/base/error.h"
#include "core/base/inputfile.h"
#include "core/base/outputfile.h"
#include "core/base/text.h"
#include "core/nets/model.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <iostream>
#include <string_view>

namespace dscope::cli {

namespace fs = std::filesystem;

namespace {

/// Options whose value is written, in all commands that have them.
constexpr std::array<std::string_view, 5> s_written{"out", "history", "keep", "features", "list-pictures"};
/// Read and written again: a project takes runs up, a store or a work folder is gone on with.
constexpr std::array<std::string_view, 3> s_both{"project", "store", "work"};

template<std::size_t n>
bool isIn(const std::array<std::string_view, n> &names, const std::string &name)
{
    return std::find(names.begin(), names.end(), name) != names.end();
}

/// `label` keeps embeddings, everything else reads them.
bool isWritten(const Command &command, const std::string &option)
{
    return isIn(s_written, option) && (option != "features" || command.name == "label");
}

/// Everything among the words and values that may name a file to be read.
std::vector<std::string> namedInputs(const Command &command, const Arguments &arguments)
{
    std::vector<std::string> names = arguments.words();
    for (const Option &option : command.options) {
        if (option.value.empty() || isWritten(command, option.name) || isIn(s_both, option.name))
            continue;
        for (const std::string &value : arguments.all(option.name)) {
            names.push_back(value);
            if (const std::size_t equals = value.find('='); equals != std::string::npos)
                names.push_back(value.substr(equals + 1)); // NAME=FILE
            if (const std::size_t colon = value.find(':'); colon != std::string::npos)
                names.push_back(value.substr(colon + 1)); // nan:FILE
        }
    }
    return names;
}

/// With the files behind the names of models.
std::vector<fs::path> inputFiles(const Command &command, const Arguments &arguments, const std::vector<std::string> &names)
{
    std::vector<fs::path> files(names.begin(), names.end());
    const bool knowsFolders = std::any_of(command.options.begin(), command.options.end(), [](const Option &option) { return option.name == "models"; });
    std::vector<fs::path> folders;
    if (knowsFolders)
        for (const std::string &folder : arguments.all("models"))
            folders.emplace_back(folder);
    const ModelStore store(folders);
    // Training may write a model anew; for everything else the weights that are known are only read.
    const bool writesModels = arguments.command().starts_with("train ") || command.name == "export";
    for (const ModelSpec &spec : store.models())
        if (spec.available() && (!writesModels || std::find(names.begin(), names.end(), spec.name) != names.end()))
            files.push_back(spec.path);
    return files;
}

/// A list or a record file inside a folder that is read. Tables and reports of an earlier run may lie in it and are replaced.
void refuseListOf(const fs::path &out, const std::vector<std::string> &names, bool readsCsv)
{
    const std::string extension = extensionOf(out);
    const bool list = extension == ".txt" || extension == ".lst" || extension == ".rec" || extension == ".idx" || (readsCsv && extension == ".csv");
    if (!list)
        return;
    std::error_code problem;
    const fs::path whole = fs::canonical(out, problem);
    for (const std::string &name : names) {
        const fs::path folder = fs::is_directory(name, problem) ? fs::canonical(name, problem) : fs::path();
        if (!folder.empty() && std::mismatch(folder.begin(), folder.end(), whole.begin(), whole.end()).first == folder.end())
            throw FileError(out, "lies in " + shownName(name) + ", which is read, and may be one of its lists; name another file.");
    }
}

/// A folder that is mistyped must not come into being unseen.
void tellOfNewFolder(const fs::path &folder)
{
    std::error_code problem;
    if (!folder.empty() && !fs::exists(folder, problem) && !problem)
        say("the folder " + shownName(folder.string()) + " is not there yet: it will be made");
}

void checkFile(const fs::path &out, const Command &command, const Arguments &arguments)
{
    checkWritable(out);
    tellOfNewFolder(out.parent_path());
    std::error_code problem;
    if (!fs::is_regular_file(out, problem))
        return;
    refusePicture(out);
    const std::vector<std::string> names = namedInputs(command, arguments);
    refuseInput(out, inputFiles(command, arguments, names));
    static constexpr std::array<std::string_view, 4> pictures{"score", "aggregate", "report", "best"};
    refuseListOf(out, names, !isIn(pictures, command.name));
}

/// A folder that pictures are copied into: not the one they come from.
void checkFolder(const fs::path &out, const Arguments &arguments)
{
    std::error_code unseen;
    if (fs::exists(out, unseen) && !fs::is_directory(out, unseen))
        throw FileError(out, "is no folder, and one is needed to write into.");
    checkWritable(out / "any");
    tellOfNewFolder(out);
    if (fs::is_directory(out, unseen) && !fs::is_empty(out, unseen))
        say(shownName(out.string()) + " is not empty: what lies there stays beside the new files");
    std::error_code problem;
    for (const fs::path &source : arguments.paths())
        if (fs::equivalent(source, out, problem))
            throw FileError(out, "is the folder that is read; name another one.");
}

} // namespace

void checkOutputs(const Command &command, const Arguments &arguments)
{
    for (const Option &option : command.options) {
        if (!isWritten(command, option.name) || !arguments.has(option.name))
            continue;
        for (const std::string &out : arguments.all(option.name)) {
            if (out == "-" || out.empty())
                continue;
            if (option.value == "FOLDER")
                checkFolder(out, arguments);
            else
                checkFile(out, command, arguments);
            // The names of a matrix's rows lie beside it.
            if (command.name == "aggregate" && extensionOf(out) == ".npy")
                checkFile(fs::path(out).replace_extension(".ids.csv"), command, arguments);
        }
    }
}

std::string outputForm(const Arguments &arguments, const std::string &out, const std::vector<std::string> &forms)
{
    std::string list;
    for (const std::string &form : forms)
        list += (list.empty() ? "" : ", ") + form;
    const std::string asked = arguments.text("format");
    if (!asked.empty() && std::find(forms.begin(), forms.end(), asked) == forms.end())
        throw UsageError("'" + shownName(asked) + "' is no value for '--format': " + list + ".");
    if (const std::string ending = extensionOf(out); !ending.empty() && std::find(forms.begin(), forms.end(), ending.substr(1)) != forms.end())
        return ending.substr(1);
    if (!asked.empty())
        return asked;
    if (out == "-" || outputTarget(out).kind == OutputTarget::Kind::Stream)
        return "md";
    throw UsageError("--out " + shownName(out) + ": the name must end in one of " + list + ", or --format must say the form.");
}

fs::path fileOut(const Arguments &arguments)
{
    return fileTarget(arguments.required("out"));
}

void tellNotes(const std::vector<std::string> &notes, const Outputs &outputs)
{
    if (outputs.empty() || std::any_of(outputs.begin(), outputs.end(), [](const auto &output) { return output.first == "-" && output.second == "md"; }))
        return;
    constexpr std::size_t most = 20;
    std::vector<std::string> told;
    for (const std::string &note : notes)
        if (std::find(told.begin(), told.end(), note) == told.end())
            told.push_back(note);
    for (std::size_t i = 0; i < told.size() && i < most; ++i)
        say("note: " + told[i]);
    if (told.size() > most)
        say("note: ... and " + std::to_string(told.size() - most) + " more, which stand in " + outputs.front().first + ".");
}

int flushed(int code)
{
    errno = 0;
    std::cout.flush();
    const bool written = std::fflush(stdout) == 0 && std::ferror(stdout) == 0 && std::cout.good();
    if (!written)
        throw Error("Standard output could not be written" + (errno != 0 ? ": " + systemReason(errno) : std::string()) + ".");
    return code;
}

} // namespace dscope::cli
