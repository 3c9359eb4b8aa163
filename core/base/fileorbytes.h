// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "core/base/inputfile.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>

namespace dscope {

/// Bytes that are read by their place: those of a file, most of which stay on the disk, or those of a span in hand. Parsers of large files read through this,
/// so that each is a function of bytes as well. From any thread.
class FileOrBytes {
public:
    /// A regular file. @throws FileError as InputFile does
    explicit FileOrBytes(const std::filesystem::path &path) : m_path(path), m_file(std::in_place, path), m_size(m_file->size()) {}
    /// @param bytes must outlive this @param name what they are called in errors
    FileOrBytes(std::span<const std::uint8_t> bytes, std::filesystem::path name) : m_path(std::move(name)), m_bytes(bytes), m_size(bytes.size()) {}

    const std::filesystem::path &path() const { return m_path; }
    /// In bytes; of a file, when it was opened.
    std::uint64_t size() const { return m_size; }
    /// Reads up to `count` bytes from `at`. @return how many there were @throws FileError if the disk cannot be read
    std::size_t readSome(std::uint64_t at, void *to, std::size_t count) const;

private:
    std::filesystem::path m_path;
    std::optional<InputFile> m_file;
    std::span<const std::uint8_t> m_bytes;
    std::uint64_t m_size;
};

} // namespace dscope
