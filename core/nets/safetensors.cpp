// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/nets/statedict.h"

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/jsonfields.h"
#include "core/base/jsonlimits.h"
#include "core/base/words.h"

#include <ATen/ATen.h>

#include <limits>
#include <ostream>
#include <vector>

namespace dscope {

namespace {

constexpr Words<at::ScalarType, 10> s_types{"no type of a tensor",
                                            {{at::kDouble, "F64"},
                                             {at::kFloat, "F32"},
                                             {at::kHalf, "F16"},
                                             {at::kBFloat16, "BF16"},
                                             {at::kLong, "I64"},
                                             {at::kInt, "I32"},
                                             {at::kShort, "I16"},
                                             {at::kChar, "I8"},
                                             {at::kByte, "U8"},
                                             {at::kBool, "BOOL"}}};

at::ScalarType typeNamed(const std::filesystem::path &path, const std::string &tensor, const std::string &name)
{
    if (const std::optional<at::ScalarType> type = s_types.find(name))
        return *type;
    throw FileError(path, "tensor '" + tensor + "' has type '" + name + "', which is not supported.");
}

/// A file's error without its name and line in front.
std::string problemOf(const FileError &error, const std::filesystem::path &path)
{
    const std::string text = error.what();
    const std::size_t end = text.starts_with(path.string()) ? text.find(": ", path.string().size()) : std::string::npos;
    return end == std::string::npos ? text : text.substr(end + 2);
}

std::string nameOf(at::ScalarType wanted)
{
    if (const std::string name = s_types.wordOf(wanted); !name.empty())
        return name;
    throw Error("A tensor type cannot be written as safetensors.");
}

} // namespace

namespace {

struct Entry {
    std::string name;
    at::ScalarType type = at::kFloat;
    std::vector<std::int64_t> shape;
    std::uint64_t begin = 0;
    std::uint64_t size = 0;
};

/// What the header says of the tensors, checked against the file's size; the JSON is gone before the first tensor is made.
std::vector<Entry> entriesOf(std::string_view text, std::uint64_t dataBytes, const std::filesystem::path &path, Checkpoint &checkpoint)
{
    constexpr std::size_t mostSides = 64;
    constexpr std::int64_t largest = std::numeric_limits<std::int64_t>::max();
    Json header;
    try {
        header = parseJson(text, path);
    } catch (const FileError &error) {
        throw FileError(path, "is not safetensors, or its header is damaged: " + problemOf(error, path));
    }
    if (!header.is_object())
        throw FileError(path, "is not safetensors: its header is no JSON object.");
    constexpr std::size_t mostTensors = 50'000; // each takes a few hundred bytes, whatever it takes in the file
    if (header.size() > mostTensors)
        throw FileError(path, "names more than " + std::to_string(mostTensors) + " tensors, which no network of this program has.");
    std::vector<Entry> entries;
    std::uint64_t covered = 0;
    for (const auto &[name, json] : header.items()) {
        if (name == "__metadata__") {
            if (json.is_object())
                for (const auto &[key, value] : json.items())
                    if (value.is_string())
                        checkpoint.metadata[key] = value.get_ref<const std::string &>();
            continue;
        }
        const JsonFields fields(json, path, name);
        Entry entry;
        entry.name = name;
        entry.type = typeNamed(path, name, fields.text("dtype"));
        entry.shape = fields.wholes("shape", mostSides, std::numeric_limits<std::int64_t>::min(), largest);
        const std::vector<std::int64_t> offsets = fields.wholes("data_offsets", 2, 0, largest);
        entry.size = c10::elementSize(entry.type);
        constexpr std::int64_t widest = std::int64_t{1} << 48;
        std::int64_t extent = 1; // libtorch counts the strides of a tensor without elements, too
        for (const std::int64_t side : entry.shape) {
            if (side > 1 && extent > widest / side)
                throw FileError(path, "tensor '" + name + "' has an absurd shape.");
            extent *= side > 1 ? side : 1;
            if (side < 0 || (side > 0 && entry.size > dataBytes / static_cast<std::uint64_t>(side)))
                throw FileError(path, "tensor '" + name + "' announces more data than the file holds.");
            entry.size *= static_cast<std::uint64_t>(side);
        }
        if (offsets.size() != 2 || offsets[0] > offsets[1] || static_cast<std::uint64_t>(offsets[1]) > dataBytes
            || static_cast<std::uint64_t>(offsets[1] - offsets[0]) != entry.size)
            throw FileError(path, "tensor '" + name + "' has offsets that do not fit its shape or the file.");
        entry.begin = static_cast<std::uint64_t>(offsets[0]);
        covered += entry.size;
        if (covered > dataBytes)
            throw FileError(path, "tensor '" + name + "' overlaps another.");
        entries.push_back(std::move(entry));
    }
    return entries;
}

at::Tensor tensorOf(const Entry &entry, std::uint64_t dataBegin, detail::ByteSource &file, bool values)
{
    if (!values || entry.size == 0)
        return at::empty(entry.shape, at::TensorOptions(entry.type).device(values ? at::kCPU : at::kMeta));
    const std::uint8_t *kept = file.kept(dataBegin + entry.begin, entry.size);
    if (kept != nullptr && reinterpret_cast<std::uintptr_t>(kept) % c10::elementSize(entry.type) == 0)
        return at::from_blob(
            const_cast<std::uint8_t *>(kept), entry.shape, [owner = file.owner()](void *) {}, entry.type);
    at::Tensor tensor = at::empty(entry.shape, entry.type);
    file.read(dataBegin + entry.begin, tensor.data_ptr(), entry.size);
    return tensor;
}

} // namespace

Checkpoint detail::readSafetensors(ByteSource &file, bool values)
{
    const std::filesystem::path &path = file.path();
    if (file.size() < 8)
        throw FileError(path, "is too short to be safetensors.");
    std::uint8_t size[8];
    file.read(0, size, sizeof size);
    const std::uint64_t length = little(size, 8);
    if (length > file.size() - 8 || length > (std::uint64_t{1} << 27))
        throw FileError(path, "is not safetensors, or is cut off: its header should have " + std::to_string(length) + " bytes.");
    Checkpoint checkpoint;
    checkpoint.kind = "safetensors";
    std::vector<Entry> entries;
    {
        std::string text(length, '\0');
        file.read(8, text.data(), length);
        entries = entriesOf(text, file.size() - 8 - length, path, checkpoint);
    }
    for (Entry &entry : entries) {
        at::Tensor tensor = tensorOf(entry, 8 + length, file, values);
        checkpoint.tensors.emplace(std::move(entry.name), std::move(tensor));
    }
    return checkpoint;
}

void writeSafetensors(const std::filesystem::path &path, const StateDict &tensors, const std::map<std::string, std::string> &metadata)
{
    Json header = Json::object();
    if (!metadata.empty())
        header["__metadata__"] = metadata;
    std::vector<at::Tensor> ordered;
    std::uint64_t offset = 0;
    for (const auto &[name, tensor] : tensors) {
        const at::Tensor plain = tensor.detach().to(at::kCPU).contiguous();
        const std::uint64_t size = plain.nbytes();
        header[name] = {{"dtype", nameOf(plain.scalar_type())}, {"shape", plain.sizes().vec()}, {"data_offsets", {offset, offset + size}}};
        offset += size;
        ordered.push_back(plain);
    }
    std::string text = header.dump();
    text.append((8 - text.size() % 8) % 8, ' ');
    writeAtomically(path, [&](std::ostream &out) {
        for (int shift = 0; shift < 64; shift += 8)
            out.put(static_cast<char>(static_cast<std::uint64_t>(text.size()) >> shift));
        out << text;
        for (const at::Tensor &tensor : ordered)
            out.write(static_cast<const char *>(tensor.data_ptr()), static_cast<std::streamsize>(tensor.nbytes()));
    });
}

} // namespace dscope
