// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/training/packedset.h"

#include "core/base/encoding.h"
#include "core/base/error.h"
#include "core/base/hash.h"
#include "core/base/inputfile.h"
#include "core/base/json.h"
#include "core/base/jsonfields.h"
#include "core/base/jsonlimits.h"
#include "core/base/text.h"

#include <zlib.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>
#include <utility>

namespace dscope {

namespace fs = std::filesystem;

static_assert(std::endian::native == std::endian::little, "packs are little-endian, and read as they are");

namespace {

constexpr char s_magic[] = "DSCPACK\n"; // eight bytes
constexpr std::uint32_t s_version = 1;
constexpr std::uint64_t s_headerSize = 4096; ///< pictures begin on a page
constexpr std::uint64_t s_mostDescription = std::uint64_t{1} << 28;
constexpr int s_mostSide = 4096;
constexpr int s_mostFrames = 1024;

/// The first bytes of the file; the rest of the header is zero.
struct Header {
    char magic[8];
    std::uint32_t version;
    std::uint32_t zero;
    std::uint64_t descriptionAt;
    std::uint64_t descriptionBytes;
    char descriptionSha256[64];
};
static_assert(sizeof(Header) == 96);

struct Range {
    std::uint64_t begin = 0;
    std::uint64_t bytes = 0;
};

std::string digest(const void *bytes, std::size_t size)
{
    Sha256 hash;
    hash.add(bytes, size);
    return hash.hex();
}

std::uint64_t countIn(const JsonFields &fields, const char *name)
{
    return static_cast<std::uint64_t>(fields.whole(name, 0, std::numeric_limits<std::int64_t>::max()));
}

/// Behind the header, and in a file of this size.
bool isInside(const Range &range, std::uint64_t size)
{
    return range.begin >= s_headerSize && range.begin <= size && range.bytes <= size - range.begin;
}

Range rangeOf(const JsonFields &fields)
{
    return {countIn(fields, "offset"), countIn(fields, "bytes")};
}

} // namespace

std::uint32_t crc32(const void *bytes, std::size_t size, std::uint32_t before)
{
    return static_cast<std::uint32_t>(::crc32_z(before, static_cast<const Bytef *>(bytes), size));
}

bool looksLikePack(const fs::path &path)
{
    if (extensionOf(path) == ".pack")
        return true;
    constexpr std::string_view magic(s_magic);
    const std::vector<std::uint8_t> start = firstBytes(path, magic.size());
    return std::equal(start.begin(), start.end(), magic.begin(), magic.end());
}

void PackedSet::readAt(std::uint64_t offset, void *to, std::uint64_t bytes) const
{
    if (const std::size_t got = m_bytes.readSome(offset, to, bytes); got < bytes)
        throw FileError(m_bytes.path(), "is cut off at byte " + std::to_string(offset + got) + "; pack the set again.");
}

PackedSet PackedSet::open(const fs::path &path)
{
    return PackedSet(FileOrBytes(path));
}

PackedSet PackedSet::parse(std::span<const std::uint8_t> bytes, const fs::path &name)
{
    return PackedSet(FileOrBytes(bytes, name));
}

PackedSet::PackedSet(FileOrBytes bytes) : m_bytes(std::move(bytes))
{
    const fs::path &path = m_bytes.path();
    const std::uint64_t size = m_bytes.size();
    Header header{};
    if (size < s_headerSize)
        throw FileError(path, "is too short to be a packed set.");
    readAt(0, &header, sizeof header);
    if (std::memcmp(header.magic, s_magic, sizeof header.magic) != 0)
        throw FileError(path, "is no packed set of `dscope pack`.");
    if (header.version != s_version)
        throw FileError(path, "is a packed set of version " + std::to_string(header.version) + "; this program reads version 1.");
    const Range described{header.descriptionAt, header.descriptionBytes};
    if (!isInside(described, size) || described.bytes > s_mostDescription)
        throw FileError(path, "is cut off or damaged: its description does not lie in the file.");
    std::string text(described.bytes, '\0');
    readAt(described.begin, text.data(), text.size());
    if (digest(text.data(), text.size()) != std::string_view(header.descriptionSha256, sizeof header.descriptionSha256))
        throw FileError(path, "its description is damaged; pack the set again.");
    try {
        readTables(text, described.begin);
    } catch (const FileError &) {
        throw;
    } catch (const Error &error) {
        throw FileError(path, std::string("cannot be used: ") + error.what() + "; pack the set again.");
    }
}

void PackedSet::readTables(const std::string &text, std::uint64_t textAt)
{
    const fs::path &path = m_bytes.path();
    const std::uint64_t size = m_bytes.size();
    const Json description = parseJson(text, path);
    const JsonFields about(description, path);
    if (about.text("schema") != "dscope.pack/1")
        throw Error("unknown schema '" + about.text("schema") + "'");
    const std::uint64_t count = countIn(about, "count");
    const std::uint64_t width = countIn(about, "width");
    const std::uint64_t height = countIn(about, "height");
    if (width < 1 || height < 1 || width > s_mostSide || height > s_mostSide || countIn(about, "channels") != 3)
        throw Error("pictures of " + std::to_string(width) + " x " + std::to_string(height) + " are not read");
    // A file cannot hold more pictures than it has bytes: no product below overflows.
    if (count < 1 || count > size)
        throw Error("it cannot hold " + std::to_string(count) + " pictures");
    m_width = static_cast<int>(width);
    m_height = static_cast<int>(height);
    m_frames = static_cast<int>(about.whole("frames", 1, s_mostFrames, 1));
    const std::uint64_t aPicture = 3 * width * height * static_cast<std::uint64_t>(m_frames);
    std::vector<Range> ranges{{0, s_headerSize}, {textAt, text.size()}};
    const auto ranged = [&](const JsonFields &fields, const char *what, std::uint64_t bytes) {
        const Range range = rangeOf(fields);
        if (!isInside(range, size) || range.bytes != bytes)
            throw Error(std::string("its ") + what + " do not lie in the file, or have the wrong size");
        ranges.push_back(range);
        return range;
    };
    if (count > size / aPicture)
        throw Error(std::to_string(count) + " pictures do not fit into the file");
    m_begin = ranged(about.object("pictures"), "pictures", count * aPicture).begin;
    const JsonFields tables = about.object("tables");
    const auto table = [&](const char *name, auto &to, std::uint64_t bytes) {
        const JsonFields fields = tables.object(name);
        const Range range = ranged(fields, name, bytes);
        to.resize(bytes / sizeof(to[0]));
        readAt(range.begin, to.data(), range.bytes);
        if (digest(to.data(), range.bytes) != fields.text("sha256"))
            throw Error(std::string("its table '") + name + "' is damaged");
    };
    table("label", m_labels, 4 * count);
    table("crc32", m_checks, 4 * count);
    table("name_end", m_nameEnds, 8 * count);
    table("name", m_names, m_nameEnds.back() <= size ? m_nameEnds.back() : size);
    std::sort(ranges.begin(), ranges.end(), [](const Range &a, const Range &b) { return a.begin < b.begin; });
    for (std::size_t i = 1; i < ranges.size(); ++i)
        if (ranges[i].begin < ranges[i - 1].begin + ranges[i - 1].bytes)
            throw Error("its parts overlap");
    if (!std::is_sorted(m_nameEnds.begin(), m_nameEnds.end()))
        throw Error("its names overlap");
    m_people = about.texts("people", count);
    for (std::string &person : m_people)
        person = nameFromUtf8(person);
    for (const std::int32_t label : m_labels)
        if (label < 0 || static_cast<std::size_t>(label) >= m_people.size())
            throw Error("a picture is of a class that is not there");
    m_source = about.text("source", {});
    m_skipped = static_cast<std::int64_t>(countIn(about, "skipped"));
}

std::string_view PackedSet::name(std::size_t i) const
{
    const std::uint64_t begin = i == 0 ? 0 : m_nameEnds[i - 1];
    return std::string_view(m_names).substr(begin, m_nameEnds[i] - begin);
}

Picture PackedSet::read(std::size_t i) const
{
    if (m_frames > 1)
        throw FileError(m_bytes.path(), "holds clips of " + std::to_string(m_frames) + " frames; a set of pictures is needed.");
    return readClip(i).frame(0);
}

Clip PackedSet::readClip(std::size_t i) const
{
    if (i >= size())
        throw Error("A packed set of " + std::to_string(size()) + " pictures has no picture " + std::to_string(i) + ".");
    std::vector<Picture> frames;
    std::uint32_t check = 0;
    for (int t = 0; t < m_frames; ++t) {
        Picture &frame = frames.emplace_back(m_width, m_height);
        readAt(m_begin + frame.rgb.size() * (i * static_cast<std::uint64_t>(m_frames) + static_cast<std::uint64_t>(t)), frame.rgb.data(), frame.rgb.size());
        check = crc32(frame.rgb.data(), frame.rgb.size(), check);
    }
    if (check != m_checks[i])
        throw FileError(m_bytes.path(), "its " + std::string(m_frames > 1 ? "clip " : "picture ") + std::string(name(i)) + " is damaged.");
    return Clip(std::move(frames));
}

} // namespace dscope
