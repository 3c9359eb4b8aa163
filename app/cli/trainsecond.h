// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/cli/command.h"

namespace dscope::cli {

/// `dscope train second`.
int trainSecondCommand(const Arguments &arguments, Task &task);

} // namespace dscope::cli
