// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>

namespace dscope {

/// Whether somebody else than this user and root could put something at this place: a part of the way to it (or itself) belongs to somebody else, or can
/// be written by others. A folder with the sticky bit, as /tmp has, may be on the way, since nobody can replace in it what is not theirs. What is
/// not there yet does not count.
bool othersCanWrite(const std::filesystem::path &path);

/// The user's home: $HOME, else what the system's list of users says; empty where there is none.
std::filesystem::path homeFolder();

/// A folder for this user in `temporary`, for where there is no home: made readable to nobody else. @throws FileError where it belongs to somebody
/// else or others can write it
std::filesystem::path privateFolder(const std::filesystem::path &temporary);

} // namespace dscope
