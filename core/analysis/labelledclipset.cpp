// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/labelledclipset.h"

#include "core/analysis/labelledclips.h"
#include "core/base/error.h"
#include "core/base/text.h"
#include "core/image/pixels.h"
#include "core/image/reader.h"
#include "core/media/clipreader.h"
#include "core/training/augment.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>
#include <set>
#include <utility>

namespace dscope {

namespace fs = std::filesystem;

namespace {

ClipOptions divisionOf(const ClipSetOptions &options)
{
    ClipOptions division;
    division.frames = options.frames;
    division.stride = options.stride;
    division.rate = frameRate(options.rate);
    division.step = options.step;
    division.count = options.count;
    division.check();
    return division;
}

/// The part of a picture, brought to a size.
Picture partOf(const Picture &whole, const Area &area, int width, int height)
{
    Picture part = PicturePixels(whole).region(area);
    return part.width == width && part.height == height ? part : resized(part, width, height);
}

} // namespace

LabelledClips::LabelledClips(fs::path root, ClipSetOptions options)
    : m_root(std::move(root)), m_options(std::move(options)), m_division(divisionOf(m_options)), m_side(std::max(m_options.height, m_options.width))
{
    if (m_options.height < 1 || m_options.width < 1 || m_side > 4096)
        throw UsageError("The frames of a clip have 1 to 4096 pixels a side.");
    if (!(m_options.cropScale > 0 && m_options.cropScale <= 1) || !(m_options.jitter >= 0 && m_options.jitter <= 1))
        throw UsageError("Clips are cropped to a share of their side above 0 up to 1 and moved by a share of their distance from 0 to 1.");
}

Clip LabelledClips::clip(std::size_t index) const
{
    const ClipVideo &video = m_videos[static_cast<std::size_t>(m_places[index].video)];
    std::vector<Picture> frames;
    for (const Picture &whole : taken(video, m_places[index].begin)) {
        const Area area{(whole.width - m_options.width) / 2, (whole.height - m_options.height) / 2, m_options.width, m_options.height};
        frames.push_back(partOf(whole, area, m_options.width, m_options.height));
    }
    return Clip(std::move(frames));
}

Clip LabelledClips::shown(std::size_t index, Random &random) const
{
    const ClipVideo &video = m_videos[static_cast<std::size_t>(m_places[index].video)];
    // Each drawn in a statement of its own, whatever becomes of it.
    const double moved = random.uniform(-1, 1);
    const double scale = random.uniform(m_options.cropScale, 1);
    const double across = random.uniform();
    const double down = random.uniform();
    const bool turned = random.chance(0.5) && m_options.mirror;
    std::vector<Picture> frames;
    for (const Picture &whole : taken(video, jittered(index, moved))) {
        const double largest = std::min(static_cast<double>(whole.width) / m_options.width, static_cast<double>(whole.height) / m_options.height);
        Area area;
        area.width = std::clamp(static_cast<int>(std::lround(scale * largest * m_options.width)), 1, whole.width);
        area.height = std::clamp(static_cast<int>(std::lround(scale * largest * m_options.height)), 1, whole.height);
        area.x = static_cast<int>(std::lround(across * (whole.width - area.width)));
        area.y = static_cast<int>(std::lround(down * (whole.height - area.height)));
        frames.push_back(partOf(whole, area, m_options.width, m_options.height));
        if (turned)
            frames.back() = mirrored(frames.back());
    }
    return Clip(std::move(frames));
}

std::string LabelledClips::nameBelow(const fs::path &file) const
{
    const fs::path below = file.lexically_relative(m_root);
    return below.empty() || *below.begin() == ".." ? file.string() : below.string();
}

/// The division of the part of a video that is meant. Its clips' frames are those of the whole video, its times from the video's first frame.
ClipPlaces LabelledClips::placesOf(FrameSource &source, ClipVideo &video) const
{
    std::int64_t first = 0;
    const FrameTicks ticks = ticksWithin(source.ticks(), video.video.fromS, video.video.toS, first);
    if (ticks.shown.empty())
        throw FileError(video.video.file, "has no frame where it is to be read.");
    const std::int64_t origin = source.ticks().shown.front();
    const auto seconds = [&](std::int64_t tick) { return static_cast<double>(tick - origin) * ticks.second.value(); };
    ClipPlaces places = clipPlaces(ticks, m_division);
    const double offset = seconds(ticks.shown.front());
    for (ClipPlace &place : places.places) {
        for (std::int64_t &frame : place.frames)
            frame += first;
        place.fromS += offset;
        place.toS += offset;
    }
    video.atRate = framesAtRate(ticks, m_division.rate);
    for (std::int64_t &frame : video.atRate) {
        const auto in = static_cast<std::size_t>(frame);
        video.shownS.push_back(seconds(ticks.shown[in]));
        frame += first;
    }
    video.shownS.push_back(seconds(ticks.end));
    video.repeated = places.repeated;
    return places;
}

std::vector<std::int64_t> LabelledClips::framesFrom(const ClipVideo &video, std::int64_t begin) const
{
    std::vector<std::int64_t> frames;
    const auto count = static_cast<std::int64_t>(video.atRate.size());
    for (int i = 0; i < m_division.frames; ++i)
        frames.push_back(video.atRate[static_cast<std::size_t>((begin + static_cast<std::int64_t>(i) * m_division.stride) % count)]);
    return frames;
}

/// Where a clip begins that is shown: nearer than the next one, within the video, and with the same label.
std::int64_t LabelledClips::jittered(std::size_t index, double moved) const
{
    const ClipWhere &place = m_places[index];
    const ClipVideo &video = m_videos[static_cast<std::size_t>(place.video)];
    const std::int64_t last = static_cast<std::int64_t>(video.atRate.size()) - m_division.span();
    if (last <= 0)
        return place.begin;
    const std::int64_t step = m_division.step > 0 ? m_division.step : static_cast<std::int64_t>(m_division.frames) * m_division.stride;
    const auto by = static_cast<std::int64_t>(std::lround(moved * m_options.jitter * static_cast<double>(step)));
    const std::int64_t begin = std::clamp<std::int64_t>(place.begin + by, 0, last);
    if (!video.video.untrimmed)
        return begin;
    const double fromS = video.shownS[static_cast<std::size_t>(begin)];
    const double toS = video.shownS[static_cast<std::size_t>(begin + m_division.span())];
    return clipLabel(video.video, fromS, toS) == m_labels[index] ? begin : place.begin;
}

/// The frames of a clip, as they are kept or decoded for it. A frame that cannot be decoded is replaced by the one before, the first by the next.
std::vector<Picture> LabelledClips::taken(const ClipVideo &video, std::int64_t begin) const
{
    std::map<std::int64_t, Picture> decoded;
    const std::vector<std::int64_t> wanted = framesFrom(video, begin);
    if (video.frames.empty()) {
        Progress quiet;
        const std::unique_ptr<FrameSource> source = openFrames(video.video.file, m_division.rate, quiet);
        for (const std::int64_t frame : std::set<std::int64_t>(wanted.begin(), wanted.end()))
            if (const std::optional<DecodedFrame> one = frame < source->count() ? source->decodedAt(frame) : std::nullopt)
                decoded.emplace(frame, shortSided(*one->pixels, m_side));
        if (decoded.empty())
            throw FileError(video.video.file, "gives no frame of a clip any more.");
    }
    const std::map<std::int64_t, Picture> &frames = video.frames.empty() ? decoded : video.frames;
    std::vector<Picture> clip;
    for (const std::int64_t frame : wanted) {
        auto there = frames.upper_bound(frame);
        if (there != frames.begin())
            --there;
        clip.push_back(there->second);
    }
    return clip;
}

/// Decodes what clips and their neighbourhood need, as long as it fits; else one frame, to see that there is one.
void LabelledClips::keepFrames(FrameSource &source, ClipVideo &video, const std::vector<std::int64_t> &begins, Progress &progress)
{
    std::set<std::int64_t> needed;
    const auto count = static_cast<std::int64_t>(video.atRate.size());
    const std::int64_t step = m_division.step > 0 ? m_division.step : static_cast<std::int64_t>(m_division.frames) * m_division.stride;
    const auto reach = static_cast<std::int64_t>(std::ceil(m_options.jitter * static_cast<double>(step)));
    for (const std::int64_t begin : begins)
        for (std::int64_t at = std::max<std::int64_t>(0, begin - reach); at < std::min(count, begin + reach + m_division.span()); ++at)
            needed.insert(video.atRate[static_cast<std::size_t>(at)]);
    std::int64_t bytes = 0;
    for (const std::int64_t frame : needed) {
        progress.checkpoint(0, 0); // asks whether to go on
        const std::optional<DecodedFrame> decoded = source.decodedAt(frame);
        if (!decoded)
            continue;
        Picture picture = shortSided(*decoded->pixels, m_side);
        const auto size = static_cast<std::int64_t>(picture.rgb.size());
        if (bytes == 0 && m_bytes + size * static_cast<std::int64_t>(needed.size()) > m_options.memory)
            return; // it can be read, and is read again when it is needed
        bytes += size;
        video.frames.emplace(frame, std::move(picture));
    }
    if (bytes == 0)
        throw FileError(video.video.file, "has no frame that can be decoded.");
    m_bytes += bytes;
}

void LabelledClips::add(const LabelledVideo &given, std::int64_t group, const std::vector<std::int64_t> *begins, const std::vector<std::int32_t> *labels,
                        LabelledClipsReport &report, Progress &progress)
{
    ClipVideo video;
    video.video = given;
    video.name = nameBelow(given.file);
    const std::unique_ptr<FrameSource> source = openFrames(given.file, m_division.rate, progress);
    const ClipPlaces places = placesOf(*source, video);
    std::vector<ClipWhere> its;
    std::vector<std::int32_t> itsLabels;
    std::vector<std::uint8_t> itsInside;
    std::vector<std::int64_t> itsBegins;
    const auto number = static_cast<std::int64_t>(m_videos.size());
    std::int64_t without = 0;
    if (begins == nullptr) {
        for (const ClipPlace &place : places.places) {
            const std::int32_t shown = clipLabel(given, place.fromS, place.toS);
            const std::int32_t label = shown < 0 && m_options.outside ? given.label : shown;
            if (label < 0) {
                ++without;
                continue;
            }
            its.push_back({number, place.begin, place.fromS, place.toS});
            itsLabels.push_back(label);
            itsInside.push_back(shown < 0 ? 0 : 1);
        }
    } else {
        for (std::size_t i = 0; i < begins->size(); ++i) {
            const std::int64_t begin = (*begins)[i];
            if (begin >= static_cast<std::int64_t>(video.atRate.size()) || (begin + m_division.span() > places.frames && !(places.repeated && begin == 0)))
                throw FileError(given.file, "is shorter than it was when the targets were made.");
            its.push_back({number, begin, video.shownS[static_cast<std::size_t>(begin)], 0});
            itsLabels.push_back((*labels)[i]);
            itsInside.push_back(1);
        }
    }
    for (const ClipWhere &place : its)
        itsBegins.push_back(place.begin);
    if (!its.empty()) {
        keepFrames(*source, video, itsBegins, progress);
        std::error_code problem;
        m_sum.add(video.name + printed(" %.6f %.6f ", given.fromS, given.toS.value_or(-1)));
        if (fs::is_regular_file(given.file, problem))
            m_sum.add(std::to_string(fs::file_size(given.file, problem)));
        for (std::size_t i = 0; i < its.size(); ++i)
            m_sum.add(printed(" %lld %d", static_cast<long long>(its[i].begin), itsLabels[i]) + (itsInside[i] != 0 ? "" : " outside"));
        m_sum.add("\n");
    }
    report.unlabelled += without;
    if (its.empty())
        return;
    ++report.videos;
    report.repeated += places.repeated ? 1 : 0;
    report.kept += video.frames.empty() ? 0 : 1;
    const auto outside = std::count(itsInside.begin(), itsInside.end(), std::uint8_t{0});
    report.labelled += std::ssize(its) - outside;
    report.outside += outside;
    m_places.insert(m_places.end(), its.begin(), its.end());
    m_labels.insert(m_labels.end(), itsLabels.begin(), itsLabels.end());
    m_inside.insert(m_inside.end(), itsInside.begin(), itsInside.end());
    m_names.push_back(video.name);
    m_groups.push_back(group);
    m_videos.push_back(std::move(video));
}

void LabelledClips::finish()
{
    m_sum.add(printed("%d %d %d %d %d %d %.17g %.17g %d ", m_options.frames, m_options.stride, m_options.step, m_options.count, m_options.height,
                      m_options.width, m_options.cropScale, m_options.jitter, m_options.mirror ? 1 : 0)
              + m_options.rate);
    for (const std::string &name : m_classes)
        m_sum.add('\n' + name);
    for (const std::int64_t group : m_groups)
        m_sum.add(' ' + std::to_string(group));
    m_identity = m_sum.hex();
}

} // namespace dscope
