// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/cli/command.h"

namespace dscope::cli {

/// `dscope train nan`: an aggregation network on the features of training people, clean and degraded.
int trainNanCommand(const Arguments &arguments, Progress &progress);

} // namespace dscope::cli
