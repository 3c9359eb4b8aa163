// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/npz.h"

#include "core/base/error.h"

#include <zlib.h>

#include <algorithm>
#include <cstring>

namespace dscope {

namespace {

namespace fs = std::filesystem;

constexpr std::uint32_t s_endMark = 0x06054b50;
constexpr std::uint32_t s_end64Mark = 0x06064b50;
constexpr std::uint32_t s_locatorMark = 0x07064b50;
constexpr std::uint32_t s_directoryMark = 0x02014b50;
constexpr std::uint32_t s_localMark = 0x04034b50;
constexpr std::uint64_t s_mostDirectory = 1 << 24;

template<typename T>
T little(const std::uint8_t *bytes)
{
    std::uint64_t value = 0;
    for (std::size_t i = sizeof(T); i-- > 0;)
        value = value << 8 | bytes[i];
    return static_cast<T>(value);
}

[[noreturn]] void damaged(const fs::path &name, const char *what)
{
    throw FileError(name, std::string("is a damaged archive: ") + what + ".");
}

struct Directory {
    std::uint64_t offset = 0;
    std::uint64_t bytes = 0;
};

Directory directoryOf(const ReadBytes &read, std::uint64_t fileSize, const fs::path &name)
{
    // The end record is 22 bytes and a comment of at most 65,535.
    std::vector<std::uint8_t> tail(static_cast<std::size_t>(std::min<std::uint64_t>(fileSize, 22 + 65535)));
    if (tail.size() < 22 || !read(fileSize - tail.size(), tail.data(), tail.size()))
        damaged(name, "it is too short");
    std::size_t at = tail.size() - 22;
    while (at > 0 && little<std::uint32_t>(tail.data() + at) != s_endMark)
        --at;
    if (little<std::uint32_t>(tail.data() + at) != s_endMark)
        damaged(name, "its end record is missing; it was cut off");
    Directory directory{little<std::uint32_t>(tail.data() + at + 16), little<std::uint32_t>(tail.data() + at + 12)};
    std::uint8_t record[56];
    if (at >= 20 && little<std::uint32_t>(tail.data() + at - 20) == s_locatorMark) {
        const auto place = little<std::uint64_t>(tail.data() + at - 12);
        if (place > fileSize || !read(place, record, sizeof record) || little<std::uint32_t>(record) != s_end64Mark)
            damaged(name, "its zip64 record is missing");
        directory = {little<std::uint64_t>(record + 48), little<std::uint64_t>(record + 40)};
    }
    if (directory.bytes > s_mostDirectory || directory.offset > fileSize || directory.bytes > fileSize - directory.offset)
        damaged(name, "its directory does not lie in the file");
    return directory;
}

/// The 64-bit sizes that an entry keeps in its extra field, in the order of those that did not fit.
void widen(ZipEntry &entry, std::span<const std::uint8_t> extra)
{
    for (std::size_t at = 0; at + 4 <= extra.size();) {
        const std::size_t length = little<std::uint16_t>(extra.data() + at + 2);
        if (length > extra.size() - at - 4)
            return;
        if (little<std::uint16_t>(extra.data() + at) == 1) {
            std::size_t place = at + 4;
            for (std::uint64_t *value : {&entry.size, &entry.packed, &entry.header})
                if (*value == 0xFFFFFFFF && place + 8 <= at + 4 + length) {
                    *value = little<std::uint64_t>(extra.data() + place);
                    place += 8;
                }
            return;
        }
        at += 4 + length;
    }
}

} // namespace

bool beginsLikeZip(std::span<const std::uint8_t> bytes)
{
    return bytes.size() >= 4 && (little<std::uint32_t>(bytes.data()) == s_localMark || little<std::uint32_t>(bytes.data()) == s_endMark);
}

std::vector<ZipEntry> zipEntries(const ReadBytes &read, std::uint64_t fileSize, const fs::path &name)
{
    const Directory directory = directoryOf(read, fileSize, name);
    std::vector<std::uint8_t> bytes(static_cast<std::size_t>(directory.bytes));
    if (!read(directory.offset, bytes.data(), bytes.size()))
        damaged(name, "its directory cannot be read");
    std::vector<ZipEntry> entries;
    for (std::size_t at = 0; at + 46 <= bytes.size();) {
        const std::uint8_t *record = bytes.data() + at;
        if (little<std::uint32_t>(record) != s_directoryMark)
            damaged(name, "its directory holds something else");
        const std::size_t nameLength = little<std::uint16_t>(record + 28);
        const std::size_t extraLength = little<std::uint16_t>(record + 30);
        const std::size_t whole = 46 + nameLength + extraLength + little<std::uint16_t>(record + 32);
        if (whole > bytes.size() - at)
            damaged(name, "its directory is cut off");
        ZipEntry entry;
        entry.name.assign(reinterpret_cast<const char *>(record) + 46, nameLength);
        entry.packed = little<std::uint32_t>(record + 20);
        entry.size = little<std::uint32_t>(record + 24);
        entry.header = little<std::uint32_t>(record + 42);
        widen(entry, {record + 46 + nameLength, extraLength});
        const auto method = little<std::uint16_t>(record + 10);
        if ((little<std::uint16_t>(record + 8) & 1) != 0 || (method != 0 && method != 8))
            throw FileError(name, "is an archive that is encrypted or packed in an unusual way; save it with numpy.savez.");
        entry.deflated = method == 8;
        if (!entry.deflated && entry.packed != entry.size)
            damaged(name, "a member has two sizes");
        entries.push_back(std::move(entry));
        at += whole;
    }
    return entries;
}

std::uint64_t zipData(const ReadBytes &read, const ZipEntry &entry, std::uint64_t fileSize, const fs::path &name)
{
    std::uint8_t local[30];
    if (entry.header > fileSize || !read(entry.header, local, sizeof local) || little<std::uint32_t>(local) != s_localMark)
        damaged(name, "a member's header is missing");
    const std::uint64_t data = entry.header + 30 + little<std::uint16_t>(local + 26) + little<std::uint16_t>(local + 28);
    if (data > fileSize || entry.packed > fileSize - data)
        damaged(name, "a member is cut off");
    return data;
}

std::vector<std::uint8_t> zipInflated(const ReadBytes &read, const ZipEntry &entry, std::uint64_t fileSize, const fs::path &name, std::uint64_t most)
{
    const std::uint64_t data = zipData(read, entry, fileSize, name);
    constexpr std::uint64_t always = std::uint64_t{64} << 20;
    if (std::min(entry.size, most) > always + 16 * entry.packed)
        throw FileError(name,
                        "its member " + entry.name.substr(0, 80) + " would grow from " + std::to_string(entry.packed) + " to " + std::to_string(entry.size)
                            + " bytes, which is refused; save it with numpy.savez, which does not pack.");
    std::vector<std::uint8_t> out(static_cast<std::size_t>(std::min(entry.size, most)));
    std::vector<std::uint8_t> piece(1 << 16);
    z_stream stream{};
    if (::inflateInit2(&stream, -MAX_WBITS) != Z_OK)
        throw FileError(name, "there is not enough memory to unpack it.");
    std::uint64_t at = 0;
    std::size_t made = 0;
    int state = Z_OK;
    while (state == Z_OK && at < entry.packed) {
        const std::size_t size = static_cast<std::size_t>(std::min<std::uint64_t>(piece.size(), entry.packed - at));
        if (!read(data + at, piece.data(), size))
            break;
        at += size;
        stream.next_in = piece.data();
        stream.avail_in = static_cast<uInt>(size);
        while (state == Z_OK && stream.avail_in > 0 && made < out.size()) {
            const std::size_t room = std::min<std::size_t>(out.size() - made, 1 << 30);
            stream.next_out = out.data() + made;
            stream.avail_out = static_cast<uInt>(room);
            state = ::inflate(&stream, Z_NO_FLUSH);
            made += room - stream.avail_out;
        }
        if (made == out.size())
            break;
    }
    ::inflateEnd(&stream);
    if (made != out.size())
        damaged(name, "a member cannot be unpacked");
    return out;
}

} // namespace dscope
