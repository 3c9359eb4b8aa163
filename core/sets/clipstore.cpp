// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/sets/clipstore.h"

#include "core/base/error.h"
#include "core/base/fileorbytes.h"
#include "core/base/jsonfields.h"
#include "core/base/partfile.h"
#include "core/sets/storehead.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <optional>
#include <string_view>
#include <tuple>

namespace dscope {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view s_clipMagic = "DSCLIPS1";
constexpr std::string_view s_clipSchema = "dscope.clips/1";
constexpr std::int64_t s_mostClasses = 65536;
constexpr std::size_t s_clipDigest = std::tuple_size_v<BlockDigest>;
constexpr std::size_t s_front = 8; ///< of a video, before its arrays

std::string clipHead(const ClipStoreInfo &info)
{
    return storeHead(s_clipMagic,
                     Json{{"schema", s_clipSchema},
                          {"benchmark", info.benchmark},
                          {"synthetic", info.synthetic},
                          {"base", info.base},
                          {"ddnet", info.ddnet},
                          {"device", info.device},
                          {"clips", info.clips},
                          {"identity", info.identity},
                          {"dim", info.dim},
                          {"classes", info.classes},
                          {"videos", info.videos},
                          {"base_mac", info.baseCost.mac},
                          {"base_flop", info.baseCost.flop},
                          {"ddnet_mac", info.ddnetCost.mac},
                          {"ddnet_flop", info.ddnetCost.flop}});
}

ClipStoreInfo clipInfo(const std::string &head, const fs::path &name)
{
    const Json json = storeHeader(head, s_clipSchema, name);
    const JsonFields from(json, name);
    const auto cost = [&](const char *field) { return from.whole(field, 0, std::int64_t{1} << 62); };
    return {from.text("benchmark"),
            from.flag("synthetic"),
            from.text("base"),
            from.text("ddnet"),
            from.text("device"),
            from.text("clips"),
            from.text("identity"),
            from.whole("dim", 1, s_mostClasses),
            from.texts("classes", static_cast<std::size_t>(s_mostClasses)),
            from.whole("videos", 0, std::int64_t{1} << 40),
            {cost("base_mac"), cost("base_flop")},
            {cost("ddnet_mac"), cost("ddnet_flop")}};
}

/// Numbers of a clip: from, to, D-score, motion energy, class scores.
std::size_t numbersOf(std::int64_t dim)
{
    return 4 + static_cast<std::size_t>(dim);
}

/// The bytes of the video at `place`, without its digest; nothing where they are not whole or not as they were written. @param file a PartFile or FileOrBytes
template<typename Source>
std::optional<std::vector<char>> videoBytes(const Source &file, std::uint64_t place, const std::string &head, const ClipStoreInfo &info, std::int64_t video)
{
    std::array<char, s_front> front{};
    std::uint32_t clips = 0;
    if (file.readSome(place, front.data(), front.size()) != front.size())
        return std::nullopt;
    std::memcpy(&clips, front.data() + 4, sizeof clips);
    const std::uint64_t length = s_front + 4 * numbersOf(info.dim) * std::uint64_t{clips};
    if (length + s_clipDigest > file.size() - place)
        return std::nullopt;
    std::vector<char> bytes(length);
    BlockDigest digest{};
    if (file.readSome(place, bytes.data(), bytes.size()) != bytes.size() || file.readSome(place + length, digest.data(), digest.size()) != digest.size()
        || blockDigest(head, video, bytes.data(), bytes.size()) != digest)
        return std::nullopt;
    return bytes;
}

std::vector<char> bytesOf(const VideoClips &video)
{
    const auto clips = static_cast<std::uint32_t>(video.size());
    std::vector<char> bytes(s_front, '\0');
    bytes[0] = static_cast<char>(video.outcome);
    bytes[1] = video.repeated ? 1 : 0;
    std::memcpy(bytes.data() + 4, &clips, sizeof clips);
    const auto append = [&](const void *from, std::size_t count) {
        const auto *begin = static_cast<const char *>(from);
        bytes.insert(bytes.end(), begin, begin + count);
    };
    static_assert(sizeof(TimeSpan) == 2 * sizeof(float));
    append(video.spans.data(), sizeof(TimeSpan) * video.spans.size());
    for (const std::vector<float> *numbers : {&video.dScores, &video.motion, &video.features})
        append(numbers->data(), 4 * numbers->size());
    return bytes;
}

VideoClips clipsIn(const std::vector<char> &bytes, std::int64_t dim)
{
    VideoClips video;
    const std::size_t n = (bytes.size() - s_front) / (4 * numbersOf(dim));
    video.outcome = static_cast<Extracted>(bytes[0]);
    video.repeated = bytes[1] != 0;
    video.spans.resize(n);
    video.dScores.resize(n);
    video.motion.resize(n);
    video.features.resize(n * static_cast<std::size_t>(dim));
    const char *from = bytes.data() + s_front;
    const auto take = [&](void *to, std::size_t count) {
        if (count > 0)
            std::memcpy(to, from, count);
        from += count;
    };
    take(video.spans.data(), sizeof(TimeSpan) * n);
    for (std::vector<float> *numbers : {&video.dScores, &video.motion, &video.features})
        take(numbers->data(), 4 * numbers->size());
    return video;
}

bool isSound(const VideoClips &video)
{
    const auto finite = [](float value) { return std::isfinite(value); };
    const auto all = [&](const std::vector<float> &numbers) { return std::all_of(numbers.begin(), numbers.end(), finite); };
    return video.outcome <= Extracted::NotFinite && (video.outcome == Extracted::Scored) == (video.size() > 0) && all(video.dScores) && all(video.motion)
        && all(video.features)
        && std::all_of(video.spans.begin(), video.spans.end(), [&](const TimeSpan &span) { return finite(span.fromS) && finite(span.toS); });
}

} // namespace

struct ClipStoreWriter::State {
    ClipStoreInfo info;
    std::string head;
    PartFile file;
    std::int64_t videos = 0;

    State(const fs::path &path, const ClipStoreInfo &of) : info(of), head(clipHead(of)), file(path)
    {
        std::uint64_t place = head.size();
        // Videos are written in order, so mostly only the last one is torn; one that was damaged since must not come into the store either.
        if (file.takeUp(head))
            while (videos < info.videos) {
                const std::optional<std::vector<char>> bytes = videoBytes(file, place, head, info, videos);
                if (!bytes)
                    break;
                place += bytes->size() + s_clipDigest;
                ++videos;
            }
        file.cut(place);
    }
};

ClipStoreWriter::ClipStoreWriter(const fs::path &path, const ClipStoreInfo &info)
{
    if (info.dim < 1 || info.dim > s_mostClasses || info.videos < 0)
        throw Error("A store of clips needs 1 to " + std::to_string(s_mostClasses) + " classes; " + std::to_string(info.dim) + " were asked for.");
    d = std::make_unique<State>(path, info);
}

ClipStoreWriter::~ClipStoreWriter() = default;

std::int64_t ClipStoreWriter::count() const
{
    return d->videos;
}

void ClipStoreWriter::add(const VideoClips &video)
{
    const std::size_t n = video.size();
    if (d->videos >= d->info.videos || video.dScores.size() != n || video.motion.size() != n
        || video.features.size() != n * static_cast<std::size_t>(d->info.dim) || !isSound(video))
        throw Error("Video " + std::to_string(d->videos + 1) + " of " + std::to_string(d->info.videos) + " with " + std::to_string(n)
                    + " clips does not fit into the store.");
    std::vector<char> bytes = bytesOf(video);
    const BlockDigest digest = blockDigest(d->head, d->videos, bytes.data(), bytes.size());
    bytes.insert(bytes.end(), digest.begin(), digest.end());
    d->file.append(bytes.data(), bytes.size());
    d->file.sync();
    ++d->videos;
}

void ClipStoreWriter::finish()
{
    if (d->videos < d->info.videos)
        throw Error("A store of " + std::to_string(d->info.videos) + " videos has only " + std::to_string(d->videos) + " yet.");
    d->file.finish();
}

bool isClipStore(const fs::path &file)
{
    const std::vector<std::uint8_t> mark = firstBytes(file, s_clipMagic.size());
    return std::string_view(reinterpret_cast<const char *>(mark.data()), mark.size()) == s_clipMagic;
}

struct ClipStore::State {
    FileOrBytes file;
    std::string head;
    ClipStoreInfo info;

    explicit State(FileOrBytes bytes) : file(std::move(bytes)), head(readStoreHead(file, s_clipMagic)), info(clipInfo(head, file.path()))
    {
        if (static_cast<std::uint64_t>(info.videos) > file.size())
            throw FileError(file.path(),
                            "has " + std::to_string(file.size()) + " bytes, too few for the " + std::to_string(info.videos) + " videos of its header.");
    }
};

ClipStore::ClipStore(const fs::path &path) : d(std::make_unique<State>(FileOrBytes(path))) {}

ClipStore::ClipStore(std::span<const std::uint8_t> bytes, const fs::path &name) : d(std::make_unique<State>(FileOrBytes(bytes, name))) {}

ClipStore::~ClipStore() = default;

const ClipStoreInfo &ClipStore::info() const
{
    return d->info;
}

void ClipStore::read(const std::function<void(std::int64_t, const VideoClips &)> &use, Progress &progress) const
{
    std::uint64_t place = d->head.size();
    for (std::int64_t video = 0; video < d->info.videos; ++video) {
        progress.checkpoint(video, d->info.videos);
        const std::string where = "video " + std::to_string(video + 1) + " of " + std::to_string(d->info.videos);
        const std::optional<std::vector<char>> bytes = videoBytes(d->file, place, d->head, d->info, video);
        if (!bytes)
            throw FileError(d->file.path(), where + " is damaged (its digest does not fit); remove the file and extract the features again.");
        place += bytes->size() + s_clipDigest;
        const VideoClips clips = clipsIn(*bytes, d->info.dim);
        if (!isSound(clips))
            throw FileError(d->file.path(), where + " holds something that is no outcome or no finite number.");
        use(video, clips);
    }
    if (place != d->file.size())
        throw FileError(d->file.path(), "goes on behind its last video.");
}

} // namespace dscope
