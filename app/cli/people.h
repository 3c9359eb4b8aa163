// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/cli/command.h"

#include "core/damage/damageset.h"
#include "core/training/facelist.h"

namespace dscope::cli {

/// Of a command that reads a set of faces: whom and what to take of it, by --split, --part and, where the command has it, --where. @throws UsageError
SplitFilter peopleOf(const Arguments &arguments);
/// `--where`.
Option whereOption();
/// `--families`: DamageSet::named(). @param otherwise the default @param of which networks, before a colon; may be empty
Option familiesOption(const std::string &otherwise, const std::string &of = {});

/// Whether black wedges are filled: by --fill-wedges and --keep-wedges, else with any families but "paper". @throws UsageError for both
bool fillsWedges(const Arguments &arguments, const DamageSet &families);

} // namespace dscope::cli
