// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/classify.h"

#include "core/aggregation/aggregate.h"
#include "core/analysis/session.h"
#include "core/analysis/videoclips.h"
#include "core/base/csv.h"
#include "core/base/encoding.h"
#include "core/base/error.h"
#include "core/base/portion.h"
#include "core/base/text.h"
#include "core/datasets/folders.h"
#include "core/nets/costjson.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>
#include <utility>

namespace dscope {

namespace fs = std::filesystem;

namespace {

/// The two stages, each with its network alone.
class Stages {
public:
    Stages(const AnalysisOptions &options, const ModelStore &store, Progress &progress)
        : m_scoring(scoringOf(options), store, progress), m_classifying(classifyingOf(chosenBase(options, store), options), store, progress),
          m_progress(progress), m_plan(clipPlan(&m_scoring.ddnetSpec(), &m_classifying.baseSpec(), options.clips))
    {
        m_ddnets = m_scoring.makeWorkers(1'000'000, std::nullopt);
        m_bases = m_classifying.makeWorkers(1'000'000, std::nullopt);
    }

    const ClipPlan &plan() const { return m_plan; }
    Session &scoring() { return m_scoring; }
    Session &classifying() { return m_classifying; }

    ClassifiedVideo run(const fs::path &path, const Keep &keep, Progress &progress)
    {
        ClassifiedVideo result;
        result.path = path;
        DividedVideo video = divide(path, m_plan.division, progress);
        if (video.places.repeated)
            result.warnings.push_back("The video is shorter than a clip (" + m_plan.words() + "): its one clip begins anew where the video ends.");
        const std::vector<ClipPlace> places = video.places.places;
        std::vector<std::size_t> which; // place of each clip that was scored
        std::vector<float> scores;
        ClipPlan plan = m_plan;
        plan.base.reset();
        result.framesRead += stage(video, path, plan, m_scoring, m_ddnets, [&](const PendingElement &clip) {
                                 which.push_back(clip.group);
                                 scores.push_back(clip.element.dScore);
                                 const ClipPlace &place = places[clip.group];
                                 result.clips.push_back({{static_cast<float>(place.fromS), static_cast<float>(place.toS)}, clip.element.dScore, false});
                             }).converted;
        if (scores.empty())
            throw FileError(path, "has no clip that can be decoded.");
        bool fallback = false;
        std::vector<std::int64_t> kept = chosenElements(scores, keep, fallback);
        std::sort(kept.begin(), kept.end());
        video.places.places.clear();
        for (const std::int64_t i : kept)
            video.places.places.push_back(places[which[static_cast<std::size_t>(i)]]);
        plan = m_plan;
        plan.ddnet.reset();
        std::vector<float> features;
        std::vector<float> keptScores;
        result.framesRead += stage(video, path, plan, m_classifying, m_bases, [&](const PendingElement &clip) {
                                 const auto i = static_cast<std::size_t>(kept[clip.group]);
                                 result.clips[i].kept = true;
                                 keptScores.push_back(scores[i]);
                                 features.insert(features.end(), clip.embedding.begin(), clip.embedding.end());
                             }).converted;
        for (const std::string &warning : video.frames->warnings())
            result.warnings.push_back(warning);
        if (!keptScores.empty()) {
            AggregateOptions how; // all of what is here, weighed by the re-scaled D-scores
            how.keep = Keep::best(std::max<int>(1, static_cast<int>(keptScores.size())));
            result.scores = aggregate(features, static_cast<std::int64_t>(features.size() / keptScores.size()), keptScores, how).feature;
        }
        return result;
    }

    void setTimes()
    {
        m_scoring.setTimes(m_times);
        m_classifying.setTimes(m_times);
    }

private:
    static AnalysisOptions scoringOf(AnalysisOptions options)
    {
        if (options.ddnet == withoutDdnet)
            throw UsageError("A DDNet is needed to choose clips by.");
        if (options.clips.crops != 1)
            throw UsageError("In two stages one crop of a clip is taken, the middle.");
        options.runBase = false;
        options.second = "none";
        return options;
    }
    static AnalysisOptions classifyingOf(const ModelSpec &base, AnalysisOptions options)
    {
        if (options.base.empty())
            options.base = base.name;
        options.ddnet = withoutDdnet;
        options.second = "none";
        return options;
    }

    ClipWork stage(DividedVideo &video, const fs::path &path, const ClipPlan &plan, Session &session, const std::vector<WorkerNets> &workers,
                   const std::function<void(const PendingElement &)> &use)
    {
        Scorer scorer(session);
        const ClipWork work = scoreClips(
            video, path, plan, workers, session.options().flip, [&](PendingElement &&clip) { scorer.add(std::move(clip)); }, m_times, m_progress);
        scorer.flush();
        const auto dim = static_cast<std::size_t>(scorer.dim());
        for (std::size_t i = 0; i < scorer.elements().size(); ++i) {
            PendingElement clip = scorer.elements()[i];
            const auto row = scorer.embeddings().begin() + static_cast<std::ptrdiff_t>(i * dim);
            clip.embedding.assign(row, row + static_cast<std::ptrdiff_t>(dim));
            use(clip);
        }
        m_times.add(scorer.times());
        return work;
    }

    Session m_scoring;
    Session m_classifying;
    Progress &m_progress;
    ClipPlan m_plan;
    std::vector<WorkerNets> m_ddnets;
    std::vector<WorkerNets> m_bases;
    Times m_times;
};

Json usedJson(const UsedModel &model)
{
    return {{"name", model.name},
            {"architecture", model.architecture},
            {"sha256", model.hash},
            {"mac", costJson(model.cost.mac)},
            {"flop", costJson(model.cost.flop)},
            {"ms_per_clip", std::round(model.msPerPicture * 1000) / 1000}};
}

} // namespace

std::int64_t ClassifiedVideo::keptCount() const
{
    return std::count_if(clips.begin(), clips.end(), [](const ClassifiedClip &clip) { return clip.kept; });
}

std::string Classification::className(std::size_t label) const
{
    return label < classes.size() ? classes[label] : std::to_string(label);
}

std::vector<std::size_t> Classification::best(const ClassifiedVideo &video, std::size_t most)
{
    std::vector<std::size_t> order(video.scores.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return video.scores[a] > video.scores[b]; });
    order.resize(std::min(most, order.size()));
    return order;
}

Classification classify(const std::vector<fs::path> &given, const AnalysisOptions &options, const Keep &keep, const ModelStore &store, Progress &progress)
{
    const std::vector<fs::path> paths = expandFolders(given, progress);
    Stages stages(options, store, progress);
    if (!takesClips(stages.scoring()))
        throw UsageError("Videos are classified by networks on clips; " + stages.classifying().baseSpec().name + " is for "
                         + std::string(stages.scoring().task().elements) + ".");
    Classification result;
    result.classes = stages.classifying().baseSpec().classes;
    result.clips = stages.plan().words();
    result.keep = keep;
    std::size_t failed = 0;
    std::string reason;
    const auto total = static_cast<std::int64_t>(paths.size());
    progress.stage("Classifying " + std::to_string(total) + (total == 1 ? " video" : " videos"));
    for (std::int64_t i = 0; i < total; ++i) {
        const fs::path &path = paths[static_cast<std::size_t>(i)];
        progress.checkpoint(i, total);
        try {
            Portion part(progress, i, total, false);
            result.videos.push_back(stages.run(path, keep, part));
        } catch (const Cancelled &) {
            throw;
        } catch (const std::exception &error) {
            ++failed;
            result.videos.emplace_back().path = path;
            result.videos.back().warnings.push_back(describe(error));
            reason += (reason.empty() ? "" : "\n") + describe(error);
        }
    }
    if (failed == paths.size())
        throw Error(reason.empty() ? "There is no video." : reason);
    stages.setTimes();
    result.ddnet = stages.scoring().usedDdnet();
    result.base = stages.classifying().usedBase();
    result.device = stages.classifying().deviceName();
    return result;
}

Json toJson(const Classification &result)
{
    Json json{{"schema", "dscope.classification/1"},
              {"keep", result.keep.words()},
              {"clips", result.clips},
              {"device", result.device},
              {"models", {{"ddnet", usedJson(result.ddnet)}, {"base", usedJson(result.base)}}},
              {"videos", Json::array()}};
    for (const ClassifiedVideo &video : result.videos) {
        Json clips = Json::array();
        for (const ClassifiedClip &clip : video.clips)
            clips.push_back({{"from_s", std::round(static_cast<double>(clip.span.fromS) * 1e6) / 1e6},
                             {"to_s", std::round(static_cast<double>(clip.span.toS) * 1e6) / 1e6},
                             {"d_score", static_cast<double>(clip.dScore)},
                             {"kept", clip.kept}});
        Json best = Json::array();
        for (const std::size_t label : Classification::best(video, 5))
            best.push_back({{"class", utf8Name(result.className(label))}, {"score", video.scores[label]}});
        const std::int64_t all = static_cast<std::int64_t>(video.clips.size());
        json["videos"].push_back({{"path", utf8Name(video.path.string())},
                                  {"prediction", std::move(best)},
                                  {"clips", std::move(clips)},
                                  {"mac", costJson(all * result.ddnet.cost.mac + video.keptCount() * result.base.cost.mac)},
                                  {"warnings", video.warnings}});
    }
    return json;
}

std::string classificationCsv(const Classification &result)
{
    std::string text = "path,predicted,score,clips,kept\r\n";
    for (const ClassifiedVideo &video : result.videos) {
        const std::vector<std::size_t> best = Classification::best(video, 1);
        text += csvText(utf8Name(video.path.string())) + ','
            + (best.empty() ? "," : csvText(utf8Name(result.className(best.front()))) + ',' + csvNumber(video.scores[best.front()])) + ','
            + std::to_string(video.clips.size()) + ',' + std::to_string(video.keptCount()) + "\r\n";
    }
    return text;
}

} // namespace dscope
