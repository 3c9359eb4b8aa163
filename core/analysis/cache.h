// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/analysis/analysis.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace dscope {

/// What the cache holds for one source: the source itself with thumbnails and embeddings, and what is known of the networks behind it.
struct CachedSource {
    Source source;
    UsedModel ddnet;
    UsedModel base;
    UsedModel detector;
    std::string device;
    std::int64_t dim = 0;
};

/// Results on disk, one file a key: `<folder>/<key>.dres`, a binary record with version, length and checksum, written atomically.
/// A file that is damaged or of another version counts as absent and is removed. After each store() the least recently used files go
/// until all together take at most `maxBytes`.
class ResultCache {
public:
    static constexpr std::uint64_t s_defaultBytes = std::uint64_t{4} << 30;

    explicit ResultCache(std::filesystem::path folder = cacheFolder(), std::uint64_t maxBytes = s_defaultBytes);

    /// $cacheDir()/results
    static std::filesystem::path cacheFolder();

    /// What was stored under the key (64 hexadecimal digits), or nothing. Marks it as used now.
    std::optional<CachedSource> load(const std::string &key) const;
    /// Stores, unless it alone would exceed the limit. @throws FileError when the disk is full or the folder cannot be written.
    void store(const std::string &key, const CachedSource &result) const;

    /// Where a key's record lies.
    std::filesystem::path file(const std::string &key) const;
    /// Deletes the least recently used records until at most the limit is left.
    void trim() const;

private:
    std::filesystem::path m_folder;
    std::uint64_t m_maxBytes;
};

/// SHA-256 of a file's bytes. For files above 32 MiB the digest is remembered in the cache's folder under path, size, inode and times
/// of change, so that a long film is read through only once; a file changed less than two seconds ago is never remembered.
std::string contentHash(const std::filesystem::path &path, const std::filesystem::path &memory = ResultCache::cacheFolder());

/// The bytes of a record, for tests. @throws Error from decodeRecord if they are damaged or of another version.
std::string encodeRecord(const CachedSource &result);
CachedSource decodeRecord(std::string_view bytes);
/// A record with a right head and checksum around a body of any content, for tests of what decodeRecord makes of it.
std::string sealedRecord(std::string_view body);

} // namespace dscope
