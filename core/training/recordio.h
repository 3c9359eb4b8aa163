// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/fileorbytes.h"
#include "core/base/picture.h"
#include "core/base/progress.h"

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace dscope {

/// A picture in a record file.
struct RecordEntry {
    std::uint64_t key = 0;    ///< its number in the .idx, or its place in the file
    std::uint64_t offset = 0; ///< of the record
    std::int32_t label = 0;   ///< the class; of several label values the first
};

/// The RecordIO pairs (train.rec, train.idx) in which public face training sets come: records of a magic word, a length, a header (flag,
/// label, two ids) and a picture; long ones in parts. Record 0 of such sets holds no picture but where the header-only records of the
/// identities begin; these are not listed. Nothing but record headers is read by open(); pictures are read one by one, from any thread.
class RecordFile {
public:
    /// With an .idx beside it the offsets come from there; without one the file is read through once. Broken records are left out and told
    /// of in problems(). @throws FileError when there is nothing usable, Cancelled
    static RecordFile open(const std::filesystem::path &rec, Progress &progress);
    /// The same of bytes in hand, which must outlive it. @param index what the .idx holds; nothing: there is none @param name of the .rec, for errors
    static RecordFile parse(std::span<const std::uint8_t> rec, std::optional<std::string_view> index, const std::filesystem::path &name, Progress &progress);
    RecordFile(RecordFile &&other) = default;
    RecordFile &operator=(RecordFile &&) = delete;
    RecordFile(const RecordFile &) = delete;
    ~RecordFile() = default;

    const std::vector<RecordEntry> &entries() const { return m_entries; }
    /// One sentence each, at most ten and how many more there are.
    const std::vector<std::string> &problems() const { return m_problems; }
    /// The bytes of a picture, whatever its format. @throws FileError naming the record
    std::vector<std::uint8_t> jpeg(const RecordEntry &entry) const;
    /// By readPicture()'s rules. @throws FileError naming the record
    Picture read(const RecordEntry &entry, std::vector<std::string> *warnings = nullptr) const;

private:
    struct Header;
    /// Puts the next line into `line`, without its end; false where there is none.
    using NextLine = std::function<bool(std::string &line)>;
    explicit RecordFile(FileOrBytes bytes) : m_bytes(std::move(bytes)) {}
    void fill(const std::function<std::vector<std::pair<std::uint64_t, std::uint64_t>>()> &places, Progress &progress);
    std::size_t readAt(std::uint64_t offset, void *out, std::size_t size) const;
    bool readPart(std::uint64_t offset, std::uint32_t &flag, std::uint64_t &length) const;
    std::vector<std::uint8_t> payload(std::uint64_t offset, std::uint64_t limit) const;
    bool readHeader(std::uint64_t offset, Header &header) const;
    std::vector<std::pair<std::uint64_t, std::uint64_t>> indexFrom(const std::filesystem::path &idx, const NextLine &next, Progress &progress);
    std::vector<std::pair<std::uint64_t, std::uint64_t>> scan(Progress &progress);
    void addEntries(const std::vector<std::pair<std::uint64_t, std::uint64_t>> &places, Progress &progress);
    void problem(const std::string &text);

    FileOrBytes m_bytes;
    std::vector<RecordEntry> m_entries;
    std::vector<std::string> m_problems;
    std::size_t m_more = 0;
};

/// Writes such a pair: record 0, the pictures from key 1 on, then a header-only record an identity with its range of pictures.
class RecordWriter {
public:
    /// @param rec the .rec file; the .idx goes beside it @throws FileError
    explicit RecordWriter(const std::filesystem::path &rec);
    ~RecordWriter();
    RecordWriter(const RecordWriter &) = delete;
    RecordWriter &operator=(const RecordWriter &) = delete;

    /// Pictures of one label must follow each other; labels ascend. @throws Error, FileError
    void add(std::int32_t label, const std::vector<std::uint8_t> &jpeg);
    /// Completes both files; without it they are removed. @throws FileError
    void finish();

private:
    void record(std::uint64_t key, const std::vector<float> &labels, const std::vector<std::uint8_t> &bytes);

    std::filesystem::path m_path;
    std::ofstream m_out;
    std::vector<std::pair<std::uint64_t, std::uint64_t>> m_index; ///< key, offset
    std::vector<std::pair<std::int32_t, std::uint64_t>> m_starts; ///< label, first key
    std::uint64_t m_next = 1;
    bool m_finished = false;
};

/// True for a name ending in .rec.
bool looksLikeRecords(const std::filesystem::path &path);

} // namespace dscope
