// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <memory>
#include <span>
#include <vector>

namespace dscope::detail {

/// Bytes of which parts are read: a file, so that its description can be read alone, or bytes in hand. @throws FileError where a part is not there
class ByteSource {
public:
    /// A regular file.
    explicit ByteSource(const std::filesystem::path &path);
    /// @param owner keeps the bytes; nothing: they must outlive what is read, and tensors are copied out of them
    ByteSource(std::span<const std::uint8_t> bytes, const std::filesystem::path &name, std::shared_ptr<const void> owner = {});

    const std::filesystem::path &path() const { return m_path; }
    std::uint64_t size() const { return m_size; }
    void read(std::uint64_t offset, void *to, std::uint64_t count);
    std::vector<std::uint8_t> read(std::uint64_t offset, std::uint64_t count);
    /// The place of a part in memory that `owner` keeps; nullptr where it would have to be copied.
    const std::uint8_t *kept(std::uint64_t offset, std::uint64_t count) const;
    const std::shared_ptr<const void> &owner() const { return m_owner; }

private:
    void demand(std::uint64_t offset, std::uint64_t count) const;

    std::filesystem::path m_path;
    std::ifstream m_in;
    std::span<const std::uint8_t> m_bytes;
    std::shared_ptr<const void> m_owner;
    std::uint64_t m_size = 0;
};

/// A little-endian number.
inline std::uint64_t little(const std::uint8_t *at, int bytes)
{
    std::uint64_t value = 0;
    for (int i = 0; i < bytes; ++i)
        value |= std::uint64_t{at[i]} << (8 * i);
    return value;
}

} // namespace dscope::detail
