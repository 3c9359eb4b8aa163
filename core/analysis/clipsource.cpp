// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/cache.h"
#include "core/analysis/session.h"
#include "core/analysis/videoclips.h"

#include "core/base/error.h"
#include "core/base/hash.h"
#include "core/base/picturefile.h"

extern "C" {
#include <libavcodec/avcodec.h>
}

#include <algorithm>

namespace dscope {

namespace fs = std::filesystem;

namespace {

/// What the video shows, where it lies in a folder that is called like one of the classes.
std::string labelOf(const fs::path &path, const std::vector<std::string> &classes)
{
    const std::string folder = fs::absolute(path).lexically_normal().parent_path().filename().string();
    return std::find(classes.begin(), classes.end(), folder) != classes.end() ? folder : std::string();
}

ClipPlan planOf(const Session &session)
{
    const bool scores = session.options().ddnet != withoutDdnet;
    return clipPlan(scores ? &session.ddnetSpec() : nullptr, session.knowsBase() ? &session.baseSpec() : nullptr, session.options().clips);
}

/// A folder's frames by name, size and time of change; a file's bytes.
std::string contentOf(const fs::path &path)
{
    std::error_code problem;
    if (!fs::is_directory(path, problem))
        return contentHash(path);
    std::string key;
    for (const std::string &name : framesOf(path)) {
        const fs::path file = path / name;
        key += name + ' ' + std::to_string(fs::file_size(file, problem)) + ' ' + std::to_string(fs::last_write_time(file, problem).time_since_epoch().count())
            + '\n';
    }
    return sha256(key);
}

} // namespace

bool takesClips(const Session &session)
{
    return session.task().shape.frames > 1;
}

void analyseClips(Source &source, Session &session, Publisher &publisher)
{
    Progress &progress = session.progress();
    std::error_code problem;
    source.kind = fs::is_directory(source.path, problem) ? "folder of frames" : "video";
    if (source.kind != "video" && framesOf(source.path).empty())
        throw FileError(source.path, "holds neither videos nor the frames of one.");
    const ClipPlan whole = planOf(session);
    ClipPlan plan = whole;
    if (!session.options().runBase)
        plan.base.reset(); // it only says how long a clip is
    progress.stage("Reading the index of " + source.path.filename().string());
    DividedVideo video = divide(source.path, whole.division, progress);
    progress.stage(session.sourceStage());
    source.frames = video.frames->count();
    source.durationS = video.durationS();
    source.fps = source.durationS > 0 ? static_cast<double>(source.frames) / source.durationS : 0;

    const auto clips = static_cast<std::int64_t>(video.places.places.size());
    std::vector<WorkerNets> workers = session.makeWorkers(clips, std::nullopt);
    Scorer scorer(session);
    Times times;
    Group group;
    group.id = source.path.stem().string();
    group.label = session.knowsBase() ? labelOf(source.path, session.baseSpec().classes) : std::string();
    const auto groupSoFar = [&] {
        Group now = group;
        for (const PendingElement &one : scorer.elements())
            now.elements.push_back(one.element);
        now.embeddings = scorer.embeddings();
        return now;
    };
    std::int64_t done = 0;
    const auto take = [&](PendingElement &&clip) {
        progress.checkpoint(done++, clips);
        scorer.add(std::move(clip));
        publisher.growing([&] {
            Source now = source;
            now.groups = {groupSoFar()};
            return now;
        });
    };
    const ClipWork work = scoreClips(video, source.path, plan, workers, session.options().flip, take, times, progress);
    scorer.flush();
    progress.checkpoint(clips, clips);
    workers.clear();
    times.add(scorer.times());
    session.setTimes(times);

    for (const std::string &warning : video.frames->warnings())
        source.warnings.push_back(warning);
    if (video.places.repeated)
        source.warnings.push_back("The video is shorter than a clip (" + whole.words() + "): its one clip begins anew where the video ends.");
    if (work.lost > 0)
        source.warnings.push_back(elementSource(session.task()).notCut(work.lost));
    if (const std::optional<std::string> leftOut = scorer.leftOut())
        source.warnings.push_back(*leftOut);
    if (scorer.elements().empty())
        source.warnings.emplace_back("No frame could be decoded.");
    else
        source.groups.push_back(groupSoFar());
}

std::string clipKey(const fs::path &path, const Session &session)
{
    return "clips 1\n" + contentOf(path) + "\nlibavcodec " + std::to_string(avcodec_version()) + '\n' + planOf(session).key();
}

} // namespace dscope
