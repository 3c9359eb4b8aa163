// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/folders.h"

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/inputfile.h"

#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

namespace dscope {

namespace fs = std::filesystem;

namespace {

fs::path environmentFolder(const char *name)
{
    const char *value = std::getenv(name);
    return value != nullptr && *value != '\0' ? fs::path(value) : fs::path();
}

/// This user's entry in the system's list: home and name, empty where there is none.
struct User {
    std::string name;
    std::string home;
};

User thisUser()
{
    std::vector<char> space(std::size_t{1} << 16);
    passwd entry{};
    passwd *found = nullptr;
    if (::getpwuid_r(::geteuid(), &entry, space.data(), space.size(), &found) != 0 || found == nullptr)
        return {};
    return {found->pw_name, found->pw_dir};
}

/// Many systems give every user a group of the same name that nobody else is in; that such a group may write says nothing of others.
bool isOwnGroup(gid_t group)
{
    std::vector<char> space(std::size_t{1} << 16);
    ::group entry{};
    ::group *found = nullptr;
    if (group == 0)
        return true; // root's
    if (::getgrgid_r(group, &entry, space.data(), space.size(), &found) != 0 || found == nullptr)
        return false;
    const std::string name = thisUser().name;
    if (name.empty() || name != found->gr_name)
        return false;
    for (char **member = found->gr_mem; member != nullptr && *member != nullptr; ++member)
        if (name != *member)
            return false;
    return true;
}

bool othersCanWriteThis(const fs::path &path)
{
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0)
        return errno != ENOENT;
    if (status.st_uid != ::geteuid() && status.st_uid != 0)
        return true;
    if (S_ISDIR(status.st_mode) && (status.st_mode & S_ISVTX) != 0)
        return false;
    return (status.st_mode & S_IWOTH) != 0 || ((status.st_mode & S_IWGRP) != 0 && !isOwnGroup(status.st_gid));
}

fs::path folderFor(const char *variable, const fs::path &belowHome, const char *belowTemporary)
{
    // A relative path is to be ignored (XDG Base Directory Specification): it would be another folder wherever the program is started.
    if (const fs::path xdg = environmentFolder(variable); xdg.is_absolute())
        return xdg / "dscope";
    if (const fs::path home = homeFolder(); !home.empty())
        return home / belowHome / "dscope";
    return privateFolder(fs::temp_directory_path()) / belowTemporary;
}

} // namespace

bool othersCanWrite(const fs::path &path)
{
    std::error_code problem;
    // The real way, and the way as it is written: a link on it could be replaced where it lies.
    const fs::path whole = fs::absolute(path, problem).lexically_normal();
    const fs::path real = fs::weakly_canonical(whole, problem);
    if (problem)
        return true;
    for (const fs::path &way : {whole, real})
        for (fs::path part = way;; part = part.parent_path()) {
            if (othersCanWriteThis(part))
                return true;
            if (part == part.parent_path())
                break;
        }
    // A folder with the sticky bit is no place of one's own, only a way to one.
    struct stat status {};
    return ::stat(whole.c_str(), &status) == 0 && S_ISDIR(status.st_mode) && (status.st_mode & S_ISVTX) != 0 && (status.st_mode & S_IWOTH) != 0;
}

fs::path homeFolder()
{
    if (const fs::path chosen = environmentFolder("HOME"); chosen.is_absolute())
        return chosen;
    std::error_code problem;
    const fs::path listed = thisUser().home;
    return !listed.empty() && listed != "/" && fs::is_directory(listed, problem) ? listed : fs::path();
}

fs::path privateFolder(const fs::path &temporary)
{
    const fs::path folder = temporary / ("dscope-" + std::to_string(::geteuid()));
    if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST)
        throw FileError(folder, "the folder cannot be made: " + systemReason(errno) + ". Set HOME, or DSCOPE_CACHE and XDG_DATA_HOME.");
    struct stat status {};
    if (::lstat(folder.c_str(), &status) != 0 || !S_ISDIR(status.st_mode) || status.st_uid != ::geteuid() || othersCanWrite(folder))
        throw FileError(folder,
                        "belongs to somebody else, or others can write it, so that nothing in it can be relied on. There is no home folder to use instead: set "
                        "HOME, or DSCOPE_CACHE and XDG_DATA_HOME.");
    return folder;
}

fs::path cacheDir()
{
    if (const fs::path chosen = environmentFolder("DSCOPE_CACHE"); !chosen.empty())
        return chosen;
    return folderFor("XDG_CACHE_HOME", ".cache", "cache");
}

fs::path dataDir()
{
    return folderFor("XDG_DATA_HOME", fs::path(".local") / "share", "data");
}

} // namespace dscope
