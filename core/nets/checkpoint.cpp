#include "core/nets/checkpoint.h"

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/inputfile.h"

#include <torch/nn/module.h>

#include <array>
#include <vector>

namespace dscope {

namespace {

constexpr std::uintmax_t s_largestFile = std::uintmax_t{1} << 34;

std::string shapeText(at::IntArrayRef sizes)
{
    std::string text = "[";
    for (std::size_t i = 0; i < sizes.size(); ++i)
        text += (i > 0 ? ", " : "") + std::to_string(sizes[i]);
    return text + "]";
}

std::string listed(const std::vector<std::string> &names)
{
    std::string text;
    for (std::size_t i = 0; i < names.size() && i < 8; ++i)
        text += (i > 0 ? ", " : "") + names[i];
    return names.size() > 8 ? text + " and " + std::to_string(names.size() - 8) + " more" : text;
}

bool isCounter(const std::string &name)
{
    return name.ends_with("num_batches_tracked");
}

Checkpoint readEither(const std::filesystem::path &path, bool values)
{
    std::array<char, 9> magic{};
    const InputFile file(path);
    file.readSome(0, magic.data(), magic.size());
    if (values && file.size() > s_largestFile)
        throw FileError(path, "has more than 16 GiB, which no network of this program needs.");
    // First safetensors, whose header begins with '{' after eight bytes of length: the length's own bytes may look like either of the others.
    if (magic[8] == '{')
        return detail::readSafetensors(path, values);
    if (magic[0] == 'P' && magic[1] == 'K')
        return detail::readTorchZip(path, values);
    if (magic[0] == '\x80')
        throw FileError(
            path,
            "is a PyTorch file of the old kind (before 1.6), which cannot be read without running code; load it in PyTorch and save its state dict again.");
    return detail::readSafetensors(path, values);
}

} // namespace

detail::PartedFile::PartedFile(const std::filesystem::path &path) : m_path((checkReadable(path), path)), m_in(path, std::ios::binary | std::ios::ate)
{
    if (!m_in || m_in.tellg() < 0)
        throw FileError(path, "cannot be opened.");
    m_size = static_cast<std::uint64_t>(m_in.tellg());
}

void detail::PartedFile::read(std::uint64_t offset, void *to, std::uint64_t count)
{
    if (offset > m_size || m_size - offset < count)
        throw FileError(m_path, "is cut off.");
    m_in.seekg(static_cast<std::streamoff>(offset));
    m_in.read(static_cast<char *>(to), static_cast<std::streamsize>(count));
    if (!m_in)
        throw FileError(m_path, "cannot be read.");
}

std::vector<std::uint8_t> detail::PartedFile::read(std::uint64_t offset, std::uint64_t count)
{
    if (offset > m_size || m_size - offset < count) // before the memory is taken
        throw FileError(m_path, "is cut off.");
    std::vector<std::uint8_t> bytes(count);
    read(offset, bytes.data(), count);
    return bytes;
}

Checkpoint readCheckpoint(const std::filesystem::path &path)
{
    return readEither(path, true);
}

Checkpoint readCheckpointHeader(const std::filesystem::path &path)
{
    return readEither(path, false);
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
        problem += " Missing: " + listed(missing) + ".";
    if (!unexpected.empty())
        problem += " Unexpected: " + listed(unexpected) + ".";
    if (!misshapen.empty())
        problem += " Of another shape: " + listed(misshapen) + ".";
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
