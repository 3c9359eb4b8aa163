// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/progress.h"
#include "core/nets/network.h"
#include "core/sets/featurestore.h"
#include "core/sets/templates.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace dscope {

/// What the scores of a store of clips are of. Another value in `identity` means other scores: a store of another identity is not gone on with.
struct ClipStoreInfo {
    std::string benchmark;
    bool synthetic = false;
    std::string base;
    std::string ddnet;
    std::string device;               ///< "cpu" or "cuda"
    std::string clips;                ///< how videos were divided, in words
    std::string identity;             ///< a digest over hashes, preprocessing, division and the list of videos
    std::int64_t dim = 0;             ///< classes
    std::vector<std::string> classes; ///< their names, as the base has them; empty where it has none
    std::int64_t videos = 0;
    Cost baseCost; ///< of one clip
    Cost ddnetCost;
};

/// What was made of a video: its clips in the order of time.
struct VideoClips {
    Extracted outcome = Extracted::Scored; ///< of all of it; without a clip unless it was scored
    bool repeated = false;                 ///< shorter than a clip
    std::vector<TimeSpan> spans;           ///< [n]
    std::vector<float> dScores;            ///< [n]
    std::vector<float> motion;             ///< [n], motionEnergy()
    std::vector<float> features;           ///< [n, dim], class scores after softmax

    std::size_t size() const { return spans.size(); }
    bool operator==(const VideoClips &) const = default;
};

/// Writes a store video by video. Until finish() it is `path` + ".part"; another writer of the same info resumes after the last whole video, so that a store
/// extracted in several goes has the same bytes as one extracted at once.
///
/// The file: "DSCLIPS1" and what else storeHead() writes (schema "dscope.clips/1"), then for each video its outcome (u8), whether it was repeated (u8), two
/// bytes 0, the number n of its clips (u32), their spans (f32, from and to), D-scores, motion energies and features (f32), and blockDigest() (32 bytes).
class ClipStoreWriter {
public:
    /// @throws FileError if it cannot be written or another process writes it, Error for an info without dim
    ClipStoreWriter(const std::filesystem::path &path, const ClipStoreInfo &info);
    ~ClipStoreWriter();
    ClipStoreWriter(const ClipStoreWriter &) = delete;
    ClipStoreWriter &operator=(const ClipStoreWriter &) = delete;

    /// Videos written so far, those of an earlier writer included.
    std::int64_t count() const;
    /// Adds the next video and brings it to the disk. @throws Error if its arrays do not fit each other, FileError when the disk is full: those before stay
    void add(const VideoClips &video);
    /// Gives the file its name. @throws Error when videos are missing yet, FileError
    void finish();

private:
    struct State;
    std::unique_ptr<State> d;
};

/// Whether a file begins as a finished store of clips does.
bool isClipStore(const std::filesystem::path &file);

/// A finished store.
class ClipStore {
public:
    /// Reads the header and nothing else. @throws FileError for anything that is no store
    explicit ClipStore(const std::filesystem::path &path);
    /// The same of bytes in hand, which must outlive it. @param name what they are called in errors
    ClipStore(std::span<const std::uint8_t> bytes, const std::filesystem::path &name);
    ~ClipStore();
    ClipStore(const ClipStore &) = delete;
    ClipStore &operator=(const ClipStore &) = delete;

    const ClipStoreInfo &info() const;
    /// Hands every video to `use`, in their order. @throws FileError naming a damaged one, or a file that ends early or goes on behind the last; Cancelled
    void read(const std::function<void(std::int64_t video, const VideoClips &clips)> &use, Progress &progress) const;

private:
    struct State;
    std::unique_ptr<State> d;
};

} // namespace dscope
