// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/partfile.h"

#include "core/base/error.h"
#include "core/base/inputfile.h"
#include "core/base/outputlock.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <system_error>
#include <utility>

namespace dscope {

namespace fs = std::filesystem;

PartFile::PartFile(const fs::path &path, std::string_view ending) : m_path(path), m_part(path)
{
    m_part += ending;
    std::error_code problem;
    if (path.has_parent_path())
        fs::create_directories(path.parent_path(), problem);
    if (problem)
        throw FileError(path.parent_path(), "the folder cannot be made: " + systemReason(problem.value()) + ".");
    if (fs::exists(m_part, problem))
        checkReadable(m_part); // a pipe would block, opening a device can already do something
    m_file = ::open(m_part.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0644);
    if (m_file < 0)
        fail(errno);
    if (!lockPart(m_file, m_part)) {
        ::close(m_file);
        throw FileError(m_path, "is being written by another process; wait for it or choose another name.");
    }
}

PartFile::~PartFile()
{
    if (m_file >= 0)
        ::close(m_file);
}

void PartFile::fail(int error) const
{
    throw FileError(m_path, "cannot be written: " + systemReason(error) + ". What was written before stays; the same call again resumes there.");
}

bool PartFile::takeUp(std::string_view head)
{
    std::string found(head.size(), '\0');
    if (readSome(0, found.data(), found.size()) == head.size() && found == head)
        return true;
    cut(0);
    append(head.data(), head.size());
    return false;
}

std::uint64_t PartFile::size() const
{
    struct stat info {};
    if (::fstat(m_file, &info) != 0)
        fail(errno);
    return static_cast<std::uint64_t>(info.st_size);
}

std::size_t PartFile::readSome(std::uint64_t at, void *to, std::size_t count) const
{
    return readAt(m_file, m_part, at, to, count);
}

void PartFile::cut(std::uint64_t size)
{
    if (::ftruncate(m_file, static_cast<off_t>(size)) != 0)
        fail(errno);
    m_end = size;
}

void PartFile::append(const void *bytes, std::size_t count)
{
    write(m_end, bytes, count);
    m_end += count;
}

void PartFile::write(std::uint64_t at, const void *bytes, std::size_t count)
{
    for (std::size_t done = 0; done < count;) {
        const ssize_t put = ::pwrite(m_file, static_cast<const char *>(bytes) + done, count - done, static_cast<off_t>(at + done));
        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            fail(put < 0 ? errno : ENOSPC);
        done += static_cast<std::size_t>(put);
    }
}

void PartFile::sync()
{
    if (::fsync(m_file) != 0 && errno != EINVAL) // which a file system says that has no disk
        fail(errno);
}

void PartFile::finish()
{
    sync();
    std::error_code problem;
    fs::rename(m_part, m_path, problem);
    if (problem || ::close(std::exchange(m_file, -1)) != 0)
        fail(problem ? problem.value() : errno);
}

void PartFile::remove()
{
    std::error_code ignored;
    fs::remove(m_part, ignored);
}

} // namespace dscope
