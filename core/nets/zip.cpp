// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/nets/zip.h"

#include "core/base/error.h"

#include <algorithm>
#include <memory>
#include <vector>

#include <zlib.h>

namespace dscope::detail {

namespace {

using Bytes = std::vector<std::uint8_t>;

struct Directory {
    Bytes records;
    std::uint64_t entries = 0;
};

Directory readDirectory(ByteSource &file)
{
    const std::filesystem::path &path = file.path();
    if (file.size() < 22)
        throw FileError(path, "is too short to be a PyTorch file.");
    // At the end lie the directory's place and, before it, a zip64's pointer to the same.
    constexpr std::uint64_t most = 22 + 65536 + 20;
    const std::uint64_t tailBegin = file.size() > most ? file.size() - most : 0;
    const Bytes tail = file.read(tailBegin, file.size() - tailBegin);
    std::size_t end = tail.size() - 22;
    const std::size_t lowest = end > 65536 ? end - 65536 : 0;
    while (little(tail.data() + end, 4) != 0x06054b50) {
        if (end == lowest)
            throw FileError(path, "has no zip directory at its end: it is cut off, or not a PyTorch zip file.");
        --end;
    }
    std::uint64_t entries = little(tail.data() + end + 10, 2);
    std::uint64_t begin = little(tail.data() + end + 16, 4);
    if ((entries == 0xffff || begin == 0xffffffff) && end >= 20 && little(tail.data() + end - 20, 4) == 0x07064b50) {
        const std::uint64_t zip64 = little(tail.data() + end - 12, 8);
        if (file.size() < 56 || zip64 > file.size() - 56)
            throw FileError(path, "its zip directory is damaged.");
        const Bytes record = file.read(zip64, 56);
        if (little(record.data(), 4) != 0x06064b50)
            throw FileError(path, "its zip directory is damaged.");
        entries = little(record.data() + 32, 8);
        begin = little(record.data() + 48, 8);
    }
    if (begin > tailBegin + end)
        throw FileError(path, "its zip directory is damaged at entry 0.");
    return {file.read(begin, tailBegin + end - begin), entries};
}

/// The size and place that a zip64's extra field gives instead of a record's own.
void takeZip64(const std::uint8_t *record, std::uint64_t nameLength, std::uint64_t extraLength, std::uint64_t &size, std::uint64_t &packed,
               std::uint64_t &local)
{
    const std::uint8_t *extra = record + 46 + nameLength;
    for (std::uint64_t e = 0; e + 4 <= extraLength;) {
        const std::uint64_t id = little(extra + e, 2);
        const std::uint64_t length = little(extra + e + 2, 2);
        if (id == 1 && e + 4 + length <= extraLength) {
            std::uint64_t field = e + 4;
            if (size == 0xffffffff && field + 8 <= e + 4 + length) {
                size = little(extra + field, 8);
                field += 8;
            }
            if (packed == 0xffffffff && field + 8 <= e + 4 + length) {
                packed = little(extra + field, 8);
                field += 8;
            }
            if (local == 0xffffffff && field + 8 <= e + 4 + length)
                local = little(extra + field, 8);
        }
        e += 4 + length;
    }
}

struct Range {
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
};

} // namespace

std::map<std::string, ZipEntry> readZip(ByteSource &file)
{
    const std::filesystem::path &path = file.path();
    const Directory directory = readDirectory(file);
    const Bytes &records = directory.records;
    std::map<std::string, ZipEntry> found;
    std::vector<Range> ranges;
    const std::uint64_t most = (std::uint64_t{16} << 20) + 8 * file.size();
    std::uint64_t unpacked = 0;
    std::uint64_t at = 0;
    for (std::uint64_t i = 0; i < directory.entries; ++i) {
        if (records.size() - at < 46 || little(records.data() + at, 4) != 0x02014b50)
            throw FileError(path, "its zip directory is damaged at entry " + std::to_string(i) + ".");
        const std::uint8_t *record = records.data() + at;
        std::uint64_t size = little(record + 24, 4);
        const std::uint64_t nameLength = little(record + 28, 2);
        const std::uint64_t extraLength = little(record + 30, 2);
        const std::uint64_t commentLength = little(record + 32, 2);
        std::uint64_t packed = little(record + 20, 4);
        std::uint64_t local = little(record + 42, 4);
        if (records.size() - at - 46 < nameLength + extraLength + commentLength)
            throw FileError(path, "its zip directory is damaged at entry " + std::to_string(i) + ".");
        const std::string name(reinterpret_cast<const char *>(record + 46), nameLength);
        const std::uint64_t method = little(record + 10, 2);
        const bool stored = method == 0;
        takeZip64(record, nameLength, extraLength, size, packed, local);
        if (stored)
            packed = size;
        else if (method != 8)
            throw FileError(path, "entry '" + name + "' is compressed in a way that is not read (" + std::to_string(method) + "); PyTorch compresses nothing.");
        if ((little(record + 8, 2) & 1U) != 0)
            throw FileError(path, "entry '" + name + "' is encrypted.");
        at += 46 + nameLength + extraLength + commentLength;
        if (local > file.size() || file.size() - local < 30)
            throw FileError(path, "entry '" + name + "' is damaged.");
        std::uint8_t head[30];
        file.read(local, head, sizeof head);
        if (little(head, 4) != 0x04034b50)
            throw FileError(path, "entry '" + name + "' is damaged.");
        const std::uint64_t content = local + 30 + little(head + 26, 2) + little(head + 28, 2);
        if (content > file.size() || file.size() - content < packed)
            throw FileError(path, "entry '" + name + "' is cut off.");
        // Deflate packs a thousand bytes into one: that much only a file made for it unfolds to.
        if (!stored && (size > most - unpacked || (unpacked += size) > most))
            throw FileError(path, "its compressed entries unfold to far more than the file's size, as no network's weights do.");
        ranges.push_back({local, content + packed});
        if (!found.try_emplace(name, ZipEntry{content, size, stored, packed}).second)
            throw FileError(path, "holds the entry '" + name + "' twice.");
    }
    std::sort(ranges.begin(), ranges.end(), [](const Range &a, const Range &b) { return a.begin < b.begin; });
    for (std::size_t i = 1; i < ranges.size(); ++i)
        if (ranges[i].begin < ranges[i - 1].end)
            throw FileError(path, "its zip entries overlap, as in no file that PyTorch writes.");
    return found;
}

std::vector<std::uint8_t> readEntry(ByteSource &file, const ZipEntry &entry)
{
    if (entry.stored)
        return file.read(entry.offset, entry.size);
    std::vector<std::uint8_t> content(entry.size);
    inflateInto(file, entry.offset, entry.packed, content);
    return content;
}

void inflateInto(ByteSource &file, std::uint64_t offset, std::uint64_t packed, std::span<std::uint8_t> to)
{
    constexpr std::uint64_t chunk = std::uint64_t{1} << 20;
    z_stream stream{};
    if (inflateInit2(&stream, -MAX_WBITS) != Z_OK) // without a header, as in zip files
        throw FileError(file.path(), "cannot be unpacked: there is not enough memory.");
    const std::unique_ptr<z_stream, int (*)(z_stream *)> end(&stream, inflateEnd);
    std::vector<std::uint8_t> in;
    std::uint64_t done = 0;
    int state = Z_OK;
    while (state == Z_OK) {
        if (stream.avail_in == 0 && packed > 0) {
            in = file.read(offset, std::min(packed, chunk));
            offset += in.size();
            packed -= in.size();
            stream.next_in = in.data();
            stream.avail_in = static_cast<uInt>(in.size());
        }
        std::uint8_t beyond = 0;
        const std::uint64_t room = std::min<std::uint64_t>(to.size() - done, chunk);
        stream.next_out = room > 0 ? to.data() + done : &beyond;
        stream.avail_out = room > 0 ? static_cast<uInt>(room) : 1;
        const uInt before = stream.avail_out;
        state = inflate(&stream, Z_NO_FLUSH);
        if (room == 0 && stream.avail_out != before)
            throw FileError(file.path(), "has a compressed entry that is larger than its directory says: the file is damaged.");
        done += before - stream.avail_out;
    }
    if (state != Z_STREAM_END || done != to.size())
        throw FileError(file.path(), "has a compressed entry that is damaged or cut off.");
}

} // namespace dscope::detail
