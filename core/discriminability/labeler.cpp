#include "core/discriminability/labeler.h"

#include "core/base/error.h"
#include "core/base/parallel.h"
#include "core/nets/checkpoint.h"
#include "core/training/augment.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cstring>

namespace dscope {

namespace {

constexpr const char *s_key = "dscope.targets";

template<typename T>
at::Tensor tensorOf(const std::vector<T> &values, at::ScalarType type)
{
    at::Tensor tensor = at::empty({static_cast<std::int64_t>(values.size())}, type);
    if (!values.empty())
        std::memcpy(tensor.data_ptr(), values.data(), values.size() * sizeof(T));
    return tensor;
}

template<typename T>
std::vector<T> vectorOf(const StateDict &tensors, const char *name, at::ScalarType type, std::size_t size, const std::filesystem::path &path)
{
    const auto found = tensors.find(name);
    if (found == tensors.end() || found->second.scalar_type() != type || found->second.numel() != static_cast<std::int64_t>(size))
        throw FileError(path, std::string("holds no '") + name + "' of " + std::to_string(size) + " values: it is not a complete target file.");
    std::vector<T> values(size);
    if (size > 0)
        std::memcpy(values.data(), found->second.data_ptr(), size * sizeof(T));
    return values;
}

} // namespace

Picture faceCopy(const Picture &face, std::size_t index, int copy, const LabelOptions &options)
{
    if (copy == 0)
        return face;
    Random random(options.seed, index * 1000 + static_cast<std::size_t>(copy));
    return random.chance(options.degradedShare) ? randomlyDegraded(face, random) : mirrored(face);
}

Targets labelFaces(const FaceList &faces, const std::vector<Picture> &pictures, Network &base, const LabelOptions &options, Task &task)
{
    if (faces.size() != pictures.size())
        throw Error("The list names " + std::to_string(faces.size()) + " faces, there are " + std::to_string(pictures.size()) + ".");
    if (options.copies < 1 || options.copies > 100)
        throw UsageError("The number of copies must lie between 1 and 100.");
    Targets targets;
    targets.faces = faces;
    targets.options = options;
    targets.base = base.spec();
    targets.baseHash = base.hash();
    const auto copies = static_cast<std::size_t>(options.copies);
    const std::size_t total = faces.size() * copies;

    task.stage("Computing embeddings with " + base.spec().name);
    const std::size_t block = 512;
    for (std::size_t begin = 0; begin < total; begin += block) {
        const std::size_t count = std::min(block, total - begin);
        std::vector<Picture> batch(count);
        Task quiet;
        parallelFor(static_cast<std::int64_t>(count), 16, quiet, [&](std::int64_t from, std::int64_t to) {
            for (std::int64_t j = from; j < to; ++j) {
                const std::size_t at = begin + static_cast<std::size_t>(j);
                batch[static_cast<std::size_t>(j)] = faceCopy(pictures[at / copies], at / copies, static_cast<int>(at % copies), options);
            }
        });
        const std::vector<float> part = base.run(batch, task, options.batch);
        targets.features.insert(targets.features.end(), part.begin(), part.end());
        task.checkpoint(static_cast<std::int64_t>(begin + count), static_cast<std::int64_t>(total));
    }

    task.stage("Computing D-scores");
    std::vector<std::int32_t> labels(total);
    for (std::size_t i = 0; i < total; ++i)
        labels[i] = faces.labels[i / copies];
    targets.scores = computeDScores(targets.features, base.outputSize(), labels, options.dscore, task);
    return targets;
}

void writeTargets(const std::filesystem::path &path, const Targets &targets)
{
    const DScores &scores = targets.scores;
    const LabelOptions &options = targets.options;
    Json about{{"schema", "dscope.targets/1"},
               {"root", targets.faces.root.string()},
               {"files", targets.faces.files},
               {"people", targets.faces.people},
               {"copies", options.copies},
               {"degraded_share", options.degradedShare},
               {"seed", options.seed},
               {"metric", options.dscore.metric == DScoreOptions::Metric::Cosine ? "cosine" : "euclidean"},
               {"epsilon", options.dscore.epsilon},
               {"normalise_features", options.dscore.normaliseFeatures},
               {"leave_one_out", options.dscore.leaveOneOut},
               {"base", toJson(targets.base)},
               {"base_sha256", targets.baseHash},
               {"mu", scores.mu},
               {"sigma", scores.sigma},
               {"floored", scores.floored},
               {"single_sample", scores.singleSample}};
    writeSafetensors(path,
                     {{"raw", tensorOf(scores.raw, at::kDouble)},
                      {"normalised", tensorOf(scores.normalised, at::kDouble)},
                      {"own", tensorOf(scores.own, at::kDouble)},
                      {"hardest", tensorOf(scores.hardest, at::kDouble)},
                      {"hardest_class", tensorOf(scores.hardestClass, at::kInt)},
                      {"target", tensorOf(scores.target, at::kByte)},
                      {"label", tensorOf(targets.faces.labels, at::kInt)}},
                     {{s_key, about.dump()}});
}

Targets readTargets(const std::filesystem::path &path)
{
    const Checkpoint file = readCheckpoint(path);
    const auto described = file.metadata.find(s_key);
    if (described == file.metadata.end())
        throw FileError(path, "is no target file of `dscope label`.");
    Targets targets;
    try {
        const Json about = Json::parse(described->second);
        if (about.at("schema") != "dscope.targets/1")
            throw FileError(path, "has the unknown schema " + about.at("schema").dump() + ".");
        targets.faces.root = about.at("root").get<std::string>();
        targets.faces.files = about.at("files").get<std::vector<std::string>>();
        targets.faces.people = about.at("people").get<std::vector<std::string>>();
        targets.options.copies = about.at("copies").get<int>();
        targets.options.degradedShare = about.at("degraded_share").get<double>();
        targets.options.seed = about.at("seed").get<std::uint64_t>();
        targets.options.dscore.metric = about.at("metric") == "cosine" ? DScoreOptions::Metric::Cosine : DScoreOptions::Metric::Euclidean;
        targets.options.dscore.epsilon = about.at("epsilon").get<double>();
        targets.options.dscore.normaliseFeatures = about.at("normalise_features").get<bool>();
        targets.options.dscore.leaveOneOut = about.at("leave_one_out").get<bool>();
        targets.base = modelFromJson(about.at("base"));
        targets.baseHash = about.at("base_sha256").get<std::string>();
        targets.scores.mu = about.at("mu").get<double>();
        targets.scores.sigma = about.at("sigma").get<double>();
        targets.scores.floored = about.at("floored").get<std::int64_t>();
        targets.scores.singleSample = about.at("single_sample").get<std::int64_t>();
    } catch (const nlohmann::json::exception &error) {
        throw FileError(path, std::string("its description is damaged: ") + error.what());
    }
    if (targets.options.copies < 1 || targets.options.copies > 100 || !(targets.scores.sigma > 0))
        throw FileError(path, "its description holds values out of range.");
    const std::size_t faces = targets.faces.files.size();
    const std::size_t total = faces * static_cast<std::size_t>(targets.options.copies);
    DScores &scores = targets.scores;
    scores.raw = vectorOf<double>(file.tensors, "raw", at::kDouble, total, path);
    scores.normalised = vectorOf<double>(file.tensors, "normalised", at::kDouble, total, path);
    scores.own = vectorOf<double>(file.tensors, "own", at::kDouble, total, path);
    scores.hardest = vectorOf<double>(file.tensors, "hardest", at::kDouble, total, path);
    scores.hardestClass = vectorOf<std::int32_t>(file.tensors, "hardest_class", at::kInt, total, path);
    scores.target = vectorOf<std::uint8_t>(file.tensors, "target", at::kByte, total, path);
    targets.faces.labels = vectorOf<std::int32_t>(file.tensors, "label", at::kInt, faces, path);
    for (const std::int32_t label : targets.faces.labels)
        if (label < 0 || label >= static_cast<std::int32_t>(targets.faces.people.size()))
            throw FileError(path, "names a person that is not in its list.");
    return targets;
}

} // namespace dscope
