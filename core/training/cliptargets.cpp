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
#include "core/scores/streamscores.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
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

template<typename T>
at::Tensor clipColumn(const std::vector<T> &values, at::ScalarType type)
{
    at::Tensor tensor = at::empty({static_cast<std::int64_t>(values.size())}, type);
    if (!values.empty())
        std::memcpy(tensor.data_ptr(), values.data(), values.size() * sizeof(T));
    return tensor;
}

template<typename T>
std::vector<T> clipValues(const StateDict &tensors, const char *name, at::ScalarType type, std::int64_t size, const std::filesystem::path &path)
{
    const auto found = tensors.find(name);
    if (found == tensors.end() || found->second.scalar_type() != type || found->second.dim() != 1 || (size >= 0 && found->second.numel() != size))
        throw FileError(path,
                        std::string("holds no '") + name + "'" + (size >= 0 ? " of " + std::to_string(size) + " values" : std::string())
                            + ": it is not a complete target file.");
    const at::Tensor values = found->second.contiguous();
    std::vector<T> result(static_cast<std::size_t>(values.numel()));
    if (!result.empty())
        std::memcpy(result.data(), values.data_ptr(), result.size() * sizeof(T));
    return result;
}

std::vector<std::string> utf8Texts(const std::vector<std::string> &texts)
{
    std::vector<std::string> result;
    for (const std::string &text : texts)
        result.push_back(utf8Name(text));
    return result;
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
    targets.dscore = options.suit ? suitedTo(targets.labels, options.dscore, options.chosen) : options.dscore;
    targets.dscore.copies = 1;
    StreamOptions stream;
    stream.dscore = targets.dscore;
    stream.device = base.device();
    stream.progress = work / "dscores.progress";
    targets.scores = streamDScores(LaterColumns(*rows, scores), targets.labels, stream, progress);
    if (const std::string warning = selfWarning(targets.scores, targets.labels, targets.dscore); !warning.empty()) {
        targets.scores.warnings.push_back(warning);
        progress.notice(warning);
    }
    return targets;
}

void writeClipTargets(const std::filesystem::path &path, const ClipTargets &targets)
{
    const DScores &scores = targets.scores;
    const ClipSetOptions &clips = targets.clips;
    std::error_code problem;
    const std::filesystem::path root = std::filesystem::absolute(targets.root, problem).lexically_normal();
    const std::filesystem::path folder = std::filesystem::absolute(path, problem).lexically_normal().parent_path();
    std::vector<double> partsFrom;
    std::vector<double> partsTo;
    for (const ClipPart &part : targets.parts) {
        partsFrom.push_back(part.fromS);
        partsTo.push_back(part.toS);
    }
    const Json about{{"schema", s_clipTargetsSchema},
                     {"root", utf8Name(root.string())},
                     {"root_beside", utf8Name(root.lexically_relative(folder).string())},
                     {"layout", clips.layout},
                     {"subset", clips.subset},
                     {"videos", utf8Texts(targets.videos)},
                     {"parts_from_s", partsFrom},
                     {"parts_to_s", partsTo},
                     {"groups", utf8Texts(targets.groups)},
                     {"classes", utf8Texts(targets.classes)},
                     {"clips",
                      {{"frames", clips.frames},
                       {"stride", clips.stride},
                       {"rate", clips.rate},
                       {"step", clips.step},
                       {"count", clips.count},
                       {"height", clips.height},
                       {"width", clips.width}}},
                     {"metric", metricWords.wordOf(targets.dscore.metric)},
                     {"epsilon", targets.dscore.epsilon},
                     {"normalise_features", targets.dscore.normaliseFeatures},
                     {"leave_out", leaveOutWords.wordOf(targets.dscore.leaveOut)},
                     {"centroids", centroidWords.wordOf(targets.dscore.centroids)},
                     {"at_least_others", targets.dscore.atLeastOthers},
                     {"target", targetWords.wordOf(targets.dscore.target)},
                     {"base", toJson(targets.base)},
                     {"base_sha256", targets.baseHash},
                     {"mu", scores.mu},
                     {"sigma", scores.sigma},
                     {"floored", scores.floored},
                     {"single_sample", scores.singleSample}};
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
    StateDict tensors{{"video", clipColumn(video, at::kInt)},
                      {"begin", clipColumn(begin, at::kLong)},
                      {"from_s", clipColumn(from, at::kDouble)},
                      {"to_s", clipColumn(to, at::kDouble)},
                      {"label", clipColumn(targets.labels, at::kInt)},
                      {"raw", clipColumn(scores.raw, at::kDouble)},
                      {"normalised", clipColumn(scores.normalised, at::kDouble)},
                      {"own", clipColumn(scores.own, at::kDouble)},
                      {"hardest", clipColumn(scores.hardest, at::kDouble)},
                      {"hardest_class", clipColumn(scores.hardestClass, at::kInt)},
                      {"target", clipColumn(scores.target, at::kByte)}};
    if (!targets.loss.empty())
        tensors["loss"] = clipColumn(targets.loss, at::kDouble);
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
    constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
    if (about.text("schema") != s_clipTargetsSchema)
        throw FileError(path, "has the unknown schema '" + about.text("schema") + "'.");
    targets.root = nameFromUtf8(about.text("root"));
    std::error_code problem;
    if (!targets.root.empty() && !std::filesystem::exists(targets.root, problem)) {
        const std::filesystem::path beside = path.parent_path() / nameFromUtf8(about.text("root_beside", about.text("root")));
        if (std::filesystem::exists(beside, problem))
            targets.root = beside.lexically_normal();
    }
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
    targets.dscore.metric = about.choice("metric", metricWords, DScoreOptions::Metric::Cosine);
    targets.dscore.epsilon = about.number("epsilon");
    targets.dscore.normaliseFeatures = about.flag("normalise_features");
    targets.dscore.leaveOut = about.choice("leave_out", leaveOutWords, DScoreOptions::LeaveOut::None);
    targets.dscore.centroids = about.choice("centroids", centroidWords, DScoreOptions::Centroids::All);
    targets.dscore.target = about.choice("target", targetWords, DScoreOptions::Target::Ratio);
    targets.dscore.atLeastOthers = about.whole("at_least_others", 0, most, 0);
    try {
        targets.base = modelFromJson(about.at("base"));
    } catch (const Error &error) {
        throw FileError(path, std::string("its description is damaged: ") + error.what());
    }
    targets.baseHash = about.text("base_sha256");
    targets.scores.mu = about.number("mu");
    targets.scores.sigma = about.number("sigma");
    targets.scores.floored = about.whole("floored", 0, most);
    targets.scores.singleSample = about.whole("single_sample", 0, most);
    if (!(targets.scores.sigma > 0))
        throw FileError(path, "its description holds values out of range.");
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
    targets.labels = clipValues<std::int32_t>(file.tensors, "label", at::kInt, -1, path);
    const auto count = static_cast<std::int64_t>(targets.labels.size());
    const auto video = clipValues<std::int32_t>(file.tensors, "video", at::kInt, count, path);
    const auto begin = clipValues<std::int64_t>(file.tensors, "begin", at::kLong, count, path);
    const auto from = clipValues<double>(file.tensors, "from_s", at::kDouble, count, path);
    const auto to = clipValues<double>(file.tensors, "to_s", at::kDouble, count, path);
    DScores &scores = targets.scores;
    scores.raw = clipValues<double>(file.tensors, "raw", at::kDouble, count, path);
    scores.normalised = clipValues<double>(file.tensors, "normalised", at::kDouble, count, path);
    scores.own = clipValues<double>(file.tensors, "own", at::kDouble, count, path);
    scores.hardest = clipValues<double>(file.tensors, "hardest", at::kDouble, count, path);
    scores.hardestClass = clipValues<std::int32_t>(file.tensors, "hardest_class", at::kInt, count, path);
    scores.target = clipValues<std::uint8_t>(file.tensors, "target", at::kByte, count, path);
    if (file.tensors.contains("loss"))
        targets.loss = clipValues<double>(file.tensors, "loss", at::kDouble, count, path);
    for (std::size_t i = 0; i < targets.labels.size(); ++i) {
        if (targets.labels[i] < 0 || std::cmp_greater_equal(targets.labels[i], targets.classes.size()))
            throw FileError(path, "names a class that is not in its list.");
        if (video[i] < 0 || std::cmp_greater_equal(video[i], targets.videos.size()))
            throw FileError(path, "names a video that is not in its list.");
        constexpr std::int64_t mostFrames = 10'000'000;
        if (begin[i] < 0 || begin[i] > mostFrames || !(from[i] >= 0) || !(to[i] >= from[i]) || !(to[i] <= 1e9))
            throw FileError(path, "its places are out of range.");
        if (!(scores.normalised[i] >= 0 && scores.normalised[i] <= 1) || (!targets.loss.empty() && !std::isfinite(targets.loss[i])))
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
