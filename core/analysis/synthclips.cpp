// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/synthclips.h"

#include "core/analysis/clipstretch.h"
#include "core/analysis/madeset.h"
#include "core/analysis/madevideos.h"
#include "core/base/error.h"
#include "core/base/leftout.h"
#include "core/base/parallel.h"
#include "core/base/text.h"
#include "core/datasets/sourcedvideos.h"
#include "core/media/videowriter.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <mutex>
#include <numeric>
#include <optional>
#include <utility>

namespace dscope {

namespace fs = std::filesystem;

namespace {

enum class ClipDraw : std::uint64_t { Split = 0xC11900, Shuffled, Frozen, Place, Others, Order }; ///< what is drawn, each from a sequence of its own

Random drawOf(std::uint64_t seed, ClipDraw what, std::uint64_t number)
{
    return Random(seed, (static_cast<std::uint64_t>(what) << 40) + number);
}

/// What lies at all the places.
SourcedVideos readAll(const std::vector<fs::path> &from, Progress &progress)
{
    progress.stage("Reading the lists");
    SourcedVideos all;
    for (const fs::path &one : from) {
        SourcedVideos some = readSourcedVideos(one, progress);
        std::move(some.videos.begin(), some.videos.end(), std::back_inserter(all.videos));
        for (const std::string &warning : some.warnings)
            progress.notice(warning);
    }
    return all;
}

/// How long each is at the rate of the made set; 0 for what cannot be read, which is said.
std::vector<std::int64_t> lengthsOf(const SourcedVideos &set, Progress &progress)
{
    progress.stage("Looking at " + std::to_string(set.videos.size()) + " videos");
    std::vector<std::int64_t> lengths(set.videos.size());
    LeftOut broken;
    for (std::size_t i = 0; i < set.videos.size(); ++i) {
        progress.checkpoint(static_cast<std::int64_t>(i), std::ssize(set.videos));
        try {
            lengths[i] = ClipStretch(set.videos[i].file, progress).frames();
        } catch (const Error &) {
            broken.add(set.videos[i].file.filename().string());
        }
    }
    if (broken.count() > 0)
        progress.notice(broken.sentence("video cannot be read and was", "videos cannot be read and were"));
    return lengths;
}

/// By video, the number of its source; sources count by the order of their names.
std::vector<std::size_t> sourceNumbers(const SourcedVideos &set, std::size_t &count)
{
    std::map<std::string, std::size_t> numbers;
    for (const SourcedVideo &video : set.videos)
        numbers.try_emplace(video.source, 0);
    count = 0;
    for (auto &[name, number] : numbers)
        number = count++;
    std::vector<std::size_t> all;
    for (const SourcedVideo &video : set.videos)
        all.push_back(numbers.at(video.source));
    return all;
}

void tellOfCodec(Progress &progress)
{
    if (const std::string notice = videoCodecNotice(); !notice.empty())
        progress.notice(notice);
}

/// A piece of a video out of which one of each pace is made.
struct Piece {
    std::size_t video = 0;
    std::int64_t begin = 0; ///< at the rate
};

constexpr std::int64_t s_pieceFrames = 2 * paceFrames;
constexpr std::int64_t s_mostPieces = 24; ///< of a video

std::vector<Piece> piecesOf(const std::vector<std::int64_t> &lengths, const SourcedVideos &set, Progress &progress)
{
    std::vector<Piece> pieces;
    LeftOut brief;
    for (std::size_t i = 0; i < lengths.size(); ++i) {
        const std::int64_t fit = lengths[i] / s_pieceFrames;
        if (fit == 0 && lengths[i] > 0)
            brief.add(set.videos[i].file.filename().string());
        const std::int64_t count = std::min(fit, s_mostPieces);
        for (std::int64_t p = 0; p < count; ++p)
            pieces.push_back({i, p * fit / count * s_pieceFrames});
    }
    if (brief.count() > 0)
        progress.notice(brief.sentence("video is shorter than 1.6 s and was", "videos are shorter than 1.6 s and were"));
    return pieces;
}

constexpr std::int64_t s_clipFrames = 60;      ///< of a clip among others at most: 2 s
constexpr std::int64_t s_leastClipFrames = 16; ///< what is shorter is no clip
constexpr std::int64_t s_fewestOthers = 9;
constexpr std::int64_t s_mostOthers = 59;
constexpr std::int64_t s_trainingCopies = 2; ///< videos that a clip is the telling one of, at scale 1
constexpr std::int64_t s_validationCopies = 4;

/// Clips of videos, kept as far as half a gigabyte goes. From any thread.
class ClipShelf {
public:
    ClipShelf(const SourcedVideos &set, const std::vector<std::int64_t> &lengths) : m_set(set), m_lengths(lengths) {}

    std::shared_ptr<const std::vector<Picture>> clip(std::size_t video, Progress &progress)
    {
        const std::lock_guard lock(m_mutex);
        if (const auto found = m_clips.find(video); found != m_clips.end())
            return found->second;
        constexpr std::size_t mostClips = 180; // of 60 frames with 128 x 128 pixels
        if (m_clips.size() >= mostClips)
            m_clips.erase(m_clips.begin());
        ClipStretch stretch(m_set.videos[video].file, progress);
        const std::int64_t count = std::min(s_clipFrames, m_lengths[video]);
        auto clip = std::make_shared<const std::vector<Picture>>(stretch.read((m_lengths[video] - count) / 2, count, progress));
        m_clips[video] = clip;
        return clip;
    }

private:
    const SourcedVideos &m_set;
    const std::vector<std::int64_t> &m_lengths;
    std::mutex m_mutex;
    std::map<std::size_t, std::shared_ptr<const std::vector<Picture>>> m_clips;
};

/// An untrimmed video in the making.
struct TellingVideo {
    struct Part {
        std::size_t video = 0;
        bool mirrored = false;
    };
    bool training = false;
    std::vector<Part> parts;
    std::size_t telling = 0; ///< which of them
};

Picture mirroredFrame(const Picture &in)
{
    Picture out(in.width, in.height);
    for (int y = 0; y < in.height; ++y)
        for (int x = 0; x < in.width; ++x)
            std::copy_n(in.row(y) + 3 * x, 3, out.row(y) + 3 * (in.width - 1 - x));
    return out;
}

/// Whether each side has every label, and background of two sources or more, so that there are others of another source for every clip.
bool sidesDo(const SourcedVideos &set, const std::vector<std::size_t> &sources, const std::vector<bool> &usable, const std::vector<bool> &training,
             const std::string &background)
{
    std::map<std::string, std::pair<bool, bool>> sides;
    std::map<bool, std::map<std::size_t, int>> backgrounds;
    for (std::size_t i = 0; i < set.videos.size(); ++i) {
        if (!usable[i])
            continue;
        auto &[taught, tested] = sides[set.videos[i].label];
        (training[sources[i]] ? taught : tested) = true;
        if (set.videos[i].label == background)
            ++backgrounds[training[sources[i]]][sources[i]];
    }
    return std::all_of(sides.begin(), sides.end(), [](const auto &side) { return side.second.first && side.second.second; }) && backgrounds[true].size() > 1
        && backgrounds[false].size() > 1;
}

std::vector<bool> splitTelling(const SourcedVideos &set, const std::vector<std::size_t> &sources, std::size_t count, const std::vector<bool> &usable,
                               const SynthOptions &options)
{
    std::vector<std::int64_t> clips(count);
    for (std::size_t i = 0; i < sources.size(); ++i)
        clips[sources[i]] += usable[i] ? 1 : 0;
    constexpr std::uint64_t tries = 200;
    for (std::uint64_t attempt = 0; attempt < tries; ++attempt)
        if (std::vector<bool> training = splitSources(clips, drawOf(options.seed, ClipDraw::Split, attempt));
            sidesDo(set, sources, usable, training, options.background))
            return training;
    throw Error("The sources cannot be split so that training and validation each have every label, and '" + shownName(options.background)
                + "' of two sources or more. More sources are needed.");
}

/// The clips around a telling one: dealt in rounds, so that none comes a second time before all have come once.
std::vector<TellingVideo::Part> drawOthers(const std::vector<std::size_t> &candidates, std::int64_t count, Random &random)
{
    std::vector<std::size_t> round;
    std::vector<TellingVideo::Part> parts;
    for (std::int64_t i = 0; i < count; ++i) {
        if (round.empty()) {
            round = candidates;
            random.shuffle(round);
        }
        const bool mirrored = random.chance(0.5);
        parts.push_back({round.back(), mirrored});
        round.pop_back();
    }
    return parts;
}

std::vector<TellingVideo> drawTelling(const SourcedVideos &set, const std::vector<bool> &usable, const SynthOptions &options)
{
    std::size_t count = 0;
    const std::vector<std::size_t> sources = sourceNumbers(set, count);
    const std::vector<bool> training = splitTelling(set, sources, count, usable, options);
    std::vector<TellingVideo> videos;
    for (const bool trains : {true, false}) {
        const std::int64_t copies = scaledCount(trains ? s_trainingCopies : s_validationCopies, options.scale, 1);
        for (std::size_t i = 0; i < set.videos.size(); ++i) {
            if (!usable[i] || training[sources[i]] != trains)
                continue;
            std::vector<std::size_t> candidates;
            for (std::size_t k = 0; k < set.videos.size(); ++k)
                if (usable[k] && training[sources[k]] == trains && sources[k] != sources[i] && set.videos[k].label == options.background)
                    candidates.push_back(k);
            for (std::int64_t copy = 0; copy < copies; ++copy) {
                Random random = drawOf(options.seed, ClipDraw::Others, i * 64 + static_cast<std::uint64_t>(copy));
                const std::int64_t others = s_fewestOthers + static_cast<std::int64_t>(random.below(s_mostOthers - s_fewestOthers + 1));
                TellingVideo video{trains, drawOthers(candidates, others, random), 0};
                video.telling = random.below(static_cast<std::uint64_t>(others + 1));
                const bool mirrored = random.chance(0.5);
                video.parts.insert(video.parts.begin() + static_cast<std::ptrdiff_t>(video.telling), TellingVideo::Part{i, mirrored});
                videos.push_back(std::move(video));
            }
        }
    }
    return videos;
}

MadeVideo writeTelling(const fs::path &root, const std::string &id, const TellingVideo &video, ClipShelf &shelf, Progress &progress)
{
    MadeVideo made{id, video.training, 0, ClipStretch::size, ClipStretch::size, {}, {}};
    VideoWriter writer(madeVideoFile(root, id), made.width, made.height, {.rate = ClipStretch::rate, .crf = 23, .gop = 30});
    std::int64_t frames = 0;
    for (std::size_t p = 0; p < video.parts.size(); ++p) {
        const TellingVideo::Part &part = video.parts[p];
        const auto clip = shelf.clip(part.video, progress);
        for (const Picture &frame : *clip)
            writer.add(part.mirrored ? mirroredFrame(frame) : frame);
        const double from = static_cast<double>(frames) / ClipStretch::rate.value();
        frames += std::ssize(*clip);
        if (p == video.telling)
            made.segments.push_back({from, static_cast<double>(frames) / ClipStretch::rate.value()});
        progress.throwIfCancelled();
    }
    made.durationS = static_cast<double>(frames) / ClipStretch::rate.value();
    writer.finish();
    return made;
}

/// The labels with their numbers of videos: "fight (40), noFight (40)".
std::string labelsOf(const SourcedVideos &set)
{
    std::map<std::string, int> labels;
    for (const SourcedVideo &video : set.videos)
        ++labels[video.label];
    std::string all;
    for (const auto &[label, count] : labels)
        all += (all.empty() ? "" : ", ") + (label.empty() ? std::string("none") : shownName(label)) + " (" + std::to_string(count) + ")";
    return all;
}

void checkBackground(const SourcedVideos &set, const std::string &background)
{
    const auto is = [&](const SourcedVideo &video) { return video.label == background; };
    if (background.empty() || std::none_of(set.videos.begin(), set.videos.end(), is))
        throw UsageError("Say with --background which label's clips are what the others are put among. There are " + labelsOf(set) + ".");
    if (std::all_of(set.videos.begin(), set.videos.end(), is))
        throw Error("Every video has the label '" + shownName(background) + "'; there is nothing to put among them.");
}

} // namespace

std::vector<int> paceOrder(Pace pace, Random &random)
{
    constexpr int first = paceFrames / 2; // the middle ones, but where all are needed
    constexpr int window = 8;
    std::vector<int> order(paceFrames);
    std::iota(order.begin(), order.end(), first);
    switch (pace) {
    case Pace::AsItIs: break;
    case Pace::Fast:
        for (int i = 0; i < paceFrames; ++i)
            order[static_cast<std::size_t>(i)] = 2 * i;
        break;
    case Pace::Reversed: std::reverse(order.begin(), order.end()); break;
    case Pace::Frozen: order.assign(paceFrames, first + static_cast<int>(random.below(paceFrames))); break;
    case Pace::Shuffled:
        for (int from = 0; from < paceFrames; from += window) {
            const std::vector<int> before(order.begin() + from, order.begin() + from + window);
            std::vector<int> mixed = before;
            while (mixed == before || std::equal(mixed.begin(), mixed.end(), before.rbegin()))
                random.shuffle(mixed);
            std::copy(mixed.begin(), mixed.end(), order.begin() + from);
        }
        break;
    }
    return order;
}

std::vector<bool> splitSources(const std::vector<std::int64_t> &pieces, Random random)
{
    if (std::count_if(pieces.begin(), pieces.end(), [](std::int64_t count) { return count > 0; }) < 2)
        throw Error("Videos of two sources or more are needed, so that training and validation share none.");
    std::vector<std::size_t> order(pieces.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    random.shuffle(order);
    const std::int64_t total = std::accumulate(pieces.begin(), pieces.end(), std::int64_t{0});
    std::vector<bool> training(pieces.size());
    std::int64_t taken = 0;
    for (const std::size_t source : order)
        if (pieces[source] > 0 && 3 * (taken + pieces[source]) <= 2 * total) {
            training[source] = true;
            taken += pieces[source];
        }
    return training; // some are, as of two or more sources not all can be larger than two thirds
}

void writeSyntheticPace(const fs::path &root, const SynthOptions &options, Progress &progress)
{
    const SourcedVideos set = readAll(options.from, progress);
    const std::vector<Piece> pieces = piecesOf(lengthsOf(set, progress), set, progress);
    std::size_t count = 0;
    const std::vector<std::size_t> sources = sourceNumbers(set, count);
    std::vector<std::int64_t> perSource(count);
    for (const Piece &piece : pieces)
        ++perSource[sources[piece.video]];
    const std::vector<bool> training = splitSources(perSource, drawOf(options.seed, ClipDraw::Split, 0));
    constexpr std::size_t classes = std::size(paces.entries);
    writeMadeMark(root,
                  "ActivityNet's layout, " + std::to_string(pieces.size()) + " pieces of videos, each as it is, twice as fast, reversed, frozen and shuffled.",
                  options);
    tellOfCodec(progress);
    std::vector<MadeVideo> made(pieces.size() * classes);
    progress.stage("Writing " + std::to_string(made.size()) + " videos");
    parallelFor(std::ssize(pieces), 1, progress, [&](std::int64_t from, std::int64_t to) {
        for (std::int64_t i = from; i < to; ++i) {
            const auto place = static_cast<std::size_t>(i);
            Progress inner; // the outer one is reported to between pieces
            ClipStretch stretch(set.videos[pieces[place].video].file, inner);
            const std::vector<Picture> frames = stretch.read(pieces[place].begin, s_pieceFrames, inner);
            for (std::size_t c = 0; c < classes; ++c) {
                MadeVideo &one = made[place * classes + c];
                const std::string id = printed("p%05llu", static_cast<unsigned long long>(place * classes + c));
                constexpr double seconds = paceFrames / 30.0;
                one = {id,
                       training[sources[pieces[place].video]],
                       seconds,
                       ClipStretch::size,
                       ClipStretch::size,
                       std::string(paces.entries[c].word),
                       {{0, seconds}}};
                Random random = drawOf(options.seed, ClipDraw::Shuffled, place * classes + c);
                // Frames alone: what is repeated or turned round must not show in how it was compressed.
                VideoWriter writer(madeVideoFile(root, id), ClipStretch::size, ClipStretch::size, {.rate = ClipStretch::rate, .crf = 24, .framesAlone = true});
                for (const int frame : paceOrder(paces.entries[c].value, random))
                    writer.add(frames[static_cast<std::size_t>(frame)]);
                writer.finish();
            }
        }
    });
    writeMadeList(root, "1.2, synthetic pace", made);
}

void writeSyntheticTelling(const fs::path &root, const SynthOptions &options, Progress &progress)
{
    const SourcedVideos set = readAll(options.from, progress);
    checkBackground(set, options.background);
    const std::vector<std::int64_t> lengths = lengthsOf(set, progress);
    std::vector<bool> usable;
    LeftOut brief;
    for (std::size_t i = 0; i < lengths.size(); ++i) {
        usable.push_back(lengths[i] >= s_leastClipFrames);
        if (lengths[i] > 0 && !usable.back())
            brief.add(set.videos[i].file.filename().string());
    }
    if (brief.count() > 0)
        progress.notice(brief.sentence("video is shorter than half a second and was", "videos are shorter than half a second and were"));
    const std::vector<TellingVideo> videos = drawTelling(set, usable, options);
    writeMadeMark(root,
                  "ActivityNet's layout, " + std::to_string(videos.size())
                      + " videos of 10 to 60 clips, of which one has the video's label and the others are of '" + shownName(options.background)
                      + "' and of other sources.",
                  options);
    tellOfCodec(progress);
    ClipShelf shelf(set, lengths);
    std::vector<MadeVideo> made(videos.size());
    progress.stage("Writing " + std::to_string(made.size()) + " videos");
    parallelFor(std::ssize(videos), 1, progress, [&](std::int64_t from, std::int64_t to) {
        for (std::int64_t i = from; i < to; ++i) {
            const auto place = static_cast<std::size_t>(i);
            Progress inner;
            made[place] = writeTelling(root, printed("c%05llu", static_cast<unsigned long long>(place)), videos[place], shelf, inner);
            made[place].label = set.videos[videos[place].parts[videos[place].telling].video].label;
        }
    });
    writeMadeList(root, "1.2, synthetic telling clips", made);
}

} // namespace dscope
