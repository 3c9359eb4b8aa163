// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/aggregation/nan.h"

#include "core/base/error.h"
#include "core/nets/checkpoint.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

namespace dscope {

namespace {

constexpr std::int64_t s_longest = 8192;
constexpr const char *s_format = "dscope.nan/1";

/// softmax(q . f_k) over unit features, and their sum with these weights.
void attend(std::span<const double> query, const std::vector<double> &unit, std::vector<double> &weights, std::vector<double> &sum)
{
    const std::size_t width = query.size();
    const std::size_t n = unit.size() / width;
    weights.resize(n);
    for (std::size_t k = 0; k < n; ++k) {
        double e = 0;
        for (std::size_t d = 0; d < width; ++d)
            e += query[d] * unit[k * width + d];
        weights[k] = e;
    }
    const double largest = *std::max_element(weights.begin(), weights.end());
    double total = 0;
    for (double &weight : weights)
        total += weight = std::exp(weight - largest);
    sum.assign(width, 0.0);
    for (std::size_t k = 0; k < n; ++k) {
        weights[k] /= total;
        for (std::size_t d = 0; d < width; ++d)
            sum[d] += weights[k] * unit[k * width + d];
    }
}

} // namespace

Nan::Nan(std::int64_t dim) : m_dim(dim)
{
    if (dim < 1 || dim > s_longest)
        throw Error("An aggregation network needs features of 1 to " + std::to_string(s_longest) + " values, not " + std::to_string(dim) + ".");
    m_parameters.assign(static_cast<std::size_t>(dim * (dim + 2)), 0.0F);
}

namespace {

std::vector<std::pair<std::string, std::vector<std::int64_t>>> partsOf(std::int64_t dim)
{
    return {{"q0", {dim}}, {"W", {dim, dim}}, {"b", {dim}}};
}

/// The length of the features that a file's network is for; its tensors' shapes are looked at, not their values. @throws FileError for anything else
std::int64_t checkedDim(const Checkpoint &header, const std::filesystem::path &path)
{
    const auto format = header.metadata.find("format");
    if (format == header.metadata.end() || format->second != s_format)
        throw FileError(path, std::string("is no aggregation network by `dscope train nan` (") + s_format + ").");
    const auto q0 = header.tensors.find("q0");
    if (q0 == header.tensors.end() || q0->second.dim() != 1 || q0->second.size(0) < 1 || q0->second.size(0) > s_longest)
        throw FileError(path, "has no q0 of 1 to " + std::to_string(s_longest) + " values.");
    const std::int64_t dim = q0->second.size(0);
    const auto wanted = partsOf(dim);
    for (const auto &[name, shape] : wanted) {
        const auto tensor = header.tensors.find(name);
        if (tensor == header.tensors.end() || tensor->second.sizes() != at::IntArrayRef(shape) || tensor->second.scalar_type() != at::kFloat)
            throw FileError(path, "has no tensor '" + name + "' of float32 that fits q0's " + std::to_string(dim) + " values.");
    }
    if (header.tensors.size() != wanted.size())
        throw FileError(path, "has " + std::to_string(header.tensors.size()) + " tensors; an aggregation network has q0, W and b.");
    return dim;
}

} // namespace

std::shared_ptr<const Nan> Nan::load(const std::filesystem::path &path)
{
    checkedDim(readCheckpointHeader(path), path);
    return from(readCheckpoint(path), path);
}

std::shared_ptr<const Nan> Nan::parse(std::span<const std::uint8_t> bytes, const std::filesystem::path &name)
{
    return from(parseCheckpoint(bytes, name), name);
}

std::shared_ptr<const Nan> Nan::from(const Checkpoint &whole, const std::filesystem::path &path)
{
    auto nan = std::make_shared<Nan>(checkedDim(whole, path));
    float *to = nan->m_parameters.data();
    for (const auto &[name, shape] : partsOf(nan->m_dim)) {
        const at::Tensor tensor = whole.tensors.at(name).contiguous();
        const float *from = tensor.const_data_ptr<float>();
        if (!std::all_of(from, from + tensor.numel(), [](float value) { return std::isfinite(value); }))
            throw FileError(path, "has a value in '" + name + "' that is not a finite number.");
        to = std::copy(from, from + tensor.numel(), to);
    }
    if (const auto base = whole.metadata.find("base"); base != whole.metadata.end())
        nan->m_base = base->second;
    return nan;
}

void Nan::save(const std::filesystem::path &path, const std::map<std::string, std::string> &about) const
{
    StateDict tensors;
    const float *from = m_parameters.data();
    for (const auto &[name, shape] : partsOf(m_dim)) {
        at::Tensor tensor = at::empty(shape, at::kFloat);
        std::copy_n(from, tensor.numel(), tensor.mutable_data_ptr<float>());
        from += tensor.numel();
        tensors[name] = tensor;
    }
    std::map<std::string, std::string> metadata = about;
    metadata["format"] = s_format;
    writeSafetensors(path, tensors, metadata);
}

std::vector<double> Nan::aggregate(std::span<const float> features, std::vector<double> *weights) const
{
    const auto width = static_cast<std::size_t>(m_dim);
    if (features.empty() || features.size() % width != 0)
        throw Error("An aggregation network for features of " + std::to_string(m_dim) + " values was given " + std::to_string(features.size()) + " values.");
    std::vector<double> unit(features.begin(), features.end());
    for (std::size_t at = 0; at < unit.size(); at += width) {
        double squares = 0;
        for (std::size_t d = 0; d < width; ++d)
            squares += unit[at + d] * unit[at + d];
        const double scale = squares > 0 ? 1 / std::sqrt(squares) : 1;
        for (std::size_t d = 0; d < width; ++d)
            unit[at + d] *= scale;
    }
    const float *q0 = m_parameters.data();
    const float *w = q0 + width;
    const float *b = w + width * width;
    std::vector<double> attention;
    std::vector<double> r0;
    std::vector<double> query(q0, q0 + width);
    attend(query, unit, attention, r0);
    for (std::size_t i = 0; i < width; ++i) {
        double z = static_cast<double>(b[i]);
        for (std::size_t d = 0; d < width; ++d)
            z += static_cast<double>(w[i * width + d]) * r0[d];
        query[i] = std::tanh(z);
    }
    std::vector<double> r;
    attend(query, unit, attention, r);
    if (weights != nullptr)
        *weights = attention;
    return r;
}

std::vector<double> Nan::weights(std::span<const float> features) const
{
    std::vector<double> weights;
    aggregate(features, &weights);
    return weights;
}

} // namespace dscope
