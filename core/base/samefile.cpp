// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/samefile.h"

#include <sys/stat.h>

#include <functional>
#include <string>

namespace dscope {

std::size_t sameFileKey(const std::filesystem::path &file)
{
    struct stat there {};
    if (::stat(file.c_str(), &there) != 0)
        return std::hash<std::string>()(file.lexically_normal().string());
    return std::hash<std::string>()(std::to_string(there.st_dev) + '\0' + std::to_string(there.st_ino));
}

} // namespace dscope
