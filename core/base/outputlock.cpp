// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/outputlock.h"

#include "core/base/error.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace dscope {

namespace {

bool sameFile(int descriptor, const std::filesystem::path &path, struct stat &held)
{
    struct stat named {};
    return ::fstat(descriptor, &held) == 0 && ::lstat(path.c_str(), &named) == 0 && held.st_ino == named.st_ino && held.st_dev == named.st_dev;
}

} // namespace

OutputLock::OutputLock(const std::filesystem::path &path) : m_file(path.string() + ".lock")
{
    constexpr int attempts = 100; // each time its former holder removed the file between our opening and our locking it
    for (int i = 0; i < attempts; ++i) {
        const int file = ::open(m_file.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0644);
        if (file < 0)
            return;
        if (::flock(file, LOCK_EX | LOCK_NB) != 0) {
            const bool taken = errno == EWOULDBLOCK;
            ::close(file);
            if (taken)
                throw FileError(path, "is being written by another process; wait for it or choose another name.");
            return; // this file system has no locks
        }
        struct stat held {};
        if (sameFile(file, m_file, held)) {
            m_descriptor = file;
            if (held.st_size == 0) // else it is a file of somebody's own with such a name
                m_listed.emplace(m_file);
            return;
        }
        ::close(file);
    }
}

OutputLock::~OutputLock()
{
    if (m_descriptor < 0)
        return;
    if (m_listed)
        ::unlink(m_file.c_str());
    m_listed.reset();
    ::close(m_descriptor);
}

bool lockPart(int descriptor, const std::filesystem::path &part)
{
    if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
        return false;
    struct stat held {};
    return sameFile(descriptor, part, held);
}

} // namespace dscope
