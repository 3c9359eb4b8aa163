// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/ordered.h"
#include "core/analysis/session.h"

#include "core/base/error.h"
#include "core/image/reader.h"

#include <opencv2/core/version.hpp>

#include <sys/stat.h>

#include <algorithm>
#include <map>
#include <span>
#include <utility>

namespace dscope {

namespace {

struct Place {
    std::size_t group = 0;
    std::size_t item = 0;
};

/// Pictures that one thread takes at a time: enough for the networks to work well, few enough to share out evenly.
constexpr std::size_t s_piece = 8;

struct PictureElements {
    std::vector<PendingElement> elements;
    std::vector<std::string> problems; ///< pictures without an element, and why; and damaged ones
    std::size_t unread = 0;            ///< how many could not be read at all
    Times times;
    std::size_t pictures = 0;
};

std::vector<PendingElement> elementsOf(const ImageItem &item, const AnalysisOptions &options, const WorkerNets &nets, Progress &progress, Times &times)
{
    std::vector<PendingElement> elements = pendingElements(item, options, nets, progress, times);
    for (PendingElement &element : elements)
        element.element.thumbnail = thumbnailOf(element.cut.shown);
    return elements;
}

PictureElements elementsOf(const ImageSet &set, std::span<const Place> places, const AnalysisOptions &options, const WorkerNets &nets, Progress &progress)
{
    PictureElements result;
    result.pictures = places.size();
    for (const Place &place : places) {
        progress.throwIfCancelled();
        const ImageItem &item = set.groups[place.group].items[place.item];
        try {
            std::vector<PendingElement> elements = elementsOf(item, options, nets, progress, result.times);
            if (elements.empty())
                result.problems.emplace_back(FileError(item.file, "no " + std::string(nets.task->element) + " was found.").what());
            for (PendingElement &element : elements) {
                element.group = place.group;
                if (!element.warning.empty())
                    result.problems.push_back(std::move(element.warning));
                result.elements.push_back(std::move(element));
            }
        } catch (const FileError &error) {
            result.problems.emplace_back(error.what());
            ++result.unread;
        } catch (const Error &error) {
            result.problems.emplace_back(FileError(item.file, error.what()).what());
            ++result.unread;
        }
    }
    scoreElements(result.elements, nets, options.flip, progress, result.times);
    return result;
}

/// What to say of a source of which not one picture could be read: it has failed, as a video that cannot be opened has.
std::string unreadable(const std::vector<std::string> &problems)
{
    constexpr std::size_t most = 10;
    std::string text;
    for (std::size_t i = 0; i < std::min(most, problems.size()); ++i)
        text += (i > 0 ? "\n" : "") + problems[i];
    return text + (problems.size() > most ? "\nand " + std::to_string(problems.size() - most) + " more" : std::string());
}

// Groups in the set's order; those whose elements have not come yet (or never will) are left out.
std::vector<Group> groupsOf(const ImageSet &set, const Scorer &scorer)
{
    const std::vector<PendingElement> &elements = scorer.elements();
    const auto dim = static_cast<std::ptrdiff_t>(scorer.dim());
    std::vector<Group> groups;
    std::map<std::size_t, std::size_t> place;
    for (std::size_t i = 0; i < elements.size(); ++i) {
        const auto [found, fresh] = place.try_emplace(elements[i].group, groups.size());
        if (fresh) {
            groups.emplace_back();
            groups.back().id = set.groups[elements[i].group].id;
            groups.back().label = set.groups[elements[i].group].label;
        }
        Group &group = groups[found->second];
        group.elements.push_back(elements[i].element);
        const auto row = scorer.embeddings().begin() + static_cast<std::ptrdiff_t>(i) * dim;
        group.embeddings.insert(group.embeddings.end(), row, row + dim);
    }
    return groups;
}

} // namespace

void analysePictures(Source &source, const ImageSet &set, Session &session, Publisher &publisher)
{
    const AnalysisOptions &options = session.options();
    source.kind = set.kind;
    source.warnings = set.warnings;
    std::vector<Place> places;
    bool needDetector = false;
    for (std::size_t g = 0; g < set.groups.size(); ++g)
        for (std::size_t i = 0; i < set.groups[g].items.size(); ++i) {
            places.push_back({g, i});
            needDetector = needDetector || elementSource(session.task()).needsFinder(set.groups[g].items[i], options.aligned);
        }
    const auto total = static_cast<std::int64_t>(places.size());
    source.frames = total;

    const auto pieces = (places.size() + s_piece - 1) / s_piece;
    std::vector<WorkerNets> workers =
        session.makeWorkers(static_cast<std::int64_t>(pieces),
                            needDetector ? std::optional(options.allFaces ? DetectorOptions::Search::All : DetectorOptions::Search::Main) : std::nullopt);
    using Line = OrderedPipeline<std::span<const Place>, PictureElements>;
    std::size_t next = 0;
    const auto produce = [&]() -> std::optional<std::span<const Place>> {
        if (next >= places.size())
            return std::nullopt;
        const std::span<const Place> piece = std::span<const Place>(places).subspan(next, std::min(s_piece, places.size() - next));
        next += piece.size();
        return piece;
    };
    std::vector<Line::Work> work;
    for (const WorkerNets &nets : workers)
        work.emplace_back([&set, &options, &session, &nets, begun = false](std::span<const Place> &&piece) mutable {
            if (!std::exchange(begun, true))
                useThisThreadOnly();
            return elementsOf(set, piece, options, nets, session.progress());
        });

    Scorer scorer(session);
    std::int64_t done = 0;
    std::size_t unread = 0;
    Times times;
    session.progress().checkpoint(0, total);
    const auto consume = [&](PictureElements &&found) {
        done += static_cast<std::int64_t>(found.pictures);
        session.progress().checkpoint(done, total);
        source.warnings.insert(source.warnings.end(), found.problems.begin(), found.problems.end());
        unread += found.unread;
        times.add(found.times);
        for (PendingElement &element : found.elements)
            scorer.add(std::move(element));
        publisher.growing([&] {
            Source now = source;
            now.groups = groupsOf(set, scorer);
            return now;
        });
    };
    Line::run(produce, work, consume, 2 * workers.size() + 2, session.progress());
    scorer.flush();
    session.progress().checkpoint(total, total);
    workers.clear();
    if (!places.empty() && unread == places.size())
        throw Error(unreadable(source.warnings));

    times.add(scorer.times());
    session.setTimes(times);
    source.groups = groupsOf(set, scorer);
    if (const std::optional<std::string> enlarged = scorer.enlarged())
        source.warnings.push_back(*enlarged);
    if (const std::optional<std::string> scaled = scorer.scaled())
        source.warnings.push_back(*scaled);
    if (const std::optional<std::string> leftOut = scorer.leftOut())
        source.warnings.push_back(*leftOut);
    if (source.groups.empty())
        source.warnings.push_back("No " + std::string(session.task().element) + " was found.");
}

std::string pictureKey(const ImageSet &set, const AnalysisOptions &options)
{
    Sha256 hash;
    const auto number = [&hash](auto value) { hash.add(&value, sizeof value); };
    const auto text = [&](const std::string &value) {
        number(static_cast<std::uint64_t>(value.size()));
        hash.add(value);
    };
    text("pictures 2 OpenCV " CV_VERSION);
    text(set.kind);
    if (const Task &task = taskNamed(options.task); &task != &tasks().front()) // the key of the usual one is as it always was
        text(std::string(task.name));
    number(static_cast<std::uint8_t>(options.aligned));
    number(static_cast<std::uint8_t>(options.allFaces));
    number(static_cast<std::uint8_t>(damagedPicturesRefused()));
    number(static_cast<std::uint64_t>(set.warnings.size()));
    for (const std::string &warning : set.warnings)
        text(warning);
    for (const ImageGroup &group : set.groups) {
        text(group.id);
        text(group.label);
        number(static_cast<std::uint64_t>(group.items.size()));
        for (const ImageItem &item : group.items) {
            text(item.file.string());
            number(item.media);
            number(item.detectorScore.value_or(-1.F));
            number(static_cast<std::uint8_t>(item.landmarks.has_value()));
            if (item.landmarks)
                for (const Point &point : *item.landmarks) {
                    number(point.x);
                    number(point.y);
                }
            if (item.box)
                for (const float side : {item.box->x, item.box->y, item.box->w, item.box->h})
                    number(side);
            struct stat info {};
            if (::stat(item.file.string().c_str(), &info) != 0)
                info = {};
            for (const std::int64_t value : {static_cast<std::int64_t>(info.st_size), static_cast<std::int64_t>(info.st_ino),
                                             static_cast<std::int64_t>(info.st_mtim.tv_sec), static_cast<std::int64_t>(info.st_mtim.tv_nsec),
                                             static_cast<std::int64_t>(info.st_ctim.tv_sec), static_cast<std::int64_t>(info.st_ctim.tv_nsec)})
                number(value);
        }
    }
    return hash.hex() + '\n';
}

} // namespace dscope
