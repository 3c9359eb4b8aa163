// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/training/cliptargets.h"

#include "core/base/encoding.h"
#include "core/base/error.h"
#include "core/base/hash.h"
#include "core/base/jsonfields.h"
#include "core/base/jsonlimits.h"
#include "core/base/outputlock.h"
#include "core/base/text.h"
#include "core/nets/checkpoint.h"
#include "core/scores/features.h"
#include "core/scores/outsiders.h"
#include "core/scores/streamscores.h"
#include "core/scores/targetfile.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <utility>

namespace dscope {

namespace {

constexpr const char *s_clipTargetsKey = "dscope.cliptargets";
constexpr const char *s_clipTargetsSchema = "dscope.cliptargets/1";

/// Rows of others without their first columns.
class LaterColumns final : public FeatureRows {
public:
    LaterColumns(const FeatureRows &rows, std::int64_t skipped) : m_rows(rows), m_skipped(skipped)
    {
        m_count = rows.count();
        m_dim = rows.dim() - skipped;
    }
    void read(std::int64_t begin, std::span<float> out) const override
    {
        const auto dim = static_cast<std::size_t>(m_dim);
        const auto skipped = static_cast<std::size_t>(m_skipped);
        const std::size_t count = out.size() / dim;
        std::vector<float> wide(count * (dim + skipped));
        m_rows.read(begin, wide);
        for (std::size_t i = 0; i < count; ++i)
            std::copy_n(wide.begin() + static_cast<std::ptrdiff_t>(i * (dim + skipped) + skipped), dim, out.begin() + static_cast<std::ptrdiff_t>(i * dim));
    }

private:
    const FeatureRows &m_rows;
    std::int64_t m_skipped;
};

/// Some rows of others.
class ChosenRows final : public FeatureRows {
public:
    ChosenRows(const FeatureRows &rows, std::vector<std::int64_t> chosen) : m_rows(rows), m_chosen(std::move(chosen))
    {
        m_count = std::ssize(m_chosen);
        m_dim = rows.dim();
    }
    void read(std::int64_t begin, std::span<float> out) const override
    {
        const auto dim = static_cast<std::size_t>(m_dim);
        for (std::size_t i = 0; i < out.size() / dim; ++i)
            m_rows.read(m_chosen[static_cast<std::size_t>(begin) + i], out.subspan(i * dim, dim));
    }

private:
    const FeatureRows &m_rows;
    std::vector<std::int64_t> m_chosen;
};

/// -log softmax(scores)[label], in double.
double crossEntropyOf(std::span<const float> scores, std::int32_t label)
{
    const double largest = *std::max_element(scores.begin(), scores.end());
    double sum = 0;
    for (const float score : scores)
        sum += std::exp(score - largest);
    return std::log(sum) + largest - scores[static_cast<std::size_t>(label)];
}

/// Which of the base's classes each of the set's is, by name; empty where the base lacks one, or has no names and another number of them.
std::vector<std::int32_t> classesOfBase(const std::vector<std::string> &classes, const ModelSpec &base, std::int64_t scores)
{
    std::vector<std::int32_t> found;
    for (std::size_t i = 0; i < classes.size(); ++i) {
        if (base.classes.empty()) {
            found.push_back(static_cast<std::int32_t>(i));
            continue;
        }
        const auto there = std::find(base.classes.begin(), base.classes.end(), classes[i]);
        if (there == base.classes.end())
            return {};
        found.push_back(static_cast<std::int32_t>(there - base.classes.begin()));
    }
    return base.classes.empty() && std::cmp_not_equal(classes.size(), scores) ? std::vector<std::int32_t>() : found;
}

/// D-scores against the centroids of the clips inside of the segments: of these, and then of the others.
void scoreTargets(const FeatureRows &features, const ClipSet &set, const ClipLabelOptions &options, const Device &device, const std::filesystem::path &work,
                  ClipTargets &targets, Progress &progress)
{
    std::vector<std::int32_t> labels; // of those inside
    std::vector<std::int64_t> chosen;
    for (std::size_t i = 0; i < set.size(); ++i) {
        targets.inside.push_back(set.isInside(i) ? 1 : 0);
        if (!set.isInside(i))
            continue;
        labels.push_back(targets.labels[i]);
        chosen.push_back(static_cast<std::int64_t>(i));
    }
    if (labels.empty())
        throw Error("No clip lies in a segment, so there is nothing to make centroids of.");
    targets.dscore = options.suit ? suitedTo(labels, options.dscore, options.chosen) : options.dscore;
    targets.dscore.copies = 1;
    StreamOptions stream;
    stream.dscore = targets.dscore;
    stream.device = device;
    stream.progress = work;
    targets.scores = streamDScores(ChosenRows(features, std::move(chosen)), labels, stream, progress);
    if (const std::string warning = selfWarning(targets.scores, labels, targets.dscore); !warning.empty()) {
        targets.scores.warnings.push_back(warning);
        progress.notice(warning);
    }
    if (labels.size() == targets.labels.size())
        return targets.inside.clear();
    progress.stage("Comparing clips outside of the segments");
    targets.scores = withOutsiders(features, targets.labels, targets.inside, targets.dscore, targets.scores, progress);
}

} // namespace

ClipTargets labelClips(const ClipSet &set, Network &base, const ModelSpec &spec, const ClipLabelOptions &options, const std::filesystem::path &work,
                       Progress &progress)
{
    if (set.size() == 0)
        throw Error("There is no clip with a label.");
    ClipTargets targets;
    targets.root = set.root();
    targets.videos = set.videos();
    for (std::size_t i = 0; i < targets.videos.size(); ++i) {
        targets.parts.push_back(set.part(static_cast<std::int64_t>(i)));
        targets.groups.push_back(std::to_string(set.group(static_cast<std::int64_t>(i))));
    }
    targets.classes = set.classes();
    targets.clips = set.options();
    targets.base = spec;
    targets.baseHash = base.hash();
    for (std::size_t i = 0; i < set.size(); ++i) {
        targets.places.push_back(set.where(i));
        targets.labels.push_back(set.label(i));
    }
    std::filesystem::create_directories(work);
    const OutputLock lock(work);
    const std::string identity = sha256("label clips 1 " + base.hash() + toJson(base.spec()).dump() + (base.device().isCuda() ? " cuda " : " cpu ")
                                        + std::to_string(options.batch) + set.identity());
    const std::filesystem::path file = work / ("features-" + identity.substr(0, 16) + ".safetensors");
    std::error_code problem;
    if (!std::filesystem::exists(file, problem)) {
        FeatureWriter writer(file, base.outputSize(), identity);
        const auto batch = static_cast<std::int64_t>(std::max(1, options.batch));
        const auto count = static_cast<std::int64_t>(set.size());
        writer.keepOnly(std::min(count, writer.count() / batch * batch)); // whole batches, as an uninterrupted run has them
        if (writer.count() > 0)
            progress.notice(std::to_string(writer.count()) + " of " + std::to_string(count) + " clips were embedded before; resuming there.");
        progress.stage("Embedding clips");
        for (std::int64_t begin = writer.count(); begin < count; begin += batch) {
            progress.checkpoint(begin, count);
            std::vector<Clip> clips;
            for (std::int64_t i = begin; i < std::min(count, begin + batch); ++i)
                clips.push_back(set.clip(static_cast<std::size_t>(i)));
            writer.add(base.runClips(clips, progress, options.batch));
        }
        progress.checkpoint(count, count);
        writer.finish();
    }
    const std::unique_ptr<FeatureRows> rows = openFeatures(file);
    if (std::cmp_not_equal(rows->count(), set.size()) || rows->dim() != base.outputSize())
        throw FileError(file, "does not hold the features of these clips; remove the folder to begin anew.");

    const std::int64_t scores = spec.outputSize;
    if (const std::vector<std::int32_t> classes = classesOfBase(targets.classes, spec, scores); !classes.empty()) {
        std::vector<float> row(static_cast<std::size_t>(rows->dim()));
        for (std::size_t i = 0; i < set.size(); ++i) {
            rows->read(static_cast<std::int64_t>(i), row);
            targets.loss.push_back(
                crossEntropyOf(std::span(row).first(static_cast<std::size_t>(scores)), classes[static_cast<std::size_t>(targets.labels[i])]));
        }
    } else {
        progress.notice("The base network tells other classes apart than the set has, so there are no losses to rank clips by.");
    }
    scoreTargets(LaterColumns(*rows, scores), set, options, base.device(), work / "dscores.progress", targets, progress);
    return targets;
}

void writeClipTargets(const std::filesystem::path &path, const ClipTargets &targets)
{
    const ClipSetOptions &clips = targets.clips;
    std::vector<double> partsFrom;
    std::vector<double> partsTo;
    for (const ClipPart &part : targets.parts) {
        partsFrom.push_back(part.fromS);
        partsTo.push_back(part.toS);
    }
    Json about{{"schema", s_clipTargetsSchema},
               {"layout", clips.layout},
               {"subset", clips.subset},
               {"videos", detail::utf8Names(targets.videos)},
               {"parts_from_s", partsFrom},
               {"parts_to_s", partsTo},
               {"groups", detail::utf8Names(targets.groups)},
               {"classes", detail::utf8Names(targets.classes)},
               {"clips",
                {{"frames", clips.frames},
                 {"stride", clips.stride},
                 {"rate", clips.rate},
                 {"step", clips.step},
                 {"count", clips.count},
                 {"height", clips.height},
                 {"width", clips.width}}}};
    detail::describeRoot(about, targets.root, path);
    detail::describeDScores(about, targets.dscore, targets.scores, targets.base, targets.baseHash);
    std::vector<std::int32_t> video;
    std::vector<std::int64_t> begin;
    std::vector<double> from;
    std::vector<double> to;
    for (const ClipWhere &place : targets.places) {
        video.push_back(static_cast<std::int32_t>(place.video));
        begin.push_back(place.begin);
        from.push_back(place.fromS);
        to.push_back(place.toS);
    }
    StateDict tensors = detail::scoreColumns(targets.scores);
    tensors["video"] = detail::columnOf(video, at::kInt);
    tensors["begin"] = detail::columnOf(begin, at::kLong);
    tensors["from_s"] = detail::columnOf(from, at::kDouble);
    tensors["to_s"] = detail::columnOf(to, at::kDouble);
    tensors["label"] = detail::columnOf(targets.labels, at::kInt);
    if (!targets.inside.empty())
        tensors["inside"] = detail::columnOf(targets.inside, at::kByte);
    if (!targets.loss.empty())
        tensors["loss"] = detail::columnOf(targets.loss, at::kDouble);
    writeSafetensors(path, tensors, {{s_clipTargetsKey, about.dump()}});
}

bool isClipTargets(const std::filesystem::path &path)
{
    return readCheckpointHeader(path).metadata.contains(s_clipTargetsKey);
}

namespace {

/// The metadata, all but what the tensors hold.
void readClipDescription(const JsonFields &about, const std::filesystem::path &path, ClipTargets &targets)
{
    constexpr std::size_t mostNames = std::size_t{1} << 31;
    if (about.text("schema") != s_clipTargetsSchema)
        throw FileError(path, "has the unknown schema '" + about.text("schema") + "'.");
    targets.root = detail::rootIn(about, path);
    targets.videos = about.texts("videos", mostNames);
    targets.groups = about.texts("groups", mostNames);
    targets.classes = about.texts("classes", mostNames);
    for (std::vector<std::string> *names : {&targets.videos, &targets.groups, &targets.classes})
        for (std::string &name : *names)
            name = nameFromUtf8(name);
    if (targets.groups.size() != targets.videos.size())
        about.wrong("groups", "a group for each video");
    const std::vector<double> partsFrom = about.numbers("parts_from_s", mostNames, 0, 1e9);
    const std::vector<double> partsTo = about.numbers("parts_to_s", mostNames, -1, 1e9);
    if (partsFrom.size() != targets.videos.size() || partsTo.size() != targets.videos.size())
        about.wrong("parts_from_s", "a time for each video");
    for (std::size_t i = 0; i < partsFrom.size(); ++i)
        targets.parts.push_back({partsFrom[i], partsTo[i]});
    const JsonFields clips = about.object("clips");
    targets.clips.layout = about.text("layout", {});
    targets.clips.subset = about.text("subset", {});
    targets.clips.frames = static_cast<int>(clips.whole("frames", 1, 4096));
    targets.clips.stride = static_cast<int>(clips.whole("stride", 1, 4096));
    targets.clips.rate = clips.text("rate");
    targets.clips.step = static_cast<int>(clips.whole("step", 0, 1'000'000));
    targets.clips.count = static_cast<int>(clips.whole("count", 0, 1'000'000));
    targets.clips.height = static_cast<int>(clips.whole("height", 1, 4096));
    targets.clips.width = static_cast<int>(clips.whole("width", 1, 4096));
    detail::readDScores(about, path, targets.dscore, targets.scores, targets.base, targets.baseHash);
}

ClipTargets clipTargetsOf(const Checkpoint &file, const std::filesystem::path &path)
{
    const auto described = file.metadata.find(s_clipTargetsKey);
    if (described == file.metadata.end())
        throw FileError(path, "is no target file of clips.");
    ClipTargets targets;
    {
        const Json description = parseJson(described->second, path);
        readClipDescription(JsonFields(description, path), path, targets);
    }
    targets.labels = detail::columnIn<std::int32_t>(file.tensors, "label", at::kInt, -1, path);
    const auto count = static_cast<std::int64_t>(targets.labels.size());
    const auto video = detail::columnIn<std::int32_t>(file.tensors, "video", at::kInt, count, path);
    const auto begin = detail::columnIn<std::int64_t>(file.tensors, "begin", at::kLong, count, path);
    const auto from = detail::columnIn<double>(file.tensors, "from_s", at::kDouble, count, path);
    const auto to = detail::columnIn<double>(file.tensors, "to_s", at::kDouble, count, path);
    detail::readScoreColumns(file.tensors, count, path, targets.scores);
    if (file.tensors.contains("inside"))
        targets.inside = detail::columnIn<std::uint8_t>(file.tensors, "inside", at::kByte, count, path);
    if (file.tensors.contains("loss"))
        targets.loss = detail::columnIn<double>(file.tensors, "loss", at::kDouble, count, path);
    for (std::size_t i = 0; i < targets.labels.size(); ++i) {
        if (targets.labels[i] < 0 || std::cmp_greater_equal(targets.labels[i], targets.classes.size()))
            throw FileError(path, "names a class that is not in its list.");
        if (video[i] < 0 || std::cmp_greater_equal(video[i], targets.videos.size()))
            throw FileError(path, "names a video that is not in its list.");
        constexpr std::int64_t mostFrames = 10'000'000;
        if (begin[i] < 0 || begin[i] > mostFrames || !(from[i] >= 0) || !(to[i] >= from[i]) || !(to[i] <= 1e9))
            throw FileError(path, "its places are out of range.");
        if (!(targets.scores.normalised[i] >= 0 && targets.scores.normalised[i] <= 1) || (!targets.loss.empty() && !std::isfinite(targets.loss[i])))
            throw FileError(path, "its scores are out of range.");
        targets.places.push_back({video[i], begin[i], from[i], to[i]});
    }
    return targets;
}

} // namespace

ClipTargets readClipTargets(const std::filesystem::path &path)
{
    return clipTargetsOf(readCheckpoint(path), path);
}

ClipTargets parseClipTargets(std::span<const std::uint8_t> bytes, const std::filesystem::path &path)
{
    return clipTargetsOf(parseCheckpoint(bytes, path), path);
}

} // namespace dscope
