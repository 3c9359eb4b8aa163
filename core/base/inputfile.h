// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace dscope {

/// Reads from a place in an open file until `count` bytes are there or the file ends. @param name for errors @return how many @throws FileError
std::size_t readAt(int file, const std::filesystem::path &name, std::uint64_t at, void *to, std::size_t count);

/// A regular file opened for reading. Every reader of the program opens files this way: a pipe, a socket or a device is refused at once with its
/// kind in the message, where an ordinary open() would wait for ever or read without end.
class InputFile {
public:
    /// @throws FileError if it is not there, not a regular file or may not be read
    explicit InputFile(const std::filesystem::path &path);
    ~InputFile();
    InputFile(InputFile &&other) noexcept;
    InputFile &operator=(InputFile &&other) noexcept;
    InputFile(const InputFile &) = delete;
    InputFile &operator=(const InputFile &) = delete;

    const std::filesystem::path &path() const { return m_path; }
    int descriptor() const { return m_file; }
    /// In bytes, when it was opened.
    std::uint64_t size() const { return m_size; }
    /// Reads up to `count` bytes from `at`, from any thread. @return how many there were @throws FileError if the disk cannot be read
    std::size_t readSome(std::uint64_t at, void *to, std::size_t count) const;
    /// Exactly `count` bytes. @throws FileError also if the file ends before
    void read(std::uint64_t at, void *to, std::size_t count) const;
    /// The descriptor, which the caller closes from now on.
    int release();

private:
    std::filesystem::path m_path;
    int m_file = -1;
    std::uint64_t m_size = 0;
};

struct FileCloser {
    void operator()(std::FILE *file) const { std::fclose(file); }
};
/// The same as a stream of C's.
std::unique_ptr<std::FILE, FileCloser> openToRead(const std::filesystem::path &path);
/// Only the check, before a library opens the file by its name. @throws FileError as InputFile does
void checkReadable(const std::filesystem::path &path);
/// The first bytes of a file, at most `count`, to tell its kind by; none where it cannot be opened or is no regular file.
std::vector<std::uint8_t> firstBytes(const std::filesystem::path &path, std::size_t count);

/// What an errno means, in English whatever the locale and without a full stop: "No space left on device".
std::string systemReason(int error);

} // namespace dscope
