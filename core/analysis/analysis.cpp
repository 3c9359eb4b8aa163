// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/analysis.h"

#include "core/analysis/cache.h"
#include "core/analysis/session.h"
#include "core/analysis/shownactions.h"
#include "core/base/error.h"
#include "core/base/hash.h"
#include "core/base/inputfile.h"
#include "core/base/picturefile.h"
#include "core/base/pictureheader.h"
#include "core/datasets/folders.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <map>
#include <utility>

namespace dscope {

namespace fs = std::filesystem;

std::size_t Analysis::elementCount() const
{
    std::size_t count = 0;
    for (const Source &source : sources)
        for (const Group &group : source.groups)
            count += group.elements.size();
    return count;
}

double rawDScore(double dScore, double mu, double sigma)
{
    return mu + sigma * std::log(dScore / (1 - dScore));
}

namespace {

bool needsDetector(const ImageSet &set, const AnalysisOptions &options)
{
    const ElementSource &source = elementSource(taskNamed(options.task));
    for (const ImageGroup &group : set.groups)
        for (const ImageItem &item : group.items)
            if (source.needsFinder(item, options.aligned))
                return true;
    return false;
}

void dropEmbeddings(CachedSource &result)
{
    for (Group &group : result.source.groups)
        group.embeddings.clear();
    result.base = {};
    result.dim = 0;
}

/// What the cache has for one of these keys. Without a base, a set's fuller record serves as well: its scores are the same.
std::optional<CachedSource> fromCache(const ResultCache &cache, const std::vector<std::string> &keys, bool wantBase)
{
    for (const std::string &key : keys)
        if (std::optional<CachedSource> result = cache.load(key)) {
            if (!wantBase)
                dropEmbeddings(*result);
            return result;
        }
    return std::nullopt;
}

CachedSource open(const fs::path &path, Session &session, Publisher &publisher)
{
    const AnalysisOptions &options = session.options();
    Progress &progress = session.progress();
    CachedSource result;
    Source &source = result.source;
    source.path = path;
    std::error_code problem;
    if (!fs::exists(path, problem))
        throw FileError(path, "there is no such file or folder.");

    const bool clips = takesClips(session);
    const SourceKind kind = clips ? SourceKind::Video : sourceKind(path);
    std::optional<ImageSet> set;
    std::vector<std::string> keys;
    if (clips) {
        if (options.useCache)
            keys.push_back(sha256(clipKey(path, session) + session.modelKey(options.runBase, false)));
    } else if (kind == SourceKind::Video) {
        if (options.useCache)
            keys.push_back(sha256(videoKey(path, options) + session.modelKey(options.runBase, true)));
    } else {
        set = readImageSet(path, progress);
        if (options.useCache) {
            const std::string key = pictureKey(*set, options);
            const bool detector = needsDetector(*set, options);
            keys.push_back(sha256(key + session.modelKey(options.runBase, detector)));
            if (!options.runBase && session.knowsBase())
                keys.push_back(sha256(key + session.modelKey(true, detector)));
        }
    }

    const ResultCache cache;
    if (std::optional<CachedSource> found = fromCache(cache, keys, options.runBase)) {
        found->source.path = path;
        found->source.fromCache = true;
        // The same film may lie under another name by now.
        if (kind == SourceKind::Video)
            for (Group &group : found->source.groups)
                for (Element &element : group.elements)
                    element.file = path;
        return std::move(*found);
    }

    if (set)
        analysePictures(source, *set, session, publisher);
    else if (clips)
        analyseClips(source, session, publisher);
    else
        analyseVideo(source, session, publisher);
    result.ddnet = session.usedDdnet();
    result.base = session.usedBase();
    result.detector = session.usedDetector();
    result.device = session.deviceName();
    if (const Network *base = session.base())
        result.dim = base->outputSize();
    if (!keys.empty()) {
        try {
            cache.store(keys.front(), result);
        } catch (const Error &error) {
            progress.notice(std::string("The results could not be kept for the next time. ") + error.what());
        }
    }
    return result;
}

// The figures of this run stand above those of an earlier one.
void merge(UsedModel &into, const UsedModel &from)
{
    if (into.name.empty() || (into.parameters == 0 && from.parameters > 0) || (into.msPerPicture <= 0 && from.msPerPicture > 0))
        into = from;
}

/// The task that the first pictures look like, where there are networks for it; else empty. What a video shows cannot be told so.
std::string guessedTask(const std::vector<fs::path> &paths, const AnalysisOptions &options, const ModelStore &store, Progress &progress)
{
    constexpr int enough = 16;
    constexpr int most = 10'000; // entries that are looked at
    int seen = 0;
    int entries = 0;
    std::map<const Task *, int> votes; // photographs of groups are upright and small at times, and crops of people wide
    const auto look = [&](const fs::path &file) {
        if (seen >= enough)
            return false;
        if (!looksLikePicture(file))
            return true;
        const auto header = pictureHeader(firstBytes(file, std::size_t{1} << 16));
        if (!header)
            return true;
        ++votes[&likelyTask(header->width, header->height)];
        return ++seen < enough;
    };
    for (const fs::path &path : paths) {
        std::error_code problem;
        if (!fs::is_directory(path, problem)) {
            const bool list = fs::exists(path, problem) && sourceKind(path) == SourceKind::Csv;
            if (!list && !look(path))
                break;
            try {
                const ImageSet set = list ? readImageSet(path, progress) : ImageSet();
                for (const ImageGroup &group : set.groups)
                    for (const ImageItem &item : group.items)
                        if (!look(item.file))
                            break;
            } catch (const FileError &) {
                // What is wrong with it is said when it is opened.
            }
            continue;
        }
        constexpr auto how = fs::directory_options::skip_permission_denied | fs::directory_options::follow_directory_symlink;
        fs::recursive_directory_iterator entry(path, how, problem);
        for (const fs::recursive_directory_iterator end; !problem && entry != end && ++entries < most; entry.increment(problem))
            if (entry->is_regular_file(problem) && !look(entry->path()))
                break;
        if (seen >= enough)
            break;
    }
    const Task *task = &tasks().front();
    for (const auto &[one, count] : votes)
        if (2 * count > seen)
            task = one;
    if (!task->stretched)
        return {};
    // Small portraits look the same: they must not fail for want of networks for people.
    const auto there = [&](Role role) {
        return std::any_of(store.models().begin(), store.models().end(),
                           [&](const ModelSpec &spec) { return spec.role == role && spec.task == task->name && spec.available(); });
    };
    return there(Role::Base) && (options.ddnet == withoutDdnet || there(Role::DdNet)) ? std::string(task->name) : std::string();
}

} // namespace

std::optional<Analysis> joined(Analysis earlier, Analysis later)
{
    if (earlier.sources.empty())
        return later;
    const auto differ = [](const UsedModel &a, const UsedModel &b) { return !a.name.empty() && !b.name.empty() && a.hash != b.hash; };
    if (differ(earlier.ddnet, later.ddnet) || differ(earlier.base, later.base) || differ(earlier.detector, later.detector)
        || (earlier.dim > 0 && later.dim > 0 && (earlier.dim != later.dim || earlier.second.hash != later.second.hash)))
        return std::nullopt;
    for (UsedModel Analysis::*model : {&Analysis::ddnet, &Analysis::base, &Analysis::detector}) {
        // What a cached source brought may know less than what this run measured.
        UsedModel fresh = later.*model;
        merge(fresh, earlier.*model);
        earlier.*model = std::move(fresh);
    }
    if (!later.device.empty())
        earlier.device = later.device;
    if (later.dim > 0) {
        earlier.second = later.second;
        earlier.classes = later.classes;
    }
    earlier.dim = std::max(earlier.dim, later.dim);
    if (!later.sources.empty()) {
        earlier.mu = later.mu;
        earlier.sigma = later.sigma;
        earlier.options = later.options;
    }
    std::move(later.sources.begin(), later.sources.end(), std::back_inserter(earlier.sources));
    return earlier;
}

Analysis analyse(const std::vector<fs::path> &given, const AnalysisOptions &options, const ModelStore &store, Progress &progress,
                 const AnalysisListener &listener)
{
    Analysis analysis;
    analysis.options = options;
    const std::vector<fs::path> paths = expandFolders(given, progress);
    if (paths.empty())
        return analysis;
    AnalysisOptions wanted = options;
    if (wanted.task.empty() && wanted.base.empty() && (wanted.ddnet.empty() || wanted.ddnet == withoutDdnet) && !wanted.aligned)
        wanted.task = guessedTask(paths, options, store, progress);
    if (!wanted.task.empty() && options.task.empty())
        progress.notice("The pictures look like " + std::string(taskNamed(wanted.task).elements) + ": they are taken as such (--task "
                        + std::string(tasks().front().name) + " where they are not).");
    Session session(wanted, store, progress);
    analysis.options.task = session.options().task;
    analysis.mu = session.ddnetSpec().mu;
    analysis.sigma = session.ddnetSpec().sigma;
    if (session.knowsBase() && session.options().runBase)
        analysis.classes = session.baseSpec().classes;
    std::size_t failed = 0;
    std::string reason;
    std::function<void(Source)> tell;
    if (listener)
        tell = [&](Source source) {
            Analysis soFar = analysis;
            merge(soFar.ddnet, session.usedDdnet());
            merge(soFar.base, session.usedBase());
            merge(soFar.detector, session.usedDetector());
            soFar.device = session.deviceName();
            if (Network *base = session.base())
                soFar.dim = base->outputSize();
            soFar.sources.push_back(std::move(source));
            session.applySecondLookTo(soFar);
            listener(std::move(soFar));
        };
    Publisher publisher(tell);
    for (std::size_t i = 0; i < paths.size(); ++i) {
        const std::string which = paths.size() > 1 ? " (" + std::to_string(i + 1) + " of " + std::to_string(paths.size()) + ")" : "";
        session.beginSource("Scoring " + (paths[i].has_filename() ? paths[i].filename() : paths[i]).string() + which);
        CachedSource opened;
        try {
            opened = open(paths[i], session, publisher);
        } catch (const Cancelled &) {
            throw;
        } catch (const std::exception &error) {
            ++failed;
            opened = {};
            opened.source.path = paths[i];
            opened.source.warnings.push_back(describe(error));
            reason += (reason.empty() ? "" : "\n") + describe(error);
        }
        merge(analysis.ddnet, opened.ddnet);
        analysis.ddnet.rule = session.ddnetSpec().rule; // may be newer than results that were kept
        merge(analysis.base, opened.base);
        merge(analysis.detector, opened.detector);
        if (analysis.device.empty() || !opened.source.fromCache)
            analysis.device = opened.device.empty() ? analysis.device : opened.device;
        if (opened.dim > 0)
            analysis.dim = opened.dim;
        analysis.sources.push_back(std::move(opened.source));
    }
    if (failed == paths.size())
        throw Error(reason);
    if (analysis.device.empty())
        analysis.device = session.deviceName();
    session.applySecondLookTo(analysis);
    if (takesClips(session))
        addShownActions(analysis, progress);
    return analysis;
}

} // namespace dscope
