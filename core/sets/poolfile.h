// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/evaluation/draws.h"

#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>

namespace dscope {

/// Whether a file is one of savePool(), whatever it is called: told by its header. One that is called `.pool` and has a header that cannot be read is taken for
/// one, too.
bool looksLikePool(const std::filesystem::path &path);

/// Keeps a pool: a safetensors file with features, D-scores and further scores, its names as JSON in the metadata beside `about` (such as the base and
/// the DDNet). Atomic. @throws FileError
void savePool(const std::filesystem::path &path, const FacePool &pool, const std::map<std::string, std::string> &about);

/// Reads it back; `about`, where not null, gets what was told at saving. @throws FileError for a file that is something else or does not fit together
FacePool loadPool(const std::filesystem::path &path, std::map<std::string, std::string> *about = nullptr);
/// The same of bytes in hand. @param name what they are called in errors
FacePool parsePool(std::span<const std::uint8_t> bytes, const std::filesystem::path &name, std::map<std::string, std::string> *about = nullptr);

} // namespace dscope
