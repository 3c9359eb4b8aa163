// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/cache.h"

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/hash.h"
#include "core/base/inputfile.h"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <bit>
#include <chrono>
#include <cstring>
#include <ctime>

namespace dscope {

namespace fs = std::filesystem;

namespace {

static_assert(std::endian::native == std::endian::little, "records are written as they lie in memory");

constexpr std::string_view s_magic = "DSCOPERS";
constexpr std::uint32_t s_version = 3;
constexpr std::size_t s_headerBytes = 8 + 4 + 8 + 8;

// Four independent multiply-rotate lanes: several GB/s, where SHA-256 would make opening a large set slow. It guards against damage,
// not against an attacker, who could write a valid record just as well.
std::uint64_t checksum(std::string_view bytes)
{
    constexpr std::uint64_t a = 0x9E3779B185EBCA87;
    constexpr std::uint64_t b = 0xC2B2AE3D27D4EB4F;
    std::array<std::uint64_t, 4> lane{a, b, a ^ b, bytes.size()};
    std::size_t at = 0;
    for (; at + 32 <= bytes.size(); at += 32)
        for (std::size_t i = 0; i < 4; ++i) {
            std::uint64_t word = 0;
            std::memcpy(&word, bytes.data() + at + 8 * i, 8);
            lane[i] = std::rotl(lane[i] + word * b, 31) * a;
        }
    std::uint64_t sum = 0;
    for (const std::uint64_t value : lane)
        sum = std::rotl(sum ^ value, 27) * a + b;
    for (; at < bytes.size(); ++at)
        sum = std::rotl(sum ^ (static_cast<unsigned char>(bytes[at]) * a), 11) * b;
    sum ^= sum >> 29;
    sum *= b;
    return sum ^ (sum >> 32);
}

/// Fills in the head of a record, for which room was left: magic, version, length, checksum.
void seal(std::string &bytes)
{
    const std::string_view body = std::string_view(bytes).substr(s_headerBytes);
    const std::uint64_t length = body.size();
    const std::uint64_t sum = checksum(body);
    std::memcpy(bytes.data(), s_magic.data(), 8);
    std::memcpy(bytes.data() + 8, &s_version, 4);
    std::memcpy(bytes.data() + 12, &length, 8);
    std::memcpy(bytes.data() + 20, &sum, 8);
}

class Writer {
public:
    template<typename T>
    void number(T value)
    {
        static_assert(std::is_arithmetic_v<T>);
        m_bytes.append(reinterpret_cast<const char *>(&value), sizeof value);
    }
    void text(std::string_view value)
    {
        number<std::uint64_t>(value.size());
        m_bytes.append(value);
    }
    template<typename T>
    void array(const std::vector<T> &values)
    {
        number<std::uint64_t>(values.size());
        m_bytes.append(reinterpret_cast<const char *>(values.data()), values.size() * sizeof(T));
    }
    std::string &bytes() { return m_bytes; }

private:
    std::string m_bytes;
};

class Reader {
public:
    explicit Reader(std::string_view bytes) : m_bytes(bytes) {}

    template<typename T>
    T number()
    {
        T value{};
        std::memcpy(&value, take(sizeof value).data(), sizeof value);
        return value;
    }
    std::string text() { return std::string(take(number<std::uint64_t>())); }
    template<typename T>
    std::vector<T> array()
    {
        const auto count = number<std::uint64_t>();
        if (count > m_bytes.size() / sizeof(T))
            throw Error("The record is cut short.");
        std::vector<T> values(count);
        const std::string_view raw = take(count * sizeof(T));
        if (count > 0)
            std::memcpy(values.data(), raw.data(), raw.size());
        return values;
    }
    /// A count of things of at least `bytes` each: refused when the record cannot hold so many.
    std::size_t count(std::size_t bytes)
    {
        const auto value = number<std::uint64_t>();
        if (value > m_bytes.size() / bytes)
            throw Error("The record is cut short.");
        return value;
    }
    bool atEnd() const { return m_bytes.empty(); }

private:
    std::string_view take(std::uint64_t size)
    {
        if (size > m_bytes.size())
            throw Error("The record is cut short.");
        const std::string_view taken = m_bytes.substr(0, size);
        m_bytes.remove_prefix(size);
        return taken;
    }

    std::string_view m_bytes;
};

void put(Writer &out, const UsedModel &model)
{
    out.text(model.name);
    out.text(model.architecture);
    out.text(model.hash);
    out.number(model.cost.mac);
    out.number(model.cost.flop);
    out.number(model.parameters);
    out.number(model.msPerPicture);
}

UsedModel usedModel(Reader &in)
{
    UsedModel model;
    model.name = in.text();
    model.architecture = in.text();
    model.hash = in.text();
    model.cost.mac = in.number<std::int64_t>();
    model.cost.flop = in.number<std::int64_t>();
    model.parameters = in.number<std::int64_t>();
    model.msPerPicture = in.number<double>();
    return model;
}

void put(Writer &out, const Element &element)
{
    out.text(element.file.string());
    out.number(element.frame);
    out.number(element.timeS);
    out.number(element.toS);
    out.number(element.motion);
    out.number(element.media);
    out.number<std::uint8_t>(element.box.has_value());
    if (element.box)
        for (const float value : {element.box->x, element.box->y, element.box->w, element.box->h})
            out.number(value);
    out.number<std::uint8_t>(element.landmarks.has_value());
    if (element.landmarks)
        for (const Point &point : *element.landmarks) {
            out.number(point.x);
            out.number(point.y);
        }
    out.number(element.detectorScore);
    out.number(element.dScore);
    static const std::vector<std::uint8_t> none;
    out.array(element.thumbnail ? *element.thumbnail : none);
}

Element element(Reader &in)
{
    Element result;
    result.file = in.text();
    result.frame = in.number<std::int64_t>();
    result.timeS = in.number<double>();
    result.toS = in.number<double>();
    result.motion = in.number<float>();
    result.media = in.number<std::int64_t>();
    if (in.number<std::uint8_t>() != 0) {
        Box &box = result.box.emplace();
        for (float *value : {&box.x, &box.y, &box.w, &box.h})
            *value = in.number<float>();
    }
    if (in.number<std::uint8_t>() != 0)
        for (Point &point : result.landmarks.emplace()) {
            point.x = in.number<float>();
            point.y = in.number<float>();
        }
    result.detectorScore = in.number<float>();
    result.dScore = in.number<float>();
    std::vector<std::uint8_t> thumbnail = in.array<std::uint8_t>();
    if (!thumbnail.empty())
        result.thumbnail = std::make_shared<const std::vector<std::uint8_t>>(std::move(thumbnail));
    return result;
}

struct FileState {
    std::uint64_t size = 0;
    std::string text;     ///< changes when the file does
    bool settled = false; ///< not changed within the last two seconds
};

FileState stateOf(const fs::path &path)
{
    struct stat info {};
    if (::stat(path.c_str(), &info) != 0)
        throw FileError(path, "cannot be opened: " + systemReason(errno) + ".");
    FileState state;
    state.size = static_cast<std::uint64_t>(info.st_size);
    for (const long long value : {static_cast<long long>(info.st_dev), static_cast<long long>(info.st_ino), static_cast<long long>(info.st_size),
                                  static_cast<long long>(info.st_mtim.tv_sec), static_cast<long long>(info.st_mtim.tv_nsec),
                                  static_cast<long long>(info.st_ctim.tv_sec), static_cast<long long>(info.st_ctim.tv_nsec)})
        state.text += std::to_string(value) + ' ';
    state.settled = std::time(nullptr) - std::max(info.st_mtim.tv_sec, info.st_ctim.tv_sec) > 2;
    return state;
}

} // namespace

std::string encodeRecord(const CachedSource &result)
{
    Writer out;
    out.bytes().append(s_headerBytes, '\0');
    const Source &source = result.source;
    out.text(source.kind);
    out.number(source.fps);
    out.number(source.durationS);
    out.number(source.frames);
    out.number<std::uint64_t>(source.warnings.size());
    for (const std::string &warning : source.warnings)
        out.text(warning);
    put(out, result.ddnet);
    put(out, result.base);
    put(out, result.detector);
    out.text(result.device);
    out.number(result.dim);
    out.number<std::uint64_t>(source.groups.size());
    for (const Group &group : source.groups) {
        out.text(group.id);
        out.text(group.label);
        out.number<std::uint64_t>(group.elements.size());
        for (const Element &item : group.elements)
            put(out, item);
        out.array(group.embeddings);
    }
    std::string bytes = std::move(out.bytes());
    seal(bytes);
    return bytes;
}

std::string sealedRecord(std::string_view body)
{
    std::string bytes(s_headerBytes, '\0');
    bytes += body;
    seal(bytes);
    return bytes;
}

CachedSource decodeRecord(std::string_view bytes)
{
    if (bytes.size() < s_headerBytes || bytes.substr(0, 8) != s_magic)
        throw Error("This is no record of results.");
    std::uint32_t version = 0;
    std::uint64_t length = 0;
    std::uint64_t sum = 0;
    std::memcpy(&version, bytes.data() + 8, 4);
    std::memcpy(&length, bytes.data() + 12, 8);
    std::memcpy(&sum, bytes.data() + 20, 8);
    const std::string_view body = bytes.substr(s_headerBytes);
    if (version != s_version)
        throw Error("The record is of version " + std::to_string(version) + ".");
    if (length != body.size() || sum != checksum(body))
        throw Error("The record is damaged.");

    Reader in(body);
    CachedSource result;
    Source &source = result.source;
    source.kind = in.text();
    source.fps = in.number<double>();
    source.durationS = in.number<double>();
    source.frames = in.number<std::int64_t>();
    source.warnings.resize(in.count(8));
    for (std::string &warning : source.warnings)
        warning = in.text();
    result.ddnet = usedModel(in);
    result.base = usedModel(in);
    result.detector = usedModel(in);
    result.device = in.text();
    result.dim = in.number<std::int64_t>();
    source.groups.resize(in.count(32));
    for (Group &group : source.groups) {
        group.id = in.text();
        group.label = in.text();
        group.elements.resize(in.count(40));
        for (Element &item : group.elements)
            item = element(in);
        group.embeddings = in.array<float>();
        const std::size_t wanted = result.dim > 0 ? group.elements.size() * static_cast<std::size_t>(result.dim) : 0;
        if (group.embeddings.size() != wanted)
            throw Error("The record is damaged: its embeddings do not fit its faces.");
    }
    if (!in.atEnd())
        throw Error("The record is damaged: it is too long.");
    return result;
}

ResultCache::ResultCache(fs::path folder, std::uint64_t maxBytes) : m_folder(std::move(folder)), m_maxBytes(maxBytes) {}

fs::path ResultCache::cacheFolder()
{
    return cacheDir() / "results";
}

fs::path ResultCache::file(const std::string &key) const
{
    return m_folder / (key + ".dres");
}

std::optional<CachedSource> ResultCache::load(const std::string &key) const
{
    const fs::path path = file(key);
    std::error_code problem;
    if (!fs::exists(path, problem))
        return std::nullopt;
    try {
        const std::vector<std::uint8_t> bytes = readBytes(path, std::max<std::uint64_t>(m_maxBytes, 1));
        CachedSource result = decodeRecord({reinterpret_cast<const char *>(bytes.data()), bytes.size()});
        fs::last_write_time(path, fs::file_time_type::clock::now(), problem);
        return result;
    } catch (const Error &) {
        fs::remove(path, problem);
        return std::nullopt;
    }
}

void ResultCache::store(const std::string &key, const CachedSource &result) const
{
    const std::string bytes = encodeRecord(result);
    if (bytes.size() > m_maxBytes)
        return;
    writeAtomically(file(key), bytes);
    trim();
}

void ResultCache::trim() const
{
    struct Record {
        fs::path path;
        std::uint64_t size;
        fs::file_time_type used;
    };
    std::vector<Record> records;
    std::uint64_t total = 0;
    std::error_code problem;
    for (fs::directory_iterator at(m_folder, problem), end; !problem && at != end; at.increment(problem)) {
        std::error_code unreadable;
        if (at->path().extension() != ".dres")
            continue;
        const std::uint64_t size = at->file_size(unreadable);
        const fs::file_time_type used = at->last_write_time(unreadable);
        // Another process may have removed it meanwhile.
        if (unreadable)
            continue;
        records.push_back({at->path(), size, used});
        total += size;
    }
    std::sort(records.begin(), records.end(), [](const Record &left, const Record &right) { return left.used < right.used; });
    for (const Record &record : records) {
        if (total <= m_maxBytes)
            break;
        std::error_code gone;
        if (fs::remove(record.path, gone))
            total -= record.size;
    }
}

std::string contentHash(const fs::path &path, const fs::path &memory)
{
    const FileState state = stateOf(path);
    if (state.size <= (std::uint64_t{32} << 20) || !state.settled)
        return sha256File(path);
    const fs::path remembered = memory / (sha256(fs::absolute(path).string() + '\0' + state.text) + ".id");
    std::error_code problem;
    if (fs::exists(remembered, problem)) {
        try {
            const std::string hash = readText(remembered, 64);
            if (hash.size() == 64)
                return hash;
        } catch (const Error &) {
            // It is only a memory: the file is read through again.
        }
    }
    std::string hash = sha256File(path);
    try {
        writeAtomically(remembered, hash);
    } catch (const Error &) {
        // Without a place to remember it, the next opening reads the file through again.
    }
    return hash;
}

} // namespace dscope
