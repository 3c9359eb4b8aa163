#pragma once

#include "app/cli/command.h"

namespace dscope::cli {

/// `dscope train nan`: an aggregation network on the features of training people, clean and degraded.
int trainNanCommand(const Arguments &arguments, Task &task);

} // namespace dscope::cli
