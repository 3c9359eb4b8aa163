#include "core/base/files.h"

#include "core/base/error.h"

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <fstream>

namespace dscope {

namespace fs = std::filesystem;

namespace {

void flushToDisk(const fs::path &path)
{
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return;
    const int result = ::fsync(file);
    const int reason = errno;
    ::close(file);
    // EINVAL: the file system knows no fsync (some network mounts); the rename below is still all or nothing.
    if (result != 0 && reason != EINVAL)
        throw FileError(path, std::string("could not be flushed to disk: ") + std::strerror(reason) + ".");
}

} // namespace

std::vector<std::uint8_t> readBytes(const fs::path &path, std::uint64_t limit)
{
    std::error_code problem;
    if (fs::is_directory(path, problem))
        throw FileError(path, "is a folder, a file is needed.");
    // Opening a pipe would wait for ever, and a device has no size.
    if (const fs::file_status status = fs::status(path, problem); fs::exists(status) && !fs::is_regular_file(status))
        throw FileError(path, "is no regular file.");
    errno = 0;
    std::ifstream in(path, std::ios::binary);
    if (!in)
        throw FileError(path, std::string("cannot be opened: ") + std::strerror(errno) + ".");
    in.seekg(0, std::ios::end);
    const std::streamoff size = in.tellg();
    if (size < 0)
        throw FileError(path, "its size cannot be told; a regular file is needed.");
    if (static_cast<std::uint64_t>(size) > limit)
        throw FileError(path, "has " + std::to_string(size) + " bytes, more than the " + std::to_string(limit) + " allowed here.");
    in.seekg(0);
    std::vector<std::uint8_t> bytes(static_cast<std::size_t>(size));
    in.read(reinterpret_cast<char *>(bytes.data()), size);
    if (in.gcount() != size)
        throw FileError(path, "could not be read to its end.");
    return bytes;
}

std::string readText(const fs::path &path, std::uint64_t limit)
{
    const std::vector<std::uint8_t> bytes = readBytes(path, limit);
    return std::string(bytes.begin(), bytes.end());
}

void writeAtomically(const fs::path &path, const std::function<void(std::ostream &)> &write)
{
    static std::atomic<unsigned> counter{0};
    std::error_code problem;
    if (path.has_parent_path()) {
        fs::create_directories(path.parent_path(), problem);
        if (problem)
            throw FileError(path.parent_path(), "the folder cannot be made: " + problem.message() + ".");
    }
    fs::path temporary = path;
    temporary += ".part" + std::to_string(::getpid()) + "-" + std::to_string(counter++);
    try {
        std::ofstream out(temporary, std::ios::binary | std::ios::trunc);
        if (!out)
            throw FileError(path, std::string("cannot be written: ") + std::strerror(errno) + ".");
        write(out);
        out.close();
        if (!out)
            throw FileError(path, "could not be written whole; is the disk full?");
        flushToDisk(temporary);
        fs::rename(temporary, path);
    } catch (const fs::filesystem_error &error) {
        fs::remove(temporary, problem);
        throw FileError(path, "could not be put in place: " + error.code().message() + ".");
    } catch (...) {
        fs::remove(temporary, problem);
        throw;
    }
}

void writeAtomically(const fs::path &path, std::string_view bytes)
{
    writeAtomically(path, [bytes](std::ostream &out) { out.write(bytes.data(), static_cast<std::streamsize>(bytes.size())); });
}

} // namespace dscope
