#include "core/nets/checkpoint.h"

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/json.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <ostream>
#include <vector>

namespace dscope {

namespace {

struct TypeName {
    const char *name;
    at::ScalarType type;
};

constexpr TypeName s_types[] = {
    {"F64", at::kDouble}, {"F32", at::kFloat}, {"F16", at::kHalf}, {"BF16", at::kBFloat16}, {"I64", at::kLong},
    {"I32", at::kInt},    {"I16", at::kShort}, {"I8", at::kChar},  {"U8", at::kByte},       {"BOOL", at::kBool},
};

at::ScalarType typeNamed(const std::filesystem::path &path, const std::string &tensor, const std::string &name)
{
    for (const TypeName &type : s_types)
        if (name == type.name)
            return type.type;
    throw FileError(path, "tensor '" + tensor + "' has type '" + name + "', which is not supported.");
}

std::string nameOf(at::ScalarType wanted)
{
    for (const TypeName &type : s_types)
        if (wanted == type.type)
            return type.name;
    throw Error("A tensor type cannot be written as safetensors.");
}

} // namespace

Checkpoint detail::readSafetensors(const std::filesystem::path &path, bool values)
{
    PartedFile file(path);
    if (file.size() < 8)
        throw FileError(path, "is too short to be safetensors.");
    const std::vector<std::uint8_t> size = file.read(0, 8);
    std::uint64_t length = 0;
    for (std::size_t i = 0; i < 8; ++i)
        length |= std::uint64_t{size[i]} << (8 * i);
    if (length > file.size() - 8 || length > (std::uint64_t{1} << 27))
        throw FileError(path, "is not safetensors, or is cut off: its header should have " + std::to_string(length) + " bytes.");
    const std::uint64_t dataBytes = file.size() - 8 - length;

    Json header;
    try {
        header = Json::parse(file.read(8, length));
    } catch (const nlohmann::json::exception &) {
        throw FileError(path, "is not safetensors: its header is no JSON.");
    }
    if (!header.is_object())
        throw FileError(path, "is not safetensors: its header is no JSON object.");

    Checkpoint checkpoint;
    std::uint64_t covered = 0;
    for (const auto &[name, entry] : header.items()) {
        if (name == "__metadata__") {
            for (const auto &[key, value] : entry.items())
                if (value.is_string())
                    checkpoint.metadata[key] = value.get<std::string>();
            continue;
        }
        try {
            const at::ScalarType type = typeNamed(path, name, entry.at("dtype").get<std::string>());
            const auto shape = entry.at("shape").get<std::vector<std::int64_t>>();
            const auto offsets = entry.at("data_offsets").get<std::vector<std::uint64_t>>();
            std::uint64_t size = c10::elementSize(type);
            for (const std::int64_t side : shape) {
                if (side < 0 || (side > 0 && size > dataBytes / static_cast<std::uint64_t>(side)))
                    throw FileError(path, "tensor '" + name + "' announces more data than the file holds.");
                size *= static_cast<std::uint64_t>(side);
            }
            if (offsets.size() != 2 || offsets[0] > offsets[1] || offsets[1] > dataBytes || offsets[1] - offsets[0] != size)
                throw FileError(path, "tensor '" + name + "' has offsets that do not fit its shape or the file.");
            covered += size;
            if (covered > dataBytes)
                throw FileError(path, "tensor '" + name + "' overlaps another.");
            at::Tensor tensor = at::empty(shape, at::TensorOptions(type).device(values ? at::kCPU : at::kMeta));
            if (values && size > 0)
                file.read(8 + length + offsets[0], tensor.data_ptr(), size);
            checkpoint.tensors[name] = tensor;
        } catch (const nlohmann::json::exception &) {
            throw FileError(path, "tensor '" + name + "' lacks a valid dtype, shape or data_offsets.");
        }
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
