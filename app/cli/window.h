// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/cli/command.h"

#include <string>
#include <vector>

namespace dscope::cli {

/// `dscope [SOURCE...]`: opens the window. Returns the exit code when it is closed.
/// Once Qt's application is there, which takes up the user's locale: numbers have a point everywhere, in the window as in files, tables and on the command
/// line, so that what is read off the one can be typed into the other. Dates and translations stay the user's.
void usePlainNumbers();

int runWindow(int &argc, char **argv, const std::vector<std::string> &words);

} // namespace dscope::cli
