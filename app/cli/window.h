#pragma once

#include "app/cli/command.h"

#include <string>
#include <vector>

namespace dscope::cli {

/// `dscope [SOURCE...]`: opens the window. Returns the exit code when it is closed.
int runWindow(int &argc, char **argv, const std::vector<std::string> &words);

} // namespace dscope::cli
