// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <compare>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace dscope {

/// What tells whether a file is still the one that was read: its place on the disk, its size and when it was last changed (ns).
struct FileIdentity {
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    std::uint64_t size = 0;
    std::int64_t modified = 0;
    std::int64_t changed = 0; ///< of the inode (ctime), which nobody can set back
    auto operator<=>(const FileIdentity &) const = default;
    /// Of a regular file; nothing for all else.
    static std::optional<FileIdentity> of(const std::filesystem::path &path);
};

/// A file that was read once, whole: what is hashed is what is used, whatever happens to the file meanwhile. Loading the same unchanged file again
/// while somebody still holds it gives the same object. Safe from any thread.
class FileBytes {
public:
    /// Regular files only; a pipe or device is refused without waiting for it. @throws FileError, also above `limit` bytes
    static std::shared_ptr<const FileBytes> read(const std::filesystem::path &path, std::uint64_t limit);

    std::span<const std::uint8_t> bytes() const { return {m_bytes.get(), static_cast<std::size_t>(m_identity.size)}; }
    std::string_view text() const { return {reinterpret_cast<const char *>(m_bytes.get()), static_cast<std::size_t>(m_identity.size)}; }
    /// Of these bytes; computed when it is first asked for.
    const std::string &sha256() const;
    const FileIdentity &identity() const { return m_identity; }
    /// Whether a file of the same identity surely has these bytes: it was not changed while it was read, nor so shortly before that a further change
    /// could carry the same time.
    bool steady() const { return m_steady; }

private:
    std::unique_ptr<std::uint8_t[]> m_bytes;
    FileIdentity m_identity;
    bool m_steady = false;
    mutable std::once_flag m_hashed;
    mutable std::string m_sha256;
};

/// SHA-256 of a file, not computed again while the file stays the same. For keys of caches and lists; what is about to run is hashed by what
/// loads it. @throws FileError
std::string fileHash(const std::filesystem::path &path);

} // namespace dscope
