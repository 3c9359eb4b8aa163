#pragma once

#include "core/analysis/synth.h"

#include <filesystem>

namespace dscope {

/// writeSyntheticSet() of "ytf" and of "iqiyi".
void writeMadeYtf(const std::filesystem::path &root, const SynthOptions &options, Task &task);
void writeMadeIqiyi(const std::filesystem::path &root, const SynthOptions &options, Task &task);

} // namespace dscope
