// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/analysis/synth.h"

#include <filesystem>

namespace dscope {

/// writeSyntheticSet() of "ytf" and of "iqiyi".
void writeMadeYtf(const std::filesystem::path &root, const SynthOptions &options, Progress &progress);
void writeMadeIqiyi(const std::filesystem::path &root, const SynthOptions &options, Progress &progress);

} // namespace dscope
