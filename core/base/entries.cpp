// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/entries.h"

#include "core/base/error.h"
#include "core/base/inputfile.h"

#include <algorithm>
#include <system_error>

namespace dscope {

namespace fs = std::filesystem;

std::vector<fs::directory_entry> sortedEntries(const fs::path &folder)
{
    std::vector<fs::directory_entry> entries;
    std::error_code problem;
    fs::directory_iterator entry(folder, problem);
    for (; !problem && entry != fs::directory_iterator(); entry.increment(problem))
        entries.push_back(*entry);
    if (problem)
        throw FileError(folder, "the folder cannot be listed: " + systemReason(problem.value()) + ".");
    std::sort(entries.begin(), entries.end());
    return entries;
}

} // namespace dscope
