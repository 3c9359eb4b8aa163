// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/outputfile.h"

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/halfwritten.h"
#include "core/base/inputfile.h"

#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <ostream>
#include <streambuf>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

namespace dscope {

namespace fs = std::filesystem;

namespace {

constexpr int s_mostLinks = 40;

/// The number in a name such as /proc/self/fd/1, which looks like a link but opens what the process has open.
std::optional<int> ownDescriptor(const fs::path &path)
{
    std::error_code problem;
    const fs::path folder = fs::canonical(path.parent_path(), problem);
    if (problem || folder != fs::path("/proc") / std::to_string(::getpid()) / "fd")
        return std::nullopt;
    const std::string name = path.filename().string();
    int number = -1;
    const auto result = std::from_chars(name.data(), name.data() + name.size(), number);
    return result.ec == std::errc() && result.ptr == name.data() + name.size() ? std::optional(number) : std::nullopt;
}

bool isStream(const fs::path &path, mode_t mode)
{
    if (S_ISDIR(mode))
        throw FileError(path, "is a folder; a file is needed.");
    if (S_ISSOCK(mode))
        throw FileError(path, "is a socket, into which nothing is written.");
    if (S_ISBLK(mode))
        throw FileError(path, "is a disk, into which nothing is written.");
    return S_ISFIFO(mode) || S_ISCHR(mode);
}

fs::path folderOf(const fs::path &path)
{
    return path.has_parent_path() ? path.parent_path() : fs::path(".");
}

mode_t umaskNow()
{
    // umask() itself can only be asked by setting it, in all threads.
    std::string status(4096, '\0');
    const int file = ::open("/proc/self/status", O_RDONLY | O_CLOEXEC);
    const ssize_t got = file < 0 ? 0 : ::read(file, status.data(), status.size());
    if (file >= 0)
        ::close(file);
    status.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    unsigned mask = 077;
    const std::size_t at = status.find("\nUmask:\t");
    if (at != std::string::npos)
        std::from_chars(status.data() + at + 8, status.data() + status.size(), mask, 8);
    return static_cast<mode_t>(mask);
}

/// A file descriptor as the sink of a std::ostream. What fails is thrown, by the reason the system gives.
class DescriptorBuffer final : public std::streambuf {
public:
    DescriptorBuffer(int file, fs::path path) : m_file(file), m_path(std::move(path)) { setp(m_buffer.data(), m_buffer.data() + m_buffer.size()); }

protected:
    int_type overflow(int_type c) override
    {
        drain();
        if (!traits_type::eq_int_type(c, traits_type::eof())) {
            *pptr() = traits_type::to_char_type(c);
            pbump(1);
        }
        return traits_type::not_eof(c);
    }
    std::streamsize xsputn(const char *text, std::streamsize count) override
    {
        if (count <= 0)
            return 0; // of nothing there may be no address, which memcpy wants
        if (count <= epptr() - pptr()) {
            std::memcpy(pptr(), text, static_cast<std::size_t>(count));
            pbump(static_cast<int>(count));
        } else {
            drain();
            put(text, static_cast<std::size_t>(count));
        }
        return count;
    }
    int sync() override
    {
        drain();
        return 0;
    }
    pos_type seekoff(off_type offset, std::ios_base::seekdir from, std::ios_base::openmode) override
    {
        drain();
        return pos_type(::lseek(m_file, offset, from == std::ios_base::beg ? SEEK_SET : from == std::ios_base::cur ? SEEK_CUR : SEEK_END));
    }
    pos_type seekpos(pos_type position, std::ios_base::openmode which) override { return seekoff(position, std::ios_base::beg, which); }

private:
    void drain()
    {
        const auto held = static_cast<std::size_t>(pptr() - pbase());
        setp(m_buffer.data(), m_buffer.data() + m_buffer.size()); // also where writing fails: it is not tried twice
        put(m_buffer.data(), held);
    }
    void put(const char *text, std::size_t count)
    {
        while (count > 0) {
            const ssize_t done = ::write(m_file, text, count);
            if (done < 0 && errno == EINTR)
                continue;
            if (done < 0 && errno == EPIPE)
                throw FileError(m_path, "could not be written whole: nobody reads it any more.");
            if (done < 0)
                throw FileError(m_path, "could not be written whole: " + systemReason(errno) + ".");
            text += done;
            count -= static_cast<std::size_t>(done);
        }
    }

    int m_file;
    fs::path m_path;
    std::array<char, 1 << 16> m_buffer;
};

void fill(int file, const fs::path &path, const std::function<void(std::ostream &)> &write)
{
    DescriptorBuffer buffer(file, path);
    std::ostream out(&buffer);
    out.exceptions(std::ios::badbit | std::ios::failbit);
    try {
        write(out);
        out.flush();
    } catch (const std::ios_base::failure &) {
        throw FileError(path, "could not be written whole.");
    }
}

/// Opens a pipe or a device. A pipe that nobody reads yet is waited for, as every program does; a signal ends that.
int openStream(const OutputTarget &target, const fs::path &path)
{
    if (target.descriptor >= 0) {
        const int file = ::fcntl(target.descriptor, F_DUPFD_CLOEXEC, 3);
        if (file < 0)
            throw FileError(path, "cannot be written: " + systemReason(errno) + ".");
        return file;
    }
    for (;;) {
        const int file = ::open(target.path.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
        if (file >= 0) {
            ::fcntl(file, F_SETFL, ::fcntl(file, F_GETFL) & ~O_NONBLOCK);
            return file;
        }
        if (errno != ENXIO && errno != EINTR)
            throw FileError(path, "cannot be written: " + systemReason(errno) + ".");
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
}

void writeStream(const OutputTarget &target, const fs::path &path, const std::function<void(std::ostream &)> &write)
{
    const int file = openStream(target, path);
    try {
        fill(file, path, write);
    } catch (...) {
        ::close(file);
        throw;
    }
    if (::close(file) != 0)
        throw FileError(path, "could not be written whole: " + systemReason(errno) + ".");
}

/// A new file of a name that nobody can guess, readable by its owner alone until it is whole.
int openTemporary(const fs::path &target, fs::path &temporary)
{
    for (int tries = 0; tries < 100; ++tries) {
        std::uint64_t random = 0;
        if (::getrandom(&random, sizeof random, 0) != static_cast<ssize_t>(sizeof random))
            random = static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count());
        std::array<char, 17> digits{};
        std::to_chars(digits.data(), digits.data() + digits.size() - 1, random, 16);
        const std::string ending = ".part" + std::to_string(::getpid()) + "-" + digits.data();
        // Names of more than 255 bytes are refused by the usual file systems.
        temporary = folderOf(target) / (target.filename().string().substr(0, 255 - ending.size()) + ending);
        const int file = ::open(temporary.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
        if (file >= 0 || errno != EEXIST)
            return file;
    }
    return -1;
}

/// Owner, group and mode of the file that is replaced; of a new one what the umask leaves.
void takeOver(int file, const std::optional<struct stat> &before)
{
    if (!before) {
        ::fchmod(file, 0666 & ~umaskNow());
        return;
    }
    mode_t mode = before->st_mode & 07777;
    struct stat now {};
    if (::fstat(file, &now) == 0 && (now.st_uid != before->st_uid || now.st_gid != before->st_gid)) {
        // Only root can give a file away; the group can be kept by its members. Without the owner the bits that act in his name go.
        if (::fchown(file, before->st_uid, before->st_gid) != 0) {
            mode &= ~static_cast<mode_t>(S_ISUID);
            if (::fchown(file, static_cast<uid_t>(-1), before->st_gid) != 0)
                mode &= ~static_cast<mode_t>(S_ISGID);
        }
    }
    ::fchmod(file, mode);
}

void writeFile(const OutputTarget &target, const fs::path &path, const std::function<void(std::ostream &)> &write)
{
    std::error_code problem;
    fs::create_directories(folderOf(target.path), problem);
    if (problem)
        throw FileError(folderOf(path), "the folder cannot be made: " + systemReason(problem.value()) + ".");
    std::optional<struct stat> before(std::in_place);
    if (::stat(target.path.c_str(), &*before) != 0)
        before.reset();
    fs::path temporary;
    const int file = openTemporary(target.path, temporary);
    if (file < 0)
        throw FileError(path, "cannot be written: " + systemReason(errno) + ".");
    const HalfWritten listed(temporary);
    try {
        try {
            fill(file, path, write);
            takeOver(file, before);
            // EINVAL: the file system knows no fsync (some network mounts); the rename below is still all or nothing.
            if (::fsync(file) != 0 && errno != EINVAL)
                throw FileError(path, "could not be flushed to disk: " + systemReason(errno) + ".");
        } catch (...) {
            ::close(file);
            throw;
        }
        if (::close(file) != 0)
            throw FileError(path, "could not be written whole: " + systemReason(errno) + ".");
        if (::rename(temporary.c_str(), target.path.c_str()) != 0)
            throw FileError(path, "could not be put in place: " + systemReason(errno) + ".");
    } catch (...) {
        fs::remove(temporary, problem);
        throw;
    }
}

} // namespace

OutputTarget outputTarget(const fs::path &path)
{
    OutputTarget target;
    target.path = path;
    for (int links = 0; links <= s_mostLinks; ++links) {
        if (const std::optional<int> own = ownDescriptor(target.path)) {
            target.kind = OutputTarget::Kind::Stream;
            target.descriptor = *own;
            return target;
        }
        struct stat info {};
        if (::lstat(target.path.c_str(), &info) != 0) {
            if (errno != ENOENT && errno != ENOTDIR)
                throw FileError(path, "cannot be written: " + systemReason(errno) + ".");
            return target;
        }
        if (!S_ISLNK(info.st_mode)) {
            target.kind = isStream(path, info.st_mode) ? OutputTarget::Kind::Stream : OutputTarget::Kind::File;
            return target;
        }
        // What another process has open, under /proc, is a link to no path.
        struct stat behind {};
        if (target.path.native().starts_with("/proc/") && ::stat(target.path.c_str(), &behind) == 0 && isStream(path, behind.st_mode)) {
            target.kind = OutputTarget::Kind::Stream;
            return target;
        }
        std::error_code problem;
        const fs::path next = fs::read_symlink(target.path, problem);
        if (problem)
            throw FileError(path, "is a link that cannot be followed: " + systemReason(problem.value()) + ".");
        target.path = folderOf(target.path) / next; // an absolute one replaces the folder
    }
    throw FileError(path, "is a link that leads in a circle.");
}

fs::path fileTarget(const fs::path &path)
{
    const OutputTarget target = outputTarget(path);
    if (target.kind == OutputTarget::Kind::Stream)
        throw FileError(path, "is a pipe or a device; this is written piece by piece and needs a regular file.");
    return target.path;
}

/// Tries it: what access rights say is not all, for root nothing (/proc, a disk that is mounted read-only for some). @return 0, or the errno
static int whyNothingCanBeMade(const fs::path &folder)
{
#ifdef O_TMPFILE
    if (const int file = ::open(folder.c_str(), O_TMPFILE | O_WRONLY | O_CLOEXEC, S_IRUSR | S_IWUSR); file >= 0) {
        ::close(file); // it never had a name
        return 0;
    }
#endif
    std::string name = (folder / ".dscope-XXXXXX").string();
    const int file = ::mkostemp(name.data(), O_CLOEXEC);
    if (file < 0)
        return errno;
    ::close(file);
    ::unlink(name.c_str());
    return 0;
}

void checkWritable(const fs::path &path)
{
    const OutputTarget target = outputTarget(path);
    if (target.descriptor >= 0)
        return;
    if (target.kind != OutputTarget::Kind::New && ::faccessat(AT_FDCWD, target.path.c_str(), W_OK, AT_EACCESS) != 0)
        throw FileError(path, "may not be written: " + systemReason(errno) + ".");
    if (target.kind == OutputTarget::Kind::Stream)
        return;
    std::error_code problem;
    fs::path folder = fs::absolute(folderOf(target.path), problem).lexically_normal();
    while (!fs::exists(folder, problem) && folder.has_relative_path())
        folder = folder.parent_path();
    if (!fs::is_directory(folder, problem))
        throw FileError(path, "cannot be written: " + folder.string() + " is no folder.");
    int reason = ::faccessat(AT_FDCWD, folder.c_str(), W_OK | X_OK, AT_EACCESS) != 0 ? errno : 0;
    if (reason == 0 && target.kind == OutputTarget::Kind::New)
        reason = whyNothingCanBeMade(folder);
    if (reason != 0)
        throw FileError(path, "cannot be written: nothing can be made in the folder " + folder.string() + " (" + systemReason(reason) + ").");
}

void refuseInput(const fs::path &out, const std::vector<fs::path> &inputs)
{
    struct stat written {};
    if (::stat(out.c_str(), &written) != 0 || !S_ISREG(written.st_mode))
        return;
    for (const fs::path &input : inputs) {
        struct stat read {};
        if (::stat(input.c_str(), &read) == 0 && read.st_dev == written.st_dev && read.st_ino == written.st_ino)
            throw FileError(out,
                            "is read by this very call" + (out == input ? std::string() : " (as " + input.string() + ")")
                                + " and is not overwritten; name another file.");
    }
}

void refusePicture(const fs::path &out)
{
    const std::vector<std::uint8_t> bytes = firstBytes(out, 16);
    const std::string_view start(reinterpret_cast<const char *>(bytes.data()), bytes.size());
    const auto says = [&](std::size_t at, std::string_view text) { return start.size() >= at + text.size() && start.substr(at, text.size()) == text; };
    const bool picture = says(0, "\xff\xd8\xff") || says(0, "\x89PNG") || says(0, "GIF8") || (says(0, "RIFF") && !says(8, "WAVE")) || says(0, "II*")
        || says(0, std::string_view("MM\0*", 4)) || (says(0, "BM") && says(6, std::string_view("\0\0\0\0", 4))) || says(4, "ftyp") || says(0, "\xff\x0a")
        || says(4, "JXL ");
    const bool video = says(0, "\x1A\x45\xDF\xA3") || says(0, "FLV\x01") || says(0, "OggS") || says(0, "DKIF") || says(0, "YUV4MPEG2")
        || says(0, "\x30\x26\xB2\x75") || says(4, "moov") || says(4, "mdat") || says(0, std::string_view("\0\0\1\xBA", 4))
        || says(0, std::string_view("\0\0\1\xB3", 4));
    if (picture || video)
        throw FileError(out, std::string("is a ") + (picture ? "picture" : "video") + " and is not overwritten with something else; name another file.");
}

void writeAtomically(const fs::path &path, const std::function<void(std::ostream &)> &write)
{
    const OutputTarget target = outputTarget(path);
    if (target.kind == OutputTarget::Kind::Stream)
        writeStream(target, path, write);
    else
        writeFile(target, path, write);
}

void writeAtomically(const fs::path &path, std::string_view bytes)
{
    writeAtomically(path, [bytes](std::ostream &out) { out.write(bytes.data(), static_cast<std::streamsize>(bytes.size())); });
}

} // namespace dscope
