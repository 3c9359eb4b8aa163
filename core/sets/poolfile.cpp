// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/sets/poolfile.h"

#include "core/base/error.h"
#include "core/base/inputfile.h"
#include "core/base/jsonfields.h"
#include "core/base/jsonlimits.h"
#include "core/nets/checkpoint.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

namespace dscope {

namespace {

constexpr const char *s_format = "dscope.pool/1";
constexpr const char *s_kind = "dscope.pool/"; ///< of any version
constexpr const char *s_qualityPrefix = "quality.";

at::Tensor tensorOf(const std::vector<float> &values, std::int64_t width)
{
    at::Tensor tensor = at::empty({static_cast<std::int64_t>(values.size()) / width, width}, at::kFloat);
    std::copy(values.begin(), values.end(), tensor.mutable_data_ptr<float>());
    return width == 1 ? tensor.flatten() : tensor;
}

template<typename T>
std::vector<T> valuesOf(const StateDict &tensors, const std::string &name, at::ScalarType type, const std::filesystem::path &path)
{
    const auto found = tensors.find(name);
    if (found == tensors.end() || found->second.scalar_type() != type)
        throw FileError(path, "has no tensor '" + name + "' of the kind that a pool of faces has.");
    const at::Tensor plain = found->second.contiguous();
    const T *from = plain.const_data_ptr<T>();
    return {from, from + plain.numel()};
}

} // namespace

bool looksLikePool(const std::filesystem::path &path)
{
    constexpr std::size_t lengthBytes = 8; // of safetensors' header, which is JSON
    const std::vector<std::uint8_t> beginning = firstBytes(path, lengthBytes + 1);
    if (beginning.size() <= lengthBytes || beginning[lengthBytes] != '{')
        return false;
    try {
        const Checkpoint header = readCheckpointHeader(path);
        const auto format = header.metadata.find("format");
        if (format != header.metadata.end())
            return format->second.starts_with(s_kind);
    } catch (const Error &) {
        // What is wrong with it is said where it is read.
    }
    return path.extension() == ".pool";
}

void savePool(const std::filesystem::path &path, const FacePool &pool, const std::map<std::string, std::string> &about)
{
    pool.check();
    StateDict tensors;
    tensors["features"] = tensorOf(pool.features, pool.dim);
    tensors["d_scores"] = tensorOf(pool.dScores, 1);
    if (!pool.detector.empty())
        tensors["detector"] = tensorOf(pool.detector, 1);
    for (const auto &[name, scores] : pool.quality)
        tensors[s_qualityPrefix + name] = tensorOf(scores, 1);
    at::Tensor labels = at::empty({pool.faces()}, at::kInt);
    std::copy(pool.labels.begin(), pool.labels.end(), labels.mutable_data_ptr<std::int32_t>());
    tensors["labels"] = labels;
    if (!pool.cameras.empty()) {
        at::Tensor cameras = at::empty({pool.faces()}, at::kInt);
        std::copy(pool.cameras.begin(), pool.cameras.end(), cameras.mutable_data_ptr<std::int32_t>());
        tensors["cameras"] = cameras;
    }
    std::map<std::string, std::string> metadata;
    for (const auto &[key, value] : about)
        metadata["about." + key] = value;
    metadata["format"] = s_format;
    metadata["pool"] = Json{{"name", pool.name}, {"versions", pool.versions}, {"people", pool.people}, {"files", pool.files}}.dump(
        -1, ' ', false, Json::error_handler_t::replace);
    writeSafetensors(path, tensors, metadata);
}

namespace {

/// Metadata of a pool; a file that is none is refused before its tensors are looked at. @return the description
const std::string &descriptionIn(const std::map<std::string, std::string> &metadata, const std::filesystem::path &path)
{
    const auto format = metadata.find("format");
    const auto described = metadata.find("pool");
    if (format == metadata.end() || format->second != s_format || described == metadata.end())
        throw FileError(path, std::string("is no pool of faces (") + s_format + ").");
    return described->second;
}

FacePool poolOf(const StateDict &tensors, const std::map<std::string, std::string> &metadata, const std::filesystem::path &path,
                std::map<std::string, std::string> *about)
{
    const std::string &description = descriptionIn(metadata, path);
    FacePool pool;
    {
        constexpr std::size_t most = std::size_t{1} << 31;
        const Json json = parseJson(description, path);
        const JsonFields fields(json, path);
        pool.name = fields.text("name");
        pool.versions = fields.whole("versions", 0, std::int64_t{1} << 20);
        pool.people = fields.texts("people", most);
        pool.files = fields.texts("files", most);
    }
    pool.features = valuesOf<float>(tensors, "features", at::kFloat, path);
    const at::Tensor &features = tensors.at("features");
    pool.dim = features.dim() == 2 ? features.size(1) : 1;
    pool.dScores = valuesOf<float>(tensors, "d_scores", at::kFloat, path);
    pool.labels = valuesOf<std::int32_t>(tensors, "labels", at::kInt, path);
    if (tensors.contains("cameras"))
        pool.cameras = valuesOf<std::int32_t>(tensors, "cameras", at::kInt, path);
    for (const auto &[name, tensor] : tensors) {
        if (name == "detector")
            pool.detector = valuesOf<float>(tensors, name, at::kFloat, path);
        else if (name.starts_with(s_qualityPrefix))
            pool.quality[name.substr(std::string(s_qualityPrefix).size())] = valuesOf<float>(tensors, name, at::kFloat, path);
    }
    try {
        if (pool.versions < 0 || pool.versions > (std::int64_t{1} << 20))
            throw Error("It has " + std::to_string(pool.versions) + " degraded versions of every face.");
        pool.check();
    } catch (const Error &error) {
        throw FileError(path, std::string("does not fit together: ") + error.what());
    }
    if (!std::all_of(pool.features.begin(), pool.features.end(), [](float value) { return std::isfinite(value); }))
        throw FileError(path, "has a feature that is not a finite number.");
    if (about != nullptr)
        for (const auto &[key, value] : metadata)
            if (key.starts_with("about."))
                (*about)[key.substr(6)] = value;
    return pool;
}

} // namespace

FacePool loadPool(const std::filesystem::path &path, std::map<std::string, std::string> *about)
{
    const Checkpoint header = readCheckpointHeader(path);
    descriptionIn(header.metadata, path);
    return poolOf(readStateDict(path), header.metadata, path, about);
}

FacePool parsePool(std::span<const std::uint8_t> bytes, const std::filesystem::path &name, std::map<std::string, std::string> *about)
{
    const Checkpoint pool = parseCheckpoint(bytes, name);
    return poolOf(pool.tensors, pool.metadata, name, about);
}

} // namespace dscope
