// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/labelledclips.h"

#include "core/analysis/labelledclipset.h"
#include "core/base/csv.h"
#include "core/base/error.h"
#include "core/base/leftout.h"
#include "core/base/portion.h"
#include "core/base/text.h"
#include "core/base/words.h"
#include "core/datasets/labelledvideos.h"

#include <algorithm>
#include <map>
#include <utility>

namespace dscope {

namespace fs = std::filesystem;

namespace {

constexpr Words<VideoLayout, 4> s_videoLayouts{
    "no layout of labelled videos",
    {{VideoLayout::ActivityNet, "activitynet"}, {VideoLayout::Kinetics, "kinetics"}, {VideoLayout::Classes, "classes"}, {VideoLayout::List, "list"}}};

/// Groups of videos that a csv names; a video that is not in it is a group by itself.
class VideoGroups {
public:
    explicit VideoGroups(const fs::path &file)
    {
        if (file.empty())
            return;
        const CsvTable table = readCsv(file);
        const std::size_t video = table.requireColumn({"video", "clip", "path", "file", "id"});
        const std::size_t group = table.requireColumn({"group", "source"});
        for (const CsvTable::Row row : table.rows)
            m_groups[fs::path(std::string(row.cells[video])).stem().string()] = std::string(row.cells[group]);
    }
    /// The name of a video's group.
    std::string of(const LabelledVideo &video) const
    {
        const auto found = m_groups.find(video.file.stem().string());
        return found == m_groups.end() ? "video " + video.file.string() : "group " + found->second;
    }

private:
    std::map<std::string, std::string> m_groups;
};

/// Of ActivityNet and Kinetics the part to train on, unless another one is wanted.
LabelledVideosOptions readingOf(const fs::path &root, const ClipSetOptions &options)
{
    LabelledVideosOptions reading;
    if (!options.layout.empty())
        reading.layout = s_videoLayouts.fromWord(options.layout);
    reading.list = options.list;
    reading.subset = options.subset;
    reading.layout = videoLayoutOf(root, reading);
    if (reading.subset.empty() && (reading.layout == VideoLayout::ActivityNet || reading.layout == VideoLayout::Kinetics))
        reading.subset = "training";
    return reading;
}

/// Says what became of the videos.
void tellReport(const LabelledClipsReport &report, const LeftOut &broken, const LeftOut &empty, Progress &progress)
{
    if (broken.count() > 0)
        progress.notice(broken.sentence("video cannot be read and was", "videos cannot be read and were"));
    if (empty.count() > 0)
        progress.notice(empty.sentence("video has no clip with a label and was", "videos have no clip with a label and were"));
    const auto counted = [](std::int64_t count, const char *what) { return std::to_string(count) + ' ' + what + (count == 1 ? "" : "s"); };
    std::string text = counted(report.labelled, "clip") + " of " + counted(report.videos, "video") + (report.labelled == 1 ? " has a label" : " have a label");
    if (report.unlabelled > 0)
        text += "; " + std::to_string(report.unlabelled) + (report.unlabelled == 1 ? " lies" : " lie") + " outside of the segments and "
            + (report.unlabelled == 1 ? "takes" : "take") + " no part";
    if (report.outside > 0)
        text += "; " + std::to_string(report.outside) + (report.outside == 1 ? " lies" : " lie") + " outside of the segments and "
            + (report.outside == 1 ? "is" : "are") + " scored by the label of the video";
    if (report.repeated > 0)
        text += "; " + counted(report.repeated, "video") + (report.repeated == 1 ? " is" : " are") + " shorter than a clip and begin anew";
    if (report.kept < report.videos)
        text += "; the frames of " + counted(report.videos - report.kept, "video") + " do not fit into the memory and are decoded again each time";
    progress.notice(text + ".");
}

} // namespace

std::unique_ptr<ClipSet> readLabelledClips(const fs::path &root, const ClipSetOptions &options, Progress &progress, LabelledClipsReport *given)
{
    std::error_code problem;
    const LabelledVideosOptions reading = readingOf(root, options);
    const LabelledVideos set = readLabelledVideos(root, reading, progress);
    for (const std::string &warning : set.warnings)
        progress.notice(warning);
    ClipSetOptions used = options;
    used.layout = s_videoLayouts.wordOf(*reading.layout);
    used.subset = reading.subset;
    const fs::path folder = fs::is_regular_file(root, problem) ? root.parent_path() : root;
    const fs::path whole = fs::absolute(folder, problem).lexically_normal();
    auto clips = std::make_unique<LabelledClips>(whole, used);
    clips->setClasses(set.classes);
    const VideoGroups groups(options.groups);
    std::map<std::string, std::int64_t> numbers;
    LabelledClipsReport report;
    report.missing = set.missing;
    LeftOut broken;
    LeftOut empty;
    progress.stage("Decoding " + std::to_string(set.videos.size()) + " videos");
    const auto total = static_cast<std::int64_t>(set.videos.size());
    std::int64_t done = 0;
    for (LabelledVideo video : set.videos) {
        progress.checkpoint(done++, total);
        video.file = fs::absolute(video.file, problem).lexically_normal();
        const std::int64_t before = report.videos;
        try {
            Portion ofVideo(progress, done - 1, total, false); // its steps are too many to count
            const std::int64_t group = numbers.try_emplace(groups.of(video), static_cast<std::int64_t>(numbers.size())).first->second;
            clips->add(video, group, nullptr, nullptr, report, ofVideo);
            if (report.videos == before)
                empty.add(video.id);
        } catch (const Cancelled &) {
            throw;
        } catch (const Error &) {
            ++report.broken;
            broken.add(video.id);
        }
    }
    progress.checkpoint(total, total);
    tellReport(report, broken, empty, progress);
    clips->finish();
    if (given != nullptr)
        *given = report;
    if (clips->size() == 0)
        throw FileError(root, "has no clip with a label that can be read.");
    return clips;
}

std::unique_ptr<ClipSet> readTargetClips(const fs::path &root, const ClipSetOptions &options, const ClipTargets &targets, Progress &progress)
{
    ClipSetOptions used = targets.clips;
    used.height = options.height;
    used.width = options.width;
    used.cropScale = options.cropScale;
    used.jitter = options.jitter;
    used.mirror = options.mirror;
    used.memory = options.memory;
    std::error_code problem;
    const fs::path from = root.empty() ? targets.root : fs::absolute(root, problem).lexically_normal();
    auto clips = std::make_unique<LabelledClips>(from, used);
    clips->setClasses(targets.classes);
    std::map<std::string, std::int64_t> numbers;
    LabelledClipsReport report;
    progress.stage("Decoding " + std::to_string(targets.videos.size()) + " videos");
    const auto total = static_cast<std::int64_t>(targets.videos.size());
    std::size_t clip = 0;
    for (std::size_t i = 0; i < targets.videos.size(); ++i) {
        progress.checkpoint(static_cast<std::int64_t>(i), total);
        std::vector<std::int64_t> begins;
        std::vector<std::int32_t> labels;
        for (; clip < targets.places.size() && std::cmp_equal(targets.places[clip].video, i); ++clip) {
            begins.push_back(targets.places[clip].begin);
            labels.push_back(targets.labels[clip]);
        }
        LabelledVideo video;
        const fs::path name(targets.videos[i]);
        video.file = name.is_absolute() ? name : from / name;
        video.label = labels.empty() ? -1 : labels.front();
        video.fromS = targets.parts[i].fromS;
        if (targets.parts[i].toS >= 0)
            video.toS = targets.parts[i].toS;
        if (begins.empty())
            throw Error("The targets name the video " + shownName(targets.videos[i]) + " without a clip of it.");
        if (!fs::exists(video.file, problem))
            throw FileError(video.file, "is not there; the targets were made of it. Name the folder of the videos with --videos.");
        Portion ofVideo(progress, static_cast<std::int64_t>(i), total, false);
        clips->add(video, numbers.try_emplace(targets.groups[i], static_cast<std::int64_t>(numbers.size())).first->second, &begins, &labels, report, ofVideo);
    }
    if (clip != targets.places.size())
        throw Error("The clips of the targets do not lie in the order of their videos.");
    clips->finish();
    return clips;
}

std::unique_ptr<ClipSet> openLabelledClips(const fs::path &root, const ClipSetOptions &options, const ClipTargets *targets, Progress &progress)
{
    return targets != nullptr ? readTargetClips(root, options, *targets, progress) : readLabelledClips(root, options, progress);
}

} // namespace dscope
