// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/analysis/analysis.h"
#include "core/base/progress.h"

namespace dscope {

/// Tells of each video among the sources which actions it shows when, where a list by ActivityNet's schema (a .json whose name begins with activity_net) lies
/// in its folder or the one above and names it; and labels its group by the action that it shows longest, where it has no label yet. A list that cannot be
/// read becomes a warning of its first source. @throws Cancelled
void addShownActions(Analysis &analysis, Progress &progress);

} // namespace dscope
