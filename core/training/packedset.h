// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/clip.h"
#include "core/base/fileorbytes.h"
#include "core/base/partfile.h"
#include "core/base/picture.h"
#include "core/base/progress.h"
#include "core/training/facelist.h"

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace dscope {

/// A labelled set of pictures, or clips, of one size in one file of plain RGB bytes (`X.pack`, see docs/formats.md): nothing to decode, any picture found
/// by one multiplication. open() reads the names and classes alone; pictures are read one by one, from any thread, and compared with their
/// CRC-32. Nothing in the file is believed: counts, ranges and classes are checked against the file's size and each other.
class PackedSet {
public:
    /// @throws FileError when the file is no pack, cut off, damaged or contradicts itself
    static PackedSet open(const std::filesystem::path &path);
    /// The same of bytes in hand, which must outlive it. @param name what they are called in errors
    static PackedSet parse(std::span<const std::uint8_t> bytes, const std::filesystem::path &name);
    PackedSet(PackedSet &&other) = default;
    PackedSet &operator=(PackedSet &&) = delete;
    PackedSet(const PackedSet &) = delete;
    ~PackedSet() = default;

    std::size_t size() const { return m_labels.size(); }
    int width() const { return m_width; }
    int height() const { return m_height; }
    int frames() const { return m_frames; } ///< of each clip; 1: it holds pictures
    /// Names of the classes, in the order of their numbers.
    const std::vector<std::string> &people() const { return m_people; }
    const std::vector<std::int32_t> &labels() const { return m_labels; }
    /// What picture `i` was called where it came from.
    std::string_view name(std::size_t i) const;
    /// The set that was packed, as it was named then, and how many of its pictures could not be used.
    const std::string &source() const { return m_source; }
    std::int64_t skipped() const { return m_skipped; }
    /// @throws FileError naming the picture when it is damaged or the file was cut since, or where it holds clips, Error for a number beyond the last
    Picture read(std::size_t i) const;
    /// The same of clips; a picture is one of one frame.
    Clip readClip(std::size_t i) const;

private:
    explicit PackedSet(FileOrBytes bytes);
    void readTables(const std::string &text, std::uint64_t textAt);
    void readAt(std::uint64_t offset, void *to, std::uint64_t bytes) const;

    FileOrBytes m_bytes;
    int m_width = 0;
    int m_height = 0;
    int m_frames = 1;
    std::uint64_t m_begin = 0; ///< of the first picture
    std::vector<std::string> m_people;
    std::vector<std::int32_t> m_labels;
    std::vector<std::uint32_t> m_checks;
    std::vector<std::uint64_t> m_nameEnds;
    std::string m_names; ///< one after the other
    std::string m_source;
    std::int64_t m_skipped = 0;
};

/// Writes a pack picture by picture; in memory are only eight bytes for each. Until finish() it is `path` + ".part" with a log beside it, from
/// which another writer of the same identity goes on; a pack of that name stays as it is until then.
class PackWriter {
public:
    /// @param identity what is packed: what an earlier writer of another identity left is begun anew
    /// @throws FileError, Error for sides outside 1 ... 4096 or frames outside 1 ... 1024
    PackWriter(const std::filesystem::path &path, const ElementShape &shape, const std::string &identity);
    PackWriter(const std::filesystem::path &path, int width, int height, const std::string &identity)
        : PackWriter(path, ElementShape{1, height, width}, identity)
    {
    }
    ~PackWriter();
    PackWriter(const PackWriter &) = delete;
    PackWriter &operator=(const PackWriter &) = delete;

    /// Entries of the list that are done, those of an earlier writer included.
    std::size_t done() const { return m_entries.size(); }
    /// Those of them that hold a picture.
    std::size_t kept() const { return m_kept; }
    /// Adds the next entries of the list and brings them to the disk. An empty picture stands for one that cannot be used.
    /// @throws Error for a picture or clip of another size, FileError when the disk is full: what was added before stays
    void add(std::span<const Picture> pictures);
    void add(std::span<const Clip> clips);
    /// Writes names and classes of the pictures kept and gives the file its name. Classes without a picture are left out.
    /// @param list what was added, entry by entry @throws Error when it is of another length or nothing was kept, FileError
    void finish(const FaceList &list);

private:
    struct Entry {
        std::uint32_t kept = 0;
        std::uint32_t check = 0;
    };
    void takeUp();
    std::uint64_t elementBytes() const;

    ElementShape m_shape;
    PartFile m_file;
    PartFile m_log;
    std::string m_identity; ///< 64 hexadecimal digits
    std::vector<Entry> m_entries;
    std::size_t m_kept = 0;
};

/// What packFaces() did.
struct PackSummary {
    std::int64_t pictures = 0;
    std::int64_t skipped = 0; ///< could not be used
    std::int64_t people = 0;
    std::uint64_t bytes = 0; ///< of the file
};

/// Packs a list of aligned faces in its order. Faces that cannot be read are left out with a notice each (at most ten are named). Stopped at
/// any time, a later call with the same list goes on from there. @throws Cancelled, FileError
/// @param resize as for FaceReader
PackSummary packFaces(const FaceList &faces, const std::filesystem::path &out, Progress &progress, bool resize = false);

/// True for a name ending in .pack, and for a file that begins as one, whatever its name.
bool looksLikePack(const std::filesystem::path &path);

/// CRC-32 as in zlib and PNG (polynomial 0xedb88320, reflected, inverted at both ends).
/// @param before of what stands before these bytes
std::uint32_t crc32(const void *bytes, std::size_t size, std::uint32_t before = 0);

} // namespace dscope
