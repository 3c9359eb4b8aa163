// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/nets/checkpoint.h"

#include "core/base/error.h"
#include "core/base/filebytes.h"
#include "core/base/files.h"
#include "core/base/inputfile.h"
#include "core/nets/names.h"
#include "core/nets/statedict.h"

#include <torch/nn/module.h>

#include <algorithm>
#include <array>
#include <vector>

namespace dscope {

namespace {

constexpr std::uintmax_t s_largestFile = std::uintmax_t{1} << 34;

Checkpoint readAny(detail::ByteSource &file, std::span<const std::uint8_t> whole, bool values, const std::string &weights = {})
{
    std::array<std::uint8_t, 9> magic{};
    file.read(0, magic.data(), std::min<std::uint64_t>(file.size(), magic.size()));
    // First safetensors, whose header begins with '{' after eight bytes of length: the length's own bytes may look like either of the others.
    if (magic[8] == '{')
        return detail::readSafetensors(file, values);
    if (magic[0] == 'P' && magic[1] == 'K')
        return detail::readTorchZip(file, values, weights);
    if (magic[0] == 0x80) {
        if (whole.data() != nullptr)
            return detail::parseOldTorch(whole, file, values, weights);
        // Where its description ends cannot be told before it is read.
        const std::shared_ptr<const FileBytes> bytes = FileBytes::read(file.path(), s_largestFile);
        detail::ByteSource copied(bytes->bytes(), file.path());
        return detail::parseOldTorch(bytes->bytes(), copied, values, weights);
    }
    return detail::readSafetensors(file, values);
}

Checkpoint readFile(const std::filesystem::path &path, bool values)
{
    detail::ByteSource file(path);
    if (values && file.size() > s_largestFile)
        throw FileError(path, "has more than 16 GiB, which no network of this program needs.");
    return readAny(file, {}, values);
}

} // namespace

Checkpoint readCheckpoint(const std::filesystem::path &path)
{
    return readFile(path, true);
}

Checkpoint readCheckpointHeader(const std::filesystem::path &path)
{
    return readFile(path, false);
}

Checkpoint parseCheckpoint(std::shared_ptr<const FileBytes> file, const std::filesystem::path &name, const std::string &weights)
{
    const std::span<const std::uint8_t> bytes = file->bytes();
    detail::ByteSource source(bytes, name, std::move(file));
    return readAny(source, bytes, true, weights);
}

Checkpoint parseCheckpoint(std::span<const std::uint8_t> bytes, const std::filesystem::path &name)
{
    detail::ByteSource source(bytes, name);
    return readAny(source, bytes, true);
}

StateDict readStateDict(const std::filesystem::path &path)
{
    return readCheckpoint(path).tensors;
}

void loadStateDict(torch::nn::Module &module, const StateDict &tensors, const std::filesystem::path &path)
{
    const std::string prefix = "module.";
    bool prefixed = !tensors.empty();
    for (const auto &entry : tensors)
        prefixed = prefixed && entry.first.rfind(prefix, 0) == 0;

    std::map<std::string, at::Tensor> targets;
    for (const auto &item : module.named_parameters())
        targets[item.key()] = item.value();
    for (const auto &item : module.named_buffers())
        if (!isCounter(item.key()))
            targets[item.key()] = item.value();

    std::vector<std::string> unexpected;
    std::vector<std::string> misshapen;
    std::map<std::string, at::Tensor> sources;
    for (const auto &[fullName, tensor] : tensors) {
        const std::string name = prefixed ? fullName.substr(prefix.size()) : fullName;
        if (isCounter(name))
            continue;
        const auto target = targets.find(name);
        if (target == targets.end())
            unexpected.push_back(name);
        else if (target->second.sizes() != tensor.sizes())
            misshapen.push_back(name + " (is " + shapeText(tensor.sizes()) + ", should be " + shapeText(target->second.sizes()) + ")");
        else
            sources[name] = tensor;
    }
    std::vector<std::string> missing;
    for (const auto &entry : targets)
        if (!sources.contains(entry.first)
            && std::none_of(misshapen.begin(), misshapen.end(), [&](const std::string &text) { return text.rfind(entry.first + " (", 0) == 0; }))
            missing.push_back(entry.first);
    std::string problem;
    if (!missing.empty())
        problem += " Missing: " + listedNames(missing) + ".";
    if (!unexpected.empty())
        problem += " Unexpected: " + listedNames(unexpected) + ".";
    if (!misshapen.empty())
        problem += " Of another shape: " + listedNames(misshapen) + ".";
    if (!problem.empty())
        throw FileError(path, "does not hold the weights of this network." + problem);

    const at::NoGradGuard guard;
    for (auto &[name, target] : targets)
        target.copy_(sources.at(name));
}

StateDict stateDict(const torch::nn::Module &module)
{
    StateDict tensors;
    for (const auto &item : module.named_parameters())
        tensors[item.key()] = item.value().detach();
    for (const auto &item : module.named_buffers())
        if (!isCounter(item.key()))
            tensors[item.key()] = item.value().detach();
    return tensors;
}

} // namespace dscope
