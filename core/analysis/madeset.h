// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/analysis/synth.h"
#include "core/base/progress.h"
#include "core/base/random.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace dscope {

/// What the random numbers of a made set are drawn for: streams of one seed that never meet.
enum class MadeStream : std::uint64_t { Sizes = 1, Media, Person, Common, MediaVector, Face, Pairs, Picture, Quality, Look, BadShare };
Random madeRandom(std::uint64_t seed, MadeStream what, std::int64_t number);

struct MadeFace {
    std::int64_t person = 0;
    std::int64_t tid = 0; ///< from 1
    std::int64_t media = 0;
    double quality = 0; ///< q of the model
};
/// Below this a real picture is degraded.
inline constexpr double madeBadQuality = 0.35;
/// The probability of a media to be bad, where a set says nothing else.
inline constexpr double madeBadShare = 0.35;

/// The faces of templates in order, and the template each begins at.
struct MadeSet {
    std::vector<MadeFace> faces;
    std::vector<std::int64_t> begin{0};
    std::vector<std::int64_t> person; ///< of a template
    std::int64_t media = 0;           ///< runs so far
    /// How otherwise a person looks in another template: the person's vector becomes (x + look v) / |x + look v|, v drawn for the template.
    double look = 0;
};

/// A template of stills and runs of a video, as IJB's are: half of the media are stills, the others runs of 2 to 21 frames; a media is bad with
/// probability 0.35.
void addTemplate(MadeSet &set, std::int64_t person, std::int64_t size, std::uint64_t seed);
/// A template that is a video: runs of `shortest` to `longest` frames, each bad with probability `badShare`.
void addVideo(MadeSet &set, std::int64_t person, std::int64_t size, std::int64_t shortest, std::int64_t longest, double badShare, std::uint64_t seed);
/// Adds and takes away one at a time, anywhere, until the sizes sum to `total`; none leaves least to most. @throws Error when that cannot be
void adjustSizes(std::vector<std::int64_t> &sizes, std::int64_t total, std::int64_t least, std::int64_t most, Random &random);

/// D of the model in core/analysis/synth.h. @param face its place in the set
float madeDScore(std::uint64_t seed, double quality, std::int64_t face);
/// f of the model for every face: float32 [faces, dim]. @throws FileError, Cancelled
void writeMadeEmbeddings(const std::filesystem::path &file, const MadeSet &set, std::int64_t dim, std::uint64_t seed, Progress &progress);

/// Writes a list whose lines are each made when its turn comes. @throws FileError, Cancelled
void writeMadeLines(const std::filesystem::path &file, std::int64_t count, Progress &progress,
                    const std::function<void(std::int64_t i, std::string &text)> &line, const std::string &head = {});
/// SYNTHETIC.txt. @param what in one sentence
void writeMadeMark(const std::filesystem::path &root, const std::string &what, const SynthOptions &options);

/// @throws UsageError for a scale outside (0, 1]
void checkSynthScale(double scale);
/// count * scale, rounded, not below `least`.
std::int64_t scaledCount(std::int64_t count, double scale, std::int64_t least);

} // namespace dscope
