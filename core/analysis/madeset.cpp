// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/madeset.h"

#include "core/base/csv.h"
#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/npy.h"
#include "core/base/parallel.h"
#include "core/datasets/benchmark.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <ostream>
#include <span>

namespace dscope {

namespace fs = std::filesystem;

namespace {

constexpr std::int64_t s_lowDimension = 64;

double qualityOf(std::uint64_t seed, bool bad, std::int64_t face)
{
    Random random = madeRandom(seed, MadeStream::Quality, face);
    return bad ? -0.8 + 0.9 * random.normal() : 1.5 + 0.6 * random.normal();
}

/// Begins a template; its runs follow.
std::int64_t begin(MadeSet &set, std::int64_t person)
{
    set.person.push_back(person);
    set.begin.push_back(set.begin.back());
    return static_cast<std::int64_t>(set.person.size());
}

void addRun(MadeSet &set, std::int64_t person, std::int64_t tid, std::int64_t frames, bool bad, std::uint64_t seed)
{
    for (std::int64_t i = 0; i < frames; ++i)
        set.faces.push_back({person, tid, set.media, qualityOf(seed, bad, static_cast<std::int64_t>(set.faces.size()))});
    ++set.media;
    set.begin.back() = static_cast<std::int64_t>(set.faces.size());
}

/// One of `low` coordinates, scaled to unit length or by 1 / sqrt(low).
std::vector<float> lowVector(Random random, std::int64_t low, bool unit)
{
    std::vector<float> vector(static_cast<std::size_t>(low));
    double squares = 0;
    for (float &value : vector) {
        value = static_cast<float>(random.normal());
        squares += static_cast<double>(value) * static_cast<double>(value);
    }
    const double scale = 1 / std::sqrt(unit ? squares : static_cast<double>(low));
    for (float &value : vector)
        value = static_cast<float>(value * scale);
    return vector;
}

/// The person as this template shows it.
std::vector<float> lookOf(const MadeSet &set, const MadeFace &face, std::int64_t low, std::uint64_t seed)
{
    std::vector<float> person = lowVector(madeRandom(seed, MadeStream::Person, face.person), low, true);
    if (set.look == 0)
        return person;
    const std::vector<float> look = lowVector(madeRandom(seed, MadeStream::Look, face.tid), low, false);
    double squares = 0;
    for (std::size_t k = 0; k < person.size(); ++k) {
        person[k] = static_cast<float>(static_cast<double>(person[k]) + set.look * static_cast<double>(look[k]));
        squares += static_cast<double>(person[k]) * static_cast<double>(person[k]);
    }
    for (float &value : person)
        value = static_cast<float>(static_cast<double>(value) / std::sqrt(squares));
    return person;
}

void makeFeature(const MadeSet &set, std::int64_t number, const std::vector<float> &common, std::int64_t dim, std::uint64_t seed, std::span<float> out)
{
    const MadeFace &face = set.faces[static_cast<std::size_t>(number)];
    const std::int64_t low = std::min(s_lowDimension, dim);
    const std::vector<float> person = lookOf(set, face, low, seed);
    const std::vector<float> media = lowVector(madeRandom(seed, MadeStream::MediaVector, face.media), low, false);
    Random random(seed ^ 0x5EED5EEDULL, static_cast<std::uint64_t>(number));
    const double own = 1.1 / std::sqrt(static_cast<double>(dim));
    const double strength = std::log1p(std::exp(face.quality));
    const double drift = 0.5 * std::log1p(std::exp(-face.quality));
    for (std::size_t k = 0; k < out.size(); ++k) {
        double value = own * random.normal();
        if (k < person.size())
            value += strength * person[k] + drift * common[k] + 0.8 * media[k];
        out[k] = static_cast<float>(12 * value);
    }
}

} // namespace

Random madeRandom(std::uint64_t seed, MadeStream what, std::int64_t number)
{
    return Random(seed, (static_cast<std::uint64_t>(what) << 40) + static_cast<std::uint64_t>(number));
}

void addTemplate(MadeSet &set, std::int64_t person, std::int64_t size, std::uint64_t seed)
{
    const std::int64_t tid = begin(set, person);
    for (std::int64_t left = size; left > 0;) {
        Random random = madeRandom(seed, MadeStream::Media, set.media);
        const std::int64_t run = std::min<std::int64_t>(left, random.chance(0.5) ? 1 : 2 + static_cast<std::int64_t>(random.below(20)));
        addRun(set, person, tid, run, random.chance(madeBadShare), seed);
        left -= run;
    }
}

void addVideo(MadeSet &set, std::int64_t person, std::int64_t size, std::int64_t shortest, std::int64_t longest, double badShare, std::uint64_t seed)
{
    const std::int64_t tid = begin(set, person);
    for (std::int64_t left = size; left > 0;) {
        Random random = madeRandom(seed, MadeStream::Media, set.media);
        const std::int64_t run = std::min(left, shortest + static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(longest - shortest + 1))));
        addRun(set, person, tid, run, random.chance(badShare), seed);
        left -= run;
    }
}

void adjustSizes(std::vector<std::int64_t> &sizes, std::int64_t total, std::int64_t least, std::int64_t most, Random &random)
{
    const auto count = static_cast<std::int64_t>(sizes.size());
    if (total < count * least || total / most > count || (total / most == count && total % most > 0))
        throw Error(std::to_string(count) + " templates of " + std::to_string(least) + " to " + std::to_string(most) + " faces cannot have "
                    + std::to_string(total) + " together.");
    std::int64_t sum = std::accumulate(sizes.begin(), sizes.end(), std::int64_t{0});
    while (sum != total) {
        std::int64_t &size = sizes[random.below(sizes.size())];
        if (sum < total && size < most)
            ++size, ++sum;
        else if (sum > total && size > least)
            --size, --sum;
    }
}

float madeDScore(std::uint64_t seed, double quality, std::int64_t face)
{
    Random random = madeRandom(seed, MadeStream::Face, face);
    return static_cast<float>(1 / (1 + std::exp(0.6 - (quality + 0.7 * random.normal()) / 1.2)));
}

void writeMadeEmbeddings(const fs::path &file, const MadeSet &set, std::int64_t dim, std::uint64_t seed, Progress &progress)
{
    progress.stage("Drawing " + std::to_string(set.faces.size()) + " embeddings");
    const std::vector<float> common = lowVector(madeRandom(seed, MadeStream::Common, 0), std::min(s_lowDimension, dim), true);
    const auto n = static_cast<std::int64_t>(set.faces.size());
    const std::int64_t block = std::max<std::int64_t>(128, (std::int64_t{1} << 21) / dim); // 8 MiB, so that a wish to cancel is soon heard
    writeAtomically(file, [&](std::ostream &out) {
        out << npyHeader({n, dim});
        std::vector<float> rows;
        for (std::int64_t begin = 0; begin < n; begin += block) {
            progress.checkpoint(begin, n);
            const std::int64_t count = std::min(block, n - begin);
            rows.resize(static_cast<std::size_t>(count * dim));
            Progress inner; // the outer one is reported to between blocks
            parallelFor(count, 128, inner, [&](std::int64_t from, std::int64_t to) {
                for (std::int64_t i = from; i < to; ++i)
                    makeFeature(set, begin + i, common, dim, seed,
                                std::span<float>(rows).subspan(static_cast<std::size_t>(i * dim), static_cast<std::size_t>(dim)));
            });
            out.write(reinterpret_cast<const char *>(rows.data()), static_cast<std::streamsize>(rows.size() * sizeof(float)));
        }
    });
}

void writeMadeLines(const fs::path &file, std::int64_t count, Progress &progress, const std::function<void(std::int64_t, std::string &)> &line,
                    const std::string &head)
{
    constexpr std::size_t flushed = std::size_t{1} << 20;
    constexpr std::int64_t between = 4096;
    writeAtomically(file, [&](std::ostream &out) {
        out << head;
        std::string text;
        for (std::int64_t i = 0; i < count; ++i) {
            if (i % between == 0)
                progress.checkpoint(i, count);
            line(i, text);
            if (text.size() < flushed)
                continue;
            out << text;
            text.clear();
        }
        out << text;
    });
}

void writeMadeMark(const fs::path &root, const std::string &what, const SynthOptions &options)
{
    writeAtomically(root / syntheticMark,
                    "This set was made by `dscope synth`, not collected: " + what + "\nseed " + std::to_string(options.seed) + ", scale "
                        + csvNumber(options.scale) + (options.pictures.empty() ? std::string() : ", faces of " + options.pictures.string())
                        + "\nIts figures cannot be compared with published ones. docs/synthetic.md states how it was made.\n");
}

void checkSynthScale(double scale)
{
    if (!(scale > 0 && scale <= 1))
        throw UsageError("The scale lies above 0 and is at most 1.");
}

std::int64_t scaledCount(std::int64_t count, double scale, std::int64_t least)
{
    return std::max(least, static_cast<std::int64_t>(std::llround(static_cast<double>(count) * scale)));
}

} // namespace dscope
