// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/json.h"
#include "core/base/progress.h"
#include "core/nets/network.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace dscope {

/// What became of a picture that a benchmark lists.
enum class Extracted : std::uint8_t {
    Scored = 0,
    Missing = 1,    ///< there is no such file
    Unreadable = 2, ///< it is no picture, or damaged
    NoFace = 3,     ///< the detector found none, or the landmarks given are of no use
    NotFinite = 4   ///< a network gave something that is no number
};
/// "was scored", "is missing", "cannot be read", "shows no face that could be found", "gave a feature that is not a finite number"
std::string describe(Extracted outcome);

/// What the features of a store are of. Another value in `identity` means other features: a store of another identity is not gone on with.
struct FeatureStoreInfo {
    std::string benchmark;
    bool synthetic = false;
    std::string base;
    std::string ddnet;
    std::string detector; ///< empty: landmarks or aligned faces were given
    std::string device;   ///< "cpu" or "cuda": features differ in their last digits
    bool flip = false;    ///< f + f of the mirrored picture
    std::string identity; ///< a digest over hashes, preprocessing, switches and the list of pictures
    std::int64_t dim = 0;
    std::int64_t pictures = 0;
    Cost baseCost; ///< of one picture; twice the network's where it runs on the mirrored one as well
    Cost ddnetCost;
};
bool operator==(const FeatureStoreInfo &a, const FeatureStoreInfo &b);

/// Features, D-scores and detector's scores of a run of pictures.
struct FeatureBlock {
    std::vector<Extracted> outcomes; ///< [n]
    std::vector<float> dScores;      ///< [n], 0 where not scored
    std::vector<float> detector;     ///< [n], -1 where no detector was asked
    std::vector<float> features;     ///< [n, dim], 0 where not scored

    std::size_t size() const { return outcomes.size(); }
};

/// Pictures a block: what is lost at most when extraction is killed.
inline constexpr std::int64_t storeBlock = 256;

/// Writes a store block by block. Until finish() it is `path` + ".part"; another writer of the same info goes on after the last whole block, so
/// that a store extracted in several goes has the same bytes as one extracted at once.
///
/// The file: "DSFEATS1", the header's length (u64, little-endian, as all numbers), the header (JSON, schema "dscope.features/1", padded with blanks
/// to a multiple of 64 bytes with what stands before), then for every storeBlock pictures their outcomes (u8, padded to a multiple of 4), D-scores,
/// detector's scores and features (f32), and the SHA-256 over header, block number and block (32 bytes). Every length follows from the header.
class FeatureStoreWriter {
public:
    /// @throws FileError if it cannot be written or another process writes it, Error for an info without dim
    FeatureStoreWriter(const std::filesystem::path &path, const FeatureStoreInfo &info);
    ~FeatureStoreWriter();
    FeatureStoreWriter(const FeatureStoreWriter &) = delete;
    FeatureStoreWriter &operator=(const FeatureStoreWriter &) = delete;

    /// Pictures written so far, those of an earlier writer included.
    std::int64_t count() const;
    /// Adds the next storeBlock pictures (the last block has what is left) and brings them to the disk.
    /// @throws Error if the block has another size, FileError when the disk is full: the blocks before stay
    void add(const FeatureBlock &block);
    /// Gives the file its name. @throws Error when pictures are missing yet, FileError
    void finish();

private:
    struct State;
    State *d;
};

/// A finished store.
class FeatureStore {
public:
    /// Reads the header and nothing else. @throws FileError for anything that is no store, or one whose length does not fit its header
    explicit FeatureStore(const std::filesystem::path &path);
    /// The same of bytes in hand, which must outlive it. @param name what they are called in errors
    FeatureStore(std::span<const std::uint8_t> bytes, const std::filesystem::path &name);
    ~FeatureStore();
    FeatureStore(const FeatureStore &) = delete;
    FeatureStore &operator=(const FeatureStore &) = delete;

    const FeatureStoreInfo &info() const;
    /// The first block found that is not as it was written; nothing where all are. @throws Cancelled
    std::optional<std::int64_t> damagedBlock(Progress &progress) const;
    /// Hands every block to `use`, checked against its digest; blocks come in any order and from several threads at once.
    /// @param use the block and the place of its first picture @throws FileError naming a damaged block, Cancelled
    void read(const std::function<void(std::int64_t begin, const FeatureBlock &block)> &use, Progress &progress) const;

private:
    struct State;
    State *d;
};

} // namespace dscope
