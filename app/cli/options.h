// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/cli/arguments.h"

namespace dscope::cli {

/// What many commands have, declared once.
///
/// `--seed`; seedOf() reads it.
Option seedOption(const std::string &of = "of everything random");
std::uint64_t seedOf(const Arguments &arguments);
/// `--device`.
Option deviceOption();
/// `--models`, see modelStore().
Option modelsOption();
/// `--split` and `--part`, see peopleOf(). @param part one that there may be
Option splitOption();
Option partOption(const std::string &part);
/// `--resamples`: 0 for no intervals where `least` is 0.
Option resamplesOption(int usual, const std::string &of = "of the bootstrap", int least = 0);
/// `--draws`.
Option drawsOption(int usual);

} // namespace dscope::cli
