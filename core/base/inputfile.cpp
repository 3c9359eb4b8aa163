// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/inputfile.h"

#include "core/base/error.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace dscope {

namespace fs = std::filesystem;

namespace {

/// What something that is no regular file is, as the end of a sentence.
const char *kindOf(mode_t mode)
{
    if (S_ISDIR(mode))
        return "is a folder; a file is needed.";
    if (S_ISFIFO(mode))
        return "is a named pipe; a regular file is needed.";
    if (S_ISSOCK(mode))
        return "is a socket; a regular file is needed.";
    if (S_ISCHR(mode) || S_ISBLK(mode))
        return "is a device; a regular file is needed.";
    return "is no regular file.";
}

[[noreturn]] void refuse(const fs::path &path, int error)
{
    if (error == ENOENT)
        throw FileError(path, "does not exist.");
    if (error == ELOOP)
        throw FileError(path, "is a link that leads in a circle.");
    throw FileError(path, "cannot be opened: " + systemReason(error) + ".");
}

} // namespace

InputFile::InputFile(const fs::path &path) : m_path(path)
{
    struct stat info {};
    // Opening a device can already do something (rewind a tape, hang up a line): it is looked at before.
    if (::stat(path.c_str(), &info) != 0)
        refuse(path, errno);
    if (!S_ISREG(info.st_mode))
        throw FileError(path, kindOf(info.st_mode));
    // Whatever has come in its place since, opening does not wait for it.
    m_file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (m_file < 0)
        refuse(path, errno);
    const int result = ::fstat(m_file, &info);
    const int reason = errno;
    if (result != 0 || !S_ISREG(info.st_mode)) {
        ::close(m_file);
        throw FileError(path, result != 0 ? "cannot be opened: " + systemReason(reason) + "." : std::string(kindOf(info.st_mode)));
    }
    m_size = static_cast<std::uint64_t>(info.st_size);
}

InputFile::~InputFile()
{
    if (m_file >= 0)
        ::close(m_file);
}

InputFile::InputFile(InputFile &&other) noexcept : m_path(std::move(other.m_path)), m_file(std::exchange(other.m_file, -1)), m_size(other.m_size) {}

InputFile &InputFile::operator=(InputFile &&other) noexcept
{
    std::swap(m_path, other.m_path);
    std::swap(m_file, other.m_file);
    std::swap(m_size, other.m_size);
    return *this;
}

std::size_t readAt(int file, const fs::path &name, std::uint64_t at, void *to, std::size_t count)
{
    std::size_t done = 0;
    while (done < count) {
        const ssize_t got = ::pread(file, static_cast<char *>(to) + done, count - done, static_cast<off_t>(at + done));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            throw FileError(name, "cannot be read: " + systemReason(errno) + ".");
        if (got == 0)
            break;
        done += static_cast<std::size_t>(got);
    }
    return done;
}

std::size_t InputFile::readSome(std::uint64_t at, void *to, std::size_t count) const
{
    return readAt(m_file, m_path, at, to, count);
}

void InputFile::read(std::uint64_t at, void *to, std::size_t count) const
{
    if (readSome(at, to, count) != count)
        throw FileError(m_path, "is cut off.");
}

int InputFile::release()
{
    return std::exchange(m_file, -1);
}

std::unique_ptr<std::FILE, FileCloser> openToRead(const fs::path &path)
{
    InputFile file(path);
    std::unique_ptr<std::FILE, FileCloser> stream(::fdopen(file.descriptor(), "rb"));
    if (!stream)
        refuse(path, errno);
    file.release();
    return stream;
}

void checkReadable(const fs::path &path)
{
    const InputFile file(path);
}

std::vector<std::uint8_t> firstBytes(const fs::path &path, std::size_t count)
{
    try {
        const InputFile file(path);
        std::vector<std::uint8_t> bytes(static_cast<std::size_t>(std::min<std::uint64_t>(count, file.size())));
        bytes.resize(file.readSome(0, bytes.data(), bytes.size()));
        return bytes;
    } catch (const FileError &) {
        return {}; // whoever reads it in earnest says why it cannot be read
    }
}

std::string systemReason(int error)
{
    // strerror speaks the language of the locale.
    const char *text = ::strerrordesc_np(error);
    return text != nullptr ? text : "error " + std::to_string(error);
}

} // namespace dscope
