// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/synthvideos.h"

#include "core/analysis/madeset.h"
#include "core/analysis/realfaces.h"
#include "core/base/csv.h"
#include "core/base/parallel.h"
#include "core/base/text.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <utility>

namespace dscope {

namespace fs = std::filesystem;

namespace {

constexpr std::int64_t s_folds = 10;

/// YouTube Faces as published: people with one to six videos.
constexpr std::array<std::int64_t, 6> s_ytfPeople{591, 471, 307, 167, 51, 8};
constexpr std::int64_t s_ytfVideos = 3425;
constexpr std::int64_t s_ytfFrames = 621126;
constexpr std::int64_t s_ytfShortest = 48;
constexpr std::int64_t s_ytfLongest = 6070;
constexpr double s_ytfLook = 1;

/// iQIYI-VID-FACE as published, and what a clip has here.
constexpr std::int64_t s_iqiyiPeople = 10034;
constexpr std::int64_t s_iqiyiClips = 643816;
constexpr std::uint64_t s_clipFrames = 5;
constexpr double s_iqiyiLook = 0.3;

std::string numbered(const char *format, std::int64_t number)
{
    return printed(format, static_cast<long long>(number));
}

/// Videos of every person, most first: shares of the published counts by largest remainder.
std::vector<std::int64_t> ytfVideos(double scale)
{
    const std::int64_t all = std::accumulate(s_ytfPeople.begin(), s_ytfPeople.end(), std::int64_t{0});
    const std::int64_t people = scaledCount(all, scale, 2 * s_folds);
    std::array<std::int64_t, s_ytfPeople.size()> counts{};
    std::array<std::size_t, s_ytfPeople.size()> order{};
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::int64_t left = people;
    for (std::size_t k = 0; k < counts.size(); ++k)
        left -= counts[k] = s_ytfPeople[k] * people / all;
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return s_ytfPeople[a] * people % all > s_ytfPeople[b] * people % all; });
    for (std::size_t k = 0; left > 0; ++k, --left)
        ++counts[order[k]];
    std::vector<std::int64_t> videos;
    for (std::size_t k = counts.size(); k-- > 0;)
        videos.insert(videos.end(), static_cast<std::size_t>(counts[k]), static_cast<std::int64_t>(k) + 1);
    return videos;
}

/// A video by its person and its number among theirs.
struct Video {
    std::int64_t person = 0;
    std::int64_t number = 0;
};
using VideoPair = std::pair<Video, Video>;

/// Person p is of fold p mod 10, so that nobody is in two folds. All pairs that a fold can have.
struct FoldPairs {
    std::vector<VideoPair> genuine;
    std::vector<VideoPair> impostor;
};
FoldPairs pairsOfFold(const std::vector<std::int64_t> &videos, std::int64_t fold)
{
    FoldPairs pairs;
    std::vector<Video> own;
    for (auto p = fold; p < static_cast<std::int64_t>(videos.size()); p += s_folds)
        for (std::int64_t v = 0; v < videos[static_cast<std::size_t>(p)]; ++v)
            own.push_back({p, v});
    for (std::size_t i = 0; i < own.size(); ++i)
        for (std::size_t j = i + 1; j < own.size(); ++j)
            (own[i].person == own[j].person ? pairs.genuine : pairs.impostor).emplace_back(own[i], own[j]);
    return pairs;
}

/// How many pairs of either kind each fold gets: the published 250, shrunk, or what the fold with the fewest has.
std::int64_t pairsEach(const std::vector<std::int64_t> &videos, double scale)
{
    std::int64_t each = scaledCount(250, scale, 1);
    for (std::int64_t fold = 0; fold < s_folds; ++fold) {
        const FoldPairs pairs = pairsOfFold(videos, fold);
        each = std::min({each, static_cast<std::int64_t>(pairs.genuine.size()), static_cast<std::int64_t>(pairs.impostor.size())});
    }
    return each;
}

/// splits.txt: in every fold first the genuine pairs, then as many impostor ones, each drawn without repetition.
void writeSplits(const fs::path &file, const std::vector<std::int64_t> &videos, std::int64_t each, std::uint64_t seed, Progress &progress,
                 const std::function<std::string(const Video &)> &name)
{
    std::vector<std::pair<VideoPair, bool>> chosen;
    for (std::int64_t fold = 0; fold < s_folds; ++fold) {
        progress.throwIfCancelled();
        FoldPairs pairs = pairsOfFold(videos, fold);
        Random random = madeRandom(seed, MadeStream::Pairs, fold);
        for (auto *kind : {&pairs.genuine, &pairs.impostor}) {
            random.shuffle(*kind);
            for (std::int64_t i = 0; i < each; ++i)
                chosen.emplace_back((*kind)[static_cast<std::size_t>(i)], kind == &pairs.genuine);
        }
    }
    writeMadeLines(file, static_cast<std::int64_t>(chosen.size()), progress, [&](std::int64_t i, std::string &text) {
        const auto &[pair, genuine] = chosen[static_cast<std::size_t>(i)];
        text += std::to_string(i / (2 * each) + 1) + ", " + std::to_string(i % (2 * each) + 1) + ", " + name(pair.first) + ", " + name(pair.second)
            + (genuine ? ", 1\n" : ", 0\n");
    });
}

/// Frames of the videos: skewed, from 48 to 6,070, 181.35 on average; both ends are there when all videos are.
std::vector<std::int64_t> ytfSizes(std::int64_t videos, std::int64_t frames, std::uint64_t seed)
{
    Random random = madeRandom(seed, MadeStream::Sizes, 0);
    std::vector<std::int64_t> ends;
    if (videos == s_ytfVideos)
        ends = {s_ytfShortest, s_ytfLongest};
    std::vector<std::int64_t> sizes(static_cast<std::size_t>(videos) - ends.size());
    for (std::int64_t &size : sizes)
        size = std::min(s_ytfLongest, s_ytfShortest + static_cast<std::int64_t>(std::exp(std::min(4.285 + 1.1 * random.normal(), 9.0))));
    adjustSizes(sizes, frames - std::accumulate(ends.begin(), ends.end(), std::int64_t{0}), s_ytfShortest, s_ytfLongest, random);
    sizes.insert(sizes.end(), ends.begin(), ends.end());
    random.shuffle(sizes);
    return sizes;
}

/// filelist.txt, d_scores.txt and embeddings.npy of a set that has no pictures. @param name of a template
void writeFrames(const fs::path &root, const MadeSet &set, std::int64_t dim, std::uint64_t seed, Progress &progress,
                 const std::function<std::string(std::int64_t t)> &name)
{
    const auto n = static_cast<std::int64_t>(set.faces.size());
    std::string folder;
    std::int64_t named = -1;
    const auto frameOf = [&](std::int64_t i) {
        const std::int64_t t = set.faces[static_cast<std::size_t>(i)].tid - 1;
        if (t != std::exchange(named, t))
            folder = name(t) + '/';
        return folder + std::to_string(i - set.begin[static_cast<std::size_t>(t)] + 1) + ".jpg";
    };
    progress.stage("Writing the lists");
    writeMadeLines(root / "filelist.txt", n, progress, [&](std::int64_t i, std::string &text) { text += frameOf(i) + '\n'; });
    writeMadeLines(root / "d_scores.txt", n, progress, [&](std::int64_t i, std::string &text) {
        text += frameOf(i) + ' ' + csvNumber(madeDScore(seed, set.faces[static_cast<std::size_t>(i)].quality, i)) + '\n';
    });
    writeMadeEmbeddings(root / "embeddings.npy", set, dim, seed, progress);
}

/// Clips of real faces: `clips` a person, of 6 to 24 frames in runs of good and bad ones.
void writeRealClips(const fs::path &root, const RealFaces &faces, std::int64_t people, std::int64_t clips, std::uint64_t seed, Progress &progress,
                    const std::function<fs::path(std::int64_t person, std::int64_t clip)> &folder)
{
    MadeSet set;
    for (std::int64_t p = 0; p < people; ++p)
        for (std::int64_t c = 0; c < clips; ++c) {
            Random random = madeRandom(seed, MadeStream::Sizes, p * clips + c);
            addTemplate(set, p, 6 + static_cast<std::int64_t>(random.below(19)), seed);
        }
    progress.stage("Writing " + std::to_string(set.faces.size()) + " frames");
    parallelFor(static_cast<std::int64_t>(set.person.size()), 1, progress, [&](std::int64_t from, std::int64_t to) {
        for (std::int64_t t = from; t < to; ++t)
            for (auto i = set.begin[static_cast<std::size_t>(t)]; i < set.begin[static_cast<std::size_t>(t) + 1]; ++i) {
                const MadeFace &face = set.faces[static_cast<std::size_t>(i)];
                const std::int64_t frame = i - set.begin[static_cast<std::size_t>(t)];
                writeJpegFile(root / folder(face.person, t % clips) / (std::to_string(t % clips) + "." + std::to_string(frame + 1) + ".jpg"),
                              faces.face(face.person, t % clips, clips, frame, face.quality < madeBadQuality, seed, i));
            }
    });
}

void writeRealYtf(const fs::path &root, const SynthOptions &options, Progress &progress)
{
    constexpr std::int64_t clips = 3; // 3,426 videos at scale 1
    const std::int64_t people = scaledCount(1142, options.scale, 2 * s_folds);
    const std::vector<std::int64_t> videos(static_cast<std::size_t>(people), clips);
    const std::int64_t each = pairsEach(videos, options.scale);
    const RealFaces faces(options, people, 2 * clips, progress);
    writeMadeMark(root,
                  "YouTube Faces' layout, " + std::to_string(people * clips) + " videos of " + std::to_string(people) + " people, "
                      + std::to_string(2 * each * s_folds) + " pairs.",
                  options);
    writeSplits(root / "splits.txt", videos, each, options.seed, progress,
                [&](const Video &video) { return faces.name(video.person) + '/' + std::to_string(video.number); });
    writeRealClips(root / "aligned_images_DB", faces, people, clips, options.seed, progress,
                   [&](std::int64_t person, std::int64_t clip) { return fs::path(faces.name(person)) / std::to_string(clip); });
}

std::string clipName(std::int64_t clip)
{
    return numbered("clip_%06lld", clip);
}

void writeRealIqiyi(const fs::path &root, const SynthOptions &options, Progress &progress)
{
    constexpr std::int64_t clips = 4;
    const std::int64_t people = scaledCount(s_iqiyiPeople, options.scale, 10);
    const RealFaces faces(options, people, 2 * clips, progress);
    writeMadeMark(root, "iQIYI-VID-FACE's layout, " + std::to_string(people * clips) + " clips of " + std::to_string(people) + " people.", options);
    writeMadeLines(root / "filelist.txt", people * clips, progress, [&](std::int64_t i, std::string &text) { text += clipName(i) + '\n'; });
    writeMadeLines(
        root / "identities.csv", people * clips, progress,
        [&](std::int64_t i, std::string &text) { text += clipName(i) + ',' + csvText(faces.name(i / clips)) + '\n'; }, "clip,identity\n");
    writeRealClips(root, faces, people, clips, options.seed, progress,
                   [&](std::int64_t person, std::int64_t clip) { return fs::path(clipName(person * clips + clip)); });
}

/// Clips of every person: all alike but for the remainder.
std::int64_t clipsOf(const SynthVideoCounts &counts, std::int64_t person)
{
    return counts.videos / counts.people + (person < counts.videos % counts.people ? 1 : 0);
}

} // namespace

SynthVideoCounts syntheticYtfCounts(double scale)
{
    checkSynthScale(scale);
    const std::vector<std::int64_t> videos = ytfVideos(scale);
    SynthVideoCounts counts;
    counts.people = static_cast<std::int64_t>(videos.size());
    counts.videos = std::accumulate(videos.begin(), videos.end(), std::int64_t{0});
    counts.frames = std::llround(static_cast<double>(s_ytfFrames) * static_cast<double>(counts.videos) / static_cast<double>(s_ytfVideos));
    counts.genuine = counts.impostor = pairsEach(videos, scale) * s_folds;
    return counts;
}

SynthVideoCounts syntheticIqiyiCounts(double scale)
{
    checkSynthScale(scale);
    SynthVideoCounts counts;
    counts.people = scaledCount(s_iqiyiPeople, scale, 10);
    counts.videos = std::llround(static_cast<double>(s_iqiyiClips) * static_cast<double>(counts.people) / static_cast<double>(s_iqiyiPeople));
    for (std::int64_t p = 0; p < counts.people; ++p)
        counts.genuine += clipsOf(counts, p) * (clipsOf(counts, p) - 1) / 2;
    counts.impostor = counts.videos * (counts.videos - 1) / 2 - counts.genuine;
    return counts;
}

void writeMadeYtf(const fs::path &root, const SynthOptions &options, Progress &progress)
{
    if (!options.pictures.empty()) {
        writeRealYtf(root, options, progress);
        return;
    }
    const SynthVideoCounts counts = syntheticYtfCounts(options.scale);
    const std::vector<std::int64_t> videos = ytfVideos(options.scale);
    writeMadeMark(root,
                  "YouTube Faces' layout, " + std::to_string(counts.frames) + " frames in " + std::to_string(counts.videos) + " videos of "
                      + std::to_string(counts.people) + " people, " + std::to_string(counts.genuine + counts.impostor) + " pairs.",
                  options);
    const auto nameOf = [](const Video &video) { return numbered("person_%04lld", video.person + 1) + '/' + std::to_string(video.number); };
    writeSplits(root / "splits.txt", videos, counts.genuine / s_folds, options.seed, progress, nameOf);
    const std::vector<std::int64_t> sizes = ytfSizes(counts.videos, counts.frames, options.seed);
    MadeSet set;
    set.look = s_ytfLook;
    std::vector<Video> names;
    for (std::int64_t p = 0; p < counts.people; ++p)
        for (std::int64_t v = 0; v < videos[static_cast<std::size_t>(p)]; ++v) {
            progress.throwIfCancelled();
            const double u = madeRandom(options.seed, MadeStream::BadShare, static_cast<std::int64_t>(names.size())).uniform();
            addVideo(set, p, sizes[names.size()], 2, 21, 2 * madeBadShare * u, options.seed);
            names.push_back({p, v});
        }
    writeFrames(root, set, options.dim > 0 ? options.dim : 512, options.seed, progress,
                [&](std::int64_t t) { return nameOf(names[static_cast<std::size_t>(t)]); });
}

void writeMadeIqiyi(const fs::path &root, const SynthOptions &options, Progress &progress)
{
    if (!options.pictures.empty()) {
        writeRealIqiyi(root, options, progress);
        return;
    }
    const SynthVideoCounts counts = syntheticIqiyiCounts(options.scale);
    MadeSet set;
    set.look = s_iqiyiLook;
    for (std::int64_t p = 0; p < counts.people; ++p) {
        progress.throwIfCancelled();
        for (std::int64_t c = clipsOf(counts, p); c > 0; --c) {
            Random random = madeRandom(options.seed, MadeStream::Sizes, static_cast<std::int64_t>(set.person.size()));
            // Frames of a clip lie far apart, so each is a run of its own.
            addVideo(set, p, 1 + static_cast<std::int64_t>(random.below(s_clipFrames)), 1, 1, madeBadShare, options.seed);
        }
    }
    writeMadeMark(root,
                  "iQIYI-VID-FACE's layout, " + std::to_string(set.faces.size()) + " frames in " + std::to_string(counts.videos) + " clips of "
                      + std::to_string(counts.people) + " people.",
                  options);
    writeMadeLines(
        root / "identities.csv", counts.videos, progress,
        [&](std::int64_t t, std::string &text) { text += clipName(t) + ',' + numbered("person_%05lld", set.person[static_cast<std::size_t>(t)] + 1) + '\n'; },
        "clip,identity\n");
    writeFrames(root, set, options.dim > 0 ? options.dim : 128, options.seed, progress, clipName);
}

} // namespace dscope
