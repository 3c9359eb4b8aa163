// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/extractclips.h"

#include "core/analysis/session.h"
#include "core/analysis/videoclips.h"
#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/hash.h"
#include "core/base/leftout.h"
#include "core/base/portion.h"
#include "core/base/text.h"

#include <algorithm>
#include <map>
#include <utility>

namespace dscope {

namespace fs = std::filesystem;

namespace {

/// Of each video its file, size, inode, times of change and what is meant of it; nothing is opened.
std::string videosKey(const Benchmark &benchmark)
{
    Sha256 key;
    std::error_code problem;
    for (const LabelledVideo &video : benchmark.videos) {
        // However the folder was typed.
        const fs::path whole = fs::weakly_canonical(fs::absolute(video.file), problem);
        key.add((problem ? video.file : whole).string() + '\n' + printed("%.6f %.6f ", video.fromS, video.toS.value_or(-1)));
        if (fs::is_regular_file(video.file, problem))
            key.add(std::to_string(fs::file_size(video.file, problem)) + ' '
                    + std::to_string(fs::last_write_time(video.file, problem).time_since_epoch().count()));
        key.add("\n");
    }
    return key.hex();
}

/// Divides and scores a video.
VideoClips clipsOf(const LabelledVideo &video, const ClipPlan &plan, Session &session, const std::vector<WorkerNets> &workers, Times &times, Progress &progress)
{
    VideoClips result;
    std::error_code problem;
    if (!fs::exists(video.file, problem)) {
        result.outcome = Extracted::Missing;
        return result;
    }
    Scorer scorer(session);
    try {
        DividedVideo divided = divide(video.file, plan.division, progress, video.fromS, video.toS);
        result.repeated = divided.places.repeated;
        scoreClips(
            divided, video.file, plan, workers, session.options().flip, [&](PendingElement &&clip) { scorer.add(std::move(clip)); }, times, session.progress());
        scorer.flush();
    } catch (const Cancelled &) {
        throw;
    } catch (const Error &) {
        result.outcome = Extracted::Unreadable;
        return result;
    }
    for (const PendingElement &clip : scorer.elements()) {
        result.spans.push_back({static_cast<float>(clip.element.timeS), static_cast<float>(clip.element.toS)});
        result.dScores.push_back(clip.element.dScore);
        result.motion.push_back(clip.element.motion);
    }
    result.features = scorer.embeddings();
    if (result.spans.empty())
        result.outcome = scorer.notFinite().empty() ? Extracted::Unreadable : Extracted::NotFinite;
    return result;
}

/// Which of the base's classes each of the benchmark's is.
std::vector<std::int32_t> classesOf(const Benchmark &benchmark, const ClipStoreInfo &info, std::vector<std::string> &warnings)
{
    std::vector<std::int32_t> found;
    if (info.classes.empty()) {
        if (std::cmp_not_equal(benchmark.subjectNames.size(), info.dim))
            throw Error("The base network " + info.base + " tells " + std::to_string(info.dim) + " classes apart and does not name them; " + benchmark.name
                        + " has " + std::to_string(benchmark.subjectNames.size()) + ".");
        warnings.push_back("The base network " + info.base + " does not name its classes: they are taken to come in the order of " + benchmark.name + "'s.");
        for (std::size_t i = 0; i < benchmark.subjectNames.size(); ++i)
            found.push_back(static_cast<std::int32_t>(i));
        return found;
    }
    std::map<std::string, std::int32_t> places;
    for (std::size_t i = 0; i < info.classes.size(); ++i)
        places.emplace(lowerCase(info.classes[i]), static_cast<std::int32_t>(i));
    LeftOut unknown;
    for (const std::string &name : benchmark.subjectNames) {
        const auto place = places.find(lowerCase(name));
        found.push_back(place != places.end() ? place->second : -1);
        if (place == places.end())
            unknown.add(name);
    }
    if (unknown.count() > 0)
        throw Error("The base network " + info.base + " was not taught the classes of " + benchmark.name + ": "
                    + unknown.listed("class is not among its own", "classes are not among its own"));
    return found;
}

} // namespace

fs::path extractClips(const Benchmark &benchmark, const ExtractOptions &wanted, const ModelStore &models, Progress &progress)
{
    ExtractOptions options = wanted;
    options.analysis.task = benchmark.task;
    if (!options.dScores)
        options.analysis = withoutNeedlessDdnet(options.analysis, models, progress);
    options.analysis.runBase = true;
    options.analysis.second = "none";
    options.analysis.clips = benchmark.clips;
    Session session(options.analysis, models, progress);
    const bool scores = session.options().ddnet != withoutDdnet;
    const ClipPlan plan = clipPlan(scores ? &session.ddnetSpec() : nullptr, &session.baseSpec(), benchmark.clips);

    ClipStoreInfo info;
    info.identity = sha256("clips 1\n" + session.modelKey(true, false) + plan.key() + videosKey(benchmark));
    info.benchmark = benchmark.name;
    info.synthetic = benchmark.synthetic;
    info.base = session.usedBase().name;
    info.ddnet = session.usedDdnet().name;
    info.clips = plan.words();
    info.classes = session.baseSpec().classes;
    info.videos = static_cast<std::int64_t>(benchmark.videos.size());
    fs::path path = (options.folder.empty() ? storeFolder() : options.folder) / (storeName(benchmark.name, info.base, info.identity) + ".dclips");
    std::error_code problem;
    if (fs::exists(path, problem)) {
        try {
            const ClipStore found(path);
            if (found.info().identity == info.identity)
                return path;
        } catch (const FileError &error) {
            progress.notice(std::string(error.what()) + " The clips are scored again.");
        }
    }
    std::vector<WorkerNets> workers = session.makeWorkers(1'000'000, std::nullopt);
    const Network &base = *session.base();
    info.device = base.device().isCuda() ? "cuda" : "cpu";
    info.dim = base.outputSize();
    info.baseCost = base.cost();
    if (options.analysis.flip)
        info.baseCost = {2 * info.baseCost.mac, 2 * info.baseCost.flop};
    if (const Network *ddnet = session.ddnet())
        info.ddnetCost = ddnet->cost();
    ClipStoreWriter writer(path, info);
    const std::int64_t first = writer.count();
    if (first > 0)
        progress.notice(std::to_string(first) + " of " + std::to_string(info.videos) + " videos were scored before; resuming there.");
    progress.stage("Scoring the clips of " + std::to_string(info.videos - first) + " videos");
    Times times;
    for (std::int64_t i = first; i < info.videos; ++i) {
        progress.checkpoint(i, info.videos);
        Portion ofVideo(progress, i, info.videos, false);
        writer.add(clipsOf(benchmark.videos[static_cast<std::size_t>(i)], plan, session, workers, times, ofVideo));
    }
    progress.checkpoint(info.videos, info.videos);
    writer.finish();
    return path;
}

TemplateFeatures arrangeClips(const Benchmark &benchmark, const ClipStore &store, std::vector<std::string> &warnings, Progress &progress)
{
    const ClipStoreInfo &info = store.info();
    if (std::cmp_not_equal(info.videos, benchmark.videos.size()))
        throw Error("The store is of " + std::to_string(info.videos) + " videos; " + benchmark.name + " has " + std::to_string(benchmark.videos.size()) + ".");
    warnings.insert(warnings.end(), benchmark.warnings.begin(), benchmark.warnings.end());
    const std::vector<std::int32_t> classes = classesOf(benchmark, info, warnings);
    TemplateFeatures set;
    set.benchmark = benchmark.name;
    set.synthetic = benchmark.synthetic;
    set.dim = info.dim;
    set.ids = benchmark.ids;
    for (const std::int32_t label : benchmark.subjects)
        set.subjects.push_back(label < 0 ? -1 : classes[static_cast<std::size_t>(label)]);
    set.subjectNames = info.classes.empty() ? benchmark.subjectNames : info.classes;
    std::vector<float> &motion = set.quality[motionName];
    set.qualityCost[motionName] = {}; // differences of pixels: no multiply-accumulate
    std::map<Extracted, LeftOut> failed;
    LeftOut repeated;
    store.read(
        [&](std::int64_t video, const VideoClips &clips) {
            const std::string &id = benchmark.videos[static_cast<std::size_t>(video)].id;
            if (clips.outcome != Extracted::Scored)
                failed[clips.outcome].add(id);
            if (clips.repeated)
                repeated.add(id);
            set.spans.insert(set.spans.end(), clips.spans.begin(), clips.spans.end());
            set.dScores.insert(set.dScores.end(), clips.dScores.begin(), clips.dScores.end());
            motion.insert(motion.end(), clips.motion.begin(), clips.motion.end());
            set.features.insert(set.features.end(), clips.features.begin(), clips.features.end());
            set.names.insert(set.names.end(), clips.size(), id);
            set.begin.push_back(set.begin.back() + static_cast<std::int64_t>(clips.size()));
        },
        progress);
    for (const auto &[outcome, videos] : failed)
        warnings.push_back(videos.listed("video " + describe(outcome), "videos: each " + describe(outcome)));
    if (repeated.count() > 0)
        warnings.push_back(repeated.listed("video is shorter than a clip, which begins anew where it ends",
                                           "videos are shorter than a clip, which begins anew where they end"));
    set.check();
    return set;
}

} // namespace dscope
