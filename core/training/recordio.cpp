// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/training/recordio.h"

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/inputfile.h"
#include "core/base/parallel.h"
#include "core/base/picturefile.h"
#include "core/base/text.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>

namespace dscope {

namespace fs = std::filesystem;

namespace {

constexpr std::uint32_t s_magic = 0xced7230a;
constexpr std::uint32_t s_lengthBits = 29;
constexpr std::uint64_t s_longest = (std::uint64_t{1} << s_lengthBits) - 1;
constexpr std::uint64_t s_headerSize = 24; ///< flag, label, id, id2
constexpr std::uint32_t s_mostLabels = 1 << 16;
constexpr float s_mostIdentities = 9e18F; ///< what a record's number may be; a label beyond it says nothing of where identities begin
constexpr std::size_t s_named = 10;

// Where in a record of several parts one stands.
enum Part : std::uint32_t { Whole = 0, First = 1, Middle = 2, Last = 3 };

std::uint64_t padded(std::uint64_t length)
{
    return (length + 3) & ~std::uint64_t{3};
}

template<typename T>
T little(const unsigned char *bytes)
{
    std::uint64_t value = 0;
    for (std::size_t i = sizeof(T); i-- > 0;)
        value = value << 8 | bytes[i];
    return static_cast<T>(value);
}

float littleFloat(const unsigned char *bytes)
{
    const auto bits = little<std::uint32_t>(bytes);
    float value = 0;
    std::memcpy(&value, &bits, sizeof value);
    return value;
}

fs::path indexOf(const fs::path &rec)
{
    return fs::path(rec).replace_extension(".idx");
}

} // namespace

struct RecordFile::Header {
    std::uint32_t flag = 0;  ///< how many label values follow; 0: the one in the header
    float label = 0;         ///< the first of them
    std::uint64_t size = 0;  ///< of header and labels
    std::uint64_t whole = 0; ///< length of the record's first part
    bool parts = false;      ///< there are more
    bool headerOnly() const { return !parts && whole == size; }
};

bool looksLikeRecords(const fs::path &path)
{
    return extensionOf(path) == ".rec";
}

/// Reads as many of the bytes as there are; none where the disk fails, which then counts as damage of what lies there.
std::size_t RecordFile::readAt(std::uint64_t offset, void *out, std::size_t size) const
{
    try {
        return m_bytes.readSome(offset, out, size);
    } catch (const FileError &) {
        return 0;
    }
}

void RecordFile::problem(const std::string &text)
{
    if (m_problems.size() < s_named)
        m_problems.push_back(m_bytes.path().string() + ": " + text);
    else
        ++m_more;
}

bool RecordFile::readPart(std::uint64_t offset, std::uint32_t &flag, std::uint64_t &length) const
{
    unsigned char bytes[8];
    if (offset > m_bytes.size() || m_bytes.size() - offset < sizeof bytes || readAt(offset, bytes, sizeof bytes) != sizeof bytes
        || little<std::uint32_t>(bytes) != s_magic)
        return false;
    const auto word = little<std::uint32_t>(bytes + 4);
    flag = word >> s_lengthBits;
    length = word & s_longest;
    return flag <= Last && length <= m_bytes.size() - offset - 8;
}

std::vector<std::uint8_t> RecordFile::payload(std::uint64_t offset, std::uint64_t limit) const
{
    std::vector<std::uint8_t> bytes;
    for (bool begun = false;; begun = true) {
        std::uint32_t flag = 0;
        std::uint64_t length = 0;
        if (!readPart(offset, flag, length) || (flag == Whole || flag == First) == begun)
            throw FileError(m_bytes.path(), "the record at byte " + std::to_string(offset) + " is damaged.");
        if (begun) // the writer took out the magic word that the data had here
            for (int shift = 0; shift < 32; shift += 8)
                bytes.push_back(static_cast<std::uint8_t>(s_magic >> shift));
        if (bytes.size() + length > limit)
            throw FileError(m_bytes.path(), "the record at byte " + std::to_string(offset) + " is too long for a picture.");
        const std::size_t at = bytes.size();
        bytes.resize(at + length);
        if (readAt(offset + 8, bytes.data() + at, length) != length)
            throw FileError(m_bytes.path(), "the record at byte " + std::to_string(offset) + " cannot be read.");
        if (flag == Whole || flag == Last)
            return bytes;
        offset += 8 + padded(length);
    }
}

bool RecordFile::readHeader(std::uint64_t offset, Header &header) const
{
    std::uint32_t part = 0;
    if (!readPart(offset, part, header.whole) || (part != Whole && part != First) || header.whole < s_headerSize)
        return false;
    header.parts = part == First;
    unsigned char bytes[s_headerSize];
    if (readAt(offset + 8, bytes, sizeof bytes) != sizeof bytes)
        return false;
    header.flag = little<std::uint32_t>(bytes);
    header.label = littleFloat(bytes + 4);
    header.size = s_headerSize;
    if (header.flag > 0) {
        // Of many labels only the first is of use, and the others are not even read.
        const std::uint64_t size = std::uint64_t{4} * header.flag;
        if (header.flag > s_mostLabels || header.whole < s_headerSize + size || readAt(offset + 8 + s_headerSize, bytes, 4) != 4)
            return false;
        header.label = littleFloat(bytes);
        header.size += size;
    }
    return true;
}

std::vector<std::pair<std::uint64_t, std::uint64_t>> RecordFile::indexFrom(const fs::path &idx, const NextLine &next, Progress &progress)
{
    std::vector<std::pair<std::uint64_t, std::uint64_t>> places;
    std::string line;
    for (std::size_t number = 1; next(line); ++number) {
        if (number % 65536 == 0)
            progress.throwIfCancelled();
        if (line.empty() || line == "\r")
            continue;
        std::uint64_t key = 0;
        std::uint64_t offset = 0;
        const char *end = line.data() + line.size();
        const auto first = std::from_chars(line.data(), end, key);
        const auto second = first.ptr != end ? std::from_chars(first.ptr + 1, end, offset) : first;
        if (first.ec != std::errc() || second.ec != std::errc() || second.ptr == first.ptr) {
            problem(idx.filename().string() + ", line " + std::to_string(number) + " is no pair of key and offset.");
            continue;
        }
        // No record is shorter than its header: more lines than that are no index of this file, and would only take memory.
        if (places.size() > m_bytes.size() / (8 + s_headerSize))
            throw FileError(idx, "lists more records than " + m_bytes.path().filename().string() + " has room for.");
        places.emplace_back(key, offset);
    }
    return places;
}

std::vector<std::pair<std::uint64_t, std::uint64_t>> RecordFile::scan(Progress &progress)
{
    std::vector<std::pair<std::uint64_t, std::uint64_t>> places;
    std::uint64_t offset = 0;
    bool lost = false;
    // What was read to look for magic words: it is not read again for the next one.
    std::vector<unsigned char> window;
    std::uint64_t windowAt = 0;
    constexpr std::uint64_t between = std::uint64_t{1} << 20; // bytes between two checks for cancellation
    std::uint64_t look = 0;
    while (m_bytes.size() >= 8 && offset <= m_bytes.size() - 8) {
        if (offset >= look) {
            progress.checkpoint(static_cast<std::int64_t>(offset), static_cast<std::int64_t>(m_bytes.size()));
            look = offset + between;
        }
        std::uint32_t part = 0;
        std::uint64_t length = 0;
        if (readPart(offset, part, length)) {
            lost = false;
            if (part == Whole || part == First)
                places.emplace_back(places.size(), offset);
            offset += 8 + padded(length);
            continue;
        }
        // Damage: on to the next magic word.
        if (!lost)
            problem("no record at byte " + std::to_string(offset) + "; looking for the next one.");
        lost = true;
        offset += 4;
        if (offset < windowAt || offset + 4 > windowAt + window.size()) {
            window.resize(between);
            windowAt = offset;
            window.resize(readAt(offset, window.data(), window.size()));
            if (window.size() < 4)
                break;
        }
        while (offset + 4 <= windowAt + window.size() && little<std::uint32_t>(window.data() + (offset - windowAt)) != s_magic)
            offset += 4;
    }
    return places;
}

void RecordFile::addEntries(const std::vector<std::pair<std::uint64_t, std::uint64_t>> &places, Progress &progress)
{
    // Headers are read on all threads, a block at a time; what is wrong with a record is told in its order.
    constexpr std::size_t block = 65536;
    const std::size_t most = std::min(block, places.size());
    std::vector<Header> headers(most);
    std::vector<std::uint8_t> good(most);
    const auto read = [&](std::size_t begin, std::size_t count) {
        parallelFor(static_cast<std::int64_t>(count), 4096, progress, [&](std::int64_t from, std::int64_t to) {
            for (std::int64_t i = from; i < to; ++i) {
                const auto at = static_cast<std::size_t>(i);
                headers[at] = Header();
                good[at] = readHeader(places[begin + at].second, headers[at]) ? 1 : 0;
            }
        });
    };
    // The first record of face sets has no picture; its label values say where the identities' records begin and end.
    std::uint64_t identities = std::numeric_limits<std::uint64_t>::max();
    for (const auto &[key, offset] : places) {
        Header header;
        constexpr float exact = 9007199254740992.F; // 2^53: what lies beyond is no record's number
        if (key == 0 && readHeader(offset, header) && header.flag > 0 && header.headerOnly() && header.label > 0 && header.label < exact)
            identities = static_cast<std::uint64_t>(header.label);
    }
    for (std::size_t begin = 0; begin < places.size(); begin += block) {
        const std::size_t count = std::min(block, places.size() - begin);
        read(begin, count);
        for (std::size_t i = 0; i < count; ++i) {
            const auto &[key, offset] = places[begin + i];
            const Header &header = headers[i];
            if (good[i] == 0) {
                problem("the record " + std::to_string(key) + " at byte " + std::to_string(offset) + " is damaged and was left out.");
                continue;
            }
            if (header.headerOnly() || key >= identities)
                continue;
            if (!(header.label >= 0) || header.label > 2147483520.F || header.label != std::floor(header.label)) {
                problem("the record " + std::to_string(key) + " has no class and was left out.");
                continue;
            }
            m_entries.push_back({key, offset, static_cast<std::int32_t>(header.label)});
        }
    }
}

void RecordFile::fill(const std::function<std::vector<std::pair<std::uint64_t, std::uint64_t>>()> &places, Progress &progress)
{
    const fs::path &rec = m_bytes.path();
    progress.stage("Reading the index of " + rec.filename().string());
    addEntries(places(), progress);
    if (m_more > 0)
        m_problems.push_back(rec.string() + ": and " + std::to_string(m_more) + " more problems.");
    if (m_entries.empty())
        throw FileError(rec, m_problems.empty() ? "holds no records with pictures." : "holds no usable records: " + m_problems.front());
}

RecordFile RecordFile::open(const fs::path &rec, Progress &progress)
{
    RecordFile file{FileOrBytes(rec)};
    const fs::path idx = indexOf(rec);
    file.fill(
        [&] {
            std::error_code problem;
            if (!fs::exists(idx, problem))
                return file.scan(progress);
            checkReadable(idx);
            std::ifstream in(idx);
            if (!in)
                throw FileError(idx, "cannot be opened.");
            return file.indexFrom(
                idx, [&](std::string &line) { return static_cast<bool>(std::getline(in, line)); }, progress);
        },
        progress);
    return file;
}

RecordFile RecordFile::parse(std::span<const std::uint8_t> rec, std::optional<std::string_view> index, const fs::path &name, Progress &progress)
{
    RecordFile file{FileOrBytes(rec, name)};
    const auto next = [&](std::string &line) {
        if (index->empty())
            return false;
        const std::size_t end = std::min(index->find('\n'), index->size());
        line = index->substr(0, end);
        index->remove_prefix(std::min(end + 1, index->size()));
        return true;
    };
    file.fill([&] { return index ? file.indexFrom(indexOf(name), next, progress) : file.scan(progress); }, progress);
    return file;
}

std::vector<std::uint8_t> RecordFile::jpeg(const RecordEntry &entry) const
{
    std::vector<std::uint8_t> bytes = payload(entry.offset, std::uint64_t{1} << 28);
    const std::uint64_t size = bytes.size() < s_headerSize ? bytes.size() : s_headerSize + std::uint64_t{4} * little<std::uint32_t>(bytes.data());
    if (size >= bytes.size())
        throw FileError(m_bytes.path(), "the record " + std::to_string(entry.key) + " holds no picture.");
    bytes.erase(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
    return bytes;
}

Picture RecordFile::read(const RecordEntry &entry, std::vector<std::string> *warnings) const
{
    const std::vector<std::uint8_t> bytes = jpeg(entry);
    return decodePicture(bytes, m_bytes.path().string() + ", record " + std::to_string(entry.key), warnings);
}

RecordWriter::RecordWriter(const fs::path &rec) : m_path(rec)
{
    std::error_code problem;
    if (rec.has_parent_path())
        fs::create_directories(rec.parent_path(), problem);
    m_out.open(rec.string() + ".part", std::ios::binary | std::ios::trunc);
    if (!m_out)
        throw FileError(rec, "cannot be written.");
    // Its label values are known only at the end; the room is kept.
    record(0, {0, 0}, {});
}

RecordWriter::~RecordWriter()
{
    if (m_finished)
        return;
    m_out.close();
    std::error_code ignored;
    fs::remove(m_path.string() + ".part", ignored);
}

void RecordWriter::record(std::uint64_t key, const std::vector<float> &labels, const std::vector<std::uint8_t> &bytes)
{
    m_index.emplace_back(key, static_cast<std::uint64_t>(m_out.tellp()));
    std::vector<std::uint8_t> data;
    const auto put32 = [](std::vector<std::uint8_t> &to, std::uint32_t value) {
        for (int shift = 0; shift < 32; shift += 8)
            to.push_back(static_cast<std::uint8_t>(value >> shift));
    };
    const auto putFloat = [&](std::vector<std::uint8_t> &to, float value) {
        std::uint32_t bits = 0;
        std::memcpy(&bits, &value, sizeof bits);
        put32(to, bits);
    };
    put32(data, labels.size() == 1 ? 0 : static_cast<std::uint32_t>(labels.size()));
    putFloat(data, labels.size() == 1 ? labels[0] : 0);
    for (const std::uint64_t id : {key, std::uint64_t{0}}) {
        put32(data, static_cast<std::uint32_t>(id));
        put32(data, static_cast<std::uint32_t>(id >> 32));
    }
    if (labels.size() != 1)
        for (const float label : labels)
            putFloat(data, label);
    data.insert(data.end(), bytes.begin(), bytes.end());
    if (data.size() > s_longest)
        throw Error("A picture of " + std::to_string(bytes.size()) + " bytes is too long for a record.");

    // Where the data has the magic word itself (at a multiple of four) the record is cut, and the word left out.
    std::vector<std::size_t> cuts;
    for (std::size_t at = 0; at + 4 <= data.size(); at += 4)
        if (little<std::uint32_t>(data.data() + at) == s_magic)
            cuts.push_back(at);
    std::size_t begin = 0;
    for (std::size_t i = 0; i <= cuts.size(); ++i) {
        const std::size_t end = i < cuts.size() ? cuts[i] : data.size();
        const std::uint32_t flag = cuts.empty() ? Whole : i == 0 ? First : i < cuts.size() ? Middle : Last;
        std::vector<std::uint8_t> head;
        put32(head, s_magic);
        put32(head, flag << s_lengthBits | static_cast<std::uint32_t>(end - begin));
        m_out.write(reinterpret_cast<const char *>(head.data()), static_cast<std::streamsize>(head.size()));
        m_out.write(reinterpret_cast<const char *>(data.data() + begin), static_cast<std::streamsize>(end - begin));
        for (std::uint64_t fill = end - begin; fill < padded(end - begin); ++fill)
            m_out.put('\0');
        begin = end + 4;
    }
    if (!m_out)
        throw FileError(m_path, "cannot be written: is the disk full?");
}

void RecordWriter::add(std::int32_t label, const std::vector<std::uint8_t> &jpeg)
{
    if (label < 0 || label > (1 << 24))
        throw Error("A class must lie between 0 and 2^24, which is as far as the format's numbers are exact; " + std::to_string(label) + " does not.");
    if (m_next >= std::uint64_t{1} << 24)
        throw Error("More than 2^24 pictures have no place in one file: its first record could not count them.");
    if (m_starts.empty() || m_starts.back().first != label) {
        if (!m_starts.empty() && m_starts.back().first > label)
            throw Error("The classes of a record file must ascend; " + std::to_string(label) + " follows " + std::to_string(m_starts.back().first) + ".");
        m_starts.emplace_back(label, m_next);
    }
    record(m_next, {static_cast<float>(label)}, jpeg);
    ++m_next;
}

void RecordWriter::finish()
{
    const std::uint64_t first = m_next;
    for (std::size_t i = 0; i < m_starts.size(); ++i) {
        const std::uint64_t end = i + 1 < m_starts.size() ? m_starts[i + 1].second : first;
        record(m_next++, {static_cast<float>(m_starts[i].second), static_cast<float>(end)}, {});
    }
    // Record 0 again, with what is known now.
    const auto end = m_out.tellp();
    m_out.seekp(0);
    record(0, {static_cast<float>(first), static_cast<float>(m_next)}, {});
    m_index.pop_back();
    m_out.seekp(end);
    m_out.close();
    if (!m_out)
        throw FileError(m_path, "cannot be written: is the disk full?");
    std::string lines;
    for (const auto &[key, offset] : m_index)
        lines += std::to_string(key) + '\t' + std::to_string(offset) + '\n';
    writeAtomically(indexOf(m_path), lines);
    std::error_code problem;
    fs::rename(m_path.string() + ".part", m_path, problem);
    if (problem)
        throw FileError(m_path, "cannot be written: " + systemReason(problem.value()) + ".");
    m_finished = true;
}

} // namespace dscope
