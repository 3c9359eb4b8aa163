// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/videocrops.h"

#include "core/base/csv.h"
#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/inputfile.h"
#include "core/base/picturefile.h"
#include "core/base/text.h"
#include "core/image/reader.h"
#include "core/media/video.h"
#include "core/tasks/elements.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <string>

namespace dscope {

namespace {

/// The elements of one group, in the order of frames.
struct Group {
    std::vector<std::int64_t> frames;
    std::vector<FoundElement> elements;
    std::vector<float> mean; ///< of the embeddings as unit vectors
    int identity = 0;
};

double dot(const std::vector<float> &left, const std::vector<float> &right)
{
    double sum = 0;
    for (std::size_t i = 0; i < left.size(); ++i)
        sum += static_cast<double>(left[i]) * static_cast<double>(right[i]);
    return sum;
}

double cosineOf(const std::vector<float> &left, const std::vector<float> &right)
{
    return dot(left, right) / std::max(1e-12, std::sqrt(dot(left, left) * dot(right, right)));
}

void add(std::vector<float> &sum, const std::vector<float> &values)
{
    sum.resize(values.size());
    for (std::size_t i = 0; i < values.size(); ++i)
        sum[i] += values[i];
}

/// Of each element of a frame, as unit vectors.
std::vector<std::vector<float>> embedded(const std::vector<Picture> &crops, Network &base, Progress &progress)
{
    const std::vector<float> values = base.run(crops, progress);
    std::vector<std::vector<float>> rows;
    for (std::size_t i = 0; i < crops.size(); ++i) {
        const auto begin = values.begin() + static_cast<std::ptrdiff_t>(i) * static_cast<std::ptrdiff_t>(base.outputSize());
        std::vector<float> &row = rows.emplace_back(begin, begin + static_cast<std::ptrdiff_t>(base.outputSize()));
        const double length = std::max(1e-12, std::sqrt(dot(row, row)));
        for (float &value : row)
            value = static_cast<float>(static_cast<double>(value) / length);
    }
    return rows;
}

/// Nothing where the place allows no cutting out: less than two pixels a side, landmarks in one place.
std::optional<Picture> cutOut(const ElementSource &source, const PixelSource &pixels, const FoundElement &element)
{
    try {
        return source.cut(pixels, element, {}).shown;
    } catch (const Error &) {
        return std::nullopt;
    }
}

std::vector<Group> groupsOf(VideoReader &reader, const std::filesystem::path &path, const Task &task, const VideoCropsOptions &options, ElementFinder &finder,
                            Progress &progress)
{
    progress.stage("Looking for " + std::string(task.elements) + " in " + path.filename().string());
    const ElementSource &source = elementSource(task);
    TrackerOptions how;
    if (options.base)
        how.impostorCosine = static_cast<float>(options.base->spec().impostorCosine);
    const std::unique_ptr<ElementTracker> tracker = source.tracker(how, options.everyNth, (reader.info().frames + options.everyNth - 1) / options.everyNth);
    std::vector<std::int64_t> frames;
    std::vector<FoundElement> elements;
    std::vector<std::vector<float>> embeddings;
    while (const std::optional<DecodedFrame> frame = reader.nextDecoded(options.everyNth)) {
        progress.checkpoint(frame->index, std::max(frame->index, reader.info().frames));
        if (!frame->pixels)
            continue;
        std::vector<FoundElement> found;
        std::vector<Picture> crops;
        for (FoundElement &element : finder.find(*frame->pixels, progress))
            if (std::optional<Picture> crop = cutOut(source, *frame->pixels, element)) {
                found.push_back(std::move(element));
                crops.push_back(std::move(*crop));
            }
        std::vector<std::vector<float>> rows(found.size());
        if (options.base && !found.empty())
            rows = embedded(crops, *options.base, progress);
        tracker->add(frame->index, found, rows, std::vector<float>(found.size(), 1.F));
        frames.insert(frames.end(), found.size(), frame->index);
        elements.insert(elements.end(), found.begin(), found.end());
        embeddings.insert(embeddings.end(), std::make_move_iterator(rows.begin()), std::make_move_iterator(rows.end()));
    }
    const std::vector<int> numbers = tracker->groups();
    std::map<int, Group> byNumber;
    for (std::size_t i = 0; i < numbers.size(); ++i) {
        if (numbers[i] < 0 || !elements[i].sure)
            continue;
        Group &group = byNumber[numbers[i]];
        group.frames.push_back(frames[i]);
        group.elements.push_back(elements[i]);
        if (options.base)
            add(group.mean, embeddings[i]);
    }
    std::vector<Group> groups;
    for (auto &[number, group] : byNumber)
        if (static_cast<int>(group.frames.size()) >= options.least)
            groups.push_back(std::move(group));
    return groups;
}

/// What a video is called in the folder: its name without the ending, another one where that was given to another video or names no folder.
std::string freshName(const std::filesystem::path &path, std::set<std::string> &given)
{
    std::string stem = utf8Name(path.stem().string());
    if (stem.empty() || stem == "." || stem == "..")
        stem = "video";
    std::string name = stem;
    for (int use = 2; !given.insert(name).second; ++use)
        name = stem + '-' + std::to_string(use);
    return name;
}

/// Gives each group its identity. @param apart receives the cosines of those seen at once
void identify(std::vector<Group> &groups, const VideoCropsOptions &options, std::vector<double> &apart)
{
    std::vector<std::vector<float>> means;
    std::vector<std::vector<bool>> together(groups.size(), std::vector<bool>(groups.size(), false));
    for (std::size_t i = 0; i < groups.size(); ++i) {
        means.push_back(groups[i].mean);
        for (std::size_t j = 0; j < i; ++j)
            together[i][j] = together[j][i] = seenAtOnce(groups[i].frames, groups[j].frames);
    }
    std::vector<int> identities(groups.size());
    for (std::size_t i = 0; i < groups.size(); ++i)
        identities[i] = static_cast<int>(i);
    if (options.base) {
        for (std::size_t i = 0; i < groups.size(); ++i)
            for (std::size_t j = 0; j < i; ++j)
                if (together[i][j])
                    apart.push_back(cosineOf(means[i], means[j]));
        identities = joinedGroups(means, together, options.same);
    }
    for (std::size_t i = 0; i < groups.size(); ++i)
        groups[i].identity = identities[i];
}

/// At most so many of a group, spread evenly, by their frame.
std::multimap<std::int64_t, std::pair<std::size_t, FoundElement>> chosen(const std::vector<Group> &groups, int most)
{
    std::multimap<std::int64_t, std::pair<std::size_t, FoundElement>> wanted;
    for (std::size_t g = 0; g < groups.size(); ++g) {
        const std::size_t size = groups[g].frames.size();
        const std::size_t count = std::min(size, static_cast<std::size_t>(most));
        for (std::size_t k = 0; k < count; ++k) {
            const std::size_t at = k * size / count;
            wanted.emplace(groups[g].frames[at], std::pair(g, groups[g].elements[at]));
        }
    }
    return wanted;
}

/// Writes what was chosen. @return its lines of the list
std::string cut(const std::filesystem::path &path, const std::string &name, const std::vector<Group> &groups, const Task &task,
                const VideoCropsOptions &options, const std::filesystem::path &folder, VideoCrops &result, Progress &progress)
{
    progress.stage("Cutting " + std::string(task.elements) + " out of " + path.filename().string());
    // People of all videos have numbers of their own, so that every reader of folders tells them apart.
    const auto personOf = [before = result.identities](const Group &group) { return printed("%04lld", static_cast<long long>(before) + group.identity + 1); };
    int identities = 0;
    for (const Group &group : groups) {
        identities = std::max(identities, group.identity + 1);
        std::filesystem::create_directories(folder / personOf(group));
    }
    std::string lines;
    const auto wanted = chosen(groups, options.most);
    VideoReader reader(path, {}, &progress);
    std::int64_t written = 0;
    while (const std::optional<DecodedFrame> frame = reader.nextDecoded(options.everyNth)) {
        progress.throwIfCancelled();
        if (!frame->pixels)
            continue;
        for (auto [at, end] = wanted.equal_range(frame->index); at != end; ++at) {
            const auto &[g, element] = at->second;
            const std::string person = personOf(groups[g]);
            const std::string file = person + '/' + person
                + printed("C%lldT%04dF%06d.jpg", static_cast<long long>(result.videos) + 1, static_cast<int>(g + 1), static_cast<int>(frame->index));
            writePicture(folder / file, elementSource(task).cut(*frame->pixels, element, {}).shown, 95);
            lines += csvText(file) + ',' + person + ',' + csvText(name) + ',' + std::to_string(g + 1) + ',' + std::to_string(frame->index) + ','
                + csvNumber(element.score) + "\r\n";
            progress.checkpoint(++written, static_cast<std::int64_t>(wanted.size()));
        }
    }
    result.elements += written;
    result.identities += identities;
    return lines;
}

} // namespace

void VideoCropsOptions::check() const
{
    if (everyNth < 1 || least < 1 || most < 1 || !(same > -1 && same <= 1) || !(minScore >= 0 && minScore <= 1))
        throw UsageError("Elements are cut out of every 1st frame or fewer, at least 1 and at most 1 or more a group, joined from a cosine of -1 to 1 on.");
}

std::vector<int> joinedGroups(const std::vector<std::vector<float>> &means, const std::vector<std::vector<bool>> &together, double same)
{
    struct Pair {
        double cosine;
        std::size_t left, right;
    };
    std::vector<Pair> pairs;
    for (std::size_t i = 0; i < means.size(); ++i)
        for (std::size_t j = i + 1; j < means.size(); ++j)
            if (const double cosine = cosineOf(means[i], means[j]); cosine >= same && !together[i][j])
                pairs.push_back({cosine, i, j});
    std::stable_sort(pairs.begin(), pairs.end(), [](const Pair &left, const Pair &right) { return left.cosine > right.cosine; });

    std::vector<std::vector<std::size_t>> members(means.size());
    std::vector<std::vector<float>> sums = means;
    std::vector<std::size_t> place(means.size());
    for (std::size_t i = 0; i < means.size(); ++i) {
        place[i] = i;
        members[i] = {i};
    }
    for (const Pair &pair : pairs) {
        const std::size_t to = std::min(place[pair.left], place[pair.right]);
        const std::size_t from = std::max(place[pair.left], place[pair.right]);
        if (to == from || cosineOf(sums[to], sums[from]) < same)
            continue;
        const bool apart = std::any_of(members[to].begin(), members[to].end(), [&](std::size_t left) {
            return std::any_of(members[from].begin(), members[from].end(), [&](std::size_t right) { return together[left][right]; });
        });
        if (apart)
            continue;
        for (const std::size_t member : members[from])
            place[member] = to;
        members[to].insert(members[to].end(), members[from].begin(), members[from].end());
        members[from].clear();
        add(sums[to], sums[from]);
    }
    std::map<std::size_t, int> numbers;
    std::vector<int> identities;
    for (const std::size_t at : place)
        identities.push_back(numbers.try_emplace(at, static_cast<int>(numbers.size())).first->second);
    return identities;
}

VideoCrops cutOutOfVideos(const std::vector<std::filesystem::path> &videos, const Task &task, const VideoCropsOptions &options, const ModelStore &store,
                          const std::filesystem::path &folder, Progress &progress)
{
    options.check();
    if (options.base)
        checkTask(task, options.base->spec());
    DetectorOptions how;
    how.search = DetectorOptions::Search::Frame;
    if (options.minScore > 0)
        how.minScore = options.minScore;
    const ElementSource &source = elementSource(task);
    const std::unique_ptr<ElementFinder> finder = source.finder(source.detector(options.detector, store), parseDevice(options.device), how);
    if (std::error_code ignored; std::filesystem::exists(folder / "crops.csv", ignored))
        throw FileError(folder, "holds crops already (crops.csv); name another folder, or remove them.");
    for (const std::filesystem::path &path : videos) // a name that was mistyped is told of at once, not after an hour
        checkReadable(path);
    VideoCrops result;
    std::string list = "path,person,camera,track,frame,score\r\n";
    std::set<std::string> names;
    std::string problem;
    for (const std::filesystem::path &path : videos) {
        const std::string name = freshName(path, names);
        std::unique_ptr<VideoReader> reader;
        try {
            reader = std::make_unique<VideoReader>(path, VideoOptions{}, &progress);
        } catch (const FileError &error) {
            problem = error.what();
            progress.notice(problem);
            continue;
        }
        std::vector<Group> groups = groupsOf(*reader, path, task, options, *finder, progress);
        identify(groups, options, result.apart);
        result.groups += static_cast<std::int64_t>(groups.size());
        list += cut(path, name, groups, task, options, folder, result, progress);
        ++result.videos;
        writeAtomically(folder / "crops.csv", list); // what is done is not lost with what follows
    }
    if (result.videos == 0 && !problem.empty())
        throw Error("None of the videos could be read: " + problem);
    if (result.elements == 0) {
        std::filesystem::remove(folder / "crops.csv");
        throw Error("In no video a " + std::string(task.element) + " was found long enough to be a track, so nothing was cut out.");
    }
    std::sort(result.apart.begin(), result.apart.end());
    return result;
}

} // namespace dscope
