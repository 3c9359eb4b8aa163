// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/leftovers.h"

#include <signal.h>
#include <sys/types.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <string>
#include <string_view>
#include <vector>

namespace dscope {

namespace fs = std::filesystem;

namespace {

/// Whether a name is that of a temporary file of `of`, by a process that no longer runs.
bool isLeftOver(std::string_view name, const std::string &of)
{
    const std::string start = of + ".part";
    if (!name.starts_with(start))
        return false;
    name.remove_prefix(start.size());
    pid_t process = 0;
    const auto [end, problem] = std::from_chars(name.data(), name.data() + name.size(), process);
    if (problem != std::errc() || process <= 0 || end == name.data() + name.size() || *end != '-')
        return false;
    const std::string_view number(end + 1, static_cast<std::size_t>(name.data() + name.size() - end - 1));
    const bool plain = !number.empty()
        && std::all_of(number.begin(), number.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); });
    return plain && ::kill(process, 0) != 0 && errno == ESRCH;
}

} // namespace

int removeLeftOvers(const fs::path &path)
{
    const fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
    std::error_code problem;
    std::vector<fs::path> found;
    for (auto entry = fs::directory_iterator(folder, problem); !problem && entry != fs::directory_iterator(); entry.increment(problem))
        if (isLeftOver(entry->path().filename().string(), path.filename().string()) && entry->symlink_status(problem).type() == fs::file_type::regular)
            found.push_back(entry->path());
    int removed = 0;
    for (const fs::path &file : found)
        removed += fs::remove(file, problem) ? 1 : 0;
    return removed;
}

} // namespace dscope
