// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/cache.h"
#include "core/base/hash.h"
#include "core/base/json.h"
#include "core/base/npy.h"
#include "core/sets/clipstore.h"
#include "core/sets/featurestore.h"
#include "core/tasks/reid/matfile.h"
#include "core/training/packedset.h"
#include "core/training/recordio.h"
#include "tests/fuzz/target.h"
#include "tests/support/madefiles.h"

// Arrays, sets of pictures and results in files of their own.

namespace dscope::fuzz {

namespace {

Bytes bytesOf(std::string_view text)
{
    return {reinterpret_cast<const std::uint8_t *>(text.data()), text.size()};
}

/// A store of a description and one block; head and digest are made, so that a changed byte gets past them.
std::string storeOf(const std::string &magic, Bytes bytes)
{
    const auto given = sections(bytes, 2);
    const std::string head = magic + test::little(given[0].size(), 8) + std::string(given[0]);
    const std::string block(given[1]);
    std::string digest;
    const std::string hex = sha256(head + test::little(0, 8) + block);
    for (std::size_t i = 0; i < hex.size(); i += 2)
        digest += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
    return head + block + digest;
}

void readRecords(Bytes bytes, std::optional<std::string_view> index)
{
    refusable([&] {
        Progress progress;
        const RecordFile records = RecordFile::parse(bytes, index, "train.rec", progress);
        for (const RecordEntry &entry : records.entries())
            refusable([&] { (void)records.jpeg(entry); });
        for (const std::string &problem : records.problems())
            requireOwnWords(problem);
    });
}

} // namespace

DSCOPE_FUZZ_TARGET(npy)
{
    refusable([&] {
        const NpyArray array = parseNpy(bytes, "a.npy");
        require(array.size() == static_cast<std::int64_t>(array.values.size()), "an array has another number of values than its shape says");
    });
}

DSCOPE_FUZZ_TARGET(mat)
{
    for (const char *variable : {"", "a"})
        refusable([&] {
            const MatMatrix matrix = readMat(FileOrBytes(bytes, "a.mat"), {.variable = variable});
            require(matrix.rows >= 0 && matrix.columns >= 0 && matrix.rows * matrix.columns == static_cast<std::int64_t>(matrix.values.size()),
                    "an array has another number of values than its size says");
        });
}

DSCOPE_FUZZ_TARGET(records)
{
    const auto parts = sections(bytes, 2);
    readRecords(bytesOf(parts[1]), parts[0]);
}

DSCOPE_FUZZ_TARGET(recordscan)
{
    readRecords(bytes, std::nullopt);
}

DSCOPE_FUZZ_TARGET(pack)
{
    // A description and what stands before it; the head and the digests are made, so that a changed byte gets past them.
    const auto given = sections(bytes, 2);
    constexpr std::size_t head = 4096;
    std::string description(given[0]);
    Json about = Json::parse(description, nullptr, false);
    if (about.is_object() && about.contains("tables") && about["tables"].is_object())
        for (auto &[name, table] : about["tables"].items()) {
            const auto whole = [&, &place = table](const char *key) {
                return place.is_object() && place.contains(key) && place[key].is_number_unsigned() ? place[key].get<std::uint64_t>() : 0;
            };
            const std::uint64_t begin = whole("offset");
            const std::uint64_t size = whole("bytes");
            if (table.is_object() && begin >= head && begin - head <= given[1].size() && size <= given[1].size() - (begin - head))
                table["sha256"] = sha256(given[1].substr(begin - head, size));
        }
    if (about.is_object())
        description = about.dump(-1, ' ', false, Json::error_handler_t::replace);
    std::string content =
        "DSCPACK\n" + test::little(1, 8) + test::little(head + given[1].size(), 8) + test::little(description.size(), 8) + sha256(description);
    content.resize(head, '\0');
    content.append(given[1]).append(description);
    refusable([&] {
        const PackedSet set = PackedSet::parse(bytesOf(content), "a.pack");
        for (std::size_t i = 0; i < set.size(); ++i) {
            (void)set.name(i);
            require(set.labels()[i] >= 0 && static_cast<std::size_t>(set.labels()[i]) < set.people().size(), "a packed picture is of no class");
            refusable([&] { (void)set.read(i); });
        }
    });
}

DSCOPE_FUZZ_TARGET(featurestore)
{
    const std::string content = storeOf("DSFEATS1", bytes);
    refusable([&] {
        const FeatureStore store(bytesOf(content), "a.features");
        Progress progress;
        store.read([](std::int64_t, const FeatureBlock &) {}, progress);
    });
}

DSCOPE_FUZZ_TARGET(clipstore)
{
    const std::string content = storeOf("DSCLIPS1", bytes);
    refusable([&] {
        const ClipStore store(bytesOf(content), "a.clips");
        Progress progress;
        store.read(
            [&](std::int64_t, const VideoClips &video) {
                require(video.features.size() == video.size() * static_cast<std::size_t>(store.info().dim), "a video's clips lack class scores");
            },
            progress);
    });
}

DSCOPE_FUZZ_TARGET(cache)
{
    refusable([&] {
        const std::string record = sealedRecord(textOf(bytes));
        require(encodeRecord(decodeRecord(record)).size() == record.size(), "a record of results that is read is written with another length");
    });
}

} // namespace dscope::fuzz
