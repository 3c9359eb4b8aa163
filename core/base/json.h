// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <nlohmann/json.hpp>

#include <filesystem>

namespace dscope {

using Json = nlohmann::ordered_json;

/// Reads a JSON file. @throws FileError with the line and column of a mistake.
Json readJson(const std::filesystem::path &path);
/// Writes JSON atomically, two spaces of indent, ending in a line end. Invalid UTF-8 in strings is replaced, not fatal.
void writeJson(const std::filesystem::path &path, const Json &value);
/// The same text as writeJson writes.
std::string jsonText(const Json &value);

} // namespace dscope
