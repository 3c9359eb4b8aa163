// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/cli/command.h"

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace dscope::cli {

/// Before the work: whether what the command is to write can be written there, and is none of the files that it reads. @throws FileError
void checkOutputs(const Command &command, const Arguments &arguments);

/// The form in which `out` is written: by its name's ending (csv for X.csv), else as --format says, else md for standard output, a pipe or a device.
/// @param forms those that there are @throws UsageError where none can be told, or --format names another
std::string outputForm(const Arguments &arguments, const std::string &out, const std::vector<std::string> &forms);

/// --out of a command that writes it piece by piece or keeps its state beside it: after all links, and no pipe or device. @throws FileError
std::filesystem::path fileOut(const Arguments &arguments);

/// Where to, and in which form.
using Outputs = std::vector<std::pair<std::string, std::string>>;
/// What a table says beside its figures, for who has it written into files: each once on the terminal, unless that shows the table itself.
void tellNotes(const std::vector<std::string> &notes, const Outputs &outputs);

/// At the end of every command and text: standard output is flushed. @return `code` @throws Error if not all of it could be written
int flushed(int code);

} // namespace dscope::cli
