// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string_view>

namespace dscope {

/// A file that takes minutes or days to write, piece by piece at its end, so that a run that was killed can be resumed. It begins with a head that names what
/// it is made of: what another run left is taken up where the head is the same, and begun anew where not. Which of the pieces behind it are whole only the
/// writer knows; cut() takes away the rest. Until finish() the file has another name.
///
/// It is never written through a link, and by one process at a time.
class PartFile {
public:
    /// Opens the file, or makes it, its folder as well. @param path of the whole file, which messages name @param ending what is added to that until finish()
    /// @throws FileError if it cannot be written, is no regular file or is being written by somebody else
    explicit PartFile(const std::filesystem::path &path, std::string_view ending = ".part");
    ~PartFile();
    PartFile(const PartFile &) = delete;
    PartFile &operator=(const PartFile &) = delete;

    /// Begins the file with this head, unless it does already. @return whether it did: what lies behind it is of the same inputs @throws FileError
    bool takeUp(std::string_view head);
    /// In bytes, all that an earlier run left included.
    std::uint64_t size() const;
    /// Reads up to `count` bytes from `at`. @return how many there were @throws FileError
    std::size_t readSome(std::uint64_t at, void *to, std::size_t count) const;
    /// Gives the file this size; what is appended from now on comes there. @throws FileError
    void cut(std::uint64_t size);
    /// Adds a piece. @throws FileError when the disk is full: the pieces before stay
    void append(const void *bytes, std::size_t count);
    /// Writes over what is there, such as a head that holds the number of pieces. @throws FileError
    void write(std::uint64_t at, const void *bytes, std::size_t count);
    /// Brings to the disk what was written. @throws FileError
    void sync();
    /// The same, and gives the file its name. Nobody begins another part in between. @throws FileError
    void finish();
    /// For what is not worth taking up.
    void remove();

private:
    [[noreturn]] void fail(int error) const;

    std::filesystem::path m_path;
    std::filesystem::path m_part;
    int m_file = -1;
    std::uint64_t m_end = 0;
};

} // namespace dscope
