// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/cli/command.h"

namespace dscope::cli {

/// `dscope train second`.
int trainSecondCommand(const Arguments &arguments, Progress &progress);

} // namespace dscope::cli
