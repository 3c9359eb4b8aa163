// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/sets/featurestore.h"

#include "core/base/error.h"
#include "core/base/fileorbytes.h"
#include "core/base/jsonfields.h"
#include "core/base/parallel.h"
#include "core/base/partfile.h"
#include "core/sets/storehead.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstring>
#include <string_view>
#include <tuple>

namespace dscope {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view s_magic = "DSFEATS1";
constexpr const char *s_schema = "dscope.features/1";
constexpr std::int64_t s_widest = 65536;
constexpr std::size_t s_digest = std::tuple_size_v<BlockDigest>;

std::string headerOf(const FeatureStoreInfo &info)
{
    const Json json{{"schema", s_schema},
                    {"benchmark", info.benchmark},
                    {"synthetic", info.synthetic},
                    {"base", info.base},
                    {"ddnet", info.ddnet},
                    {"detector", info.detector},
                    {"device", info.device},
                    {"flip", info.flip},
                    {"identity", info.identity},
                    {"dim", info.dim},
                    {"pictures", info.pictures},
                    {"base_mac", info.baseCost.mac},
                    {"base_flop", info.baseCost.flop},
                    {"ddnet_mac", info.ddnetCost.mac},
                    {"ddnet_flop", info.ddnetCost.flop}};
    return storeHead(s_magic, json);
}

/// Where a block of `n` pictures has its parts.
struct Layout {
    std::size_t n = 0;
    std::size_t dScores = 0;
    std::size_t detector = 0;
    std::size_t features = 0;
    std::size_t bytes = 0; ///< without the digest

    Layout(std::int64_t pictures, std::int64_t dim) : n(static_cast<std::size_t>(pictures))
    {
        dScores = (n + 3) / 4 * 4;
        detector = dScores + 4 * n;
        features = detector + 4 * n;
        bytes = features + 4 * n * static_cast<std::size_t>(dim);
    }
};

std::int64_t picturesOf(const FeatureStoreInfo &info, std::int64_t block)
{
    return std::min(storeBlock, info.pictures - block * storeBlock);
}

std::int64_t blocksOf(const FeatureStoreInfo &info)
{
    return (info.pictures + storeBlock - 1) / storeBlock;
}

std::uint64_t placeOf(std::size_t header, const FeatureStoreInfo &info, std::int64_t block)
{
    const Layout whole(storeBlock, info.dim);
    const auto full = static_cast<std::uint64_t>(std::min(block, info.pictures / storeBlock));
    std::uint64_t place = header + full * (whole.bytes + s_digest);
    if (block > static_cast<std::int64_t>(full))
        place += Layout(info.pictures % storeBlock, info.dim).bytes + s_digest;
    return place;
}

/// The bytes of a block if they are whole and as they were written; else false. @param file a PartFile or FileOrBytes
template<typename Source>
bool readBlock(const Source &file, const std::string &header, const FeatureStoreInfo &info, std::int64_t block, std::vector<char> &bytes)
{
    const Layout layout(picturesOf(info, block), info.dim);
    bytes.resize(layout.bytes + s_digest);
    if (file.readSome(placeOf(header.size(), info, block), bytes.data(), bytes.size()) != bytes.size())
        return false;
    const BlockDigest digest = blockDigest(header, block, bytes.data(), layout.bytes);
    return std::memcmp(digest.data(), bytes.data() + layout.bytes, s_digest) == 0;
}

} // namespace

std::string describe(Extracted outcome)
{
    switch (outcome) {
    case Extracted::Scored: return "was scored";
    case Extracted::Missing: return "is missing";
    case Extracted::Unreadable: return "cannot be read";
    case Extracted::NoFace: return "shows no face that could be found";
    case Extracted::NotFinite: return "gave a feature that is not a finite number";
    }
    return "is unknown";
}

bool operator==(const FeatureStoreInfo &a, const FeatureStoreInfo &b)
{
    return headerOf(a) == headerOf(b);
}

struct FeatureStoreWriter::State {
    FeatureStoreInfo info;
    std::string header;
    PartFile file;
    std::int64_t blocks = 0;

    State(const fs::path &path, const FeatureStoreInfo &of) : info(of), header(headerOf(of)), file(path)
    {
        std::vector<char> bytes;
        // Blocks are written in order, so mostly only the last one is torn; one that was damaged since must not come into the store either.
        if (file.takeUp(header))
            while (blocks < blocksOf(info) && readBlock(file, header, info, blocks, bytes))
                ++blocks;
        file.cut(placeOf(header.size(), info, blocks));
    }
};

FeatureStoreWriter::FeatureStoreWriter(const fs::path &path, const FeatureStoreInfo &info) : d(nullptr)
{
    if (info.dim < 1 || info.dim > s_widest || info.pictures < 0)
        throw Error("A store of features needs features of 1 to " + std::to_string(s_widest) + " values; " + std::to_string(info.dim) + " were asked for.");
    d = new State(path, info);
}

FeatureStoreWriter::~FeatureStoreWriter()
{
    delete d;
}

std::int64_t FeatureStoreWriter::count() const
{
    return std::min(d->blocks * storeBlock, d->info.pictures);
}

void FeatureStoreWriter::add(const FeatureBlock &block)
{
    const std::int64_t wanted = d->blocks < blocksOf(d->info) ? picturesOf(d->info, d->blocks) : 0;
    const auto n = static_cast<std::size_t>(wanted);
    if (n == 0 || block.size() != n || block.dScores.size() != n || block.detector.size() != n
        || block.features.size() != n * static_cast<std::size_t>(d->info.dim))
        throw Error("A block of " + std::to_string(block.size()) + " pictures does not fit into the store; " + std::to_string(wanted) + " are due.");
    const Layout layout(wanted, d->info.dim);
    std::vector<char> bytes(layout.bytes, '\0');
    std::memcpy(bytes.data(), block.outcomes.data(), n);
    std::memcpy(bytes.data() + layout.dScores, block.dScores.data(), 4 * n);
    std::memcpy(bytes.data() + layout.detector, block.detector.data(), 4 * n);
    std::memcpy(bytes.data() + layout.features, block.features.data(), 4 * block.features.size());
    const BlockDigest digest = blockDigest(d->header, d->blocks, bytes.data(), bytes.size());
    bytes.insert(bytes.end(), digest.begin(), digest.end());
    d->file.append(bytes.data(), bytes.size());
    d->file.sync();
    ++d->blocks;
}

void FeatureStoreWriter::finish()
{
    if (count() < d->info.pictures)
        throw Error("A store of " + std::to_string(d->info.pictures) + " pictures has only " + std::to_string(count()) + " yet.");
    d->file.finish();
}

struct FeatureStore::State {
    fs::path path;
    FeatureStoreInfo info;
    std::string header;
    FileOrBytes file;

    explicit State(FileOrBytes bytes) : path(bytes.path()), file(std::move(bytes))
    {
        const std::uint64_t size = file.size();
        header = readStoreHead(file, s_magic);
        parse();
        // Lengths are bounded before they are added up: pictures and dim by what a file can hold.
        const std::uint64_t least = static_cast<std::uint64_t>(info.pictures) * (9 + 4 * static_cast<std::uint64_t>(info.dim));
        if (static_cast<std::uint64_t>(info.pictures) > size || least > size || placeOf(header.size(), info, blocksOf(info)) != size)
            throw FileError(path, "has " + std::to_string(size) + " bytes, which do not fit the " + std::to_string(info.pictures) + " pictures of its header.");
    }

    void parse()
    {
        const Json json = storeHeader(header, s_schema, path);
        const JsonFields from(json, path);
        const auto cost = [&](const char *field) { return from.whole(field, 0, std::int64_t{1} << 62); };
        info = {from.text("benchmark"),
                from.flag("synthetic"),
                from.text("base"),
                from.text("ddnet"),
                from.text("detector"),
                from.text("device"),
                from.flag("flip"),
                from.text("identity"),
                from.whole("dim", 1, s_widest),
                from.whole("pictures", 0, std::int64_t{1} << 40),
                {cost("base_mac"), cost("base_flop")},
                {cost("ddnet_mac"), cost("ddnet_flop")}};
    }
};

FeatureStore::FeatureStore(const fs::path &path) : d(new State(FileOrBytes(path))) {}

FeatureStore::FeatureStore(std::span<const std::uint8_t> bytes, const fs::path &name) : d(new State(FileOrBytes(bytes, name))) {}

FeatureStore::~FeatureStore()
{
    delete d;
}

const FeatureStoreInfo &FeatureStore::info() const
{
    return d->info;
}

std::optional<std::int64_t> FeatureStore::damagedBlock(Progress &progress) const
{
    std::atomic<std::int64_t> damaged = -1;
    parallelFor(blocksOf(d->info), 1, progress, [&](std::int64_t begin, std::int64_t end) {
        std::vector<char> bytes;
        for (std::int64_t number = begin; number < end && damaged < 0; ++number)
            if (!readBlock(d->file, d->header, d->info, number, bytes))
                damaged = number;
    });
    return damaged < 0 ? std::nullopt : std::optional(damaged.load());
}

void FeatureStore::read(const std::function<void(std::int64_t, const FeatureBlock &)> &use, Progress &progress) const
{
    parallelFor(blocksOf(d->info), 1, progress, [&](std::int64_t begin, std::int64_t end) {
        std::vector<char> bytes;
        for (std::int64_t number = begin; number < end; ++number) {
            const std::string where = "block " + std::to_string(number);
            if (!readBlock(d->file, d->header, d->info, number, bytes))
                throw FileError(d->path, where + " is damaged (its digest does not fit); remove the file and extract the features again.");
            const Layout layout(picturesOf(d->info, number), d->info.dim);
            FeatureBlock block;
            block.outcomes.resize(layout.n);
            block.dScores.resize(layout.n);
            block.detector.resize(layout.n);
            block.features.resize(layout.n * static_cast<std::size_t>(d->info.dim));
            std::memcpy(block.outcomes.data(), bytes.data(), layout.n);
            std::memcpy(block.dScores.data(), bytes.data() + layout.dScores, 4 * layout.n);
            std::memcpy(block.detector.data(), bytes.data() + layout.detector, 4 * layout.n);
            std::memcpy(block.features.data(), bytes.data() + layout.features, 4 * block.features.size());
            const auto finite = [](float value) { return std::isfinite(value); };
            const auto known = [](Extracted outcome) { return static_cast<std::uint8_t>(outcome) <= static_cast<std::uint8_t>(Extracted::NotFinite); };
            if (!std::all_of(block.outcomes.begin(), block.outcomes.end(), known) || !std::all_of(block.dScores.begin(), block.dScores.end(), finite)
                || !std::all_of(block.detector.begin(), block.detector.end(), finite) || !std::all_of(block.features.begin(), block.features.end(), finite))
                throw FileError(d->path, where + " holds something that is no outcome or no finite number.");
            use(number * storeBlock, block);
        }
    });
}

} // namespace dscope
