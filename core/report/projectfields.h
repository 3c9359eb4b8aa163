// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/jsonfields.h"

#include <cstdint>
#include <filesystem>
#include <string>

// How the fields of a project are written and read.

namespace dscope {

std::filesystem::path absoluteOf(const std::filesystem::path &path);
/// A path as a project holds it: relative where it lies below the project's folder; one that is not UTF-8 as a URI, since a name on the disk is any bytes.
std::string textOf(const std::filesystem::path &path, const std::filesystem::path &folder);
/// The inverse.
std::filesystem::path pathOf(const std::string &text, const std::filesystem::path &folder);

/// @throws FileError for a text of absurd length
std::string checkedText(const JsonFields &from, const char *field, std::string text);
/// @throws FileError for what is no path
std::filesystem::path checkedPath(const JsonFields &from, const char *field, std::string text, const std::filesystem::path &folder);

// What is missing leaves the value as it is.
void read(const JsonFields &from, const char *field, bool &value);
void read(const JsonFields &from, const char *field, std::string &value);
void read(const JsonFields &from, const char *field, std::filesystem::path &value, const std::filesystem::path &folder);
void read(const JsonFields &from, const char *field, double &value, double low, double high);
template<typename Integer>
void read(const JsonFields &from, const char *field, Integer &value, std::int64_t low, std::int64_t high)
{
    if (from.has(field))
        value = static_cast<Integer>(from.whole(field, low, high));
}

} // namespace dscope
